//! Answers to OCSP requests (R-REV-4, R-REV-5; RFC 6960, nonces of RFC 9654).
//!
//! [`OcspRequest`] reads a request with bounded work, [`OcspResponder`] answers it with what you say of each serial number, signed by
//! the authority's key or by that of a delegated responder, whose certificate is checked first.
//!
//! ```
//! # #[cfg(feature = "rustcrypto")] {
//! use issuance::ocsp::{CertificateStatus, OcspErrorStatus, OcspHash, OcspRequest, OcspResponder};
//! # use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, SerialNumber, Subject, Timestamp, Validity};
//! # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
//! # let name = Subject::builder().common_name("Example Root").build()?;
//! # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
//! # let now = Timestamp::from(std::time::SystemTime::now());
//! let responder = OcspResponder::of_authority(&root)?;
//! let answer = |body: &[u8]| -> Result<Vec<u8>, Box<dyn std::error::Error>> {
//!     let Ok(request) = OcspRequest::from_der(body) else {
//!         return Ok(OcspErrorStatus::MalformedRequest.response_der());
//!     };
//!     // Your ledger is asked here.
//!     let prepared = responder.prepare(&request, now, |_serial| CertificateStatus::Good)?;
//!     Ok(prepared.sign(&key, &RustCryptoVerifier)?)
//! };
//! assert_eq!(answer(b"not a request")?, [0x30, 0x03, 0x0a, 0x01, 0x01]);
//!
//! // For a cache: the same answer for everyone (RFC 5019).
//! let serial = SerialNumber::from_hex("0a0b")?;
//! let ahead = responder.prepare_ahead(OcspHash::Sha1, serial, now, CertificateStatus::Unknown)?;
//! let published = ahead.sign(&key, &RustCryptoVerifier)?;
//! # let _ = published;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod error;
pub(crate) mod request;
pub(crate) mod responder;
pub(crate) mod response;

pub use self::error::{OcspError, OcspRequestError};
pub use self::request::{OcspHash, OcspRequest};
pub use self::responder::OcspResponder;
pub use self::response::{CertificateStatus, OcspErrorStatus, PreparedOcspResponse};
