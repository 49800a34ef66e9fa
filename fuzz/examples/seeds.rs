//! Writes seeds for the targets whose inputs are no files of another kind: `cargo run --example seeds -- DIRECTORY`.
//! The same in each run.

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use arbitrary::{Arbitrary, Unstructured};
use ciborium::Value;
use issuance::issue::{FixedClock, FixedSerial, Preparation};
use issuance::{OfflineIssuer, SerialNumber, Validity};
use issuance_fuzz::input::Input;
use issuance_fuzz::setup::{request, setup};
use issuance_fuzz::{message, model};
use issuance_test_support::verifiers::AnySignature;

/// Octets that look random (xorshift, Marsaglia 2003).
fn octets(mut state: u32, count: usize) -> Vec<u8> {
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        // Below what the model takes as a reason for a value of a wrong type.
        (state >> 24) as u8 % 0xf0
    };
    (0..count).map(|_| next()).collect()
}

fn messages(directory: &Path) -> Result<(), Box<dyn Error>> {
    for (index, operation) in message::operations().enumerate() {
        // Of some requests, the one with the most members.
        let made = (1..200).map(|seed| octets(seed * 0x9e37 + index as u32, 600));
        let items = made.filter_map(|octets| model::request(operation.as_str(), &mut Unstructured::new(&octets)).ok());
        let Some(item) = items.max_by_key(|item| message::to_cbor(item).len().min(2_000)) else { continue };
        let write = |format: &str, selector: u8, body: &[u8]| {
            fs::write(directory.join(format!("{operation}.{format}")), [&[selector], body].concat())
        };
        write("cbor", 0x80 | index as u8, &message::to_cbor(&item))?;
        if let Some(json) = message::to_json(&item) {
            write("json", index as u8, json.as_bytes())?;
        }
    }
    let full = serde_json::from_str(include_str!("../../tests/data/full-request.json"))?;
    let full: Value = message::from_json(&full);
    let issue = message::operations().position(|operation| operation.as_str() == "IssueCertificate").unwrap_or(0) as u8;
    fs::write(directory.join("full.cbor"), [&[0x80 | issue], &message::to_cbor(&full)[..]].concat())?;
    Ok(())
}

fn models(directory: &Path) -> Result<(), Box<dyn Error>> {
    for (index, operation) in message::operations().enumerate() {
        let seed = [&[index as u8], &octets(0x1234_5678 + index as u32, 200)[..]].concat();
        fs::write(directory.join(operation.as_str()), seed)?;
    }
    Ok(())
}

fn prepared_files(directory: &Path) -> Result<(), Box<dyn Error>> {
    let setup = setup();
    let templates = [
        "RootCACertificate",
        "EndEntityCertificate",
        "BlankEndEntityCertificate_CSRPassthrough",
        "CodeSigningCertificate",
    ];
    for template in templates {
        let request = request(&setup.own_request, template).validity(Validity::days(30)).build()?;
        let issuer = OfflineIssuer::builder_with_verifier(setup.plain.clone(), AnySignature)
            .clock(FixedClock(setup.now))
            .serial_source(FixedSerial(SerialNumber::from_be_bytes(&[0x5a; 16])?))
            .build();
        fs::write(directory.join(format!("{template}.json")), issuer.prepare_file(&request)?.to_json())?;
    }
    Ok(())
}

/// Requests that are certified, each with something that none before it had: an extension, a warning or an input that is not used
/// for a reason.
fn issues(directory: &Path) -> Result<(), Box<dyn Error>> {
    let mut met = HashSet::new();
    for seed in 1..60_000 {
        let octets = octets(seed * 0x9e37, 40 + seed as usize % 120);
        let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(&octets)) else { continue };
        let (Some(serial), Some(request)) = (input.serial(), input.request()) else { continue };
        let (authority, now, options) = (input.authority(), setup().now, input.options(false, input.csr_policy()));
        let verifier = &AnySignature;
        let preparation = Preparation { authority, now, serial, partition: None, verifier, options: &options };
        let Ok(prepared) = preparation.prepare(&request) else { continue };
        let plan = prepared.plan();
        let extensions = plan.extensions().map(|e| format!("{} {} {}", e.oid(), e.source(), e.value_der().len()));
        let suppressed = plan.suppressed().iter().map(|row| format!("{} {}", row.input(), row.reason()));
        let warnings = plan.warnings().iter().map(|warning| warning.name().to_owned());
        let features: Vec<String> = extensions.chain(suppressed).chain(warnings).collect();
        // Several at once, so that there are not too many files.
        if features.iter().filter(|feature| !met.contains(*feature)).count() >= 3 {
            met.extend(features);
            fs::write(directory.join(format!("made-{seed:05}")), &octets)?;
        }
    }
    Ok(())
}

fn arns(directory: &Path) -> Result<(), Box<dyn Error>> {
    let authority = "certificate-authority/12345678-1234-1234-1234-123456789abc";
    for (name, text) in [
        ("authority", format!("arn:aws:acm-pca:us-west-2:123456789012:{authority}")),
        (
            "decimal",
            format!(
                "arn:aws-cn:acm-pca:cn-north-1:123456789012:{authority}/certificate/286535153982981100925020015808220737245"
            ),
        ),
        (
            "hexadecimal",
            format!(
                "arn:aws-us-gov:acm-pca:us-gov-west-1:123456789012:{authority}/certificate/e8cbd2bedb122329f97706bcfec990f8"
            ),
        ),
        ("template", "arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1".to_owned()),
    ] {
        fs::write(directory.join(name), text)?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args().nth(1).ok_or("which directory?")?;
    type Write = fn(&Path) -> Result<(), Box<dyn Error>>;
    let writers: [(&str, Write); 5] =
        [("arn", arns), ("issue", issues), ("message", messages), ("model", models), ("prepared_file", prepared_files)];
    for (target, write) in writers {
        let directory = Path::new(&root).join(target);
        fs::create_dir_all(&directory)?;
        write(&directory)?;
    }
    Ok(())
}
