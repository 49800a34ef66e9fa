//! From the request's validity and the issuance time to notBefore and notAfter (R-VAL). Pure: no clock, no policy of a CA.

use time::{Date, Month};

use crate::request::validity::{Validity, ValidityPeriodType};
use crate::x509::timestamp::Timestamp;

/// How far notBefore lies before the issuance time when the request does not say: 60 minutes (R-VAL-1, documented).
pub const NOT_BEFORE_SKEW_SECONDS: i64 = 60 * 60;

/// The longest life of a certificate from a CA in `SHORT_LIVED_CERTIFICATE` mode, counted from issuance: 7 days (R-VAL-5,
/// documented).
pub const SHORT_LIVED_MAX_SECONDS: i64 = 7 * SECONDS_PER_DAY;

const SECONDS_PER_DAY: i64 = 86_400;

/// The validity period of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValidityPeriod {
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

/// A validity that is refused: `ValidationException`. [`Error`](crate::Error) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidityError {
    /// An `END_DATE` whose digits are no date and time (R-VAL-2).
    #[error("{field}.value {value} is not a date and time; END_DATE takes YYMMDDHHMMSS or YYYYMMDDHHMMSS")]
    NotADate {
        /// The member of the request.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// A time after 9999-12-31T23:59:59Z, which a certificate cannot say (R-VAL-6).
    #[error(
        "{field} of {value} {period} ends after 9999-12-31T23:59:59Z, the last time that a certificate can say{}",
        unit(*.period)
    )]
    OutOfRange {
        /// The member of the request.
        field: &'static str,
        /// Its value.
        value: i64,
        /// Its type.
        period: ValidityPeriodType,
    },
    /// The certificate would have ended before it was issued (R-VAL-3).
    #[error("validity ends at {not_after}, which is not at least one second after the time of issuance, {now}")]
    Past {
        /// The end that was asked for.
        not_after: Timestamp,
        /// The time of issuance.
        now: Timestamp,
    },
    /// The validity period would be empty (R-VAL-3).
    #[error("validity ends at {not_after}, which is not after its beginning, {not_before}")]
    Empty {
        /// The beginning.
        not_before: Timestamp,
        /// The end.
        not_after: Timestamp,
    },
    /// The certificate would outlive the CA's (R-VAL-4).
    #[error(
        "validity ends at {not_after}, after the certificate authority's own certificate, which ends at {ca_not_after}"
    )]
    BeyondCa {
        /// The end that was asked for.
        not_after: Timestamp,
        /// The end of the CA's certificate.
        ca_not_after: Timestamp,
    },
    /// The certificate would live longer than a short-lived one may (R-VAL-5).
    #[error(
        "validity ends at {not_after}, more than 7 days after issuance; a certificate authority in \
         SHORT_LIVED_CERTIFICATE mode issues nothing beyond {latest}"
    )]
    TooLongForShortLived {
        /// The end that was asked for.
        not_after: Timestamp,
        /// The latest end that is allowed.
        latest: Timestamp,
    },
}

/// What the number of a period counts, where it is often another unit.
fn unit(period: ValidityPeriodType) -> &'static str {
    match period {
        ValidityPeriodType::Absolute => "; ABSOLUTE counts seconds since 1970-01-01T00:00:00Z, not milliseconds",
        _ => "",
    }
}

/// The end that a validity asks for, counted from `now` (R-VAL-2).
fn end(validity: Validity, field: &'static str, now: Timestamp) -> Result<Timestamp, ValidityError> {
    let (value, period) = (validity.value(), validity.r#type());
    let time = match period {
        ValidityPeriodType::Absolute => Timestamp::from_unix(value),
        ValidityPeriodType::Days => {
            value.checked_mul(SECONDS_PER_DAY).and_then(|seconds| now.checked_add_seconds(seconds))
        }
        ValidityPeriodType::Months => add_months(now, value),
        ValidityPeriodType::Years => value.checked_mul(12).and_then(|months| add_months(now, months)),
        ValidityPeriodType::EndDate => {
            return end_date(value).ok_or(ValidityError::NotADate { field, value });
        }
    };
    time.ok_or(ValidityError::OutOfRange { field, value, period })
}

/// Calendar months in UTC, clamped to the last day of the month (R-VAL-2; the clamping is our decision).
fn add_months(now: Timestamp, months: i64) -> Option<Timestamp> {
    let start = now.date_time();
    let month0 = i64::from(start.year()) * 12 + i64::from(u8::from(start.month())) - 1;
    let sum = month0.checked_add(months)?;
    let year = i32::try_from(sum.div_euclid(12)).ok().filter(|year| (0..=9999).contains(year))?;
    let month = Month::try_from(sum.rem_euclid(12) as u8 + 1).ok()?;
    let day = start.day().min(month.length(year));
    let date = Date::from_calendar_date(year, month, day).ok()?;
    Timestamp::from_unix(start.replace_date(date).unix_timestamp())
}

/// The digits `YYMMDDHHMMSS` (the UTCTime rule of RFC 5280 section 4.1.2.5.1 for the century) or `YYYYMMDDHHMMSS`.
fn end_date(value: i64) -> Option<Timestamp> {
    let mut rest = value;
    let mut two_digits = || {
        let pair = (rest % 100) as u8;
        rest /= 100;
        pair
    };
    let (second, minute, hour, day, month) = (two_digits(), two_digits(), two_digits(), two_digits(), two_digits());
    let year = match u16::try_from(rest).ok()? {
        year @ 0..=49 => 2000 + year,
        year @ 50..=99 => 1900 + year,
        year @ 100..=9999 => year,
        _ => return None,
    };
    Timestamp::from_utc(year, month, day, hour, minute, second)
}

/// Resolves the validity of a request at the time of issuance (R-VAL-1 to R-VAL-3, R-VAL-6).
///
/// notAfter is counted from `now`, never from notBefore. That the latter is of type `ABSOLUTE` the request has made sure of.
///
/// # Errors
/// When a value is no time that a certificate can say, the end is not in the future, or the period is empty.
pub(crate) fn resolve(
    validity: Validity,
    validity_not_before: Option<Validity>,
    now: Timestamp,
) -> Result<ValidityPeriod, ValidityError> {
    let not_after = end(validity, "validity", now)?;
    let not_before = match validity_not_before {
        None => now.checked_add_seconds(-NOT_BEFORE_SKEW_SECONDS).unwrap_or(Timestamp::MIN),
        Some(start) => end(start, "validityNotBefore", now)?,
    };
    if not_after <= now {
        return Err(ValidityError::Past { not_after, now });
    }
    if not_after <= not_before {
        return Err(ValidityError::Empty { not_before, not_after });
    }
    Ok(ValidityPeriod { not_before, not_after })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Timestamp {
        Timestamp::from_utc(year, month, day, hour, minute, second).unwrap()
    }

    fn not_after(validity: Validity, now: Timestamp) -> Timestamp {
        resolve(validity, None, now).unwrap().not_after
    }

    #[test]
    fn documented_samples() {
        // The examples of the AWS documentation.
        let issued = at(2020, 10, 12, 12, 34, 54);
        assert_eq!(not_after(Validity::days(90).build().unwrap(), issued), at(2021, 1, 10, 12, 34, 54));
        assert_eq!(not_after(Validity::end_date(491231235959).build().unwrap(), issued), at(2049, 12, 31, 23, 59, 59));
        assert_eq!(not_after(Validity::absolute(2524608000).build().unwrap(), issued), at(2050, 1, 1, 0, 0, 0));
    }

    #[test]
    fn months_and_years_clamp_to_the_last_day() {
        // R-VAL-2.
        let months = |n| Validity::months(n).build().unwrap();
        assert_eq!(not_after(months(1), at(2023, 1, 31, 1, 2, 3)), at(2023, 2, 28, 1, 2, 3));
        assert_eq!(not_after(months(1), at(2024, 1, 31, 1, 2, 3)), at(2024, 2, 29, 1, 2, 3));
        assert_eq!(not_after(months(11), at(2024, 2, 29, 0, 0, 0)), at(2025, 1, 29, 0, 0, 0));
        assert_eq!(not_after(Validity::years(1).build().unwrap(), at(2024, 2, 29, 0, 0, 0)), at(2025, 2, 28, 0, 0, 0));
        assert_eq!(not_after(Validity::years(4).build().unwrap(), at(2024, 2, 29, 0, 0, 0)), at(2028, 2, 29, 0, 0, 0));
    }

    #[test]
    fn end_dates() {
        assert_eq!(end_date(491231235959), Some(at(2049, 12, 31, 23, 59, 59)));
        assert_eq!(end_date(500101000000), Some(at(1950, 1, 1, 0, 0, 0)));
        assert_eq!(end_date(20501231235959), Some(at(2050, 12, 31, 23, 59, 59)));
        assert_eq!(end_date(99991231235959), Some(Timestamp::MAX));
        // Leading zeros that the integer lost: 05-01-02 03:04:05 and 00-01-02 03:04:05.
        assert_eq!(end_date(50102030405), Some(at(2005, 1, 2, 3, 4, 5)));
        assert_eq!(end_date(102030405), Some(at(2000, 1, 2, 3, 4, 5)));
        for wrong in
            [1, 491331000000, 490229000000, 491231240000, 491231236000, 491231235960, 999991231235959, i64::MAX]
        {
            assert_eq!(end_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_value_overflows() {
        let now = at(2026, 11, 21, 0, 0, 0);
        for value in [i64::MAX, i64::MAX - 1, i64::MAX / 12, i64::MAX / SECONDS_PER_DAY + 1, 1 << 40] {
            for period in ValidityPeriodType::ALL {
                let validity = Validity::new(value, *period).build().unwrap();
                assert!(resolve(validity, None, now).is_err(), "{value} {period}");
            }
        }
        assert_eq!(not_after(Validity::absolute(253402300799).build().unwrap(), now), Timestamp::MAX);
    }

    #[test]
    fn absolute_in_milliseconds_is_told_that_it_counts_seconds() {
        let now = at(2026, 11, 21, 0, 0, 0);
        let message = |validity: crate::request::draft::Draft<Validity>| {
            resolve(validity.build().unwrap(), None, now).unwrap_err().to_string()
        };
        assert_eq!(
            message(Validity::absolute(1_795_253_415_000)),
            "validity of 1795253415000 ABSOLUTE ends after 9999-12-31T23:59:59Z, the last time that a certificate can say; \
             ABSOLUTE counts seconds since 1970-01-01T00:00:00Z, not milliseconds"
        );
        assert!(message(Validity::years(9000)).ends_with("can say"));
        let start = Validity::absolute(1_795_253_415_000).build().unwrap();
        let error = resolve(Validity::days(1).build().unwrap(), Some(start), now).unwrap_err().to_string();
        assert!(error.starts_with("validityNotBefore of") && error.contains("counts seconds"), "{error}");
    }

    #[test]
    fn not_before() {
        // R-VAL-1: 60 minutes before issuance, or as given; notAfter does not move.
        let now = at(2026, 11, 21, 9, 30, 15);
        let days = Validity::days(1).build().unwrap();
        let default = resolve(days, None, now).unwrap();
        assert_eq!(default.not_before, at(2026, 11, 21, 8, 30, 15));
        let early = resolve(days, Some(Validity::absolute(1).build().unwrap()), now).unwrap();
        assert_eq!((early.not_before.unix(), early.not_after), (1, default.not_after));
        let at_end = Validity::absolute(default.not_after.unix()).build().unwrap();
        assert!(matches!(resolve(days, Some(at_end), now), Err(ValidityError::Empty { .. })));
    }

    #[test]
    fn the_end_lies_in_the_future() {
        // R-VAL-3.
        let now = at(2026, 11, 21, 9, 30, 15);
        let absolute = |offset| Validity::absolute(now.unix() + offset).build().unwrap();
        assert!(matches!(resolve(absolute(0), None, now), Err(ValidityError::Past { .. })));
        assert!(matches!(resolve(absolute(-1), None, now), Err(ValidityError::Past { .. })));
        assert_eq!(not_after(absolute(1), now).unix(), now.unix() + 1);
    }
}
