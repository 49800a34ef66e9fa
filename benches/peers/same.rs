//! That everybody does the same work: certificates that say the same, and no certificate for a CSR that was tampered with.

use std::collections::BTreeMap;

use der::oid::db::rfc5280::ID_CE_BASIC_CONSTRAINTS;
use der::{Decode, Encode};
use issuance_benches::bare;
use issuance_benches::work::{Contender, Work};
use x509_cert::Certificate;

/// Permitted differences: serial numbers, of which each has 16 octets or, with a leading zero, 17; the order of extensions;
/// and that rcgen marks basicConstraints critical, which it does always.
pub fn check(work: &Work, contenders: &[Contender]) {
    let tampered = tampered(work);
    let certificates: Vec<Certificate> = contenders.iter().map(|contender| issue(work, contender)).collect();
    let expected = extensions(&certificates[0], "issuance");
    assert_eq!(expected.len(), 7);
    for (contender, certificate) in contenders.iter().zip(&certificates) {
        let who = format!("{} with {}", contender.library, contender.backend);
        let (tbs, first) = (certificate.tbs_certificate(), certificates[0].tbs_certificate());
        assert_eq!(tbs.version(), first.version(), "{who}");
        assert_eq!(tbs.signature(), first.signature(), "{who}");
        assert_eq!(certificate.signature_algorithm(), tbs.signature(), "{who}");
        assert_eq!(tbs.issuer(), first.issuer(), "{who}");
        assert_eq!(tbs.subject(), first.subject(), "{who}");
        assert_eq!(tbs.validity(), first.validity(), "{who}");
        assert_eq!(tbs.subject_public_key_info(), first.subject_public_key_info(), "{who}");
        assert!((15..=17).contains(&tbs.serial_number().as_bytes().len()), "{who}");
        assert_eq!(extensions(certificate, contender.library), expected, "{who}");

        let ca = Certificate::from_der(&work.ca_der).unwrap();
        let ca_key = ca.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
        let signed = (bare::aws_lc(work).verify)(ca_key, &tbs.to_der().unwrap(), certificate.signature().raw_bytes());
        assert!(signed, "{who}");

        let refused = (contender.issue)(&work.input(&tampered), &mut |_| {});
        assert!(refused.is_err(), "{who} has not verified the CSR");
    }
}

fn issue(work: &Work, contender: &Contender) -> Certificate {
    let mut certificate = None;
    (contender.issue)(&work.input(work.csr), &mut |der| certificate = Some(Certificate::from_der(der).unwrap()))
        .unwrap();
    certificate.unwrap()
}

type Extensions = BTreeMap<String, (bool, Vec<u8>)>;

/// By object identifier, each with its value and whether it is critical.
fn extensions(certificate: &Certificate, library: &str) -> Extensions {
    let extensions = certificate.tbs_certificate().extensions().unwrap();
    let critical = |extension: &x509_cert::ext::Extension| {
        extension.critical && !(library == "rcgen" && extension.extn_id == ID_CE_BASIC_CONSTRAINTS)
    };
    let by_oid: Extensions =
        extensions.iter().map(|e| (e.extn_id.to_string(), (critical(e), e.extn_value.as_bytes().to_vec()))).collect();
    assert_eq!(by_oid.len(), extensions.len(), "{library} has an extension twice");
    by_oid
}

/// Asks for another name than what was signed, in DER as before.
fn tampered(work: &Work) -> Vec<u8> {
    let name = b"www.example.com";
    let mut csr = work.csr.to_vec();
    let last = csr.windows(name.len()).rposition(|window| window == name).unwrap();
    csr[last + 4] = b'E';
    csr
}
