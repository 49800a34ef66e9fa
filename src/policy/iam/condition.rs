//! The operators of conditions, and their answers where a key is absent (R-POL-7).

use super::facts::{Facts, KEYS, KeyType, Value, Values};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    TextEquals,
    TextEqualsIgnoreCase,
    TextLike,
    ArnLike,
    NumberEquals,
    NumberLess,
    NumberLessOrEqual,
    NumberGreater,
    NumberGreaterOrEqual,
    /// Whether the key is absent.
    Null,
}

/// Operators by name: the comparison, and whether it is negated.
const OPERATORS: &[(&str, Comparison, bool)] = &[
    ("StringEquals", Comparison::TextEquals, false),
    ("StringNotEquals", Comparison::TextEquals, true),
    ("StringEqualsIgnoreCase", Comparison::TextEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Comparison::TextEqualsIgnoreCase, true),
    ("StringLike", Comparison::TextLike, false),
    ("StringNotLike", Comparison::TextLike, true),
    ("NumericEquals", Comparison::NumberEquals, false),
    ("NumericNotEquals", Comparison::NumberEquals, true),
    ("NumericLessThan", Comparison::NumberLess, false),
    ("NumericLessThanEquals", Comparison::NumberLessOrEqual, false),
    ("NumericGreaterThan", Comparison::NumberGreater, false),
    ("NumericGreaterThanEquals", Comparison::NumberGreaterOrEqual, false),
    ("ArnEquals", Comparison::ArnLike, false),
    ("ArnLike", Comparison::ArnLike, false),
    ("ArnNotEquals", Comparison::ArnLike, true),
    ("ArnNotLike", Comparison::ArnLike, true),
    ("Null", Comparison::Null, false),
];

/// Operators of IAM whose types no known key has.
const WITHOUT_KEYS: [&str; 10] = [
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    One,
    Any,
    All,
}

/// One key under one operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    key: usize,
    comparison: Comparison,
    negated: bool,
    if_exists: bool,
    quantifier: Quantifier,
    pub(super) values: Vec<String>,
}

impl Condition {
    /// # Errors
    /// What is not understood.
    pub(super) fn new(operator: &str, key: &str, values: Vec<String>) -> Result<Condition, String> {
        let (quantifier, bare) = match operator.split_once(':') {
            Some(("ForAnyValue", bare)) => (Quantifier::Any, bare),
            Some(("ForAllValues", bare)) => (Quantifier::All, bare),
            _ => (Quantifier::One, operator),
        };
        let (bare, if_exists) = bare.strip_suffix("IfExists").map_or((bare, false), |bare| (bare, true));
        let known = OPERATORS.iter().find(|(name, ..)| *name == bare);
        let Some((_, comparison, negated)) = known.copied() else {
            return Err(if WITHOUT_KEYS.contains(&bare) {
                format!("no condition key that is known has values for {bare}")
            } else {
                format!("there is no operator {operator}")
            });
        };
        if comparison == Comparison::Null && (if_exists || quantifier != Quantifier::One) {
            return Err(format!("there is no operator {operator}"));
        }
        let Some(place) = KEYS.iter().position(|(name, ..)| name.eq_ignore_ascii_case(key)) else {
            let names: Vec<&str> = KEYS.iter().map(|(name, ..)| *name).collect();
            return Err(format!("the condition key {key} is not known; known are {}", names.join(", ")));
        };
        let key_type = KEYS.get(place).map_or(KeyType::Text, |(_, key_type, _)| *key_type);
        use Comparison as C;
        let fits = match key_type {
            KeyType::Text | KeyType::Texts => {
                matches!(comparison, C::TextEquals | C::TextEqualsIgnoreCase | C::TextLike | C::Null)
            }
            KeyType::Arn => !matches!(
                comparison,
                C::NumberEquals | C::NumberLess | C::NumberLessOrEqual | C::NumberGreater | C::NumberGreaterOrEqual
            ),
            KeyType::Number => {
                !matches!(comparison, C::TextEquals | C::TextEqualsIgnoreCase | C::TextLike | C::ArnLike)
            }
        };
        if !fits {
            let right = match key_type {
                KeyType::Text | KeyType::Texts => "the operators of strings",
                KeyType::Arn => "the operators of strings and ARNs",
                KeyType::Number => "the numeric operators",
            };
            return Err(format!("{operator} does not fit {key}, which takes {right}"));
        }
        if key_type == KeyType::Texts && quantifier == Quantifier::One && comparison != Comparison::Null {
            return Err(format!(
                "{key} has several values, so {operator} needs ForAnyValue: or ForAllValues: before it"
            ));
        }
        if key_type == KeyType::Number
            && comparison != Comparison::Null
            && let Some(wrong) = values.iter().find(|value| number(value).is_none())
        {
            return Err(format!("'{}' is not a number", wrong.escape_debug()));
        }
        if comparison == Comparison::Null
            && !values.iter().all(|value| value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"))
        {
            return Err("Null takes true or false".to_owned());
        }
        Ok(Condition { key: place, comparison, negated, if_exists, quantifier, values })
    }

    /// The name of the key.
    pub(super) fn key(&self) -> &'static str {
        KEYS.get(self.key).map_or("", |(name, ..)| *name)
    }

    /// Whether what it compares with is plain values, each of which can be tried.
    pub(super) fn is_plain(&self) -> bool {
        !matches!(self.comparison, Comparison::TextLike | Comparison::ArnLike)
            || !self.values.iter().any(|value| value.contains(['*', '?']))
    }

    pub(super) fn holds(&self, facts: &Facts) -> bool {
        let Values(values) = KEYS.get(self.key).map_or(Values(None), |(_, _, of)| of(facts));
        if self.comparison == Comparison::Null {
            return self.values.iter().any(|wanted| wanted.eq_ignore_ascii_case("true") == values.is_none());
        }
        let one = |value: &Value| self.values.iter().any(|wanted| self.compares(value, wanted)) != self.negated;
        match (values, self.quantifier) {
            (None, _) if self.if_exists => true,
            (None | Some([]), Quantifier::Any) => false,
            (None | Some([]), Quantifier::All) => true,
            (None | Some([]), Quantifier::One) => self.negated,
            (Some(values), Quantifier::Any) => values.iter().any(one),
            (Some(values), Quantifier::All | Quantifier::One) => values.iter().all(one),
        }
    }

    /// Whether a value, in one of its spellings, is what is wanted.
    fn compares(&self, value: &Value, wanted: &str) -> bool {
        let numbers = |holds: fn(f64, f64) -> bool| {
            let own = value.first().and_then(|value| number(value));
            own.zip(number(wanted)).is_some_and(|(own, wanted)| holds(own, wanted))
        };
        match self.comparison {
            Comparison::TextEquals => value.iter().any(|value| value == wanted),
            Comparison::TextEqualsIgnoreCase => value.iter().any(|value| value.to_lowercase() == wanted.to_lowercase()),
            Comparison::TextLike => value.iter().any(|value| like(value, wanted)),
            Comparison::ArnLike => value.iter().any(|value| arn_like(value, wanted)),
            Comparison::NumberEquals => numbers(|own, wanted| own == wanted),
            Comparison::NumberLess => numbers(|own, wanted| own < wanted),
            Comparison::NumberLessOrEqual => numbers(|own, wanted| own <= wanted),
            Comparison::NumberGreater => numbers(|own, wanted| own > wanted),
            Comparison::NumberGreaterOrEqual => numbers(|own, wanted| own >= wanted),
            Comparison::Null => false,
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `*` stands for any characters, `?` for one.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut place, mut star) = (0, 0, None);
    while at < text.len() {
        match pattern.get(place) {
            Some('*') => {
                star = Some((place, at));
                place += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == text[at] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                // The last asterisk takes one character more.
                Some((star_place, taken)) => {
                    star = Some((star_place, taken + 1));
                    (at, place) = (taken + 1, star_place + 1);
                }
                None => return false,
            },
        }
    }
    pattern[place..].iter().all(|rest| *rest == '*')
}

/// Each of the six parts of an ARN on its own.
fn arn_like(text: &str, pattern: &str) -> bool {
    let (mut parts, mut patterns) = (text.splitn(6, ':'), pattern.splitn(6, ':'));
    (0..6).all(|_| match (parts.next(), patterns.next()) {
        (Some(part), Some(pattern)) => like(part, pattern),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_within_text() {
        for (text, pattern, expected) in [
            ("acm-pca:IssueCertificate", "acm-pca:*", true),
            ("acm-pca:IssueCertificate", "*", true),
            ("acm-pca:IssueCertificate", "acm-pca:Issue?ertificate", true),
            ("acm-pca:IssueCertificate", "acm-pca:Get*", false),
            ("abcabc", "*abc", true),
            ("abcabd", "*abc", false),
            ("", "*", true),
            ("", "?", false),
            ("aXbXc", "a*X*c", true),
        ] {
            assert_eq!(like(text, pattern), expected, "{text} {pattern}");
        }
        assert!(arn_like("arn:aws:acm-pca:::template/A/V1", "arn:aws:acm-pca:::template/*"));
        assert!(!arn_like("arn:aws:acm-pca:x::template/A/V1", "arn:aws:acm-pca:::*"));
        assert!(!arn_like("arn:aws:acm-pca:::template/A/V1", "arn:*"));
    }
}
