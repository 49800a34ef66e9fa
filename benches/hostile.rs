//! What requests of 32 KiB cost that are made to cost much, for `hostile.py` to count under callgrind: decode, proof with a
//! verifier that accepts, prepare. `--list` prints the names of the shapes, a name as the argument runs that shape, and
//! no name runs each of them.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/der.rs"]
mod der;

use std::hint::black_box;

use base64::prelude::{BASE64_STANDARD, Engine};
use der::{CsrParts, attribute, bits, extension, name, name_attribute, octets, oid, oid_content, pem, seq, set, tlv};
use issuance::{
    CertificateAuthority, CertificateAuthorityType, Csr, Error, IssuanceOptions, IssueCertificateRequest, Preparation,
    Prepared, SerialNumber, SignatureAlgorithm, SignatureVerifier, SigningAlgorithm, Subject, Timestamp, Validity,
    VerifyError,
};

/// How often a shape runs before it is counted, and then counted; `instructions.py` knows the latter.
const WARM_CALLS: usize = 2;
const COUNTED_CALLS: usize = 10;

const P256_CSR: &[u8] = include_bytes!("data/p256.csr.der");
const ARN: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const MAX: usize = Csr::<()>::MAX_BYTES;

/// Takes every signature for good: what is left is the work of the library.
struct AnySignature;

impl SignatureVerifier for AnySignature {
    fn verify(&self, _: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}

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
    names(&vec![name; fits.min(Csr::<()>::MAX_GENERAL_NAMES)])
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
    Preparation { authority, now: now(), serial: serial(), verifier: &AnySignature, options }.prepare(request)
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

/// What callgrind counts: it is told the function's name.
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
            if list {
                let outcome = if prepare(&root, &options, &request).is_ok() { "accepted" } else { "refused" };
                println!("{stage}\t{}\t{outcome}", csr.len());
                continue;
            }
            let mut call = || drop(black_box(prepare(&root, &options, black_box(&request))));
            (0..WARM_CALLS).for_each(|_| call());
            counted_calls(&mut call);
        }
    }
}
