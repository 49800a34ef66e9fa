//! Causes of errors that can be cloned.

use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The cause of an error: any error, or a text, shared so that the error it belongs to can be cloned.
///
/// It is made by `into()` and read by [`Error::source`] of the error that holds it, which gives the cause itself, so it can be
/// downcast.
///
/// ```
/// use std::error::Error;
/// use std::io;
///
/// use issuance::crypto::SignError;
///
/// let cause = io::Error::from(io::ErrorKind::TimedOut);
/// let error = SignError::backend("the token does not answer").retryable().caused_by(cause);
/// let shared = error.clone();
/// let cause = shared.source().and_then(|cause| cause.downcast_ref::<io::Error>());
/// assert_eq!(cause.map(io::Error::kind), Some(io::ErrorKind::TimedOut));
/// ```
#[derive(Clone)]
pub struct ErrorSource(Arc<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for ErrorSource {
    fn from(cause: E) -> ErrorSource {
        ErrorSource(Arc::from(cause.into()))
    }
}

impl Deref for ErrorSource {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Display for ErrorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ErrorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
