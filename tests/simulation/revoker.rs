//! Revokes what callers hold, and makes lists of it.

use issuance::CertificateAuthority;
use issuance::crl::{Crl, CrlPreparation};
use issuance::ledger::{AsyncLedger, Revocation, Revoked};
use issuance::x509::RevocationReason;
use issuance_test_support::verifiers::AnySignature;

use crate::replica::Replica;
use crate::world::List;
use issuance::Clock;

pub(crate) async fn revoke(replica: Replica) {
    let Some(serial) = replica.world.lock().any_acknowledged() else { return };
    let authority = issuance_test_support::ca::CA_ARN.parse().unwrap();
    let revocation = Revocation::new(RevocationReason::Superseded, replica.now());
    let revoked = replica.revoke(&authority, serial, revocation).await;
    if let Ok(Revoked::Now | Revoked::Before(_)) = revoked {
        replica.world.lock().revoked.insert(serial);
    }
}

pub(crate) async fn publish(replica: Replica, authority: &CertificateAuthority) {
    let begun = replica.world.lock().revoked.iter().copied().collect();
    let list = CrlPreparation::new(authority, replica.now());
    let Ok(list) = list.prepare_from_async(&replica, &AnySignature).await else { return };
    let list = list.finish(&[0x30, 0], &AnySignature).unwrap();
    let number = list.number().as_be_bytes().iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let entries = Crl::from_der(list.der()).unwrap().entries().map(|entry| entry.serial()).collect();
    replica.world.lock().lists.push(List { number, begun, entries });
}
