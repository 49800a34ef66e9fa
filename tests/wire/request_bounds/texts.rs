//! The texts of the model: their lengths and patterns, and what is refused beyond them.

use issuance::request::ViolationClass;
use serde_json::{Value, json};

use super::{AUTHORITY, CERTIFICATE, Place, REPORT, TEMPLATE, Walk, bound};

/// A text as messages repeat it.
fn printed(text: &str) -> String {
    match text.char_indices().nth(512) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.replace('\0', "\\u{0}").replace('\n', "\\n"),
    }
}

impl Walk {
    pub(super) fn string(&mut self, shape: &str, facts: &Value, place: &Place) {
        self.refuse_types(place, &[json!(7), json!(true), json!(["x"]), json!({})]);
        let (min, max) = (bound(facts, "min").unwrap(), bound(facts, "max").unwrap());
        let at_least = format!("Member must have length greater than or equal to {min}");
        let at_most = format!("Member must have length less than or equal to {max}");
        let pattern = format!(
            "Member must satisfy regular expression pattern: {}",
            facts.get("pattern").and_then(Value::as_str).unwrap_or_default()
        );
        let mut check = |right: &[&str], wrong: &[(&str, &[&String])]| {
            for text in right {
                self.accept(place, json!(text));
            }
            for (text, words) in wrong {
                let words: Vec<String> = words.iter().map(|words| (*words).clone()).collect();
                self.refuse(place, json!(text), &printed(text), &words);
            }
        };
        match shape {
            "Arn" => {
                let (arn, part) = match place.member {
                    "TemplateArn" => (TEMPLATE, "EndEntity"),
                    "CertificateArn" => (CERTIFICATE, "us-west-2"),
                    _ => (AUTHORITY, "us-west-2"),
                };
                let of_length = |length: usize| arn.replace(part, &"r".repeat(length + part.len() - arn.len()));
                let (longest, too_long) = (of_length(max), of_length(max + 1));
                check(&[&longest], &[(&too_long, &[&at_most]), ("arn:", &[&at_least]), ("", &[&at_least])]);
                for malformed in ["arn:a", "arn:aws:iam::123456789012:role/x"] {
                    let error = self.error(place, json!(malformed));
                    assert_eq!(error.class(), ViolationClass::Arn);
                    assert!(error.to_string().starts_with(&format!("Value '{malformed}' at '{}'", place.path)));
                }
            }
            "CustomObjectIdentifier" => {
                let longest = format!("1.2.{}", "9".repeat(max - 4));
                let too_long = format!("{longest}9");
                let wrong = format!("{longest}x");
                check(&["0.0", "2.39", "1.02.03", &longest], &[(&too_long, &[&at_most])]);
                check(&[], &[("", &[&pattern]), ("1.40", &[&pattern]), ("2.999", &[&pattern])]);
                check(&[], &[(&wrong, &[&at_most, &pattern])]);
            }
            "CountryCodeString" => {
                check(&["US", "de"], &[("U1", &[&pattern]), ("USA", &[&at_most, &pattern])]);
                check(&[], &[("", &[&at_least, &pattern]), ("U", &[&at_least, &pattern])]);
            }
            "ASN1PrintableString64" => {
                let longest = "aZ09'()+,-./:?= ".repeat(max / 16);
                assert_eq!(longest.len(), max);
                check(
                    &["", &longest],
                    &[(&format!("{longest}a"), &[&at_most]), ("a*", &[&pattern]), ("ä", &[&pattern])],
                );
            }
            "IdempotencyToken" => {
                let longest = "ÿ".repeat(max);
                let too_long = "ÿ".repeat(max + 1);
                check(&["1", "\t\n\r ~", &longest], &[(&too_long, &[&at_most]), ("", &[&at_least])]);
                check(&[], &[("Ā", &[&pattern]), ("a\0", &[&pattern])]);
            }
            "AWSPolicy" => {
                let longest = "ÿ".repeat(max);
                check(&["{}", "\t\n\r ~", &longest], &[(&format!("{longest}{{"), &[&at_most])]);
                check(&[], &[("", &[&at_least, &pattern]), ("Ā", &[&pattern]), ("a\0", &[&pattern])]);
            }
            "TagKey" | "TagValue" => {
                // Each way to be a letter, separator or number: Lu, Ll, Lt, Lm, Lo; Zs, Zl, Zp; Nd, Nl, No.
                let right = "Aaǅʰ中 \u{a0}\u{2028}\u{2029}9٣Ⅷ²_.:/=+-@";
                let longest = "é".repeat(max);
                check(&[right, &longest], &[(&format!("{longest}é"), &[&at_most])]);
                check(&[], &[(&format!("{longest}*"), &[&at_most, &pattern])]);
                // A mark, symbols, punctuation, controls.
                for wrong in ["e\u{301}", "😀", "$", "a*", "(", "\"", "#", "a\n", "a\0", "\u{200d}"] {
                    check(&[], &[(wrong, &[&pattern])]);
                }
                match min {
                    0 => check(&[""], &[]),
                    _ => check(&["x"], &[("", &[&at_least])]),
                }
            }
            "Principal" => {
                let longest = "é".repeat(max);
                check(&["acm.amazonaws.com", "\n", &longest], &[(&format!("{longest}é"), &[&at_most])]);
                check(&[], &[("", &[&pattern]), ("*", &[&pattern]), ("a*b", &[&pattern])]);
                check(&[], &[(&format!("{longest}*"), &[&at_most, &pattern])]);
            }
            "AccountId" => {
                check(&["123456789012", "000000000000"], &[("12345678901", &[&at_least])]);
                check(&[], &[("1234567890123", &[&at_most]), ("", &[&at_least, &pattern])]);
                check(&[], &[("12345678901x", &[&pattern]), ("１２３４５６７８９０１２", &[&pattern])]);
                check(&[], &[("1234567890 123", &[&at_most, &pattern])]);
            }
            "AuditReportId" => {
                check(&[REPORT, &REPORT.replace(|c: char| c != '-', "z")], &[("", &[&at_least, &pattern])]);
                check(&[], &[(&REPORT[1..], &[&at_least, &pattern]), (&format!("{REPORT}0"), &[&at_most, &pattern])]);
                let misplaced = REPORT.replace("8-a", "-8a");
                let foreign = REPORT.replace('a', "é");
                for wrong in [&REPORT.to_uppercase(), &REPORT.replace('-', "0"), &misplaced, &foreign] {
                    check(&[], &[(wrong, &[&pattern])]);
                }
            }
            "CnameString" => {
                let longest = "a".repeat(max);
                check(&["", "-azAZ09;/?:@&=+$,%_.!~*()'", &longest], &[(&format!("{longest}a"), &[&at_most])]);
                check(&[], &[(&format!("{longest}#"), &[&at_most, &pattern])]);
                for wrong in ["a b", "a#", "é", "a\n", "a\0", "[::1]", "a\\b"] {
                    check(&[], &[(wrong, &[&pattern])]);
                }
                self.refuse_args(place, json!("http://host"));
            }
            "CrlPathString" => {
                let longest = "a".repeat(max);
                let segment = "-azAZ09;?:@&=+$,%_.!~*()'";
                let segments = format!("{segment}/{segment}/x");
                check(&["/", segment, &segments, &longest], &[(&format!("{longest}a"), &[&at_most])]);
                check(&[], &[(&format!("{longest}/"), &[&at_most, &pattern])]);
                for wrong in ["", "/a", "a/", "//", "a//b", "a b", "a#", "é", "a\n"] {
                    check(&[], &[(wrong, &[&pattern])]);
                }
            }
            "S3BucketName3To255" => {
                let longest = "a".repeat(max);
                check(&["abc", "-azAZ09._/", &longest], &[(&format!("{longest}a"), &[&at_most])]);
                check(&[], &[("ab", &[&at_least]), ("", &[&at_least, &pattern]), ("a:", &[&at_least, &pattern])]);
                check(&[], &[(&format!("{longest}:"), &[&at_most, &pattern])]);
                for wrong in ["a b", "abc\n", "abé", "abc\0"] {
                    check(&[], &[(wrong, &[&pattern])]);
                }
            }
            "Base64String1To4096" => {
                // An OCTET STRING of 3068 octets, which are 3072 with its header.
                let longest = format!("BIIL/A{}", "A".repeat(max - 6));
                check(&["BQA=", &longest], &[("", &[&at_least]), (&"A".repeat(max + 4), &[&at_most])]);
                check(&[], &[("BQA", &[&pattern]), ("BQ*=", &[&pattern]), ("BQA=\n", &[&pattern])]);
                // Bits beyond the last octet; not DER; DER and more.
                for text in ["BQB=", "AAAA", "BQAA"] {
                    self.refuse_args(place, json!(text));
                }
            }
            "String39" => {
                let longest = ["2001"; 8].join(":");
                assert_eq!(longest.len(), max);
                check(&["192.0.2.1", "::", &longest, "::ffff:192.0.2.1"], &[]);
                for text in ["", "192.0.2", "192.0.2.256", "192.0.2.1/24", "fe80::1%1", "host"] {
                    self.refuse_args(place, json!(text));
                }
                let embedded = "0000:0000:0000:0000:0000:ffff:192.168.100.200";
                self.refuse(place, json!(embedded), embedded, std::slice::from_ref(&at_most));
                let error = self.error(place, json!(format!("{longest}1"))).to_string();
                assert!(error.starts_with("2 validation errors detected: "), "{error}");
                assert!(error.contains(&at_most), "{error}");
            }
            _ if ["Rfc822Name", "DnsName", "UniformResourceIdentifier", "CpsUri"].contains(&place.member)
                || place.path.ends_with("Name") && shape == "String253" =>
            {
                let longest = "a".repeat(max);
                check(&["a", &longest], &[(&format!("{longest}a"), &[&at_most])]);
                for text in ["", "é", "a\0", "a\nb", "a\u{7f}"] {
                    self.refuse_args(place, json!(text));
                }
            }
            "String1To256" | "S3BucketName" | "NextToken" => {
                let of_length = |length: usize| "é".repeat(length);
                check(&[&of_length(min), &of_length(max)], &[(&of_length(max + 1), &[&at_most])]);
                check(&[], &[("", &[&at_least]), (&of_length(min - 1), &[&at_least])]);
                self.refuse_args(place, json!(of_length(min) + "\0"));
            }
            _ => {
                assert!(shape.starts_with("String") && min == 0, "{shape}");
                // Characters are counted, not octets.
                let longest = "é".repeat(max);
                check(&["", &longest], &[(&format!("{longest}é"), &[&at_most])]);
                self.refuse_args(place, json!("\0"));
            }
        }
    }
}
