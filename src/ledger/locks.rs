//! The locks of this module: those of the standard library, or, in `tests/interleavings`, those of a model checker.

#[cfg(not(interleavings))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(interleavings)]
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
