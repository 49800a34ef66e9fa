//! One span for each issuance, which says nothing of the request or of the certificate (R-LED-9).

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use issuance::issue::FixedClock;
use issuance::ledger::MemoryLedger;
use issuance::{Issuer, Validity};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, proven_csr};
use issuance_test_support::faulty::{Fault, Faulty};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What was recorded of each span.
#[derive(Default, Clone)]
struct Spans(Arc<Mutex<Vec<BTreeMap<&'static str, String>>>>);

/// Takes the fields of a span.
struct Taking<'s>(&'s mut BTreeMap<&'static str, String>);

impl Visit for Taking<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        assert_eq!(*metadata.level(), tracing::Level::INFO);
        metadata.target().starts_with("issuance")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut spans = self.0.lock().unwrap();
        let mut fields = BTreeMap::from([("name", attributes.metadata().name().to_owned())]);
        attributes.record(&mut Taking(&mut fields));
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut spans = self.0.lock().unwrap();
        values.record(&mut Taking(&mut spans[span.into_u64() as usize - 1]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        panic!("an event: {event:?}");
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn r_led_9_each_issuance_is_one_span() {
    let spans = Spans::default();
    let signer = Arc::new(Faulty::new(Fault::None));
    let builder = Issuer::builder(Ca::default().build(), Arc::clone(&signer)).clock(FixedClock(ca::now()));
    let issuer = builder.ledger(MemoryLedger::default().keep_everything()).build().unwrap();
    let request = |name: &str| ca::request(&proven_csr(name), "EndEntityCertificate");
    let tokened = request("secret name").idempotency_token("secret token").build().unwrap();
    let first = tracing::subscriber::with_default(spans.clone(), || {
        let first = issuer.issue(&tokened).unwrap();
        assert_eq!(issuer.issue(&tokened).unwrap(), first);
        signer.set(Fault::Refuses);
        assert!(issuer.issue(&request("secret name").build().unwrap()).is_err());
        let invalid = request("secret name").validity(Validity::years(100)).build().unwrap();
        assert!(issuer.issue(&invalid).is_err());
        signer.set(Fault::Panics);
        let broken = std::panic::AssertUnwindSafe(|| issuer.issue(&request("secret name").build().unwrap()));
        assert!(std::panic::catch_unwind(broken).is_err());
        first
    });
    let without = Issuer::builder(Ca::default().build(), &*CA_KEY).without_ledger().build().unwrap();
    tracing::subscriber::with_default(spans.clone(), || {
        without.issue(&request("secret name").build().unwrap()).unwrap()
    });

    let spans = spans.0.lock().unwrap();
    let outcomes: Vec<&str> = spans.iter().map(|span| span["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["issued", "issued", "InternalFailure", "ValidationException", "broken off", "issued"]);
    for span in spans.iter() {
        assert_eq!(
            (span["name"].as_str(), span["authority"].as_str()),
            ("issuance", issuer.authority().arn().as_str())
        );
        assert!(span.values().all(|value| !value.contains("secret")), "{span:?}");
    }
    for span in &spans[..2] {
        assert_eq!(span["serial"], first.serial().to_string());
        assert_eq!(span["template"], "EndEntityCertificate");
        for stage in ["prepare_us", "reserve_us", "sign_us", "commit_us"] {
            assert!(span[stage].parse::<u64>().is_ok(), "{span:?}");
        }
    }
    assert!(spans[0]["sign_us"] != "0" && spans[1]["sign_us"] == "0", "{:?}", &spans[..2]);
}
