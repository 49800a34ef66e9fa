//! Certification requests: whatever decodes is made of the octets that came in, so that a writer of our own makes the same
//! octets of the parts again, and another decoder finds the same parts.
//!
//! By default the frame alone is judged, and a reader of our own judges it the same; [`CsrPolicy::Strict`] judges everything.
#![no_main]

use ::der::{Decode, Encode};
use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::crypto::VerifyError;
use issuance::csr::{CsrError, CsrExtension, CsrPolicy};
use issuance::x509::{KeyPolicy, SignatureAlgorithm};
use issuance::{Csr, SignatureVerifier};
use issuance_fuzz::csr::{EXTENSION_REQUEST, MICROSOFT_EXTENSIONS, Said, frame};
use issuance_fuzz::der::{content, element, elements};
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use x509_cert::request::CertReq;

/// Whether `part` lies in the memory of `whole`.
fn within(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// The extensions of a request whose parts can all be read.
fn readable<'a>(csr: &'a Csr<'_>) -> impl Iterator<Item = CsrExtension<'a>> {
    csr.extensions().map(|extension| extension.expect("an extension that can be read"))
}

/// The extensions as the value of the attribute that they are in.
fn extension_list(csr: &Csr<'_>) -> Vec<u8> {
    let list: Vec<Vec<u8>> = readable(csr)
        .map(|extension| {
            let critical: &[u8] = if extension.critical { &[1, 1, 0xff] } else { &[] };
            let oid = element(6, &[extension.oid.as_der_content()]);
            let der = element(0x30, &[&oid, critical, &element(4, &[extension.value])]);
            assert_eq!(extension.der, der);
            der
        })
        .collect();
    element(0x31, &[&element(0x30, &[&list.concat()])])
}

/// The request, framed again from its parts.
fn framed(csr: &Csr<'_>) -> Vec<u8> {
    let holder = csr.extension_attribute();
    assert!(holder.is_some() || csr.extensions().next().is_none());
    let mut held = 0;
    let attributes: Vec<Vec<u8>> = csr
        .attributes()
        .map(|attribute| {
            let oid = element(6, &[attribute.oid.as_der_content()]);
            if holder == Some(attribute.oid) {
                held += 1;
                assert_eq!(extension_list(csr), attribute.values);
            }
            element(0x30, &[&oid, attribute.values])
        })
        .collect();
    assert_eq!(held, usize::from(holder.is_some()));
    let attributes = element(0xa0, &[&attributes.concat()]);
    let info = element(0x30, &[&[2, 1, 0], csr.subject_der(), csr.public_key_der(), &attributes]);
    assert_eq!(info, csr.info_der());
    // Algorithm and signature have no accessors of their own.
    let parts = elements(content(csr.as_der())).expect("elements");
    let [_, algorithm, signature] = parts.as_slice() else { panic!("{} elements", parts.len()) };
    assert_eq!((algorithm.tag, signature.tag, signature.content[0]), (0x30, 3, 0));
    element(0x30, &[&info, algorithm.whole, signature.whole])
}

/// What the documentation of the strict policy promises beside the frame.
fn check_strict(csr: &Csr<'_>) {
    assert!(csr.as_der().len() <= Csr::MAX_BYTES);
    assert!(csr.attributes().count() <= Csr::MAX_ATTRIBUTES);
    assert!(csr.extensions().count() <= Csr::MAX_EXTENSIONS);
    check_name(csr.subject_der());
    let mut oids = HashSet::new();
    assert!(csr.attributes().all(|attribute| oids.insert(attribute.oid)));
    oids.clear();
    for extension in readable(csr) {
        assert!(oids.insert(extension.oid), "{} twice", extension.oid);
        if extension.oid == issuance::Oid::SUBJECT_ALT_NAME {
            let names = elements(content(extension.value)).expect("elements");
            assert!((1..=Csr::MAX_GENERAL_NAMES).contains(&names.len()));
            names.iter().filter(|name| name.tag == 0xa4).for_each(|name| check_name(name.content));
        }
    }
    assert!(oids.iter().all(|oid| oid.arcs_fit_32_bits() && oid.as_der_content().len() <= 63));
}

fn check_name(der: &[u8]) {
    let rdns = elements(content(der)).expect("elements");
    let sets = rdns.iter().map(|rdn| elements(rdn.content).expect("elements"));
    let attributes: usize = sets.map(|set| set.len()).sum();
    assert!(attributes <= Csr::MAX_NAME_ATTRIBUTES, "{attributes} attributes");
}

/// Stands where the public-key operation would be, and looks at what would reach it.
struct Judge<'a> {
    info: &'a [u8],
    calls: AtomicUsize,
}

impl SignatureVerifier for Judge<'_> {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        true
    }

    fn verify(&self, a: SignatureAlgorithm, key: &[u8], message: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        assert_eq!(message, self.info);
        assert!(!a.to_string().contains("SHA1"), "{a}");
        KeyPolicy::default().check_key(key).expect("a key within the policy");
        let spki = elements(content(key)).expect("elements");
        // rsaEncryption, by RFC 8017: modulus and exponent.
        if elements(spki[0].content).expect("elements")[0].content == [0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1] {
            let numbers = elements(content(&spki[1].content[1..])).expect("elements");
            let significant = |number: &[u8]| number.iter().skip_while(|octet| **octet == 0).count();
            assert!((256..=1024).contains(&significant(numbers[0].content)));
            assert!((1..=4).contains(&significant(numbers[1].content)));
            assert!(numbers[1].content.ends_with(&[1]) || numbers[1].content.last().is_some_and(|last| last % 2 == 1));
        }
        Ok(())
    }
}

/// What holds whatever stands in the frame: it is DER, and subject, key, attributes and extensions are found where a reader of
/// our own finds them, told apart or not.
fn check_lenient(csr: &Csr<'_>) {
    let der = csr.as_der();
    assert!(der.len() <= Csr::MAX_BYTES);
    let frame = frame(der).expect("a frame in DER");
    assert_eq!(
        (csr.info_der(), csr.subject_der(), csr.public_key_der()),
        (frame.info, frame.subject, frame.public_key)
    );
    assert!([csr.info_der(), csr.subject_der(), csr.public_key_der()].iter().all(|part| within(part, der)));
    assert_eq!(csr.has_empty_subject(), csr.subject_der() == [0x30, 0]);
    let said = Said::new(frame.attributes);
    assert!(said.attributes.len() <= Csr::MAX_ATTRIBUTES && said.extensions.len() <= Csr::MAX_EXTENSIONS);
    let attributes: Vec<_> = csr.attributes().collect();
    assert_eq!(attributes.len(), said.attributes.len());
    for (attribute, part) in attributes.iter().zip(&said.attributes) {
        assert_eq!((attribute.oid.as_der_content(), attribute.values), (part.oid, part.rest));
        assert!(within(attribute.values, der));
    }
    for asking in [EXTENSION_REQUEST, MICROSOFT_EXTENSIONS] {
        // R-CSR-6.
        assert!(said.unreadable || said.attributes.iter().filter(|attribute| attribute.oid == asking).count() <= 1);
    }
    let holder = said.holder.map(|place| said.attributes[place].oid);
    assert_eq!(csr.extension_attribute().map(|oid| oid.as_der_content().to_vec()).as_deref(), holder);
    let extensions: Vec<_> = csr.extensions().collect();
    if said.unreadable {
        let [Err(error)] = extensions.as_slice() else { panic!("{extensions:?}") };
        assert!(!error.to_string().is_empty());
        return;
    }
    assert_eq!(extensions.len(), said.extensions.len());
    for (extension, part) in extensions.iter().zip(&said.extensions) {
        match (extension, part.extension()) {
            (Ok(extension), Some((critical, value))) => {
                assert_eq!((extension.oid.as_der_content(), extension.der), (part.oid, part.whole));
                assert_eq!((extension.critical, extension.value), (critical, value));
                assert!(within(extension.value, der));
            }
            (Err(error), None) => assert!(!error.to_string().is_empty()),
            (extension, _) => panic!("{extension:?}"),
        }
    }
}

/// The frame alone decides, but for the budgets and two requests for extensions.
fn check_refusal(input: &[u8], error: &CsrError) {
    assert!(!error.to_string().is_empty());
    let sound = input.len() <= Csr::MAX_BYTES && frame(input).is_some();
    let other = matches!(error, CsrError::TooMany { .. } | CsrError::DuplicateAttribute(_));
    assert!(!sound || other, "{error}");
}

fn same(a: &Csr<'_>, b: &Csr<'_>) {
    assert_eq!(a.as_der(), b.as_der());
    assert_eq!(
        (a.info_der(), a.subject_der(), a.public_key_der()),
        (b.info_der(), b.subject_der(), b.public_key_der())
    );
    assert_eq!(a.extension_attribute(), b.extension_attribute());
    assert!(a.attributes().eq(b.attributes()) && a.extensions().eq(b.extensions()));
    assert_eq!(a.signature_algorithm().ok(), b.signature_algorithm().ok());
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
}

/// Whether the octets are those between the two lines of a PEM block. Explanatory text may look nearly like the first of them.
fn is_pem_of(input: &[u8], der: &[u8]) -> bool {
    let (text, base64) = (String::from_utf8_lossy(input), BASE64_STANDARD.encode(der));
    let labels = ["CERTIFICATE REQUEST-----", "NEW CERTIFICATE REQUEST-----"];
    labels.iter().any(|label| {
        let begin = format!("-----BEGIN {label}");
        text.match_indices(&begin).any(|(at, _)| {
            let (before, body) = (&text[..at], &text[at + begin.len()..]);
            let starts = before.is_empty() || before.ends_with(|c: char| c.is_ascii_whitespace());
            let body = body.find(&format!("-----END {label}")).map(|end| &body[..end]);
            starts && body.is_some_and(|body| body.chars().filter(|c| !c.is_ascii_whitespace()).eq(base64.chars()))
        })
    })
}

fuzz_target!(|input: &[u8]| {
    let strict = Csr::decode_with(input, CsrPolicy::Strict);
    let csr = match Csr::decode(input) {
        Ok(csr) => csr,
        Err(error) => {
            check_refusal(input, &error);
            let strict = strict.expect_err("the frame is judged by either policy");
            assert!(!strict.to_string().is_empty());
            return;
        }
    };
    let der = csr.as_der();
    if within(der, input) {
        assert_eq!(der, input);
    } else {
        assert!(is_pem_of(input, der));
    }
    check_lenient(&csr);
    match &strict {
        Ok(strict) => {
            same(strict, &csr);
            assert_eq!(framed(strict), der);
            check_strict(strict);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }

    let copy = der.to_vec();
    let again = Csr::decode(&copy).expect("what was decoded decodes again");
    same(&csr, &again);
    same(&again, &csr.clone().into_owned());
    assert_eq!(Csr::decode_with(&copy, CsrPolicy::Strict).is_ok(), strict.is_ok());

    // Another decoder need not read all that this one does, but what it reads is the same to the octet.
    if let Ok(other) = CertReq::from_der(&copy) {
        assert_eq!(other.info.public_key.to_der().expect("a key"), csr.public_key_der());
        // It sorts what is not in the order of DER.
        if strict.is_ok() {
            assert_eq!(other.info.subject.to_der().expect("a name"), csr.subject_der());
            assert_eq!(other.info.attributes.len(), csr.attributes().count());
            assert_eq!(other.info.to_der().expect("an info"), csr.info_der());
            assert_eq!(other.to_der().expect("a request"), copy);
        }
    }
    check_proof(&again);
});

/// Nothing reaches a public-key operation but the octets that were received and a key within the policy.
fn check_proof(csr: &Csr<'_>) {
    let judge = Judge { info: csr.info_der(), calls: AtomicUsize::new(0) };
    let proven = csr.clone().prove(&KeyPolicy::default(), &judge);
    assert_eq!(judge.calls.load(Ordering::Relaxed), usize::from(proven.is_ok()));
    match proven {
        Ok(proven) => assert_eq!(proven.as_der(), csr.as_der()),
        Err(error) => assert!(
            matches!(
                error,
                CsrError::Key(_)
                    | CsrError::UnsupportedSignatureAlgorithm { .. }
                    | CsrError::Malformed { element: "signatureAlgorithm", .. }
            ),
            "{error}"
        ),
    }
}
