//! R-POL-6: who has the plan under one template and the differences to another one knows the plan under the other.

use issuance::analysis::{Diff, Difference, Example, diff};
use issuance::plan::{Input, Reason, SuppressedInput};
use issuance::policy::Policy;
use issuance::request::CustomExtension;
use issuance::template::{CrlDistributionPoints, Source, TemplateKind};
use issuance::x509::Field;
use issuance::{
    CertificateAuthority, CertificatePlan, Error, GeneralName, IssueCertificateRequest, Oid, Signer, Subject, Template,
    Validity,
};
use issuance_test_support::ca::{self, LEAF_KEY, P384_KEY};
use issuance_test_support::der::{self, CsrParts, name, name_attribute, oid, seq, tlv, utf8};

use crate::generate::{self, Random, for_each_seed};
use crate::never_or_witness::{authorities, prepare};

/// Extensions that one source or both give, by name and value.
fn extensions(random: &mut Random) -> Vec<(&'static str, bool, Vec<u8>)> {
    let usage: [&[u8]; 4] = [&[3, 2, 7, 0x80], &[3, 2, 5, 0xa0], &[3, 2, 6, 0xc0], &[3, 2, 1, 6]];
    let purposes = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.3"].map(|id| seq(&[&oid(id)]));
    let must_staple = seq(&[&tlv(2, &[5])]);
    let crl = tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"http://crl.example.com/")));
    let policies = seq(&[&seq(&[&oid("1.2.3.5")])]);
    let mut found = Vec::new();
    let mut maybe = |random: &mut Random, of: usize, id: &'static str, value: Vec<u8>| {
        if random.one_in(of) {
            found.push((id, random.one_in(2), value));
        }
    };
    let (usage, purpose) = (usage[random.below(4)], purposes[random.below(3)].clone());
    maybe(random, 2, "2.5.29.15", usage.to_vec());
    maybe(random, 2, "2.5.29.37", purpose);
    maybe(random, 3, "1.2.3.4", vec![5, 0]);
    maybe(random, 4, "1.3.6.1.5.5.7.1.24", must_staple);
    maybe(random, 4, "2.5.29.31", seq(&[&seq(&[&crl])]));
    maybe(random, 4, "2.5.29.32", policies.clone());
    // Says again what a template may fix as a purpose.
    maybe(random, 8, "1.3.6.1.4.1.311.21.10", policies);
    found
}

fn request(random: &mut Random, authority: &CertificateAuthority, template: &Template) -> IssueCertificateRequest {
    let hosts: [&[u8]; 4] = [b"a.example.com", b"b.a.example.com", b"*.example.com", b"example.org"];
    let key = if random.one_in(2) { LEAF_KEY.public_key_der() } else { P384_KEY.public_key_der() };
    let mut requested = Vec::new();
    if !random.one_in(3) {
        let names: Vec<u8> = (0..1 + random.below(2)).flat_map(|_| tlv(0x82, random.of(&hosts))).collect();
        requested.push(der::extension("2.5.29.17", random.one_in(2), &tlv(0x30, &names)));
    }
    let by_csr = if random.one_in(4) { Vec::new() } else { extensions(random) };
    requested.extend(by_csr.iter().map(|(id, critical, value)| der::extension(id, *critical, value)));
    let attributes: Vec<Vec<u8>> = [("2.5.4.6", "US"), ("2.5.4.10", "Corp"), ("2.5.4.3", "a.example.com")]
        .into_iter()
        .filter(|_| !random.one_in(3))
        .map(|(id, value)| name_attribute(id, &utf8(value)))
        .collect();
    let csr = CsrParts::new(key).subject(name(&attributes)).extensions(&requested).der();
    let days = random.of(&[1, 7, 90]);
    let mut request = ca::request(&csr, "EndEntityCertificate")
        .template(template)
        .certificate_authority_arn(authority.arn().clone())
        .validity(Validity::days(days));
    if random.one_in(2) {
        for (id, critical, value) in extensions(random) {
            request = request.custom_extension(CustomExtension::new(id, value, critical));
        }
        if random.one_in(3) {
            request = request.subject(Subject::builder().organization("Corp").common_name("api"));
        }
        if random.one_in(3) {
            request = request.subject_alternative_name(GeneralName::dns_name("a.example.com"));
        }
    }
    request.build().unwrap()
}

/// What differences say of the second template to somebody who knows the first.
struct Description<'d> {
    first: &'d Template,
    kind: TemplateKind,
    diff: &'d Diff,
}

fn label(oid: &Oid) -> String {
    oid.name().map_or_else(|| oid.to_string(), str::to_owned)
}

impl Description<'_> {
    fn of<'d>(first: &'d Template, diff: &'d Diff) -> Description<'d> {
        let takes = |dimension: &str, own: bool| match only(diff, dimension) {
            [None, None] => own,
            [only_first, _] => only_first.is_none(),
        };
        let api = takes("apiPassthrough", first.kind().takes_api());
        let kind = match (api, takes("csr.extensionRequest", first.kind().takes_csr())) {
            (false, false) => TemplateKind::Base,
            (false, true) => TemplateKind::CsrPassthrough,
            (true, false) => TemplateKind::ApiPassthrough,
            (true, true) => TemplateKind::ApiCsrPassthrough,
        };
        Description { first, kind, diff }
    }

    /// The sources of an extension, or of the subject (`None`), first source first.
    fn sources(&self, oid: Option<&Oid>) -> Vec<Source> {
        let mut sources = Vec::new();
        if self.kind.takes_api() {
            sources.push(Source::Api);
        }
        if self.kind.takes_csr() || oid.is_none_or(|oid| *oid == Oid::SUBJECT_ALT_NAME) {
            sources.push(Source::Csr);
        }
        sources
    }

    /// Whether the extension of the second certificate is as foreseen.
    fn foresees(&self, oid: &Oid, first: &CertificatePlan, second: &CertificatePlan) -> bool {
        let found = second.extension(oid);
        let mut differs = only(self.diff, &label(oid));
        // What nobody names is as all that nobody names.
        let is_named = oid.name().is_some() || self.first.extensions().iter().any(|e| e.object_identifier() == *oid);
        let mut name = label(oid);
        if !is_named && differs == [None, None] {
            differs = only(self.diff, "other extensions");
            name = "1.2.127.127".to_owned();
        }
        let [only_first, only_second] = differs;
        // What the second says where the first says something else: always the same, as the template fixes it.
        if let Some(example) = only_first {
            // No request is issued by both, so the example does not say it.
            if example.second().starts_with("refused") {
                return true;
            }
            let said = match &found {
                Some(found) if found.critical() => format!("{name} {} (critical)", found.value_text()),
                Some(found) => format!("{name} {}", found.value_text()),
                None => format!("no {name}"),
            };
            return example.second().contains(&said);
        }
        let from = first.extension(oid);
        // Fixed by both, or not from outside.
        let outside = from.as_ref().is_none_or(|from| matches!(from.source(), Source::Api | Source::Csr));
        if only_second.is_none() && !outside {
            return found.map(|found| (found.critical(), found.value_der().to_vec()))
                == from.map(|from| (from.critical(), from.value_der().to_vec()));
        }
        // What the first never takes, the second does not, either, where they do not differ.
        if only_second.is_none() && self.first_never_takes(oid, first) {
            return found.is_none();
        }
        // From outside: the first source of the second template that gave it, whether the first template used it or not.
        let given = |source: Source| {
            let used = from.filter(|from| from.source() == source).map(|from| from.value_der().to_vec());
            let unused = || {
                let input =
                    first.suppressed().iter().find(|s| s.input().source() == source && s.input().oid() == Some(*oid));
                input.map(|input| input.value_der().to_vec())
            };
            used.or_else(unused)
        };
        let given = self.sources(Some(oid)).into_iter().find_map(given);
        found.map(|found| found.value_der().to_vec()) == given
    }

    /// Whether the first template takes the extension from nobody, so that its plan does not have it.
    fn first_never_takes(&self, oid: &Oid, plan: &CertificatePlan) -> bool {
        let defines = |s: &SuppressedInput| s.input().oid() == Some(*oid) && s.reason() == Reason::TemplateDefines;
        let base = self.first.kind() == TemplateKind::Base && *oid != Oid::SUBJECT_ALT_NAME;
        // R-MRG-9.
        let fixes_usage = self.first.key_usage().is_some() || self.first.extended_key_usage().is_some();
        let alias = fixes_usage && oid.to_string() == "1.3.6.1.4.1.311.21.10";
        let never = self.first.crl_distribution_points() == CrlDistributionPoints::Never
            && *oid == Oid::CRL_DISTRIBUTION_POINTS;
        base || alias || never || plan.suppressed().iter().any(defines)
    }

    fn foresees_subject(&self, first: &CertificatePlan, second: &CertificatePlan) -> bool {
        let given = |source: Source| {
            let used =
                (first.source_of(Field::Subject) == Some(source)).then(|| first.field_der(Field::Subject).to_vec());
            let unused = || {
                let input = first.suppressed().iter().find(|suppressed| {
                    matches!(suppressed.input(), Input::ApiSubject | Input::CsrSubject)
                        && suppressed.input().source() == source
                });
                input.map(|input| input.value_der().to_vec())
            };
            used.or_else(unused)
        };
        // An empty name is not among what was not used.
        let given = self.sources(None).into_iter().find_map(given).unwrap_or_else(|| name(&[]));
        second.field_der(Field::Subject) == given
    }
}

/// What one of the two alone issues in this dimension.
fn only<'d>(diff: &'d Diff, dimension: &str) -> [Option<&'d Example>; 2] {
    let found = diff.differences().iter().find(|difference| difference.dimension() == dimension);
    found.map_or([None, None], |found| [found.only_first(), found.only_second()])
}

/// What is taken from another source may be refused: one that is wider can answer with a refusal where the other ignores.
fn is_source(difference: &Difference) -> bool {
    ["apiPassthrough", "csr.extensionRequest"].contains(&difference.dimension())
}

/// Of two answers: the second is the one that the first and the differences foresee.
fn is_about_length(error: &Error) -> bool {
    matches!(error, Error::Policy(refusal) if refusal.violations().iter().all(|violation| violation.rule() == "max_bytes"))
}

fn check(description: &Description<'_>, answers: [&Result<CertificatePlan, Error>; 2]) -> Result<(), String> {
    let differences = || description.diff.differences().iter();
    match answers {
        [Ok(first), Ok(second)] => {
            for field in first.fields().iter().map(|planned| planned.field()) {
                let foreseen = match field {
                    Field::Subject => description.foresees_subject(first, second),
                    _ => first.field_der(field) == second.field_der(field),
                };
                if !foreseen {
                    return Err(format!("{} is {}", field.as_str(), second.field_text(field)));
                }
            }
            let oids = first.extensions().map(|e| e.oid()).chain(second.extensions().map(|e| e.oid()));
            let inputs = first.suppressed().iter().filter_map(|input| match input.input() {
                Input::CsrAttribute(_) => None,
                input => input.oid(),
            });
            for oid in oids.chain(inputs) {
                if !description.foresees(&oid, first, second) {
                    return Err(format!("{} is {:?}", label(&oid), second.extension(&oid).map(|e| e.value_text())));
                }
            }
            Ok(())
        }
        // How long a certificate gets depends on all of its parts.
        [Ok(_), Err(error)] | [Err(error), Ok(_)] if is_about_length(error) && !description.diff.is_empty() => Ok(()),
        // One of the rules that refuse is a difference, or a part of the certificate that the rule judges is.
        [Ok(_), Err(error)]
            if !differences().any(|difference| difference.only_first().is_some() || is_source(difference)) =>
        {
            Err(format!("the second refuses: {error}"))
        }
        [Err(error), Ok(_)]
            if !differences().any(|difference| difference.only_second().is_some() || is_source(difference)) =>
        {
            Err(format!("the first refuses: {error}"))
        }
        _ => Ok(()),
    }
}

/// Each seed: two templates, their differences, and a hundred requests.
#[test]
fn r_pol_6_the_differences_foretell_the_other_plan() {
    let authorities = authorities();
    let counts = std::cell::Cell::new([0; 4]);
    for_each_seed(&[4597], 40, |seed| {
        let random = &mut Random::new(seed ^ 0xd1ff);
        let authority = &authorities[random.below(authorities.len())];
        let first = generate::template(random);
        // A neighbour in one or two respects, or any other one.
        let second = if random.one_in(3) { generate::template(random) } else { neighbour(random, &first) };
        let rarity = random.of(&[24, 48, 96]);
        let shared = generate::policy(random, rarity);
        let rarity = random.of(&[24, 48, 96]);
        let [first, second] = if random.one_in(2) {
            [first.with_policy(shared.clone()), second.with_policy(shared)]
        } else {
            [first.with_policy(shared), second.with_policy(generate::policy(random, rarity))]
        };
        let diff = diff(&first, &second, authority, ca::now());
        let description = Description::of(&first, &diff);
        for _ in 0..100 {
            let request = request(random, authority, &first);
            let answers = [&first, &second].map(|template| {
                prepare(authority, template, &Policy::default(), &request).map(|prepared| prepared.plan().clone())
            });
            let kind = usize::from(answers[0].is_err()) + 2 * usize::from(answers[1].is_err());
            let mut new = counts.get();
            new[kind] += 1;
            counts.set(new);
            if let Err(problem) = check(&description, answers.each_ref()) {
                let plans: Vec<String> = answers
                    .iter()
                    .map(|answer| match answer {
                        Ok(plan) => plan.to_string(),
                        Err(error) => error.to_string(),
                    })
                    .collect();
                panic!(
                    "seed {seed}: {problem}\n{diff}\n{}\n{}\n{}",
                    first.to_toml(),
                    second.to_toml(),
                    plans.join("\n\n")
                );
            }
        }
    });
    assert!(counts.get().iter().all(|count| *count > 20), "{:?}", counts.get());
}

/// A template that differs in one member, of those that have no say in others.
fn neighbour(random: &mut Random, template: &Template) -> Template {
    let other = generate::template(random);
    let json = |template: &Template| -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_str(&template.to_json()).unwrap()
    };
    let (mut table, other) = (json(template), json(&other));
    let members =
        ["kind", "key_usage", "extended_key_usage", "certificate_policies", "extensions", "crl_distribution_points"];
    let member = random.of(&members);
    match other.get(member) {
        Some(value) => table.insert(member.to_owned(), value.clone()),
        None => table.remove(member),
    };
    Template::from_json(&serde_json::to_string(&table).unwrap(), &[]).unwrap_or_else(|_| template.clone())
}
