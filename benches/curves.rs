//! How the cost of an issuance grows with what is asked for: Markdown tables of nanoseconds, beside the two public-key
//! operations, for more names, more extensions, longer CSRs and longer policies. A cost that grows evenly has one figure a unit in all rows.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use issuance_benches::growth::{self, Point};
use issuance_benches::turns::{Operation, measuring, median, take_turns};

fn main() {
    let (rounds, calls) = if measuring() { (301, 15) } else { (1, 1) };
    for curve in growth::curves() {
        let operations: Vec<Operation<'_>> = curve
            .points
            .iter()
            .map(|Point { request, issuer, .. }| -> Operation<'_> {
                Box::new(|| drop(black_box(issuer.issue(black_box(request)).unwrap())))
            })
            .collect();
        let medians: Vec<f64> = take_turns(&operations, rounds, calls).iter().map(|times| median(times)).collect();
        println!("\n| {} | certificate, bytes | ns | ns for each since the row before |", curve.unit);
        println!("|---:|---:|---:|---:|");
        let mut before = None;
        for (Point { units, request, issuer }, nanos) in curve.points.iter().zip(medians) {
            let slope = before.map_or(String::new(), |(units_before, nanos_before)| {
                format!("{:.1}", (nanos - nanos_before) / (units - units_before) as f64)
            });
            println!("| {units} | {} | {nanos:.0} | {slope} |", issuer.issue(request).unwrap().der().len());
            before = Some((*units, nanos));
        }
    }
}
