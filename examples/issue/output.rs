//! What becomes of a certificate: a page on standard output, or files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

use issuance::IssuedCertificate;
use issuance::request::IssueCertificateResponse;
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::Output(format!("Unable to write to standard output: {error}")))
}

/// The response of the API.
pub(crate) fn response(certificate: &IssuedCertificate) -> Result<Value, Failure> {
    let response = IssueCertificateResponse::new(certificate.arn().clone());
    serde_json::to_value(response).map_err(|error| Failure::Output(format!("Unable to print the response: {error}")))
}

/// The response, the plan as a table, and the chain in PEM from the certificate up to the root.
pub(crate) fn page(certificate: &IssuedCertificate) -> Result<String, Failure> {
    let (response, plan) = (json(&response(certificate)?), certificate.plan());
    Ok(format!("{response}\n{plan}\n{}{}", certificate.pem(), certificate.chain_pem()))
}

/// JSON indented by four blanks.
pub(crate) fn json(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let written = value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter));
    debug_assert!(written.is_ok(), "text keys and values always serialize");
    text.push(b'\n');
    String::from_utf8_lossy(&text).into_owned()
}

/// Writes `cert.pem`, `chain.pem` (from the issuer up; empty for a root's own certificate) and `plan.json`, in place of
/// older ones. Either all are there afterwards, or an error says why not.
pub(crate) fn write_files(certificate: &IssuedCertificate, directory: &Path) -> Result<(), Failure> {
    let contents = [
        ("cert.pem", certificate.pem()),
        ("chain.pem", certificate.chain_pem()),
        ("plan.json", json(certificate.plan())),
    ];
    let mut staged = Staged::default();
    let moved = fs::create_dir_all(directory).and_then(|()| {
        contents.iter().try_for_each(|(name, content)| staged.write(directory, name, content))?;
        staged.move_into_place()
    });
    moved.map_err(|error| Failure::Output(format!("Unable to write to {}: {error}", directory.display())))
}

/// Files under temporary names, which go away unless all could be moved.
#[derive(Default)]
struct Staged {
    /// Each with its final name.
    files: Vec<(PathBuf, PathBuf)>,
}

impl Staged {
    fn write(&mut self, directory: &Path, name: &str, content: &str) -> io::Result<()> {
        let temporary = directory.join(format!(".{name}.{}", process::id()));
        let target = directory.join(name);
        if target.is_dir() {
            return Err(io::Error::other(format!("{name} is a directory")));
        }
        let mut file = File::create_new(&temporary)?;
        self.files.push((temporary, target));
        file.write_all(content.as_bytes())?;
        file.sync_all()
    }

    fn move_into_place(&self) -> io::Result<()> {
        for (position, (temporary, target)) in self.files.iter().enumerate() {
            if let Err(error) = fs::rename(temporary, target) {
                // Rather none than half.
                for (_, target) in &self.files[..position] {
                    let _ = fs::remove_file(target);
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (temporary, _) in &self.files {
            let _ = fs::remove_file(temporary);
        }
    }
}
