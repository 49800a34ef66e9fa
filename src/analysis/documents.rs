//! Whether a template can ever issue under IAM policy documents, which judge key and purposes together.

use super::analyse::{Answer, Never, analyse};
use super::choices;
use super::proposal::{GivenExtension, Key, Proposal, Witness};
use super::question::Question;
use super::samples::unknown;
use super::search::Scope;
use crate::authority::ca::CertificateAuthority;
use crate::policy::iam::IamDocument;
use crate::policy::rules::Policy;
use crate::request::encode;
use crate::request::extended_key_usage::ExtendedKeyUsageType;
use crate::template::definition::Template;
use crate::x509::oid::Oid;
use crate::x509::timestamp::Timestamp;

/// The most purposes of which every set is tried.
const MOST_PURPOSES: usize = 8;

/// As [`Answer`], where it may not be known. There is no fourth answer, so the enum is exhaustive.
/// [`analyse`](super::analyse::analyse) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)]
#[allow(clippy::exhaustive_enums, reason = "it is known or it is not")]
pub enum DocumentAnswer {
    /// It is known.
    Decided(Answer),
    /// No request was found, and not all that could differ were tried.
    Undecided {
        /// Why not.
        because: &'static str,
    },
}

/// Answers whether a template can ever issue under its policy, another one and IAM policy documents (R-POL-6, R-POL-7).
///
/// The answer is exact unless it is [`DocumentAnswer::Undecided`]: the documents name purposes by patterns, or too many of them.
pub fn analyse_documents(
    template: &Template,
    policy: &Policy,
    documents: &[IamDocument],
    authority: &CertificateAuthority,
    now: Timestamp,
) -> DocumentAnswer {
    let question = Question::new(template, policy, authority, now);
    let Ok(base) = Scope::new(&question, question.policy.clone(), &[]).find() else {
        return DocumentAnswer::Decided(analyse(template, policy, authority, now));
    };
    let (purposes, all_named) = purposes(&question, documents);
    let mut refusal = String::new();
    for key in keys(&question, documents) {
        for extension in sets(&purposes) {
            let mut proposal = Proposal { key: key.clone(), ..base.clone() };
            proposal.extensions.retain(|given| given.oid != Oid::EXTENDED_KEY_USAGE);
            proposal.extensions.extend(extension);
            match question.ask_under(&proposal, &question.policy, documents, question.ways()) {
                Ok(_) => {
                    return DocumentAnswer::Decided(Answer::Witness(Witness {
                        proposal,
                        authority: authority.arn().clone(),
                        template: template.into(),
                        ways: question.ways(),
                    }));
                }
                Err(error) if refusal.is_empty() => refusal = error.to_string(),
                Err(_) => {}
            }
        }
    }
    if !all_named {
        return DocumentAnswer::Undecided {
            because: "the documents name purposes by patterns, or more than can all be tried",
        };
    }
    let because = vec!["the policy document".to_owned()];
    DocumentAnswer::Decided(Answer::Never(Never::new(template, because, refusal)))
}

/// A key of each kind, and of each size that a document compares with.
fn keys(question: &Question<'_>, documents: &[IamDocument]) -> Vec<Key> {
    let mut keys = choices::keys(question, &[&question.policy]);
    if !question.template.is_self_signed() {
        let values = documents.iter().filter_map(|document| document.values_of("acm-pca:x509Key/size")).flatten();
        for size in values.filter_map(|value| value.parse::<f64>().ok()) {
            for bits in [size.floor() - 1.0, size.floor(), size.ceil(), size.ceil() + 1.0] {
                if (2048.0..=8192.0).contains(&bits) {
                    keys.push(Key::Rsa(bits as usize));
                }
            }
        }
    }
    keys
}

/// The purposes that anybody names and one that nobody does; and whether those are all that can be told apart.
fn purposes(question: &Question<'_>, documents: &[IamDocument]) -> (Vec<Oid>, bool) {
    let mut purposes: Vec<Oid> = Vec::new();
    let mut all_named = true;
    for document in documents {
        match document.values_of("acm-pca:x509Ext/ExtendedKeyUsage") {
            None => all_named = false,
            Some(values) => purposes.extend(values.into_iter().filter_map(|value| {
                // Documents may compare without regard to case.
                let by_name = |named: &&ExtendedKeyUsageType| named.as_str().eq_ignore_ascii_case(value);
                ExtendedKeyUsageType::ALL.iter().find(by_name).map(|named| named.oid()).or_else(|| value.parse().ok())
            })),
        }
    }
    for rules in question.policy.all.iter().filter_map(|rules| rules.extended_key_usage.as_ref()) {
        purposes.extend(rules.required.iter().chain(rules.allowed.iter().flatten()).map(|purpose| purpose.0));
    }
    purposes.extend(unknown());
    purposes.sort();
    purposes.dedup();
    all_named &= purposes.len() <= MOST_PURPOSES;
    purposes.truncate(MOST_PURPOSES);
    (purposes, all_named)
}

/// Every set of purposes, none first, critical and not.
fn sets(purposes: &[Oid]) -> impl Iterator<Item = Option<GivenExtension>> {
    (0..2u32 << purposes.len()).map(move |number| {
        let (set, critical) = (number >> 1, number & 1 != 0);
        let members: Vec<Oid> =
            purposes.iter().enumerate().filter(|(bit, _)| set & 1 << bit != 0).map(|(_, oid)| *oid).collect();
        (!members.is_empty()).then(|| GivenExtension {
            oid: Oid::EXTENDED_KEY_USAGE,
            critical,
            value: encode::to_vec(|w| encode::purposes(w, members.iter())),
        })
    })
}
