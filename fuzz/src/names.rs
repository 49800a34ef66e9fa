//! The names of a certificate against the constraints of the authority that has some (R-CA-5).

use issuance::CertificatePlan;

use crate::der::Walk;
use crate::oids;
use crate::setup::{EXCLUDED_IP, PERMITTED_DNS};

/// Checks the names of a certificate that the constrained authority issued, in each extension that may be read for a SAN.
pub fn check(plan: &CertificatePlan) {
    for extension in plan.extensions() {
        let arcs = oids::of(extension.oid());
        if arcs != oids::id_ce(17) && arcs != oids::id_ce(7) {
            continue;
        }
        let names = Walk::single(extension.value_der(), 0x30).expect("a SEQUENCE");
        let each = names.each(|name| {
            match name.tag {
                0x82 => assert!(is_permitted(name.content), "{:?}", String::from_utf8_lossy(name.content)),
                0x87 => assert!(ipv4(name.content).is_none_or(|ip| ip[0] != EXCLUDED_IP), "{:02x?}", name.content),
                _ => {}
            }
            Ok(())
        });
        each.expect("names");
    }
}

fn is_permitted(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    name.strip_suffix(PERMITTED_DNS).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The IPv4 address that a verifier may read: `::ffff:0:0/96`, `::/96` and `64:ff9b::/96` embed one. `::` and `::1` do not.
fn ipv4(address: &[u8]) -> Option<&[u8]> {
    if address.len() == 4 {
        return Some(address);
    }
    let (prefix, last) = address.split_at_checked(12)?;
    let compatible = prefix == [0; 12] && !matches!(last, [0, 0, 0, 0 | 1]);
    let mapped = prefix == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    let translated = prefix == [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
    (compatible || mapped || translated).then_some(last)
}
