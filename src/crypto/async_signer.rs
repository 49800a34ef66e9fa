//! Signers that are awaited: behind a network, with no runtime of their own here.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::signer::{SignError, Signature, Signer};
use crate::x509::algorithm::SigningAlgorithm;

/// What [`AsyncSigner::sign`] returns: a boxed future that any runtime can drive, on any thread.
pub type SignFuture<'a> = Pin<Box<dyn Future<Output = Result<Signature, SignError>> + Send + 'a>>;

/// The private key of a certificate authority where using it takes time: a KMS, an HSM behind a network.
///
/// The counterpart of [`Signer`](crate::crypto::signer::Signer) for [`AsyncIssuer`](crate::issue::async_issuer::AsyncIssuer). Every signature is
/// verified before a certificate leaves. A time limit is for the implementation, or for whoever awaits.
///
/// ```
/// use std::sync::Arc;
///
/// use issuance::crypto::{SignFuture, Signature};
/// use issuance::{
///     AsyncIssuer, AsyncSigner, CertificateAuthority, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, Signer,
///     SigningAlgorithm, Subject, Validity,
/// };
///
/// /// A key in this process that stands for one behind a network.
/// struct Remote(RustCryptoSigner);
///
/// impl AsyncSigner for Remote {
///     fn public_key_der(&self) -> &[u8] {
///         self.0.public_key_der()
///     }
///
///     fn signing_algorithms(&self) -> &[SigningAlgorithm] {
///         self.0.signing_algorithms()
///     }
///
///     fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
///         Box::pin(async move { self.0.sign(algorithm, message) }) // your client is awaited here
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = Arc::new(Remote(RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?));
/// let name = Subject::builder().common_name("Example Root").build()?;
/// let root =
///     CertificateAuthority::self_signed_root_async(&name, &key, Validity::years(10), &RustCryptoVerifier).await?;
/// let issuer = AsyncIssuer::new(root, key)?;
/// let csr = include_bytes!("../../examples/data/www.example.com.csr");
/// let certificate = issuer.issue(&issuer.request(csr).validity(Validity::days(90)).build()?).await?;
/// # let _ = certificate;
/// # Ok(())
/// # }
/// ```
pub trait AsyncSigner: Send + Sync {
    /// The public key, as a DER `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7). Must not change during the signer's
    /// life.
    fn public_key_der(&self) -> &[u8];

    /// The algorithms that this signer supports with its key, as [`Signer::signing_algorithms`] says. It is not awaited: what
    /// is not known beforehand is asked for when the signer is made.
    ///
    /// [`Signer::signing_algorithms`]: crate::crypto::signer::Signer::signing_algorithms
    fn signing_algorithms(&self) -> &[SigningAlgorithm];

    /// Signs `message`, the to-be-signed octets themselves. The result is as [`Signer::sign`](crate::crypto::signer::Signer::sign) returns
    /// it.
    ///
    /// Dropping the future gives up; nothing is issued then, and another caller may take the intent up.
    fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a>;
}

/// A key in this process, for an issuer that awaits its ledger: a [`Signer`] whose signatures are ready when they are asked for.
///
/// The thread that asks makes the signature: under a tenth of a millisecond with ECDSA on P-256, milliseconds with RSA of 4096 bits. Where that
/// holds up other tasks, implement [`AsyncSigner`] and sign on a thread that may block.
///
/// ```
/// use issuance::crypto::Immediate;
/// use issuance::{AsyncIssuer, CertificateAuthority, KeyAlgorithm, RustCryptoSigner, Subject, Validity};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// let name = Subject::builder().common_name("Example Root").build()?;
/// let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
/// let issuer = AsyncIssuer::new(root, Immediate(key))?;
/// let csr = include_bytes!("../../examples/data/www.example.com.csr");
/// let certificate = issuer.issue(&issuer.request(csr).validity(Validity::days(90)).build()?).await?;
/// # let _ = certificate;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "it adds nothing to the signer")]
pub struct Immediate<S>(
    /// The key.
    pub S,
);

impl<S: Signer> AsyncSigner for Immediate<S> {
    fn public_key_der(&self) -> &[u8] {
        self.0.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        self.0.signing_algorithms()
    }

    fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move { self.0.sign(algorithm, message) })
    }
}

macro_rules! forward {
    ($($pointer:ty),+) => {$(
        impl<T: AsyncSigner + ?Sized> AsyncSigner for $pointer {
            fn public_key_der(&self) -> &[u8] {
                (**self).public_key_der()
            }

            fn signing_algorithms(&self) -> &[SigningAlgorithm] {
                (**self).signing_algorithms()
            }

            fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
                (**self).sign(algorithm, message)
            }
        }
    )+};
}
forward!(&T, Box<T>, Arc<T>);
