//! What the exports share: pages of products in id order, and lines that no spreadsheet runs.

use entity::id::ProductId;
use entity::{product, product_option};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::cell;
use crate::catalog::apply::MAX_OPTIONS;
use crate::catalog::whole::{Whole, WholeVariant, assemble};
use crate::{Error, Result};

/// Products of one page: a page is all that is held in memory.
const PAGE: u64 = 200;
/// Options that every file has columns for, as Shopify's have; more only where a product has more.
const OPTIONS: usize = 3;

/// Walks through all products in id order.
#[derive(Debug, Default)]
pub(super) struct Pages {
    last: Option<ProductId>,
}

impl Pages {
    /// The next products with all their parts; empty after the last. A bounded number of statements.
    pub(super) async fn next(&mut self, db: &impl ConnectionTrait) -> Result<Vec<Whole>> {
        let mut query = product::Entity::find().order_by_asc(product::Column::Id).limit(PAGE);
        if let Some(last) = self.last {
            query = query.filter(product::Column::Id.gt(last));
        }
        let products = query.all(db).await?;
        self.last = products.last().map(|row| row.id).or(self.last);
        assemble(db, products).await
    }
}

/// Lines of a CSV file (RFC 4180).
pub(super) struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    pub(super) fn new() -> Self {
        Self(csv::Writer::from_writer(Vec::new()))
    }

    /// Adds a line; texts that a spreadsheet would run are guarded.
    pub(super) fn line(&mut self, cells: &[String]) -> Result<()> {
        self.0.write_record(cells.iter().map(|cell| harmless(cell))).map_err(|error| Error::Bug(error.to_string()))
    }

    pub(super) fn into_bytes(self) -> Result<Vec<u8>> {
        self.0.into_inner().map_err(|error| Error::Bug(error.to_string()))
    }
}

/// A negative number begins like a formula and is none.
fn harmless(cell: &str) -> String {
    let digits = cell.strip_prefix('-').unwrap_or_default();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return cell.to_owned();
    }
    cell::guard(cell)
}

/// How many options the file needs columns for.
pub(super) async fn option_columns(db: &impl ConnectionTrait) -> Result<usize> {
    let most: Option<Option<i32>> = product_option::Entity::find()
        .select_only()
        .column_as(product_option::Column::Position.max(), "most")
        .into_tuple()
        .one(db)
        .await?;
    let most = most.flatten().and_then(|most| usize::try_from(most).ok()).unwrap_or(0);
    Ok(most.clamp(OPTIONS, MAX_OPTIONS))
}

/// Headings of the options' columns.
pub(super) fn option_headings(columns: usize) -> impl Iterator<Item = String> {
    (1..=columns).flat_map(|number| [format!("Option{number} Name"), format!("Option{number} Value")])
}

/// Cells of the options' columns. A product without options has Shopify's `Title` with the value `Default Title`.
pub(super) fn option_cells(
    whole: &Whole,
    variant: Option<&WholeVariant>,
    named: bool,
    columns: usize,
) -> impl Iterator<Item = String> {
    (0..columns).flat_map(move |number| {
        let default =
            |text: &str| if whole.options.is_empty() && number == 0 { text.to_owned() } else { String::new() };
        let name = whole.options.get(number).map_or_else(|| default("Title"), |option| option.name.clone());
        let value = variant
            .map(|variant| variant.values.get(number).cloned().unwrap_or_else(|| default("Default Title")))
            .unwrap_or_default();
        [if named { name } else { String::new() }, value]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        let mut sheet = Sheet::new();
        let cells = ["=1+1", "-5", "-5+1", "-", "a, b"].map(str::to_owned);
        sheet.line(&cells).expect("a line");
        assert_eq!(sheet.into_bytes().expect("bytes"), b"'=1+1,-5,'-5+1,'-,\"a, b\"\n");
    }
}
