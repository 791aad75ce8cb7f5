//! A purchase order as a CSV file for its supplier: one line per variant.

use std::collections::HashMap;

use entity::id::{PurchaseOrderId, VariantId};
use entity::money::Money;
use entity::{purchase_order, purchase_order_line, variant};

use super::export::Sheet;
use crate::transfer::{purchase, supplier};
use crate::{Ctx, Error, Result, catalog, location};

const HEADINGS: [&str; 12] = [
    "Purchase order",
    "Supplier",
    "Deliver to",
    "Expected on",
    "SKU",
    "Barcode",
    "Product",
    "Variant",
    "Quantity",
    "Unit cost",
    "Cost",
    "Currency",
];

/// The file, in UTF-8; no cell is run as a formula by a spreadsheet. At most six statements.
/// Errors: `FORBIDDEN`, `NOT_FOUND`.
pub async fn export_purchase_order(ctx: &Ctx, id: PurchaseOrderId) -> Result<Vec<u8>> {
    let head = purchase::query::get(ctx, id).await?.ok_or(Error::not_found("purchaseOrder"))?;
    let db = ctx.db();
    let lines = purchase::query::lines(&db, &[id]).await?;
    let variants: Vec<VariantId> = lines.iter().map(|line| line.variant_id).collect();
    let variants = catalog::query::variants_by_ids(&db, &variants).await?;
    let products: Vec<_> = variants.iter().map(|variant| variant.product_id).collect();
    let titles: HashMap<_, _> = catalog::query::products_by_ids(&db, &products)
        .await?
        .into_iter()
        .map(|product| (product.id, product.title))
        .collect();
    let variants: HashMap<VariantId, variant::Model> = variants.into_iter().map(|row| (row.id, row)).collect();
    let supplier = supplier::by_ids(&db, &[head.supplier_id]).await?.into_iter().next();
    let place = location::query::get(&db, head.location_id).await?;
    let common = [
        head.number.clone(),
        supplier.map(|supplier| supplier.name).unwrap_or_default(),
        place.name.clone(),
        head.expected_at
            .map(|at| at.with_timezone(&location::query::time_zone(&place)).date_naive().to_string())
            .unwrap_or_default(),
    ];
    let mut sheet = Sheet::new();
    sheet.line(&HEADINGS.map(str::to_owned))?;
    for line in &lines {
        let variant = variants.get(&line.variant_id).ok_or(Error::not_found("variant"))?;
        let title = titles.get(&variant.product_id).cloned().unwrap_or_default();
        sheet.line(&[common.to_vec(), cells(&head, line, variant, title)].concat())?;
    }
    sheet.into_bytes()
}

fn cells(
    head: &purchase_order::Model,
    line: &purchase_order_line::Model,
    variant: &variant::Model,
    title: String,
) -> Vec<String> {
    let amount = |minor: Option<i64>| {
        minor.map(|minor| Money::new(minor, head.currency).amount().to_string()).unwrap_or_default()
    };
    vec![
        variant.sku.clone().unwrap_or_default(),
        variant.barcode.clone().unwrap_or_default(),
        title,
        variant.title.clone(),
        line.quantity.to_string(),
        amount(line.unit_cost),
        amount(line.unit_cost.and_then(|cost| cost.checked_mul(line.quantity))),
        head.currency.code().to_owned(),
    ]
}
