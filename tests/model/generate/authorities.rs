//! The authorities that random requests go to.

use issuance::authority::{
    CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode, CrlConfiguration,
    CrlConfigurationBuilder, ExplicitUrls, OcspConfiguration, RevocationConfiguration,
};
use issuance::{CertificateAuthority, Signer};
use issuance_test_support::asn1::{INTEGER, OCTET_STRING, SET, extension, oid, sequence, tlv};
use issuance_test_support::keys;
use issuance_test_support::verifiers::AnySignature;

use crate::oracle::rules::Contribution;
use crate::oracle::whole::{self, Authority, key_identifier, tbs_certificate};

pub(crate) const DAY: i64 = 86_400;
/// 2026-11-21T09:30:15Z.
pub(crate) const NOW: i64 = 1_795_253_415;
/// The end of the authorities' certificates.
pub(crate) const CA_END: i64 = NOW + 20 * 365 * DAY;

/// 2050-01-01T00:00:00Z: from then on times are of another type, and two digits of a year are of another century.
pub(crate) const YEAR_2050: i64 = 2_524_608_000;

/// An authority of the engine, and what the model knows of it.
pub(crate) struct Issuing {
    pub(crate) engine: CertificateAuthority,
    pub(crate) facts: Authority,
}

/// How an authority is.
struct Kind {
    root: bool,
    key: (&'static str, &'static str),
    state: CertificateAuthorityStatus,
    path_length: Option<u8>,
    /// Of its certificate: absent, the usual one, or these octets.
    key_identifier: Option<Option<Vec<u8>>>,
    short_lived: bool,
    permitted_domain: Option<&'static str>,
    partition: &'static str,
    revocation: RevocationConfiguration,
    crl: Option<&'static str>,
    ocsp: Option<&'static str>,
    ca_issuers: Option<&'static str>,
}

pub(crate) const ID: &str = "12345678-1234-1234-1234-123456789012";

impl Default for Kind {
    fn default() -> Kind {
        Kind {
            root: true,
            key: ("EC", "ec-p256"),
            state: CertificateAuthorityStatus::Active,
            path_length: None,
            key_identifier: Some(None),
            short_lived: false,
            permitted_domain: None,
            partition: "aws",
            revocation: RevocationConfiguration::none(),
            crl: None,
            ocsp: None,
            ca_issuers: None,
        }
    }
}

pub(crate) fn name(attributes: &[(&str, u8, &str)]) -> Vec<u8> {
    let rdn = |(id, tag, value): &(&str, u8, &str)| tlv(SET, &[sequence(&[oid(id), tlv(*tag, &[value])])]);
    sequence(&attributes.iter().map(rdn).collect::<Vec<_>>())
}

impl Kind {
    fn build(self, number: usize) -> Issuing {
        let arn = format!("arn:{}:acm-pca:us-west-2:123456789012:certificate-authority/{ID}", self.partition);
        let public_key = keys::signer(self.key.1).public_key_der().to_vec();
        let subject = name(&[("2.5.4.6", 0x13, "QX"), ("2.5.4.3", 0x0c, &format!("Authority {number}"))]);
        let authority_type =
            if self.root { CertificateAuthorityType::Root } else { CertificateAuthorityType::Subordinate };
        let mode = match self.short_lived {
            true => CertificateAuthorityUsageMode::ShortLivedCertificate,
            false => CertificateAuthorityUsageMode::GeneralPurpose,
        };
        let builder = CertificateAuthority::builder(arn.parse().unwrap(), authority_type)
            .usage_mode(mode)
            .revocation_configuration(self.revocation.clone());
        let derived = key_identifier(&public_key);
        let own_identifier = self.key_identifier.as_ref().map(|own| own.clone().unwrap_or(derived.clone()));
        let has_certificate = self.state != CertificateAuthorityStatus::PendingCertificate;
        let mut engine = if has_certificate {
            let certificate = self.certificate(&subject, &public_key, own_identifier.as_deref());
            builder.build_from_certificate(&certificate, b"", &AnySignature).unwrap()
        } else {
            let own = issuance::Subject::builder().country("QX").common_name(format!("Authority {number}"));
            builder.build(&own.build().unwrap(), &public_key).unwrap()
        };
        assert_eq!(engine.subject_der(), subject);
        engine.set_status(self.state).unwrap();
        let contribution = Contribution {
            subject,
            key_identifier: own_identifier.unwrap_or(derived),
            crl: self.crl.map(str::to_owned),
            ocsp: self.ocsp.map(str::to_owned),
            ca_issuers: self.ca_issuers.map(str::to_owned),
        };
        let facts = Authority {
            arn,
            is_root: self.root,
            state: self.state.as_str(),
            public_key,
            key: self.key.0,
            not_after: has_certificate.then_some(CA_END),
            path_length: self.path_length,
            short_lived: self.short_lived,
            permitted_domain: self.permitted_domain,
            contribution,
        };
        Issuing { engine, facts }
    }

    fn certificate(&self, subject: &[u8], public_key: &[u8], own_identifier: Option<&[u8]>) -> Vec<u8> {
        let algorithm = sequence(&[oid("1.2.840.10045.4.3.2")]);
        let path_length = self.path_length.map(|length| tlv(INTEGER, &[[length]])).unwrap_or_default();
        let mut extensions = vec![extension("2.5.29.19", true, &sequence(&[tlv(0x01, &[[0xff]]), path_length]))];
        if let Some(identifier) = own_identifier {
            extensions.push(extension("2.5.29.14", false, &tlv(OCTET_STRING, &[identifier])));
        }
        if let Some(domain) = self.permitted_domain {
            let permitted = tlv(0xa0, &[sequence(&[tlv(0x82, &[domain])])]);
            let excluded = tlv(0xa1, &[sequence(&[tlv(0x87, &[[10, 0, 0, 0, 255, 0, 0, 0]])])]);
            extensions.push(extension("2.5.29.30", true, &sequence(&[permitted, excluded])));
        }
        let above = name(&[("2.5.4.3", 0x0c, "Above")]);
        let issuer = if self.root { subject } else { &above };
        let validity = [NOW - 10 * 365 * DAY, CA_END];
        let tbs = tbs_certificate(&[1], &algorithm, issuer, validity, subject, public_key, &extensions);
        whole::certificate(&tbs, &algorithm)
    }
}

pub(crate) fn authorities() -> Vec<Issuing> {
    use CertificateAuthorityStatus as Status;
    let crl = || CrlConfiguration::builder("bucket");
    let none = RevocationConfiguration::none;
    let rsa = ("RSA", "rsa-2048");
    let urls = ExplicitUrls::new(["http://c.example/list"], ["http://o.example"], ["http://i.example/ca.cer"]).unwrap();
    let kinds = [
        Kind { state: Status::PendingCertificate, key: ("EC", "ec-p384"), ..Kind::default() },
        Kind::default(),
        // R-MRG-5.
        Kind {
            key: rsa,
            path_length: Some(2),
            revocation: none().with_crl(crl().build().unwrap()).with_ocsp(OcspConfiguration::new()),
            crl: Some("http://bucket.s3.us-west-2.amazonaws.com/crl/12345678-1234-1234-1234-123456789012.crl"),
            ocsp: Some("http://ocsp.acm-pca.us-west-2.amazonaws.com"),
            ..Kind::default()
        },
        Kind {
            root: false,
            key: ("EC", "ec-p521"),
            path_length: Some(0),
            revocation: none()
                .with_crl(crl().custom_cname("crl.example").custom_path("a/b").build().unwrap())
                .with_ocsp(OcspConfiguration::with_custom_cname("ocsp.example").unwrap()),
            crl: Some("http://crl.example/a/b/12345678-1234-1234-1234-123456789012.crl"),
            ocsp: Some("http://ocsp.example"),
            ..Kind::default()
        },
        Kind {
            root: false,
            key: ("ML_DSA_44", "ml-dsa-44"),
            path_length: Some(3),
            key_identifier: None,
            revocation: none().with_explicit_urls(urls),
            crl: Some("http://c.example/list"),
            ocsp: Some("http://o.example"),
            ca_issuers: Some("http://i.example/ca.cer"),
            ..Kind::default()
        },
        Kind {
            root: false,
            key: ("SM2", "sm2"),
            path_length: Some(1),
            key_identifier: Some(Some(b"another".to_vec())),
            partition: "aws-cn",
            revocation: none().with_crl(crl().build().unwrap()).with_ocsp(OcspConfiguration::new()),
            crl: Some("http://bucket.s3.us-west-2.amazonaws.com.cn/crl/12345678-1234-1234-1234-123456789012.crl"),
            ocsp: Some("http://ocsp.acm-pca.us-west-2.amazonaws.com.cn"),
            ..Kind::default()
        },
        Kind {
            short_lived: true,
            revocation: none()
                .with_crl(crl().omit_extension(true).build().unwrap())
                .with_ocsp(OcspConfiguration::new()),
            ocsp: Some("http://ocsp.acm-pca.us-west-2.amazonaws.com"),
            ..Kind::default()
        },
        Kind { root: false, permitted_domain: Some("example"), ..Kind::default() },
        Kind {
            revocation: none().with_crl(CrlConfigurationBuilder::default().enabled(false).build().unwrap()),
            path_length: Some(4),
            ..Kind::default()
        },
        Kind { state: Status::Disabled, ..Kind::default() },
        Kind { root: false, state: Status::PendingCertificate, ..Kind::default() },
        Kind { state: Status::Failed, ..Kind::default() },
    ];
    kinds.into_iter().enumerate().map(|(number, kind)| kind.build(number)).collect()
}
