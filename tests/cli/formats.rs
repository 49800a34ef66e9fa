//! What is printed of the response: `--output`, `--query` and `--color`.

use std::fs;

use serde_json::Value;

use super::{ALGORITHM, ARN, Scratch, VALIDITY, certificates, csr, fail, path, succeed};

fn request() -> Vec<String> {
    arguments![csr(), ALGORITHM, VALIDITY, ["--certificate-authority-arn", ARN]]
}

/// A sample response is printed like a real one, without a certificate being issued.
fn printed(value: &Value, format: &str) -> String {
    let query = format!("`{}`", value.to_string().replace('`', "\\`"));
    let sample = ["--generate-cli-skeleton", "output", "--query", &query, "--output", format];
    succeed(&arguments![request(), sample])
}

/// `formats.json` holds what the AWS CLI makes of values: see the README beside it.
#[test]
fn each_format_prints_values_as_the_aws_cli_does() {
    let cases = fs::read_to_string(path("tests/data/cli/formats.json")).unwrap();
    let cases: Value = serde_json::from_str(&cases).unwrap();
    for case in cases.as_array().unwrap() {
        for format in ["text", "table", "yaml", "yaml-stream"] {
            assert_eq!(printed(&case["value"], format), case[format].as_str().unwrap(), "{format} of {case}");
        }
        let json: Value = serde_json::from_str(&printed(&case["value"], "json")).unwrap();
        assert_eq!(json, case["value"]);
    }
}

#[test]
fn output_text_prints_the_bare_arn() {
    let scratch = Scratch::new("text");
    for out in [arguments![["--out", &scratch.path("out")]], Vec::new()] {
        let text = succeed(&arguments![request(), out, ["--output", "text"]]);
        let serial = text.strip_prefix(&format!("{ARN}/certificate/")).unwrap().strip_suffix('\n').unwrap();
        assert!(serial.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
    }
    assert_eq!(scratch.names("out"), ["cert.pem", "chain.pem", "plan.json"]);
}

#[test]
fn each_format_prints_the_response_alone() {
    for (format, start, lines) in [
        ("text", "arn:".to_owned(), 1),
        ("yaml", "CertificateArn: arn:".to_owned(), 1),
        ("yaml-stream", "- CertificateArn: arn:".to_owned(), 1),
        ("table", "-".repeat(80), 5),
    ] {
        let page = succeed(&arguments![request(), ["--output", format]]);
        assert!(page.starts_with(&start) && page.lines().count() == lines, "{format}: {page}");
    }
    assert_eq!(succeed(&arguments![request(), ["--output", "off"]]), "");
    // JSON, the default, comes with the plan and the certificates, unless a query picks a part of it.
    assert_eq!(certificates(&succeed(&arguments![request(), ["--output", "json"]])), 3);
    let picked = succeed(&arguments![request(), ["--query", "CertificateArn"]]);
    assert!(picked.starts_with(&format!("\"{ARN}/certificate/")) && picked.ends_with("\"\n"), "{picked}");
}

#[test]
fn a_scalar_in_a_table_is_not_lost() {
    let table = printed(&Value::from("kept"), "table");
    assert!(table.contains("|  kept "), "{table}");
}

#[test]
fn color_marks_the_values_of_tables_alone() {
    let sample = arguments![request(), ["--generate-cli-skeleton", "output", "--color"]];
    let blue = "\u{1b}[1m\u{1b}[34mCertificateArn\u{1b}[0m";
    assert!(succeed(&arguments![sample, ["on", "--output", "table"]]).contains(blue));
    for plain in [["off", "--output", "table"], ["auto", "--output", "table"], ["on", "--output", "text"]] {
        assert!(!succeed(&arguments![sample, plain]).contains('\u{1b}'), "{plain:?}");
    }
}

#[test]
fn a_query_is_read_before_a_certificate_is_issued() {
    let scratch = Scratch::new("query");
    let out = scratch.path("out");
    let long = format!("a{}", ".a".repeat(50_000));
    for query in ["foo[", "", &long] {
        let message = fail(252, &arguments![request(), ["--query", query, "--out", &out]]);
        assert!(message.contains("Bad value for --query"), "{message}");
    }
    assert!(!scratch.0.join("out").exists());
    // One that fails on the response costs no certificate.
    let message = fail(255, &arguments![request(), ["--query", "keys(CertificateArn)", "--out", &out]]);
    assert!(message.contains("Bad value for --query"), "{message}");
    assert_eq!(scratch.names("out"), ["cert.pem", "chain.pem", "plan.json"]);
}
