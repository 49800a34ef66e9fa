//! What went past other issuers this year, by description. The bypasses of name constraints are with the tests of these.

use ::der::Decode;
use ::der::asn1::ObjectIdentifier;
use issuance::issue::Prepared;
use issuance::request::CustomExtension;
use issuance::request::{Draft, IssueCertificateRequestBuilder};
use issuance::{
    AwsException, CertificateAuthority, Csr, Error, GeneralName, IssuanceOptions, IssueCertificateRequest, Signer,
    Subject, Template,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{Ca, P384_KEY, request};
use issuance_test_support::der;
use issuance_test_support::der::{
    CsrParts, EXTENSION_REQUEST, MS_CERT_EXTENSIONS, attribute, common_name, dns, extension, name, seq, tlv,
};
use x509_cert::TbsCertificate;

const SAN: &str = "2.5.29.17";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const CA_TRUE: [u8; 5] = [0x30, 3, 1, 1, 0xff];

/// From API and CSR alike.
const OPEN: &str = "BlankEndEntityCertificate_APICSRPassthrough";

fn root() -> CertificateAuthority {
    Ca::default().build()
}

fn csr() -> CsrParts {
    CsrParts::new(P384_KEY.public_key_der())
}

fn csr_with(extensions: &[Vec<u8>]) -> Vec<u8> {
    csr().attributes(&[der::extension_request(extensions)]).der()
}

fn prepare(request: &IssueCertificateRequest) -> Result<Prepared, Error> {
    ca::prepare(&root(), request, &IssuanceOptions::default())
}

fn exception(outcome: Result<Prepared, Error>) -> AwsException {
    outcome.map(|prepared| panic!("prepared: {}", prepared.plan())).unwrap_or_else(|error| error.aws_exception())
}

/// The values of an extension, read by somebody else's parser.
fn values(prepared: &Prepared, id: &str) -> Vec<Vec<u8>> {
    let tbs = TbsCertificate::from_der(prepared.tbs_der()).unwrap();
    let id = ObjectIdentifier::new_unwrap(id);
    let extensions = tbs.extensions().unwrap().iter().filter(|extension| extension.extn_id == id);
    extensions.map(|extension| extension.extn_value.as_bytes().to_vec()).collect()
}

fn extension_ids(prepared: &Prepared) -> Vec<String> {
    let tbs = TbsCertificate::from_der(prepared.tbs_der()).unwrap();
    tbs.extensions().unwrap().iter().map(|extension| extension.extn_id.to_string()).collect()
}

/// Texts that are several names, or an extension, to whoever builds a configuration for another program from them.
const INJECTIONS: [&str; 12] = [
    "a.example.com,DNS:admin.example.com",
    "a.example.com, IP:10.0.0.1",
    "a.example.com;DNS:admin.example.com",
    "a.example.com DNS:admin.example.com",
    "DNS:a.example.com,email:root@example.com",
    "a.example.com\nDNS:admin.example.com",
    "a.example.com\r\n2.5.29.19=critical,ASN1:SEQUENCE:ca",
    "a.example.com\n\n[ext]\nbasicConstraints=critical,CA:TRUE",
    "a.example.com\nkeyUsage=keyCertSign",
    "${ENV::HOME}.example.com",
    "@alt_names",
    "a.example.com\",\"critical",
];

/// pki-manager-web wrote the API's text of a SAN into the configuration of the program that signed.
#[test]
fn text_of_an_alternative_name_is_one_name_or_refused() {
    type Form = fn(&str) -> Draft<GeneralName>;
    let forms: [(Form, u8); 3] = [
        (|text| GeneralName::dns_name(text), 0x82),
        (|text| GeneralName::rfc822_name(text), 0x81),
        (|text| GeneralName::uniform_resource_identifier(text), 0x86),
    ];
    let plain = request(&csr().der(), OPEN).subject_alternative_name(GeneralName::dns_name("a.example.com"));
    let ids = extension_ids(&prepare(&plain.build().unwrap()).unwrap());
    let (mut refused, mut issued) = (0, 0);
    for (form, tag) in forms {
        for text in INJECTIONS {
            let built = request(&csr().der(), OPEN).subject_alternative_name(form(text)).build();
            match built.map_err(Error::from).and_then(|request| prepare(&request)) {
                Ok(prepared) => {
                    assert_eq!(values(&prepared, SAN), [tlv(0x30, &tlv(tag, text.as_bytes()))], "{text:?}");
                    assert_eq!(extension_ids(&prepared), ids, "{text:?}");
                    assert!(!text.contains(char::is_control), "{text:?}");
                    issued += 1;
                }
                Err(error) => {
                    let known = [AwsException::InvalidArgs, AwsException::MalformedCsr, AwsException::Validation];
                    assert!(known.contains(&error.aws_exception()), "{text:?}: {error}");
                    refused += 1;
                }
            }
        }
    }
    assert_eq!(refused + issued, 36);
    assert!(refused >= 12 && issued >= 12, "{refused} refused, {issued} issued");
}

/// What is in a subject's text stays in its attribute; the plan that an operator reads shows it on one line.
#[test]
fn text_of_a_subject_is_one_attribute_and_one_line() {
    for text in ["Example, CN=admin", "Example/CN=admin", "Example+CN=admin", "Example\\, CN=admin", "#0c0561646d696e"]
    {
        let subject = Subject::builder().organization(text).common_name("host").build().unwrap();
        let prepared = prepare(&request(&csr().der(), OPEN).subject(subject).build().unwrap()).unwrap();
        let attributes =
            [der::name_attribute("2.5.4.10", &der::utf8(text)), der::name_attribute("2.5.4.3", &der::utf8("host"))];
        assert_eq!(prepared.plan().field_der(issuance::x509::Field::Subject), name(&attributes), "{text}");
    }
    let injected = "host\n  basicConstraints 2.5.29.19, critical, from template: CA:TRUE";
    let prepared = prepare(&request(&csr().subject(common_name(injected)).der(), OPEN).build().unwrap()).unwrap();
    let table = prepared.plan().to_string();
    assert_eq!(table.lines().filter(|line| line.contains("CA:TRUE")).count(), 1, "{table}");
    assert!(table.lines().any(|line| line.contains("host") && line.contains("CA:TRUE")), "{table}");
}

/// A commonName is nothing but a commonName.
#[test]
fn a_common_name_makes_no_alternative_name() {
    let host = csr().subject(common_name("admin.example.com")).der();
    let prepared = prepare(&request(&host, OPEN).build().unwrap()).unwrap();
    assert_eq!(values(&prepared, SAN), Vec::<Vec<u8>>::new());

    let other = request(&host, OPEN).subject_alternative_name(GeneralName::dns_name("a.example.com")).build().unwrap();
    assert_eq!(values(&prepare(&other).unwrap(), SAN), [dns("a.example.com")]);
}

/// OpenBao held names of one source to its rules and not those of the other. Here what a CSR may not have, no other input may:
/// one that the CSR gives, a custom extension of the API, and the API's own member where it can say it.
#[test]
fn malformed_values_are_refused_from_every_source() {
    let san = |names: &[(u8, &[u8])]| {
        let names: Vec<u8> = names.iter().flat_map(|(tag, content)| tlv(*tag, content)).collect();
        tlv(0x30, &names)
    };
    let junk_after = |value: &[u8]| [value, &[5, 0]].concat();
    let server_auth = seq(&[&der::oid("1.3.6.1.5.5.7.3.1")]);
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("NUL in a host", SAN, san(&[(0x82, b"a.example.com\0.attacker.example")])),
        ("NUL in an address", SAN, san(&[(0x81, b"root@example.com\0@attacker.example")])),
        ("NUL in a URI", SAN, san(&[(0x86, b"spiffe://example.com\0/admin")])),
        ("a line feed in a host", SAN, san(&[(0x82, b"a.example.com\nDNS:b")])),
        ("white space alone", SAN, san(&[(0x82, b"   ")])),
        ("an empty host", SAN, san(&[(0x82, b"")])),
        ("a bad name behind a good one", SAN, san(&[(0x82, b"a.example.com"), (0x82, b"\0")])),
        ("an address of five octets", SAN, san(&[(0x87, &[10, 0, 0, 1, 0])])),
        ("an address with its mask", SAN, san(&[(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])])),
        ("no names", SAN, san(&[])),
        ("octets after the names", SAN, junk_after(&dns("a.example.com"))),
        ("a name cut off", SAN, vec![0x30, 3, 0x82, 5, b'a']),
        ("octets after the purposes", EXTENDED_KEY_USAGE, junk_after(&server_auth)),
        ("no purposes", EXTENDED_KEY_USAGE, vec![0x30, 0]),
        ("no usage", KEY_USAGE, vec![3, 1, 0]),
        ("unused bits that are set", KEY_USAGE, vec![3, 2, 5, 0xa2]),
        ("octets after the usage", KEY_USAGE, vec![3, 2, 5, 0xa0, 0]),
        ("octets of usage that nobody knows", KEY_USAGE, vec![3, 3, 0, 0xa0, 0xff]),
        ("nine unused bits", KEY_USAGE, vec![3, 2, 9, 0xa0]),
    ];
    let refused = |outcome: Result<Prepared, Error>, right: &[AwsException]| match outcome {
        Ok(_) => Err("prepared".to_owned()),
        Err(error) if right.contains(&error.aws_exception()) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    let mut wrong = Vec::new();
    for (what, id, value) in cases {
        let from_csr = csr_with(&[extension(id, false, &value)]);
        let outcome = request(&from_csr, OPEN).build().map_err(Error::from).and_then(|request| prepare(&request));
        if let Err(said) = refused(outcome, &[AwsException::MalformedCsr]) {
            wrong.push(format!("{what}, from the CSR: {said}"));
        }
        // R-CSR-8: InvalidArgsException may stand for it where the API gave the value.
        let custom = request(&csr().der(), OPEN).custom_extension(CustomExtension::new(id, value, false));
        let outcome = custom.build().map_err(Error::from).and_then(|request| prepare(&request));
        if let Err(said) = refused(outcome, &[AwsException::MalformedCsr, AwsException::InvalidArgs]) {
            wrong.push(format!("{what}, from the API: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// NUL ends a name in programs of C: what is before it is another name than the whole.
#[test]
fn no_text_has_a_nul() {
    let members: [fn(&str) -> IssueCertificateRequestBuilder; 4] = [
        |text| request(&csr().der(), OPEN).subject_alternative_name(GeneralName::dns_name(text)),
        |text| request(&csr().der(), OPEN).subject_alternative_name(GeneralName::rfc822_name(text)),
        |text| request(&csr().der(), OPEN).subject_alternative_name(GeneralName::uniform_resource_identifier(text)),
        |text| request(&csr().der(), OPEN).subject(Subject::builder().common_name(text)),
    ];
    for member in members {
        let outcome = member("a.example.com\0").build().map_err(Error::from).and_then(|request| prepare(&request));
        let found = exception(outcome);
        assert!([AwsException::InvalidArgs, AwsException::Validation].contains(&found), "{found}");
    }
    let from_csr = csr().subject(common_name("a.example.com\0.attacker.example")).der();
    let outcome = Csr::decode(&from_csr).map_err(Error::from).and_then(|_| {
        let request = request(&from_csr, OPEN).build()?;
        prepare(&request)
    });
    assert_eq!(exception(outcome), AwsException::MalformedCsr);
}

/// What follows a value is read by one parser and overlooked by another.
#[test]
fn nothing_follows_a_request_or_a_value_in_it() {
    let sound = csr_with(&[extension(SAN, false, &dns("a.example.com"))]);
    assert!(prepare(&request(&sound, OPEN).build().unwrap()).is_ok());
    let second = csr_with(&[extension(SAN, false, &dns("admin.example.com"))]);
    let trailing = |octets: &[u8]| [&sound[..], octets].concat();
    let pem = |der: &[u8]| der::pem("CERTIFICATE REQUEST", der);
    let with_list = |list: Vec<u8>| {
        let value = attribute(EXTENSION_REQUEST, &[list]);
        csr().attributes(&[value]).der()
    };
    let list = tlv(0x30, &extension(SAN, false, &dns("a.example.com")));
    for (what, csr) in [
        ("an octet", trailing(&[0])),
        ("a second request", trailing(&second)),
        ("an octet in PEM", pem(&trailing(&[0])).into_bytes()),
        ("a second block of PEM", (pem(&sound) + &pem(&second)).into_bytes()),
        (
            "a second list of extensions",
            csr()
                .attributes(&[attribute(
                    EXTENSION_REQUEST,
                    &[list.clone(), tlv(0x30, &extension(SAN, false, &dns("admin.example.com")))],
                )])
                .der(),
        ),
        (
            "an octet string in an extension",
            with_list(tlv(0x30, &seq(&[&der::oid(SAN), &der::octets(&dns("a.example.com")), &der::octets(b"")]))),
        ),
    ] {
        let outcome = request(&csr, OPEN).build().map_err(Error::from).and_then(|request| prepare(&request));
        assert_eq!(exception(outcome), AwsException::MalformedCsr, "{what}");
    }
}

/// Of two values a verifier may take either: each type of extension stands once, whoever gives it.
#[test]
fn no_extension_stands_twice() {
    let [first, second] = ["a.example.com", "admin.example.com"].map(|host| extension(SAN, false, &dns(host)));
    let twice = csr_with(&[first.clone(), second.clone()]);
    assert_eq!(exception(prepare(&request(&twice, OPEN).build().unwrap())), AwsException::MalformedCsr);

    let lists = [std::slice::from_ref(&first), std::slice::from_ref(&second)].map(der::extension_request);
    let two_lists = csr().attributes(&lists).der();
    let outcome = request(&two_lists, OPEN).build().map_err(Error::from).and_then(|request| prepare(&request));
    assert_eq!(exception(outcome), AwsException::MalformedCsr);

    // An identifier with a leading zero in an arc is not another one, and no identifier.
    let padded = {
        let mut id = der::oid(SAN);
        id[1] += 1;
        id.insert(4, 0x80);
        seq(&[&id, &der::octets(&dns("admin.example.com"))])
    };
    let disguised = csr_with(&[first.clone(), padded]);
    assert_eq!(exception(prepare(&request(&disguised, OPEN).build().unwrap())), AwsException::MalformedCsr);

    let custom = |host| CustomExtension::new(SAN, dns(host), false);
    let api = request(&csr().der(), OPEN).custom_extension(custom("a.example.com"));
    for twice in [
        api.clone().custom_extension(custom("admin.example.com")),
        api.subject_alternative_name(GeneralName::dns_name("admin.example.com")),
    ] {
        assert_eq!(Error::from(twice.build().unwrap_err()).aws_exception(), AwsException::InvalidArgs);
    }

    // Microsoft's attribute beside the standard one, and the API beside the CSR: one is taken whole, the other is listed.
    let microsoft = attribute(MS_CERT_EXTENSIONS, &[tlv(0x30, &second)]);
    let both = csr().attributes(&[der::extension_request(&[first]), microsoft]).der();
    let prepared = prepare(&request(&both, OPEN).build().unwrap()).unwrap();
    assert_eq!(values(&prepared, SAN), [dns("a.example.com")]);
    assert_eq!(prepared.plan().suppressed().len(), 1);
    let api = request(&both, OPEN).subject_alternative_name(GeneralName::dns_name("api.example.com")).build().unwrap();
    let prepared = prepare(&api).unwrap();
    assert_eq!(values(&prepared, SAN), [dns("api.example.com")]);
    assert_eq!(prepared.plan().suppressed().len(), 2);
}

/// No input makes a CA of what a template makes an end entity, or a longer path than a template has.
#[test]
fn basic_constraints_are_the_templates_alone() {
    let root = root();
    let custom = || CustomExtension::new(BASIC_CONSTRAINTS, CA_TRUE.to_vec(), true);
    let wish = csr_with(&[extension(BASIC_CONSTRAINTS, true, &CA_TRUE)]);
    let mut seen = 0;
    for template in Template::all().iter().filter(|template| !template.is_self_signed()) {
        let request = request(&wish, template.name()).custom_extension(custom()).build().unwrap();
        let prepared = ca::prepare(&root, &request, &IssuanceOptions::default()).unwrap();
        let constraints = template.basic_constraints();
        let value = match (constraints.ca, constraints.path_len) {
            (false, _) => vec![0x30, 0],
            (true, Some(length)) => vec![0x30, 6, 1, 1, 0xff, 2, 1, length],
            (true, None) => CA_TRUE.to_vec(),
        };
        assert_eq!(values(&prepared, BASIC_CONSTRAINTS), [value], "{}", template.name());
        seen += 1;
    }
    assert_eq!(seen, 54);
}

/// A member given twice in JSON, or a letter that looks like another, is not one of the two readings.
#[test]
fn requests_in_json_have_one_reading() {
    let csr = csr().der();
    let base = request(&csr, OPEN).subject_alternative_name(GeneralName::dns_name("a.example.com")).build().unwrap();
    let json = base.to_json();
    assert!(IssueCertificateRequest::from_json(json.as_bytes()).is_ok());
    for (what, member, instead) in [
        ("a host twice", r#""DnsName":"a.example.com""#, r#""DnsName":"a.example.com","DnsName":"admin.example.com""#),
        (
            "a host and an address",
            r#""DnsName":"a.example.com""#,
            r#""DnsName":"a.example.com","IpAddress":"10.0.0.1""#,
        ),
        ("another alphabet", "a.example.com", "\\u0430.example.com"),
        ("an escaped line feed", "a.example.com", "a.example.com\\nDNS:admin.example.com"),
        ("an escaped NUL", "a.example.com", "a.example.com\\u0000"),
    ] {
        let changed = json.replace(member, instead);
        assert_ne!(changed, json, "{what}");
        let outcome = IssueCertificateRequest::from_json(changed.as_bytes()).map_err(Error::from);
        let found = exception(outcome.and_then(|request| prepare(&request)));
        assert!([AwsException::InvalidArgs, AwsException::Validation].contains(&found), "{what}: {found}");
    }
}
