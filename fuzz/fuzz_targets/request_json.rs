//! The wire form of requests: what is accepted is written and read back the same, what is refused says why.
#![no_main]

use issuance::IssueCertificateRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let by_serde = serde_json::from_slice::<IssueCertificateRequest>(json);
    match IssueCertificateRequest::from_json(json) {
        Ok(request) => {
            assert_eq!(by_serde.expect("serde reads it, too"), request);
            let written = request.to_json();
            let again = IssueCertificateRequest::from_json(written.as_bytes()).expect("what is written can be read");
            assert_eq!(again, request);
            assert_eq!(again.to_json(), written);
            assert_eq!(serde_json::to_string(&request).expect("serialisable"), written);
        }
        Err(error) => {
            assert!(by_serde.is_err() || json.len() > IssueCertificateRequest::MAX_JSON_LEN);
            assert!(!error.violations().is_empty());
            assert!(!error.to_string().is_empty());
            for violation in error.violations() {
                assert!(!violation.to_string().is_empty() && !violation.constraint().to_string().is_empty());
            }
        }
    }
});
