//! Alternative names of every kind that patterns and name constraints can tell apart.
//!
//! Patterns cut the names of a form into regions: hosts by suffix, addresses by range, URIs by scheme, host and path. There is one
//! name here for each region, so that if any name passes, one of these does.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::name_constraints::host::{is_host, mailbox};
use crate::x509::name_constraints::subtree::Subtree;
use crate::x509::oid::Oid;

const MAIL: u8 = tag::context(1);
const DNS: u8 = tag::context(2);
const URI: u8 = tag::context(6);
const IP: u8 = tag::context(7);
const RID: u8 = tag::context(8);
const OTHER: u8 = tag::context_constructed(0);
const DIRECTORY: u8 = tag::context_constructed(4);

/// A text that no pattern should have; if one has, longer ones are tried.
const FRESH: &str = "w";

/// id-on-SmtpUTF8Mailbox.
const SMTP_UTF8_MAILBOX: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 8, 9];

pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(content.len() + 8);
    w.primitive(tag, content);
    w.into_vec()
}

pub(crate) fn dns(host: &str) -> Vec<u8> {
    element(DNS, host.as_bytes())
}

/// `directory` is the DER of a Name.
pub(crate) fn directory_name(directory: &[u8]) -> Vec<u8> {
    element(DIRECTORY, directory)
}

/// A label that none of the texts has.
fn fresh(texts: &BTreeSet<String>) -> String {
    let mut label = FRESH.to_owned();
    while texts.iter().any(|text| text.split(['.', '@', '/', ':']).any(|part| part.eq_ignore_ascii_case(&label))) {
        label.push('w');
    }
    label
}

/// A host and all the domains that it is in.
fn suffixes(host: &str) -> impl Iterator<Item = &str> {
    let host = host.trim_start_matches('.').trim_end_matches('.');
    let after_dots = host.match_indices('.').map(|(at, _)| &host[at + 1..]);
    std::iter::once(host).chain(after_dots).filter(|host| !host.is_empty())
}

/// A text in other cases: as commonNames are compared it is the same, as an address or a path it is not.
fn cases(text: &str) -> Vec<String> {
    let mut cases = vec![text.to_owned(), text.to_ascii_lowercase(), text.to_ascii_uppercase()];
    for (at, letter) in text.char_indices().filter(|(_, letter)| letter.is_ascii_alphabetic()) {
        let other = if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        cases.push(format!("{}{other}{}", &text[..at], &text[at + 1..]));
    }
    cases
}

/// One name for each region; `texts` are others that a name may have to be equal to.
pub(crate) fn alternative_names<'s>(subtrees: impl Iterator<Item = &'s Subtree>, texts: &[String]) -> Vec<Vec<u8>> {
    let texts: Vec<String> = texts.iter().flat_map(|text| cases(text)).collect();
    let texts = texts.as_slice();
    let subtrees: Vec<&Subtree> = subtrees.collect();
    let mut names = Vec::new();
    let mut add = |name: Vec<u8>| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    host_names(&subtrees, texts).iter().for_each(|host| add(dns(host)));
    addresses(&subtrees, texts).iter().for_each(|address| add(element(IP, address)));
    uris(&subtrees, texts).iter().for_each(|uri| add(element(URI, uri.as_bytes())));
    let mails = mailboxes(&subtrees, texts);
    mails.iter().for_each(|mail| add(element(MAIL, mail.as_bytes())));
    let utf8 = |text: &str| element(tag::UTF8_STRING, text.as_bytes());
    let other = |type_id: &[u8], value: &[u8]| {
        let value = element(tag::context_constructed(0), value);
        element(OTHER, &[element(tag::OID, type_id), value].concat())
    };
    mails.iter().for_each(|mail| add(other(SMTP_UTF8_MAILBOX, &utf8(mail))));
    for oid in identifiers(subtrees.iter().filter_map(|subtree| match subtree {
        Subtree::OtherName(oid) => Some(*oid),
        _ => None,
    })) {
        add(other(oid.as_der_content(), &utf8(FRESH)));
    }
    for oid in identifiers(subtrees.iter().filter_map(|subtree| match subtree {
        Subtree::RegisteredId(oid) => Some(*oid),
        _ => None,
    })) {
        add(element(RID, oid.as_der_content()));
    }
    add(element(tag::context_constructed(3), &[tag::SEQUENCE, 0]));
    add(element(tag::context_constructed(5), &element(tag::context_constructed(1), &utf8(FRESH))));
    names
}

/// These identifiers, and one that is none of them.
fn identifiers(given: impl Iterator<Item = Oid>) -> Vec<Oid> {
    let mut all: Vec<Oid> = given.collect();
    let other = (9u8..0x7f).filter_map(|last| Oid::from_der_content(&[0x2a, 0x7f, last]).ok());
    all.extend(other.into_iter().find(|other| !all.contains(other)));
    all
}

/// Each domain, a host below it, and wildcards at both; then what is not a host name.
fn host_names(subtrees: &[&Subtree], texts: &[String]) -> Vec<String> {
    let mut bases: BTreeSet<String> = BTreeSet::new();
    for subtree in subtrees {
        if let Subtree::Dns(base) = subtree {
            bases.extend(suffixes(base).map(str::to_ascii_lowercase));
        }
    }
    let label = fresh(&bases);
    let mut hosts = Vec::new();
    // The longest domains first: those that patterns name.
    let mut ordered: Vec<&String> = bases.iter().collect();
    ordered.sort_by_key(|base| std::cmp::Reverse(base.len()));
    for base in ordered {
        hosts.extend([base.clone(), format!("{label}.{base}")]);
        hosts.extend([format!("*.{base}"), format!("*.{label}.{base}")]);
        // A host that does not look like one in a commonName.
        hosts.push(format!("-{label}.{base}"));
    }
    hosts.extend([
        label.clone(),
        format!("{label}.{label}"),
        format!("*.{label}.{label}"),
        format!("-{label}.{label}"),
    ]);
    hosts.extend(
        texts.iter().filter(|text| text.is_ascii() && is_host(text.strip_prefix("*.").unwrap_or(text))).cloned(),
    );
    hosts.push(format!("{label}*.{label}"));
    hosts
}

/// The first address of each stretch in which all ranges have the same say.
fn addresses(subtrees: &[&Subtree], texts: &[String]) -> Vec<Vec<u8>> {
    let mut v4: BTreeSet<u128> = BTreeSet::from([0]);
    let mut v6: BTreeSet<u128> = BTreeSet::from([0]);
    let number = |octets: &[u8]| octets.iter().fold(0u128, |number, octet| number << 8 | u128::from(*octet));
    let mut add = |first: u128, last: u128, wide: bool| {
        let (set, most) = if wide { (&mut v6, u128::MAX) } else { (&mut v4, u128::from(u32::MAX)) };
        set.insert(first);
        if last < most {
            set.insert(last + 1);
        }
    };
    for subtree in subtrees {
        if let Subtree::Ip(range) = subtree {
            let (base, mask) = range.split_at(range.len() / 2);
            let wide = base.len() == 16;
            let span = !number(mask) & if wide { u128::MAX } else { u128::from(u32::MAX) };
            let first = number(base) & !span;
            add(first, first | span, wide);
        }
    }
    for text in texts {
        match text.parse() {
            Ok(IpAddr::V4(address)) => add(u32::from(address).into(), u32::from(address).into(), false),
            Ok(IpAddr::V6(address)) => add(address.into(), address.into(), true),
            Err(_) => {}
        }
    }
    // IPv6 addresses that are read as IPv4 ones: mapped, translated and compatible.
    const EMBEDDED: [u128; 3] = [0xffff << 32, 0x64_ff9b << 96, 0];
    for prefix in EMBEDDED {
        v6.extend([prefix, prefix + (1 << 32)]);
        v6.extend(v4.iter().map(|inner| prefix | inner));
    }
    v6.extend([1, 2]);
    let narrow = v4.into_iter().map(|number| number.to_be_bytes()[12..].to_vec());
    narrow.chain(v6.into_iter().map(|number| number.to_be_bytes().to_vec())).collect()
}

/// Each scheme with each host and path, and URIs that can be read in several ways.
fn uris(subtrees: &[&Subtree], texts: &[String]) -> Vec<String> {
    let mut schemes: Vec<String> = Vec::new();
    let mut hosts: BTreeSet<String> = BTreeSet::new();
    let mut paths: Vec<String> = vec![String::new()];
    for subtree in subtrees {
        match subtree {
            Subtree::Uri(base) => hosts.extend(suffixes(base).map(str::to_ascii_lowercase)),
            Subtree::UriPrefix(prefix) => {
                let (scheme, host, path) = prefix.parts();
                if !schemes.iter().any(|other| other.eq_ignore_ascii_case(scheme)) {
                    schemes.push(scheme.to_owned());
                }
                hosts.extend(host.into_iter().flat_map(suffixes).map(str::to_ascii_lowercase));
                let path = path.trim_end_matches('/');
                for path in [
                    path.to_owned(),
                    format!("{path}/"),
                    format!("{path}/{FRESH}{FRESH}"),
                    format!("{path}{FRESH}{FRESH}"),
                ] {
                    if !path.is_empty() && path.starts_with('/') && !paths.contains(&path) {
                        paths.push(path);
                    }
                }
            }
            _ => {}
        }
    }
    let label = fresh(&hosts);
    let mut scheme = FRESH.to_owned();
    while schemes.iter().any(|other| other.eq_ignore_ascii_case(&scheme)) {
        scheme.push('w');
    }
    schemes.push(scheme);
    let mut places: Vec<String> = hosts.iter().flat_map(|host| [host.clone(), format!("{label}.{host}")]).collect();
    places.sort_by_key(|host| std::cmp::Reverse(host.len()));
    places.push(label);
    let mut uris = Vec::new();
    for scheme in &schemes {
        for host in &places {
            uris.extend(paths.iter().map(|path| format!("{scheme}://{host}{path}")));
            // With a port, and with a path in two readings.
            uris.extend([format!("{scheme}://{host}:1"), format!("{scheme}://{host}/%61")]);
        }
        uris.extend([format!("{scheme}:{FRESH}"), format!("{scheme}://1.1")]);
    }
    uris.extend(texts.iter().filter(|text| text.contains(':') && text.is_ascii()).cloned());
    uris
}

/// Each mailbox, another at its host, and one at each domain and below.
pub(crate) fn mailboxes(subtrees: &[&Subtree], texts: &[String]) -> Vec<String> {
    let (mut hosts, mut locals) = (BTreeSet::new(), BTreeSet::new());
    let mut mails: Vec<String> = Vec::new();
    for subtree in subtrees {
        if let Subtree::Email(base) = subtree {
            match mailbox(base) {
                Some((local, host)) => {
                    mails.push(base.to_string());
                    locals.insert(local.to_owned());
                    hosts.extend(suffixes(host).map(str::to_ascii_lowercase));
                }
                None => hosts.extend(suffixes(base).map(str::to_ascii_lowercase)),
            }
        }
    }
    let (label, local) = (fresh(&hosts), fresh(&locals));
    let mut ordered: Vec<&String> = hosts.iter().collect();
    ordered.sort_by_key(|host| std::cmp::Reverse(host.len()));
    mails.extend(ordered.into_iter().flat_map(|host| [format!("{local}@{host}"), format!("{local}@{label}.{host}")]));
    mails.push(format!("{local}@{label}"));
    mails.extend(texts.iter().filter(|text| text.contains('@') && text.is_ascii()).cloned());
    mails.push(local);
    mails
}
