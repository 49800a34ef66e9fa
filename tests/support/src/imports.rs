//! Certificates and chains of other CA software, and what an import says of them (R-CA-6): one answer, whatever verifies.
//!
//! `tests/data/import` has certificates over one RSA key, made with OpenSSL and asn1crypto.

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::authority::ImportInput;

use crate::files;

/// An import with its outcome: the refusal, and the input that is to blame.
pub struct Import {
    pub about: &'static str,
    pub certificate: Vec<u8>,
    pub chain: Vec<u8>,
    pub refusal: Option<(&'static str, ImportInput)>,
}

pub fn file(name: &str) -> Vec<u8> {
    files::octets(&format!("import/{name}.pem"))
}

/// The DER of a file with one certificate.
pub fn der(name: &str) -> Vec<u8> {
    let text = String::from_utf8(file(name)).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(base64).unwrap()
}

/// Under the label CERTIFICATE, whatever it is.
pub fn labelled(der: &[u8]) -> Vec<u8> {
    let base64 = BASE64_STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n").into_bytes()
}

/// The same with the identifier of the signature algorithm, sha256WithRSAEncryption, as another of its arc.
fn signed_with(name: &str, last_arc: u8) -> Vec<u8> {
    let mut der = der(name);
    let identifier = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    let places: Vec<_> = (0..der.len()).filter(|at| der[*at..].starts_with(&identifier)).collect();
    assert_eq!(places.len(), 2);
    places.iter().for_each(|at| der[at + 8] = last_arc);
    der
}

/// As shells expand `$(cat file)`.
fn in_one_line(pem: &[u8]) -> Vec<u8> {
    pem.iter().map(|octet| if *octet == b'\n' { b' ' } else { *octet }).collect()
}

fn around_lines(pem: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(pem.to_vec()).unwrap();
    text.lines().flat_map(|line| format!("\t {line}\t \r\n").into_bytes()).collect()
}

pub fn imports() -> Vec<Import> {
    use ImportInput::{Certificate, Chain};
    let import = |about, certificate: &[u8], chain: &[u8], refusal| Import {
        about,
        certificate: certificate.to_vec(),
        chain: chain.to_vec(),
        refusal,
    };
    let (root, sub) = (file("root"), file("sub"));
    let mut damaged = der("sub");
    *damaged.last_mut().unwrap() ^= 1;
    // The content of its PEM, whatever the label says.
    let pkcs7 = labelled(&der("chain-p7b"));
    vec![
        import("a chain", &sub, &root, None),
        import("no chain", &sub, b"", None),
        import("a root", &root, b"", None),
        import("the end of a block and the beginning of the next in one line", &sub, &file("chain-glued"), None),
        import("a root with SHA-1 of its own", &file("root-sha1"), b"", None),
        import("an issuer of RSA with 1024 bits", &file("sub-of-rsa-1024"), &file("root-rsa-1024"), None),
        import("a minimum distance of 0 spelled out", &file("sub-nc-minimum-0"), &root, None),
        import("line feeds that became blanks", &in_one_line(&sub), &in_one_line(&root), None),
        import("blanks and tabs around lines", &around_lines(&sub), &around_lines(&root), None),
        import(
            "the chain begins with the certificate",
            &sub,
            &file("chain-own-certificate-first"),
            Some((
                "the chain begins with the certificate authority's own certificate; it must begin with that of its issuer",
                Chain,
            )),
        ),
        import(
            "PKCS#7 in the place of the chain",
            &sub,
            &pkcs7,
            Some((
                "certificate 1 of the chain is PKCS#7, whose certificates `openssl pkcs7 -print_certs` prints; it \
                 must be an X.509 v3 certificate",
                Chain,
            )),
        ),
        import(
            "PKCS#7 in the place of the certificate",
            &pkcs7,
            &root,
            Some((
                "the certificate is PKCS#7, whose certificates `openssl pkcs7 -print_certs` prints; it must be an \
                 X.509 v3 certificate",
                Certificate,
            )),
        ),
        import(
            "a root of version 1",
            &file("root-v1"),
            b"",
            Some(("the certificate is an X.509 v1 certificate; it must be an X.509 v3 certificate", Certificate)),
        ),
        import(
            "an issuer of version 1",
            &sub,
            &file("root-v1"),
            Some(("certificate 1 of the chain is an X.509 v1 certificate; it must be an X.509 v3 certificate", Chain)),
        ),
        import(
            "an issuer without critical basicConstraints",
            &sub,
            &file("root-bc-not-critical"),
            Some((
                "certificate 1 of the chain has basicConstraints that are not critical; those of a CA certificate must be \
                 critical (RFC 5280 section 4.2.1.9)",
                Chain,
            )),
        ),
        import(
            "the issuer in another string type",
            &file("sub-issuer-in-utf8string"),
            &root,
            Some((
                "certificate 1 of the chain and the certificate have the name of the issuer in two forms, which must be the \
                 same byte for byte: O is PrintableString as the subject and UTF8String as the issuer",
                Chain,
            )),
        ),
        import(
            "another key under the name of the issuer",
            &sub,
            &file("root-rsa-1024"),
            Some((
                "the certificate is not signed by the key of certificate 1 of the chain: the signature does not verify",
                Chain,
            )),
        ),
        import(
            "a damaged signature",
            &damaged,
            &root,
            Some((
                "the certificate is not signed by the key of certificate 1 of the chain: the signature does not verify",
                Chain,
            )),
        ),
        import(
            "a signature with MD5",
            &signed_with("sub", 4),
            &root,
            Some((
                "the certificate is signed with algorithm 1.2.840.113549.1.1.4 (md5WithRSAEncryption), which is not supported, \
                 or not with these parameters",
                Certificate,
            )),
        ),
        import(
            "an issuer of RSA with 1024 bits and a hash that not every backend takes with it",
            &signed_with("sub-of-rsa-1024", 12),
            &file("root-rsa-1024"),
            Some((
                "certificate 1 of the chain has an RSA key of 1024 bits, with which the certificate is signed by SHA384WITHRSA; \
                 below 2048 bits, RSA is supported with PKCS#1 v1.5 and SHA-1, SHA-256 or SHA-512",
                Chain,
            )),
        ),
        import(
            "a root whose signature is damaged",
            &{
                let mut root = der("root");
                *root.last_mut().unwrap() ^= 1;
                root
            },
            b"",
            Some((
                "the certificate is not signed by the key of its own subject: the signature does not verify",
                Certificate,
            )),
        ),
        import(
            "a root with a chain",
            &root,
            &root,
            Some((
                "the certificate is a root's, which has nothing above it, but more certificates are given; leave the chain \
                 empty, or give the authority's own certificate first",
                Chain,
            )),
        ),
        import(
            "two certificates, the second of which is not the issuer",
            &[&sub[..], &file("sub-nc-plain")].concat(),
            b"",
            Some((
                "certificate 2 of the input with the certificate has the subject 'C=US, O=Example Corp, CN=Issuing CA', but the \
                 certificate names the issuer 'C=US, O=Example Corp, CN=Old Enterprise Root'",
                Certificate,
            )),
        ),
    ]
}
