//! What an issuance costs with each library: the same certificate for the same CSR under the same key, checked before it is
//! timed.
#![allow(clippy::unwrap_used)]

mod contenders;
mod same;

use issuance_benches::{compare, work};

fn main() {
    let mut criterion = compare::criterion();
    println!("{}", openssl::version::version());
    for work in [work::p256(), work::rsa2048()] {
        let contenders = contenders::all(&work);
        same::check(&work, &contenders);
        compare::compare(&mut criterion, &work, &contenders::all_bare(&work), &contenders);
    }
    criterion.final_summary();
}
