//! Random policies and templates, whose parts are few enough that they meet.

use std::time::Duration;

use issuance::policy::{CommonNameRule, Policy};
use issuance::request::{CustomExtension, PolicyInformation};
use issuance::template::{CrlDistributionPoints, TemplateKind};
use issuance::{KeyUsage, Oid, SigningAlgorithm, Template, Timestamp, Validity};
use issuance_test_support::ca::NOW;
use issuance_test_support::chance::Chance;

/// The same numbers from the same seed.
pub(crate) struct Random(Chance);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(Chance::new(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.draw()
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    pub(crate) fn some<T: Copy>(&mut self, items: &[T], most: usize) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| self.of(items)).collect()
    }
}

/// Runs a property over seeds, first those that have found something; `ISSUANCE_POLICY_CASES` says how many others.
pub(crate) fn for_each_seed(found: &[u64], default: u64, property: impl Fn(u64)) {
    let cases = std::env::var("ISSUANCE_POLICY_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    found.iter().copied().chain(0..cases).for_each(property);
}

pub(crate) const PATTERNS: [&str; 30] = [
    "DNS:example.com",
    "DNS:a.example.com",
    "DNS:.a.example.com",
    "DNS:b.a.example.com",
    "DNS:example.org",
    "DNS:",
    "IP:10.0.0.0/8",
    "IP:10.1.0.0/16",
    "IP:10.0.0.0/9",
    "IP:10.128.0.0/9",
    "IP:0.0.0.0/0",
    "IP:2001:db8::/32",
    "IP:::/0",
    "IP:::ffff:0:0/96",
    "URI:spiffe://example.org",
    "URI:spiffe://example.org/ns/a",
    "URI:spiffe://example.org/ns/a/b",
    "URI:https://.example.com/",
    "URI:urn:",
    "email:example.com",
    "email:a@example.com",
    "email:.example.com",
    "DirName:C=US",
    "DirName:C=US, O=Corp",
    "DirName:O=Corp",
    "DirName:",
    "othername:1.3.6.1.4.1.311.20.2.3",
    "othername:1.2.3.4",
    "RID:1.2.3",
    "RID:1.2.3.4",
];
pub(crate) const ATTRIBUTES: [&str; 5] = ["CN", "O", "C", "emailAddress", "1.2.3.4"];
pub(crate) const VALUES: [&str; 6] = ["a.example.com", "10.1.2.3", "Corp", "US", "a@example.com", "Example Corp"];
pub(crate) const KEYS: [&str; 7] =
    ["RSA_2048", "RSA_2048-3072", "RSA_3072-8192", "EC_prime256v1", "EC_secp384r1", "ED25519", "RSA_512-1024"];
pub(crate) const PURPOSES: [&str; 4] = ["serverAuth", "clientAuth", "codeSigning", "1.3.6.1.5.5.7.3.99"];
pub(crate) const EXTENSIONS: [&str; 9] = [
    "keyUsage",
    "extKeyUsage",
    "subjectAltName",
    "certificatePolicies",
    "cRLDistributionPoints",
    "nameConstraints",
    "basicConstraints",
    "1.2.3.4",
    "tlsFeature",
];

/// A policy of up to as many clauses; about one part in `rarity` is there.
pub(crate) fn policy(random: &mut Random, rarity: usize) -> Policy {
    let mut policy = Policy::default();
    for _ in 0..1 + random.below(2) {
        policy = policy.and(clause(random, rarity));
    }
    policy
}

pub(crate) fn bits(random: &mut Random) -> KeyUsage {
    KeyUsage::from_bits(1 + random.below(0x1ff) as u16).unwrap()
}

fn clause(random: &mut Random, rarity: usize) -> Policy {
    let mut builder = Policy::builder();
    if random.one_in(rarity) {
        builder = builder.no_other_names();
        for pattern in random.some(&PATTERNS, 4) {
            builder = builder.permitted_name(pattern);
        }
    }
    if random.one_in(rarity) {
        for pattern in random.some(&PATTERNS, 4) {
            builder = builder.excluded_name(pattern);
        }
    }
    if random.one_in(rarity) {
        builder = builder.wildcards(random.one_in(2));
    }
    if random.one_in(rarity) {
        let least = random.below(4);
        builder = builder.least_names(least);
        if random.one_in(2) {
            builder = builder.most_names(least + random.below(3));
        }
    } else if random.one_in(rarity) {
        builder = builder.most_names(random.below(3));
    }
    if random.one_in(rarity) {
        builder = builder.common_name(random.of(&[CommonNameRule::AmongNames, CommonNameRule::NotAHost]));
    }
    if random.one_in(rarity) {
        for attribute in random.some(&ATTRIBUTES, 3) {
            builder = builder.required_attribute(attribute);
        }
    }
    if random.one_in(rarity) {
        for attribute in random.some(&ATTRIBUTES, 4) {
            builder = builder.allowed_attribute(attribute);
        }
    }
    if random.one_in(rarity) {
        let values: Vec<&str> = (0..1 + random.below(2)).map(|_| random.of(&VALUES)).collect();
        builder = builder.attribute_values(random.of(&ATTRIBUTES), values);
    }
    if random.one_in(rarity) {
        for _ in 0..1 + random.below(3) {
            builder = builder.key(random.of(&KEYS));
        }
    }
    if random.one_in(rarity) {
        for _ in 0..1 + random.below(2) {
            builder = builder.signing_algorithm(random.of(&SigningAlgorithm::ALL[..4]));
        }
    }
    if random.one_in(rarity) {
        let longest = random.of(&[0, 1, 3_600, 86_400, 90_000, 90 * 86_400, 400 * 86_400]);
        builder = builder.longest_validity(Duration::from_secs(longest));
    }
    let time = |random: &mut Random| {
        let offset = random.of(&[-86_400, -3_600, -3_599, 0, 1, 2, 86_400, 100 * 86_400]);
        Timestamp::from_unix(NOW + offset).unwrap()
    };
    if random.one_in(rarity) {
        builder = builder.earliest_not_before(time(random));
    }
    if random.one_in(rarity) {
        builder = builder.latest_not_after(time(random));
    }
    if random.one_in(rarity) {
        builder = builder.required_key_usage(bits(random));
    }
    if random.one_in(rarity) {
        builder = builder.allowed_key_usage(bits(random));
    }
    if random.one_in(rarity) {
        for purpose in random.some(&PURPOSES, 2) {
            builder = builder.required_purpose(purpose);
        }
    }
    if random.one_in(rarity) {
        for _ in 0..1 + random.below(3) {
            builder = builder.allowed_purpose(random.of(&PURPOSES));
        }
    }
    if random.one_in(rarity) {
        for extension in random.some(&EXTENSIONS, 6) {
            builder = builder.allowed_extension(extension);
        }
    }
    for (position, change) in [
        issuance::policy::PolicyBuilder::forbidden_extension as fn(_, &str) -> _,
        issuance::policy::PolicyBuilder::critical_extension,
        issuance::policy::PolicyBuilder::not_critical_extension,
    ]
    .into_iter()
    .enumerate()
    {
        if random.one_in(rarity) {
            for extension in random.some(&EXTENSIONS, 1 + position) {
                builder = change(builder, extension);
            }
        }
    }
    if random.one_in(rarity) {
        builder = builder.ca(random.one_in(3));
    }
    if random.one_in(rarity) {
        builder = builder.longest_path(random.below(3) as u8);
    }
    if random.one_in(2 * rarity) {
        builder = builder.max_bytes(400 + random.below(400));
    }
    builder.build().unwrap()
}

pub(crate) const KINDS: [TemplateKind; 4] =
    [TemplateKind::Base, TemplateKind::CsrPassthrough, TemplateKind::ApiPassthrough, TemplateKind::ApiCsrPassthrough];

/// A custom template without a policy.
pub(crate) fn template(random: &mut Random) -> Template {
    let kind = random.of(&KINDS);
    let ca = random.one_in(4);
    let mut template = if ca {
        Template::subordinate_ca("Custom", kind, random.of(&[None, Some(0), Some(3)])).unwrap()
    } else {
        Template::end_entity("Custom", kind).unwrap().with_critical_basic_constraints(random.one_in(2)).unwrap()
    };
    if random.one_in(2) {
        let mut usage = bits(random).bits();
        if !ca {
            usage &= !KeyUsage::KEY_CERT_SIGN.bits();
        }
        let usage = KeyUsage::from_bits(usage).unwrap_or(KeyUsage::DIGITAL_SIGNATURE);
        template = template.with_key_usage(random.one_in(2), usage).unwrap();
    }
    if random.one_in(2) {
        let purposes = if random.one_in(2) { vec![Oid::SERVER_AUTH] } else { vec![Oid::CLIENT_AUTH, Oid::SERVER_AUTH] };
        template = template.with_extended_key_usage(random.one_in(2), purposes).unwrap();
    }
    if random.one_in(3) {
        let policy = PolicyInformation::builder("1.2.3.4").cps_uri("https://www.example.com/cps").build().unwrap();
        template = template.with_certificate_policies(random.one_in(2), vec![policy]).unwrap();
    }
    if random.one_in(3) {
        let extension = CustomExtension::new("1.2.3.4", vec![5, 0], random.one_in(2)).build().unwrap();
        template = template.with_extension(extension).unwrap();
    }
    if random.one_in(4) {
        let must_staple = CustomExtension::new("1.3.6.1.5.5.7.1.24", vec![0x30, 3, 2, 1, 5], false).build().unwrap();
        template = template.with_extension(must_staple).unwrap();
    }
    if random.one_in(3) {
        template = template.with_default_validity(Validity::days(30).build().unwrap());
    }
    let sources = [
        CrlDistributionPoints::ConfigurationThenPassthrough,
        CrlDistributionPoints::Passthrough,
        CrlDistributionPoints::Never,
    ];
    template.with_crl_distribution_points(random.of(&sources))
}

/// A request for the open end-entity template, some of whose parts the policies here name.
pub(crate) fn request(random: &mut Random) -> issuance::IssueCertificateRequest {
    use issuance_test_support::ca::{LEAF_KEY, P384_KEY};
    use issuance_test_support::der;
    let key = if random.one_in(2) {
        issuance::Signer::public_key_der(&*LEAF_KEY)
    } else {
        issuance::Signer::public_key_der(&*P384_KEY)
    };
    let names: Vec<(u8, &[u8])> = vec![
        (0x82, b"a.example.com"),
        (0x82, b"*.example.com"),
        (0x82, b"example.org"),
        (0x87, &[10, 1, 2, 3]),
        (0x86, b"spiffe://example.org/ns/a"),
        (0x81, b"a@example.com"),
        (0x88, &[0x2a, 3]),
    ];
    let names: Vec<u8> = random.some(&names, 3).into_iter().flat_map(|(tag, content)| der::tlv(tag, content)).collect();
    let mut extensions = Vec::new();
    if !names.is_empty() {
        extensions.push(der::extension("2.5.29.17", true, &der::tlv(0x30, &names)));
    }
    if random.one_in(2) {
        extensions.push(der::extension("1.2.3.4", random.one_in(2), &[5, 0]));
    }
    let attributes: Vec<Vec<u8>> = [("2.5.4.6", "US"), ("2.5.4.10", "Corp"), ("2.5.4.3", "a.example.com")]
        .into_iter()
        .filter(|_| random.one_in(2))
        .map(|(oid, value)| der::name_attribute(oid, &der::utf8(value)))
        .collect();
    let csr = der::CsrParts::new(key).subject(der::name(&attributes)).extensions(&extensions).der();
    let mut request = issuance_test_support::ca::request(&csr, "BlankEndEntityCertificate_APICSRPassthrough");
    request = request.validity(random.of(&[Validity::days(1), Validity::days(90)].map(|days| days.build().unwrap())));
    if random.one_in(2) {
        request = request.key_usage(bits(random));
    }
    request.build().unwrap()
}
