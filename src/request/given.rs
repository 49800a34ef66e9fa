//! What constructors and setters take, as traits with a name: whoever passes something else reads why it does not fit.

use super::draft::Draft;
use super::violation::{Constraint, printed};

/// What a constructor takes where a `T` is wanted: the typed value or a reference to it, its text or bytes, the builder of a
/// structure, or the [`Draft`] that another constructor returns.
///
/// ```
/// use issuance::request::{Draft, IntoDraft};
/// use issuance::{GeneralName, Oid};
///
/// /// A name for a device, by whatever identifies the form of its serial number.
/// fn device(form: impl IntoDraft<Oid>) -> Draft<GeneralName> {
///     GeneralName::registered_id(form)
/// }
///
/// let typed = device("1.3.6.1.4.1.37476".parse::<Oid>()?).build()?;
/// assert_eq!(device("1.3.6.1.4.1.37476").build()?, typed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What does not fit does not compile, and the compiler says what would:
///
/// ```compile_fail,E0277
/// issuance::GeneralName::dns_name(7);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given where `{T}` is wanted",
    label = "neither `{T}` nor its text, its bytes, its builder or a draft of it",
    note = "constructors take the typed value or a reference to it, its text or bytes, the builder of a structure, or what \
            another constructor such as `Validity::days` returns"
)]
pub trait IntoDraft<T> {
    /// The draft.
    fn into_draft(self) -> Draft<T>;
}

/// What the setter of a builder takes where a `T` is wanted: whatever is [`IntoDraft`], or an [`Option`] of that. `None` gives
/// nothing: a scalar member stays as it was, a list does not grow.
///
/// ```
/// use issuance::Subject;
///
/// let organization: Option<String> = None;
/// let subject = Subject::builder().organization(organization).common_name(Some("www.example.com")).build()?;
/// assert_eq!((subject.organization(), subject.common_name()), (None, Some("www.example.com")));
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
///
/// What does not fit does not compile, and the compiler says what would:
///
/// ```compile_fail,E0277
/// issuance::IssueCertificateRequest::builder().validity(90);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given where `{T}` is wanted",
    label = "neither `{T}` nor its text, its bytes, its builder, a draft of it or an `Option` of these",
    note = "setters take the typed value or a reference to it, its text or bytes, the builder of a structure, what a \
            constructor such as `Validity::days` returns, or an `Option` of these"
)]
pub trait Given<T> {
    /// The draft, if something is given.
    fn given(self) -> Option<Draft<T>>;
}

/// A type of the request. Its values are right by construction. [`IntoDraft`](crate::request::IntoDraft) has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of the request",
    label = "not a type of the request",
    note = "the types of requests are those of `issuance::request`"
)]
pub trait Shape: Sized {
    /// Checks what the type itself does not guarantee.
    fn checked(self) -> Draft<Self> {
        Draft::right(self)
    }
}

/// A type of the request that is text in the API model, such as an ARN, an object identifier or a bounded text: constructors and
/// setters take its text. [`IntoDraft`](crate::request::IntoDraft) has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not given as text",
    label = "not a text",
    note = "structures have a builder or constructors, such as `Subject::builder()`, `Validity::days(90)` or \
            `GeneralName::dns_name(\"www.example.com\")`"
)]
pub trait TextShape: Shape {
    /// Reads the text.
    ///
    /// # Errors
    /// Every constraint that it breaks.
    fn from_text(text: &str) -> Result<Self, Vec<Constraint>>;
}

/// A type of the request that is made of bytes, such as a certification request or the value of an extension: constructors and
/// setters take its bytes. [`IntoDraft`](crate::request::IntoDraft) has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not given as bytes",
    label = "not made of bytes",
    note = "`CsrBlob` and `DerValue` are made of bytes; other types are given as text, by a builder or by constructors"
)]
pub trait BytesShape: Shape {
    /// Reads the bytes.
    ///
    /// # Errors
    /// Every constraint that they break.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Vec<Constraint>>;
}

/// Implements both traits for each type that turns into a draft.
macro_rules! given {
    ($([$($generics:tt)*] $from:ty => $to:ty, |$value:ident| $draft:expr;)+) => {$(
        impl<$($generics)*> $crate::request::given::IntoDraft<$to> for $from {
            fn into_draft(self) -> $crate::request::draft::Draft<$to> {
                let $value = self;
                $draft
            }
        }

        impl<$($generics)*> $crate::request::given::Given<$to> for $from {
            fn given(self) -> Option<$crate::request::draft::Draft<$to>> {
                Some($crate::request::given::IntoDraft::into_draft(self))
            }
        }
    )+};
}
pub(crate) use given;

given! {
    [T] Draft<T> => T, |draft| draft;
    [T: Shape] T => T, |value| value.checked();
    [T: Shape + Clone] &T => T, |value| value.clone().checked();
    [T: TextShape] &str => T, |text| Draft::of(T::from_text(text), || printed(text));
    [T: TextShape] String => T, |text| text.as_str().into_draft();
    [T: TextShape] &String => T, |text| text.as_str().into_draft();
    [T: BytesShape] &[u8] => T, |bytes| Draft::of(T::from_bytes(bytes), || format!("<{} bytes>", bytes.len()));
    [T: BytesShape] Vec<u8> => T, |bytes| bytes.as_slice().into_draft();
    [T: BytesShape] &Vec<u8> => T, |bytes| bytes.as_slice().into_draft();
    [T: BytesShape, const N: usize] &[u8; N] => T, |bytes| bytes.as_slice().into_draft();
}

impl<T, V: Given<T>> Given<T> for Option<V> {
    fn given(self) -> Option<Draft<T>> {
        self.and_then(V::given)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::request::arn::CertificateAuthorityArn;
    use crate::request::issue_certificate::IssueCertificateRequest;
    use crate::request::subject::Subject;
    use crate::request::validity::Validity;
    use crate::x509::algorithm::SigningAlgorithm;
    use crate::x509::oid::Oid;

    const ARN: &str =
        "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

    #[test]
    fn references_and_options_are_given() {
        let arn: CertificateAuthorityArn = ARN.parse().unwrap();
        let subject = Subject::builder().common_name("a").build().unwrap();
        let absent: Option<Validity> = None;
        let request = IssueCertificateRequest::builder()
            .certificate_authority_arn(&arn)
            .csr(Some(b"csr"))
            .signing_algorithm(Some(&SigningAlgorithm::Sha256WithEcdsa))
            .template_arn(None::<&str>)
            .subject(&subject)
            .subject(None::<Subject>)
            .subject_alternative_name(None::<&crate::request::general_name::GeneralName>)
            .validity(Some(Validity::days(1)))
            .validity(absent)
            .validity_not_before(absent)
            .build()
            .unwrap();
        assert_eq!(request.certificate_authority_arn(), &arn);
        assert_eq!((request.csr(), request.validity().value()), (&b"csr"[..], 1));
        assert_eq!((request.template_arn(), request.validity_not_before()), (None, None));
        let passthrough = request.api_passthrough().unwrap();
        assert_eq!(passthrough.subject(), Some(&subject));
        assert_eq!(passthrough.extensions(), None);
    }

    #[test]
    fn what_is_wrong_inside_an_option_is_reported() {
        let error = Subject::builder().country(Some("USA")).build().unwrap_err();
        assert_eq!(error.violations()[0].path(), "country");
    }

    #[test]
    fn addresses_and_identifiers_are_given_typed_or_as_text() {
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(address.into_draft().build(), "192.0.2.1".into_draft().build());
        let oid: Oid = "1.2.3".parse().unwrap();
        assert_eq!((&oid).into_draft().build(), "1.2.3".to_owned().into_draft().build());
    }
}
