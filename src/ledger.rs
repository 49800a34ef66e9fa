//! The ledger: what was asked for, signed and revoked (R-LED), and one certificate per idempotency token (R-IDM).
//!
//! Before a signer is asked, the issuer records an [`Intent`]: the bytes to be signed, and all that the certificate needs beside
//! its signature. After the signature it commits the certificate, and only then does a caller get it. So whatever dies
//! in between, the recorded bytes are there, and what is signed later are the same bytes.
//!
//! | trait | for | taken by |
//! |---|---|---|
//! | [`Ledger`] | embedded stores, whose calls block for a moment | [`Issuer`](crate::issue::issuer::Issuer), [`OfflineIssuer`](crate::issue::offline_issuer::OfflineIssuer) |
//! | [`AsyncLedger`] | stores behind a network | [`AsyncIssuer`](crate::issue::async_issuer::AsyncIssuer) |
//!
//! [`MemoryLedger`] is both, and the default of every issuer. [`Offloaded`] takes a blocking ledger into an async issuer,
//! [`Parked`] an awaited one into a blocking issuer. A service keeps what else it has as [`Documents`] in the same store.

pub(crate) mod answer;
pub(crate) mod awaited;
pub(crate) mod blocking;
pub(crate) mod documents;
pub(crate) mod error;
#[cfg(feature = "stored")]
pub(crate) mod form;
pub(crate) mod intent;
pub(crate) mod key;
pub(crate) mod locks;
pub(crate) mod memory;
pub(crate) mod offloaded;
pub(crate) mod parked;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
pub(crate) mod record;
#[cfg(feature = "redb")]
pub(crate) mod redb;
pub(crate) mod revocation;
pub(crate) mod unwind;
pub(crate) mod wait;
pub(crate) mod waiter;

pub use self::answer::{Abandon, Ended, Reserved, Signed};
pub use self::awaited::{AsyncLedger, LedgerFuture};
pub use self::blocking::{Keeps, Ledger};
pub use self::documents::{Becomes, Change, Document, Documents};
pub use self::error::LedgerError;
#[cfg(feature = "stored")]
pub use self::form::FormError;
pub use self::intent::{AuthorityRecord, Intent, Token};
pub use self::key::{Fingerprint, IdempotencyKey, IdempotencyMode};
pub use self::memory::MemoryLedger;
pub use self::offloaded::{Offloaded, Work};
pub use self::parked::{Parked, Task};
#[cfg(feature = "postgres")]
pub use self::postgres::PostgresLedger;
#[cfg(feature = "postgres")]
pub use self::postgres::schema::Migration;
#[cfg(feature = "postgres")]
pub use self::postgres::settings::{PostgresSettings, PostgresSettingsError};
pub use self::record::{Abandonment, Cursor, Page, Record, State};
#[cfg(feature = "redb")]
pub use self::redb::{RedbLedger, RedbLedgerOptions};
pub use self::revocation::{Revocation, Revoked, RevokedCertificate, RevokedPage};
pub use self::waiter::Waiter;

/// How long a token counts by default: 5 minutes (R-IDM-1).
pub const DEFAULT_WINDOW_SECONDS: u32 = 5 * 60;

/// How long a caller has by default to sign what it reserved before another may take it up: 30 seconds (our decision).
pub const DEFAULT_LEASE_SECONDS: u32 = 30;
