//! Certificate authorities: their certificates and chains, their constraints, what they publish.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ca_import;
mod crl_partitions;
mod existing;
mod foreign_parents;
mod mixed_hierarchy;
mod name_constraint_bypasses;
mod own_templates;
mod root_renewal;
