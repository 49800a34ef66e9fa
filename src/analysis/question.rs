//! A template, a policy and an authority, and what the engine says to proposals.

use super::proposal::{Proposal, Ways};
use crate::authority::ca::CertificateAuthority;
use crate::crypto::verifier::{SignatureVerifier, VerifyError};
use crate::csr::certification_request::Csr;
use crate::error::Error;
use crate::issue::prepare::{IssuanceOptions, Preparation};
use crate::issue::prepared::Prepared;
#[cfg(feature = "serde")]
use crate::policy::iam::IamDocument;
use crate::policy::rules::Policy;
use crate::template::definition::Template;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::public_key::KeyPolicy;
use crate::x509::serial::SerialNumber;
use crate::x509::signed::signed;
use crate::x509::timestamp::Timestamp;

/// What is asked about.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    /// Without its policy.
    pub(crate) template: Template,
    /// The template's and the one that is given beside it.
    pub(crate) policy: Policy,
    pub(crate) authority: &'a CertificateAuthority,
    pub(crate) now: Timestamp,
}

/// Possession is not what is asked about.
struct NoVerifier;

impl SignatureVerifier for NoVerifier {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        false
    }

    fn verify(&self, algorithm: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        Err(VerifyError::UnsupportedAlgorithm(algorithm))
    }
}

/// The longest serial number, of 17 bytes in DER.
const SERIAL: [u8; 16] = [0xff; 16];

/// In place of a signature, and as long as most.
const UNSIGNED: [u8; 70] = [0; 70];

impl<'a> Question<'a> {
    pub(crate) fn new(
        template: &Template,
        policy: &Policy,
        authority: &'a CertificateAuthority,
        now: Timestamp,
    ) -> Question<'a> {
        let policy = template.policy().clone().and(policy.clone());
        Question { template: template.without_policy(), policy, authority, now }
    }

    pub(crate) fn ways(&self) -> Ways {
        Ways::Of(self.template.kind())
    }

    /// What the engine makes of a proposal under a policy.
    pub(crate) fn ask(&self, proposal: &Proposal, policy: &Policy, ways: Ways) -> Result<Prepared, Error> {
        let options = IssuanceOptions::default().template(self.template.clone()).policy(policy.clone());
        self.prepare(proposal, &options, ways)
    }

    /// The same under IAM policy documents.
    #[cfg(feature = "serde")]
    pub(crate) fn ask_under(
        &self,
        proposal: &Proposal,
        policy: &Policy,
        documents: &[IamDocument],
        ways: Ways,
    ) -> Result<Prepared, Error> {
        let options = IssuanceOptions::default().template(self.template.clone()).policy(policy.clone());
        let options = documents.iter().fold(options, |options, document| options.iam_document(document.clone()));
        self.prepare(proposal, &options, ways)
    }

    fn prepare(&self, proposal: &Proposal, options: &IssuanceOptions, ways: Ways) -> Result<Prepared, Error> {
        let info = proposal.info(&proposal.key.spki(), ways);
        let csr = signed(&info, SigningAlgorithm::Sha256WithEcdsa.algorithm_identifier(), &UNSIGNED);
        let request = proposal.request(self.authority.arn(), &self.template, &csr, ways)?;
        let csr = Csr::decode(&csr)?.assume_proven(&KeyPolicy::default())?;
        let preparation = Preparation {
            authority: self.authority,
            now: self.now,
            serial: SerialNumber::from_be_bytes(&SERIAL).map_err(|_| Error::PreparationChanged)?,
            partition: None,
            verifier: &NoVerifier,
            options,
        };
        preparation.prepare_proven(&request, &csr)
    }

    /// Whether it issues under a policy.
    pub(crate) fn issues(&self, proposal: &Proposal, policy: &Policy) -> bool {
        self.ask(proposal, policy, self.ways()).is_ok()
    }
}
