//! The certificates that the judges are given: those of the golden cases, random ones, and some that must be refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use issuance::authority::{CertificateAuthorityType, CrlConfiguration, OcspConfiguration, RevocationConfiguration};
use issuance::issue::{FixedClock, FixedSerial};
use issuance::{
    ApiPassthrough, CertificateAuthority, Error, IssueCertificateRequest, Issuer, RustCryptoSigner, RustCryptoVerifier,
    SerialNumber, Signer, SigningAlgorithm, Subject, Template, Timestamp, Validity,
};
use issuance_test_support::asn1::{children, extension, oid, sequence, tlv};
use issuance_test_support::authorities::{Authority, now, serial};
use issuance_test_support::golden_cases::{CSRS, PASSTHROUGHS};
use issuance_test_support::{files, keys};
use sha2::{Digest, Sha256};

use crate::inputs::{self, Wanted};
use crate::parallel;
use crate::random::Random;

/// A certificate to be judged.
pub struct Case {
    pub name: String,
    pub der: Vec<u8>,
    /// From the certificate that a verifier is to accept up to the root. A CA's certificate is judged by one that it issued.
    pub path: Vec<Vec<u8>>,
    /// Why the library would not issue under this CA certificate, so that the path begins with it.
    pub import: Option<String>,
    /// Set where every judge must refuse.
    pub refused_for: Option<&'static str>,
}

pub const ARN: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/33333333-3333-3333-3333-333333333333";

/// An authority at work.
#[derive(Clone)]
struct Issuing {
    ca: CertificateAuthority,
    signer: Arc<RustCryptoSigner>,
}

impl Issuing {
    fn issue(
        &self,
        request: &IssueCertificateRequest,
        at: Timestamp,
        serial: SerialNumber,
    ) -> Result<Vec<u8>, Box<Error>> {
        Ok(self.issuer(at, serial)?.issue(request)?.der().to_vec())
    }

    fn issuer(&self, at: Timestamp, serial: SerialNumber) -> Result<Issuer, Box<Error>> {
        let issuer = Issuer::builder(self.ca.clone(), Arc::clone(&self.signer))
            .clock(FixedClock(at))
            .serial_source(FixedSerial(serial));
        Ok(issuer.build()?)
    }

    /// The authority's certificate and what is above it.
    fn path(&self) -> Vec<Vec<u8>> {
        self.ca.certificate_der().into_iter().chain(self.ca.chain_der()).map(<[u8]>::to_vec).collect()
    }

    fn chain_pem(&self) -> String {
        self.ca.certificate_pem().unwrap_or_default() + &self.ca.chain_pem()
    }

    /// Algorithms that fit the key.
    fn algorithms(&self) -> &'static [SigningAlgorithm] {
        self.ca.key_algorithm().signing_algorithms()
    }
}

fn request(
    csr: &[u8],
    template: &str,
    algorithm: SigningAlgorithm,
) -> issuance::request::IssueCertificateRequestBuilder {
    IssueCertificateRequest::builder()
        .csr(csr)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .signing_algorithm(algorithm)
        .validity(Validity::days(30))
}

/// For authorities, so that no serial number is there twice under one issuer: some judges ask for that.
fn small_serial(number: u8) -> SerialNumber {
    SerialNumber::from_be_bytes(&[number]).expect("a serial number")
}

/// The algorithm with which a key signs its own CSR: of ECDSA and RSA that with SHA-256.
fn proof_algorithm(signer: &RustCryptoSigner) -> SigningAlgorithm {
    let algorithms = signer.key_algorithm().signing_algorithms();
    let first = [SigningAlgorithm::Sha256WithEcdsa, SigningAlgorithm::Sha256WithRsa];
    *first.iter().chain(algorithms).find(|algorithm| algorithms.contains(algorithm)).expect("a key signs")
}

/// A path to a CA certificate's first certificate for an end entity, or why the library has none.
fn path_below(
    ca: &[u8],
    above: &[Vec<u8>],
    chain_pem: &str,
    signer: &Arc<RustCryptoSigner>,
) -> (Vec<Vec<u8>>, Option<String>) {
    let authority_type = match above {
        [] => CertificateAuthorityType::Root,
        _ => CertificateAuthorityType::Subordinate,
    };
    let path: Vec<Vec<u8>> = std::iter::once(ca.to_vec()).chain(above.iter().cloned()).collect();
    let builder = CertificateAuthority::builder(ARN.parse().expect("an ARN"), authority_type);
    let ca = match builder.build_from_certificate(ca, chain_pem.as_bytes(), &RustCryptoVerifier) {
        Ok(ca) => ca,
        Err(error) => return (path, Some(error.to_string())),
    };
    // Within every name constraint here, and for the first purpose that the CA is for.
    let issuing = Issuing { ca, signer: Arc::clone(signer) };
    let common_name = sequence(&[tlv(0x31, &[sequence(&[oid("2.5.4.3"), tlv(0x0c, &[b"Leaf"])])])]);
    let purpose = crate::facts::purposes(&path[0]).into_iter().next().unwrap_or(crate::facts::CLIENT_AUTH.to_owned());
    let extensions = [
        // digitalSignature, keyEncipherment, keyAgreement: whatever the purpose may ask for.
        extension("2.5.29.15", true, &[0x03, 0x02, 0x03, 0xa8]),
        extension("2.5.29.37", false, &sequence(&[oid(&purpose)])),
        extension("2.5.29.17", false, &sequence(&[tlv(0x82, &[b"leaf.example.com"])])),
    ];
    let csr = inputs::signed_csr(&common_name, &extensions, &**signer, proof_algorithm(signer));
    let request = request(&csr, "BlankEndEntityCertificate_CSRPassthrough", issuing.algorithms()[0])
        .certificate_authority_arn(ARN)
        .validity(Validity::days(7))
        .build()
        .expect("a request");
    let leaf = issuing.issue(&request, now(), small_serial(3)).expect("a CA that was imported issues");
    (std::iter::once(leaf).chain(path).collect(), None)
}

// ---------------------------------------------------------------------------------------------------------------------
// Golden cases

/// The certificates of `tests/data/golden/outcomes.txt`, each once.
///
/// # Panics
/// When they are not exactly those, by their SHA-256.
pub fn golden() -> Vec<Case> {
    let root = Authority::root();
    let cases = golden_under([Authority::pending_root(), root.clone(), Authority::subordinate(&root)], "");
    let hashes: BTreeSet<String> = cases.iter().map(|case| hex(&Sha256::digest(&case.der))).collect();
    let outcomes = files::text("golden/outcomes.txt");
    let expected = outcomes.lines().filter_map(|line| Some(line.split_once("sha256 ")?.1.to_owned())).collect();
    assert_eq!(hashes, expected, "these are not the certificates of golden/outcomes.txt");
    cases
}

/// The same requests again, answered by authorities with ML-DSA keys.
pub fn golden_with_ml_dsa() -> Vec<Case> {
    let pending = Authority::pending_root_with("ml-dsa-87", SigningAlgorithm::MlDsa87);
    let root = pending.with_own_certificate();
    let subordinate = Authority::subordinate_with(&root, "ml-dsa-65", SigningAlgorithm::MlDsa65);
    golden_under([pending, root, subordinate], " | ML-DSA")
}

/// What the golden requests get of a root that waits for its certificate, of the same with it, and of an authority below.
fn golden_under(authorities: [Authority; 3], mark: &str) -> Vec<Case> {
    let [pending, root, subordinate] = &authorities;
    // The same two again under other serial numbers: the golden ones all have one.
    let again = |issuer: &Authority, template, csr: String, number| {
        let request =
            request(csr.as_bytes(), template, issuer.algorithm).certificate_authority_arn(issuer.ca.arn().clone());
        let request = request.validity(Validity::years(10)).build().expect("a request");
        let issuing = Issuing { ca: issuer.ca.clone(), signer: Arc::clone(&issuer.signer) };
        issuing.issue(&request, now(), small_serial(number)).expect("a CA certificate")
    };
    let root_again = again(pending, "RootCACertificate", pending.own_request(), 1);
    let subordinate_again = again(root, "SubordinateCACertificate_PathLen0", subordinate.own_request(), 2);
    let above = [vec![], vec![root_again.clone()], vec![subordinate_again, root_again]];
    let configured = authorities.clone().map(|mut authority| {
        let crl = CrlConfiguration::builder("bucket").build().expect("a configuration");
        let configuration = RevocationConfiguration::none().with_crl(crl).with_ocsp(OcspConfiguration::new());
        authority.ca.set_revocation_configuration(configuration);
        authority
    });
    let issuers = [&authorities, &configured].map(|authorities| {
        authorities.clone().map(|authority| {
            let issuing = Issuing { ca: authority.ca, signer: authority.signer };
            issuing.issuer(now(), serial()).expect("an issuer")
        })
    });
    let templates = Template::all();
    let place_of = |template: &Template| match (template.is_self_signed(), template.basic_constraints().ca) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    };
    let issued = parallel::map(templates.len(), |at| {
        let template = &templates[at];
        let place = place_of(template);
        let mut issued = Vec::new();
        for csr_name in CSRS {
            let mut csr =
                der::Document::from_pem(&files::text(&format!("csr/{csr_name}.pem"))).expect("PEM").1.into_vec();
            if place == 0 {
                // A root signs for its own key alone, so the request is signed anew.
                let info = children(children(&csr)[0]).into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>();
                let info = sequence(&[&info[0], &info[1], root.signer.public_key_der(), &info[3]]);
                csr = inputs::signed(&info, &*root.signer, root.algorithm);
            }
            for passthrough in PASSTHROUGHS {
                for (issuers, sign) in issuers.iter().zip(["", "+"]) {
                    let issuer = &issuers[place];
                    let mut request = request(&csr, template.name(), authorities[place].algorithm)
                        .certificate_authority_arn(issuer.authority().arn().clone());
                    if passthrough != "none" {
                        let json = files::text(&format!("passthrough/{passthrough}.json"));
                        request = request.api_passthrough(serde_json::from_str::<ApiPassthrough>(&json).expect("JSON"));
                    }
                    if let Ok(certificate) = issuer.issue(&request.build().expect("a request")) {
                        let name = format!("{} | {csr_name} | {passthrough}{sign}{mark}", template.name());
                        issued.push((certificate.der().to_vec(), (name, place)));
                    }
                }
            }
        }
        issued
    });
    // What several requests get is judged once, under the name of the first.
    let mut first: BTreeMap<Vec<u8>, (String, usize)> = BTreeMap::new();
    for (der, named) in issued.into_iter().flatten() {
        first.entry(der).or_insert(named);
    }
    let first: Vec<_> = first.into_iter().collect();
    parallel::map(first.len(), |at| {
        let (der, (name, place)) = &first[at];
        let (path, import) = match place {
            0 => path_below(der, &[], "", &root.signer),
            _ => (std::iter::once(der).chain(&above[*place]).cloned().collect(), None),
        };
        Case { name: name.clone(), der: der.clone(), path, import, refused_for: None }
    })
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

// ---------------------------------------------------------------------------------------------------------------------
// Random cases

/// Keys of authorities and of subjects: each is that of a root, and the next that of the authority below.
const KEYS: [&str; 6] = ["ec-p256", "rsa-2048", "ec-p384", "ec-p521", "rsa-3072", "rsa-4096"];
/// The same with ML-DSA, which some judges do not know.
const ML_DSA_KEYS: [&str; 4] = ["ml-dsa-44", "ml-dsa-65", "ml-dsa-87", "ec-p384"];
const ML_DSA_PERCENT: usize = 25;

/// A root, and an authority under it whose certificate leaves room for CAs.
fn hierarchy(root_key: &str, key: &str) -> [Issuing; 2] {
    let signer = Arc::new(keys::signer(root_key));
    let root_subject = Subject::builder().organization("Example Corp").common_name(format!("Root {root_key}")).build();
    let builder = CertificateAuthority::builder(ARN.parse().expect("an ARN"), CertificateAuthorityType::Root);
    let mut ca = builder.build(&root_subject.expect("a subject"), signer.public_key_der()).expect("a root");
    let algorithm = proof_algorithm(&signer);
    let csr = ca.certificate_signing_request(&*signer, algorithm).expect("a CSR");
    let years = |csr: &str, template, years| {
        let request = request(csr.as_bytes(), template, algorithm).certificate_authority_arn(ARN);
        request.validity(Validity::years(years)).build().expect("a request")
    };
    let pending = Issuing { ca: ca.clone(), signer: Arc::clone(&signer) };
    let certificate =
        pending.issue(&years(&csr, "RootCACertificate", 20), now(), small_serial(1)).expect("a root certificate");
    ca.import_certificate(&certificate, b"", &RustCryptoVerifier).expect("a root");
    let root = Issuing { ca, signer: Arc::clone(&signer) };

    let signer = Arc::new(keys::signer(key));
    let subject = Subject::builder().organization("Example Corp").common_name(format!("Issuing CA {key}")).build();
    let builder = CertificateAuthority::builder(ARN.parse().expect("an ARN"), CertificateAuthorityType::Subordinate);
    let mut ca = builder.build(&subject.expect("a subject"), signer.public_key_der()).expect("a CA");
    let csr = ca.certificate_signing_request(&*signer, proof_algorithm(&signer)).expect("a CSR");
    let certificate = root.issue(&years(&csr, "SubordinateCACertificate_PathLen3", 10), now(), small_serial(2));
    ca.import_certificate(&certificate.expect("issued"), root.chain_pem().as_bytes(), &RustCryptoVerifier)
        .expect("a chain");
    [root, Issuing { ca, signer }]
}

/// So many random certificates: every template, every key and signing algorithm here, random CSRs and API passthroughs.
///
/// # Panics
/// When the library refuses one, as they are all well-formed.
pub fn random(count: usize, seed: u64) -> Vec<Case> {
    let hierarchies = |keys: &[&str]| -> Vec<[Issuing; 2]> {
        let next = keys.iter().cycle().skip(1);
        keys.iter().zip(next).map(|(root, key)| hierarchy(root, key)).collect()
    };
    let (usual, ml_dsa) = (hierarchies(&KEYS), hierarchies(&ML_DSA_KEYS));
    parallel::map(count, |position| {
        let mut random = Random::new(seed ^ ((position as u64) << 32));
        let hierarchies = if random.percent(ML_DSA_PERCENT) { &ml_dsa } else { &usual };
        random_case(position, &mut random, hierarchies)
    })
}

fn random_case(position: usize, random: &mut Random, hierarchies: &[[Issuing; 2]]) -> Case {
    let template = random.pick(Template::all());
    let constraints = template.basic_constraints();
    let wanted = Wanted { ca: constraints.ca };
    let at = random.below(hierarchies.len());
    let [root, subordinate] = &hierarchies[at];
    // Another key than those of the two authorities.
    let subject_key =
        Arc::clone(&hierarchies[(at + 2 + random.below(hierarchies.len() - 2)) % hierarchies.len()][0].signer);
    let mut issuing = if template.is_self_signed() {
        // Its name is another than that of the roots which the other cases hang under.
        let builder = CertificateAuthority::builder(ARN.parse().expect("an ARN"), CertificateAuthorityType::Root);
        let subject = Subject::builder().common_name("Pending").build().expect("a subject");
        let ca = builder.build(&subject, subject_key.public_key_der()).expect("a root");
        Issuing { ca, signer: Arc::clone(&subject_key) }
    } else if constraints.path_len == Some(3) || random.percent(20) {
        root.clone()
    } else {
        subordinate.clone()
    };
    if random.percent(40) {
        let crl = CrlConfiguration::builder("bucket").build().expect("a configuration");
        issuing.ca.set_revocation_configuration(
            RevocationConfiguration::none().with_crl(crl).with_ocsp(OcspConfiguration::new()),
        );
    }
    let csr = match !wanted.ca && random.percent(5) {
        true => files::text("csr-proof/ed25519.pem").into_bytes(),
        false => inputs::csr(random, wanted, &*subject_key, proof_algorithm(&subject_key)),
    };
    let algorithm = *random.pick(issuing.algorithms());
    let mut request = request(&csr, template.name(), algorithm)
        .certificate_authority_arn(ARN)
        .validity(Validity::days(8 + random.below(3000) as i64));
    if random.percent(70) {
        let json = inputs::passthrough(random, wanted).to_string();
        request = request.api_passthrough(serde_json::from_str::<ApiPassthrough>(&json).expect("JSON"));
    }
    let serial = [random.next() | 1 << 62, random.next()].map(u64::to_be_bytes).concat();
    let serial = SerialNumber::from_be_bytes(&serial).expect("a serial number");
    let name = format!("{} | random {position}", template.name());
    let der = issuing
        .issue(&request.build().expect("a request"), now(), serial)
        .unwrap_or_else(|error| panic!("{name}: refused: {error}"));
    let (path, import) = match (wanted.ca, template.is_self_signed()) {
        (true, true) => path_below(&der, &[], "", &subject_key),
        (true, false) => path_below(&der, &issuing.path(), &issuing.chain_pem(), &subject_key),
        (false, _) => (std::iter::once(der.clone()).chain(issuing.path()).collect(), None),
    };
    Case { name, der, path, import, refused_for: None }
}

// ---------------------------------------------------------------------------------------------------------------------
// What must be refused

/// Certificates that show that a judge can refuse, beside one that it must accept.
pub fn controls() -> Vec<Case> {
    let mut controls = controls_under(hierarchy("rsa-2048", "ec-p256"), "");
    controls.extend(controls_under(hierarchy("ml-dsa-65", "ml-dsa-44"), " | ML-DSA"));
    controls
}

fn controls_under([_, issuing]: [Issuing; 2], mark: &str) -> Vec<Case> {
    let algorithm = proof_algorithm(&issuing.signer);
    let signer = keys::signer("ec-p384");
    let subject = sequence(&[tlv(0x31, &[sequence(&[oid("2.5.4.3"), tlv(0x0c, &[b"Control"])])])]);
    let san = extension("2.5.29.17", false, &sequence(&[tlv(0x82, &[b"control.example.com"])]));
    let csr = inputs::signed_csr(&subject, &[san], &signer, SigningAlgorithm::Sha384WithEcdsa);
    let request = request(&csr, "EndEntityClientAuthCertificate", algorithm);
    let request = request.certificate_authority_arn(ARN).build().expect("a request");
    let sound = issuing.issue(&request, now(), serial()).expect("a certificate");

    let mut tampered_name = sound.clone();
    let at = sound.windows(7).rposition(|window| window == b"Control").expect("the name is in it");
    tampered_name[at] = b'K';
    let mut tampered_signature = sound.clone();
    *tampered_signature.last_mut().expect("octets") ^= 1;
    let long_ago = now().checked_add_seconds(-60 * 86_400).expect("a time");
    let expired = issuing.issue(&request, long_ago, serial()).expect("a certificate");
    // keyCertSign for an end entity, which the linter refuses: set by hand and signed again.
    let usage = [0x03, 0x02, 0x05, 0xa0];
    let with_cert_sign = [0x03, 0x02, 0x02, 0xa4];
    let tbs = children(&sound)[0];
    let at = tbs.windows(4).position(|window| window == usage).expect("keyUsage is that of the template");
    let mut tbs = tbs.to_vec();
    tbs[at..at + 4].copy_from_slice(&with_cert_sign);
    let malformed = inputs::signed(&tbs, &*issuing.signer, algorithm);

    let case = |name: &str, der: Vec<u8>, refused_for| Case {
        name: format!("control | {name}{mark}"),
        path: std::iter::once(der.clone()).chain(issuing.path()).collect(),
        der,
        import: None,
        refused_for,
    };
    vec![
        case("sound", sound, None),
        case("another name", tampered_name, Some("tampered")),
        case("another signature", tampered_signature, Some("tampered")),
        case("expired", expired, Some("expired")),
        case("keyCertSign for an end entity", malformed, Some("malformed")),
    ]
}
