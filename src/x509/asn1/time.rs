//! The two types of time in certificates.

use super::reader::Tlv;
use super::tag;
use super::writer::Writer;
use crate::x509::timestamp::Timestamp;

impl Writer {
    /// UTCTime through 2049, GeneralizedTime from 2050 and before 1950 (R-VAL-6; RFC 5280 section 4.1.2.5).
    pub(crate) fn time(&mut self, timestamp: Timestamp) {
        let t = timestamp.date_time();
        let year = t.year().unsigned_abs();
        let two = |number: u8| [b'0' + number / 10, b'0' + number % 10];
        let (century, year_in_century) = (two((year / 100) as u8), two((year % 100) as u8));
        let utc = (1950..=2049).contains(&year);
        let mut digits = [b'Z'; 15];
        let numbers = [u8::from(t.month()), t.day(), t.hour(), t.minute(), t.second()].map(two);
        for (place, pair) in digits.chunks_exact_mut(2).zip([century, year_in_century].iter().chain(&numbers)) {
            place.copy_from_slice(pair);
        }
        match utc {
            true => self.primitive(tag::UTC_TIME, &digits[2..]),
            false => self.primitive(tag::GENERALIZED_TIME, &digits),
        }
    }
}

impl Tlv<'_> {
    /// A UTCTime or GeneralizedTime in the form of RFC 5280 section 4.1.2.5, with its type right for its year.
    pub(crate) fn timestamp(&self) -> Option<Timestamp> {
        let timestamp = self.timestamp_of_either_type()?;
        let generalized = !(1950..=2049).contains(&timestamp.date_time().year());
        (generalized == (self.tag == tag::GENERALIZED_TIME)).then_some(timestamp)
    }

    /// The same with either type for any year, as applications must process it (RFC 5280 section 4.1.2.5).
    pub(crate) fn timestamp_of_either_type(&self) -> Option<Timestamp> {
        let digits = self.content.strip_suffix(b"Z")?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let two = |index: usize| digits.get(index..index + 2).map(|pair| (pair[0] - b'0') * 10 + pair[1] - b'0');
        let (year, rest) = match (self.tag, digits.len()) {
            (tag::UTC_TIME, 12) => {
                let year = u16::from(two(0)?);
                (if year >= 50 { 1900 + year } else { 2000 + year }, 2)
            }
            (tag::GENERALIZED_TIME, 14) => (u16::from(two(0)?) * 100 + u16::from(two(2)?), 4),
            _ => return None,
        };
        Timestamp::from_utc(year, two(rest)?, two(rest + 2)?, two(rest + 4)?, two(rest + 6)?, two(rest + 8)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::asn1::reader::Reader;

    #[test]
    fn times() {
        // R-VAL-6.
        let der = |timestamp| {
            let mut w = Writer::with_capacity(20);
            w.time(timestamp);
            w.into_vec()
        };
        let at = |year| Timestamp::from_utc(year, 12, 31, 23, 59, 59).unwrap();
        assert_eq!(der(at(2049)), b"\x17\x0d491231235959Z");
        assert_eq!(der(at(1950)), b"\x17\x0d501231235959Z");
        assert_eq!(der(at(2050)), b"\x18\x0f20501231235959Z");
        assert_eq!(der(at(1949)), b"\x18\x0f19491231235959Z");
        assert_eq!(der(Timestamp::MAX), b"\x18\x0f99991231235959Z");
        for timestamp in [Timestamp::MIN, at(1949), at(1950), at(2049), at(2050), Timestamp::MAX] {
            assert_eq!(Reader::new(&der(timestamp)).any().unwrap().timestamp(), Some(timestamp));
        }
    }

    #[test]
    fn generalized_time_is_read_for_any_year_where_others_wrote_it() {
        let der = b"\x18\x0f20491231235959Z";
        let time = Reader::new(der).any().unwrap();
        assert_eq!(time.timestamp(), None);
        assert_eq!(time.timestamp_of_either_type(), Timestamp::from_utc(2049, 12, 31, 23, 59, 59));
        let der = b"\x18\x1120491231235959.0Z";
        assert_eq!(Reader::new(der).any().unwrap().timestamp_of_either_type(), None);
    }

    #[test]
    fn times_in_another_form_are_not_read() {
        for der in [
            &b"\x17\x0b4912312359Z"[..],
            b"\x17\x0d4912312359590",
            b"\x17\x0d491331235959Z",
            b"\x18\x0f20491231235959Z",
            b"\x18\x1120501231235959.0Z",
            b"\x04\x0d491231235959Z",
        ] {
            assert_eq!(Reader::new(der).any().unwrap().timestamp(), None, "{der:02x?}");
        }
    }
}
