//! Requests as anyone may send them: bounded, and answered whatever they ask.
#![no_main]

use issuance::ocsp::{CertificateStatus, OcspRequest, OcspResponder};
use issuance_fuzz::setup::setup;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|der: &[u8]| {
    let Ok(request) = OcspRequest::from_der(der) else { return };
    assert!((1..=OcspRequest::MAX_CERTIFICATES).contains(&request.certificates()));
    assert!(request.nonce().is_none_or(|nonce| (1..=128).contains(&nonce.len())));
    let authority = &setup().plain;
    let responder = OcspResponder::of_authority(authority).expect("an authority with a certificate");
    let now = authority.not_before().expect("a certificate");
    let mut asked = 0;
    let prepared = responder.prepare(&request, now, |_| {
        asked += 1;
        CertificateStatus::Good
    });
    let prepared = prepared.expect("a responder whose certificate is valid");
    assert!(asked <= request.certificates());
    // Every CertID comes back, with at most 100 bytes around it.
    assert!(prepared.tbs_der().len() <= der.len() + 256 + 100 * request.certificates());
});
