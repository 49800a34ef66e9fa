//! Judges the finished bytes of a list before they are signed (R-REV-3): what is read back, not what it was made from.

use super::error::{CrlDifference, CrlError};
use super::list::{Crl, TbsParts};
use super::number::CrlNumber;
#[cfg(feature = "serde")]
use super::preparation::{CrlPreparation, Terms};
use super::reading::in_element;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::hex;
use crate::x509::name::NameText;
use crate::x509::timestamp::Timestamp;

/// What a list must say.
pub(super) struct Expected<'a> {
    pub(super) algorithm: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) key_identifier: &'a [u8],
    pub(super) point: Option<&'a [u8]>,
    pub(super) number: CrlNumber,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Timestamp,
    pub(super) ca_not_after: Timestamp,
    pub(super) last: Option<&'a Crl<'a>>,
    /// How many entries the list has.
    pub(super) entries: u64,
    /// How many entries of the last list could leave.
    pub(super) left: u64,
}

pub(super) fn hex_text(octets: &[u8]) -> String {
    hex::lower(octets).to_string()
}

pub(super) fn name_text(der: &[u8]) -> String {
    format!("'{}'", NameText(der))
}

pub(super) fn same<T: PartialEq + Copy>(
    field: &'static str,
    found: T,
    expected: T,
    text: impl Fn(T) -> String,
) -> Result<(), CrlDifference> {
    if found == expected {
        return Ok(());
    }
    let (mut found, expected) = (text(found), text(expected));
    if found == expected {
        found.push_str(" in another encoding");
    }
    Err(CrlDifference { field, found, expected })
}

pub(super) fn judge(tbs: &[u8], expected: &Expected<'_>) -> Result<(), CrlError> {
    let tlv = Reader::single(tbs, tag::SEQUENCE).map_err(in_element("tbsCertList"))?;
    let list = TbsParts::read(&tlv)?;
    fields(&list, expected).map_err(CrlError::Judged)?;
    entries(&list, expected).map_err(CrlError::Judged)
}

fn fields(list: &TbsParts<'_>, expected: &Expected<'_>) -> Result<(), CrlDifference> {
    let octets = |value: Option<&[u8]>| value.map_or_else(|| "absent".to_owned(), hex_text);
    let time = |value: Option<Timestamp>| value.map_or_else(|| "absent".to_owned(), |time| time.to_string());
    let number = |value: Option<CrlNumber>| value.map_or_else(|| "absent".to_owned(), |number| number.to_string());
    same("signature", list.algorithm, expected.algorithm, hex_text)?;
    same("issuer", list.issuer, expected.issuer, name_text)?;
    same("thisUpdate", Some(list.this_update), Some(expected.this_update), time)?;
    same("nextUpdate", list.next_update, Some(expected.next_update), time)?;
    if list.next_update > Some(expected.ca_not_after) || list.next_update <= Some(list.this_update) {
        let expected = format!("a time after {} and not after {}", list.this_update, expected.ca_not_after);
        return Err(CrlDifference { field: "nextUpdate", found: time(list.next_update), expected });
    }
    same("authorityKeyIdentifier", list.extensions.key_identifier, Some(expected.key_identifier), octets)?;
    same("cRLNumber", list.extensions.number, Some(expected.number), number)?;
    same("issuingDistributionPoint", list.extensions.issuing_distribution_point, expected.point, octets)?;
    if list.extensions.number <= expected.last.and_then(Crl::number) {
        let found = number(list.extensions.number);
        let expected = format!("a number above {}", number(expected.last.and_then(Crl::number)));
        return Err(CrlDifference { field: "cRLNumber", found, expected });
    }
    Ok(())
}

/// Whether a list that was prepared before may still be signed at the present.
#[cfg(feature = "serde")]
pub(super) fn standing(
    list: &TbsParts<'_>,
    preparation: &CrlPreparation<'_>,
    terms: &Terms,
) -> Result<(), CrlDifference> {
    let octets = |value: Option<&[u8]>| value.map_or_else(|| "absent".to_owned(), hex_text);
    same("issuer", list.issuer, preparation.authority.subject_der(), name_text)?;
    let key = preparation.authority.key_identifier();
    same("authorityKeyIdentifier", list.extensions.key_identifier, Some(key), octets)?;
    same("issuingDistributionPoint", list.extensions.issuing_distribution_point, terms.point.as_deref(), octets)?;
    let (now, end) = (preparation.now, terms.ca_not_after);
    match list.next_update {
        Some(next) if list.this_update <= now && now < next && next <= end => Ok(()),
        next => Err(CrlDifference {
            field: "nextUpdate",
            found: next.map_or_else(|| "absent".to_owned(), |next| format!("{next}, thisUpdate {}", list.this_update)),
            expected: format!("a time after {now} and not after {end}, thisUpdate not after {now},"),
        }),
    }
}

/// In ascending order, and with every entry of the last list but those that could leave, none of them later than it was.
fn entries(list: &TbsParts<'_>, expected: &Expected<'_>) -> Result<(), CrlDifference> {
    let field = "revokedCertificates";
    if !list.ascending {
        let found = "not in ascending order".to_owned();
        return Err(CrlDifference { field, found, expected: "ascending order".to_owned() });
    }
    let mut last = expected.last.into_iter().flat_map(Crl::ascending_entries).peekable();
    let (mut count, mut missing) = (0, 0);
    for entry in list.entries() {
        count += 1;
        while last.next_if(|old| old.serial() < entry.serial()).is_some() {
            missing += 1;
        }
        let old = last.next_if(|old| old.serial() == entry.serial());
        if let Some(old) = old.filter(|old| entry.revoked_at() > old.revoked_at()) {
            let found = format!("{} for the certificate {}", entry.revoked_at(), entry.serial());
            let expected = format!("that of the last list, {},", old.revoked_at());
            return Err(CrlDifference { field: "revocationDate", found, expected });
        }
    }
    missing += last.count() as u64;
    if (count, missing) != (expected.entries, expected.left) {
        let found = format!("a list of {count} entries without {missing} of the last list");
        let expected = format!("one of {} entries without {} of the last list", expected.entries, expected.left);
        return Err(CrlDifference { field, found, expected });
    }
    Ok(())
}
