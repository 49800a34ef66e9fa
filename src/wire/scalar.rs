//! Values that are one text wherever the crate prints them, for serde: the text that `Display` writes, and no other.

use std::fmt::Display;

use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::ser::{Serialize, Serializer};

use crate::authority::revocation::partition::CrlPartition;
use crate::request::violation::printed;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::oid::Oid;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// The value of a text, where it is the very text that the value is written as.
fn read<'de, T: Display, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    let value = parse(&text).filter(|value| value.to_string() == text);
    value.ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&printed(&text)), &expected))
}

/// Declares what is written and read as text: how errors describe it, and how it is parsed.
macro_rules! texts {
    ($($(#[$doc:meta])* $type:ty: $expected:expr, $parse:expr;)+) => {$(
        impl Serialize for $type {
            $(#[$doc])*
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            $(#[$doc])*
            ///
            /// Takes the text in this form only.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read(deserializer, $expected, $parse)
            }
        }
    )+};
}

texts! {
    /// Dotted decimal, without leading zeros: `"2.5.29.17"`.
    Oid: "an object identifier in dotted decimal, such as 2.5.29.17", |text| text.parse().ok();
    /// Lower-case hexadecimal, bytes of two digits separated by colons, without leading zeros: `"07:5b:cd"`, as in the plan.
    SerialNumber: "a serial number of lower-case hexadecimal bytes, such as 07:5b:cd",
        |text| SerialNumber::from_hex(text).ok();
    /// RFC 3339 in UTC, to the second: `"2026-11-21T09:30:00Z"`, as in the plan. In requests and responses of the API times are
    /// numbers.
    Timestamp: "a time in UTC, such as 2026-11-21T09:30:00Z", |text| text.parse().ok();
    /// The name: `"EoNIZbjA9td"`.
    CrlPartition: "the name of a CRL partition, 11 letters and digits", |text| text.parse().ok();
    /// The name of the API: `"EC_prime256v1"`.
    KeyAlgorithm: "the name of a key algorithm, such as EC_prime256v1", |text| text.parse().ok();
    /// The name of the API: `"SHA256WITHECDSA"`.
    SigningAlgorithm: "the name of a signing algorithm, such as SHA256WITHECDSA", |text| text.parse().ok();
}
