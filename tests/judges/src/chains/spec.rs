//! What a random chain is to hold.

use issuance_test_support::asn1::{BOOLEAN, IA5_STRING, INTEGER, PRINTABLE_STRING, UTF8_STRING, oid, sequence, tlv};

use crate::random::Random;

pub const DAY: i64 = 86_400;
const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";

/// The forms of names that constraints may be on (R-CA-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Email,
    Dns,
    Directory,
    Uri,
    Ip,
}

/// A GeneralName: a name, or the base of a subtree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    Email(String),
    Dns(String),
    Directory(Vec<Attribute>),
    Uri(String),
    Ip(Vec<u8>),
}

/// One attribute, which is an RDN of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub id: &'static str,
    pub tag: u8,
    pub value: String,
}

#[derive(Debug, Clone, Default)]
pub struct Constraints {
    pub permitted: Vec<Name>,
    pub excluded: Vec<Name>,
}

/// One certificate.
#[derive(Debug, Clone)]
pub struct Level {
    pub ca: bool,
    pub path_len: Option<u8>,
    pub constraints: Option<Constraints>,
    pub subject: Vec<Attribute>,
    pub names: Vec<Name>,
    /// Unix seconds.
    pub not_before: i64,
    pub not_after: i64,
}

impl Name {
    pub fn form(&self) -> Form {
        match self {
            Name::Email(_) => Form::Email,
            Name::Dns(_) => Form::Dns,
            Name::Directory(_) => Form::Directory,
            Name::Uri(_) => Form::Uri,
            Name::Ip(_) => Form::Ip,
        }
    }

    pub fn der(&self) -> Vec<u8> {
        match self {
            Name::Email(text) => tlv(0x81, &[text]),
            Name::Dns(text) => tlv(0x82, &[text]),
            Name::Directory(attributes) => tlv(0xa4, &[name(attributes)]),
            Name::Uri(text) => tlv(0x86, &[text]),
            Name::Ip(octets) => tlv(0x87, &[octets]),
        }
    }
}

/// The DER of a Name.
pub fn name(attributes: &[Attribute]) -> Vec<u8> {
    let rdn = |a: &Attribute| tlv(0x31, &[sequence(&[oid(a.id), tlv(a.tag, &[&a.value])])]);
    sequence(&attributes.iter().map(rdn).collect::<Vec<_>>())
}

impl Constraints {
    pub fn der(&self) -> Vec<u8> {
        let subtrees = |tag, bases: &[Name]| match bases {
            [] => Vec::new(),
            _ => tlv(tag, &bases.iter().map(|base| sequence(&[base.der()])).collect::<Vec<_>>()),
        };
        sequence(&[subtrees(0xa0, &self.permitted), subtrees(0xa1, &self.excluded)])
    }

    pub fn bases(&self) -> impl Iterator<Item = &Name> {
        self.permitted.iter().chain(&self.excluded)
    }
}

impl Level {
    pub fn basic_constraints(&self) -> Vec<u8> {
        let ca = if self.ca { tlv(BOOLEAN, &[[0xff]]) } else { Vec::new() };
        sequence(&[ca, self.path_len.map(|number| tlv(INTEGER, &[[number]])).unwrap_or_default()])
    }

    pub fn has_alternative(&self, form: Form) -> bool {
        self.names.iter().any(|name| name.form() == form)
    }

    pub fn common_name(&self) -> Option<&str> {
        self.subject.iter().find(|attribute| attribute.id == "2.5.4.3").map(|attribute| attribute.value.as_str())
    }
}

// ---------------------------------------------------------------------------------------------------------------------

const HOSTS: [&str; 8] = [
    "example.com",
    "a.example.com",
    "b.a.example.com",
    "A.EXAMPLE.com",
    "xexample.com",
    "example.org",
    "sub_1.example.net",
    "localhost",
];

fn email(random: &mut Random) -> String {
    format!("{}@{}", random.pick(&["a", "B", "first.last"]), random.pick(&HOSTS))
}

fn alternative(random: &mut Random) -> Name {
    match random.below(12) {
        0..5 => {
            let host = random.pick(&HOSTS);
            Name::Dns(match random.below(30) {
                0..5 => format!("*.{host}"),
                5 => format!("f*.{host}"),
                6..8 => format!("{host}."),
                _ => (*host).to_owned(),
            })
        }
        5..7 => Name::Email(email(random)),
        7..9 => {
            let host = random.pick(&HOSTS);
            Name::Uri(match random.below(20) {
                0..3 => format!("https://user@{host}/"),
                3 => format!("https://{host}:8443/path"),
                4..6 => "https://192.0.2.1/".to_owned(),
                6 => "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6".to_owned(),
                _ => format!("https://{host}/"),
            })
        }
        9 => Name::Ip(vec![10, random.below(3) as u8, random.below(3) as u8, random.below(3) as u8]),
        10 => {
            let mut octets = vec![0x20, 0x01, 0x0d, 0xb8, 0, random.below(3) as u8];
            octets.resize(16, 0);
            octets[15] = random.below(3) as u8;
            Name::Ip(octets)
        }
        _ => Name::Directory(organization(random)),
    }
}

fn attribute(random: &mut Random, id: &'static str, values: &[&str]) -> Attribute {
    let tag = if id == "2.5.4.6" || random.percent(30) { PRINTABLE_STRING } else { UTF8_STRING };
    Attribute { id, tag, value: (*random.pick(values)).to_owned() }
}

/// Country, organization, and perhaps a unit: mostly the same ones.
fn organization(random: &mut Random) -> Vec<Attribute> {
    let country = if random.percent(90) { &["US"] } else { &["DE"] };
    let names: &[&str] = if random.percent(90) { &["Example", "EXAMPLE"] } else { &["Other"] };
    let mut attributes = vec![attribute(random, "2.5.4.6", country), attribute(random, "2.5.4.10", names)];
    if random.percent(30) {
        attributes.push(attribute(random, "2.5.4.11", &["Unit", "Unit 2"]));
    }
    attributes
}

fn subject(random: &mut Random, common_name: String) -> Vec<Attribute> {
    let mut attributes = organization(random);
    attributes.push(Attribute { id: "2.5.4.3", tag: UTF8_STRING, value: common_name });
    if random.percent(10) {
        attributes.push(Attribute { id: EMAIL_ADDRESS, tag: IA5_STRING, value: email(random) });
    }
    attributes
}

/// A base that a name is likely to be in.
fn around(random: &mut Random, name: &Name) -> Name {
    let domain = |random: &mut Random, host: &str| {
        let host = host.trim_start_matches("*.").trim_start_matches("f*.").trim_end_matches('.');
        let labels: Vec<&str> = host.split('.').collect();
        let rest = labels[random.below(labels.len().min(2))..].join(".");
        if random.percent(25) { format!(".{rest}") } else { rest }
    };
    match name {
        _ if random.percent(3) && matches!(name.form(), Form::Dns | Form::Email | Form::Uri) => match name.form() {
            Form::Dns => Name::Dns(String::new()),
            Form::Email => Name::Email(String::new()),
            _ => Name::Uri(String::new()),
        },
        // What a wildcard may expand into.
        Name::Dns(host) if host.contains('*') && random.percent(40) => {
            Name::Dns(host.replace('*', ["a", ".a", "fa"][random.below(3)]))
        }
        Name::Dns(host) => Name::Dns(domain(random, host)),
        Name::Email(text) if random.percent(20) => Name::Email(text.clone()),
        Name::Email(text) => Name::Email(domain(random, text.rsplit('@').next().unwrap_or_default())),
        Name::Uri(uri) => {
            let authority = uri.split('/').nth(2).unwrap_or_default();
            let host = authority.trim_start_matches("user@").trim_end_matches(":8443");
            let host = if HOSTS.contains(&host) { host } else { *random.pick(&HOSTS) };
            Name::Uri(domain(random, host))
        }
        Name::Ip(address) => {
            let bits = *random.pick(&[0, 8, 16, 24, 32, 48, 128]).min(&(address.len() * 8));
            let mask = (0..address.len()).map(|at| match bits.saturating_sub(at * 8) {
                0 => 0,
                left => 0xffu8 << (8 - left.min(8)),
            });
            Name::Ip(address.iter().copied().chain(mask).collect())
        }
        Name::Directory(attributes) => Name::Directory(attributes[..random.below(attributes.len() + 1)].to_vec()),
    }
}

fn constraints(random: &mut Random, leaf: &Level) -> Constraints {
    let mut constraints = Constraints::default();
    let of_leaf: Vec<Name> =
        leaf.names.iter().cloned().chain(std::iter::once(Name::Directory(leaf.subject.clone()))).collect();
    for _ in 0..1 + random.below(3) {
        let name = if random.percent(75) { random.pick(&of_leaf).clone() } else { alternative(random) };
        let base = around(random, &name);
        match random.percent(70) {
            true => constraints.permitted.push(base),
            false => {
                // Mostly not what the leaf has: then too little would be left.
                let other = alternative(random);
                let wildcard = leaf.names.iter().find(|name| matches!(name, Name::Dns(host) if host.contains('*')));
                let base = match wildcard {
                    Some(wildcard) if random.percent(60) => around(random, wildcard),
                    _ if random.percent(25) => base,
                    _ => around(random, &other),
                };
                constraints.excluded.push(base);
            }
        }
    }
    constraints
}

/// A chain from the root to an end entity, of two to four certificates.
pub fn chain(random: &mut Random, now: i64) -> Vec<Level> {
    let cas = 1 + random.below(3);
    let host = *random.pick(&HOSTS);
    let mut leaf = Level {
        ca: false,
        path_len: None,
        constraints: None,
        subject: if random.percent(25) { subject(random, host.to_owned()) } else { subject(random, "Leaf".to_owned()) },
        names: (0..random.below(4)).map(|_| alternative(random)).collect(),
        not_before: now - 3600,
        not_after: now + DAY * (1 + random.below(20) as i64),
    };
    if random.percent(5) {
        leaf.subject.clear();
        leaf.names.push(alternative(random));
    }
    if random.percent(10) {
        leaf.not_before = now + 3600 + DAY * (random.below(24) as i64 - 2);
    }
    let mut levels: Vec<Level> = Vec::new();
    for position in 0..cas {
        let common_name = format!("CA {position}");
        let self_issued = position > 0 && random.percent(8);
        let own = match levels.last() {
            Some(above) if self_issued => above.subject.clone(),
            _ => subject(random, common_name),
        };
        let days = |random: &mut Random| DAY * (30 - 5 * position as i64 + random.below(3) as i64);
        let not_after = match random.below(40) {
            // Too short for what may follow, or over already.
            0 => now + DAY * (1 + random.below(20) as i64),
            1 if random.percent(30) => now - DAY,
            _ => now + days(random),
        };
        let starts_late = random.percent(1);
        levels.push(Level {
            ca: true,
            path_len: random.percent(45).then(|| random.below(4) as u8),
            constraints: random.percent(if position == 0 { 20 } else { 35 }).then(|| constraints(random, &leaf)),
            subject: own,
            names: if random.percent(8) { vec![alternative(random)] } else { Vec::new() },
            not_before: if starts_late { now + DAY * random.below(25) as i64 + 60 } else { now - 2 * DAY },
            not_after,
        });
    }
    levels.push(leaf);
    levels
}
