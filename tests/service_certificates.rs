//! Certificates that the real service issued, rebuilt from their subject, key, serial number, dates and CA configuration,
//! byte for byte (R-ENC-6).
#![cfg(feature = "rustcrypto")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common {
    pub mod asn1;
    pub mod files;
    pub mod keys;
    pub mod requests;
}

use common::asn1::{BIT_STRING, INTEGER, UTF8_STRING, children, content, extension, oid, sequence, tlv};
use common::{files, keys, requests};
use der::Document;
use issuance::request::IssueCertificateRequestBuilder;
use issuance::{
    CertificateAuthority, CertificateAuthorityArn, CertificateAuthorityType, CrlConfiguration, Csr, CustomAttribute,
    CustomExtension, IssuanceOptions, IssueCertificateRequest, KeyPolicy, Preparation, Prepared,
    RevocationConfiguration, RustCryptoVerifier, SerialNumber, Signer, SigningAlgorithm, Subject, Timestamp, Validity,
};

fn file(name: &str) -> String {
    files::text(&format!("service/{name}"))
}

/// The fields of a certificate of the service, as they stand in it.
struct Sample {
    certificate: Vec<u8>,
}

impl Sample {
    fn read(name: &str) -> Sample {
        let (_, document) = Document::from_pem(&file(name)).unwrap();
        Sample { certificate: document.as_bytes().to_vec() }
    }

    fn tbs(&self) -> &[u8] {
        children(&self.certificate)[0]
    }

    fn field(&self, position: usize) -> &[u8] {
        children(self.tbs())[position]
    }

    fn serial(&self) -> SerialNumber {
        SerialNumber::from_be_bytes(content(self.field(1))).unwrap()
    }

    fn issuer(&self) -> &[u8] {
        self.field(3)
    }

    fn subject(&self) -> &[u8] {
        self.field(5)
    }

    fn public_key(&self) -> &[u8] {
        self.field(6)
    }

    /// The content of `extnValue`.
    fn extension(&self, id: &str) -> &[u8] {
        let list = children(self.field(7))[0];
        let extension = children(list).into_iter().find(|extension| children(extension)[0] == oid(id)).unwrap();
        content(children(extension).pop().unwrap())
    }

    /// Panics with both in hex and the place where they part.
    fn assert_rebuilt(&self, prepared: &Prepared) {
        let (want, have) = (self.tbs(), prepared.tbs_der());
        if want == have {
            return;
        }
        let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        let first = want.iter().zip(have).position(|(a, b)| a != b).unwrap_or(want.len().min(have.len()));
        panic!("the first difference is at octet {first}:\nservice {}\nrebuilt {}", hex(want), hex(have));
    }
}

/// `region/id` of an authority.
fn arn(region: &str, id: &str) -> CertificateAuthorityArn {
    format!("arn:aws:acm-pca:{region}:123456789012:certificate-authority/{id}").parse().unwrap()
}

/// A root that stands in for the sample's CA, whose own certificate is not published: the same name and key identifier, as
/// the sample has them, over a key of ours.
fn stand_in(sample: &Sample, arn: CertificateAuthorityArn, key: &str, crl: CrlConfiguration) -> CertificateAuthority {
    let signer = keys::signer(key);
    let algorithm = match key {
        "rsa-2048" => SigningAlgorithm::Sha512WithRsa,
        _ => SigningAlgorithm::Sha384WithEcdsa,
    };
    let identifier = match *children(sample.extension("2.5.29.35")) {
        [identifier] if identifier[0] == 0x80 => tlv(0x04, &[content(identifier)]),
        _ => panic!("the sample's authority key identifier is not the identifier alone"),
    };
    let ca = sequence(&[tlv(0x01, &[[0xff]])]);
    let extensions = sequence(&[extension("2.5.29.19", true, &ca), extension("2.5.29.14", false, &identifier)]);
    let algorithm_identifier = match algorithm {
        SigningAlgorithm::Sha512WithRsa => sequence(&[oid("1.2.840.113549.1.1.13"), tlv(0x05, &[[0u8; 0]])]),
        _ => sequence(&[oid("1.2.840.10045.4.3.3")]),
    };
    let tbs = sequence(&[
        &tlv(0xa0, &[tlv(INTEGER, &[[2]])])[..],
        &tlv(INTEGER, &[[1]]),
        &algorithm_identifier,
        sample.issuer(),
        &sequence(&[tlv(0x17, &[b"180101000000Z"]), tlv(0x17, &[b"491231235959Z"])]),
        sample.issuer(),
        signer.public_key_der(),
        &tlv(0xa3, &[extensions]),
    ]);
    let signature = signer.sign(algorithm, &tbs).unwrap();
    let certificate = sequence(&[tbs, algorithm_identifier, tlv(BIT_STRING, &[&[0], signature.as_bytes()])]);
    CertificateAuthority::builder(arn, CertificateAuthorityType::Root)
        .revocation_configuration(RevocationConfiguration::none().with_crl(crl))
        .build_from_certificate(&certificate, &[], &RustCryptoVerifier)
        .unwrap()
}

fn request(
    authority: &CertificateAuthority,
    template: &str,
    csr: &[u8],
    algorithm: SigningAlgorithm,
    days: i64,
) -> IssueCertificateRequestBuilder {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(authority.arn().clone())
        .csr(csr)
        .signing_algorithm(algorithm)
        .validity(Validity::days(days))
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
}

fn preparation<'a>(
    authority: &'a CertificateAuthority,
    sample: &Sample,
    now: Option<Timestamp>,
    options: &'a IssuanceOptions,
) -> Preparation<'a> {
    let (now, serial) = (now.unwrap(), sample.serial());
    Preparation { authority, now, serial, verifier: &RustCryptoVerifier, options }
}

/// Prepares for a request that we had to make up, as the sample's own is not published.
fn prepare_proven(
    authority: &CertificateAuthority,
    sample: &Sample,
    now: Option<Timestamp>,
    options: &IssuanceOptions,
    request: IssueCertificateRequestBuilder,
) -> Prepared {
    let request = request.build().unwrap();
    let csr = Csr::decode(request.csr()).unwrap().assume_proven(&KeyPolicy::default()).unwrap();
    preparation(authority, sample, now, options).prepare_proven(&request, &csr).unwrap()
}

const NOW_ROOT_BASE: fn() -> Option<Timestamp> = || Timestamp::from_utc(2021, 3, 8, 16, 46, 27);

fn root_base_authority(sample: &Sample) -> CertificateAuthority {
    let subject = Subject::builder()
        .country("US")
        .organization("Example Corp")
        .organizational_unit("Sales")
        .state("WA")
        .common_name("www.example.com")
        .locality("Seattle")
        .build()
        .unwrap();
    let arn = arn("us-west-2", "12345678-1234-1234-1234-123456789012");
    CertificateAuthority::builder(arn, CertificateAuthorityType::Root).build(&subject, sample.public_key()).unwrap()
}

/// RootCACertificate/V1 from the CSR of the CA, whose proof of possession is verified.
#[test]
fn root_from_its_own_request() {
    let sample = Sample::read("root-base.pem");
    let authority = root_base_authority(&sample);
    let request = request(
        &authority,
        "RootCACertificate",
        file("root-base.csr").as_bytes(),
        SigningAlgorithm::Sha256WithRsa,
        365,
    );
    let options = IssuanceOptions::default();
    let preparation = preparation(&authority, &sample, NOW_ROOT_BASE(), &options);
    let prepared = preparation.prepare(&request.build().unwrap()).unwrap();
    sample.assert_rebuilt(&prepared);

    // The service's signature over our octets makes the service's certificate.
    let signature = &content(children(&sample.certificate)[2])[1..];
    let issued = prepared.finish(signature, &RustCryptoVerifier).unwrap();
    assert_eq!(issued.der(), sample.certificate);
}

/// The request that the service makes for a CA (R-ENC-2: attributes in member order).
#[test]
fn request_of_a_root() {
    let authority = root_base_authority(&Sample::read("root-base.pem"));
    let csr = file("root-base.csr");
    assert_eq!(authority.certification_request_info(), Csr::decode(csr.as_bytes()).unwrap().info_der());
}

/// RootCACertificate_APIPassthrough/V1 with a custom AKI, which follows keyUsage (R-MRG-8); its subject from custom
/// attributes, and then from the CSR.
#[test]
fn root_with_custom_attributes_and_authority_key_identifier() {
    let sample = Sample::read("root-api-custom-attributes-aki.pem");
    let now = Timestamp::from_utc(2022, 12, 21, 18, 28, 28);
    let options = IssuanceOptions::default();
    let algorithm = SigningAlgorithm::Sha256WithEcdsa;
    let attributes = [("2.5.4.3", "ACK PAA"), ("1.3.6.1.4.1.37244.2.1", "137A")];
    let subject = attributes
        .iter()
        .fold(Subject::builder(), |subject, (id, value)| subject.custom_attribute(CustomAttribute::new(*id, *value)))
        .build()
        .unwrap();
    let arn = arn("us-west-2", "12345678-1234-1234-1234-123456789012");
    let authority = CertificateAuthority::builder(arn, CertificateAuthorityType::Root)
        .build(&subject, sample.public_key())
        .unwrap();
    let aki = CustomExtension::new("2.5.29.35", sample.extension("2.5.29.35"), false).build().unwrap();
    let elsewhere = sequence(&[tlv(0x31, &[sequence(&[oid("2.5.4.3"), tlv(UTF8_STRING, &[b"another name"])])])]);

    for (from_api, csr_subject) in [(true, &elsewhere[..]), (true, &[0x30, 0]), (false, sample.subject())] {
        let csr = requests::unproven(csr_subject, sample.public_key(), &[]);
        let mut request = request(&authority, "RootCACertificate_APIPassthrough", &csr, algorithm, 36_500)
            .custom_extension(aki.clone());
        if from_api {
            request = request.subject(subject.clone());
        }
        sample.assert_rebuilt(&prepare_proven(&authority, &sample, now, &options, request));
    }
}

/// SubordinateCACertificate_PathLen2/V1 with CRL distribution points under a custom CNAME (R-MRG-5).
#[test]
fn subordinate_with_distribution_points() {
    let sample = Sample::read("subordinate-pathlen2-cdp.pem");
    let now = Timestamp::from_utc(2024, 11, 28, 7, 7, 45);
    let crl = CrlConfiguration::builder("aws-nitro-enclaves-crl")
        .custom_cname("aws-nitro-enclaves-crl.s3.amazonaws.com")
        .build()
        .unwrap();
    let authority = stand_in(&sample, arn("us-east-1", "ab4960cc-7d63-42bd-9e9f-59338cb67f84"), "ec-p384", crl);
    let csr = requests::unproven(sample.subject(), sample.public_key(), &[]);
    let algorithm = SigningAlgorithm::Sha384WithEcdsa;
    let request = request(&authority, "SubordinateCACertificate_PathLen2", &csr, algorithm, 20);
    sample.assert_rebuilt(&prepare_proven(&authority, &sample, now, &IssuanceOptions::default(), request));
}

/// EndEntityCertificate/V1 of 2019: a PrintableString of 70 characters as the CSR has it (R-CSR-5), the CSR's SAN before all
/// other extensions (R-MRG-8), and RSA's AlgorithmIdentifier without the NULL.
#[test]
fn end_entity_with_alternative_name_of_the_request() {
    let sample = Sample::read("end-entity-csr-san-cdp.pem");
    let now = Timestamp::from_utc(2019, 4, 3, 21, 20, 32);
    let crl = CrlConfiguration::builder("capino-test-private-ca-crl").build().unwrap();
    let authority = stand_in(&sample, arn("us-west-2", "46e8fcd0-d615-42a1-9894-4dc45944d554"), "rsa-2048", crl);
    let san = extension("2.5.29.17", false, sample.extension("2.5.29.17"));
    let csr = requests::unproven(sample.subject(), sample.public_key(), &requests::extension_request(&[san]));
    let algorithm = SigningAlgorithm::Sha512WithRsa;
    let options = IssuanceOptions::default().omit_rsa_parameters(true);

    let named = request(&authority, "EndEntityCertificate", &csr, algorithm, 30);
    sample.assert_rebuilt(&prepare_proven(&authority, &sample, now, &options, named));

    // R-REQ-5: it is what a request without a template gets.
    let unnamed = IssueCertificateRequest::builder()
        .certificate_authority_arn(authority.arn().clone())
        .csr(&csr)
        .signing_algorithm(algorithm)
        .validity(Validity::days(30));
    sample.assert_rebuilt(&prepare_proven(&authority, &sample, now, &options, unnamed));
}
