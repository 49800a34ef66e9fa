//! ARNs of all three kinds: a form written down once more takes and refuses the same texts, and what is taken is printed as
//! it came.
#![no_main]

use issuance::{CertificateArn, CertificateAuthorityArn, SerialFormat, SerialNumber, TemplateArn};
use libfuzzer_sys::fuzz_target;
use std::fmt::Display;
use std::str::FromStr;

fn lower(text: &str, more: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || more.as_bytes().contains(&b))
}

const LABEL: &str = "0123456789-";

fn hexadecimal(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F'))
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

/// What follows the UUID of an authority.
fn authority(text: &str) -> Option<&str> {
    let (region, rest) = service(text)?.split_once(':')?;
    let (account, rest) = rest.split_once(':')?;
    let rest = rest.strip_prefix("certificate-authority/")?;
    let (id, rest) = rest.split_at_checked(36)?;
    let digits = |c: char| c.is_ascii_digit();
    let hyphens: Vec<usize> = id.match_indices('-').map(|(at, _)| at).collect();
    let sound = !region.is_empty()
        && lower(region, LABEL)
        && account.len() == 12
        && account.chars().all(digits)
        && hyphens == [8, 13, 18, 23]
        && hexadecimal(&id.replace('-', ""));
    sound.then_some(rest)
}

fn certificate(text: &str) -> Option<&str> {
    let serial = authority(text)?.strip_prefix("/certificate/")?;
    let sound = serial.len() <= 48 && hexadecimal(serial) && serial.bytes().any(|digit| digit != b'0');
    sound.then_some(serial)
}

fn template(text: &str) -> Option<(&str, &str)> {
    let (name, version) = service(text)?.strip_prefix("::template/")?.split_once('/')?;
    let number = version.strip_prefix('V')?;
    let sound = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit());
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
    assert_eq!(read.is_some(), authority(text) == Some(""), "{text}");
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
                assert!(certificate.names_serial(&serial));
                assert_eq!(certificate.authority(), *arn);
            }
        }
    }
    let read: Option<CertificateArn> = round(text);
    assert_eq!(read.is_some(), certificate(text).is_some(), "{text}");
    if let (Some(arn), Some(serial)) = (&read, certificate(text)) {
        assert_eq!(format!("{}/certificate/{serial}", arn.authority()), text);
    }
    let read: Option<TemplateArn> = round(text);
    assert_eq!(read.as_ref().map(TemplateArn::name), template(text).map(|(name, _)| name), "{text}");
    assert_eq!(read.as_ref().map(TemplateArn::version), template(text).map(|(_, version)| version), "{text}");
});
