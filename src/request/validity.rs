//! How long a certificate is asked to be valid.

use super::bounded::enum_shapes;
use super::draft::{Draft, Findings, Shape};
use super::violation::{Constraint, Violation};
use crate::x509::algorithm::api_enum;

api_enum! {
    /// How the number of a [`Validity`] is read (R-VAL-2): `ValidityPeriodType` of the API.
    #[non_exhaustive]
    pub enum ValidityPeriodType {
        /// The decimal digits of the number are `YYMMDDHHMMSS` or `YYYYMMDDHHMMSS`, in UTC.
        EndDate = "END_DATE",
        /// Seconds since the Unix epoch.
        Absolute = "ABSOLUTE",
        /// Days of 86400 seconds from issuance.
        Days = "DAYS",
        /// Calendar months from issuance.
        Months = "MONTHS",
        /// Calendar years from issuance.
        Years = "YEARS",
    }
}
enum_shapes!(ValidityPeriodType);

/// One end of a validity period: a number, at least 1 (API model), and how it is read.
///
/// Whether the number means a date that exists, and one that the certificate may have, is judged at issuance.
///
/// ```
/// use issuance::{Validity, ValidityPeriodType};
/// let validity = Validity::days(365).build()?;
/// assert_eq!((validity.value(), validity.r#type()), (365, ValidityPeriodType::Days));
/// # Ok::<(), issuance::RequestError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Validity {
    pub(crate) value: i64,
    pub(crate) r#type: ValidityPeriodType,
}

impl Shape for Validity {}

impl Validity {
    /// A validity of any type, also by its wire name.
    pub fn new(value: i64, r#type: impl Into<Draft<ValidityPeriodType>>) -> Draft<Validity> {
        Validity::assemble(Some(value.into()), Some(r#type.into()))
    }

    /// Days of 86400 seconds from issuance.
    pub fn days(count: i64) -> Draft<Validity> {
        Validity::new(count, ValidityPeriodType::Days)
    }

    /// Calendar months from issuance.
    pub fn months(count: i64) -> Draft<Validity> {
        Validity::new(count, ValidityPeriodType::Months)
    }

    /// Calendar years from issuance.
    pub fn years(count: i64) -> Draft<Validity> {
        Validity::new(count, ValidityPeriodType::Years)
    }

    /// Seconds since the Unix epoch.
    pub fn absolute(unix_seconds: i64) -> Draft<Validity> {
        Validity::new(unix_seconds, ValidityPeriodType::Absolute)
    }

    /// The digits of a date and time in UTC, `YYMMDDHHMMSS` or `YYYYMMDDHHMMSS`: 20491231235959 is the last second of
    /// 2049.
    pub fn end_date(digits: i64) -> Draft<Validity> {
        Validity::new(digits, ValidityPeriodType::EndDate)
    }

    pub(crate) fn assemble(value: Option<Draft<i64>>, r#type: Option<Draft<ValidityPeriodType>>) -> Draft<Validity> {
        let mut findings = Findings::default();
        let value = findings.required("Value", value);
        if let Some(value) = value.filter(|value| *value < 1) {
            findings.add(Violation::new(value.to_string(), Constraint::MinValue(1)).under("value"));
        }
        let r#type = findings.required("Type", r#type);
        findings.finish(|| Some(Validity { value: value?, r#type: r#type? }))
    }

    /// What `ValidityNotBefore` asks for: the type ABSOLUTE (R-VAL-1).
    pub(crate) fn as_not_before(self) -> Draft<Validity> {
        match self.r#type {
            ValidityPeriodType::Absolute => Draft::right(self),
            other => {
                Draft::wrong(Violation::new(other.as_str(), Constraint::EnumValueSet(&["ABSOLUTE"])).under("type"))
            }
        }
    }

    /// The number: 1 to [`i64::MAX`].
    pub fn value(&self) -> i64 {
        self.value
    }

    /// How the number is read.
    pub fn r#type(&self) -> ValidityPeriodType {
        self.r#type
    }
}
