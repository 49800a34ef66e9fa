//! Whose request it is: the region and the account that it is for.

use axum::http::HeaderMap;
use axum::http::Uri;
use axum::http::header::AUTHORIZATION;
use issuance::api::Fault;
use issuance::{AwsException, CertificateAuthorityArn};

/// What is kept is apart for each of these.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Scope {
    pub(crate) region: String,
    /// 12 digits.
    pub(crate) account: String,
}

impl Scope {
    /// The scope of a request (R-SVC-3): the region is that of the signature's credential scope, the account the access key's
    /// identifier, if that is 12 digits. What a caller does not say is as in `otherwise`. The signature itself is not checked.
    pub(crate) fn of(headers: &HeaderMap, uri: &Uri, otherwise: &Scope) -> Result<Scope, Fault> {
        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(credential) = authorization.and_then(in_header).or_else(|| in_query(uri)) else {
            return Ok(otherwise.clone());
        };
        let account = if is_account(credential.key) { credential.key } else { &otherwise.account };
        let region = credential.region.unwrap_or(&otherwise.region);
        Scope::new(region, account).map_err(|problem| Fault::new(AwsException::Validation, problem))
    }

    /// The scope of an account in a region, or why there is no such region.
    pub(crate) fn new(region: &str, account: &str) -> Result<Scope, String> {
        match is_region(region) {
            true => Ok(Scope { region: region.to_owned(), account: account.to_owned() }),
            false => Err(format!("Credential should be scoped to a valid region, not '{}'", region.escape_default())),
        }
    }

    /// Whether an authority is of this account and region.
    pub(crate) fn has(&self, arn: &CertificateAuthorityArn) -> bool {
        arn.region() == self.region && arn.account() == self.account
    }
}

/// What stands in a credential: `<key>/<date>/<region>/<service>/aws4_request`.
pub(crate) struct Credential<'t> {
    pub(crate) key: &'t str,
    pub(crate) date: &'t str,
    /// A signature for several regions has none.
    pub(crate) region: Option<&'t str>,
    pub(crate) service: &'t str,
}

impl<'t> Credential<'t> {
    /// The parts are cut off from the end: nothing keeps slashes out of a key.
    pub(crate) fn parse(text: &'t str, separator: &str) -> Option<Credential<'t>> {
        let parts: Vec<&str> = text.rsplitn(5, separator).collect();
        match parts[..] {
            ["aws4_request", service, region, date, key] => {
                Some(Credential { key, date, region: Some(region), service })
            }
            ["aws4_request", service, date, key] => Some(Credential { key, date, region: None, service }),
            _ => None,
        }
    }
}

fn in_header(authorization: &str) -> Option<Credential<'_>> {
    let parameters = authorization.strip_prefix("AWS4-")?.split_once(' ')?.1;
    let credential = parameters.split(',').find_map(|parameter| parameter.trim().strip_prefix("Credential="))?;
    Credential::parse(credential, "/")
}

/// Of a URL that was signed.
fn in_query(uri: &Uri) -> Option<Credential<'_>> {
    let credential = uri.query()?.split('&').find_map(|parameter| parameter.strip_prefix("X-Amz-Credential="))?;
    Credential::parse(credential, "%2F").or_else(|| Credential::parse(credential, "/"))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A region as it can stand in an ARN, with room for the rest of it.
fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(authorization: &str, uri: &str) -> Option<(String, String)> {
        let otherwise = Scope { region: "us-east-1".to_owned(), account: "123456789012".to_owned() };
        let mut headers = HeaderMap::new();
        if !authorization.is_empty() {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
        }
        Scope::of(&headers, &uri.parse().unwrap(), &otherwise).ok().map(|scope| (scope.region, scope.account))
    }

    fn scope(region: &str, account: &str) -> Option<(String, String)> {
        Some((region.to_owned(), account.to_owned()))
    }

    #[test]
    fn the_credential_scope_tells_region_and_account() {
        let signed = |credential: &str| {
            let header = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00");
            of(&header, "/")
        };
        assert_eq!(
            signed("AKIAIOSFODNN7EXAMPLE/20261127/eu-west-1/acm-pca/aws4_request"),
            scope("eu-west-1", "123456789012")
        );
        assert_eq!(
            signed("210987654321/20261127/cn-north-1/acm-pca/aws4_request"),
            scope("cn-north-1", "210987654321")
        );
        assert_eq!(signed("a/b/20261127/eu-west-1/acm-pca/aws4_request"), scope("eu-west-1", "123456789012"));
        for region in ["EU-WEST-1", "eu_west_1", "", &"a".repeat(33)] {
            assert_eq!(signed(&format!("AKIA/20261127/{region}/acm-pca/aws4_request")), None, "{region}");
        }
    }

    #[test]
    fn what_is_not_told_is_as_the_options_say() {
        let default = scope("us-east-1", "123456789012");
        for unsigned in ["", "nonsense", "AWS4-HMAC-SHA256 Credential=x", "AWS4-HMAC-SHA256", "Basic dTpw"] {
            assert_eq!(of(unsigned, "/"), default, "{unsigned}");
        }
        // A signature for several regions names none.
        let several = "AWS4-ECDSA-P256-SHA256 Credential=210987654321/20261127/acm-pca/aws4_request, Signature=00";
        assert_eq!(of(several, "/"), scope("us-east-1", "210987654321"));
    }

    #[test]
    fn a_signed_url_is_read_too() {
        let uri = "/?Action=GetCallerIdentity&X-Amz-Credential=AKIA%2F20261127%2Fus-gov-west-1%2Fsts%2Faws4_request";
        assert_eq!(of("", uri), scope("us-gov-west-1", "123456789012"));
    }
}
