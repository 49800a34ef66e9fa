//! The tables, to be read and to be written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, TableDefinition, TableError, WriteTransaction};

use super::error::{failed, missing, undecodable};
use super::forms::{EndForm, LeaseForm, RevocationForm, time};
use super::places::Place;
use crate::ledger::error::LedgerError;
use crate::ledger::form::FormError;
use crate::ledger::intent::{AuthorityRecord, Intent};
use crate::ledger::record::{Abandonment, Record, State};
use crate::request::arn::CertificateAuthorityArn;
use crate::x509::timestamp::Timestamp;

type Bytes = &'static [u8];

/// What the file says of itself.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// Records of authorities by their digests.
const AUTHORITIES: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("authorities");
/// Numbers of authorities by their ARNs.
const NUMBERS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("numbers");
/// Intents by their places, each behind the digest of its authority's record.
const INTENTS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("intents");
/// Leases of what is in flight, by places.
const LEASES: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("leases");
/// How intents ended, by places.
const ENDS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("ends");
/// Places by keys of tokens.
const TOKENS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("tokens");
/// The order of times of issuance.
const TIMES: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("times");
/// The order of the ends of certificates.
const ENDINGS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("endings");
/// Revocations by places.
const REVOCATIONS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("revocations");
/// The last number of a CRL, by authority and partition.
const CRL_NUMBERS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("crl_numbers");
/// How many places in partitions of its CRL were given away, by authority. Files of before have none, and it is made when they are opened.
const CRL_PLACES: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("crl_places");
/// The partitions of an authority.
const PARTITIONS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("partitions");

/// All tables of one transaction.
pub(super) struct Tables<'f, T> {
    pub(super) authorities: T,
    pub(super) numbers: T,
    pub(super) intents: T,
    pub(super) leases: T,
    pub(super) ends: T,
    pub(super) tokens: T,
    pub(super) times: T,
    pub(super) endings: T,
    pub(super) revocations: T,
    pub(super) crl_numbers: T,
    pub(super) crl_places: T,
    pub(super) partitions: T,
    known: &'f Known,
}

/// Records of authorities that were read before.
pub(super) type Known = Mutex<HashMap<[u8; 32], AuthorityRecord>>;

/// Tables that can be changed.
pub(super) type Writing<'f, 't> = Tables<'f, Table<'t, Bytes, Bytes>>;

impl<'f, T> Tables<'f, T> {
    fn open(
        known: &'f Known,
        open: impl Fn(TableDefinition<'static, Bytes, Bytes>) -> Result<T, TableError>,
    ) -> Result<Tables<'f, T>, LedgerError> {
        let open = |table| open(table).map_err(|error| failed("a table cannot be opened", error));
        Ok(Tables {
            authorities: open(AUTHORITIES)?,
            numbers: open(NUMBERS)?,
            intents: open(INTENTS)?,
            leases: open(LEASES)?,
            ends: open(ENDS)?,
            tokens: open(TOKENS)?,
            times: open(TIMES)?,
            endings: open(ENDINGS)?,
            revocations: open(REVOCATIONS)?,
            crl_numbers: open(CRL_NUMBERS)?,
            crl_places: open(CRL_PLACES)?,
            partitions: open(PARTITIONS)?,
            known,
        })
    }
}

pub(super) fn reading<'f>(
    known: &'f Known,
    transaction: &ReadTransaction,
) -> Result<Tables<'f, ReadOnlyTable<Bytes, Bytes>>, LedgerError> {
    Tables::open(known, |table| transaction.open_table(table))
}

pub(super) fn writing<'f, 't>(
    known: &'f Known,
    transaction: &'t WriteTransaction,
) -> Result<Writing<'f, 't>, LedgerError> {
    Tables::open(known, |table| transaction.open_table(table))
}

/// The bytes under a key.
pub(super) fn get<T: ReadableTable<Bytes, Bytes>>(table: &T, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
    let found = table.get(key).map_err(|error| failed("a row cannot be read", error))?;
    Ok(found.map(|row| row.value().to_vec()))
}

/// Puts bytes under a key.
pub(super) fn put(table: &mut Table<'_, Bytes, Bytes>, key: &[u8], value: &[u8]) -> Result<(), LedgerError> {
    table.insert(key, value).map_err(|error| failed("a row cannot be written", error))?;
    Ok(())
}

/// Removes what is under a key.
pub(super) fn take(table: &mut Table<'_, Bytes, Bytes>, key: &[u8]) -> Result<(), LedgerError> {
    table.remove(key).map_err(|error| failed("a row cannot be removed", error))?;
    Ok(())
}

/// A key and its value.
type Row = (Vec<u8>, Vec<u8>);

/// Keys and values from one key until before another.
pub(super) fn rows<'t, T: ReadableTable<Bytes, Bytes>>(
    table: &'t T,
    from: &[u8],
    until: &[u8],
) -> Result<impl Iterator<Item = Result<Row, LedgerError>> + use<'t, T>, LedgerError> {
    let unreadable = |error| failed("rows cannot be read", error);
    let range = table.range::<&[u8]>(from..until).map_err(unreadable)?;
    Ok(range.map(move |row| row.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).map_err(unreadable)))
}

impl<T: ReadableTable<Bytes, Bytes>> Tables<'_, T> {
    pub(super) fn number(&self, authority: &CertificateAuthorityArn) -> Result<Option<u32>, LedgerError> {
        let Some(number) = get(&self.numbers, authority.as_str().as_bytes())? else { return Ok(None) };
        let number = number.try_into().map_err(|_| missing("numbers", "a number is not of four bytes"))?;
        Ok(Some(u32::from_be_bytes(number)))
    }

    pub(super) fn intent(&self, place: &Place) -> Result<Option<Intent>, LedgerError> {
        let Some(row) = get(&self.intents, place.as_bytes())? else { return Ok(None) };
        let undecodable = |error| undecodable("intents", place, error);
        let Some((digest, bytes)) = row.split_first_chunk::<32>() else {
            return Err(undecodable(FormError::Form("it is too short".to_owned())));
        };
        let authority = self.authority(digest).map_err(|error| error.unwrap_or_else(undecodable))?;
        Intent::from_bytes(bytes, &authority).map(Some).map_err(undecodable)
    }

    fn authority(&self, digest: &[u8; 32]) -> Result<AuthorityRecord, AuthorityError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(record) = known().get(digest) {
            return Ok(record.clone());
        }
        let bytes = get(&self.authorities, digest).map_err(AuthorityError::Ledger)?;
        let bytes = bytes
            .ok_or_else(|| AuthorityError::Ledger(missing("authorities", "the record of an authority is not there")))?;
        let record = AuthorityRecord::from_bytes(&bytes).map_err(AuthorityError::Form)?;
        known().insert(*digest, record.clone());
        Ok(record)
    }

    pub(super) fn lease(&self, place: &Place) -> Result<Option<LeaseForm>, LedgerError> {
        let row = get(&self.leases, place.as_bytes())?;
        let lease = row.map(|row| LeaseForm::read(&row)).transpose();
        lease.map_err(|error| undecodable("leases", place, error))
    }

    /// Since when the window of an intent's token runs, in seconds; `None` if it does not run yet.
    pub(super) fn window_since(&self, place: &Place) -> Result<Option<i64>, LedgerError> {
        match self.lease(place)? {
            Some(LeaseForm { is_held: true, .. } | LeaseForm { is_offline: true, .. }) => Ok(None),
            Some(lease) => Ok(Some(lease.since)),
            None => {
                let row = get(&self.ends, place.as_bytes())?;
                let row = row.ok_or_else(|| missing("ends", "an intent is neither in flight nor has it ended"))?;
                let end = EndForm::read(&row).map_err(|error| undecodable("ends", place, error))?;
                Ok(Some(end.at()))
            }
        }
    }

    /// What became of an intent.
    pub(super) fn state(&self, place: &Place, intent: &Intent) -> Result<State, LedgerError> {
        if let Some(lease) = self.lease(place)? {
            return Ok(State::InFlight { lease_until: lease.is_held.then_some(Timestamp::MAX) });
        }
        let row = get(&self.ends, place.as_bytes())?;
        let row = row.ok_or_else(|| missing("ends", "an intent is neither in flight nor has it ended"))?;
        let undecodable = |error| undecodable("ends", place, error);
        Ok(match EndForm::read(&row).map_err(undecodable)? {
            EndForm::Issued { signature, at } => State::Issued {
                certificate: Arc::new(intent.with_recorded_signature(&signature.0)),
                at: time(at).map_err(undecodable)?,
            },
            EndForm::Abandoned { reason, may_be_signed, at } => {
                let at = time(at).map_err(undecodable)?;
                State::Abandoned(Abandonment::new(reason.into_owned(), may_be_signed, at))
            }
        })
    }

    pub(super) fn record(&self, place: &Place) -> Result<Option<Record>, LedgerError> {
        let Some(intent) = self.intent(place)? else { return Ok(None) };
        let state = self.state(place, &intent)?;
        let revocation = get(&self.revocations, place.as_bytes())?;
        let revocation = revocation.map(|row| RevocationForm::read(&row)?.revocation()).transpose();
        let revocation = revocation.map_err(|error| undecodable("revocations", place, error))?;
        Ok(Some(Record::new(intent, state, revocation)))
    }

    /// The place under the key of a token.
    pub(super) fn place_of_token(&self, key: &[u8; 32]) -> Result<Option<Place>, LedgerError> {
        let Some(row) = get(&self.tokens, key)? else { return Ok(None) };
        Place::read(&row).map(Some).ok_or_else(|| missing("tokens", "a place is not of 24 bytes"))
    }
}

/// The record of an authority that cannot be had.
enum AuthorityError {
    Ledger(LedgerError),
    Form(FormError),
}

impl AuthorityError {
    fn unwrap_or_else(self, of_form: impl FnOnce(FormError) -> LedgerError) -> LedgerError {
        match self {
            AuthorityError::Ledger(error) => error,
            AuthorityError::Form(error) => of_form(error),
        }
    }
}
