//! Rules that a finished TBSCertificate must satisfy before it may be signed.
//!
//! The checks read the very octets that are to be signed and know nothing of how they came about. Most can only fail if the
//! engine has a fault; a few catch requests that no earlier rule forbids.

use crate::asn1::{Reader, tag};
use crate::name::general;
use crate::oid::OidSet;
use crate::plan::Input;
use crate::tbs::TbsView;
use crate::{Oid, Timestamp};

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
    /// The longest TBSCertificate, in octets.
    pub(crate) max_octets: usize,
}

/// A rule, where it is written, and the test.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) citation: &'static str,
    run: fn(&TbsView<'_>, usize, &Expectation<'_>) -> Result<(), Finding>,
}

/// What a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) problem: &'static str,
    /// The extension that is to blame, where one is.
    pub(crate) extension: Option<Oid>,
}

/// A rule that a certificate would have broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (rule '{rule}', {citation}){}", .input.as_ref().map(|input| format!(", from {input}")).unwrap_or_default())]
pub struct CheckError {
    /// The name of the rule.
    pub rule: &'static str,
    /// Where the rule is written.
    pub citation: &'static str,
    /// What is wrong.
    pub problem: &'static str,
    /// The extension that is to blame, where one is.
    pub extension: Option<Oid>,
    /// The input that gave the extension; `None` where the fault is the engine's.
    pub input: Option<Input>,
}

impl CheckError {
    pub(crate) const UNREADABLE: CheckError = CheckError {
        rule: "readable",
        citation: "RFC 5280 section 4.1",
        problem: "the certificate does not read back",
        extension: None,
        input: None,
    };
}

fn require(holds: bool, problem: &'static str, extension: Option<Oid>) -> Result<(), Finding> {
    if holds { Ok(()) } else { Err(Finding { problem, extension }) }
}

/// The rule whose breach is a limit that the request exceeds, and not a fault of the engine.
pub(crate) const SIZE: &str = "size";

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: SIZE,
        citation: "our decision",
        run: |_, octets, expected| require(octets <= expected.max_octets, "the certificate would be too large", None),
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
    Check { name: "named", citation: "RFC 5280 sections 4.1.2.6 and 4.2.1.6, R-CSR-7", run: named },
    Check {
        name: "alternative names",
        citation: "RFC 5280 section 4.2.1.6",
        run: |tbs, _, _| {
            let sound = tbs
                .extension(&Oid::SUBJECT_ALT_NAME)
                .is_none_or(|san| general::check_general_names(san.value, general::Bounds::NONE, true).is_ok());
            require(sound, "subjectAltName is not a list of well-formed names", Some(Oid::SUBJECT_ALT_NAME))
        },
    },
    Check { name: "ca bits", citation: "RFC 5280 section 4.2.1.9", run: ca_bits },
];

/// Runs every rule over a finished TBSCertificate.
pub(crate) fn check(tbs: &TbsView<'_>, octets: usize, expected: &Expectation<'_>) -> Result<(), Box<CheckError>> {
    for check in CHECKS {
        (check.run)(tbs, octets, expected).map_err(|finding| {
            Box::new(CheckError {
                rule: check.name,
                citation: check.citation,
                problem: finding.problem,
                extension: finding.extension,
                input: None,
            })
        })?;
    }
    Ok(())
}

fn serial(tbs: &TbsView<'_>, _: usize, _: &Expectation<'_>) -> Result<(), Finding> {
    let octets = tbs.serial.content;
    let positive = match octets {
        [0] | [] => false,
        [0, second, ..] => *second >= 0x80,
        [first, ..] => *first < 0x80,
    };
    require(positive && octets.len() <= 20, "the serial number is not positive, or longer than 20 octets", None)
}

fn validity(tbs: &TbsView<'_>, _: usize, expected: &Expectation<'_>) -> Result<(), Finding> {
    let (Some(not_before), Some(not_after)) = (tbs.not_before.timestamp(), tbs.not_after.timestamp()) else {
        return require(false, "a time is not in the form that its year asks for", None);
    };
    require(not_before < not_after, "the validity period is empty", None)?;
    let within = expected.ca_not_after.is_none_or(|ca_not_after| not_after <= ca_not_after);
    require(within, "the certificate would outlive the CA's", None)
}

fn distinct_extensions(tbs: &TbsView<'_>, _: usize, _: &Expectation<'_>) -> Result<(), Finding> {
    let mut met = OidSet::expecting(tbs.extensions().len());
    match tbs.extensions().find(|extension| !met.insert(extension.oid)) {
        None => Ok(()),
        Some(again) => require(false, "an extension would stand in the certificate twice", Some(again.oid.to_oid())),
    }
}

fn named(tbs: &TbsView<'_>, _: usize, _: &Expectation<'_>) -> Result<(), Finding> {
    if tbs.subject.full.len() > 2 {
        return Ok(());
    }
    let critical = tbs.extension(&Oid::SUBJECT_ALT_NAME).is_some_and(|san| san.critical);
    require(critical, "the subject is empty and there is no critical SAN", Some(Oid::SUBJECT_ALT_NAME))
}

/// basicConstraints say what the template says, and keyCertSign is asserted by CAs alone.
fn ca_bits(tbs: &TbsView<'_>, _: usize, expected: &Expectation<'_>) -> Result<(), Finding> {
    let constraints = tbs.extension(&Oid::BASIC_CONSTRAINTS).map(|extension| extension.value);
    let ca = match constraints {
        Some([tag::SEQUENCE, 0]) => false,
        Some([tag::SEQUENCE, _, tag::BOOLEAN, 1, 0xff, ..]) => true,
        _ => return require(false, "basicConstraints are absent or malformed", Some(Oid::BASIC_CONSTRAINTS)),
    };
    require(ca == expected.ca, "basicConstraints are not those of the template", Some(Oid::BASIC_CONSTRAINTS))?;
    let Some(usage) = tbs.extension(&Oid::KEY_USAGE) else { return Ok(()) };
    let bits = Reader::single(usage.value, tag::BIT_STRING).ok().and_then(|bits| bits.content.get(1..));
    let Some(bits) = bits else {
        return require(false, "keyUsage is not a BIT STRING", Some(Oid::KEY_USAGE));
    };
    let signs_certificates = bits.first().is_some_and(|first| first & 0x04 != 0);
    require(
        ca || !signs_certificates,
        "keyUsage asserts keyCertSign, but it is no CA certificate",
        Some(Oid::KEY_USAGE),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::Writer;
    use std::collections::BTreeSet;

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
        max_octets: usize,
    }

    const EMPTY: &[u8] = &[0x30, 0];
    const CA: &[u8] = &[0x30, 3, 1, 1, 0xff];
    const CA_PATH_LEN: &[u8] = &[0x30, 6, 1, 1, 0xff, 2, 1, 0];
    const SAN: &[u8] = &[0x30, 3, 0x82, 1, b'a'];

    /// A Name of one attribute.
    fn name(text: &str) -> Vec<u8> {
        crate::encode::to_vec(|w| {
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
            max_octets: 1 << 20,
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

        fn verdict(&self) -> Result<(), Box<CheckError>> {
            let der = self.encode();
            let expected = Expectation {
                algorithm_identifier: &self.expected_algorithm,
                issuer: self.expected_issuer.as_deref(),
                public_key: &self.expected_key,
                ca_not_after: self.ca_not_after,
                ca: self.ca,
                max_octets: self.max_octets,
            };
            check(&TbsView::parse(&der).unwrap(), der.len(), &expected)
        }
    }

    /// A rule, whether it holds after the change, and the change.
    type Vector = (&'static str, bool, fn(&mut Tbs));

    const VECTORS: &[Vector] = &[
        ("size", true, |t| t.max_octets = t.encode().len()),
        ("size", false, |t| t.max_octets = t.encode().len() - 1),
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
        ("alternative names", true, |t| drop(t.extensions.remove(0))),
        ("alternative names", true, |t| *t.value(Oid::SUBJECT_ALT_NAME) = vec![0x30, 6, 0x87, 4, 192, 0, 2, 1]),
        ("alternative names", false, |t| *t.value(Oid::SUBJECT_ALT_NAME) = EMPTY.to_vec()),
        ("alternative names", false, |t| *t.value(Oid::SUBJECT_ALT_NAME) = vec![]),
        ("alternative names", false, |t| *t.value(Oid::SUBJECT_ALT_NAME) = vec![0x30, 2, 0x82, 0]),
        ("alternative names", false, |t| t.value(Oid::SUBJECT_ALT_NAME).push(0)),
        ("ca bits", true, |t| t.extensions.truncate(2)),
        ("ca bits", true, |t| {
            *t.value(Oid::BASIC_CONSTRAINTS) = CA.to_vec();
            *t.value(Oid::KEY_USAGE) = vec![3, 2, 2, 0x04];
            t.ca = true;
        }),
        ("ca bits", true, |t| {
            *t.value(Oid::BASIC_CONSTRAINTS) = CA_PATH_LEN.to_vec();
            t.ca = true;
        }),
        // Nine bits, as the live service writes them.
        ("ca bits", true, |t| *t.value(Oid::KEY_USAGE) = vec![3, 3, 7, 0x80, 0]),
        ("ca bits", false, |t| t.ca = true),
        ("ca bits", false, |t| *t.value(Oid::BASIC_CONSTRAINTS) = CA.to_vec()),
        ("ca bits", false, |t| *t.value(Oid::BASIC_CONSTRAINTS) = vec![0x30, 3, 1, 1, 0]),
        ("ca bits", false, |t| *t.value(Oid::BASIC_CONSTRAINTS) = vec![]),
        ("ca bits", false, |t| drop(t.extensions.remove(1))),
        ("ca bits", false, |t| *t.value(Oid::KEY_USAGE) = vec![3, 2, 2, 0x04]),
        ("ca bits", false, |t| *t.value(Oid::KEY_USAGE) = vec![3, 3, 7, 0x86, 0x80]),
        ("ca bits", false, |t| *t.value(Oid::KEY_USAGE) = vec![4, 1, 0x80]),
        ("ca bits", false, |t| *t.value(Oid::KEY_USAGE) = vec![3, 0]),
        ("ca bits", false, |t| *t.value(Oid::KEY_USAGE) = vec![]),
    ];

    #[test]
    fn each_vector_gets_its_verdict() {
        assert_eq!(good().verdict(), Ok(()));
        for (position, (rule, holds, change)) in VECTORS.iter().enumerate() {
            let mut tbs = good();
            change(&mut tbs);
            match tbs.verdict() {
                Ok(()) => assert!(holds, "vector {position} of '{rule}' passes"),
                Err(error) => assert_eq!((error.rule, *holds), (*rule, false), "vector {position}: {error}"),
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
    fn findings_name_rule_citation_and_extension() {
        let mut tbs = good();
        *tbs.value(Oid::KEY_USAGE) = vec![3, 2, 2, 0x04];
        let error = tbs.verdict().unwrap_err();
        assert_eq!(error.extension, Some(Oid::KEY_USAGE));
        assert_eq!(
            error.to_string(),
            "keyUsage asserts keyCertSign, but it is no CA certificate (rule 'ca bits', RFC 5280 section 4.2.1.9)"
        );
    }
}
