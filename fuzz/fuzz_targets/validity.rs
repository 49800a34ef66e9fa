//! Validity of every type at any time of issuance, against a calendar written down once more.
#![no_main]

use issuance::issue::{Preparation, ValidityError};
use issuance::request::ValidityPeriodType;
use issuance::x509::Field;
use issuance::{Error, IssuanceOptions, SerialNumber, Timestamp, Validity};
use issuance_fuzz::setup::{request, setup};
use issuance_test_support::verifiers::AnySignature;
use libfuzzer_sys::fuzz_target;

const DAY: i128 = 86_400;

fn leap(year: i128) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i128, month: i128) -> i128 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 0000-01-01 to the first day of a year, all years being those of the Gregorian calendar.
fn days_before(year: i128) -> i128 {
    let past = year - 1;
    365 * year + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400) + 1
}

/// Seconds since the epoch, if there is such a date and time and a certificate can say it.
fn unix([year, month, day, hour, minute, second]: [i128; 6]) -> Option<i128> {
    let date = (0..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
    if !date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_before(year) - days_before(1970) + (1..month).map(|m| days_in(year, m)).sum::<i128>() + day - 1;
    Some(days * DAY + hour * 3600 + minute * 60 + second)
}

/// The year, month, day and second of the day of a time.
fn civil(unix: i128) -> (i128, i128, i128, i128) {
    let mut day = unix.div_euclid(DAY) + days_before(1970);
    let mut year = day / 366;
    while days_before(year + 1) <= day {
        year += 1;
    }
    day -= days_before(year);
    let mut month = 1;
    while day >= days_in(year, month) {
        day -= days_in(year, month);
        month += 1;
    }
    (year, month, day + 1, unix.rem_euclid(DAY))
}

fn representable(unix: i128) -> Option<i128> {
    (-62_167_219_200..=253_402_300_799).contains(&unix).then_some(unix)
}

fn after_months(now: i128, months: i128) -> Option<i128> {
    let (year, month, day, second) = civil(now);
    let months = year * 12 + month - 1 + months;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let midnight = unix([year, month, day.min(days_in(year, month)), 0, 0, 0])?;
    Some(midnight + second)
}

/// Reads the digits as text.
fn end_date(value: i64) -> Option<i128> {
    let digits = value.to_string();
    let digits = if digits.len() <= 12 { format!("{value:012}") } else { format!("{value:014}") };
    let (year, rest) = digits.split_at_checked(digits.len() - 10)?;
    let year: i128 = match (year.len(), year.parse().ok()?) {
        (2, year @ 50..) => 1900 + year,
        (2, year) => 2000 + year,
        (4, year) => year,
        _ => return None,
    };
    let two = |at: usize| rest[at..at + 2].parse::<i128>().ok();
    unix([year, two(0)?, two(2)?, two(4)?, two(6)?, two(8)?])
}

/// The end that a validity asks for.
fn expected(value: i64, period: ValidityPeriodType, now: i128) -> Option<i128> {
    match period {
        ValidityPeriodType::EndDate => end_date(value),
        ValidityPeriodType::Absolute => representable(value.into()),
        ValidityPeriodType::Days => representable(now + i128::from(value) * DAY),
        ValidityPeriodType::Months => after_months(now, value.into()),
        ValidityPeriodType::Years => after_months(now, i128::from(value) * 12),
        _ => unreachable!("an unknown period {period}"),
    }
}

/// The time as it stands in a certificate (RFC 5280 section 4.1.2.5).
fn der(unix: i128) -> Vec<u8> {
    let (year, month, day, second) = civil(unix);
    let rest = format!("{month:02}{day:02}{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60);
    match (1950..2050).contains(&year) {
        true => [b"\x17\x0d", format!("{:02}{rest}", year % 100).as_bytes()].concat(),
        false => [b"\x18\x0f", format!("{year:04}{rest}").as_bytes()].concat(),
    }
}

/// Time of issuance, type, value as it is and value as digits of a date, notBefore.
type Input = (u64, u8, i64, Option<(u16, u8, u8, u8, u8, u8)>, Option<i64>);

fuzz_target!(|input: Input| {
    let (now, period, value, digits, not_before) = input;
    let span = (Timestamp::MAX.unix() - Timestamp::MIN.unix()) as u64;
    let now = Timestamp::from_unix((now % (span + 1)) as i64 + Timestamp::MIN.unix()).expect("a time");
    let period = ValidityPeriodType::ALL[usize::from(period) % ValidityPeriodType::ALL.len()];
    let value = match digits {
        Some((year, month, day, hour, minute, second)) => {
            let pair = |number: u8| i64::from(number % 100);
            let time = (pair(hour) * 100 + pair(minute)) * 100 + pair(second);
            (i64::from(year) * 10_000 + pair(month % 16) * 100 + pair(day % 36)) * 1_000_000 + time
        }
        None => value,
    };
    let setup = setup();
    let mut builder = request(&setup.own_request, "RootCACertificate").validity(Validity::new(value, period));
    if let Some(seconds) = not_before {
        builder = builder.validity_not_before(Validity::absolute(seconds));
    }
    let Ok(request) = builder.build() else {
        assert!(value < 1 || not_before.is_some_and(|seconds| seconds < 1));
        return;
    };
    let preparation = Preparation {
        authority: &setup.pending,
        now,
        serial: SerialNumber::from_be_bytes(&[1]).expect("a serial number"),
        partition: None,
        verifier: &AnySignature,
        options: &IssuanceOptions::default(),
    };
    let end = expected(value, period, now.unix().into());
    let start = match not_before {
        Some(seconds) => representable(seconds.into()),
        None => Some((i128::from(now.unix()) - 3600).max(Timestamp::MIN.unix().into())),
    };
    let same = |time: Timestamp| assert_eq!(Some(i128::from(time.unix())), end, "{value} {period} at {now}");
    match preparation.prepare(&request) {
        Ok(prepared) => {
            let plan = prepared.plan();
            same(plan.not_after());
            assert_eq!(Some(i128::from(plan.not_before().unix())), start);
            assert!(plan.not_after() > now && plan.not_after() > plan.not_before());
            assert_eq!(plan.field_der(Field::NotAfter), der(end.expect("an end")));
            assert_eq!(plan.field_der(Field::NotBefore), der(start.expect("a start")));
        }
        Err(Error::Validity(ValidityError::Past { not_after, .. })) => {
            same(not_after);
            assert!(not_after <= now);
        }
        Err(Error::Validity(ValidityError::Empty { not_after, not_before })) => {
            same(not_after);
            assert!(not_after <= not_before && Some(i128::from(not_before.unix())) == start);
        }
        Err(Error::Validity(ValidityError::NotADate { .. } | ValidityError::OutOfRange { .. })) => {
            assert!(end.is_none() || start.is_none(), "{value} {period} at {now}");
        }
        Err(error) => panic!("{error}"),
    }
});
