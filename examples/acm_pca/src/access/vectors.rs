//! Requests that botocore has signed (`tests/data/sigv4/generate.py`), and what becomes of them when something is changed.

use axum::http::{HeaderName, HeaderValue, Request};
use serde_json::Value;

use super::*;

struct Case {
    name: String,
    service: String,
    access: Access,
    head: Parts,
    body: Vec<u8>,
    now: Timestamp,
}

fn access(key: &str, secret: &str, region: Option<&str>) -> Access {
    let text =
        format!("[[credentials]]\naccess_key_id = '{key}'\nsecret_access_key = '{secret}'\naccount = '123456789012'\n");
    let credentials = Credentials::from_toml(&text, Path::new(".")).unwrap();
    Access { credentials, region: region.map(str::to_owned) }
}

fn cases() -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("../../../../tests/data/sigv4/requests.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let now = Timestamp::from_unix(file["now"].as_i64().unwrap()).unwrap();
    let case = |case: &Value| {
        let mut request = Request::builder().method(text(&case["method"]).as_str()).uri(text(&case["target"]));
        for header in case["headers"].as_array().unwrap() {
            request = request.header(text(&header[0]), text(&header[1]));
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        Case {
            name: text(&case["name"]),
            service: text(&case["service"]),
            access: access(&text(&file["access_key_id"]), &text(&case["secret"]), None),
            head,
            body: text(&case["body"]).into_bytes(),
            now,
        }
    };
    file["requests"].as_array().unwrap().iter().map(case).collect()
}

fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

impl Case {
    fn judge(&self) -> Result<(), Refusal> {
        self.access.claim(&self.head, &self.service, self.now)?.verify(&self.head, &self.body)
    }

    fn code(&self) -> &'static str {
        self.judge().unwrap_err().fault().exception.as_str()
    }

    fn message(&self) -> String {
        self.judge().unwrap_err().fault().message
    }

    fn with(mut self, change: impl FnOnce(&mut Case)) -> Case {
        change(&mut self);
        self
    }

    fn header(self, name: &'static str, value: &str) -> Case {
        let value = HeaderValue::from_str(value).unwrap();
        self.with(|case| drop(case.head.headers.insert(HeaderName::from_static(name), value)))
    }

    fn at(self, seconds: i64) -> Case {
        self.with(|case| case.now = case.now.checked_add_seconds(seconds).unwrap())
    }
}

const WRONG: &str = "InvalidSignatureException";

#[test]
fn what_botocore_signs_is_accepted() {
    let cases = cases();
    assert!(cases.len() >= 30);
    for case in cases {
        assert_eq!(case.judge(), Ok(()), "{}", case.name);
    }
}

#[test]
fn whatever_is_changed_is_refused() {
    for case in cases() {
        let name = case.name.clone();
        let head = case.head.clone();
        let changed = |change: &dyn Fn(&mut Case)| {
            let mut other = Case { head: head.clone(), body: case.body.clone(), ..self::case(&name) };
            change(&mut other);
            assert_eq!(other.code(), WRONG, "{name}");
        };
        changed(&|other| other.body.push(b' '));
        changed(&|other| other.head.method = axum::http::Method::PUT);
        changed(&|other| {
            let query = other.head.uri.query().map_or_else(String::new, |query| format!("?{query}"));
            other.head.uri = format!("{}x{query}", other.head.uri.path()).parse().unwrap();
        });
        changed(&|other| {
            let query = other.head.uri.query().map_or_else(String::new, |query| format!("{query}&"));
            other.head.uri = format!("{}?{query}more=1", other.head.uri.path()).parse().unwrap();
        });
        changed(&|other| other.access = access("AKIAIOSFODNN7EXAMPLE", "another secret", None));
        for header in
            head.headers.keys().filter(|name| !["authorization", "date", "x-amz-date"].contains(&name.as_str()))
        {
            changed(&|other| drop(other.head.headers.insert(header, HeaderValue::from_static("changed"))));
            changed(&|other| drop(other.head.headers.remove(header)));
        }
        changed(&|other| drop(other.head.headers.insert("x-amz-more", HeaderValue::from_static("unsigned"))));
    }
}

#[test]
fn the_date_may_be_off_by_a_quarter_of_an_hour() {
    for (seconds, starts) in [
        (
            901,
            Some(
                "Signature expired: 20261128T120000Z is now earlier than 20261128T120001Z (20261128T121501Z - 15 min.)",
            ),
        ),
        (900, None),
        (-900, None),
        (
            -901,
            Some(
                "Signature not yet current: 20261128T120000Z is still later than 20261128T115959Z (20261128T114459Z + 15 min.)",
            ),
        ),
        (86400, Some("Signature expired: ")),
    ] {
        let case = case("post-json").at(seconds);
        match starts {
            None => assert_eq!(case.judge(), Ok(()), "{seconds}"),
            Some(starts) => {
                assert!(case.message().starts_with(starts), "{}", case.message());
                assert_eq!(case.code(), WRONG);
            }
        }
    }
    assert_eq!(case("presigned-get").at(60).judge(), Ok(()));
    assert!(case("presigned-get").at(61).message().starts_with("Signature expired: "));
    assert!(case("presigned-get").at(-901).message().starts_with("Signature not yet current: "));
    assert_eq!(case("presigned-token").at(604_800).judge(), Ok(()));
}

#[test]
fn the_scope_is_that_of_the_service() {
    let other_service = case("post-json").with(|case| case.service = "sts".to_owned());
    assert_eq!(other_service.message(), "Credential should be scoped to correct service: 'sts'.");
    assert_eq!(other_service.code(), WRONG);
    let here = |region| Some(access("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Some(region)));
    let there = case("post-json").with(|case| case.access = here("eu-west-1").unwrap());
    assert_eq!(there.message(), "Credential should be scoped to a valid region, not 'us-east-1'.");
    assert_eq!(there.code(), WRONG);
    assert_eq!(case("post-json").with(|case| case.access = here("us-east-1").unwrap()).judge(), Ok(()));
    let authorization = |from: &str, to: &str| {
        let case = case("post-json");
        let text = case.head.headers["authorization"].to_str().unwrap().replace(from, to);
        case.header("authorization", &text)
    };
    // The key was derived for another one.
    assert_eq!(authorization("us-east-1", "us-east-2").code(), WRONG);
    let message = authorization("/20261128/", "/20261127/").message();
    assert!(message.starts_with("Date in Credential scope does not match"), "{message}");
}

#[test]
fn a_signature_that_lacks_something_is_incomplete() {
    let signed = case("post-json").head.headers["authorization"].to_str().unwrap().to_owned();
    let (_, signature) = signed.rsplit_once('=').unwrap();
    for wrong in [
        "".to_owned(),
        "nonsense".to_owned(),
        "Basic dTpw".to_owned(),
        "AWS4-HMAC-SHA256".to_owned(),
        "AWS4-HMAC-SHA256 Credential=x".to_owned(),
        signed.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        signed.replace("aws4_request", "aws4"),
        signed.replace("Signature=", "Signature=0"),
        signed.replace(signature, &"g".repeat(64)),
        signed.replace("host;", "Host;"),
        signed.replace("content-type;host", "host;content-type"),
        signed.replace("Credential=", "Credentials="),
        format!("{signed}, Signature={signature}"),
    ] {
        let case = case("post-json").header("authorization", &wrong);
        assert_eq!(case.code(), "IncompleteSignatureException", "{wrong}");
    }
    for wrong in ["", "never", "2026-11-28T12:00:00Z", "20261328T120000Z"] {
        assert_eq!(case("post-json").header("x-amz-date", wrong).code(), "IncompleteSignatureException", "{wrong}");
    }
    let without = |name: &'static str| case("post-json").with(|case| drop(case.head.headers.remove(name)));
    assert_eq!(without("x-amz-date").code(), "IncompleteSignatureException");
    assert_eq!(without("authorization").code(), "MissingAuthenticationTokenException");
    let query = |from: &str, to: &str| {
        let case = case("presigned-get");
        let uri = case.head.uri.to_string().replace(from, to);
        case.with(|case| case.head.uri = uri.parse().unwrap())
    };
    for (from, to) in [
        ("X-Amz-Expires=60", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=60", "X-Amz-Expires=0"),
        ("X-Amz-Date", "X-Date"),
    ] {
        assert_eq!(query(from, to).code(), "IncompleteSignatureException", "{from}");
    }
    assert_eq!(query("X-Amz-Expires=60", "X-Amz-Expires=61").code(), WRONG);
    assert_eq!(query("&X-Amz-Signature", "&X-Amz-Expires=60&X-Amz-Signature").code(), "IncompleteSignatureException");
}

#[test]
fn what_is_not_signed_with_the_body_is_refused() {
    for payload in ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0"] {
        let message = case("post-json").header("x-amz-content-sha256", payload);
        assert_eq!(message.code(), WRONG, "{payload}");
    }
}

#[test]
fn a_key_that_nobody_knows() {
    let unknown = case("post-json").with(|case| case.access = access("AKIA", "secret", None));
    assert_eq!(unknown.code(), "UnrecognizedClientException");
    assert_eq!(unknown.message(), "The security token included in the request is invalid.");
}
