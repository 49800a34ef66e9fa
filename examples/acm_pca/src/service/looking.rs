//! What the page shows of what there is. Nothing here changes anything.

use std::sync::Arc;

use issuance::api::{DescribeCertificateAuthorityResponse, Format, Response};
use issuance::crl::Crl;
use issuance::{CertificateArn, CertificateAuthorityArn, SerialNumber, Template, Timestamp};
use serde_json::Value;

use super::Service;
use super::authorities::description;
use crate::store::{Certificate, Making, Only, Part, Record};

/// The most lists of an authority that are looked at: a partitioned one has many.
const MOST_LISTS: usize = 16;

/// A revocation list as it is published now.
pub(crate) struct ListSeen {
    pub(crate) url: String,
    /// Where it is on this service.
    pub(crate) path: String,
    /// None if the list cannot be made.
    pub(crate) says: Option<ListSays>,
}

pub(crate) struct ListSays {
    pub(crate) number: Option<String>,
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
    pub(crate) entries: usize,
}

impl Service {
    /// The authorities of all accounts and regions, deleted ones among them as long as they can be restored.
    pub(crate) fn all_records(&self) -> Vec<Arc<Record>> {
        let now = self.clock.now();
        let mut records = self.seen(self.store.records()).unwrap_or_default();
        records.retain(|record| !record.is_gone(now));
        records
    }

    pub(crate) fn record_seen(&self, arn: &CertificateAuthorityArn) -> Option<Arc<Record>> {
        self.seen(self.store.record(arn)).flatten().filter(|record| !record.is_gone(self.clock.now()))
    }

    pub(crate) fn certificates_seen(
        &self,
        arn: &CertificateAuthorityArn,
        only: Only,
        skip: usize,
        most: usize,
    ) -> Part {
        let part = self.seen(self.store.part(arn, only, skip, most));
        part.unwrap_or(Part { count: 0, certificates: Vec::new() })
    }

    pub(crate) fn certificate_seen(&self, arn: &CertificateArn) -> Option<(SerialNumber, Certificate)> {
        let serial = arn.serial_number(self.options.serial_format)?;
        Some((serial, self.seen(self.store.certificate(&arn.authority(), &serial)).flatten()?))
    }

    /// The revocation configuration, with the names that the API has for its members.
    pub(crate) fn revocation_seen(&self, record: &Record) -> Value {
        let certificate_authority = Some(description(record, self.clock.now()));
        let described = DescribeCertificateAuthorityResponse { certificate_authority }.encode(Format::Json);
        let mut described: Value = serde_json::from_slice(&described).unwrap_or_default();
        described["CertificateAuthority"]["RevocationConfiguration"].take()
    }

    /// The lists to which certificates of the authority lead.
    pub(crate) fn lists_seen(&self, record: &Record) -> Vec<ListSeen> {
        let Making::Made(made) = &record.making else { return Vec::new() };
        let authority = &made.published;
        let url = |partition| authority.revocation_configuration().crl_url(authority.arn(), partition);
        let is_partitioned = self.revocation_seen(record)["CrlConfiguration"]["CrlType"] == "PARTITIONED";
        let urls: Vec<String> = match is_partitioned {
            true => authority.crl_partitions().iter().take(MOST_LISTS).filter_map(|name| url(Some(*name))).collect(),
            false => url(None).into_iter().collect(),
        };
        let seen = urls.into_iter().filter_map(|url| {
            let (_, path) = url.strip_prefix("http://")?.split_once('/')?;
            let path = format!("/{path}");
            let says = self.list_at(&path).and_then(|der| says(&der));
            Some(ListSeen { url, path, says })
        });
        seen.collect()
    }

    /// The templates that requests may ask for, custom ones first.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.options.templates.iter().chain(Template::all())
    }
}

fn says(der: &[u8]) -> Option<ListSays> {
    let list = Crl::from_der(der).ok()?;
    Some(ListSays {
        number: list.number().map(|number| number.to_string()),
        this_update: list.this_update(),
        next_update: list.next_update(),
        entries: list.entries().count(),
    })
}
