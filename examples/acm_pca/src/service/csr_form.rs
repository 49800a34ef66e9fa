//! The forms of a certification request that the service takes, which are fewer than the library's (R-CSR-1).

use issuance::AwsException;
use issuance::api::Fault;

const LABEL: &[u8] = b"-----BEGIN CERTIFICATE REQUEST-----";
const OLD_LABEL: &[u8] = b"-----BEGIN NEW CERTIFICATE REQUEST-----";

/// What is left of the first lines of PEM, `BEGINCERTIFICATEREQUEST` and `BEGINNEWCERTIFICATEREQUEST`, when text is decoded as base64
/// and characters that base64 does not have are skipped.
const DECODED: [&[u8]; 2] = [
    &[0x04, 0x41, 0x88, 0x34, 0x21, 0x11, 0x4c, 0x81, 0x48, 0x08, 0x04, 0xc4, 0x44, 0x44, 0x14],
    &[0x04, 0x41, 0x88, 0x34, 0xd1, 0x16, 0x08, 0x44, 0x53, 0x20, 0x52, 0x02, 0x01, 0x31, 0x11],
];

/// Refuses what the live service refuses; what else is wrong with a request the library says.
pub(crate) fn check(csr: &[u8], lenient: bool) -> Result<(), Fault> {
    let has = |label: &[u8]| csr.windows(label.len()).any(|window| window == label);
    let found = if DECODED.iter().any(|beginning| csr.starts_with(beginning)) {
        "what is left of PEM that was decoded as base64, as version 2 of the AWS CLI does with --csr file://; give --csr fileb://"
    } else if lenient {
        return Ok(());
    } else if matches!(csr, [0x30, 0x7f..=0xff, ..]) {
        "DER; openssl req -inform der turns it into PEM, and --lenient takes it"
    } else if has(OLD_LABEL) && !has(LABEL) {
        "PEM with the label 'NEW CERTIFICATE REQUEST'; openssl req writes it without NEW, and --lenient takes it"
    } else {
        return Ok(());
    };
    Err(Fault::new(
        AwsException::Validation,
        format_args!(
            "1 validation error detected: Value at 'csr' failed to satisfy constraint: Member must be PEM with the label \
             'CERTIFICATE REQUEST', not {found}"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
    use base64::prelude::{BASE64_STANDARD, Engine};

    #[test]
    fn what_the_cli_makes_of_pem_is_told() {
        for label in ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"] {
            let pem = format!("-----BEGIN {label}-----\nMIIBHTCBxAIBADAXMRUw\n-----END {label}-----\n");
            let letters: String = pem.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
            let lax = GeneralPurpose::new(
                &base64::alphabet::STANDARD,
                GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
            );
            let decoded = lax.decode(&letters[..letters.len() / 4 * 4]).unwrap();
            let fault = check(&decoded, true).unwrap_err();
            assert_eq!(fault.exception, AwsException::Validation);
            assert!(fault.message.contains("fileb://"), "{}", fault.message);
        }
    }

    #[test]
    fn the_service_takes_pem_with_one_label_alone() {
        let der = BASE64_STANDARD.decode("MIIBHTCBxAIBADAXMRUw").unwrap();
        for refused in [&der[..], b"text\n-----BEGIN NEW CERTIFICATE REQUEST-----\nMIIB"] {
            assert_eq!(check(refused, false).unwrap_err().exception, AwsException::Validation);
            assert!(check(refused, true).is_ok());
        }
        // What this is the library says, in words of its own.
        for other in [&b"-----BEGIN CERTIFICATE REQUEST-----"[..], b"none", b"0 is text", b""] {
            assert!(check(other, false).is_ok());
        }
    }
}
