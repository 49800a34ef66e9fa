//! The `openssl` program as a judge of keys and signatures.

use std::path::PathBuf;
use std::process::Command;

use issuance::x509::SignatureAlgorithm;

/// The default distinguishing identifier, as an option of OpenSSL.
pub const SM2_ID: &str = "distid:1234567812345678";

/// Whether there is an `openssl` program to judge with; where there is none, that is said.
pub fn openssl_is_there() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("SKIPPED: there is no `openssl` in PATH");
    }
    there
}

/// A directory of its own for each test, removed afterwards.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(test: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("issuance-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The options of `openssl dgst` for an algorithm.
pub fn options(algorithm: SignatureAlgorithm) -> Vec<&'static str> {
    let name = algorithm.to_string();
    let hash = ["-sha256", "-sha384", "-sha512", "-sha1", "-sm3"];
    let mut options = vec![*hash.iter().find(|hash| name.starts_with(&hash[1..].to_uppercase())).unwrap()];
    if name.ends_with("_PSS") {
        options.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]);
    }
    if name.ends_with("SM2") {
        options.extend(["-sigopt", SM2_ID]);
    }
    options
}
