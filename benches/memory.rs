//! How much memory one issuance holds at most beside its certificate: Markdown tables for more names, more extensions,
//! longer CSRs and longer policies. The request is the caller's and not counted, the result is.
#![allow(clippy::unwrap_used)]

use issuance_benches::growth::{self, Point};

fn main() {
    for curve in growth::curves() {
        println!("\n| {} | certificate, bytes | at most at one time, bytes | 4 × certificate + 8 KiB |", curve.unit);
        println!("|---:|---:|---:|---:|");
        for Point { units, request, issuer } in &curve.points {
            let mut octets = 0;
            let heap = allocation_counter::measure(|| octets = issuer.issue(request).unwrap().der().len());
            println!("| {units} | {octets} | {} | {} |", heap.bytes_max, 4 * octets + 8192);
        }
    }
}
