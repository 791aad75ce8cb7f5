//! Importing stock quantities.

use domain::ErrorCode;
use domain::catalog::query;
use domain::import::ImportReport;
use domain::import::inventory::{ImportInventory, import_inventory};
use domain::{Ctx, Permission};
use entity::words::MovementKind;
use entity::{stock_level, stock_movement};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use super::{rows, shirt};

async fn stock(ctx: &Ctx, text: &str, dry_run: bool) -> ImportReport {
    let input = ImportInventory { file: text.as_bytes().to_vec(), location_id: None, dry_run };
    import_inventory(ctx, input, &|_, _| ()).await.unwrap()
}

const LONG: &str = "Handle,Title,Option1 Name,Option1 Value,SKU,Location,On hand (current),On hand (new)\n\
shirt,Shirt,Size,S,Shirt-S,Ginza,5,\n\
shirt,Shirt,Size,M,,Ginza,5,7\n\
shirt,Shirt,Size,S,Shirt-S,Kyoto,not stocked,\n\
nothing,Nothing,Size,S,NOPE,Ginza,1,\n\
shirt,Shirt,Size,S,Shirt-S,Moon,1,\n\
shirt,Shirt,Size,S,Shirt-S,Ginza,9,\n";

both_databases! {
    /// Quantities become received stock; a second file adjusts it; the same file again changes nothing.
    async fn file_becomes_stock(world: World) {
        world.tax_classes().await;
        world.location("ginza").with(|row| row.name = "Ginza".to_owned()).create().await;
        world.location("kyoto").with(|row| row.name = "Kyoto".to_owned()).create().await;
        let ctx = world.ctx();
        shirt(&ctx, "Shirt", &["S", "M"]).await;
        assert_eq!(stock(&ctx, LONG, true).await.created, 2);
        assert_eq!(rows(&world, "stock_level").await, 0);
        let report = stock(&ctx, LONG, false).await;
        assert_eq!((report.created, report.failed), (2, 3), "{:?}", report.problems);
        let problems: Vec<_> = report.problems.iter().map(|p| (p.line, p.error.code())).collect();
        assert_eq!(problems, [(5, ErrorCode::NotFound), (6, ErrorCode::NotFound), (7, ErrorCode::AlreadyExists)]);
        let small = query::variant_by_sku(&ctx.db(), "Shirt-S").await.unwrap().unwrap().id;
        assert_eq!(stock(&ctx, LONG, false).await.unchanged, 2);
        let fewer = stock(&ctx, "SKU,Ginza\nShirt-S,2\n", false).await;
        assert_eq!((fewer.updated, fewer.failed), (1, 0), "{:?}", fewer.problems);
        let levels = stock_level::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(levels.iter().find(|level| level.variant_id == small).unwrap().on_hand, 2);
        let movements = stock_movement::Entity::find().all(world.db()).await.unwrap();
        let kinds: Vec<MovementKind> = movements.iter().filter(|row| row.variant_id == small).map(|row| row.kind).collect();
        assert_eq!(kinds, [MovementKind::Received, MovementKind::Adjusted]);
    }

    /// Who may adjust one location changes only that one.
    async fn other_locations_are_refused(world: World) {
        world.tax_classes().await;
        let ginza = world.location("ginza").create().await;
        world.location("kyoto").create().await;
        shirt(&world.ctx(), "Shirt", &["S"]).await;
        let clerk = world.staff_at(ginza.id, &[Permission::StockAdjust]).await;
        let report = stock(&clerk, "SKU,ginza,kyoto\nShirt-S,2,3\n", false).await;
        assert_eq!((report.created, report.failed), (1, 1));
        assert_eq!(rows(&world, "stock_level").await, 1);
    }
}
