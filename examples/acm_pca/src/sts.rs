//! `GetCallerIdentity` of STS, in the AWS query protocol: clients ask it first to see whether their credentials work
//! (R-SVC-2).

use axum::http::StatusCode;
use issuance::CertificateAuthorityArn;

use crate::scope::Scope;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The action that a form or a query asks for. Names of actions need no escapes.
pub(crate) fn action(form: &str) -> Option<&str> {
    form.split('&').find_map(|field| field.strip_prefix("Action="))
}

/// Who calls: nobody is authenticated, so everybody is the root user of the account.
pub(crate) fn answer(action: &str, scope: &Scope, request_id: &str) -> (StatusCode, String) {
    if action != "GetCallerIdentity" {
        let action = escaped(action);
        let body = format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>InvalidAction</Code>\
             <Message>Could not find operation {action}; this service answers GetCallerIdentity</Message></Error>\
             <RequestId>{request_id}</RequestId></ErrorResponse>\n"
        );
        return (StatusCode::BAD_REQUEST, body);
    }
    let (account, partition) = (&scope.account, CertificateAuthorityArn::partition_of(&scope.region));
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult>\
         <Arn>arn:{partition}:iam::{account}:root</Arn><UserId>{account}</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>\n"
    );
    (StatusCode::OK, body)
}

/// Text of a caller's, at most 100 characters of it, none of which XML could read as its own or does not allow.
fn escaped(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() && !"<>&\"'".contains(c) { c } else { '?' };
    text.chars().take(100).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_sends_is_no_markup() {
        let scope = Scope { region: "us-east-1".to_owned(), account: "123456789012".to_owned() };
        let (status, body) = answer("<x>&\u{0}", &scope, "id");
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(body.contains("Could not find operation ?x???;"), "{body}");
    }

    #[test]
    fn the_action_is_found_in_a_form() {
        assert_eq!(action("Version=2011-06-15&Action=GetCallerIdentity"), Some("GetCallerIdentity"));
        assert_eq!(action("Reaction=x"), None);
    }
}
