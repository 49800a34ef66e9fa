//! A list on its way to a key on another machine, as a file.

use std::fmt::Write;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::{CrlError, CrlReadError};
use super::judge::hex_text;
use super::list::TbsParts;
use super::merge::CrlCounts;
use super::number::CrlNumber;
use super::preparation::CrlPreparation;
use super::prepared::PreparedCrl;
use super::reading::in_element;
use super::tbs::Tbs;
use crate::crypto::verifier::SignatureVerifier;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::name::NameText;

const FORMAT: &str = "issuance prepared CRL";
const VERSION: u32 = 1;

/// How many entries the text shows.
const SHOWN: usize = 1000;

/// A list that is to be signed elsewhere, in JSON.
///
/// The machine that made it keeps [`PreparedCrlFile::tbs_sha256`], and takes the file back only with the same bytes. The people at the
/// key compare the digest with one that came another way, and judge by [`PreparedCrlFile::tbs_text`].
///
/// ```
/// # #[cfg(feature = "rustcrypto")] {
/// use issuance::crl::{CrlPreparation, PreparedCrlFile};
/// # use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, Signer, Subject, Timestamp, Validity};
/// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// # let name = Subject::builder().common_name("Example Root").build()?;
/// # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
/// # let now = Timestamp::from(std::time::SystemTime::now());
/// // Here:
/// let list = CrlPreparation::new(&root, now);
/// let file = PreparedCrlFile::of(&list.prepare([], &RustCryptoVerifier)?);
/// let (json, digest) = (file.to_json(), file.tbs_sha256());
/// // On the machine with the key:
/// let received = PreparedCrlFile::from_json(json.as_bytes())?;
/// println!("{}", received.tbs_text());
/// let signature = key.sign(received.algorithm(), received.tbs_der())?;
/// // Here again:
/// let file = PreparedCrlFile::from_json(json.as_bytes())?;
/// let signed = file.resume(&list, &digest, &RustCryptoVerifier)?.finish(signature.as_bytes(), &RustCryptoVerifier)?;
/// assert!(signed.pem().starts_with("-----BEGIN X509 CRL-----"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedCrlFile {
    tbs: Vec<u8>,
    algorithm: SigningAlgorithm,
    number: CrlNumber,
    entries: u64,
}

/// A file that is not a prepared list. [`PreparedCrlFile`] has an example of one that is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreparedCrlFileError {
    /// The file is longer than [`PreparedCrlFile::MAX_JSON_LEN`].
    #[error("the file has {0} bytes; at most {max} are read", max = PreparedCrlFile::MAX_JSON_LEN)]
    TooLong(usize),
    /// The file is not JSON of this form.
    #[error("the file is not a prepared CRL: {0}")]
    Form(String),
    /// The file is of another format or of a version that this crate does not know.
    #[error("the file says that it is '{format}' version {version}; this is '{FORMAT}' version {VERSION}")]
    Version {
        /// What the file says that it is.
        format: String,
        /// The version that it says.
        version: u32,
    },
    /// The bytes to be signed are not those whose digest the file names.
    #[error("the bytes to be signed do not have the SHA-256 digest that the file names")]
    Digest,
    /// The bytes to be signed are not a TBSCertList.
    #[error("the bytes to be signed are not a TBSCertList that can be signed: {0}")]
    List(#[source] CrlReadError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: String,
    version: u32,
    signing_algorithm: String,
    /// Base64 of the TBSCertList.
    to_be_signed: String,
    /// Hexadecimal, for the eye.
    to_be_signed_sha256: String,
}

impl PreparedCrlFile {
    /// The longest file that is read, in bytes (our decision): some 900,000 entries.
    pub const MAX_JSON_LEN: usize = 64 << 20;

    /// The file of a prepared list.
    pub fn of(prepared: &PreparedCrl) -> PreparedCrlFile {
        PreparedCrlFile {
            tbs: prepared.tbs_der().to_vec(),
            algorithm: prepared.algorithm,
            number: prepared.number,
            entries: prepared.counts.entries,
        }
    }

    /// The bytes to be signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs
    }

    /// The algorithm that they are to be signed with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The SHA-256 digest of the bytes to be signed, in hexadecimal.
    pub fn tbs_sha256(&self) -> String {
        hex_text(&Sha256::digest(&self.tbs))
    }

    /// What the bytes to be signed say, read from them now; the first 1000 entries.
    pub fn tbs_text(&self) -> String {
        let (size, digest) = (self.tbs.len(), self.tbs_sha256());
        let mut text = format!("TBSCertList of {size} bytes, SHA-256 {digest}\n");
        // The bytes were read when this value was made, and a String takes everything.
        let Ok(list) = read(&self.tbs) else { return text };
        let next = list.next_update.map_or_else(|| "absent".to_owned(), |time| time.to_string());
        let scope = list.extensions.issuing_distribution_point.map_or_else(|| "complete".to_owned(), hex_text);
        let _ = writeln!(text, "signature   {}", self.algorithm);
        let _ = writeln!(text, "issuer      {}", NameText(list.issuer));
        let _ = writeln!(text, "key         {}", list.extensions.key_identifier.map_or_else(String::new, hex_text));
        let _ = writeln!(text, "number      {}", self.number);
        let _ = writeln!(text, "scope       {scope}");
        let _ = writeln!(text, "thisUpdate  {}\nnextUpdate  {next}\nentries     {}", list.this_update, self.entries);
        for entry in list.entries().take(SHOWN) {
            let _ = writeln!(text, "  {} {} reason {}", entry.serial(), entry.revoked_at(), entry.reason_code());
        }
        if list.entries().nth(SHOWN).is_some() {
            text.push_str("  and more, which only the digest stands for\n");
        }
        text
    }

    /// The file.
    pub fn to_json(&self) -> String {
        let wire = Wire {
            format: FORMAT.to_owned(),
            version: VERSION,
            signing_algorithm: self.algorithm.to_string(),
            to_be_signed: BASE64_STANDARD.encode(&self.tbs),
            to_be_signed_sha256: self.tbs_sha256(),
        };
        // Strings and numbers: nothing here fails to serialise.
        serde_json::to_string_pretty(&wire).unwrap_or_default()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`PreparedCrlFileError`].
    pub fn from_json(json: &[u8]) -> Result<PreparedCrlFile, PreparedCrlFileError> {
        if json.len() > PreparedCrlFile::MAX_JSON_LEN {
            return Err(PreparedCrlFileError::TooLong(json.len()));
        }
        let wire: Wire = serde_json::from_slice(json).map_err(|error| PreparedCrlFileError::Form(error.to_string()))?;
        if wire.format != FORMAT || wire.version != VERSION {
            return Err(PreparedCrlFileError::Version { format: wire.format, version: wire.version });
        }
        let wrong = |what: &str| PreparedCrlFileError::Form(format!("{what} is malformed"));
        let tbs = BASE64_STANDARD.decode(&wire.to_be_signed).map_err(|_| wrong("to_be_signed"))?;
        let algorithm: SigningAlgorithm = wire.signing_algorithm.parse().map_err(|_| wrong("signing_algorithm"))?;
        if wire.to_be_signed_sha256 != hex_text(&Sha256::digest(&tbs)) {
            return Err(PreparedCrlFileError::Digest);
        }
        let (number, entries) = {
            let list = read(&tbs).map_err(PreparedCrlFileError::List)?;
            if list.algorithm != algorithm.algorithm_identifier() {
                return Err(wrong("signing_algorithm, which is not that of the bytes to be signed,"));
            }
            let number = list.extensions.number.ok_or_else(|| wrong("the list, which has no cRLNumber,"))?;
            (number, list.entries().count() as u64)
        };
        Ok(PreparedCrlFile { tbs, algorithm, number, entries })
    }

    /// Takes the list up again, to be finished with a signature. `tbs_sha256` is the digest that this machine kept when the
    /// file was made; `preparation` is of the present: its last list must still be the last.
    ///
    /// # Errors
    /// [`CrlError::PreparationChanged`] when the bytes have another digest; [`CrlError::Number`] when another list with this number
    /// or a higher one was made meanwhile; [`CrlError::Judged`] for a list of another authority or scope, or one whose time is over; and as
    /// [`CrlPreparation::prepare`].
    pub fn resume(
        &self,
        preparation: &CrlPreparation<'_>,
        tbs_sha256: &str,
        verifier: &dyn SignatureVerifier,
    ) -> Result<PreparedCrl, CrlError> {
        let found = self.tbs_sha256();
        if !found.eq_ignore_ascii_case(tbs_sha256) {
            return Err(CrlError::PreparationChanged { found, expected: tbs_sha256.to_owned() });
        }
        let terms = preparation.terms(verifier)?;
        if let Some(last) = preparation.last.and_then(super::list::Crl::number).filter(|last| *last >= self.number) {
            return Err(CrlError::Number { given: self.number, last });
        }
        let list = read(&self.tbs)?;
        super::judge::standing(&list, preparation, &terms).map_err(CrlError::Judged)?;
        let counts = CrlCounts { entries: self.entries, ..CrlCounts::default() };
        let public_key = preparation.authority.public_key_der().to_vec();
        Ok(PreparedCrl { tbs: Tbs::of(&self.tbs), algorithm: self.algorithm, public_key, number: self.number, counts })
    }
}

fn read(tbs: &[u8]) -> Result<TbsParts<'_>, CrlReadError> {
    TbsParts::read(&Reader::single(tbs, tag::SEQUENCE).map_err(in_element("tbsCertList"))?)
}
