//! `GetCallerIdentity` of STS, in the AWS query protocol: clients ask it first to see whether their credentials work
//! (R-SVC-2).

use axum::http::StatusCode;

use crate::access::Refusal;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The action that a form or a query asks for. Names of actions need no escapes.
pub(crate) fn action(form: &str) -> Option<&str> {
    form.split('&').find_map(|field| field.strip_prefix("Action="))
}

/// Whom a caller is to STS.
pub(crate) struct Identity {
    pub(crate) arn: String,
    pub(crate) user_id: String,
    pub(crate) account: String,
}

/// Who calls.
pub(crate) fn answer(action: &str, caller: &Identity, request_id: &str) -> (StatusCode, String) {
    if action != "GetCallerIdentity" {
        let action = escaped(action);
        let problem = format!("Could not find operation {action}; this service answers GetCallerIdentity");
        return (StatusCode::BAD_REQUEST, error("InvalidAction", &problem, request_id));
    }
    let Identity { arn, user_id, account } = caller;
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult>\
         <Arn>{arn}</Arn><UserId>{user_id}</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>\n"
    );
    (StatusCode::OK, body)
}

/// The answer to a signature that is not accepted.
pub(crate) fn refusal(refusal: &Refusal, request_id: &str) -> (StatusCode, String) {
    let (status, code, message) = refusal.of_query();
    (status, error(code, &in_text(message), request_id))
}

/// An error, whose texts are no markup.
fn error(code: &str, message: &str, request_id: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>\n"
    )
}

/// A message of the service's, which may repeat something of a caller's.
fn in_text(message: &str) -> String {
    let plain = |c: char| if matches!(c, ' '..='~') && !"<>&".contains(c) { c } else { '?' };
    message.chars().map(plain).collect()
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
        let text = |text: &str| text.to_owned();
        let caller = Identity { arn: text("arn"), user_id: text("id"), account: text("123456789012") };
        let (status, body) = answer("<x>&\u{0}", &caller, "id");
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(body.contains("Could not find operation ?x???;"), "{body}");
        let (_, body) = refusal(&Refusal::Incomplete("<x>'a' & \u{1b}".to_owned()), "id");
        assert!(body.contains("<Message>?x?'a' ? ?</Message>"), "{body}");
    }

    #[test]
    fn the_action_is_found_in_a_form() {
        assert_eq!(action("Version=2011-06-15&Action=GetCallerIdentity"), Some("GetCallerIdentity"));
        assert_eq!(action("Reaction=x"), None);
    }
}
