//! The ends of a replica for what blocks: batches, and ceremonies with prepared files. Nobody else goes on meanwhile but while it waits.

use issuance::authority::CrlPartition;
use issuance::crypto::{SignError, Signature};
use issuance::ledger::{
    Abandon, Cursor, Ended, IdempotencyKey, Intent, Keeps, Ledger, LedgerError, Page, Record, Reserved, Revocation,
    Revoked, RevokedPage, Signed, Waiter,
};
use issuance::{CertificateArn, CertificateAuthorityArn, SerialNumber, Signer, SigningAlgorithm, Timestamp};
use issuance_test_support::ca::CA_KEY;

use crate::database::{Answer, Call, WINDOW};
use crate::replica::Replica;
use crate::world::{By, State};

pub(crate) struct Blocking(pub(crate) Replica);

fn broken<T>() -> Result<T, LedgerError> {
    Err(LedgerError::new("the connection broke").retryable())
}

fn never_asked<T>() -> Result<T, LedgerError> {
    Err(LedgerError::new("the simulation does not answer this"))
}

impl Blocking {
    /// Who is dead sends nothing more, and is taken for one whose connection broke.
    fn send(&self, call: Call, now: Timestamp) -> Result<Answer, LedgerError> {
        let mut state = self.0.world.lock();
        if state.is_dead() {
            return broken();
        }
        if state.happens(16) {
            state.counts.lost += 1;
            return broken();
        }
        let answer = state.apply(&call, now);
        if state.happens(16) {
            state.counts.repeated += 1;
            state.on_the_way.push((call, now));
        }
        if state.happens(16) {
            state.counts.ambiguous += 1;
            return broken();
        }
        Ok(answer)
    }

    fn ask<T>(&self, answer: impl FnOnce(&mut State) -> T) -> Result<T, LedgerError> {
        let mut state = self.0.world.lock();
        if state.is_dead() || state.happens(16) { broken() } else { Ok(answer(&mut state)) }
    }

    fn ended(&self, call: Call, now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        match self.send(call, now)? {
            Answer::Ended(ended) => Ok(ended),
            _ => never_asked(),
        }
    }
}

impl Signer for Blocking {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        &[SigningAlgorithm::Sha256WithEcdsa]
    }

    fn sign(&self, _: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        let mut state = self.0.world.lock();
        if state.is_dead() || state.happens(16) {
            return Err(SignError::backend("it is away").retryable());
        }
        Ok(Signature::new(state.sign(message, By::Replica)))
    }
}

impl Ledger for Blocking {
    fn keeps(&self) -> Keeps {
        Keeps::Everything
    }

    fn window_seconds(&self) -> u32 {
        WINDOW
    }

    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        match self.send(Call::Reserve(intents.to_vec()), now)? {
            Answer::Reserved(answers) => Ok(answers),
            _ => never_asked(),
        }
    }

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        self.ended(Call::Commit(signed.to_vec()), now)
    }

    fn abandon(&self, abandoned: &[Abandon], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        self.ended(Call::Abandon(abandoned.to_vec()), now)
    }

    fn renew(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        self.send(Call::Renew(intents.to_vec()), now).map(drop)
    }

    fn free(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        self.send(Call::Free(intents.to_vec()), now).map(drop)
    }

    /// Time passes, and what others have sent arrives.
    fn when_free(&self, _: &IdempotencyKey, waiter: Waiter) {
        {
            let mut state = self.0.world.lock();
            state.time += 1;
            state.deliver_one();
        }
        waiter.wake();
    }

    fn by_token(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Record>, LedgerError> {
        self.ask(|state| state.database.by_token(key, now.unix()))
    }

    fn by_arn(&self, _: &CertificateArn) -> Result<Option<Record>, LedgerError> {
        never_asked()
    }

    fn by_serial(&self, _: &CertificateAuthorityArn, serial: SerialNumber) -> Result<Option<Record>, LedgerError> {
        self.ask(|state| state.found(serial))
    }

    fn page(
        &self,
        _: &CertificateAuthorityArn,
        _: Timestamp,
        _: Timestamp,
        _: Option<Cursor>,
        _: usize,
    ) -> Result<Page, LedgerError> {
        never_asked()
    }

    fn take_up(&self, _: &CertificateAuthorityArn, _: Timestamp, _: usize) -> Result<Vec<Intent>, LedgerError> {
        never_asked()
    }

    fn revoke(&self, _: &CertificateAuthorityArn, _: SerialNumber, _: Revocation) -> Result<Revoked, LedgerError> {
        never_asked()
    }

    fn revoked(
        &self,
        _: &CertificateAuthorityArn,
        _: Option<CrlPartition>,
        _: Option<SerialNumber>,
        _: usize,
    ) -> Result<RevokedPage, LedgerError> {
        never_asked()
    }

    fn next_crl_number(&self, _: &CertificateAuthorityArn, _: Option<CrlPartition>) -> Result<u64, LedgerError> {
        never_asked()
    }

    fn take_crl_places(&self, _: &CertificateAuthorityArn, count: u32) -> Result<u64, LedgerError> {
        self.ask(|state| state.database.take_places(count))
    }

    fn crl_partitions(&self, _: &CertificateAuthorityArn) -> Result<Vec<CrlPartition>, LedgerError> {
        never_asked()
    }

    fn prune(&self, _: Timestamp, _: usize) -> Result<usize, LedgerError> {
        never_asked()
    }
}
