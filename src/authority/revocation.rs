//! Where the revocation of certificates is published: the configuration, and the extensions that follow from it (R-MRG-4, R-MRG-5).

pub(crate) mod location;
pub(crate) mod partition;

use der::Encode;
use der::asn1::Ia5String;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AccessDescription, AuthorityInfoAccessSyntax, CrlDistributionPoints};

use self::location::{CnameString, CrlPathString, S3BucketName3To255};
use self::partition::CrlPartition;
use crate::request::arn::CertificateAuthorityArn;
use crate::request::bounded::{Integer, enum_shapes};
use crate::request::draft::{Draft, Findings, setters};
use crate::request::given::{IntoDraft, Shape, given};
use crate::request::violation::{Constraint, RequestError, Violation, printed};
use crate::x509::algorithm::api_enum;

/// Where certificates say that revocation is published: `RevocationConfiguration` of the API, and explicit URLs for
/// authorities outside of AWS (our decision).
///
/// ```
/// use issuance::authority::{CrlConfiguration, ExplicitUrls, OcspConfiguration, RevocationConfiguration};
/// // As the API has it: hosts that the operator chooses, and paths that follow from the authority's ARN.
/// let of_the_api = RevocationConfiguration::none()
///     .with_crl(CrlConfiguration::builder("my-bucket").custom_cname("crl.example.com").build()?)
///     .with_ocsp(OcspConfiguration::with_custom_cname("ocsp.example.com")?);
/// // Whole URLs.
/// let urls = ExplicitUrls::default().with_crl(["http://crl.example.com/root.crl"])?;
/// let explicit = RevocationConfiguration::none().with_explicit_urls(urls);
/// assert!(explicit.crl_configuration().is_none() && of_the_api.ocsp_configuration().is_some());
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevocationConfiguration {
    pub(crate) crl: Option<CrlConfiguration>,
    pub(crate) ocsp: Option<OcspConfiguration>,
    explicit: ExplicitUrls,
}

api_enum! {
    /// Who may read the lists in their bucket: `S3ObjectAcl` of the API. Kept, and of no effect on certificates.
    /// [`CrlConfiguration`] has an example.
    #[non_exhaustive]
    pub enum S3ObjectAcl {
        /// Everybody.
        PublicRead = "PUBLIC_READ",
        /// The owner of the bucket.
        BucketOwnerFullControl = "BUCKET_OWNER_FULL_CONTROL",
    }
}

api_enum! {
    /// Whether there is one list or several: `CrlType` of the API. [`CrlConfiguration`] has an example.
    #[non_exhaustive]
    pub enum CrlType {
        /// One list of all revoked certificates.
        Complete = "COMPLETE",
        /// Lists of parts of them, each under a name of its own.
        Partitioned = "PARTITIONED",
    }
}
enum_shapes!(S3ObjectAcl CrlType);

/// The lists of revoked certificates: `CrlConfiguration` of the API. One that is not enabled has no other member (API
/// reference).
///
/// ```
/// use issuance::authority::{CrlConfiguration, CrlType, S3ObjectAcl};
/// let lists = CrlConfiguration::builder("my-bucket")
///     .s3_object_acl(S3ObjectAcl::BucketOwnerFullControl)
///     .crl_type(CrlType::Partitioned)
///     .expiration_in_days(7)
///     .build()?;
/// # let _ = lists;
/// let error = CrlConfiguration::builder("my-bucket").custom_cname("http://crl.example.com").build().unwrap_err();
/// assert_eq!(error.violations()[0].path(), "customCname");
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlConfiguration {
    pub(crate) enabled: bool,
    pub(crate) expiration_in_days: Option<Integer<1, 5000>>,
    pub(crate) custom_cname: Option<CnameString>,
    pub(crate) s3_bucket_name: Option<S3BucketName3To255>,
    pub(crate) s3_object_acl: Option<S3ObjectAcl>,
    pub(crate) extension: Option<CrlDistributionPointExtensionConfiguration>,
    pub(crate) crl_type: Option<CrlType>,
    pub(crate) custom_path: Option<CrlPathString>,
}

/// Whether certificates name their list: `CrlDistributionPointExtensionConfiguration` of the API, which
/// [`CrlConfigurationBuilder::omit_extension`] sets.
/// [`CrlConfiguration`](crate::authority::CrlConfiguration) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrlDistributionPointExtensionConfiguration {
    /// Lists are made, but certificates do not name them.
    pub omit_extension: bool,
}

impl Shape for CrlConfiguration {}
impl Shape for CrlDistributionPointExtensionConfiguration {}

/// The OCSP responder: `OcspConfiguration` of the API. One that is not enabled has no name (API reference).
///
/// ```
/// let responder = issuance::authority::OcspConfiguration::with_custom_cname("ocsp.example.com")?;
/// # let _ = responder;
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspConfiguration {
    pub(crate) enabled: bool,
    pub(crate) ocsp_custom_cname: Option<CnameString>,
}

impl Shape for OcspConfiguration {}

/// URLs given outright: absolute, of at most 2048 visible ASCII characters.
///
/// ```
/// let urls = issuance::authority::ExplicitUrls::default()
///     .with_crl(["http://crl.example.com/root.crl"])?
///     .with_ca_issuers(["http://pki.example.com/root.cer"])?;
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExplicitUrls {
    crl: Vec<String>,
    ocsp: Vec<String>,
    ca_issuers: Vec<String>,
}

/// Builds a [`CrlConfiguration`], which has an example.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct CrlConfigurationBuilder {
    pub(crate) enabled: Option<Draft<bool>>,
    pub(crate) expiration_in_days: Option<Draft<Integer<1, 5000>>>,
    pub(crate) custom_cname: Option<Draft<CnameString>>,
    pub(crate) s3_bucket_name: Option<Draft<S3BucketName3To255>>,
    pub(crate) s3_object_acl: Option<Draft<S3ObjectAcl>>,
    pub(crate) extension: Option<Draft<CrlDistributionPointExtensionConfiguration>>,
    pub(crate) crl_type: Option<Draft<CrlType>>,
    pub(crate) custom_path: Option<Draft<CrlPathString>>,
}

impl CrlConfiguration {
    /// An enabled configuration whose lists are in this bucket.
    pub fn builder(s3_bucket_name: impl IntoDraft<S3BucketName3To255>) -> CrlConfigurationBuilder {
        CrlConfigurationBuilder::default().enabled(true).s3_bucket_name(s3_bucket_name.into_draft())
    }

    /// Whether certificates name a list.
    fn is_named(&self) -> bool {
        self.enabled && !self.extension.is_some_and(|extension| extension.omit_extension)
    }

    fn is_partitioned(&self) -> bool {
        self.enabled && self.crl_type == Some(CrlType::Partitioned)
    }

    fn url(&self, arn: &CertificateAuthorityArn, partition: Option<CrlPartition>) -> Option<String> {
        let host = match (given(&self.custom_cname), &self.s3_bucket_name) {
            (Some(cname), _) => cname.to_owned(),
            (None, Some(bucket)) => format!("{bucket}.s3.{}.{}", arn.region(), amazon_domain(arn)),
            (None, None) => return None,
        };
        let directory = match (self.custom_path.as_ref().map(CrlPathString::as_str), partition) {
            // The path `/` puts the list at the top.
            (Some("/"), _) => String::new(),
            (Some(path), _) => format!("{path}/"),
            (None, None) => "crl/".to_owned(),
            (None, Some(_)) => format!("crl/{}/", arn.id()),
        };
        let name = partition.as_ref().map_or(arn.id(), CrlPartition::as_str);
        Some(format!("http://{host}/{directory}{name}.crl"))
    }
}

/// An empty name is as good as none.
fn given(cname: &Option<CnameString>) -> Option<&str> {
    cname.as_ref().map(CnameString::as_str).filter(|cname| !cname.is_empty())
}

fn amazon_domain(arn: &CertificateAuthorityArn) -> &'static str {
    if arn.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}

impl CrlConfigurationBuilder {
    setters! {
        /// Sets `Enabled`.
        enabled: bool,
        /// Sets `ExpirationInDays`, how long a list is valid: 1 to 5000. Kept, and of no effect on certificates.
        expiration_in_days: Integer<1, 5000>,
        /// Sets `CustomCname`, the host of the URL in certificates.
        custom_cname: CnameString,
        /// Sets `S3BucketName`, whose host is that of the URL in certificates where there is no custom one.
        s3_bucket_name: S3BucketName3To255,
        /// Sets `S3ObjectAcl`.
        s3_object_acl: S3ObjectAcl,
        /// Sets `CrlType`. A partitioned configuration has several lists, each under the name of its [`CrlPartition`].
        crl_type: CrlType,
        /// Sets `CustomPath`, which stands in place of `crl` in the URL; in that of a partition in place of `crl` and the
        /// authority's id.
        custom_path: CrlPathString,
    }

    /// Sets `OmitExtension`: lists are made, but certificates do not name them.
    pub fn omit_extension(mut self, omit_extension: bool) -> Self {
        self.extension = Some(CrlDistributionPointExtensionConfiguration { omit_extension }.into_draft());
        self
    }

    /// Checks the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it. Besides the bounds of the API model: an enabled configuration has a bucket, one that is
    /// not enabled nothing else (API reference), a CNAME has no scheme (API reference), and none goes with `OmitExtension`
    /// (API reference).
    pub fn build(self) -> Result<CrlConfiguration, RequestError> {
        self.into_draft().build()
    }
}

given! { [] CrlConfigurationBuilder => CrlConfiguration, |builder| builder.draft(); }

impl CrlConfigurationBuilder {
    fn draft(self) -> Draft<CrlConfiguration> {
        let builder = self;
        let mut findings = Findings::default();
        let enabled = findings.required("Enabled", builder.enabled);
        let expiration_in_days = findings.optional("ExpirationInDays", builder.expiration_in_days);
        let cname_is_given = builder.custom_cname.is_some();
        let custom_cname = findings.optional("CustomCname", builder.custom_cname.map(check_cname));
        let bucket_is_given = builder.s3_bucket_name.is_some();
        let s3_bucket_name = findings.optional("S3BucketName", builder.s3_bucket_name);
        let s3_object_acl = findings.optional("S3ObjectAcl", builder.s3_object_acl);
        let extension = findings.optional("CrlDistributionPointExtensionConfiguration", builder.extension);
        let crl_type = findings.optional("CrlType", builder.crl_type);
        let custom_path = findings.optional("CustomPath", builder.custom_path);
        if enabled == Some(true) && !bucket_is_given {
            let rule = Constraint::Rule("Member must be given where Enabled is true");
            findings.add(Violation::new("null", rule).under("s3BucketName"));
        }
        if enabled == Some(false) {
            let days = expiration_in_days.map(|days| days.get().to_string());
            let omits = extension.map(|extension| extension.omit_extension.to_string());
            findings.none_where_disabled([
                ("expirationInDays", days),
                ("customCname", given(&custom_cname).map(str::to_owned)),
                ("s3BucketName", s3_bucket_name.as_ref().map(ToString::to_string)),
                ("s3ObjectAcl", s3_object_acl.map(|acl| acl.to_string())),
                ("crlDistributionPointExtensionConfiguration.omitExtension", omits),
                ("crlType", crl_type.map(|crl_type| crl_type.to_string())),
                ("customPath", custom_path.as_ref().map(ToString::to_string)),
            ]);
        }
        let omits = extension.is_some_and(|extension| extension.omit_extension);
        if let Some(cname) = given(&custom_cname).filter(|_| omits && cname_is_given) {
            let rule = Constraint::Rule("Member must not be given where OmitExtension is true");
            findings.add(Violation::new(printed(cname), rule).under("customCname"));
        }
        findings.finish(|| {
            Some(CrlConfiguration {
                enabled: enabled?,
                expiration_in_days,
                custom_cname,
                s3_bucket_name,
                s3_object_acl,
                extension,
                crl_type,
                custom_path,
            })
        })
    }
}

impl Findings {
    /// A configuration that disables lists or the responder must not say anything else (API reference).
    fn none_where_disabled<const N: usize>(&mut self, members: [(&str, Option<String>); N]) {
        let rule = Constraint::Rule("Member must not be given where Enabled is false");
        for (path, value) in members {
            if let Some(value) = value {
                self.add(Violation::new(printed(&value), rule.clone()).under(path));
            }
        }
    }
}

/// The model's pattern lets schemes through.
fn check_cname(draft: Draft<CnameString>) -> Draft<CnameString> {
    draft.and_then(|cname| match cname.as_str().contains("://") {
        true => {
            let rule = Constraint::Rule("Member must be a host name without a scheme such as http://");
            Draft::wrong(Violation::new(printed(cname.as_str()), rule))
        }
        false => Draft::right(cname),
    })
}

impl OcspConfiguration {
    /// The responder of the service.
    pub fn new() -> OcspConfiguration {
        OcspConfiguration { enabled: true, ocsp_custom_cname: None }
    }

    /// A responder under another host name, `OcspCustomCname`.
    ///
    /// # Errors
    /// When the name does not fit the API model's pattern, or has a scheme.
    pub fn with_custom_cname(cname: impl IntoDraft<CnameString>) -> Result<OcspConfiguration, RequestError> {
        OcspConfiguration::assemble(Some(true.into_draft()), Some(cname.into_draft())).build()
    }

    pub(crate) fn assemble(
        enabled: Option<Draft<bool>>,
        ocsp_custom_cname: Option<Draft<CnameString>>,
    ) -> Draft<OcspConfiguration> {
        let mut findings = Findings::default();
        let enabled = findings.required("Enabled", enabled);
        let ocsp_custom_cname = findings.optional("OcspCustomCname", ocsp_custom_cname.map(check_cname));
        if enabled == Some(false) {
            findings.none_where_disabled([("ocspCustomCname", given(&ocsp_custom_cname).map(str::to_owned))]);
        }
        findings.finish(|| Some(OcspConfiguration { enabled: enabled?, ocsp_custom_cname }))
    }

    fn url(&self, arn: &CertificateAuthorityArn) -> String {
        match given(&self.ocsp_custom_cname) {
            Some(cname) => format!("http://{cname}"),
            None => format!("http://ocsp.acm-pca.{}.{}", arn.region(), amazon_domain(arn)),
        }
    }
}

impl Default for OcspConfiguration {
    fn default() -> Self {
        OcspConfiguration::new()
    }
}

impl ExplicitUrls {
    /// URLs of the CRL, of OCSP responders, and of the CA's certificate. An empty list gives nothing.
    ///
    /// # Errors
    /// For each URL that is not an absolute one in visible ASCII.
    pub fn new(
        crl: impl IntoIterator<Item = impl Into<String>>,
        ocsp: impl IntoIterator<Item = impl Into<String>>,
        ca_issuers: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<ExplicitUrls, RequestError> {
        let mut findings = Findings::default();
        let urls = ExplicitUrls {
            crl: urls(&mut findings, "crl", crl),
            ocsp: urls(&mut findings, "ocsp", ocsp),
            ca_issuers: urls(&mut findings, "caIssuers", ca_issuers),
        };
        findings.finish(|| Some(urls)).build()
    }

    /// Sets the URLs of the CRL; the others stay as they are, and none is set in the default.
    ///
    /// # Errors
    /// As [`ExplicitUrls::new`].
    pub fn with_crl(self, crl: impl IntoIterator<Item = impl Into<String>>) -> Result<ExplicitUrls, RequestError> {
        ExplicitUrls::new(crl, self.ocsp, self.ca_issuers)
    }

    /// Sets the URLs of OCSP responders.
    ///
    /// # Errors
    /// As [`ExplicitUrls::new`].
    pub fn with_ocsp(self, ocsp: impl IntoIterator<Item = impl Into<String>>) -> Result<ExplicitUrls, RequestError> {
        ExplicitUrls::new(self.crl, ocsp, self.ca_issuers)
    }

    /// Sets the URLs of the CA's certificate.
    ///
    /// # Errors
    /// As [`ExplicitUrls::new`].
    pub fn with_ca_issuers(
        self,
        ca_issuers: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<ExplicitUrls, RequestError> {
        ExplicitUrls::new(self.crl, self.ocsp, ca_issuers)
    }
}

fn urls(findings: &mut Findings, name: &str, given: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    let given: Vec<String> = given.into_iter().map(Into::into).collect();
    for (position, url) in given.iter().enumerate().filter(|(_, url)| !is_url(url)) {
        let violation = Violation::new(printed(url), Constraint::Url);
        findings.add(violation.under(format_args!("{name}.{}.member", position + 1)));
    }
    given
}

fn is_url(url: &str) -> bool {
    let absolute = url.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
            && !rest.is_empty()
    });
    absolute && url.len() <= 2048 && url.bytes().all(|b| b.is_ascii_graphic())
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

    /// `CrlConfiguration` of the API.
    pub fn crl_configuration(&self) -> Option<&CrlConfiguration> {
        self.crl.as_ref()
    }

    /// `OcspConfiguration` of the API.
    pub fn ocsp_configuration(&self) -> Option<&OcspConfiguration> {
        self.ocsp.as_ref()
    }

    /// Adds URLs given outright. Where there are any of a kind, they stand in place of those that the API's members give.
    #[must_use]
    pub fn with_explicit_urls(mut self, urls: ExplicitUrls) -> Self {
        self.explicit = urls;
        self
    }

    /// Sets the hosts of lists and responder where the members have no custom one, in place of those of AWS: for a service that publishes both
    /// itself. The responder may have a path, as `pki.example.com:8080/ocsp`.
    ///
    /// # Errors
    /// When one does not fit the pattern of custom names, or has a scheme.
    ///
    /// ```
    /// use issuance::authority::{CrlConfiguration, RevocationConfiguration};
    /// # let arn = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/46e8fcd0-d615-42a1-9894-4dc45944d555".parse()?;
    /// let configuration = RevocationConfiguration::none().with_crl(CrlConfiguration::builder("bucket").build()?);
    /// let configuration = configuration.with_default_hosts("localhost:8080", "localhost:8080/ocsp")?;
    /// let url = "http://localhost:8080/crl/46e8fcd0-d615-42a1-9894-4dc45944d555.crl";
    /// assert_eq!(configuration.crl_url(&arn, None).as_deref(), Some(url));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_default_hosts(mut self, crl: &str, ocsp: &str) -> Result<Self, RequestError> {
        let mut findings = Findings::default();
        let crl = findings.optional("crl", Some(check_cname(crl.into_draft())));
        let ocsp = findings.optional("ocsp", Some(check_cname(ocsp.into_draft())));
        findings.finish(|| Some((crl?, ocsp?))).build().map(|(crl, ocsp)| {
            if let Some(own) = self.crl.as_mut().filter(|own| own.enabled && given(&own.custom_cname).is_none()) {
                own.custom_cname = Some(crl);
            }
            if let Some(own) = self.ocsp.as_mut().filter(|own| own.enabled && given(&own.ocsp_custom_cname).is_none()) {
                own.ocsp_custom_cname = Some(ocsp);
            }
            self
        })
    }

    /// Where the list of this authority and partition is published, whether certificates name it or not; the complete one without a
    /// partition. `None` where there are no lists, and for explicit URLs, which whoever set them knows.
    /// [`RevocationConfiguration::with_default_hosts`] has an example.
    pub fn crl_url(&self, arn: &CertificateAuthorityArn, partition: Option<CrlPartition>) -> Option<String> {
        self.crl.as_ref().filter(|crl| crl.enabled && self.explicit.crl.is_empty())?.url(arn, partition)
    }

    /// Whether each certificate is in one of several lists. Explicit URLs name lists of everything.
    pub(crate) fn is_partitioned(&self) -> bool {
        self.explicit.crl.is_empty() && self.crl.as_ref().is_some_and(CrlConfiguration::is_partitioned)
    }

    /// The content of the CRL distribution points extension: one point, its full name. In partitioned lists it is that of this
    /// partition.
    pub(crate) fn crl_distribution_points(
        &self,
        arn: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> Option<Vec<u8>> {
        let configured = self.crl.as_ref().filter(|crl| crl.is_named()).and_then(|crl| crl.url(arn, partition));
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
        let configured = self.ocsp.as_ref().filter(|ocsp| ocsp.enabled).map(|ocsp| ocsp.url(arn));
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
mod tests;
