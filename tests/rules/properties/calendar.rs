//! The calendar against one that counts.

use std::sync::LazyLock;

use issuance::Signer;
use issuance::authority::CertificateAuthorityType;
use issuance::issue::Preparation;
use issuance::request::ValidityPeriodType;
use issuance::x509::KeyPolicy;
use issuance::{CertificateAuthority, Csr, Error, IssuanceOptions, Timestamp, Validity};
use issuance_test_support::ca;
use issuance_test_support::calendar::{civil, days_in, model_end, unix};
use issuance_test_support::der::{CsrParts, holds, tlv};
use issuance_test_support::verifiers::{AnySignature, NeverCalled};
use proptest::prelude::*;
use proptest::sample::select;

use super::config;

static PENDING_ROOT: LazyLock<CertificateAuthority> =
    LazyLock::new(|| ca::pending(CertificateAuthorityType::Root, "Root"));

/// notBefore and notAfter, through the engine. A root's own certificate has no ceiling (R-VAL-4).
fn engine(validity: Validity, not_before: Option<Validity>, now: i64) -> Result<(i64, i64), Error> {
    let csr = CsrParts::new(ca::CA_KEY.public_key_der()).der();
    let mut request = ca::request(&csr, "RootCACertificate").validity(validity);
    if let Some(start) = not_before {
        request = request.validity_not_before(start);
    }
    let csr = Csr::decode(&csr).unwrap().assume_proven(&KeyPolicy::default()).unwrap();
    let now = Timestamp::from_unix(now).unwrap();
    let options = IssuanceOptions::default();
    let preparation = Preparation {
        authority: &PENDING_ROOT,
        now,
        serial: ca::serial(),
        partition: None,
        verifier: &NeverCalled,
        options: &options,
    };
    let prepared = preparation.prepare_proven(&request.build().unwrap(), &csr)?;
    Ok((prepared.plan().not_before().unix(), prepared.plan().not_after().unix()))
}

fn period() -> impl Strategy<Value = ValidityPeriodType> {
    select(ValidityPeriodType::ALL)
}

/// Values around the interesting ones: small, in digits of a date, extreme.
fn value() -> impl Strategy<Value = i64> {
    let date = (0i64..100, 0i64..14, 0i64..33, 0i64..25, 0i64..61, 0i64..61)
        .prop_map(|(y, mo, d, h, mi, s)| ((((y * 100 + mo) * 100 + d) * 100 + h) * 100 + mi) * 100 + s);
    let long = (0i64..100, 1i64..13, 1i64..32)
        .prop_map(|(year, month, day)| ((2000 + year) * 10_000 + month * 100 + day) * 1_000_000 + 235_959);
    let end_of_february = (2000i64..9999).prop_map(|year| (year * 10_000 + 229) * 1_000_000);
    prop_oneof![
        3 => 1i64..60,
        2 => 1i64..120_000,
        2 => date.prop_filter("at least 1", |value| *value >= 1),
        1 => long,
        1 => end_of_february,
        1 => 1i64..300_000_000_000,
        1 => (0u32..63).prop_map(|bit| 1i64 << bit),
        1 => (0i64..1000).prop_map(|off| i64::MAX - off),
        1 => 1i64..=i64::MAX,
    ]
}

/// Times of issuance, many of them on the last days of months.
fn time_of_issuance() -> impl Strategy<Value = i64> {
    let end_of_month = (1i64..9999, 1i64..13, 0i64..86_400, 0i64..3)
        .prop_map(|(year, month, second, before)| unix(year, month, days_in(year, month) - before, second));
    prop_oneof![
        2 => end_of_month,
        2 => unix(1, 1, 1, 0)..unix(9999, 12, 31, 86_399),
        2 => unix(2020, 1, 1, 0)..unix(2060, 1, 1, 0),
    ]
}

proptest! {
    #![proptest_config(config(4000))]

    /// R-VAL-1, R-VAL-2, R-VAL-3, R-VAL-6: notAfter is that of the model, or the request is refused where the model's is no
    /// time or not in the future.
    #[test]
    fn the_end_is_that_of_the_counted_calendar(value in value(), period in period(), now in time_of_issuance()) {
        let expected = model_end(value, period, now).filter(|end| *end > now);
        match (engine(Validity::new(value, period).build().unwrap(), None, now), expected) {
            (Ok((not_before, not_after)), Some(expected)) => {
                prop_assert_eq!(not_after, expected, "{} {} at {}", value, period, Timestamp::from_unix(now).unwrap());
                prop_assert_eq!(not_before, now - 3600);
            }
            (Err(Error::Validity(_)), None) => {}
            (engine, expected) => {
                prop_assert!(false, "{value} {period} at {now}: {engine:?}, expected {expected:?}");
            }
        }
    }

    /// R-VAL-1: ValidityNotBefore moves notBefore and never notAfter; an empty period is refused (R-VAL-3).
    #[test]
    fn not_before_moves_alone(start in value(), value in value(), period in period(), now in time_of_issuance()) {
        let validity = Validity::new(value, period).build().unwrap();
        let Ok((_, not_after)) = engine(validity, None, now) else { return Ok(()) };
        match engine(validity, Some(Validity::absolute(start).build().unwrap()), now) {
            Ok(both) => prop_assert_eq!(both, (start, not_after)),
            Err(Error::Validity(_)) => prop_assert!(start >= not_after),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    /// R-VAL-6: what the octets say is what the plan says, UTCTime through 2049 and GeneralizedTime from 2050.
    #[test]
    fn the_octets_say_the_time(end in prop_oneof![1..unix(2060, 1, 1, 0), 1..unix(9999, 12, 31, 86_400)]) {
        let (year, month, day, second) = civil(end);
        let clock = format!("{:02}{:02}{:02}{:02}{:02}Z", month, day, second / 3600, second / 60 % 60, second % 60);
        let expected = match year {
            ..2050 => tlv(0x17, format!("{:02}{clock}", year % 100).as_bytes()),
            _ => tlv(0x18, format!("{year:04}{clock}").as_bytes()),
        };
        let csr = CsrParts::new(ca::CA_KEY.public_key_der()).der();
        let request = ca::request(&csr, "RootCACertificate").validity(Validity::absolute(end)).build().unwrap();
        let options = IssuanceOptions::default();
        let now = Timestamp::from_unix(end - 1).unwrap();
        let preparation = Preparation {
            authority: &PENDING_ROOT, now, serial: ca::serial(), partition: None, verifier: &AnySignature, options: &options,
        };
        prop_assert!(holds(preparation.prepare(&request).unwrap().tbs_der(), &expected));
    }
}

/// Every first and last day of a month of the years 1 to 9999, both ways.
#[test]
fn every_month_of_the_calendar() {
    for year in 1..=9999i64 {
        for month in 1..=12 {
            let last = days_in(year, month);
            for (day, second) in [(1, 0), (last, 86_399)] {
                let expected = unix(year, month, day, second);
                let clock = if second == 0 { (0, 0, 0) } else { (23, 59, 59) };
                let [month8, day8] = [month as u8, day as u8];
                let time = Timestamp::from_utc(year as u16, month8, day8, clock.0, clock.1, clock.2).unwrap();
                assert_eq!(time.unix(), expected, "{year}-{month}-{day}");
                assert_eq!(civil(expected), (year, month, day, second));
            }
            assert_eq!(Timestamp::from_utc(year as u16, month as u8, last as u8 + 1, 0, 0, 0), None);
        }
    }
}

/// R-VAL-6: extreme values at extreme times are answered, whatever the answer.
#[test]
fn no_value_overflows() {
    let values =
        [1, 2, 12, i64::from(u32::MAX), i64::MAX / 86_400, i64::MAX / 12, i64::MAX / 12 + 1, i64::MAX - 1, i64::MAX];
    for now in [Timestamp::MIN, Timestamp::from_unix(0).unwrap(), ca::now(), Timestamp::MAX] {
        for value in values {
            for period in ValidityPeriodType::ALL {
                let validity = Validity::new(value, *period).build().unwrap();
                let _ = engine(validity, None, now.unix());
                let _ = engine(validity, Some(Validity::absolute(value).build().unwrap()), now.unix());
            }
        }
    }
    // The wire cannot give less than 1 (R-REQ-2).
    for value in [0, -1, i64::MIN] {
        assert!(Validity::new(value, ValidityPeriodType::Days).build().is_err());
    }
}
