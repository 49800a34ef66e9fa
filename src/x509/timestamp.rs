//! Points in time.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// A point in time to the second, in UTC, from 0000-01-01T00:00:00Z to 9999-12-31T23:59:59Z: what the validity fields of
/// a certificate can say (RFC 5280 section 4.1.2.5).
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use issuance::Timestamp;
///
/// let time: Timestamp = "2026-11-21T09:30:00Z".parse()?;
/// assert_eq!(time, "2026-11-21T11:30:00+02:00".parse()?);
/// assert_eq!(time.to_string(), "2026-11-21T09:30:00Z");
///
/// let tomorrow = time.checked_add(Duration::from_secs(86_400)).ok_or("after the year 9999")?;
/// assert_eq!(tomorrow.duration_since(time), Some(Duration::from_secs(86_400)));
///
/// assert_eq!(Timestamp::from(SystemTime::try_from(time)?), time);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0000-01-01T00:00:00Z.
    pub const MIN: Timestamp = Timestamp(-62_167_219_200);
    /// 9999-12-31T23:59:59Z: the value for certificates without a well-defined end (RFC 5280 section 4.1.2.5).
    pub const MAX: Timestamp = Timestamp(253_402_300_799);

    /// Seconds since the Unix epoch; `None` outside the years 0000 to 9999.
    pub const fn from_unix(seconds: i64) -> Option<Timestamp> {
        if seconds < Timestamp::MIN.0 || seconds > Timestamp::MAX.0 { None } else { Some(Timestamp(seconds)) }
    }

    /// A date and time in UTC; `None` if there is no such date or time.
    pub fn from_utc(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Timestamp> {
        let date = Date::from_calendar_date(i32::from(year), Month::try_from(month).ok()?, day).ok()?;
        let time = Time::from_hms(hour, minute, second).ok()?;
        Timestamp::from_unix(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp())
    }

    /// Seconds since the Unix epoch.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// This time plus a number of seconds; `None` outside the years 0000 to 9999.
    pub const fn checked_add_seconds(self, seconds: i64) -> Option<Timestamp> {
        match self.0.checked_add(seconds) {
            Some(sum) => Timestamp::from_unix(sum),
            None => None,
        }
    }

    /// This time plus a duration, in the second that it lies in; `None` after the year 9999.
    pub fn checked_add(self, duration: Duration) -> Option<Timestamp> {
        self.checked_add_seconds(i64::try_from(duration.as_secs()).ok()?)
    }

    /// This time minus a duration, in the second that it lies in; `None` before the year 0000.
    pub fn checked_sub(self, duration: Duration) -> Option<Timestamp> {
        let seconds = i64::try_from(duration.as_secs()).ok()?;
        let begun = i64::from(duration.subsec_nanos() > 0);
        self.checked_add_seconds(seconds.checked_add(begun)?.checked_neg()?)
    }

    /// How long after `earlier` this time is; `None` if it is before.
    pub fn duration_since(self, earlier: Timestamp) -> Option<Duration> {
        u64::try_from(self.0 - earlier.0).ok().map(Duration::from_secs)
    }

    pub(crate) fn date_time(self) -> OffsetDateTime {
        // The range of the type lies inside that of `OffsetDateTime`.
        OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// The second that the date and time lies in; years outside 0000 to 9999 become the nearest bound.
    fn from(value: OffsetDateTime) -> Self {
        Timestamp(value.unix_timestamp().clamp(Timestamp::MIN.0, Timestamp::MAX.0))
    }
}

impl From<SystemTime> for Timestamp {
    /// The second that the time lies in; years outside 0000 to 9999 become the nearest bound.
    fn from(value: SystemTime) -> Self {
        let seconds = match value.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => {
                let before = before.duration();
                let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                -whole - i64::from(before.subsec_nanos() > 0)
            }
        };
        Timestamp(seconds.clamp(Timestamp::MIN.0, Timestamp::MAX.0))
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(time: Timestamp) -> OffsetDateTime {
        time.date_time()
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = TimestampError;

    /// Fails where the system has no such time: on Windows before 1601, with 32-bit times after 2038.
    fn try_from(time: Timestamp) -> Result<SystemTime, TimestampError> {
        let distance = Duration::from_secs(time.0.unsigned_abs());
        let converted = match time.0 < 0 {
            true => SystemTime::UNIX_EPOCH.checked_sub(distance),
            false => SystemTime::UNIX_EPOCH.checked_add(distance),
        };
        converted.ok_or(TimestampError::SystemTime(time))
    }
}

/// Why a text is not a [`Timestamp`], or a [`Timestamp`] has no place elsewhere.
///
/// ```
/// use issuance::Timestamp;
/// let error = "2026-11-21 09:30".parse::<Timestamp>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "'2026-11-21 09:30' is not a time of RFC 3339; write it as 2026-11-21T09:30:00Z or 2026-11-21T11:30:00+02:00"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// The text does not have the form of RFC 3339 section 5.6.
    #[error("'{0}' is not a time of RFC 3339; write it as 2026-11-21T09:30:00Z or 2026-11-21T11:30:00+02:00")]
    Form(String),
    /// The text has the right form, but the calendar has no such day or the day no such second; a leap second is not one either.
    #[error("'{0}' names a day or a time of day that does not exist; seconds are 00 to 59")]
    NoSuchTime(String),
    /// The text has a fraction of a second, which would be lost.
    #[error("'{0}' has a fraction of a second; times in certificates are whole seconds, as 2026-11-21T09:30:00Z")]
    Fraction(String),
    /// In UTC the time is before the year 0000 or after 9999.
    #[error("'{0}' is out of range in UTC; times are from 0000-01-01T00:00:00Z to 9999-12-31T23:59:59Z")]
    Range(String),
    /// The clock of the system cannot say this time.
    #[error("{0} is out of range for the times of this system")]
    SystemTime(Timestamp),
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// RFC 3339 section 5.6, for example `2026-11-21T09:30:00Z` or `2026-11-21T11:30:00+02:00`: `T` and `Z` in upper case, whole
    /// seconds. A fraction may stand there if it is zero.
    fn from_str(text: &str) -> Result<Timestamp, TimestampError> {
        let error = |kind: fn(String) -> TimestampError| kind(shown(text));
        let parts = Parts::of(text).ok_or_else(|| error(TimestampError::Form))?;
        let Parts { date: [year, month, day], time: [hour, minute, second], fraction, offset } = parts;
        let whole = |number: u16| u8::try_from(number).unwrap_or(u8::MAX);
        let local = Timestamp::from_utc(year, whole(month), whole(day), whole(hour), whole(minute), whole(second));
        let local = local.ok_or_else(|| error(TimestampError::NoSuchTime))?;
        if fraction.bytes().any(|digit| digit != b'0') {
            return Err(error(TimestampError::Fraction));
        }
        let offset = offset.ok_or_else(|| error(TimestampError::NoSuchTime))?;
        local.checked_add_seconds(-offset).ok_or_else(|| error(TimestampError::Range))
    }
}

/// The parts of a time of RFC 3339 as they are written.
struct Parts<'a> {
    date: [u16; 3],
    time: [u16; 3],
    /// The digits after the point.
    fraction: &'a str,
    /// East of Greenwich, in seconds; `None` if no day has so many hours or minutes.
    offset: Option<i64>,
}

impl Parts<'_> {
    fn of(text: &str) -> Option<Parts<'_>> {
        let date = numbers(text.get(..10)?, '-', [4, 2, 2])?;
        let time = numbers(text.get(10..19)?.strip_prefix('T')?, ':', [2, 2, 2])?;
        let rest = text.get(19..)?;
        let (fraction, zone) = match rest.strip_prefix('.') {
            None => ("", rest),
            Some(rest) => {
                let (digits, zone) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
                if digits.is_empty() {
                    return None;
                }
                (digits, zone)
            }
        };
        let seconds = |zone| {
            let [hours, minutes] = numbers(zone, ':', [2, 2])?;
            Some((hours < 24 && minutes < 60).then_some(i64::from(hours) * 3_600 + i64::from(minutes) * 60))
        };
        let offset = match (zone, zone.strip_prefix('+'), zone.strip_prefix('-')) {
            ("Z", ..) => Some(0),
            (_, Some(east), _) => seconds(east)?,
            (.., Some(west)) => seconds(west)?.map(|seconds| -seconds),
            _ => return None,
        };
        Some(Parts { date, time, fraction, offset })
    }
}

/// Numbers of so many digits each, with a separator between them.
fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[u16; N]> {
    let (mut numbers, mut fields) = ([0; N], text.split(separator));
    for (number, width) in numbers.iter_mut().zip(widths) {
        let digits = fields.next()?;
        if digits.len() != width || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        *number = digits.parse().ok()?;
    }
    fields.next().is_none().then_some(numbers)
}

/// A text as it may stand in a message: cut, and escaped.
fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(40).flat_map(char::escape_debug).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for Timestamp {
    /// RFC 3339, for example `2026-11-21T09:30:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.date_time();
        let (year, month, day) = (t.year(), u8::from(t.month()), t.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", t.hour(), t.minute(), t.second())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn bounds_and_text() {
        assert_eq!(Timestamp::from_utc(0, 1, 1, 0, 0, 0), Some(Timestamp::MIN));
        assert_eq!(Timestamp::from_utc(9999, 12, 31, 23, 59, 59), Some(Timestamp::MAX));
        assert_eq!(Timestamp::MAX.checked_add_seconds(1), None);
        assert_eq!(Timestamp::MIN.checked_add_seconds(i64::MIN), None);
        assert_eq!(Timestamp::from_utc(2023, 2, 29, 0, 0, 0), None);
        assert_eq!(Timestamp::from_utc(2024, 2, 29, 24, 0, 0), None);
        assert_eq!(Timestamp::from_utc(2024, 2, 29, 23, 0, 1).unwrap().to_string(), "2024-02-29T23:00:01Z");
    }

    #[test]
    fn text_is_rfc_3339_to_the_second() {
        let parsed = |text: &str| text.parse::<Timestamp>().map(|time| time.to_string());
        for (text, expected) in [
            ("2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z"),
            ("2026-11-21T09:30:00.000Z", "2026-11-21T09:30:00Z"),
            ("2026-11-21T09:30:00+02:00", "2026-11-21T07:30:00Z"),
            ("2026-11-21T09:30:00-11:30", "2026-11-21T21:00:00Z"),
            ("2024-02-29T23:59:59-00:00", "2024-02-29T23:59:59Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(expected), "{text}");
        }
        type Kind = fn(String) -> TimestampError;
        let (form, no_such, fraction, range): (Kind, Kind, Kind, Kind) =
            (TimestampError::Form, TimestampError::NoSuchTime, TimestampError::Fraction, TimestampError::Range);
        for (text, kind) in [
            ("", form),
            ("2026-11-21", form),
            ("2026-11-21 09:30:00Z", form),
            ("2026-11-21t09:30:00z", form),
            ("2026-11-21T09:30:00", form),
            ("2026-11-21T09:30Z", form),
            ("2026-11-21T09:30:00.Z", form),
            ("2026-11-21T09:30:00.5", form),
            ("2026-11-21T09:30:00+2:00", form),
            ("2026-11-21T09:30:00+0200", form),
            ("2026-11-21T09:30:00ZZ", form),
            ("+026-11-21T09:30:00Z", form),
            ("12026-11-21T09:30:00Z", form),
            ("2026-1-21T009:30:00Z", form),
            ("２026-11-21T09:30:00Z", form),
            ("2026-02-29T09:30:00Z", no_such),
            ("2026-13-01T09:30:00Z", no_such),
            ("2026-11-21T24:00:00Z", no_such),
            ("2026-12-31T23:59:60Z", no_such),
            ("2026-11-21T09:30:00+24:00", no_such),
            ("2026-11-21T09:30:00.001Z", fraction),
            ("0000-01-01T00:00:00+00:01", range),
            ("9999-12-31T23:59:59-00:01", range),
        ] {
            assert_eq!(parsed(text), Err(kind(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn messages_are_short_and_printable() {
        let hostile = format!("\n\u{1b}[31m{}", "x".repeat(1_000));
        let message = hostile.parse::<Timestamp>().unwrap_err().to_string();
        assert!(message.len() < 250 && !message.chars().any(char::is_control), "{message}");
    }

    #[test]
    fn durations_are_added_and_taken_away_within_the_range() {
        let at = |seconds| Timestamp::from_unix(seconds).unwrap();
        let half = Duration::from_millis(1_500);
        assert_eq!(at(10).checked_add(half), Some(at(11)));
        assert_eq!(at(10).checked_sub(half), Some(at(8)));
        assert_eq!(at(10).checked_sub(Duration::from_secs(10)), Some(at(0)));
        assert_eq!(Timestamp::MAX.checked_add(Duration::from_secs(1)), None);
        assert_eq!(Timestamp::MIN.checked_sub(Duration::from_nanos(1)), None);
        for time in [Timestamp::MIN, at(0), Timestamp::MAX] {
            assert_eq!((time.checked_add(Duration::MAX), time.checked_sub(Duration::MAX)), (None, None));
        }
        assert_eq!(at(12).duration_since(at(10)), Some(Duration::from_secs(2)));
        assert_eq!(at(10).duration_since(at(12)), None);
        let longest = Timestamp::MAX.duration_since(Timestamp::MIN).unwrap();
        assert_eq!(Timestamp::MIN.checked_add(longest), Some(Timestamp::MAX));
    }

    #[test]
    fn times_of_other_libraries_come_back() {
        for seconds in [Timestamp::MIN.unix(), -1, 0, 1_795_253_415, Timestamp::MAX.unix()] {
            let time = Timestamp::from_unix(seconds).unwrap();
            assert_eq!(Timestamp::from(OffsetDateTime::from(time)), time);
            if let Ok(system) = SystemTime::try_from(time) {
                assert_eq!(Timestamp::from(system), time);
            }
        }
        assert!(SystemTime::try_from(Timestamp::from_unix(1_795_253_415).unwrap()).is_ok());
    }

    #[test]
    fn times_before_the_epoch_round_down() {
        let half_before = SystemTime::UNIX_EPOCH - Duration::from_millis(500);
        assert_eq!(Timestamp::from(half_before).unix(), -1);
    }
}
