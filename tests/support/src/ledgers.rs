//! Ledgers around other ledgers, with faults.

/// Forwards the named methods of [`Ledger`](issuance::ledger::Ledger) to a field.
#[macro_export]
macro_rules! forward_to_ledger {
    ($field:tt: $($method:ident)*) => { $($crate::forward_to_ledger!(@$method $field);)* };
    (@keeps $field:tt) => {
        fn keeps(&self) -> ::issuance::ledger::Keeps {
            ::issuance::ledger::Ledger::keeps(&self.$field)
        }
    };
    (@window_seconds $field:tt) => {
        fn window_seconds(&self) -> u32 {
            ::issuance::ledger::Ledger::window_seconds(&self.$field)
        }
    };
    (@reserve $field:tt) => {
        fn reserve(&self, intents: &[::issuance::ledger::Intent], now: ::issuance::Timestamp) -> Result<Vec<::issuance::ledger::Reserved>, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::reserve(&self.$field, intents, now)
        }
    };
    (@commit $field:tt) => {
        fn commit(&self, signed: &[::issuance::ledger::Signed], now: ::issuance::Timestamp) -> Result<Vec<::issuance::ledger::Ended>, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::commit(&self.$field, signed, now)
        }
    };
    (@abandon $field:tt) => {
        fn abandon(&self, abandoned: &[::issuance::ledger::Abandon], now: ::issuance::Timestamp) -> Result<Vec<::issuance::ledger::Ended>, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::abandon(&self.$field, abandoned, now)
        }
    };
    (@renew $field:tt) => {
        fn renew(&self, intents: &[::issuance::ledger::Intent], now: ::issuance::Timestamp) -> Result<(), ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::renew(&self.$field, intents, now)
        }
    };
    (@free $field:tt) => {
        fn free(&self, intents: &[::issuance::ledger::Intent], now: ::issuance::Timestamp) -> Result<(), ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::free(&self.$field, intents, now)
        }
    };
    (@when_free $field:tt) => {
        fn when_free(&self, key: &::issuance::ledger::IdempotencyKey, waiter: ::issuance::ledger::Waiter) {
            ::issuance::ledger::Ledger::when_free(&self.$field, key, waiter)
        }
    };
    (@by_token $field:tt) => {
        fn by_token(&self, key: &::issuance::ledger::IdempotencyKey, now: ::issuance::Timestamp) -> Result<Option<::issuance::ledger::Record>, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::by_token(&self.$field, key, now)
        }
    };
    (@by_arn $field:tt) => {
        fn by_arn(&self, arn: &::issuance::CertificateArn) -> Result<Option<::issuance::ledger::Record>, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::by_arn(&self.$field, arn)
        }
    };
    (@by_serial $field:tt) => {
        fn by_serial(&self, authority: &::issuance::CertificateAuthorityArn, serial: ::issuance::SerialNumber) -> Result<Option<::issuance::ledger::Record>, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::by_serial(&self.$field, authority, serial)
        }
    };
    (@page $field:tt) => {
        fn page(&self, authority: &::issuance::CertificateAuthorityArn, from: ::issuance::Timestamp, until: ::issuance::Timestamp, after: Option<::issuance::ledger::Cursor>, limit: usize) -> Result<::issuance::ledger::Page, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::page(&self.$field, authority, from, until, after, limit)
        }
    };
    (@take_up $field:tt) => {
        fn take_up(&self, authority: &::issuance::CertificateAuthorityArn, now: ::issuance::Timestamp, limit: usize) -> Result<Vec<::issuance::ledger::Intent>, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::take_up(&self.$field, authority, now, limit)
        }
    };
    (@revoke $field:tt) => {
        fn revoke(&self, authority: &::issuance::CertificateAuthorityArn, serial: ::issuance::SerialNumber, revocation: ::issuance::ledger::Revocation) -> Result<::issuance::ledger::Revoked, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::revoke(&self.$field, authority, serial, revocation)
        }
    };
    (@revoked $field:tt) => {
        fn revoked(&self, authority: &::issuance::CertificateAuthorityArn, partition: Option<::issuance::authority::CrlPartition>, after: Option<::issuance::SerialNumber>, limit: usize) -> Result<::issuance::ledger::RevokedPage, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::revoked(&self.$field, authority, partition, after, limit)
        }
    };
    (@next_crl_number $field:tt) => {
        fn next_crl_number(&self, authority: &::issuance::CertificateAuthorityArn, partition: Option<::issuance::authority::CrlPartition>) -> Result<u64, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::next_crl_number(&self.$field, authority, partition)
        }
    };
    (@take_crl_places $field:tt) => {
        fn take_crl_places(&self, authority: &::issuance::CertificateAuthorityArn, count: u32) -> Result<u64, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::take_crl_places(&self.$field, authority, count)
        }
    };
    (@crl_partitions $field:tt) => {
        fn crl_partitions(&self, authority: &::issuance::CertificateAuthorityArn) -> Result<Vec<::issuance::authority::CrlPartition>, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::crl_partitions(&self.$field, authority)
        }
    };
    (@prune $field:tt) => {
        fn prune(&self, before: ::issuance::Timestamp, limit: usize) -> Result<usize, ::issuance::ledger::LedgerError> {
            ::issuance::ledger::Ledger::prune(&self.$field, before, limit)
        }
    };
}
