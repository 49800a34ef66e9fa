//! ARNs of all three kinds: a form written down once more takes and refuses the same texts, and what is taken is printed as
//! it came.
#![no_main]

use issuance::request::SerialFormat;
use issuance::{CertificateArn, CertificateAuthorityArn, SerialNumber, TemplateArn};
use libfuzzer_sys::fuzz_target;
use std::fmt::Display;
use std::str::FromStr;

fn lower(text: &str, more: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || more.as_bytes().contains(&b))
}

const LABEL: &str = "0123456789-";

fn segment(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

/// What follows `arn:<partition>:acm-pca:`.
fn service(text: &str) -> Option<&str> {
    let (partition, rest) = text.strip_prefix("arn:")?.split_once(':')?;
    let starts = partition.starts_with(|c: char| c.is_ascii_lowercase());
    if (5..=200).contains(&text.chars().count()) && starts && lower(partition, LABEL) {
        rest.strip_prefix("acm-pca:")
    } else {
        None
    }
}

/// What follows the identifier of an authority.
fn authority(text: &str) -> Option<Option<&str>> {
    let (region, rest) = service(text)?.split_once(':')?;
    let (account, rest) = rest.split_once(':')?;
    let rest = rest.strip_prefix("certificate-authority/")?;
    let (id, rest) = rest.split_once('/').map_or((rest, None), |(id, rest)| (id, Some(rest)));
    let digits = |c: char| c.is_ascii_digit();
    let sound =
        !region.is_empty() && lower(region, LABEL) && account.len() == 12 && account.chars().all(digits) && segment(id);
    sound.then_some(rest)
}

fn certificate(text: &str) -> Option<&str> {
    let serial = authority(text)??.strip_prefix("certificate/")?;
    segment(serial).then_some(serial)
}

fn template(text: &str) -> Option<(&str, &str)> {
    let (name, version) = service(text)?.strip_prefix("::template/")?.split_once('/')?;
    let number = version.strip_prefix('V')?;
    let sound = segment(name) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    sound.then_some((name, version))
}

/// Parses a text, and what was parsed again.
fn round<T: FromStr<Err: Display> + Display + PartialEq + std::fmt::Debug>(text: &str) -> Option<T> {
    match text.parse::<T>() {
        Ok(arn) => {
            assert_eq!(arn.to_string(), text);
            assert_eq!(arn.to_string().parse::<T>().ok().as_ref(), Some(&arn));
            Some(arn)
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && message.chars().all(|c| !c.is_control()), "{message:?}");
            None
        }
    }
}

fuzz_target!(|text: &str| {
    let read: Option<CertificateAuthorityArn> = round(text);
    assert_eq!(read.is_some(), authority(text) == Some(None), "{text}");
    if let Some(arn) = &read {
        let made = format!(
            "arn:{}:acm-pca:{}:{}:certificate-authority/{}",
            arn.partition(),
            arn.region(),
            arn.account(),
            arn.id()
        );
        assert_eq!(made, text);
        let serial = SerialNumber::from_be_bytes(&[0x5a; 20]).expect("a serial number");
        for format in [SerialFormat::Decimal, SerialFormat::Hex] {
            if let Ok(certificate) = CertificateArn::new(arn, &serial, format) {
                assert_eq!(certificate.serial_number(format), Some(serial));
                assert_eq!(certificate.authority(), *arn);
            }
        }
    }
    let read: Option<CertificateArn> = round(text);
    assert_eq!(read.is_some(), certificate(text).is_some(), "{text}");
    if let (Some(arn), Some(serial)) = (&read, certificate(text)) {
        assert_eq!(format!("{}/certificate/{serial}", arn.authority()), text);
        // A number in one form or the other, or none.
        let forms = [SerialFormat::Decimal, SerialFormat::Hex].map(|format| arn.serial_number(format));
        let hexadecimal = serial.trim_start_matches('0');
        let read = forms[1].map(|number| number.to_hex().trim_start_matches('0').to_owned());
        assert_eq!(forms[0].is_some(), forms[1].is_some(), "{text}");
        assert!(read.is_none_or(|read| read == hexadecimal.to_ascii_lowercase() || forms[0] == forms[1]), "{text}");
    }
    let read: Option<TemplateArn> = round(text);
    assert_eq!(read.as_ref().map(TemplateArn::name), template(text).map(|(name, _)| name), "{text}");
    assert_eq!(read.as_ref().map(TemplateArn::version), template(text).map(|(_, version)| version), "{text}");
});
