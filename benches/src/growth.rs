//! Requests that ask for ever more, and policies that say ever more.

use std::rc::Rc;

use der::asn1::{BitString, Ia5String, OctetString, SetOfVec};
use der::oid::AssociatedOid;
use der::{Any, Decode, Encode};
use issuance::issue::SystemClock;
use issuance::policy::Policy;
use issuance::request::CustomExtension;
use issuance::request::IssueCertificateRequestBuilder as Builder;
use issuance::{GeneralName, IssueCertificateRequest, Issuer, SigningAlgorithm, Validity};
use x509_cert::attr::Attribute;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{SubjectAltName, name};
use x509_cert::request::{CertReq, ExtensionReq};

use crate::no_crypto;
use crate::work::{self, ARN};

pub struct Curve {
    pub unit: &'static str,
    pub points: Vec<Point>,
}

pub struct Point {
    /// How much.
    pub units: usize,
    pub request: IssueCertificateRequest,
    pub issuer: Rc<Issuer>,
}

pub fn curves() -> [Curve; 4] {
    let counts = [1, 5, 10, 25, 50, 75, 100, 125, 150];
    let csr = work::p256().csr;
    let given = |template: &str, add: fn(Builder, usize) -> Builder| {
        counts.map(|count| (count, (1..=count).fold(request(csr, template), add).build().unwrap())).into()
    };
    let names = given("EndEntityCertificate_APIPassthrough", |request, i| {
        request.subject_alternative_name(GeneralName::dns_name(format!("host-{i:03}.example.com")))
    });
    let extensions = given("BlankEndEntityCertificate_APIPassthrough", |extensions, i| {
        let value = [0x04, 4, 1, 2, 3, 4];
        extensions.custom_extension(CustomExtension::new(format!("1.3.6.1.4.1.32473.{}", 127 + i), &value, false))
    });
    let csrs = [5, 50, 100, 200, 400, 700, 1000, 1300, 1500, 1700].map(|names| {
        let csr = csr_with_names(csr, names);
        (csr.len(), request(&csr, "EndEntityCertificate").build().unwrap())
    });
    let issuer = Rc::new(no_crypto::issuer(SystemClock));
    let point = |(units, request)| Point { units, request, issuer: Rc::clone(&issuer) };
    let curve = |unit, points: Vec<_>| Curve { unit, points: points.into_iter().map(point).collect() };
    [
        curve("subject alternative names", names),
        curve("custom extensions", extensions),
        curve("CSR, bytes", csrs.into()),
        Curve { unit: "names that a policy takes", points: [1, 10, 100, 250, 500, 750, 1000].map(under_policy).into() },
    ]
}

/// Ten names that only the last of the policy's covers.
fn under_policy(names: usize) -> Point {
    let policy =
        (1..names).fold(Policy::builder(), |policy, i| policy.permitted_name(&format!("DNS:s{i:04}.example.org")));
    let policy = policy.permitted_name("DNS:example.com").build().unwrap();
    let request = request(work::p256().csr, "EndEntityCertificate_APIPassthrough");
    let request = (0..10).fold(request, |request, i| {
        request.subject_alternative_name(GeneralName::dns_name(format!("host-{i}.example.com")))
    });
    let issuer = Rc::new(no_crypto::issuer_under(policy, SystemClock));
    Point { units: names, request: request.build().unwrap(), issuer }
}

fn request(csr: &[u8], template: &str) -> Builder {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(csr)
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .validity(Validity::days(365))
}

/// The CSR with so many names in place of its own, and a signature that is none.
fn csr_with_names(csr: &[u8], names: usize) -> Vec<u8> {
    let name = |i| name::GeneralName::DnsName(Ia5String::new(&format!("h{i:04}.example.com")).unwrap());
    let names = SubjectAltName((0..names).map(name).collect());
    let extension = Extension {
        extn_id: SubjectAltName::OID,
        critical: false,
        extn_value: OctetString::new(names.to_der().unwrap()).unwrap(),
    };
    let values = SetOfVec::try_from([Any::encode_from(&ExtensionReq(vec![extension])).unwrap()]).unwrap();
    let mut csr = CertReq::from_der(csr).unwrap();
    csr.info.attributes = SetOfVec::try_from([Attribute { oid: ExtensionReq::OID, values }]).unwrap();
    csr.signature = BitString::from_bytes(&[0; 71]).unwrap();
    csr.to_der().unwrap()
}
