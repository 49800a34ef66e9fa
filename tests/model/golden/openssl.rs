//! `openssl verify -x509_strict` over every certificate.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use issuance::Timestamp;

/// Whether there is an OpenSSL to judge, of version 3 or later: earlier ones have no strict mode to speak of.
pub(crate) fn is_there() -> bool {
    let version = Command::new("openssl").arg("version").output().map(|output| output.stdout).unwrap_or_default();
    let major = version.strip_prefix(b"OpenSSL ").and_then(|rest| rest.split(|octet| *octet == b'.').next());
    let there = major.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).is_some_and(|n: u32| n >= 3);
    if !there {
        // Not by `eprintln!`, which the test harness swallows.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no OpenSSL 3 in PATH, so no chain was verified by it");
    }
    there
}

/// A directory of its own, removed afterwards.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        let path = std::env::temp_dir().join(format!("issuance-golden-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.0.join(name), content).unwrap();
    }

    /// Verifies files under the root in `root`, through those in `between`. The problems by file, each as OpenSSL puts it;
    /// none for a file that is fine.
    pub(crate) fn verify(
        &self,
        now: Timestamp,
        root: &str,
        between: Option<&str>,
        files: &[String],
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut command = Command::new("openssl");
        command.current_dir(&self.0).args(["verify", "-x509_strict", "-no-CAfile", "-no-CApath", "-no-CAstore"]);
        command.args(["-attime", &now.unix().to_string(), "-trusted", root]);
        if let Some(between) = between {
            command.args(["-untrusted", between]);
        }
        let output = command.args(files).output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let mut results: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in stdout.lines().filter_map(|line| line.strip_suffix(": OK")) {
            results.insert(file.to_owned(), BTreeSet::new());
        }
        let mut problems = BTreeSet::new();
        for line in stderr.lines() {
            let failed = line.strip_suffix(": verification failed").and_then(|line| line.strip_prefix("error "));
            if let Some(file) = failed {
                results.insert(file.to_owned(), std::mem::take(&mut problems));
            } else if let Some((_, problem)) = line.split_once(" depth lookup: ") {
                problems.insert(problem.to_owned());
            }
        }
        assert_eq!(results.len(), files.len(), "openssl verify said something else: {stderr}");
        results
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
