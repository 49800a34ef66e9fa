//! Names by pattern: the subtrees of name constraints, and URIs and typed names beside them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::text::Identifier;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::name::NameText;
use crate::x509::name_constraints::host::{is_host, mailbox};
use crate::x509::name_constraints::subtree::Subtree;
use crate::x509::name_constraints::uri_prefix::UriPrefix;
use crate::x509::oid::Oid;

/// `DNS:example.com`, `IP:10.0.0.0/8`, `URI:spiffe://example.org/ns`, `email:example.com`, `DirName:C=US, O=Example`,
/// `othername:1.3.6.1.4.1.311.20.2.3`, `RID:1.2.3`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pattern(pub(crate) Subtree);

/// id-on-SmtpUTF8Mailbox (RFC 9598 section 3).
const SMTP_UTF8_MAILBOX: &str = "1.3.6.1.5.5.7.8.9";

const MOST_ATTRIBUTES: usize = 64;

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |reason: &str| format!("'{}': {reason}", text.escape_debug());
        let forms = "a name is one of DNS:, IP:, URI:, email:, DirName:, othername:, RID: and what follows";
        let (form, value) = text.split_once(':').ok_or_else(|| wrong(forms))?;
        let is_domain = |text: &str| is_host(text.strip_prefix('.').unwrap_or(text));
        let subtree = match form {
            "DNS" if value.contains('*') => {
                return Err(wrong(
                    "a wildcard cannot be a pattern; DNS:example.com is the host and everything below it",
                ));
            }
            "DNS" if value.is_empty() || is_domain(value) => Subtree::Dns(value.into()),
            "DNS" => return Err(wrong("it is neither a host name nor a domain with a leading dot")),
            "IP" => Subtree::Ip(subnet(value).map_err(wrong)?.into()),
            "URI" => Subtree::UriPrefix(UriPrefix::parse(value).map_err(wrong)?),
            "email" if mailbox(value).is_some_and(|(_, host)| is_host(host)) && value.is_ascii() => {
                Subtree::Email(value.into())
            }
            "email" if is_domain(value) => Subtree::Email(value.into()),
            "email" => {
                return Err(wrong("it is neither a mailbox nor a host name nor a domain with a leading dot"));
            }
            "DirName" => Subtree::Directory(directory(value).map_err(|reason| wrong(&reason))?.into()),
            "othername" if value == SMTP_UTF8_MAILBOX => {
                return Err(wrong("an SmtpUTF8Mailbox is held against the patterns of email:"));
            }
            "othername" => Subtree::OtherName(value.parse().map_err(|error| wrong(&format!("{error}")))?),
            "RID" => Subtree::RegisteredId(value.parse().map_err(|error| wrong(&format!("{error}")))?),
            _ => return Err(wrong(forms)),
        };
        Ok(Pattern(subtree))
    }
}

/// An address and a mask, as name constraints have them.
fn subnet(text: &str) -> Result<Vec<u8>, &'static str> {
    const FORM: &str = "it is not an address or a range such as 10.0.0.0/8 or 2001:db8::/32";
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().map_err(|_| FORM)?;
    let octets = match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    let bits = octets.len() * 8;
    let length = match length {
        None => bits,
        Some(digits) => {
            digits.parse().ok().filter(|length: &usize| *length <= bits && length.to_string() == digits).ok_or(FORM)?
        }
    };
    let mask: Vec<u8> =
        (0..octets.len()).map(|at| (0xff00u16 >> length.saturating_sub(8 * at).min(8)).to_le_bytes()[0]).collect();
    if octets.iter().zip(&mask).any(|(octet, mask)| octet & !mask != 0) {
        return Err("the address has bits beyond the length of its prefix");
    }
    Ok([octets, mask].concat())
}

/// The DER of a Name whose attributes are UTF8Strings, one in each relative distinguished name.
pub(crate) fn name_der(attributes: &[(Oid, String)]) -> Vec<u8> {
    let mut w = Writer::with_capacity(64);
    w.sequence(|w| {
        for (oid, text) in attributes {
            w.nested(tag::SET, |w| {
                w.sequence(|w| {
                    w.oid(oid);
                    w.primitive(tag::UTF8_STRING, text.as_bytes());
                });
            });
        }
    });
    w.into_vec()
}

/// `C=US, O=Example`, in the order of the certificate, with the escapes of RFC 4514.
fn directory(text: &str) -> Result<Vec<u8>, String> {
    let mut attributes = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=').ok_or("an attribute has the form O=Example")?;
        let Identifier(oid) = name.trim_start().parse()?;
        let (value, after) = attribute_value(value)?;
        if value.is_empty() {
            return Err(format!("the attribute {} is empty", Identifier(oid)));
        }
        attributes.push((oid, value));
        rest = after;
    }
    if attributes.len() > MOST_ATTRIBUTES {
        return Err(format!("it has more than {MOST_ATTRIBUTES} attributes"));
    }
    Ok(name_der(&attributes))
}

/// The value up to the next comma, and what follows it.
fn attribute_value(text: &str) -> Result<(String, &str), String> {
    const HEX: &str = "after a backslash stands a special character or two hexadecimal digits";
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    let after = loop {
        match rest {
            [] => break &text[text.len()..],
            [b',', after @ ..] => {
                let after = &text[text.len() - after.len()..];
                if after.trim().is_empty() {
                    return Err("after the last comma there is no attribute".to_owned());
                }
                break after;
            }
            [b'+', ..] => {
                return Err("several attributes in one relative distinguished name are not supported".to_owned());
            }
            [b'\\', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |octet: u8| char::from(octet).to_digit(16).unwrap_or_default() as u8;
                octets.push(16 * digit(*high) + digit(*low));
                rest = after;
            }
            [b'\\', special, after @ ..] if b" #\"+,;<>\\=".contains(special) => {
                octets.push(*special);
                rest = after;
            }
            [b'\\', ..] => return Err(HEX.to_owned()),
            [octet, after @ ..] => {
                octets.push(*octet);
                rest = after;
            }
        }
    };
    let value = String::from_utf8(octets).map_err(|_| "an escaped value is not UTF-8".to_owned())?;
    if value.contains('\0') {
        return Err("a value has a NUL".to_owned());
    }
    Ok((value, after))
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Subtree::Email(text) => write!(f, "email:{text}"),
            Subtree::UriPrefix(prefix) => write!(f, "URI:{}", prefix.as_str()),
            Subtree::Directory(der) => write!(f, "DirName:{}", NameText(der)),
            other => other.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_they_are_written() {
        for text in [
            "DNS:",
            "DNS:example.com",
            "DNS:.example.com",
            "IP:10.0.0.0/8",
            "IP:0.0.0.0/0",
            "IP:192.0.2.1/32",
            "IP:2001:db8::/33",
            "URI:urn:",
            "URI:spiffe://example.org/ns,a/b",
            "email:example.com",
            "email:a@b.example",
            "email:o,x@b.example",
            "email:.example.com",
            "DirName:",
            "DirName:C=US, O=Example\\, Corp \\+ \\\\, CN=\\ x\\ ",
            "DirName:O=\\E2\\80\\AE",
            "othername:1.3.6.1.4.1.311.20.2.3",
            "RID:1.2.3",
        ] {
            let pattern: Pattern = text.parse().unwrap();
            assert_eq!(pattern.to_string(), text);
            assert_eq!(pattern.to_string().parse(), Ok(pattern));
        }
        assert_eq!("IP:10.1.2.3".parse::<Pattern>().unwrap().to_string(), "IP:10.1.2.3/32");
    }

    #[test]
    fn what_would_protect_nobody_is_refused() {
        for (text, reason) in [
            ("example.com", "a name is one of"),
            ("dns:example.com", "a name is one of"),
            ("DNS:*.example.com", "a wildcard"),
            ("DNS:exa mple", "neither a host"),
            ("IP:10.0.0.1/8", "bits beyond"),
            ("IP:10.0.0.0/33", "not an address"),
            ("IP:10.0.0.0/08", "not an address"),
            ("IP:10.0.0", "not an address"),
            ("URI:", "no scheme"),
            ("email:", "neither a mailbox"),
            ("email:@", "neither a mailbox"),
            ("DirName:O", "has the form"),
            ("DirName:o=x", "neither an object identifier"),
            ("DirName:O=a+CN=b", "several attributes"),
            ("DirName:O=a,", "after the last comma"),
            ("DirName:O=\\x", "after a backslash"),
            ("DirName:O=", "is empty"),
            ("othername:1.3.6.1.5.5.7.8.9", "held against"),
            ("RID:x", "dotted decimal"),
        ] {
            let error = text.parse::<Pattern>().unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
