//! Creating and changing products.

use domain::catalog::patch::{ImageRef, MediaPatch, OptionPatch, ProductPatch, TranslationPatch, VariantPatch};
use domain::catalog::{
    UpsertCategory, UpsertCollection, UpsertProduct, UpsertVariant, display, query, upsert_category, upsert_collection,
    upsert_product, upsert_variant,
};
use domain::{Error, ErrorCode, Permission};
use entity::id::{ProductId, VariantId};
use entity::words::InventoryPolicy;
use entity::{event, variant_option};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use super::{rows, shirt};

fn change(id: ProductId, patch: ProductPatch) -> UpsertProduct {
    UpsertProduct { id: Some(id), expected_version: None, patch }
}

both_databases! {
    /// A product comes with all its parts, and reads back in the reader's language.
    async fn product_with_all_its_parts(world: World) {
        world.tax_classes().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let patch = ProductPatch {
            title: Some("Green Tea".to_owned()),
            description_html: Some("<p onclick='x'>Uji<script>alert(1)</script></p>".to_owned()),
            tags: Some(vec!["tea".to_owned(), "tea".to_owned(), " green ".to_owned()]),
            media: Some(vec![MediaPatch { url: "https://img.example/tea.jpg".to_owned(), alt: "tea".to_owned() }]),
            translations: Some(vec![TranslationPatch {
                locale: "ja".to_owned(),
                title: "緑茶".to_owned(),
                description_html: String::new(),
            }]),
            variants: vec![VariantPatch {
                sku: Some(Some("TEA".to_owned())),
                barcode: Some(Some("4901234567894".to_owned())),
                image: Some(Some(ImageRef::Url("https://img.example/tea.jpg".to_owned()))),
                ..VariantPatch::default()
            }],
            ..ProductPatch::default()
        };
        let whole = upsert_product(&ctx, UpsertProduct { patch, ..UpsertProduct::default() }).await.unwrap();
        assert_eq!(whole.product.slug, "green-tea");
        assert_eq!(whole.product.description_html, "<p>Uji</p>");
        assert_eq!(whole.product.tags.0, ["tea", "green"]);
        let loaded = domain::catalog::whole::load(&ctx.db(), &[whole.product.id]).await.unwrap();
        assert_eq!(loaded, std::slice::from_ref(&whole));
        let variant = whole.variants[0].row.id;
        let titles = display::titles(&ctx.db(), "ja-JP", &[variant]).await.unwrap();
        assert_eq!(titles[&variant], ("緑茶".to_owned(), String::new()));
        assert_eq!(query::variant_by_barcode(&ctx.db(), "04901234567894").await.unwrap().map(|v| v.id), Some(variant));
    }

    /// The same change again writes nothing: no version, no event.
    async fn same_change_writes_nothing(world: World) {
        world.tax_classes().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let whole = shirt(&ctx, "Shirt", &["S", "M"]).await;
        let before = rows(&world, "event").await;
        let patch = ProductPatch {
            title: Some("Shirt".to_owned()),
            variants: vec![VariantPatch { options: Some(vec!["S".to_owned()]), ..VariantPatch::default() }],
            ..ProductPatch::default()
        };
        let again = upsert_product(&ctx, change(whole.product.id, patch)).await.unwrap();
        assert_eq!(again, whole);
        assert_eq!(rows(&world, "event").await, before);
    }

    /// Who read an older version is told so, and changes nothing.
    async fn stale_version_is_refused(world: World) {
        world.tax_classes().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let whole = shirt(&ctx, "Shirt", &["S"]).await;
        let rename = |title: &str, version| UpsertProduct {
            id: Some(whole.product.id),
            expected_version: Some(version),
            patch: ProductPatch { title: Some(title.to_owned()), ..ProductPatch::default() },
        };
        let renamed = upsert_product(&ctx, rename("Blouse", 1)).await.unwrap();
        assert_eq!(renamed.product.version, 2);
        let refused = upsert_product(&ctx, rename("Skirt", 1)).await.unwrap_err();
        assert!(matches!(refused, Error::StaleVersion { expected: 1, actual: 2 }));
    }

    /// Options may swap places and be renamed; values stay with their option.
    async fn options_swap_places(world: World) {
        world.tax_classes().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let option = |name: &str| OptionPatch { id: None, name: name.to_owned() };
        let patch = ProductPatch {
            title: Some("Shirt".to_owned()),
            options: Some(vec![option("Size"), option("Color")]),
            variants: vec![VariantPatch {
                options: Some(vec!["S".to_owned(), "Red".to_owned()]),
                ..VariantPatch::default()
            }],
            ..ProductPatch::default()
        };
        let whole = upsert_product(&ctx, UpsertProduct { patch, ..UpsertProduct::default() }).await.unwrap();
        let swap = ProductPatch { options: Some(vec![option("Color"), option("Size")]), ..ProductPatch::default() };
        let swapped = upsert_product(&ctx, change(whole.product.id, swap)).await.unwrap();
        assert_eq!(swapped.variants[0].values, ["Red", "S"]);
        assert_eq!(swapped.variants[0].row.title, "Red / S");
        let only = ProductPatch { options: Some(vec![option("Color")]), ..ProductPatch::default() };
        let fewer = upsert_product(&ctx, change(whole.product.id, only)).await.unwrap();
        assert_eq!(fewer.variants[0].values, ["Red"]);
        assert_eq!(variant_option::Entity::find().all(world.db()).await.unwrap().len(), 1);
        let loaded = domain::catalog::whole::load(&ctx.db(), &[whole.product.id]).await.unwrap();
        assert_eq!(loaded, [fewer]);
    }

    /// A variant is created, changed and found again; a taken SKU and equal values are refused.
    async fn variants_are_upserted(world: World) {
        world.tax_classes().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let whole = shirt(&ctx, "Shirt", &["S"]).await;
        let other = shirt(&ctx, "Coat", &["S"]).await;
        let new = |size: &str, sku: &str| UpsertVariant {
            product_id: Some(whole.product.id),
            expected_version: None,
            patch: VariantPatch {
                options: Some(vec![size.to_owned()]),
                sku: Some(Some(sku.to_owned())),
                ..VariantPatch::default()
            },
        };
        let (product, medium) = upsert_variant(&ctx, new("M", "Shirt-M")).await.unwrap();
        assert_eq!((product.variants.len(), medium.row.position, medium.row.title.as_str()), (2, 2, "M"));
        let (_, found) = upsert_variant(&ctx, new("L", "Shirt-M")).await.unwrap();
        assert_eq!((found.row.id, found.values.as_slice()), (medium.row.id, &["L".to_owned()][..]));
        let taken = upsert_variant(&ctx, new("XL", "Coat-S")).await.unwrap_err();
        assert_eq!((taken.code(), taken.path()), (ErrorCode::AlreadyExists, "sku"));
        let both = VariantPatch {
            id: Some(medium.row.id),
            options: Some(vec!["S".to_owned()]),
            ..VariantPatch::default()
        };
        let equal = UpsertVariant { product_id: None, expected_version: None, patch: both };
        assert_eq!(upsert_variant(&ctx, equal).await.unwrap_err().code(), ErrorCode::AlreadyExists);
        let elsewhere = UpsertVariant {
            product_id: Some(other.product.id),
            expected_version: None,
            patch: VariantPatch { id: Some(medium.row.id), ..VariantPatch::default() },
        };
        assert_eq!(upsert_variant(&ctx, elsewhere).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    /// Wrong barcodes, dates that are missing and limits that are negative are refused.
    async fn nonsense_is_refused(world: World) {
        world.tax_classes().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let whole = shirt(&ctx, "Shirt", &["S"]).await;
        let before = rows(&world, "event").await;
        let id = Some(whole.variants[0].row.id);
        let preorder = Some(InventoryPolicy::Preorder);
        let backorder = Some(InventoryPolicy::Backorder);
        let refused = [
            (VariantPatch { id, barcode: Some(Some("4901234567893".to_owned())), ..VariantPatch::default() }, "barcode"),
            (VariantPatch { id, inventory_policy: preorder, ..VariantPatch::default() }, "preorderShipsOn"),
            (VariantPatch { id, inventory_policy: backorder, backorder_limit: Some(Some(-1)), ..VariantPatch::default() }, "backorderLimit"),
            (VariantPatch { id, weight_grams: Some(-1), ..VariantPatch::default() }, "weightGrams"),
            (VariantPatch { id, options: Some(vec![String::new()]), ..VariantPatch::default() }, "options"),
            (VariantPatch { id, sku: Some(Some("a\u{0}b".to_owned())), ..VariantPatch::default() }, "sku"),
        ];
        for (patch, path) in refused {
            let error = upsert_variant(&ctx, UpsertVariant { product_id: None, expected_version: None, patch }).await.unwrap_err();
            assert_eq!(error.path(), path);
        }
        assert_eq!(rows(&world, "event").await, before);
    }

    /// A bundle is one level deep, not made of itself, and nobody's part.
    async fn bundles_do_not_nest(world: World) {
        world.tax_classes().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let parts = shirt(&ctx, "Part", &["A", "B"]).await;
        let box_set = shirt(&ctx, "Box", &["One"]).await;
        let crate_set = shirt(&ctx, "Crate", &["One"]).await;
        let (a, b) = (parts.variants[0].row.id, parts.variants[1].row.id);
        let (bundle, outer) = (box_set.variants[0].row.id, crate_set.variants[0].row.id);
        let of = |id: VariantId, components: Vec<(VariantId, i64)>| UpsertVariant {
            product_id: None,
            expected_version: None,
            patch: VariantPatch { id: Some(id), components: Some(components), ..VariantPatch::default() },
        };
        let (_, made) = upsert_variant(&ctx, of(bundle, vec![(b, 2), (a, 1)])).await.unwrap();
        assert!(made.row.is_bundle);
        let components = query::components_of(&ctx.db(), &[bundle]).await.unwrap();
        assert_eq!(components[&bundle].iter().map(|part| part.quantity).sum::<i64>(), 3);
        for wrong in [of(outer, vec![(bundle, 1)]), of(a, vec![(outer, 1)]), of(outer, vec![(outer, 1)])] {
            assert_eq!(upsert_variant(&ctx, wrong).await.unwrap_err().code(), ErrorCode::InvalidBundle);
        }
        let (_, plain) = upsert_variant(&ctx, of(bundle, Vec::new())).await.unwrap();
        assert!(!plain.row.is_bundle);
        assert_eq!(rows(&world, "bundle_component").await, 0);
    }

    /// The category tree has no circles.
    async fn categories_make_no_circles(world: World) {
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let new = |name: &str, parent| UpsertCategory {
            name: Some(name.to_owned()),
            parent_id: Some(parent),
            ..UpsertCategory::default()
        };
        let food = upsert_category(&ctx, new("Food", None)).await.unwrap();
        let tea = upsert_category(&ctx, new("Tea", Some(food.id))).await.unwrap();
        let below = UpsertCategory { id: Some(food.id), parent_id: Some(Some(tea.id)), ..UpsertCategory::default() };
        assert_eq!(upsert_category(&ctx, below).await.unwrap_err().path(), "parentId");
        let again = upsert_category(&ctx, new("Food", None)).await.unwrap_err();
        assert_eq!((again.code(), again.path()), (ErrorCode::AlreadyExists, "slug"));
        assert_eq!(query::categories(&ctx.db()).await.unwrap().len(), 2);
    }

    /// A collection keeps its products in the order given.
    async fn collection_keeps_its_order(world: World) {
        world.tax_classes().await;
        let ctx = world.staff(&[Permission::CatalogWrite]).await;
        let (a, b) = (shirt(&ctx, "A", &["S"]).await.product.id, shirt(&ctx, "B", &["S"]).await.product.id);
        let input = UpsertCollection { name: Some("New".to_owned()), products: Some(vec![b, a]), ..UpsertCollection::default() };
        let collection = upsert_collection(&ctx, input).await.unwrap();
        assert_eq!(query::products_in(&ctx.db(), collection.id).await.unwrap(), [b, a]);
        let change = UpsertCollection { id: Some(collection.id), products: Some(vec![a, a]), ..UpsertCollection::default() };
        assert!(upsert_collection(&ctx, change).await.is_err());
        assert_eq!(query::products_in(&ctx.db(), collection.id).await.unwrap(), [b, a]);
    }

    /// Without the permission nothing is written.
    async fn permission_is_needed(world: World) {
        world.tax_classes().await;
        let reader = world.staff(&[Permission::CatalogRead]).await;
        let patch = ProductPatch { title: Some("Shirt".to_owned()), ..ProductPatch::default() };
        let refused = upsert_product(&reader, UpsertProduct { patch: patch.clone(), ..UpsertProduct::default() }).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
        let guest = upsert_product(&world.guest(), UpsertProduct { patch, ..UpsertProduct::default() }).await;
        assert_eq!(guest.unwrap_err().code(), ErrorCode::Unauthenticated);
        assert!(event::Entity::find().all(world.db()).await.unwrap().is_empty());
    }
}
