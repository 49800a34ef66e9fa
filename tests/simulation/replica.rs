//! The ends of a replica towards the world: its ledger, signer, clock and serial numbers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use issuance::authority::CrlPartition;
use issuance::crypto::{SignError, SignFuture, Signature};
use issuance::issue::{SerialSource, SerialSourceError};
use issuance::ledger::{
    Abandon, AsyncLedger, Cursor, Ended, IdempotencyKey, Intent, Keeps, LedgerError, LedgerFuture, Page, Record,
    Reserved, Revocation, Revoked, RevokedPage, Signed,
};
use issuance::{
    AsyncSigner, CertificateArn, CertificateAuthorityArn, Clock, SerialNumber, Signer, SigningAlgorithm, Timestamp,
};
use issuance_test_support::ca::CA_KEY;

use crate::database::{Answer, Call, Plant, WINDOW};
use crate::world::{By, State, World, elsewhere};

#[derive(Clone)]
pub(crate) struct Replica {
    pub(crate) world: Arc<World>,
    pub(crate) number: usize,
}

impl Clock for Replica {
    fn now(&self) -> Timestamp {
        self.world.lock().now(self.number)
    }
}

impl SerialSource for Replica {
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
        Ok(self.world.lock().next_serial())
    }
}

impl AsyncSigner for Replica {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        &[SigningAlgorithm::Sha256WithEcdsa]
    }

    fn sign<'a>(&'a self, _: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        let failed = || Err(SignError::backend("it is away").retryable());
        Box::pin(async move {
            elsewhere().await;
            let signature = {
                let mut state = self.world.lock();
                if state.happens(16) {
                    state.counts.signer_failures += 1;
                    return failed();
                }
                state.sign(message, By::Replica)
            };
            elsewhere().await;
            let mut state = self.world.lock();
            if state.happens(16) {
                state.counts.signer_failures += 1;
                return failed();
            }
            Ok(Signature::new(signature))
        })
    }
}

/// A call that its caller has sent. If the caller dies before the database has it, it may arrive all the same.
struct Sent<'a> {
    world: &'a World,
    call: Option<(Call, Timestamp)>,
    /// How often time had jumped: no call is under way for as long as a window lasts.
    jumps: u32,
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        let Some(call) = self.call.take() else { return };
        let mut state = self.world.lock();
        if state.happens(2) && state.database.jumps == self.jumps {
            state.on_the_way.push(call);
        }
    }
}

impl Replica {
    async fn send(&self, call: Call, now: Timestamp) -> Result<Answer, LedgerError> {
        let jumps = self.world.lock().database.jumps;
        let mut sent = Sent { world: &self.world, call: Some((call, now)), jumps };
        elsewhere().await;
        let broken = || Err(LedgerError::new("the connection broke").retryable());
        let Some((call, now)) = sent.call.take() else { return broken() };
        if self.world.lock().database.jumps != jumps {
            return broken();
        }
        let answer = {
            let mut state = self.world.lock();
            if state.happens(16) {
                state.counts.lost += 1;
                None
            } else if state.happens(16) {
                state.counts.late += 1;
                state.on_the_way.push((call, now));
                None
            } else {
                let answer = state.apply(&call, now);
                if state.happens(16) {
                    state.counts.repeated += 1;
                    state.on_the_way.push((call, now));
                }
                let is_lost = state.happens(16);
                state.counts.ambiguous += u64::from(is_lost);
                (!is_lost).then_some(answer)
            }
        };
        elsewhere().await;
        answer.map_or_else(broken, Ok)
    }

    async fn reserve_all(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        if self.world.lock().database.plant == Some(Plant::CommitBeforeReserve) {
            return Ok(intents.iter().map(|_| Reserved::Sign).collect());
        }
        let Answer::Reserved(answers) = self.send(Call::Reserve(intents.to_vec()), now).await? else {
            return Err(odd());
        };
        let mut state = self.world.lock();
        for answer in &answers {
            state.counts.taken_up += u64::from(matches!(answer, Reserved::TakeUp(_)));
            state.counts.serials_taken += u64::from(matches!(answer, Reserved::SerialTaken));
        }
        Ok(answers)
    }

    async fn commit_all(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let plant = self.world.lock().database.plant;
        if plant == Some(Plant::CommitBeforeReserve) {
            let intents = signed.iter().map(|signed| signed.intent.clone()).collect();
            self.send(Call::Reserve(intents), now).await?;
        }
        if plant == Some(Plant::CommitIsNotKept) && self.world.lock().happens(8) {
            return Ok(signed.iter().map(|signed| Ended::Issued(Arc::clone(&signed.certificate))).collect());
        }
        ended(self.send(Call::Commit(signed.to_vec()), now).await?)
    }

    /// An answer that arrives, or does not.
    async fn ask<T>(&self, answer: impl FnOnce(&mut State) -> T) -> Result<T, LedgerError> {
        elsewhere().await;
        let answer = answer(&mut self.world.lock());
        elsewhere().await;
        if self.world.lock().happens(16) {
            return Err(LedgerError::new("the connection broke").retryable());
        }
        Ok(answer)
    }
}

fn ended(answer: Answer) -> Result<Vec<Ended>, LedgerError> {
    match answer {
        Answer::Ended(ended) => Ok(ended),
        _ => Err(odd()),
    }
}

fn odd() -> LedgerError {
    LedgerError::new("the answer is of another call")
}

/// Issuance does not ask for it.
fn never_asked<'a, T: Send + 'a>() -> LedgerFuture<'a, T> {
    Box::pin(async { Err(LedgerError::new("the simulation does not answer this")) })
}

impl AsyncLedger for Replica {
    fn keeps(&self) -> Keeps {
        Keeps::Everything
    }

    fn window_seconds(&self) -> u32 {
        WINDOW
    }

    fn reserve<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, Vec<Reserved>> {
        Box::pin(self.reserve_all(intents, now))
    }

    fn commit<'a>(&'a self, signed: &'a [Signed], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
        Box::pin(self.commit_all(signed, now))
    }

    fn abandon<'a>(&'a self, abandoned: &'a [Abandon], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
        Box::pin(async move { ended(self.send(Call::Abandon(abandoned.to_vec()), now).await?) })
    }

    fn renew<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
        Box::pin(async move { self.send(Call::Renew(intents.to_vec()), now).await.map(drop) })
    }

    fn free<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, ()> {
        Box::pin(async move { self.send(Call::Free(intents.to_vec()), now).await.map(drop) })
    }

    fn when_free<'a>(
        &'a self,
        _: &'a IdempotencyKey,
        _: Option<Timestamp>,
        _: u32,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        // Too early rather than never.
        Box::pin(elsewhere())
    }

    fn forsake(&self, intent: &Intent, now: Timestamp) {
        let mut state = self.world.lock();
        if !state.is_killing {
            state.on_the_way.push((Call::Free(vec![intent.clone()]), now));
        }
    }

    fn by_token<'a>(&'a self, key: &'a IdempotencyKey, now: Timestamp) -> LedgerFuture<'a, Option<Record>> {
        Box::pin(self.ask(move |state| state.database.by_token(key, now.unix())))
    }

    fn by_arn<'a>(&'a self, _: &'a CertificateArn) -> LedgerFuture<'a, Option<Record>> {
        never_asked()
    }

    fn by_serial<'a>(
        &'a self,
        _: &'a CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> LedgerFuture<'a, Option<Record>> {
        Box::pin(self.ask(move |state| state.found(serial)))
    }

    fn page<'a>(
        &'a self,
        _: &'a CertificateAuthorityArn,
        _: Timestamp,
        _: Timestamp,
        _: Option<Cursor>,
        _: usize,
    ) -> LedgerFuture<'a, Page> {
        never_asked()
    }

    fn take_up<'a>(
        &'a self,
        _: &'a CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> LedgerFuture<'a, Vec<Intent>> {
        Box::pin(self.ask(move |state| {
            let intents = state.database.take_up(now.unix(), limit);
            state.counts.taken_up += intents.len() as u64;
            intents
        }))
    }

    fn revoke<'a>(
        &'a self,
        _: &'a CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> LedgerFuture<'a, Revoked> {
        Box::pin(self.ask(move |state| state.database.revoke(serial, revocation)))
    }

    fn revoked<'a>(
        &'a self,
        _: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> LedgerFuture<'a, RevokedPage> {
        Box::pin(self.ask(move |state| state.database.revoked(partition, after, limit)))
    }

    fn next_crl_number<'a>(&'a self, _: &'a CertificateAuthorityArn, _: Option<CrlPartition>) -> LedgerFuture<'a, u64> {
        Box::pin(self.ask(|state| state.database.next_crl_number()))
    }

    fn take_crl_places<'a>(&'a self, _: &'a CertificateAuthorityArn, count: u32) -> LedgerFuture<'a, u64> {
        Box::pin(self.ask(move |state| state.database.take_places(count)))
    }

    fn crl_partitions<'a>(&'a self, _: &'a CertificateAuthorityArn) -> LedgerFuture<'a, Vec<CrlPartition>> {
        Box::pin(self.ask(|state| state.database.partitions()))
    }

    fn prune<'a>(&'a self, before: Timestamp, limit: usize) -> LedgerFuture<'a, usize> {
        Box::pin(self.ask(move |state| state.database.prune(before, limit)))
    }
}
