//! What the strict policy refuses, and what passes byte for byte.

use issuance::csr::CsrError;
use issuance::x509::{Asn1ErrorKind, PemError};
use issuance::{Csr, Oid};
use issuance_test_support::der::{
    CHALLENGE_PASSWORD, EXTENSION_REQUEST, MS_CERT_EXTENSIONS, attribute, common_name, dns, extension,
    extension_request, name, name_attribute, octets, oid, pem, seq, set, tlv, utf8,
};

use super::{content_fault, malformed, parts, refusal};

#[test]
fn what_the_helper_builds_is_accepted() {
    let extensions = [extension("2.5.29.17", true, &dns("a.example")), extension("1.2.3", false, &octets(b"x"))];
    let parts = parts().extensions(&extensions);
    let der = parts.der();
    let csr = Csr::decode(&der).unwrap();
    assert_eq!(csr.as_der(), der);
    assert_eq!(csr.info_der(), parts.info());
    assert_eq!(csr.subject_der(), parts.subject);
    assert_eq!(csr.public_key_der(), parts.public_key);
    assert_eq!(csr.extension_attribute(), Some(Oid::EXTENSION_REQUEST));
    let read: Vec<_> =
        csr.extensions().map(Result::unwrap).map(|e| (e.oid.to_string(), e.critical, e.der.to_vec())).collect();
    assert_eq!(
        read,
        [("2.5.29.17".to_owned(), true, extensions[0].clone()), ("1.2.3".to_owned(), false, extensions[1].clone())]
    );
}

// --- R-CSR-1: sizes and forms

#[test]
fn r_csr_1_sizes() {
    assert_eq!(refusal(&[]), CsrError::Size { octets: 0, max: 32_768 });
    let of_size = |size: usize| {
        let build = |padding: usize| parts().extensions(&[extension("1.2.3", false, &octets(&vec![0; padding]))]).der();
        let over = build(30_000).len() - 30_000;
        let der = build(size - over);
        assert_eq!(der.len(), size);
        der
    };
    assert!(Csr::decode(&of_size(32_768)).is_ok());
    assert_eq!(refusal(&of_size(32_769)), CsrError::Size { octets: 32_769, max: 32_768 });
    // As PEM, the text counts.
    let text = pem("CERTIFICATE REQUEST", &of_size(24_600));
    assert!(text.len() > 32_768);
    assert!(matches!(refusal(text.as_bytes()), CsrError::Size { .. }));
}

#[test]
fn r_csr_1_forms_of_pem() {
    let der = parts().der();
    let good = pem("CERTIFICATE REQUEST", &der);
    for accepted in [
        good.clone(),
        pem("NEW CERTIFICATE REQUEST", &der),
        good.replace('\n', "\r\n"),
        format!("Certificate Request:\n    Data:\n{good}"),
        format!("{good} \r\n\t\n"),
        good.trim_end().to_owned(),
    ] {
        assert_eq!(Csr::decode(accepted.as_bytes()).unwrap().as_der(), der, "{accepted}");
    }
    let expect = |text: String| match refusal(text.as_bytes()) {
        CsrError::Pem(error) => error,
        other => panic!("{other}"),
    };
    for label in ["CERTIFICATE", "X509 CRL", "certificate request", " CERTIFICATE REQUEST", "PRIVATE KEY"] {
        assert!(matches!(expect(pem(label, &der)), PemError::Label { .. }), "{label}");
    }
    assert_eq!(expect(good.repeat(2)), PemError::Trailing);
    assert_eq!(expect(format!("{good}text after")), PemError::Trailing);
    assert!(matches!(expect(good.replace("-----END", "-----FIN")), PemError::NoEnd { .. }));
    assert_eq!(expect(good.replacen("\nMI", "\n*I", 1)), PemError::Base64);
    assert!(matches!(expect("hello".to_owned()), PemError::NoBlock { .. }));
    // What PEM holds is held to the same DER.
    let trailing = [&der[..], &[0]].concat();
    assert!(matches!(refusal(pem("CERTIFICATE REQUEST", &trailing).as_bytes()), CsrError::Malformed { .. }));
}

// --- R-CSR-2: strict DER

#[test]
fn r_csr_2_trailing_octets_at_each_level() {
    let der = parts().der();
    let trailing = Asn1ErrorKind::Trailing;
    assert_eq!(malformed(&[&der[..], &[0]].concat()), ("CertificationRequest", trailing));
    let p = parts();
    let inside = seq(&[&p.info(), &p.algorithm, &p.signature, &[5, 0]]);
    assert_eq!(malformed(&inside), ("CertificationRequest", trailing));
    let info = seq(&[&p.version, &p.subject, &p.public_key, &p.attributes, &[5, 0]]);
    assert_eq!(malformed(&seq(&[&info, &p.algorithm, &p.signature])), ("CertificationRequestInfo", trailing));
    let attribute = seq(&[&oid("1.2.3"), &set(&[utf8("x")]), &[5, 0]]);
    assert_eq!(malformed(&parts().attributes(&[attribute]).der()), ("attribute", trailing));
    let extension = seq(&[&oid("1.2.3"), &octets(b"x"), &[5, 0]]);
    assert_eq!(malformed(&parts().extensions(&[extension]).der()), ("extension", trailing));
}

#[test]
fn r_csr_2_lengths_are_der() {
    let p = parts();
    let content = [p.info(), p.algorithm.clone(), p.signature.clone()].concat();
    assert!(content.len() >= 0x80);
    let length = content.len() as u8;
    // Indefinite; one octet too many; two.
    let indefinite = [&[0x30, 0x80], &content[..], &[0, 0]].concat();
    let padded = [&[0x30, 0x82, 0, length], &content[..]].concat();
    let longer = [&[0x30, 0x83, 0, 0, length], &content[..]].concat();
    for der in [indefinite, padded, longer] {
        assert_eq!(malformed(&der), ("CertificationRequest", Asn1ErrorKind::Length));
    }
    // The long form where the short one is enough, deep inside.
    let mut parts = parts();
    parts.version = vec![2, 0x81, 1, 0];
    assert_eq!(malformed(&parts.der()), ("version", Asn1ErrorKind::Length));
    let value = [&oid("1.2.3")[..], &[0x04, 0x81, 1, 7]].concat();
    assert_eq!(malformed(&self::parts().extensions(&[tlv(0x30, &value)]).der()), ("extension", Asn1ErrorKind::Length));
}

#[test]
fn r_csr_2_version_one_alone() {
    for version in [&[2u8, 1, 1][..], &[2, 1, 2], &[2, 1, 0xff], &[2, 2, 0, 0]] {
        let mut parts = parts();
        parts.version = version.to_vec();
        assert_eq!(refusal(&parts.der()), CsrError::Version, "{version:?}");
    }
    let mut empty = parts();
    empty.version = vec![2, 0];
    assert_eq!(content_fault(&empty.der()), ("version", "INTEGER without content"));
    let mut parts = parts();
    parts.version = vec![];
    assert!(matches!(malformed(&parts.der()), ("version", Asn1ErrorKind::Tag { .. })));
}

#[test]
fn attributes_are_told_with_their_values() {
    let extensions = [extension("2.5.29.17", false, &dns("a.example"))];
    let challenge = attribute(CHALLENGE_PASSWORD, &[utf8("secret")]);
    let der = parts().attributes(&[challenge, extension_request(&extensions)]).der();
    let csr = Csr::decode(&der).unwrap();
    let told: Vec<_> = csr.attributes().map(|told| (told.oid.to_string(), told.values.to_vec())).collect();
    let requested = set(&[tlv(0x30, &extensions.concat())]);
    let challenge = set(&[utf8("secret")]);
    assert_eq!(told, [(CHALLENGE_PASSWORD.to_owned(), challenge), (EXTENSION_REQUEST.to_owned(), requested)]);
}

#[test]
fn a_request_is_shown_by_its_subject_and_length() {
    let mut parts = parts();
    parts.subject = common_name("a.example");
    let der = parts.der();
    let shown = format!("{:?}", Csr::decode(&der).unwrap());
    assert_eq!(shown, format!("Csr {{ subject: CN=a.example, bytes: {}, .. }}", der.len()));
}

#[test]
fn r_csr_2_attributes_present_even_if_empty() {
    let mut parts = parts();
    assert_eq!(Csr::decode(&parts.der()).unwrap().attributes().count(), 0);
    parts.attributes = vec![];
    let error = refusal(&parts.der());
    assert_eq!(error, CsrError::MissingAttributes);
    assert_eq!(error.to_string(), "CSR is missing required element 'attributes'.");
    // Another element in its place is another fault.
    for other in [tlv(0xa1, &[]), tlv(0x31, &[]), tlv(0x80, &[])] {
        parts.attributes = other;
        assert!(matches!(malformed(&parts.der()), ("attributes", Asn1ErrorKind::Tag { expected: 0xa0, .. })));
    }
}

#[test]
fn r_csr_2_signature_is_whole_octets() {
    let mut parts = parts();
    for unused in 1..8 {
        parts.signature = tlv(3, &[&[unused][..], &[0; 70]].concat());
        assert_eq!(content_fault(&parts.der()).0, "signature");
    }
    parts.signature = vec![3, 0];
    // Padded, so that the whole keeps the length of a real request.
    parts.subject = common_name(&"x".repeat(100));
    assert_eq!(content_fault(&parts.der()).0, "signature");
}

#[test]
fn r_csr_2_sets_are_in_order() {
    let (a, b) = (attribute("1.2.3", &[utf8("x")]), attribute("1.2.4", &[utf8("x")]));
    let mut parts = parts();
    parts.attributes = tlv(0xa0, &[&a[..], &b].concat());
    assert!(Csr::decode(&parts.der()).is_ok());
    parts.attributes = tlv(0xa0, &[&b[..], &a].concat());
    assert_eq!(content_fault(&parts.der()), ("attributes", "SET OF whose elements are not in DER order"));
    // The values of an attribute, and a relative distinguished name of several.
    let values = seq(&[&oid("1.2.3"), &tlv(0x31, &[utf8("b"), utf8("a")].concat())]);
    assert_eq!(content_fault(&self::parts().attributes(&[values]).der()).0, "attribute");
    // Equal elements are in order (X.690 section 11.6); an attribute that is there twice is a fault of its own.
    let values = seq(&[&oid("1.2.3"), &tlv(0x31, &[utf8("a"), utf8("a")].concat())]);
    assert!(Csr::decode(&self::parts().attributes(&[values]).der()).is_ok());
    assert!(matches!(refusal(&self::parts().attributes(&[a.clone(), a]).der()), CsrError::DuplicateAttribute(_)));
    let [first, second] = [name_attribute("2.5.4.3", &utf8("a")), name_attribute("2.5.4.10", &utf8("a"))];
    let multi = |order: [&Vec<u8>; 2]| tlv(0x30, &tlv(0x31, &[&order[0][..], order[1]].concat()));
    let (good, bad) = (multi([&first, &second]), multi([&second, &first]));
    assert_eq!(Csr::decode(&self::parts().subject(good.clone()).der()).unwrap().subject_der(), good);
    assert_eq!(content_fault(&self::parts().subject(bad).der()).0, "subject");
    assert_eq!(content_fault(&self::parts().subject(multi([&first, &first])).der()).0, "subject");
}

#[test]
fn r_csr_2_identifiers() {
    // A padded arc, an arc beyond 32 bits, an arc that does not end, nothing at all.
    let wrong: [&[u8]; 4] = [&[0x2a, 0x80, 3], &[0x2a, 0x90, 0x80, 0x80, 0x80, 0], &[0x2a, 0x83], &[]];
    for content in wrong {
        let id = tlv(6, content);
        let extension = seq(&[&id, &octets(b"x")]);
        assert_eq!(content_fault(&parts().extensions(&[extension]).der()).0, "extension", "{content:x?}");
        let attribute = seq(&[&id, &set(&[utf8("x")])]);
        assert_eq!(content_fault(&parts().attributes(&[attribute]).der()).0, "attribute", "{content:x?}");
        let rdn = tlv(0x30, &tlv(0x31, &seq(&[&id, &utf8("x")])));
        assert_eq!(content_fault(&parts().subject(rdn).der()).0, "subject", "{content:x?}");
    }
    // 2^32 - 1 is an arc.
    let largest = extension("1.2.4294967295", false, b"x");
    assert!(Csr::decode(&parts().extensions(&[largest]).der()).is_ok());
    // 63 octets are the most.
    let long = |arcs: usize| tlv(6, &vec![0x2a; arcs]);
    let of = |id: &[u8]| parts().extensions(&[seq(&[id, &octets(b"x")])]).der();
    assert!(Csr::decode(&of(&long(63))).is_ok());
    assert_eq!(content_fault(&of(&long(64))).0, "extension");
}

#[test]
fn r_csr_2_booleans() {
    let with = |boolean: &[u8]| parts().extensions(&[seq(&[&oid("1.2.3"), boolean, &octets(b"x")])]).der();
    assert!(Csr::decode(&with(&[1, 1, 0xff])).unwrap().extensions().next().unwrap().unwrap().critical);
    assert!(!Csr::decode(&with(&[])).unwrap().extensions().next().unwrap().unwrap().critical);
    assert_eq!(content_fault(&with(&[1, 1, 0])), ("extension", "critical FALSE spelled out"));
    for wrong in [&[1u8, 1, 1][..], &[1, 1, 0xfe], &[1, 0], &[1, 2, 0xff, 0xff]] {
        assert_eq!(content_fault(&with(wrong)), ("extension", "BOOLEAN that is not DER"));
    }
    assert!(matches!(malformed(&with(&[1, 1, 0xff, 1, 1, 0xff])), ("extension", Asn1ErrorKind::Tag { .. })));
}

// --- R-CSR-6: attributes and extensions

#[test]
fn r_csr_6_no_attribute_and_no_extension_twice() {
    let [one, two] = ["1.2.3", "1.2.4"].map(|id| extension_request(&[extension(id, false, &octets(b"x"))]));
    let error = refusal(&parts().attributes(&[one, two]).der());
    assert_eq!(error, CsrError::DuplicateAttribute(Oid::EXTENSION_REQUEST));
    let microsoft = |value: &str| attribute(MS_CERT_EXTENSIONS, &[seq(&[&extension("1.2.3", false, &utf8(value))])]);
    let error = refusal(&parts().attributes(&[microsoft("a"), microsoft("b")]).der());
    assert_eq!(error, CsrError::DuplicateAttribute(Oid::MS_CERT_EXTENSIONS));
    let password = |text: &str| attribute(CHALLENGE_PASSWORD, &[utf8(text)]);
    let error = refusal(&parts().attributes(&[password("a"), password("b")]).der());
    assert_eq!(error, CsrError::DuplicateAttribute(Oid::CHALLENGE_PASSWORD));
    for between in [&[][..], &[extension("1.2.9", false, b"x")]] {
        let mut extensions = vec![extension("2.5.29.15", true, &[3, 2, 7, 0x80])];
        extensions.extend_from_slice(between);
        extensions.push(extension("2.5.29.15", false, &[3, 2, 5, 0xa0]));
        assert_eq!(refusal(&parts().extensions(&extensions).der()), CsrError::DuplicateExtension(Oid::KEY_USAGE));
    }
}

#[test]
fn r_csr_6_one_value_and_no_empty_set() {
    let lists = [tlv(0x30, &extension("1.2.3", false, b"x")), tlv(0x30, &extension("1.2.4", false, b"x"))];
    let two = attribute(EXTENSION_REQUEST, &lists);
    assert_eq!(malformed(&parts().attributes(&[two]).der()), ("extensionRequest", Asn1ErrorKind::Trailing));
    let empty = attribute("1.2.3", &[]);
    assert_eq!(content_fault(&parts().attributes(&[empty]).der()), ("attribute", "attribute without a value"));
    let no_list = attribute(EXTENSION_REQUEST, &[octets(b"x")]);
    assert!(matches!(
        malformed(&parts().attributes(&[no_list]).der()),
        ("extensionRequest", Asn1ErrorKind::Tag { .. })
    ));
    // An empty list asks for nothing, as some clients do.
    let csr = parts().extensions(&[]).der();
    assert_eq!(Csr::decode(&csr).unwrap().extensions().count(), 0);
}

#[test]
fn r_csr_6_the_attribute_of_microsoft_stands_in() {
    let standard = extension_request(&[extension("1.2.3", false, b"standard")]);
    let microsoft = attribute(MS_CERT_EXTENSIONS, &[tlv(0x30, &extension("1.2.4", false, b"microsoft"))]);
    let read = |attributes: &[Vec<u8>]| {
        let der = parts().attributes(attributes).der();
        let csr = Csr::decode(&der).unwrap();
        let oids: Vec<_> = csr.extensions().map(|extension| extension.unwrap().oid.to_string()).collect();
        (oids.join(" "), csr.extension_attribute())
    };
    assert_eq!(read(std::slice::from_ref(&microsoft)), ("1.2.4".to_owned(), Some(Oid::MS_CERT_EXTENSIONS)));
    assert_eq!(read(std::slice::from_ref(&standard)), ("1.2.3".to_owned(), Some(Oid::EXTENSION_REQUEST)));
    assert_eq!(read(&[standard, microsoft.clone()]), ("1.2.3".to_owned(), Some(Oid::EXTENSION_REQUEST)));
    // "Absent" is not "empty".
    assert_eq!(read(&[extension_request(&[]), microsoft]), (String::new(), Some(Oid::EXTENSION_REQUEST)));
    assert_eq!(read(&[]), (String::new(), None));
}

#[test]
fn alternative_names_are_read() {
    let san = |value: &[u8]| parts().extensions(&[extension("2.5.29.17", false, value)]).der();
    assert!(Csr::decode(&san(&dns("a.example"))).is_ok());
    let nul = tlv(0x30, &tlv(0x82, b"a\0b"));
    // A registeredID with an arc of 33 bits.
    let wide = [0x30, 8, 0x88, 6, 0x2a, 0x90, 0x80, 0x80, 0x80, 3];
    let wrong: [&[u8]; 8] =
        [&[0x30, 0], &[], &[0x30, 2, 0x82, 0], &[0x30, 3, 0x82, 5, b'a'], &[4, 0], &nul, &[0x30, 3, 0x8a, 1, 1], &wide];
    for wrong in wrong {
        assert_eq!(malformed(&san(wrong)).0, "subjectAltName", "{wrong:x?}");
    }
    let names = |count: usize| san(&tlv(0x30, &tlv(0x82, b"a").repeat(count)));
    assert!(Csr::decode(&names(2_048)).is_ok());
    assert_eq!(malformed(&names(2_049)).0, "subjectAltName");
}

#[test]
fn budgets() {
    let attributes =
        |count: usize| -> Vec<_> { (0..count).map(|i| attribute(&format!("1.2.3.{i}"), &[utf8("x")])).collect() };
    assert!(Csr::decode(&parts().attributes(&attributes(64)).der()).is_ok());
    assert_eq!(refusal(&parts().attributes(&attributes(65)).der()), CsrError::TooMany { what: "attributes", max: 64 });
    let extensions =
        |count: usize| -> Vec<_> { (0..count).map(|i| extension(&format!("1.2.3.{i}"), false, b"x")).collect() };
    assert!(Csr::decode(&parts().extensions(&extensions(256)).der()).is_ok());
    assert_eq!(
        refusal(&parts().extensions(&extensions(257)).der()),
        CsrError::TooMany { what: "extensions", max: 256 }
    );
    let subject = |count: usize| name(&vec![name_attribute("2.5.4.11", &utf8("x")); count]);
    assert!(Csr::decode(&parts().subject(subject(256)).der()).is_ok());
    assert_eq!(content_fault(&parts().subject(subject(257)).der()).0, "subject");
    let directory = |count: usize| extension("2.5.29.17", false, &seq(&[&tlv(0xa4, &subject(count))]));
    assert!(Csr::decode(&parts().extensions(&[directory(256)]).der()).is_ok());
    assert_eq!(content_fault(&parts().extensions(&[directory(257)]).der()).0, "subjectAltName");
}

// --- R-CSR-5: subjects

#[test]
fn r_csr_5_subjects_pass_byte_for_byte() {
    let attributes = [
        name_attribute("2.5.4.3", &tlv(0x1c, &[0, 0, 0, b'U', 0, 1, 0xf6, 0])),
        name_attribute("2.5.4.3", &tlv(0x14, b"T\xe9l\xe9tex")),
        name_attribute("2.5.4.3", &tlv(0x1e, &[0x20, 0xac, 0, b'B'])),
        name_attribute("2.5.4.3", &utf8(&"x".repeat(104))),
        name_attribute("2.5.4.6", &tlv(0x13, b"a long country with @")),
        name_attribute("1.2.3.4", &octets(b"no text")),
        name_attribute("2.5.4.3", &utf8("")),
        name_attribute("1.2.840.113549.1.9.1", &tlv(0x16, b"a@example.com")),
    ];
    let subject = name(&attributes);
    let der = parts().subject(subject.clone()).der();
    assert_eq!(Csr::decode(&der).unwrap().subject_der(), subject);
    let empty = parts().subject(name(&[])).der();
    assert!(Csr::decode(&empty).unwrap().has_empty_subject());
}

#[test]
fn subjects_that_readers_disagree_on_are_refused() {
    for value in [
        tlv(0x0c, b"\xff"),
        tlv(0x0c, b"\xed\xa0\x80"),
        tlv(0x0c, b"a\0b"),
        tlv(0x13, b"a\0b"),
        tlv(0x16, b"a\0b"),
        tlv(0x16, b"\xe4"),
        tlv(0x1e, &[0, b'a', 0, 0]),
        tlv(0x1e, b"abc"),
        tlv(0x1c, &[0, 0, 0]),
        tlv(0x1c, &[0; 4]),
        tlv(0x2c, &utf8("constructed")),
    ] {
        let subject = name(&[name_attribute("2.5.4.3", &value)]);
        assert_eq!(content_fault(&parts().subject(subject).der()).0, "subject", "{value:x?}");
    }
    let empty_rdn = tlv(0x30, &tlv(0x31, &[]));
    assert_eq!(content_fault(&parts().subject(empty_rdn).der()).0, "subject");
    let no_value = name(&[seq(&[&oid("2.5.4.3")])]);
    assert_eq!(malformed(&parts().subject(no_value).der()), ("subject", Asn1ErrorKind::Truncated));
}
