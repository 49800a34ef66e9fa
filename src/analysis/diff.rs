//! What changes from one template to another, each with its policy.

use super::choices;
use super::difference::{Diff, Difference, Example};
use super::proposal::{GivenExtension, Proposal, Ways, Witness};
use super::question::Question;
use super::samples::{known_extensions, unknown};
use super::search::{Scope, Wanted};
use crate::authority::ca::CertificateAuthority;
use crate::error::Error;
use crate::issue::prepared::Prepared;
use crate::policy::pattern::name_der;
use crate::policy::rules::Policy;
use crate::template::definition::Template;
use crate::x509::asn1::tag;
use crate::x509::extension::label;
use crate::x509::oid::Oid;
use crate::x509::tbs_view::TbsView;
use crate::x509::timestamp::Timestamp;

/// A value of one field or extension that is tried on both sides.
struct Rep {
    label: String,
    pin: Box<dyn Fn(&Proposal) -> Proposal>,
    /// The part of the certificate that it decides.
    part: CertificatePart,
}

#[derive(Clone)]
enum CertificatePart {
    Signature,
    Key,
    Validity,
    /// An extension, and what is to stand there.
    Extension(Oid, Option<(bool, Vec<u8>)>),
}

/// One side: the template, and a proposal that it issues.
struct Side<'q> {
    scope: Scope<'q>,
    base: Proposal,
}

impl Side<'_> {
    fn ask(&self, proposal: &Proposal) -> Result<Prepared, Error> {
        self.scope.question.ask(proposal, &self.scope.policy, Ways::Both)
    }

    /// Whether the side issues with what is pinned: else what it says.
    fn takes(&self, rep: &Rep) -> Result<Proposal, Option<Error>> {
        let proposal = (rep.pin)(&self.base);
        let prepared = self.ask(&proposal).map_err(Some)?;
        let CertificatePart::Extension(oid, wanted) = &rep.part else { return Ok(proposal) };
        if extension(&prepared, oid) == *wanted { Ok(proposal) } else { Err(None) }
    }
}

fn extension(prepared: &Prepared, oid: &Oid) -> Option<(bool, Vec<u8>)> {
    let view = TbsView::parse(prepared.tbs_der()).ok()?;
    let extension = view.extension(oid)?;
    Some((extension.critical, extension.value.to_vec()))
}

/// Collects what is found.
struct Findings<'a> {
    questions: [&'a Question<'a>; 2],
    found: Vec<Difference>,
}

impl Findings<'_> {
    /// Notes that one side issues a proposal and the other does not, or not alike.
    fn note(&mut self, side: usize, labels: &[String], proposal: &Proposal, ways: Ways) {
        let [first, second] = &self.questions;
        let outcome = |question: &Question<'_>| match question.ask(proposal, &question.policy, ways) {
            Ok(prepared) => Ok(prepared),
            Err(error) => Err(format!("refused: {error}")),
        };
        let (by_first, by_second) = (outcome(first), outcome(second));
        let text = |own: &Result<Prepared, String>, other: &Result<Prepared, String>| match (own, other) {
            (Err(refused), _) => refused.clone(),
            (Ok(_), Err(_)) => "issued".to_owned(),
            (Ok(own), Ok(other)) => format!("issued with {}", apart(own, other)),
        };
        let texts = [text(&by_first, &by_second), text(&by_second, &by_first)];
        for label in labels {
            let [first_text, second_text] = texts.clone();
            let place = match self.found.iter().position(|difference| difference.dimension == *label) {
                Some(place) => place,
                None => {
                    self.found.push(Difference { dimension: label.clone(), only: [None, None] });
                    self.found.len() - 1
                }
            };
            let example = || Example {
                request: Witness {
                    proposal: proposal.clone(),
                    authority: first.authority.arn().clone(),
                    template: (&first.template).into(),
                    ways,
                },
                first: first_text,
                second: second_text,
            };
            if self.found[place].only[side].is_none() {
                self.found[place].only[side] = Some(example());
            }
        }
    }

    /// Notes what one side takes and the other refuses, by the rules that refuse it.
    fn note_refusal(&mut self, side: usize, label: &str, refusal: Option<&Error>, proposal: &Proposal) {
        let labels = match refusal {
            Some(Error::Policy(refusal)) => {
                let mut rules: Vec<String> = refusal.violations().iter().map(|v| v.rule().to_owned()).collect();
                rules.dedup();
                rules
            }
            _ => vec![label.to_owned()],
        };
        self.note(side, &labels, proposal, Ways::Both);
    }
}

/// What one certificate says where another says something else.
fn apart(own: &Prepared, other: &Prepared) -> String {
    let mut texts = Vec::new();
    for field in own.plan().fields().iter().map(|planned| planned.field()) {
        if own.plan().field_der(field) != other.plan().field_der(field) {
            texts.push(format!("{} {}", field.as_str(), own.plan().field_text(field)));
        }
    }
    for extension in own.plan().extensions() {
        let same = |e: &crate::plan::certificate_plan::PlannedExtension<'_>| {
            e.oid() == extension.oid() && e.critical() == extension.critical() && e.value_der() == extension.value_der()
        };
        if !other.plan().extensions().any(|e| same(&e)) {
            let critical = if extension.critical() { " (critical)" } else { "" };
            texts.push(format!("{} {}{critical}", label(&extension.oid()), extension.value_text()));
        }
    }
    for extension in other.plan().extensions() {
        if !own.plan().extensions().any(|e| e.oid() == extension.oid()) {
            texts.push(format!("no {}", label(&extension.oid())));
        }
    }
    texts.join(", ")
}

/// Compares two templates, each with its policy, under one authority at one time (R-POL-6): in each dimension, and with a request
/// for each difference that the two answer differently.
///
/// The dimensions are what certificates can have: key, signature, validity, each extension, subject and names by the parts of the
/// policies that judge them; and whether `ApiPassthrough` and the extensions of the CSR are taken. The default validity is not among
/// them, since every request on the wire gives one.
///
/// ```
/// # #[cfg(feature = "rustcrypto")] {
/// use issuance::analysis::{Relation, diff};
/// use issuance::issue::SystemClock;
/// use issuance::{CertificateAuthority, Clock, KeyAlgorithm, RustCryptoSigner, Subject, Template, Validity};
///
/// let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// let name = Subject::builder().common_name("Example Root").build()?;
/// let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
/// let (server, both) = (Template::END_ENTITY_SERVER_AUTH_CERTIFICATE, Template::END_ENTITY_CERTIFICATE);
/// let diff = diff(server, both, &root, SystemClock.now());
/// assert_eq!(diff.differences().len(), 1);
/// assert_eq!(diff.differences()[0].dimension(), "extKeyUsage");
/// assert_eq!(diff.differences()[0].relation(), Relation::Incomparable);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn diff(first: &Template, second: &Template, authority: &CertificateAuthority, now: Timestamp) -> Diff {
    let questions = [first, second].map(|template| Question::new(template, &Policy::NONE, authority, now));
    let names = [first.name().to_owned(), second.name().to_owned()];
    let [a, b] = &questions;
    let mut findings = Findings { questions: [a, b], found: Vec::new() };
    let scopes = [Scope::new(a, a.policy.clone(), &[&b.policy]), Scope::new(b, b.policy.clone(), &[&a.policy])];
    let found = scopes.each_ref().map(Scope::find);
    let [scope_a, scope_b] = scopes;
    match found {
        [Ok(base_a), Ok(base_b)] => {
            // From one that both issue, so that each example shows one difference alone.
            let [base_a, base_b] = match common(&questions) {
                Some(base) => [base.clone(), base],
                None => [base_a, base_b],
            };
            let sides = [Side { scope: scope_a, base: base_a }, Side { scope: scope_b, base: base_b }];
            compare(&sides, &mut findings);
        }
        [Ok(base), Err(_)] => findings.note(0, &["issuance".to_owned()], &base, a.ways()),
        [Err(_), Ok(base)] => findings.note(1, &["issuance".to_owned()], &base, b.ways()),
        [Err(_), Err(_)] => {}
    }
    let equal = dimensions(&questions)
        .into_iter()
        .filter(|name| !findings.found.iter().any(|difference| difference.dimension == *name))
        .collect();
    Diff { names, differences: findings.found, equal }
}

/// A proposal that both issue, if one is found.
fn common(questions: &[Question<'_>; 2]) -> Option<Proposal> {
    let [a, b] = questions;
    [(a, b), (b, a)].into_iter().find_map(|(own, other)| {
        let scope = Scope::new(own, own.policy.clone().and(other.policy.clone()), &[]);
        let proposal = scope.find().ok()?;
        let issued = |question: &Question<'_>| question.ask(&proposal, &question.policy, Ways::Both).is_ok();
        (issued(own) && issued(other)).then_some(proposal)
    })
}

/// What either side says something of.
fn dimensions(questions: &[Question<'_>; 2]) -> Vec<String> {
    let mut names: Vec<String> =
        ["subjectPublicKeyInfo", "signature", "validity", "basicConstraints", "keyUsage", "extKeyUsage"]
            .map(str::to_owned)
            .to_vec();
    for question in questions {
        if question.template.certificate_policies().is_some() {
            names.push("certificatePolicies".to_owned());
        }
        names.extend(
            question.template.extensions().iter().map(|extension| label(&extension.object_identifier()).into_owned()),
        );
        for part in question.policy.parts() {
            let said = question.policy.say(part);
            names.extend(said.split(" = ").next().map(str::to_owned));
        }
    }
    let mut once: Vec<String> = Vec::new();
    names.into_iter().for_each(|name| {
        if !once.contains(&name) {
            once.push(name);
        }
    });
    once
}

fn compare(sides: &[Side<'_>; 2], findings: &mut Findings<'_>) {
    for rep in reps(sides) {
        let taken = sides.each_ref().map(|side| side.takes(&rep));
        let note = |findings: &mut Findings<'_>, side: usize| {
            let proposal = (rep.pin)(&sides[side].base);
            findings.note(side, std::slice::from_ref(&rep.label), &proposal, Ways::Both);
        };
        match &taken {
            [Ok(proposal), Err(refusal)] => findings.note_refusal(0, &rep.label, refusal.as_ref(), proposal),
            [Err(refusal), Ok(proposal)] => findings.note_refusal(1, &rep.label, refusal.as_ref(), proposal),
            // One says something else there, and the other refuses.
            [Err(None), Err(Some(_))] => note(findings, 0),
            [Err(Some(_)), Err(None)] => note(findings, 1),
            _ => {}
        }
    }
    compare_names(sides, findings);
    compare_sources(sides, findings);
    compare_sizes(sides, findings);
}

/// The values of fields and extensions that are tried.
fn reps(sides: &[Side<'_>; 2]) -> Vec<Rep> {
    let questions = sides.each_ref().map(|side| side.scope.question);
    let policies: Vec<&Policy> = questions.iter().map(|question| &question.policy).collect();
    let mut reps: Vec<Rep> = Vec::new();
    for algorithm in questions[0].authority.key_algorithm().signing_algorithms() {
        let pin = |base: &Proposal| Proposal { signing_algorithm: *algorithm, ..base.clone() };
        reps.push(Rep { label: "signature".to_owned(), pin: Box::new(pin), part: CertificatePart::Signature });
    }
    for key in choices::keys(questions[0], &policies) {
        let pin = move |base: &Proposal| Proposal { key: key.clone(), ..base.clone() };
        reps.push(Rep { label: "subjectPublicKeyInfo".to_owned(), pin: Box::new(pin), part: CertificatePart::Key });
    }
    for question in questions {
        for (not_before, not_after) in choices::validities(question, &policies) {
            let pin = move |base: &Proposal| Proposal { not_before, not_after, ..base.clone() };
            reps.push(Rep { label: "validity".to_owned(), pin: Box::new(pin), part: CertificatePart::Validity });
        }
    }
    let templates = questions.map(|question| &question.template);
    let usages: Vec<_> = templates.iter().filter_map(|template| template.key_usage()).collect();
    let values: Vec<_> = usages.iter().map(|fixed| fixed.value).collect();
    reps.extend(choices::key_usages(&policies, &values).into_iter().map(|given| extension_rep(Oid::KEY_USAGE, given)));
    let values: Vec<Vec<Oid>> = templates
        .iter()
        .filter_map(|template| template.extended_key_usage())
        .map(|fixed| fixed.value.to_vec())
        .collect();
    let purposes = choices::purposes(&policies, &values);
    reps.extend(purposes.into_iter().map(|given| extension_rep(Oid::EXTENDED_KEY_USAGE, given)));
    let mut others = known_extensions();
    others.extend(unknown().map(|oid| (oid, vec![tag::NULL, 0])));
    for policy in &policies {
        let rules = policy.all.iter().filter_map(|rules| rules.extensions.as_ref());
        for listed in rules.flat_map(|rules| {
            rules
                .forbidden
                .iter()
                .chain(&rules.critical)
                .chain(&rules.not_critical)
                .chain(rules.allowed.iter().flatten())
        }) {
            if crate::x509::extension::Known::of(listed.0.by_ref()).is_none() {
                others.push((listed.0, vec![tag::NULL, 0]));
            }
        }
    }
    // What a template or the authority puts there.
    for side in sides {
        let Ok(prepared) = side.ask(&side.base) else { continue };
        for planned in prepared.plan().extensions() {
            // The key identifier follows from the key.
            const ELSEWHERE: [Oid; 4] =
                [Oid::SUBJECT_ALT_NAME, Oid::KEY_USAGE, Oid::EXTENDED_KEY_USAGE, Oid::SUBJECT_KEY_IDENTIFIER];
            if !ELSEWHERE.contains(&planned.oid()) {
                others.push((planned.oid(), planned.value_der().to_vec()));
            }
        }
    }
    let mut met: Vec<Oid> = Vec::new();
    for (oid, value) in others {
        if !met.contains(&oid) {
            met.push(oid);
            reps.push(extension_rep(oid, None));
        }
        for critical in [false, true] {
            reps.push(extension_rep(oid, Some(GivenExtension { oid, critical, value: value.clone() })));
        }
    }
    reps
}

fn extension_rep(oid: Oid, given: Option<GivenExtension>) -> Rep {
    let wanted = given.as_ref().map(|given| (given.critical, given.value.clone()));
    let pin = move |base: &Proposal| {
        let mut proposal = base.clone();
        proposal.extensions.retain(|extension| extension.oid != oid);
        proposal.extensions.extend(given.clone());
        proposal
    };
    // It stands for all that nobody names.
    let label = if unknown() == Some(oid) { "other extensions".to_owned() } else { label(&oid).into_owned() };
    Rep { label, pin: Box::new(pin), part: CertificatePart::Extension(oid, wanted) }
}

/// Subject and alternative names, which both sides take from the CSR alike: what one issues and the other refuses.
fn compare_names(sides: &[Side<'_>; 2], findings: &mut Findings<'_>) {
    let candidates = sides.each_ref().map(|side| side.scope.candidates());
    let mut names: Vec<Vec<u8>> = candidates.concat();
    names.sort();
    names.dedup();
    let policies = sides.each_ref().map(|side| &side.scope.policy);
    let rules = || policies.iter().flat_map(|policy| &policy.all);
    let mut counts: Vec<usize> = vec![0, 1, 100];
    for texts in rules().filter_map(|rules| rules.names.as_ref()).map(|names| &names.texts) {
        for bound in texts.least.into_iter().chain(texts.most) {
            counts.extend([bound.saturating_sub(1), bound, bound + 1]);
        }
    }
    counts.retain(|count| *count <= 100);
    let required: Vec<Oid> = rules()
        .filter_map(|rules| rules.subject.as_ref())
        .flat_map(|subject| &subject.required)
        .map(|of| of.0)
        .collect();
    for (place, side) in sides.iter().enumerate() {
        let other = &sides[1 - place];
        let mut try_on_other = |proposal: Proposal| {
            if side.ask(&proposal).is_err() {
                return;
            }
            let elsewhere = Proposal {
                subject: proposal.subject.clone(),
                names: proposal.names.clone(),
                names_critical: proposal.names_critical,
                ..other.base.clone()
            };
            if let Err(error) = other.ask(&elsewhere) {
                findings.note_refusal(place, "subject and subjectAltName", Some(&error), &proposal);
            }
        };
        let with = |wanted: &Wanted<'_>| side.scope.with_names(&side.base, wanted);
        for name in names.iter().filter(|name| side.scope.accepts_name(name)) {
            let wanted = [name.clone()];
            if let Some(proposal) = with(&Wanted { names: &wanted, ..Wanted::default() }) {
                try_on_other(Proposal { names_critical: !proposal.names_critical, ..proposal.clone() });
                try_on_other(proposal);
            }
        }
        counts
            .iter()
            .filter_map(|least| with(&Wanted { least: *least, ..Wanted::default() }))
            .for_each(&mut try_on_other);
        let mut subjects = side.scope.subjects(None);
        for oid in &required {
            subjects.extend(side.scope.subjects(Some(*oid)));
        }
        for subject in subjects {
            let own = [subject];
            // Once with as few alternative names as there may be, once with names that are not its commonName.
            let wanted = Wanted { subjects: Some(&own), ..Wanted::default() };
            with(&wanted).into_iter().for_each(&mut try_on_other);
            if let Some(names) = side.scope.names_beside(&own[0]) {
                with(&Wanted { names: &names, ..wanted }).into_iter().for_each(&mut try_on_other);
            }
        }
    }
}

/// Whether `ApiPassthrough` and the extensions of the CSR are taken.
fn compare_sources(sides: &[Side<'_>; 2], findings: &mut Findings<'_>) {
    let kinds = sides.each_ref().map(|side| side.scope.question.template.kind());
    // The side that does not take it issues without a look at it.
    let differs = |takes: [bool; 2]| match takes {
        [true, false] => Some((0, 1)),
        [false, true] => Some((1, 0)),
        _ => None,
    };
    if let Some((taker, other)) = differs(kinds.map(|kind| kind.takes_api())) {
        let base = &sides[other].base;
        let taken = if base.subject == name_der(&[(Oid::COMMON_NAME, "w".to_owned())]) { "ww" } else { "w" };
        let proposal = Proposal { api_common_name: Some(taken.to_owned()), ..base.clone() };
        findings.note(taker, &["apiPassthrough".to_owned()], &proposal, Ways::Both);
    }
    if let Some((taker, other)) = differs(kinds.map(|kind| kind.takes_csr()))
        && let Some(oid) = unknown()
    {
        let taken = GivenExtension { oid, critical: false, value: vec![tag::NULL, 0] };
        let proposal = Proposal { csr_extension: Some(taken), ..sides[other].base.clone() };
        findings.note(taker, &["csr.extensionRequest".to_owned()], &proposal, Ways::Both);
    }
}

/// The longest certificate that either policy takes.
fn compare_sizes(sides: &[Side<'_>; 2], findings: &mut Findings<'_>) {
    let most = sides.each_ref().map(|side| side.scope.policy.all.iter().filter_map(|rules| rules.max_bytes).min());
    let place = match most {
        [Some(first), Some(second)] if first == second => return,
        [None, None] => return,
        [Some(first), Some(second)] => usize::from(first < second),
        [None, Some(_)] => 0,
        [Some(_), None] => 1,
    };
    let (side, other) = (&sides[place], &sides[1 - place]);
    let Some(bound) = most[1 - place] else { return };
    let longer = |proposal: &Proposal| {
        side.ask(proposal).is_ok_and(|prepared| prepared.tbs_der().len() > bound) && other.ask(proposal).is_err()
    };
    let Ok(prepared) = side.ask(&side.base) else { return };
    let missing = (bound + 1).saturating_sub(prepared.tbs_der().len());
    let mut candidates: Vec<Proposal> = vec![side.base.clone()];
    for padding in missing.saturating_sub(24)..=missing {
        let mut padded = side.base.clone();
        let value = super::names::element(tag::OCTET_STRING, &vec![0; padding]);
        padded.extensions.extend(unknown().map(|oid| GivenExtension { oid, critical: false, value }));
        candidates.push(padded);
        let mut padded = side.base.clone();
        let text = name_der(&[(Oid::COMMON_NAME, "w".repeat(padding.max(1)))]);
        let rest = [super::subjects::rdns(&padded.subject), super::subjects::rdns(&text)].concat();
        padded.subject = super::subjects::name(&[&rest]);
        candidates.push(padded);
    }
    for count in 1..=100 {
        candidates.extend(side.scope.with_names(&side.base, &Wanted { least: count, ..Wanted::default() }));
    }
    if let Some(proposal) = candidates.into_iter().find(longer) {
        findings.note(place, &["max_bytes".to_owned()], &proposal, Ways::Both);
    }
}
