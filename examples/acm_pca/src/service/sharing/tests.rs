//! R-SVC-6: what a policy that was put lets callers of other accounts do.

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::AwsException;
use serde_json::{Value, json};

use super::super::tests::{Bench, call_of};
use super::*;

const OWNER: &str = "123456789012";
const FRIEND: &str = "210987654321";
const ISSUE: Operation = Operation::IssueCertificate;

/// An authority that its owner may share.
struct Shared {
    bench: Bench,
    authority: Value,
    csr: String,
}

fn with(of: &Value, members: Value) -> Value {
    let mut request = of.clone();
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    request
}

impl Shared {
    fn new() -> Shared {
        let bench = Bench::new();
        let authority = bench.create("1");
        let csr = bench.call(Operation::GetCertificateAuthorityCsr, authority.clone()).unwrap();
        let shared = Shared { csr: csr["Csr"].as_str().unwrap().to_owned(), bench, authority };
        let issued = shared.bench.call(ISSUE, shared.issuance("RootCACertificate")).unwrap();
        let own = shared.bench.call(Operation::GetCertificate, with(&shared.authority, issued)).unwrap();
        let certificate = BASE64_STANDARD.encode(own["Certificate"].as_str().unwrap());
        let import = with(&shared.authority, json!({ "Certificate": certificate }));
        shared.bench.call(Operation::ImportCertificateAuthorityCertificate, import).unwrap();
        shared
    }

    fn arn(&self) -> &str {
        self.authority["CertificateAuthorityArn"].as_str().unwrap()
    }

    fn issuance(&self, template: &str) -> Value {
        with(
            &self.authority,
            json!({
                "Csr": BASE64_STANDARD.encode(&self.csr),
                "SigningAlgorithm": "SHA256WITHECDSA",
                "TemplateArn": format!("arn:aws:acm-pca:::template/{template}/V1"),
                "Validity": { "Type": "DAYS", "Value": 30 },
            }),
        )
    }

    fn put(&self, statements: Value) -> Result<Value, Fault> {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let request = json!({ "ResourceArn": self.arn(), "Policy": policy });
        call_of(&self.bench.service, Operation::PutPolicy, request)
    }

    fn service(&self, account: &str, region: &str, document: Option<Value>) -> Service {
        let document = document.map(|document| document.to_string());
        let caller = Caller::for_tests(account, "ci", document.as_deref());
        let scope = Scope { region: region.to_owned(), account: account.to_owned() };
        self.bench.service.in_scope(scope).for_caller(Arc::new(caller))
    }

    fn by(&self, account: &str, operation: Operation, request: Value) -> Result<Value, Fault> {
        call_of(&self.service(account, "us-east-1", None), operation, request)
    }

    /// Which authorities of others are listed for a caller.
    fn listed(&self, account: &str) -> Vec<Value> {
        let others = json!({ "ResourceOwner": "OTHER_ACCOUNTS" });
        let listed = self.by(account, Operation::ListCertificateAuthorities, others).unwrap();
        listed["CertificateAuthorities"].as_array().unwrap().iter().map(|one| one["Arn"].clone()).collect()
    }
}

fn statement(effect: &str, actions: Value) -> Value {
    json!({ "Effect": effect, "Principal": { "AWS": FRIEND }, "Action": actions, "Resource": "*" })
}

/// What the guide publishes for one account.
fn published(arn: &str) -> Value {
    let reads =
        ["DescribeCertificateAuthority", "GetCertificate", "GetCertificateAuthorityCertificate", "ListPermissions"];
    let reads: Vec<String> = reads.iter().chain(&["ListTags"]).map(|name| format!("acm-pca:{name}")).collect();
    json!([
        { "Sid": "1", "Effect": "Allow", "Principal": { "AWS": FRIEND }, "Action": reads, "Resource": arn },
        {
            "Sid": "2", "Effect": "Allow", "Principal": { "AWS": FRIEND }, "Action": ["acm-pca:IssueCertificate"], "Resource": arn,
            "Condition": { "StringEquals": { "acm-pca:TemplateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1" } },
        },
    ])
}

fn denied(answered: Result<Value, Fault>, words: &str) {
    let fault = answered.unwrap_err();
    assert_eq!(fault.exception, AwsException::AccessDenied, "{}", fault.message);
    assert!(fault.message.contains(words), "{}", fault.message);
}

#[test]
fn a_stranger_is_told_the_same_of_every_authority() {
    let shared = Shared::new();
    let nobodys =
        format!("arn:aws:acm-pca:us-east-1:{OWNER}:certificate-authority/00000000-0000-4000-8000-000000000000");
    let nowhere = json!({ "CertificateAuthorityArn": nobodys });
    for authority in [&shared.authority, &nowhere] {
        for operation in
            [Operation::DescribeCertificateAuthority, Operation::DeleteCertificateAuthority, Operation::ListTags]
        {
            let words = format!("because no resource-based policy allows the acm-pca:{operation} action");
            denied(shared.by(FRIEND, operation, authority.clone()), &words);
        }
    }
    let user = format!(
        "User: arn:aws:iam::{FRIEND}:user/ci is not authorized to perform: acm-pca:IssueCertificate on resource: "
    );
    denied(shared.by(FRIEND, ISSUE, shared.issuance("EndEntityCertificate")), &(user + shared.arn()));
    // Who is not authenticated has no account to speak of.
    let scope = Scope { region: "us-east-1".to_owned(), account: FRIEND.to_owned() };
    let unknown = call_of(&shared.bench.service.in_scope(scope), Operation::ListTags, shared.authority.clone());
    assert_eq!(unknown.unwrap_err().exception, AwsException::ResourceNotFound);
}

#[test]
fn a_policy_lets_another_account_in_as_far_as_it_says() {
    let shared = Shared::new();
    shared.put(published(shared.arn())).unwrap();
    let issued = shared.by(FRIEND, ISSUE, shared.issuance("EndEntityCertificate")).unwrap();
    assert!(issued["CertificateArn"].as_str().unwrap().starts_with(shared.arn()));
    // The owner has it, too.
    let certificate = with(&shared.authority, issued);
    let got = shared.by(FRIEND, Operation::GetCertificate, certificate.clone()).unwrap();
    assert_eq!(shared.by(OWNER, Operation::GetCertificate, certificate).unwrap(), got);
    for operation in [
        Operation::DescribeCertificateAuthority,
        Operation::GetCertificateAuthorityCertificate,
        Operation::ListPermissions,
        Operation::ListTags,
    ] {
        let shown = shared.by(FRIEND, operation, shared.authority.clone()).unwrap();
        assert_eq!(shown, shared.by(OWNER, operation, shared.authority.clone()).unwrap(), "{operation}");
    }
    // Over the finished certificate.
    denied(shared.by(FRIEND, ISSUE, shared.issuance("EndEntityClientAuthCertificate")), "resource policy");
    for operation in [Operation::DeleteCertificateAuthority, Operation::GetCertificateAuthorityCsr] {
        denied(shared.by(FRIEND, operation, shared.authority.clone()), "no resource-based policy");
    }
    denied(shared.by("333333333333", Operation::ListTags, shared.authority.clone()), "no resource-based policy");
    assert_eq!(shared.listed(FRIEND), [json!(shared.arn())]);
    assert!(shared.listed("333333333333").is_empty() && shared.listed(OWNER).is_empty());
    let own = shared.by(FRIEND, Operation::ListCertificateAuthorities, json!({})).unwrap();
    assert_eq!(own["CertificateAuthorities"], json!([]));

    // Of another region there is none.
    let elsewhere = shared.service(FRIEND, "eu-west-1", None);
    let described = call_of(&elsewhere, Operation::DescribeCertificateAuthority, shared.authority.clone());
    assert_eq!(described.unwrap_err().exception, AwsException::ResourceNotFound);

    let request = json!({ "ResourceArn": shared.arn() });
    denied(shared.by(FRIEND, Operation::DeletePolicy, request.clone()), "no resource-based policy");
    shared.by(OWNER, Operation::DeletePolicy, request).unwrap();
    denied(shared.by(FRIEND, Operation::ListTags, shared.authority.clone()), "no resource-based policy");
    assert!(shared.listed(FRIEND).is_empty());
}

#[test]
fn a_deny_wins_and_the_callers_own_policy_counts_too() {
    let shared = Shared::new();
    let everything = statement("Allow", json!("acm-pca:*"));
    let nobody = json!({ "Effect": "Deny", "Principal": "*", "Action": "acm-pca:ListTags", "Resource": "*" });
    shared.put(json!([everything, nobody])).unwrap();
    denied(
        shared.by(FRIEND, Operation::ListTags, shared.authority.clone()),
        "with an explicit deny in a resource-based policy",
    );
    // It is about other accounts.
    shared.by(OWNER, Operation::ListTags, shared.authority.clone()).unwrap();
    let issued = shared.by(FRIEND, ISSUE, shared.issuance("EndEntityCertificate")).unwrap();
    let (_, serial) = issued["CertificateArn"].as_str().unwrap().rsplit_once('/').unwrap();
    let revocation = with(&shared.authority, json!({ "CertificateSerial": serial, "RevocationReason": "SUPERSEDED" }));
    shared.by(FRIEND, Operation::RevokeCertificate, revocation).unwrap();

    let narrow = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "acm-pca:IssueCertificate", "Resource": "*" },
        { "Effect": "Deny", "Action": "acm-pca:IssueCertificate", "Resource": "*",
          "Condition": { "StringEquals": { "acm-pca:x509Key/curve": "EC_prime256v1" } } },
    ] });
    let narrowed =
        |operation, request| call_of(&shared.service(FRIEND, "us-east-1", Some(narrow.clone())), operation, request);
    let described = narrowed(Operation::DescribeCertificateAuthority, shared.authority.clone());
    denied(described, "because no identity-based policy allows");
    denied(narrowed(ISSUE, shared.issuance("EndEntityCertificate")), "Statement 2");
}

#[test]
fn a_policy_is_judged_when_it_is_put() {
    let shared = Shared::new();
    for (statements, words) in [
        (json!([statement("Allow", json!("acm-pca:PutPolicy"))]), "Statement 1: Action 'acm-pca:PutPolicy' is not one"),
        (json!([{ "Effect": "Allow", "Action": "acm-pca:*", "Resource": "*" }]), "Statement 1: Principal is missing"),
        (json!("all"), "line 1, column"),
    ] {
        let fault = shared.put(statements).unwrap_err();
        assert_eq!(fault.exception, AwsException::InvalidPolicy);
        assert!(fault.message.contains(words), "{}", fault.message);
    }
    // What an earlier release took allows nothing, and the log says so.
    let arn = shared.arn().parse().unwrap();
    let changed = shared.bench.service.change_present(&arn, |record| {
        record.policy = Some("{}".parse().unwrap());
        Ok(())
    });
    assert!(changed.is_ok());
    let service = shared.service(FRIEND, "us-east-1", None);
    denied(call_of(&service, Operation::ListTags, shared.authority.clone()), "no resource-based policy");
    let entry = service.into_entry();
    assert_eq!(entry.authority.as_deref(), Some(shared.arn()));
    assert!(entry.remarks.iter().any(|remark| remark.contains("cannot be used: line 1")), "{:?}", entry.remarks);
}
