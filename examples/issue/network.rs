//! The options that mean something on a network alone: judged as the AWS CLI judges them, then left alone.

use crate::command_line::Given;
use crate::failure::Failure;

/// Refuses what the AWS CLI would refuse before it opens a connection.
pub(crate) fn check(given: &Given) -> Result<(), Failure> {
    if let Some(url) = given.get("--endpoint-url") {
        endpoint(url)?;
    }
    for option in ["--cli-read-timeout", "--cli-connect-timeout"] {
        if let Some(seconds) = given.get(option) {
            timeout(option, seconds)?;
        }
    }
    if let Some(region) = given.get("--region").filter(|region| !is_host_label(region)) {
        return Err(Failure::Refused(format!("Provided region_name '{region}' doesn't match a supported format.")));
    }
    if given.has("--cli-auto-prompt") && given.has("--no-cli-auto-prompt") {
        let both = "Both --cli-auto-prompt and --no-cli-auto-prompt cannot be specified at the same time.";
        return Err(Failure::Refused(both.to_owned()));
    }
    Ok(())
}

fn endpoint(url: &str) -> Result<(), Failure> {
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let problem = match host {
        Some(host) if !host.is_empty() && !host.starts_with(['/', ':', '?', '#']) => return Ok(()),
        Some(_) => "host is missing",
        None => "scheme is missing",
    };
    Err(Failure::Refused(format!(
        "Bad value for --endpoint-url \"{url}\": {problem}.  Must be of the form http://<hostname>/ or https://<hostname>/"
    )))
}

/// Whole seconds; zero means no limit.
fn timeout(option: &str, seconds: &str) -> Result<(), Failure> {
    let problem =
        |_| Failure::Usage(format!("argument {option}: invalid int value: '{seconds}'; a number of seconds is right"));
    seconds.trim().parse::<u32>().map(drop).map_err(problem)
}

/// A label of a host name (RFC 1123) that is not all digits.
fn is_host_label(region: &str) -> bool {
    (1..=63).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !region.starts_with('-')
        && !region.ends_with('-')
        && !region.bytes().all(|byte| byte.is_ascii_digit())
}
