//! Ways around name constraints that other software let through, by their descriptions: none leads around them here, whichever input
//! brings the name (R-CA-5).

use issuance::authority::CertificateAuthorityType;
use issuance::request::CustomExtension;
use issuance::request::IssueCertificateRequestBuilder;
use issuance::{AwsException, CertificateAuthority, Error, GeneralName, IssuanceOptions, Signer, Subject};
use issuance_test_support::ca;
use issuance_test_support::ca::{Ca, request};
use issuance_test_support::der;
use issuance_test_support::der::{CsrParts, extension, name, name_attribute, seq, tlv, utf8};
use issuance_test_support::verifiers::AnySignature;

/// A GeneralName as the tag and content of its DER.
type Name = (u8, Vec<u8>);

const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const DIRECTORY: u8 = 0xa4;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

fn dns(text: &str) -> Name {
    (DNS, text.into())
}

fn uri(text: &str) -> Name {
    (URI, text.into())
}

fn email(text: &str) -> Name {
    (EMAIL, text.into())
}

fn ip(text: &str) -> Name {
    let octets = match text.parse().unwrap() {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    };
    (IP, octets)
}

/// An IPv4 subnet with a mask of whole octets.
fn net(text: &str, octets: usize) -> Name {
    let mut base = ip(text).1;
    base.extend((0..4).map(|place| if place < octets { 0xff } else { 0 }));
    (IP, base)
}

/// Relative distinguished names of one attribute each: C, O, OU and CN by their first letters.
fn distinguished(attributes: &[(&str, &str)]) -> Vec<u8> {
    let types = [("C", "2.5.4.6"), ("O", "2.5.4.10"), ("OU", "2.5.4.11"), ("CN", "2.5.4.3"), ("L", "2.5.4.7")];
    let id = |short: &str| types.iter().find(|(name, _)| *name == short).unwrap().1;
    name(&attributes.iter().map(|(short, value)| name_attribute(id(short), &utf8(value))).collect::<Vec<_>>())
}

fn directory(attributes: &[(&str, &str)]) -> Name {
    (DIRECTORY, distinguished(attributes))
}

/// An authority whose certificate has these constraints.
fn constrained(permitted: &[Name], excluded: &[Name]) -> CertificateAuthority {
    let subtrees = |number: u8, bases: &[Name]| match bases {
        [] => Vec::new(),
        bases => tlv(number, &bases.iter().flat_map(|(tag, base)| seq(&[&tlv(*tag, base)])).collect::<Vec<_>>()),
    };
    let constraints = seq(&[&subtrees(0xa0, permitted), &subtrees(0xa1, excluded)]);
    Ca {
        template: "BlankRootCACertificate_APIPassthrough",
        extension: Some(("2.5.29.30", true, &constraints)),
        ..Ca::default()
    }
    .build()
}

fn general_names((tag, content): &Name) -> Vec<u8> {
    seq(&[&tlv(*tag, content)])
}

/// The name as a member of the API, where the API has one for it.
fn api_name((tag, content): &Name) -> Option<GeneralName> {
    let text = || String::from_utf8(content.clone()).unwrap();
    let address = |octets: &[u8]| match <[u8; 4]>::try_from(octets) {
        Ok(v4) => std::net::Ipv4Addr::from(v4).to_string(),
        Err(_) => std::net::Ipv6Addr::from(<[u8; 16]>::try_from(octets).unwrap()).to_string(),
    };
    let draft = match *tag {
        EMAIL => GeneralName::rfc822_name(text()),
        DNS if content.is_ascii() => GeneralName::dns_name(text()),
        URI => GeneralName::uniform_resource_identifier(text()),
        IP => GeneralName::ip_address(address(content)),
        _ => return None,
    };
    Some(draft.build().unwrap())
}

/// A request for each way that a name can take into a certificate.
fn ways(name: &Name) -> Vec<(&'static str, IssueCertificateRequestBuilder)> {
    let key = ca::LEAF_KEY.public_key_der();
    let names = general_names(name);
    let csr = |id: &str| CsrParts::new(key).extensions(&[extension(id, false, &names)]).der();
    let plain = CsrParts::new(key).der();
    let custom = |id: &str| CustomExtension::new(id, names.clone(), false);
    let blank = || request(&plain, "BlankEndEntityCertificate_APIPassthrough");
    let mut ways = vec![
        ("the CSR's SAN under a base template", request(&csr("2.5.29.17"), "EndEntityCertificate")),
        ("the CSR's SAN", request(&csr("2.5.29.17"), "BlankEndEntityCertificate_APICSRPassthrough")),
        ("the CSR's SAN of 1994", request(&csr("2.5.29.7"), "BlankEndEntityCertificate_CSRPassthrough")),
        ("a custom SAN", blank().custom_extension(custom("2.5.29.17"))),
        ("a custom SAN of 1994", blank().custom_extension(custom("2.5.29.7"))),
        ("the SAN of a CA", request(&csr("2.5.29.17"), "SubordinateCACertificate_PathLen0")),
    ];
    if let Some(name) = api_name(name) {
        ways.push(("the API's SAN", blank().subject_alternative_name(name)));
    }
    if name.0 == DIRECTORY {
        let csr = CsrParts::new(key).subject(name.1.clone()).der();
        ways.push(("the CSR's subject", request(&csr, "EndEntityCertificate")));
    }
    ways
}

fn issue(authority: &CertificateAuthority, request: IssueCertificateRequestBuilder) -> Result<(), Error> {
    ca::prepare(authority, &request.build().unwrap(), &IssuanceOptions::default()).map(drop)
}

fn passes(authority: &CertificateAuthority, name: &Name) {
    for (way, request) in ways(name) {
        if let Err(error) = issue(authority, request) {
            panic!("{way}: {error}");
        }
    }
}

fn is_refused(authority: &CertificateAuthority, name: &Name) {
    for (way, request) in ways(name) {
        let error = issue(authority, request).expect_err(way);
        assert!(matches!(error, Error::NameConstraint(_)), "{way}: {error}");
        assert_eq!(error.aws_exception(), AwsException::Validation, "{way}");
    }
}

/// Permitted by no constraint and excluded by one: the two ways to forbid what is not within `base`, and what is.
fn within(base: &Name, inside: &[Name], outside: &[Name]) {
    // The subject of these requests must be free where directory names are constrained.
    let (permitted, excluded) =
        (constrained(std::slice::from_ref(base), &[]), constrained(&[], std::slice::from_ref(base)));
    for name in inside {
        if base.0 != DIRECTORY {
            passes(&permitted, name);
        }
        is_refused(&excluded, name);
    }
    for name in outside {
        is_refused(&permitted, name);
        passes(&excluded, name);
    }
}

/// A subtree of directory names was matched as a suffix, or anywhere, or as text: Bouncy Castle.
#[test]
fn directory_subtrees_are_prefixes_of_relative_distinguished_names() {
    let base = directory(&[("C", "US"), ("O", "Example")]);
    let inside = [
        directory(&[("C", "US"), ("O", "Example")]),
        directory(&[("C", "us"), ("O", " EXAMPLE "), ("CN", "leaf")]),
        directory(&[("C", "US"), ("O", "Example"), ("O", "Other"), ("CN", "leaf")]),
    ];
    let outside = [
        directory(&[("O", "Example"), ("C", "US")]),
        directory(&[("CN", "leaf"), ("C", "US"), ("O", "Example")]),
        directory(&[("C", "US"), ("OU", "x"), ("O", "Example")]),
        directory(&[("C", "US"), ("O", "Example Evil")]),
        directory(&[("C", "US"), ("O", "Example, CN=leaf")]),
        directory(&[("C", "US"), ("O", "Evil"), ("O", "Example")]),
        directory(&[("C", "US")]),
        directory(&[("O", "Example")]),
    ];
    within(&base, &inside, &outside);
    // One relative distinguished name of two attributes is not two of one.
    let both = [name_attribute("2.5.4.6", &utf8("US")), name_attribute("2.5.4.10", &utf8("Example"))];
    is_refused(&constrained(std::slice::from_ref(&base), &[]), &(DIRECTORY, tlv(0x30, &der::set(&both))));
    // The subject is held like a directoryName, from the API as from the CSR.
    let permitted = constrained(std::slice::from_ref(&base), &[]);
    let plain = CsrParts::new(ca::LEAF_KEY.public_key_der()).der();
    let with = |organization: &str| {
        let subject = Subject::builder().country("US").organization(organization).common_name("leaf");
        issue(&permitted, request(&plain, "BlankEndEntityCertificate_APIPassthrough").subject(subject))
    };
    assert!(with("Example").is_ok());
    assert!(matches!(with("Example Evil"), Err(Error::NameConstraint(_))));
}

/// The host of a URI was looked for in the wrong place: user information, port, path, query, and addresses in brackets.
#[test]
fn the_host_of_a_uri_is_its_host() {
    let inside = [
        uri("https://example.com/"),
        uri("https://EXAMPLE.com:8443/p?evil.org#evil.org"),
        uri("https://evil.org:x@example.com/"),
        uri("https://example.com./"),
        uri("https://example.com?@evil.org"),
        uri("https://example.com#@evil.org"),
    ];
    let outside = [
        uri("https://evil.org/"),
        uri("https://example.com@evil.org/"),
        uri("https://example.com:443@evil.org:443/"),
        uri("https://evil.org/example.com"),
        uri("https://evil.org?example.com"),
        uri("https://evil.org#@example.com"),
        uri("https://example.com.evil.org/"),
    ];
    within(&uri("example.com"), &inside, &outside);
    // Where no host can be told for sure, neither kind of constraint lets the name pass.
    for authority in [constrained(&[uri("example.com")], &[]), constrained(&[], &[uri("evil.org")])] {
        for text in [
            "https://[2001:db8::1]/",
            "https://[::ffff:10.0.0.1]:443/",
            "https://10.0.0.1/",
            "https://0x0a000001/",
            "https://167772161/",
            "https://evil.org\\@example.com/",
            "https://evil.org%2f@example.com@example.com/",
            "https://ex%61mple.com/",
            "https:example.com",
            "urn:example.com",
            "//example.com/",
        ] {
            is_refused(&authority, &uri(text));
        }
    }
}

/// A dot at the end named another host than the constraint, to the CA alone: Bouncy Castle C#.
#[test]
fn a_dot_at_the_end_does_not_leave_a_subtree() {
    for end in [".", ".."] {
        within(
            &dns("example.com"),
            &[
                dns(&format!("example.com{end}")),
                dns(&format!("www.EXAMPLE.com{end}")),
                dns(&format!("*.example.com{end}")),
            ],
            &[dns(&format!("badexample.com{end}")), dns(&format!("example.com.evil.org{end}"))],
        );
    }
    within(&dns("example.com."), &[dns("www.example.com"), dns("www.example.com.")], &[dns("example.org.")]);
    within(&email("example.com"), &[email("a@example.com.")], &[email("a@example.org.")]);
    within(&uri("example.com"), &[uri("https://example.com.:443/")], &[uri("https://example.org./")]);
}

/// A commonName was not reached by constraints on names: wolfSSL. It is part of the directory name, and its e-mail attribute a
/// mailbox; a commonName like a host is the plan's warning.
#[test]
fn the_subject_is_reached_by_constraints() {
    let key = ca::LEAF_KEY.public_key_der();
    let csr = |attributes: &[Vec<u8>]| CsrParts::new(key).subject(name(attributes)).der();
    let common_name = name_attribute("2.5.4.3", &utf8("www.evil.org"));
    let authority = constrained(&[], &[directory(&[("CN", "www.evil.org")])]);
    for template in ["EndEntityCertificate", "SubordinateCACertificate_PathLen0"] {
        let error = issue(&authority, request(&csr(std::slice::from_ref(&common_name)), template)).unwrap_err();
        assert!(matches!(error, Error::NameConstraint(_)), "{error}");
    }
    let mailbox = |value: Vec<u8>| csr(&[common_name.clone(), name_attribute("1.2.840.113549.1.9.1", &value)]);
    let authority = constrained(&[email("example.com")], &[]);
    for text in ["a@evil.org", "a@example.com@evil.org", "a@EXAMPLE.com.evil.org"] {
        for tag in [0x16, 0x0c, 0x14] {
            let error = issue(&authority, request(&mailbox(tlv(tag, text.as_bytes())), "EndEntityCertificate"));
            assert!(matches!(error, Err(Error::NameConstraint(_))), "{text}");
        }
    }
    assert!(issue(&authority, request(&mailbox(tlv(0x16, b"a@Example.com")), "EndEntityCertificate")).is_ok());
}

/// Address ranges bound the names of one input and not those of another: OpenBao. And an IPv4 address in the form of IPv6 left
/// the range.
#[test]
fn address_ranges_bind_every_input_and_form() {
    let range = net("10.0.0.0", 1);
    within(&range, &[ip("10.255.0.1")], &[ip("11.0.0.1"), ip("192.0.2.1")]);
    let (permitted, excluded) = (constrained(std::slice::from_ref(&range), &[]), constrained(&[], &[range]));
    for address in ["::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1"] {
        is_refused(&permitted, &ip(address));
        is_refused(&excluded, &ip(address));
    }
    for address in ["2001:db8::10.0.0.1", "::ffff:11.0.0.1", "::1", "::"] {
        is_refused(&permitted, &ip(address));
        passes(&excluded, &ip(address));
    }
}

/// Upper case, in the name and in the constraint.
#[test]
fn case_does_not_leave_a_subtree() {
    within(&dns("EXAMPLE.com"), &[dns("www.example.COM"), dns("Example.Com")], &[dns("EXAMPLE.org")]);
    within(&email("EXAMPLE.com"), &[email("a@example.COM")], &[email("a@EXAMPLE.org")]);
    within(&uri(".EXAMPLE.com"), &[uri("HTTPS://www.example.COM/")], &[uri("https://EXAMPLE.com/")]);
    within(
        &directory(&[("O", "EXAMPLE")]),
        &[directory(&[("O", "eXample"), ("CN", "x")])],
        &[directory(&[("O", "Exampl")])],
    );
}

/// A wildcard stood for a host in an excluded subtree, in its first label or in another.
#[test]
fn wildcards_do_not_reach_into_excluded_subtrees() {
    let excluded = constrained(&[], &[dns("secret.example.com")]);
    for text in [
        "*.example.com",
        "s*.example.com",
        "*t.EXAMPLE.com",
        "s*t.example.com.",
        "a.*.example.com",
        "*.*.com",
        "a.secret.*.com",
    ] {
        is_refused(&excluded, &dns(text));
    }
    for text in ["*.example.org", "a*.example.com", "*.public.example.com", "example.com"] {
        passes(&excluded, &dns(text));
    }
    // Nor does one stand for more than is permitted.
    let permitted = constrained(&[dns("www.example.com")], &[]);
    for text in ["*.example.com", "w*.example.com", "*", "*.com"] {
        is_refused(&permitted, &dns(text));
    }
}

/// Hosts of letters beyond ASCII stand as A-labels in certificates; their case and their dots do not matter, and another spelling
/// of the same host is another one to every verifier.
#[test]
fn internationalised_hosts_are_compared_as_a_labels() {
    within(
        &dns("xn--bcher-kva.example"),
        &[dns("XN--BCHER-KVA.example"), dns("www.xn--bcher-KVA.EXAMPLE.")],
        &[dns("bucher.example"), dns("xn--bcher-kva.evil.example")],
    );
    // Bytes beyond ASCII are not a host.
    let authority = constrained(&[], &[dns("evil.org")]);
    for (way, request) in ways(&dns("bücher.example")) {
        assert!(issue(&authority, request).is_err(), "{way}");
    }
}

/// The constraints of every certificate above count, and the imported certificate cannot be wider than they are.
#[test]
fn constraints_of_the_whole_chain_bind() {
    let root = constrained(&[dns("example.com")], &[dns("secret.example.com")]);
    let options = IssuanceOptions::default();
    let wide = seq(&[&tlv(0xa0, &seq(&[&tlv(DNS, b"com")]))]);
    let template = "BlankSubordinateCACertificate_PathLen0_APIPassthrough";
    let below = ca::subordinate(&root, &*ca::CA_KEY, "Below", template, &options, Some(("2.5.29.30", true, &wide)));
    assert_eq!(below.authority_type(), CertificateAuthorityType::Subordinate);
    let issue = |text: &str| {
        let csr = CsrParts::new(ca::LEAF_KEY.public_key_der());
        let csr = csr.extensions(&[extension("2.5.29.17", false, &general_names(&dns(text)))]).der();
        issue(&below, request(&csr, "EndEntityCertificate"))
    };
    assert!(issue("www.example.com").is_ok());
    for text in ["www.example.org", "a.secret.example.com", "evil.com"] {
        assert!(matches!(issue(text), Err(Error::NameConstraint(_))), "{text}");
    }
    // Without the chain its constraints cannot be enforced; its own still are.
    let alone = CertificateAuthority::builder(ca::CA_ARN.parse().unwrap(), CertificateAuthorityType::Subordinate)
        .build_from_certificate(below.certificate_der().unwrap(), b"", &AnySignature)
        .unwrap();
    is_refused_dns(&alone, "www.example.org");
}

fn is_refused_dns(authority: &CertificateAuthority, text: &str) {
    let csr = CsrParts::new(ca::LEAF_KEY.public_key_der());
    let csr = csr.extensions(&[extension("2.5.29.17", false, &general_names(&dns(text)))]).der();
    assert!(matches!(issue(authority, request(&csr, "EndEntityCertificate")), Err(Error::NameConstraint(_))), "{text}");
}
