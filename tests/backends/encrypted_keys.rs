//! Private keys under a passphrase: what OpenSSL writes is read, what is written OpenSSL reads, and a hostile file costs little.

use std::path::Path;
use std::process::Command;

use issuance::crypto::PrivateKeyError;
use issuance::{RustCryptoSigner, Signer};
use issuance_test_support::openssl::{Scratch, openssl_is_there};

use crate::{key, pem_der, tlv};

type Read = fn(&str, &str) -> Result<Box<dyn Signer>, PrivateKeyError>;
type Write = fn(&str, &str) -> Result<String, PrivateKeyError>;

/// What reads a key under a passphrase, and what writes a PEM key under one.
const BACKENDS: &[(Read, Write)] = &[
    (
        |text, passphrase| Ok(Box::new(RustCryptoSigner::from_encrypted_pem(text, passphrase)?)),
        |text, passphrase| RustCryptoSigner::from_pem(text)?.to_encrypted_pem(passphrase),
    ),
    #[cfg(feature = "aws-lc-rs")]
    (
        |text, passphrase| Ok(Box::new(issuance::AwsLcSigner::from_encrypted_pem(text, passphrase)?)),
        |text, passphrase| issuance::AwsLcSigner::from_pem(text)?.to_encrypted_pem(passphrase),
    ),
];

const KEYS: [&str; 5] = [key!("ec-p256"), key!("ec-p384"), key!("ec-p521"), key!("rsa-2048"), key!("ml-dsa-65")];

fn public_key(pem: &str) -> Vec<u8> {
    RustCryptoSigner::from_pem(pem).unwrap().public_key_der().to_vec()
}

fn refusal(text: &str, passphrase: &str) -> PrivateKeyError {
    let mut errors: Vec<_> = BACKENDS.iter().map(|(read, _)| read(text, passphrase).err().unwrap()).collect();
    errors.dedup();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

/// `openssl pkcs8` with these options. Nothing where this OpenSSL lacks the algorithm.
fn openssl_pkcs8(scratch: &Scratch, pem: &str, options: &[&str]) -> Option<String> {
    let file = scratch.write("key.pem", pem.as_bytes());
    let output = pkcs8(&file).args(options).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

fn pkcs8(file: &Path) -> Command {
    let mut command = Command::new("openssl");
    command.args(["pkcs8", "-in"]).arg(file);
    command
}

#[test]
fn what_openssl_encrypts_is_read() {
    if !openssl_is_there() {
        return;
    }
    let scratch = Scratch::new("encrypted-read");
    let modes: [&[&str]; 8] = [
        &[],
        &["-iter", "100000"],
        &["-v2", "aes-128-cbc"],
        &["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA224"],
        &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA384"],
        &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"],
        &["-scrypt"],
        &["-scrypt", "-scrypt_N", "1024", "-scrypt_r", "4", "-scrypt_p", "3"],
    ];
    for mode in modes {
        let options = [&["-topk8", "-passout", "pass:päss word"], mode].concat();
        let encrypted = openssl_pkcs8(&scratch, key!("ec-p256"), &options).unwrap();
        for (read, _) in BACKENDS {
            let signer = read(&encrypted, "päss word").unwrap();
            assert_eq!(signer.public_key_der(), public_key(key!("ec-p256")), "{mode:?}");
        }
        assert_eq!(refusal(&encrypted, "pass word"), PrivateKeyError::Passphrase, "{mode:?}");
    }
}

#[test]
fn what_is_encrypted_openssl_reads() {
    if !openssl_is_there() {
        return;
    }
    let scratch = Scratch::new("encrypted-write");
    // No OpenSSL before 3.5 has ML-DSA.
    for plain in &KEYS[..4] {
        for (read, write) in BACKENDS {
            let encrypted = write(plain, "päss word").unwrap();
            assert!(encrypted.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
            assert_eq!(read(&encrypted, "päss word").unwrap().public_key_der(), public_key(plain));
            let opened = openssl_pkcs8(&scratch, &encrypted, &["-passin", "pass:päss word"]).unwrap();
            assert_eq!(public_key(&opened), public_key(plain));
            assert_eq!(openssl_pkcs8(&scratch, &encrypted, &["-passin", "pass:other"]), None);
        }
    }
}

#[test]
fn keys_of_every_kind_come_back() {
    for plain in KEYS {
        for (read, write) in BACKENDS {
            let encrypted = write(plain, "passphrase").unwrap();
            assert_eq!(read(&encrypted, "passphrase").unwrap().public_key_der(), public_key(plain));
            assert_ne!(write(plain, "passphrase").unwrap(), encrypted, "salt and vector are new each time");
        }
    }
    let der = pem_der(key!("ec-p256.encrypted"));
    let signer = RustCryptoSigner::from_encrypted_der(&der, "test").unwrap();
    assert_eq!(signer.public_key_der(), public_key(key!("ec-p256")));
}

/// The padding fits one wrong passphrase in 256, and then what comes out is not a key.
#[test]
fn no_wrong_passphrase_is_taken_for_a_damaged_key() {
    for number in 0..1_000 {
        assert_eq!(refusal(key!("ec-p256.encrypted"), &number.to_string()), PrivateKeyError::Passphrase);
    }
}

#[test]
fn an_empty_passphrase_encrypts_nothing() {
    for (_, write) in BACKENDS {
        assert_eq!(write(key!("ec-p256"), ""), Err(PrivateKeyError::EmptyPassphrase));
    }
    assert_eq!(refusal(key!("ec-p256.encrypted"), ""), PrivateKeyError::Passphrase);
}

#[test]
fn what_is_not_an_encrypted_key_is_refused() {
    assert_eq!(refusal(key!("ec-p256"), "test"), PrivateKeyError::NotEncrypted);
    assert_eq!(refusal(key!("ec-p256.sec1"), "test"), PrivateKeyError::NotEncrypted);
    assert_eq!(refusal("", "test"), PrivateKeyError::Pem("there is no block"));
    let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    assert_eq!(refusal(certificate, "test"), PrivateKeyError::Pem("the block is not an ENCRYPTED PRIVATE KEY"));
    let damaged = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let malformed = PrivateKeyError::Malformed("EncryptedPrivateKeyInfo with parameters of PBES2");
    assert_eq!(refusal(damaged, "test"), malformed);
    let der = pem_der(key!("ec-p256.encrypted"));
    for len in 0..der.len() {
        let error = RustCryptoSigner::from_encrypted_der(&der[..len], "test").unwrap_err();
        assert_eq!(error, malformed, "{len} bytes");
    }
}

#[test]
fn an_unsupported_scheme_is_named() {
    let legacy = refusal(key!("rsa-2048.pkcs1-encrypted"), "test").to_string();
    assert!(legacy.starts_with("a private key that is encrypted with the form of OpenSSL with Proc-Type"), "{legacy}");
    if !openssl_is_there() {
        return;
    }
    let scratch = Scratch::new("encrypted-schemes");
    let schemes: [(&[&str], &str); 4] = [
        (&["-v1", "PBE-SHA1-3DES"], "1.2.840.113549.1.12.1.3 (pbeWithSHAAnd3-KeyTripleDES-CBC)"),
        (&["-v2", "des3"], "1.2.840.113549.3.7 (des-EDE3-CBC)"),
        (&["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"], "1.2.840.113549.2.7 (hmacWithSHA1)"),
        (&["-v2", "camellia-256-cbc"], "1.2.392.200011.61.1.1.1.4"),
    ];
    let mut seen = 0;
    for (options, scheme) in schemes {
        let options = [&["-topk8", "-passout", "pass:test"], options].concat();
        let Some(encrypted) = openssl_pkcs8(&scratch, key!("ec-p256"), &options) else { continue };
        assert_eq!(refusal(&encrypted, "test"), PrivateKeyError::UnsupportedEncryption { scheme: scheme.to_owned() });
        seen += 1;
    }
    assert!(seen >= 2, "this OpenSSL has hardly any of the schemes");
}

fn integer(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let significant = &bytes[bytes.iter().position(|&byte| byte != 0).unwrap_or(7)..];
    let sign: &[u8] = if significant[0] & 0x80 == 0 { &[] } else { &[0] };
    tlv(0x02, &[sign, significant].concat())
}

/// An EncryptedPrivateKeyInfo of PBES2 and AES-256-CBC, whose key derivation has this identifier and parameters.
fn under(kdf: &[u8], parameters: &[Vec<u8>]) -> Vec<u8> {
    let pbes2 = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
    let aes = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];
    let derivation = tlv(0x30, &[kdf, &tlv(0x30, &parameters.concat())].concat());
    let encryption = tlv(0x30, &[&aes[..], &tlv(0x04, &[0; 16])].concat());
    let algorithm = tlv(0x30, &[&pbes2[..], &tlv(0x30, &[derivation, encryption].concat())].concat());
    tlv(0x30, &[algorithm, tlv(0x04, &[0; 32])].concat())
}

fn pbkdf2(iterations: u64) -> Vec<u8> {
    let oid = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
    let sha256 = tlv(0x30, &[0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09, 0x05, 0x00]);
    under(&oid, &[tlv(0x04, &[1; 16]), integer(iterations), sha256])
}

fn scrypt(n: u64, r: u64, p: u64) -> Vec<u8> {
    let oid = [0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b];
    under(&oid, &[tlv(0x04, &[1; 16]), integer(n), integer(r), integer(p)])
}

#[test]
fn a_hostile_file_is_refused_before_it_costs_anything() {
    let cost = |unit, found, limit| PrivateKeyError::DerivationCost { unit, found, limit };
    let malformed = PrivateKeyError::Malformed;
    let (memory, work) = ("bytes of memory for scrypt", "bytes of work of scrypt");
    let power = malformed("EncryptedPrivateKeyInfo with a power of two as the cost of scrypt");
    let parameters = malformed("EncryptedPrivateKeyInfo with parameters of PBES2");
    for (file, error) in [
        (pbkdf2(0), malformed("EncryptedPrivateKeyInfo with an iteration of PBKDF2 or more")),
        (pbkdf2(10_000_001), cost("iterations of PBKDF2", 10_000_001, 10_000_000)),
        (pbkdf2(u64::from(u32::MAX)), cost("iterations of PBKDF2", 4_294_967_295, 10_000_000)),
        (pbkdf2(u64::MAX), parameters.clone()),
        (scrypt(0, 8, 1), power.clone()),
        (scrypt(1, 8, 1), power.clone()),
        (scrypt(16_385, 8, 1), power),
        (scrypt(1 << 18, 8, 1), cost(memory, 1 << 28, 1 << 27)),
        (scrypt(1 << 63, 65_535, 65_535), cost(memory, u64::MAX, 1 << 27)),
        (scrypt(2, 65_535, 65_535), cost(work, 128 * 2 * 65_535 * 65_535, 1 << 30)),
        (scrypt(1 << 17, 8, 9), cost(work, 9 << 27, 1 << 30)),
        (scrypt(1 << 14, 0, 1), parameters.clone()),
        (scrypt(1 << 14, 8, 0), parameters.clone()),
        (scrypt(1 << 14, 65_536, 1), parameters),
    ] {
        assert_eq!(RustCryptoSigner::from_encrypted_der(&file, "test").unwrap_err(), error);
    }
    assert_eq!(
        cost("iterations of PBKDF2", 10_000_001, 10_000_000).to_string(),
        "the encrypted private key asks for 10000001 iterations of PBKDF2; at most 10000000 are accepted"
    );
    // What is within the bounds is tried, and does not fit.
    let honest = RustCryptoSigner::from_encrypted_der(&pbkdf2(1_000), "test").unwrap_err();
    assert_eq!(honest, PrivateKeyError::Passphrase);
}
