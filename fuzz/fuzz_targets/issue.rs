//! Issuance as a whole with requests of any make: whatever is accepted is a certificate that other decoders read, that says
//! what the template and the request say, and whose plan accounts for every input.
#![no_main]

use issuance::{IssuanceOptions, Preparation};
use issuance_fuzz::certificate;
use issuance_fuzz::input::Input;
use issuance_fuzz::setup::{AnySignature, setup};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: Input| {
    let Some(serial) = input.serial() else { return };
    let Some(request) = input.request() else { return };
    let (authority, now) = (input.authority(), setup().now);
    let options = IssuanceOptions::default().strict(input.strict());
    let preparation = Preparation { authority, now, serial, partition: None, verifier: &AnySignature, options: &options };
    match preparation.prepare(&request) {
        Ok(prepared) => {
            assert!(!input.strict() || prepared.plan().suppressed().is_empty());
            let again = preparation.prepare(&request).expect("the same again");
            assert_eq!(again.plan(), prepared.plan());
            let issued = prepared.finish(&[0x5a; 70], &AnySignature).expect("any signature is good");
            assert_eq!(issued.serial(), serial);
            certificate::check(&issued, &request, input.template(), authority);
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.aws_exception().to_string().is_empty()),
    }
});
