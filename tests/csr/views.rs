//! The typed views of a certification request agree with what the engine puts into a certificate.

use issuance::csr::CsrError;
use issuance::issue::Prepared;
use issuance::template::Source;
use issuance::x509::{AlternativeName, Field};
use issuance::{Csr, Error, IssuanceOptions, Oid, Signer};
use issuance_test_support::asn1;
use issuance_test_support::ca::{self, LEAF_KEY};
use issuance_test_support::der::{
    CHALLENGE_PASSWORD, CsrParts, attribute, common_name, dns, extension, extension_request, seq, tlv, utf8,
};
use issuance_test_support::files;

const BASE: &str = "EndEntityCertificate";
const CSR: &str = "BlankEndEntityCertificate_CSRPassthrough";

/// The corpus, file by file.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for directory in ["csr", "csr/accepted", "csr/refused", "reports"] {
        for entry in std::fs::read_dir(files::path(directory)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    files
}

fn prepare(csr: &[u8], template: &str) -> Result<Prepared, Error> {
    let request = ca::request(csr, template).build().unwrap();
    ca::prepare(&ca::Ca::default().build(), &request, &IssuanceOptions::default())
}

/// Whether the error is of the request for extensions as a whole.
fn is_of_all_extensions(error: &CsrError) -> bool {
    matches!(error, CsrError::Malformed { element: "extensionRequest", .. })
}

fn is_of_san(error: &CsrError) -> bool {
    match error {
        CsrError::DuplicateExtension(oid) => *oid == Oid::SUBJECT_ALT_NAME,
        CsrError::Malformed { element, .. } => *element == "subjectAltName",
        _ => false,
    }
}

/// A name as tag and content of its element, read without the library; `None` for forms that a view does not keep as octets.
fn tag_and_content<'a>(name: &'a AlternativeName<'a>) -> Option<(u8, Vec<u8>)> {
    Some(match name {
        AlternativeName::Email(text) => (0x81, text.as_bytes().to_vec()),
        AlternativeName::Dns(text) => (0x82, text.as_bytes().to_vec()),
        AlternativeName::Directory(name) => (0xa4, name.as_der().to_vec()),
        AlternativeName::Uri(text) => (0x86, text.as_bytes().to_vec()),
        AlternativeName::Ip(std::net::IpAddr::V4(v4)) => (0x87, v4.octets().to_vec()),
        AlternativeName::Ip(std::net::IpAddr::V6(v6)) => (0x87, v6.octets().to_vec()),
        AlternativeName::RegisteredId(oid) => (0x88, oid.as_der_content().to_vec()),
        AlternativeName::Other { type_id, value } => {
            let type_id = asn1::tlv(asn1::OID, &[type_id.as_der_content()]);
            (0xa0, [type_id, asn1::tlv(0xa0, &[value])].concat())
        }
        _ => return None,
    })
}

#[test]
fn views_are_what_a_certificate_gets_and_their_errors_are_those_of_issuance() {
    let (mut issued, mut named, mut passed) = (0, 0, 0);
    let (mut of_subject, mut of_san, mut of_all) = (0, 0, 0);
    for (file, octets) in corpus() {
        let Ok(csr) = Csr::decode(&octets) else { continue };
        let (subject, names) = (csr.subject(), csr.subject_alternative_names());
        for template in [BASE, CSR] {
            match prepare(&octets, template) {
                Ok(prepared) => {
                    issued += 1;
                    let plan = prepared.plan();
                    let subject = subject.as_ref().unwrap_or_else(|error| panic!("{file}: {error}"));
                    assert_eq!(subject.as_der(), plan.field_der(Field::Subject), "{file}");
                    assert_eq!(subject.to_string(), plan.field_text(Field::Subject), "{file}");
                    let san = plan.extensions().find(|extension| extension.oid() == Oid::SUBJECT_ALT_NAME);
                    match (&names, san) {
                        (Err(error), None) if template == BASE && is_of_all_extensions(error) => of_all += 1,
                        (Err(error), _) => panic!("{file}: {template}: {error}"),
                        (Ok(names), None) => assert!(names.is_empty(), "{file}: {names}"),
                        (Ok(names), Some(san)) => {
                            named += 1;
                            let elements = asn1::children(san.value_der());
                            assert_eq!(names.len(), elements.len(), "{file}");
                            for (name, element) in names.iter().zip(elements) {
                                if let Some((tag, content)) = tag_and_content(name) {
                                    assert_eq!(asn1::tlv(tag, &[content]), element, "{file}: {name}");
                                }
                            }
                            assert_eq!(names.to_string(), san.value_text(), "{file}");
                        }
                    }
                    for taken in plan.extensions().filter(|extension| extension.source() == Source::Csr) {
                        passed += 1;
                        let asked = csr.extension(&taken.oid()).unwrap().expect("what was taken was asked for");
                        assert_eq!((asked.value, asked.critical), (taken.value_der(), taken.critical()), "{file}");
                        assert_eq!(asked.check(), Ok(()), "{file}: {asked}");
                    }
                }
                Err(Error::Csr(error)) if matches!(error, CsrError::Malformed { element: "subject", .. }) => {
                    of_subject += 1;
                    assert_eq!(subject.as_ref().unwrap_err(), &error, "{file}");
                }
                Err(Error::Csr(error)) if is_of_san(&error) || is_of_all_extensions(&error) => {
                    of_san += 1;
                    assert_eq!(names.as_ref().unwrap_err(), &error, "{file}");
                }
                // Refused for something else that the views do not judge.
                Err(_) => {}
            }
        }
    }
    let met = format!("{issued} {named} {passed}, {of_subject} {of_san} {of_all}");
    assert!(issued > 300 && named > 100 && passed > 150, "{met}");
    assert!(of_subject > 5 && of_san > 10 && of_all > 2, "{met}");
}

#[test]
fn whatever_a_request_holds_is_safe_to_print() {
    for (file, octets) in corpus() {
        let Ok(csr) = Csr::decode(&octets) else { continue };
        let mut shown = vec![format!("{csr:?}")];
        shown.extend(csr.subject().map(|subject| format!("{subject} {subject:?}")));
        shown.extend(csr.subject_alternative_names().map(|names| names.to_string()));
        shown.extend(csr.extensions().flatten().map(|extension| extension.to_string()));
        shown.extend(csr.attributes().map(|attribute| format!("{attribute} {attribute:?}")));
        shown.extend(csr.public_key().map(|key| key.to_string()));
        for text in shown {
            assert!(!text.chars().any(char::is_control), "{file}: {text:?}");
        }
    }
}

fn parts() -> CsrParts {
    CsrParts::new(LEAF_KEY.public_key_der())
}

#[test]
fn extensions_and_attributes_are_shown_with_their_values() {
    let key_usage = extension("2.5.29.15", true, &[0x03, 0x02, 0x05, 0xa0]);
    let password = attribute(CHALLENGE_PASSWORD, &[utf8("secret words")]);
    let csr = parts().attributes(&[password, extension_request(&[key_usage])]).der();
    let csr = Csr::decode(&csr).unwrap();
    let shown: Vec<_> = csr.extensions().map(|extension| extension.unwrap().to_string()).collect();
    assert!(shown[0].starts_with("keyUsage (critical): ") && shown[0].contains("digitalSignature"), "{shown:?}");
    let password = csr.attributes().next().unwrap();
    assert_eq!(format!("{password:?}"), format!("CsrAttribute({password})"));
    assert!(password.to_string().ends_with(": (not shown)"), "{password}");
}

#[test]
fn an_extension_is_checked_within_the_bounds_of_a_request() {
    let names = |count: usize| seq(&[&[0x82, 1, b'a'].repeat(count)]);
    for (count, good) in [(Csr::MAX_GENERAL_NAMES, true), (Csr::MAX_GENERAL_NAMES + 1, false)] {
        let csr = parts().extensions(&[extension("2.5.29.17", false, &names(count))]).der();
        let csr = Csr::decode(&csr).unwrap();
        let san = csr.extensions().next().unwrap().unwrap();
        assert_eq!(san.check().is_ok(), good, "{count}: {:?}", san.check());
    }
}

#[test]
fn names_of_1994_are_found_in_the_extensions() {
    let csr = parts().extensions(&[extension("2.5.29.7", false, &dns("hidden.example"))]).der();
    let csr = Csr::decode(&csr).unwrap();
    assert!(csr.subject_alternative_names().unwrap().is_empty());
    let extension = csr.extensions().next().unwrap().unwrap();
    let names = extension.alternative_names().expect("verifiers read names there").unwrap();
    assert_eq!(names.to_string(), "DNS:hidden.example");
    // A certificate that passes the extension through has the name.
    let passed = prepare(csr.as_der(), CSR).unwrap();
    assert!(passed.plan().extensions().any(|extension| extension.value_der() == dns("hidden.example")));
}

#[test]
fn r_csr_2_what_cannot_be_read_says_where_in_the_request() {
    let octets = parts().extensions(&[extension("2.5.29.17", false, &seq(&[&tlv(0x82, b"a\nb")]))]).der();
    let csr = Csr::decode(&octets).unwrap();
    let error = csr.subject_alternative_names().unwrap_err();
    let CsrError::Malformed { element: "subjectAltName", error: inner } = &error else { panic!("{error}") };
    assert_eq!(octets[inner.offset..inner.offset + 5], *b"\x82\x03a\nb");
    let extension = csr.extensions().next().unwrap().unwrap();
    assert_eq!(extension.check().unwrap_err(), error);

    let twice = extension_twice();
    let error = Csr::decode(&twice).unwrap().subject_alternative_names().unwrap_err();
    assert_eq!(error, CsrError::DuplicateExtension(Oid::SUBJECT_ALT_NAME));
}

fn extension_twice() -> Vec<u8> {
    let san = extension("2.5.29.17", false, &dns("a.example"));
    parts().extensions(&[san.clone(), san]).der()
}

#[test]
fn a_challenge_password_is_not_shown() {
    let password = attribute(CHALLENGE_PASSWORD, &[utf8("open sesame")]);
    let csr = parts().subject(common_name("a")).attributes(&[password]).der();
    let csr = Csr::decode(&csr).unwrap();
    let attribute = csr.attributes().next().unwrap();
    assert_eq!(attribute.to_string(), "challengePassword: (not shown)");
    assert!(!format!("{attribute:?}").contains("sesame"));
    assert!(attribute.values.ends_with(b"open sesame"));
}

#[test]
fn a_request_is_its_der() {
    let octets = parts().der();
    let csr = Csr::decode(&octets).unwrap();
    assert_eq!(csr.as_ref(), octets);
    assert_eq!(csr.public_key().unwrap().as_der(), LEAF_KEY.public_key_der());
}
