//! Values of X.509 and their DER. Nothing here knows of authorities, templates or the API.

pub(crate) mod algorithm;
pub(crate) mod asn1;
pub(crate) mod base64;
pub(crate) mod describe;
pub(crate) mod extension;
pub(crate) mod hex;
pub(crate) mod name;
pub(crate) mod name_constraints;
pub(crate) mod oid;
pub(crate) mod pem;
pub(crate) mod public_key;
pub(crate) mod revocation_reason;
pub(crate) mod serial;
pub(crate) mod signed;
pub(crate) mod tbs_view;
pub(crate) mod timestamp;

pub use self::algorithm::UnknownName;
pub use self::algorithm::identifier::SignatureAlgorithm;
pub use self::algorithm::rsa_pss::{RsaPssHash, RsaPssOtherSalt};
pub use self::asn1::reader::{Asn1Error, Asn1ErrorKind};
pub use self::name::alternative::{AlternativeName, AlternativeNames};
pub use self::name::distinguished::{AttributeTypeAndValue, DistinguishedName};
pub use self::oid::OidError;
pub use self::pem::PemError;
pub use self::pem::found::PemContent;
pub use self::public_key::info::SubjectPublicKeyInfo;
pub use self::public_key::weak_rsa::RsaWeakness;
pub use self::public_key::{KeyPolicy, PublicKeyError};
pub use self::revocation_reason::RevocationReason;
pub use self::serial::SerialNumberError;
pub use self::tbs_view::Field;
pub use self::timestamp::TimestampError;
