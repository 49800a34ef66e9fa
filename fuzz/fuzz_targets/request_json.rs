//! The wire form of requests: what is accepted is written and read back the same, but for what is not used; what is refused says
//! why.
#![no_main]

use issuance::IssueCertificateRequest;
use issuance_fuzz::message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let by_serde = serde_json::from_slice::<IssueCertificateRequest>(json);
    match IssueCertificateRequest::from_json(json) {
        Ok(request) => {
            let by_serde = by_serde.expect("serde reads it, too");
            assert_eq!(by_serde, request);
            assert_eq!(by_serde.unused_members(), request.unused_members());
            message::check_unused(&request);
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
