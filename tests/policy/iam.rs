//! R-POL-7: documents of IAM over the finished certificate.

use issuance::analysis::{Answer, DocumentAnswer, analyse_documents};
use issuance::policy::{IamDocument, Policy};
use issuance::{
    AwsException, ExtendedKeyUsage, IssuanceOptions, IssueCertificateRequest, Issuer, RustCryptoSigner, Signer,
    Template,
};
use issuance_test_support::ca::{self, Ca, LEAF_KEY, P384_KEY, request};
use issuance_test_support::der::CsrParts;
use issuance_test_support::keys;

use crate::judging::{OPEN, policy};
use crate::never_or_witness::request_of;

fn document(statements: &str) -> IamDocument {
    IamDocument::from_json(&format!("{{\"Version\": \"2012-10-17\", \"Statement\": {statements}}}")).unwrap()
}

fn deny(condition: &str) -> IamDocument {
    document(&format!(
        "{{\"Effect\": \"Deny\", \"Action\": \"acm-pca:IssueCertificate\", \"Resource\": \"*\", \"Condition\": {condition}}}"
    ))
}

fn of_key(key: &[u8]) -> IssueCertificateRequest {
    request(&CsrParts::new(key).der(), OPEN).build().unwrap()
}

fn passes(request: &IssueCertificateRequest, document: &IamDocument) -> bool {
    let options = IssuanceOptions::default().iam_document(document.clone());
    match ca::prepare(&Ca::default().build(), request, &options) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.aws_exception(), AwsException::AccessDenied, "{error}");
            false
        }
    }
}

/// SubjectPublicKeyInfo of an RSA key of a size, of ML-DSA and of SM2; not of keys that anybody has.
fn keys_of_all_kinds() -> Vec<(&'static str, Vec<u8>)> {
    ["rsa-2048", "rsa-3072"]
        .map(|name| (name, keys::signer(name).public_key_der().to_vec()))
        .into_iter()
        .chain([("P-256", LEAF_KEY.public_key_der().to_vec()), ("P-384", P384_KEY.public_key_der().to_vec())])
        .chain([
            ("SM2", raw("301306072a8648ce3d020106082a811ccf5501822d034200", 4, 64)),
            ("ML-DSA-44", raw("30820532300b06096086480165030403110382052100", 7, 1311)),
        ])
        .collect()
}

fn raw(header: &str, first: u8, rest: usize) -> Vec<u8> {
    let header = (0..header.len()).step_by(2).map(|at| u8::from_str_radix(&header[at..at + 2], 16).unwrap());
    let mut der: Vec<u8> = header.chain([first]).chain(vec![7; rest]).collect();
    if der[1] == 0x13 {
        // A point of 65 bytes.
        der.splice(0..2, [0x30, 0x59, 0x30, 0x13]);
    }
    der
}

/// The example that the guide publishes, with a request that each statement denies and one that it does not.
#[test]
fn r_pol_7_the_published_example() {
    let example = document(
        r#"[
        {"Effect": "Deny", "Action": "acm-pca:IssueCertificate", "Resource": "*",
         "Condition": {"StringNotEquals": {"acm-pca:x509Key/algorithm": ["RSA", "EC"]}}},
        {"Effect": "Deny", "Action": "acm-pca:IssueCertificate", "Resource": "*",
         "Condition": {"StringEquals": {"acm-pca:x509Key/algorithm": "RSA"}, "NumericLessThan": {"acm-pca:x509Key/size": "3072"}}},
        {"Effect": "Deny", "Action": "acm-pca:IssueCertificate", "Resource": "*",
         "Condition": {"StringEquals": {"acm-pca:x509Key/algorithm": "EC"},
                       "StringNotEquals": {"acm-pca:x509Key/curve": ["EC_secp384r1", "1.3.132.0.35"]}}}
    ]"#,
    );
    let passing: Vec<&str> =
        keys_of_all_kinds().iter().filter(|(_, key)| passes(&of_key(key), &example)).map(|(name, _)| *name).collect();
    assert_eq!(passing, ["rsa-3072", "P-384"]);
}

/// A caller's document counts beside what limits everybody, and for that caller alone.
#[test]
fn r_pol_7_a_document_of_one_caller() {
    let issuer = ca::issuer();
    let curve = |name: &str| deny(&format!(r#"{{"StringEquals": {{"acm-pca:x509Key/curve": "{name}"}}}}"#));
    let limited = issuer.with_iam_document(curve("EC_prime256v1"));
    let twice = limited.with_iam_document(curve("EC_secp384r1"));
    let proven =
        |key: &RustCryptoSigner| request(&CsrParts::new(key.public_key_der()).signed_by(key), OPEN).build().unwrap();
    let (larger, smaller) = (proven(&P384_KEY), proven(&LEAF_KEY));
    let allows = |issuer: &Issuer, request| match issuer.prepare(request) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.aws_exception(), AwsException::AccessDenied, "{error}");
            false
        }
    };
    assert_eq!([allows(&issuer, &larger), allows(&issuer, &smaller)], [true, true]);
    assert_eq!([allows(&limited, &larger), allows(&limited, &smaller)], [true, false]);
    assert_eq!([allows(&twice, &larger), allows(&twice, &smaller)], [false, false]);
}

#[test]
fn r_pol_7_absent_keys() {
    let (rsa, ec) = (of_key(keys::signer("rsa-2048").public_key_der()), of_key(LEAF_KEY.public_key_der()));
    for (condition, denies_rsa, denies_ec) in [
        // The curve is absent for RSA: negated operators are true, others false, and with IfExists all are true.
        (r#"{"StringEquals": {"acm-pca:x509Key/curve": "EC_prime256v1"}}"#, false, true),
        (r#"{"StringNotEquals": {"acm-pca:x509Key/curve": "EC_prime256v1"}}"#, true, false),
        (r#"{"StringEqualsIfExists": {"acm-pca:x509Key/curve": "1.2.840.10045.3.1.7"}}"#, true, true),
        (r#"{"StringNotEqualsIfExists": {"acm-pca:x509Key/curve": "EC_prime256v1"}}"#, true, false),
        (r#"{"StringLike": {"acm-pca:x509Key/curve": "EC_*"}}"#, false, true),
        (r#"{"StringNotLike": {"acm-pca:x509Key/curve": "EC_secp*"}}"#, true, true),
        (r#"{"StringEqualsIgnoreCase": {"ACM-PCA:X509KEY/CURVE": "ec_PRIME256v1"}}"#, false, true),
        (r#"{"Null": {"acm-pca:x509Key/curve": "true"}}"#, true, false),
        (r#"{"Null": {"acm-pca:x509Key/curve": false}}"#, false, true),
        (r#"{"NumericLessThanEquals": {"acm-pca:x509Key/size": 256}}"#, false, true),
        (r#"{"NumericGreaterThan": {"acm-pca:x509Key/size": ["256", 4096]}}"#, true, false),
        (r#"{"NumericNotEquals": {"acm-pca:x509Key/size": [256, 3072]}}"#, true, false),
        // Both operators of a statement hold, or it does not match.
        (
            r#"{"NumericEquals": {"acm-pca:x509Key/size": 2048}, "StringEquals": {"acm-pca:x509Key/algorithm": "EC"}}"#,
            false,
            false,
        ),
        (r#"{"ArnLike": {"acm-pca:TemplateArn": "arn:aws:acm-pca:::template/Blank*/V1"}}"#, true, true),
        (r#"{"ArnNotEquals": {"acm-pca:TemplateArn": "arn:aws:acm-pca:::template/Blank*/V1"}}"#, false, false),
    ] {
        let document = deny(condition);
        assert_eq!(!passes(&rsa, &document), denies_rsa, "{condition}");
        assert_eq!(!passes(&ec, &document), denies_ec, "{condition}");
    }
}

#[test]
fn r_pol_7_keys_of_many_values() {
    let of = |purposes: &[&str]| {
        let request = request(&CsrParts::new(LEAF_KEY.public_key_der()).der(), OPEN);
        let add = |request: issuance::request::IssueCertificateRequestBuilder, purpose: &&str| {
            request.extended_key_usage(ExtendedKeyUsage::object_identifier(*purpose))
        };
        purposes.iter().fold(request, add).build().unwrap()
    };
    let (none, server, both) = (of(&[]), of(&["1.3.6.1.5.5.7.3.1"]), of(&["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3"]));
    const KEY: &str = "acm-pca:x509Ext/ExtendedKeyUsage";
    for (operator, values, denied) in [
        ("ForAnyValue:StringEquals", r#""SERVER_AUTH""#, [false, true, true]),
        ("ForAnyValue:StringNotEquals", r#"["SERVER_AUTH"]"#, [false, false, true]),
        ("ForAllValues:StringEquals", r#"["1.3.6.1.5.5.7.3.1", "CLIENT_AUTH"]"#, [true, true, false]),
        ("ForAllValues:StringNotEquals", r#"["CODE_SIGNING"]"#, [true, true, false]),
        ("ForAnyValue:StringEqualsIfExists", r#"["CODE_SIGNING"]"#, [true, false, true]),
        ("Null", r#""true""#, [true, false, false]),
    ] {
        let document = deny(&format!("{{\"{operator}\": {{\"{KEY}\": {values}}}}}"));
        let found = [&none, &server, &both].map(|request| !passes(request, &document));
        assert_eq!(found, denied, "{operator} {values}");
    }
}

#[test]
fn r_pol_7_allow_and_deny() {
    let request = of_key(LEAF_KEY.public_key_der());
    let statement = |effect: &str, action: &str, resource: &str| {
        format!("{{\"Effect\": \"{effect}\", \"Action\": {action}, \"Resource\": {resource}}}")
    };
    let (here, elsewhere) =
        ("\"arn:aws:acm-pca:us-west-2:*:certificate-authority/*\"", "\"arn:aws:acm-pca:eu-west-1:*\"");
    let (issue, get) = ("\"acm-pca:issuecertificate\"", "[\"acm-pca:Get*\", \"s3:*\"]");
    for (statements, expected) in [
        (vec![], true),
        (vec![statement("Allow", issue, here)], true),
        (vec![statement("Allow", issue, elsewhere)], false),
        (vec![statement("Allow", issue, elsewhere), statement("Allow", "\"*\"", "\"*\"")], true),
        (vec![statement("Allow", "\"*\"", "\"*\""), statement("Deny", issue, here)], false),
        (vec![statement("Deny", issue, elsewhere)], true),
        // A document that allows other actions alone only narrows.
        (vec![statement("Allow", get, "\"*\"")], true),
        (vec![statement("Deny", get, "\"*\"")], true),
    ] {
        let document = document(&format!("[{}]", statements.join(", ")));
        assert_eq!(passes(&request, &document), expected, "{statements:?}");
    }
    // A request that names no template has no TemplateArn.
    let unnamed = IssueCertificateRequest::builder()
        .certificate_authority_arn(ca::CA_ARN)
        .csr(CsrParts::new(LEAF_KEY.public_key_der()).der())
        .signing_algorithm("SHA256WITHECDSA")
        .validity(issuance::Validity::days(1))
        .build()
        .unwrap();
    let needs_template = deny(r#"{"Null": {"acm-pca:TemplateArn": "true"}}"#);
    assert_eq!([&unnamed, &request].map(|request| passes(request, &needs_template)), [false, true]);
}

#[test]
fn r_pol_7_what_is_not_understood_is_an_error() {
    let statement = |rest: &str| {
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Deny\", \"Action\": \"acm-pca:*\", \"Resource\": \"*\"{rest}}}]}}"
        )
    };
    let condition = |text: &str| statement(&format!(", \"Condition\": {text}"));
    for (text, problem) in [
        (
            condition(r#"{"StringEquals": {"acm-pca:x509Name/commonName": "a"}}"#),
            "Statement 1: Condition.StringEquals: the condition key acm-pca:x509Name/commonName is not known; known are acm-pca:TemplateArn",
        ),
        (condition(r#"{"StringMatches": {"acm-pca:x509Key/curve": "a"}}"#), "there is no operator StringMatches"),
        (
            condition(r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#),
            "no condition key that is known has values for IpAddress",
        ),
        (condition(r#"{"NumericLessThan": {"acm-pca:x509Key/algorithm": "1"}}"#), "takes the operators of strings"),
        (condition(r#"{"StringEquals": {"acm-pca:x509Key/size": "2048"}}"#), "takes the numeric operators"),
        (condition(r#"{"NumericLessThan": {"acm-pca:x509Key/size": "many"}}"#), "'many' is not a number"),
        (
            condition(r#"{"StringEquals": {"acm-pca:x509Ext/ExtendedKeyUsage": "SERVER_AUTH"}}"#),
            "needs ForAnyValue: or ForAllValues:",
        ),
        (condition(r#"{"NullIfExists": {"acm-pca:x509Key/curve": "true"}}"#), "there is no operator NullIfExists"),
        (condition(r#"{"Null": {"acm-pca:x509Key/curve": "yes"}}"#), "Null takes true or false"),
        (
            condition(r#"{"StringEquals": {"acm-pca:TemplateArn": "${aws:PrincipalTag/t}"}}"#),
            "policy variables are not supported",
        ),
        (
            condition(r#"{"StringEquals": {"acm-pca:x509Key/curve": "a", "acm-pca:x509Key/curve": "b"}}"#),
            "stands twice",
        ),
        (statement(r#", "NotAction": "s3:*""#), "NotAction is not supported"),
        (statement(r#", "Principal": "*""#), "Principal is not supported"),
        (statement(r#", "Conditions": {}"#), "unknown field `Conditions`"),
        (statement("").replace("Deny", "deny"), "neither Allow nor Deny"),
        (statement("").replace("2012", "2022"), "is not a version"),
        ("{}".to_owned(), "missing field"),
    ] {
        let error = IamDocument::from_json(&text).unwrap_err();
        assert!(error.to_string().contains(problem), "{text}: {error}");
    }
    // A statement about other actions is not read.
    let other = condition(r#"{"StringEquals": {"aws:PrincipalTag/t": "a"}}"#).replace("acm-pca:*", "s3:GetObject");
    IamDocument::from_json(&other).unwrap();
}

#[test]
fn r_pol_7_documents_are_analysed() {
    let root = Ca::default().build();
    let template = Template::BLANK_END_ENTITY_CERTIFICATE_API_PASSTHROUGH;
    let ask = |template: &Template, policy: &Policy, document: &IamDocument| {
        analyse_documents(template, policy, std::slice::from_ref(document), &root, ca::now())
    };
    let large = deny(r#"{"NumericLessThan": {"acm-pca:x509Key/size": 5000}}"#);
    let rsa = policy(Policy::builder().key("RSA_2048-8192"));
    let DocumentAnswer::Decided(Answer::Witness(witness)) = ask(template, &rsa, &large) else { panic!() };
    assert!(passes(&request_of(&witness), &large), "{witness}");
    let small = policy(Policy::builder().key("RSA_2048-4999"));
    assert!(matches!(ask(template, &small, &large), DocumentAnswer::Decided(Answer::Never(_))));
    let purposes = deny(r#"{"ForAllValues:StringNotEquals": {"acm-pca:x509Ext/ExtendedKeyUsage": ["CODE_SIGNING"]}}"#);
    let DocumentAnswer::Decided(Answer::Witness(witness)) = ask(template, &Policy::default(), &purposes) else {
        panic!()
    };
    assert!(passes(&request_of(&witness), &purposes), "{witness}");
    let server = Template::END_ENTITY_SERVER_AUTH_CERTIFICATE;
    assert!(matches!(ask(server, &Policy::default(), &purposes), DocumentAnswer::Decided(Answer::Never(_))));
    let open = deny(r#"{"ForAllValues:StringNotLike": {"acm-pca:x509Ext/ExtendedKeyUsage": ["1.3.6.*.77"]}}"#);
    assert!(matches!(ask(template, &Policy::default(), &open), DocumentAnswer::Undecided { .. }));
}
