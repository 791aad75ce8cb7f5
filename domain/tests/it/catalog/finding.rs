//! Search, lists and the snapshot.

use std::collections::HashSet;
use std::sync::Arc;

use domain::Ctx;
use domain::Permission;
use domain::catalog::patch::{ProductPatch, TranslationPatch};
use domain::catalog::snapshot::list::{Filter, List, Query, Sort};
use domain::catalog::snapshot::{Cache, Snapshot, facets};
use domain::catalog::{UpsertProduct, browse, search, upsert_product};
use domain::kernel::paging::PageRequest;
use domain::pricing::price::NewPrice;
use domain::pricing::set_price::{SetPrice, set_price};
use entity::channel;
use entity::id::ProductId;
use entity::money::{Currency, Money};
use support::{World, both_databases};

use super::{import, shirt};

async fn found(ctx: &Ctx, text: &str) -> HashSet<ProductId> {
    let words = search::words(text).unwrap();
    search::matching(&ctx.db(), &words).await.unwrap().into_iter().collect()
}

fn titles(snapshot: &Snapshot, channel: &channel::Model, query: &Query, request: &PageRequest) -> Vec<String> {
    let list = List::new(snapshot, channel.id, query).unwrap();
    list.page(request).unwrap().rows.iter().map(|(_, whole)| whole.product.title.clone()).collect()
}

const SHOP: &str = "Handle,Title,Title (ja),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,Product Category\n\
tea,Green Tea,緑茶,Uji,Drink,\"hot, green\",true,Size,100g,T-1,800,Food > Drinks\n\
tea,,,,,,,,200g,T-2,1500,\n\
cake,Sponge Cake,カステラ,Nagasaki,Sweet,,true,Title,Default Title,C-1,1200,Food\n\
bag,Camera Bag,カメラバッグ,Uji,Bag,,true,Size,S,B-1,9000,Goods\n\
draft,Draft,,,,,false,Title,Default Title,D-1,1,\n";

both_databases! {
    /// One name in many scripts, parts of words, SKUs and barcodes find the product; wildcards do not.
    async fn search_finds_japanese_and_english(world: World) {
        world.tax_classes().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let camera = shirt(&ctx, "Camera Bag 100%", &["S"]).await.product.id;
        let patch = ProductPatch {
            translations: Some(vec![TranslationPatch { locale: "ja".to_owned(), title: "カメラバッグ「旅」".to_owned(), description_html: String::new() }]),
            vendor: Some("O'Neill \"Co\"".to_owned()),
            ..ProductPatch::default()
        };
        upsert_product(&ctx, UpsertProduct { id: Some(camera), patch, ..UpsertProduct::default() }).await.unwrap();
        shirt(&ctx, "Tea", &["S"]).await;
        for text in ["かめら", "ｶﾒﾗ", "カメラバッグ", "旅", "CAMERA", "ｃａｍｅｒａ bag", "amer", "ag", "o'neill", "\"co\"", "bag-100%-s", "100%", "bag カメ"] {
            let expected = if text == "bag-100%-s" { HashSet::new() } else { HashSet::from([camera]) };
            assert_eq!(found(&ctx, text).await, expected, "{text}");
        }
        for text in ["c_mera", "cam%bag", "coffee", "camera OR tea", "NEAR(camera bag)", "body:camera"] {
            assert!(found(&ctx, text).await.is_empty(), "{text}");
        }
        let renamed = ProductPatch { title: Some("Suitcase".to_owned()), translations: Some(Vec::new()), ..ProductPatch::default() };
        upsert_product(&ctx, UpsertProduct { id: Some(camera), patch: renamed, ..UpsertProduct::default() }).await.unwrap();
        assert!(found(&ctx, "カメラバッグ").await.is_empty(), "the old name is forgotten");
        assert_eq!(found(&ctx, "suitcase").await, HashSet::from([camera]));
        let filter = browse::Filter { search: Some("suit".to_owned()), ..browse::Filter::default() };
        assert_eq!(browse::count(&ctx.db(), &filter).await.unwrap(), 1);
    }

    /// Lists filter, sort, page and count what the channel sells, and only that.
    async fn lists_show_what_a_channel_sells(world: World) {
        world.tax_classes().await;
        let web = world.channel("web").create().await;
        let ctx = world.ctx();
        let report = import(&ctx, SHOP, Some(&web), None).await;
        assert_eq!((report.created, report.failed), (4, 0), "{:?}", report.problems);
        let cache = Cache::default();
        let snapshot = cache.get(&ctx).await.unwrap();
        let all = PageRequest::default();
        let sorted = |sort| titles(&snapshot, &web, &Query { sort, ..Query::default() }, &all);
        assert_eq!(sorted(Sort::Title), ["Camera Bag", "Green Tea", "Sponge Cake"]);
        assert_eq!(sorted(Sort::PriceAscending), ["Green Tea", "Sponge Cake", "Camera Bag"]);
        assert_eq!(sorted(Sort::PriceDescending), ["Camera Bag", "Sponge Cake", "Green Tea"]);
        let only = |filter| titles(&snapshot, &web, &Query { filter, sort: Sort::Title, ..Query::default() }, &all);
        assert_eq!(only(Filter { vendors: vec!["Uji".to_owned()], ..Filter::default() }), ["Camera Bag", "Green Tea"]);
        assert_eq!(only(Filter { price_from: Some(1_300), price_to: Some(2_000), ..Filter::default() }), ["Green Tea"]);
        assert_eq!(only(Filter { options: vec![("Size".to_owned(), vec!["S".to_owned()])], ..Filter::default() }), ["Camera Bag"]);
        assert_eq!(only(Filter { tags: vec!["hot".to_owned()], ..Filter::default() }), ["Green Tea"]);
        let food = snapshot.categories().iter().find(|row| row.name == "Food").unwrap().id;
        assert_eq!(only(Filter { category_id: Some(food), ..Filter::default() }), ["Green Tea", "Sponge Cake"]);
        assert!(only(Filter { in_stock: Some(true), ..Filter::default() }).is_empty());
        let query = Query { found: Some((vec!["tea".to_owned()], snapshot_all(&snapshot, &web))), ..Query::default() };
        assert_eq!(titles(&snapshot, &web, &query, &all)[0], "Green Tea", "the best match comes first");
        let query = Query::default();
        let facets = facets::facets(&List::new(&snapshot, web.id, &query).unwrap());
        assert_eq!(facets.vendors, [("Uji".to_owned(), 2), ("Nagasaki".to_owned(), 1)]);
        assert_eq!(facets.price, Some((800, 9_000)));
        assert_eq!(facets.options[0].1.len(), 3);
        let other = world.channel("other").create().await;
        assert!(List::new(&snapshot, other.id, &query).is_none_or(|list| list.count() == 0));
    }

    /// Pages follow each other in every order, forwards and backwards.
    async fn pages_follow_each_other(world: World) {
        world.tax_classes().await;
        let web = world.channel("web").create().await;
        let ctx = world.ctx();
        let mut text = "Handle,Title,Published,Variant Price\n".to_owned();
        for number in 0..25 {
            text.push_str(&format!("p{number},Product {},true,{}\n", number % 7, 100 * (number % 4)));
        }
        assert_eq!(import(&ctx, &text, Some(&web), None).await.created, 25);
        let snapshot = Cache::default().get(&ctx).await.unwrap();
        for sort in [Sort::Relevance, Sort::Newest, Sort::Title, Sort::PriceAscending, Sort::PriceDescending] {
            let query = Query { sort, ..Query::default() };
            let list = List::new(&snapshot, web.id, &query).unwrap();
            let whole = list.page(&PageRequest { size: 100, ..PageRequest::default() }).unwrap();
            let whole: Vec<_> = whole.rows.iter().map(|(_, whole)| whole.product.id).collect();
            assert_eq!(whole.len(), 25);
            let (mut forwards, mut after) = (Vec::new(), None);
            loop {
                let page = list.page(&PageRequest { size: 4, after, ..PageRequest::default() }).unwrap();
                forwards.extend(page.rows.iter().map(|(_, whole)| whole.product.id));
                after = page.rows.last().map(|(cursor, _)| cursor.clone());
                if !page.has_next {
                    break;
                }
            }
            assert_eq!(forwards, whole, "{sort:?}");
            let last = list.page(&PageRequest { size: 3, backwards: true, ..PageRequest::default() }).unwrap();
            let last_ids: Vec<_> = last.rows.iter().map(|(_, whole)| whole.product.id).collect();
            assert_eq!(last_ids, whole[22..], "{sort:?}");
            let before = Some(last.rows[0].0.clone());
            let previous = list.page(&PageRequest { size: 3, before, backwards: true, ..PageRequest::default() }).unwrap();
            assert_eq!(previous.rows.iter().map(|(_, whole)| whole.product.id).collect::<Vec<_>>(), whole[19..22], "{sort:?}");
        }
    }

    /// What this process commits is in the next snapshot; without a change the snapshot stays.
    async fn snapshot_follows_changes(world: World) {
        world.tax_classes().await;
        let web = world.channel("web").create().await;
        let ctx = world.staff(&[Permission::CatalogWrite, Permission::PricesWrite]).await;
        let cache = Cache::default();
        let product = shirt(&ctx, "Shirt", &["S"]).await;
        let variant = product.variants[0].row.id;
        let price = |amount| SetPrice {
            channel_id: web.id,
            prices: vec![NewPrice { variant_id: variant, price: Money::new(amount, Currency::JPY), compare_at: None }],
        };
        set_price(&ctx, price(100)).await.unwrap();
        let first = cache.get(&ctx).await.unwrap();
        assert_eq!(first.price(web.id, variant).map(|price| price.amount), Some(100));
        let statements = ctx.statements.get();
        assert!(Arc::ptr_eq(&first, &cache.get(&ctx).await.unwrap()) || ctx.statements.get() > statements);
        set_price(&ctx, price(200)).await.unwrap();
        let second = cache.get(&ctx).await.unwrap();
        assert_eq!(second.price(web.id, variant).map(|price| price.amount), Some(200));
        let hide = ProductPatch { status: Some(entity::words::ProductStatus::Archived), ..ProductPatch::default() };
        upsert_product(&ctx, UpsertProduct { id: Some(product.product.id), patch: hide, ..UpsertProduct::default() }).await.unwrap();
        assert!(cache.get(&ctx).await.unwrap().product(web.id, product.product.id).is_none());
    }
}

fn snapshot_all(snapshot: &Snapshot, channel: &channel::Model) -> HashSet<ProductId> {
    let query = Query::default();
    let list = List::new(snapshot, channel.id, &query).unwrap();
    list.page(&PageRequest::default()).unwrap().rows.iter().map(|(_, whole)| whole.product.id).collect()
}
