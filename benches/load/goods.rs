//! What is bought: the demo's shop, and goods with stock enough for a load.

use chrono::TimeDelta;
use domain::Ctx;
use domain::access::{PairDevice, create_pairing, pair_device};
use domain::catalog::patch::{ProductPatch, VariantPatch};
use domain::catalog::{UpsertProduct, upsert_product};
use domain::inventory::receive::{ReceiveLine, ReceiveStock, receive};
use domain::kernel::secret::Secrets;
use domain::messaging::PageLink;
use domain::messaging::page_links::token;
use domain::pricing::price::NewPrice;
use domain::pricing::set_price::{SetPrice, set_price};
use entity::id::{ChannelId, LocationId};
use entity::money::{Currency, Money};
use entity::words::{OrderStatus, ProductStatus, StockState};
use entity::{channel, location, order, product, register, shipping_method};
use hitotsu::config::Config;
use hitotsu::demo;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Buyers of the flash sale.
pub(crate) const FLASH_BUYERS: usize = 300;
/// Units in the flash sale.
pub(crate) const FLASH_UNITS: i64 = 100;
/// Goods that are bought at random.
const ORDINARY: usize = 40;
/// Orders whose pages are opened.
const PAGES: u64 = 500;

/// Ids as the API writes them.
#[derive(Clone, Debug)]
pub(crate) struct Goods {
    pub(crate) ordinary: Vec<String>,
    pub(crate) hot: String,
    pub(crate) flash: String,
    pub(crate) slugs: Vec<String>,
    pub(crate) shipping_method: String,
    pub(crate) till: String,
    /// Secret of the paired till, for `X-Device-Token`.
    pub(crate) device: String,
    /// Of the clerk who is signed in at the till; the server gives it out.
    pub(crate) clerk: String,
    /// Paths of the pages of the demo's orders, and of returns of them.
    pub(crate) order_pages: Vec<String>,
    pub(crate) return_pages: Vec<String>,
}

/// Seeds the demo and adds the goods of the load.
pub(crate) async fn make(ctx: &Ctx) -> Goods {
    Box::pin(demo::seed(ctx, demo::Options::default())).await.unwrap();
    let db = ctx.db();
    let online = channel::Entity::find().filter(channel::Column::Code.eq("online-jp")).one(&db).await.unwrap().unwrap();
    let places = location::Entity::find().filter(location::Column::Code.eq("funabashi"));
    let warehouse = places.one(&db).await.unwrap().unwrap().id;
    let method = shipping_method::Entity::find()
        .filter(shipping_method::Column::ChannelId.eq(online.id))
        .filter(shipping_method::Column::Code.eq("takuhai"));
    let slugs = product::Entity::find().all(&db).await.unwrap().into_iter().map(|row| row.slug).collect();
    let shipping_method = method.one(&db).await.unwrap().unwrap().id.to_string();
    let mut ordinary = Vec::with_capacity(ORDINARY);
    for number in 0..ORDINARY {
        ordinary.push(good(ctx, online.id, warehouse, &format!("load-{number}"), 900_000).await);
    }
    let hot = good(ctx, online.id, warehouse, "load-hot", 900_000).await;
    let flash = good(ctx, online.id, warehouse, "load-flash", FLASH_UNITS).await;
    let (till, device) = till(ctx, 900_000).await;
    let (order_pages, return_pages) = pages(ctx).await;
    Goods {
        ordinary,
        hot,
        flash,
        slugs,
        shipping_method,
        till,
        device,
        clerk: String::new(),
        order_pages,
        return_pages,
    }
}

/// The links as the mails of the server have them: made with its secret.
async fn pages(ctx: &Ctx) -> (Vec<String>, Vec<String>) {
    let settings = [("HITOTSU_ENV".to_owned(), "development".to_owned())];
    let secrets = Secrets::new(Config::parse("", settings).unwrap().secret);
    let placed = order::Entity::find().filter(order::Column::Status.ne(OrderStatus::Draft));
    let orders = placed.order_by_desc(order::Column::Id).limit(PAGES).all(&ctx.db()).await.unwrap();
    let until = ctx.now() + TimeDelta::days(1);
    let path = |page: PageLink, id| format!("/{}/{}", page.path(), token(&secrets, page, id, until));
    let of = |page| orders.iter().map(|order| path(page, order.id.uuid())).collect();
    (of(PageLink::Order), of(PageLink::ReturnRequest))
}

/// What is sold at a till, and the secret of the first till in Shibuya, paired.
async fn till(ctx: &Ctx, units: i64) -> (String, String) {
    let db = ctx.db();
    let found = register::Entity::find().filter(register::Column::Code.eq("shibuya-1")).one(&db).await.unwrap();
    let register = found.unwrap();
    let variant = good(ctx, register.channel_id, register.location_id, "load-till", units).await;
    let code = create_pairing(ctx, register.id).await.unwrap().code;
    let paired = pair_device(ctx, PairDevice { code, name: "load".to_owned() }).await.unwrap();
    (variant, paired.secret)
}

async fn good(ctx: &Ctx, channel_id: ChannelId, location_id: LocationId, slug: &str, units: i64) -> String {
    let patch = ProductPatch {
        slug: Some(slug.to_owned()),
        title: Some(slug.to_owned()),
        status: Some(ProductStatus::Active),
        variants: vec![VariantPatch { sku: Some(Some(slug.to_owned())), ..VariantPatch::default() }],
        ..ProductPatch::default()
    };
    let made = upsert_product(ctx, UpsertProduct { id: None, expected_version: None, patch }).await.unwrap();
    let variant_id = made.variants[0].row.id;
    let price = NewPrice { variant_id, price: Money::new(1_100, Currency::JPY), compare_at: None };
    set_price(ctx, SetPrice { channel_id, prices: vec![price] }).await.unwrap();
    let mut left = units;
    // One receipt takes a limited number of units.
    for number in 0.. {
        let quantity = left.min(100_000);
        if quantity == 0 {
            break;
        }
        let input = ReceiveStock {
            location_id,
            lines: vec![ReceiveLine { variant_id, quantity, state: StockState::Available }],
            reason: "load".to_owned(),
            reason_code: None,
            units: Vec::new(),
            idempotency_key: format!("{slug}-{number}"),
        };
        receive(ctx, input).await.unwrap();
        left -= quantity;
    }
    variant_id.to_string()
}
