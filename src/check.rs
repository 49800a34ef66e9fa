//! Rules that a finished TBSCertificate must satisfy before it may be signed.
//!
//! The checks read the very octets that are to be signed and know nothing of how they came about. Most can only fail if the
//! engine has a fault; a few catch requests that no earlier rule forbids.

use crate::asn1::{Reader, tag};
use crate::name::general;
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
#[error("{problem} (rule '{rule}', {citation}){}", .input.map(|input| format!(", from {input}")).unwrap_or_default())]
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

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "size",
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
                .extension(Oid::SUBJECT_ALT_NAME)
                .is_none_or(|san| general::check_general_names(san.value, usize::MAX).is_ok());
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
    for (index, extension) in tbs.extensions.iter().enumerate() {
        let twice = tbs.extensions[..index].iter().any(|earlier| earlier.oid == extension.oid);
        require(!twice, "an extension would stand in the certificate twice", Some(extension.oid))?;
    }
    Ok(())
}

fn named(tbs: &TbsView<'_>, _: usize, _: &Expectation<'_>) -> Result<(), Finding> {
    if tbs.subject.full.len() > 2 {
        return Ok(());
    }
    let critical = tbs.extension(Oid::SUBJECT_ALT_NAME).is_some_and(|san| san.critical);
    require(critical, "the subject is empty and there is no critical SAN", Some(Oid::SUBJECT_ALT_NAME))
}

/// basicConstraints say what the template says, and keyCertSign is asserted by CAs alone.
fn ca_bits(tbs: &TbsView<'_>, _: usize, expected: &Expectation<'_>) -> Result<(), Finding> {
    let constraints = tbs.extension(Oid::BASIC_CONSTRAINTS).map(|extension| extension.value);
    let ca = match constraints {
        Some([tag::SEQUENCE, 0]) => false,
        Some([tag::SEQUENCE, _, tag::BOOLEAN, 1, 0xff, ..]) => true,
        _ => return require(false, "basicConstraints are absent or malformed", Some(Oid::BASIC_CONSTRAINTS)),
    };
    require(ca == expected.ca, "basicConstraints are not those of the template", Some(Oid::BASIC_CONSTRAINTS))?;
    let Some(usage) = tbs.extension(Oid::KEY_USAGE) else { return Ok(()) };
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
