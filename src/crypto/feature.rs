//! Which feature of the crate an algorithm needs in pure Rust, and what a message says of those that are off.

use std::fmt;

use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};

/// A feature, and whether it is on.
type Feature = (&'static str, bool);

const P256: Feature = ("p256", cfg!(feature = "p256"));
const P384: Feature = ("p384", cfg!(feature = "p384"));
const P521: Feature = ("p521", cfg!(feature = "p521"));
const RSA: Feature = ("rsa", cfg!(feature = "rsa"));
const ED25519: Feature = ("ed25519", cfg!(feature = "ed25519"));
const SM2: Feature = ("sm2", cfg!(feature = "sm2"));
const ML_DSA: Feature = ("ml-dsa", cfg!(feature = "ml-dsa"));

/// The feature that keys of an algorithm need.
#[cfg_attr(not(feature = "_rustcrypto"), allow(dead_code))]
pub(crate) const fn of_key(key: KeyAlgorithm) -> Feature {
    match key {
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => RSA,
        KeyAlgorithm::EcPrime256v1 => P256,
        KeyAlgorithm::EcSecp384r1 => P384,
        KeyAlgorithm::EcSecp521r1 => P521,
        KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65 | KeyAlgorithm::MlDsa87 => ML_DSA,
        KeyAlgorithm::Sm2 => SM2,
    }
}

/// The features that signatures of an algorithm need: one, or for ECDSA one for each curve.
pub(crate) const fn of_signature(algorithm: SignatureAlgorithm) -> &'static [Feature] {
    use SigningAlgorithm as S;
    match algorithm {
        SignatureAlgorithm::Sha1WithEcdsa
        | SignatureAlgorithm::Api(S::Sha256WithEcdsa | S::Sha384WithEcdsa | S::Sha512WithEcdsa) => &[P256, P384, P521],
        SignatureAlgorithm::Sha1WithRsa
        | SignatureAlgorithm::RsaPssOtherSalt(_)
        | SignatureAlgorithm::Api(
            S::Sha256WithRsa
            | S::Sha384WithRsa
            | S::Sha512WithRsa
            | S::Sha256WithRsaPss
            | S::Sha384WithRsaPss
            | S::Sha512WithRsaPss,
        ) => &[RSA],
        SignatureAlgorithm::Api(S::Sm3WithSm2) => &[SM2],
        SignatureAlgorithm::Api(S::MlDsa44 | S::MlDsa65 | S::MlDsa87) => &[ML_DSA],
        SignatureAlgorithm::Ed25519 => &[ED25519],
    }
}

/// The end of a message that a verifier does not support an algorithm: what this build lacks for it, or nothing.
pub(crate) struct Missing(pub(crate) SignatureAlgorithm);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        missing(f, of_signature(self.0))
    }
}

/// The same where a message ends in what would be right.
pub(crate) struct Advice(pub(crate) SignatureAlgorithm);

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match of_signature(self.0).iter().all(|(_, on)| *on) {
            true => f.write_str("; RustCryptoVerifier supports it"),
            false => missing(f, of_signature(self.0)),
        }
    }
}

fn missing(f: &mut fmt::Formatter<'_>, features: &[Feature]) -> fmt::Result {
    let off: Vec<&str> = features.iter().filter(|(_, on)| !on).map(|(name, _)| *name).collect();
    match off[..] {
        [] => Ok(()),
        [one] => write!(f, "; RustCryptoVerifier needs the feature `{one}` for it"),
        [one, other] => write!(f, "; RustCryptoVerifier needs the features `{one}` and `{other}` for all of its keys"),
        _ => write!(f, "; RustCryptoVerifier needs a feature for each curve: `{}`", off.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Text<'a>(&'a [Feature]);

    impl fmt::Display for Text<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            missing(f, self.0)
        }
    }

    #[test]
    fn messages_name_the_features_that_are_off() {
        let text = |features: &[Feature]| Text(features).to_string();
        assert_eq!(text(&[("p256", true)]), "");
        assert_eq!(text(&[("sm2", false)]), "; RustCryptoVerifier needs the feature `sm2` for it");
        assert_eq!(
            text(&[("p256", true), ("p384", false), ("p521", false)]),
            "; RustCryptoVerifier needs the features `p384` and `p521` for all of its keys"
        );
        assert_eq!(
            text(&[("p256", false), ("p384", false), ("p521", false)]),
            "; RustCryptoVerifier needs a feature for each curve: `p256`, `p384`, `p521`"
        );
    }

    #[test]
    fn a_key_has_the_feature_of_its_signatures() {
        for key in KeyAlgorithm::ALL {
            for &algorithm in key.signing_algorithms() {
                assert!(of_signature(algorithm.into()).contains(&of_key(*key)), "{key} {algorithm}");
            }
        }
    }
}
