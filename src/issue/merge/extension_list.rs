//! The extensions of a certificate, in their order.

use std::ops::{Deref, DerefMut};

use super::{MergedExtension, Value};
use crate::template::definition::Source;
use crate::x509::oid::Oid;

/// As many as most certificates have need no memory of their own.
const FEW: usize = 8;

/// A list of extensions.
#[derive(Debug)]
pub(crate) struct ExtensionList<'a> {
    few: [MergedExtension<'a>; FEW],
    len: usize,
    /// All of them, once they are more.
    many: Vec<MergedExtension<'a>>,
    /// How many may come.
    expected: usize,
}

impl<'a> ExtensionList<'a> {
    /// A list that does not grow in steps where this many come.
    pub(super) fn expecting(expected: usize) -> Self {
        let none = MergedExtension {
            oid: Oid::SUBJECT_KEY_IDENTIFIER.by_ref(),
            critical: false,
            source: Source::Derived,
            value: Value::SubjectKeyIdentifier,
        };
        ExtensionList { few: [none; FEW], len: 0, many: Vec::new(), expected }
    }

    pub(super) fn push(&mut self, extension: MergedExtension<'a>) {
        if self.many.is_empty() {
            if let Some(place) = self.few.get_mut(self.len) {
                *place = extension;
                self.len += 1;
                return;
            }
            self.many.reserve_exact(self.expected.max(2 * FEW));
            self.many.extend_from_slice(&self.few);
        }
        self.many.push(extension);
    }

    pub(super) fn extend(&mut self, extensions: impl IntoIterator<Item = MergedExtension<'a>>) {
        extensions.into_iter().for_each(|extension| self.push(extension));
    }
}

impl<'a> Deref for ExtensionList<'a> {
    type Target = [MergedExtension<'a>];

    fn deref(&self) -> &[MergedExtension<'a>] {
        if self.many.is_empty() { &self.few[..self.len] } else { &self.many }
    }
}

impl DerefMut for ExtensionList<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        if self.many.is_empty() { &mut self.few[..self.len] } else { &mut self.many }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_every_length_keep_their_order() {
        let oids: Vec<Oid> = (0..40).map(|last: u32| format!("1.2.{last}").parse().unwrap()).collect();
        let mut list = ExtensionList::expecting(3);
        for (number, oid) in oids.iter().enumerate() {
            assert_eq!(list.len(), number);
            let value = Value::Der(oid.as_der_content());
            list.extend([MergedExtension { oid: oid.by_ref(), critical: false, source: Source::Csr, value }]);
            assert!(list.iter().zip(&oids).all(|(extension, oid)| extension.oid == *oid));
            list.iter_mut().for_each(|extension| extension.critical = true);
            assert!(list.iter().all(|extension| extension.critical));
        }
    }
}
