//! Points in time.

use std::fmt;
use std::time::SystemTime;

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// A point in time to the second, in UTC, from 0000-01-01T00:00:00Z to 9999-12-31T23:59:59Z: what the validity fields of
/// a certificate can say (RFC 5280 section 4.1.2.5).
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
    fn times_before_the_epoch_round_down() {
        let half_before = SystemTime::UNIX_EPOCH - Duration::from_millis(500);
        assert_eq!(Timestamp::from(half_before).unix(), -1);
    }
}
