//! Requests of all operations in JSON and CBOR: what is read from one format is read the same from the other.
//!
//! The first octet says which operation and format, the rest is the message.
#![no_main]

use issuance::api::Format;
use issuance_fuzz::message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((selector, message)) = input.split_first() else { return };
    let format = if selector & 0x80 == 0 { Format::Json } else { Format::Cbor };
    message::check_message(usize::from(selector & 0x7f), format, message);
});
