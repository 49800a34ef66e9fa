//! R-POL-10: policies that an authority's owner stores for callers of other accounts.

use issuance::policy::{Denial, ResourcePolicy};
use issuance::{AwsException, IssueCertificateRequest, Signer};
use issuance_test_support::ca::{self, CA_ARN, LEAF_KEY, P384_KEY, request};
use issuance_test_support::der::CsrParts;

use crate::judging::OPEN;

const USER: &str = "arn:aws:iam::444455556666:user/ci";
const ROOT: &str = "arn:aws:iam::444455556666:root";
const STRANGER: &str = "arn:aws:iam::777788889999:user/ci";
const ISSUE: &str = "acm-pca:IssueCertificate";
const GET: &str = "acm-pca:GetCertificate";

fn text(statements: &str) -> String {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": {statements}}}")
}

fn policy(statements: &str) -> ResourcePolicy {
    ResourcePolicy::from_json(&text(statements)).unwrap()
}

fn statement(effect: &str, principal: &str, action: &str, more: &str) -> String {
    format!("{{\"Effect\": \"{effect}\", \"Principal\": {principal}, \"Action\": {action}, \"Resource\": \"*\"{more}}}")
}

const ALL: &str = r#""acm-pca:*""#;

#[test]
fn r_pol_10_principals() {
    for (principal, [user, root, stranger]) in [
        (r#""*""#, [true, true, true]),
        (r#"{"AWS": "*"}"#, [true, true, true]),
        (r#"{"AWS": "444455556666"}"#, [true, true, false]),
        (r#"{"AWS": "arn:aws:iam::444455556666:root"}"#, [true, true, false]),
        (r#"{"AWS": ["arn:aws:iam::444455556666:user/ci", "111122223333"]}"#, [true, false, false]),
        (r#"{"AWS": "arn:aws:iam::444455556666:role/ci"}"#, [false, false, false]),
        (r#"{"AWS": []}"#, [false, false, false]),
    ] {
        let policy = policy(&statement("Allow", principal, ALL, ""));
        let allowed = [USER, ROOT, STRANGER].map(|caller| policy.check(caller, GET, CA_ARN).is_ok());
        assert_eq!(allowed, [user, root, stranger], "{principal}");
        let documents = [USER, ROOT, STRANGER].map(|caller| policy.document_for(caller));
        assert_eq!(documents.map(|document| issues(&document, &leaf())), [user, root, stranger], "{principal}");
    }
    // What is not the ARN of a caller is nobody of an account.
    let account = policy(&statement("Allow", r#"{"AWS": "444455556666"}"#, ALL, ""));
    assert_eq!(account.check("444455556666", GET, CA_ARN), Err(Denial::Implicit));
}

#[test]
fn r_pol_10_a_deny_wins_and_nothing_is_allowed_by_itself() {
    let friend = r#"{"AWS": "444455556666"}"#;
    let allow = statement("Allow", friend, r#"["ACM-PCA:Get*", "acm-pca:IssueCertificate"]"#, "");
    let deny = statement("Deny", r#""*""#, r#""acm-pca:GetCertificate""#, "");
    let both = policy(&format!("[{allow}, {deny}]"));
    assert_eq!(both.check(USER, ISSUE, CA_ARN), Ok(()));
    assert_eq!(both.check(USER, GET, CA_ARN), Err(Denial::Explicit));
    assert_eq!(both.check(USER, "acm-pca:GetCertificateAuthorityCertificate", CA_ARN), Ok(()));
    assert_eq!(both.check(USER, "acm-pca:ListTags", CA_ARN), Err(Denial::Implicit));
    assert_eq!(both.check(STRANGER, ISSUE, CA_ARN), Err(Denial::Implicit));
    // The order does not count.
    assert_eq!(policy(&format!("[{deny}, {allow}]")), policy(&format!("[{deny}, {allow}]")));
    assert_eq!(policy(&format!("[{deny}, {allow}]")).check(USER, GET, CA_ARN), Err(Denial::Explicit));
    // Operations that a policy cannot allow stay the owner's.
    let all = policy(&statement("Allow", r#""*""#, r#""*""#, ""));
    for owner in [
        "DeleteCertificateAuthority",
        "PutPolicy",
        "GetPolicy",
        "UpdateCertificateAuthority",
        "GetCertificateAuthorityCsr",
    ] {
        assert_eq!(all.check(USER, &format!("acm-pca:{owner}"), CA_ARN), Err(Denial::Implicit), "{owner}");
    }
    assert_eq!(all.check(USER, "acm-pca:RevokeCertificate", CA_ARN), Ok(()));
    // An empty policy allows nothing, and neither does a document for nobody.
    let empty = policy("[]");
    assert_eq!(empty.check(USER, GET, CA_ARN), Err(Denial::Implicit));
    assert!(!issues(&empty.document_for(USER), &leaf()));
    assert!(!issues(&both.document_for(STRANGER), &leaf()));
}

#[test]
fn r_pol_10_a_statement_is_about_its_resources() {
    let of = |resource: &str| {
        let statement =
            statement("Allow", r#""*""#, ALL, "").replace(r#""Resource": "*""#, &format!("\"Resource\": {resource}"));
        policy(&statement).check(USER, GET, CA_ARN).is_ok()
    };
    assert!(of(&format!("[\"{CA_ARN}\"]")));
    assert!(of(r#""arn:aws:acm-pca:*:*:certificate-authority/*""#));
    assert!(!of(r#""arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/another""#));
}

fn leaf() -> IssueCertificateRequest {
    request(&CsrParts::new(LEAF_KEY.public_key_der()).signed_by(&*LEAF_KEY), OPEN).build().unwrap()
}

fn issues(document: &issuance::policy::IamDocument, request: &IssueCertificateRequest) -> bool {
    match ca::issuer().with_iam_document(document.clone()).prepare(request) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.aws_exception(), AwsException::AccessDenied, "{error}");
            assert!(error.to_string().contains("resource policy"), "{error}");
            false
        }
    }
}

#[test]
fn r_pol_10_conditions_are_about_the_certificate() {
    let friend = r#"{"AWS": "444455556666"}"#;
    let larger = request(&CsrParts::new(P384_KEY.public_key_der()).signed_by(&*P384_KEY), OPEN).build().unwrap();
    let template = r#", "Condition": {"StringEquals": {"acm-pca:TemplateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1"}}"#;
    let own = template.replace("EndEntityCertificate", larger.template_arn().unwrap().name());
    let curve = r#", "Condition": {"StringEquals": {"acm-pca:x509Key/curve": "EC_prime256v1"}}"#;
    for (statements, asked, issued) in [
        (vec![statement("Allow", friend, ALL, template)], true, [false, false]),
        (vec![statement("Allow", friend, ALL, &own)], true, [true, true]),
        (vec![statement("Allow", friend, ALL, curve)], true, [true, false]),
        (vec![statement("Allow", friend, ALL, ""), statement("Deny", r#""*""#, ALL, curve)], true, [false, true]),
        (vec![statement("Allow", friend, ALL, ""), statement("Deny", r#""*""#, ALL, "")], false, [false, false]),
        (vec![statement("Deny", r#""*""#, ALL, curve)], false, [false, false]),
    ] {
        let policy = policy(&format!("[{}]", statements.join(", ")));
        assert_eq!(policy.check(USER, ISSUE, CA_ARN).is_ok(), asked, "{statements:?}");
        let document = policy.document_for(USER);
        assert_eq!([&leaf(), &larger].map(|request| issues(&document, request)), issued, "{statements:?}");
        // Of another operation no certificate comes, so the keys are absent.
        let others = statements.len() == 2 && statements[1].contains("Condition");
        assert_eq!(policy.check(USER, GET, CA_ARN).is_ok(), others, "{statements:?}");
    }
    let negated = r#", "Condition": {"StringNotEquals": {"acm-pca:x509Key/curve": "EC_prime256v1"}}"#;
    assert_eq!(policy(&statement("Allow", friend, ALL, negated)).check(USER, GET, CA_ARN), Ok(()));
}

#[test]
fn r_pol_10_what_is_not_understood_is_an_error() {
    let of =
        |principal: &str, action: &str, more: &str| text(&format!("[{}]", statement("Allow", principal, action, more)));
    let anyone = r#""*""#;
    for (text, problem) in [
        (
            of(r#"{"Service": "acm.amazonaws.com"}"#, ALL, ""),
            "Statement 1: Principal.Service is not supported; give AWS",
        ),
        (of("{}", ALL, ""), "Principal has no AWS"),
        (of(r#""444455556666""#, ALL, ""), "neither \"*\" nor an object"),
        (of(r#"{"AWS": "44445555666"}"#, ALL, ""), "'44445555666' is not an account of 12 digits"),
        (of(r#"{"AWS": "arn:aws:iam::444455556666:user/*"}"#, ALL, ""), "user/*' is not an account"),
        (of(r#"{"AWS": "arn:aws:iam::444455556666:group/ci"}"#, ALL, ""), "group/ci' is not an account"),
        (of(r#"{"AWS": "arn:aws:s3:::bucket"}"#, ALL, ""), "is not an account"),
        (
            of(anyone, r#"["acm-pca:GetCertificate", "acm-pca:DeleteCertificateAuthority"]"#, ""),
            "Action 'acm-pca:DeleteCertificateAuthority' is not one",
        ),
        (
            of(anyone, r#""s3:GetObject""#, ""),
            "these are: acm-pca:DescribeCertificateAuthority, acm-pca:GetCertificate",
        ),
        (of(anyone, ALL, r#", "NotPrincipal": "*""#), "NotPrincipal is not supported"),
        (
            of(anyone, ALL, r#", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#),
            "the condition key aws:PrincipalOrgID is not known",
        ),
        (of(anyone, ALL, "").replace(r#""Principal": "*", "#, ""), "Principal is missing"),
        (of(anyone, ALL, "").replace(r#", "Resource": "*""#, ""), "Resource is missing"),
        (of(anyone, ALL, "").replace(r#", "Action": "acm-pca:*""#, ""), "Action is missing"),
        (of(anyone, ALL, "").replace("2012", "2022"), "Version: '2022-10-17' is not a version"),
        (of(anyone, ALL, "").replace("Allow", "Permit"), "neither Allow nor Deny"),
        ("[1]".to_owned(), "line 1, column"),
        (String::new(), "line 1, column 0"),
    ] {
        let error = ResourcePolicy::from_json(&text).unwrap_err();
        assert!(error.to_string().contains(problem), "{text}: {error}");
    }
}
