//! Host names: inside constraints, inside URIs and mailboxes, and below one another. All text here is ASCII.

use crate::x509::asn1::reader::Tlv;
use crate::x509::asn1::tag;
use crate::x509::name::string::is_string;

/// Whether this is a host name: labels of letters, digits, `-` and `_`, and perhaps a dot at the end.
pub(crate) fn is_host(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text).as_bytes();
    text.split(|octet| *octet == b'.').all(|label| {
        !label.is_empty() && label.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
    })
}

pub(super) fn without_final_dots(mut host: &str) -> &str {
    while let Some(shorter) = host.strip_suffix('.') {
        host = shorter;
    }
    host
}

/// Whether `host` is `parent` with labels before it.
fn is_below(host: &str, parent: &str) -> bool {
    let (host, parent) = (host.as_bytes(), parent.as_bytes());
    host.len() > parent.len() && {
        let (labels, tail) = host.split_at(host.len() - parent.len());
        labels.ends_with(b".") && tail.eq_ignore_ascii_case(parent)
    }
}

/// The URI and email rule: `host` is that host, `.domain` any host below it.
pub(super) fn host_covers(base: &str, host: &str) -> bool {
    let base = without_final_dots(base);
    match base.strip_prefix('.') {
        Some(domain) => is_below(host, domain),
        None => !base.is_empty() && base.eq_ignore_ascii_case(host),
    }
}

/// The DNS rule: `host` is that host and any below it, `.domain` any below it (as OpenSSL reads it; RFC 5280 is
/// silent), the empty base any host.
pub(super) fn dns_covers(base: &str, name: &str) -> bool {
    base.is_empty() || host_covers(base, name) || (!base.starts_with('.') && is_below(name, without_final_dots(base)))
}

/// Whether a dNSName with asterisks stands for a host at or below `base` that it does not look like, if each asterisk stands for
/// part of a label. In the first label it does so for every verifier (RFC 6125 section 6.4.3), in any for Java.
pub(super) fn expands_into(name: &str, base: &str) -> bool {
    if !name.as_bytes().contains(&b'*') {
        return false;
    }
    let base = without_final_dots(base);
    let (base, below) = base.strip_prefix('.').map_or((base, 0), |domain| (domain, 1));
    let (mut patterns, mut labels, mut expands) = (name.rsplit('.'), base.rsplit('.'), false);
    let matches = |pattern: &str, label: &str| {
        let Some((prefix, rest)) = pattern.split_once('*') else { return pattern.eq_ignore_ascii_case(label) };
        let suffix = rest.rsplit('*').next().unwrap_or(rest);
        let (prefix, suffix, label) = (prefix.as_bytes(), suffix.as_bytes(), label.as_bytes());
        label.len() >= prefix.len() + suffix.len()
            && label[..prefix.len()].eq_ignore_ascii_case(prefix)
            && label[label.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
    };
    let inside = labels.all(|label| {
        patterns.next().is_some_and(|pattern| {
            expands |= pattern.contains('*');
            !label.is_empty() && matches(pattern, label)
        })
    });
    inside && expands && patterns.count() >= below
}

/// Local part and host of a mailbox. The last `@` divides: a quoted local part may hold others.
pub(crate) fn mailbox(text: &str) -> Option<(&str, &str)> {
    let (local, host) = text.rsplit_once('@')?;
    let host = without_final_dots(host);
    (!local.is_empty() && !host.is_empty()).then_some((local, host))
}

/// The host name in a URI (RFC 3986 section 3.2).
///
/// RFC 5280 section 4.2.1.10 has a URI rejected that has no authority, or an IP address in it, wherever URIs are
/// constrained. Our decision: so is every host that clients are known to read in different ways (two `@`, a
/// backslash, percent-encoding, a last label that is a number).
///
/// # Errors
/// Why there is no host name.
pub(crate) fn uri_host(uri: &str) -> Result<&str, &'static str> {
    let (scheme, rest) = uri.split_once(':').ok_or("it has no scheme")?;
    if !scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        || !scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet))
    {
        return Err("it has no scheme");
    }
    let rest = rest.strip_prefix("//").ok_or("it has no authority")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if !authority.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@[]".contains(&octet)) {
        return Err("its authority has characters that RFC 3986 does not allow");
    }
    let host_and_port = authority.split_once('@').map_or(authority, |(_, after)| after);
    if host_and_port.starts_with('[') {
        return Err("its host is an IP address");
    }
    let (host, port) = host_and_port.split_once(':').unwrap_or((host_and_port, ""));
    if host.is_empty() {
        return Err("it has no host");
    }
    if !is_host(host) || !port.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err("its authority is not a host name with an optional port");
    }
    let host = without_final_dots(host);
    let last = host.rsplit('.').next().unwrap_or(host);
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    if last.bytes().all(|octet| octet.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|octet| octet.is_ascii_hexdigit()))
    {
        return Err("its host is an IP address");
    }
    Ok(host)
}

/// The host that a commonName looks like. It is ASCII, so no string type needs to be decoded for more.
pub(crate) fn host_of(value: &Tlv<'_>) -> Option<String> {
    let width = match value.tag {
        tag::BMP_STRING => 2,
        tag::UNIVERSAL_STRING => 4,
        tag if is_string(tag) => 1,
        _ => return None,
    };
    let ascii = value.content.chunks(width).map(|unit| match unit.split_last() {
        Some((last, high)) if last.is_ascii() && high.iter().all(|octet| *octet == 0) => Some(char::from(*last)),
        _ => None,
    });
    ascii.collect::<Option<String>>().filter(|text| looks_like_host(text))
}

/// Whether verifiers that fall back on the commonName would take a text for a host: two labels or more of letters, digits, hyphens
/// and underscores, the first of which may be a wildcard.
fn looks_like_host(text: &str) -> bool {
    let text = text.strip_prefix("*.").unwrap_or(text);
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_uris() {
        for (uri, host) in [
            ("https://example.com", "example.com"),
            ("https://EXAMPLE.com./p", "EXAMPLE.com"),
            ("https://u:p@example.com:8443/p@evil.org:1", "example.com"),
            ("https://example.com?u@evil.org", "example.com"),
            ("https://example.com#/", "example.com"),
            ("https://example.com:", "example.com"),
            ("spiffe://trust-domain_1/workload", "trust-domain_1"),
            ("x+y-z.1://localhost/", "localhost"),
        ] {
            assert_eq!(uri_host(uri), Ok(host), "{uri}");
        }
        for uri in [
            "example.com",
            "//example.com/",
            "1a://example.com/",
            "urn:uuid:1",
            "mailto:a@example.com",
            "https:/example.com",
            "https:///p",
            "https://u@/p",
            "https://:80/",
            "https://192.0.2.1/",
            "https://192.0.2.1.:80/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.0x1/",
            "https://a.0X/",
            "https://[2001:db8::1]/",
            "https://u@[2001:db8::1]:443/",
            "https://evil.org\\@example.com/",
            "https://a@evil.org@example.com/",
            "https://example.com:80:80/",
            "https://example.com:http/",
            "https://ex%61mple.com/",
            "https://example..com/",
            "https://example .com/",
        ] {
            assert!(uri_host(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn wildcards_expand_into_labels() {
        for (name, base, expected) in [
            ("*.example.com", "foo.example.com", true),
            ("*.EXAMPLE.com", "foo.example.com.", true),
            ("f*.example.com", "foo.example.com", true),
            ("*o.example.com", "foo.example.com", true),
            ("f*o.example.com", "FOO.example.com", true),
            ("fo*oo.example.com", "foo.example.com", false),
            ("b*.example.com", "foo.example.com", false),
            ("*.example.com", "a.foo.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".foo.example.com", false),
            ("*.example.com", "foo.example.org", false),
            ("*", "localhost", true),
            ("*", "example.com", false),
            ("foo.example.com", "foo.example.com", false),
            ("", "", false),
            ("*", "", false),
            // Any label, as Java has it.
            ("a.*.example.com", "foo.example.com", true),
            ("a.*.example.com", ".foo.example.com", true),
            ("a.*.example.com", ".a.foo.example.com", false),
            ("a.*.example.com", "foo.example.org", false),
            ("a.*.com", "example.com", true),
            ("*.*.com", "foo.example.com", true),
            ("foo.*", "example", true),
            ("a.f*o.example.com", "bar.example.com", false),
        ] {
            assert_eq!(expands_into(name, base), expected, "{name} {base}");
        }
    }
}
