//! What a ledger is asked to record, and its answers.

use std::sync::Arc;

use super::intent::Intent;
use super::record::Abandonment;
use crate::issued::IssuedCertificate;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::timestamp::Timestamp;

/// What a ledger says to an intent. The first that applies, in this order: what the token says, what the serial number says, and
/// whether there is room.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reserved {
    /// The intent is recorded, and the caller has its lease: sign it.
    Sign,
    /// The certificate was issued: under the token within its window, or over this very intent.
    Issued(Arc<IssuedCertificate>),
    /// Another intent is recorded under the token and its lease is over. The caller has the lease now: judge the recorded
    /// intent again, then sign its bytes and not those of the request, or abandon it.
    TakeUp(Intent),
    /// Another caller has the lease of the intent under the token: wait, then reserve again.
    Busy {
        /// When the lease ends; `None` if it has no end but that of its caller's work.
        until: Option<Timestamp>,
    },
    /// The token belongs to a request with another fingerprint.
    Mismatch,
    /// The intent under the token was abandoned, and its window is not over: there will be no certificate.
    Refused(Abandonment),
    /// Another intent of the authority has the serial number: draw another, and never sign this one (R-LED-7).
    SerialTaken,
    /// The ledger has no room for the intent; what it knows it still answers.
    Full,
}

/// An intent with its certificate, to be committed.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Signed {
    /// The intent, as it was recorded.
    pub intent: Intent,
    /// The certificate that was made of it.
    pub certificate: Arc<IssuedCertificate>,
}

impl Signed {
    pub(crate) fn new(intent: Intent, certificate: Arc<IssuedCertificate>) -> Signed {
        Signed { intent, certificate }
    }

    /// The signature, as it stands in the BIT STRING: with the intent, all that a ledger must keep of the certificate.
    pub fn signature(&self) -> &[u8] {
        let bits = || {
            let mut signed = Reader::single(self.certificate.der(), tag::SEQUENCE)?.reader();
            signed.read(tag::SEQUENCE)?;
            signed.read(tag::SEQUENCE)?;
            signed.read(tag::BIT_STRING)?.octet_aligned_bits()
        };
        // The certificate was written by this crate.
        bits().unwrap_or_default()
    }
}

/// An intent to be abandoned.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Abandon {
    /// The intent.
    pub intent: Intent,
    /// Why, for an operator to read.
    pub reason: String,
    /// Whether the signer may have been asked.
    pub may_be_signed: bool,
}

impl Abandon {
    /// An intent to be abandoned.
    pub fn new(intent: Intent, reason: impl Into<String>, may_be_signed: bool) -> Abandon {
        Abandon { intent, reason: reason.into(), may_be_signed }
    }
}

/// How an intent has ended, by this call or before it: the first end counts.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Ended {
    /// With this certificate, which every caller gets; not always the one that was committed.
    Issued(Arc<IssuedCertificate>),
    /// Without a certificate.
    Abandoned(Abandonment),
    /// The ledger does not have the intent.
    Unknown,
}
