//! What requests of 32 KiB and imported chains of 2 MiB cost that are made to cost much, for `hostile.py` to count under
//! callgrind: decode, proof with a verifier that accepts, prepare; import with a verifier that accepts. `--list` prints the
//! names of the shapes, a name as the argument runs that shape, and no name runs each of them.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::authority::CertificateAuthorityType;
use issuance::issue::{Preparation, Prepared};
use issuance::{
    CertificateAuthority, Csr, Error, IssuanceOptions, IssueCertificateRequest, SerialNumber, SigningAlgorithm,
    Subject, Timestamp, Validity,
};
use issuance_test_support::der::{
    CsrParts, attribute, bits, ca_certificate, common_name, extension, name, name_attribute, octets, oid, oid_content,
    pem, seq, set, tlv,
};
use issuance_test_support::verifiers::AnySignature;

/// How often a shape runs before it is counted, and then counted; `instructions.py` knows the latter.
const WARM_CALLS: usize = 2;
const COUNTED_CALLS: usize = 10;

const P256_CSR: &[u8] = include_bytes!("data/p256.csr.der");
const ARN: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const MAX: usize = Csr::MAX_BYTES;

fn public_key() -> Vec<u8> {
    Csr::decode(P256_CSR).unwrap().public_key_der().to_vec()
}

fn parts() -> CsrParts {
    CsrParts::new(&public_key())
}

/// The longest request within the bound that `make` makes of a number.
fn longest(make: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let (mut fits, mut above) = (0, MAX);
    while fits + 1 < above {
        let middle = (fits + above) / 2;
        if make(middle).len() <= MAX { fits = middle } else { above = middle }
    }
    make(fits)
}

/// A request for these alternative names, with an extension that fills it up.
fn names(names: &[Vec<u8>]) -> Vec<u8> {
    longest(|padding| {
        let san = extension("2.5.29.17", false, &tlv(0x30, &names.concat()));
        parts().extensions(&[san, extension("1.2.3", false, &octets(&vec![0; padding]))]).der()
    })
}

/// 2,048 times the same alternative name, as far as it fits.
fn repeated(name: Vec<u8>) -> Vec<u8> {
    let fits = (MAX - 400) / name.len();
    names(&vec![name; fits.min(Csr::MAX_GENERAL_NAMES)])
}

/// A name of as many attributes as there may be, in their order.
fn subject(count: usize, length: usize) -> Vec<Vec<u8>> {
    let text = |number: usize| [vec![b'x'; length], format!("{number:05}").into_bytes()].concat();
    (0..count).map(|number| name_attribute("2.5.4.11", &tlv(0x0c, &text(number)))).collect()
}

/// SEQUENCEs in each other, as deep as the octets reach.
fn nested(octets: usize) -> Vec<u8> {
    let (mut length, mut headers) = (0usize, Vec::new());
    while length + 4 <= octets {
        let header = match length {
            0..=0x7f => vec![0x30, length as u8],
            0x80..=0xff => vec![0x30, 0x81, length as u8],
            _ => vec![0x30, 0x82, (length >> 8) as u8, length as u8],
        };
        length += header.len();
        headers.push(header);
    }
    headers.into_iter().rev().flatten().collect()
}

/// An identifier of 63 octets that differs from others in its last arcs.
fn long_oid(number: usize) -> String {
    format!("1.2{}.{}.{}", ".268435455".repeat(14), 16_384 + number / 100, 128 + number % 100)
}

fn extensions(count: usize, value: usize, id: impl Fn(usize) -> String) -> Vec<Vec<u8>> {
    (0..count).map(|number| extension(&id(number), number % 2 == 0, &octets(&vec![0; value]))).collect()
}

fn attributes(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| attribute(&format!("1.2.3.{number}"), &[octets(&[0; 490])])).collect()
}

/// Names, and what each request is.
type Shape = (&'static str, fn() -> Vec<u8>);

const SHAPES: &[Shape] = &[
    ("typical: 1,100 DNS names", || {
        longest(|count| {
            let names: Vec<Vec<u8>> =
                (0..count).map(|i| tlv(0x82, format!("host-{i:04}.eu-west-1.example.com").as_bytes())).collect();
            let san = extension("2.5.29.17", false, &tlv(0x30, &names.concat()));
            let subject = name(&[
                name_attribute("2.5.4.6", &tlv(0x13, b"US")),
                name_attribute("2.5.4.10", &tlv(0x0c, b"Example Company")),
                name_attribute("2.5.4.3", &tlv(0x0c, b"www.example.com")),
            ]);
            parts().subject(subject).extensions(&[san]).der()
        })
    }),
    ("2,048 DNS names of one letter", || repeated(tlv(0x82, b"a"))),
    ("2,048 registered identifiers", || repeated(tlv(0x88, &oid_content("1.2.840.113549.1.9.14.7.7.7.7")))),
    ("2,048 directory names", || repeated(tlv(0xa4, &name(&[name_attribute("1.2", &tlv(0x0c, b"a"))])))),
    ("2,048 empty directory names", || repeated(tlv(0xa4, &[0x30, 0]))),
    ("2,048 other names", || repeated(tlv(0xa0, &[oid("1.2"), tlv(0xa0, &[5, 0])].concat()))),
    ("2,048 EDI party names", || repeated(tlv(0xa5, &tlv(0xa1, &tlv(0x0c, b"a"))))),
    ("2,048 addresses", || repeated(tlv(0x87, &[192, 0, 2, 1]))),
    ("2,048 X.400 addresses", || repeated(tlv(0xa3, &[0x30, 0]))),
    ("directory names of 256 attributes", || {
        let small: Vec<Vec<u8>> = (0..256).map(|_| name_attribute("1.2", &tlv(0x0c, b"a"))).collect();
        repeated(tlv(0xa4, &name(&small)))
    }),
    ("2,048 names, the last of them wrong", || {
        names(&[vec![tlv(0x82, b"a.example.com"); 2_047], vec![tlv(0x82, b"\0")]].concat())
    }),
    ("2,049 names", || names(&vec![tlv(0x82, b"a.example.com"); 2_049])),
    ("256 extensions, identifiers of 63 octets", || {
        longest(|value| parts().extensions(&extensions(256, value, long_oid)).der())
    }),
    ("256 extensions, short identifiers", || {
        longest(|value| parts().extensions(&extensions(256, value, |number| format!("1.2.{number}"))).der())
    }),
    ("256 extensions, the last again the first", || {
        longest(|value| parts().extensions(&extensions(256, value, |number| long_oid(number % 255))).der())
    }),
    ("as many extensions as fit", || {
        longest(|count| parts().extensions(&extensions(count, 0, |number| format!("1.2.{number}"))).der())
    }),
    ("64 attributes", || parts().attributes(&attributes(64)).der()),
    ("64 attributes, the last again the first", || {
        let mut all = attributes(63);
        all.push(all[0].clone());
        parts().attributes(&all).der()
    }),
    ("as many attributes as fit", || {
        longest(|count| {
            let all: Vec<_> = (0..count).map(|i| attribute(&format!("1.2.{i}"), &[vec![5, 0]])).collect();
            parts().attributes(&all).der()
        })
    }),
    ("an attribute of 16,000 values", || {
        longest(|count| parts().attributes(&[attribute("1.2.3", &vec![vec![5, 0]; count])]).der())
    }),
    ("an attribute of long values that differ at the end", || {
        longest(|length| {
            let value = |number: u16| octets(&[vec![0; length], number.to_be_bytes().to_vec()].concat());
            let values: Vec<_> = (0..64).map(value).collect();
            parts().attributes(&[attribute("1.2.3", &values)]).der()
        })
    }),
    ("63 attributes of 250 values", || {
        let values: Vec<_> = vec![vec![5, 0]; 245];
        let all: Vec<_> = (0..63).map(|number| attribute(&format!("1.2.3.{number}"), &values)).collect();
        longest(|padding| {
            let all = [&all[..], &[attribute("1.2.3.99", &[octets(&vec![0; padding])])]].concat();
            parts().attributes(&all).der()
        })
    }),
    ("256 attributes in one SET", || longest(|length| parts().subject(tlv(0x30, &set(&subject(256, length)))).der())),
    ("256 attributes in one SET, the last out of order", || {
        longest(|length| {
            let mut attributes = subject(256, length);
            attributes.swap(254, 255);
            parts().subject(tlv(0x30, &tlv(0x31, &attributes.concat()))).der()
        })
    }),
    ("a subject of 256 names", || longest(|length| parts().subject(name(&subject(256, length))).der())),
    ("a subject of 256 UTF8Strings beyond ASCII", || {
        longest(|length| {
            let text = "\u{e9}".repeat(length);
            let all: Vec<_> = (0..256).map(|_| name_attribute("2.5.4.3", &tlv(0x0c, text.as_bytes()))).collect();
            parts().subject(name(&all)).der()
        })
    }),
    ("a subject of 256 BMPStrings", || {
        longest(|length| {
            let text: Vec<u8> = [0x4e, 0x2d].repeat(length);
            parts().subject(name(&vec![name_attribute("2.5.4.3", &tlv(0x1e, &text)); 256])).der()
        })
    }),
    ("a subject of one UniversalString", || {
        longest(|length| {
            parts().subject(name(&[name_attribute("2.5.4.3", &tlv(0x1c, &[0, 0, 0x4e, 0x2d].repeat(length)))])).der()
        })
    }),
    ("a subject nested deeply", || {
        longest(|depth| parts().subject(name(&[name_attribute("2.5.4.3", &nested(depth))])).der())
    }),
    ("an extension nested deeply", || {
        longest(|depth| parts().extensions(&[extension("2.5.29.30", false, &nested(depth))]).der())
    }),
    ("an attribute nested deeply", || {
        longest(|depth| parts().attributes(&[attribute("1.2.3", &[nested(depth)])]).der())
    }),
    ("alternative names nested deeply", || {
        longest(|depth| parts().extensions(&[extension("2.5.29.17", false, &nested(depth))]).der())
    }),
    ("an RSA modulus of 260,000 bits", || {
        longest(|length| {
            let numbers = seq(&[&tlv(2, &[&[0], &vec![0xff; length][..]].concat()), &[2, 3, 1, 0, 1]]);
            let algorithm = seq(&[&oid("1.2.840.113549.1.1.1"), &[5, 0]]);
            CsrParts::new(&seq(&[&algorithm, &bits(&numbers)])).der()
        })
    }),
    ("PEM", || {
        longest(|padding| {
            pem("CERTIFICATE REQUEST", &parts().extensions(&extensions(1, padding, |_| "1.2".into())).der())
                .into_bytes()
        })
    }),
    ("PEM, a character a line", || {
        longest(|padding| {
            let base64 = BASE64_STANDARD.encode(parts().extensions(&extensions(1, padding, |_| "1.2".into())).der());
            let lines: String = base64.chars().flat_map(|c| [c, '\n']).collect();
            format!("-----BEGIN CERTIFICATE REQUEST-----\n{lines}-----END CERTIFICATE REQUEST-----\n").into_bytes()
        })
    }),
    ("PEM, after text of hyphens", || {
        let block = pem("CERTIFICATE REQUEST", P256_CSR);
        longest(|count| format!("{}\n{block}", "-".repeat(count)).into_bytes())
    }),
    ("PEM, after text that looks like a block", || {
        let block = pem("CERTIFICATE REQUEST", P256_CSR);
        longest(|count| format!("{}\n{block}", " -----BEGIN".repeat(count)).into_bytes())
    }),
    ("PEM, hyphens for base64", || {
        longest(|count| format!("-----BEGIN CERTIFICATE REQUEST-----\n{}", "-----END ".repeat(count)).into_bytes())
    }),
    ("PEM, a label that repeats itself", || {
        let label = "-----END ".repeat(MAX / 27) + "X";
        longest(|count| format!("-----BEGIN {label}-----\n{}", "-----END ".repeat(count)).into_bytes())
    }),
];

/// The longest chain that the API takes, in octets of PEM.
const MAX_CHAIN: usize = 2_097_152;

/// A chain in PEM above an authority.
type Chain = (&'static str, fn() -> Vec<u8>);

/// The certificate at this height above the authority's own, as the issuer of the one below.
fn chained(height: usize, names: &[Vec<u8>], others: &[Vec<u8>]) -> Vec<u8> {
    let san = extension("2.5.29.17", false, &tlv(0x30, &names.concat()));
    let extensions = if names.is_empty() { others.to_vec() } else { [&[san], others].concat() };
    certificate(&common_name(&format!("CA {}", height + 1)), &common_name(&format!("CA {height}")), &extensions)
}

fn certificate(issuer: &[u8], subject: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    ca_certificate(issuer, subject, &public_key(), extensions)
}

/// Name constraints with these excluded subtrees.
fn excluded(bases: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let subtrees: Vec<u8> = bases.into_iter().flat_map(|base| seq(&[&base])).collect();
    extension("2.5.29.30", true, &seq(&[&tlv(0xa1, &subtrees)]))
}

fn chain(certificates: &[Vec<u8>]) -> Vec<u8> {
    certificates.iter().flat_map(|der| pem("CERTIFICATE", der).into_bytes()).collect()
}

/// A chain that an extension of its last certificate fills up.
fn filled(certificates: &[Vec<u8>]) -> Vec<u8> {
    let mut certificates = certificates.to_vec();
    let (height, left) = (certificates.len() + 1, MAX_CHAIN - chain(&certificates).len());
    // Base64 and line feeds make 65 of 48.
    let padding = extension("1.2.3", false, &octets(&vec![0; left / 65 * 48 - 1_000]));
    certificates.push(chained(height, &[], &[padding]));
    chain(&certificates)
}

/// Two certificates whose names and subtrees take as many comparisons as there may be.
fn compared(name: Vec<u8>, base: Vec<u8>) -> Vec<u8> {
    compared_times(490, name, base)
}

fn compared_times(count: usize, name: Vec<u8>, base: Vec<u8>) -> Vec<u8> {
    filled(&[chained(1, &vec![name; count], &[]), chained(2, &[], &[excluded(vec![base; count])])])
}

/// A Name of one relative distinguished name of these attributes, as they come.
fn one_rdn(attributes: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &tlv(0x31, &attributes.concat()))
}

/// Attributes in DER order.
fn small_attributes(last: u32) -> Vec<Vec<u8>> {
    (0..=last).map(|number| name_attribute(&format!("1.{number}"), &tlv(0x0c, b""))).collect()
}

const CHAINS: &[Chain] = &[
    ("typical: two certificates above", || {
        let names: Vec<Vec<u8>> = (0..4).map(|i| tlv(0x82, format!("host-{i:04}.example.com").as_bytes())).collect();
        let bases = (0..4).map(|i| tlv(0x82, format!("unit-{i}.example.org").as_bytes()));
        let others: Vec<Vec<u8>> =
            (0..4).map(|i| extension(&format!("1.2.3.{i}"), false, &octets(&[0; 100]))).collect();
        chain(&[chained(1, &names, &others), chained(2, &[], &[&[excluded(bases)], &others[..]].concat())])
    }),
    ("157,000 names, 214,000 subtrees above them", || {
        let names = chained(1, &[tlv(0x82, b"a").repeat(157_000)], &[]);
        chain(&[names, chained(2, &[], &[excluded(vec![tlv(0x82, b"b"); 214_000])])])
    }),
    ("309,000 subtrees", || chain(&[chained(1, &[], &[excluded(vec![tlv(0x82, b"b"); 309_000])])])),
    ("150,000 extensions", || {
        let all: Vec<_> = (0..150_000).map(|number| extension(&format!("1.2.{number}"), false, &[])).collect();
        chain(&[chained(1, &[], &all)])
    }),
    ("3,495 certificates", || chain(&vec![chained(1, &[], &[]); MAX_CHAIN / 600])),
    ("34,952 empty blocks", || pem("CERTIFICATE", &[]).repeat(MAX_CHAIN / 60).into_bytes()),
    ("490 DNS names, 490 subtrees", || compared(tlv(0x82, b"a"), tlv(0x82, b"b"))),
    ("490 long DNS names, 490 long subtrees", || {
        let long = |last: &str| tlv(0x82, format!("{}{last}", "a.".repeat(30)).as_bytes());
        compared(long("a"), long("b"))
    }),
    ("490 wildcards, 490 subtrees", || compared(tlv(0x82, b"*c.a.example"), tlv(0x82, b"b.a.example"))),
    ("490 mailboxes, 490 subtrees", || compared(tlv(0x81, b"a@a.example"), tlv(0x81, b"a@b.example"))),
    ("490 addresses, 490 subtrees", || {
        compared(tlv(0x87, &[0xff; 16]), tlv(0x87, &[&[0xff; 15][..], &[0], &[0xff; 16]].concat()))
    }),
    ("490 short directory names, 490 subtrees", || {
        let directory = |text: &[u8]| tlv(0xa4, &name(&[name_attribute("1.2", &tlv(0x0c, text))]));
        compared(directory(b"aaaaa"), directory(b"aaaab"))
    }),
    ("122 directory names, 122 subtrees", || {
        let directory = |text: &[u8]| tlv(0xa4, &name(&[name_attribute("2.5.4.3", &tlv(0x0c, text))]));
        compared_times(122, directory(&[b'a'; 50]), directory(&[&[b'a'; 49][..], b"b"].concat()))
    }),
    ("15 directory names of 32 attributes in one SET, 15 subtrees", || {
        // Those of the name are found late in the base, but for its last, which is not there.
        let mut attributes = small_attributes(30);
        attributes.reverse();
        attributes.push(small_attributes(32).remove(32));
        compared_times(15, tlv(0xa4, &one_rdn(&attributes)), tlv(0xa4, &one_rdn(&small_attributes(31))))
    }),
];

/// What an import of the chain above an authority takes.
fn import(own: &[u8], chain: &[u8]) -> Result<CertificateAuthority, Error> {
    CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Subordinate).build_from_certificate(
        own,
        chain,
        &AnySignature,
    )
}

fn now() -> Timestamp {
    Timestamp::from_utc(2026, 1, 1, 0, 0, 0).unwrap()
}

fn serial() -> SerialNumber {
    SerialNumber::from_hex("d790a9cf2db26a24c7b97fb672b7aedd").unwrap()
}

fn prepare(
    authority: &CertificateAuthority,
    options: &IssuanceOptions,
    request: &IssueCertificateRequest,
) -> Result<Prepared, Error> {
    Preparation { authority, now: now(), serial: serial(), partition: None, verifier: &AnySignature, options }
        .prepare(request)
}

fn request(csr: &[u8], template: &str) -> IssueCertificateRequest {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(csr)
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .validity(Validity::days(365))
        .build()
        .unwrap()
}

fn root(options: &IssuanceOptions) -> CertificateAuthority {
    let mut root = CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&Subject::builder().common_name("Example Root").build().unwrap(), &public_key())
        .unwrap();
    let csr = CsrParts::new(&public_key()).subject(root.subject_der().to_vec()).extensions(&[]).der();
    let request = IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(csr)
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
        .validity(Validity::years(10))
        .build()
        .unwrap();
    let prepared = prepare(&root, options, &request).unwrap();
    let certificate = prepared.finish(&[0x5a; 70], &AnySignature).unwrap();
    root.import_certificate(certificate.der(), b"", &AnySignature).unwrap();
    root
}

/// What callgrind counts, by the function's name.
#[inline(never)]
fn counted_calls(call: &mut dyn FnMut()) {
    for _ in 0..COUNTED_CALLS {
        call();
    }
}

/// The shapes under a template that copies no extension of the request but the alternative names, and under one that copies
/// all.
const TEMPLATES: [&str; 2] = ["EndEntityCertificate", "BlankEndEntityCertificate_CSRPassthrough"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let list = arguments.iter().any(|argument| argument == "--list");
    let given = arguments.iter().find(|argument| !argument.starts_with("--"));
    let options = IssuanceOptions::default();
    let root = root(&options);
    for template in TEMPLATES {
        for (shape, make) in SHAPES {
            let stage = format!("{shape}; {template}");
            if given.is_some_and(|given| *given != stage) {
                continue;
            }
            let csr = make();
            let request = request(&csr, template);
            measure(list, ["request", &stage], csr.len(), || prepare(&root, &options, black_box(&request)));
        }
    }
    for (shape, make) in CHAINS {
        let stage = format!("{shape}; import");
        if given.is_some_and(|given| *given != stage) {
            continue;
        }
        let (own, chain) = (certificate(&common_name("CA 1"), &common_name("CA 0"), &[]), make());
        measure(list, ["import", &stage], chain.len(), || import(&own, black_box(&chain)));
    }
}

/// Lists or runs one shape of a group.
fn measure<T>(list: bool, [group, stage]: [&str; 2], octets: usize, work: impl Fn() -> Result<T, Error>) {
    if list {
        let outcome = if work().is_ok() { "accepted" } else { "refused" };
        println!("{stage}\t{octets}\t{outcome}\t{group}");
        return;
    }
    let mut call = || drop(black_box(work()));
    (0..WARM_CALLS).for_each(|_| call());
    counted_calls(&mut call);
}
