//! The name constraints of CA certificates, held against what is to be issued (R-CA-5).
//!
//! The service documents that it enforces the constraints of an imported CA certificate on iPAddress, directoryName,
//! URI, email and DNS names, and refuses to import one that constrains another form. RFC 5280 section 4.2.1.10 gives
//! the meaning. Constraints of several certificates of a chain intersect: a name must pass each of them.
//!
//! Our decisions, where neither says:
//! - A wildcard dNSName is refused when it could expand into an excluded subtree (`*.example.com` against
//!   `foo.example.com`), since a verifier that expands it would accept the excluded name.
//! - An IPv6 address that embeds an IPv4 address must pass as either: Java and Go take it for the IPv4 address.
//! - A subjectAltName of 1994 (2.5.29.7) is held like one of today.
//! - Trailing dots of host names do not count, so that `example.com.` does not slip past `example.com`.
//! - A commonName that looks like a host name is constrained as part of the directoryName alone, and is a warning of the plan.
//!   (OpenSSL 3.0 also holds it against DNS constraints when there is no dNSName.)
//! - An emailAddress in the subject is always constrained, as OpenSSL does it. (RFC 5280 asks for it only when there is
//!   no subjectAltName.)
//! - What cannot be compared with a constraint of its form does not pass it.
//! - An otherName of the type SmtpUTF8Mailbox is held against the constraints on email (RFC 9598 section 6), as OpenSSL does it.

pub(crate) mod host;
pub(crate) mod subtree;
pub(crate) mod uri_prefix;

use std::fmt;

use self::subtree::{Candidate, Subtree};
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::name::attributes;
use crate::x509::name::general::{DecodedName, general_names};
use crate::x509::name::matching::Likeness;
use crate::x509::name::string::Text;
use crate::x509::oid::Oid;

/// Names and subtrees are counted in pieces of this many octets, since comparing two long ones costs as much as comparing many.
const PIECE: usize = 64;

/// The pieces of directory names, whose text is compared a character at a time, and which are counted in attributes where these
/// are more.
const DIRECTORY_PIECE: usize = 16;

/// id-on-SmtpUTF8Mailbox (RFC 9598 section 3).
const SMTP_UTF8_MAILBOX: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 8, 9];

/// The nameConstraints extension of a CA certificate, or the names of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NameConstraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
    /// Whether an alternative name of a form without a permitted subtree is refused. Name constraints let it pass.
    closed: bool,
    /// How many pieces the subtrees have.
    pieces: usize,
}

/// Why a CA certificate's name constraints cannot be enforced, so that it must not issue.
///
/// It is part of [`ImportError::NameConstraints`](crate::authority::import_error::ImportError::NameConstraints).
///
/// ```
/// use issuance::authority::NameConstraintsError;
/// let error = NameConstraintsError::UnsupportedForm("registeredID");
/// assert_eq!(error.to_string(), "name constraints on registeredID are not supported");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameConstraintsError {
    /// The extension is not the DER of a NameConstraints.
    #[error("the name constraints are malformed: {0}")]
    Malformed(Asn1Error),
    /// There is neither a permitted nor an excluded subtree (RFC 5280 section 4.2.1.10).
    #[error("the name constraints have neither a permitted nor an excluded subtree")]
    Empty,
    /// A form is constrained that the service, as documented, does not support: otherName, x400Address, ediPartyName
    /// or registeredID.
    #[error("name constraints on {0} are not supported")]
    UnsupportedForm(&'static str),
    /// A subtree has a minimum other than 0 or a maximum (RFC 5280 section 4.2.1.10 has neither).
    #[error("the name constraint {0} has a minimum or a maximum distance")]
    Distance(String),
    /// A subtree's base is not a constraint of its form.
    #[error("the name constraint {constraint} is not valid: {reason}")]
    Invalid {
        /// The constraint, as `DNS:…`, `IP:…` and the like.
        constraint: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// A name that the CA's name constraints do not allow, of a certificate that is asked for or of a CA certificate: what
/// [`CertificateAuthority::check_names`](crate::authority::ca::CertificateAuthority::check_names) finds.
///
/// ```
/// use issuance::authority::NameConstraintViolation;
/// let error = NameConstraintViolation::NotPermitted {
///     name: "DNS:www.example.org".to_owned(),
///     permitted: vec!["DNS:example.com".to_owned()],
/// };
/// assert_eq!(error.to_string(), "DNS:www.example.org is outside every permitted subtree (DNS:example.com)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameConstraintViolation {
    /// The name is in none of the subtrees that are permitted for its form.
    #[error("{name} is outside every permitted subtree ({})", permitted.join(", "))]
    NotPermitted {
        /// The name, as `DNS:…`, `DirName:…` and the like.
        name: String,
        /// The permitted subtrees of the form.
        permitted: Vec<String>,
    },
    /// The name is in an excluded subtree.
    #[error("{name} is inside the excluded subtree {excluded}")]
    Excluded {
        /// The name.
        name: String,
        /// The first excluded subtree that it is in.
        excluded: String,
    },
    /// Names of this form are constrained, and this one cannot be compared with any constraint.
    #[error("{name} cannot be held against the name constraints of its form: {reason}")]
    NotComparable {
        /// The name.
        name: String,
        /// What it lacks.
        reason: &'static str,
    },
    /// The names to check are not DER.
    #[error("the names to hold against the name constraints are malformed: {0}")]
    Malformed(Asn1Error),
    /// Holding each name against each subtree would take more comparisons than the budget of
    /// [`CertificateAuthority`](crate::authority::ca::CertificateAuthority) allows.
    #[error(
        "{names} names against {subtrees} subtrees of name constraints, counting long ones several times, are more than {max} \
         comparisons"
    )]
    TooManyComparisons {
        /// The names, counted as [`CertificateAuthority::MAX_NAME_COMPARISONS`](crate::authority::ca::CertificateAuthority::MAX_NAME_COMPARISONS) says.
        names: usize,
        /// The subtrees of the authority's certificate and its chain, counted likewise.
        subtrees: usize,
        /// The most comparisons that are allowed.
        max: usize,
    },
}

// The text of the whole has that of the cause, so there is no source.
impl From<Asn1Error> for NameConstraintsError {
    fn from(error: Asn1Error) -> Self {
        NameConstraintsError::Malformed(error)
    }
}

impl From<Asn1Error> for NameConstraintViolation {
    fn from(error: Asn1Error) -> Self {
        NameConstraintViolation::Malformed(error)
    }
}

/// How many pieces of names [`NameConstraints::check`] holds against each subtree. What is malformed ends the count, as it ends
/// the check.
pub(crate) fn pieces_of_names(subject: &[u8], alternative_names: &[&[u8]]) -> usize {
    let lists = alternative_names.iter().filter_map(|names| Reader::single(names, tag::SEQUENCE).ok());
    let alternative: usize = lists
        .map(|names| {
            let mut reader = names.reader();
            std::iter::from_fn(|| reader.any().ok()).map(|name| pieces(&name)).sum::<usize>()
        })
        .sum();
    let emails = attributes(subject).flatten().filter(|attribute| attribute.oid == Oid::EMAIL_ADDRESS);
    alternative + pieces_of_name(subject) + emails.map(|attribute| pieces(&attribute.value)).sum::<usize>()
}

/// The pieces of a GeneralName or a string.
fn pieces(element: &Tlv<'_>) -> usize {
    match DecodedName::from_tlv(element) {
        Ok(DecodedName::Directory(name)) => pieces_of_name(name),
        _ => element.full.len().div_ceil(PIECE),
    }
}

fn pieces_of_name(name: &[u8]) -> usize {
    attributes(name).count().max(name.len().div_ceil(DIRECTORY_PIECE))
}

impl NameConstraints {
    /// Reads the value of a nameConstraints extension:
    /// `SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] GeneralSubtrees OPTIONAL }`.
    pub(crate) fn from_der(der: &[u8]) -> Result<NameConstraints, NameConstraintsError> {
        let mut reader = Reader::single(der, tag::SEQUENCE)?.reader();
        let mut pieces = 0;
        let permitted = subtrees(reader.optional(tag::context_constructed(0))?, &mut pieces)?;
        let excluded = subtrees(reader.optional(tag::context_constructed(1))?, &mut pieces)?;
        reader.finish()?;
        if permitted.is_empty() && excluded.is_empty() {
            return Err(NameConstraintsError::Empty);
        }
        Ok(NameConstraints { permitted, excluded, closed: false, pieces })
    }

    /// The names of a policy: `closed` if there is a list of permitted ones, however short.
    pub(crate) fn of_policy(permitted: Vec<Subtree>, excluded: Vec<Subtree>, closed: bool) -> NameConstraints {
        let texts = permitted.iter().chain(&excluded).map(ToString::to_string);
        let pieces = texts.map(|text| text.len().div_ceil(DIRECTORY_PIECE).max(1)).sum();
        NameConstraints { permitted, excluded, closed, pieces }
    }

    /// All subtrees, the permitted ones first.
    pub(crate) fn subtrees(&self) -> impl Iterator<Item = &Subtree> {
        self.permitted.iter().chain(&self.excluded)
    }

    /// How many pieces of subtrees [`NameConstraints::check`] holds each name against.
    pub(crate) fn pieces(&self) -> usize {
        self.pieces
    }

    /// Holds a certificate's names against the constraints: `subject` is the DER of a Name, each of `alternative_names` that
    /// of a GeneralNames.
    ///
    /// A subject that is not empty counts as a directoryName, and its emailAddress attributes as rfc822Names.
    pub(crate) fn check(&self, subject: &[u8], alternative_names: &[&[u8]]) -> Result<(), NameConstraintViolation> {
        for names in alternative_names {
            for name in general_names(names)? {
                self.check_alternative_name(&name?)?;
            }
        }
        self.check_subject(subject)
    }

    /// Holds one alternative name against the constraints.
    pub(crate) fn check_alternative_name(&self, name: &DecodedName<'_>) -> Result<(), NameConstraintViolation> {
        match *name {
            DecodedName::OtherName { type_id, value } if type_id.as_der_content() == SMTP_UTF8_MAILBOX => {
                self.check_utf8_mailbox(value)
            }
            _ => self.check_name(name),
        }
    }

    /// Holds a subject, the DER of a Name, against the constraints.
    pub(crate) fn check_subject(&self, subject: &[u8]) -> Result<(), NameConstraintViolation> {
        let mut empty = true;
        for attribute in attributes(subject) {
            let attribute = attribute?;
            empty = false;
            if attribute.oid == Oid::EMAIL_ADDRESS {
                self.check_email_attribute(&attribute.value)?;
            }
        }
        let name = DecodedName::Directory(subject);
        // A subject is not an alternative name: even closed constraints look at it only if they have one of its form.
        if empty || !self.constrains(&name) { Ok(()) } else { self.check_name(&name) }
    }

    fn check_email_attribute(&self, value: &Tlv<'_>) -> Result<(), NameConstraintViolation> {
        if !self.judges(&DecodedName::Rfc822("")) {
            return Ok(());
        }
        let text: Option<String> = Text::of(value).map(|text| text.chars().collect());
        match text.filter(|text| text.is_ascii()) {
            Some(text) => self.check_name(&DecodedName::Rfc822(&text)),
            None => Err(NameConstraintViolation::NotComparable {
                name: "the emailAddress of the subject".to_owned(),
                reason: "it is not ASCII text",
            }),
        }
    }

    /// `value` is the DER of the mailbox.
    fn check_utf8_mailbox(&self, value: &[u8]) -> Result<(), NameConstraintViolation> {
        if !self.judges(&DecodedName::Rfc822("")) {
            return Ok(());
        }
        let text = Reader::single(value, tag::UTF8_STRING).ok().and_then(|tlv| std::str::from_utf8(tlv.content).ok());
        // Only the local part may be beyond ASCII (RFC 9598 section 3); hosts in another form cannot be compared.
        match text.filter(|text| text.rsplit_once('@').is_some_and(|(_, host)| host.is_ascii())) {
            Some(text) => self.check_name(&DecodedName::Rfc822(text)),
            None => Err(NameConstraintViolation::NotComparable {
                name: "the SmtpUTF8Mailbox".to_owned(),
                reason: "it is not UTF-8 text with a host in ASCII",
            }),
        }
    }

    /// Whether subjects are held against a subtree.
    pub(crate) fn constrains_directories(&self) -> bool {
        self.subtrees().any(|subtree| matches!(subtree, Subtree::Directory(_)))
    }

    /// Whether there are constraints of the form of `name`.
    fn constrains(&self, name: &DecodedName<'_>) -> bool {
        self.permitted.iter().chain(&self.excluded).any(|subtree| subtree.has_form_of(name))
    }

    fn judges(&self, name: &DecodedName<'_>) -> bool {
        self.closed || self.constrains(name)
    }

    fn check_name(&self, name: &DecodedName<'_>) -> Result<(), NameConstraintViolation> {
        // Before reading the name: a URI without a host, say, passes while nobody constrains URIs.
        if !self.judges(name) {
            return Ok(());
        }
        self.check_reading(name, || name.to_string())?;
        match Candidate::other_reading(name) {
            Some(reading) => self.check_reading(&reading, || format!("{name} (to some verifiers {reading})")),
            None => Ok(()),
        }
    }

    /// `shown` is what errors call it.
    fn check_reading(&self, name: &DecodedName<'_>, shown: impl Fn() -> String) -> Result<(), NameConstraintViolation> {
        let not_comparable = |reason| NameConstraintViolation::NotComparable { name: shown(), reason };
        let candidate = Candidate::of(name).map_err(not_comparable)?;
        if let Candidate::Uri { host: Err(reason), .. } = candidate
            && self.subtrees().any(Subtree::needs_host)
        {
            return Err(not_comparable(reason));
        }
        for subtree in self.excluded.iter().filter(|subtree| subtree.has_form_of(name)) {
            match subtree.covers(&candidate)? {
                Likeness::Different if !subtree.may_cover_expansion(&candidate) => {}
                Likeness::Unknown => return Err(not_comparable(candidate.why_unknown())),
                Likeness::Alike | Likeness::Different => {
                    return Err(NameConstraintViolation::Excluded { name: shown(), excluded: subtree.to_string() });
                }
            }
        }
        let mut of_form = self.permitted.iter().filter(|subtree| subtree.has_form_of(name)).peekable();
        if of_form.peek().is_none() && !self.closed {
            return Ok(());
        }
        for subtree in of_form {
            if subtree.covers(&candidate)? == Likeness::Alike {
                return Ok(());
            }
        }
        let of_form = self.permitted.iter().filter(|subtree| self.closed || subtree.has_form_of(name));
        Err(NameConstraintViolation::NotPermitted {
            name: shown(),
            permitted: of_form.map(ToString::to_string).collect(),
        })
    }
}

/// `GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree`, under a tag of its own. Counts their pieces.
fn subtrees(tlv: Option<Tlv<'_>>, counted: &mut usize) -> Result<Vec<Subtree>, NameConstraintsError> {
    let Some(tlv) = tlv else { return Ok(Vec::new()) };
    if tlv.content.is_empty() {
        return Err(tlv.content_error("list of subtrees without a subtree").into());
    }
    let (mut reader, mut subtrees) = (tlv.reader(), Vec::new());
    while !reader.is_empty() {
        let mut subtree = reader.read(tag::SEQUENCE)?.reader();
        let base = subtree.any()?;
        let name = DecodedName::from_tlv(&base)?;
        // A minimum of 0 is the default, which DER leaves out and Microsoft's CAs spell out.
        let minimum = subtree.optional(tag::context(0))?;
        if minimum.is_some_and(|minimum| minimum.content != [0]) || subtree.peek() == Some(tag::context(1)) {
            return Err(NameConstraintsError::Distance(name.to_string()));
        }
        subtree.finish()?;
        subtrees.push(Subtree::from_name(&name, &base)?);
        *counted += pieces(&base);
    }
    Ok(subtrees)
}

impl fmt::Display for NameConstraints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (label, subtrees) in [("permitted", &self.permitted), ("excluded", &self.excluded)] {
            for (position, subtree) in subtrees.iter().enumerate() {
                match position {
                    0 => write!(f, "{separator}{label}: {subtree}")?,
                    _ => write!(f, ", {subtree}")?,
                }
                separator = "; ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
