//! A store in memory: window, single flight, and no growth beyond what the window and the limit hold.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError};

use super::key::{Fingerprint, IdempotencyKey};
use super::locks::{Mutex, MutexGuard};
use super::waiter::{Waiter, Waiters};
use super::{Claim, DEFAULT_WINDOW_SECONDS, IdempotencyStore, StoreError};
use crate::issued::IssuedCertificate;
use crate::x509::timestamp::Timestamp;

/// Keeps tokens in memory, for one process.
///
/// What has left the window is removed as new certificates come in, so memory is bounded by what one window issues, and by
/// [`MemoryStore::max_bytes`]. A store that is full refuses tokens that it does not know
/// ([`Error::TooManyTokens`](crate::error::Error::TooManyTokens), `ThrottlingException`) until others leave the window: were a token
/// forgotten earlier, a retry would get a second certificate. Requests without a token are issued all the same.
///
/// ```
/// use std::sync::Arc;
///
/// use issuance::idempotency::{IdempotencyMode, MemoryStore};
/// use issuance::{CertificateAuthority, Issuer, KeyAlgorithm, RustCryptoSigner, Subject, Validity};
/// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// # let name = Subject::builder().common_name("Example Root").build()?;
/// # let ca = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
/// let store = Arc::new(MemoryStore::new(600).max_bytes(64 << 20)); // ten minutes; the issuers of one authority share it
/// let issuer = Issuer::builder(ca, key).idempotency(store, IdempotencyMode::PerCsr).build()?;
/// let csr = include_bytes!("../../examples/data/www.example.com.csr");
/// let request = issuer.request(csr).validity(Validity::days(90)).idempotency_token("order-17").build()?;
/// assert_eq!(issuer.issue(&request)?.serial(), issuer.issue(&request)?.serial());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MemoryStore {
    window_seconds: u32,
    max_bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<IdempotencyKey, Entry>,
    /// Finished entries, oldest first, with the time they were finished.
    finished: VecDeque<(i64, IdempotencyKey)>,
    /// What the entries count.
    bytes: usize,
}

#[derive(Debug)]
enum Entry {
    InFlight { fingerprint: Fingerprint, waiting: Waiters },
    Issued { certificate: Arc<IssuedCertificate>, fingerprint: Fingerprint, at: i64 },
}

/// What an entry costs by itself: its place in the map, which is at most seven eighths full and grows twofold, and in the queue.
const ENTRY_BYTES: usize = 512;

impl Entry {
    fn bytes(&self) -> usize {
        match self {
            Entry::InFlight { .. } => ENTRY_BYTES,
            Entry::Issued { certificate, .. } => ENTRY_BYTES + certificate.bytes_in_memory(),
        }
    }

    /// Wakes who waits for the entry. Not under the lock: what they do is theirs.
    fn wake_all(self) {
        if let Entry::InFlight { waiting, .. } = self {
            waiting.wake();
        }
    }
}

impl State {
    fn insert(&mut self, key: IdempotencyKey, entry: Entry) -> Option<Entry> {
        self.bytes += entry.bytes();
        let before = self.entries.insert(key, entry);
        self.bytes -= before.as_ref().map_or(0, Entry::bytes);
        before
    }

    fn remove(&mut self, key: &IdempotencyKey) -> Option<Entry> {
        let removed = self.entries.remove(key);
        self.bytes -= removed.as_ref().map_or(0, Entry::bytes);
        removed
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        MemoryStore::new(DEFAULT_WINDOW_SECONDS)
    }
}

impl MemoryStore {
    /// How many bytes are kept by default: 256 MiB, which is some 80,000 certificates of the usual size in a window.
    pub const DEFAULT_MAX_BYTES: usize = 256 << 20;

    /// A store with this window, in seconds.
    pub fn new(window_seconds: u32) -> Self {
        MemoryStore { window_seconds, max_bytes: Self::DEFAULT_MAX_BYTES, state: Mutex::default() }
    }

    /// Sets how many bytes may be kept, about; [`MemoryStore::DEFAULT_MAX_BYTES`] by default. Who issues `n` certificates a second under
    /// tokens needs some 3 KiB for each of `n` times the window, and more for long CSRs of which little is used.
    ///
    /// A token that is in flight when the limit is reached is finished and kept: the limit can be exceeded by the certificates that are
    /// being issued at the time.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How many tokens are held, in flight or within the window.
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Whether no token is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock, and each change of the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what was finished at `at` has left the window. What was finished in the future by more than the window was
    /// finished before the clock was set back, and must not count for as long as the clock was ahead.
    fn is_over(&self, at: i64, now: Timestamp) -> bool {
        now.unix().abs_diff(at) >= u64::from(self.window_seconds)
    }

    fn remove_what_is_over(&self, state: &mut State, now: Timestamp) {
        while let Some((at, _)) = state.finished.front() {
            if !self.is_over(*at, now) {
                return;
            }
            let Some((finished_at, key)) = state.finished.pop_front() else { return };
            if matches!(state.entries.get(&key), Some(Entry::Issued { at, .. }) if *at == finished_at) {
                state.remove(&key);
            }
        }
    }

    /// The answer to who asks for a key that counts.
    fn known(&self, state: &State, key: &IdempotencyKey, asked: Fingerprint, now: Timestamp) -> Option<Claim> {
        let (fingerprint, claim) = match state.entries.get(key)? {
            Entry::InFlight { fingerprint, .. } => (fingerprint, Claim::Busy),
            Entry::Issued { at, .. } if self.is_over(*at, now) => return None,
            Entry::Issued { certificate, fingerprint, .. } => (fingerprint, Claim::Issued(Arc::clone(certificate))),
        };
        Some(if *fingerprint == asked { claim } else { Claim::Mismatch })
    }

    /// Whether one more entry fits, once what is over is gone.
    fn has_room(&self, state: &mut State, now: Timestamp) -> bool {
        let fits = |state: &State| state.bytes.saturating_add(ENTRY_BYTES) <= self.max_bytes;
        if !fits(state) {
            self.remove_what_is_over(state, now);
        }
        fits(state)
    }
}

impl IdempotencyStore for MemoryStore {
    fn claim(&self, key: &IdempotencyKey, fingerprint: Fingerprint, now: Timestamp) -> Result<Claim, StoreError> {
        let mut state = self.lock();
        if let Some(claim) = self.known(&state, key, fingerprint, now) {
            return Ok(claim);
        }
        if !self.has_room(&mut state, now) {
            return Ok(Claim::Full);
        }
        state.insert(*key, Entry::InFlight { fingerprint, waiting: Waiters::default() });
        Ok(Claim::Issue)
    }

    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        let mut state = self.lock();
        match state.entries.get_mut(key) {
            Some(Entry::InFlight { waiting, .. }) => {
                let gone = waiting.push(waiter);
                drop(state);
                drop(gone);
            }
            _ => {
                drop(state);
                waiter.wake();
            }
        }
    }

    fn complete(
        &self,
        key: &IdempotencyKey,
        certificate: Arc<IssuedCertificate>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut state = self.lock();
        self.remove_what_is_over(&mut state, now);
        let at = now.unix();
        let Some(entry) = state.entries.get(key) else { return Ok(()) };
        let (Entry::InFlight { fingerprint, .. } | Entry::Issued { fingerprint, .. }) = *entry;
        let before = state.insert(*key, Entry::Issued { certificate, fingerprint, at });
        state.finished.push_back((at, *key));
        drop(state);
        if let Some(before) = before {
            before.wake_all();
        }
        Ok(())
    }

    fn release(&self, key: &IdempotencyKey) {
        let mut state = self.lock();
        let freed = match state.entries.get(key) {
            Some(Entry::InFlight { .. }) => state.remove(key),
            _ => None,
        };
        drop(state);
        if let Some(freed) = freed {
            freed.wake_all();
        }
    }

    fn window_seconds(&self) -> u32 {
        self.window_seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::ca::{CertificateAuthority, CertificateAuthorityType};
    use crate::crypto::verifier::{SignatureVerifier, VerifyError};
    use crate::idempotency::IdempotencyMode;
    use crate::idempotency::key::Keys;
    use crate::idempotency::wait::Event;
    use crate::issue::prepare::{IssuanceOptions, Preparation};
    use crate::request::issue_certificate::IssueCertificateRequest;
    use crate::request::subject::Subject;
    use crate::request::validity::Validity;
    use crate::x509::algorithm::SigningAlgorithm;
    use crate::x509::algorithm::identifier::SignatureAlgorithm;
    use crate::x509::serial::SerialNumber;

    const ARN: &str =
        "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

    struct AnySignature;

    impl SignatureVerifier for AnySignature {
        fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
            true
        }

        fn verify(&self, _: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
            Ok(())
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
    }

    /// A root's own certificate, the request for it, and the keys of its tokens.
    fn issued() -> (Arc<IssuedCertificate>, IssueCertificateRequest, Keys) {
        // An Ed25519 key would do for a CSR, but not for an authority: the generator of P-256 (FIPS 186-4, D.1.2.3).
        let point = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce3\
                     3576b315ececbb6406837bf51f5";
        let hex = format!("3059301306072a8648ce3d020106082a8648ce3d030107034200{point}");
        let key: Vec<u8> =
            (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect();
        let authority = CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root)
            .build(&Subject::builder().common_name("Root").build().unwrap(), &key)
            .unwrap();
        let algorithm = SigningAlgorithm::Sha256WithEcdsa;
        let csr = authority.assemble_request(&authority.certification_request_info(), algorithm, &[0x30; 72]);
        let request = IssueCertificateRequest::builder()
            .certificate_authority_arn(ARN)
            .csr(csr)
            .signing_algorithm(algorithm)
            .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
            .validity(Validity::days(1))
            .build()
            .unwrap();
        let options = IssuanceOptions::default();
        let serial = SerialNumber::from_be_bytes(&[1]).unwrap();
        let preparation = Preparation {
            authority: &authority,
            now: at(0),
            serial,
            partition: None,
            verifier: &AnySignature,
            options: &options,
        };
        let prepared = preparation.prepare(&request).unwrap();
        let keys = Keys::new(IdempotencyMode::PerCsr, &authority);
        (Arc::new(prepared.finish(&[0], &AnySignature).unwrap()), request, keys)
    }

    struct Bench {
        store: MemoryStore,
        certificate: Arc<IssuedCertificate>,
        request: IssueCertificateRequest,
        keys: Keys,
    }

    impl Bench {
        fn new(window: u32) -> Bench {
            let (certificate, request, keys) = issued();
            Bench { store: MemoryStore::new(window), certificate, request, keys }
        }

        fn key(&self, token: usize) -> IdempotencyKey {
            self.keys.of_token(&self.request, &token.to_string(), b"csr").0
        }

        fn claim(&self, token: usize, seconds: i64) -> Claim {
            self.store.claim(&self.key(token), Fingerprint::NONE, at(seconds)).unwrap()
        }

        fn complete(&self, token: usize, seconds: i64) {
            self.store.complete(&self.key(token), Arc::clone(&self.certificate), at(seconds)).unwrap();
        }

        /// Entries, and members of the queue.
        fn sizes(&self) -> (usize, usize) {
            let state = self.store.lock();
            (state.entries.len(), state.finished.len())
        }
    }

    #[test]
    fn one_key_again_and_again_leaves_one_entry() {
        // R-IDM-1: each round is a window later, so that each one issues.
        let bench = Bench::new(10);
        for round in 0..100 {
            assert!(matches!(bench.claim(0, 10 * round), Claim::Issue));
            bench.complete(0, 10 * round);
            assert_eq!(bench.sizes(), (1, 1));
            assert!(matches!(bench.claim(0, 10 * round + 9), Claim::Issued(_)));
        }
    }

    #[test]
    fn what_has_left_the_window_is_removed() {
        let bench = Bench::new(10);
        for second in 0..100 {
            assert!(matches!(bench.claim(second, second as i64), Claim::Issue));
            bench.complete(second, second as i64);
            let expected = (second + 1).min(10);
            assert_eq!(bench.sizes(), (expected, expected), "{second}");
        }
    }

    #[test]
    fn an_old_place_in_the_queue_does_not_remove_a_claim_in_flight() {
        // R-IDM-3: key 0 leaves the window and is claimed again; the cleaning by key 1 must not free it.
        let bench = Bench::new(10);
        assert!(matches!(bench.claim(0, 0), Claim::Issue));
        bench.complete(0, 0);
        assert!(matches!(bench.claim(0, 10), Claim::Issue));
        assert!(matches!(bench.claim(1, 10), Claim::Issue));
        bench.complete(1, 10);
        assert!(matches!(bench.store.lock().entries.get(&bench.key(0)), Some(Entry::InFlight { .. })));
        // Nor what was issued under the key since.
        bench.complete(0, 12);
        assert!(matches!(bench.claim(2, 20), Claim::Issue));
        bench.complete(2, 20);
        assert!(matches!(bench.claim(0, 21), Claim::Issued(_)));
        assert_eq!(bench.sizes(), (2, 2));
    }

    #[test]
    fn released_and_unclaimed_keys_leave_nothing() {
        let bench = Bench::new(10);
        assert!(matches!(bench.claim(0, 0), Claim::Issue));
        bench.store.release(&bench.key(0));
        assert_eq!(bench.sizes(), (0, 0));
        // Completing what nobody claimed, or releasing what is issued, changes nothing.
        bench.complete(0, 0);
        assert_eq!(bench.sizes(), (0, 0));
        assert!(matches!(bench.claim(0, 0), Claim::Issue));
        bench.complete(0, 0);
        bench.store.release(&bench.key(0));
        assert!(matches!(bench.claim(0, 0), Claim::Issued(_)));
    }

    #[test]
    fn fingerprints_are_compared_in_flight_and_after() {
        // R-IDM-2.
        let bench = Bench::new(10);
        let other = |seconds| bench.store.claim(&bench.key(0), Fingerprint([1; 32]), at(seconds)).unwrap();
        assert!(matches!(bench.claim(0, 0), Claim::Issue));
        assert!(matches!(other(0), Claim::Mismatch));
        bench.complete(0, 0);
        assert!(matches!(other(9), Claim::Mismatch));
        assert!(matches!(other(10), Claim::Issue));
    }

    #[test]
    fn a_full_store_refuses_new_tokens_until_others_leave_the_window() {
        let bench = Bench::new(10);
        let each = ENTRY_BYTES + bench.certificate.bytes_in_memory();
        let bench = Bench { store: MemoryStore::new(10).max_bytes(3 * each), ..bench };
        for token in 0..3 {
            assert!(matches!(bench.claim(token, token as i64), Claim::Issue));
            bench.complete(token, token as i64);
        }
        assert_eq!(bench.store.lock().bytes, 3 * each);
        for second in 3..10 {
            assert!(matches!(bench.claim(3, second), Claim::Full), "{second}");
            // Who is known gets what there is.
            assert!(matches!(bench.claim(0, second), Claim::Issued(_)));
        }
        // The first has left the window, and makes room for one more, whichever.
        assert!(matches!(bench.claim(3, 10), Claim::Issue));
        // One that fails makes room as well.
        bench.store.release(&bench.key(3));
        assert!(matches!(bench.claim(0, 10), Claim::Issue));
        bench.complete(0, 10);
        assert!(matches!(bench.claim(4, 10), Claim::Full));
        assert!(matches!(bench.claim(5, 100), Claim::Issue));
        bench.complete(5, 100);
        assert_eq!((bench.sizes(), bench.store.lock().bytes), ((1, 1), each));
    }

    #[test]
    fn what_is_in_flight_is_finished_whatever_the_limit() {
        let bench = Bench { store: MemoryStore::new(10).max_bytes(2 * ENTRY_BYTES), ..Bench::new(10) };
        assert!(matches!(bench.claim(0, 0), Claim::Issue));
        assert!(matches!(bench.claim(1, 0), Claim::Issue));
        assert!(matches!(bench.claim(2, 0), Claim::Full));
        bench.complete(0, 0);
        bench.complete(1, 0);
        assert!(matches!(bench.claim(0, 0), Claim::Issued(_)));
        assert!(matches!(bench.claim(1, 0), Claim::Issued(_)));
        assert!(matches!(bench.claim(2, 0), Claim::Full));
    }

    #[test]
    fn callers_that_gave_up_are_forgotten() {
        let bench = Bench::new(10);
        assert!(matches!(bench.claim(0, 0), Claim::Issue));
        let waiting = |bench: &Bench| match bench.store.lock().entries.get(&bench.key(0)) {
            Some(Entry::InFlight { waiting, .. }) => waiting.len(),
            _ => 0,
        };
        let staying: Vec<Event> = (0..20).map(|_| Event::default()).collect();
        for event in &staying {
            bench.store.when_free(&bench.key(0), event.waiter());
        }
        for _ in 0..10_000 {
            let event = Event::default();
            bench.store.when_free(&bench.key(0), event.waiter());
            drop(event);
            assert!(waiting(&bench) <= 2 * (staying.len() + 1));
        }
        // Those that stayed are woken.
        bench.complete(0, 0);
        staying.iter().for_each(Event::block);
    }

    #[test]
    fn a_clock_set_back_keeps_the_store_small() {
        // R-IDM-4.
        let bench = Bench::new(10);
        for (token, second) in (0..200).map(|step: i64| (step as usize, if step < 100 { step } else { step - 100_000 }))
        {
            assert!(matches!(bench.claim(token, second), Claim::Issue));
            bench.complete(token, second);
            assert!(bench.sizes().0 <= 10 && bench.sizes().1 <= 10, "{:?}", bench.sizes());
        }
    }
}
