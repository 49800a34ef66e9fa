//! Holds a finished certificate against a policy (R-POL-2, R-POL-3). While nothing is wrong it makes a few
//! short lists and no text (R-POL-9).

use std::net::IpAddr;

use super::refusal::{PolicyRefusal, PolicyViolation};
use super::rules::{
    ALWAYS, CommonNameRule, ExtensionRules, KeyUsageRules, NameRules, Policy, PurposeRules, Rules, SubjectRules,
    ValidityRules,
};
use super::text::{Identifier, KeyPattern, Period};
use crate::request::key_usage::KeyUsage;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::asn1::reader::{Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::extension::{Known, label};
use crate::x509::name::checked_attributes;
use crate::x509::name::general::{DecodedName, general_names};
use crate::x509::name::matching::text_matches;
use crate::x509::name::string::{Escape, Hex, Text};
use crate::x509::name_constraints::host::{host_of, is_host};
use crate::x509::name_constraints::{NameConstraintViolation, pieces_of_names};
use crate::x509::oid::{Oid, OidRef};
use crate::x509::public_key::PublicKey;
use crate::x509::tbs_view::{TbsView, ViewedExtension};

/// The most comparisons of names with patterns, counted as those with name constraints are (R-ERR-2).
const MOST_COMPARISONS: usize = 250_000;

/// What is judged: the view of the bytes, and their number.
struct Judged<'a> {
    tbs: &'a TbsView<'a>,
    octets: usize,
    found: PolicyRefusal,
}

impl Policy {
    /// # Errors
    /// Everything that violates the policy, and what cannot be read.
    pub(crate) fn judge(&self, tbs: &TbsView<'_>, octets: usize) -> Result<(), PolicyRefusal> {
        if self.all.is_empty() {
            return Ok(());
        }
        let mut judged = Judged { tbs, octets, found: PolicyRefusal::default() };
        self.all.iter().for_each(|rules| judged.rules(rules));
        if judged.found.is_empty() { Ok(()) } else { Err(judged.found) }
    }
}

fn listed<T: ToString>(items: &[T]) -> String {
    match items {
        [] => "nothing".to_owned(),
        items => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// The rule that a name breaks, the name as it is shown, and what would be right.
type Fault = (&'static str, String, String);

impl NameRules {
    /// What is wrong with one alternative name.
    pub(crate) fn faults(&self, name: &DecodedName<'_>) -> impl Iterator<Item = Fault> + use<> {
        let mut wildcard = None;
        if let DecodedName::Dns(text) = name {
            let host = text.strip_prefix("*.").unwrap_or(text);
            if !is_host(host) {
                let right = "host names, or a wildcard as the first label of one";
                return Some(("names", name.to_string(), right.to_owned())).into_iter().chain(None);
            }
            if host.len() < text.len() && self.texts.wildcards == Some(false) {
                wildcard = Some(("names.wildcards", name.to_string(), "no wildcard".to_owned()));
            }
        }
        let violation = self.constraints.check_alternative_name(name).err();
        wildcard.into_iter().chain(violation.map(|violation| fault(violation, &name.to_string())))
    }
}

fn fault(violation: NameConstraintViolation, shown: &str) -> Fault {
    match violation {
        NameConstraintViolation::NotPermitted { name, permitted } => {
            let right = if permitted.is_empty() { "no name".to_owned() } else { permitted.join(", ") };
            ("names.permitted", name, right)
        }
        NameConstraintViolation::Excluded { name, excluded } => {
            ("names.excluded", name, format!("nothing in {excluded}"))
        }
        NameConstraintViolation::NotComparable { name, reason } => {
            ("names", format!("{name}, and {reason}"), "names that can be compared with its patterns".to_owned())
        }
        other => ("names", shown.to_owned(), other.to_string()),
    }
}

impl<'a> Judged<'a> {
    fn refuse(&mut self, rule: &'static str, path: impl Into<String>, value: impl ToString, right: impl ToString) {
        self.found.push(|| PolicyViolation::new(rule, path.into(), value.to_string(), right.to_string()));
    }

    fn rules(&mut self, rules: &Rules) {
        let Rules {
            names,
            common_name,
            subject,
            keys,
            signing_algorithms,
            validity,
            key_usage,
            extended_key_usage,
            extensions,
            ca,
            longest_path,
            max_bytes,
        } = rules;
        if let Some(names) = names {
            self.names(names);
        }
        if let Some(rule) = common_name {
            self.common_name(*rule);
        }
        if let Some(subject) = subject {
            self.subject(subject);
        }
        if let Some(keys) = keys {
            self.keys(keys);
        }
        if let Some(algorithms) = signing_algorithms {
            self.signing_algorithms(algorithms);
        }
        if let Some(validity) = validity {
            self.validity(validity);
        }
        if let Some(usage) = key_usage {
            self.key_usage(usage);
        }
        if let Some(purposes) = extended_key_usage {
            self.purposes(purposes);
        }
        if key_usage.is_some() || extended_key_usage.is_some() {
            self.aliases(key_usage.is_some(), extended_key_usage.is_some());
        }
        if let Some(rules) = extensions {
            self.extensions(rules);
        }
        if ca.is_some() || longest_path.is_some() {
            self.basic_constraints(*ca, *longest_path);
        }
        if let Some(most) = max_bytes
            && self.octets > *most
        {
            self.refuse("max_bytes", "tbsCertificate", format!("{} bytes", self.octets), format!("at most {most}"));
        }
    }

    fn names(&mut self, rules: &NameRules) {
        let tbs = self.tbs;
        let subject = tbs.subject.full;
        let lists: Vec<ViewedExtension<'a>> =
            tbs.extensions().filter(|extension| extension.known.is_some_and(Known::holds_subject_names)).collect();
        let values: Vec<&[u8]> = lists.iter().map(|list| list.value).collect();
        // No name has more pieces than bytes.
        let bytes = subject.len() + values.iter().map(|value| value.len()).sum::<usize>();
        let subtrees = rules.constraints.pieces();
        let is_small = bytes.saturating_mul(subtrees) <= MOST_COMPARISONS;
        let pieces = if is_small { bytes } else { pieces_of_names(subject, &values) };
        if pieces.saturating_mul(subtrees) > MOST_COMPARISONS {
            let right = format!("at most {MOST_COMPARISONS} comparisons with its patterns");
            return self.refuse("names", "subjectAltName", format!("{pieces} pieces of names"), right);
        }
        let mut count = 0;
        for list in &lists {
            let place = || label(&list.oid.to_oid());
            let Ok(names) = general_names(list.value) else {
                self.refuse("names", place(), "not readable", "names that can be read");
                continue;
            };
            for (position, name) in names.enumerate() {
                count += 1;
                let path = || format!("{}.{}", place(), position + 1);
                let Ok(name) = name else {
                    self.refuse("names", path(), "not readable", "names that can be read");
                    break;
                };
                for (rule, value, right) in rules.faults(&name) {
                    self.refuse(rule, path(), value, right);
                }
            }
        }
        let has_mailbox = || self.attributes().any(|(oid, _)| oid == Oid::EMAIL_ADDRESS);
        if (rules.constraints.constrains_directories() || has_mailbox())
            && let Err(violation) = rules.constraints.check_subject(subject)
        {
            let (rule, value, right) = fault(violation, "the subject");
            self.refuse(rule, "subject", value, right);
        }
        if let Some(least) = rules.texts.least
            && count < least
        {
            self.refuse(
                "names.least",
                "subjectAltName",
                format!("of length {count}"),
                format!("at least {least} names"),
            );
        }
        if let Some(most) = rules.texts.most
            && count > most
        {
            self.refuse("names.most", "subjectAltName", format!("of length {count}"), format!("at most {most} names"));
        }
    }

    /// The attributes of the subject, which the checks have read as a name before.
    fn attributes(&self) -> impl Iterator<Item = (OidRef<'a>, Tlv<'a>)> + use<'a> {
        checked_attributes(self.tbs.subject.full)
    }

    fn common_name(&mut self, rule: CommonNameRule) {
        for (oid, value) in self.attributes() {
            if oid != Oid::COMMON_NAME {
                continue;
            }
            let shown = || shown(&value);
            match (rule, Text::of(&value)) {
                (_, None) => self.refuse("common_name", "subject.CN", shown(), "text"),
                (CommonNameRule::NotAHost, Some(text)) => {
                    let text = text.into_cow();
                    if host_of(&value).is_some() || text.trim().parse::<IpAddr>().is_ok() {
                        self.refuse("common_name", "subject.CN", shown(), "nothing that looks like a host");
                    }
                }
                (CommonNameRule::AmongNames, Some(text)) => {
                    if !self.is_among_names(&text.into_cow()) {
                        self.refuse("common_name", "subject.CN", shown(), "one of the alternative names");
                    }
                }
            }
        }
    }

    fn is_among_names(&self, text: &str) -> bool {
        let Some(san) = self.tbs.extension(&Oid::SUBJECT_ALT_NAME) else { return false };
        let Ok(names) = general_names(san.value) else { return false };
        names.flatten().any(|name| match name {
            DecodedName::Dns(host) => host.eq_ignore_ascii_case(text),
            DecodedName::Rfc822(address) => address == text,
            DecodedName::Uri(uri) => uri == text,
            DecodedName::Ip(octets) => address(octets).is_some_and(|address| text.parse() == Ok(address)),
            _ => false,
        })
    }

    fn subject(&mut self, rules: &SubjectRules) {
        let SubjectRules { required, allowed, values } = rules;
        let mut met = vec![false; required.len()];
        for (oid, value) in self.attributes() {
            let path = || format!("subject.{}", Identifier(oid.to_oid()));
            for (required, met) in required.iter().zip(&mut met) {
                *met |= oid == required.0;
            }
            if let Some(allowed) = allowed
                && !allowed.iter().any(|allowed| oid == allowed.0)
            {
                self.refuse("subject.allowed", path(), shown(&value), format!("only {}", listed(allowed)));
            }
            for (_, texts) in values.iter().filter(|(of, _)| oid == of.0) {
                if !texts.iter().any(|text| text_matches(&value, text)) {
                    self.refuse("subject.values", path(), shown(&value), listed(texts));
                }
            }
        }
        for (required, _) in required.iter().zip(met).filter(|(_, met)| !met) {
            self.refuse("subject.required", format!("subject.{required}"), "absent", "a subject with it");
        }
    }

    fn keys(&mut self, patterns: &[KeyPattern]) {
        match PublicKey::from_der(self.tbs.public_key.full) {
            Ok(key) if patterns.iter().any(|pattern| pattern.covers(&key)) => {}
            Ok(key) => self.refuse("keys", "subjectPublicKeyInfo", key, listed(patterns)),
            Err(error) => self.refuse("keys", "subjectPublicKeyInfo", error, listed(patterns)),
        }
    }

    fn signing_algorithms(&mut self, algorithms: &[SigningAlgorithm]) {
        let given = self.tbs.signature.full;
        let is = |algorithm: &SigningAlgorithm| {
            given == algorithm.algorithm_identifier() || Some(given) == algorithm.algorithm_identifier_without_null()
        };
        if algorithms.iter().any(is) {
            return;
        }
        let value = match SigningAlgorithm::ALL.iter().find(|algorithm| is(algorithm)) {
            Some(algorithm) => SignatureAlgorithm::from(*algorithm).to_string(),
            None => Hex(given).to_string(),
        };
        self.refuse("signing_algorithms", "signature", value, listed(algorithms));
    }

    fn validity(&mut self, rules: &ValidityRules) {
        let (Some(not_before), Some(not_after)) = (self.tbs.not_before.timestamp(), self.tbs.not_after.timestamp())
        else {
            return self.refuse("validity", "validity", "not readable", "times that can be read");
        };
        if let Some(longest) = rules.longest {
            let period = u64::try_from(not_after.unix() - not_before.unix()).unwrap_or_default();
            if period > longest {
                let value = format!("{} from {not_before} to {not_after}", Period(period));
                self.refuse("validity.longest", "validity", value, format!("at most {}", Period(longest)));
            }
        }
        if let Some(earliest) = rules.not_before
            && not_before < earliest
        {
            self.refuse("validity.not_before", "validity.notBefore", not_before, format!("{earliest} or later"));
        }
        if let Some(latest) = rules.not_after
            && not_after > latest
        {
            self.refuse("validity.not_after", "validity.notAfter", not_after, format!("{latest} or earlier"));
        }
    }

    fn key_usage(&mut self, rules: &KeyUsageRules) {
        let Some(extension) = self.tbs.extension(&Oid::KEY_USAGE) else {
            if let Some(required) = rules.required {
                self.refuse("key_usage.required", "keyUsage", "absent", required);
            }
            if let Some(allowed) = rules.allowed {
                self.refuse(
                    "key_usage.allowed",
                    "keyUsage",
                    "absent, which allows every use",
                    format!("only {allowed}"),
                );
            }
            return;
        };
        let Some(usage) = key_usage_bits(extension.value).and_then(KeyUsage::from_bits) else {
            return self.refuse("key_usage", "keyUsage", "not readable", "bits that can be read");
        };
        if let Some(required) = rules.required
            && !usage.contains(required)
        {
            self.refuse("key_usage.required", "keyUsage", usage, required);
        }
        if let Some(allowed) = rules.allowed
            && !allowed.contains(usage)
        {
            self.refuse("key_usage.allowed", "keyUsage", usage, format!("only {allowed}"));
        }
    }

    fn purposes(&mut self, rules: &PurposeRules) {
        let PurposeRules { required, allowed } = rules;
        let Some(extension) = self.tbs.extension(&Oid::EXTENDED_KEY_USAGE) else {
            if !required.is_empty() {
                self.refuse("extended_key_usage.required", "extKeyUsage", "absent", listed(required));
            }
            if let Some(allowed) = allowed {
                let value = "absent, which allows every purpose";
                self.refuse("extended_key_usage.allowed", "extKeyUsage", value, format!("only {}", listed(allowed)));
            }
            return;
        };
        let Some(purposes) = purposes(extension.value) else {
            return self.refuse("extended_key_usage", "extKeyUsage", "not readable", "purposes that can be read");
        };
        for purpose in &purposes {
            if let Some(allowed) = allowed
                && !allowed.iter().any(|allowed| *purpose == allowed.0)
            {
                let value = Identifier(purpose.to_oid());
                self.refuse("extended_key_usage.allowed", "extKeyUsage", value, format!("only {}", listed(allowed)));
            }
        }
        for required in required.iter().filter(|required| !purposes.iter().any(|purpose| *purpose == required.0)) {
            let shown: Vec<Identifier> = purposes.iter().map(|purpose| Identifier(purpose.to_oid())).collect();
            self.refuse("extended_key_usage.required", "extKeyUsage", listed(&shown), required);
        }
    }

    /// R-MRG-9: what a policy limits cannot be said under another identifier.
    fn aliases(&mut self, usage: bool, purposes: bool) {
        for extension in self.tbs.extensions() {
            let (of_usage, of_purposes) = match extension.known {
                Some(Known::KeyUsage) => (extension.oid != Oid::KEY_USAGE, false),
                Some(Known::ExtendedKeyUsage) => (false, extension.oid != Oid::EXTENDED_KEY_USAGE),
                Some(Known::KeyUsageRestriction | Known::KeyAttributes1994) => (true, false),
                Some(Known::MicrosoftApplicationPolicies) => (false, true),
                Some(Known::NetscapeCertificateType) => (true, true),
                _ => continue,
            };
            let path = label(&extension.oid.to_oid());
            if usage && of_usage {
                self.refuse("key_usage", path, "there", "keyUsage under no other identifier");
            } else if purposes && of_purposes {
                self.refuse("extended_key_usage", path, "there", "extKeyUsage under no other identifier");
            }
        }
    }

    fn extensions(&mut self, rules: &ExtensionRules) {
        let ExtensionRules { allowed, forbidden, critical, not_critical } = rules;
        for extension in self.tbs.extensions() {
            let path = || label(&extension.oid.to_oid()).into_owned();
            let is = |listed: &&Identifier| extension.oid == listed.0;
            // One that software takes for it is it, too.
            let becomes = |listed: &&Identifier| {
                is(listed)
                    || extension.known.is_some() && extension.known == Known::of(listed.0.by_ref())
                    || extension.oid.wrapped() == Some(listed.0)
            };
            if let Some(allowed) = allowed
                && !allowed.iter().any(|listed| is(&listed))
                && !ALWAYS.iter().any(|always| extension.oid == *always)
            {
                self.refuse("extensions.allowed", path(), "there", format!("only {}", listed(allowed)));
            }
            if forbidden.iter().any(|listed| becomes(&listed)) {
                self.refuse("extensions.forbidden", path(), "there", "no such extension");
            }
            if !extension.critical && critical.iter().any(|listed| becomes(&listed)) {
                self.refuse("extensions.critical", path(), "not critical", "it critical");
            }
            if extension.critical && not_critical.iter().any(|listed| becomes(&listed)) {
                self.refuse("extensions.not_critical", path(), "critical", "it not critical");
            }
        }
    }

    fn basic_constraints(&mut self, ca: Option<bool>, longest_path: Option<u8>) {
        let extension = self.tbs.extension(&Oid::BASIC_CONSTRAINTS);
        let Some((is_ca, path_len)) = extension.and_then(|extension| basic_constraints(extension.value)) else {
            return self.refuse("ca", "basicConstraints", "not readable", "basicConstraints that can be read");
        };
        let kind = |ca| if ca { "a CA" } else { "not a CA" };
        if let Some(ca) = ca
            && ca != is_ca
        {
            self.refuse("ca", "basicConstraints", kind(is_ca), kind(ca));
        }
        if let Some(longest) = longest_path
            && is_ca
            && path_len.is_none_or(|path_len| path_len > u64::from(longest))
        {
            let value =
                path_len.map_or("without a path length".to_owned(), |path_len| format!("of path length {path_len}"));
            self.refuse("longest_path", "basicConstraints", value, format!("at most {longest}"));
        }
    }
}

/// A value of an attribute, fit for printing.
fn shown(value: &Tlv<'_>) -> String {
    match Text::of(value) {
        Some(text) => format!("'{}'", text.escaped(Escape::ListItem)),
        None => Hex(value.full).to_string(),
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// The bits of a keyUsage, bit 0 being digitalSignature.
pub(crate) fn key_usage_bits(value: &[u8]) -> Option<u16> {
    match *Reader::single(value, tag::BIT_STRING).ok()?.content {
        [_, first] => Some(first.reverse_bits().into()),
        [_, first, second] => Some(u16::from(first.reverse_bits()) | u16::from(second.reverse_bits()) << 8),
        _ => None,
    }
}

/// The purposes of an extKeyUsage.
pub(crate) fn purposes(value: &[u8]) -> Option<Vec<OidRef<'_>>> {
    let mut reader = Reader::single(value, tag::SEQUENCE).ok()?.reader();
    let mut purposes = Vec::new();
    while !reader.is_empty() {
        purposes.push(reader.read(tag::OID).ok()?.oid_ref().ok()?);
    }
    Some(purposes)
}

/// `cA` and `pathLenConstraint`.
fn basic_constraints(value: &[u8]) -> Option<(bool, Option<u64>)> {
    let mut reader = Reader::single(value, tag::SEQUENCE).ok()?.reader();
    let ca = match reader.optional(tag::BOOLEAN).ok()? {
        None => false,
        Some(boolean) => boolean.content == [0xff],
    };
    let path_len = match reader.optional(tag::INTEGER).ok()? {
        None => None,
        Some(integer) if integer.content.len() <= 8 => {
            Some(integer.content.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
        }
        Some(_) => Some(u64::MAX),
    };
    reader.finish().ok()?;
    Some((ca, path_len))
}
