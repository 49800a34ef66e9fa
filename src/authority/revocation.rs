//! Where the revocation of certificates is told: the configuration, and the extensions that follow from it (R-MRG-4, R-MRG-5).

use der::Encode;
use der::asn1::Ia5String;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AccessDescription, AuthorityInfoAccessSyntax, CrlDistributionPoints};

use crate::CertificateAuthorityArn;

/// `RevocationConfiguration` of the API, and explicit URLs for authorities outside of AWS (our decision).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevocationConfiguration {
    crl: Option<CrlConfiguration>,
    ocsp: Option<OcspConfiguration>,
    explicit: ExplicitUrls,
}

/// `CrlConfiguration` of the API, enabled. A disabled one is the absence of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlConfiguration {
    s3_bucket_name: String,
    custom_cname: Option<String>,
    custom_path: Option<String>,
    omit_extension: bool,
}

/// `OcspConfiguration` of the API, enabled. A disabled one is the absence of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OcspConfiguration {
    ocsp_custom_cname: Option<String>,
}

/// URLs given outright.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExplicitUrls {
    crl: Vec<String>,
    ocsp: Vec<String>,
    ca_issuers: Vec<String>,
}

/// A revocation configuration that is refused: `InvalidArgsException`, or `ValidationException` for a bound or pattern of the
/// API model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{value}' at '{path}': {problem}")]
pub struct RevocationError {
    /// The member of the API, in lower camel case.
    pub path: &'static str,
    /// Its value.
    pub value: String,
    /// What would have been right.
    pub problem: &'static str,
}

const CNAME_CHARACTERS: &[u8] = b"-;/?:@&=+$,%_.!~*()'";
const PATH_CHARACTERS: &[u8] = b"-;?:@&=+$,%_.!~*()'";

fn all_in(text: &str, extra: &[u8]) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
}

fn check(holds: bool, path: &'static str, value: &str, problem: &'static str) -> Result<(), RevocationError> {
    if holds { Ok(()) } else { Err(RevocationError { path, value: value.to_owned(), problem }) }
}

fn check_cname(path: &'static str, cname: &str) -> Result<(), RevocationError> {
    let fits = cname.len() <= 253 && all_in(cname, CNAME_CHARACTERS) && !cname.contains("://") && !cname.is_empty();
    check(
        fits,
        path,
        cname,
        "a host name of 1 to 253 characters from [-a-zA-Z0-9;/?:@&=+$,%_.!~*()'], without a scheme",
    )
}

/// Builds a [`CrlConfiguration`].
#[derive(Debug, Clone)]
pub struct CrlConfigurationBuilder {
    configuration: CrlConfiguration,
}

impl CrlConfiguration {
    /// A configuration whose lists are in this bucket.
    pub fn builder(s3_bucket_name: impl Into<String>) -> CrlConfigurationBuilder {
        CrlConfigurationBuilder {
            configuration: CrlConfiguration {
                s3_bucket_name: s3_bucket_name.into(),
                custom_cname: None,
                custom_path: None,
                omit_extension: false,
            },
        }
    }

    fn url(&self, arn: &CertificateAuthorityArn) -> String {
        let host = match &self.custom_cname {
            Some(cname) => cname.clone(),
            None => format!("{}.s3.{}.{}", self.s3_bucket_name, arn.region(), amazon_domain(arn)),
        };
        match self.custom_path.as_deref() {
            // The path `/` puts the list at the top.
            Some("/") => format!("http://{host}/{}.crl", arn.id()),
            Some(path) => format!("http://{host}/{path}/{}.crl", arn.id()),
            None => format!("http://{host}/crl/{}.crl", arn.id()),
        }
    }
}

fn amazon_domain(arn: &CertificateAuthorityArn) -> &'static str {
    if arn.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}

impl CrlConfigurationBuilder {
    /// Sets `CustomCname`, the host of the URL in certificates.
    #[must_use]
    pub fn custom_cname(mut self, cname: impl Into<String>) -> Self {
        self.configuration.custom_cname = Some(cname.into());
        self
    }

    /// Sets `CustomPath`, which stands in place of `crl` in the URL.
    #[must_use]
    pub fn custom_path(mut self, path: impl Into<String>) -> Self {
        self.configuration.custom_path = Some(path.into());
        self
    }

    /// Sets `OmitExtension`: lists are made, but certificates do not name them.
    #[must_use]
    pub fn omit_extension(mut self, omit: bool) -> Self {
        self.configuration.omit_extension = omit;
        self
    }

    /// Checks the configuration against bounds and patterns of the API model.
    ///
    /// # Errors
    /// [`RevocationError`] for the first member that is wrong.
    pub fn build(self) -> Result<CrlConfiguration, RevocationError> {
        let CrlConfiguration { s3_bucket_name, custom_cname, custom_path, omit_extension } = &self.configuration;
        check(
            (3..=255).contains(&s3_bucket_name.len()) && all_in(s3_bucket_name, b"-._/"),
            "revocationConfiguration.crlConfiguration.s3BucketName",
            s3_bucket_name,
            "3 to 255 characters from [-a-zA-Z0-9._/]",
        )?;
        if let Some(cname) = custom_cname {
            let path = "revocationConfiguration.crlConfiguration.customCname";
            check_cname(path, cname)?;
            check(!omit_extension, path, cname, "a CNAME is of no use where OmitExtension is set")?;
        }
        if let Some(path) = custom_path {
            let segments = path == "/" || path.split('/').all(|s| !s.is_empty() && all_in(s, PATH_CHARACTERS));
            check(
                path.len() <= 253 && segments,
                "revocationConfiguration.crlConfiguration.customPath",
                path,
                "'/', or segments of [-a-zA-Z0-9;?:@&=+$,%_.!~*()'] with '/' between them, at most 253 characters",
            )?;
        }
        Ok(self.configuration)
    }
}

impl OcspConfiguration {
    /// The responder of the service.
    pub fn new() -> OcspConfiguration {
        OcspConfiguration::default()
    }

    /// A responder under a host name of one's own, `OcspCustomCname`.
    ///
    /// # Errors
    /// [`RevocationError`] when the name does not fit the API model's pattern.
    pub fn with_custom_cname(cname: impl Into<String>) -> Result<OcspConfiguration, RevocationError> {
        let cname = cname.into();
        check_cname("revocationConfiguration.ocspConfiguration.ocspCustomCname", &cname)?;
        Ok(OcspConfiguration { ocsp_custom_cname: Some(cname) })
    }

    fn url(&self, arn: &CertificateAuthorityArn) -> String {
        match &self.ocsp_custom_cname {
            Some(cname) => format!("http://{cname}"),
            None => format!("http://ocsp.acm-pca.{}.{}", arn.region(), amazon_domain(arn)),
        }
    }
}

impl ExplicitUrls {
    /// URLs of the CRL, of OCSP responders, and of the CA's certificate. An empty list gives nothing.
    ///
    /// # Errors
    /// [`RevocationError`] for a URL that is not an absolute one in visible ASCII.
    pub fn new(
        crl: impl IntoIterator<Item = impl Into<String>>,
        ocsp: impl IntoIterator<Item = impl Into<String>>,
        ca_issuers: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<ExplicitUrls, RevocationError> {
        Ok(ExplicitUrls {
            crl: urls("crl", crl)?,
            ocsp: urls("ocsp", ocsp)?,
            ca_issuers: urls("caIssuers", ca_issuers)?,
        })
    }
}

fn urls(
    path: &'static str,
    given: impl IntoIterator<Item = impl Into<String>>,
) -> Result<Vec<String>, RevocationError> {
    let checked = given.into_iter().map(Into::into).map(|url: String| {
        let absolute = url.split_once(':').is_some_and(|(scheme, rest)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && all_in(scheme, b"+-.") && !rest.is_empty()
        });
        let fits = absolute && url.len() <= 2048 && url.bytes().all(|b| b.is_ascii_graphic());
        check(fits, path, &url, "an absolute URL of visible ASCII characters, at most 2048")?;
        Ok(url)
    });
    checked.collect()
}

impl RevocationConfiguration {
    /// Nothing about revocation in certificates.
    pub fn none() -> RevocationConfiguration {
        RevocationConfiguration::default()
    }

    /// Adds CRLs.
    #[must_use]
    pub fn with_crl(mut self, crl: CrlConfiguration) -> Self {
        self.crl = Some(crl);
        self
    }

    /// Adds OCSP.
    #[must_use]
    pub fn with_ocsp(mut self, ocsp: OcspConfiguration) -> Self {
        self.ocsp = Some(ocsp);
        self
    }

    /// Adds URLs given outright. Where there are any of a kind, they stand in place of those that the API's members give.
    #[must_use]
    pub fn with_explicit_urls(mut self, urls: ExplicitUrls) -> Self {
        self.explicit = urls;
        self
    }

    /// The content of the CRL distribution points extension: one point, its full name.
    pub(crate) fn crl_distribution_points(&self, arn: &CertificateAuthorityArn) -> Option<Vec<u8>> {
        let configured = self.crl.as_ref().filter(|crl| !crl.omit_extension).map(|crl| crl.url(arn));
        let urls =
            if self.explicit.crl.is_empty() { configured.into_iter().collect() } else { self.explicit.crl.clone() };
        if urls.is_empty() {
            return None;
        }
        let names = urls.iter().filter_map(|url| uri(url)).collect();
        let point = DistributionPoint {
            distribution_point: Some(DistributionPointName::FullName(names)),
            reasons: None,
            crl_issuer: None,
        };
        CrlDistributionPoints(vec![point]).to_der().ok()
    }

    /// The content of the authority information access extension: OCSP first, then the CA's certificate.
    pub(crate) fn authority_info_access(&self, arn: &CertificateAuthorityArn) -> Option<Vec<u8>> {
        let configured = self.ocsp.as_ref().map(|ocsp| ocsp.url(arn));
        let ocsp =
            if self.explicit.ocsp.is_empty() { configured.into_iter().collect() } else { self.explicit.ocsp.clone() };
        let access = |method, urls: &[String]| -> Vec<AccessDescription> {
            let described = urls.iter().filter_map(|url| uri(url));
            described.map(|access_location| AccessDescription { access_method: method, access_location }).collect()
        };
        let mut all = access(der::asn1::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1"), &ocsp);
        all.extend(access(der::asn1::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2"), &self.explicit.ca_issuers));
        if all.is_empty() { None } else { AuthorityInfoAccessSyntax(all).to_der().ok() }
    }
}

/// Every URL here has been checked to be ASCII.
fn uri(url: &str) -> Option<GeneralName> {
    Ia5String::new(url).ok().map(GeneralName::UniformResourceIdentifier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Oid;
    use crate::describe::describe_extension;

    fn arn(text: &str) -> CertificateAuthorityArn {
        format!("arn:{text}:certificate-authority/46e8fcd0-d615-42a1-9894-4dc45944d554").parse().unwrap()
    }

    fn cdp(crl: CrlConfigurationBuilder, arn: &CertificateAuthorityArn) -> Option<String> {
        let configuration = RevocationConfiguration::none().with_crl(crl.build().unwrap());
        let der = configuration.crl_distribution_points(arn)?;
        Some(describe_extension(&Oid::CRL_DISTRIBUTION_POINTS, &der))
    }

    #[test]
    fn crl_urls() {
        // R-MRG-5.
        let aws = arn("aws:acm-pca:us-west-2:123456789012");
        let id = "46e8fcd0-d615-42a1-9894-4dc45944d554";
        let bucket = || CrlConfiguration::builder("bucket");
        let url = |text: &str| Some(format!("URI:http://{text}/{id}.crl"));
        assert_eq!(cdp(bucket(), &aws), url("bucket.s3.us-west-2.amazonaws.com/crl"));
        assert_eq!(
            cdp(bucket(), &arn("aws-cn:acm-pca:cn-north-1:123456789012")),
            url("bucket.s3.cn-north-1.amazonaws.com.cn/crl")
        );
        assert_eq!(cdp(bucket().custom_cname("crl.example.com"), &aws), url("crl.example.com/crl"));
        assert_eq!(cdp(bucket().custom_cname("c.example").custom_path("a/b"), &aws), url("c.example/a/b"));
        assert_eq!(cdp(bucket().custom_cname("c.example").custom_path("/"), &aws), url("c.example"));
        assert_eq!(cdp(bucket().omit_extension(true), &aws), None);
    }

    #[test]
    fn access_urls() {
        let aws = arn("aws:acm-pca:us-west-2:123456789012");
        let text = |configuration: &RevocationConfiguration| {
            let der = configuration.authority_info_access(&aws)?;
            Some(describe_extension(&Oid::AUTHORITY_INFO_ACCESS, &der))
        };
        let none = RevocationConfiguration::none;
        assert_eq!(text(&none()), None);
        let service = text(&none().with_ocsp(OcspConfiguration::new())).unwrap();
        assert!(service.contains("http://ocsp.acm-pca.us-west-2.amazonaws.com"), "{service}");
        let own = OcspConfiguration::with_custom_cname("ocsp.example.com").unwrap();
        assert!(text(&none().with_ocsp(own)).unwrap().contains("http://ocsp.example.com"));
        let urls = ExplicitUrls::new([""; 0], ["http://o/"], ["http://i/ca.cer"]).unwrap();
        let both = text(&none().with_explicit_urls(urls)).unwrap();
        assert!(both.find("http://o/").unwrap() < both.find("http://i/ca.cer").unwrap(), "{both}");
    }

    #[test]
    fn wrong_members_are_refused() {
        assert!(CrlConfiguration::builder("ab").build().is_err());
        assert!(CrlConfiguration::builder("b ucket").build().is_err());
        assert!(CrlConfiguration::builder("bucket").custom_cname("http://x").build().is_err());
        assert!(CrlConfiguration::builder("bucket").custom_cname("x").omit_extension(true).build().is_err());
        assert!(CrlConfiguration::builder("bucket").custom_path("/a").build().is_err());
        assert!(CrlConfiguration::builder("bucket").custom_path("a//b").build().is_err());
        assert!(OcspConfiguration::with_custom_cname("a b").is_err());
        assert!(ExplicitUrls::new(["no-scheme"], [""; 0], [""; 0]).is_err());
        assert!(ExplicitUrls::new(["http://ü/"], [""; 0], [""; 0]).is_err());
    }
}
