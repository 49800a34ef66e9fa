//! Requests of all operations made along the API model: both formats give one verdict.
#![no_main]

use arbitrary::Unstructured;
use issuance_fuzz::{message, model};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((selector, rest)) = input.split_first() else { return };
    let index = usize::from(*selector) % message::operations().count();
    let operation = message::operations().nth(index).expect("an operation");
    if let Ok(item) = model::request(operation.as_str(), &mut Unstructured::new(rest)) {
        message::check_request(index, &item);
    }
});
