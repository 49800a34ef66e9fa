//! Lists of what a ledger knows (R-REV-3, R-LED-9): its numbers, and its revocations page by page.

use super::entry::RevokedEntry;
use super::error::CrlError;
use super::number::CrlNumber;
use super::preparation::CrlPreparation;
use super::prepared::PreparedCrl;
use super::scope::CrlScope;
use crate::authority::revocation::partition::CrlPartition;
use crate::crypto::verifier::SignatureVerifier;
use crate::ledger::awaited::AsyncLedger;
use crate::ledger::blocking::{Keeps, Ledger};
use crate::ledger::revocation::RevokedCertificate;
use crate::x509::timestamp::Timestamp;

/// How many revocations are asked for at once (our decision): some 100 KiB.
const PAGE: usize = 1000;

impl<'a> CrlPreparation<'a> {
    /// Writes the list of what a ledger has for the authority and the scope, and judges it (R-REV-3). Its number is the ledger's, which
    /// it gives to no other list.
    ///
    /// The number is taken before the revocations are read: a list has every revocation that was recorded before any list with a lower
    /// number was begun, whoever makes lists and whatever dies in between. A revocation whose time is after this list's, by the clock of another
    /// machine, is listed with the list's time.
    ///
    /// # Errors
    /// [`CrlError::Ledger`], [`CrlError::LedgerKeepsTokens`], and as [`CrlPreparation::prepare`].
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "rustcrypto")] {
    /// # use std::sync::Arc;
    /// # use issuance::{CertificateAuthority, Issuer, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, Subject, Timestamp, Validity};
    /// use issuance::crl::{Crl, CrlPreparation};
    /// use issuance::ledger::{Ledger, MemoryLedger, Revocation};
    /// use issuance::x509::RevocationReason;
    /// # let csr = include_bytes!("../../examples/data/www.example.com.csr");
    /// # let key = Arc::new(RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?);
    /// # let name = Subject::builder().common_name("Example Root").build()?;
    /// # let root = CertificateAuthority::self_signed_root(&name, &*key, Validity::years(10))?;
    /// let ledger = Arc::new(MemoryLedger::default().keep_everything());
    /// let issuer = Issuer::builder(root, Arc::clone(&key)).ledger(Arc::clone(&ledger)).build()?;
    /// let request = issuer.request(csr).template("EndEntityCertificate").validity(Validity::days(90)).build()?;
    /// let certificate = issuer.issue(&request)?;
    ///
    /// let now = Timestamp::from(std::time::SystemTime::now());
    /// let revocation = Revocation::new(RevocationReason::KeyCompromise, now);
    /// ledger.revoke(issuer.authority().arn(), certificate.serial(), revocation)?;
    ///
    /// let prepared = CrlPreparation::new(issuer.authority(), now).prepare_from(&ledger, &RustCryptoVerifier)?;
    /// let signed = prepared.sign(&key, &RustCryptoVerifier)?;
    /// assert!(Crl::from_der(signed.der())?.find(certificate.serial()).is_some());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prepare_from(
        self,
        ledger: &(impl Ledger + ?Sized),
        verifier: &dyn SignatureVerifier,
    ) -> Result<PreparedCrl, CrlError> {
        let partition = self.partition_in(ledger.keeps())?;
        let arn = self.authority.arn();
        let counted = ledger.next_crl_number(arn, partition)?;
        let mut list = self.counted(counted)?.begin(0, verifier)?;
        let mut after = None;
        loop {
            let page = ledger.revoked(arn, partition, after, PAGE)?;
            page.certificates.iter().try_for_each(|revoked| list.push(RevokedEntry::recorded(revoked, self.now)))?;
            after = page.next;
            if after.is_none() {
                return list.finish();
            }
        }
    }

    /// As [`CrlPreparation::prepare_from`], from a ledger that is awaited. The future is [`Send`].
    ///
    /// # Errors
    /// As [`CrlPreparation::prepare_from`].
    pub async fn prepare_from_async(
        self,
        ledger: &(impl AsyncLedger + ?Sized),
        verifier: &dyn SignatureVerifier,
    ) -> Result<PreparedCrl, CrlError> {
        let partition = self.partition_in(ledger.keeps())?;
        let arn = self.authority.arn();
        let counted = ledger.next_crl_number(arn, partition).await?;
        let mut list = self.counted(counted)?.begin(0, verifier)?;
        let mut after = None;
        loop {
            let page = ledger.revoked(arn, partition, after, PAGE).await?;
            page.certificates.iter().try_for_each(|revoked| list.push(RevokedEntry::recorded(revoked, self.now)))?;
            after = page.next;
            if after.is_none() {
                return list.finish();
            }
        }
    }

    /// What is wrong is found before a number is taken, as far as it goes.
    fn partition_in(&self, keeps: Keeps) -> Result<Option<CrlPartition>, CrlError> {
        if keeps != Keeps::Everything {
            return Err(CrlError::LedgerKeepsTokens);
        }
        self.scope.issuing_distribution_point(self.authority)?;
        Ok(match self.scope {
            CrlScope::Complete => None,
            CrlScope::Partition(partition) => Some(partition),
        })
    }

    /// With the number that the ledger counted, unless the caller set one.
    fn counted(self, counted: u64) -> Result<CrlPreparation<'a>, CrlError> {
        let first = self.first_number;
        let number = self.number.or(first.plus(counted.saturating_sub(1)));
        Ok(self.number(number.ok_or(CrlError::Number { given: CrlNumber::from(counted), last: first })?))
    }
}

impl RevokedEntry {
    /// What a ledger recorded, for a list of this time.
    fn recorded(revoked: &RevokedCertificate, now: Timestamp) -> RevokedEntry {
        let revoked_at = revoked.revocation.at.min(now);
        let entry = RevokedEntry::new(revoked.serial, revoked_at, revoked.revocation.reason, revoked.not_after);
        RevokedEntry { partition: revoked.partition, ..entry }
    }
}
