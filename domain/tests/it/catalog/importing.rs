//! Importing products.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::catalog::query;
use domain::import::products::{ImportProducts, import_products};
use domain::pricing::price::current;
use domain::{ErrorCode, Permission};
use entity::words::ProductStatus;
use entity::{price, product, stock_level};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use super::{import, rows};

const FILE: &str = "\u{feff}Handle,Title,Body (HTML),Vendor,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Variant Image\r\n\
happi,法被,<p>綿</p>,京都染,祭り,true,Size,S,HP-S,450,shopify,5,deny,12800,,4901234567894,https://img.example/1.jpg,https://img.example/s.jpg\r\n\
happi,,,,,,,M,HP-M,470,shopify,3,continue,12800,15000,,https://img.example/2.jpg,\r\n\
tea,緑茶,,,,true,Title,Default Title,,0,,9,deny,800,,,,\r\n\
bad,Bad,,,,true,Title,Default Title,BAD,0,,1,deny,8.5,,,,\r\n\
code,Code,,,,true,Title,Default Title,CODE,0,,1,deny,5,,4901234567890,,\r\n\
dupe,Dupe,,,,true,Title,Default Title,HP-S,0,,1,deny,5,,,,\r\n";

both_databases! {
    /// A file becomes products, prices and stock; a wrong line fails its product only; again it changes nothing.
    async fn file_becomes_products(world: World) {
        world.tax_classes().await;
        let (web, store) = (world.channel("web").create().await, world.store("ginza").await);
        let ctx = world.ctx();
        let report = import(&ctx, FILE, Some(&web), Some(&store)).await;
        assert_eq!((report.rows, report.created, report.failed), (6, 2, 3), "{:?}", report.problems);
        let problems: Vec<_> =
            report.problems.iter().map(|p| (p.line, p.error.code(), p.column.as_deref().unwrap_or(""))).collect();
        assert_eq!(
            problems,
            [
                (5, ErrorCode::InvalidAmount, "Variant Price"),
                (6, ErrorCode::InvalidBarcode, "Variant Barcode"),
                (7, ErrorCode::AlreadyExists, "Variant SKU"),
            ]
        );
        let happi = product::Entity::find().all(world.db()).await.unwrap().into_iter().find(|row| row.slug == "happi").unwrap();
        assert_eq!(happi.status, ProductStatus::Active);
        let whole = domain::catalog::whole::load(&ctx.db(), &[happi.id]).await.unwrap().remove(0);
        let urls: Vec<&str> = whole.media.iter().map(|media| media.url.as_str()).collect();
        assert_eq!(urls, ["https://img.example/1.jpg", "https://img.example/2.jpg", "https://img.example/s.jpg"]);
        assert_eq!(whole.variants[0].row.image_id, Some(whole.media[2].id));
        let medium = query::variant_by_sku(&ctx.db(), "HP-M").await.unwrap().unwrap();
        let prices = current(&ctx.db(), web.id, &[medium.id]).await.unwrap();
        assert_eq!((prices[&medium.id].amount, prices[&medium.id].compare_at), (12_800, Some(15_000)));
        let stock = stock_level::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(stock.iter().map(|level| level.on_hand).sum::<i64>(), 8, "what is not counted has no stock");

        let (events, versions) = (rows(&world, "event").await, happi.version);
        let again = import(&ctx, FILE, Some(&web), Some(&store)).await;
        assert_eq!((again.created, again.updated, again.unchanged, again.failed), (0, 0, 2, 3));
        assert_eq!(rows(&world, "event").await, events);
        assert_eq!(query::product_by_id(&ctx.db(), happi.id).await.unwrap().unwrap().version, versions);
    }

    /// A changed cell changes that product only; columns that are missing change nothing.
    async fn changed_cells_change_their_product(world: World) {
        world.tax_classes().await;
        let web = world.channel("web").create().await;
        let ctx = world.ctx();
        import(&ctx, FILE, Some(&web), None).await;
        let report = import(&ctx, &FILE.replace("HP-M,470,shopify,3,continue,12800", "HP-M,480,shopify,3,continue,11000"), Some(&web), None).await;
        assert_eq!((report.updated, report.unchanged), (1, 1));
        let medium = query::variant_by_sku(&ctx.db(), "HP-M").await.unwrap().unwrap();
        assert_eq!(medium.weight_grams, 480);
        assert_eq!(price::Entity::find().all(world.db()).await.unwrap().len(), 4, "three prices and one that was closed");
        let titles = import(&ctx, "Handle,Title\nhappi,はっぴ\n", Some(&web), None).await;
        assert_eq!((titles.updated, titles.failed), (1, 0), "{:?}", titles.problems);
        let happi = query::product_by_slug(&ctx.db(), "happi").await.unwrap().unwrap();
        assert_eq!((happi.title.as_str(), happi.vendor.as_str()), ("はっぴ", "京都染"));
    }

    /// A dry run says the same and writes nothing.
    async fn dry_run_writes_nothing(world: World) {
        world.tax_classes().await;
        let (web, store) = (world.channel("web").create().await, world.store("ginza").await);
        let ctx = world.ctx();
        let seen = AtomicU64::new(0);
        let input = ImportProducts {
            file: FILE.as_bytes().to_vec(),
            channel_id: Some(web.id),
            location_id: Some(store.id),
            dry_run: true,
        };
        let report = import_products(&ctx, input, &|done, _| seen.store(done, Ordering::SeqCst)).await.unwrap();
        assert!(report.dry_run);
        assert_eq!((report.created, report.failed), (2, 3));
        assert_eq!(seen.load(Ordering::SeqCst), 4, "progress counts products that could be read");
        for table in ["product", "variant", "price", "stock_level", "event", "product_search"] {
            assert_eq!(rows(&world, table).await, 0, "{table}");
        }
    }

    /// A thousand products take few statements: no statement per product.
    async fn statements_do_not_grow_with_products(world: World) {
        world.tax_classes().await;
        let web = world.channel("web").create().await;
        let mut text = "Handle,Title,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src\n".to_owned();
        for number in 0..1_000 {
            text.push_str(&format!("p{number},Product {number},tag,true,Size,S,S-{number},{},https://img.example/{number}.jpg\n", number + 1));
            text.push_str(&format!("p{number},,,,,M,M-{number},{},\n", number + 2));
        }
        let ctx = world.ctx();
        let started = std::time::Instant::now();
        let report = import(&ctx, &text, Some(&web), None).await;
        eprintln!("1,000 products, 2,000 variants on {:?}: {:?}, {} statements", world.backend(), started.elapsed(), ctx.statements.get());
        assert_eq!((report.created, report.failed), (1_000, 0), "{:?}", report.problems.first());
        assert!(ctx.statements.get() < 200, "{} statements", ctx.statements.get());
        let again = world.ctx();
        let started = std::time::Instant::now();
        let report = import(&again, &text, Some(&web), None).await;
        eprintln!("again: {:?}, {} statements", started.elapsed(), again.statements.get());
        assert_eq!(report.unchanged, 1_000);
        assert!(again.statements.get() < 100, "{} statements", again.statements.get());
    }

    /// Products and prices need their permissions; a price channel of somebody else is refused.
    async fn permissions_are_needed(world: World) {
        let web = world.channel("web").create().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let input = ImportProducts { file: FILE.into(), channel_id: Some(web.id), location_id: None, dry_run: true };
        assert_eq!(import_products(&ctx, input, &|_, _| ()).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert_eq!(rows(&world, "product").await, 0);
    }
}
