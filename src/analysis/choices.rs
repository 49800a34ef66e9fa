//! Keys, signing algorithms, validities and usages of every kind that policies can tell apart.

use std::collections::BTreeSet;

use super::proposal::{GivenExtension, Key};
use super::question::Question;
use crate::authority::ca::CertificateAuthorityUsageMode;
use crate::issue::validity::{SHORT_LIVED_MAX_SECONDS, resolve};
use crate::policy::rules::{Policy, Rules};
use crate::policy::text::KeyPattern;
use crate::request::encode::{self, KeyUsageForm};
use crate::request::key_usage::KeyUsage;
use crate::x509::algorithm::KeyAlgorithm;
use crate::x509::oid::Oid;
use crate::x509::timestamp::Timestamp;

/// The sizes of RSA keys that the usual key policy takes, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

const DAY: i64 = 86_400;

/// A key of each kind; of RSA one for each stretch of sizes in which all patterns have the same say.
pub(crate) fn keys(question: &Question<'_>, policies: &[&Policy]) -> Vec<Key> {
    if question.template.is_self_signed() {
        return vec![Key::Own(question.authority.public_key_der().to_vec())];
    }
    let mut keys: Vec<Key> =
        [KeyAlgorithm::EcPrime256v1, KeyAlgorithm::Rsa2048, KeyAlgorithm::Rsa3072, KeyAlgorithm::Rsa4096]
            .map(Key::Named)
            .to_vec();
    keys.extend(
        KeyAlgorithm::ALL.iter().filter(|named| named.modulus_bits().is_none()).map(|named| Key::Named(*named)),
    );
    keys.push(Key::Ed25519);
    let mut sizes = BTreeSet::from([*RSA_BITS.end()]);
    for pattern in policies.iter().flat_map(|policy| &policy.all).filter_map(|rules| rules.keys.as_ref()).flatten() {
        if let KeyPattern::Rsa(least, most) = pattern {
            sizes.extend([*least, *most, least.saturating_sub(1), most.saturating_add(1)]);
        }
    }
    keys.extend(sizes.into_iter().filter(|bits| RSA_BITS.contains(bits)).map(Key::Rsa));
    keys
}

/// The bounds of the validity: the earliest beginning, the latest end and the longest period.
struct Bounds {
    earliest: Option<i64>,
    latest: Option<i64>,
    longest: Option<i64>,
}

impl Bounds {
    fn of(policy: &Policy) -> Bounds {
        let rules = || policy.all.iter().filter_map(|rules| rules.validity.as_ref());
        Bounds {
            earliest: rules().filter_map(|rules| rules.not_before).map(Timestamp::unix).max(),
            latest: rules().filter_map(|rules| rules.not_after).map(Timestamp::unix).min(),
            longest: rules()
                .filter_map(|rules| rules.longest)
                .min()
                .map(|longest| i64::try_from(longest).unwrap_or(i64::MAX)),
        }
    }
}

/// Validities: likely ones, and the shortest, the earliest and the longest that the bounds leave.
pub(crate) fn validities(question: &Question<'_>, policies: &[&Policy]) -> Vec<(Option<Timestamp>, Timestamp)> {
    let now = question.now.unix();
    let mut found = Vec::new();
    let mut add = |not_before: Option<i64>, not_after: i64| {
        // The API has no times before 1970.
        let time = |seconds: i64| Timestamp::from_unix(seconds).filter(|_| seconds >= 1);
        let begins = match not_before {
            None => Some(None),
            Some(seconds) => time(seconds).map(Some),
        };
        if let (Some(begins), Some(ends)) = (begins, time(not_after))
            && !found.contains(&(begins, ends))
        {
            found.push((begins, ends));
        }
    };
    if let Some(validity) = question.template.default_validity()
        && let Ok(period) = resolve(validity, None, question.now)
    {
        add(None, period.not_after.unix());
    }
    for days in [90, 7, 1] {
        add(None, now + days * DAY);
    }
    let mut ceiling = Timestamp::MAX.unix();
    if !question.template.is_self_signed() {
        ceiling = question.authority.not_after().map_or(ceiling, |end| ceiling.min(end.unix()));
        if question.authority.usage_mode() == CertificateAuthorityUsageMode::ShortLivedCertificate {
            ceiling = ceiling.min(now + SHORT_LIVED_MAX_SECONDS);
        }
    }
    for policy in policies {
        let Bounds { earliest, latest, longest } = Bounds::of(policy);
        let end = latest.map_or(ceiling, |latest| latest.min(ceiling));
        let begin = earliest.unwrap_or(1).max(1);
        // The shortest.
        let shortest = (now + 1).max(begin + 1);
        add(Some(shortest - 1), shortest);
        add(None, now + 1);
        // The earliest beginning.
        let first = begin.max(longest.map_or(1, |longest| (now + 1).saturating_sub(longest)));
        add(Some(first), (now + 1).max(first + 1));
        // The latest end, with the longest and with a short period.
        add(Some(begin.max(longest.map_or(begin, |longest| end.saturating_sub(longest)))), end);
        add(Some(end - 1), end);
        add(None, end);
        if let Some(longest) = longest {
            let longest = longest.min(end.saturating_sub(begin));
            for seconds in [longest, longest.saturating_add(1)] {
                let start = (now + 1 - seconds).max(begin);
                add(Some(start), start.saturating_add(seconds));
            }
        }
        // Just outside.
        add(None, end.saturating_add(1));
        add(Some(begin - 1), shortest);
    }
    found
}

fn critical_or_not(oid: Oid, value: Vec<u8>, preferred: bool) -> [GivenExtension; 2] {
    [preferred, !preferred].map(|critical| GivenExtension { oid, critical, value: value.clone() })
}

/// The key usages to give, `None` first: for each policy the fewest bits and one more, and the most.
pub(crate) fn key_usages(policies: &[&Policy], fixed: &[KeyUsage]) -> Vec<Option<GivenExtension>> {
    let mut sets = BTreeSet::from([1u16]);
    for policy in policies {
        let rules = || policy.all.iter().filter_map(|rules: &Rules| rules.key_usage.as_ref());
        let required = rules().filter_map(|rules| rules.required).fold(0, |bits, usage| bits | usage.bits());
        let allowed = rules().filter_map(|rules| rules.allowed).fold(0x1ff, |bits, usage| bits & usage.bits());
        sets.extend([required, allowed, required | allowed]);
        sets.extend((0..9).map(|bit| required | 1 << bit));
        sets.extend((0..9).map(|bit| allowed & !(1 << bit)));
    }
    sets.extend(fixed.iter().map(|usage| usage.bits()));
    let mut found = vec![None];
    for usage in sets.into_iter().filter_map(KeyUsage::from_bits) {
        let value = encode::to_vec(|w| encode::key_usage(w, usage, KeyUsageForm::Der));
        found.extend(critical_or_not(Oid::KEY_USAGE, value, true).map(Some));
    }
    found
}

/// The extended key usages to give, `None` first.
pub(crate) fn purposes(policies: &[&Policy], fixed: &[Vec<Oid>]) -> Vec<Option<GivenExtension>> {
    let mut all: Vec<Oid> = vec![Oid::SERVER_AUTH];
    let mut sets: Vec<Vec<Oid>> = Vec::new();
    let rules = |policy: &&'_ Policy| -> Vec<_> {
        policy.all.iter().filter_map(|rules| rules.extended_key_usage.clone()).collect()
    };
    for policy in policies {
        for rules in rules(policy) {
            all.extend(rules.required.iter().chain(rules.allowed.iter().flatten()).map(|purpose| purpose.0));
        }
    }
    // One that nobody names.
    all.extend(Oid::from_der_content(&[0x2a, 0x7f, 0x7f]));
    for policy in policies {
        let rules = rules(policy);
        let mut required: Vec<Oid> = Vec::new();
        for purpose in rules.iter().flat_map(|rules| &rules.required) {
            if !required.contains(&purpose.0) {
                required.push(purpose.0);
            }
        }
        sets.push(required.clone());
        for purpose in &all {
            if !required.contains(purpose) {
                sets.push([&required[..], &[*purpose]].concat());
            }
        }
    }
    sets.extend(fixed.iter().cloned());
    let mut found = vec![None];
    for set in sets.into_iter().filter(|set| !set.is_empty()) {
        let value = encode::to_vec(|w| encode::purposes(w, set.iter()));
        for given in critical_or_not(Oid::EXTENDED_KEY_USAGE, value, false) {
            if !found.contains(&Some(given.clone())) {
                found.push(Some(given));
            }
        }
    }
    found
}
