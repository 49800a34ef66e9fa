//! A policy in its smallest parts, for questions about it.

use std::fmt;

use super::pattern::Pattern;
use super::rules::{NameRules, NameTexts, Policy, Rules};
use super::text::{Identifier, Period};
use crate::x509::extension::Known;
use crate::x509::oid::Oid;

/// What a policy says of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Permitted,
    Excluded,
    Wildcards,
    Least,
    Most,
    CommonName,
    RequiredAttributes,
    AllowedAttributes,
    AttributeValues,
    Keys,
    SigningAlgorithms,
    Longest,
    NotBefore,
    NotAfter,
    RequiredUsage,
    AllowedUsage,
    RequiredPurposes,
    AllowedPurposes,
    AllowedExtensions,
    ForbiddenExtensions,
    CriticalExtensions,
    NotCriticalExtensions,
    Ca,
    LongestPath,
    MaxOctets,
}

impl Part {
    const ALL: [Part; 25] = [
        Part::Ca,
        Part::LongestPath,
        Part::MaxOctets,
        Part::CommonName,
        Part::Keys,
        Part::SigningAlgorithms,
        Part::Permitted,
        Part::Excluded,
        Part::Wildcards,
        Part::Least,
        Part::Most,
        Part::RequiredAttributes,
        Part::AllowedAttributes,
        Part::AttributeValues,
        Part::NotBefore,
        Part::NotAfter,
        Part::Longest,
        Part::RequiredUsage,
        Part::AllowedUsage,
        Part::RequiredPurposes,
        Part::AllowedPurposes,
        Part::AllowedExtensions,
        Part::ForbiddenExtensions,
        Part::CriticalExtensions,
        Part::NotCriticalExtensions,
    ];
}

/// A part of one of the conjunctions of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlacedPart {
    pub(crate) rules: usize,
    pub(crate) part: Part,
}

/// What of a certificate a group of parts judges, apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aspect {
    /// Subject and alternative names, with the extension of the latter.
    Names,
    Key,
    Signature,
    Validity,
    KeyUsage,
    Purposes,
    /// basicConstraints, and the extensions that none of the others is about.
    Others,
}

fn joined<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Policy {
    /// The parts that there are.
    pub(crate) fn parts(&self) -> Vec<PlacedPart> {
        let placed = |rules| Part::ALL.into_iter().map(move |part| PlacedPart { rules, part });
        let all = (0..self.all.len()).flat_map(placed);
        all.filter(|placed| self.all[placed.rules].says(placed.part).is_some()).collect()
    }

    /// The policy of these parts alone.
    pub(crate) fn only(&self, parts: &[PlacedPart]) -> Policy {
        let mut policy = Policy::NONE;
        for (position, rules) in self.all.iter().enumerate() {
            policy.add(rules.only(|part| parts.contains(&PlacedPart { rules: position, part })));
        }
        policy
    }

    /// The parts that judge one aspect.
    pub(crate) fn of_aspect(&self, aspect: Aspect) -> Policy {
        let mut policy = Policy::NONE;
        self.all.iter().for_each(|rules| policy.add(rules.of_aspect(aspect)));
        policy
    }

    /// What a part says, as `names.permitted = DNS:example.com`.
    pub(crate) fn say(&self, placed: PlacedPart) -> String {
        self.all.get(placed.rules).and_then(|rules| rules.says(placed.part)).unwrap_or_default()
    }
}

impl Rules {
    /// What a part says, if it is there.
    fn says(&self, part: Part) -> Option<String> {
        let names = self.names.as_ref().map(|names| &names.texts);
        let subject = self.subject.as_ref();
        let validity = self.validity.as_ref();
        let usage = self.key_usage.as_ref();
        let purposes = self.extended_key_usage.as_ref();
        let extensions = self.extensions.as_ref();
        let list =
            |name: &str, items: &[Identifier]| (!items.is_empty()).then(|| format!("{name} = {}", joined(items)));
        let patterns = |name: &str, items: &[Pattern]| match items {
            [] => format!("{name} = nothing"),
            items => format!("{name} = {}", joined(items)),
        };
        match part {
            Part::Permitted => names?.permitted.as_ref().map(|items| patterns("names.permitted", items)),
            Part::Excluded => {
                Some(&names?.excluded).filter(|items| !items.is_empty()).map(|items| patterns("names.excluded", items))
            }
            Part::Wildcards => {
                names?.wildcards.filter(|allowed| !allowed).map(|_| "names.wildcards = false".to_owned())
            }
            Part::Least => names?.least.filter(|least| *least > 0).map(|least| format!("names.least = {least}")),
            Part::Most => names?.most.map(|most| format!("names.most = {most}")),
            Part::CommonName => self.common_name.map(|rule| match rule {
                super::rules::CommonNameRule::AmongNames => "common_name = among_names".to_owned(),
                super::rules::CommonNameRule::NotAHost => "common_name = not_a_host".to_owned(),
            }),
            Part::RequiredAttributes => list("subject.required", &subject?.required),
            Part::AllowedAttributes => {
                subject?.allowed.as_ref().map(|items| format!("subject.allowed = {}", joined(items)))
            }
            Part::AttributeValues => (!subject?.values.is_empty()).then(|| {
                let values = subject.iter().flat_map(|subject| &subject.values);
                let values: Vec<String> = values.map(|(of, texts)| format!("{of}: {}", joined(texts))).collect();
                format!("subject.values = {}", values.join("; "))
            }),
            Part::Keys => self.keys.as_ref().map(|keys| format!("keys = {}", joined(keys))),
            Part::SigningAlgorithms => {
                self.signing_algorithms.as_ref().map(|items| format!("signing_algorithms = {}", joined(items)))
            }
            Part::Longest => validity?.longest.map(|longest| format!("validity.longest = {}", Period(longest))),
            Part::NotBefore => validity?.not_before.map(|time| format!("validity.not_before = {time}")),
            Part::NotAfter => validity?.not_after.map(|time| format!("validity.not_after = {time}")),
            Part::RequiredUsage => usage?.required.map(|bits| format!("key_usage.required = {bits}")),
            Part::AllowedUsage => usage?.allowed.map(|bits| format!("key_usage.allowed = {bits}")),
            Part::RequiredPurposes => list("extended_key_usage.required", &purposes?.required),
            Part::AllowedPurposes => {
                purposes?.allowed.as_ref().map(|items| format!("extended_key_usage.allowed = {}", joined(items)))
            }
            Part::AllowedExtensions => {
                extensions?.allowed.as_ref().map(|items| format!("extensions.allowed = {}", joined(items)))
            }
            Part::ForbiddenExtensions => list("extensions.forbidden", &extensions?.forbidden),
            Part::CriticalExtensions => list("extensions.critical", &extensions?.critical),
            Part::NotCriticalExtensions => list("extensions.not_critical", &extensions?.not_critical),
            Part::Ca => self.ca.map(|ca| format!("ca = {ca}")),
            Part::LongestPath => self.longest_path.map(|longest| format!("longest_path = {longest}")),
            Part::MaxOctets => self.max_bytes.map(|most| format!("max_bytes = {most}")),
        }
    }

    pub(crate) fn only(&self, keep: impl Fn(Part) -> bool) -> Rules {
        let mut rules = self.clone();
        rules.names = self.names.as_ref().and_then(|names| {
            let texts = NameTexts {
                permitted: names.texts.permitted.clone().filter(|_| keep(Part::Permitted)),
                excluded: if keep(Part::Excluded) { names.texts.excluded.clone() } else { Vec::new() },
                wildcards: names.texts.wildcards.filter(|allowed| !allowed && keep(Part::Wildcards)),
                least: names.texts.least.filter(|least| *least > 0 && keep(Part::Least)),
                most: names.texts.most.filter(|_| keep(Part::Most)),
            };
            (texts != NameTexts::default()).then(|| NameRules::new(texts).ok()).flatten()
        });
        rules.common_name = self.common_name.filter(|_| keep(Part::CommonName));
        if let Some(subject) = &mut rules.subject {
            if !keep(Part::RequiredAttributes) {
                subject.required.clear();
            }
            if !keep(Part::AllowedAttributes) {
                subject.allowed = None;
            }
            if !keep(Part::AttributeValues) {
                subject.values.clear();
            }
        }
        rules.subject = rules.subject.filter(|subject| *subject != Default::default());
        rules.keys = rules.keys.filter(|_| keep(Part::Keys));
        rules.signing_algorithms = rules.signing_algorithms.filter(|_| keep(Part::SigningAlgorithms));
        if let Some(validity) = &mut rules.validity {
            validity.longest = validity.longest.filter(|_| keep(Part::Longest));
            validity.not_before = validity.not_before.filter(|_| keep(Part::NotBefore));
            validity.not_after = validity.not_after.filter(|_| keep(Part::NotAfter));
        }
        rules.validity = rules.validity.filter(|validity| *validity != Default::default());
        if let Some(usage) = &mut rules.key_usage {
            usage.required = usage.required.filter(|_| keep(Part::RequiredUsage));
            usage.allowed = usage.allowed.filter(|_| keep(Part::AllowedUsage));
        }
        rules.key_usage = rules.key_usage.filter(|usage| *usage != Default::default());
        if let Some(purposes) = &mut rules.extended_key_usage {
            if !keep(Part::RequiredPurposes) {
                purposes.required.clear();
            }
            if !keep(Part::AllowedPurposes) {
                purposes.allowed = None;
            }
        }
        rules.extended_key_usage = rules.extended_key_usage.filter(|purposes| *purposes != Default::default());
        if let Some(extensions) = &mut rules.extensions {
            if !keep(Part::AllowedExtensions) {
                extensions.allowed = None;
            }
            for (part, list) in [
                (Part::ForbiddenExtensions, &mut extensions.forbidden),
                (Part::CriticalExtensions, &mut extensions.critical),
                (Part::NotCriticalExtensions, &mut extensions.not_critical),
            ] {
                if !keep(part) {
                    list.clear();
                }
            }
        }
        rules.extensions = rules.extensions.filter(|extensions| *extensions != Default::default());
        rules.ca = rules.ca.filter(|_| keep(Part::Ca));
        rules.longest_path = rules.longest_path.filter(|_| keep(Part::LongestPath));
        rules.max_bytes = rules.max_bytes.filter(|_| keep(Part::MaxOctets));
        rules
    }

    fn of_aspect(&self, aspect: Aspect) -> Rules {
        use Part::{
            AllowedExtensions, AllowedPurposes, AllowedUsage, CriticalExtensions, ForbiddenExtensions,
            NotCriticalExtensions, RequiredPurposes, RequiredUsage,
        };
        let extensions = [AllowedExtensions, ForbiddenExtensions, CriticalExtensions, NotCriticalExtensions];
        let with_extensions = |part: Part, parts: &[Part]| parts.contains(&part) || extensions.contains(&part);
        let names = [
            Part::Permitted,
            Part::Excluded,
            Part::Wildcards,
            Part::Least,
            Part::Most,
            Part::CommonName,
            Part::RequiredAttributes,
            Part::AllowedAttributes,
            Part::AttributeValues,
        ];
        match aspect {
            Aspect::Names => self.only(|part| with_extensions(part, &names)).for_extension(&Oid::SUBJECT_ALT_NAME),
            Aspect::Key => self.only(|part| part == Part::Keys),
            Aspect::Signature => self.only(|part| part == Part::SigningAlgorithms),
            Aspect::Validity => self.only(|part| matches!(part, Part::Longest | Part::NotBefore | Part::NotAfter)),
            Aspect::KeyUsage => {
                self.only(|part| with_extensions(part, &[RequiredUsage, AllowedUsage])).for_extension(&Oid::KEY_USAGE)
            }
            Aspect::Purposes => self
                .only(|part| with_extensions(part, &[RequiredPurposes, AllowedPurposes]))
                .for_extension(&Oid::EXTENDED_KEY_USAGE),
            Aspect::Others => self.only(|part| with_extensions(part, &[Part::Ca, Part::LongestPath])).for_others(),
        }
    }

    /// What is said of extensions, of one alone.
    fn for_extension(mut self, oid: &Oid) -> Rules {
        if let Some(extensions) = &mut self.extensions {
            let is = |listed: &Identifier| listed.0 == *oid || Known::of(listed.0.by_ref()) == Known::of(oid.by_ref());
            for list in [&mut extensions.forbidden, &mut extensions.critical, &mut extensions.not_critical] {
                list.retain(is);
            }
            if let Some(allowed) = extensions.allowed.take()
                && !allowed.iter().any(|listed| listed.0 == *oid)
            {
                extensions.forbidden.push(Identifier(*oid));
            }
        }
        self.extensions = self.extensions.filter(|extensions| *extensions != Default::default());
        self
    }

    /// What is said of the extensions that have no aspect of their own.
    fn for_others(mut self) -> Rules {
        const OWN: [Oid; 3] = [Oid::SUBJECT_ALT_NAME, Oid::KEY_USAGE, Oid::EXTENDED_KEY_USAGE];
        if let Some(extensions) = &mut self.extensions {
            let is = |listed: &Identifier| {
                !OWN.iter().any(|own| listed.0 == *own || Known::of(listed.0.by_ref()) == Known::of(own.by_ref()))
            };
            for list in [&mut extensions.forbidden, &mut extensions.critical, &mut extensions.not_critical] {
                list.retain(is);
            }
            if let Some(allowed) = &mut extensions.allowed {
                allowed.extend(OWN.map(Identifier));
            }
        }
        self.extensions = self.extensions.filter(|extensions| *extensions != Default::default());
        self
    }
}
