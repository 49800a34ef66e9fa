use super::*;
use crate::x509::describe::describe_extension;
use crate::x509::oid::Oid;

fn arn(text: &str) -> CertificateAuthorityArn {
    format!("arn:{text}:certificate-authority/46e8fcd0-d615-42a1-9894-4dc45944d554").parse().unwrap()
}

fn cdp(crl: CrlConfigurationBuilder, arn: &CertificateAuthorityArn) -> Option<String> {
    let configuration = RevocationConfiguration::none().with_crl(crl.build().unwrap());
    let partition = configuration.is_partitioned().then(|| "EoNIZbjA9td".parse().unwrap());
    let der = configuration.crl_distribution_points(arn, partition)?;
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
    assert_eq!(cdp(CrlConfigurationBuilder::default().enabled(false), &aws), None);
    assert_eq!(cdp(bucket().custom_cname(""), &aws), url("bucket.s3.us-west-2.amazonaws.com/crl"));
}

#[test]
fn urls_of_partitions() {
    // R-MRG-5; the first as in a certificate of the service (tests/data/service).
    let aws = arn("aws:acm-pca:us-west-2:123456789012");
    let id = "46e8fcd0-d615-42a1-9894-4dc45944d554";
    let partitioned = || CrlConfiguration::builder("bucket").crl_type(CrlType::Partitioned);
    for (crl, expected) in [
        (partitioned(), format!("bucket.s3.us-west-2.amazonaws.com/crl/{id}")),
        (partitioned().custom_cname("c.example"), format!("c.example/crl/{id}")),
        (partitioned().custom_path("a/b"), "bucket.s3.us-west-2.amazonaws.com/a/b".to_owned()),
        (partitioned().custom_cname("c.example").custom_path("a"), "c.example/a".to_owned()),
        (partitioned().custom_cname("c.example").custom_path("/"), "c.example".to_owned()),
    ] {
        assert_eq!(cdp(crl, &aws), Some(format!("URI:http://{expected}/EoNIZbjA9td.crl")));
    }
    assert_eq!(cdp(partitioned().omit_extension(true), &aws), None);
    // Explicit URLs are lists of everything.
    let urls = ExplicitUrls::default().with_crl(["http://c/"]).unwrap();
    let explicit = RevocationConfiguration::none().with_crl(partitioned().build().unwrap()).with_explicit_urls(urls);
    assert!(!explicit.is_partitioned());
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
    let disabled = OcspConfiguration::assemble(Some(false.into_draft()), None).build().unwrap();
    assert_eq!(text(&none().with_ocsp(disabled)), None);
    assert!(text(&none().with_ocsp(own)).unwrap().contains("http://ocsp.example.com"));
    let urls = ExplicitUrls::new([""; 0], ["http://o/"], ["http://i/ca.cer"]).unwrap();
    let by_name = ExplicitUrls::default().with_ca_issuers(["http://i/ca.cer"]).unwrap().with_ocsp(["http://o/"]);
    assert_eq!(by_name.as_ref(), Ok(&urls));
    assert_eq!(
        by_name.unwrap().with_crl(["http://c/"]),
        ExplicitUrls::new(["http://c/"], ["http://o/"], ["http://i/ca.cer"])
    );
    let both = text(&none().with_explicit_urls(urls)).unwrap();
    assert!(both.find("http://o/").unwrap() < both.find("http://i/ca.cer").unwrap(), "{both}");
}

#[test]
fn wrong_members_are_refused() {
    assert!(CrlConfiguration::builder("ab").build().is_err());
    assert!(CrlConfiguration::builder("b ucket").build().is_err());
    assert!(CrlConfiguration::builder("bucket").custom_cname("http://x").build().is_err());
    assert!(CrlConfiguration::builder("bucket").custom_cname("x").omit_extension(true).build().is_err());
    assert!(CrlConfigurationBuilder::default().enabled(true).custom_cname("x").build().is_err());
    assert!(CrlConfigurationBuilder::default().enabled(false).build().is_ok());
    assert!(CrlConfigurationBuilder::default().build().is_err());
    assert!(CrlConfiguration::builder("bucket").expiration_in_days(5001).build().is_err());
    assert!(CrlConfiguration::builder("bucket").custom_path("/a").build().is_err());
    assert!(CrlConfiguration::builder("bucket").custom_path("a//b").build().is_err());
    assert!(OcspConfiguration::with_custom_cname("a b").is_err());
    assert!(ExplicitUrls::new(["no-scheme"], [""; 0], [""; 0]).is_err());
    assert!(ExplicitUrls::new(["http://ü/"], [""; 0], [""; 0]).is_err());
    assert!(ExplicitUrls::default().with_crl(["no-scheme"]).is_err());
}

#[test]
fn hosts_of_a_service_give_way_to_custom_names() {
    let arn = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/46e8fcd0-d615-42a1-9894-4dc45944d555";
    let arn: CertificateAuthorityArn = arn.parse().unwrap();
    let crl = |cname: &str| CrlConfiguration::builder("bucket").custom_cname(cname).build().unwrap();
    let own = RevocationConfiguration::none()
        .with_crl(crl("crl.example.com"))
        .with_ocsp(OcspConfiguration::with_custom_cname("ocsp.example.com").unwrap());
    assert_eq!(own.clone().with_default_hosts("here:1", "here:1/ocsp").unwrap(), own);
    // An empty name is none.
    let open = RevocationConfiguration::none().with_crl(crl("")).with_ocsp(OcspConfiguration::new());
    let open = open.with_default_hosts("here:1", "here:1/ocsp").unwrap();
    let partition: CrlPartition = "EoNIZbjA9td".parse().unwrap();
    let url = format!("http://here:1/crl/{}/{partition}.crl", arn.id());
    assert_eq!(open.crl_url(&arn, Some(partition)), Some(url));
    let access = open.authority_info_access(&arn).unwrap();
    assert!(access.ends_with(b"http://here:1/ocsp"));
    let none = RevocationConfiguration::none().with_default_hosts("here:1", "here:1/ocsp").unwrap();
    assert_eq!((none.crl_url(&arn, None), none), (None, RevocationConfiguration::none()));
    for wrong in ["http://here", "a b", "[::1]"] {
        assert!(open.clone().with_default_hosts(wrong, "here").is_err());
        assert!(open.clone().with_default_hosts("here", wrong).is_err());
    }
}
