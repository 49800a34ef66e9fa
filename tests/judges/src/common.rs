//! What the library's own tests have, seen from here.

#[path = "../../common/asn1.rs"]
pub mod asn1;
#[path = "../../common/authorities.rs"]
pub mod authorities;
#[path = "../../common/golden/cases.rs"]
pub mod cases;
#[path = "../../common/facts.rs"]
pub mod facts;
#[path = "../../common/model/inputs.rs"]
pub mod inputs;
#[path = "../../common/keys.rs"]
pub mod keys;

/// Files under `tests/data`.
pub mod files {
    use std::path::{Path, PathBuf};

    pub fn path(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(name)
    }

    pub fn text(name: &str) -> String {
        std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}
