//! What a ledger is given: intents with their signatures, made beforehand.

use std::sync::{Arc, Mutex};

use issuance::authority::RevocationConfiguration;
use issuance::ledger::{Ended, Ledger, LedgerError, MemoryLedger, Signed};
use issuance::{Issuer, RustCryptoSigner, RustCryptoVerifier, SigningAlgorithm, Timestamp, Validity};
use issuance_test_support::forward_to_ledger;

use crate::root::active_root;

const ARN: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const CSR: &[u8] = include_bytes!("../data/p256.csr.der");
const KEY: &str = include_str!("../../tests/data/keys/ec-p256.pem");

/// Keeps what an issuer commits.
struct Capture {
    memory: MemoryLedger,
    signed: Arc<Mutex<Vec<Signed>>>,
}

impl Ledger for Capture {
    forward_to_ledger!(memory: keeps window_seconds reserve abandon renew free when_free by_token by_arn by_serial
        page take_up revoke revoked next_crl_number take_crl_places crl_partitions prune);

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        self.signed.lock().unwrap().extend_from_slice(signed);
        Ledger::commit(&self.memory, signed, now)
    }
}

/// Intents with their certificates, every other one under a token if `tokens`.
pub fn samples(count: usize, tokens: bool) -> Vec<Signed> {
    let signer = RustCryptoSigner::from_pem(KEY).unwrap();
    let algorithm = SigningAlgorithm::Sha256WithEcdsa;
    let (root, _) = active_root(ARN, signer, RustCryptoVerifier, algorithm, RevocationConfiguration::none());
    let signed = Arc::default();
    let ledger =
        Capture { memory: MemoryLedger::default().keep_everything().max_bytes(1 << 40), signed: Arc::clone(&signed) };
    let issuer = Issuer::builder(root, RustCryptoSigner::from_pem(KEY).unwrap()).ledger(ledger).build().unwrap();
    let issuer = issuer.for_caller("arn:aws:iam::123456789012:role/device-enrolment");
    for n in 0..count {
        let request = issuer.request(CSR).template("EndEntityCertificate").validity(Validity::days(365));
        let request = if tokens { request.idempotency_token(format!("token-{n}")) } else { request };
        issuer.issue(&request.build().unwrap()).unwrap();
    }
    std::mem::take(&mut *signed.lock().unwrap())
}
