//! Shopify's product CSV, as merchants really export it: products over several lines, blank cells, old and new
//! headings, missing columns. Pure: bytes in, products and problems out.

mod columns;
mod group;
mod image;
mod option;
mod product;
mod record;
mod variant;

use super::table;
use crate::{Error, ErrorCode, Result};
use columns::{Columns, Field};
use group::groups;
use product::ProductReader;

pub use record::{ImageRecord, Parsed, ProductRecord, VariantRecord};

/// Reads a file. Errors: `INVALID_FILE` for bytes that are no table, `REQUIRED` when it has neither handles nor titles.
pub fn parse(bytes: &[u8]) -> Result<Parsed> {
    let table = table::read(bytes)?;
    let columns = Columns::of(&table);
    if !columns.has(&Field::Title) && !columns.has(&Field::Handle) {
        return Err(Error::invalid(ErrorCode::Required, "Handle"));
    }
    let mut parsed = Parsed {
        ignored_columns: columns.ignored.clone(),
        rows: u64::try_from(table.rows.len()).unwrap_or(u64::MAX),
        ..Parsed::default()
    };
    for group in groups(&columns, &table, &mut parsed) {
        let mut reader = ProductReader { columns: &columns, problems: Vec::new(), handle: group.handle.clone() };
        let product = reader.product(&group);
        if reader.problems.is_empty() {
            parsed.products.push(product);
        } else {
            parsed.failed = parsed.failed.saturating_add(1);
            parsed.problems.append(&mut reader.problems);
        }
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests;
