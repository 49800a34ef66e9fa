//! The wire form of requests: what is accepted is written and read back the same, but for what is not used; what is refused says
//! why. A member that no request has is ignored and listed, and refused if it looks like a known one of `ApiPassthrough`.
//!
//! After the first octet ff, which no JSON has, stands where such a member is put, and which.
#![no_main]

use issuance::IssueCertificateRequest;
use issuance_fuzz::{members, message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|octet| *octet == 0xff).unwrap_or(input.len());
    let (json, choice) = input.split_at(at);
    let by_serde = serde_json::from_slice::<IssueCertificateRequest>(json);
    match IssueCertificateRequest::from_json(json) {
        Ok(request) => {
            let by_serde = by_serde.expect("serde reads it, too");
            assert_eq!(by_serde, request);
            assert_eq!(by_serde.unused_members(), request.unused_members());
            message::check_unused(&request);
            let by_length = [json.len() as u8, (json.len() >> 8) as u8, json.iter().fold(0, |sum, octet| sum ^ octet)];
            members::check(&request, json, choice.get(1..).filter(|choice| choice.len() >= 3).unwrap_or(&by_length));
            let written = request.to_json();
            let again = IssueCertificateRequest::from_json(written.as_bytes()).expect("what is written can be read");
            assert_eq!(again, request);
            assert_eq!(again.unused_member_count(), 0);
            assert_eq!(again.to_json(), written);
            assert_eq!(serde_json::to_string(&request).expect("serialisable"), written);
        }
        Err(error) => {
            assert!(by_serde.is_err() || json.len() > IssueCertificateRequest::MAX_JSON_LEN);
            message::check_error(&error);
        }
    }
});
