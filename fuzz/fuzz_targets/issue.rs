//! Issuance as a whole with requests of any make: whatever is accepted is a certificate that other decoders read, that says
//! what the template and the request say, and whose plan accounts for every input and warns of whatever the rules name.
#![no_main]

use issuance::csr::CsrPolicy;
use issuance::issue::{Preparation, Prepared};
use issuance::{Error, IssuanceOptions};
use issuance_fuzz::certificate;
use issuance_fuzz::input::Input;
use issuance_fuzz::setup::setup;
use issuance_test_support::verifiers::AnySignature;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: Input| {
    let Some(serial) = input.serial() else { return };
    let Some(request) = input.request() else { return };
    let (authority, now) = (input.authority(), setup().now);
    let prepare = |options: &IssuanceOptions| {
        Preparation { authority, now, serial, partition: None, verifier: &AnySignature, options }.prepare(&request)
    };
    let prepared = prepare(&input.options(false, input.csr_policy()));
    check_strict_mode(&prepared, input.strict().then(|| prepare(&input.options(true, input.csr_policy()))));
    if let (Ok(prepared), CsrPolicy::Strict) = (&prepared, input.csr_policy()) {
        // What is judged at once is no other certificate.
        let lenient = prepare(&input.options(false, CsrPolicy::Lenient)).expect("less is judged");
        assert_eq!(lenient.plan(), prepared.plan());
    }
    match prepared {
        Ok(prepared) => {
            let again = prepare(&input.options(false, input.csr_policy())).expect("the same again");
            assert_eq!(again.plan(), prepared.plan());
            let issued = prepared.finish(&[0x5a; 70], &AnySignature).expect("any signature is good");
            assert_eq!(issued.serial(), serial);
            certificate::check(&issued, &request, input.template(), authority, input.nine_bits());
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.aws_exception().to_string().is_empty()),
    }
});

/// Strict mode refuses what has an input that is not used or a warning, and nothing else that is issued without it.
fn check_strict_mode(prepared: &Result<Prepared, Error>, strict: Option<Result<Prepared, Error>>) {
    match (prepared, strict) {
        (_, None) => {}
        (Ok(prepared), Some(strict)) => {
            let plan = prepared.plan();
            match strict {
                Ok(strict) => {
                    assert!(plan.suppressed().is_empty() && plan.warnings().is_empty());
                    assert_eq!(strict.plan(), plan);
                }
                Err(Error::Suppressed(rows)) => {
                    assert!(!plan.suppressed().is_empty());
                    assert_eq!(rows.len(), plan.suppressed().len() + plan.warnings().len());
                }
                Err(Error::Warned(rows)) => {
                    assert!(plan.suppressed().is_empty() && !rows.is_empty());
                    assert_eq!(rows.len(), plan.warnings().len());
                }
                Err(error) => panic!("strict mode has another reason: {error}"),
            }
        }
        (Err(error), Some(strict)) => assert_eq!(strict.expect_err("it was refused").to_string(), error.to_string()),
    }
}
