//! Files of prepared certificates as they come back from elsewhere: what is read is written and read the same, only what this
//! side would prepare itself is taken up again, and two that differ in an octet to be signed do not look the same.
//!
//! After the first octet ff, which no JSON has, stand changes to the octets to be signed: place, how, octet.
#![no_main]

use std::sync::OnceLock;

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::issue::PreparedFile;
use issuance::{Error, OfflineIssuer};
use issuance_fuzz::setup::setup;
use issuance_test_support::verifiers::AnySignature;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn issuer() -> &'static OfflineIssuer {
    static ISSUER: OnceLock<OfflineIssuer> = OnceLock::new();
    ISSUER.get_or_init(|| OfflineIssuer::builder_with_verifier(setup().plain.clone(), AnySignature).build())
}

/// The file with other octets to be signed, and their digest.
fn with_tbs(json: &[u8], tbs: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(json).ok()?;
    let digest: String = Sha256::digest(tbs).iter().map(|octet| format!("{octet:02x}")).collect();
    value["to_be_signed"] = BASE64_STANDARD.encode(tbs).into();
    value["to_be_signed_sha256"] = digest.into();
    Some(value.to_string().into_bytes())
}

/// What is shown below the line with length and digest.
fn table(file: &PreparedFile) -> String {
    let text = file.tbs_text();
    let (first, table) = text.split_once('\n').expect("a line and a table");
    assert!(first.contains(&format!(" {} ", file.tbs_der().len())));
    table.to_owned()
}

/// Changes octets so that lengths stay as they are: one octet, one bit, two octets that trade places, or one that is repeated.
fn change(tbs: &mut [u8], [high, low, how, octet]: [u8; 4]) {
    let place = usize::from(u16::from_be_bytes([high, low])) % tbs.len();
    let other = (place + usize::from(octet)) % tbs.len();
    match how % 4 {
        0 => tbs[place] = octet,
        1 => tbs[place] ^= 1 << (octet % 8),
        2 => tbs.swap(place, other),
        _ => tbs[place] = tbs[other],
    }
}

/// Two files that differ in an octet to be signed show different tables.
fn check_difference(json: &[u8], file: &PreparedFile, changes: &[u8]) {
    let mut tbs = file.tbs_der().to_vec();
    for each in changes.chunks_exact(4) {
        change(&mut tbs, [each[0], each[1], each[2], each[3]]);
    }
    let Some(other) = with_tbs(json, &tbs) else { return };
    if let Ok(other) = PreparedFile::from_json(&other) {
        assert_eq!(other.tbs_der(), tbs);
        assert_eq!(table(file) == table(&other), file.tbs_der() == tbs, "{}", other.tbs_text());
    }
}

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|octet| *octet == 0xff).unwrap_or(input.len());
    let (json, changes) = input.split_at(at);
    let file = match PreparedFile::from_json(json) {
        Ok(file) => file,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let written = file.to_json();
    let again = PreparedFile::from_json(written.as_bytes()).expect("what is written can be read");
    assert_eq!(again, file);
    assert_eq!(again.to_json(), written);
    check_difference(json, &file, changes.get(1..).unwrap_or_default());
    // One octet anywhere, whether or not the input has changes: a place that the octets choose, so that an input fails again.
    let seed = Sha256::digest(json);
    seed.chunks_exact(4).for_each(|each| check_difference(json, &file, each));
    match issuer().resume(&file) {
        Ok(prepared) => {
            assert_eq!((prepared.tbs_der(), prepared.algorithm()), (file.tbs_der(), file.algorithm()));
            let issued = prepared.finish(&[0x5a; 70], &AnySignature).expect("any signature is good");
            assert!(issued.der().windows(file.tbs_der().len()).any(|octets| octets == file.tbs_der()));
        }
        Err(Error::PreparationChanged) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
