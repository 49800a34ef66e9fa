//! The request log: one line a request on standard error.

use std::fmt::Write as _;
use std::io::Write as _;

use axum::http::StatusCode;
use issuance::Timestamp;
use issuance::api::Fault;

/// What there is to say of one request beside its outcome.
#[derive(Default)]
pub struct Entry {
    /// The authority that it is about.
    pub authority: Option<String>,
    /// What the operator should know: the certificate, what of the request was not used and why, the cause of a failure.
    pub remarks: Vec<String>,
}

impl Entry {
    pub fn remark(&mut self, remark: impl Into<String>) {
        self.remarks.push(remark.into());
    }
}

/// The most characters of a line.
const LONGEST: usize = 4000;

/// The line of one request.
pub fn line(now: Timestamp, operation: &str, status: StatusCode, fault: Option<&Fault>, entry: &Entry) -> String {
    let authority = entry.authority.as_deref().unwrap_or("-");
    let mut line = format!("{now} {operation} {authority} {}", status.as_u16());
    if let Some(fault) = fault {
        // Cannot fail: a String takes everything.
        let _ = write!(line, " {fault}");
    }
    for remark in &entry.remarks {
        let _ = write!(line, "; {remark}");
    }
    one_line(&line)
}

/// Text of callers' must not begin lines or drive terminals.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 1);
    for (position, character) in text.chars().enumerate() {
        match character {
            _ if position == LONGEST => {
                line.push_str(" ...");
                break;
            }
            ' '..='~' => line.push(character),
            _ => line.extend(character.escape_default()),
        }
    }
    line.push('\n');
    line
}

/// One call of the system a line, so that lines do not mix.
pub fn write(line: &str) {
    // Nobody is there to be told that the log cannot be written.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use issuance::AwsException;

    #[test]
    fn a_request_is_one_line() {
        let now = Timestamp::from_unix(1_800_000_000).unwrap();
        let fault = Fault::new(AwsException::Validation, "a\r\nb\u{1b}[31m\u{202e}é");
        let entry = Entry { authority: Some("arn".to_owned()), remarks: vec!["x".to_owned(), "y".repeat(5000)] };
        let line = line(now, "IssueCertificate", StatusCode::BAD_REQUEST, Some(&fault), &entry);
        let start = "2027-01-15T08:00:00Z IssueCertificate arn 400 ValidationException: a\\r\\nb\\u{1b}[31m\\u{202e}\\u{e9}; x; y";
        assert!(line.starts_with(start), "{line}");
        assert!(line.ends_with("y ...\n") && line.matches('\n').count() == 1 && line.len() < 4100);
    }
}
