//! Questions about templates and policies, answered before anybody asks for a certificate (R-POL-6).

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use issuance::analysis::{Answer, DocumentAnswer, Witness, analyse_documents, diff};
use issuance::issue::SystemClock;
use issuance::policy::IamDocument;
use issuance::template::{CrlDistributionPoints, Source};
use issuance::{Clock, IssuedCertificate, RustCryptoSigner, Signer, SigningAlgorithm, Template};
use serde_json::json;

use crate::authority::{LOCAL_ARN, LocalAuthority, arn_of};
use crate::failure::Failure;
use crate::options::{Asked, Question};
use crate::output;

/// Answers a question: 0, 1 if a template can never issue, or 2 if that cannot be decided.
pub(crate) fn answer(question: &Question) -> Result<ExitCode, Failure> {
    match &question.asked {
        Asked::Explain(name) => {
            let template = question.files.find("--explain-template", name)?;
            let text = if question.json { template.to_json() } else { explain(&template)? };
            output::print(&text)?;
            Ok(ExitCode::SUCCESS)
        }
        Asked::Diff(first, second) => {
            let first = question.files.find("--diff-templates", first)?;
            let second = question.files.find("--diff-templates", second)?;
            let found = diff(&first, &second, authority(question)?.certificate_authority(), SystemClock.now());
            output::print(&if question.json { output::json(&found) } else { found.to_string() })?;
            Ok(ExitCode::SUCCESS)
        }
        Asked::CanIssue(template) => can_issue(question, template.as_deref()),
    }
}

fn authority(question: &Question) -> Result<LocalAuthority, Failure> {
    let arn = arn_of(LOCAL_ARN)?;
    match &question.authority {
        Some(files) => LocalAuthority::from_files(arn, files),
        None => LocalAuthority::in_memory(arn, SigningAlgorithm::Sha256WithEcdsa),
    }
}

/// Answers with a request, which is carried out as far as a key of its kind can be made here.
fn can_issue(question: &Question, template: Option<&str>) -> Result<ExitCode, Failure> {
    let template = match (template, &question.files.template) {
        (Some(name), _) => question.files.find("--template-arn", name)?,
        (None, Some(own)) => own.clone(),
        (None, None) => Template::default_template().clone(),
    };
    let policy = question.files.policy.clone().unwrap_or_default();
    let documents: Vec<IamDocument> = question.files.document.iter().cloned().collect();
    let authority = authority(question)?;
    let now = SystemClock.now();
    let answer = match analyse_documents(&template, &policy, &documents, authority.certificate_authority(), now) {
        DocumentAnswer::Decided(answer) => answer,
        DocumentAnswer::Undecided { because } => {
            output::print(&if question.json {
                output::json(&json!({"undecided": because}))
            } else {
                format!("it cannot be decided whether {} can issue: {because}\n", template.name())
            })?;
            return Ok(ExitCode::from(2));
        }
    };
    match answer {
        answer @ Answer::Never(_) => {
            output::print(&if question.json { output::json(&answer) } else { format!("{answer}\n") })?;
            Ok(ExitCode::from(1))
        }
        Answer::Witness(witness) => {
            let certificate = issue(question, &authority, &template, &witness)?;
            output::print(&if question.json {
                output::json(
                    &json!({"witness": witness, "certificate": certificate.as_ref().map(|issued| issued.pem())}),
                )
            } else {
                page(&template, &witness, certificate.as_deref())
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The certificate of a witness; `None` if this program makes no keys of its kind.
fn issue(
    question: &Question,
    authority: &LocalAuthority,
    template: &Template,
    witness: &Witness,
) -> Result<Option<Arc<IssuedCertificate>>, Failure> {
    let issuer = authority.issuer(question.files.options().template(template.clone()))?;
    let new;
    let key: &dyn Signer = if template.is_self_signed() {
        authority.signer()
    } else {
        let Some(algorithm) = witness.key_algorithm() else { return Ok(None) };
        match RustCryptoSigner::generate(algorithm) {
            Ok(key) => new = Arc::new(key),
            Err(_) => return Ok(None),
        }
        &*new
    };
    let request = witness.request_by(key).map_err(|error| Failure::Authority(error.to_string()))?;
    Ok(Some(issuer.issue(&request)?))
}

fn page(template: &Template, witness: &Witness, certificate: Option<&IssuedCertificate>) -> String {
    let mut page = format!("{} can issue, for example to this request:\n\n", template.name());
    for line in witness.to_string().lines() {
        page += &format!("  {line}\n");
    }
    match certificate {
        Some(certificate) => {
            page += &format!("\nIt was issued to a new key, for this answer alone:\n\n{}", certificate.pem())
        }
        None => page += "\nThis program makes no keys of that kind, so no certificate is shown.\n",
    }
    page
}

/// What a template fixes, what it takes from where, and the template as a file.
fn explain(template: &Template) -> Result<String, Failure> {
    let mut text = format!("{}/V1\n", template.name());
    let mut line = |name: &str, says: String| writeln!(text, "  {name:<24}{says}");
    let critical = |critical: bool| if critical { ", critical" } else { "" };
    let sources = |sources: &[Source]| {
        let names: Vec<&str> =
            sources.iter().map(|source| if *source == Source::Api { "ApiPassthrough" } else { "the CSR" }).collect();
        names.join(", else ")
    };
    let kind = template.kind();
    let passed = match (kind.takes_api(), kind.takes_csr()) {
        (false, false) => "none".to_owned(),
        (true, false) => "from ApiPassthrough".to_owned(),
        (false, true) => "from the CSR".to_owned(),
        (true, true) => "from ApiPassthrough, else the CSR".to_owned(),
    };
    let mut write = || -> Result<(), std::fmt::Error> {
        line("subject", format!("from {}", sources(template.subject_sources())))?;
        line("subjectAltName", format!("from {}", sources(template.subject_alternative_name_sources())))?;
        let constraints = template.basic_constraints();
        let is_ca = match (constraints.ca, constraints.path_len) {
            (false, _) => "not a CA".to_owned(),
            (true, None) => "a CA".to_owned(),
            (true, Some(length)) => format!("a CA of path length {length}"),
        };
        line("basicConstraints", format!("{is_ca}{}", critical(constraints.critical)))?;
        let usage = template.key_usage().map(|fixed| format!("{}{}", fixed.value, critical(fixed.critical)));
        line("keyUsage", usage.unwrap_or_else(|| passed.clone()))?;
        let purposes = template.extended_key_usage().map(|fixed| {
            let names = fixed.value.iter().map(|oid| oid.name().map_or_else(|| oid.to_string(), str::to_owned));
            format!("{}{}", names.collect::<Vec<_>>().join(", "), critical(fixed.critical))
        });
        line("extKeyUsage", purposes.unwrap_or_else(|| passed.clone()))?;
        let policies = template.certificate_policies().map(|fixed| {
            let names: Vec<String> = fixed.value.iter().map(|policy| policy.cert_policy_id().to_string()).collect();
            format!("{}{}", names.join(", "), critical(fixed.critical))
        });
        line("certificatePolicies", policies.unwrap_or_else(|| passed.clone()))?;
        let configured = match template.crl_distribution_points() {
            CrlDistributionPoints::ConfigurationThenPassthrough => "from the authority's configuration",
            CrlDistributionPoints::Passthrough => "never from the authority's configuration",
            CrlDistributionPoints::Never => "none",
        };
        line("cRLDistributionPoints", configured.to_owned())?;
        for extension in template.extensions() {
            let oid = extension.object_identifier();
            let name = oid.name().map_or_else(|| oid.to_string(), str::to_owned);
            line(&name, format!("fixed{}", critical(extension.critical())))?;
        }
        line("other extensions", passed.clone())?;
        if let Some(validity) = template.default_validity() {
            line("validity", format!("{} {} if the request gives none", validity.value(), validity.r#type()))?;
        }
        line("policy", if template.policy().is_empty() { "none".to_owned() } else { "as in the file below".to_owned() })
    };
    write().map_err(|error| Failure::Output(error.to_string()))?;
    Ok(format!("{text}\nAs a file:\n\n{}", template.to_toml()))
}
