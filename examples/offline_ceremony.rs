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
use issuance::crl::{Crl, CrlPreparation, PreparedCrlFile, RevokedEntry};
use issuance::issue::{PreparedFile, SystemClock};
use issuance::x509::RevocationReason;
use issuance::{
    CertificateAuthority, CertificateAuthorityArn, Clock, KeyAlgorithm, OfflineIssuer, RustCryptoSigner,
    RustCryptoVerifier, Signer, Subject, Validity,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The machine with the key. Of requests and templates it knows nothing.
struct Vault {
    key: RustCryptoSigner,
}

impl Vault {
    /// The root, whose certificate leaves the vault as `root.pem`.
    fn found(stick: &Path) -> Outcome<Vault> {
        let key = RustCryptoSigner::generate(KeyAlgorithm::EcSecp384r1)?;
        let subject = Subject::builder().organization("Example Corp").common_name("Offline Root").build()?;
        let root = CertificateAuthority::self_signed_root(&subject, &key, Validity::years(20))?;
        fs::write(stick.join("root.pem"), root.certificate_pem().ok_or("the root has no certificate")?)?;
        Ok(Vault { key })
    }

    /// Reads `prepared.json` and leaves `signature.bin`, if the bytes to be signed are those whose digest came another way: read
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
}

impl Vault {
    /// The same for a list: reads `prepared-crl.json` and leaves `crl-signature.bin`.
    fn sign_list(&self, stick: &Path, digest: &str) -> Outcome<()> {
        let file = PreparedCrlFile::from_json(&fs::read(stick.join("prepared-crl.json"))?)?;
        println!("--- in the vault, to be signed with {}:\n{}", file.algorithm(), file.tbs_text());
        if file.tbs_sha256() != digest {
            return Err("the list is not the one whose digest was read to the vault: nothing is signed".into());
        }
        let signature = self.key.sign(file.algorithm(), file.tbs_der())?;
        fs::write(stick.join("crl-signature.bin"), signature.as_bytes())?;
        Ok(())
    }
}

/// The root's list, with one certificate of its own revoked: prepared here, signed in the vault, finished here.
fn publish(root: &CertificateAuthority, revoked: RevokedEntry, stick: &Path, vault: &Vault) -> Outcome<String> {
    let list = CrlPreparation::new(root, SystemClock.now()).days(180);
    let prepared = PreparedCrlFile::of(&list.prepare([revoked], &RustCryptoVerifier)?);
    fs::write(stick.join("prepared-crl.json"), prepared.to_json())?;
    // What this machine keeps: only these bytes are taken back.
    let digest = prepared.tbs_sha256();
    vault.sign_list(stick, &digest)?;

    let file = PreparedCrlFile::from_json(&fs::read(stick.join("prepared-crl.json"))?)?;
    let now = CrlPreparation::new(root, SystemClock.now());
    let signature = fs::read(stick.join("crl-signature.bin"))?;
    let signed = file.resume(&now, &digest, &RustCryptoVerifier)?.finish(&signature, &RustCryptoVerifier)?;
    println!("--- online: list {} with {} entries", signed.number(), Crl::from_der(signed.der())?.entries().count());
    Ok(signed.pem())
}

/// The machine with the network: it has the authority, and no way to the key.
fn issue(issuer: &OfflineIssuer, csr: &str, stick: &Path, vault: &Vault) -> Outcome<(String, String)> {
    let request = issuer.request(csr).template("SubordinateCACertificate_PathLen0").validity(Validity::years(5));
    let prepared = issuer.prepare_file(&request.build()?)?;
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

fn main() -> Outcome<()> {
    let stick = std::env::temp_dir().join(format!("issuance-ceremony-{}", std::process::id()));
    fs::create_dir_all(&stick)?;
    let done = ceremony(&stick);
    fs::remove_dir_all(&stick)?;
    done
}

fn ceremony(stick: &Path) -> Outcome<()> {
    let vault = Vault::found(stick)?;
    let authority = CertificateAuthority::from_pem(fs::read(stick.join("root.pem"))?)?;
    let root = OfflineIssuer::new(authority.clone());

    // A subordinate, which works online from then on.
    let online = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
    let subject = Subject::builder().organization("Example Corp").common_name("Online CA").build()?;
    let arn = CertificateAuthorityArn::of_key(online.public_key_der())?;
    let mut subordinate = CertificateAuthority::builder(arn, CertificateAuthorityType::Subordinate)
        .build(&subject, online.public_key_der())?;
    let csr = subordinate.certificate_signing_request(&online, online.key_algorithm().default_signing_algorithm())?;
    let (certificate, chain) = issue(&root, &csr, stick, &vault)?;
    subordinate.import_certificate(certificate.as_bytes(), chain.as_bytes(), &RustCryptoVerifier)?;

    println!("--- online again: {} is {}", subordinate.arn(), subordinate.status(SystemClock.now()));
    print!("{certificate}{chain}");

    // Some day the subordinate is revoked, by the same way.
    let serial = subordinate.serial().ok_or("the subordinate has no serial number")?;
    let ends = subordinate.not_after().ok_or("the subordinate has no certificate")?;
    let revoked = RevokedEntry::new(serial, SystemClock.now(), RevocationReason::CessationOfOperation, ends);
    print!("{}", publish(&authority, revoked, stick, &vault)?);
    Ok(())
}
