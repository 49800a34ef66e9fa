//! Extensions of any make: well formed, damaged, and under identifiers that resemble others.

use arbitrary::Arbitrary;

use crate::der::element;

/// Identifiers of extensions, each with values that are well formed, if the rules know the type.
///
/// Some become others where arcs have 32 bits: 4294967296 is 2^32.
const EXTENSIONS: &[(&str, &[&[u8]])] = &[
    ("2.5.29.14", &[b"\x04\x02id"]),
    ("2.5.29.15", &[b"\x03\x02\x05\xa0", b"\x03\x02\x02\x04", b"\x03\x03\x07\x80\x80", b"\x03\x03\x07\x80\x00"]),
    ("2.5.29.17", &[SAN, b"\x30\x06\x87\x04\x0a\x00\x00\x01", MAPPED_SAN, OTHER_NAME_SAN, JUNK_OTHER_NAME, JUNK_X400]),
    ("2.5.29.18", &[SAN]),
    ("2.5.29.19", &[b"\x30\x00", b"\x30\x03\x01\x01\xff", b"\x30\x06\x01\x01\xff\x02\x01\x00"]),
    ("2.5.29.30", &[NAME_CONSTRAINTS, b"\x30\x00"]),
    ("2.5.29.31", &[DISTRIBUTION_POINTS, b"\x30\x0a\x30\x08\xa2\x06\x82\x04a.bc"]),
    ("2.5.29.32", &[POLICIES, EMPTY_NUMBER, b"\x30\x06\x30\x04\x06\x02\x2a\x03"]),
    ("2.5.29.33", &[b"\x30\x0a\x30\x08\x06\x02\x2a\x03\x06\x02\x2a\x04"]),
    ("2.5.29.35", &[b"\x30\x04\x80\x02id", b"\x30\x0a\xa1\x05\x82\x03a.b\x82\x01\x01", b"\x30\x00"]),
    ("2.5.29.36", &[b"\x30\x03\x80\x01\x00", b"\x30\x06\x80\x01\x00\x81\x01\x01", b"\x30\x00"]),
    ("2.5.29.37", &[b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01", b"\x30\x00"]),
    ("2.5.29.46", &[DISTRIBUTION_POINTS]),
    ("2.5.29.54", &[b"\x02\x01\x00", b"\x02\x01\xff"]),
    ("2.5.29.9", &[b"\x30\x10\x30\x0e\x06\x03\x55\x04\x06\x31\x07\x13\x02US\x13\x01D"]),
    ("2.5.29.16", &[b"\x30\x11\x80\x0f20260101000000Z", b"\x30\x11\x81\x0f20260231000000Z"]),
    ("1.3.6.1.5.5.7.1.1", &[ACCESS]),
    ("1.3.6.1.5.5.7.1.11", &[ACCESS]),
    ("1.3.6.1.5.5.7.1.24", &[b"\x30\x03\x02\x01\x05", b"\x30\x05\x02\x03\x01\x00\x00"]),
    ("2.5.29.1", &[b"\x30\x04\x80\x02id"]),
    ("2.5.29.2", &[b"\x30\x00"]),
    ("2.5.29.3", &[POLICIES, EMPTY_NUMBER]),
    ("2.5.29.4", &[b"\x30\x04\x03\x02\x05\xa0", b"\x30\x0a\x30\x06\x30\x04\x06\x02\x2a\x03\x03\x00"]),
    ("2.5.29.7", &[SAN, b"\x30\x06\x87\x04\x0a\x00\x00\x01", MAPPED_SAN]),
    ("2.5.29.10", &[b"\x30\x00", b"\x30\x05\x03\x03\x07\x80\x00"]),
    ("2.16.840.1.113730.1.1", &[b"\x03\x02\x06\xc0", b"\x03\x02\x02\x04", b"\x03\x02\x00\x07"]),
    ("1.3.6.1.4.1.311.21.10", &[b"\x30\x0e\x30\x0c\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x02"]),
    ("1.3.6.1.4.1.311.25.2", &[b"\x30\x00"]),
    ("1.3.6.1.4.1.311.20.2", &[b"\x1e\x02\x00A"]),
    ("1.3.6.1.4.1.311.21.7", &[b"\x30\x04\x06\x02\x2a\x03"]),
    ("1.3.6.1.4.1.32473.1", &[b"\x05\x00"]),
    ("1.2.3", &[b"\x0c\x01a"]),
    ("2.25.329800735698586629295641978511506172918", &[b"\x05\x00"]),
    ("2.5.29.4294967303", &[SAN, MAPPED_SAN]),
    ("2.5.29.4294967306", &[b"\x30\x00"]),
    ("2.5.29.4294967311", &[b"\x03\x02\x05\xa0", b"\x03\x03\x07\x80\x00"]),
    ("2.5.29.4294967313", &[SAN, MAPPED_SAN]),
    ("2.5.29.8589934609", &[SAN]),
    ("2.5.29.4294967315", &[b"\x30\x03\x01\x01\xff"]),
    ("2.5.29.4294967326", &[NAME_CONSTRAINTS]),
    ("2.5.29.4294967328", &[POLICIES]),
    ("2.5.29.4294967333", &[b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"]),
    ("2.4294967301.29.17", &[SAN]),
    ("1.3.6.1.4.1.4294967607.21.10", &[b"\x30\x06\x30\x04\x06\x02\x2a\x03"]),
];

const SAN: &[u8] = b"\x30\x0f\x82\x0da.example.com";
const MAPPED_SAN: &[u8] = b"\x30\x12\x87\x10\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x00\x00\x01";
const OTHER_NAME_SAN: &[u8] = b"\x30\x0b\xa0\x09\x06\x02\x2a\x03\xa0\x03\x0c\x01a";
const JUNK_OTHER_NAME: &[u8] = b"\x30\x0b\xa0\x09\x06\x02\x2a\x03\xa0\x03\x30\x01\x05";
const JUNK_X400: &[u8] = b"\x30\x04\xa3\x02\x05\x05";
const NAME_CONSTRAINTS: &[u8] = b"\x30\x09\xa0\x07\x30\x05\x82\x03a.b";
const DISTRIBUTION_POINTS: &[u8] = b"\x30\x12\x30\x10\xa0\x0e\xa0\x0c\x86\x0ahttp://a.b";
const ACCESS: &[u8] = b"\x30\x18\x30\x16\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01\x86\x0ahttp://a.b";
/// With a number in a user notice that has no content.
const EMPTY_NUMBER: &[u8] =
    b"\x30\x1f\x30\x1d\x06\x02\x2a\x03\x30\x17\x30\x15\x06\x08\x2b\x06\x01\x05\x05\x07\x02\x02\x30\x09\
    \x30\x07\x0c\x01o\x30\x02\x02\x00";
const POLICIES: &[u8] =
    b"\x30\x20\x30\x1e\x06\x02\x2a\x03\x30\x18\x30\x16\x06\x08\x2b\x06\x01\x05\x05\x07\x02\x02\x30\x0a\
    \x30\x08\x0c\x01o\x30\x03\x02\x01\x01";

/// The identifier at a place of the list.
pub fn identifier(index: u8) -> &'static str {
    EXTENSIONS[usize::from(index) % EXTENSIONS.len()].0
}

/// An extension.
#[derive(Debug, Arbitrary)]
pub struct ExtensionInput {
    oid: u8,
    critical: Critical,
    value: ValueInput,
}

/// How an extension of a certification request says whether it is critical.
#[derive(Debug, Arbitrary)]
enum Critical {
    Absent,
    AbsentToo,
    True,
    /// Which is the default, and not DER.
    FalseSpelledOut,
    /// Neither TRUE nor FALSE in DER.
    Other(u8),
}

/// The value of an extension.
#[derive(Debug, Arbitrary)]
enum ValueInput {
    /// One that is well formed for its type.
    Sound(u8),
    /// The same.
    SoundToo(u8),
    /// As it comes.
    Octets(Vec<u8>),
    /// Such a one with one octet changed, and octets after it.
    Damaged { which: u8, place: u8, change: u8, tail: Vec<u8> },
    /// dNSNames.
    DnsNames(Vec<String>),
    /// Tags and contents of general names.
    GeneralNames(Vec<(u8, Vec<u8>)>),
    /// A general name of spaces.
    Blank(u8, u8),
    /// A BIT STRING of so many unused bits.
    Bits(u8, u16),
}

impl ExtensionInput {
    /// Its type in text.
    pub fn identifier(&self) -> &'static str {
        identifier(self.oid)
    }

    /// Whether it is to be critical, for the API.
    pub fn is_critical(&self) -> bool {
        matches!(self.critical, Critical::True)
    }

    /// Its value.
    pub fn value(&self) -> Vec<u8> {
        let sound = |which: &u8| {
            let values = EXTENSIONS[usize::from(self.oid) % EXTENSIONS.len()].1;
            values[usize::from(*which) % values.len()].to_vec()
        };
        let name_tag = |tag: u8| [0xa0, 0x81, 0x82, 0xa3, 0xa4, 0xa5, 0x86, 0x87, 0x88, tag][usize::from(tag) % 10];
        match &self.value {
            ValueInput::Octets(octets) => octets.clone(),
            ValueInput::Sound(which) | ValueInput::SoundToo(which) => sound(which),
            ValueInput::Damaged { which, place, change, tail } => {
                let mut value = sound(which);
                let place = usize::from(*place) % value.len();
                value[place] ^= change;
                value.extend(tail);
                value
            }
            ValueInput::DnsNames(names) => {
                let names: Vec<Vec<u8>> = names.iter().map(|name| element(0x82, &[name.as_bytes()])).collect();
                element(0x30, &[&names.concat()])
            }
            ValueInput::GeneralNames(names) => {
                let names: Vec<Vec<u8>> = names.iter().map(|name| element(name_tag(name.0), &[&name.1])).collect();
                element(0x30, &[&names.concat()])
            }
            ValueInput::Blank(tag, count) => element(
                0x30,
                &[&element([0x81, 0x82, 0x86][usize::from(*tag) % 3], &[&vec![b' '; usize::from(*count) % 4]])],
            ),
            ValueInput::Bits(unused, bits) => element(3, &[&[*unused % 9], &bits.to_be_bytes()]),
        }
    }

    /// The extension as a certification request has it.
    pub fn der(&self) -> Vec<u8> {
        let oid: issuance::Oid = self.identifier().parse().expect("an identifier");
        let critical = match self.critical {
            Critical::Absent | Critical::AbsentToo => Vec::new(),
            Critical::True => vec![1, 1, 0xff],
            Critical::FalseSpelledOut => vec![1, 1, 0],
            Critical::Other(octet) => vec![1, 1, octet],
        };
        element(0x30, &[&element(6, &[oid.as_der_content()]), &critical, &element(4, &[&self.value()])])
    }
}
