//! What a client was told, a line each, written before it goes on: whatever kills it, the next one knows.

use std::fs::{File, OpenOptions, read_to_string};
use std::io::Write;
use std::path::Path;

/// A certificate that a client got.
#[derive(Clone)]
pub(super) struct Got {
    pub(super) arn: String,
    /// The digest of its PEM, in hexadecimal.
    pub(super) digest: String,
}

impl Got {
    pub(super) fn serial(&self) -> &str {
        self.arn.rsplit('/').next().unwrap()
    }
}

/// What the journal has.
#[derive(Default)]
pub(super) struct Told {
    /// Tokens that were used, in order, each with what came of it.
    pub(super) tokens: Vec<(String, Option<Got>)>,
    pub(super) asked_again: usize,
    /// Serial numbers whose revocation was begun, and acknowledged.
    pub(super) revoking: Vec<String>,
    pub(super) revoked: Vec<String>,
    /// Tokens with two certificates.
    pub(super) duplicates: Vec<String>,
    pub(super) problems: Vec<String>,
}

pub(super) struct Journal {
    file: File,
    pub(super) told: Told,
}

impl Told {
    pub(super) fn read(file: &Path) -> Told {
        let text = read_to_string(file).unwrap_or_default();
        let mut told = Told::default();
        // What was not written to the end of its line says nothing.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().for_each(|line| told.add(line));
        told
    }

    fn add(&mut self, line: &str) {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["ask", token] => self.tokens.push((token.to_owned(), None)),
            ["got", token, arn, digest] => {
                let (last, got) = self.tokens.last_mut().unwrap();
                assert_eq!(last, token, "a certificate for a token that is not the last");
                *got = Some(Got { arn: arn.to_owned(), digest: digest.to_owned() });
            }
            ["again", _] => self.asked_again += 1,
            ["two", ref token_and_arns @ ..] => self.duplicates.push(token_and_arns.join(" ")),
            ["revoking", serial] => self.revoking.push(serial.to_owned()),
            ["revoked", serial] => self.revoked.push(serial.to_owned()),
            _ => self.problems.push(line.to_owned()),
        }
    }
}

impl Journal {
    /// Goes on with a file, or begins it.
    pub(super) fn open(file: &Path) -> Journal {
        let told = Told::read(file);
        if let Ok(text) = read_to_string(file) {
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            OpenOptions::new().write(true).open(file).unwrap().set_len(whole as u64).unwrap();
        }
        let file = OpenOptions::new().create(true).append(true).open(file).unwrap();
        Journal { file, told }
    }

    pub(super) fn write(&mut self, line: &str) {
        self.file.write_all(format!("{line}\n").as_bytes()).unwrap();
        self.told.add(line);
    }
}
