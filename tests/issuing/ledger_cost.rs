//! What a ledger costs: allocations of an issuance, and bytes of a record.

use allocation_counter::measure;
use issuance::issue::FixedClock;
use issuance::ledger::{Intent, Ledger, MemoryLedger};
use issuance::{Issuer, Timestamp};
use issuance_test_support::ca;
use issuance_test_support::ca::{Ca, proven_csr};
use issuance_test_support::signers::quick;
use issuance_test_support::verifiers::AnySignature;

fn builder() -> issuance::issue::IssuerBuilder {
    Issuer::builder_with_verifier(Ca::default().build(), quick(), AnySignature).clock(FixedClock(ca::now()))
}

#[test]
fn r_led_4_without_a_token_the_default_ledger_costs_nothing() {
    let request = ca::request(&proven_csr("leaf"), "EndEntityCertificate");
    let (plain, tokened) = (request.clone().build().unwrap(), request.idempotency_token("t").build().unwrap());
    let count = |issuer: &Issuer, request| {
        measure(|| drop(issuer.issue(request).unwrap()));
        measure(|| drop(issuer.issue(request).unwrap())).count_total
    };
    let without = count(&builder().without_ledger().build().unwrap(), &plain);
    let default = count(&builder().build().unwrap(), &plain);
    let issuer = builder().ledger(MemoryLedger::new(0)).build().unwrap();
    let with_token = count(&issuer, &tokened);
    println!("allocations: {without} without a ledger, {default} with the default, {with_token} under a token");
    assert_eq!(without, default);
    // The intent and what it shares with the certificate, the answers to two calls, and a place in the ledger.
    assert!(with_token <= without + 8, "{with_token} and {without}");
}

#[test]
fn a_record_is_hardly_larger_than_its_certificate() {
    let ledger = std::sync::Arc::new(MemoryLedger::default().keep_everything());
    let issuer = builder().ledger(std::sync::Arc::clone(&ledger)).build().unwrap().for_caller("someone");
    let request = ca::request(&proven_csr("leaf"), "EndEntityCertificate").idempotency_token("t").build().unwrap();
    let certificate = issuer.issue(&request).unwrap();
    let page = Ledger::page(&ledger, issuer.authority().arn(), Timestamp::MIN, Timestamp::MAX, None, 1).unwrap();
    let intent: &Intent = &page.records[0].intent;
    let bytes = intent.to_bytes();
    let (record, der) = (bytes.len() + 70, certificate.der().len());
    let json = serde_json::to_vec(&*certificate).unwrap().len();
    println!(
        "certificate {der} bytes, record {record}, of its authority {}, JSON {json}",
        intent.authority_record().to_bytes().len()
    );
    assert!(record < der + 200, "{record} for {der}");
    let back = Intent::from_bytes(&bytes, &intent.authority_record()).unwrap();
    assert!(back.is_same(intent) && back.plan() == intent.plan() && back.plan_sha256() == intent.plan_sha256());
    // Whatever is changed or missing, the rest is an error and not another intent.
    for at in 0..bytes.len() {
        assert!(Intent::from_bytes(&bytes[..at], &intent.authority_record()).is_err(), "{at}");
        let mut other = bytes.clone();
        other[at] ^= 0x40;
        if let Ok(other) = Intent::from_bytes(&other, &intent.authority_record()) {
            assert_eq!(other.tbs_der(), intent.tbs_der());
        }
    }
}
