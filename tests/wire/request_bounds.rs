//! Every bound, pattern, enumeration, type and required member of the API model, from the request of each operation down
//! (R-REQ-2): a value at the bound is accepted, one beyond it is refused with the service's words at the right path.

mod operations;
mod texts;

use std::collections::BTreeSet;

use issuance::AwsException;
use issuance::api::{AuditReportStatus, FailureReason, Operation};
use issuance::request::{Constraint, RequestError, ViolationClass};
use operations::{DECODERS, Decode};
use serde_json::{Map, Value, json};

const AUTHORITY: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const CERTIFICATE: &str = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/\
    12345678-1234-1234-1234-123456789012/certificate/286535153982981100925020015808220737245";
const TEMPLATE: &str = "arn:aws:acm-pca:::template/EndEntityCertificate/V1";
const REPORT: &str = "12345678-abcd-0123-wxyz-123456789012";

/// Walks the model. A place in a request is its path, and the request as a function of the value there.
struct Walk {
    shapes: Map<String, Value>,
    decode: Decode,
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

/// The beginning of a request, for messages.
fn cut(request: &str) -> String {
    request.chars().take(2000).collect()
}

fn required_names(facts: &Value) -> impl Iterator<Item = &str> {
    facts["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap())
}

/// A bound of a length.
fn bound(facts: &Value, name: &str) -> Option<usize> {
    facts.get(name).map(|bound| usize::try_from(bound.as_u64().unwrap()).unwrap())
}

impl Walk {
    /// A right value of `shape`; `index` tells the members of a list apart.
    fn valid(&self, shape: &str, member: &str, index: usize) -> Value {
        match (shape, member) {
            ("Arn", "TemplateArn") => json!(TEMPLATE),
            ("Arn", "CertificateArn") => json!(CERTIFICATE),
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
            ("AccessMethod", _) => json!({ "AccessMethodType": "CA_REPOSITORY" }),
            ("AuditReportId", _) => json!(REPORT),
            ("AccountId", _) => json!("123456789012"),
            ("S3BucketName" | "S3BucketName3To255", _) => json!("bucket"),
            _ => {
                let facts = &self.shapes[shape];
                match facts["type"].as_str().unwrap() {
                    "string" => match facts["enum"].as_array() {
                        Some(names) => names[0].clone(),
                        None => json!("x"),
                    },
                    "blob" => json!("AA=="),
                    "integer" => facts["min"].clone(),
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
        // An enabled configuration needs a bucket, which the model does not say.
        let besides = (shape == "CrlConfiguration").then_some("S3BucketName");
        let names = required_names(facts).chain(besides);
        let member = |name: &str| self.valid(facts["members"][name].as_str().unwrap(), name, index);
        Value::Object(names.map(|name| (name.to_owned(), member(name))).collect())
    }

    fn accept(&mut self, place: &Place, value: Value) {
        let mut request = (place.request)(value);
        // A disabled configuration must have no other member, which the model does not say either.
        if let Some(crl) =
            request.pointer_mut("/RevocationConfiguration/CrlConfiguration").filter(|crl| crl["Enabled"] == false)
        {
            *crl = json!({ "Enabled": false });
        }
        let request = request.to_string();
        if let Err(error) = (self.decode)(request.as_bytes()) {
            panic!("{}: {error}\n{}", place.path, cut(&request));
        }
        self.accepted += 1;
    }

    fn error(&mut self, place: &Place, value: Value) -> RequestError {
        let request = (place.request)(value).to_string();
        self.refused += 1;
        match (self.decode)(request.as_bytes()) {
            Err(error) => error,
            Ok(()) => panic!("{}: accepted\n{}", place.path, cut(&request)),
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
            "integer" | "long" => self.integer(&facts, place),
            "boolean" => {
                self.accept(place, json!(true));
                if !place.path.contains("eyUsage.") {
                    self.accept(place, json!(false));
                }
                self.refuse_types(place, &[json!("true"), json!(1), json!([true])]);
            }
            other => panic!("unknown type {other}"),
        }
    }

    fn structure(&mut self, shape: &str, facts: &Value, place: &Place) {
        let base = self.valid(shape, place.member, 1);
        self.accept(place, base.clone());
        self.refuse_types(place, &[json!("text"), json!([base]), json!(7)]);
        let under = |name: &str| match place.path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };

        // R-REQ-10: what is not known is ignored, but for a name that is nearly right where it would be certified.
        let with = |name: &str| {
            let mut structure = base.clone();
            structure[name] = json!("b");
            structure
        };
        self.accept(place, with("Bogus"));
        for name in facts["members"].as_object().unwrap().keys() {
            self.accept(place, with(&format!("My_{name}")));
            for misspelt in [name.to_lowercase(), name[..name.len() - 1].to_owned(), format!("_{name}_")] {
                if !place.path.starts_with("apiPassthrough") {
                    self.accept(place, with(&misspelt));
                    continue;
                }
                let error = self.error(place, with(&misspelt));
                let [violation] = error.violations() else { panic!("{error}") };
                assert_eq!((violation.path(), violation.value()), (under(&misspelt).as_str(), "b"));
                let Constraint::MisspeltMember(meant) = violation.constraint() else { panic!("{error}") };
                assert_eq!((*meant, error.class()), (name.as_str(), ViolationClass::Args));
            }
        }

        for name in required_names(facts) {
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
        let of_length = |walk: &Walk, length: usize| -> Value {
            (1..=length).map(|index| walk.valid(member_shape, place.member, index)).collect()
        };
        let words = |words: &str, bound: usize| [format!("Member must have length {words} than or equal to {bound}")];
        match bound(facts, "max") {
            Some(max) => {
                self.accept(place, of_length(self, max));
                let more = format!("<{} members>", max + 1);
                self.refuse(place, of_length(self, max + 1), &more, &words("less", max));
            }
            None => self.accept(place, of_length(self, 1000)),
        }
        match bound(facts, "min") {
            Some(min) => {
                assert_eq!(min, 1);
                self.refuse(place, json!([]), "[]", &words("greater", min));
            }
            None => self.accept(place, json!([])),
        }
        self.accept(place, of_length(self, 1));
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
        let (min, max) = (bound(facts, "min").unwrap(), bound(facts, "max").unwrap());
        // Three octets are four characters.
        let of_length = |length: usize| {
            let padding = ["", "AAA=", "AA=="];
            let rest = length % 3;
            json!("AAAA".repeat(length / 3) + if rest == 0 { "" } else { padding[3 - rest] })
        };
        self.accept(place, of_length(min));
        self.accept(place, of_length(max));
        let words = |words: &str, bound: usize| [format!("Member must have length {words} than or equal to {bound}")];
        if let Some(less) = min.checked_sub(1) {
            self.refuse(place, of_length(less), &format!("<{less} bytes>"), &words("greater", min));
        }
        self.refuse(place, of_length(max + 1), &format!("<{} bytes>", max + 1), &words("less", max));
        self.refuse_types(place, &[json!("A"), json!("AA"), json!("AA==\n"), json!("-_=="), json!(7), json!([0])]);
    }

    fn integer(&mut self, facts: &Value, place: &Place) {
        let min = facts["min"].as_i64().unwrap();
        // `PositiveLong` has no bound but its type's.
        let max = facts.get("max").map_or(i64::MAX, |max| max.as_i64().unwrap());
        self.accept(place, json!(min));
        self.accept(place, json!(max));
        for small in [min - 1, -1, i64::MIN] {
            let words = [format!("Member must have value greater than or equal to {min}")];
            self.refuse(place, json!(small), &small.to_string(), &words);
        }
        for large in max.checked_add(1).into_iter().flat_map(|more| [more, i64::MAX]) {
            let words = [format!("Member must have value less than or equal to {max}")];
            self.refuse(place, json!(large), &large.to_string(), &words);
        }
        self.refuse_types(place, &[json!("1"), json!(365.0), json!(1e30), json!(u64::MAX), json!(true), json!([1])]);
    }
}

fn model() -> Value {
    serde_json::from_str(include_str!("../data/api-model.json")).unwrap()
}

/// The shapes that `shape` is made of, itself among them.
fn gather<'m>(shapes: &'m Map<String, Value>, shape: &'m str, into: &mut BTreeSet<&'m str>) {
    if into.insert(shape) {
        let members = shapes[shape]["members"].as_object().into_iter().flat_map(Map::values);
        for member in members.chain(shapes[shape].get("member")) {
            gather(shapes, member.as_str().unwrap(), into);
        }
    }
}

#[test]
fn the_whole_model() {
    let model = model();
    let shapes = model["shapes"].as_object().unwrap();
    let operations = model["operations"].as_object().unwrap();
    let mut reachable = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let (mut accepted, mut refused) = (0, 0);
    for (name, operation) in operations {
        let request = operation["input"].as_str().unwrap();
        let decoder = DECODERS.iter().find(|(operation, ..)| operation.as_str() == name);
        let Some(&(_, read, decode)) = decoder else { panic!("nothing reads the request for {name}") };
        assert_eq!(read, request);
        gather(shapes, request, &mut reachable);

        let mut walk = Walk { shapes: shapes.clone(), decode, seen: BTreeSet::new(), accepted: 0, refused: 0 };
        walk.walk(request, &Place { path: "", member: "", request: &|value| value });
        // Everything that is missing is said at once, in the order of the model.
        let missing: Vec<String> = required_names(&shapes[request]).map(lower_camel).collect();
        let found = decode(b"{}").err();
        let found: Vec<&str> = found.iter().flat_map(RequestError::violations).map(|found| found.path()).collect();
        assert_eq!(found, missing, "{request}");

        seen.append(&mut walk.seen);
        accepted += walk.accepted;
        refused += walk.refused;
    }
    assert_eq!(DECODERS.len(), operations.len());
    assert!(seen.iter().map(String::as_str).eq(reachable), "{seen:?}");
    // Nothing was skipped by a slip of the walk itself.
    assert!(accepted > 500 && refused > 1900, "{accepted} {refused}");
}

#[test]
fn the_names_of_the_model() {
    let model = model();
    let operations = model["operations"].as_object().unwrap();
    assert_eq!(Operation::NAMES, operations.keys().collect::<Vec<_>>());
    for error in operations.values().flat_map(|operation| operation["errors"].as_array().unwrap()) {
        assert!(AwsException::NAMES.contains(&error.as_str().unwrap()), "{error}");
    }
    // The walk sees the other enumerations: these stand only in responses.
    assert_eq!(model["shapes"]["FailureReason"]["enum"], json!(FailureReason::NAMES));
    assert_eq!(model["shapes"]["AuditReportStatus"]["enum"], json!(AuditReportStatus::NAMES));
}

/// What the API reference asks for, and the model does not.
#[test]
fn rules_between_members() {
    let &(.., decode) =
        DECODERS.iter().find(|(operation, ..)| *operation == Operation::UpdateCertificateAuthority).unwrap();
    let read = |configuration: Value| {
        let request = json!({ "CertificateAuthorityArn": AUTHORITY, "RevocationConfiguration": configuration });
        decode(request.to_string().as_bytes())
    };
    let refused = |configuration: Value, place: &str| {
        let error = read(configuration).unwrap_err();
        let [violation] = error.violations() else { panic!("{error}") };
        assert_eq!(violation.path(), format!("revocationConfiguration.{place}"), "{error}");
        assert_eq!(error.class(), ViolationClass::Args, "{error}");
    };
    let crl = |members: Value| json!({ "CrlConfiguration": members });
    refused(crl(json!({ "Enabled": true })), "crlConfiguration.s3BucketName");
    read(crl(json!({ "Enabled": false }))).unwrap();
    read(crl(json!({ "Enabled": false, "CustomCname": "" }))).unwrap();
    for (member, value, place) in [
        ("ExpirationInDays", json!(7), "expirationInDays"),
        ("CustomCname", json!("crl.example.com"), "customCname"),
        ("S3BucketName", json!("bucket"), "s3BucketName"),
        ("S3ObjectAcl", json!("PUBLIC_READ"), "s3ObjectAcl"),
        ("CrlType", json!("COMPLETE"), "crlType"),
        ("CustomPath", json!("a/b"), "customPath"),
        (
            "CrlDistributionPointExtensionConfiguration",
            json!({ "OmitExtension": false }),
            "crlDistributionPointExtensionConfiguration.omitExtension",
        ),
    ] {
        let mut members = json!({ "Enabled": false });
        members[member] = value;
        refused(crl(members), &format!("crlConfiguration.{place}"));
    }
    let ocsp = json!({ "OcspConfiguration": { "Enabled": false, "OcspCustomCname": "ocsp.example.com" } });
    refused(ocsp, "ocspConfiguration.ocspCustomCname");

    refused(crl(json!({ "Enabled": false, "CustomCname": "http://host" })), "crlConfiguration.customCname");
    let ocsp = json!({ "OcspConfiguration": { "Enabled": true, "OcspCustomCname": "ftp://host" } });
    refused(ocsp, "ocspConfiguration.ocspCustomCname");

    let omitting = |omit: bool, cname: &str| {
        let extension = json!({ "OmitExtension": omit });
        let members = json!({ "Enabled": true, "S3BucketName": "bucket", "CustomCname": cname });
        let mut configuration = crl(members);
        configuration["CrlConfiguration"]["CrlDistributionPointExtensionConfiguration"] = extension;
        configuration
    };
    refused(omitting(true, "host"), "crlConfiguration.customCname");
    for (omit, cname) in [(true, ""), (false, "host")] {
        read(omitting(omit, cname)).unwrap();
    }
}
