//! A TBSCertificate as a table, where there is no plan to trust.

use std::fmt;

use super::table::{extension_name, field_text, write_table};
use crate::describe::describe_extension;
use crate::tbs::TbsView;

/// What a TBSCertificate says, as a table: no more than stands in the octets.
pub(crate) struct TbsText<'t>(pub(crate) &'t TbsView<'t>);

impl fmt::Display for TbsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![["field".to_owned(), "value".to_owned()]];
        for (field, tlv) in self.0.fields() {
            rows.push([field.as_str().to_owned(), field_text(field, tlv.full)]);
        }
        write_table(f, &rows)?;
        rows.truncate(1);
        rows[0][0] = "extension".to_owned();
        for extension in self.0.extensions() {
            let oid = extension.oid.to_oid();
            rows.push([extension_name(&oid, extension.critical), describe_extension(&oid, extension.value)]);
        }
        writeln!(f)?;
        write_table(f, &rows)
    }
}
