//! The options of the synopsis, and how they may be written.

use std::fs;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use super::{
    ALGORITHM, ARN, Scratch, VALIDITY, ca, csr, csr_path, fail, fill, openssl_accepts, path, refused, succeed, template,
};

/// The synopsis of `aws acm-pca issue-certificate`, version 2.
const SYNOPSIS: [&str; 29] = [
    "--api-passthrough",
    "--certificate-authority-arn",
    "--csr",
    "--signing-algorithm",
    "--template-arn",
    "--validity",
    "--validity-not-before",
    "--idempotency-token",
    "--cli-input-json",
    "--cli-input-yaml",
    "--generate-cli-skeleton",
    "--debug",
    "--endpoint-url",
    "--no-verify-ssl",
    "--no-paginate",
    "--output",
    "--query",
    "--profile",
    "--region",
    "--version",
    "--color",
    "--no-sign-request",
    "--ca-bundle",
    "--cli-read-timeout",
    "--cli-connect-timeout",
    "--cli-binary-format",
    "--no-cli-pager",
    "--cli-auto-prompt",
    "--no-cli-auto-prompt",
];

fn request() -> Vec<String> {
    arguments![csr(), ALGORITHM, VALIDITY]
}

#[test]
fn every_option_of_the_synopsis_is_taken() {
    let help = succeed(&arguments![["--help"]]);
    for option in SYNOPSIS {
        let named = help.split(|c: char| c.is_whitespace() || c == ',').any(|word| word == option);
        assert!(named, "--help lacks {option}");
    }
    let flags = ["--debug", "--no-verify-ssl", "--no-paginate", "--no-sign-request", "--no-cli-pager"];
    let timeouts = ["--cli-read-timeout", "0", "--cli-connect-timeout", "30"];
    let others = ["--profile", "dev", "--region", "eu-west-1", "--ca-bundle", "ca.pem", "--no-cli-auto-prompt"];
    let endpoint = ["--endpoint-url", "https://acm-pca.eu-west-1.amazonaws.com", "--color", "off"];
    let printed = ["--cli-binary-format", "base64", "--output", "text", "--query", "CertificateArn"];
    let arn = succeed(&arguments![request(), flags, timeouts, others, endpoint, printed]);
    assert!(arn.starts_with("arn:aws:acm-pca:") && arn.lines().count() == 1, "{arn}");
    succeed(&arguments![request(), ["--cli-auto-prompt", "--output", "text"]]);
}

#[test]
fn version_and_help_are_printed() {
    let version = format!("issue/{}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(succeed(&arguments![["--version"]]), version);
    assert_eq!(succeed(&arguments![["acm-pca", "--version"]]), version);
    // The AWS CLI's word for help.
    let help = succeed(&arguments![["--help"]]);
    for command in [&["help"][..], &["acm-pca", "help"], &["acm-pca", "issue-certificate", "help"]] {
        assert_eq!(succeed(&arguments![command]), help);
    }
}

#[test]
fn options_may_be_joined_shortened_and_stand_before_the_command() {
    let before = ["--output=text", "--region", "eu-west-1", "acm-pca", "--prof", "dev", "issue-certificate"];
    let short = ["--cs".to_owned(), csr()[1].clone(), "--sign=SHA256WITHECDSA".to_owned()];
    let arn = succeed(&arguments![before, short, VALIDITY, [format!("--certificate={ARN}")]]);
    assert!(arn.starts_with(ARN), "{arn}");
    for (written, expected) in [
        (&["--val", "x"][..], "ambiguous option: --val could match --validity, --validity-not-before"),
        (&["--ou", "text"], "ambiguous option: --ou could match --output, --out"),
        (&["--cli-input", "{}"], "ambiguous option: --cli-input could match --cli-input-json, --cli-input-yaml"),
        (&["--signing-algoritm", "x"], "Unknown options: --signing-algoritm, x; did you mean --signing-algorithm?"),
        (&["acm-pca", "acm-pca"], "Unknown options: acm-pca"),
        (&["acm-pca"], "the following arguments are required: operation"),
    ] {
        let message = fail(252, &arguments![written, request()]);
        assert!(message.contains(expected), "{written:?}: {message}");
    }
}

#[test]
fn options_that_mean_nothing_here_are_judged_as_the_aws_cli_does() {
    for (written, expected) in [
        (&["--output", "xml"][..], "argument --output: invalid choice: 'xml' (choose from json, text, table, yaml, "),
        (&["--color", "blue"], "argument --color: invalid choice: 'blue' (choose from on, off, auto)"),
        (&["--cli-binary-format", "hex"], "argument --cli-binary-format: invalid choice: 'hex'"),
        (&["--endpoint-url", "localhost:8443"], "\"localhost:8443\": scheme is missing.  Must be of the form http://"),
        (&["--endpoint-url", "https:///x"], "host is missing"),
        (&["--cli-read-timeout", "soon"], "argument --cli-read-timeout: invalid int value: 'soon'"),
        (&["--cli-connect-timeout", "-1"], "argument --cli-connect-timeout: invalid int value: '-1'"),
        (&["--region", "eu west"], "Provided region_name 'eu west' doesn't match a supported format."),
        (&["--cli-auto-prompt", "--no-cli-auto-prompt"], "cannot be specified at the same time"),
        (&["--debug=yes"], "argument --debug: takes no value"),
        (&["--profile"], "argument --profile: expected one argument"),
    ] {
        let message = fail(252, &arguments![request(), written]);
        assert!(message.contains(expected), "{written:?}: {message}");
    }
}

#[test]
fn blobs_are_taken_literally_in_the_raw_format() {
    let pem = fs::read_to_string(csr_path()).unwrap();
    let base64 = BASE64_STANDARD.encode(&pem);
    let raw = arguments![ALGORITHM, VALIDITY, ["--output", "text", "--cli-binary-format", "raw-in-base64-out"]];
    succeed(&arguments![raw, ["--csr", &pem]]);
    succeed(&arguments![raw, ["--cli-input-json", &json!({"Csr": pem}).to_string()]]);
    refused("MalformedCSRException", &arguments![raw, ["--csr", &base64]]);
    refused("MalformedCSRException", &arguments![raw, ["--cli-input-json", &json!({"Csr": base64}).to_string()]]);
}

#[test]
fn yaml_input_is_read_as_json_input_is() {
    let scratch = Scratch::new("yaml");
    let base64 = BASE64_STANDARD.encode(fs::read(csr_path()).unwrap());
    let pem = fs::read_to_string(csr_path()).unwrap().replace('\n', "\n  ");
    for csr in [format!("!!binary {base64}"), base64.clone(), format!("|\n  {pem}"), format!("!!binary |\n  {base64}")]
    {
        let yaml = format!(
            "# A request\nCsr: {csr}\nSigningAlgorithm: SHA256WITHECDSA\nValidity: {{Value: 30, Type: DAYS}}\n\
             CertificateAuthorityArn: '{ARN}'\nTemplateArn: ~\n\
             ApiPassthrough:\n  Extensions: &extensions\n    KeyUsage: {{DigitalSignature: true}}\n"
        );
        let file = format!("file://{}", scratch.write("input.yaml", &yaml));
        for given in [&yaml, &file] {
            let arn = succeed(&arguments![["--cli-input-yaml", given, "--output", "text"]]);
            assert!(arn.starts_with(ARN), "{arn}");
        }
        // Options win.
        let zero = arguments![["--cli-input-yaml", &yaml, "--validity", "Value=0,Type=DAYS"]];
        assert!(refused("ValidationException", &zero).contains("'0' at 'validity.value'"));
    }
    let both = arguments![["--cli-input-yaml", "{}", "--cli-input-json", "{}"]];
    assert!(fail(252, &both).contains("Only one --cli-input- parameter may be specified."));
}

#[test]
fn yaml_that_stands_for_no_request_is_refused() {
    let scratch = Scratch::new("no-yaml");
    let deep = format!("Csr: {}{}", "[".repeat(200), "]".repeat(200));
    let bomb: String = (1..30).map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(10))).collect();
    let bomb = format!("a0: &a0 [x]\n{bomb}");
    for (yaml, expected) in [
        ("[]", "it must be one object"),
        ("input.yaml", "file://input.yaml reads it from a file"),
        ("Csr: {", "Invalid YAML received"),
        ("Csr: a\nCsr: b", "a second member 'Csr' at line 2 column 1"),
        ("Csr: a\n---\nCsr: b", "a second document"),
        ("Csr: !!python/object:os.system x", "is unsupported here"),
        ("Validity: {Value: !!int x}", "'x' is not a value of !!int"),
        ("? [a]\n: b", "the name of a member is not a scalar"),
        ("a: &a [*a]", "an alias inside what it stands for"),
        (&deep, "nested deeper than 127 levels"),
        (&bomb, "aliases repeat more than"),
        ("Validty: {Value: 1, Type: DAYS}", "did you mean \"Validity\"?"),
    ] {
        // Of a file, where it is longer than an argument may be.
        let file = || format!("file://{}", scratch.write("input.yaml", yaml));
        let given = if yaml.len() > 1000 { file() } else { yaml.to_owned() };
        let message = fail(252, &arguments![["--cli-input-yaml", &given]]);
        let start: String = yaml.chars().take(40).collect();
        assert!(message.contains(expected), "{start}: {message}");
    }
}

#[test]
fn a_member_that_no_request_has_is_refused_at_any_depth() {
    let api = |json: &str| arguments![request(), ["--api-passthrough", json]];
    let input = |json: &str| arguments![request(), ["--cli-input-json", json]];
    for (arguments, place, name, meant) in [
        (input(r#"{"Extra": 1}"#), "input", "Extra", None),
        (input(r#"{"IdempotencyTokn": "1"}"#), "input", "IdempotencyTokn", Some("IdempotencyToken")),
        (input(r#"{"CSR": "x"}"#), "input", "CSR", Some("Csr")),
        (api(r#"{"subject": {}}"#), "ApiPassthrough", "subject", Some("Subject")),
        (
            api(r#"{"Extensions": {"KeyUsage": {"CrlSign": true}}}"#),
            "ApiPassthrough.Extensions.KeyUsage",
            "CrlSign",
            Some("CRLSign"),
        ),
        (
            api(r#"{"Extensions": {"SubjectAlternativeNames": [{"DnsName": "a"}, {"DNSNames": "b"}]}}"#),
            "ApiPassthrough.Extensions.SubjectAlternativeNames[1]",
            "DNSNames",
            Some("DnsName"),
        ),
        (arguments![csr(), ALGORITHM, ["--validity", "Value=1,Typ=DAYS"]], "Validity", "Typ", Some("Type")),
    ] {
        let message = fail(252, &arguments);
        let expected =
            format!("\nParameter validation failed:\nUnknown parameter in {place}: \"{name}\", must be one of: ");
        assert!(message.starts_with(&expected), "{message}");
        match meant {
            Some(meant) => assert!(message.ends_with(&format!("; did you mean \"{meant}\"?\n")), "{message}"),
            None => assert!(!message.contains("did you mean"), "{message}"),
        }
    }
    let message = fail(252, &input(r#"{"Extra": 1, "Validity": {"More": 2}}"#));
    assert_eq!(message.matches("Unknown parameter in").count(), 1, "the option replaces the member: {message}");
}

/// What is refused as unknown is what the API does not have: the skeleton is the list.
#[test]
fn the_skeletons_have_the_members_of_the_api() {
    fn members(shapes: &Value, shape: &str, into: &mut Vec<String>, path: &str) {
        let shape = &shapes[shape];
        if let Some(element) = shape["member"].as_str() {
            members(shapes, element, into, path);
        }
        for (name, member) in shape["members"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            members(shapes, member.as_str().unwrap(), into, &path);
            into.push(path);
        }
    }
    fn names(value: &Value, into: &mut Vec<String>, path: &str) {
        value.as_array().into_iter().flatten().for_each(|element| names(element, into, path));
        for (name, member) in value.as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            names(member, into, &path);
            into.push(path);
        }
    }
    let model: Value = serde_json::from_str(&fs::read_to_string(path("tests/data/api-model.json")).unwrap()).unwrap();
    let skeleton = succeed(&arguments![["--generate-cli-skeleton"]]);
    let (mut of_model, mut of_skeleton) = (Vec::new(), Vec::new());
    members(&model["shapes"], "IssueCertificateRequest", &mut of_model, "");
    names(&serde_json::from_str(&skeleton).unwrap(), &mut of_skeleton, "");
    of_model.sort();
    of_skeleton.sort();
    assert_eq!(of_skeleton, of_model);

    // The one in YAML, which is input as it is, says the same.
    let yaml = succeed(&arguments![["--generate-cli-skeleton", "yaml-input"]]);
    let named =
        yaml.lines().filter_map(|line| line.trim_start_matches([' ', '-']).split_once(':')).map(|(name, _)| name);
    let quoted: Vec<String> = named.map(|name| format!("\"{name}\":")).collect();
    let in_json: Vec<&str> =
        skeleton.lines().filter_map(|line| line.trim_start().split_once(' ')).map(|(name, _)| name).collect();
    assert_eq!(quoted, in_json);
    let of_json = refused("ValidationException", &arguments![["--cli-input-json", &skeleton]]);
    let of_yaml = refused("ValidationException", &arguments![["--cli-input-yaml", &yaml]]);
    assert_eq!(of_yaml, of_json);
}

#[test]
fn the_output_skeleton_is_a_sample_of_a_valid_request() {
    let sample = ["--generate-cli-skeleton", "output"];
    let expected = "{\n    \"CertificateArn\": \"CertificateArn\"\n}\n";
    assert_eq!(succeed(&arguments![request(), sample]), expected);
    assert_eq!(succeed(&arguments![request(), sample, ["--output", "text"]]), "CertificateArn\n");
    assert!(fail(252, &arguments![csr(), sample]).contains("required: --signing-algorithm, --validity"));
    refused("ValidationException", &arguments![csr(), ALGORITHM, ["--validity", "Value=0,Type=DAYS"], sample]);
}

#[test]
fn the_name_of_a_file_is_answered_with_the_prefix_that_reads_it() {
    let api = template("EndEntityCertificate_APIPassthrough");
    let rest = arguments![ALGORITHM, VALIDITY];
    for (arguments, expected) in [
        (arguments![request(), api, ["--api-passthrough", "api.json"]], "file://api.json reads it from a file"),
        (arguments![["--cli-input-json", "input.json"]], "file://input.json reads it from a file"),
        (arguments![csr(), ALGORITHM, ["--validity", "validity.json"]], "file://validity.json reads it from a file"),
        (arguments![rest, ["--csr", "device.csr"]], "fileb://device.csr reads a file as it is"),
    ] {
        let message = fail(252, &arguments);
        assert!(message.contains(expected), "{message}");
    }
    let broken = fail(252, &arguments![request(), ["--api-passthrough", "{\"Subject\": "]]);
    assert!(!broken.contains("file://"), "what is broken JSON names no file: {broken}");
}

/// The bytes of the last block of a PEM file.
fn der(file: &str) -> Vec<u8> {
    let pem = fs::read_to_string(path(file)).unwrap();
    let block = pem.rsplit("-----BEGIN ").next().unwrap();
    let base64: String = block.lines().skip(1).take_while(|line| !line.starts_with('-')).collect();
    BASE64_STANDARD.decode(base64).unwrap()
}

#[test]
fn a_csr_from_file_is_the_same_as_from_fileb() {
    let scratch = Scratch::new("file");
    let binary = scratch.write("request.der", der("examples/data/www.example.com.csr"));
    for path in [binary, csr_path()] {
        for scheme in ["file", "fileb"] {
            let csr = ["--csr".to_owned(), format!("{scheme}://{path}")];
            succeed(&arguments![csr, ALGORITHM, VALIDITY, ["--output", "text"]]);
        }
    }
}

#[test]
fn the_files_of_a_ca_may_be_in_der() {
    let scratch = Scratch::new("der");
    let out = scratch.path("out");
    let issue = |key: &str, certificate: &str, chain: Option<&str>, algorithm: &str| {
        let chain = chain.map(|chain| ["--ca-chain".to_owned(), chain.to_owned()]).into_iter().flatten();
        let chain: Vec<String> = chain.collect();
        let files = ["--ca-cert", certificate, "--ca-key", key, "--out", &out, "--signing-algorithm", algorithm];
        succeed(&arguments![csr(), VALIDITY, files, chain]);
        assert!(openssl_accepts(&scratch, "out"), "{key}");
    };
    let root = scratch.write("root.der", der("tests/data/cli/root.pem"));
    for key in ["ec-p384", "ec-p384.sec1"] {
        let key = scratch.write("key.der", der(&format!("tests/data/keys/{key}.pem")));
        issue(&key, &root, None, "SHA384WITHECDSA");
    }
    let rsa_root = scratch.write("rsa-root.der", der("tests/data/cli/rsa-root.pem"));
    for key in ["rsa-2048", "rsa-2048.pkcs1"] {
        let key = scratch.write("key.der", der(&format!("tests/data/keys/{key}.pem")));
        issue(&key, &rsa_root, None, "SHA256WITHRSA");
    }

    // The chain apart, and behind the certificate in one file.
    let both = fs::read_to_string(path("tests/data/cli/subordinate-with-chain.pem")).unwrap();
    let end = "-----END CERTIFICATE-----\n";
    let own = scratch.write("own.pem", &both[..both.find(end).unwrap() + end.len()]);
    let own_der = der(own.strip_prefix(super::root().to_str().unwrap()).unwrap_or(&own));
    let own = scratch.write("own.der", &own_der);
    let key = scratch.write("key.der", der("tests/data/keys/ec-p256.pem"));
    issue(&key, &own, Some(&root), "SHA256WITHECDSA");
    let together = scratch.write("both.der", [own_der, der("tests/data/cli/root.pem")].concat());
    issue(&key, &together, None, "SHA256WITHECDSA");

    let base = arguments![request(), ["--ca-cert", &root]];
    for (key, expected) in [
        (der("tests/data/keys/ec-p256.encrypted.pem"), "encrypted"),
        (der("tests/data/cli/root.pem"), "not a private key in DER"),
        (vec![0xff, 0xfe, 0x00], "neither PEM"),
    ] {
        let key = scratch.write("key.der", key);
        let message = fail(253, &arguments![base, ["--ca-key", &key]]);
        assert!(message.contains("--ca-key: ") && message.contains(expected), "{message}");
    }
}

#[test]
fn the_filled_skeleton_is_input_in_yaml_too() {
    let skeleton: Value = serde_json::from_str(&succeed(&arguments![["--generate-cli-skeleton"]])).unwrap();
    let mut filled = fill("", skeleton);
    filled["Validity"] = json!({"Value": 1, "Type": "DAYS"});
    // JSON is YAML.
    let arn =
        succeed(&arguments![["--cli-input-yaml", &filled.to_string(), "--output", "text"], ca("root", "ec-p384")]);
    assert!(arn.starts_with(ARN), "{arn}");
}
