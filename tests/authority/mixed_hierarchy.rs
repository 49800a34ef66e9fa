//! Hierarchies whose levels have keys of different algorithms, and a foreign judge for ML-DSA.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use issuance::authority::CertificateAuthorityType;
use issuance::{
    CertificateAuthority, IssueCertificateRequest, IssuedCertificate, Issuer, RustCryptoSigner, RustCryptoVerifier,
    Signer, SigningAlgorithm, Subject, Validity,
};

const ROOT: &str = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/00000000-0000-0000-0000-000000000001";
const SUBORDINATE: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/00000000-0000-0000-0000-000000000002";

fn key(name: &str) -> Arc<RustCryptoSigner> {
    let path = format!("{}/tests/data/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    Arc::new(RustCryptoSigner::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap())
}

fn pending(arn: &str, kind: CertificateAuthorityType, name: &str, key: &RustCryptoSigner) -> CertificateAuthority {
    let subject = Subject::builder().common_name(name).build().unwrap();
    CertificateAuthority::builder(arn.parse().unwrap(), kind).build(&subject, key.public_key_der()).unwrap()
}

fn csr(authority: &CertificateAuthority, key: &RustCryptoSigner) -> String {
    authority.certificate_signing_request(key, first_algorithm(key)).unwrap()
}

fn first_algorithm(key: &RustCryptoSigner) -> SigningAlgorithm {
    key.key_algorithm().signing_algorithms()[0]
}

fn issue(
    authority: &CertificateAuthority,
    key: &Arc<RustCryptoSigner>,
    csr: &str,
    template: &str,
    days: i64,
) -> Arc<IssuedCertificate> {
    let request = IssueCertificateRequest::builder()
        .certificate_authority_arn(authority.arn().clone())
        .csr(csr)
        .signing_algorithm(first_algorithm(key))
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .validity(Validity::days(days))
        .build()
        .unwrap();
    Issuer::builder(authority.clone(), Arc::clone(key)).build().unwrap().issue(&request).unwrap()
}

/// Root, subordinate and leaf with these keys: the leaf, with the chain above it.
fn hierarchy(root_key: &str, subordinate_key: &str, leaf_key: &str) -> Arc<IssuedCertificate> {
    let (root_key, subordinate_key, leaf_key) = (key(root_key), key(subordinate_key), key(leaf_key));
    let mut root = pending(ROOT, CertificateAuthorityType::Root, "root", &root_key);
    let own = issue(&root, &root_key, &csr(&root, &root_key), "RootCACertificate", 300);
    root.import_certificate(own.der(), b"", &RustCryptoVerifier).unwrap();

    let mut subordinate = pending(SUBORDINATE, CertificateAuthorityType::Subordinate, "subordinate", &subordinate_key);
    let above = issue(&root, &root_key, &csr(&subordinate, &subordinate_key), "SubordinateCACertificate_PathLen0", 100);
    // Import verifies every link of the chain.
    subordinate.import_certificate(above.der(), above.chain_pem().as_bytes(), &RustCryptoVerifier).unwrap();

    let leaf = pending(SUBORDINATE, CertificateAuthorityType::Subordinate, "leaf", &leaf_key);
    let request = IssueCertificateRequest::builder()
        .certificate_authority_arn(SUBORDINATE)
        .csr(csr(&leaf, &leaf_key))
        .signing_algorithm(first_algorithm(&subordinate_key))
        .validity(Validity::days(10))
        .build()
        .unwrap();
    Issuer::builder(subordinate, subordinate_key).build().unwrap().issue(&request).unwrap()
}

#[test]
fn ml_dsa_above_ecdsa_above_rsa_and_the_reverse() {
    for keys in
        [["ml-dsa-87", "ec-p384", "rsa-2048"], ["rsa-2048", "ec-p384", "ml-dsa-87"], ["sm2", "ml-dsa-44", "ec-p521"]]
    {
        let leaf = hierarchy(keys[0], keys[1], keys[2]);
        assert_eq!(leaf.chain_der().count(), 2, "{keys:?}");
        judge_by_pyca(&leaf, &keys);
    }
}

/// pyca/cryptography 46 or newer verifies each link. OpenSSL 3.0 does not know ML-DSA; pyca does not know SM2.
fn judge_by_pyca(leaf: &IssuedCertificate, keys: &[&str]) {
    const SCRIPT: &str = "
import sys
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import mldsa
chain = x509.load_pem_x509_certificates(sys.stdin.buffer.read())
assert len(chain) == 3, len(chain)
for certificate, issuer in zip(chain, chain[1:] + chain[-1:]):
    key = issuer.public_key()
    if type(key).__name__.startswith('MLDSA'):
        assert certificate.issuer == issuer.subject
        key.verify(certificate.signature, certificate.tbs_certificate_bytes)
    else:
        certificate.verify_directly_issued_by(issuer)
";
    if keys.contains(&"sm2") {
        return;
    }
    let knows_ml_dsa = Command::new("python3")
        .args(["-c", "from cryptography.hazmat.primitives.asymmetric import mldsa"])
        .stderr(Stdio::null())
        .status();
    if !knows_ml_dsa.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("ISSUANCE_REQUIRE_JUDGES").is_none(), "no pyca/cryptography with ML-DSA");
        let _ = writeln!(std::io::stderr(), "SKIPPED: no pyca/cryptography with ML-DSA to judge {keys:?}");
        return;
    }
    let mut python = Command::new("python3").args(["-c", SCRIPT]).stdin(Stdio::piped()).spawn().unwrap();
    let pem = leaf.pem() + &leaf.chain_pem();
    python.stdin.take().unwrap().write_all(pem.as_bytes()).unwrap();
    assert!(python.wait().unwrap().success(), "{keys:?}");
}
