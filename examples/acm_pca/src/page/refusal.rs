//! Why a request is refused: by which rule, at which place, and what would be right.

use issuance::api::Fault;
use issuance::{AwsException, Error};
use maud::{Markup, html};

use super::plan::rule;
use super::table::table;
use super::text::Foreign;
use crate::service::dry_run::Refused;

pub(super) fn show(refused: &Refused) -> Markup {
    let (exception, message) = match refused {
        Refused::Error(error) => (error.aws_exception(), error.to_string()),
        Refused::Fault(Fault { exception, message, .. }) => (*exception, message.clone()),
    };
    let rows = rows(refused, &message);
    html! {
        section aria-labelledby="outcome" {
            h2 id="outcome" { "Refused: " (exception) }
            p.notice.refused { (Foreign(&message)) }
            (table("What is wrong, and where", &["Place", "Rule", "What would be right"], rows))
        }
    }
}

fn rows(refused: &Refused, message: &str) -> Vec<Vec<Markup>> {
    let row = |place: &str, name: &str, right: &str| {
        vec![
            html! { (Foreign(if place.is_empty() { "the request" } else { place })) },
            rule(name),
            html! { (Foreign(right)) },
        ]
    };
    let error = match refused {
        Refused::Error(error) => error,
        Refused::Fault(fault) if fault.exception == AwsException::AccessDenied => {
            return vec![row("the caller", "R-POL-7", message)];
        }
        Refused::Fault(_) => return vec![row("csr", "R-CSR-1", message)],
    };
    match &**error {
        Error::Request(error) => error
            .violations()
            .iter()
            .map(|violation| row(violation.path(), "R-REQ-2", &violation.constraint().to_string()))
            .collect(),
        Error::Policy(refusal) => refusal
            .violations()
            .iter()
            .map(|violation| row(violation.path(), violation.rule(), violation.right()))
            .collect(),
        Error::Check(check) => {
            let place = check.input.as_ref().map_or_else(String::new, ToString::to_string);
            vec![row(&place, check.rule, &check.problem)]
        }
        error => {
            let (place, name) = place_and_rule(error);
            vec![row(place, name, &error.to_string())]
        }
    }
}

/// Where an error is, and the rule behind it.
fn place_and_rule(error: &Error) -> (&'static str, &'static str) {
    match error {
        Error::Arn(_) | Error::NotThisAuthority(_) => ("certificateAuthorityArn", "R-ARN-3"),
        Error::UnknownTemplate(_) => ("templateArn", "R-REQ-5"),
        Error::Template(_) => ("templateArn", "R-CA-2"),
        Error::Algorithm(_) => ("signingAlgorithm", "R-CA-4"),
        Error::Validity(_) => ("validity", "R-VAL-3"),
        Error::NameConstraint(_) => ("the names", "R-CA-5"),
        Error::Csr(_) => ("csr", "R-CSR-2"),
        Error::AuthorityState { .. } => ("the authority", "R-CA-1"),
        _ => ("", "R-ERR-1"),
    }
}
