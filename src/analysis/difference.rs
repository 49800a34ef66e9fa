//! What comparing two templates finds.

use std::fmt;

use super::proposal::Witness;

/// How the second of two compares with the first in one dimension. [`diff`](super::diff::diff) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Relation {
    /// Both issue the same.
    Equal,
    /// The second issues less.
    Narrower,
    /// The second issues more.
    Wider,
    /// Each issues what the other does not.
    Incomparable,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Relation::Equal => "equal",
            Relation::Narrower => "narrower",
            Relation::Wider => "wider",
            Relation::Incomparable => "incomparable",
        })
    }
}

/// A request that two templates answer differently. [`diff`](super::diff::diff) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub(super) request: Witness,
    pub(super) first: String,
    pub(super) second: String,
}

impl Example {
    /// The request, for the first template; [`Witness::under`] gives it for the second.
    pub fn request(&self) -> &Witness {
        &self.request
    }

    /// What the first template makes of it.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// What the second template makes of it.
    pub fn second(&self) -> &str {
        &self.second
    }
}

/// One dimension in which two templates differ: a field or an extension of certificates, or a part of the policy.
/// [`diff`](super::diff::diff) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub(super) dimension: String,
    /// What the first alone issues, and what the second alone issues.
    pub(super) only: [Option<Example>; 2],
}

impl Difference {
    /// `keyUsage`, `names.permitted` and so on.
    pub fn dimension(&self) -> &str {
        &self.dimension
    }

    /// How the second compares with the first.
    pub fn relation(&self) -> Relation {
        match &self.only {
            [None, None] => Relation::Equal,
            [Some(_), None] => Relation::Narrower,
            [None, Some(_)] => Relation::Wider,
            [Some(_), Some(_)] => Relation::Incomparable,
        }
    }

    /// A request that only the first template answers in this way.
    pub fn only_first(&self) -> Option<&Example> {
        self.only[0].as_ref()
    }

    /// A request that only the second template answers in this way.
    pub fn only_second(&self) -> Option<&Example> {
        self.only[1].as_ref()
    }
}

/// What [`diff`](super::diff::diff) finds, which has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    pub(super) names: [String; 2],
    pub(super) differences: Vec<Difference>,
    pub(super) equal: Vec<String>,
}

impl Diff {
    /// The dimensions in which they differ.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// The dimensions in which they are equal, among those that either says something of.
    pub fn equal(&self) -> &[String] {
        &self.equal
    }

    /// Whether both answer every request alike.
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.names;
        writeln!(f, "from {first} to {second}:")?;
        if self.differences.is_empty() {
            writeln!(f, "  no difference")?;
        }
        for difference in &self.differences {
            writeln!(f, "  {}: {}", difference.dimension, difference.relation())?;
            for Example { request, first: by_first, second: by_second } in difference.only.iter().flatten() {
                writeln!(f, "    for example")?;
                for line in request.to_string().lines() {
                    writeln!(f, "      {line}")?;
                }
                writeln!(f, "      {first}: {by_first}")?;
                writeln!(f, "      {second}: {by_second}")?;
            }
        }
        if !self.equal.is_empty() {
            writeln!(f, "  equal: {}", self.equal.join(", "))?;
        }
        Ok(())
    }
}
