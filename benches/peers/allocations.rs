//! What one issuance takes from the heap with each library: a Markdown table. Memory that C code allocates, OpenSSL's and
//! AWS-LC's, is not seen.
#![allow(clippy::unwrap_used)]

mod contenders;

use issuance_benches::work;

fn main() {
    for work in [work::p256(), work::rsa2048()] {
        println!("\n### {}\n", work.name);
        println!("| library | backend | allocations | bytes allocated | at most at one time |");
        println!("|---|---|---:|---:|---:|");
        let input = work.input(work.csr);
        for contender in contenders::all(&work) {
            // What is made only once is made.
            contender.run(&input);
            let heap = allocation_counter::measure(|| contender.run(&input));
            let (library, backend) = (contender.library, contender.backend);
            println!("| {library} | {backend} | {} | {} | {} |", heap.count_total, heap.bytes_total, heap.bytes_max);
        }
    }
}
