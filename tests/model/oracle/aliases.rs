//! R-MRG-9: what a template fixes cannot be said again under another identifier.

use issuance_test_support::asn1::{OID, oid};
use issuance_test_support::inputs::Asked;

use crate::oracle::read::{one, wrapped};
use crate::oracle::rules::Rules;
use crate::oracle::types::{
    APPLICATION_POLICIES, CERTIFICATE_POLICIES, NETSCAPE_TYPE, OLD_KEY_USAGE_RESTRICTION, OLD_POLICIES,
    OLD_SUBJECT_ALT_NAME, SUBJECT_ALT_NAME, reads,
};

pub(crate) const OLD_KEY_IDENTIFIERS: &str = "2.5.29.1";
pub(crate) const OLD_BASIC_CONSTRAINTS: &str = "2.5.29.10";

/// SSL CA, S/MIME CA and object-signing CA, bits 5 to 7.
const NETSCAPE_CA_BITS: u8 = 0x07;

/// The identifier that software of 32 bits takes this one for.
pub(crate) fn in_32_bits(id: &str) -> String {
    let id = oid(id);
    one(&id).filter(|id| id.tag == OID).and_then(|id| wrapped(id.content)).expect("an identifier")
}

/// Whether it becomes that of a known extension when an arc wraps.
pub(crate) fn is_wrapped(id: &str) -> bool {
    let read = in_32_bits(id);
    let is_old =
        [OLD_KEY_IDENTIFIERS, OLD_POLICIES, OLD_KEY_USAGE_RESTRICTION, OLD_BASIC_CONSTRAINTS].contains(&&*read);
    read != id && (is_old || reads(&read, &[]).is_some())
}

/// The extension that this one is judged as.
pub(crate) fn judged_as(id: &str) -> String {
    if is_wrapped(id) { in_32_bits(id) } else { id.to_owned() }
}

impl Rules<'_> {
    /// Whether something says again what is the template's to say.
    pub(crate) fn is_alias(&self, asked: &Asked) -> bool {
        let row = self.row;
        let read = in_32_bits(&asked.oid);
        let fixes_usage = row.key_usage.is_some() || row.eku.is_some();
        let beside = |id: &str| self.giver(id) != Ok(None);
        match read.as_str() {
            // Not beside the one that it is taken for, whoever gives that.
            _ if is_wrapped(&asked.oid) && beside(&read) => true,
            OLD_BASIC_CONSTRAINTS | OLD_KEY_IDENTIFIERS => true,
            NETSCAPE_TYPE => {
                fixes_usage || (!row.basic_constraints.ca && !asked.malformed && has_ca_bits(&asked.value))
            }
            OLD_POLICIES => beside(CERTIFICATE_POLICIES),
            APPLICATION_POLICIES | OLD_KEY_USAGE_RESTRICTION => fixes_usage,
            OLD_SUBJECT_ALT_NAME => beside(SUBJECT_ALT_NAME),
            _ => false,
        }
    }
}

/// What cannot be read has no bits, and R-CSR-8 refuses it.
fn has_ca_bits(value: &[u8]) -> bool {
    reads(NETSCAPE_TYPE, value) == Some(true) && value[3] & NETSCAPE_CA_BITS != 0
}
