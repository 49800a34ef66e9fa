//! Rules that a finished TBSCertificate must satisfy before it may be signed.
//!
//! The checks read the very bytes that are to be signed and know nothing of how they came about. Some can only fail if the
//! engine has a fault; the others are where names and extensions are judged, whatever input gave them (R-CSR-2, R-CSR-8).

use std::borrow::Cow;

use crate::csr::certification_request::SAN_BOUNDS;
use crate::plan::certificate_plan::Input;
#[cfg(feature = "serde")]
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::asn1::reader::Asn1Error;
use crate::x509::asn1::tag;
use crate::x509::extension::{Terms, label};
use crate::x509::name::general::{Arcs, Bounds};
use crate::x509::name::{check_name, counts_as_empty};
use crate::x509::oid::{Oid, OidSet};
use crate::x509::tbs_view::TbsView;
use crate::x509::timestamp::Timestamp;

/// What a certificate is checked against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expectation<'a> {
    /// The AlgorithmIdentifier that the signature will have.
    pub(crate) algorithm_identifier: &'a [u8],
    /// The issuer's name; `None` where the certificate is its own issuer.
    pub(crate) issuer: Option<&'a [u8]>,
    /// The SubjectPublicKeyInfo of the request.
    pub(crate) public_key: &'a [u8],
    /// The end of the CA's certificate; `None` for a root's own.
    pub(crate) ca_not_after: Option<Timestamp>,
    /// Whether the template makes a CA certificate.
    pub(crate) ca: bool,
    /// The longest TBSCertificate, in bytes.
    pub(crate) max_bytes: usize,
    /// Whether the subject is the CSR's, which has a budget.
    pub(crate) subject_of_csr: bool,
    /// Whether the subjectAltName is the CSR's, which has a budget.
    pub(crate) san_of_csr: bool,
    /// Whether keyUsage is the API member's in the form of nine bits (R-ENC-5).
    pub(crate) nine_bit_key_usage: bool,
}

/// A rule, where it is written, and the test.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) citation: &'static str,
    run: fn(&TbsView<'_>, usize, &Expectation<'_>) -> Verdict,
}

/// What a rule says of a certificate.
type Verdict = Result<(), Box<Finding>>;

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) problem: Cow<'static, str>,
    pub(crate) part: Option<JudgedPart>,
    /// Where the rule is written, if not where the others of its kind are.
    citation: Option<&'static str>,
    /// Why the part cannot be read, if it cannot. The offset counts from its start.
    pub(crate) error: Option<Asn1Error>,
}

impl Finding {
    #[cold]
    fn boxed(problem: Cow<'static, str>, part: Option<JudgedPart>) -> Box<Finding> {
        Box::new(Finding { problem, part, citation: None, error: None })
    }
}

/// The part of a certificate that is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JudgedPart {
    Subject,
    Extension(Oid),
}

/// A rule that a certificate would have broken. [`Error`](crate::Error) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (rule '{rule}', {citation}){}", .input.as_ref().map(|input| format!(", from {input}")).unwrap_or_default())]
#[non_exhaustive]
pub struct CheckError {
    /// The name of the rule.
    pub rule: &'static str,
    /// Where the rule is written.
    pub citation: &'static str,
    /// What is wrong.
    pub problem: Cow<'static, str>,
    /// The extension that is to blame, where one is.
    pub extension: Option<Oid>,
    /// The input that gave the extension; `None` where the fault is the engine's.
    pub input: Option<Input>,
}

impl CheckError {
    pub(crate) const UNREADABLE: CheckError = CheckError {
        rule: "readable",
        citation: "RFC 5280 section 4.1",
        problem: Cow::Borrowed("the finished TBSCertificate cannot be read back"),
        extension: None,
        input: None,
    };
}

/// A rule that was broken, and what was found.
#[derive(Debug)]
pub(crate) struct Breach {
    rule: &'static str,
    citation: &'static str,
    pub(crate) finding: Box<Finding>,
}

impl Breach {
    /// The error, with the input that gave the part that is to blame.
    pub(crate) fn into_error(self, input: Option<Input>) -> Box<CheckError> {
        let Finding { problem, part, .. } = *self.finding;
        let extension = part.and_then(|part| match part {
            JudgedPart::Extension(oid) => Some(oid),
            JudgedPart::Subject => None,
        });
        Box::new(CheckError { rule: self.rule, citation: self.citation, problem, extension, input })
    }
}

fn require(holds: bool, problem: &'static str, part: Option<JudgedPart>) -> Verdict {
    if holds { Ok(()) } else { Err(Finding::boxed(problem.into(), part)) }
}

/// A part that cannot be read.
#[cold]
fn unreadable(part: JudgedPart, error: Asn1Error, citation: &'static str) -> Box<Finding> {
    let what = match part {
        JudgedPart::Subject => "subject".into(),
        JudgedPart::Extension(oid) => label(&oid),
    };
    let problem = format!("{what} cannot be read: {error}").into();
    Box::new(Finding { problem, part: Some(part), citation: Some(citation), error: Some(error) })
}

/// The rule whose breach is a limit that the request exceeds, and not a fault of the engine.
pub(crate) const SIZE: &str = "size";

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: SIZE,
        citation: "our decision",
        run: |_, octets, expected| require(octets <= expected.max_bytes, "the certificate would be too large", None),
    },
    Check {
        name: "version",
        citation: "RFC 5280 section 4.1.2.1",
        run: |tbs, _, _| require(tbs.version == [tag::INTEGER, 1, 2], "the version is not v3", None),
    },
    Check { name: "serial", citation: "RFC 5280 section 4.1.2.2", run: serial },
    Check {
        name: "signature algorithm",
        citation: "RFC 5280 section 4.1.2.3",
        run: |tbs, _, expected| {
            let same = tbs.signature.full == expected.algorithm_identifier;
            require(same, "the signature field is not the algorithm that signs", None)
        },
    },
    Check {
        name: "issuer",
        citation: "RFC 5280 section 4.1.2.4",
        run: |tbs, _, expected| {
            let issuer = expected.issuer.unwrap_or(tbs.subject.full);
            require(tbs.issuer.full == issuer && issuer.len() > 2, "the issuer is not the CA's subject, or empty", None)
        },
    },
    Check { name: "validity", citation: "RFC 5280 section 4.1.2.5, R-VAL-3, R-VAL-4", run: validity },
    Check {
        name: "public key",
        citation: "R-CSR-5",
        run: |tbs, _, expected| {
            require(tbs.public_key.full == expected.public_key, "the public key is not that of the request", None)
        },
    },
    Check { name: "distinct extensions", citation: "RFC 5280 section 4.2", run: distinct_extensions },
    Check { name: "readable subject", citation: "RFC 5280 section 4.1.2.6, R-CSR-2", run: readable_subject },
    Check { name: "readable extensions", citation: "RFC 5280 section 4.2, R-CSR-8", run: readable_extensions },
    Check { name: "named", citation: "RFC 5280 sections 4.1.2.6 and 4.2.1.6, R-CSR-7, R-CSR-9", run: named },
    Check { name: "ca", citation: "RFC 5280 section 4.2.1.9", run: ca },
];

/// Runs every rule over a finished TBSCertificate.
pub(crate) fn check(tbs: &TbsView<'_>, octets: usize, expected: &Expectation<'_>) -> Result<(), Box<Breach>> {
    for check in CHECKS {
        (check.run)(tbs, octets, expected).map_err(|finding| {
            let citation = finding.citation.unwrap_or(check.citation);
            Box::new(Breach { rule: check.name, citation, finding })
        })?;
    }
    Ok(())
}

/// Runs the rules that a TBSCertificate must satisfy of itself, if nothing else is known than the algorithm that it is to be
/// signed with.
#[cfg(feature = "serde")]
pub(crate) fn check_alone(tbs: &TbsView<'_>, algorithm: SigningAlgorithm) -> Result<(), Box<Breach>> {
    let without_null = algorithm.algorithm_identifier_without_null();
    let constraints = tbs.extension(&Oid::BASIC_CONSTRAINTS).map(|constraints| constraints.value);
    let expected = Expectation {
        algorithm_identifier: without_null
            .filter(|identifier| tbs.signature.full == *identifier)
            .unwrap_or(algorithm.algorithm_identifier()),
        issuer: Some(tbs.issuer.full),
        public_key: tbs.public_key.full,
        ca_not_after: None,
        ca: matches!(constraints, Some([_, _, tag::BOOLEAN, ..])),
        max_bytes: usize::MAX,
        subject_of_csr: false,
        san_of_csr: false,
        nine_bit_key_usage: true,
    };
    check(tbs, 0, &expected)?;
    check_name(&tbs.issuer, Bounds::NONE.attributes, Arcs::AnyWidth).map_err(|error| {
        let finding = Finding::boxed(format!("the issuer cannot be read: {error}").into(), None);
        Box::new(Breach { rule: "readable issuer", citation: "RFC 5280 section 4.1.2.4", finding })
    })
}

fn serial(tbs: &TbsView<'_>, _: usize, _: &Expectation<'_>) -> Verdict {
    let octets = tbs.serial.content;
    let positive = match octets {
        [0] | [] => false,
        [0, second, ..] => *second >= 0x80,
        [first, ..] => *first < 0x80,
    };
    require(positive && octets.len() <= 20, "the serial number is not positive, or longer than 20 bytes", None)
}

fn validity(tbs: &TbsView<'_>, _: usize, expected: &Expectation<'_>) -> Verdict {
    let (Some(not_before), Some(not_after)) = (tbs.not_before.timestamp(), tbs.not_after.timestamp()) else {
        return require(false, "a time is not in the form that its year asks for", None);
    };
    require(not_before < not_after, "the validity period is empty", None)?;
    let within = expected.ca_not_after.is_none_or(|ca_not_after| not_after <= ca_not_after);
    require(within, "the certificate would outlive the CA's", None)
}

fn distinct_extensions(tbs: &TbsView<'_>, _: usize, _: &Expectation<'_>) -> Verdict {
    // Most certificates have no two that agree even in this.
    let mut bits = 0;
    let are_told_apart = tbs.extensions().all(|extension| {
        let bit = extension.oid.last_bit();
        let is_new = bits & bit == 0;
        bits |= bit;
        is_new
    });
    if are_told_apart {
        return Ok(());
    }
    let mut met = OidSet::expecting(tbs.extensions().len());
    match tbs.extensions().find(|extension| !met.insert(extension.oid)) {
        None => Ok(()),
        Some(again) => {
            let part = JudgedPart::Extension(again.oid.to_oid());
            require(false, "an extension would stand in the certificate twice", Some(part))
        }
    }
}

fn readable_subject(tbs: &TbsView<'_>, _: usize, expected: &Expectation<'_>) -> Verdict {
    let most = if expected.subject_of_csr { SAN_BOUNDS.attributes } else { Bounds::NONE.attributes };
    check_name(&tbs.subject, most, Arcs::AnyWidth).map_err(|error| {
        // The name was read where it lies in the certificate.
        let error = Asn1Error { offset: error.offset - tbs.subject.offset, ..error };
        unreadable(JudgedPart::Subject, error, "RFC 5280 section 4.1.2.6")
    })
}

/// R-CSR-8: each extension whose type the crate knows is one whole value of that type.
fn readable_extensions(tbs: &TbsView<'_>, _: usize, expected: &Expectation<'_>) -> Verdict {
    for extension in tbs.extensions() {
        let Some(known) = extension.known else { continue };
        let of_csr = known.holds_subject_names() && expected.san_of_csr;
        let terms = Terms {
            bounds: if of_csr { SAN_BOUNDS } else { Bounds::NONE },
            nine_bit_key_usage: expected.nine_bit_key_usage,
        };
        known
            .check(extension.value, terms)
            .map_err(|error| unreadable(JudgedPart::Extension(extension.oid.to_oid()), error, known.citation()))?;
    }
    Ok(())
}

fn named(tbs: &TbsView<'_>, _: usize, expected: &Expectation<'_>) -> Verdict {
    if !counts_as_empty(tbs.subject.full) {
        return Ok(());
    }
    require(!expected.ca, "the subject of a CA certificate is empty", Some(JudgedPart::Subject))?;
    let critical = tbs.extension(&Oid::SUBJECT_ALT_NAME).is_some_and(|san| san.critical);
    let part = JudgedPart::Extension(Oid::SUBJECT_ALT_NAME);
    require(critical, "the subject is empty and there is no critical subjectAltName", Some(part))
}

/// basicConstraints say what the template says.
fn ca(tbs: &TbsView<'_>, _: usize, expected: &Expectation<'_>) -> Verdict {
    let part = Some(JudgedPart::Extension(Oid::BASIC_CONSTRAINTS));
    let ca = match tbs.extension(&Oid::BASIC_CONSTRAINTS).map(|extension| extension.value) {
        Some([tag::SEQUENCE, 0]) => false,
        Some([tag::SEQUENCE, _, tag::BOOLEAN, 1, 0xff, ..]) => true,
        _ => return require(false, "basicConstraints is absent or malformed", part),
    };
    require(ca == expected.ca, "basicConstraints is not that of the template", part)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::x509::asn1::writer::Writer;

    /// A TBSCertificate and what it is checked against; every vector changes one thing.
    struct Tbs {
        version: Vec<u8>,
        /// The content of the INTEGER.
        serial: Vec<u8>,
        algorithm: Vec<u8>,
        issuer: Vec<u8>,
        not_before: (u8, &'static str),
        not_after: (u8, &'static str),
        subject: Vec<u8>,
        public_key: Vec<u8>,
        extensions: Vec<(Oid, bool, Vec<u8>)>,
        expected_algorithm: Vec<u8>,
        expected_issuer: Option<Vec<u8>>,
        expected_key: Vec<u8>,
        ca_not_after: Option<Timestamp>,
        ca: bool,
        max_bytes: usize,
        nine_bits: bool,
    }

    const EMPTY: &[u8] = &[0x30, 0];
    const CA: &[u8] = &[0x30, 3, 1, 1, 0xff];
    const CA_PATH_LEN: &[u8] = &[0x30, 6, 1, 1, 0xff, 2, 1, 0];
    const SAN: &[u8] = &[0x30, 3, 0x82, 1, b'a'];

    /// A Name of one attribute.
    fn name(text: &str) -> Vec<u8> {
        crate::request::encode::to_vec(|w| {
            w.sequence(|w| {
                w.nested(tag::SET, |w| {
                    w.sequence(|w| {
                        w.oid(&Oid::COMMON_NAME);
                        w.primitive(tag::UTF8_STRING, text.as_bytes());
                    });
                });
            });
        })
    }

    fn good() -> Tbs {
        Tbs {
            version: vec![2, 1, 2],
            serial: vec![0x7f, 1],
            algorithm: vec![0x30, 3, 6, 1, 0x2a],
            issuer: name("CA"),
            not_before: (tag::UTC_TIME, "260101000000Z"),
            not_after: (tag::UTC_TIME, "270101000000Z"),
            subject: name("leaf"),
            public_key: vec![0x30, 2, 5, 0],
            extensions: vec![
                (Oid::SUBJECT_ALT_NAME, true, SAN.to_vec()),
                (Oid::BASIC_CONSTRAINTS, false, EMPTY.to_vec()),
                (Oid::KEY_USAGE, true, vec![3, 2, 7, 0x80]),
            ],
            expected_algorithm: vec![0x30, 3, 6, 1, 0x2a],
            expected_issuer: Some(name("CA")),
            expected_key: vec![0x30, 2, 5, 0],
            ca_not_after: Timestamp::from_utc(2030, 1, 1, 0, 0, 0),
            ca: false,
            max_bytes: 1 << 20,
            nine_bits: false,
        }
    }

    impl Tbs {
        fn value(&mut self, oid: Oid) -> &mut Vec<u8> {
            &mut self.extensions.iter_mut().find(|extension| extension.0 == oid).unwrap().2
        }

        fn encode(&self) -> Vec<u8> {
            let mut w = Writer::with_capacity(256);
            w.sequence(|w| {
                w.nested(tag::context_constructed(0), |w| w.raw(&self.version));
                w.primitive(tag::INTEGER, &self.serial);
                w.raw(&self.algorithm);
                w.raw(&self.issuer);
                w.sequence(|w| {
                    w.primitive(self.not_before.0, self.not_before.1.as_bytes());
                    w.primitive(self.not_after.0, self.not_after.1.as_bytes());
                });
                w.raw(&self.subject);
                w.raw(&self.public_key);
                w.nested(tag::context_constructed(3), |w| {
                    w.sequence(|w| {
                        for (oid, critical, value) in &self.extensions {
                            w.extension(oid.by_ref(), *critical, |w| w.raw(value));
                        }
                    });
                });
            });
            w.into_vec()
        }

        fn verdict(&self) -> Result<(), Box<Breach>> {
            let der = self.encode();
            let expected = Expectation {
                algorithm_identifier: &self.expected_algorithm,
                issuer: self.expected_issuer.as_deref(),
                public_key: &self.expected_key,
                ca_not_after: self.ca_not_after,
                ca: self.ca,
                max_bytes: self.max_bytes,
                subject_of_csr: true,
                san_of_csr: true,
                nine_bit_key_usage: self.nine_bits,
            };
            check(&TbsView::parse(&der).unwrap(), der.len(), &expected)
        }
    }

    /// A rule, whether it holds after the change, and the change.
    type Vector = (&'static str, bool, fn(&mut Tbs));

    const VECTORS: &[Vector] = &[
        ("size", true, |t| t.max_bytes = t.encode().len()),
        ("size", false, |t| t.max_bytes = t.encode().len() - 1),
        ("version", true, |_| {}),
        ("version", false, |t| t.version = vec![2, 1, 1]),
        ("version", false, |t| t.version = vec![2, 2, 0, 2]),
        ("serial", true, |t| t.serial = vec![1]),
        ("serial", true, |t| t.serial = vec![0, 0x80]),
        ("serial", true, |t| t.serial = vec![0x7f; 20]),
        ("serial", false, |t| t.serial = vec![0x7f; 21]),
        ("serial", false, |t| t.serial = vec![0]),
        ("serial", false, |t| t.serial = vec![]),
        ("serial", false, |t| t.serial = vec![0x80]),
        ("serial", false, |t| t.serial = vec![0, 0x7f]),
        ("signature algorithm", true, |_| {}),
        ("signature algorithm", false, |t| t.algorithm = vec![0x30, 5, 6, 1, 0x2a, 5, 0]),
        ("issuer", true, |_| {}),
        ("issuer", true, |t| {
            t.issuer = t.subject.clone();
            t.expected_issuer = None;
        }),
        ("issuer", false, |t| t.issuer = name("CA ")),
        ("issuer", false, |t| t.expected_issuer = None),
        ("issuer", false, |t| {
            t.issuer = EMPTY.to_vec();
            t.expected_issuer = Some(EMPTY.to_vec());
        }),
        ("validity", true, |t| t.not_after.1 = "260101000001Z"),
        ("validity", true, |t| t.not_after.1 = "300101000000Z"),
        ("validity", true, |t| {
            t.not_after = (tag::GENERALIZED_TIME, "99991231235959Z");
            t.ca_not_after = None;
        }),
        ("validity", false, |t| t.not_after.1 = "260101000000Z"),
        ("validity", false, |t| t.not_after.1 = "300101000001Z"),
        // Forms of time that RFC 5280 section 4.1.2.5 rules out.
        ("validity", false, |t| t.not_after = (tag::GENERALIZED_TIME, "20270101000000Z")),
        ("validity", false, |t| t.not_after.1 = "270101000000+0000"),
        ("validity", false, |t| t.not_after.1 = "2701010000Z"),
        ("validity", false, |t| t.not_after.1 = "270229000000Z"),
        ("validity", false, |t| t.not_after.1 = "2701010000\u{e9}Z"),
        ("validity", false, |t| t.not_before = (tag::UTF8_STRING, "260101000000Z")),
        ("validity", false, |t| t.not_before.1 = "2601010000-1Z"),
        ("public key", true, |_| {}),
        ("public key", false, |t| t.public_key = vec![0x30, 0]),
        ("distinct extensions", true, |_| {}),
        ("distinct extensions", false, |t| t.extensions.push(t.extensions[0].clone())),
        ("distinct extensions", false, |t| t.extensions.push((Oid::KEY_USAGE, false, vec![]))),
        ("named", true, |t| t.subject = EMPTY.to_vec()),
        ("named", true, |t| drop(t.extensions.remove(0))),
        ("named", false, |t| {
            t.subject = EMPTY.to_vec();
            t.extensions[0].1 = false;
        }),
        ("named", false, |t| {
            t.subject = EMPTY.to_vec();
            t.extensions.remove(0);
        }),
        // R-CSR-9: attributes of empty text say nothing.
        ("named", false, |t| {
            t.subject = name("");
            t.extensions[0].1 = false;
        }),
        ("named", false, |t| {
            t.subject = name("");
            *t.value(Oid::BASIC_CONSTRAINTS) = CA.to_vec();
            t.ca = true;
        }),
        ("readable subject", true, |t| t.subject = EMPTY.to_vec()),
        ("readable subject", false, |t| t.subject = vec![0x30, 2, 0x31, 0]),
        ("readable subject", false, |t| t.subject = name("a\0")),
        ("readable extensions", true, |t| drop(t.extensions.remove(0))),
        ("readable extensions", true, |t| *t.value(Oid::SUBJECT_ALT_NAME) = vec![0x30, 6, 0x87, 4, 192, 0, 2, 1]),
        ("readable extensions", false, |t| *t.value(Oid::SUBJECT_ALT_NAME) = EMPTY.to_vec()),
        ("readable extensions", false, |t| *t.value(Oid::SUBJECT_ALT_NAME) = vec![]),
        ("readable extensions", false, |t| *t.value(Oid::SUBJECT_ALT_NAME) = vec![0x30, 2, 0x82, 0]),
        ("readable extensions", false, |t| t.value(Oid::SUBJECT_ALT_NAME).push(0)),
        // An extension of a type that the crate does not know has any value.
        ("readable extensions", true, |t| t.extensions.push(("1.2.3".parse().unwrap(), false, vec![]))),
        ("readable extensions", true, |t| {
            t.extensions.push((Oid::EXTENDED_KEY_USAGE, false, vec![0x30, 3, 6, 1, 0x2a]))
        }),
        ("readable extensions", false, |t| t.extensions.push((Oid::EXTENDED_KEY_USAGE, false, EMPTY.to_vec()))),
        ("readable extensions", false, |t| {
            // 2.5.29.(2^32 + 37), which is extKeyUsage where arcs have 32 bits.
            t.extensions.push(("2.5.29.4294967333".parse().unwrap(), false, EMPTY.to_vec()));
        }),
        // Nine bits, as the live service writes them.
        ("readable extensions", true, |t| {
            *t.value(Oid::KEY_USAGE) = vec![3, 3, 7, 0x80, 0];
            t.nine_bits = true;
        }),
        ("readable extensions", false, |t| *t.value(Oid::KEY_USAGE) = vec![3, 3, 7, 0x80, 0]),
        ("readable extensions", false, |t| *t.value(Oid::KEY_USAGE) = vec![4, 1, 0x80]),
        ("readable extensions", false, |t| *t.value(Oid::BASIC_CONSTRAINTS) = vec![0x30, 3, 1, 1, 0]),
        ("ca", true, |t| t.extensions.truncate(2)),
        ("ca", true, |t| {
            *t.value(Oid::BASIC_CONSTRAINTS) = CA.to_vec();
            *t.value(Oid::KEY_USAGE) = vec![3, 2, 2, 0x04];
            t.ca = true;
        }),
        ("ca", true, |t| {
            *t.value(Oid::BASIC_CONSTRAINTS) = CA_PATH_LEN.to_vec();
            t.ca = true;
        }),
        // keyCertSign for an end entity is a warning of the plan (R-MRG-10).
        ("ca", true, |t| *t.value(Oid::KEY_USAGE) = vec![3, 2, 2, 0x04]),
        ("ca", false, |t| t.ca = true),
        ("ca", false, |t| *t.value(Oid::BASIC_CONSTRAINTS) = CA.to_vec()),
        ("ca", false, |t| drop(t.extensions.remove(1))),
    ];

    #[test]
    fn each_vector_gets_its_verdict() {
        assert!(good().verdict().is_ok());
        for (position, (rule, holds, change)) in VECTORS.iter().enumerate() {
            let mut tbs = good();
            change(&mut tbs);
            match tbs.verdict() {
                Ok(()) => assert!(holds, "vector {position} of '{rule}' passes"),
                Err(breach) => assert_eq!((breach.rule, *holds), (*rule, false), "vector {position}: {breach:?}"),
            }
        }
    }

    #[test]
    fn every_rule_has_vectors_of_both_kinds_and_a_name_of_its_own() {
        let with = |holds| -> BTreeSet<&str> {
            VECTORS.iter().filter(|vector| vector.1 == holds).map(|vector| vector.0).collect()
        };
        let rules: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(rules.len(), CHECKS.len());
        assert_eq!(with(true), rules);
        assert_eq!(with(false), rules);
        assert!(CHECKS.iter().all(|check| !check.citation.is_empty()));
    }

    #[test]
    fn errors_name_rule_citation_place_and_input() {
        let mut tbs = good();
        *tbs.value(Oid::KEY_USAGE) = vec![3, 2, 5, 0xa2];
        let input = Input::CsrExtension(Oid::KEY_USAGE);
        let error = tbs.verdict().unwrap_err().into_error(Some(input));
        assert_eq!(error.extension, Some(Oid::KEY_USAGE));
        assert_eq!(
            error.to_string(),
            "keyUsage cannot be read: BIT STRING whose unused bits are not zero at byte 0 \
             (rule 'readable extensions', RFC 5280 section 4.2.1.3), from csr.extensionRequest (keyUsage 2.5.29.15)"
        );
    }
}
