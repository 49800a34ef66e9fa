use super::*;

const LABELS: &[&str] = &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];
const EXPECTED: &str = "CERTIFICATE REQUEST";

fn one(text: impl AsRef<[u8]>) -> Result<Vec<u8>, PemError> {
    decode_one(text.as_ref(), LABELS)
}

fn all(text: impl AsRef<[u8]>) -> Result<Vec<Vec<u8>>, PemError> {
    decode_all(text.as_ref(), "CERTIFICATE")
}

fn good() -> String {
    encode(EXPECTED, &[7; 100])
}

#[test]
fn accepted_forms() {
    // R-CSR-1: text before, CRLF, trailing white space, either label.
    for text in [
        good(),
        encode("NEW CERTIFICATE REQUEST", &[7; 100]),
        format!("Certificate Request:\n  Data: -----BEGIN x\n{}", good()),
        format!("It starts with -----BEGIN CERTIFICATE REQUEST----- as here:\n{}", good()),
        good().replace('\n', "\r\n") + " \t\r\n\n",
        good().trim_end().to_owned(),
    ] {
        assert_eq!(one(&text), Ok(vec![7; 100]), "{text}");
    }
}

#[test]
fn any_white_space_stands_for_a_line_feed_and_around_the_lines() {
    for space in [" ", "\t", "\r", "  ", " \n", "\n\n\t", "\x0c"] {
        let text = good().replace('\n', space);
        for text in [text.clone(), format!("{space}{text}{space}"), format!("subject=x{space}{text}")] {
            assert_eq!(one(&text), Ok(vec![7; 100]), "{text:?}");
        }
        let chain = (encode("CERTIFICATE", &[1]) + &encode("CERTIFICATE", &[2])).replace('\n', space);
        for chain in [chain.clone(), format!("{space}{chain}{space}")] {
            assert_eq!(all(&chain), Ok(vec![vec![1], vec![2]]), "{chain:?}");
        }
    }
    let indented: String = good().lines().map(|line| format!("    {line}  \n")).collect();
    assert_eq!(one(&indented), Ok(vec![7; 100]));
}

#[test]
fn refused_forms() {
    assert_eq!(one("x -----BEGIN CERTIFICATE REQUEST"), Err(PemError::NoBlock { expected: EXPECTED }));
    for before in ["x", "\u{feff}", "\""] {
        let error = PemError::NoLineStart { label: EXPECTED.to_owned() };
        assert_eq!(one(format!("{before}{}", good())), Err(error), "{before}");
    }
    assert_eq!(
        one(encode("CERTIFICATE", &[7])),
        Err(PemError::Label { expected: EXPECTED, found: "CERTIFICATE".to_owned() })
    );
    assert_eq!(one(format!("{}{}", good(), good())), Err(PemError::Trailing));
    assert_eq!(one(format!("{}x", good())), Err(PemError::Trailing));
    // One that is whole counts, also where it does not start a line.
    assert_eq!(one(format!("x {} {}", good().replace('\n', " "), good())), Err(PemError::Trailing));
    let no_end = PemError::NoEnd { label: EXPECTED.to_owned() };
    assert_eq!(one(good().replace("-----END", "---END")), Err(no_end));
    assert_eq!(one(good().replace("Bw", "B!")), Err(PemError::Base64));
}

#[test]
fn a_message_says_what_is_there() {
    let base64 = |octets: &[u8]| BASE64_STANDARD.encode(octets);
    let certificate = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pem/certificate.der"));
    for (text, error) in [
        (String::new(), PemError::Blank),
        (" \r\n\t".to_owned(), PemError::Blank),
        ("\u{feff}".to_owned(), PemError::NoBlock { expected: EXPECTED }),
        (good().replace('\n', "\\n"), PemError::EscapedLineFeeds),
        (good().replace('\n', "\\r\\n"), PemError::EscapedLineFeeds),
        (format!("{:?}", good()), PemError::EscapedLineFeeds),
        (good().replacen('\n', "\\n", 2).replacen("\\n", "\n", 1), PemError::EscapedLineFeeds),
        (good().replace('\n', ""), PemError::NoLineFeed { label: EXPECTED.to_owned() }),
        (base64(good().as_bytes()), PemError::Base64OfPem),
        (base64(certificate), PemError::NoLines { found: PemContent::Certificate, expected: EXPECTED }),
        (base64(&[7; 100]), PemError::NoBlock { expected: EXPECTED }),
        ("request.pem".to_owned(), PemError::NoBlock { expected: EXPECTED }),
    ] {
        assert_eq!(one(&text), Err(error), "{text}");
    }
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(good().encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(one(utf16), Err(PemError::Utf16));
    for (label, words) in [
        ("CERTIFICATE", "labelled 'CERTIFICATE' (a certificate), not 'CERTIFICATE REQUEST'"),
        ("PKCS7", "labelled 'PKCS7' (PKCS#7), not"),
        ("EC PRIVATE KEY", "labelled 'EC PRIVATE KEY' (a private key), not"),
        ("ENCRYPTED PRIVATE KEY", "(a private key)"),
        ("RSA PUBLIC KEY", "(a public key)"),
        ("DH PARAMETERS", "labelled 'DH PARAMETERS', not"),
    ] {
        let message = one(encode(label, &[0x5a; 100])).unwrap_err().to_string();
        assert!(message.contains(words) && !message.contains("WlpaWlpa"), "{message}");
    }
}

#[test]
fn no_message_repeats_what_may_be_a_key() {
    let key = encode("PRIVATE KEY", &[0x5a; 300]);
    for text in [
        key.clone(),
        key.replace('\n', ""),
        key.replace('\n', " "),
        key.replace('\n', "\\n"),
        key.replace("-----\n", "\n"),
        key.replace("PRIVATE KEY", EXPECTED).replace("-----END", ""),
        key.replace("-----BEGIN", "----BEGIN"),
        key.lines().nth(1).unwrap_or_default().to_owned(),
        BASE64_STANDARD.encode(&key),
    ] {
        let beside_key = decode_beside_key(text.as_bytes(), "CERTIFICATE").unwrap_err().to_string();
        for message in [one(&text).unwrap_err().to_string(), all(&text).unwrap_err().to_string(), beside_key] {
            assert!(!message.contains("WlpaWlpaWlpaWlpaWlpa"), "{message}");
        }
    }
}

#[test]
fn chains() {
    let text = format!("a\n{}b\n{}", encode("CERTIFICATE", &[1]), encode("CERTIFICATE", &[2]));
    assert_eq!(all(text), Ok(vec![vec![1], vec![2]]));
    // Nothing between them at all.
    let glued = encode("CERTIFICATE", &[1]).trim_end().to_owned() + &encode("CERTIFICATE", &[2]);
    assert_eq!(all(glued), Ok(vec![vec![1], vec![2]]));
    for before in ["x", "x ", "\u{feff}", "-----BEGIN "] {
        let text = format!("{}{before}{}", encode("CERTIFICATE", &[1]), encode("CERTIFICATE", &[2]));
        for text in [text.clone(), text + &encode("CERTIFICATE", &[3])] {
            assert_eq!(all(&text), Err(PemError::Trailing), "{text}");
        }
    }
    // None is left out before the first that starts a line.
    let text = format!("x {}{}", encode("CERTIFICATE", &[1]), encode("CERTIFICATE", &[2]));
    assert_eq!(all(text), Ok(vec![vec![1], vec![2]]));
}

#[test]
fn a_key_beside_certificates_is_passed_over_unread() {
    let beside_key = |text: &str| decode_beside_key(text.as_bytes(), "CERTIFICATE");
    let (one, two) = (encode("CERTIFICATE", &[1]), encode("CERTIFICATE", &[2]));
    let key = "-----BEGIN EC PARAMETERS-----\n%\n-----END EC PARAMETERS-----\n\
               -----BEGIN EC PRIVATE KEY-----\n%\n-----END EC PRIVATE KEY-----\n";
    for text in [format!("{key}{one}{two}"), format!("{one}{key}{two}"), format!("{one}{two}{key}")] {
        assert_eq!(beside_key(&text), Ok(vec![vec![1], vec![2]]), "{text}");
        assert!(matches!(all(&text), Err(PemError::Label { .. })));
    }
    let label = |found: &str| Err(PemError::Label { expected: "CERTIFICATE", found: found.to_owned() });
    assert_eq!(beside_key(key), label("EC PRIVATE KEY"));
    assert_eq!(beside_key(&format!("{one}{}", encode("CERTIFICATE REQUEST", &[3]))), label("CERTIFICATE REQUEST"));
    let label = "EC PRIVATE KEY".to_owned();
    assert_eq!(beside_key(&format!("{one}{}", key.replace("END EC PRI", "END PRI"))), Err(PemError::NoEnd { label }));
    assert_eq!(beside_key(&format!("{key}x {one}")), Err(PemError::Trailing));
}

#[test]
fn hostile_texts_cost_what_they_weigh() {
    // Quadratic work would take minutes: each is two megabytes.
    for text in [
        "-----BEGIN ".repeat(200_000),
        " -----BEGIN -----".repeat(120_000),
        "x -----BEGIN x-----\n".repeat(100_000),
        "-----BEGIN CERTIFICATE----- ".repeat(75_000),
        "x -----BEGIN CERTIFICATE----- ".repeat(70_000),
        format!("-----BEGIN CERTIFICATE-----\n{}", "-----END CERTIFICATE----".repeat(80_000)),
        format!("-----BEGIN CERTIFICATE-----\n{}", "-".repeat(2_000_000)),
        " ".repeat(1_000_000) + &" -----BEGIN".repeat(100_000),
    ] {
        assert!(one(&text).is_err() && all(&text).map_or(0, |ders| ders.len()) < 2);
        assert!(decode_beside_key(text.replace("CERTIFICATE", "PRIVATE KEY").as_bytes(), "CERTIFICATE").is_err());
    }
    let chain = "-----BEGIN CERTIFICATE----- AA== -----END CERTIFICATE----- ".repeat(30_000);
    assert_eq!(all(chain).map(|ders| ders.len()), Ok(30_000));
}
