//! Exporting products and stock: what is written reads back without a change.

use domain::catalog::patch::{OptionPatch, ProductPatch, VariantPatch};
use domain::catalog::{UpsertProduct, query, upsert_product};
use domain::import::ImportReport;
use domain::import::export_inventory::{ExportInventory, export_inventory};
use domain::import::export_products::{ExportProducts, export_products};
use domain::import::inventory::{ImportInventory, import_inventory};
use domain::import::products::{ImportProducts, import_products};
use domain::{Ctx, ErrorCode, Permission};
use entity::channel;
use entity::words::ProductStatus;
use support::{World, both_databases};

use super::{import, shirt};

const FILE: &str = "Handle,Title,Body (HTML),Product Category,Vendor,Tags,Status,SEO Title,Title (ja),Body (HTML) (ja),Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Taxable,Variant Tax Code,Variant Barcode,Image Src,Image Alt Text,Variant Image\n\
happi,Happi,\"<p>a, \"\"b\"\"</p>\n<p>c</p>\",Clothes > Coats,'@vendor,\"festival, summer\",active,Coat,法被,<p>綿</p>,Size,S,Color,Red,-5,450,shopify,5,deny,12800,15000,true,,4901234567894,https://img.example/1.jpg,'+1,https://img.example/s.jpg\n\
happi,,,,,,,,,,,M,,Blue,HP-M,470,shopify,3,continue,11800,,true,reduced,,https://img.example/2.jpg,,\n\
sum,'=1+1,,,,'=cmd,draft,,,,Title,Default Title,,,,0,,,deny,800,,true,,,,,\n\
old,Old,,,,,archived,,,,Title,Default Title,,,OLD,10,shopify,0,deny,,,true,,,,,\n";

async fn products(ctx: &Ctx, channel: Option<&channel::Model>) -> String {
    let input = ExportProducts { channel_id: channel.map(|channel| channel.id) };
    let mut file = export_products(ctx, input).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(page) = file.next(ctx).await.unwrap() {
        bytes.extend(page);
    }
    String::from_utf8(bytes).unwrap()
}

async fn inventory(ctx: &Ctx, channel: Option<&channel::Model>) -> String {
    let mut file = export_inventory(ctx, ExportInventory { channel_id: channel.map(|row| row.id) }).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(page) = file.next(ctx).await.unwrap() {
        bytes.extend(page);
    }
    String::from_utf8(bytes).unwrap()
}

async fn dry_run(ctx: &Ctx, file: &str, channel: &channel::Model) -> ImportReport {
    let (file, channel_id) = (file.as_bytes().to_vec(), Some(channel.id));
    import_products(ctx, ImportProducts { file, channel_id, location_id: None, dry_run: true }, &|_, _| ())
        .await
        .unwrap()
}

fn counts(report: &ImportReport) -> (u64, u64, u64, u64) {
    (report.created, report.updated, report.unchanged, report.failed)
}

both_databases! {
    /// What is exported is what is there; a cell that is changed in it is seen.
    async fn exporting_products_reads_back_unchanged(world: World) {
        world.tax_classes().await;
        let (web, ctx) = (world.channel("web").create().await, world.ctx());
        let first = import(&ctx, FILE, Some(&web), None).await;
        assert_eq!((first.created, first.failed), (3, 0), "{:?}", first.problems);
        let file = products(&ctx, Some(&web)).await;
        let report = dry_run(&ctx, &file, &web).await;
        assert_eq!(counts(&report), (0, 0, 3, 0), "{:?}\n{file}", report.problems);
        assert_eq!(report.ignored_columns, Vec::<String>::new());
        for part in ["Clothes > Coats", "法被", "12800,15000", "reduced", "https://img.example/s.jpg", "4901234567894"] {
            assert!(file.contains(part), "{part}\n{file}");
        }
        assert_eq!(products(&ctx, None).await, file, "the first online channel is the default");
        let report = dry_run(&ctx, &file.replace("12800,15000", "12801,15000"), &web).await;
        assert_eq!(counts(&report), (0, 1, 2, 0));
        let other = world.channel("other").create().await;
        assert!(!products(&ctx, Some(&other)).await.contains("12800"), "prices are those of the channel");
    }

    /// A title that a spreadsheet would run is guarded, and comes back as it was.
    async fn exporting_guards_formulas(world: World) {
        world.tax_classes().await;
        let (web, ctx) = (world.channel("web").create().await, world.ctx());
        import(&ctx, FILE, Some(&web), None).await;
        let sum = query::product_by_slug(&ctx.db(), "sum").await.unwrap().unwrap();
        assert_eq!((sum.title.as_str(), sum.tags.0.as_slice()), ("=1+1", &["=cmd".to_owned()][..]));
        let file = products(&ctx, Some(&web)).await;
        assert!(file.contains("\nsum,'=1+1,"), "{file}");
        assert!(!file.contains(",="), "{file}");
        let copy = import(&ctx, &file.replace("\nsum,", "\ncopy,"), Some(&web), None).await;
        assert_eq!((copy.created, copy.failed), (1, 0), "{:?}", copy.problems);
        assert_eq!(query::product_by_slug(&ctx.db(), "copy").await.unwrap().unwrap().title, "=1+1");
    }

    /// Gaps between positions and more options than Shopify has survive.
    async fn exporting_keeps_what_shopify_has_not(world: World) {
        world.tax_classes().await;
        let (web, ctx) = (world.channel("web").create().await, world.ctx());
        let variant = |position: i32| VariantPatch {
            position: Some(position),
            options: Some((1..=4).map(|number| format!("{number}-{position}")).collect()),
            ..VariantPatch::default()
        };
        let patch = ProductPatch {
            title: Some("Many".to_owned()),
            status: Some(ProductStatus::Active),
            options: Some((1..=4).map(|number| OptionPatch { id: None, name: format!("O{number}") }).collect()),
            variants: vec![variant(2), variant(7)],
            ..ProductPatch::default()
        };
        upsert_product(&ctx, UpsertProduct { patch, ..UpsertProduct::default() }).await.unwrap();
        let file = products(&ctx, Some(&web)).await;
        assert!(file.contains("O4,4-2"), "{file}");
        let report = dry_run(&ctx, &file, &web).await;
        assert_eq!(counts(&report), (0, 0, 1, 0), "{:?}\n{file}", report.problems);
    }

    /// Several pages take few statements, and lose nobody.
    async fn exporting_takes_few_statements(world: World) {
        world.tax_classes().await;
        let (web, ctx) = (world.channel("web").create().await, world.ctx());
        let mut text = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n".to_owned();
        (0..450).for_each(|n| text.push_str(&format!("p{n},Product {n},Title,Default Title,S-{n},{}\n", n + 1)));
        assert_eq!(import(&ctx, &text, Some(&web), None).await.created, 450);
        let reader = world.ctx();
        let file = products(&reader, Some(&web)).await;
        assert_eq!(file.lines().count(), 451);
        assert!(reader.statements.get() < 50, "{} statements", reader.statements.get());
        assert_eq!(dry_run(&ctx, &file, &web).await.unchanged, 450);
    }

    /// Stock stands by variant and location, with or without a SKU, and reads back unchanged.
    async fn exporting_inventory_reads_back_unchanged(world: World) {
        world.tax_classes().await;
        let (web, ctx) = (world.channel("web").create().await, world.ctx());
        let ginza = world.location("ginza").create().await;
        world.location("kyoto").create().await;
        shirt(&ctx, "Shirt", &["S", "M"]).await;
        import(&ctx, "Handle,Title,Option1 Name,Option1 Value\nplain,Plain,Title,Default Title\n", None, None).await;
        let stock = |text: String, dry_run: bool| {
            let input = ImportInventory { file: text.into_bytes(), location_id: None, dry_run };
            let ctx = world.ctx();
            async move { import_inventory(&ctx, input, &|_, _| ()).await.unwrap() }
        };
        let filled = stock("Handle,SKU,ginza,kyoto\nshirt,Shirt-S,5,2\nshirt,Shirt-M,1,\nplain,,4,\n".to_owned(), false).await;
        assert_eq!((filled.created, filled.failed), (4, 0), "{:?}", filled.problems);
        let file = inventory(&ctx, None).await;
        assert_eq!(file.lines().count(), 5, "{file}");
        let report = stock(file.clone(), true).await;
        assert_eq!(counts(&report), (0, 0, 4, 0), "{:?}\n{file}", report.problems);
        let report = stock(file.replace(",5,5,\n", ",5,5,6\n"), true).await;
        assert_eq!(counts(&report), (0, 1, 3, 0), "a count that somebody filled in\n{file}");
        assert_eq!(inventory(&ctx, Some(&web)).await.lines().count(), 1, "no location serves the channel");
        let clerk = world.staff_at(ginza.id, &[Permission::StockRead]).await;
        let own = inventory(&clerk, None).await;
        assert!(own.lines().count() == 4 && !own.contains("kyoto"), "{own}");
    }

    /// Each export needs its permission.
    async fn exporting_needs_permissions(world: World) {
        let reader = world.staff(&[Permission::CatalogRead]).await;
        assert!(export_products(&reader, ExportProducts::default()).await.is_ok());
        let refused = export_inventory(&reader, ExportInventory::default()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
        let counter = world.staff(&[Permission::StockRead]).await;
        assert!(export_inventory(&counter, ExportInventory::default()).await.is_ok());
        let refused = export_products(&counter, ExportProducts::default()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
    }
}
