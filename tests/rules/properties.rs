//! What holds for every request, whatever the rules say in detail, and the calendar against one that counts. `tests/model` holds
//! the engine against the rules.

mod calendar;
mod inputs;
mod requests;

use proptest::prelude::*;

/// Failures are reproduced from the seed that proptest prints, not from a file.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
