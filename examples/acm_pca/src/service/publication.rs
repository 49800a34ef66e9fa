//! What everyone may ask for: revocation lists and OCSP.

use std::sync::Arc;

use issuance::authority::CrlPartition;
use issuance::crl::{CrlScope, RevokedEntry};
use issuance::ledger::Keeps;
use issuance::ocsp::{CertificateStatus, OcspErrorStatus, OcspRequest, OcspResponder};
use issuance::{SerialNumber, Timestamp};

use super::Service;
use crate::keys::verifier;
use crate::lists::Making;
use crate::log::with_causes;
use crate::store::{self, Made, Record, Stored};

impl Record {
    /// The authority, if it has issued or may still.
    fn publishes(&self, now: Timestamp) -> Option<&Arc<Made>> {
        match &self.making {
            store::Making::Made(made) if !self.is_gone(now) && made.authority.certificate_der().is_some() => Some(made),
            _ => None,
        }
    }
}

impl Service {
    /// The list under the path of a URL that certificates carry; `None` if there is none.
    pub(crate) fn list_at(&self, path: &str) -> Option<Arc<[u8]>> {
        let now = self.clock.now();
        let name = path.rsplit('/').next()?.strip_suffix(".crl")?;
        let partition: Option<CrlPartition> = name.parse().ok();
        for record in self.seen(self.store.records())? {
            let Some(made) = record.publishes(now) else { continue };
            let authority = &made.published;
            let leads_here = |partition| {
                let url = authority.revocation_configuration().crl_url(authority.arn(), partition)?;
                let (_, rest) = url.strip_prefix("http://")?.split_once('/')?;
                (path.strip_prefix('/') == Some(rest)).then_some(partition)
            };
            let scope = match leads_here(None).or_else(|| partition.and_then(|name| leads_here(Some(name)))) {
                None => continue,
                Some(None) => CrlScope::Complete,
                Some(Some(name)) if self.has_partition(made, name) => CrlScope::Partition(name),
                Some(Some(_)) => continue,
            };
            return self.current_list(&record, made, scope, now);
        }
        None
    }

    /// In use, or with a certificate in it.
    fn has_partition(&self, made: &Made, partition: CrlPartition) -> bool {
        let authority = &made.published;
        authority.crl_partitions().contains(&partition)
            || self.seen(self.store.has_partition(authority.arn(), partition)).unwrap_or(false)
    }

    fn current_list(&self, record: &Record, made: &Made, scope: CrlScope, now: Timestamp) -> Option<Arc<[u8]>> {
        self.entry().authority = Some(record.arn.to_string());
        let list = made.kept.lists.current(scope, now, |last| {
            let algorithm = record.request.certificate_authority_configuration.signing_algorithm;
            let making = Making { authority: &made.published, key: &made.kept.key, algorithm, scope, now };
            if made.kept.ledger.keeps() == Keeps::Everything {
                return making.from(&*made.kept.ledger, last);
            }
            let mut revoked = self.revoked(record, scope)?;
            revoked.sort_by_key(RevokedEntry::serial);
            making.of(revoked, last)
        });
        list.inspect_err(|error| self.entry().remark(with_causes(&error))).ok()
    }

    fn revoked(&self, record: &Record, scope: CrlScope) -> Stored<Vec<RevokedEntry>> {
        let here = |partition: Option<CrlPartition>| match scope {
            CrlScope::Partition(wanted) => partition == Some(wanted),
            _ => true,
        };
        let all =
            self.store.certificates(&record.arn)?.into_iter().filter(|(_, certificate)| here(certificate.partition));
        let revoked = all.filter_map(|(serial, certificate)| {
            let (at, reason) = certificate.revoked?;
            Some(RevokedEntry::new(serial, at, reason, certificate.not_after))
        });
        Ok(revoked.collect())
    }

    /// The answer to an OCSP request (R-REV-4): by the authority itself.
    pub(crate) fn ocsp(&self, body: &[u8]) -> Vec<u8> {
        let request = match OcspRequest::from_der(body) {
            Ok(request) => request,
            Err(error) => {
                self.entry().remark(error.to_string());
                return OcspErrorStatus::MalformedRequest.response_der();
            }
        };
        let now = self.clock.now();
        let asked = |record: &Record| record.publishes(now).is_some_and(|made| request.asks_for(&made.published));
        let Some(records) = self.seen(self.store.records()) else {
            return OcspErrorStatus::InternalError.response_der();
        };
        let Some(record) = records.into_iter().find(|record| asked(record)) else {
            return OcspErrorStatus::Unauthorized.response_der();
        };
        self.entry().authority = Some(record.arn.to_string());
        self.answer(&record, &request, now).unwrap_or_else(|error| {
            self.entry().remark(error);
            OcspErrorStatus::InternalError.response_der()
        })
    }

    fn answer(&self, record: &Record, request: &OcspRequest<'_>, now: Timestamp) -> Result<Vec<u8>, String> {
        let made = record.publishes(now).ok_or("the authority has no certificate")?;
        let algorithm = record.request.certificate_authority_configuration.signing_algorithm;
        let responder = OcspResponder::of_authority(&made.published).and_then(|own| own.signing_algorithm(algorithm));
        let responder = responder.map_err(|error| error.to_string())?;
        let mut failed = None;
        let status = |serial: SerialNumber| {
            self.store.status(&record.arn, serial).unwrap_or_else(|error| {
                failed = Some(error);
                CertificateStatus::Unknown
            })
        };
        let prepared = responder.prepare(request, now, status).map_err(|error| error.to_string())?;
        // Nothing is said of a certificate that could not be looked up.
        if let Some(error) = failed {
            return Err(error.to_string());
        }
        prepared.sign(&made.kept.key, &verifier()).map_err(|error| error.to_string())
    }
}
