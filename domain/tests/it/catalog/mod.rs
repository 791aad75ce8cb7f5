//! Products, prices, search and imports, on both databases.

mod exporting;
mod finding;
mod importing;
mod pricing;
mod products;
mod stocking;

use domain::Ctx;
use domain::catalog::patch::{OptionPatch, ProductPatch, VariantPatch};
use domain::catalog::whole::Whole;
use domain::catalog::{UpsertProduct, upsert_product};
use domain::import::ImportReport;
use domain::import::products::{ImportProducts, import_products};
use entity::words::ProductStatus;
use sea_orm::{FromQueryResult, Statement};
use support::World;

/// An active product with an option and one variant per value; SKUs are `<title>-<value>`.
async fn shirt(ctx: &Ctx, title: &str, sizes: &[&str]) -> Whole {
    let variant = |size: &&str| VariantPatch {
        sku: Some(Some(format!("{title}-{size}"))),
        options: Some(vec![(*size).to_owned()]),
        ..VariantPatch::default()
    };
    let patch = ProductPatch {
        title: Some(title.to_owned()),
        status: Some(ProductStatus::Active),
        options: Some(vec![OptionPatch { id: None, name: "Size".to_owned() }]),
        variants: sizes.iter().map(variant).collect(),
        ..ProductPatch::default()
    };
    upsert_product(ctx, UpsertProduct { patch, ..UpsertProduct::default() }).await.unwrap()
}

/// Imports a text into a channel and a location, if any.
async fn import(
    ctx: &Ctx,
    text: &str,
    channel: Option<&entity::channel::Model>,
    location: Option<&entity::location::Model>,
) -> ImportReport {
    let input = ImportProducts {
        file: text.as_bytes().to_vec(),
        channel_id: channel.map(|channel| channel.id),
        location_id: location.map(|location| location.id),
        dry_run: false,
    };
    import_products(ctx, input, &|_, _| ()).await.unwrap()
}

/// How many rows a table has.
async fn rows(world: &World, table: &str) -> i64 {
    #[derive(FromQueryResult)]
    struct Count {
        rows: i64,
    }
    let db = world.db();
    let sql = format!("SELECT COUNT(*) AS rows FROM {table}");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Count::find_by_statement(statement).one(db).await.unwrap().unwrap().rows
}
