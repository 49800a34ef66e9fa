//! ARNs: what is taken, what is refused and why (R-ARN).

use issuance::request::{ArnError, SerialFormat};
use issuance::{CertificateArn, CertificateAuthorityArn, SerialNumber, TemplateArn};

const AUTHORITY: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
/// The serial number of the documentation's certificate ARN.
const SERIAL: &str = "286535153982981100925020015808220737245";

/// The part that an ARN is refused for.
fn refused_part<T: std::str::FromStr<Err = ArnError> + std::fmt::Debug>(text: &str) -> &'static str {
    match text.parse::<T>() {
        Err(ArnError::Part { part, .. }) => part,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn an_authority_has_parts() {
    let arn: CertificateAuthorityArn = AUTHORITY.parse().unwrap();
    assert_eq!((arn.partition(), arn.region(), arn.account()), ("aws", "us-west-2", "123456789012"));
    assert_eq!(arn.id(), "12345678-1234-1234-1234-123456789012");
    assert_eq!((arn.as_str(), arn.to_string()), (AUTHORITY, AUTHORITY.to_owned()));
    for partition in ["aws-cn", "aws-us-gov", "aws-iso-b", "private"] {
        let text = AUTHORITY.replace("arn:aws:", &format!("arn:{partition}:"));
        assert_eq!(CertificateAuthorityArn::try_from(text).unwrap().partition(), partition);
    }
}

/// R-ARN-1.
#[test]
fn the_partition_follows_the_region() {
    let id = "12345678-1234-1234-1234-123456789012";
    for (region, partition) in [
        ("us-east-1", "aws"),
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
    ] {
        let arn = CertificateAuthorityArn::new(region, "123456789012", id).unwrap();
        assert_eq!((arn.partition(), arn.region(), arn.account(), arn.id()), (partition, region, "123456789012", id));
        assert_eq!(arn.as_str().parse(), Ok(arn));
    }
    for (region, account, id) in
        [("US", "123456789012", id), ("us-east-1", "12", id), ("us-east-1", "123456789012", "not-a-uuid")]
    {
        assert!(CertificateAuthorityArn::new(region, account, id).is_err(), "{region} {account} {id}");
    }
}

/// R-ARN-3: what asks for an authority may name none.
#[test]
fn an_identifier_that_is_not_a_uuid_is_well_formed() {
    for id in ["tf-acc-test-does-not-exist", "1234567-1234-1234-1234-123456789012", "a_+=,.@-Z"] {
        let text = AUTHORITY.replace("12345678-1234-1234-1234-123456789012", id);
        assert_eq!(text.parse::<CertificateAuthorityArn>().unwrap().id(), id);
        let certificate: CertificateArn = format!("{text}/certificate/7").parse().unwrap();
        assert_eq!((certificate.authority().as_str(), certificate.serial()), (text.as_str(), "7"));
    }
}

#[test]
fn an_authority_is_refused_for_the_part_that_is_wrong() {
    for (from, to, part) in [
        ("arn:", "ARN:", "first part"),
        (":aws:", "::", "partition"),
        (":aws:", ":AWS:", "partition"),
        (":aws:", ":-aws:", "partition"),
        (":acm-pca:", ":acm:", "service"),
        (":us-west-2:", "::", "region"),
        (":us-west-2:", ":us_west_2:", "region"),
        (":us-west-2:", ":US-WEST-2:", "region"),
        ("123456789012:", "12345678901:", "account"),
        ("123456789012:", "1234567890123:", "account"),
        ("123456789012:", "12345678901x:", "account"),
        ("certificate-authority/", "certificate/", "resource type"),
        ("certificate-authority/", "", "resource type"),
        ("certificate-authority/", "certificate-authority", "resource type"),
        ("/12345678-1234-1234-1234-123456789012", "/", "identifier"),
        ("/12345678-", "/1234 5678-", "identifier"),
        ("/12345678-", "/é2345678-", "identifier"),
        ("-123456789012", "-123456789012:", "identifier"),
        ("-123456789012", "-123456789012\n", "identifier"),
        ("-123456789012", "-123456789012/", "end"),
        ("-123456789012", "-123456789012/certificate/7", "end"),
    ] {
        let text = AUTHORITY.replacen(from, to, 1);
        assert_ne!(text, AUTHORITY, "{from}");
        assert_eq!(refused_part::<CertificateAuthorityArn>(&text), part, "{text}");
    }
}

#[test]
fn errors_say_what_would_be_right() {
    let error = AUTHORITY.replace("123456789012:", "12:").parse::<CertificateAuthorityArn>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ARN must be of the form \
         arn:<partition>:acm-pca:<region>:<account>:certificate-authority/<uuid>: its account must be 12 digits, \
         not '12'"
    );
    let error = "arn:".parse::<TemplateArn>().unwrap_err();
    assert_eq!(error.to_string(), "an ARN must have 5 to 200 characters, not 4");
}

#[test]
fn the_bounds_of_the_length() {
    let of_length = |length: usize| {
        let filler = "a".repeat(length + "us-west-2".len() - AUTHORITY.len());
        AUTHORITY.replace("us-west-2", &filler)
    };
    assert!(of_length(200).parse::<CertificateAuthorityArn>().is_ok());
    assert_eq!(of_length(201).parse::<CertificateAuthorityArn>(), Err(ArnError::Length { length: 201 }));
    // Characters, not octets: 100 of two octets each are short enough to be judged by their form.
    assert_eq!(refused_part::<TemplateArn>(&"é".repeat(200)), "first part");
    assert_eq!(refused_part::<TemplateArn>("arn:a"), "service");

    let authority = of_length(200 - "/certificate/7".len()).parse().unwrap();
    let short = SerialNumber::from_hex("07").unwrap();
    assert!(CertificateArn::new(&authority, &short, SerialFormat::Decimal).is_ok());
    let refused = CertificateArn::new(&authority, &short, SerialFormat::Hex);
    assert_eq!(refused, Err(ArnError::Length { length: 201 }));
}

#[test]
fn a_certificate_names_its_serial_number_in_both_forms() {
    let authority: CertificateAuthorityArn = AUTHORITY.parse().unwrap();
    let serial = SerialNumber::from_hex("d790a9cf2db26a24c7b97fb672b7aedd").unwrap();
    let decimal = CertificateArn::new(&authority, &serial, SerialFormat::default()).unwrap();
    assert_eq!(decimal.as_str(), format!("{AUTHORITY}/certificate/{SERIAL}"));
    assert_eq!((decimal.serial(), decimal.region(), decimal.account()), (SERIAL, "us-west-2", "123456789012"));
    let hex = CertificateArn::new(&authority, &serial, SerialFormat::Hex).unwrap();
    assert_eq!(hex.serial(), "d790a9cf2db26a24c7b97fb672b7aedd");

    let upper: CertificateArn = hex.as_str().replace("d790a9cf", "00D790A9CF").parse().unwrap();
    let other = SerialNumber::from_hex("d790a9cf2db26a24c7b97fb672b7aede").unwrap();
    for (arn, form) in [(decimal, SerialFormat::Decimal), (hex, SerialFormat::Hex), (upper, SerialFormat::Hex)] {
        assert_eq!(arn.serial_number(form), Some(serial), "{arn}");
        assert_ne!(arn.serial_number(form), Some(other), "{arn}");
        assert_eq!(arn.authority(), authority, "{arn}");
        assert_eq!(arn.as_str().parse(), Ok(arn));
    }
}

/// R-ARN-2: digits are read as the issuer writes them, and in the other form only if they cannot be that one.
#[test]
fn a_serial_number_is_read_in_the_form_of_its_issuer() {
    let long = "9".repeat(41);
    for (text, decimal, hex) in [
        ("10", "0a", "10"),
        ("0010", "0a", "10"),
        // Letters are not decimal digits.
        ("1a", "1a", "1a"),
        ("FF", "ff", "ff"),
        // 41 digits are too many for the 20 bytes of a serial number in hexadecimal, not in decimal.
        (
            &long,
            &SerialNumber::from_decimal(&long).unwrap().to_hex(),
            &SerialNumber::from_decimal(&long).unwrap().to_hex(),
        ),
    ] {
        let arn: CertificateArn = format!("{AUTHORITY}/certificate/{text}").parse().unwrap();
        let read = |form| arn.serial_number(form).map(|serial| serial.to_hex());
        assert_eq!(read(SerialFormat::Decimal).as_deref(), Some(decimal), "{text}");
        assert_eq!(read(SerialFormat::Hex).as_deref(), Some(hex), "{text}");
    }
    // No certificate has such a number, but the ARN is well formed.
    for text in ["0", "000", &"f".repeat(41), &"9".repeat(49), "7g", "does-not-exist"] {
        let arn: CertificateArn = format!("{AUTHORITY}/certificate/{text}").parse().unwrap();
        for form in [SerialFormat::Decimal, SerialFormat::Hex] {
            assert_eq!(arn.serial_number(form), None, "{text}");
        }
    }
}

#[test]
fn the_widest_serial_numbers_fit() {
    let authority: CertificateAuthorityArn = AUTHORITY.parse().unwrap();
    let widest = SerialNumber::from_be_bytes(&[0x7f; 20]).unwrap();
    for format in [SerialFormat::Decimal, SerialFormat::Hex] {
        let arn = CertificateArn::new(&authority, &widest, format).unwrap();
        assert_eq!(arn.serial_number(format), Some(widest));
    }
}

#[test]
fn a_certificate_is_refused_for_the_part_that_is_wrong() {
    for (tail, part) in [
        ("", "sub-resource type"),
        ("/certificate", "sub-resource type"),
        ("/certificates/7", "sub-resource type"),
        ("/certificate/", "serial number"),
        ("/certificate/7 ", "serial number"),
        ("/certificate/07:08", "serial number"),
        ("/certificate/7/8", "serial number"),
    ] {
        assert_eq!(refused_part::<CertificateArn>(&format!("{AUTHORITY}{tail}")), part, "{tail}");
    }
}

#[test]
fn templates() {
    let text = "arn:aws-cn:acm-pca:::template/BlankEndEntityCertificate_APICSRPassthrough/V1";
    let arn: TemplateArn = text.parse().unwrap();
    assert_eq!((arn.partition(), arn.version()), ("aws-cn", "V1"));
    assert_eq!(arn.name(), "BlankEndEntityCertificate_APICSRPassthrough");
    // Whatever the model's pattern allows is a name, of a template or not (R-REQ-5).
    let arn: TemplateArn = "arn:aws:acm-pca:::template/No-such+=,.@_template/V1".parse().unwrap();
    assert_eq!(arn.name(), "No-such+=,.@_template");
    for (wrong, part) in [
        ("arn:aws:acm-pca:us-west-2::template/EndEntityCertificate/V1", "region"),
        ("arn:aws:acm-pca::123456789012:template/EndEntityCertificate/V1", "account"),
        ("arn:aws:acm-pca:::templates/EndEntityCertificate/V1", "resource type"),
        ("arn:aws:acm-pca:::template", "name"),
        ("arn:aws:acm-pca:::template//V1", "name"),
        ("arn:aws:acm-pca:::template/EndEntity Certificate/V1", "name"),
        ("arn:aws:acm-pca:::template/EndEntity:Certificate/V1", "name"),
        ("arn:aws:acm-pca:::template/EndEntityCertificate", "version"),
        ("arn:aws:acm-pca:::template/EndEntityCertificate/V", "version"),
        ("arn:aws:acm-pca:::template/EndEntityCertificate/1", "version"),
        ("arn:aws:acm-pca:::template/EndEntityCertificate/V1/", "version"),
        ("arn:aws:acm-pca:::template/EndEntityCertificate/V1 ", "version"),
    ] {
        assert_eq!(refused_part::<TemplateArn>(wrong), part, "{wrong}");
    }
}

#[test]
fn what_is_repeated_cannot_forge_lines() {
    let error = "arn:aws:acm-pca:\n2026 all is well:".parse::<CertificateAuthorityArn>().unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
}
