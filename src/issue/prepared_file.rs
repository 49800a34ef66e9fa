//! A preparation on its way to a key on another machine, as a file.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::authority::revocation::partition::CrlPartition;
use crate::error::Error;
use crate::issue::check;
use crate::issued::IssuedCertificate;
use crate::plan::tbs_text::TbsText;
use crate::request::issue_certificate::IssueCertificateRequest;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::hex;
use crate::x509::serial::SerialNumber;
use crate::x509::tbs_view::TbsView;
use crate::x509::timestamp::Timestamp;

const FORMAT: &str = "issuance prepared certificate";
const VERSION: u32 = 1;

/// What is to be signed elsewhere, together with everything that it was made from.
///
/// The file is JSON and says what it is. It carries the bytes to be signed for the machine with the key, the plan as text, and
/// the request, time, serial number and partition of the CRL for the way back: [`OfflineIssuer::finish_file`](super::offline_issuer::OfflineIssuer::finish_file) prepares once more from
/// those, which is a pure function, and takes the file only if the very same bytes come out. Nothing in it is secret but what the
/// request says.
///
/// Someone who can change the file on its way to the key can change all of it, and a signature over other bytes is theirs to use.
/// The people at the key therefore judge by [`PreparedFile::tbs_text`], which is made there from the bytes that are signed,
/// and not by the plan.
///
/// # One file, one certificate
/// A key that is asked twice to sign one file makes two signatures, with RSASSA-PSS and random ECDSA different ones, and so two
/// certificates with one serial number. [`OfflineIssuer::finish_file`](super::offline_issuer::OfflineIssuer::finish_file) makes one of them and gives that again, as long as the issuer's
/// ledger keeps it; [`PreparedFile::mark_finished`] ends the file for good. Neither stops a copy of the file without
/// the mark that is finished with another ledger, or once the window is over; nor anyone who has the bytes and a signature and puts
/// them together without this crate. Let the machine with the key keep a list of the digests that it has signed.
///
/// ```
/// # use issuance::{IssueCertificateRequest, OfflineIssuer, Signer};
/// # use issuance::issue::PreparedFile;
/// # fn ceremony(issuer: &OfflineIssuer, request: &IssueCertificateRequest, key: &dyn Signer)
/// #     -> Result<(), Box<dyn std::error::Error>> {
/// // Here:
/// let file = issuer.prepare_file(request)?.to_json();
/// // On the machine with the key:
/// let received = PreparedFile::from_json(file.as_bytes())?;
/// println!("{}", received.tbs_text());
/// # let read_aloud = received.tbs_sha256();
/// assert_eq!(received.tbs_sha256(), read_aloud);
/// let signature = key.sign(received.algorithm(), received.tbs_der())?;
/// // Here again:
/// let mut file = PreparedFile::from_json(file.as_bytes())?;
/// let certificate = issuer.finish_file(&file, signature.as_bytes())?;
/// file.mark_finished(&certificate)?;
/// let archive = file.to_json();
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedFile {
    pub(super) request: IssueCertificateRequest,
    pub(super) now: Timestamp,
    pub(super) serial: SerialNumber,
    pub(super) partition: Option<CrlPartition>,
    pub(super) tbs: Vec<u8>,
    pub(super) plan_text: String,
    /// SHA-256 of the certificate that was made of it, in hexadecimal.
    pub(super) finished: Option<String>,
}

/// A file that is not a prepared certificate, or not this one. [`PreparedFile`](crate::issue::PreparedFile) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreparedFileError {
    /// The file is not JSON of this form.
    #[error("the file is not a prepared certificate: {0}")]
    Form(String),
    /// The file is of another format or of a version that this crate does not know.
    #[error("the file says that it is '{format}' version {version}; this is '{FORMAT}' version {VERSION}")]
    Version {
        /// What the file says that it is.
        format: String,
        /// The version that it says.
        version: u32,
    },
    /// The file is longer than [`PreparedFile::MAX_JSON_LEN`].
    #[error("the file has {0} bytes; at most {max} are read", max = PreparedFile::MAX_JSON_LEN)]
    TooLong(usize),
    /// The bytes to be signed are not those whose digest the file names.
    #[error("the bytes to be signed do not have the SHA-256 digest that the file names")]
    Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: String,
    version: u32,
    request: IssueCertificateRequest,
    /// Seconds since the Unix epoch.
    issued_at: i64,
    /// Hexadecimal.
    serial_number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crl_partition: Option<CrlPartition>,
    signing_algorithm: String,
    /// Base64 of the TBSCertificate.
    to_be_signed: String,
    /// Hexadecimal, for the eye.
    to_be_signed_sha256: String,
    plan: Vec<String>,
    /// Hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_certificate_sha256: Option<String>,
}

/// What every version has.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

pub(super) fn sha256_hex(octets: &[u8]) -> String {
    hex::lower(&Sha256::digest(octets)).to_string()
}

impl PreparedFile {
    /// The longest file that is read, in bytes (our decision): several times what a request of 4 MiB usually makes. Longer ones,
    /// which the bounds of the API model allow, are written and not read.
    pub const MAX_JSON_LEN: usize = 16 << 20;

    /// The bytes to be signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs
    }

    /// The algorithm that they are to be signed with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.request.signing_algorithm()
    }

    /// The SHA-256 digest of the bytes to be signed, in hexadecimal: to be compared, at the key, with one that came another way than
    /// the file.
    pub fn tbs_sha256(&self) -> String {
        sha256_hex(&self.tbs)
    }

    /// What the bytes to be signed say, read from [`PreparedFile::tbs_der`] now: their SHA-256 digest, to be compared with the one
    /// that came another way, and a table of the fields and extensions.
    ///
    /// Two files that differ in any byte to be signed show different tables: the key is shown by the SHA-256 of its
    /// SubjectPublicKeyInfo and by its key identifier, names with the types of their strings, and a digest stands beside each value
    /// that is not shown whole.
    pub fn tbs_text(&self) -> String {
        // The bytes were read when this value was made.
        let text = |tbs| TbsText { tbs: &tbs, algorithm: self.algorithm() }.to_string();
        let table = TbsView::parse(&self.tbs).map_or_else(|error| error.to_string(), text);
        format!("TBSCertificate of {} bytes, SHA-256 {}\n{table}", self.tbs.len(), self.tbs_sha256())
    }

    /// The plan as a table, as the file has it: where each value came from, and what was not used. Nothing ties it to the
    /// bytes but the trust in whoever carried the file; [`PreparedFile::tbs_text`] says what is signed.
    pub fn plan_text(&self) -> &str {
        &self.plan_text
    }

    /// The SHA-256 digest, in hexadecimal, of the certificate that was made of the file, if it is marked as finished.
    pub fn finished_certificate_sha256(&self) -> Option<&str> {
        self.finished.as_deref()
    }

    /// Marks the file as finished: what is written from now on can be read, and not be taken up again.
    ///
    /// # Errors
    /// [`Error::PreparationChanged`] when the certificate is of other bytes; the file stays as it was.
    pub fn mark_finished(&mut self, certificate: &IssuedCertificate) -> Result<(), Error> {
        if certificate.plan().tbs_der() != self.tbs {
            return Err(Error::PreparationChanged);
        }
        self.finished = Some(sha256_hex(certificate.der()));
        Ok(())
    }

    pub(super) fn check_unfinished(&self) -> Result<(), Error> {
        match &self.finished {
            Some(digest) => Err(Error::PreparationFinished { certificate_sha256: digest.clone() }),
            None => Ok(()),
        }
    }

    /// The file.
    pub fn to_json(&self) -> String {
        let wire = Wire {
            format: FORMAT.to_owned(),
            version: VERSION,
            request: self.request.clone(),
            issued_at: self.now.unix(),
            serial_number: self.serial.to_hex(),
            crl_partition: self.partition,
            signing_algorithm: self.algorithm().to_string(),
            to_be_signed: BASE64_STANDARD.encode(&self.tbs),
            to_be_signed_sha256: self.tbs_sha256(),
            plan: self.plan_text.split('\n').map(str::to_owned).collect(),
            finished_certificate_sha256: self.finished.clone(),
        };
        // Strings, numbers and a request that was read from JSON or can be: nothing here fails to serialise.
        serde_json::to_string_pretty(&wire).unwrap_or_default()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`PreparedFileError`] for a file that is too long, for another form or version, when the bytes are not a TBSCertificate of
    /// version 3 that is signed with the algorithm of the file and whose parts can all be read, and when they do not have the digest
    /// that the file names.
    pub fn from_json(json: &[u8]) -> Result<PreparedFile, PreparedFileError> {
        if json.len() > PreparedFile::MAX_JSON_LEN {
            return Err(PreparedFileError::TooLong(json.len()));
        }
        let form = |error: serde_json::Error| PreparedFileError::Form(error.to_string());
        let Header { format, version } = serde_json::from_slice(json).map_err(form)?;
        if format != FORMAT || version != VERSION {
            return Err(PreparedFileError::Version { format, version });
        }
        let wire: Wire = serde_json::from_slice(json).map_err(form)?;
        let wrong = |what: &str| PreparedFileError::Form(format!("{what} is malformed"));
        let tbs = BASE64_STANDARD.decode(&wire.to_be_signed).map_err(|_| wrong("to_be_signed"))?;
        if wire.signing_algorithm != wire.request.signing_algorithm().as_str() {
            return Err(wrong("signing_algorithm"));
        }
        if wire.to_be_signed_sha256 != sha256_hex(&tbs) {
            return Err(PreparedFileError::Digest);
        }
        let is_digest = |digest: &String| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !wire.finished_certificate_sha256.iter().all(is_digest) {
            return Err(wrong("finished_certificate_sha256"));
        }
        let unsound = |error: &dyn std::fmt::Display| {
            PreparedFileError::Form(format!("to_be_signed is not a TBSCertificate that can be signed: {error}"))
        };
        let view = TbsView::parse(&tbs).map_err(|error| unsound(&error))?;
        check::check_alone(&view, wire.request.signing_algorithm())
            .map_err(|breach| unsound(&breach.into_error(None)))?;
        Ok(PreparedFile {
            request: wire.request,
            now: Timestamp::from_unix(wire.issued_at).ok_or_else(|| wrong("issued_at"))?,
            serial: SerialNumber::from_hex(&wire.serial_number).map_err(|_| wrong("serial_number"))?,
            partition: wire.crl_partition,
            tbs,
            plan_text: wire.plan.join("\n"),
            finished: wire.finished_certificate_sha256,
        })
    }
}
