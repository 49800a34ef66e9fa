//! What is wrong with a request, in the words of the service.

use std::fmt;

use super::subject::AttributeStringType;
use crate::request::arn::ArnError;
use crate::x509::oid::{Oid, OidError};

/// Which exception of the API a violation leads to, from the weakest to the strongest: a request with several
/// violations is refused with the strongest of their classes. [`RequestError`](crate::request::RequestError) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ViolationClass {
    /// `InvalidArgsException`: what the bounds of the API model cannot catch.
    Args,
    /// `InvalidArnException`: an ARN of the right length and the wrong form (R-ARN-3).
    Arn,
    /// `ValidationException`: bounds, patterns, enumerations, types, missing and unknown members (R-REQ-2).
    Validation,
}

/// A rule that a value of a request breaks. Its `Display` says what would be right; the words of the first seven are
/// the service's own. [`RequestError`](crate::request::RequestError) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Constraint {
    /// The value is shorter than the API model's bound.
    MinLength(usize),
    /// The value is longer than the API model's bound.
    MaxLength(usize),
    /// The number is smaller than the API model's bound.
    MinValue(i64),
    /// The number is greater than the API model's bound.
    MaxValue(i64),
    /// The text does not match the API model's pattern from end to end.
    Pattern(&'static str),
    /// The text is not one of these names.
    EnumValueSet(&'static [&'static str]),
    /// A required member is missing, or a list has a null.
    NotNull,
    /// The value is not of the type of its member (our words).
    Type(&'static str),
    /// The structure has no such member; these are the ones it has (our words).
    UnknownMember(&'static [&'static str]),
    /// The structure has no such member; this is the one that was probably meant (R-REQ-10, our decision).
    MisspeltMember(&'static str),
    /// The document is not well formed (our words).
    Syntax(String),
    /// The ARN is malformed (R-ARN-3).
    Arn(ArnError),
    /// None or more than one of these options is given (R-REQ-3).
    OneOption(&'static [&'static str]),
    /// Standard and custom attributes are given in one name (R-REQ-4).
    StandardOrCustomAttributes,
    /// The object identifier cannot be encoded (R-REQ-7).
    Oid(OidError),
    /// The base64 text has bits set that its last byte does not use (R-REQ-7).
    CanonicalBase64,
    /// The bytes are not one complete DER value (R-REQ-7, our decision).
    OneDerValue,
    /// A key usage has no bit set (R-REQ-8, our decision).
    SomeKeyUsage,
    /// An extension is given a second time (R-REQ-9, our decision).
    UniqueExtension {
        /// The object identifier of the extension.
        oid: Oid,
        /// The member of `Extensions` that gives it, too.
        given_by: &'static str,
    },
    /// A certificate policy is given a second time (RFC 5280 section 4.2.1.4; that the request is refused for it is our
    /// decision).
    UniquePolicy,
    /// An e-mail address, DNS name or URI is empty or has control characters (R-ENC-3).
    Ia5Text,
    /// An e-mail address, DNS name or URI has characters outside ASCII (R-ENC-3).
    AsciiHost,
    /// An otherName of this type is not a string, and the API gives strings (R-ENC-3, our decision).
    StringType,
    /// The text is not an IP address.
    IpAddress,
    /// A directory name has no attribute.
    NonEmptyName,
    /// The text has a NUL character (our decision).
    NoNul,
    /// The text is not an absolute URL of visible ASCII characters (our decision).
    Url,
    /// A rule that binds members together; the text says what would be right.
    Rule(&'static str),
    /// The text has characters that the attribute's string type cannot hold (R-ENC-2).
    Characters(AttributeStringType),
}

impl Constraint {
    /// The class of violations of this constraint.
    pub fn class(&self) -> ViolationClass {
        use Constraint as C;
        match self {
            C::MinLength(_) | C::MaxLength(_) | C::MinValue(_) | C::MaxValue(_) => ViolationClass::Validation,
            C::Pattern(_) | C::EnumValueSet(_) | C::NotNull => ViolationClass::Validation,
            C::Type(_) | C::UnknownMember(_) | C::Syntax(_) => ViolationClass::Validation,
            C::Arn(_) => ViolationClass::Arn,
            C::MisspeltMember(_)
            | C::OneOption(_)
            | C::StandardOrCustomAttributes
            | C::Oid(_)
            | C::CanonicalBase64
            | C::OneDerValue
            | C::SomeKeyUsage
            | C::UniqueExtension { .. }
            | C::UniquePolicy
            | C::Ia5Text
            | C::AsciiHost
            | C::StringType
            | C::IpAddress
            | C::NonEmptyName
            | C::NoNul
            | C::Url
            | C::Rule(_)
            | C::Characters(_) => ViolationClass::Args,
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Constraint as C;
        match self {
            C::MinLength(min) => write!(f, "Member must have length greater than or equal to {min}"),
            C::MaxLength(max) => write!(f, "Member must have length less than or equal to {max}"),
            C::MinValue(min) => write!(f, "Member must have value greater than or equal to {min}"),
            C::MaxValue(max) => write!(f, "Member must have value less than or equal to {max}"),
            C::Pattern(pattern) => write!(f, "Member must satisfy regular expression pattern: {pattern}"),
            C::EnumValueSet(names) => write!(f, "Member must satisfy enum value set: [{}]", names.join(", ")),
            C::NotNull => f.write_str("Member must not be null"),
            C::Type(expected) => write!(f, "Member must be {expected}"),
            C::UnknownMember(known) => write!(f, "unknown member; the members are [{}]", known.join(", ")),
            C::MisspeltMember(meant) => write!(f, "unknown member; did you mean {meant}?"),
            C::Syntax(reason) => write!(f, "Document must be well formed: {reason}"),
            C::Arn(error) => write!(f, "Member must be a well-formed ARN: {error}"),
            C::OneOption(options) => write!(f, "Member must give exactly one of [{}]", options.join(", ")),
            C::StandardOrCustomAttributes => {
                f.write_str("Member must not combine CustomAttributes with standard attributes")
            }
            C::Oid(error) => write!(f, "Member must be an object identifier: {error}"),
            C::CanonicalBase64 => {
                f.write_str("Member must be canonical base64, with zeros in the bits it does not use")
            }
            C::OneDerValue => f.write_str("Member must be the base64 of exactly one complete DER value"),
            C::SomeKeyUsage => f.write_str("Member must set at least one key usage to true"),
            C::UniqueExtension { oid, given_by } => {
                let name = oid.name().map(|name| format!(" ({name})")).unwrap_or_default();
                write!(f, "Member must not repeat the extension {oid}{name}, which {given_by} gives already")
            }
            C::UniquePolicy => f.write_str("Member must not repeat a policy of the list (RFC 5280 section 4.2.1.4)"),
            C::Ia5Text => f.write_str("Member must be ASCII text that is not empty and has no control characters"),
            C::AsciiHost => f.write_str(
                "Member must be ASCII text; a host with other letters is written with xn-- (RFC 5890), as xn--bcher-kva.example",
            ),
            C::StringType => f.write_str(
                "Member must be a type whose value is a string; give the whole subjectAltName as a custom extension (2.5.29.17)",
            ),
            C::IpAddress => f.write_str("Member must be an IPv4 or IPv6 address"),
            C::NonEmptyName => f.write_str("Member must have at least one attribute"),
            C::NoNul => f.write_str("Member must not contain the NUL character"),
            C::Url => f.write_str("Member must be an absolute URL of at most 2048 visible ASCII characters"),
            C::Rule(rule) => f.write_str(rule),
            C::Characters(kind) => write!(f, "Member must have only the characters of a {kind}"),
        }
    }
}

/// One value of a request that breaks one constraint. [`RequestError`](crate::request::RequestError) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    path: String,
    value: String,
    constraint: Constraint,
}

impl Violation {
    /// A violation by the very value that is checked; its path grows as the value is attached to what holds it.
    pub(crate) fn new(value: impl Into<String>, constraint: Constraint) -> Violation {
        Violation { path: String::new(), value: value.into(), constraint }
    }

    /// Puts a step in front of the path.
    pub(crate) fn under(mut self, step: impl fmt::Display) -> Violation {
        self.path = match self.path.is_empty() {
            true => step.to_string(),
            false => format!("{step}.{}", self.path),
        };
        self
    }

    /// Where the value is: member names in lower camel case, list members counted from 1, as in
    /// `apiPassthrough.extensions.subjectAlternativeNames.3.member.dnsName`. Empty when the value is the whole document
    /// or stands alone.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value, as printed: texts of more than 512 characters are cut, blobs, lists and structures are described.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What the value breaks.
    pub fn constraint(&self) -> &Constraint {
        &self.constraint
    }

    /// The class of the constraint.
    pub fn class(&self) -> ViolationClass {
        self.constraint.class()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.constraint {
            Constraint::NotNull => f.write_str("Value null")?,
            _ => write!(f, "Value '{}'", self.value)?,
        }
        if !self.path.is_empty() {
            write!(f, " at '{}'", self.path)?;
        }
        write!(f, " failed to satisfy constraint: {}", self.constraint)
    }
}

/// The longest text that a message repeats in full, in characters: above every bound of the API model but those of base64
/// values, policies and page tokens, so that messages stand in the words of the service.
const LONGEST_PRINTED: usize = 512;

/// A text of the caller's as it may stand in a message: cut where it is long, control characters escaped so that it
/// cannot forge lines of a log.
pub(crate) fn printed(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST_PRINTED));
    for (position, c) in text.chars().enumerate() {
        if position == LONGEST_PRINTED {
            out.push('…');
            break;
        }
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

/// A list as it stands in a message.
pub(crate) fn printed_list(members: usize) -> String {
    if members == 0 { "[]".to_owned() } else { format!("<{members} members>") }
}

/// What is wrong with something: the first violations, and how many there are. A hostile message of a megabyte must cost neither
/// memory nor words for each of its faults.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Violations {
    kept: Vec<Violation>,
    count: usize,
    strongest: Option<ViolationClass>,
}

impl Violations {
    /// The most violations that are kept and printed.
    const MOST: usize = 100;

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn add(&mut self, violation: Violation) {
        self.append(violation.into());
    }

    /// Appends what `later` has.
    pub(crate) fn append(&mut self, later: Violations) {
        self.count += later.count;
        self.strongest = self.strongest.max(later.strongest);
        match self.kept.is_empty() {
            true => self.kept = later.kept,
            false => {
                let room = Violations::MOST - self.kept.len();
                self.kept.extend(later.kept.into_iter().take(room));
            }
        }
    }

    /// Puts a step in front of every path.
    pub(crate) fn under(mut self, step: impl fmt::Display) -> Violations {
        self.kept = self.kept.into_iter().map(|violation| violation.under(&step)).collect();
        self
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Violations {
        Violations { count: 1, strongest: Some(violation.class()), kept: vec![violation] }
    }
}

impl FromIterator<Violation> for Violations {
    fn from_iter<I: IntoIterator<Item = Violation>>(violations: I) -> Violations {
        let mut all = Violations::default();
        violations.into_iter().for_each(|violation| all.add(violation));
        all
    }
}

/// Everything that is wrong with a request, or with a part of one.
///
/// `Display` follows the service (R-REQ-2): `2 validation errors detected: Value '…' at '…' failed to satisfy
/// constraint: …; Value …`. Without a violation of the class [`ViolationClass::Validation`] the leading count is left
/// out. All violations are counted; the first 100 are kept and printed, so that a hostile request of a megabyte makes no message
/// of fifty.
///
/// ```
/// use issuance::Subject;
/// let error = Subject::builder().country("USA").common_name("a".repeat(65)).build().unwrap_err();
/// let paths: Vec<_> = error.violations().iter().map(|violation| violation.path()).collect();
/// assert_eq!(paths, ["country", "country", "commonName"]);
/// assert!(error.to_string().starts_with("3 validation errors detected: Value 'USA' at 'country' failed to satisfy constraint: "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    violations: Violations,
}

impl RequestError {
    /// At least one violation.
    pub(crate) fn new(violations: impl Into<Violations>) -> RequestError {
        RequestError { violations: violations.into() }
    }

    /// The first 100 violations, in the order of the API model's members. Never empty.
    pub fn violations(&self) -> &[Violation] {
        &self.violations.kept
    }

    /// How many violations there are, those among them that [`RequestError::violations`] does not list.
    pub fn violation_count(&self) -> usize {
        self.violations.count
    }

    /// The strongest class among all violations: it decides the exception.
    pub fn class(&self) -> ViolationClass {
        self.violations.strongest.unwrap_or(ViolationClass::Validation)
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violations { kept, count, .. } = &self.violations;
        if self.class() == ViolationClass::Validation {
            write!(f, "{count} validation error{} detected: ", if *count == 1 { "" } else { "s" })?;
        }
        for (position, violation) in kept.iter().enumerate() {
            write!(f, "{}{violation}", if position == 0 { "" } else { "; " })?;
        }
        match count - kept.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for RequestError {}
