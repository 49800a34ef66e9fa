//! What lists cost beyond their signature (R-REV-6): a Markdown table.
//!
//! ```sh
//! cargo bench -p issuance-benches --bench crl
//! ```
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use issuance::crl::{Crl, CrlPreparation, RevokedEntry};
use issuance::x509::RevocationReason;
use issuance::{
    CertificateAuthority, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, SerialNumber, Signer, Subject, Timestamp,
    Validity,
};
use issuance_benches::turns::measuring;

/// Serial numbers of 16 bytes, ascending; every second entry with a reason.
fn entries(count: u64, now: Timestamp) -> impl Iterator<Item = RevokedEntry> {
    (0..count).map(move |number| {
        let octets = (1u128 << 126 | u128::from(number) << 32).to_be_bytes();
        let serial = SerialNumber::from_be_bytes(&octets).unwrap();
        let reason = [RevocationReason::Unspecified, RevocationReason::Superseded][(number % 2) as usize];
        RevokedEntry::new(serial, now, reason, Timestamp::MAX)
    })
}

fn main() {
    let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap();
    let name = Subject::builder().common_name("Bench Root").build().unwrap();
    let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10)).unwrap();
    let now = Timestamp::from(std::time::SystemTime::now());
    let list = CrlPreparation::new(&root, now);
    let counts: &[u64] = if measuring() { &[1_000, 10_000, 100_000, 1_000_000, 10_000_000] } else { &[1, 1_000] };
    println!(
        "\n| entries | bytes | written and judged, ms | finished, ms | signature alone, ms | read, ms | merged with the last, ms | peak / bytes | peak without a hint |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for &count in counts {
        let milliseconds = |start: Instant| start.elapsed().as_secs_f64() * 1e3;
        let start = Instant::now();
        let prepared = list.prepare(entries(count, now), &RustCryptoVerifier).unwrap();
        let written = milliseconds(start);
        let start = Instant::now();
        let signature = key.sign(prepared.algorithm(), prepared.tbs_der()).unwrap();
        let alone = milliseconds(start);
        let start = Instant::now();
        let signed = prepared.finish(signature.as_bytes(), &RustCryptoVerifier).unwrap();
        let finished = milliseconds(start);
        let start = Instant::now();
        let last = Crl::from_der(signed.der()).unwrap();
        let read = milliseconds(start);
        let start = Instant::now();
        let next = list.last(&last).prepare(entries(count, now), &RustCryptoVerifier).unwrap();
        let merged = milliseconds(start);
        assert_eq!(next.counts().new, 0);
        drop(next);
        let bytes = signed.der().len() as f64;
        let whole = |entries: &mut dyn Iterator<Item = RevokedEntry>, expected| {
            let peak = allocation_counter::measure(|| {
                let mut builder = list.begin(expected, &RustCryptoVerifier).unwrap();
                entries.for_each(|entry| builder.push(entry).unwrap());
                drop(builder.finish().unwrap().sign(&key, &RustCryptoVerifier).unwrap());
            });
            peak.bytes_max as f64 / bytes
        };
        let hinted = whole(&mut entries(count, now), count as usize);
        let unhinted = whole(&mut entries(count, now), 0);
        println!(
            "| {count} | {bytes:.0} | {written:.1} | {finished:.1} | {alone:.1} | {read:.1} | {merged:.1} | {hinted:.2} | {unhinted:.2} |"
        );
    }
}
