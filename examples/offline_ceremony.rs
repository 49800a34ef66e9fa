//! A ceremony with the root key on a machine without a network: prepare here, sign there from a file, finish here.
//!
//! ```sh
//! cargo run --example offline_ceremony
//! ```
//!
//! The two machines are two functions that share nothing but a folder, as if a memory stick went from one to the other.

use std::error::Error;
use std::fs;
use std::path::Path;

use issuance::authority::CertificateAuthorityType;
use issuance::issue::{PreparedFile, SystemClock};
use issuance::{
    CertificateAuthority, Clock, IssueCertificateRequest, KeyAlgorithm, OfflineIssuer, RustCryptoSigner,
    RustCryptoVerifier, Signer, SigningAlgorithm, Subject, Validity,
};

const ROOT: &str = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/00000000-0000-0000-0000-000000000001";
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Sha384WithEcdsa;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The machine with the key. It knows nothing of requests, templates or authorities.
struct Vault {
    key: RustCryptoSigner,
}

impl Vault {
    /// Reads `prepared.json` and leaves `signature.bin`, if the octets to be signed are those whose digest came another way: read
    /// aloud over the telephone, or on paper. Someone who changes the file on the stick can mend the digest inside it.
    fn sign(&self, stick: &Path, digest: &str) -> Outcome<()> {
        let file = PreparedFile::from_json(&fs::read(stick.join("prepared.json"))?)?;
        println!("--- in the vault, to be signed with {}:\n{}\n", file.algorithm(), file.tbs_text());
        if file.tbs_sha256() != digest {
            return Err("the file is not the one whose digest was read to the vault: nothing is signed".into());
        }
        let signature = self.key.sign(file.algorithm(), file.tbs_der())?;
        fs::write(stick.join("signature.bin"), signature.as_bytes())?;
        Ok(())
    }

    /// Proof of possession of the root key, for its own certificate.
    fn sign_request(&self, info: &[u8]) -> Outcome<Vec<u8>> {
        Ok(self.key.sign(ALGORITHM, info)?.into_bytes())
    }
}

/// The machine with the network: it has the authority, and no way to the key.
fn issue(
    authority: &CertificateAuthority,
    request: &IssueCertificateRequest,
    stick: &Path,
    vault: &Vault,
) -> Outcome<(String, String)> {
    let issuer = OfflineIssuer::new(authority.clone());
    let prepared = issuer.prepare_file(request)?;
    fs::write(stick.join("prepared.json"), prepared.to_json())?;

    // The digest does not travel on the stick.
    vault.sign(stick, &prepared.tbs_sha256())?;

    // Whatever the stick brings back is checked: the file against the authority, the signature against the key.
    let mut file = PreparedFile::from_json(&fs::read(stick.join("prepared.json"))?)?;
    let signature = fs::read(stick.join("signature.bin"))?;
    let certificate = issuer.finish_file(&file, &signature)?;
    // One file, one certificate: the file that is kept says that it is used up.
    file.mark_finished(&certificate)?;
    fs::write(stick.join("prepared.json"), file.to_json())?;
    Ok((certificate.pem(), certificate.chain_pem()))
}

fn request(csr: &str, template: &str, validity: Validity) -> Outcome<IssueCertificateRequest> {
    Ok(IssueCertificateRequest::builder()
        .certificate_authority_arn(ROOT)
        .csr(csr)
        .signing_algorithm(ALGORITHM)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .validity(validity)
        .build()?)
}

fn main() -> Outcome<()> {
    let stick = std::env::temp_dir().join(format!("issuance-ceremony-{}", std::process::id()));
    fs::create_dir_all(&stick)?;
    let done = ceremony(&stick);
    fs::remove_dir_all(&stick)?;
    done
}

fn ceremony(stick: &Path) -> Outcome<()> {
    let vault = Vault { key: RustCryptoSigner::generate(KeyAlgorithm::EcSecp384r1)? };
    let subject = Subject::builder().organization("Example Corp").common_name("Offline Root").build()?;
    let mut root = CertificateAuthority::builder(ROOT.parse()?, CertificateAuthorityType::Root)
        .build(&subject, vault.key.public_key_der())?;

    // The root's own certificate.
    let info = root.certification_request_info();
    let csr = root.assemble_request(&info, ALGORITHM, &vault.sign_request(&info)?);
    let years = Validity::years(20).build()?;
    let (certificate, _) = issue(&root, &request(&csr, "RootCACertificate", years)?, stick, &vault)?;
    root.import_certificate(certificate.as_bytes(), b"", &RustCryptoVerifier)?;

    // A subordinate, which works online from then on.
    let online = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
    let subject = Subject::builder().organization("Example Corp").common_name("Online CA").build()?;
    let arn = ROOT.replace("000000000001", "000000000002");
    let mut subordinate = CertificateAuthority::builder(arn.parse()?, CertificateAuthorityType::Subordinate)
        .build(&subject, online.public_key_der())?;
    let csr = subordinate.certificate_signing_request(&online, SigningAlgorithm::Sha256WithEcdsa)?;
    let years = Validity::years(5).build()?;
    let request = request(&csr, "SubordinateCACertificate_PathLen0", years)?;
    let (certificate, chain) = issue(&root, &request, stick, &vault)?;
    subordinate.import_certificate(certificate.as_bytes(), chain.as_bytes(), &RustCryptoVerifier)?;

    println!("--- online again: {} is {}", subordinate.arn(), subordinate.status(SystemClock.now()));
    print!("{certificate}{chain}");
    Ok(())
}
