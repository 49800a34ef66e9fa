//! `IssueCertificateRequest` and its response.

use super::bounded::{CsrBlob, IdempotencyToken};
use super::certificate_policy::PolicyInformation;
use super::draft::{Draft, Findings, setters};
use super::extended_key_usage::ExtendedKeyUsage;
use super::extensions::{CustomExtension, Extensions, ExtensionsBuilder};
use super::general_name::GeneralName;
use super::given::{Given, IntoDraft, Shape, given};
use super::key_usage::KeyUsage;
use super::passthrough::{ApiPassthrough, ApiPassthroughBuilder};
use super::subject::Subject;
use super::template_reference::TemplateReference;
use super::unused::{Unused, UnusedMember, UnusedReason};
use super::validity::Validity;
use super::violation::RequestError;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn, TemplateArn};
use crate::x509::algorithm::SigningAlgorithm;

/// The request for one certificate: `IssueCertificateRequest` of the API (R-REQ-1).
///
/// ```
/// use issuance::{GeneralName, IssueCertificateRequest, SigningAlgorithm, Subject, Validity};
///
/// # let csr_pem = "-----BEGIN CERTIFICATE REQUEST-----";
/// let request = IssueCertificateRequest::builder()
///     .certificate_authority_arn(
///         "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012",
///     )
///     .csr(csr_pem)
///     .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
///     .validity(Validity::days(365))
///     .template_arn("arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1")
///     .subject(Subject::builder().country("US").common_name("www.example.com"))
///     .subject_alternative_name(GeneralName::dns_name("www.example.com"))
///     .idempotency_token("1234")
///     .build()?;
/// assert_eq!(request.validity().value(), 365);
///
/// // All that is wrong is reported together.
/// let error = IssueCertificateRequest::builder().validity(Validity::days(0)).build().unwrap_err();
/// assert_eq!(error.violations().len(), 4);
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssueCertificateRequest {
    /// In a place of its own: most requests have none, and it is large.
    pub(crate) api_passthrough: Option<Box<ApiPassthrough>>,
    pub(crate) certificate_authority_arn: CertificateAuthorityArn,
    pub(crate) csr: CsrBlob,
    pub(crate) signing_algorithm: SigningAlgorithm,
    pub(crate) template_arn: Option<TemplateArn>,
    pub(crate) validity: Validity,
    pub(crate) validity_not_before: Option<Validity>,
    pub(crate) idempotency_token: Option<IdempotencyToken>,
    pub(crate) unused: Unused,
}

impl Shape for IssueCertificateRequest {}

impl IssueCertificateRequest {
    /// Starts a request.
    pub fn builder() -> IssueCertificateRequestBuilder {
        IssueCertificateRequestBuilder::default()
    }

    /// The subject and extensions that are given besides the certification request.
    pub fn api_passthrough(&self) -> Option<&ApiPassthrough> {
        self.api_passthrough.as_deref()
    }

    /// The authority that is to issue the certificate.
    pub fn certificate_authority_arn(&self) -> &CertificateAuthorityArn {
        &self.certificate_authority_arn
    }

    /// The certification request, PEM or DER as given: 1 to 32768 bytes.
    pub fn csr(&self) -> &[u8] {
        self.csr.as_bytes()
    }

    /// The algorithm that is to sign the certificate.
    pub fn signing_algorithm(&self) -> SigningAlgorithm {
        self.signing_algorithm
    }

    /// The template; none means `EndEntityCertificate/V1` (R-REQ-5).
    pub fn template_arn(&self) -> Option<&TemplateArn> {
        self.template_arn.as_ref()
    }

    /// When the validity is to end.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// When the validity is to begin, of the type ABSOLUTE; none means 60 minutes before issuance (R-VAL-1).
    pub fn validity_not_before(&self) -> Option<Validity> {
        self.validity_not_before
    }

    /// What tells calls for one certificate from calls for several (R-IDM-1).
    pub fn idempotency_token(&self) -> Option<&str> {
        self.idempotency_token.as_ref().map(IdempotencyToken::as_str)
    }

    /// The first 100 members that were given and are not used (R-REQ-10): those that the API model does not have, and
    /// structures without members. They are no part of the request's wire form, and requests that differ in them alone are
    /// equal.
    pub fn unused_members(&self) -> &[UnusedMember] {
        self.unused.listed()
    }

    /// How many members were given and are not used, those among them that [`IssueCertificateRequest::unused_members`] does
    /// not list.
    pub fn unused_member_count(&self) -> usize {
        self.unused.count()
    }
}

/// Builds an [`IssueCertificateRequest`].
///
/// A scalar member takes the last value given; lists grow; `None` gives nothing (see [`Given`]). The authority, the certification request, the signing
/// algorithm and the validity are required. [`IssueCertificateRequest`](crate::IssueCertificateRequest) has an example.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct IssueCertificateRequestBuilder {
    pub(crate) api_passthrough: Option<Box<ApiPassthroughBuilder>>,
    pub(crate) certificate_authority_arn: Option<Draft<CertificateAuthorityArn>>,
    pub(crate) csr: Option<Draft<CsrBlob>>,
    pub(crate) signing_algorithm: Option<Draft<SigningAlgorithm>>,
    pub(crate) template_arn: Option<Draft<TemplateArn>>,
    pub(crate) validity: Option<Draft<Validity>>,
    pub(crate) validity_not_before: Option<Draft<Validity>>,
    pub(crate) idempotency_token: Option<Draft<IdempotencyToken>>,
    /// What the template has for requests that give no validity.
    pub(crate) default_validity: Option<Validity>,
}

/// Setters that hand their value on to the builder of the extensions.
macro_rules! extension_setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)+) => {$(
        $(#[$doc])*
        pub fn $name(self, value: impl Given<$type>) -> Self {
            match value.given() {
                Some(draft) => self.with_extensions(|extensions| extensions.$name(draft)),
                None => self,
            }
        }
    )+};
}

impl IssueCertificateRequestBuilder {
    setters! {
        /// The authority that is to issue the certificate.
        certificate_authority_arn: CertificateAuthorityArn,
        /// The certification request, PEM or DER: 1 to 32768 bytes.
        csr: CsrBlob,
        /// The algorithm that is to sign the certificate, also by its wire name.
        signing_algorithm: SigningAlgorithm,
        /// The template by its ARN; [`IssueCertificateRequestBuilder::template`] takes its name as well.
        template_arn: TemplateArn,
        /// When the validity is to end.
        validity: Validity,
        /// When the validity is to begin; only [`Validity::absolute`] is taken (R-VAL-1).
        validity_not_before: Validity,
        /// What tells calls for one certificate from calls for several: 1 to 36 characters.
        idempotency_token: IdempotencyToken,
    }

    /// The template, by its name, its ARN, or as itself: see [`TemplateReference`]. Without one it is `EndEntityCertificate/V1`
    /// (R-REQ-5).
    ///
    /// A name that is not a template's is refused when the certificate is issued, with the names that are near.
    ///
    /// ```
    /// use issuance::{IssueCertificateRequest, Template};
    /// let by_name = IssueCertificateRequest::builder().template("EndEntityClientAuthCertificate");
    /// let by_constant = IssueCertificateRequest::builder().template(Template::END_ENTITY_CLIENT_AUTH_CERTIFICATE);
    /// # let _ = (by_name, by_constant);
    /// ```
    ///
    /// A template that is given as itself also gives its default validity, which counts if no validity is set.
    pub fn template(mut self, template: impl Into<TemplateReference>) -> Self {
        let template = template.into();
        self.default_validity = template.default_validity();
        self.template_arn(template.as_arn())
    }

    /// The subject and extensions as a whole, in place of those given before.
    pub fn api_passthrough(mut self, value: impl Given<ApiPassthrough>) -> Self {
        self.api_passthrough = value.given().map(|draft| Box::new(draft.into())).or(self.api_passthrough);
        self
    }

    /// The subject of the API passthrough.
    pub fn subject(mut self, value: impl Given<Subject>) -> Self {
        if let Some(draft) = value.given() {
            self.api_passthrough.get_or_insert_default().subject = Some(draft);
        }
        self
    }

    extension_setters! {
        /// Appends a certificate policy to the API passthrough.
        certificate_policy: PolicyInformation,
        /// Appends an extended key usage to the API passthrough.
        extended_key_usage: ExtendedKeyUsage,
        /// The key usage of the API passthrough.
        key_usage: KeyUsage,
        /// Appends an alternative name of the subject to the API passthrough.
        subject_alternative_name: GeneralName,
        /// Appends a custom extension to the API passthrough.
        custom_extension: CustomExtension,
    }

    fn with_extensions(mut self, change: impl FnOnce(ExtensionsBuilder) -> ExtensionsBuilder) -> Self {
        let passthrough = self.api_passthrough.get_or_insert_default();
        passthrough.extensions = Some(change(passthrough.extensions.take().unwrap_or_default()));
        self
    }

    /// The request.
    ///
    /// # Errors
    /// Everything that is wrong with it, with paths from the request on.
    pub fn build(self) -> Result<IssueCertificateRequest, RequestError> {
        self.into_draft().build()
    }
}

given! { [] IssueCertificateRequestBuilder => IssueCertificateRequest, |builder| builder.draft(); }

impl IssueCertificateRequestBuilder {
    fn draft(self) -> Draft<IssueCertificateRequest> {
        let builder = self;
        let mut findings = Findings::default();
        let api_passthrough =
            findings.optional("ApiPassthrough", builder.api_passthrough.map(|passthrough| passthrough.into_draft()));
        let authority = findings.required("CertificateAuthorityArn", builder.certificate_authority_arn);
        let csr = findings.required("Csr", builder.csr);
        let signing_algorithm = findings.required("SigningAlgorithm", builder.signing_algorithm);
        let template_arn = findings.optional("TemplateArn", builder.template_arn);
        let validity = findings.required("Validity", builder.validity.or(builder.default_validity.map(Draft::right)));
        let not_before = builder.validity_not_before.map(|draft| draft.and_then(Validity::as_not_before));
        let validity_not_before = findings.optional("ValidityNotBefore", not_before);
        let idempotency_token = findings.optional("IdempotencyToken", builder.idempotency_token);
        let mut unused = Unused::default();
        let api_passthrough = without_empty(api_passthrough, &mut unused).map(Box::new);
        findings.finish(|| {
            Some(IssueCertificateRequest {
                api_passthrough,
                certificate_authority_arn: authority?,
                csr: csr?,
                signing_algorithm: signing_algorithm?,
                template_arn,
                validity: validity?,
                validity_not_before,
                idempotency_token,
                unused,
            })
        })
    }
}

/// Empty structures count as absent (R-REQ-10, our decision): a template would otherwise certify the CSR's names in place of
/// an empty one without a word.
fn without_empty(passthrough: Option<ApiPassthrough>, unused: &mut Unused) -> Option<ApiPassthrough> {
    let ApiPassthrough { extensions, subject } = passthrough?;
    let mut check = |used: bool, path: &str| {
        if !used {
            unused.add(path, UnusedReason::EmptyStructure);
        }
        used
    };
    check(extensions.is_some() || subject.is_some(), "apiPassthrough");
    let extensions =
        extensions.filter(|extensions| check(*extensions != Extensions::default(), "apiPassthrough.extensions"));
    let subject = subject.filter(|subject| check(!subject.is_empty(), "apiPassthrough.subject"));
    (extensions.is_some() || subject.is_some()).then_some(ApiPassthrough { extensions, subject })
}

/// The answer to a request: `IssueCertificateResponse` of the API (R-REQ-1).
///
/// ```
/// use issuance::request::IssueCertificateResponse;
/// let arn = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012/certificate/17";
/// let response = IssueCertificateResponse::new(arn.parse()?);
/// assert_eq!(response.certificate_arn().serial(), "17");
/// # Ok::<(), issuance::request::ArnError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssueCertificateResponse {
    pub(crate) certificate_arn: CertificateArn,
}

impl Shape for IssueCertificateResponse {}

impl IssueCertificateResponse {
    #[cfg(feature = "serde")]
    pub(crate) fn assemble(certificate_arn: Option<Draft<CertificateArn>>) -> Draft<IssueCertificateResponse> {
        let mut findings = Findings::default();
        let certificate_arn = findings.required("CertificateArn", certificate_arn);
        findings.finish(|| certificate_arn.map(IssueCertificateResponse::new))
    }

    /// The answer that names the certificate.
    pub fn new(certificate_arn: CertificateArn) -> IssueCertificateResponse {
        IssueCertificateResponse { certificate_arn }
    }

    /// The ARN of the certificate.
    pub fn certificate_arn(&self) -> &CertificateArn {
        &self.certificate_arn
    }
}
