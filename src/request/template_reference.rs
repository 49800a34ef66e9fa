//! How a request names its template.

use super::arn::TemplateArn;
use super::validity::Validity;

/// Which template a request asks for: a name such as `EndEntityCertificate`, with or without `/V1`, an ARN, or a
/// [`Template`](crate::template::definition::Template) itself.
///
/// What [`IssueCertificateRequestBuilder::template`](super::issue_certificate::IssueCertificateRequestBuilder::template) takes. A
/// text that starts with `arn:` is an ARN, any other a name. Whether there is such a template is found out when the certificate is
/// issued, since an issuer may have [custom ones](crate::issue::prepare::IssuanceOptions::template).
///
/// ```
/// use issuance::request::TemplateReference;
/// use issuance::Template;
/// let arn = "arn:aws:acm-pca:::template/EndEntityCertificate/V1";
/// let by_name = TemplateReference::from("EndEntityCertificate");
/// assert_eq!(by_name, TemplateReference::from(arn));
/// assert_eq!(by_name, TemplateReference::from(Template::END_ENTITY_CERTIFICATE));
/// assert_eq!(by_name.as_arn(), arn);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TemplateReference {
    arn: String,
    /// The validity of requests that give none.
    default_validity: Option<Validity>,
}

impl TemplateReference {
    /// The ARN, in the partition `aws` if none was given. It is well formed if the name is.
    pub fn as_arn(&self) -> &str {
        &self.arn
    }

    pub(crate) fn with_default_validity(mut self, validity: Option<Validity>) -> Self {
        self.default_validity = validity;
        self
    }

    pub(super) fn default_validity(&self) -> Option<Validity> {
        self.default_validity
    }
}

impl From<&str> for TemplateReference {
    fn from(text: &str) -> Self {
        let arn = match text {
            arn if arn.starts_with("arn:") => arn.to_owned(),
            versioned if versioned.contains('/') => format!("arn:aws:acm-pca:::template/{versioned}"),
            name => format!("arn:aws:acm-pca:::template/{name}/V1"),
        };
        TemplateReference { arn, default_validity: None }
    }
}

impl From<&String> for TemplateReference {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for TemplateReference {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&TemplateArn> for TemplateReference {
    fn from(arn: &TemplateArn) -> Self {
        TemplateReference { arn: arn.as_str().to_owned(), default_validity: None }
    }
}

impl From<TemplateArn> for TemplateReference {
    fn from(arn: TemplateArn) -> Self {
        (&arn).into()
    }
}
