//! Vectors marked `openssl` are the answers of `openssl verify` 3.0.19 to a CA and a leaf with these names; those marked
//! `ours` are where we refuse or accept what it does not, and why.

use proptest::prelude::*;

use super::*;
use crate::x509::asn1::writer::Writer;
use crate::x509::name::tests::{name, utf8};

const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const DIRECTORY: u8 = 0xa4;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

type Names<'a> = &'a [(u8, &'a [u8])];

fn der(permitted: Names<'_>, excluded: Names<'_>) -> Vec<u8> {
    let mut writer = Writer::with_capacity(64);
    writer.sequence(|w| {
        for (number, subtrees) in [(0, permitted), (1, excluded)] {
            if !subtrees.is_empty() {
                w.nested(tag::context_constructed(number), |w| {
                    subtrees.iter().for_each(|(tag, base)| w.sequence(|w| w.primitive(*tag, base)));
                });
            }
        }
    });
    writer.into_vec()
}

fn constraints(permitted: Names<'_>, excluded: Names<'_>) -> NameConstraints {
    NameConstraints::from_der(&der(permitted, excluded)).unwrap()
}

fn san(names: Names<'_>) -> Vec<u8> {
    let mut writer = Writer::with_capacity(64);
    writer.sequence(|w| names.iter().for_each(|(tag, content)| w.primitive(*tag, content)));
    writer.into_vec()
}

fn subject() -> Vec<u8> {
    name(&[&[utf8(Oid::ORGANIZATION, "Example")], &[utf8(Oid::COMMON_NAME, "leaf")]])
}

/// Whether one constraint of a form lets one alternative name of that form pass.
fn permits(tag: u8, base: &[u8], text: &[u8]) -> bool {
    constraints(&[(tag, base)], &[]).check(&subject(), &[&san(&[(tag, text)])]).is_ok()
}

fn excludes(tag: u8, base: &[u8], text: &[u8]) -> bool {
    constraints(&[], &[(tag, base)]).check(&subject(), &[&san(&[(tag, text)])]).is_err()
}

#[test]
fn dns_subtrees() {
    for (base, text, inside) in [
        // openssl
        ("example.com", "example.com", true),
        ("example.com", "www.example.com", true),
        ("example.com", "WWW.EXAMPLE.com", true),
        ("example.com", "badexample.com", false),
        ("example.com", "*.example.com", true),
        ("example.com", "*.com", false),
        (".example.com", "example.com", false),
        (".example.com", "www.example.com", true),
        (".example.com", "a.b.example.com", true),
        ("", "x", true),
        // ours: a trailing dot names the same host
        ("example.com", "www.example.com.", true),
        ("example.com.", "www.example.com", true),
        (".example.com", "www.example.com..", true),
        (".example.com", "example.com.", false),
    ] {
        assert_eq!(permits(DNS, base.as_bytes(), text.as_bytes()), inside, "{base} {text}");
    }
    for (base, text, inside) in [
        // openssl
        ("example.com", "www.example.com", true),
        ("example.com", "badexample.com", false),
        (".example.com", "*.example.com", true),
        ("", "x", true),
        // ours: a trailing dot names the same host
        ("example.com", "example.com.", true),
        // ours: a verifier that expands the wildcard would accept the excluded host
        ("foo.example.com", "*.example.com", true),
        ("foo.example.com", "f*.example.com", true),
        ("foo.example.com", "*.example.org", false),
        ("foo.bar.example.com", "*.example.com", false),
    ] {
        assert_eq!(excludes(DNS, base.as_bytes(), text.as_bytes()), inside, "{base} {text}");
    }
}

#[test]
fn email_subtrees() {
    for (base, text, inside) in [
        // openssl
        ("example.com", "a@example.com", true),
        ("example.com", "a@EXAMPLE.com", true),
        ("example.com", "a@www.example.com", false),
        (".example.com", "a@www.example.com", true),
        (".example.com", "a@example.com", false),
        ("a@example.com", "a@example.com", true),
        ("a@example.com", "A@example.com", false),
        ("a@example.com", "a@EXAMPLE.com", true),
        ("example.com", "nohost", false),
        ("", "a@b", false),
        // the last @ divides
        ("example.com", "\"a@evil.org\"@example.com", true),
        ("example.com", "\"a@example.com\"@evil.org", false),
        ("example.com", "@example.com", false),
        ("example.com", "a@", false),
    ] {
        assert_eq!(permits(EMAIL, base.as_bytes(), text.as_bytes()), inside, "{base} {text}");
    }
    for (base, text, inside) in [
        // openssl
        ("", "a@b", false),
        ("example.com", "nohost", true),
        // ours: a trailing dot names the same host
        ("example.com", "a@example.com.", true),
        ("example.com", "a@www.example.com", false),
    ] {
        assert_eq!(excludes(EMAIL, base.as_bytes(), text.as_bytes()), inside, "{base} {text}");
    }
}

#[test]
fn uri_subtrees() {
    for (base, text, inside) in [
        // openssl
        ("example.com", "https://example.com/p", true),
        ("example.com", "https://www.example.com/p", false),
        (".example.com", "https://www.example.com/p", true),
        (".example.com", "https://example.com/p", false),
        ("example.com", "https://EXAMPLE.com:8443/p", true),
        ("example.com", "urn:uuid:1", false),
        ("example.com", "https://192.0.2.1/", false),
        ("", "https://example.com/", false),
        // ours: it mistakes these for other hosts
        ("example.com", "https://u:p@example.com/", true),
        ("example.com", "https://example.com?q", true),
        ("example.com", "https://evil.org?q=example.com", false),
    ] {
        assert_eq!(permits(URI, base.as_bytes(), text.as_bytes()), inside, "{base} {text}");
    }
    for (base, text, inside) in [
        // openssl
        ("example.com", "urn:uuid:1", true),
        ("", "https://example.com/", false),
        // ours: RFC 5280 section 4.2.1.10 rejects addresses, openssl compares them as text
        ("example.com", "https://192.0.2.1/", true),
        ("example.com", "https://[2001:db8::1]/", true),
        // ours: it compares `u` here
        ("example.com", "https://u:p@example.com/", true),
        ("example.com", "https://example.com./", true),
        ("example.com", "https://example.org/", false),
    ] {
        assert_eq!(excludes(URI, base.as_bytes(), text.as_bytes()), inside, "{base} {text}");
    }
}

#[test]
fn ip_subtrees() {
    let net = [192, 0, 2, 0, 255, 255, 255, 0];
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let v6_net: Vec<u8> = v6[..4].iter().chain(&[0; 12]).chain(&[255; 4]).chain(&[0; 12]).copied().collect();
    // openssl, but for the IPv6 subnet
    assert!(permits(IP, &net, &[192, 0, 2, 9]));
    assert!(!permits(IP, &net, &[192, 0, 3, 9]));
    assert!(!permits(IP, &net, &v6));
    assert!(!excludes(IP, &net, &v6));
    assert!(excludes(IP, &[0; 8], &[192, 0, 2, 9]));
    assert!(permits(IP, &[192, 0, 2, 7, 255, 255, 255, 0], &[192, 0, 2, 9]));
    assert!(permits(IP, &v6_net, &v6));
    assert!(!permits(IP, &v6_net, &[0x20; 16]));
    assert!(!permits(IP, &[0; 8], &[1, 2, 3]));
}

/// `text` as an iPAddress.
fn ip(text: &str) -> Vec<u8> {
    match text.parse().unwrap() {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// `address/length` as the base of a subtree.
fn net(text: &str) -> Vec<u8> {
    let (address, length) = text.split_once('/').unwrap();
    let (mut octets, length) = (ip(address), length.parse::<usize>().unwrap());
    let mask = (0..octets.len() * 8).map(|bit| u8::from(bit < length) << (7 - bit % 8)).collect::<Vec<_>>();
    octets.extend(mask.chunks(8).map(|bits| bits.iter().sum::<u8>()).collect::<Vec<_>>());
    octets
}

#[test]
fn an_address_that_embeds_another_passes_as_either() {
    let excluded = |base, address| excludes(IP, &net(base), &ip(address));
    for address in ["::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "10.0.0.1"] {
        assert!(excluded("10.0.0.0/8", address), "{address}");
        assert!(!excluded("11.0.0.0/8", address), "{address}");
    }
    // Neither the unspecified nor the loopback address embeds one, and no other prefix does.
    for address in ["::", "::1", "64:ff9b:1::10.0.0.1", "2001:db8::10.0.0.1", "::fffe:10.0.0.1", "::ffff:0:10.0.0.1"] {
        assert!(!excluded("0.0.0.0/0", address), "{address}");
    }
    assert!(excluded("0.0.0.0/8", "::2"));
    assert!(excluded("::/8", "::ffff:10.0.0.1"));
    assert!(!excluded("::/0", "10.0.0.1"));
    // One permitted reading is not enough.
    let permits = |bases: &[&str], address| {
        let bases: Vec<_> = bases.iter().map(|base| net(base)).collect();
        let bases: Vec<_> = bases.iter().map(|base| (IP, &base[..])).collect();
        constraints(&bases, &[]).check(&subject(), &[&san(&[(IP, &ip(address))])])
    };
    assert_eq!(permits(&["10.0.0.0/8", "::/0"], "::ffff:10.0.0.1"), Ok(()));
    assert!(permits(&["10.0.0.0/8"], "::ffff:10.0.0.1").is_err());
    assert_eq!(permits(&["::/0"], "2001:db8::1"), Ok(()));
    assert_eq!(
        permits(&["::/0", "192.0.2.0/24"], "::ffff:10.0.0.1").unwrap_err().to_string(),
        "IP:::ffff:10.0.0.1 (to some verifiers IP:10.0.0.1) is outside every permitted subtree (IP:::/0, IP:192.0.2.0/24)"
    );
}

#[test]
fn names_of_1994_are_names() {
    let (today, of_1994) = (san(&[(DNS, b"www.example.com")]), san(&[(DNS, b"evil.org")]));
    for set in [constraints(&[(DNS, b"example.com")], &[]), constraints(&[], &[(DNS, b"evil.org")])] {
        assert_eq!(set.check(&subject(), &[&today]), Ok(()));
        assert!(set.check(&subject(), &[&of_1994]).is_err());
        assert!(set.check(&subject(), &[&today, &of_1994]).is_err());
        assert!(set.check(&subject(), &[&of_1994, &today]).is_err());
        // One that cannot be read is held by nothing.
        assert!(matches!(set.check(&subject(), &[&today, &[0x30, 1]]), Err(NameConstraintViolation::Malformed(_))));
    }
    assert_eq!(pieces_of_names(&name(&[]), &[&today, &of_1994]), 3);
}

#[test]
fn directory_subtrees_and_the_subject() {
    let (us, corp) = (utf8(Oid::COUNTRY, "US"), utf8(Oid::ORGANIZATION, "Example"));
    let leaf = utf8(Oid::COMMON_NAME, "x");
    let base = name(&[&[us], &[corp]]);
    let (permitted, excluded) = (constraints(&[(DIRECTORY, &base)], &[]), constraints(&[], &[(DIRECTORY, &base)]));
    // openssl
    for (subject, inside) in [
        (name(&[&[us], &[corp], &[leaf]]), true),
        (name(&[&[us], &[utf8(Oid::ORGANIZATION, " EXAMPLE ")], &[leaf]]), true),
        (name(&[&[corp], &[us], &[leaf]]), false),
    ] {
        assert_eq!(permitted.check(&subject, &[]).is_ok(), inside);
        assert_eq!(excluded.check(&subject, &[]).is_err(), inside);
    }
    // An empty subject is no name; directory names in the SAN are.
    let dns = san(&[(DNS, b"x")]);
    assert_eq!(permitted.check(&name(&[]), &[&dns]), Ok(()));
    let elsewhere = san(&[(DIRECTORY, &name(&[&[utf8(Oid::COUNTRY, "DE")]]))]);
    assert!(permitted.check(&base, &[&elsewhere]).is_err());
    assert!(permitted.check(&name(&[]), &[&elsewhere]).is_err());
    assert_eq!(constraints(&[(DIRECTORY, &name(&[]))], &[]).check(&base, &[&dns]), Ok(()));
}

#[test]
fn directory_names_that_cannot_be_compared_pass_nowhere() {
    const GENERAL_STRING: u8 = 0x1b;
    let base = name(&[&[utf8(Oid::ORGANIZATION, "Example")]]);
    let odd = name(&[&[(Oid::ORGANIZATION, GENERAL_STRING, b"Example")], &[utf8(Oid::COMMON_NAME, "x")]]);
    let excluded = constraints(&[], &[(DIRECTORY, &base)]);
    assert_eq!(
        excluded.check(&odd, &[]).unwrap_err().to_string(),
        "DirName:O=#1B074578616D706C65, CN=x cannot be held against the name constraints of its form: an attribute has a type \
         that is not text"
    );
    assert!(excluded.check(&name(&[]), &[&san(&[(DIRECTORY, &odd)])]).is_err());
    assert!(constraints(&[(DIRECTORY, &base)], &[]).check(&odd, &[]).is_err());
    // What else differs decides.
    let elsewhere = name(&[&[(Oid::COMMON_NAME, GENERAL_STRING, b"Example")]]);
    assert_eq!(excluded.check(&elsewhere, &[]), Ok(()));
}

#[test]
fn email_addresses_of_the_subject() {
    let with = |tag, text| name(&[&[utf8(Oid::COMMON_NAME, "x")], &[(Oid::EMAIL_ADDRESS, tag, text)]]);
    let permitted = constraints(&[(EMAIL, b"example.com")], &[]);
    // openssl
    assert!(permitted.check(&with(tag::IA5_STRING, b"a@evil.org"), &[]).is_err());
    assert!(permitted.check(&with(tag::IA5_STRING, b"a@evil.org"), &[&san(&[(DNS, b"x")])]).is_err());
    assert!(permitted.check(&with(tag::IA5_STRING, b"a@example.com"), &[]).is_ok());
    // ours: an rfc822Name stands in for the attribute, as RFC 5280 has it
    let email = san(&[(EMAIL, b"a@example.com")]);
    assert!(permitted.check(&with(tag::IA5_STRING, b"a@evil.org"), &[&email]).is_err());
    // Whatever the string type, and never past what cannot be read.
    assert!(permitted.check(&with(tag::UTF8_STRING, b"a@evil.org"), &[]).is_err());
    assert!(permitted.check(&with(tag::UTF8_STRING, b"a@example.com"), &[]).is_ok());
    assert!(permitted.check(&with(tag::BMP_STRING, b"\0a\0@\0e"), &[]).is_err());
    assert!(permitted.check(&with(tag::OCTET_STRING, b"a@example.com"), &[]).is_err());
    assert!(permitted.check(&with(tag::UTF8_STRING, "ä@example.com".as_bytes()), &[]).is_err());
    assert!(constraints(&[(DNS, b"x")], &[]).check(&with(tag::OCTET_STRING, b"?"), &[]).is_ok());
}

#[test]
fn internationalized_mailboxes_are_mailboxes() {
    // RFC 9598 section 6, as OpenSSL has it: an otherName of this type is held against the constraints on rfc822Name.
    let mailbox = |tag, text: &str| {
        let mut w = Writer::with_capacity(64);
        w.raw(&[6, 8, 0x2b, 6, 1, 5, 5, 7, 8, 9]);
        w.nested(0xa0, |w| w.primitive(tag, text.as_bytes()));
        san(&[(0xa0, &w.into_vec())])
    };
    let permitted = constraints(&[(EMAIL, b"example.com")], &[]);
    let excluded = constraints(&[], &[(EMAIL, b"example.com")]);
    for (text, inside) in [("ü@example.com", true), ("ü@EXAMPLE.com", true), ("ü@evil.org", false)] {
        let san = mailbox(tag::UTF8_STRING, text);
        assert_eq!(permitted.check(&subject(), &[&san]).is_ok(), inside, "{text}");
        assert_eq!(excluded.check(&subject(), &[&san]).is_err(), inside, "{text}");
    }
    // What cannot be compared passes nowhere, and nobody asks where mailboxes are not constrained.
    for san in
        [mailbox(tag::UTF8_STRING, "ü@exämple.com"), mailbox(tag::UTF8_STRING, "ü"), mailbox(tag::OCTET_STRING, "a@b")]
    {
        for set in [&permitted, &excluded] {
            let refused = set.check(&subject(), &[&san]).unwrap_err();
            assert!(matches!(refused, NameConstraintViolation::NotComparable { .. }), "{refused}");
        }
        assert_eq!(constraints(&[(DNS, b"x")], &[]).check(&subject(), &[&san]), Ok(()));
    }
}

#[test]
fn forms_do_not_touch_one_another() {
    let others = san(&[
        (0xa0, &[6, 1, 0x2a, 0xa0, 2, 5, 0]),
        (0xa3, &[]),
        (0x88, &[0x2a]),
        (IP, &[192, 0, 2, 1]),
        (URI, b"urn:uuid:1"),
        (EMAIL, b"nohost"),
    ]);
    let both = constraints(&[(DNS, b"example.com")], &[(DNS, b"secret.example.com")]);
    assert_eq!(both.check(&subject(), &[&others]), Ok(()));
    assert_eq!(both.check(&name(&[]), &[]), Ok(()));
    let names = |text| san(&[(DNS, b"example.com"), (DNS, text)]);
    assert_eq!(both.check(&subject(), &[&names(b"www.example.com")]), Ok(()));
    assert!(both.check(&subject(), &[&names(b"a.secret.example.com")]).is_err());
    assert!(both.check(&subject(), &[&names(b"example.org")]).is_err());
}

#[test]
fn the_documented_examples_hold() {
    // From the service's user guide: permitted DNS and an empty permitted URI.
    let guide =
        constraints(&[(DNS, b".private"), (DNS, b".local"), (DNS, b".corp"), (URI, b"")], &[(DNS, b".secret.corp")]);
    for (names, passes) in [
        (&[(DNS, &b"a.private"[..])], true),
        (&[(DNS, b"a.corp")], true),
        (&[(DNS, b"a.secret.corp")], false),
        (&[(DNS, b"a.example")], false),
        (&[(URI, b"https://a.private/")], false),
        (&[(IP, &[192, 0, 2, 1])], true),
    ] {
        assert_eq!(guide.check(&subject(), &[&san(names)]).is_ok(), passes, "{names:02x?}");
    }
}

#[test]
fn violations_name_the_name_and_the_constraint() {
    let set =
        constraints(&[(DNS, b"example.com"), (DNS, b".corp"), (URI, b"h")], &[(IP, &[10, 0, 0, 0, 255, 0, 0, 0])]);
    let violation = |names| set.check(&subject(), &[&san(names)]).unwrap_err().to_string();
    assert_eq!(
        violation(&[(DNS, b"evil.org")]),
        "DNS:evil.org is outside every permitted subtree (DNS:example.com, DNS:.corp)"
    );
    assert_eq!(violation(&[(IP, &[10, 1, 2, 3])]), "IP:10.1.2.3 is inside the excluded subtree IP:10.0.0.0/8");
    assert_eq!(
        violation(&[(URI, b"urn:x")]),
        "URI:urn:x cannot be held against the name constraints of its form: it has no authority"
    );
    assert_eq!(
        constraints(&[(DIRECTORY, &name(&[&[utf8(Oid::COUNTRY, "US")]]))], &[])
            .check(&subject(), &[])
            .unwrap_err()
            .to_string(),
        "DirName:O=Example, CN=leaf is outside every permitted subtree (DirName:C=US)"
    );
    assert_eq!(set.to_string(), "permitted: DNS:example.com, DNS:.corp, URI:h; excluded: IP:10.0.0.0/8");
    assert_eq!(constraints(&[], &[(DNS, b"x")]).to_string(), "excluded: DNS:x");
    assert!(matches!(set.check(&[0x30], &[]), Err(NameConstraintViolation::Malformed(_))));
    assert!(matches!(set.check(&subject(), &[&[0x30, 0]]), Err(NameConstraintViolation::Malformed(_))));
}

#[test]
fn constraints_that_cannot_be_enforced_are_refused() {
    let refuse = |base: (u8, &[u8])| {
        let error = NameConstraints::from_der(&der(&[base], &[])).unwrap_err();
        assert_eq!(NameConstraints::from_der(&der(&[], &[base])).unwrap_err().to_string(), error.to_string());
        error.to_string()
    };
    for (base, expected) in [
        ((0xa0, &[6, 1, 0x2a, 0xa0, 2, 5, 0][..]), "name constraints on otherName are not supported"),
        ((0xa3, &[]), "name constraints on x400Address are not supported"),
        ((0xa5, &[0xa1, 3, 0x0c, 1, b'x']), "name constraints on ediPartyName are not supported"),
        ((0x88, &[0x2a]), "name constraints on registeredID are not supported"),
        ((IP, &[192, 0, 2, 1]), "8 bytes, or 32"),
        ((IP, &[0; 16]), "8 bytes, or 32"),
        ((IP, &[192, 0, 2, 0, 255, 0, 255, 0]), "not contiguous"),
        ((DNS, b"*.example.com"), "neither a host name"),
        ((DNS, b"exa mple"), "neither a host name"),
        ((DNS, b"."), "neither a host name"),
        ((DNS, b"..example.com"), "neither a host name"),
        ((DNS, b"example..com"), "neither a host name"),
        ((DNS, b"a\0b"), "control character"),
        ((DNS, b"\xe4.example"), "beyond ASCII"),
        ((URI, b"https://example.com"), "neither a host name"),
        ((EMAIL, b"@example.com"), "neither a mailbox"),
        ((EMAIL, b"a@"), "neither a mailbox"),
        ((EMAIL, b"a@.example.com"), "neither a mailbox"),
        ((DIRECTORY, &[0x30, 2, 0x31, 0]), "without an attribute"),
        ((DIRECTORY, &[]), "truncated"),
    ] {
        let error = refuse(base);
        assert!(error.contains(expected), "{expected}: {error}");
    }
    for (der, expected) in [
        (&[0x30, 0][..], "neither a permitted nor an excluded"),
        (&[0x30, 2, 0xa0, 0], "without a subtree"),
        (&[0x30, 4, 0xa0, 2, 0x30, 0], "truncated"),
        (&[0x30, 10, 0xa0, 8, 0x30, 6, 0x82, 1, b'a', 0x80, 1, 1], "has a minimum or a maximum"),
        (&[0x30, 11, 0xa0, 9, 0x30, 7, 0x82, 1, b'a', 0x80, 2, 0, 0], "has a minimum or a maximum"),
        (&[0x30, 9, 0xa0, 7, 0x30, 5, 0x82, 1, b'a', 0x80, 0], "has a minimum or a maximum"),
        (&[0x30, 13, 0xa0, 11, 0x30, 9, 0x82, 1, b'a', 0x80, 1, 0, 0x81, 1, 5], "has a minimum or a maximum"),
        (&[0x30, 10, 0xa0, 8, 0x30, 6, 0x82, 1, b'a', 0x81, 1, 5], "has a minimum or a maximum"),
        (&[0x30, 9, 0xa0, 7, 0x30, 5, 0x82, 1, b'a', 5, 0], "trailing"),
        // Excluded before permitted.
        (&[0x30, 14, 0xa1, 5, 0x30, 3, 0x82, 1, b'a', 0xa0, 5, 0x30, 3, 0x82, 1, b'a'], "trailing"),
        (&[0x31, 0], "where 0x30 was expected"),
    ] {
        let error = NameConstraints::from_der(der).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(
        octets in prop::collection::vec(any::<u8>(), 0..60),
        form in prop::sample::select(vec![EMAIL, DNS, DIRECTORY, URI, IP]),
    ) {
        let _ = NameConstraints::from_der(&octets);
        let _ = NameConstraints::from_der(&der(&[(form, &octets)], &[])).map(|constraints| constraints.to_string());
        let all: Names<'_> = &[(EMAIL, b"a@b"), (DNS, b".b"), (DIRECTORY, &[0x30, 0]), (URI, b"b"), (IP, &[0; 8])];
        for set in [constraints(all, &[]), constraints(&[], all)] {
            let _ = (set.check(&octets, &[]), set.check(&[0x30, 0], &[&san(&[(form, &octets)])]));
        }
    }

    /// An address passes if and only if each reading of it is within a permitted subtree and outside of every excluded one.
    #[test]
    fn embedded_addresses_pass_in_every_reading(
        inner in any::<u32>(),
        prefix in prop::sample::select(vec![0u128, 0xffff << 32, 0x64_ff9b << 96, 0x2001_0db8 << 96, 0xfffe << 32]),
        nets in prop::collection::vec((any::<bool>(), any::<bool>(), 0u32..5, 0u32..130), 1..4),
    ) {
        let address = prefix | u128::from(inner);
        let embeds = prefix == 0xffff << 32 || prefix == 0x64_ff9b << 96 || prefix == 0 && inner > 1;
        // Subtrees near the address: of either family, a few bits off.
        let mut all: [Vec<Vec<u8>>; 2] = Default::default();
        let mut inside = [[false; 2]; 2];
        for (exclude, v6, off, length) in nets {
            let (base, mask): (Vec<u8>, Vec<u8>) = if v6 {
                let mask = u128::MAX.checked_shl(128 - length.min(128)).unwrap_or(0);
                let base = address ^ u128::from(off) << 30;
                inside[usize::from(exclude)][1] |= (base ^ address) & mask == 0;
                (base.to_be_bytes().to_vec(), mask.to_be_bytes().to_vec())
            } else {
                let mask = u32::MAX.checked_shl(32 - length.min(32)).unwrap_or(0);
                let base = inner ^ off << 20;
                inside[usize::from(exclude)][0] |= (base ^ inner) & mask == 0;
                (base.to_be_bytes().to_vec(), mask.to_be_bytes().to_vec())
            };
            all[usize::from(exclude)].push([base, mask].concat());
        }
        let names = |list: &[Vec<u8>]| list.iter().map(|base| (IP, base.clone())).collect::<Vec<_>>();
        let [permitted, excluded] = all.each_ref().map(|list| names(list));
        let borrowed = [&permitted, &excluded].map(|list| list.iter().map(|(tag, base)| (*tag, &base[..])).collect::<Vec<_>>());
        let set = constraints(&borrowed[0], &borrowed[1]);
        let passes = |v6: usize| (permitted.is_empty() || inside[0][v6]) && !inside[1][v6];
        let expected = passes(1) && (!embeds || passes(0));
        let address = address.to_be_bytes();
        prop_assert_eq!(set.check(&[0x30, 0], &[&san(&[(IP, &address)])]).is_ok(), expected);
        prop_assert_eq!(set.check(&[0x30, 0], &[&san(&[(IP, &inner.to_be_bytes())])]).is_ok(), passes(0));
    }

    /// No host that a name stands for, with something in the place of each asterisk, is in an excluded subtree that the name passes.
    #[test]
    fn what_a_wildcard_stands_for_is_excluded_with_it(
        pattern in "[ab*]{1,2}(\\.[ab*]{1,2}){0,2}",
        base in "\\.?[ab]{1,2}(\\.[ab]{1,2}){0,2}",
        fillers in prop::collection::vec("[ab]{0,2}", 6),
    ) {
        let mut fillers = fillers.iter();
        let mut host = String::new();
        for character in pattern.chars() {
            match (character, fillers.next()) {
                ('*', Some(filler)) => host.push_str(filler),
                (other, _) => host.push(other),
            }
        }
        // An asterisk alone stands for a label, which is not empty.
        prop_assume!(host.split('.').all(|label| !label.is_empty()));
        if excludes(DNS, base.as_bytes(), host.as_bytes()) {
            prop_assert!(excludes(DNS, base.as_bytes(), pattern.as_bytes()), "{} stands for {}, below {}", pattern, host, base);
        }
        // What is permitted as a pattern is permitted as each of these hosts.
        if permits(DNS, base.as_bytes(), pattern.as_bytes()) {
            prop_assert!(permits(DNS, base.as_bytes(), host.as_bytes()), "{} stands for {}, outside {}", pattern, host, base);
        }
    }

    /// Near misses of the grammar reach further than noise does.
    #[test]
    fn arbitrary_names_never_panic(text in "[a*.:/@\\[\\]%\\\\0-9x]{0,24}", base in "[a.@0]{0,8}") {
        for form in [EMAIL, DNS, URI] {
            if let Ok(set) = NameConstraints::from_der(&der(&[(form, base.as_bytes())], &[(form, base.as_bytes())])) {
                // What is excluded and permitted at once is never allowed.
                prop_assert!(text.is_empty() || base.is_empty() || set.check(&[0x30, 0], &[&san(&[(form, text.as_bytes())])]).is_err());
            }
        }
    }
}
