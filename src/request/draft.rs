//! Values that are not known to be right yet, and how what is wrong with them is gathered.

use std::fmt;
use std::ops::RangeInclusive;

use super::bounded::length;
use super::violation::{Constraint, RequestError, Violation, Violations, printed_list};

/// A part of a request: either right, or the list of all that is wrong with it.
///
/// Constructors such as [`Validity::days`](super::validity::Validity::days) return a draft, and constructors and the setters of
/// builders take whatever is [`IntoDraft`](super::given::IntoDraft). Violations are reported all together when the outermost builder is built.
///
/// ```
/// use issuance::{GeneralName, IssueCertificateRequest, Validity};
///
/// // On its own, a draft is built.
/// let name = GeneralName::dns_name("www.example.com").build()?;
///
/// // In a builder it need not be: what is wrong with it is reported with everything else.
/// let error = IssueCertificateRequest::builder().validity(Validity::days(0)).build().unwrap_err();
/// assert!(error.violations().iter().any(|violation| violation.path() == "validity.value"));
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Draft<T>(Result<T, Violations>);

impl<T> Draft<T> {
    /// The value.
    ///
    /// # Errors
    /// All violations, with paths relative to this value.
    pub fn build(self) -> Result<T, RequestError> {
        self.0.map_err(RequestError::new)
    }

    pub(crate) fn right(value: T) -> Draft<T> {
        Draft(Ok(value))
    }

    pub(crate) fn wrong(violation: Violation) -> Draft<T> {
        Draft(Err(violation.into()))
    }

    /// The draft that `read` leads to; `value` is how the value stands in messages.
    pub(super) fn of(read: Result<T, Vec<Constraint>>, value: impl Fn() -> String) -> Draft<T> {
        Draft(read.map_err(|broken| broken.into_iter().map(|broken| Violation::new(value(), broken)).collect()))
    }

    /// Puts a step in front of the path of every violation.
    pub(crate) fn under(self, step: impl fmt::Display) -> Draft<T> {
        Draft(self.0.map_err(|violations| violations.under(step)))
    }

    pub(crate) fn and_then<U>(self, next: impl FnOnce(T) -> Draft<U>) -> Draft<U> {
        match self.0 {
            Ok(value) => next(value),
            Err(violations) => Draft(Err(violations)),
        }
    }

    pub(crate) fn into_result(self) -> Result<T, Violations> {
        self.0
    }
}

/// A list that is being put together.
#[derive(Debug, Clone, Default)]
pub(crate) enum Items<T> {
    /// Nothing was appended.
    #[default]
    Absent,
    /// What should have been a list.
    #[cfg_attr(not(feature = "serde"), allow(dead_code))]
    Wrong(Violation),
    /// A list, which may be empty.
    Present {
        count: usize,
        /// The members that are right, with their positions counted from 1.
        right: Vec<(usize, T)>,
        /// What is wrong with the others, with paths from the list on.
        wrong: Violations,
    },
}

impl<T> Items<T> {
    /// A list that is present.
    pub(crate) fn present() -> Items<T> {
        Items::Present { count: 0, right: Vec::new(), wrong: Violations::default() }
    }

    /// The members of a finished list: absent where it is empty.
    pub(crate) fn of(values: Vec<T>) -> Items<T> {
        let mut items = Items::Absent;
        values.into_iter().for_each(|value| items.push(Draft::right(value)));
        items
    }

    pub(crate) fn push(&mut self, item: Draft<T>) {
        if !self.is_present() {
            *self = Items::present();
        }
        if let Items::Present { count, right, wrong } = self {
            *count += 1;
            match item.into_result() {
                Ok(value) => right.push((*count, value)),
                Err(violations) => wrong.append(violations.under(format_args!("{count}.member"))),
            }
        }
    }

    pub(crate) fn is_present(&self) -> bool {
        !matches!(self, Items::Absent)
    }

    /// The members that are right, with their positions counted from 1.
    pub(crate) fn right(&self) -> impl Iterator<Item = (usize, &T)> {
        let right = match self {
            Items::Present { right, .. } => right.as_slice(),
            Items::Absent | Items::Wrong(_) => &[],
        };
        right.iter().map(|(position, item)| (*position, item))
    }
}

/// Gathers the violations of the members of one structure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings(Violations);

impl Findings {
    /// Starts from violations that are there already.
    pub(crate) fn from(violations: Violations) -> Findings {
        Findings(violations)
    }

    pub(crate) fn add(&mut self, violation: Violation) {
        self.0.add(violation);
    }

    pub(crate) fn append(&mut self, violations: Violations) {
        self.0.append(violations);
    }

    /// The value of the draft of the whole, where it is right.
    pub(crate) fn whole<T>(&mut self, draft: Draft<T>) -> Option<T> {
        draft.into_result().map_err(|violations| self.0.append(violations)).ok()
    }

    /// The value of the member `name`, where it is given and right.
    pub(crate) fn optional<T>(&mut self, name: &str, draft: Option<Draft<T>>) -> Option<T> {
        self.whole(draft?.under(LowerCamel(name)))
    }

    /// Like [`Findings::optional`], but a member that is not given is a violation.
    pub(crate) fn required<T>(&mut self, name: &str, draft: Option<Draft<T>>) -> Option<T> {
        let missing = || Draft::wrong(Violation::new("null", Constraint::NotNull));
        self.optional(name, Some(draft.unwrap_or_else(missing)))
    }

    /// The members of the list `name`, where all are right. A list that is present has a length within the bounds.
    pub(crate) fn list<T>(&mut self, name: &str, bounds: RangeInclusive<usize>, items: Items<T>) -> Vec<T> {
        let name = LowerCamel(name);
        let (count, right, wrong) = match items {
            Items::Absent => return Vec::new(),
            Items::Wrong(violation) => {
                self.add(violation.under(name));
                return Vec::new();
            }
            Items::Present { count, right, wrong } => (count, right, wrong),
        };
        let (min, max) = bounds.into_inner();
        for (holds, constraint) in length(count, min, max) {
            if !holds {
                self.add(Violation::new(printed_list(count), constraint).under(&name));
            }
        }
        self.append(wrong.under(name));
        right.into_iter().map(|(_, item)| item).collect()
    }

    /// Like [`Findings::list`], but a list that is not given is a violation.
    #[cfg(feature = "api")]
    pub(crate) fn required_list<T>(&mut self, name: &str, bounds: RangeInclusive<usize>, items: Items<T>) -> Vec<T> {
        if !items.is_present() {
            self.required::<()>(name, None);
        }
        self.list(name, bounds, items)
    }

    /// The structure, unless something was found. `assemble` yields nothing only where a required member had no value,
    /// and then something was found.
    pub(crate) fn finish<T>(self, assemble: impl FnOnce() -> Option<T>) -> Draft<T> {
        match self.0.is_empty().then(assemble).flatten() {
            Some(value) => Draft(Ok(value)),
            None => Draft(Err(self.0)),
        }
    }
}

/// The name of a member in a path: its wire name with a small first letter, as the service prints it.
pub(crate) struct LowerCamel<'a>(pub(crate) &'a str);

impl fmt::Display for LowerCamel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        let first = characters.next().map(|first| first.to_ascii_lowercase());
        write!(f, "{}{}", first.map(String::from).unwrap_or_default(), characters.as_str())
    }
}

/// Setters of a builder: a scalar member takes the last value given.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)+) => {$(
        $(#[$doc])*
        pub fn $name(mut self, value: impl $crate::request::given::Given<$type>) -> Self {
            self.$name = value.given().or(self.$name);
            self
        }
    )+};
}
pub(crate) use setters;

/// Setters of a builder that append to a list.
macro_rules! appenders {
    ($($(#[$doc:meta])* $name:ident: $type:ty => $list:ident,)+) => {$(
        $(#[$doc])*
        pub fn $name(mut self, value: impl $crate::request::given::Given<$type>) -> Self {
            value.given().into_iter().for_each(|item| self.$list.push(item));
            self
        }
    )+};
}
pub(crate) use appenders;
