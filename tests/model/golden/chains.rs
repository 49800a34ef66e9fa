//! Every certificate of the golden cases, each once, in a chain for OpenSSL to verify.

use std::collections::{BTreeMap, BTreeSet};

use issuance::authority::CertificateAuthorityType;
use issuance::{CertificateAuthority, RustCryptoVerifier, Validity};
use issuance_test_support::asn1::{BOOLEAN, SEQUENCE, children, content, extension, oid, sequence, tlv};
use issuance_test_support::authorities::{Authority, certificate_pem, now};

use super::openssl::{self, Scratch};

/// Where a certificate stands in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Root,
    UnderRoot,
    UnderSubordinate,
}

/// What somebody may find in a certificate, and why it is right that the rules lead to it.
struct Exception {
    /// In the words of who finds it.
    problem: &'static str,
    reason: &'static str,
    applies: fn(&View) -> bool,
}

/// Problems of `openssl verify -x509_strict`.
const OPENSSL: [Exception; 5] = [
    Exception {
        problem: "CA cert does not include key usage extension",
        reason: "blank CA templates fix no keyUsage, and neither API nor CSR gave one",
        applies: |view| view.ca && view.usage.is_none(),
    },
    Exception {
        problem: "Path length given without key usage keyCertSign",
        reason: "blank CA templates fix a path length and leave keyUsage to API and CSR, which may leave keyCertSign out",
        applies: |view| view.has_path_length && !view.signs_certificates(),
    },
    Exception {
        problem: "Key usage keyCertSign invalid for non-CA cert",
        reason: "blank templates take any of the nine bits for an end entity, with a warning (R-MRG-10)",
        applies: |view| !view.ca && view.signs_certificates(),
    },
    Exception {
        problem: "Subject name empty",
        reason: "the same, and the name is in a critical subjectAltName: who can sign certificates must have a subject",
        applies: |view| !view.ca && view.signs_certificates() && view.is_nameless,
    },
    Exception {
        problem: "unhandled critical extension",
        reason: "the API gave a critical custom extension that nobody knows",
        applies: View::has_unknown_critical,
    },
];

/// Problems of the engine itself with a root certificate that it is to issue under (R-CA-6).
const IMPORT: [Exception; 2] = [
    Exception {
        problem: "the certificate has a keyUsage without keyCertSign",
        reason: "the BlankRoot templates take any keyUsage from the API",
        applies: |view| view.usage.is_some() && !view.signs_certificates(),
    },
    Exception {
        problem: "the certificate has the extension 1.3.6.1.4.1.99999.3, which must not be critical there",
        reason: "the API gave a critical custom extension that nobody knows",
        applies: |view| view.has_unknown_critical() && (view.usage.is_none() || view.signs_certificates()),
    },
];

/// What the exceptions look at.
struct View {
    ca: bool,
    has_path_length: bool,
    is_nameless: bool,
    /// The first octet of the bits.
    usage: Option<u8>,
    /// The identifiers in DER.
    critical: Vec<Vec<u8>>,
}

impl View {
    fn new(certificate: &[u8]) -> View {
        let fields = children(children(certificate)[0]);
        let list = children(children(fields[7])[0]);
        let value = |id: &str| {
            let found = list.iter().find(|extension| children(extension)[0] == oid(id));
            found.map(|extension| content(children(extension).pop().unwrap()))
        };
        let constraints = children(value("2.5.29.19").unwrap());
        let is_critical = |extension: &&&[u8]| children(extension)[1] == tlv(BOOLEAN, &[[0xff]]);
        View {
            ca: !constraints.is_empty(),
            has_path_length: constraints.len() == 2,
            is_nameless: content(fields[5]).is_empty(),
            usage: value("2.5.29.15").map(|bits| content(bits)[1]),
            critical: list.iter().filter(is_critical).map(|extension| children(extension)[0].to_vec()).collect(),
        }
    }

    fn signs_certificates(&self) -> bool {
        self.usage.is_some_and(|bits| bits & 0x04 != 0)
    }

    fn has_unknown_critical(&self) -> bool {
        self.critical.contains(&oid("1.3.6.1.4.1.99999.3"))
    }
}

/// Holds problems against exceptions, and remembers which of these were needed.
#[derive(Default)]
struct Tally {
    used: BTreeSet<&'static str>,
    wrong: Vec<String>,
}

impl Tally {
    fn check(&mut self, name: &str, der: &[u8], exceptions: &[Exception], problems: &BTreeSet<String>) {
        let view = View::new(der);
        let expected = exceptions.iter().filter(|exception| (exception.applies)(&view));
        let expected: BTreeSet<String> = expected.map(|exception| exception.problem.to_owned()).collect();
        if *problems != expected {
            self.wrong.push(format!("{name}: found {problems:?}, expected {expected:?}"));
        }
        self.used.extend(exceptions.iter().map(|e| e.problem).filter(|problem| problems.contains(*problem)));
    }

    fn finish(self) {
        assert!(self.wrong.is_empty(), "{} chains:\n{}", self.wrong.len(), self.wrong.join("\n"));
        for Exception { problem, reason, .. } in OPENSSL.iter().chain(&IMPORT) {
            assert!(self.used.contains(problem), "no certificate has the problem '{problem}', expected as {reason}");
        }
    }
}

/// The certificates by DER, each with the first case that has it.
#[derive(Default)]
pub(crate) struct Chains {
    certificates: BTreeMap<Vec<u8>, (Place, String)>,
}

impl Chains {
    pub(crate) fn add(&mut self, place: Place, name: String, der: Vec<u8>) {
        self.certificates.entry(der).or_insert((place, name));
    }

    pub(crate) fn verify(&self, root: &Authority, subordinate: &Authority) {
        if !openssl::is_there() {
            return;
        }
        let scratch = Scratch::new();
        scratch.write("root.pem", &certificate_pem(root.ca.certificate_der().unwrap()));
        scratch.write("subordinate.pem", &certificate_pem(subordinate.ca.certificate_der().unwrap()));
        let mut tally = Tally::default();
        for (place, between) in [(Place::UnderRoot, None), (Place::UnderSubordinate, Some("subordinate.pem"))] {
            let mut files = Vec::new();
            let mut cases = Vec::new();
            for (der, (_, name)) in self.certificates.iter().filter(|(_, (own, _))| *own == place) {
                files.push(format!("{}.pem", files.len()));
                scratch.write(&files[files.len() - 1], &certificate_pem(der));
                cases.push((name, der));
            }
            assert!(!files.is_empty());
            let results = scratch.verify(now(), "root.pem", between, &files);
            for (file, (name, der)) in files.iter().zip(cases) {
                tally.check(name, der, &OPENSSL, &results[file]);
            }
        }
        self.verify_roots(&scratch, root, &mut tally);
        tally.finish();
    }

    /// OpenSSL is strict with chains of at least two, so each root issues a certificate to an end entity.
    fn verify_roots(&self, scratch: &Scratch, root: &Authority, tally: &mut Tally) {
        let request = super::for_key(&end_entity_request(), &*root.signer);
        for (der, (_, name)) in self.certificates.iter().filter(|(_, (place, _))| *place == Place::Root) {
            let builder = CertificateAuthority::builder(root.ca.arn().clone(), CertificateAuthorityType::Root);
            let built = builder.build_from_certificate(der, &[], &RustCryptoVerifier);
            let refused = built.as_ref().err().map(ToString::to_string).into_iter().collect();
            tally.check(name, der, &IMPORT, &refused);
            let Ok(ca) = built else { continue };
            let own = Authority { ca, ..root.clone() };
            let leaf = own.issue("EndEntityCertificate", &request, Validity::days(1).build().unwrap());
            scratch.write("own-root.pem", &certificate_pem(der));
            scratch.write("leaf.pem", &certificate_pem(&leaf));
            let results = scratch.verify(now(), "own-root.pem", None, &["leaf.pem".to_owned()]);
            tally.check(name, der, &OPENSSL, &results["leaf.pem"]);
        }
    }
}

/// A request within the name constraints of the passthroughs; its key and signature are to be replaced.
fn end_entity_request() -> Vec<u8> {
    let rdn = tlv(0x31, &[sequence(&[oid("2.5.4.3"), tlv(0x0c, &[b"Leaf"])])]);
    let san = extension("2.5.29.17", false, &sequence(&[tlv(0x82, &[b"leaf.example.com"])]));
    let attribute = sequence(&[oid("1.2.840.113549.1.9.14"), tlv(0x31, &[sequence(&[san])])]);
    let none = tlv(SEQUENCE, &[[0u8; 0]]);
    let info = sequence(&[tlv(0x02, &[[0]]), sequence(&[rdn]), none, tlv(0xa0, &[attribute])]);
    sequence(&[info])
}
