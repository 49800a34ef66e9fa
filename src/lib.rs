//! A certificate issuance engine: what AWS Private CA's `IssueCertificate` does, as a library.
//!
//! A typed [`IssueCertificateRequest`] goes through proof of possession, template selection, validity resolution and the
//! order-of-operations merge, and becomes a DER TBSCertificate that a pluggable [`Signer`] signs. The crate does no I/O and
//! keeps no clock; what it needs of the world are the traits [`Signer`], [`SignatureVerifier`], [`Clock`],
//! [`SerialSource`](issue::SerialSource) and [`Ledger`](ledger::Ledger).
//!
//! # The way through
//!
//! 1. A [`CertificateAuthority`] is built around a public key and waits for its certificate. Its
//!    [own CSR](CertificateAuthority::certificate_signing_request) goes to the authority above it, or, with a root template,
//!    to itself; the certificate comes back by [import](CertificateAuthority::import_certificate).
//! 2. An [`Issuer`] joins the authority with its signer. [`Issuer::issue`] answers requests; [`Issuer::prepare`] stops before
//!    the signature, for dry runs and for keys that are elsewhere.
//! 3. The [`IssuedCertificate`] has the certificate, its chain, its ARN, and the [`CertificatePlan`]: where each field and
//!    extension came from, and which inputs did not reach the certificate, and why.
//!
//! ```
//! use issuance::{CertificateAuthority, Issuer, KeyAlgorithm, RustCryptoSigner, Subject, Validity};
//!
//! # #[cfg(feature = "rustcrypto")]
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let csr = include_bytes!("../examples/data/www.example.com.csr");
//! let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
//! let name = Subject::builder().common_name("Example Root").build()?;
//! let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
//! let issuer = Issuer::new(root, key)?;
//!
//! let request = issuer.request(csr).template("EndEntityServerAuthCertificate").validity(Validity::days(90)).build()?;
//! let certificate = issuer.issue(&request)?;
//! println!("{}{}", certificate.plan(), certificate.pem());
//! # Ok(())
//! # }
//! # #[cfg(feature = "rustcrypto")]
//! # run().unwrap();
//! ```
//!
//! # Rules
//!
//! Documentation cites rules by number, such as `R-VAL-3`: `R-REQ` (request), `R-ARN`, `R-CSR`, `R-VAL`
//! (validity), `R-CA` (state and hierarchy), `R-MRG` (merge), `R-ENC` (encoding), `R-IDM` (idempotency), `R-LED` (the ledger),
//! `R-ERR` (errors), `R-POL` (templates as data, and policy). [`docs/rules.md`](https://docs.rs/crate/issuance/latest/source/docs/rules.md) has each
//! rule with its source: documented behaviour of the service, a standard, certificates that the service
//! issued, or a decision of this crate.
//!
//! # Features
//!
//! - `rustcrypto` (default): `RustCryptoSigner` and `RustCryptoVerifier`, in pure Rust, with ECDSA and RSA. It is `p256`, `p384`,
//!   `p521` and `rsa`, each of which can be had alone.
//! - `ed25519`, `sm2`, `ml-dsa`: more families of keys for them. What is left out is an error that names the feature.
//! - `aws-lc-rs`: `AwsLcSigner` and `AwsLcVerifier`, several times as fast; needs a C compiler. With `rustcrypto` it adds and
//!   changes nothing: who wants both says so, with a [`FallbackVerifier`](crypto::FallbackVerifier) for example.
//! - `encrypted-keys`: private keys under a passphrase, for the signers of `rustcrypto` and `aws-lc-rs`.
//! - `serde` (default): the wire form of requests, AWS JSON with PascalCase names and base64 blobs, and the plan as JSON;
//!   object identifiers, serial numbers, times and algorithms as text.
//! - `toml`: templates and policies as TOML files; as JSON they come with `serde`.
//! - `profiles`: templates with policies for SPIFFE, Kubernetes pods, Matter, mobile driving licences, TLS servers and clients,
//!   code signing and IEEE 802.1AR.
//! - `pkcs11`: `Pkcs11Signer`, a signer whose key is on a PKCS#11 token.
//! - `api`: the module `api`, the messages of all operations of the API in JSON and CBOR, for services that speak it.
//! - `rayon`: `Issuer::issue_batch`, many certificates on all cores.
//! - `redb`: `RedbLedger`, a [ledger] in one file, in pure Rust.
//! - `tracing`: one span for each issuance, with its authority, serial number, template, outcome and durations.
//! - `stored`: intents of the [ledger] as bytes, for ledgers outside the process.
//! - `postgres`: `PostgresLedger`, a ledger that issuers on many machines share; needs tokio, and a C compiler for its TLS.
//! - `testing`: the module `testing`, the contract of signers as a kit that tests your signer.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

// In reading order: a module knows those above it, and `error`, which gathers them all. A test holds it.
pub mod x509;

pub mod request;

pub mod policy;
pub mod template;

pub mod crypto;
pub mod csr;

pub mod authority;
pub mod plan;

mod issued;

pub mod ledger;

pub mod issue;

pub mod crl;
pub mod ocsp;

pub mod analysis;

#[cfg(feature = "serde")]
mod wire;

#[cfg(feature = "api")]
pub mod api;

mod error;
#[cfg(feature = "testing")]
pub mod testing;

pub use authority::ca::CertificateAuthority;
pub use crypto::async_signer::AsyncSigner;
#[cfg(feature = "aws-lc-rs")]
pub use crypto::aws_lc::signer::AwsLcSigner;
#[cfg(feature = "aws-lc-rs")]
pub use crypto::aws_lc::verifier::AwsLcVerifier;
#[cfg(feature = "pkcs11")]
pub use crypto::pkcs11::Pkcs11Signer;
#[cfg(feature = "_rustcrypto")]
pub use crypto::rustcrypto::signer::RustCryptoSigner;
#[cfg(feature = "_rustcrypto")]
pub use crypto::rustcrypto::verifier::RustCryptoVerifier;
pub use crypto::signer::Signer;
pub use crypto::verifier::SignatureVerifier;
pub use csr::certification_request::Csr;
pub use error::{AwsException, Error};
pub use issue::async_issuer::AsyncIssuer;
pub use issue::clock::Clock;
pub use issue::issuer::Issuer;
pub use issue::offline_issuer::OfflineIssuer;
pub use issue::prepare::IssuanceOptions;
pub use issued::IssuedCertificate;
pub use plan::certificate_plan::CertificatePlan;
pub use request::arn::{CertificateArn, CertificateAuthorityArn, TemplateArn};
pub use request::extended_key_usage::ExtendedKeyUsage;
pub use request::general_name::GeneralName;
pub use request::issue_certificate::IssueCertificateRequest;
pub use request::key_usage::KeyUsage;
pub use request::passthrough::ApiPassthrough;
pub use request::subject::Subject;
pub use request::validity::Validity;
pub use template::definition::Template;
pub use x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
pub use x509::oid::Oid;
pub use x509::serial::SerialNumber;
pub use x509::timestamp::Timestamp;

/// The example of the README compiles.
#[cfg(all(doctest, feature = "rustcrypto"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples of the guide compile, and run if they need no device.
#[cfg(all(doctest, feature = "rustcrypto", feature = "serde", feature = "pkcs11", feature = "encrypted-keys"))]
#[doc = include_str!("../docs/guide.md")]
struct Guide;
