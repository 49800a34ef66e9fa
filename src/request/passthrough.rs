//! What a request gives besides the certification request.

use super::draft::{Draft, Findings, Shape, setters};
use super::extensions::{Extensions, ExtensionsBuilder};
use super::subject::Subject;
use super::violation::{RequestError, Violations};

/// The subject and extensions that a request gives besides its certification request: `ApiPassthrough` of the API.
/// Templates that do not take it ignore it (R-REQ-6).
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

/// Builds an [`ApiPassthrough`].
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
    pub fn extensions(mut self, extensions: impl Into<Draft<Extensions>>) -> Self {
        self.extensions = Some(extensions.into().into());
        self
    }

    /// The passthrough.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn build(self) -> Result<ApiPassthrough, RequestError> {
        Draft::from(self).build()
    }
}

impl From<ApiPassthroughBuilder> for Draft<ApiPassthrough> {
    fn from(builder: ApiPassthroughBuilder) -> Self {
        let mut findings = Findings::from(builder.earlier);
        let extensions = findings.optional("Extensions", builder.extensions.map(Draft::from));
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
