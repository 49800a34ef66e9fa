//! What a request gives besides the certification request.

use super::draft::{Draft, Findings, setters};
use super::extensions::{Extensions, ExtensionsBuilder};
use super::given::{Given, IntoDraft, Shape, given};
use super::subject::Subject;
use super::violation::{RequestError, Violations};

/// The subject and extensions that a request gives besides its certification request: `ApiPassthrough` of the API.
/// Templates that do not take it ignore it (R-REQ-6).
///
/// ```
/// use issuance::request::Extensions;
/// use issuance::{ApiPassthrough, KeyUsage, Subject};
///
/// let passthrough = ApiPassthrough::builder()
///     .subject(Subject::builder().common_name("www.example.com"))
///     .extensions(Extensions::builder().key_usage(KeyUsage::DIGITAL_SIGNATURE))
///     .build()?;
/// assert_eq!(passthrough.subject().and_then(Subject::common_name), Some("www.example.com"));
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ApiPassthrough {
    pub(crate) extensions: Option<Extensions>,
    pub(crate) subject: Option<Subject>,
}

impl Shape for ApiPassthrough {}

impl ApiPassthrough {
    /// Starts without subject and extensions.
    pub fn builder() -> ApiPassthroughBuilder {
        ApiPassthroughBuilder::default()
    }

    /// The extensions.
    pub fn extensions(&self) -> Option<&Extensions> {
        self.extensions.as_ref()
    }

    /// The subject.
    pub fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }
}

/// Builds an [`ApiPassthrough`]. [`ApiPassthrough`](crate::ApiPassthrough) has an example.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ApiPassthroughBuilder {
    pub(crate) extensions: Option<ExtensionsBuilder>,
    pub(crate) subject: Option<Draft<Subject>>,
    /// What was wrong with a passthrough that was given as a whole.
    pub(crate) earlier: Violations,
}

impl ApiPassthroughBuilder {
    setters! {
        /// The subject.
        subject: Subject,
    }

    /// The extensions, in place of those given before.
    pub fn extensions(mut self, extensions: impl Given<Extensions>) -> Self {
        self.extensions = extensions.given().map(Into::into).or(self.extensions);
        self
    }

    /// The passthrough.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn build(self) -> Result<ApiPassthrough, RequestError> {
        self.into_draft().build()
    }
}

given! { [] ApiPassthroughBuilder => ApiPassthrough, |builder| builder.draft(); }

impl ApiPassthroughBuilder {
    fn draft(self) -> Draft<ApiPassthrough> {
        let builder = self;
        let mut findings = Findings::from(builder.earlier);
        let extensions = findings.optional("Extensions", builder.extensions.map(IntoDraft::into_draft));
        let subject = findings.optional("Subject", builder.subject);
        findings.finish(|| Some(ApiPassthrough { extensions, subject }))
    }
}

impl From<Draft<ApiPassthrough>> for ApiPassthroughBuilder {
    /// Takes a passthrough apart again, so that more can be given.
    fn from(draft: Draft<ApiPassthrough>) -> Self {
        match draft.into_result() {
            Ok(ApiPassthrough { extensions, subject }) => ApiPassthroughBuilder {
                extensions: extensions.map(|extensions| Draft::right(extensions).into()),
                subject: subject.map(Draft::right),
                earlier: Violations::default(),
            },
            Err(earlier) => ApiPassthroughBuilder { earlier, ..ApiPassthroughBuilder::default() },
        }
    }
}
