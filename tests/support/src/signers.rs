//! A signer with the key of the authority that answers as a test wants it.

use std::future::poll_fn;
use std::task::Poll;

use issuance::crypto::{SignError, SignFuture, Signature};
use issuance::{AsyncSigner, Signer, SigningAlgorithm};

use crate::ca::CA_KEY;

/// Has [`CA_KEY`]'s public key and algorithms, and answers what the function says.
pub struct SignBy<F>(F);

/// A signer that answers what `sign` says, at once; as an [`AsyncSigner`] the second time that it is polled.
pub fn sign_by<F>(sign: F) -> SignBy<F>
where
    F: Fn(SigningAlgorithm, &[u8]) -> Result<Signature, SignError> + Send + Sync,
{
    SignBy(sign)
}

/// Signs at once, with what no verifier would take, so that the rest of an issuance is seen.
pub fn quick() -> impl Signer {
    sign_by(|_, _| Ok(Signature::new(vec![0x30; 70])))
}

impl<F> Signer for SignBy<F>
where
    F: Fn(SigningAlgorithm, &[u8]) -> Result<Signature, SignError> + Send + Sync,
{
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        (self.0)(algorithm, message)
    }
}

impl<F> AsyncSigner for SignBy<F>
where
    F: Fn(SigningAlgorithm, &[u8]) -> Result<Signature, SignError> + Send + Sync,
{
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move {
            // Others go on meanwhile.
            let mut waited = false;
            poll_fn(|context| match std::mem::replace(&mut waited, true) {
                true => Poll::Ready(()),
                false => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await;
            (self.0)(algorithm, message)
        })
    }
}
