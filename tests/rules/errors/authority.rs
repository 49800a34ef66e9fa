//! What an authority refuses: its state, its templates, its constraints, its validity, its certificate.

use issuance::Signer;
use issuance::authority::{CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode};
use issuance::request::SerialFormat;
use issuance::template::TemplateKind;
use issuance::{
    AwsException, CertificateArn, CertificateAuthority, Error, GeneralName, IssuanceOptions, SerialNumber,
    SigningAlgorithm, Template, Validity,
};
use issuance_test_support::ca::{CA_ARN, CA_KEY, Ca, DAY, LEAF_KEY, NOW, after_now, now, request, subordinate};
use issuance_test_support::der::{CsrParts, common_name, dns, extension, seq, tlv};
use issuance_test_support::verifiers::AnySignature;
use issuance_test_support::{ca, der, keys};

use super::{csr, end_entity, of_request, refusal, refused_with, root};

// --- R-CA

#[test]
fn r_ca_1_only_an_active_authority_issues() {
    use CertificateAuthorityStatus as Status;
    let expected = "The certificate authority is not in a valid state for issuing certificates";
    let leaf = request(&csr(), "EndEntityCertificate").build().unwrap();
    let own = CsrParts::new(CA_KEY.public_key_der()).der();
    let own = request(&own, "RootCACertificate").build().unwrap();
    for status in [Status::Creating, Status::Disabled, Status::Deleted, Status::Failed] {
        let mut authority = root();
        authority.set_status(status).unwrap();
        for request in [&leaf, &own] {
            let error = refusal(&authority, request);
            assert_eq!(refused_with(&error, AwsException::InvalidState), expected, "{status}");
        }
    }
    let pending = ca::pending(CertificateAuthorityType::Root, "Root");
    assert_eq!(refused_with(&refusal(&pending, &leaf), AwsException::InvalidState), expected);
    assert!(ca::prepare(&pending, &own, &IssuanceOptions::default()).is_ok());
    // Expired by the clock alone: the certificate ends after a year, to the second.
    let authority = Ca { years: 1, ..Ca::default() }.build();
    let end = authority.not_after().unwrap();
    assert_eq!(authority.status(end), Status::Active);
    let after = end.checked_add_seconds(1).unwrap();
    assert_eq!(authority.status(after), Status::Expired);
    let options = IssuanceOptions::default();
    let preparation = issuance::issue::Preparation {
        authority: &authority,
        now: after,
        serial: ca::serial(),
        partition: None,
        verifier: &AnySignature,
        options: &options,
    };
    assert_eq!(refused_with(&preparation.prepare(&leaf).unwrap_err(), AwsException::InvalidState), expected);
}

#[test]
fn r_ca_1_states_that_do_not_follow_from_the_present_one() {
    use CertificateAuthorityStatus as Status;
    let waiting = ca::pending(CertificateAuthorityType::Root, "Root");
    for (mut authority, to) in [
        (waiting.clone(), Status::Active),
        (waiting, Status::Disabled),
        (root(), Status::PendingCertificate),
        (root(), Status::Expired),
    ] {
        let from = authority.status(now());
        let text = refused_with(&authority.set_status(to).unwrap_err().into(), AwsException::InvalidState);
        assert_eq!(text, format!("a certificate authority that is {from} cannot become {to}"));
        assert_eq!(authority.status(now()), from);
    }
}

/// An ARN that is too long is refused when the authority is made, and not at its first certificate.
#[test]
fn r_arn_2_the_arn_of_an_authority_leaves_room_for_serial_numbers() {
    let build = |characters: usize| {
        let region = "r".repeat(characters - CA_ARN.len() + "us-west-2".len());
        let arn = CA_ARN.replace("us-west-2", &region).parse().unwrap();
        CertificateAuthority::builder(arn, CertificateAuthorityType::Root)
            .build(&ca::subject("Root"), CA_KEY.public_key_der())
    };
    let arn = build(139).unwrap().arn().clone();
    let longest = SerialNumber::from_be_bytes(&[&[0x7f][..], &[0xff; 19]].concat()).unwrap();
    let certificate = CertificateArn::new(&arn, &longest, SerialFormat::Decimal).unwrap();
    assert_eq!(certificate.as_str().len(), 200);
    assert_eq!(
        refused_with(&build(140).unwrap_err().into(), AwsException::InvalidArgs),
        "the ARN of the certificate authority is too long for the ARNs of its certificates: an ARN must have 5 to 200 \
         characters, not 201"
    );
}

#[test]
fn r_ca_2_misuse_of_root_templates() {
    let own = CsrParts::new(CA_KEY.public_key_der()).subject(common_name("Root")).der();
    let options = IssuanceOptions::default();
    let subordinate = subordinate(&root(), &*CA_KEY, "Sub", "SubordinateCACertificate_PathLen0", &options, None);
    for template in Template::all().iter().filter(|template| template.is_self_signed()) {
        let request = |csr: &[u8]| request(csr, template.name()).build().unwrap();
        refused_with(&refusal(&subordinate, &request(&own)), AwsException::InvalidArgs);
        refused_with(&refusal(&root(), &request(&csr())), AwsException::InvalidArgs);
        assert!(ca::prepare(&root(), &request(&own), &IssuanceOptions::default()).is_ok());
    }
}

#[test]
fn r_ca_3_path_lengths() {
    let refused = |authority: &CertificateAuthority, n: u8| {
        let template = format!("SubordinateCACertificate_PathLen{n}");
        let csr = CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("Sub")).der();
        let result = ca::prepare(authority, &request(&csr, &template).build().unwrap(), &IssuanceOptions::default());
        result.err().map(|error| refused_with(&error, AwsException::Validation)).is_some()
    };
    for left in 0..=3u8 {
        let template = format!("BlankRootCACertificate_PathLen{left}_APIPassthrough");
        let authority = Ca { template: &template, ..Ca::default() }.build();
        for n in 0..=3 {
            assert_eq!(refused(&authority, n), n >= left, "PathLen{n} under {left}");
        }
        // End entities are no matter of path length.
        assert!(ca::prepare(&authority, &end_entity().build().unwrap(), &IssuanceOptions::default()).is_ok());
    }
    assert!((0..=3).all(|n| !refused(&root(), n)));
}

#[test]
fn r_ca_3_path_lengths_over_the_chain() {
    // A custom template makes a CA without a path length; the constraint above it still counts.
    let any = Template::subordinate_ca("AnyDepth", TemplateKind::Base, None).unwrap();
    let options = IssuanceOptions::default().template(any);
    for (limit, left) in [(1, 0), (2, 1), (3, 2)] {
        let template = format!("BlankRootCACertificate_PathLen{limit}_APIPassthrough");
        let top = Ca { template: &template, ..Ca::default() }.build();
        let below = subordinate(&top, &*CA_KEY, "Below", "AnyDepth", &options, None);
        assert_eq!(below.path_length_left(), Some(left));
        let csr = CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("Sub")).der();
        let issue = |n: u32| {
            let template = format!("SubordinateCACertificate_PathLen{n}");
            ca::prepare(&below, &request(&csr, &template).build().unwrap(), &options)
        };
        for n in 0..=3 {
            match issue(n) {
                Ok(_) => assert!(n < left, "PathLen{n} with {left} left"),
                Err(error) => {
                    assert!(n >= left, "PathLen{n} with {left} left");
                    refused_with(&error, AwsException::Validation);
                }
            }
        }
        let unlimited = ca::prepare(&below, &request(&csr, "AnyDepth").build().unwrap(), &options);
        assert_eq!(unlimited.is_ok(), left > 0);
    }
}

#[test]
fn r_ca_4_the_algorithm_fits_the_key() {
    let rsa = keys::signer("rsa-2048");
    let authority = CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&ca::subject("RSA"), rsa.public_key_der())
        .unwrap();
    let csr = CsrParts::new(rsa.public_key_der()).der();
    let ask = |algorithm| request(&csr, "RootCACertificate").signing_algorithm(algorithm).build().unwrap();
    let error = refusal(&authority, &ask(SigningAlgorithm::Sha384WithEcdsa));
    assert_eq!(
        refused_with(&error, AwsException::InvalidArgs),
        "Signing algorithm SHA384WITHECDSA cannot be used with key type RSA_2048. Valid signing algorithms are: \
         SHA256WITHRSA, SHA384WITHRSA, SHA512WITHRSA, SHA256WITHRSA_PSS, SHA384WITHRSA_PSS, SHA512WITHRSA_PSS."
    );
    for algorithm in SigningAlgorithm::ALL {
        let fits = algorithm.as_str().contains("RSA");
        let result = ca::prepare(&authority, &ask(*algorithm), &IssuanceOptions::default());
        assert_eq!(result.is_ok(), fits, "{algorithm}");
    }
}

/// NameConstraints with one permitted dNSName.
fn permitted_dns(base: &str) -> Vec<u8> {
    seq(&[&tlv(0xa0, &seq(&[&tlv(0x82, base.as_bytes())]))])
}

#[test]
fn r_ca_5_name_constraints_over_a_chain() {
    const CONSTRAINTS: &str = "2.5.29.30";
    let template = "BlankSubordinateCACertificate_PathLen1_APIPassthrough";
    let options = IssuanceOptions::default();
    let constraints = permitted_dns("example.com");
    let upper =
        subordinate(&root(), &*ca::P384_KEY, "Upper", template, &options, Some((CONSTRAINTS, true, &constraints)));
    let lower_template = "BlankSubordinateCACertificate_PathLen0_APIPassthrough";
    let lower_constraints = permitted_dns("a.example.com");
    let lower = Some((CONSTRAINTS, true, &lower_constraints[..]));
    let lower = subordinate(&upper, &*CA_KEY, "Lower", lower_template, &options, lower);
    let plain = subordinate(&upper, &*CA_KEY, "Plain", lower_template, &options, None);
    let issue = |authority: &CertificateAuthority, dns: &str| {
        let request = end_entity().subject_alternative_name(GeneralName::dns_name(dns)).build().unwrap();
        ca::prepare(authority, &request, &options).map_err(|error| refused_with(&error, AwsException::Validation))
    };
    for (name, by_lower, by_plain) in
        [("x.a.example.com", true, true), ("b.example.com", false, true), ("example.org", false, false)]
    {
        assert_eq!(issue(&lower, name).is_ok(), by_lower, "{name}");
        assert_eq!(issue(&plain, name).is_ok(), by_plain, "{name}");
    }
    // The text names the name and the constraint.
    let text = issue(&plain, "example.org").unwrap_err();
    assert!(text.contains("DNS:example.org") && text.contains("DNS:example.com"), "{text}");
    // A SAN of the CSR is held against them, too.
    let san = extension("2.5.29.17", false, &dns("example.org"));
    let csr = CsrParts::new(LEAF_KEY.public_key_der()).extensions(&[san]).der();
    refused_with(&refusal(&plain, &request(&csr, "EndEntityCertificate").build().unwrap()), AwsException::Validation);
}

#[test]
fn r_ca_5_each_form_of_name() {
    let excluded = |base: &[u8]| seq(&[&tlv(0xa1, &seq(&[base]))]);
    let directory = tlv(0xa4, &common_name("csr.example.com"));
    for (constraints, forbidden) in [
        (excluded(&tlv(0x81, b"example.com")), Some(GeneralName::rfc822_name("a@example.com"))),
        (excluded(&tlv(0x82, b"example.com")), Some(GeneralName::dns_name("a.example.com"))),
        (excluded(&tlv(0x86, b"example.com")), Some(GeneralName::uniform_resource_identifier("https://example.com/x"))),
        (excluded(&tlv(0x87, &[192, 0, 2, 0, 255, 255, 255, 0])), Some(GeneralName::ip_address("192.0.2.9"))),
        // The subject of the CSR.
        (excluded(&directory), None),
    ] {
        let extension = Some(("2.5.29.30", true, &constraints[..]));
        let authority = Ca { template: "BlankRootCACertificate_APIPassthrough", extension, ..Ca::default() }.build();
        let other = request(
            &CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("other")).der(),
            "EndEntityCertificate_APIPassthrough",
        );
        let options = IssuanceOptions::default();
        assert!(ca::prepare(&authority, &other.clone().build().unwrap(), &options).is_ok());
        let request = match forbidden {
            Some(name) => other.subject_alternative_name(name),
            None => end_entity(),
        };
        refused_with(&refusal(&authority, &request.build().unwrap()), AwsException::Validation);
    }
}

// --- R-VAL

#[test]
fn r_val_1_not_before_is_absolute() {
    let error = end_entity().validity_not_before(Validity::days(1)).build().unwrap_err();
    assert_eq!(error.violations()[0].path(), "validityNotBefore.type");
    assert_eq!(of_request(error).0, AwsException::Validation);
}

#[test]
fn r_val_3_ends_in_the_past_or_before_the_beginning() {
    let ask = |validity| end_entity().validity(validity).build().unwrap();
    for validity in [
        Validity::absolute(NOW),
        Validity::absolute(1),
        Validity::end_date(20_261_121_093_015),
        Validity::end_date(261_121_093_015),
        Validity::end_date(20_261_331_000_000),
        Validity::end_date(1),
        Validity::days(i64::MAX),
        Validity::years(8_000),
    ] {
        refused_with(&refusal(&root(), &ask(validity)), AwsException::Validation);
    }
    assert!(ca::prepare(&root(), &ask(Validity::absolute(NOW + 1)), &IssuanceOptions::default()).is_ok());
    let empty = end_entity().validity(Validity::days(1)).validity_not_before(Validity::absolute(NOW + DAY));
    refused_with(&refusal(&root(), &empty.build().unwrap()), AwsException::Validation);
}

#[test]
fn r_val_4_never_beyond_the_authority() {
    let authority = root();
    let end = authority.not_after().unwrap().unix();
    let ask = |end| end_entity().validity(Validity::absolute(end)).build().unwrap();
    let equal = ca::prepare(&authority, &ask(end), &IssuanceOptions::default()).unwrap();
    assert_eq!(equal.plan().not_after().unix(), end);
    let text = refused_with(&refusal(&authority, &ask(end + 1)), AwsException::Validation);
    assert!(text.contains(&authority.not_after().unwrap().to_string()), "{text}");
    // Root templates are exempt.
    let own = CsrParts::new(CA_KEY.public_key_der()).subject(common_name("Root")).der();
    let renewal = request(&own, "RootCACertificate").validity(Validity::absolute(end + 1)).build().unwrap();
    assert!(ca::prepare(&authority, &renewal, &IssuanceOptions::default()).is_ok());
}

#[test]
fn r_val_5_short_lived() {
    let mode = Some(CertificateAuthorityUsageMode::ShortLivedCertificate);
    let authority = Ca { usage_mode: mode, ..Ca::default() }.build();
    let ask = |validity| end_entity().validity(validity).build().unwrap();
    let options = IssuanceOptions::default();
    for allowed in [Validity::days(7), Validity::absolute(NOW + 7 * DAY)] {
        let prepared = ca::prepare(&authority, &ask(allowed), &options).unwrap();
        assert_eq!(prepared.plan().not_after(), after_now(7 * DAY));
    }
    for beyond in [Validity::absolute(NOW + 7 * DAY + 1), Validity::days(8), Validity::months(1)] {
        refused_with(&refusal(&authority, &ask(beyond)), AwsException::Validation);
    }
    let own = CsrParts::new(CA_KEY.public_key_der()).subject(common_name("Root")).der();
    assert!(ca::prepare(&authority, &request(&own, "RootCACertificate").build().unwrap(), &options).is_ok());
}

// --- R-CA-6: import

#[test]
fn r_ca_6_import_refuses_what_is_no_certificate_of_this_authority() {
    let root_certificate = Ca::default().certificate();
    let mut authority = ca::pending(CertificateAuthorityType::Root, "Root");
    let mut import = |certificate: &[u8], chain: &[u8]| {
        let result = authority.import_certificate(certificate, chain, &AnySignature);
        assert_eq!(authority.certificate_der().is_some(), result.is_ok(), "a refused import changes nothing");
        result.map_err(|error| Error::from(error).aws_exception())
    };
    assert_eq!(import(b"", b""), Err(AwsException::MalformedCertificate));
    assert_eq!(import(&root_certificate[..200], b""), Err(AwsException::MalformedCertificate));
    let leaf = ca::unsigned(&root(), &end_entity().build().unwrap());
    assert_eq!(import(&leaf, b""), Err(AwsException::MalformedCertificate));
    let twice = der::pem("CERTIFICATE", &root_certificate).repeat(2);
    assert_eq!(import(twice.as_bytes(), b""), Err(AwsException::MalformedCertificate));
    let chain = der::pem("CERTIFICATE", &root_certificate);
    assert_eq!(import(&root_certificate, chain.as_bytes()), Err(AwsException::MalformedCertificate));
    let csr = CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("Other")).der();
    let other = ca::unsigned(&root(), &request(&csr, "SubordinateCACertificate_PathLen0").build().unwrap());
    assert_eq!(import(&other, b""), Err(AwsException::CertificateMismatch));
    assert_eq!(import(&root_certificate, b""), Ok(()));
    let mut authority = ca::pending(CertificateAuthorityType::Subordinate, "Root");
    let error = authority.import_certificate(&root_certificate, chain.as_bytes(), &AnySignature).unwrap_err();
    assert_eq!(error, issuance::authority::ImportError::SelfSigned);
    assert_eq!(Error::from(error).aws_exception(), AwsException::CertificateMismatch);
    // The signature here is none: a real verifier says so.
    let mut authority = ca::pending(CertificateAuthorityType::Root, "Root");
    let error = authority.import_certificate(&root_certificate, b"", &issuance::RustCryptoVerifier).unwrap_err();
    assert_eq!(Error::from(error).aws_exception(), AwsException::CertificateMismatch);
    authority.set_status(CertificateAuthorityStatus::Deleted).unwrap();
    let error = authority.import_certificate(&root_certificate, b"", &AnySignature).unwrap_err();
    assert_eq!(Error::from(error).aws_exception(), AwsException::InvalidState);
}
