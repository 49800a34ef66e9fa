//! Where serial numbers come from.

use std::sync::Arc;

use crate::x509::serial::SerialNumber;

/// Where serial numbers come from. The engine asks for one per certificate, right before it builds the certificate.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use issuance::SerialNumber;
/// use issuance::issue::{SerialSource, SerialSourceError};
///
/// /// Numbers of a range that was reserved for this process.
/// struct Reserved(AtomicU64);
///
/// impl SerialSource for Reserved {
///     fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
///         let number = self.0.fetch_add(1, Ordering::Relaxed);
///         let of_reason = |error: issuance::x509::SerialNumberError| SerialSourceError { reason: error.to_string() };
///         SerialNumber::from_be_bytes(&number.to_be_bytes()).map_err(of_reason)
///     }
/// }
///
/// let source = Reserved(AtomicU64::new(0x7000));
/// assert_eq!(source.next_serial()?.to_hex(), "7000");
/// # Ok::<(), SerialSourceError>(())
/// ```
pub trait SerialSource: Send + Sync {
    /// The next serial number. It must not repeat under one issuer (RFC 5280 section 4.1.2.2).
    ///
    /// # Errors
    /// When the source of randomness, or the store that hands out numbers, fails.
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError>;
}

macro_rules! forward_serial_source {
    ($($pointer:ty),+) => {$(
        impl<T: SerialSource + ?Sized> SerialSource for $pointer {
            fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
                (**self).next_serial()
            }
        }
    )+};
}
forward_serial_source!(&T, Box<T>, Arc<T>);

/// A serial number could not be had. [`SerialSource`](crate::issue::SerialSource) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no serial number: {reason}")]
#[allow(clippy::exhaustive_structs, reason = "your own sources make it")]
pub struct SerialSourceError {
    /// What failed.
    pub reason: String,
}

/// Serial numbers of 128 random bits from the operating system (R-ENC-1).
///
/// All 128 bits are random: the top bit may be set, and the DER integer then has 17 content bytes.
///
/// On `wasm32-unknown-unknown` there is no operating system, and without the signers in pure Rust each call is an error: give the
/// issuer a source of your own. With them, randomness is that of the backend that you choose for the crate `getrandom`.
/// [`SerialSource`](crate::issue::SerialSource) has an example.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "a value is its name")]
pub struct RandomSerial;

impl SerialSource for RandomSerial {
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
        let mut octets = [0u8; 16];
        fill(&mut octets)?;
        of_random(&octets)
    }
}

fn of_random(octets: &[u8; 16]) -> Result<SerialNumber, SerialSourceError> {
    SerialNumber::from_be_bytes(octets).map_err(|error| SerialSourceError { reason: error.to_string() })
}

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", not(feature = "_rustcrypto"))))]
fn fill(octets: &mut [u8]) -> Result<(), SerialSourceError> {
    getrandom::fill(octets).map_err(|error| SerialSourceError { reason: error.to_string() })
}

#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(feature = "_rustcrypto")))]
fn fill(_: &mut [u8]) -> Result<(), SerialSourceError> {
    let reason = "this target has no operating system to give randomness; give the issuer a serial source";
    Err(SerialSourceError { reason: reason.to_owned() })
}

/// Serial numbers of 128 random bits from AWS-LC's generator (R-ENC-1), which asks the operating system once for many of them:
/// for issuers whose keys are [`AwsLcSigner`](crate::AwsLcSigner)s. They rest on its random numbers anyway.
///
/// Two processes that go on from the same memory must not draw the same numbers. AWS-LC 5.12 (`aws-lc-sys` 0.47) sees to that as
/// follows; [`RandomSerial`], the default of every issuer, needs none of it.
///
/// - **Fork**: on Linux from 4.14 on (`MADV_WIPEONFORK`), FreeBSD, OpenBSD and NetBSD the kernel clears a page for the child, and the generator is
///   seeded anew before the next number. Where it finds no such kernel (macOS, older Linux, some emulators) it is seeded anew for each
///   number (`crypto/ube/fork_ube_detect.c`, `crypto/fipsmodule/rand/rand.c`).
/// - **Snapshot of a virtual machine** that is resumed twice: where the system has `/dev/sysgenid`, as above, and otherwise bytes of
///   the processor (`RDRAND`, `RNDR`) go into each number (`crypto/ube/vm_ube_detect.c`,
///   `crypto/fipsmodule/rand/entropy/entropy_sources.c`). Where there is neither, both copies go on with the same numbers. Use
///   [`RandomSerial`] there: the kernel seeds its own generator anew where the hypervisor has `vmgenid`.
///
/// The first number of each thread takes longer than one of [`RandomSerial`], since the generator is seeded.
///
/// ```
/// # use issuance::{AwsLcSigner, AwsLcVerifier, CertificateAuthority, Error, Issuer};
/// use issuance::issue::AwsLcSerial;
///
/// # fn run(ca: CertificateAuthority, key: AwsLcSigner) -> Result<Issuer, Error> {
/// Issuer::builder_with_verifier(ca, key, AwsLcVerifier).serial_source(AwsLcSerial).build()
/// # }
/// ```
#[cfg(feature = "aws-lc-rs")]
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "a value is its name")]
pub struct AwsLcSerial;

#[cfg(feature = "aws-lc-rs")]
impl SerialSource for AwsLcSerial {
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
        let mut octets = [0u8; 16];
        let filled = aws_lc_rs::rand::fill(&mut octets);
        filled.map_err(|_| SerialSourceError { reason: "AWS-LC gave no random bytes".to_owned() })?;
        of_random(&octets)
    }
}

/// Always the same serial number: for tests, and for rebuilding a known certificate.
/// [`SerialSource`](crate::issue::SerialSource) has an example.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "the number is all there is to it")]
pub struct FixedSerial(pub SerialNumber);

impl SerialSource for FixedSerial {
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
        Ok(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_sources() {
        let serial = SerialNumber::from_hex("7").unwrap();
        let shared: Arc<dyn SerialSource> = Arc::new(FixedSerial(serial));
        let next = |source: &dyn SerialSource| source.next_serial().unwrap();
        assert_eq!([next(&shared.as_ref()), next(&Box::new(&shared)), next(&shared)], [serial; 3]);
    }

    #[test]
    fn random_serials_differ() {
        assert_ne!(RandomSerial.next_serial().unwrap(), RandomSerial.next_serial().unwrap());
    }
}
