//! Certificate revocation lists (R-REV-1 to R-REV-3; RFC 5280 section 5): written in one pass, judged, signed, and read.
//!
//! A list is made as a certificate is: [`CrlPreparation`] has all that it follows from, [`PreparedCrl`] is what is to be signed,
//! [`SignedCrl`] is the list. Who was revoked comes as an iterator in the order of the serial numbers, from a ledger, a file
//! or anything else; the entries of the last list are merged in on the way.
//!
//! ```
//! # #[cfg(feature = "rustcrypto")] {
//! use issuance::crl::{Crl, CrlNumber, CrlPreparation, RevokedEntry};
//! use issuance::x509::RevocationReason;
//! use issuance::{
//!     CertificateAuthority, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, SerialNumber, Subject, Timestamp, Validity,
//! };
//! # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
//! # let name = Subject::builder().common_name("Example Root").build()?;
//! # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
//! let now = Timestamp::from(std::time::SystemTime::now());
//! let not_after = now.checked_add_seconds(86_400).ok_or("after the year 9999")?;
//! let revoked = RevokedEntry::new(SerialNumber::from_hex("0a0b")?, now, RevocationReason::KeyCompromise, not_after);
//!
//! let first = CrlPreparation::new(&root, now).prepare([revoked], &RustCryptoVerifier)?;
//! let first = first.sign(&key, &RustCryptoVerifier)?;
//!
//! // The next list knows the last one: its number rises, and no entry gets lost.
//! let last = Crl::from_der(first.der())?;
//! let next = CrlPreparation::new(&root, now).last(&last).prepare([], &RustCryptoVerifier)?;
//! let next = next.sign(&key, &RustCryptoVerifier)?;
//! let list = Crl::from_der(next.der())?;
//! list.verify(root.public_key_der(), &RustCryptoVerifier)?;
//! assert_eq!(list.number(), Some(CrlNumber::from(2)));
//! assert_eq!(list.find(SerialNumber::from_hex("0a0b")?).map(|entry| entry.revoked_at()), Some(now));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod from_ledger;
pub(crate) mod judge;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod number;
pub(crate) mod packed;
pub(crate) mod preparation;
pub(crate) mod prepared;
#[cfg(feature = "serde")]
pub(crate) mod prepared_file;
pub(crate) mod reading;
pub(crate) mod scope;
pub(crate) mod tbs;

pub use self::entry::{CrlEntry, RevokedEntry};
pub use self::error::{CrlDifference, CrlError, CrlReadError};
pub use self::list::{Crl, CrlEntries};
pub use self::merge::{CrlBuilder, CrlCounts};
pub use self::number::{CrlNumber, CrlNumberError};
pub use self::preparation::CrlPreparation;
pub use self::prepared::{PreparedCrl, SignedCrl};
#[cfg(feature = "serde")]
pub use self::prepared_file::{PreparedCrlFile, PreparedCrlFileError};
pub use self::scope::CrlScope;
