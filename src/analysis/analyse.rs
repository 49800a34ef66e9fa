//! Whether a template can ever issue under a policy.

use std::fmt;

use super::proposal::Witness;
use super::question::Question;
use super::search::{Scope, Stuck, base};
use crate::authority::ca::CertificateAuthority;
use crate::policy::rules::Policy;
use crate::template::definition::Template;
use crate::x509::timestamp::Timestamp;

/// Whether there is a request that issues. There is no third answer, so the enum is exhaustive. [`analyse`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)]
#[allow(clippy::exhaustive_enums, reason = "a request is issued or none is")]
pub enum Answer {
    /// None does.
    Never(Never),
    /// This one does.
    Witness(Witness),
}

/// Why no request issues. [`analyse`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Never {
    template: String,
    because: Vec<String>,
    refusal: String,
}

impl Never {
    #[cfg(feature = "serde")]
    pub(super) fn new(template: &Template, because: Vec<String>, refusal: String) -> Never {
        Never { template: template.name().to_owned(), because, refusal }
    }

    /// The parts of the policy that exclude each other, or that the template and the authority exclude: without any one of them a
    /// request would issue. Empty if nothing issues even without a policy.
    pub fn because(&self) -> &[String] {
        &self.because
    }

    /// What the engine says to a request that comes near.
    pub fn refusal(&self) -> &str {
        &self.refusal
    }
}

impl fmt::Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Never { template, because, refusal } = self;
        match because.as_slice() {
            [] => write!(f, "template {template} never issues here: {refusal}"),
            [part] => write!(f, "template {template} never issues under {part}: {refusal}"),
            parts => {
                write!(f, "template {template} never issues under these together:")?;
                parts.iter().try_for_each(|part| write!(f, "\n  {part}"))?;
                write!(f, "\nfor example: {refusal}")
            }
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Never(never) => never.fmt(f),
            Answer::Witness(witness) => write!(f, "this request issues:\n{witness}"),
        }
    }
}

/// Answers whether a template can ever issue under its policy and another one, with this authority at this time (R-POL-6).
///
/// The answer is exact for requests whose key the usual [`KeyPolicy`](crate::x509::public_key::KeyPolicy) takes, and with the
/// usual [`IssuanceOptions`](crate::issue::prepare::IssuanceOptions) otherwise.
///
/// ```
/// # #[cfg(feature = "rustcrypto")] {
/// use issuance::analysis::{Answer, analyse};
/// use issuance::policy::Policy;
/// use issuance::issue::SystemClock;
/// use issuance::{CertificateAuthority, Clock, Issuer, KeyAlgorithm, RustCryptoSigner, Subject, Template, Validity};
///
/// let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// let root = CertificateAuthority::self_signed_root(
///     &Subject::builder().common_name("Example Root").build()?, &key, Validity::years(10))?;
/// let template = Template::END_ENTITY_SERVER_AUTH_CERTIFICATE;
///
/// let policy = Policy::builder().permitted_name("DNS:example.com").least_names(1).build()?;
/// let Answer::Witness(witness) = analyse(template, &policy, &root, SystemClock.now()) else { panic!() };
/// let applicant = RustCryptoSigner::generate(witness.key_algorithm().unwrap())?;
/// let request = witness.request_by(&applicant)?;
/// Issuer::new(root.clone(), key)?.issue(&request)?;
///
/// let policy = Policy::builder().allowed_purpose("clientAuth").build()?;
/// let Answer::Never(never) = analyse(template, &policy, &root, SystemClock.now()) else { panic!() };
/// assert_eq!(never.because(), ["extended_key_usage.allowed = clientAuth"]);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn analyse(template: &Template, policy: &Policy, authority: &CertificateAuthority, now: Timestamp) -> Answer {
    let question = Question::new(template, policy, authority, now);
    let nearest = match Scope::new(&question, question.policy.clone(), &[]).find() {
        Ok(proposal) => {
            return Answer::Witness(Witness {
                proposal,
                authority: authority.arn().clone(),
                template: template.into(),
                ways: question.ways(),
            });
        }
        Err(Stuck::Engine(error)) => {
            return Answer::Never(Never {
                template: template.name().to_owned(),
                because: Vec::new(),
                refusal: error.to_string(),
            });
        }
        Err(Stuck::Policy(nearest)) => nearest,
    };
    let mut parts = question.policy.parts();
    for part in parts.clone() {
        let without: Vec<_> = parts.iter().copied().filter(|other| *other != part).collect();
        let policy = question.policy.only(&without);
        if matches!(Scope::new(&question, policy, &[]).find(), Err(Stuck::Policy(_))) {
            parts = without;
        }
    }
    let policy = question.policy.only(&parts);
    let refusals = [Ok(*nearest), base(&question)].into_iter().flatten();
    let refusal = refusals.filter_map(|proposal| question.ask(&proposal, &policy, question.ways()).err()).next();
    Answer::Never(Never {
        template: template.name().to_owned(),
        because: parts.into_iter().map(|part| question.policy.say(part)).collect(),
        refusal: refusal.map(|error| error.to_string()).unwrap_or_default(),
    })
}
