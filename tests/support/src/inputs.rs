//! The inputs of a request, read and encoded without the engine.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::Value;

use crate::asn1::{IA5_STRING, PRINTABLE_STRING, SET, UTF8_STRING, content, oid, sequence, tlv};
use crate::facts::{USAGES, key_usage};

pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub const KEY_USAGE: &str = "2.5.29.15";
pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";

/// R-ENC-4: the purposes that have a name.
pub const PURPOSES: [(&str, &str); 9] = [
    ("SERVER_AUTH", "1.3.6.1.5.5.7.3.1"),
    ("CLIENT_AUTH", "1.3.6.1.5.5.7.3.2"),
    ("CODE_SIGNING", "1.3.6.1.5.5.7.3.3"),
    ("EMAIL_PROTECTION", "1.3.6.1.5.5.7.3.4"),
    ("TIME_STAMPING", "1.3.6.1.5.5.7.3.8"),
    ("OCSP_SIGNING", "1.3.6.1.5.5.7.3.9"),
    ("SMART_CARD_LOGIN", "1.3.6.1.4.1.311.20.2.2"),
    ("DOCUMENT_SIGNING", "1.3.6.1.4.1.311.10.3.12"),
    ("CERTIFICATE_TRANSPARENCY", "1.3.6.1.4.1.11129.2.4.4"),
];

/// R-ENC-3: the type of the otherName that is an IA5String (RFC 4985).
pub const SRV_NAME: &str = "1.3.6.1.5.5.7.8.7";
/// R-ENC-3: types whose value is no string: KRB5PrincipalName, hardwareModuleName, permanentIdentifier.
pub const NO_STRINGS: [&str; 3] = ["1.3.6.1.5.2.2", "1.3.6.1.5.5.7.8.4", "1.3.6.1.5.5.7.8.3"];

/// The one option of a union: a member that is known and not null.
fn option_of<'v>(union: &'v Value, known: &[&str]) -> (&'v str, &'v Value) {
    let mut given = union.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    let (member, value) = given.find(|(member, _)| known.contains(&member.as_str())).unwrap();
    (member, value)
}

/// The forms of a `GeneralName`.
pub const GENERAL_NAMES: [&str; 8] = [
    "OtherName",
    "Rfc822Name",
    "DnsName",
    "DirectoryName",
    "EdiPartyName",
    "UniformResourceIdentifier",
    "IpAddress",
    "RegisteredId",
];

/// An extension that an input asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub oid: String,
    pub critical: bool,
    pub value: Vec<u8>,
    /// What the plan calls the input, without the name of the extension.
    pub input: String,
    /// Whether it is a member of `Extensions` of its own, not a custom extension.
    pub standard: bool,
    /// Whether it is no extension in DER but for its identifier; the value is all of it then.
    pub malformed: bool,
}

/// `ApiPassthrough`.
#[derive(Debug, Clone, Default)]
pub struct Passthrough {
    /// The wire form, for the engine.
    pub json: Option<String>,
    /// A `Name`.
    pub subject: Option<Vec<u8>>,
    pub extensions: Vec<Asked>,
}

impl Passthrough {
    pub fn read(json: &str) -> Passthrough {
        let json = json.to_owned();
        Passthrough { json: Some(json.clone()), ..Passthrough::of(&serde_json::from_str(&json).unwrap()) }
    }

    /// From the tree of the wire form.
    pub fn of(document: &Value) -> Passthrough {
        let extensions = &document["Extensions"];
        let mut asked = Vec::new();
        let members = [
            ("CertificatePolicies", CERTIFICATE_POLICIES, certificate_policies as fn(&Value) -> Vec<u8>),
            ("ExtendedKeyUsage", EXTENDED_KEY_USAGE, extended_key_usage),
            ("KeyUsage", KEY_USAGE, usage),
            ("SubjectAlternativeNames", SUBJECT_ALT_NAME, general_names),
        ];
        for (member, oid, encode) in members {
            let given = &extensions[member];
            if !given.is_null() {
                let input = format!("apiPassthrough.extensions.{}{}", member[..1].to_lowercase(), &member[1..]);
                // R-MRG-6: of the members of their own, keyUsage alone is critical.
                let critical = oid == KEY_USAGE;
                asked.push(Asked {
                    oid: oid.to_owned(),
                    critical,
                    value: encode(given),
                    input,
                    standard: true,
                    malformed: false,
                });
            }
        }
        for (index, custom) in list(&extensions["CustomExtensions"]).iter().enumerate() {
            let oid = text(&custom["ObjectIdentifier"]);
            asked.push(Asked {
                input: format!("apiPassthrough.extensions.customExtensions.{}.member {oid}", index + 1),
                oid: oid.to_owned(),
                critical: custom["Critical"].as_bool().unwrap_or(false),
                value: BASE64_STANDARD.decode(text(&custom["Value"])).unwrap(),
                standard: false,
                malformed: false,
            });
        }
        let subject = &document["Subject"];
        // R-REQ-10: an empty structure counts as absent.
        let subject = (!subject.is_null()).then(|| name(subject)).filter(|name| !content(name).is_empty());
        Passthrough { json: None, subject, extensions: asked }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// R-ENC-2: the members in this order, one attribute an RDN.
pub const ATTRIBUTES: [(&str, &str); 14] = [
    ("Country", "2.5.4.6"),
    ("Organization", "2.5.4.10"),
    ("OrganizationalUnit", "2.5.4.11"),
    ("DistinguishedNameQualifier", "2.5.4.46"),
    ("State", "2.5.4.8"),
    ("CommonName", "2.5.4.3"),
    ("SerialNumber", "2.5.4.5"),
    ("Locality", "2.5.4.7"),
    ("Title", "2.5.4.12"),
    ("Surname", "2.5.4.4"),
    ("GivenName", "2.5.4.42"),
    ("Initials", "2.5.4.43"),
    ("Pseudonym", "2.5.4.65"),
    ("GenerationQualifier", "2.5.4.44"),
];

fn name(subject: &Value) -> Vec<u8> {
    let standard = ATTRIBUTES.iter().filter_map(|(member, id)| Some((*id, subject[*member].as_str()?)));
    let custom = list(&subject["CustomAttributes"]);
    let custom = custom.iter().map(|attribute| (text(&attribute["ObjectIdentifier"]), text(&attribute["Value"])));
    let rdn = |(id, value): (&str, &str)| {
        let string = match id {
            "2.5.4.6" | "2.5.4.46" | "2.5.4.5" => PRINTABLE_STRING,
            "0.9.2342.19200300.100.1.25" | "1.2.840.113549.1.9.1" => IA5_STRING,
            _ => UTF8_STRING,
        };
        tlv(SET, &[sequence(&[oid(id), tlv(string, &[value])])])
    };
    sequence(&standard.chain(custom).map(rdn).collect::<Vec<_>>())
}

/// R-ENC-3.
fn general_names(names: &Value) -> Vec<u8> {
    sequence(&list(names).iter().map(general_name).collect::<Vec<_>>())
}

fn general_name(option: &Value) -> Vec<u8> {
    let (member, value) = option_of(option, &GENERAL_NAMES);
    let utf8 = |value: &Value| tlv(UTF8_STRING, &[text(value)]);
    match member {
        "OtherName" => {
            let string = if value["TypeId"] == SRV_NAME { IA5_STRING } else { UTF8_STRING };
            tlv(0xa0, &[oid(text(&value["TypeId"])), tlv(0xa0, &[tlv(string, &[text(&value["Value"])])])])
        }
        "Rfc822Name" => tlv(0x81, &[text(value)]),
        "DnsName" => tlv(0x82, &[text(value)]),
        "DirectoryName" => tlv(0xa4, &[name(value)]),
        "EdiPartyName" => {
            let assigner = &value["NameAssigner"];
            let assigner = if assigner.is_null() { Vec::new() } else { tlv(0xa0, &[utf8(assigner)]) };
            tlv(0xa5, &[assigner, tlv(0xa1, &[utf8(&value["PartyName"])])])
        }
        "UniformResourceIdentifier" => tlv(0x86, &[text(value)]),
        "IpAddress" => match text(value).parse().unwrap() {
            std::net::IpAddr::V4(address) => tlv(0x87, &[address.octets()]),
            std::net::IpAddr::V6(address) => tlv(0x87, &[address.octets()]),
        },
        "RegisteredId" => tlv(0x88, &[content(&oid(text(value)))]),
        other => panic!("unknown option {other}"),
    }
}

/// R-ENC-4.
fn extended_key_usage(usages: &Value) -> Vec<u8> {
    let purpose = |usage: &Value| {
        oid(match usage["ExtendedKeyUsageType"].as_str() {
            None => text(&usage["ExtendedKeyUsageObjectIdentifier"]),
            Some(name) => PURPOSES.iter().find(|purpose| purpose.0 == name).expect("a known purpose").1,
        })
    };
    sequence(&list(usages).iter().map(purpose).collect::<Vec<_>>())
}

/// R-ENC-5.
fn usage(usage: &Value) -> Vec<u8> {
    let members = usage.as_object().unwrap().iter().filter(|(_, set)| **set == Value::Bool(true));
    let bit = |member: &str| USAGES.iter().position(|usage| usage.eq_ignore_ascii_case(member)).unwrap();
    key_usage(&members.map(|(member, _)| bit(member)).collect::<Vec<_>>())
}

fn certificate_policies(policies: &Value) -> Vec<u8> {
    let qualifier = |qualifier: &Value| {
        let uri = text(&qualifier["Qualifier"]["CpsUri"]);
        sequence(&[oid("1.3.6.1.5.5.7.2.1"), tlv(IA5_STRING, &[uri])])
    };
    let policy = |policy: &Value| {
        let qualifiers: Vec<_> = list(&policy["PolicyQualifiers"]).iter().map(qualifier).collect();
        let qualifiers = if qualifiers.is_empty() { Vec::new() } else { sequence(&qualifiers) };
        sequence(&[oid(text(&policy["CertPolicyId"])), qualifiers])
    };
    sequence(&list(policies).iter().map(policy).collect::<Vec<_>>())
}
