//! A form that shows what a request would give. Nothing is issued.

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::authority::CertificateAuthorityStatus as Status;
use issuance::{IssueCertificateRequest, SigningAlgorithm};
use maud::{Markup, html};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::View;
use super::authorities::{made, subject};
use super::frame::Shown;
use super::query::Query;
use super::text::{Foreign, beginning};
use super::{plan, refusal};
use crate::service::dry_run::Refused;
use axum::http::StatusCode;

const TITLE: &str = "Dry run";
const AREA: &str = "/dry-run";
const VALIDITY_TYPES: [&str; 5] = ["DAYS", "MONTHS", "YEARS", "END_DATE", "ABSOLUTE"];

/// The empty form, or with what a link fills in.
pub(super) fn form(view: &View, query: &Query) -> Shown {
    Shown::new(TITLE, AREA, fields(view, query))
}

/// What the request of a form would give.
pub(super) fn show(view: &View, sent: &Query) -> Shown {
    if !is_own(view, sent.get("token").unwrap_or_default()) {
        let problem = html! {
            p.notice.refused role="alert" { "This form is not of this page, or was made before the service started. Here it is anew: send it once more." }
            (fields(view, sent))
        };
        return Shown { status: StatusCode::FORBIDDEN, ..Shown::new(TITLE, AREA, problem) };
    }
    let outcome = match outcome(view, sent) {
        Ok(shown) => shown,
        Err(problem) => html! {
            section aria-labelledby="outcome" {
                h2 id="outcome" { "The form cannot be read" }
                p.notice.refused { (Foreign(&problem)) }
            }
        },
    };
    Shown::new(TITLE, AREA, html! { (outcome) h2 { "The request" } (fields(view, sent)) })
}

/// Compared by digests, whose comparison tells nothing of the token by the time that it takes.
fn is_own(view: &View, token: &str) -> bool {
    Sha256::digest(token) == Sha256::digest(view.token())
}

fn outcome(view: &View, sent: &Query) -> Result<Markup, String> {
    let document = document(view, sent)?;
    let request = match IssueCertificateRequest::from_json(document.to_string().as_bytes()) {
        Ok(request) => request,
        Err(error) => return Ok(refusal::show(&Refused::from(issuance::Error::from(error)))),
    };
    // What somebody may not see is not there.
    if view.record(request.certificate_authority_arn()).is_none() {
        return Err("There is no such certificate authority.".to_owned());
    }
    Ok(match view.service_for_caller().dry_run(&request) {
        Ok(kept) => html! {
            section aria-labelledby="outcome" {
                h2 id="outcome" { "The request would be answered with a certificate" }
                p.notice.taken { "Nothing was signed and nothing is kept. The serial number is drawn anew for each request." }
                (plan::show(&kept))
            }
        },
        Err(refused) => refusal::show(&refused),
    })
}

/// The request in the form of the API, which judges it.
fn document(view: &View, sent: &Query) -> Result<Value, String> {
    let text = |name: &str| sent.get(name).map(str::trim).filter(|text| !text.is_empty());
    let arn = text("authority").ok_or("There is no authority to ask: choose one.")?;
    let mut document = json!({
        "CertificateAuthorityArn": arn,
        "Csr": BASE64_STANDARD.encode(sent.get("csr").unwrap_or_default()),
        "SigningAlgorithm": text("algorithm").map_or_else(|| default_algorithm(view, arn), str::to_owned),
        "Validity": validity(text("validity").unwrap_or_default(), text("unit").unwrap_or("DAYS")),
    });
    if let Some(name) = text("template") {
        document["TemplateArn"] = json!(format!("arn:aws:acm-pca:::template/{name}/V1"));
    }
    if let Some(passthrough) = text("passthrough") {
        document["ApiPassthrough"] =
            serde_json::from_str(passthrough).map_err(|error| format!("ApiPassthrough is not JSON: {error}"))?;
    }
    Ok(document)
}

/// What is not a number is passed on as it is, for the library to refuse.
fn validity(value: &str, unit: &str) -> Value {
    let number = value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number));
    json!({ "Type": unit, "Value": number })
}

fn default_algorithm(view: &View, arn: &str) -> String {
    let record = arn.parse().ok().and_then(|arn| view.record(&arn));
    let algorithm = record.and_then(|record| Some(made(&record)?.key_algorithm().default_signing_algorithm()));
    algorithm.map(|algorithm| algorithm.to_string()).unwrap_or_default()
}

fn fields(view: &View, filled: &Query) -> Markup {
    let records = view.records();
    let usable: Vec<_> = records
        .iter()
        .filter(|record| matches!(record.status(view.now), Status::Active | Status::PendingCertificate))
        .collect();
    let is = |name: &str, value: &str| filled.get(name) == Some(value);
    let template = filled.get("template").unwrap_or("EndEntityCertificate");
    html! {
        p { "What would " code { "IssueCertificate" } " do with a request? It is carried out as far as the signature, and no further." }
        form method="post" action="/dry-run" {
            input type="hidden" name="token" value=(view.token());
            div.field {
                label for="authority" { "Authority" }
                select id="authority" name="authority" required {
                    @for record in &usable {
                        option value=(record.arn) selected[is("authority", record.arn.as_str())] {
                            (beginning(&subject(record))) " (" (record.arn.region()) ", " (record.arn.id()) ")"
                        }
                    }
                }
                @if usable.is_empty() { p.hint { "No authority is ACTIVE or waits for its certificate." } }
            }
            div.field {
                label for="template" { "Template" }
                select id="template" name="template" {
                    @for other in view.service().templates() {
                        option value=(other.name()) selected[other.name() == template] { (other.name()) }
                    }
                }
            }
            div.field {
                label for="csr" { "CSR" }
                p.hint id="csr-hint" { "A certification request in PEM" }
                textarea id="csr" name="csr" required spellcheck="false" autocomplete="off" aria-describedby="csr-hint" {
                    // The parser drops a line feed at the beginning.
                    "\n" (filled.get("csr").unwrap_or_default())
                }
            }
            div.field {
                label for="validity" { "Validity" }
                p.hint id="validity-hint" { "A number of days, months or years; YYYYMMDDHHMMSS for END_DATE; seconds since 1970 for ABSOLUTE" }
                input id="validity" name="validity" required inputmode="numeric" value=(filled.get("validity").unwrap_or("90")) aria-describedby="validity-hint";
            }
            div.field {
                label for="unit" { "Type of the validity" }
                select id="unit" name="unit" {
                    @for unit in VALIDITY_TYPES { option value=(unit) selected[is("unit", unit)] { (unit) } }
                }
            }
            div.field {
                label for="algorithm" { "Signing algorithm" }
                select id="algorithm" name="algorithm" {
                    option value="" { "The default of the authority's key" }
                    @for algorithm in SigningAlgorithm::ALL {
                        option value=(algorithm) selected[is("algorithm", algorithm.as_str())] { (algorithm) }
                    }
                }
            }
            div.field {
                label for="passthrough" { "ApiPassthrough" }
                p.hint id="passthrough-hint" { "JSON, such as {\"Subject\": {\"CommonName\": \"www.example.com\"}}; may be left empty" }
                textarea id="passthrough" name="passthrough" spellcheck="false" autocomplete="off" aria-describedby="passthrough-hint" {
                    "\n" (filled.get("passthrough").unwrap_or_default())
                }
            }
            button type="submit" { "Show what it would give" }
        }
    }
}
