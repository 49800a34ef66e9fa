//! What the library's profiles issue, for judges of the standards that they cite: the crates `spiffe` and `isomdl`, in process, and
//! pkilint's linter for TLS servers, which `run` asks. Each judge is shown certificates that it must refuse, too.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use issuance::authority::{CertificateAuthorityType, CrlConfiguration, OcspConfiguration, RevocationConfiguration};
use issuance::request::CustomExtension;
use issuance::template::profile;
use issuance::{
    CertificateAuthority, IssuanceOptions, IssueCertificateRequest, Issuer, RustCryptoSigner, RustCryptoVerifier,
    Signer, SigningAlgorithm, Subject, Template, Validity,
};
use issuance_test_support::asn1::extension;
use issuance_test_support::authorities::certificate_pem;
use issuance_test_support::der::{self, CsrParts, name_attribute};
use issuance_test_support::{files, keys};
use serde_json::json;
use spiffe::X509Svid;

use crate::certificates::ARN;

/// What is asked for.
pub struct Asked<'a> {
    pub subject: &'a [(&'a str, u8, &'a str)],
    /// Tag and content.
    pub names: &'a [(u8, &'a str)],
    /// By the API.
    pub extensions: &'a [(&'a str, bool, Vec<u8>)],
    pub days: i64,
}

pub const COMMON_NAME: &str = "2.5.4.3";
pub const UTF8: u8 = 0x0c;
const DNS: u8 = 0x82;
pub const URI: u8 = 0x86;

/// A certificate by this authority under this template, at the time of the machine: `isomdl` knows no other.
pub fn issue(
    ca: &CertificateAuthority,
    signer: &Arc<RustCryptoSigner>,
    of: &RustCryptoSigner,
    template: &Template,
    asked: &Asked<'_>,
) -> Vec<u8> {
    let attributes: Vec<Vec<u8>> =
        asked.subject.iter().map(|(id, tag, text)| name_attribute(id, &der::tlv(*tag, text.as_bytes()))).collect();
    let names: Vec<u8> = asked.names.iter().flat_map(|(tag, text)| der::tlv(*tag, text.as_bytes())).collect();
    let mut requested = Vec::new();
    if !names.is_empty() {
        requested.push(extension("2.5.29.17", attributes.is_empty(), &der::tlv(0x30, &names)));
    }
    let csr = CsrParts::new(of.public_key_der()).subject(der::name(&attributes)).extensions(&requested).signed_by(of);
    let mut request = IssueCertificateRequest::builder()
        .certificate_authority_arn(ca.arn().clone())
        .csr(csr)
        .template(template)
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .validity(Validity::days(asked.days));
    for (id, critical, value) in asked.extensions {
        request = request.custom_extension(CustomExtension::new(*id, value.clone(), *critical));
    }
    let issuer = Issuer::builder(ca.clone(), Arc::clone(signer))
        .options(IssuanceOptions::default().template(template.clone()))
        .build()
        .expect("an issuer");
    issuer.issue(&request.build().expect("a request")).expect("a certificate").der().to_vec()
}

pub fn read(name: &str) -> Template {
    profile(name).expect("a profile").expect("a template")
}

/// The profile without its policy: what judges must refuse is issued under it.
pub fn without_policy(template: &Template) -> Template {
    let text = template.to_toml();
    let bare = text.split("\n[policy").next().expect("a beginning");
    Template::from_toml(bare, &[]).expect("a template")
}

/// Another template of the profile's kind.
pub fn changed(template: &Template, from: &str, to: &str) -> Template {
    let text = without_policy(template).to_toml();
    assert!(text.contains(from), "{from} in {text}");
    Template::from_toml(&text.replace(from, to), &[]).expect("a template")
}

pub fn pending(
    subject: &Subject,
    signer: &RustCryptoSigner,
    revocation: RevocationConfiguration,
) -> CertificateAuthority {
    CertificateAuthority::builder(ARN.parse().expect("an ARN"), CertificateAuthorityType::Root)
        .revocation_configuration(revocation)
        .build(subject, signer.public_key_der())
        .expect("an authority")
}

/// The same with its certificate.
pub fn active(ca: &CertificateAuthority, certificate: &[u8]) -> CertificateAuthority {
    let mut ca = ca.clone();
    ca.import_certificate(certificate_pem(certificate).as_bytes(), b"", &RustCryptoVerifier).expect("an import");
    ca
}

fn spiffe_says(certificate: &[u8], key: &[u8]) -> Vec<String> {
    X509Svid::parse_from_der(certificate, key).err().iter().map(ToString::to_string).collect()
}

/// Writes `index.jsonl`: for each certificate its judge and whether it must accept; its verdict, or the file for the linter.
pub fn write(directory: &Path) {
    let root_key = Arc::new(keys::signer("ec-p256"));
    let leaf = RustCryptoSigner::generate(issuance::KeyAlgorithm::EcPrime256v1).expect("a key");
    let mut index = String::new();
    let mut line = |value: serde_json::Value| index.push_str(&format!("{value}\n"));

    // SPIFFE. The key is not held against the certificate.
    let (_, key) = der_of_pem(&files::text("keys/ec-p256.pem"));
    let subject = Subject::builder().common_name("Root").build().expect("a subject");
    let revocation = RevocationConfiguration::none()
        .with_crl(CrlConfiguration::builder("bucket").build().expect("a configuration"))
        .with_ocsp(OcspConfiguration::new());
    let waiting = pending(&subject, &root_key, revocation);
    let for_itself = Asked { subject: &[(COMMON_NAME, UTF8, "Root")], names: &[], extensions: &[], days: 3650 };
    let root = active(&waiting, &issue(&waiting, &root_key, &root_key, Template::ROOT_CA_CERTIFICATE, &for_itself));
    let spiffe = read("spiffe");
    let bare = without_policy(&spiffe);
    let id = (URI, "spiffe://example.org/ns/a");
    let two = [id, (URI, "spiffe://example.org/ns/b")];
    let crl_sign = changed(&spiffe, "\"digitalSignature\"", "\"digitalSignature\", \"cRLSign\"");
    let without_signature = changed(&spiffe, "digitalSignature", "keyAgreement");
    for (name, template, names, well) in [
        ("an SVID", &spiffe, &[id][..], true),
        (
            "an ID without a path, which the template that extends the profile refuses",
            &spiffe,
            &[(URI, "spiffe://example.org")],
            false,
        ),
        ("two IDs", &bare, &two, false),
        ("another scheme", &bare, &[(URI, "https://example.org/a")], false),
        ("no ID", &bare, &[(DNS, "example.org")], false),
        ("cRLSign", &crl_sign, &[id], false),
        ("no digitalSignature", &without_signature, &[id], false),
    ] {
        let der = issue(&root, &root_key, &leaf, template, &Asked { subject: &[], names, extensions: &[], days: 1 });
        line(json!({ "judge": "spiffe", "name": name, "well": well, "says": spiffe_says(&der, &key) }));
    }

    #[cfg(feature = "isomdl")]
    for value in crate::licences::judged(&leaf) {
        line(value);
    }

    // TLS servers, for the linter.
    let tls = read("tls-server");
    let bare = without_policy(&tls);
    let host = (DNS, "www.example.com");
    let named = [(COMMON_NAME, UTF8, "www.example.com")];
    let organized = [(COMMON_NAME, UTF8, "www.example.com"), ("2.5.4.11", UTF8, "Unit")];
    let elsewhere = [(COMMON_NAME, UTF8, "other.example.com")];
    let usages = changed(&tls, "\"serverAuth\"", "\"serverAuth\", \"codeSigning\"");
    for (name, template, subject, names, days, well) in [
        ("a server", &tls, &named[..], &[host][..], 90, true),
        ("a server of 199 days", &tls, &named, &[host], 199, true),
        ("an organizational unit", &bare, &organized, &[host], 90, false),
        ("a commonName that is not among the names", &bare, &elsewhere, &[host], 90, false),
        ("an e-mail address", &bare, &named, &[host, (0x81, "a@example.com")], 90, false),
        ("400 days", &bare, &named, &[host], 400, false),
        ("another purpose", &usages, &named, &[host], 90, false),
    ] {
        let der = issue(&root, &root_key, &leaf, template, &Asked { subject, names, extensions: &[], days });
        let file = format!("{}.pem", name.replace(' ', "-"));
        fs::write(directory.join(&file), certificate_pem(&der)).expect("a file");
        line(json!({ "judge": "pkilint-tls", "name": name, "well": well, "certificate": file }));
    }
    fs::write(directory.join("index.jsonl"), index).expect("a file");
}

fn der_of_pem(pem: &str) -> (String, Vec<u8>) {
    let (label, der) = ::der::pem::decode_vec(pem.as_bytes()).expect("a PEM block");
    (label.to_owned(), der)
}
