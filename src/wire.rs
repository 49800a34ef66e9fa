//! The wire form: the names of the API model, blobs in base64 where the format is text.
//!
//! Reading makes a [`Document`] first, which bounds depth and size and refuses a name given twice, and then feeds the
//! builders from it, so that wrong types are reported along with everything else. What is not known is listed or refused as
//! [`Reading`](reading::Reading) says.

#[cfg(feature = "api")]
pub(crate) mod cbor;
pub(crate) mod document;
pub(crate) mod from_member;
#[cfg(feature = "serde")]
pub(crate) mod issue_certificate;
pub(crate) mod json;
pub(crate) mod reading;
pub(crate) mod scalar;
pub(crate) mod to_member;

use crate::request::violation::{Constraint, RequestError, Violation};

/// The longest message that is read, in bytes (our decision): what the longest member of the API, a chain of 2 MiB,
/// needs in base64, with room for the rest.
pub(crate) const MAX_MESSAGE_LEN: usize = 4 << 20;

/// A message that cannot be read at all.
fn refused(message: &[u8], constraint: Constraint) -> RequestError {
    RequestError::new(Violation::new(format!("<{} bytes>", message.len()), constraint))
}

fn check_len(message: &[u8]) -> Result<(), RequestError> {
    match message.len() <= MAX_MESSAGE_LEN {
        true => Ok(()),
        false => Err(refused(message, Constraint::MaxLength(MAX_MESSAGE_LEN))),
    }
}

/// Declares the members of a structure with their wire names, and how its draft is made from them: by a builder, or by
/// `assemble`, which takes the members in this order.
macro_rules! structures {
    ($($type:ident by $maker:ident $members:tt)+) => {$(
        $crate::wire::structures!(read $type by $maker $members);
        $crate::wire::structures!(write $type $members);
    )+};
    (read $type:ident by assemble { $($field:ident = $wire:literal),+ $(,)? }) => {
        impl $crate::wire::from_member::Read for $type {
            fn read(
                document: $crate::wire::document::Document<'_>,
                reading: &mut $crate::wire::reading::Reading,
            ) -> Draft<Self> {
                $crate::wire::from_member::structure(document, reading, &[$($wire),+], |members| {
                    $type::assemble($(members.take($wire)),+)
                })
            }
        }
    };
    (read $type:ident by $builder:ident { $($field:ident = $wire:literal),+ $(,)? }) => {
        impl $crate::wire::from_member::Read for $type {
            fn read(
                document: $crate::wire::document::Document<'_>,
                reading: &mut $crate::wire::reading::Reading,
            ) -> Draft<Self> {
                $crate::wire::from_member::structure(document, reading, &[$($wire),+], |members| {
                    let mut builder = $builder::default();
                    $(builder.$field = members.take($wire);)+
                    $crate::request::given::IntoDraft::into_draft(builder)
                })
            }
        }
    };
    (write $type:ident { $($field:ident = $wire:literal),+ $(,)? }) => {
        impl $crate::wire::to_member::Write for $type {
            fn write(&self) -> $crate::wire::document::Document<'_> {
                use crate::wire::to_member::Member;
                $crate::wire::document::Document::structure([$(($wire, self.$field.member())),+])
            }
        }
    };
}
pub(crate) use structures;
