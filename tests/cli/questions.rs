//! Custom templates and policies, and questions about them (R-POL-6).

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::{ALGORITHM, csr, run, succeed};

/// A file of this content for one test.
fn file(name: &str, content: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("questions");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{}-{name}", std::process::id()));
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

const POLICY: &str = "ca = false\n[names]\npermitted = [\"DNS:example.com\"]\nleast = 1\n[extended_key_usage]\nallowed = [\"serverAuth\"]\n";

#[test]
fn r_pol_6_can_issue_answers_with_a_request_that_issued() {
    let policy = file("can.toml", POLICY);
    let arguments =
        arguments![["--can-issue", "--policy", &policy, "--template-arn", "EndEntityServerAuthCertificate"]];
    let text = succeed(&arguments);
    assert!(
        text.starts_with("EndEntityServerAuthCertificate can issue, for example to this request:\n\n  subject: "),
        "{text}"
    );
    assert!(text.contains("  subjectAltName: DNS:example.com") && text.contains("BEGIN CERTIFICATE"), "{text}");
    let json: Value = serde_json::from_str(&succeed(&arguments![arguments, ["--output", "json"]])).unwrap();
    assert_eq!(json["witness"]["key"], "EC_prime256v1");
    assert!(json["certificate"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    // A root's own certificate, and a kind of key that this program does not make.
    let ed25519 = file("ed25519.json", "{\"keys\": [\"ED25519\"]}");
    assert!(succeed(&arguments![["--can-issue", "--policy", &ed25519]]).contains("makes no keys of that kind"));
}

#[test]
fn r_pol_6_can_issue_answers_with_the_reasons() {
    let policy = file("cannot.toml", POLICY);
    let output = run(&arguments![["--can-issue", "--policy", &policy]]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "template EndEntityCertificate never issues under extended_key_usage.allowed = serverAuth: the policy refuses the \
         certificate: extKeyUsage is clientAuth; extended_key_usage.allowed takes only serverAuth\n"
    );
    let output = run(&arguments![["--can-issue", "--policy", &policy, "--output", "json"]]);
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["never"]["because"][0], "extended_key_usage.allowed = serverAuth");
}

#[test]
fn r_pol_6_templates_are_explained_as_files_that_can_be_read() {
    let text = succeed(&arguments![["--explain-template", "CodeSigningCertificate_CSRPassthrough/V1"]]);
    assert!(text.contains("  extKeyUsage             codeSigning, critical\n"), "{text}");
    let (_, toml) = text.split_once("As a file:\n\n").unwrap();
    let again = succeed(&arguments![["--explain-template", &file("explained.toml", toml)]]);
    assert_eq!(again, text);
    let json =
        succeed(&arguments![["--explain-template", "CodeSigningCertificate_CSRPassthrough", "--output", "json"]]);
    assert_eq!(succeed(&arguments![["--explain-template", &file("explained.json", &json)]]), text);
}

#[test]
fn r_pol_6_templates_are_compared_by_name_and_by_file() {
    let equal = succeed(&arguments![["--diff-templates", "EndEntityCertificate", "EndEntityCertificate"]]);
    assert!(equal.contains("no difference"), "{equal}");
    let device = file(
        "diff.toml",
        "name = \"Device\"\nextends = \"EndEntityCertificate\"\n[policy]\nkeys = [\"EC_prime256v1\"]\n",
    );
    let text = succeed(&arguments![["--diff-templates", "EndEntityCertificate", &device]]);
    assert!(text.contains("  keys: narrower\n"), "{text}");
    let json: Value = serde_json::from_str(&succeed(&arguments![[
        "--diff-templates",
        &device,
        "EndEntityCertificate",
        "--output",
        "json"
    ]]))
    .unwrap();
    assert_eq!(
        (&json["differences"][0]["dimension"], &json["differences"][0]["relation"]),
        (&"keys".into(), &"wider".into())
    );
}

#[test]
fn r_pol_1_a_template_file_is_asked_for_and_gives_its_validity() {
    let device = "name = \"Device\"\nextends = \"EndEntityClientAuthCertificate\"\ndefault_validity = { value = 30, type = \"DAYS\" }\n";
    let device = file("device.toml", device);
    let printed = succeed(&arguments![csr(), ALGORITHM, ["--template-file", &device]]);
    assert!(printed.contains("clientAuth"), "{printed}");
    // Another template has no default.
    let other = run(&arguments![
        csr(),
        ALGORITHM,
        ["--template-file", &device, "--template-arn", "arn:aws:acm-pca:::template/EndEntityCertificate/V1"]
    ]);
    assert_eq!(other.status.code(), Some(254), "{}", String::from_utf8_lossy(&other.stderr));
}

#[test]
fn r_pol_3_a_policy_refuses_with_access_denied() {
    let validity = ["--validity", "Value=90,Type=DAYS"];
    let policy = file("refuses.toml", "[names]\npermitted = [\"DNS:www.example.com\"]\n");
    let output = run(&arguments![csr(), ALGORITHM, validity, ["--policy", &policy]]);
    assert_eq!(output.status.code(), Some(254));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("(AccessDeniedException)"), "{message}");
    assert!(
        message.contains("subjectAltName.2 is DNS:example.com; names.permitted takes DNS:www.example.com"),
        "{message}"
    );
    let policy = file("passes.toml", "[names]\npermitted = [\"DNS:example.com\"]\n");
    succeed(&arguments![csr(), ALGORITHM, validity, ["--policy", &policy]]);
}

#[test]
fn r_pol_1_a_file_that_cannot_be_read_is_named_with_its_place() {
    let policy = file("wrong.toml", "ca = false\n[names]\npermited = []\n");
    let output = run(&arguments![["--can-issue", "--policy", &policy]]);
    assert_eq!(output.status.code(), Some(252));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("Error parsing parameter '--policy'") && message.contains("line 3, column 1: unknown field"),
        "{message}"
    );
    let two = run(&arguments![["--can-issue", "--explain-template", "EndEntityCertificate"]]);
    assert_eq!(two.status.code(), Some(252));
    let one = run(&arguments![["--diff-templates", "EndEntityCertificate"]]);
    assert!(String::from_utf8(one.stderr).unwrap().contains("expected two arguments"));
}

#[test]
fn r_pol_7_a_document_of_iam_is_a_policy_too() {
    let statement = |condition: &str| {
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Effect\": \"Deny\", \"Action\": \"acm-pca:*\", \"Resource\": \"*\", \
             \"Condition\": {condition}}}}}"
        )
    };
    let rsa_alone = file("rsa.json", &statement("{\"StringNotEquals\": {\"acm-pca:x509Key/algorithm\": \"RSA\"}}"));
    let validity = ["--validity", "Value=90,Type=DAYS"];
    let output = run(&arguments![csr(), ALGORITHM, validity, ["--policy", &rsa_alone]]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("(AccessDeniedException)"));
    let json: Value =
        serde_json::from_str(&succeed(&arguments![["--can-issue", "--policy", &rsa_alone, "--output", "json"]]))
            .unwrap();
    assert_eq!(json["witness"]["key"], "RSA_2048");
    let never = file("never.json", &statement("{\"Null\": {\"acm-pca:TemplateArn\": \"false\"}}"));
    assert_eq!(run(&arguments![["--can-issue", "--policy", &never]]).status.code(), Some(1));
    let open = statement("{\"ForAnyValue:StringLike\": {\"acm-pca:x509Ext/ExtendedKeyUsage\": \"*\"}}");
    assert_eq!(run(&arguments![["--can-issue", "--policy", &file("open.json", &open)]]).status.code(), Some(2));
}

/// `docs/policies.md` shows what is printed; times are those of the day.
#[test]
fn r_pol_6_the_page_for_operators_shows_what_is_printed() {
    let page = fs::read_to_string(super::path("docs/policies.md")).unwrap();
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let (shop, device) = (file("shop.toml", blocks[0]), file("page-device.toml", blocks[1]));
    let printed: Vec<&str> =
        page.split("```text\n$ issue ").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(printed.len(), 3);
    for shown in printed {
        let (command, shown) = shown.split_once('\n').unwrap();
        let arguments: Vec<String> = command
            .split(' ')
            .map(|word| match word {
                "shop.toml" => shop.clone(),
                "device.toml" => device.clone(),
                word => word.to_owned(),
            })
            .collect();
        let output = String::from_utf8(run(&arguments).stdout).unwrap();
        let lines = |text: &str| -> Vec<String> {
            text.lines().filter(|line| !line.contains("notAfter: ")).map(str::to_owned).collect()
        };
        assert!(lines(&output).starts_with(&lines(shown)), "{command}\n{output}");
    }
}
