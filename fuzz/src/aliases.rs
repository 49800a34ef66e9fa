//! What a template fixes cannot be said again under another identifier (R-MRG-9).

use issuance::template::Source;
use issuance::{CertificatePlan, Template};

use crate::oids::{self, APPLICATION_POLICIES, NETSCAPE_TYPE};
use crate::strict;

/// An extension that a passthrough source gives.
pub struct Given<'a> {
    /// Its type, as software reads it that holds arcs in 32 bits.
    pub arcs: &'a [u32],
    /// Whether that is not the type itself.
    pub wraps: bool,
    /// The content of `extnValue`.
    pub value: &'a [u8],
    /// The API or the CSR.
    pub source: Source,
}

/// Whether the template keeps an extension out, or another in the certificate does that says the same.
pub fn is_barred(given: &Given<'_>, template: &Template, plan: &CertificatePlan) -> bool {
    let stands = |arcs: &[u32]| plan.extensions().any(|e| oids::of(e.oid()) == arcs && !oids::is_wide(e.oid()));
    // Whatever has no name of its own with these arcs is not an alias.
    let is_known = strict::extension(given.arcs, given.value, false).is_some();
    if given.wraps && is_known && stands(given.arcs) {
        return true;
    }
    let fixes_usage = template.key_usage().is_some() || template.extended_key_usage().is_some();
    match *given.arcs {
        [85, 29, last] => match last {
            1 | 10 | 14 | 19 => true,
            2 | 4 => fixes_usage,
            3 => stands(&oids::id_ce(32)),
            7 => stands(&oids::id_ce(17)),
            15 => template.key_usage().is_some(),
            31 => template.name().starts_with("RootCACertificate"),
            35 => !(template.is_self_signed() && given.source == Source::Api),
            37 => template.extended_key_usage().is_some(),
            _ => false,
        },
        _ if given.arcs == APPLICATION_POLICIES => fixes_usage,
        _ if given.arcs == NETSCAPE_TYPE => {
            // SSL CA, S/MIME CA and object-signing CA are the last three of eight bits.
            let says_ca = matches!(*given.value, [3, 2, unused, bits] if bits & 7 & !((1u8 << unused.min(7)) - 1) != 0);
            fixes_usage || says_ca && !template.basic_constraints().ca
        }
        _ => false,
    }
}

/// Checks a certificate: nothing stands in it that the rules keep out, and nothing twice for who holds arcs in 32 bits.
pub fn check(plan: &CertificatePlan, template: &Template) {
    let mut met = Vec::new();
    for extension in plan.extensions() {
        let arcs = oids::of(extension.oid());
        if strict::extension(&arcs, extension.value_der(), false).is_some() {
            assert!(!met.contains(&arcs), "{} is there under another identifier, too", extension.oid());
        }
        if matches!(extension.source(), Source::Api | Source::Csr) {
            let (wraps, value, source) = (oids::is_wide(extension.oid()), extension.value_der(), extension.source());
            let given = Given { arcs: &arcs, wraps, value, source };
            assert!(!is_barred(&given, template, plan), "{} through {}", extension.oid(), template.name());
        }
        met.push(arcs);
    }
}
