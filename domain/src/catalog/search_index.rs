//! The folded texts that search looks through, written in the transaction that changes a product.

use entity::id::ProductId;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement, Value};

use super::whole::Whole;
use crate::kernel::text;
use crate::{Result, Tx};

/// Rows of one statement.
const ROWS: usize = 500;

/// What a product is found by: titles in all languages, vendor, type, tags, option values, SKUs and barcodes, folded.
/// One thing per line, so that no search matches across two.
#[must_use]
pub fn body(whole: &Whole) -> String {
    let product = &whole.product;
    let mut lines: Vec<String> = vec![text::fold(&product.title)];
    let mut add = |line: &str| {
        let line = text::fold(line);
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    };
    whole.translations.iter().for_each(|texts| add(&texts.title));
    add(&product.vendor);
    add(&product.product_type);
    product.tags.0.iter().for_each(|tag| add(tag));
    for variant in &whole.variants {
        variant.values.iter().for_each(|value| add(value));
        variant.row.sku.iter().for_each(|sku| add(sku));
        variant.row.barcode.iter().for_each(|code| add(code));
    }
    lines.join("\n")
}

/// The row of a product in SQLite's full-text table. Deleting there by anything but the row number reads the whole
/// table; the random half of a version 7 UUID is a number that no other product has.
fn row_number(id: ProductId) -> i64 {
    const LOW: u128 = (1 << 62) - 1;
    i64::try_from(id.uuid().as_u128() & LOW).unwrap_or_default()
}

/// Writes the search texts of products.
pub(crate) async fn write(tx: &Tx, wholes: &[&Whole]) -> Result<()> {
    for some in wholes.chunks(ROWS) {
        if tx.get_database_backend() == DatabaseBackend::Postgres {
            write_postgres(tx, some).await?;
        } else {
            write_sqlite(tx, some).await?;
        }
    }
    Ok(())
}

async fn write_postgres(tx: &Tx, wholes: &[&Whole]) -> Result<()> {
    let rows: Vec<String> = (0..wholes.len()).map(|row| format!("(${}, ${})", row * 2 + 1, row * 2 + 2)).collect();
    let sql = format!(
        "INSERT INTO product_search (product_id, body) VALUES {} \
         ON CONFLICT (product_id) DO UPDATE SET body = excluded.body WHERE product_search.body <> excluded.body",
        rows.join(", ")
    );
    let values: Vec<Value> =
        wholes.iter().flat_map(|whole| [Value::from(whole.product.id.uuid()), Value::from(body(whole))]).collect();
    tx.execute_raw(Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values)).await?;
    Ok(())
}

async fn write_sqlite(tx: &Tx, wholes: &[&Whole]) -> Result<()> {
    let marks = vec!["?"; wholes.len()].join(", ");
    let numbers: Vec<Value> = wholes.iter().map(|whole| row_number(whole.product.id).into()).collect();
    let delete = format!("DELETE FROM product_search WHERE rowid IN ({marks})");
    tx.execute_raw(Statement::from_sql_and_values(DatabaseBackend::Sqlite, delete, numbers)).await?;
    let rows = vec!["(?, ?, ?)"; wholes.len()].join(", ");
    let insert = format!("INSERT INTO product_search (rowid, product_id, body) VALUES {rows}");
    let values: Vec<Value> = wholes
        .iter()
        .flat_map(|whole| {
            let id = whole.product.id;
            [Value::from(row_number(id)), Value::from(id.uuid()), Value::from(body(whole))]
        })
        .collect();
    tx.execute_raw(Statement::from_sql_and_values(DatabaseBackend::Sqlite, insert, values)).await?;
    Ok(())
}
