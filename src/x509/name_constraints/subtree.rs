//! One subtree, and whether a name is in it.

use std::fmt;

use super::NameConstraintsError;
use super::host::{dns_covers, expands_into, host_covers, is_host, mailbox, uri_host, without_final_dots};
use super::uri_prefix::UriPrefix;
use crate::x509::asn1::reader::{Asn1Error, Tlv};
use crate::x509::name::check_name;
use crate::x509::name::general::{Arcs, DecodedName, prefix_length};
use crate::x509::name::matching::{Likeness, name_is_within};
use crate::x509::oid::{Oid, OidRef};

/// More than any directory needs, and few enough to compare within one relative distinguished name.
const MAX_ATTRIBUTES: usize = 64;

/// The base of a permitted or excluded subtree. The last three are those of policies alone: no certificate has them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subtree {
    /// Address, then mask.
    Ip(Box<[u8]>),
    /// The DER of a Name.
    Directory(Box<[u8]>),
    Uri(Box<str>),
    Email(Box<str>),
    Dns(Box<str>),
    UriPrefix(UriPrefix),
    /// Every otherName of a type.
    OtherName(Oid),
    RegisteredId(Oid),
}

/// A name in the shape in which constraints of its form see it.
#[derive(Debug)]
pub(super) enum Candidate<'a> {
    Ip(&'a [u8]),
    Directory(&'a [u8]),
    Uri {
        text: &'a str,
        /// The host, or why there is none to compare.
        host: Result<&'a str, &'static str>,
    },
    Email {
        local: &'a str,
        host: &'a str,
    },
    Dns(&'a str),
    OtherName(OidRef<'a>),
    RegisteredId(OidRef<'a>),
}

/// The IPv4 address in an IPv6 address: mapped (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2), compatible (`::/96`, section 2.5.5.1)
/// but for the unspecified and the loopback address, or translated (`64:ff9b::/96`, RFC 6052 section 2.1).
fn embedded_ipv4(address: &[u8]) -> Option<&[u8]> {
    const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    const COMPATIBLE: [u8; 12] = [0; 12];
    const TRANSLATED: [u8; 12] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
    let (prefix, inner) = address.split_at_checked(12).filter(|_| address.len() == 16)?;
    let embeds = match prefix {
        _ if prefix == COMPATIBLE => !matches!(inner, [0, 0, 0, 0 | 1]),
        _ => prefix == MAPPED || prefix == TRANSLATED,
    };
    embeds.then_some(inner)
}

impl<'a> Candidate<'a> {
    /// # Errors
    /// Why no constraint of the form can be applied.
    pub(super) fn of(name: &DecodedName<'a>) -> Result<Self, &'static str> {
        Ok(match *name {
            DecodedName::Ip(octets) if octets.len() != 4 && octets.len() != 16 => {
                return Err("it has neither 4 nor 16 bytes");
            }
            DecodedName::Ip(octets) => Candidate::Ip(octets),
            DecodedName::Directory(der) => Candidate::Directory(der),
            DecodedName::Uri(text) => Candidate::Uri { text, host: uri_host(text) },
            DecodedName::Rfc822(text) => {
                let (local, host) = mailbox(text).ok_or("it is not a mailbox (local-part@host)")?;
                Candidate::Email { local, host }
            }
            DecodedName::Dns(text) => Candidate::Dns(without_final_dots(text)),
            DecodedName::OtherName { type_id, .. } => Candidate::OtherName(type_id),
            DecodedName::RegisteredId(oid) => Candidate::RegisteredId(oid),
            DecodedName::X400(_) | DecodedName::EdiParty(_) => return Err("constraints on its form are not supported"),
        })
    }

    /// Why a subtree of its form may not be able to say whether it has the name.
    pub(super) fn why_unknown(&self) -> &'static str {
        match self {
            Candidate::Uri { .. } => "its authority or its path can be read in more than one way",
            Candidate::OtherName(_) | Candidate::RegisteredId(_) => {
                "its identifier becomes that of an excluded one where arcs have 32 bits"
            }
            _ => "an attribute has a type that is not text",
        }
    }

    /// What else a verifier may read the name as: an address that embeds another is matched as either (Java and Go take a mapped
    /// one for the IPv4 address).
    pub(super) fn other_reading(name: &DecodedName<'a>) -> Option<DecodedName<'a>> {
        match *name {
            DecodedName::Ip(octets) => embedded_ipv4(octets).map(DecodedName::Ip),
            _ => None,
        }
    }
}

impl Subtree {
    /// The subtree with this base, which `tlv` encodes.
    ///
    /// An iPAddress must have a contiguous mask (RFC 4632, as RFC 5280 section 4.2.1.10 says). Host names are labels
    /// of letters, digits, `-` and `_`; anything else, `*` included, would never match and protect nobody, and is
    /// refused by our decision.
    pub(super) fn from_name(name: &DecodedName<'_>, tlv: &Tlv<'_>) -> Result<Self, NameConstraintsError> {
        let invalid = |reason| NameConstraintsError::Invalid { constraint: name.to_string(), reason };
        // Besides a host, a domain with a leading dot and the empty constraint.
        let is_domain = |text: &str| text.is_empty() || is_host(text.strip_prefix('.').unwrap_or(text));
        Ok(match *name {
            DecodedName::Ip(octets) => {
                if octets.len() != 8 && octets.len() != 32 {
                    return Err(invalid("an address and a mask have 8 bytes, or 32 for IPv6"));
                }
                if prefix_length(&octets[octets.len() / 2..]).is_none() {
                    return Err(invalid("the ones of the mask are not contiguous"));
                }
                Subtree::Ip(octets.into())
            }
            DecodedName::Directory(der) => {
                check_name(&tlv.reader().any()?, MAX_ATTRIBUTES, Arcs::Of32Bits)?;
                Subtree::Directory(der.into())
            }
            DecodedName::Uri(text) if is_domain(text) => Subtree::Uri(text.into()),
            DecodedName::Dns(text) if is_domain(text) => Subtree::Dns(text.into()),
            DecodedName::Rfc822(text) if text.contains('@') => match mailbox(text) {
                Some((_, host)) if is_host(host) => Subtree::Email(text.into()),
                _ => return Err(invalid("it is neither a mailbox nor a host name nor a domain with a leading dot")),
            },
            DecodedName::Rfc822(text) if is_domain(text) => Subtree::Email(text.into()),
            DecodedName::Uri(_) | DecodedName::Dns(_) | DecodedName::Rfc822(_) => {
                return Err(invalid("it is neither a host name nor a domain with a leading dot"));
            }
            _ => return Err(NameConstraintsError::UnsupportedForm(name.form())),
        })
    }

    fn as_name(&self) -> DecodedName<'_> {
        match self {
            Subtree::Ip(octets) => DecodedName::Ip(octets),
            Subtree::Directory(der) => DecodedName::Directory(der),
            Subtree::Uri(text) => DecodedName::Uri(text),
            Subtree::Email(text) => DecodedName::Rfc822(text),
            Subtree::Dns(text) => DecodedName::Dns(text),
            Subtree::UriPrefix(prefix) => DecodedName::Uri(prefix.as_str()),
            Subtree::OtherName(oid) => DecodedName::OtherName { type_id: oid.by_ref(), value: &[] },
            Subtree::RegisteredId(oid) => DecodedName::RegisteredId(oid.by_ref()),
        }
    }

    /// Whether a URI needs a host to be compared with it.
    pub(super) fn needs_host(&self) -> bool {
        matches!(self, Subtree::Uri(_))
    }

    pub(super) fn has_form_of(&self, name: &DecodedName<'_>) -> bool {
        std::mem::discriminant(&self.as_name()) == std::mem::discriminant(name)
    }

    /// Whether a name is in the subtree (RFC 5280 section 4.2.1.10).
    ///
    /// An empty DNS constraint holds every DNS name, as zero labels are taken from its left; an empty URI or email
    /// constraint holds nothing, as the service documents (an empty permitted one denies the form, an empty excluded
    /// one denies nothing). OpenSSL 3.0 gives the same three answers.
    ///
    /// A name that the subtree does not know how to compare is [`Likeness::Unknown`]: neither permitted nor free of it.
    pub(super) fn covers(&self, candidate: &Candidate<'_>) -> Result<Likeness, Asn1Error> {
        let covers = match (self, candidate) {
            (Subtree::Ip(subnet), Candidate::Ip(address)) => {
                let (base, mask) = subnet.split_at(subnet.len() / 2);
                base.len() == address.len()
                    && base.iter().zip(mask).zip(*address).all(|((base, mask), octet)| (base ^ octet) & mask == 0)
            }
            (Subtree::Directory(base), Candidate::Directory(name)) => return name_is_within(name, base),
            (Subtree::Uri(base), Candidate::Uri { host: Ok(host), .. }) => host_covers(base, host),
            (Subtree::UriPrefix(prefix), Candidate::Uri { text, host }) => return Ok(prefix.covers(text, *host)),
            (Subtree::OtherName(oid), Candidate::OtherName(other))
            | (Subtree::RegisteredId(oid), Candidate::RegisteredId(other)) => {
                // Software that holds arcs in 32 bits takes one for the other (R-MRG-9).
                match other.wrapped() {
                    Some(wrapped) if wrapped == *oid => return Ok(Likeness::Unknown),
                    _ => *other == *oid,
                }
            }
            (Subtree::Email(base), Candidate::Email { local, host }) => match mailbox(base) {
                // RFC 5280 section 7.5: the local part is case-sensitive, the host is not.
                Some((base_local, base_host)) => base_local == *local && host_covers(base_host, host),
                None => host_covers(base, host),
            },
            (Subtree::Dns(base), Candidate::Dns(name)) => dns_covers(base, name),
            // No form is compared with another.
            _ => return Ok(Likeness::Unknown),
        };
        Ok(if covers { Likeness::Alike } else { Likeness::Different })
    }

    /// Whether a wildcard dNSName outside the subtree could stand for a name inside it. Our decision.
    pub(super) fn may_cover_expansion(&self, candidate: &Candidate<'_>) -> bool {
        matches!((self, candidate), (Subtree::Dns(base), Candidate::Dns(name)) if expands_into(name, base))
    }
}

impl fmt::Display for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subtree::OtherName(oid) => write!(f, "othername:{oid}"),
            _ => self.as_name().fmt(f),
        }
    }
}
