//! What the golden cases are made of, beside templates and configurations: names of files under `tests/data`.

pub const CSRS: [&str; 7] = [
    "p256-san",
    "rsa2048-extensions",
    "p256-empty-subject",
    "p521-long-cn",
    "p384-challenge",
    "p256-ca-usages",
    "p256-empty-subject-san-not-critical",
];
pub const PASSTHROUGHS: [&str; 6] = ["none", "subject", "standard", "custom", "ca-usages", "everything"];
