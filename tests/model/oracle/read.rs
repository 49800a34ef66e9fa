//! DER read without trust: what is not exactly of the form that is asked for is `None`.

use issuance_test_support::asn1::OID;

/// A value of any type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// With tag and length.
    pub(crate) whole: &'a [u8],
}

impl<'a> Value<'a> {
    /// The values inside, if the tag is this one.
    pub(crate) fn inside(self, tag: u8) -> Option<Vec<Value<'a>>> {
        if self.tag == tag { all(self.content) } else { None }
    }

    /// The one value inside, if the tag is this one.
    pub(crate) fn around(self, tag: u8) -> Option<Value<'a>> {
        if self.tag == tag { one(self.content) } else { None }
    }

    /// An object identifier in digits.
    pub(crate) fn oid(self) -> Option<String> {
        if self.tag == OID { oid_text(self.content) } else { None }
    }
}

/// The first value, and what follows it.
fn first(der: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (tag, length) = (*der.first()?, *der.get(1)?);
    let (header, length) = match length {
        0..=0x7f => (2, usize::from(length)),
        // As few octets as the length needs.
        _ => {
            let octets = der.get(2..2 + usize::from(length & 0x7f))?;
            let length =
                octets.iter().try_fold(0usize, |sum, octet| Some(sum.checked_mul(256)? + usize::from(*octet)))?;
            if length < 0x80 || octets[0] == 0 {
                return None;
            }
            (2 + octets.len(), length)
        }
    };
    let end = header.checked_add(length)?;
    if tag & 0x1f == 0x1f || end > der.len() {
        return None;
    }
    Some((Value { tag, content: &der[header..end], whole: &der[..end] }, &der[end..]))
}

/// The one value that these octets are.
pub(crate) fn one(der: &[u8]) -> Option<Value<'_>> {
    first(der).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

/// The values that these octets are.
pub(crate) fn all(mut der: &[u8]) -> Option<Vec<Value<'_>>> {
    let mut values = Vec::new();
    while !der.is_empty() {
        let (value, rest) = first(der)?;
        values.push(value);
        der = rest;
    }
    Some(values)
}

/// The numbers that the content of an object identifier holds; the first stands for two arcs.
fn numbers(content: &[u8]) -> Option<Vec<u128>> {
    let (mut out, mut number, mut open) = (Vec::new(), 0u128, false);
    for octet in content {
        if !open && *octet == 0x80 {
            return None;
        }
        number = number.checked_mul(128)? + u128::from(octet & 0x7f);
        open = octet & 0x80 != 0;
        if !open {
            out.push(number);
            number = 0;
        }
    }
    if open || out.is_empty() { None } else { Some(out) }
}

fn text(numbers: &[u128]) -> String {
    let (root, second) = match numbers[0] {
        0..=39 => (0, numbers[0]),
        40..=79 => (1, numbers[0] - 40),
        number => (2, number - 80),
    };
    let rest = numbers[1..].iter().map(|number| format!(".{number}"));
    format!("{root}.{second}{}", rest.collect::<String>())
}

pub(crate) fn oid_text(content: &[u8]) -> Option<String> {
    numbers(content).map(|numbers| text(&numbers))
}

/// How an identifier reads where numbers have 32 bits.
pub(crate) fn wrapped(content: &[u8]) -> Option<String> {
    let numbers = numbers(content)?;
    Some(text(&numbers.into_iter().map(|number| number & 0xffff_ffff).collect::<Vec<_>>()))
}

/// Whether a number of an identifier has more than 32 bits.
pub(crate) fn is_wide(content: &[u8]) -> bool {
    numbers(content).is_none_or(|numbers| numbers.iter().any(|number| *number > 0xffff_ffff))
}
