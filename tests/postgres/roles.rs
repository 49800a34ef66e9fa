//! The least privileges of `docs/postgres-roles.sql` are enough, and no more.

use issuance::ledger::{AsyncLedger, PostgresLedger, PostgresSettings, Revocation};
use issuance::x509::RevocationReason;
use issuance_test_support::ca::{after_now, now};

use crate::place::{HookedSigner, Place, authority, empty_place, issuer, request, run};

const ROLES: &str = include_str!("../../docs/postgres-roles.sql");

/// Settings for a role that may log in and is a member of one of those of the document.
fn settings(place: &Place<'_>, role: &str) -> PostgresSettings {
    let user = format!("{}_{role}_login", place.schema);
    place.server.sql(&format!("CREATE ROLE {user} LOGIN INHERIT PASSWORD 'p' IN ROLE {}_{role}", place.schema));
    let url = format!("postgresql://{user}@127.0.0.1:{}/postgres", place.server.port());
    PostgresSettings::new(&url).unwrap().password("p").schema(&*place.schema).pool_size(2)
}

#[test]
fn r_led_5_the_roles_of_the_document_are_enough_and_no_more() {
    let Some(place) = empty_place() else { return };
    let roles = ROLES.replace("issuance", &place.schema);
    let (before, after) = roles.split_once("-- After the migration:").unwrap();
    place.server.sql(before);
    let [migrator, issuing, pruner] = ["migrator", "issuer", "pruner"].map(|role| settings(&place, role));

    let error = run(PostgresLedger::migrate(&issuing)).unwrap_err();
    assert!(!error.retryable && error.to_string().contains("permission denied"), "{error}");
    run(PostgresLedger::migrate(&migrator)).unwrap();
    // A member of the role owns what it made; the role shall.
    place.server.sql(after);

    let ledger = run(PostgresLedger::connect(&issuing)).unwrap();
    let issuer = issuer(&ledger, &HookedSigner::plain());
    let certificate = run(issuer.issue(&request("token"))).unwrap();
    run(issuer.issue(&request("token"))).unwrap();
    let (arn, serial) = (authority().arn().clone(), certificate.serial());
    run(async {
        assert!(ledger.by_arn(certificate.arn()).await.unwrap().is_some());
        assert_eq!(ledger.page(&arn, now(), after_now(1), None, 10).await.unwrap().records.len(), 1);
        assert!(ledger.take_up(&arn, after_now(60), 10).await.unwrap().is_empty());
        let revocation = Revocation::new(RevocationReason::Superseded, now());
        ledger.revoke(&arn, serial, revocation).await.unwrap();
        assert_eq!(ledger.revoked(&arn, None, None, 10).await.unwrap().certificates.len(), 1);
        assert_eq!(ledger.next_crl_number(&arn, None).await.unwrap(), 1);
        assert_eq!(ledger.next_crl_number(&arn, None).await.unwrap(), 2);
        assert_eq!(ledger.take_crl_places(&arn, 3).await.unwrap(), 0);
        assert_eq!(ledger.take_crl_places(&arn, 1).await.unwrap(), 3);
        let error = ledger.prune(after_now(1_000 * 86_400), 10).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{error}");
    });
    let pruner = run(PostgresLedger::connect(&pruner)).unwrap();
    assert_eq!(run(pruner.prune(after_now(1_000 * 86_400), 10)).unwrap(), 1);
    let left = ["intent", "state", "token", "revocation"].map(|table| place.count(table));
    assert_eq!(left, [0; 4]);
}
