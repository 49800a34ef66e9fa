//! Finds a proposal that issues, aspect by aspect.
//!
//! The aspects of a certificate are judged apart, so a value is looked for in each on its own, under the parts of the policy that
//! judge it; together they issue. What the bytes come to as a whole is judged last.

use std::cell::OnceCell;
use std::net::IpAddr;

use super::names::{alternative_names, directory_name, mailboxes};
use super::proposal::{GivenExtension, Proposal};
use super::question::Question;
use super::subjects::{Alphabet, Item, name, rdn, subjects};
use super::{choices, proposal};
use crate::authority::ca::CertificateAuthority;
use crate::error::Error;
use crate::policy::part::Aspect;
use crate::policy::pattern::name_der;
use crate::policy::rules::{CommonNameRule, Policy, Rules};
use crate::x509::asn1::reader::Reader;
use crate::x509::name::attributes;
use crate::x509::name::general::DecodedName;
use crate::x509::name::string::Text;
use crate::x509::name_constraints::host::host_of;
use crate::x509::name_constraints::subtree::Subtree;
use crate::x509::oid::Oid;

/// Why nothing issues.
#[derive(Debug)]
pub(crate) enum Stuck {
    /// Not even without a policy.
    Engine(Box<Error>),
    /// Under the policy; with what comes nearest.
    Policy(Box<Proposal>),
}

/// A policy with what can be said of names under it.
pub(crate) struct Scope<'q> {
    pub(crate) question: &'q Question<'q>,
    pub(crate) policy: Policy,
    /// Other policies whose patterns the names are to tell apart.
    others: Vec<Policy>,
    of_names: Policy,
    /// The alternative names that pass, one of each kind.
    accepted: OnceCell<Vec<Vec<u8>>>,
}

/// What alternative names a proposal must have, and which subjects are tried.
#[derive(Default)]
pub(crate) struct Wanted<'w> {
    pub(crate) names: &'w [Vec<u8>],
    pub(crate) subjects: Option<&'w [Vec<u8>]>,
    /// Whether the smallest certificate is looked for.
    pub(crate) smallest: bool,
    /// How many names there are at least.
    pub(crate) least: usize,
}

impl<'q> Scope<'q> {
    pub(crate) fn new(question: &'q Question<'q>, policy: Policy, others: &[&Policy]) -> Scope<'q> {
        let of_names = policy.of_aspect(Aspect::Names);
        let others = others.iter().map(|other| (*other).clone()).collect();
        Scope { question, policy, others, of_names, accepted: OnceCell::new() }
    }

    fn authority(&self) -> &CertificateAuthority {
        self.question.authority
    }

    /// The policy and the others.
    fn policies(&self) -> impl Iterator<Item = &Policy> {
        std::iter::once(&self.policy).chain(&self.others)
    }

    /// All subtrees that have a say, and those that the other policies have.
    pub(crate) fn subtrees(&self) -> impl Iterator<Item = &Subtree> {
        let rules = self.policies().flat_map(|policy| &policy.all);
        let of_policies = rules.filter_map(|rules| rules.names.as_ref()).map(|names| &names.constraints);
        // A root's own certificate is not held against its own constraints.
        let own = !self.question.template.is_self_signed();
        let of_authority = own.then(|| self.authority().name_constraints()).into_iter().flatten();
        of_policies.chain(of_authority).flat_map(|constraints| constraints.subtrees())
    }

    pub(crate) fn directories(&self) -> Vec<Vec<u8>> {
        let of_directory = |subtree: &Subtree| match subtree {
            Subtree::Directory(der) => Some(der.to_vec()),
            _ => None,
        };
        self.subtrees().filter_map(of_directory).collect()
    }

    /// Texts that rules give to commonNames.
    fn common_name_texts(&self) -> Vec<String> {
        let rules = self.policies().flat_map(|policy| &policy.all);
        let values = rules.filter_map(|rules| rules.subject.as_ref()).flat_map(|subject| &subject.values);
        let mut texts: Vec<String> =
            values.filter(|(of, _)| of.0 == Oid::COMMON_NAME).flat_map(|(_, texts)| texts.clone()).collect();
        texts.extend(self.directories().iter().flat_map(|directory| common_names(directory)));
        texts
    }

    /// Alternative names of every kind, whether or not they pass.
    pub(crate) fn candidates(&self) -> Vec<Vec<u8>> {
        let mut names = alternative_names(self.subtrees(), &self.common_name_texts());
        let alphabet = Alphabet { directories: self.directories(), ..Alphabet::default() };
        let directories = subjects(&[], &[], &alphabet, &|_| true, None);
        names.extend(directories.iter().filter(|der| der.len() > 2).map(|der| directory_name(der)));
        names
    }

    /// The alternative names that pass, one of each kind.
    pub(crate) fn accepted(&self) -> &[Vec<u8>] {
        self.accepted.get_or_init(|| self.candidates().into_iter().filter(|name| self.accepts_name(name)).collect())
    }

    pub(crate) fn accepts_name(&self, element: &[u8]) -> bool {
        let Ok(tlv) = Reader::new(element).any() else { return false };
        let Ok(decoded) = DecodedName::from_tlv(&tlv) else { return false };
        let mut rules = self.policy.all.iter().filter_map(|rules| rules.names.as_ref());
        let by_policy = rules.all(|rules| rules.faults(&decoded).next().is_none());
        let list = name(&[element]);
        let own = self.question.template.is_self_signed();
        by_policy && (own || self.authority().check_names(&[0x30, 0], &[&list]).is_ok())
    }

    /// Whether the policy forbids the extension of alternative names.
    fn forbids_names(&self) -> bool {
        let rules = self.of_names.all.iter().filter_map(|rules| rules.extensions.as_ref());
        rules.into_iter().any(|extensions| !extensions.forbidden.is_empty())
    }

    fn has_common_name_rule(&self, rule: CommonNameRule) -> bool {
        self.policy.all.iter().any(|rules| rules.common_name == Some(rule))
    }

    /// Whether an attribute may stand in a subject, as far as rules of names say.
    fn accepts_item(&self, item: &Item) -> bool {
        let (oid, text) = item;
        if *oid == Oid::EMAIL_ADDRESS {
            return text.is_ascii()
                && self.accepts_name(&super::names::element(crate::x509::asn1::tag::context(1), text.as_bytes()));
        }
        if *oid != Oid::COMMON_NAME {
            return true;
        }
        let der = name(&[&rdn(item)]);
        let Some(Ok(attribute)) = attributes(&der).next() else { return false };
        let is_host = || host_of(&attribute.value).is_some() || text.trim().parse::<IpAddr>().is_ok();
        !(self.has_common_name_rule(CommonNameRule::NotAHost) && is_host())
            && (!self.has_common_name_rule(CommonNameRule::AmongNames) || self.name_of_text(text).is_some())
    }

    /// An accepted alternative name that is this text.
    fn name_of_text(&self, text: &str) -> Option<&Vec<u8>> {
        self.accepted().iter().find(|name| is_text(name, text))
    }

    /// What subjects are made of.
    pub(crate) fn alphabet(&self) -> Alphabet {
        let subtrees: Vec<&Subtree> = self.subtrees().collect();
        let texts = self.accepted().iter().filter_map(|name| text_of(name));
        let among = self.has_common_name_rule(CommonNameRule::AmongNames);
        let mut common_names: Vec<String> = if among { texts.collect() } else { Vec::new() };
        if self.others.iter().flat_map(|policy| &policy.all).any(|rules| rules.common_name.is_some()) {
            // One that does not look like a host, and one that does.
            common_names.extend(["w".to_owned(), "w.w".to_owned()]);
        }
        Alphabet { directories: self.directories(), common_names, mailboxes: mailboxes(&subtrees, &[]) }
    }

    /// Subjects that could pass, likely ones first.
    pub(crate) fn subjects(&self, without: Option<Oid>) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        if self.question.template.is_self_signed() && self.authority().certificate_der().is_some() {
            // A renewal keeps it.
            found.push(self.authority().subject_der().to_vec());
        }
        let others: Vec<Rules> = self.others.iter().flat_map(|policy| policy.all.clone()).collect();
        found.extend(subjects(&self.policy.all, &others, &self.alphabet(), &|item| self.accepts_item(item), without));
        found.push(vec![0x30, 0]);
        found
    }

    /// How many alternative names there are at least.
    fn least_names(&self) -> usize {
        let rules = self.policy.all.iter().filter_map(|rules| rules.names.as_ref());
        rules.filter_map(|rules| rules.texts.least).max().unwrap_or(0)
    }

    /// Alternative names that pass, as many as there have to be, of which none is a commonName of the subject.
    pub(crate) fn names_beside(&self, subject: &[u8]) -> Option<Vec<Vec<u8>>> {
        let common_names = common_names(subject);
        let beside = |name: &&Vec<u8>| !common_names.iter().any(|text| is_text(name, text));
        // The same name may stand several times.
        self.accepted().iter().find(beside).map(|name| vec![name.clone(); self.least_names().max(1)])
    }

    /// A proposal like `base` with a subject and alternative names that pass, if there is one.
    pub(crate) fn with_names(&self, base: &Proposal, wanted: &Wanted<'_>) -> Option<Proposal> {
        let own;
        let subjects = match wanted.subjects {
            Some(subjects) => subjects,
            None => {
                own = self.subjects(None);
                &own
            }
        };
        let least = self.least_names().max(wanted.least);
        let rules = self.policy.all.iter().filter_map(|rules| rules.names.as_ref());
        let most = rules.filter_map(|rules| rules.texts.most).min().unwrap_or(usize::MAX);
        let among = self.has_common_name_rule(CommonNameRule::AmongNames);
        let nameless = self.forbids_names();
        let mut pool = self.accepted().to_vec();
        if wanted.smallest {
            pool.sort_by_key(Vec::len);
        }
        let mut best: Option<(usize, Proposal)> = None;
        for subject in subjects {
            let mut names = wanted.names.to_vec();
            if among && !self.add_common_names(subject, &mut names) {
                continue;
            }
            let needed = least.max(usize::from(subject.len() == 2));
            let mut fresh = pool.iter().filter(|name| wanted.smallest || !names.contains(name));
            let mut more = Vec::new();
            while names.len() + more.len() < needed {
                // The same name may stand several times; where size counts, it is the shortest.
                let next = if wanted.smallest { pool.first() } else { fresh.next().or(pool.first()) };
                match next {
                    Some(name) => more.push(name.clone()),
                    None => break,
                }
            }
            drop(fresh);
            names.extend(more);
            if names.len() < needed || names.len() > most || (nameless && !names.is_empty()) {
                continue;
            }
            for critical in if names.is_empty() { &[false][..] } else { &[false, true] } {
                let proposal = Proposal {
                    subject: subject.clone(),
                    names: names.clone(),
                    names_critical: *critical,
                    ..base.clone()
                };
                let Ok(prepared) = self.question.ask(&proposal, &self.of_names, self.question.ways()) else { continue };
                if !wanted.smallest {
                    return Some(proposal);
                }
                let octets = prepared.tbs_der().len();
                if best.as_ref().is_none_or(|(least, _)| octets < *least) {
                    best = Some((octets, proposal));
                }
            }
        }
        best.map(|(_, proposal)| proposal)
    }

    /// Adds the alternative names that the commonNames of a subject have to be; `false` if there are none that pass.
    fn add_common_names(&self, subject: &[u8], names: &mut Vec<Vec<u8>>) -> bool {
        attributes(subject).flatten().filter(|attribute| attribute.oid == Oid::COMMON_NAME).all(|attribute| {
            let Some(text) = Text::of(&attribute.value).map(Text::into_cow) else { return false };
            if names.iter().any(|name| is_text(name, &text)) {
                return true;
            }
            match self.name_of_text(&text) {
                Some(name) => {
                    names.push(name.clone());
                    true
                }
                None => false,
            }
        })
    }

    /// A proposal that issues.
    pub(crate) fn find(&self) -> Result<Proposal, Stuck> {
        let base = base(self.question)?;
        match self.compose(&base, false) {
            Ok(proposal) if self.question.issues(&proposal, &self.policy) => Ok(proposal),
            // All that is left is how many bytes there are.
            Ok(proposal) => match self.compose(&base, true) {
                Ok(smallest) if self.question.issues(&smallest, &self.policy) => Ok(smallest),
                _ => Err(Stuck::Policy(Box::new(proposal))),
            },
            Err(nearest) => Err(Stuck::Policy(nearest)),
        }
    }

    /// What passes in each aspect, together; else what comes nearest.
    fn compose(&self, base: &Proposal, smallest: bool) -> Result<Proposal, Box<Proposal>> {
        let question = self.question;
        let mut whole = base.clone();
        if !question.issues(base, &self.policy.of_aspect(Aspect::Others)) {
            return Err(Box::new(whole));
        }
        let policies = [&self.policy];
        let mut choose = |aspect: Aspect, changed: Vec<Proposal>, take: &dyn Fn(&mut Proposal, Proposal)| {
            let policy = self.policy.of_aspect(aspect);
            if policy.is_empty() && !smallest {
                return true;
            }
            let mut passing = changed.into_iter().filter_map(|proposal| {
                let prepared = question.ask(&proposal, &policy, question.ways()).ok()?;
                Some((prepared.tbs_der().len(), proposal))
            });
            let chosen = if smallest { passing.min_by_key(|(octets, _)| *octets) } else { passing.next() };
            chosen.map(|(_, proposal)| take(&mut whole, proposal)).is_some()
        };
        let algorithms = question.authority.key_algorithm().signing_algorithms();
        let signed = |algorithm| Proposal { signing_algorithm: algorithm, ..base.clone() };
        let keyed = |key| Proposal { key, ..base.clone() };
        let valid = |(not_before, not_after)| Proposal { not_before, not_after, ..base.clone() };
        let fixed = &question.template;
        let usages =
            choices::key_usages(&policies, &fixed.key_usage().map(|usage| usage.value).into_iter().collect::<Vec<_>>());
        let purposes = choices::purposes(&policies, &[]);
        let with = |given: Option<GivenExtension>| Proposal { extensions: given.into_iter().collect(), ..base.clone() };
        let chosen = choose(Aspect::Signature, algorithms.iter().copied().map(signed).collect(), &|whole, chosen| {
            whole.signing_algorithm = chosen.signing_algorithm;
        }) && choose(
            Aspect::Key,
            choices::keys(question, &policies).into_iter().map(keyed).collect(),
            &|whole, chosen| {
                whole.key = chosen.key;
            },
        ) && choose(
            Aspect::Validity,
            choices::validities(question, &policies).into_iter().map(valid).collect(),
            &|whole, chosen| {
                (whole.not_before, whole.not_after) = (chosen.not_before, chosen.not_after);
            },
        ) && choose(Aspect::KeyUsage, usages.into_iter().map(with).collect(), &|whole, chosen| {
            whole.extensions.extend(chosen.extensions);
        }) && choose(Aspect::Purposes, purposes.into_iter().map(with).collect(), &|whole, chosen| {
            whole.extensions.extend(chosen.extensions);
        });
        if !chosen {
            return Err(Box::new(whole));
        }
        match self.with_names(base, &Wanted { smallest, ..Wanted::default() }) {
            None => Err(Box::new(whole)),
            Some(Proposal { subject, names, names_critical, .. }) => {
                Ok(Proposal { subject, names, names_critical, ..whole })
            }
        }
    }
}

/// The text of a name to which a commonName is compared.
fn text_of(element: &[u8]) -> Option<String> {
    let tlv = Reader::new(element).any().ok()?;
    match DecodedName::from_tlv(&tlv).ok()? {
        DecodedName::Dns(text) | DecodedName::Rfc822(text) | DecodedName::Uri(text) => Some(text.to_owned()),
        DecodedName::Ip(octets) => {
            let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

/// Whether a name is the text of a commonName, as policies compare them.
/// The commonNames of a Name that are text.
fn common_names(name: &[u8]) -> Vec<String> {
    let all = attributes(name).flatten().filter(|attribute| attribute.oid == Oid::COMMON_NAME);
    all.filter_map(|attribute| Text::of(&attribute.value).map(|text| text.into_cow().into_owned())).collect()
}

fn is_text(element: &[u8], text: &str) -> bool {
    let Some(of_name) = text_of(element) else { return false };
    of_name == text
        || (element.first() == Some(&crate::x509::asn1::tag::context(2)) && of_name.eq_ignore_ascii_case(text))
        || (element.first() == Some(&crate::x509::asn1::tag::context(7))
            && text.parse::<IpAddr>().is_ok_and(|address| address.to_string() == of_name))
}

/// A proposal that issues without a policy.
pub(crate) fn base(question: &Question<'_>) -> Result<Proposal, Stuck> {
    let own = question.template.is_self_signed() && question.authority.certificate_der().is_some();
    let subject =
        if own { question.authority.subject_der().to_vec() } else { name_der(&[(Oid::COMMON_NAME, "w".to_owned())]) };
    let key = choices::keys(question, &[]).into_iter().next();
    let mut refused: Option<Error> = None;
    for (not_before, not_after) in choices::validities(question, &[&Policy::NONE]) {
        let proposal = Proposal {
            subject: subject.clone(),
            names: Vec::new(),
            names_critical: false,
            extensions: Vec::new(),
            csr_extension: None,
            api_common_name: None,
            key: key.clone().unwrap_or(proposal::Key::Ed25519),
            signing_algorithm: question.authority.key_algorithm().default_signing_algorithm(),
            not_before,
            not_after,
        };
        match question.ask(&proposal, &Policy::NONE, question.ways()) {
            Ok(_) => return Ok(proposal),
            Err(error @ Error::Validity(_)) => refused = refused.or(Some(error)),
            // Names have their own search.
            Err(error) => {
                let scope = Scope::new(question, Policy::NONE, &[]);
                let named = scope.with_names(&proposal, &Wanted::default());
                return named.ok_or(Stuck::Engine(Box::new(error)));
            }
        }
    }
    Err(Stuck::Engine(Box::new(refused.unwrap_or(Error::PreparationChanged))))
}
