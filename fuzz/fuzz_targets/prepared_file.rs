//! Files of prepared certificates as they come back from elsewhere: what is read is written and read the same, and only what
//! this side would prepare itself is taken up again.
#![no_main]

use issuance::{Error, Issuer, PreparedFile};
use issuance_fuzz::setup::{AnySignature, setup};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

fn issuer() -> &'static Issuer<()> {
    static ISSUER: OnceLock<Issuer<()>> = OnceLock::new();
    ISSUER.get_or_init(|| Issuer::offline_builder(setup().plain.clone(), AnySignature).build())
}

fuzz_target!(|json: &[u8]| {
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
