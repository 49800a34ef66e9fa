//! Everybody who does the work.

// Allocations are not counted for the operations alone.
#![allow(dead_code)]

mod openssl;
mod rcgen;
#[cfg(feature = "ring")]
mod ring;
mod x509_cert;

use ::x509_cert::ext::pkix::CrlDistributionPoints;
use ::x509_cert::ext::pkix::crl::dp::DistributionPoint;
use ::x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use der::asn1::Ia5String;
use issuance_benches::bare::{self, Bare};
use issuance_benches::work::{CRL_URL, Contender, Work};

pub fn all(work: &Work) -> Vec<Contender> {
    let mut all = Vec::from(work.issuance());
    all.push(rcgen::contender(work));
    all.extend(x509_cert::contenders(work));
    all.push(openssl::contender(work));
    all
}

/// The public-key operations of every backend alone.
pub fn all_bare(work: &Work) -> Vec<Bare> {
    vec![
        bare::aws_lc(work),
        bare::rust_crypto(work),
        openssl::bare(work),
        #[cfg(feature = "ring")]
        ring::bare(work),
    ]
}

/// 16 octets from the operating system, as many as this library draws; the first bits make it positive and never shorter.
fn serial() -> [u8; 16] {
    let mut octets = [0; 16];
    getrandom::fill(&mut octets).unwrap();
    octets[0] = octets[0] & 0x7f | 0x40;
    octets
}

fn crl_distribution_points() -> CrlDistributionPoints {
    let url = GeneralName::UniformResourceIdentifier(Ia5String::new(CRL_URL).unwrap());
    CrlDistributionPoints(vec![DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![url])),
        reasons: None,
        crl_issuer: None,
    }])
}
