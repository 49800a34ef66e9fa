//! From a request to a document.

use std::fmt::Display;

use super::document::Document;
use crate::request::bounded::{Blob, Integer};
use crate::request::given::TextShape;

/// A type that is written to a document.
pub(crate) trait Write {
    fn write(&self) -> Document<'_>;
}

impl<T: TextShape + Display> Write for T {
    fn write(&self) -> Document<'_> {
        Document::Text(self.to_string().into())
    }
}

impl Write for i64 {
    fn write(&self) -> Document<'_> {
        Document::Integer(*self)
    }
}

impl<const MIN: i64, const MAX: i64> Write for Integer<MIN, MAX> {
    fn write(&self) -> Document<'_> {
        Document::Integer(self.get())
    }
}

impl Write for bool {
    fn write(&self) -> Document<'_> {
        Document::Bool(*self)
    }
}

impl<const MIN: usize, const MAX: usize> Write for Blob<MIN, MAX> {
    fn write(&self) -> Document<'_> {
        Document::Bytes(self.as_bytes().into())
    }
}

#[cfg(feature = "api")]
impl Write for String {
    fn write(&self) -> Document<'_> {
        Document::Text(self.as_str().into())
    }
}

#[cfg(feature = "api")]
impl Write for crate::x509::timestamp::Timestamp {
    fn write(&self) -> Document<'_> {
        Document::Timestamp(*self)
    }
}

/// A member of a structure, which may be absent.
pub(crate) trait Member {
    fn member(&self) -> Option<Document<'_>>;
}

impl<T: Write> Member for T {
    fn member(&self) -> Option<Document<'_>> {
        Some(self.write())
    }
}

impl<T: Write> Member for Option<T> {
    fn member(&self) -> Option<Document<'_>> {
        self.as_ref().map(T::write)
    }
}

impl<T: Write> Member for Vec<T> {
    fn member(&self) -> Option<Document<'_>> {
        (!self.is_empty()).then(|| Document::List(self.iter().map(T::write).collect()))
    }
}
