//! Exporting products as the CSV that [`super::products`] reads: importing it again changes nothing.

use std::collections::HashMap;

use entity::id::{CategoryId, ChannelId, TaxClassId, VariantId};
use entity::money::Money;
use entity::words::{InventoryPolicy, ProductStatus};
use entity::{category, channel, media, price, product_translation, tax_class};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, QuerySelect};

use super::export::{Pages, Sheet, option_cells, option_columns, option_headings};
use super::plan;
use crate::catalog::query;
use crate::catalog::whole::{Whole, WholeVariant};
use crate::pricing::price::current;
use crate::{Ctx, Error, Permission, Result, channel as channels};

/// Deepest category: a bound for paths, should the tree ever hold a ring.
const DEPTH: usize = 64;

/// What a file of products holds.
#[derive(Debug, Clone, Default)]
pub struct ExportProducts {
    /// Channel whose prices stand in the file; `None` for the default online channel. Without either there are no
    /// columns for prices.
    pub channel_id: Option<ChannelId>,
}

/// A file of products, page by page.
#[derive(Debug)]
pub struct ProductExport {
    channel: Option<channel::Model>,
    locales: Vec<String>,
    options: usize,
    names: Names,
    pages: Pages,
    headed: bool,
}

/// What products name by id.
#[derive(Debug)]
struct Names {
    categories: HashMap<CategoryId, category::Model>,
    tax_classes: HashMap<TaxClassId, String>,
    /// The class by which the import understands "not taxed".
    untaxed: Option<TaxClassId>,
}

/// Begins a file in the columns of Shopify's product CSV, with `Title (xx)` and `Body (HTML) (xx)` per language.
/// Products without variants are left out: the format cannot tell them from products with one.
///
/// Errors: `FORBIDDEN` without `catalog.read` for the channel, `NOT_FOUND` for an unknown channel.
pub async fn export_products(ctx: &Ctx, input: ExportProducts) -> Result<ProductExport> {
    let scope = ctx.require(Permission::CatalogRead)?;
    let db = ctx.db();
    let channel = match input.channel_id {
        Some(id) => Some(channels::query::get(&db, id).await?),
        None => channels::query::default_online(&db).await?,
    };
    if channel.as_ref().is_some_and(|channel| !scope.allows_channel(channel.id)) {
        return Err(Error::Forbidden { permission: Permission::CatalogRead.as_str() });
    }
    let locales = product_translation::Entity::find()
        .select_only()
        .column(product_translation::Column::Locale)
        .distinct()
        .order_by_asc(product_translation::Column::Locale)
        .into_tuple()
        .all(&db)
        .await?;
    let (options, names) = (option_columns(&db).await?, Names::load(&db).await?);
    Ok(ProductExport { channel, locales, options, names, pages: Pages::default(), headed: false })
}

impl ProductExport {
    /// The next bytes of the file, the headings first; `None` at its end. A bounded number of statements for a page of
    /// products. Error: the database's.
    pub async fn next(&mut self, ctx: &Ctx) -> Result<Option<Vec<u8>>> {
        let db = ctx.db();
        let wholes = self.pages.next(&db).await?;
        if wholes.is_empty() && self.headed {
            return Ok(None);
        }
        let variants: Vec<VariantId> = wholes.iter().flat_map(|whole| &whole.variants).map(|v| v.row.id).collect();
        let prices = match &self.channel {
            Some(channel) => current(&db, channel.id, &variants).await?,
            None => HashMap::new(),
        };
        let mut sheet = Sheet::new();
        if !self.headed {
            sheet.line(&self.headings())?;
            self.headed = true;
        }
        for whole in wholes.iter().filter(|whole| !whole.variants.is_empty()) {
            for index in 0..whole.variants.len().max(whole.media.len()) {
                sheet.line(&self.line(whole, index, &prices))?;
            }
        }
        sheet.into_bytes().map(Some)
    }

    fn headings(&self) -> Vec<String> {
        const PRODUCT: [&str; 11] = [
            "Handle",
            "Title",
            "Body (HTML)",
            "Vendor",
            "Product Category",
            "Type",
            "Tags",
            "Published",
            "Status",
            "SEO Title",
            "SEO Description",
        ];
        const GOODS: [&str; 8] = [
            "Variant SKU",
            "Variant Barcode",
            "Variant Grams",
            "Variant Inventory Tracker",
            "Variant Inventory Policy",
            "Variant Requires Shipping",
            "Variant Taxable",
            "Variant Tax Code",
        ];
        let mut headings: Vec<String> = PRODUCT.map(str::to_owned).into();
        for locale in &self.locales {
            headings.extend([format!("Title ({locale})"), format!("Body (HTML) ({locale})")]);
        }
        headings.extend(option_headings(self.options));
        headings.extend(GOODS.map(str::to_owned));
        if self.channel.is_some() {
            headings.extend(["Variant Price", "Variant Compare At Price"].map(str::to_owned));
        }
        headings.extend(["Variant Image", "Image Src", "Image Position", "Image Alt Text"].map(str::to_owned));
        headings
    }

    /// A line of a product: its texts on the first one, then a variant and a picture side by side while there are any.
    fn line(&self, whole: &Whole, index: usize, prices: &HashMap<VariantId, price::Model>) -> Vec<String> {
        let variant = whole.variants.get(index);
        let mut cells = vec![whole.product.slug.clone()];
        let texts = self.texts(whole);
        cells.extend(texts.into_iter().map(|text| if index == 0 { text } else { String::new() }));
        cells.extend(option_cells(whole, variant, index == 0, self.options));
        cells.extend(variant.map_or_else(Default::default, |variant| self.names.goods(whole, variant)));
        if self.channel.is_some() {
            let price = variant.and_then(|variant| prices.get(&variant.row.id));
            cells.extend(price.map_or_else(Default::default, amounts));
        }
        let own = variant.and_then(|variant| variant.row.image_id);
        let own = whole.media.iter().find(|picture| Some(picture.id) == own);
        cells.push(own.map(|picture| picture.url.clone()).unwrap_or_default());
        cells.extend(whole.media.get(index).map_or_else(Default::default, picture));
        cells
    }

    fn texts(&self, whole: &Whole) -> Vec<String> {
        let product = &whole.product;
        let status = match product.status {
            ProductStatus::Active => "active",
            ProductStatus::Draft => "draft",
            ProductStatus::Archived => "archived",
        };
        let mut texts = vec![
            product.title.clone(),
            product.description_html.clone(),
            product.vendor.clone(),
            self.names.path(product.category_id).join(" > "),
            product.product_type.clone(),
            product.tags.0.join(", "),
            (product.status == ProductStatus::Active).to_string(),
            status.to_owned(),
            product.seo_title.clone().unwrap_or_default(),
            product.seo_description.clone().unwrap_or_default(),
        ];
        for locale in &self.locales {
            let own = whole.translations.iter().find(|texts| texts.locale == *locale);
            texts.push(own.map(|own| own.title.clone()).unwrap_or_default());
            texts.push(own.map(|own| own.description_html.clone()).unwrap_or_default());
        }
        texts
    }
}

impl Names {
    async fn load(db: &impl ConnectionTrait) -> Result<Self> {
        let categories = query::categories(db).await?.into_iter().map(|row| (row.id, row)).collect();
        let classes = tax_class::Entity::find().all(db).await?;
        let by_code = classes.iter().map(|class| (class.code.to_lowercase(), class.id)).collect();
        let untaxed = plan::untaxed(&by_code);
        Ok(Self { categories, tax_classes: classes.into_iter().map(|class| (class.id, class.code)).collect(), untaxed })
    }

    /// Names of the categories from the root.
    fn path(&self, id: Option<CategoryId>) -> Vec<&str> {
        let above = |row: &&category::Model| row.parent_id.and_then(|id| self.categories.get(&id));
        let first = id.and_then(|id| self.categories.get(&id));
        let mut path: Vec<&str> =
            std::iter::successors(first, above).take(DEPTH).map(|category| category.name.as_str()).collect();
        path.reverse();
        path
    }

    fn goods(&self, whole: &Whole, variant: &WholeVariant) -> [String; 8] {
        let row = &variant.row;
        // A pre-order has no word in this format; a blank cell leaves it as it is.
        let policy = match row.inventory_policy {
            InventoryPolicy::Deny => "deny",
            InventoryPolicy::Backorder => "continue",
            InventoryPolicy::Preorder => "",
        };
        let own_class = row.tax_class_id.and_then(|id| self.tax_classes.get(&id));
        [
            row.sku.clone().unwrap_or_default(),
            row.barcode.clone().unwrap_or_default(),
            row.weight_grams.to_string(),
            if row.tracked { "shopify" } else { "" }.to_owned(),
            policy.to_owned(),
            row.requires_shipping.to_string(),
            self.taxable(row.tax_class_id, whole.product.tax_class_id).to_owned(),
            own_class.cloned().unwrap_or_default(),
        ]
    }

    /// `false` gives a variant its own class when it is read, so it stands only where the variant has that class.
    fn taxable(&self, own: Option<TaxClassId>, inherited: TaxClassId) -> &'static str {
        let code = self.tax_classes.get(&own.unwrap_or(inherited)).map(|code| code.to_lowercase());
        if own.is_some() && own == self.untaxed {
            "false"
        } else if code.is_some_and(|code| plan::UNTAXED.contains(&code.as_str())) {
            ""
        } else {
            "true"
        }
    }
}

fn amounts(price: &price::Model) -> [String; 2] {
    let amount = |minor: i64| Money::new(minor, price.currency).amount().to_string();
    [amount(price.amount), price.compare_at.map(amount).unwrap_or_default()]
}

fn picture(row: &media::Model) -> [String; 3] {
    [row.url.clone(), row.position.to_string(), row.alt.clone()]
}
