//! The calendar, by counting.

use std::sync::LazyLock;

use issuance::request::ValidityPeriodType;

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The days from 1970-01-01 to the first of January of each year from 0 on, by adding up years.
static NEW_YEARS: LazyLock<Vec<i64>> = LazyLock::new(|| {
    let mut days = vec![0i64];
    for year in 0..10_000 {
        days.push(days[year as usize] + if is_leap(year) { 366 } else { 365 });
    }
    let epoch = days[1970];
    days.into_iter().map(|day| day - epoch).collect()
});

pub fn unix(year: i64, month: i64, day: i64, second_of_day: i64) -> i64 {
    let days = NEW_YEARS[year as usize] + (1..month).map(|month| days_in(year, month)).sum::<i64>() + day - 1;
    days * 86_400 + second_of_day
}

/// Year, month, day, second of the day.
pub fn civil(unix: i64) -> (i64, i64, i64, i64) {
    let (days, second) = (unix.div_euclid(86_400), unix.rem_euclid(86_400));
    let year = NEW_YEARS.partition_point(|first| *first <= days) as i64 - 1;
    let (mut month, mut left) = (1, days - NEW_YEARS[year as usize]);
    while left >= days_in(year, month) {
        left -= days_in(year, month);
        month += 1;
    }
    (year, month, left + 1, second)
}

/// R-VAL-2 for a value and the time of issuance; `None` for no time that a certificate can say.
pub fn model_end(value: i64, period: ValidityPeriodType, now: i64) -> Option<i64> {
    let last = unix(9999, 12, 31, 86_399);
    let months = match period {
        ValidityPeriodType::Absolute => return Some(value).filter(|end| *end <= last),
        ValidityPeriodType::Days => {
            let end = i128::from(now) + i128::from(value) * 86_400;
            return i64::try_from(end).ok().filter(|end| *end <= last);
        }
        ValidityPeriodType::EndDate => {
            let text = if value < 1_000_000_000_000 { format!("{value:012}") } else { format!("{value:014}") };
            let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
            let (year, rest) = match text.len() {
                12 if number(0, 2) >= 50 => (1900 + number(0, 2), 2),
                12 => (2000 + number(0, 2), 2),
                14 => (number(0, 4), 4),
                _ => return None,
            };
            let part = |index: usize| number(rest + 2 * index, rest + 2 * index + 2);
            let [month, day, hour, minute, second] = [0, 1, 2, 3, 4].map(part);
            let real = (1..=12).contains(&month)
                && (1..=days_in(year, month)).contains(&day)
                && hour < 24
                && minute < 60
                && second < 60;
            return real.then(|| unix(year, month, day, hour * 3600 + minute * 60 + second));
        }
        ValidityPeriodType::Months => i128::from(value),
        ValidityPeriodType::Years => i128::from(value) * 12,
        _ => panic!("an unknown period {period}"),
    };
    let (year, month, day, second) = civil(now);
    if months > 120_000 {
        return None;
    }
    // Month by month, slowly.
    let (mut year, mut month) = (year, month);
    for _ in 0..months {
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    (year <= 9999).then(|| unix(year, month, day.min(days_in(year, month)), second))
}
