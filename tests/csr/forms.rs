//! The forms in which CSRs, certificates and chains are taken, and what the message says of what is something else (R-CSR-1).

use issuance::x509::{KeyPolicy, PemContent, PemError};
use issuance::{Csr, RustCryptoVerifier};
use issuance_test_support::authorities::{Authority, certificate_pem};

const REQUEST: &str = include_str!("../data/pem/request.pem");
const ONE_LINE: &str = include_str!("../data/pem/one-line.pem");
const ESCAPED: &str = include_str!("../data/pem/escaped-line-feeds.pem");
const CERTIFICATE: &[u8] = include_bytes!("../data/pem/certificate.der");

fn message(input: impl AsRef<[u8]>) -> String {
    Csr::decode(input.as_ref()).unwrap_err().to_string()
}

#[test]
fn a_request_on_one_line_is_the_same_request() {
    let csr = Csr::decode(REQUEST.as_bytes()).unwrap();
    assert_eq!(Csr::decode(ONE_LINE.as_bytes()).unwrap().as_der(), csr.as_der());
    let proven = Csr::decode(ONE_LINE.as_bytes()).unwrap().prove(&KeyPolicy::default(), &RustCryptoVerifier);
    proven.unwrap();
    for text in [
        REQUEST.replace('\n', "\t"),
        format!("\n\n  {ONE_LINE}  \n"),
        REQUEST.lines().map(|line| format!("      {line}\r\n")).collect(),
    ] {
        assert_eq!(Csr::decode(text.as_bytes()).unwrap().as_der(), csr.as_der(), "{text}");
    }
}

#[test]
fn certificate_and_chain_on_one_line_are_imported() {
    let root = Authority::root();
    let subordinate = Authority::subordinate(&root);
    let pem = |authority: &Authority| certificate_pem(authority.ca.certificate_der().unwrap());
    let (certificate, chain) = (pem(&subordinate), pem(&root));
    let import = |certificate: &str, chain: &str| {
        let mut ca = subordinate.ca.clone();
        ca.import_certificate(certificate.as_bytes(), chain.as_bytes(), &RustCryptoVerifier)
    };
    import(&certificate.replace('\n', " "), &chain.replace('\n', " ")).unwrap();
    import(&format!("  {certificate}"), &format!("\t{chain}\n ")).unwrap();
    // Below that one, with a chain of two whose blocks a blank parts.
    let two = format!("{} {}", certificate.trim_end(), chain);
    for two in [two.replace('\n', " "), two] {
        let mut ca = Authority::pending_root().ca;
        let error = ca.import_certificate(certificate.as_bytes(), two.as_bytes(), &RustCryptoVerifier).unwrap_err();
        assert!(!error.to_string().contains("PEM"), "{error}");
    }
    for certificate in [certificate.replace('\n', "\\n"), format!("{certificate:?}")] {
        let error = import(&certificate, &chain).unwrap_err().to_string();
        assert!(error.contains(r"it has \n spelled out, a backslash and a letter, where line feeds belong"), "{error}");
    }
}

#[test]
fn what_is_no_request_is_called_what_it_is() {
    assert_eq!(
        message(ESCAPED),
        r"CSR cannot be read: it has \n spelled out, a backslash and a letter, where line feeds belong"
    );
    let request = Csr::decode(REQUEST.as_bytes()).unwrap();
    let binaries: [(&[u8], &str); 6] = [
        (CERTIFICATE, "a certificate"),
        (include_bytes!("../data/pem/certificate-v1.der"), "a certificate"),
        (include_bytes!("../data/pem/list.crl"), "a certificate revocation list"),
        (include_bytes!("../data/pem/bundle.p7b"), "PKCS#7"),
        (include_bytes!("../data/pem/bundle.p12"), "PKCS#12"),
        (request.public_key_der(), "a public key"),
    ];
    for (der, name) in binaries {
        let words = format!("CSR cannot be read: the content is {name}, not a certification request");
        assert_eq!(message(der), words);
        // Also under the label of a request.
        let label = certificate_pem(der).replace(" CERTIFICATE-", " CERTIFICATE REQUEST-");
        assert_eq!(message(label), words);
    }
    assert_eq!(
        message(certificate_pem(CERTIFICATE)),
        "CSR cannot be read: the PEM block is labelled 'CERTIFICATE' (a certificate), not 'CERTIFICATE REQUEST'"
    );
    assert_eq!(message(" \n"), "CSR cannot be read: it is empty but for white space");
    let base64 = |text: &[u8]| {
        use base64::prelude::{BASE64_STANDARD, Engine};
        BASE64_STANDARD.encode(text)
    };
    assert_eq!(
        message(base64(REQUEST.as_bytes())),
        "CSR cannot be read: it is the base64 of a PEM text, which must be decoded first"
    );
    assert_eq!(
        message(base64(Csr::decode(REQUEST.as_bytes()).unwrap().as_der())),
        "CSR cannot be read: it is the base64 of a certification request without the lines \
         '-----BEGIN CERTIFICATE REQUEST-----' and '-----END CERTIFICATE REQUEST-----'"
    );
}

#[test]
fn a_private_key_is_named_and_not_repeated() {
    let folder = format!("{}/tests/data/keys", env!("CARGO_MANIFEST_DIR"));
    let mut keys = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "pem") {
            continue;
        }
        let key = std::fs::read_to_string(&path).unwrap();
        let secret: Vec<&str> = key.lines().filter(|line| line.len() > 8 && !line.contains(['-', ':'])).collect();
        for text in [key.clone(), key.replace('\n', " "), key.replace('\n', ""), key.replace('\n', "\\n")] {
            let message = message(&text);
            assert!(secret.iter().all(|line| !message.contains(&line[..8])), "{message}");
        }
        if !key.contains("EC PARAMETERS") {
            assert!(
                message(&key).contains("PRIVATE KEY' (a private key), not"),
                "{}: {}",
                path.display(),
                message(&key)
            );
        }
        // In DER, and so under the label of a request.
        let block = key.rsplit_once("-----BEGIN ").unwrap().1;
        if !block.contains("Proc-Type") {
            let body: String = block.lines().skip(1).take_while(|line| !line.contains('-')).collect();
            let text = format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n");
            let error = Csr::decode(text.as_bytes()).unwrap_err();
            let expected =
                PemError::Content { found: PemContent::PrivateKey, expected: PemContent::CertificationRequest };
            assert_eq!(error, expected.into(), "{}", path.display());
        }
        keys += 1;
    }
    assert!(keys > 20, "{keys}");
}
