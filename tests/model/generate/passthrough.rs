//! `ApiPassthrough`, in the wire form.

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance_test_support::inputs::{NO_STRINGS, PURPOSES, SRV_NAME};
use serde_json::{Map, Value, json};

use crate::generate::random::Random;
use crate::generate::values::{identifiers, six, value};

/// The members of a name, each with a value, to which a marker may be added where it fits.
const MEMBERS: [(&str, &str); 14] = [
    ("Country", "QX"),
    ("Organization", "Örganisation "),
    ("OrganizationalUnit", "Unit "),
    ("DistinguishedNameQualifier", "qualifier "),
    ("State", "State "),
    ("CommonName", "common "),
    ("SerialNumber", "4711 "),
    ("Locality", "Löcality "),
    ("Title", "Title "),
    ("Surname", "Surname "),
    ("GivenName", "Given "),
    ("Initials", "A.G."),
    ("Pseudonym", "Pseudonym "),
    ("GenerationQualifier", "XVI"),
];

/// `ASN1Subject`, with at least one attribute.
fn subject(random: &mut Random) -> Map<String, Value> {
    let mut out = Map::new();
    if random.chance(25) {
        let types = ["2.5.4.6", "2.5.4.3", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25", "2.5.4.5", "1.2.3.9"];
        let count = 1 + random.below(5);
        let custom = (0..count).map(|_| {
            let id = *random.pick(&types);
            json!({ "ObjectIdentifier": id, "Value": format!("v {}", random.marker()) })
        });
        out.insert("CustomAttributes".to_owned(), custom.collect::<Vec<_>>().into());
        if random.chance(3) {
            out.insert("CommonName".to_owned(), "too much".into());
        }
        return out;
    }
    // Empty text alone (R-CSR-9).
    if random.chance(4) {
        for member in random.some(&["Organization", "CommonName", "SerialNumber"], 2) {
            out.insert((*member).to_owned(), "".into());
        }
        return out;
    }
    // Hosts in a commonName (R-CA-5).
    if random.chance(10) {
        out.insert(
            "CommonName".to_owned(),
            (*random.pick(&["www.example", "*.www.elsewhere", "localhost.example"])).into(),
        );
        return out;
    }
    for (member, value) in random.some(&MEMBERS, 14) {
        if value.ends_with(' ') && random.chance(2) {
            out.insert((*member).to_owned(), "".into());
            continue;
        }
        let value = if value.ends_with(' ') { format!("{value}{}", random.marker()) } else { (*value).to_owned() };
        out.insert((*member).to_owned(), value.into());
    }
    out
}

fn general_name(random: &mut Random) -> Value {
    let marker = random.marker();
    match random.below(44) {
        40 => json!({ "OtherName": { "TypeId": SRV_NAME, "Value": format!("_imap.{marker}.example") } }),
        41 if random.chance(20) => match random.below(3) {
            0 => json!({ "OtherName": { "TypeId": SRV_NAME, "Value": "_imap.ümlaut.example" } }),
            _ => json!({ "OtherName": { "TypeId": random.pick(&NO_STRINGS), "Value": marker } }),
        },
        41 if random.chance(40) => blank(random),
        41 => json!({ "OtherName": { "TypeId": "1.3.6.1.4.1.311.20.2.3", "Value": format!("ü{marker}@example") } }),
        42 => json!({ "IpAddress": std::net::Ipv6Addr::from(six(random)).to_string() }),
        43 => json!({ "DnsName": format!("{marker}.example"), "Weight": 7, "Rfc822Name": null }),
        0 => json!({ "DnsName": "ümlaut.example" }),
        1 => json!({ "DnsName": "two.example", "Rfc822Name": "options@example" }),
        2..=5 => json!({ "OtherName": { "TypeId": "1.2.3.4", "Value": format!("ö{marker}") } }),
        6..=9 => json!({ "Rfc822Name": format!("{marker}@example.com") }),
        10..=13 => json!({ "DirectoryName": subject(random) }),
        14..=15 => json!({ "EdiPartyName": { "PartyName": marker } }),
        16..=17 => json!({ "EdiPartyName": { "PartyName": marker, "NameAssigner": "ä" } }),
        18..=21 => json!({ "UniformResourceIdentifier": format!("https://{marker}.example/") }),
        22..=25 => json!({ "IpAddress": format!("{}.0.0.{}", 5 + random.below(8), random.below(256)) }),
        26..=27 => json!({ "IpAddress": format!("2001:db8::{:x}", random.below(65_536)) }),
        28..=31 => json!({ "RegisteredId": format!("1.2.3.{}", random.below(1_000_000)) }),
        32 => json!({ "DnsName": format!("{marker}.elsewhere") }),
        _ => json!({ "DnsName": format!("{marker}.example") }),
    }
}

/// A name that says nothing (R-CSR-8).
fn blank(random: &mut Random) -> Value {
    match random.below(7) {
        0 => json!({ "DnsName": "   " }),
        1 => json!({ "DnsName": "" }),
        2 => json!({ "Rfc822Name": " " }),
        3 => json!({ "UniformResourceIdentifier": " " }),
        4 => json!({ "OtherName": { "TypeId": "1.2.3.4", "Value": "" } }),
        5 => json!({ "DirectoryName": { "CommonName": "" } }),
        _ => json!({ "OtherName": { "TypeId": "1.2.3.4", "Value": " " } }),
    }
}

fn many(percent: u64, random: &mut Random, mut one: impl FnMut(&mut Random) -> Value) -> Option<Value> {
    let count = 1 + random.below(3);
    random.chance(percent).then(|| (0..count).map(|_| one(random)).collect::<Vec<_>>().into())
}

pub(crate) fn passthrough(random: &mut Random) -> Value {
    let mut extensions = Map::new();
    let mut put = |member: &str, value: Option<Value>| {
        if let Some(value) = value {
            extensions.insert(member.to_owned(), value);
        }
    };
    let policies = many(20, random, |random| {
        let id = format!("1.2.5.{}", random.below(1_000_000));
        let count = random.below(3);
        let cps = |_| json!({ "PolicyQualifierId": "CPS", "Qualifier": { "CpsUri": "https://example.com/cps" } });
        match count {
            0 => json!({ "CertPolicyId": id }),
            _ => json!({ "CertPolicyId": id, "PolicyQualifiers": (0..count).map(cps).collect::<Vec<_>>() }),
        }
    });
    let policies = policies.map(|mut policies| {
        if random.chance(2) {
            let policies = policies.as_array_mut().unwrap();
            policies.push(policies[0].clone());
        }
        policies
    });
    put("CertificatePolicies", policies);
    let purposes = many(20, random, |random| match random.chance(60) {
        true => json!({ "ExtendedKeyUsageType": random.pick(&PURPOSES).0 }),
        false => json!({ "ExtendedKeyUsageObjectIdentifier": format!("1.2.4.{}", random.below(1_000_000)) }),
    });
    put("ExtendedKeyUsage", purposes);
    let key_usage = random.chance(25).then(|| {
        let members = [
            "DigitalSignature",
            "NonRepudiation",
            "KeyEncipherment",
            "DataEncipherment",
            "KeyAgreement",
            "CRLSign",
            "EncipherOnly",
            "DecipherOnly",
        ];
        let mut usage = Map::new();
        for member in random.some(&members, 8) {
            usage.insert((*member).to_owned(), (!random.chance(10)).into());
        }
        if random.chance(8) {
            usage.insert("KeyCertSign".to_owned(), true.into());
        }
        usage.into()
    });
    put("KeyUsage", key_usage);
    put("SubjectAlternativeNames", many(25, random, general_name));
    let mut custom = Vec::new();
    if random.chance(50) {
        // Mostly none that has a member of its own, which R-REQ-9 refuses beside it.
        for (id, known) in identifiers(5, random.chance(50), random) {
            let value = if random.chance(1) { vec![0x30, 5] } else { value(known, random) };
            let value = BASE64_STANDARD.encode(&value);
            custom.push(match random.below(3) {
                0 => json!({ "ObjectIdentifier": id, "Value": value }),
                other => json!({ "ObjectIdentifier": id, "Value": value, "Critical": other == 1 }),
            });
        }
    }
    put("CustomExtensions", (!custom.is_empty()).then(|| custom.into()));
    let mut out = Map::new();
    if !extensions.is_empty() {
        out.insert("Extensions".to_owned(), extensions.into());
    }
    match random.below(10) {
        0..=4 => {
            out.insert("Subject".to_owned(), subject(random).into());
        }
        5 => {
            out.insert("Subject".to_owned(), Map::new().into());
        }
        6 if random.chance(20) => {
            out.insert("Subject".to_owned(), Value::Null);
        }
        _ => {}
    }
    if random.chance(3) {
        out.insert("Extensions".to_owned(), Map::new().into());
    }
    if random.chance(4) {
        strange_member(&mut out, random);
    }
    out.into()
}

/// A member that there is not: one of next year, or a known one with a slip.
fn strange_member(passthrough: &mut Map<String, Value>, random: &mut Random) {
    let slip = random.chance(25);
    let (place, names) = match random.below(3) {
        0 => (None, ["Priority", "Subjects"]),
        1 => (Some("Subject"), ["FavouriteColour", "commonName"]),
        _ => (Some("Extensions"), ["InhibitAnyPolicy", "KeyUsages"]),
    };
    let structure = match place {
        None => Some(passthrough),
        Some(place) => passthrough.get_mut(place).and_then(Value::as_object_mut).filter(|members| !members.is_empty()),
    };
    if let Some(structure) = structure {
        structure.insert(names[usize::from(slip)].to_owned(), json!({ "Level": [1, "x", null] }));
    }
}
