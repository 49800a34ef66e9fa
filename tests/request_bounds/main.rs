//! Every bound, pattern, enumeration, type and required member of the API model, from `IssueCertificateRequest` down
//! (R-REQ-2): a value at the bound is accepted, one beyond it is refused with the service's words at the right path.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use issuance::IssueCertificateRequest;
use issuance::request::{Constraint, ViolationClass};
use serde_json::{Map, Value, json};

const AUTHORITY: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const TEMPLATE: &str = "arn:aws:acm-pca:::template/EndEntityCertificate/V1";

/// Walks the model. A place in a request is its path, and the request as a function of the value there.
struct Walk {
    shapes: Map<String, Value>,
    seen: BTreeSet<String>,
    accepted: usize,
    refused: usize,
}

struct Place<'a> {
    path: &'a str,
    /// The name of the member that is there, or of the list whose member is there.
    member: &'a str,
    request: &'a dyn Fn(Value) -> Value,
}

fn lower_camel(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_lowercase() + rest
}

/// A text as messages repeat it.
fn printed(text: &str) -> String {
    match text.char_indices().nth(128) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.replace('\0', "\\u{0}").replace('\n', "\\n"),
    }
}

impl Walk {
    /// A right value of `shape`; `index` tells the members of a list apart.
    fn valid(&self, shape: &str, member: &str, index: usize) -> Value {
        match (shape, member) {
            ("Arn", "TemplateArn") => json!(TEMPLATE),
            ("Arn", _) => json!(AUTHORITY),
            ("CustomObjectIdentifier", _) => json!(format!("1.2.{index}")),
            ("Base64String1To4096", _) => json!("BQA="),
            ("CountryCodeString", _) => json!("US"),
            ("String39", _) => json!("2001:db8::1"),
            ("PositiveLong", _) => json!(2_000_000_000),
            ("ValidityPeriodType", _) => json!("ABSOLUTE"),
            ("GeneralName", _) => json!({ "DnsName": format!("{index}.example") }),
            ("ExtendedKeyUsage", _) => json!({ "ExtendedKeyUsageType": "SERVER_AUTH" }),
            ("KeyUsage", _) => json!({ "DigitalSignature": true }),
            ("ASN1Subject", _) => json!({ "CommonName": "name" }),
            _ => {
                let facts = &self.shapes[shape];
                match facts["type"].as_str().unwrap() {
                    "string" => match facts["enum"].as_array() {
                        Some(names) => names[0].clone(),
                        None => json!("x"),
                    },
                    "blob" => json!("AA=="),
                    "boolean" => json!(true),
                    "list" => json!([self.valid(facts["member"].as_str().unwrap(), member, index)]),
                    "structure" => self.required(shape, index),
                    other => panic!("no value for {shape} of type {other}"),
                }
            }
        }
    }

    /// The required members of a structure.
    fn required(&self, shape: &str, index: usize) -> Value {
        let facts = &self.shapes[shape];
        let names = facts["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
        let member = |name: &str| self.valid(facts["members"][name].as_str().unwrap(), name, index);
        Value::Object(names.map(|name| (name.to_owned(), member(name))).collect())
    }

    fn accept(&mut self, place: &Place, value: Value) {
        let request = (place.request)(value).to_string();
        if let Err(error) = IssueCertificateRequest::from_json(request.as_bytes()) {
            panic!("{}: {error}\n{request}", place.path);
        }
        self.accepted += 1;
    }

    fn error(&mut self, place: &Place, value: Value) -> issuance::RequestError {
        let request = (place.request)(value).to_string();
        self.refused += 1;
        match IssueCertificateRequest::from_json(request.as_bytes()) {
            Err(error) => error,
            Ok(_) => panic!("{}: accepted\n{request}", place.path),
        }
    }

    /// The value is refused for these constraints, in this order and these words.
    fn refuse(&mut self, place: &Place, value: Value, printed: &str, constraints: &[String]) {
        let error = self.error(place, value);
        assert_eq!(error.class(), ViolationClass::Validation, "{error}");
        let count = constraints.len();
        let path = place.path;
        let violations: Vec<String> = constraints
            .iter()
            .map(|words| format!("Value '{printed}' at '{path}' failed to satisfy constraint: {words}"))
            .collect();
        let plural = if count == 1 { "" } else { "s" };
        let expected = format!("{count} validation error{plural} detected: {}", violations.join("; "));
        assert_eq!(error.to_string(), expected);
    }

    /// The value is refused by a rule that the model does not have.
    fn refuse_args(&mut self, place: &Place, value: Value) {
        let error = self.error(place, value);
        assert_eq!(error.class(), ViolationClass::Args, "{error}");
        assert!(error.violations()[0].path().starts_with(place.path), "{error}");
    }

    /// The value is refused for its type, at its own path.
    fn refuse_types(&mut self, place: &Place, values: &[Value]) {
        for value in values {
            let error = self.error(place, value.clone());
            let [violation] = error.violations() else { panic!("{error}") };
            assert_eq!((violation.path(), violation.class()), (place.path, ViolationClass::Validation), "{error}");
            assert!(matches!(violation.constraint(), Constraint::Type(_)), "{error}");
        }
    }

    fn walk(&mut self, shape: &str, place: &Place) {
        self.seen.insert(shape.to_owned());
        let facts = self.shapes[shape].clone();
        match facts["type"].as_str().unwrap() {
            "structure" => self.structure(shape, &facts, place),
            "list" => self.list(&facts, place),
            "string" if facts.get("enum").is_some() => self.enumeration(&facts, place),
            "string" => self.string(shape, &facts, place),
            "blob" => self.blob(&facts, place),
            "long" => self.long(&facts, place),
            "boolean" => {
                self.accept(place, json!(true));
                self.refuse_types(place, &[json!("true"), json!(1), json!([true])]);
            }
            other => panic!("unknown type {other}"),
        }
    }

    fn structure(&mut self, shape: &str, facts: &Value, place: &Place) {
        let base = self.valid(shape, place.member, 1);
        self.accept(place, base.clone());
        if !place.path.is_empty() {
            self.refuse_types(place, &[json!("text"), json!([base]), json!(7)]);
        }
        let under = |name: &str| match place.path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };

        let mut unknown = base.clone();
        unknown["Bogus"] = json!("b");
        let error = self.error(place, unknown);
        let known: Vec<&str> = facts["members"].as_object().unwrap().keys().map(String::as_str).collect();
        let [violation] = error.violations() else { panic!("{error}") };
        let Constraint::UnknownMember(listed) = violation.constraint() else { panic!("{error}") };
        assert_eq!((violation.path(), violation.value()), (under("Bogus").as_str(), "b"));
        assert_eq!(listed.iter().collect::<BTreeSet<_>>(), known.iter().collect::<BTreeSet<_>>());

        for name in facts["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()) {
            for missing in [None, Some(Value::Null)] {
                let mut incomplete = base.clone();
                match missing {
                    None => drop(incomplete.as_object_mut().unwrap().remove(name)),
                    Some(null) => incomplete[name] = null,
                }
                let error = self.error(place, incomplete).to_string();
                let path = under(&lower_camel(name));
                let words = "failed to satisfy constraint: Member must not be null";
                assert_eq!(error, format!("1 validation error detected: Value null at '{path}' {words}"));
            }
        }

        for (name, member_shape) in facts["members"].as_object().unwrap() {
            let required = self.required(shape, 1);
            let with_member = |value: Value| {
                let mut structure = required.clone();
                structure[name] = value;
                (place.request)(structure)
            };
            let path = under(&lower_camel(name));
            self.walk(member_shape.as_str().unwrap(), &Place { path: &path, member: name, request: &with_member });
        }
    }

    fn list(&mut self, facts: &Value, place: &Place) {
        let member_shape = facts["member"].as_str().unwrap();
        let max = usize::try_from(facts["max"].as_u64().unwrap()).unwrap();
        assert_eq!(facts["min"], 1);
        let of_length = |walk: &Walk, length: usize| -> Value {
            (1..=length).map(|index| walk.valid(member_shape, place.member, index)).collect()
        };
        self.accept(place, of_length(self, 1));
        self.accept(place, of_length(self, max));
        let words = |words: &str, bound: usize| [format!("Member must have length {words} than or equal to {bound}")];
        self.refuse(place, json!([]), "<0 members>", &words("greater", 1));
        let more = format!("<{} members>", max + 1);
        self.refuse(place, of_length(self, max + 1), &more, &words("less", max));
        self.refuse_types(place, &[json!("text"), json!({}), json!(7)]);

        let error = self.error(place, json!([self.valid(member_shape, place.member, 1), null])).to_string();
        assert!(error.contains(&format!("Value null at '{}.2.member' failed", place.path)), "{error}");

        let path = format!("{}.1.member", place.path);
        let alone = |value: Value| (place.request)(json!([value]));
        self.walk(member_shape, &Place { path: &path, member: place.member, request: &alone });
        // The place of a later member: its violation has its own number.
        let path = format!("{}.3.member", place.path);
        let (first, second) = (self.valid(member_shape, place.member, 1), self.valid(member_shape, place.member, 2));
        let third = |value: Value| (place.request)(json!([first, second, value]));
        self.refuse_types(&Place { path: &path, member: place.member, request: &third }, &[json!(7)]);
    }

    fn enumeration(&mut self, facts: &Value, place: &Place) {
        let names: Vec<&str> = facts["enum"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let words = |names: &[&str]| [format!("Member must satisfy enum value set: [{}]", names.join(", "))];
        for name in &names {
            if place.path == "validityNotBefore.type" && *name != "ABSOLUTE" {
                self.refuse(place, json!(name), name, &words(&["ABSOLUTE"]));
            } else {
                self.accept(place, json!(name));
            }
        }
        for wrong in ["", "NONE", &names[0].to_lowercase(), &format!("{} ", names[0])] {
            self.refuse(place, json!(wrong), wrong, &words(&names));
        }
        self.refuse_types(place, &[json!(1), json!(true), json!({})]);
    }

    fn blob(&mut self, facts: &Value, place: &Place) {
        assert_eq!((&facts["min"], &facts["max"]), (&json!(1), &json!(32768)));
        // Three octets are four characters.
        let of_length = |length: usize| {
            let padding = ["", "AAA=", "AA=="];
            let rest = length % 3;
            json!("AAAA".repeat(length / 3) + if rest == 0 { "" } else { padding[3 - rest] })
        };
        self.accept(place, of_length(1));
        self.accept(place, of_length(32768));
        let words = |words: &str, bound: usize| [format!("Member must have length {words} than or equal to {bound}")];
        self.refuse(place, of_length(0), "<0 bytes>", &words("greater", 1));
        self.refuse(place, of_length(32769), "<32769 bytes>", &words("less", 32768));
        self.refuse_types(place, &[json!("A"), json!("AA"), json!("AA==\n"), json!("-_=="), json!(7), json!([0])]);
    }

    fn long(&mut self, facts: &Value, place: &Place) {
        assert_eq!(facts["min"], 1);
        self.accept(place, json!(1));
        self.accept(place, json!(i64::MAX));
        for wrong in [0, -1, i64::MIN] {
            let words = ["Member must have value greater than or equal to 1".to_owned()];
            self.refuse(place, json!(wrong), &wrong.to_string(), &words);
        }
        self.refuse_types(place, &[json!("1"), json!(365.0), json!(1e30), json!(u64::MAX), json!(true), json!([1])]);
    }

    fn string(&mut self, shape: &str, facts: &Value, place: &Place) {
        self.refuse_types(place, &[json!(7), json!(true), json!(["x"]), json!({})]);
        let bound = |name: &str| usize::try_from(facts[name].as_u64().unwrap()).unwrap();
        let (min, max) = (bound("min"), bound("max"));
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
                let (longest, too_long) = match place.member {
                    "TemplateArn" => {
                        let filler = |count: usize| TEMPLATE.replace("EndEntity", &"E".repeat(count));
                        let other = TEMPLATE.len() - "EndEntity".len();
                        (filler(max - other), filler(max + 1 - other))
                    }
                    _ => {
                        let filler = |count: usize| AUTHORITY.replace("us-west-2", &"r".repeat(count));
                        let other = AUTHORITY.len() - "us-west-2".len();
                        (filler(max - other), filler(max + 1 - other))
                    }
                };
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
            "String1To256" => {
                let longest = "é".repeat(max);
                check(&["x", &longest], &[(&format!("{longest}é"), &[&at_most]), ("", &[&at_least])]);
                self.refuse_args(place, json!("a\0"));
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

#[test]
fn the_whole_model() {
    let model: Value = serde_json::from_str(include_str!("data/api-model.json")).unwrap();
    let mut shapes = model["shapes"].as_object().unwrap().clone();
    shapes.remove("IssueCertificateResponse");
    let mut walk = Walk { shapes, seen: BTreeSet::new(), accepted: 0, refused: 0 };
    let whole = |value: Value| value;
    walk.walk("IssueCertificateRequest", &Place { path: "", member: "", request: &whole });
    assert_eq!(walk.seen, walk.shapes.keys().cloned().collect());
    // Nothing was skipped by a slip of the walk itself.
    assert!(walk.accepted > 150 && walk.refused > 500, "{} {}", walk.accepted, walk.refused);
}
