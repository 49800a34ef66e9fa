//! From a request to a document.

use std::fmt::Display;

use super::document::Document;
use crate::request::bounded::Blob;
use crate::request::draft::TextShape;
use crate::request::extended_key_usage::ExtendedKeyUsage;
use crate::request::general_name::GeneralName;
use crate::request::key_usage::{BITS, KeyUsage};

/// A type that is written to a document.
pub(crate) trait Write {
    fn write(&self) -> Document;
}

impl<T: TextShape + Display> Write for T {
    fn write(&self) -> Document {
        Document::Text(self.to_string())
    }
}

impl Write for i64 {
    fn write(&self) -> Document {
        Document::Integer((*self).into())
    }
}

impl Write for bool {
    fn write(&self) -> Document {
        Document::Bool(*self)
    }
}

impl<const MIN: usize, const MAX: usize> Write for Blob<MIN, MAX> {
    fn write(&self) -> Document {
        Document::Bytes(self.as_bytes().to_owned())
    }
}

impl Write for KeyUsage {
    fn write(&self) -> Document {
        let members = BITS.iter().map(|(wire, _, bit)| ((*wire).into(), Document::Bool(self.contains(*bit))));
        Document::Map(members.collect())
    }
}

impl Write for ExtendedKeyUsage {
    fn write(&self) -> Document {
        let [purpose, oid] = ExtendedKeyUsage::OPTIONS;
        Document::structure([match self {
            ExtendedKeyUsage::Purpose(given) => (purpose, given.member()),
            ExtendedKeyUsage::Oid(given) => (oid, given.member()),
        }])
    }
}

impl Write for GeneralName {
    fn write(&self) -> Document {
        let [other, rfc822, dns, directory, edi, uri, ip, registered] = GeneralName::OPTIONS;
        Document::structure([match self {
            GeneralName::OtherName(name) => (other, name.member()),
            GeneralName::Rfc822Name(address) => (rfc822, address.member()),
            GeneralName::DnsName(name) => (dns, name.member()),
            GeneralName::DirectoryName(name) => (directory, (**name).member()),
            GeneralName::EdiPartyName(name) => (edi, name.member()),
            GeneralName::UniformResourceIdentifier(name) => (uri, name.member()),
            GeneralName::IpAddress(address) => (ip, address.member()),
            GeneralName::RegisteredId(oid) => (registered, oid.member()),
        }])
    }
}

/// A member of a structure, which may be absent.
pub(crate) trait Member {
    fn member(&self) -> Option<Document>;
}

impl<T: Write> Member for T {
    fn member(&self) -> Option<Document> {
        Some(self.write())
    }
}

impl<T: Write> Member for Option<T> {
    fn member(&self) -> Option<Document> {
        self.as_ref().map(T::write)
    }
}

impl<T: Write> Member for Vec<T> {
    fn member(&self) -> Option<Document> {
        (!self.is_empty()).then(|| Document::List(self.iter().map(T::write).collect()))
    }
}
