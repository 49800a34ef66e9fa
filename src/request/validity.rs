//! How long a certificate is asked to be valid.

use std::time::Duration;

use super::bounded::enum_shapes;
use super::draft::{Draft, Findings};
use super::given::{IntoDraft, Shape, given};
use super::violation::{Constraint, Violation};
use crate::x509::algorithm::api_enum;
use crate::x509::timestamp::Timestamp;

api_enum! {
    /// How the number of a [`Validity`] is read (R-VAL-2): `ValidityPeriodType` of the API.
    /// [`Validity`](crate::Validity) has an example.
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
/// use std::time::Duration;
///
/// use issuance::{IssueCertificateRequest, Timestamp, Validity};
/// use issuance::request::ValidityPeriodType;
///
/// let validity = Validity::days(365).build()?;
/// assert_eq!((validity.value(), validity.r#type()), (365, ValidityPeriodType::Days));
///
/// // A duration and a point in time are a validity, too.
/// let ninety_days = Duration::from_secs(90 * 86_400);
/// assert_eq!(Validity::lasting(ninety_days).build()?, Validity::days(90).build()?);
/// let end: Timestamp = "2030-01-01T00:00:00Z".parse()?;
/// let request = IssueCertificateRequest::builder().validity(end);
/// # let _ = request;
/// assert_eq!(Validity::until(end).build()?, Validity::absolute(1_893_456_000).build()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Validity {
    pub(crate) value: i64,
    pub(crate) r#type: ValidityPeriodType,
}

impl Shape for Validity {}

given! {
    [] Duration => Validity, |duration| Validity::lasting(duration);
    [] Timestamp => Validity, |end| Validity::until(end);
}

const SECONDS_PER_DAY: u64 = 86_400;

impl Validity {
    /// A validity of any type, also by its wire name.
    pub fn new(value: i64, r#type: impl IntoDraft<ValidityPeriodType>) -> Draft<Validity> {
        Validity::assemble(Some(value.into_draft()), Some(r#type.into_draft()))
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

    /// Until a point in time: [`Validity::absolute`] of its seconds. Times before 1970 are refused.
    pub fn until(end: Timestamp) -> Draft<Validity> {
        Validity::absolute(end.unix())
    }

    /// For as long as this from issuance: [`Validity::days`] of a whole number of days. The API has no other durations, so anything
    /// else is refused; for a certificate of hours give its end with [`Validity::until`].
    pub fn lasting(duration: Duration) -> Draft<Validity> {
        let (seconds, days) = (duration.as_secs(), duration.as_secs() / SECONDS_PER_DAY);
        match i64::try_from(days) {
            Ok(count) if Duration::from_secs(days * SECONDS_PER_DAY) == duration => Validity::days(count),
            _ => Draft::wrong(Violation::new(
                format!("{seconds}.{:09} s", duration.subsec_nanos()),
                Constraint::Rule(
                    "Member must be a whole number of days of 86400 seconds; give the end as a time for another duration",
                ),
            )),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_days() {
        let days = |count| Validity::days(count).build().unwrap();
        let day = Duration::from_secs(SECONDS_PER_DAY);
        assert_eq!(Validity::lasting(90 * day).build(), Ok(days(90)));
        assert_eq!(day.into_draft().build(), Ok(days(1)));
        for (duration, value, constraint) in [
            (Duration::ZERO, "0", "greater than or equal to 1"),
            (Duration::from_secs(3_600), "3600.000000000 s", "a whole number of days"),
            (day + Duration::from_nanos(1), "86400.000000001 s", "a whole number of days"),
            (Duration::MAX, "18446744073709551615.999999999 s", "a whole number of days"),
        ] {
            let error = Validity::lasting(duration).build().unwrap_err();
            assert_eq!(error.violations()[0].value(), value);
            assert!(error.to_string().contains(constraint), "{error}");
        }
    }

    #[test]
    fn times_are_absolute() {
        let end = Timestamp::from_unix(7).unwrap();
        assert_eq!(end.into_draft().build(), Validity::absolute(7).build());
        assert!(Validity::until(Timestamp::MIN).build().is_err());
    }
}
