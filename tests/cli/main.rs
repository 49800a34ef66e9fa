//! The example `issue` as its users run it: options, output, files, messages and exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Map, Value, json};

/// Puts arguments together from lists of `&str` and `String`.
macro_rules! arguments {
    ($($list:expr),* $(,)?) => {{
        let mut arguments: Vec<String> = Vec::new();
        $(arguments.extend($list.iter().map(|argument| argument.to_string()));)*
        arguments
    }};
}

mod formats;
mod questions;
mod synopsis;

const ARN: &str = "arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";
const ALGORITHM: [&str; 2] = ["--signing-algorithm", "SHA256WITHECDSA"];
const VALIDITY: [&str; 2] = ["--validity", "Value=90,Type=DAYS"];

/// The example's program. `cargo test` builds it; `cargo test --test cli` does not.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).expect("target/<profile>/deps");
        let program = profile.join(format!("examples/issue{}", std::env::consts::EXE_SUFFIX));
        if !program.exists() {
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
            cargo.args(["build", "--example", "issue", "--manifest-path"]).arg(root().join("Cargo.toml"));
            cargo.arg("--target-dir").arg(profile.parent().unwrap());
            if profile.ends_with("release") {
                cargo.arg("--release");
            }
            assert!(cargo.status().unwrap().success(), "cargo build --example issue");
        }
        program
    })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn path(relative: &str) -> String {
    root().join(relative).to_str().unwrap().to_owned()
}

fn csr_path() -> String {
    path("examples/data/www.example.com.csr")
}

fn csr() -> [String; 2] {
    ["--csr".to_owned(), format!("fileb://{}", csr_path())]
}

/// A CA of `tests/data/cli` with a key of `tests/data/keys`.
fn ca(certificate: &str, key: &str) -> [String; 4] {
    let (certificate, key) = (format!("tests/data/cli/{certificate}.pem"), format!("tests/data/keys/{key}.pem"));
    ["--ca-cert".to_owned(), path(&certificate), "--ca-key".to_owned(), path(&key)]
}

fn template(name: &str) -> [String; 2] {
    ["--template-arn".to_owned(), format!("arn:aws:acm-pca:::template/{name}/V1")]
}

fn run(arguments: &[String]) -> Output {
    Command::new(program()).args(arguments).output().unwrap()
}

/// The standard output of a run that succeeds.
fn succeed(arguments: &[String]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

/// The standard error of a run that fails with this exit code; nothing is on standard output then.
fn fail(code: i32, arguments: &[String]) -> String {
    let output = run(arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    assert!(output.stdout.is_empty());
    assert!(stderr.starts_with('\n'), "a blank line first, as the AWS CLI does: {stderr}");
    stderr
}

/// The message of a refusal, whose frame is that of the AWS CLI.
fn refused(exception: &str, arguments: &[String]) -> String {
    let stderr = fail(254, arguments);
    let frame = format!("\nAn error occurred ({exception}) when calling the IssueCertificate operation: ");
    let message = stderr.strip_prefix(&frame).unwrap_or_else(|| panic!("{exception}: {stderr}"));
    message.strip_suffix('\n').unwrap().to_owned()
}

fn certificates(text: &str) -> usize {
    text.matches("-----BEGIN CERTIFICATE-----\n").count()
}

/// A directory of its own for each test, removed afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("issuance-cli-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(directory)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether OpenSSL accepts `cert.pem` under `chain.pem`; true where there is no OpenSSL.
fn openssl_accepts(scratch: &Scratch, directory: &str) -> bool {
    let mut openssl = Command::new("openssl");
    openssl.args(["verify", "-CAfile", &scratch.path(&format!("{directory}/chain.pem"))]);
    let output = openssl.arg(scratch.path(&format!("{directory}/cert.pem"))).output();
    output.map_or_else(|_| true, |output| output.status.success())
}

#[test]
fn no_arguments() {
    let stdout = succeed(&[]);
    assert!(stdout.starts_with("{\n    \"CertificateArn\": \"arn:aws:acm-pca:"), "{stdout}");
    assert!(stdout.contains("Template EndEntityCertificate/V1 (base)"));
    assert!(stdout.contains("csr.extensionRequest (keyUsage 2.5.29.15)  base templates do not take this source"));
    assert_eq!(certificates(&stdout), 3);
}

#[test]
fn the_example_of_the_aws_documentation() {
    let command = ["acm-pca", "issue-certificate", "--certificate-authority-arn", ARN];
    let rest = ["--validity", "Value=365,Type=\"DAYS\"", "--idempotency-token", "1234"];
    let global = ["--region", "eu-west-1", "--output", "json", "--no-cli-pager"];
    let stdout = succeed(&arguments![command, csr(), ALGORITHM, rest, global]);
    assert!(stdout.contains(&format!("\"{ARN}/certificate/")));
    assert_eq!(certificates(&stdout), 3);
}

#[test]
fn forms_of_values() {
    let scratch = Scratch::new("forms");
    let end = |text: &str| {
        let stdout = succeed(&arguments![csr(), ALGORITHM, ["--validity", text], ca("root", "ec-p384")]);
        stdout.lines().find(|line| line.contains("notAfter")).unwrap().contains("2049-12-31T23:59:59Z")
    };
    let file = scratch.write("validity.json", "{\"Type\": \"END_DATE\", \"Value\": 20491231235959}\n");
    for text in [
        "Value=20491231235959,Type=END_DATE",
        " Type = 'END_DATE' , Value = \"20491231235959\" ",
        "{\"Value\":20491231235959,\"Type\":\"END_DATE\"}",
        "Value=491231235959,Type=END_DATE",
        "Value=2524607999,Type=ABSOLUTE",
        &format!("file://{file}"),
    ] {
        assert!(end(text), "{text}");
    }

    let pem = fs::read_to_string(csr_path()).unwrap();
    let base64 = BASE64_STANDARD.encode(pem.as_bytes());
    let base64_file = scratch.write("base64", format!("{base64}\n"));
    for text in [&pem, &base64, &format!("file://{}", csr_path()), &format!("file://{base64_file}")] {
        succeed(&arguments![["--csr", text], ALGORITHM, VALIDITY]);
        succeed(&arguments![[format!("--csr={text}")], ALGORITHM, VALIDITY]);
    }

    let not_before = ["--validity-not-before", "Value=1704067200,Type=ABSOLUTE"];
    let stdout = succeed(&arguments![csr(), ALGORITHM, VALIDITY, not_before]);
    assert!(stdout.contains("request         2024-01-01T00:00:00Z"), "{stdout}");

    let passthrough = r#"{"Subject": {"CommonName": "api.example.com"}}"#;
    let file = format!("file://{}", scratch.write("passthrough.json", passthrough));
    for text in [passthrough, &file] {
        let options = arguments![template("EndEntityCertificate_APIPassthrough"), ["--api-passthrough", text]];
        assert!(succeed(&arguments![csr(), ALGORITHM, VALIDITY, options]).contains("CN=api.example.com"));
    }
}

#[test]
fn a_ca_of_ones_own() {
    let scratch = Scratch::new("own");
    let out = scratch.path("out");
    let base = arguments![csr(), ALGORITHM, VALIDITY, ["--out", &out]];

    let stdout = succeed(&arguments![base, ca("subordinate-with-chain", "ec-p256")]);
    assert_eq!(certificates(&scratch.read("out/chain.pem")), 2);
    assert!(openssl_accepts(&scratch, "out"));
    let arn: Value = serde_json::from_str(&stdout).unwrap();
    let default = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
    assert!(arn["CertificateArn"].as_str().unwrap().starts_with(default));

    // Overwrites; the key as SEC 1.
    succeed(&arguments![base, ca("root", "ec-p384.sec1")]);
    assert_eq!(certificates(&scratch.read("out/chain.pem")), 1);
    assert!(openssl_accepts(&scratch, "out"));

    // The chain apart; the RSA key as PKCS#1.
    let both = fs::read_to_string(path("tests/data/cli/subordinate-with-chain.pem")).unwrap();
    let end = "-----END CERTIFICATE-----\n";
    let own = scratch.write("own.pem", &both[..both.find(end).unwrap() + end.len()]);
    let key = path("tests/data/keys/ec-p256.sec1.pem");
    let chain = path("tests/data/cli/root.pem");
    succeed(&arguments![base, ["--ca-cert", &own, "--ca-key", &key, "--ca-chain", &chain]]);
    assert_eq!(certificates(&scratch.read("out/chain.pem")), 2);
    let rsa = ["--signing-algorithm", "SHA512WITHRSA"];
    succeed(&arguments![csr(), rsa, VALIDITY, ca("rsa-root", "rsa-2048.pkcs1"), ["--out", &out]]);
    assert!(openssl_accepts(&scratch, "out"));

    let options = arguments![csr(), ALGORITHM, VALIDITY];
    assert!(fail(253, &arguments![options, ca("root", "ec-p256")]).contains("--ca-key is not the key of --ca-cert"));
    assert!(fail(253, &arguments![options, ca("root", "ec-p256.encrypted")]).contains("--ca-key: "));
    let swapped = ["--ca-cert", &key, "--ca-key", &key];
    assert!(fail(253, &arguments![options, swapped]).contains("--ca-cert: "));
    assert!(
        fail(253, &arguments![options, ca("root", "ec-p384"), ["--ca-chain", &chain]]).contains("nothing above it")
    );
    assert!(fail(252, &arguments![options, ["--ca-cert", &own]]).contains("belong together"));
    assert!(fail(252, &arguments![options, ["--ca-cert", "absent", "--ca-key", &key]]).contains("absent"));
}

#[test]
fn a_root_renews_its_own_certificate() {
    let scratch = Scratch::new("renew");
    let own_csr = ["--csr".to_owned(), format!("fileb://{}", path("tests/data/cli/root.csr"))];
    let twenty = ["--validity", "Value=20,Type=YEARS"];
    let options = arguments![ALGORITHM, twenty, template("RootCACertificate"), ["--out", &scratch.path("out")]];
    succeed(&arguments![own_csr, options, ca("root", "ec-p384")]);
    assert_eq!(scratch.read("out/chain.pem"), "");
    fs::copy(scratch.path("out/cert.pem"), scratch.path("out/chain.pem")).unwrap();
    assert!(openssl_accepts(&scratch, "out"));

    let message = refused("InvalidArgsException", &arguments![csr(), options, ca("root", "ec-p384")]);
    assert!(message.contains("the CSR must be for its own key"), "{message}");
    let message = refused("InvalidArgsException", &arguments![own_csr, options]);
    assert!(message.contains("SUBORDINATE"), "{message}");
}

#[test]
fn the_samples_of_the_documentation() {
    // The command of the reference page, but for the place of the file, and the ends that it gives for END_DATE and ABSOLUTE.
    let scratch = Scratch::new("samples");
    let arn = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
    let command = ["acm-pca", "issue-certificate", "--certificate-authority-arn", arn];
    let rsa = ["--signing-algorithm", "SHA256WITHRSA", "--idempotency-token", "1234"];
    let out = ["--out".to_owned(), scratch.path("out")];
    let response = succeed(&arguments![command, csr(), rsa, ["--validity", "Value=365,Type=DAYS"], out]);
    assert!(response.contains(&format!("\"CertificateArn\": \"{arn}/certificate/")), "{response}");
    assert!(openssl_accepts(&scratch, "out"));
    for (validity, end) in [
        ("Value=491231235959,Type=END_DATE", "2049-12-31T23:59:59Z"),
        (r#"{"Value": 2524608000, "Type": "ABSOLUTE"}"#, "2050-01-01T00:00:00Z"),
    ] {
        let page = succeed(&arguments![csr(), ALGORITHM, ["--validity", validity]]);
        assert!(page.contains(end), "{page}");
    }
    for algorithm in ["SHA512WITHECDSA", "SHA384WITHRSA_PSS", "SM3WITHSM2", "ML_DSA_44"] {
        succeed(&arguments![csr(), ["--signing-algorithm", algorithm], VALIDITY]);
    }
}

#[test]
fn files() {
    let scratch = Scratch::new("files");
    let options = arguments![csr(), ALGORITHM, VALIDITY];
    let stdout = succeed(&arguments![options, ["--out", &scratch.path("new/out")]]);
    assert!(stdout.starts_with("{\n    \"CertificateArn\": \"arn:") && stdout.ends_with("\"\n}\n"), "{stdout}");
    assert_eq!(scratch.names("new/out"), ["cert.pem", "chain.pem", "plan.json"]);
    assert_eq!(certificates(&scratch.read("new/out/cert.pem")), 1);
    assert_eq!(certificates(&scratch.read("new/out/chain.pem")), 2);
    assert!(openssl_accepts(&scratch, "new/out"));
    let plan: Value = serde_json::from_str(&scratch.read("new/out/plan.json")).unwrap();
    assert_eq!(plan["template"], "EndEntityCertificate");
    assert_eq!(plan["suppressed"][0]["oid"], "2.5.29.15");

    // A refusal writes nothing, and a failure to write leaves nothing.
    refused("InvalidArgsException", &arguments![options, ["--strict", "--out", &scratch.path("refused")]]);
    assert!(!scratch.0.join("refused").exists());
    fs::create_dir_all(scratch.0.join("blocked/plan.json")).unwrap();
    assert!(fail(255, &arguments![options, ["--out", &scratch.path("blocked")]]).contains("is a directory"));
    assert_eq!(scratch.names("blocked"), ["plan.json"]);
    let file = scratch.write("file", "");
    fail(255, &arguments![options, ["--out", &file]]);
}

#[test]
fn the_command_line_is_judged_as_the_aws_cli_does() {
    let required = "the following arguments are required: ";
    assert!(fail(252, &arguments![ALGORITHM]).ends_with(&format!("{required}--csr, --validity\n")));
    let none = fail(252, &arguments![["issue-certificate"]]);
    assert!(none.ends_with(&format!("{required}--csr, --signing-algorithm, --validity\n")));

    let options = arguments![csr(), ALGORITHM, VALIDITY];
    for (more, expected) in [
        (&["--no-such", "--option"][..], "Unknown options: --no-such, --option"),
        (&["stray"], "Unknown options: stray"),
        (&["--signing-algorithm", "SHA256WITHRSA"], "argument --signing-algorithm: given more than once"),
        (&["--template-arn"], "argument --template-arn: expected one argument"),
        (&["--template-arn", "--strict"], "argument --template-arn: expected one argument"),
        (&["--strict=yes"], "argument --strict: takes no value"),
        (&["--generate-cli-skeleton", "table"], "invalid choice: 'table'"),
        (&["--api-passthrough", "Subject={}"], "Error parsing parameter '--api-passthrough': Invalid JSON"),
        (&["--validity-not-before", "365"], "Error parsing parameter '--validity-not-before': Expected: '='"),
        (&["--validity-not-before", "Value=1,Value=2"], "Second instance of key 'Value'"),
        (&["--cli-input-json", "[]"], "Invalid JSON received"),
        (&["--cli-input-json", "file://absent"], "Unable to load paramfile file://absent"),
    ] {
        let message = fail(252, &arguments![options, more]);
        assert!(message.contains(expected), "{more:?}: {message}");
    }
    let der = format!("file://{}", path("tests/data/keys/README.md"));
    assert!(fail(252, &arguments![["--csr", &der], ALGORITHM, VALIDITY]).contains("'--csr': Invalid base64"));
    assert!(succeed(&arguments![["--help"]]).contains("--ca-key"));
}

#[test]
fn refusals_in_the_words_of_the_service() {
    let options = arguments![csr(), ALGORITHM, VALIDITY];

    // R-REQ-2.
    let zero = arguments![csr(), ALGORITHM, ["--validity", "Value=0,Type=DAYS"]];
    let zero_message =
        "Value '0' at 'validity.value' failed to satisfy constraint: Member must have value greater than or equal to 1";
    assert_eq!(refused("ValidationException", &zero), format!("1 validation error detected: {zero_message}"));
    let message = refused("ValidationException", &arguments![zero, ["--idempotency-token", ""]]);
    assert_eq!(
        message,
        format!(
            "2 validation errors detected: {zero_message}; Value '' at 'idempotencyToken' failed to satisfy constraint: \
             Member must have length greater than or equal to 1"
        )
    );
    let names = r#"[{"DnsName": "a"}, {"DnsName": "b"}, {"DnsName": 3}]"#;
    let names = format!(r#"{{"Extensions": {{"SubjectAlternativeNames": {names}}}}}"#);
    let message = refused("ValidationException", &arguments![options, ["--api-passthrough", &names]]);
    assert!(message.contains("'apiPassthrough.extensions.subjectAlternativeNames.3.member.dnsName'"), "{message}");

    // R-REQ-3, R-REQ-5, R-ARN-3.
    let two = r#"{"Extensions": {"SubjectAlternativeNames": [{"DnsName": "a", "Rfc822Name": "a@b"}]}}"#;
    let message = refused("InvalidArgsException", &arguments![options, ["--api-passthrough", two]]);
    assert!(message.contains("exactly one of"), "{message}");
    let message = refused("InvalidArgsException", &arguments![options, template("EndEntityCertificat")]);
    assert!(message.contains("EndEntityCertificate"), "{message}");
    refused("InvalidArnException", &arguments![options, ["--certificate-authority-arn", "arn:aws:acm:x"]]);

    // R-CSR.
    refused("MalformedCSRException", &arguments![["--csr", "AAAA"], ALGORITHM, VALIDITY]);
    let certificate = format!("fileb://{}", path("tests/data/cli/root.pem"));
    let message = refused("MalformedCSRException", &arguments![["--csr", &certificate], ALGORITHM, VALIDITY]);
    assert!(message.contains("labelled 'CERTIFICATE'"), "{message}");
    let no_subject = format!("fileb://{}", path("tests/data/cli/no-subject.csr"));
    assert_eq!(
        refused("MalformedCSRException", &arguments![["--csr", &no_subject], ALGORITHM, VALIDITY]),
        "CSR must mark the SAN extension critical when it has an empty subject"
    );
    assert_eq!(
        refused("MalformedCSRException", &arguments![["--csr", &without_attributes()], ALGORITHM, VALIDITY]),
        "CSR is missing required element 'attributes'."
    );

    // R-VAL-4, R-CA.
    let message = refused("ValidationException", &arguments![csr(), ALGORITHM, ["--validity", "Value=41,Type=YEARS"]]);
    assert!(message.contains("after the certificate authority's own certificate"), "{message}");
    let ecdsa = ["--signing-algorithm", "SHA384WITHECDSA"];
    let message = refused("InvalidArgsException", &arguments![csr(), ecdsa, VALIDITY, ca("rsa-root", "rsa-2048")]);
    let expected = "Signing algorithm SHA384WITHECDSA cannot be used with key type RSA_2048. Valid signing algorithms \
                    are: SHA256WITHRSA, ";
    assert!(message.starts_with(expected), "{message}");
    assert_eq!(
        refused(
            "InvalidStateException",
            &arguments![options, ca("expired-root", "ec-p384"), ["--certificate-authority-arn", ARN]]
        ),
        "The certificate authority is not in a valid state for issuing certificates"
    );
    let message = refused("ValidationException", &arguments![options, template("SubordinateCACertificate_PathLen0")]);
    assert!(message.contains("path length"), "{message}");

    // R-MRG-7.
    let message = refused("InvalidArgsException", &arguments![options, ["--strict"]]);
    assert!(message.contains("csr.extensionRequest (keyUsage 2.5.29.15)"), "{message}");
}

/// The example's request in base64, without its `attributes`.
fn without_attributes() -> String {
    fn element(der: &[u8]) -> (usize, usize) {
        match der[1] {
            short @ 0..=0x7f => (2, usize::from(short)),
            0x81 => (3, usize::from(der[2])),
            _ => (4, usize::from(der[2]) << 8 | usize::from(der[3])),
        }
    }
    let sequence = |content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let header: &[u8] = match content.len() {
            0..=0x7f => &[0x30, length[1]],
            0x80..=0xff => &[0x30, 0x81, length[1]],
            _ => &[0x30, 0x82, length[0], length[1]],
        };
        [header, content].concat()
    };
    let pem = fs::read_to_string(csr_path()).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = BASE64_STANDARD.decode(&base64).unwrap();
    let whole = &der[element(&der).0..];
    let (header, length) = element(whole);
    let (info, rest) = whole.split_at(header + length);
    let mut end = header;
    while info[end] != 0xa0 {
        let (header, length) = element(&info[end..]);
        end += header + length;
    }
    let info = sequence(&info[header..end]);
    BASE64_STANDARD.encode(sequence(&[info.as_slice(), rest].concat()))
}

/// Gives every text of a skeleton a value that suits its name, and every union one member for each of its options.
fn fill(name: &str, value: Value) -> Value {
    let members = |map: Map<String, Value>| -> Map<String, Value> {
        map.into_iter().map(|(name, value)| (name.clone(), fill(&name, value))).collect()
    };
    match (name, value) {
        ("SubjectAlternativeNames" | "ExtendedKeyUsage", Value::Array(unions)) => {
            let options = unions.into_iter().flat_map(|union| union.as_object().unwrap().clone());
            options.map(|(name, value)| json!({name.clone(): fill(&name, value)})).collect()
        }
        ("Subject" | "DirectoryName", Value::Object(mut map)) => {
            map.remove("CustomAttributes").expect("the skeleton has them");
            Value::Object(members(map))
        }
        (_, Value::Object(map)) => Value::Object(members(map)),
        (name, Value::Array(items)) => items.into_iter().map(|item| fill(name, item)).collect(),
        ("Value", Value::Number(_)) => json!(1_704_067_200),
        ("KeyCertSign" | "EncipherOnly" | "DecipherOnly", _) => json!(false),
        ("Type", _) => json!("ABSOLUTE"),
        ("CertificateAuthorityArn", _) => json!(ARN),
        ("TemplateArn", _) => json!("arn:aws:acm-pca:::template/BlankEndEntityCertificate_APIPassthrough/V1"),
        ("Csr", _) => json!(BASE64_STANDARD.encode(fs::read(csr_path()).unwrap())),
        ("CertPolicyId" | "ObjectIdentifier" | "TypeId" | "RegisteredId", _) => json!("1.3.6.1.4.1.99999.1"),
        ("ExtendedKeyUsageObjectIdentifier", _) => json!("1.3.6.1.4.1.99999.2"),
        ("Country", _) => json!("US"),
        ("GenerationQualifier", _) => json!("III"),
        ("IpAddress", _) => json!("192.0.2.1"),
        ("Rfc822Name", _) => json!("someone@example.com"),
        ("DnsName", _) => json!("www.example.com"),
        ("UniformResourceIdentifier" | "CpsUri", _) => json!("https://www.example.com/"),
        ("Value", _) => json!("BQA="),
        ("Initials", _) => json!("AB"),
        (_, Value::String(text)) if text.is_empty() => json!("text"),
        (_, other) => other,
    }
}

#[test]
fn the_skeleton_works_as_input() {
    let scratch = Scratch::new("skeleton");
    let skeleton = succeed(&arguments![["--generate-cli-skeleton"]]);
    assert_eq!(succeed(&arguments![["acm-pca", "issue-certificate", "--generate-cli-skeleton", "input"]]), skeleton);
    let skeleton: Value = serde_json::from_str(&skeleton).unwrap();
    let mut filled = fill("", skeleton);
    filled["Validity"] = json!({"Value": 1, "Type": "DAYS"});
    let file = format!("file://{}", scratch.write("input.json", filled.to_string()));
    let out = scratch.path("out");
    let input = arguments![["--cli-input-json", &file, "--out", &out]];
    assert!(succeed(&input).contains(ARN));
    let plan: Value = serde_json::from_str(&scratch.read("out/plan.json")).unwrap();
    let from_api = plan["extensions"].as_array().unwrap().iter().filter(|extension| extension["source"] == "API");
    let oids: Vec<&str> = from_api.filter_map(|extension| extension["oid"].as_str()).collect();
    assert_eq!(oids, ["2.5.29.15", "2.5.29.37", "2.5.29.17", "2.5.29.32", "1.3.6.1.4.1.99999.1"]);

    // Other options override its members, and what it lacks the service misses.
    let message = refused("ValidationException", &arguments![input, ["--validity", "Value=0,Type=DAYS"]]);
    assert!(message.contains("'0' at 'validity.value'"), "{message}");
    let message = refused("ValidationException", &arguments![["--cli-input-json", "{}"]]);
    for expected in ["3 validation errors detected: ", "Value null at 'csr'"] {
        assert!(message.contains(expected), "{message}");
    }
    let pem = json!({"Csr": fs::read_to_string(csr_path()).unwrap()}).to_string();
    succeed(&arguments![["--cli-input-json", &pem], ALGORITHM, VALIDITY]);
}
