//! Where in a message its reader is, and what becomes of members that are not known (R-REQ-10).

use std::fmt;

use crate::request::draft::LowerCamel;
use crate::request::near::Name;
use crate::request::unused::{Unused, UnusedReason};
use crate::request::violation::{Constraint, printed};

/// What is read, and what of it is not used.
pub(crate) struct Reading {
    steps: Vec<Step>,
    unknown: UnknownMembers,
    unused: Unused,
}

/// What becomes of members that are not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnknownMembers {
    /// They are listed with the request.
    Listed,
    /// They are refused, since nothing lists them.
    Refused,
}

/// A step of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a member of a structure.
    Member(&'static str),
    /// Into a member of a list, counted from 1.
    Item(usize),
}

/// The member whose values are certified in place of the CSR's: a name that is misspelt inside it must not pass for one that is
/// not known, since a caller over HTTP never sees the plan.
const CERTIFIED: Step = Step::Member("ApiPassthrough");

/// How many letters a misspelt name differs in.
const MISSPELT: usize = 2;

impl Reading {
    /// Of a request of the API.
    pub(crate) fn request() -> Reading {
        Reading { steps: Vec::new(), unknown: UnknownMembers::Listed, unused: Unused::default() }
    }

    /// Of a structure that stands alone.
    pub(crate) fn part() -> Reading {
        Reading { unknown: UnknownMembers::Refused, ..Reading::request() }
    }

    /// What was not used.
    pub(crate) fn into_unused(self) -> Unused {
        self.unused
    }

    /// Reads what lies one step further.
    pub(super) fn inside<T>(&mut self, step: Step, read: impl FnOnce(&mut Reading) -> T) -> T {
        self.steps.push(step);
        let value = read(self);
        self.steps.pop();
        value
    }

    /// What is wrong with a member of this name in a structure of the members `known`; if nothing is, the member is listed.
    pub(super) fn unknown_member(&mut self, name: &str, known: &'static [&'static str]) -> Option<Constraint> {
        let refused = self.unknown == UnknownMembers::Refused;
        let near = || Name::new(name)?.nearest(known, MISSPELT);
        match (refused || self.steps.first() == Some(&CERTIFIED)).then(near).flatten() {
            Some(meant) => Some(Constraint::MisspeltMember(meant)),
            None if refused => Some(Constraint::UnknownMember(known)),
            None => {
                self.unused.add(format!("{self}{}", printed(name)), UnusedReason::NotKnown);
                None
            }
        }
    }
}

impl fmt::Display for Reading {
    /// The path as it stands before the name of a member.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| match step {
            Step::Member(name) => write!(f, "{}.", LowerCamel(name)),
            Step::Item(position) => write!(f, "{position}.member."),
        })
    }
}
