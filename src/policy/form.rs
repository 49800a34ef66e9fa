//! The parts of policies as files have them. Reading checks what the builder checks; writing leaves out what is absent.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::pattern::Pattern;
use super::rules::{
    CommonNameRule, ExtensionRules, KeyUsageRules, NameRules, NameTexts, Policy, PurposeRules, Rules, SubjectRules,
    ValidityRules,
};
use super::text::{Identifier, KeyPattern};
use crate::request::key_usage::{BITS, KeyUsage};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::timestamp::Timestamp;

/// A value that stands in a file as the text that `Display` writes.
#[derive(Clone)]
pub(crate) struct AsText<T>(pub(crate) T);

impl<T: fmt::Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for AsText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<T>(std::marker::PhantomData<T>);

        impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
            type Value = AsText<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<AsText<T>, E> {
                text.parse().map(AsText).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text(std::marker::PhantomData))
    }
}

type Texts<T> = Vec<AsText<T>>;

fn texts<T: Clone>(values: &[T]) -> Texts<T> {
    values.iter().cloned().map(AsText).collect()
}

fn some<T: Clone>(values: &[T]) -> Option<Texts<T>> {
    if values.is_empty() { None } else { Some(texts(values)) }
}

fn values<T>(texts: Texts<T>) -> Vec<T> {
    texts.into_iter().map(|text| text.0).collect()
}

fn or_none<T>(texts: Option<Texts<T>>) -> Vec<T> {
    values(texts.unwrap_or_default())
}

/// keyUsage bits, by the names of RFC 5280.
#[derive(Clone, Copy)]
pub(crate) struct UsageForm(pub(crate) KeyUsage);

struct Bit(KeyUsage);

impl FromStr for Bit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        BITS.iter().find(|(_, rfc, _)| *rfc == text).map(|(_, _, bit)| Bit(*bit)).ok_or_else(|| {
            let names: Vec<&str> = BITS.iter().map(|(_, rfc, _)| *rfc).collect();
            format!("'{}' is not a bit of keyUsage; these are {}", text.escape_debug(), names.join(", "))
        })
    }
}

impl Serialize for UsageForm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(BITS.iter().filter(|(_, _, bit)| self.0.contains(*bit)).map(|(_, rfc, _)| *rfc))
    }
}

impl<'de> Deserialize<'de> for UsageForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bits = Vec::<AsText<Bit>>::deserialize(deserializer)?;
        let bits = bits.into_iter().map(|bit| bit.0.0).reduce(KeyUsage::with);
        bits.map(UsageForm).ok_or_else(|| D::Error::custom("a list of keyUsage bits needs at least one"))
    }
}

/// A map of which each key stands once.
struct Table(Vec<(Identifier, Vec<String>)>);

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(attribute, values)| (attribute.to_string(), values)))
    }
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Table;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("attributes with lists of their values")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Table, M::Error> {
                let mut entries = BTreeMap::new();
                while let Some(AsText(attribute)) = map.next_key::<AsText<Identifier>>()? {
                    let Identifier(oid) = attribute;
                    let key = oid.as_der_content().to_vec();
                    if entries.insert(key, (attribute, map.next_value()?)).is_some() {
                        return Err(M::Error::custom(format!("{attribute} stands twice; each is given once")));
                    }
                }
                Ok(Table(entries.into_values().collect()))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NameForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    permitted: Option<Texts<Pattern>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excluded: Option<Texts<Pattern>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wildcards: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    most: Option<usize>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<Texts<Identifier>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<Texts<Identifier>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Table>,
}

/// A period in parts, which add up.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
}

impl PeriodForm {
    fn of(seconds: u64) -> PeriodForm {
        let part = |number: u64| u32::try_from(number).ok().filter(|number| *number > 0);
        match u32::try_from(seconds / 86_400) {
            Err(_) => PeriodForm { days: None, hours: None, minutes: None, seconds: Some(seconds) },
            Ok(_) => PeriodForm {
                days: part(seconds / 86_400),
                hours: part(seconds / 3_600 % 24),
                minutes: part(seconds / 60 % 60),
                seconds: Some(seconds % 60).filter(|rest| *rest > 0 || seconds == 0),
            },
        }
    }

    fn seconds(&self) -> Option<u64> {
        let part = |number: Option<u32>, unit: u64| u64::from(number.unwrap_or_default()) * unit;
        let whole = part(self.days, 86_400) + part(self.hours, 3_600) + part(self.minutes, 60);
        whole.checked_add(self.seconds.unwrap_or_default())
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidityForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<AsText<Timestamp>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<AsText<Timestamp>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest: Option<PeriodForm>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyUsageForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<UsageForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<UsageForm>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PurposeForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<Texts<Identifier>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<Texts<Identifier>>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtensionForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<Texts<Identifier>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forbidden: Option<Texts<Identifier>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    critical: Option<Texts<Identifier>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_critical: Option<Texts<Identifier>>,
}

/// A whole policy: its own parts, and those of `all`. Tables come last, as TOML wants them.
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_path: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    common_name: Option<CommonNameRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Texts<KeyPattern>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_algorithms: Option<Texts<SigningAlgorithm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<NameForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validity: Option<ValidityForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_usage: Option<KeyUsageForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_key_usage: Option<PurposeForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<ExtensionForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<PolicyForm>>,
}

impl PolicyForm {
    fn of(rules: &Rules) -> PolicyForm {
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
        PolicyForm {
            ca: *ca,
            longest_path: *longest_path,
            max_bytes: *max_bytes,
            common_name: *common_name,
            keys: keys.as_deref().map(texts),
            signing_algorithms: signing_algorithms.as_deref().map(texts),
            names: names.as_ref().map(|NameRules { texts: names, .. }| NameForm {
                permitted: names.permitted.as_deref().map(texts),
                excluded: some(&names.excluded),
                wildcards: names.wildcards,
                least: names.least,
                most: names.most,
            }),
            subject: subject.as_ref().map(|subject| SubjectForm {
                required: some(&subject.required),
                allowed: subject.allowed.as_deref().map(texts),
                values: (!subject.values.is_empty()).then(|| Table(subject.values.clone())),
            }),
            validity: validity.as_ref().map(|validity| ValidityForm {
                not_before: validity.not_before.map(AsText),
                not_after: validity.not_after.map(AsText),
                longest: validity.longest.map(PeriodForm::of),
            }),
            key_usage: key_usage.as_ref().map(|usage| KeyUsageForm {
                required: usage.required.map(UsageForm),
                allowed: usage.allowed.map(UsageForm),
            }),
            extended_key_usage: extended_key_usage.as_ref().map(|purposes| PurposeForm {
                required: some(&purposes.required),
                allowed: purposes.allowed.as_deref().map(texts),
            }),
            extensions: extensions.as_ref().map(|extensions| ExtensionForm {
                allowed: extensions.allowed.as_deref().map(texts),
                forbidden: some(&extensions.forbidden),
                critical: some(&extensions.critical),
                not_critical: some(&extensions.not_critical),
            }),
            all: None,
        }
    }

    /// Adds the parts to a policy, those of `all` after its own.
    fn add_to(self, policy: &mut Policy) -> Result<(), String> {
        let names = match self.names {
            None => None,
            Some(form) => Some(NameRules::new(NameTexts {
                permitted: form.permitted.map(values),
                excluded: or_none(form.excluded),
                wildcards: form.wildcards,
                least: form.least,
                most: form.most,
            })?),
        };
        let longest = match self.validity.as_ref().and_then(|validity| validity.longest.as_ref()) {
            None => None,
            Some(period) => Some(period.seconds().ok_or("validity.longest is more than can be counted in seconds")?),
        };
        let rules = Rules {
            names,
            common_name: self.common_name,
            subject: self.subject.map(|form| SubjectRules {
                required: or_none(form.required),
                allowed: form.allowed.map(values),
                values: form.values.map(|table| table.0).unwrap_or_default(),
            }),
            keys: self.keys.map(values),
            signing_algorithms: self.signing_algorithms.map(values),
            validity: self.validity.map(|form| ValidityRules {
                longest,
                not_before: form.not_before.map(|time| time.0),
                not_after: form.not_after.map(|time| time.0),
            }),
            key_usage: self.key_usage.map(|form| KeyUsageRules {
                required: form.required.map(|usage| usage.0),
                allowed: form.allowed.map(|usage| usage.0),
            }),
            extended_key_usage: self
                .extended_key_usage
                .map(|form| PurposeRules { required: or_none(form.required), allowed: form.allowed.map(values) }),
            extensions: self.extensions.map(|form| ExtensionRules {
                allowed: form.allowed.map(values),
                forbidden: or_none(form.forbidden),
                critical: or_none(form.critical),
                not_critical: or_none(form.not_critical),
            }),
            ca: self.ca,
            longest_path: self.longest_path,
            max_bytes: self.max_bytes,
        };
        if let Some(problem) = rules.contradiction() {
            return Err(problem);
        }
        policy.add(rules);
        self.all.into_iter().flatten().try_for_each(|form| form.add_to(policy))
    }
}

impl Serialize for Policy {
    /// One table of parts, or `all` of several.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.all.as_slice() {
            [] => PolicyForm::default().serialize(serializer),
            [rules] => PolicyForm::of(rules).serialize(serializer),
            several => {
                let all = Some(several.iter().map(PolicyForm::of).collect());
                PolicyForm { all, ..PolicyForm::default() }.serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Policy {
    /// Refuses unknown keys.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut policy = Policy::NONE;
        PolicyForm::deserialize(deserializer)?.add_to(&mut policy).map_err(D::Error::custom)?;
        Ok(policy)
    }
}
