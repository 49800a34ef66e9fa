//! The texts of identifiers, keys and periods in policies.

use std::fmt;
use std::str::FromStr;

use crate::x509::algorithm::KeyAlgorithm;
use crate::x509::oid::Oid;
use crate::x509::public_key::{PublicKey, modulus_bits};

/// Types of attributes that go by name.
pub(crate) const ATTRIBUTES: &[Oid] = &[
    Oid::COMMON_NAME,
    Oid::SURNAME,
    Oid::SERIAL_NUMBER,
    Oid::COUNTRY,
    Oid::LOCALITY,
    Oid::STATE,
    Oid::ORGANIZATION,
    Oid::ORGANIZATIONAL_UNIT,
    Oid::TITLE,
    Oid::GIVEN_NAME,
    Oid::INITIALS,
    Oid::GENERATION_QUALIFIER,
    Oid::DN_QUALIFIER,
    Oid::PSEUDONYM,
    Oid::DOMAIN_COMPONENT,
    Oid::EMAIL_ADDRESS,
];

/// Extensions and purposes that go by name.
const OTHERS: &[Oid] = &[
    Oid::SUBJECT_DIRECTORY_ATTRIBUTES,
    Oid::SUBJECT_KEY_IDENTIFIER,
    Oid::KEY_USAGE,
    Oid::PRIVATE_KEY_USAGE_PERIOD,
    Oid::SUBJECT_ALT_NAME,
    Oid::ISSUER_ALT_NAME,
    Oid::BASIC_CONSTRAINTS,
    Oid::NAME_CONSTRAINTS,
    Oid::CRL_DISTRIBUTION_POINTS,
    Oid::CERTIFICATE_POLICIES,
    Oid::POLICY_MAPPINGS,
    Oid::AUTHORITY_KEY_IDENTIFIER,
    Oid::POLICY_CONSTRAINTS,
    Oid::EXTENDED_KEY_USAGE,
    Oid::FRESHEST_CRL,
    Oid::INHIBIT_ANY_POLICY,
    Oid::AUTHORITY_INFO_ACCESS,
    Oid::SUBJECT_INFO_ACCESS,
    Oid::TLS_FEATURE,
    Oid::NETSCAPE_CERTIFICATE_TYPE,
    Oid::MS_CERTIFICATE_TEMPLATE_NAME,
    Oid::MS_CERTIFICATE_TEMPLATE,
    Oid::MS_APPLICATION_POLICIES,
    Oid::MS_ACCOUNT_SID,
    Oid::SERVER_AUTH,
    Oid::CLIENT_AUTH,
    Oid::CODE_SIGNING,
    Oid::EMAIL_PROTECTION,
    Oid::TIME_STAMPING,
    Oid::OCSP_SIGNING,
    Oid::SMART_CARD_LOGIN,
    Oid::DOCUMENT_SIGNING,
    Oid::CERTIFICATE_TRANSPARENCY,
];

/// An identifier as files have it: the name that the standards give it, else dotted decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identifier(pub(crate) Oid);

impl FromStr for Identifier {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ATTRIBUTES.iter().chain(OTHERS).find(|oid| oid.name() == Some(text));
        match known {
            Some(oid) => Ok(Identifier(*oid)),
            None => text.parse().map(Identifier).map_err(|_| {
                format!(
                    "'{}' is neither an object identifier in dotted decimal nor a name such as CN, serverAuth or \
                     keyUsage",
                    text.escape_debug()
                )
            }),
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) if ATTRIBUTES.contains(&self.0) || OTHERS.contains(&self.0) => f.write_str(name),
            _ => self.0.fmt(f),
        }
    }
}

/// Keys of a kind: `RSA_3072`, `RSA_3072-8192`, `EC_prime256v1` and the other names of the API, `ED25519`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KeyPattern {
    /// The shortest and the longest modulus, in bits.
    Rsa(usize, usize),
    Named(KeyAlgorithm),
    Ed25519,
}

impl KeyPattern {
    pub(crate) fn covers(self, key: &PublicKey<'_>) -> bool {
        match (self, key) {
            (KeyPattern::Rsa(least, most), PublicKey::Rsa { modulus, .. }) => {
                (least..=most).contains(&modulus_bits(modulus))
            }
            (KeyPattern::Named(own), PublicKey::Ec(other) | PublicKey::MlDsa(other)) => own == *other,
            (KeyPattern::Ed25519, PublicKey::Ed25519) => true,
            _ => false,
        }
    }
}

impl FromStr for KeyPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "ED25519" {
            return Ok(KeyPattern::Ed25519);
        }
        if let Some(bits) = text.strip_prefix("RSA_") {
            let (least, most) = bits.split_once('-').unwrap_or((bits, bits));
            let number = |digits: &str| digits.parse::<usize>().ok().filter(|number| number.to_string() == digits);
            return match (number(least), number(most)) {
                (Some(least), Some(most)) if least <= most => Ok(KeyPattern::Rsa(least, most)),
                _ => Err(format!(
                    "'{}' is not RSA_ and a size or a range in bits, such as RSA_3072-8192",
                    text.escape_debug()
                )),
            };
        }
        match text.parse::<KeyAlgorithm>() {
            Ok(algorithm) => Ok(KeyPattern::Named(algorithm)),
            Err(_) => Err(format!(
                "'{}' is not a kind of key; kinds are RSA_3072-8192 with any sizes, ED25519, {}",
                text.escape_debug(),
                KeyAlgorithm::NAMES
                    .iter()
                    .filter(|name| !name.starts_with("RSA"))
                    .copied()
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        }
    }
}

impl fmt::Display for KeyPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyPattern::Rsa(least, most) if least == most => write!(f, "RSA_{least}"),
            KeyPattern::Rsa(least, most) => write!(f, "RSA_{least}-{most}"),
            KeyPattern::Named(algorithm) => algorithm.fmt(f),
            KeyPattern::Ed25519 => f.write_str("ED25519"),
        }
    }
}

const UNITS: [(u64, char); 4] = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];

/// A period in seconds, as people read it: `90d 1h`.
pub(crate) struct Period(pub(crate) u64);

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut rest, mut separator) = (self.0, "");
        for (seconds, unit) in UNITS {
            if rest >= seconds {
                write!(f, "{separator}{}{unit}", rest / seconds)?;
                (rest, separator) = (rest % seconds, " ");
            }
        }
        if self.0 == 0 { f.write_str("0s") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_they_are_written() {
        for text in ["CN", "serverAuth", "keyUsage", "1.2.3"] {
            assert_eq!(text.parse::<Identifier>().unwrap().to_string(), text);
        }
        for oid in ATTRIBUTES.iter().chain(OTHERS) {
            assert_eq!(Identifier(*oid).to_string().parse(), Ok(Identifier(*oid)));
        }
        assert!("cn".parse::<Identifier>().is_err());
        for text in ["RSA_2048", "RSA_3072-8192", "EC_prime256v1", "SM2", "ML_DSA_65", "ED25519"] {
            assert_eq!(text.parse::<KeyPattern>().unwrap().to_string(), text);
        }
        for text in ["RSA", "RSA_", "RSA_4096-2048", "RSA_02048", "EC", "ed25519"] {
            assert!(text.parse::<KeyPattern>().is_err(), "{text}");
        }
        assert_eq!(Period(90 * 86_400 + 3_661).to_string(), "90d 1h 1m 1s");
    }
}
