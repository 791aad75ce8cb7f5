//! What staff find today, made by the commands that people use: rules, shelves, goods on the way, and orders that wait
//! for somebody. Once: what is there already stays as people left it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use domain::cart::contact::Contact;
use domain::cart::create::{CreateCart, create};
use domain::cart::{CartView, NewLine};
use domain::catalog::patch::VariantPatch;
use domain::flow::back_in_stock::{self, Subscribe};
use domain::fulfillment::complete_cart::{CompleteCart, complete_cart};
use domain::inventory::storage_area::{self, AssignStorageArea, UpsertStorageArea};
use domain::inventory::{ReceiveLine, ReceiveStock, SafetyLine, SetSafetyStock, receive, set_safety_stock};
use domain::payment::tender::TenderInput;
use domain::pickup::ready::{MakeReady, make_ready};
use domain::pickup::{prepare, query as pickups};
use domain::routing::location_group::{self, UpsertGroup};
use domain::routing::rule::Filter;
use domain::routing::upsert_rule::{self, UpsertRule};
use domain::transfer::purchase::{
    self, Announce, CreatePurchaseOrder, PurchaseContent, PurchaseLine, PurchaseStep, announce,
};
use domain::transfer::supplier::{self as suppliers, UpsertSupplier};
use domain::transfer::{self, CreateTransfer, DispatchTransfer, TransferContent, TransferStep};
use domain::{Actor, Ctx};
use entity::address::Address;
use entity::id::{LocationId, OrderId, VariantId};
use entity::money::{Currency, Money};
use entity::words::{
    Carrier, DeliveryMethod, Gateway, InventoryPolicy, RoutingFallback, RoutingSort, StockState, TestOutcome,
};
use entity::{location, stock_level, supplier};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::goods::Good;
use super::places::Places;
use super::special::{self, Special};

/// What is made last; where it is, everything is.
const LAST: &str = "arita";
/// Free units that the warehouse must have of what it sends away.
const PLENTY: i64 = 20;

/// Makes it, unless it is there.
pub(super) async fn make(ctx: &Ctx, places: &Places, goods: &[Good]) -> Result<()> {
    let last = supplier::Entity::find().filter(supplier::Column::Code.eq(LAST));
    if last.one(&ctx.db()).await?.is_some() {
        return Ok(());
    }
    let [shibuya, umeda, kyoto] = places.stores.as_slice() else { anyhow::bail!("the demo has three stores") };
    rules(ctx, places).await.context("routing rules")?;
    for place in [shibuya, &places.warehouse] {
        shelves(ctx, place, goods).await.context("storage areas")?;
    }
    let plenty = plenty(ctx, places.warehouse.id).await?;
    safety_stock(ctx, umeda.id).await.context("safety stock")?;
    transfers(ctx, places, kyoto.id, &plenty).await.context("transfers")?;
    let bowl = special(ctx, places, ("kintsugi-bowl", "金継ぎの茶碗", "Kintsugi Tea Bowl", 12_800), true).await?;
    let kettle = special(ctx, places, ("iron-kettle", "南部鉄瓶", "Nambu Iron Kettle", 18_700), false).await?;
    stock(ctx, places.warehouse.id, kettle).await.context("the kettle's stock")?;
    let first = *plenty.first().context("the warehouse has goods")?;
    let ready = buy(ctx, places, (first, 1), Some(shibuya.id)).await.context("a pickup")?;
    make_pickup_ready(ctx, ready).await.context("a pickup that lies ready")?;
    buy(ctx, places, (first, 2), Some(shibuya.id)).await.context("a pickup to prepare")?;
    buy(ctx, places, (bowl, 1), None).await.context("an order that waits for stock")?;
    wish(ctx, places, bowl).await.context("a wish to be told")?;
    purchase_order(ctx, places, bowl).await.context("a purchase order")
}

/// Somebody waits for the bowl, and is told by a mail when there are some.
async fn wish(ctx: &Ctx, places: &Places, variant_id: VariantId) -> Result<()> {
    let wish = Subscribe {
        variant_id,
        channel_id: places.online.id,
        email: "taro.suzuki1@example.com".to_owned(),
        locale: Some("ja".to_owned()),
        quantity: None,
    };
    back_in_stock::subscribe(ctx, wish).await.map(|_| ()).map_err(Into::into)
}

/// From a store near the customer, else from the warehouse, else from wherever it is.
async fn rules(ctx: &Ctx, places: &Places) -> Result<()> {
    let group = UpsertGroup {
        id: None,
        expected_version: None,
        code: "warehouses".to_owned(),
        name: "倉庫".to_owned(),
        location_ids: BTreeSet::from([places.warehouse.id]),
    };
    let group_ids = BTreeSet::from([location_group::upsert(ctx, group).await?.id]);
    let of_group = |except| Filter::LocationGroup { group_ids: group_ids.clone(), except };
    let near = vec![of_group(true), Filter::Distance { max_meters: 100_000 }, Filter::DailyLimit];
    let everywhere = [RoutingSort::FewestSplits, RoutingSort::Proximity];
    for (name, filters, sorts, allow_partial, fallback) in [
        ("近くの店舗から", near, &[RoutingSort::Proximity][..], false, RoutingFallback::NextRule),
        ("倉庫から", vec![of_group(false)], &[RoutingSort::Proximity][..], false, RoutingFallback::NextRule),
        ("在庫のある所から", Vec::new(), &everywhere[..], true, RoutingFallback::Queue),
    ] {
        let rule = UpsertRule {
            id: None,
            expected_version: None,
            channel_id: places.online.id,
            name: name.to_owned(),
            active: true,
            filters,
            sorts: sorts.to_vec(),
            allow_partial,
            fallback,
        };
        upsert_rule::upsert(ctx, rule).await?;
    }
    Ok(())
}

/// Three shelves, with the goods in the order of the list.
async fn shelves(ctx: &Ctx, place: &location::Model, goods: &[Good]) -> Result<()> {
    let on_shelves: Vec<VariantId> =
        goods.iter().filter(|good| good.parts == [(good.variant_id, 1)]).map(|good| good.variant_id).collect();
    let names = [("A-1", "棚 A-1"), ("A-2", "棚 A-2"), ("B-1", "奥の棚 B-1")];
    let each = on_shelves.len().div_ceil(names.len()).max(1);
    for ((position, (code, name)), variants) in (1..).zip(names).zip(on_shelves.chunks(each)) {
        let area = UpsertStorageArea {
            id: None,
            expected_version: None,
            location_id: place.id,
            code: code.to_owned(),
            name: name.to_owned(),
            position,
        };
        let area = storage_area::upsert(ctx, area).await?;
        let assigned =
            AssignStorageArea { location_id: place.id, storage_area_id: Some(area.id), variant_ids: variants.to_vec() };
        storage_area::assign(ctx, assigned).await?;
    }
    Ok(())
}

/// Goods that a place has plenty of.
async fn plenty(ctx: &Ctx, place: LocationId) -> Result<Vec<VariantId>> {
    let levels = stock_level::Entity::find()
        .filter(stock_level::Column::LocationId.eq(place))
        .filter(stock_level::Column::OnHand.gte(PLENTY))
        .filter(stock_level::Column::Committed.eq(0))
        .order_by_asc(stock_level::Column::VariantId)
        .limit(6);
    Ok(levels.all(&ctx.db()).await?.into_iter().map(|level| level.variant_id).collect())
}

/// The store keeps one unit of some goods for its window.
async fn safety_stock(ctx: &Ctx, store: LocationId) -> Result<()> {
    let lines = plenty_or_some(ctx, store).await?;
    let lines = lines.into_iter().map(|variant_id| SafetyLine { variant_id, quantity: 1 }).collect();
    let input = SetSafetyStock {
        location_id: store,
        lines,
        reason: "ショーウィンドウ".to_owned(),
        reason_code: None,
        idempotency_key: "demo-window".to_owned(),
    };
    set_safety_stock(ctx, input).await.map(|_| ()).map_err(Into::into)
}

async fn plenty_or_some(ctx: &Ctx, store: LocationId) -> Result<Vec<VariantId>> {
    let levels = stock_level::Entity::find()
        .filter(stock_level::Column::LocationId.eq(store))
        .filter(stock_level::Column::OnHand.gte(3))
        .filter(stock_level::Column::Committed.eq(0))
        .order_by_asc(stock_level::Column::VariantId)
        .limit(4);
    Ok(levels.all(&ctx.db()).await?.into_iter().map(|level| level.variant_id).collect())
}

/// One on its way to Kyoto, one that is still being written.
async fn transfers(ctx: &Ctx, places: &Places, to: LocationId, goods: &[VariantId]) -> Result<()> {
    let write = |key: &str, goods: &[VariantId]| CreateTransfer {
        from_location_id: places.warehouse.id,
        to_location_id: to,
        content: TransferContent {
            lines: goods.iter().map(|variant_id| (*variant_id, 4)).collect(),
            expected_at: Some(ctx.now() + TimeDelta::days(1)),
            external_reference: None,
            note: "店頭補充".to_owned(),
        },
        idempotency_key: format!("demo-{key}"),
    };
    let (sent, written) = goods.split_at(goods.len() / 2);
    let transfer = transfer::create(ctx, write("sent", sent)).await?.row;
    let step =
        TransferStep { transfer_id: transfer.id, expected_version: None, idempotency_key: "demo-ready".to_owned() };
    transfer::make_ready(ctx, step).await?;
    let dispatched = DispatchTransfer {
        transfer_id: transfer.id,
        expected_version: None,
        lines: None,
        units: Vec::new(),
        carrier: Some(Carrier::Yamato),
        tracking_number: Some("412012345673".to_owned()),
        idempotency_key: "demo-dispatched".to_owned(),
    };
    transfer::dispatch(ctx, dispatched).await?;
    transfer::create(ctx, write("written", written)).await?;
    Ok(())
}

/// Goods with a story of their own: sold beyond stock or not.
async fn special(
    ctx: &Ctx,
    places: &Places,
    (slug, ja, en, yen): (&'static str, &'static str, &'static str, i64),
    beyond_stock: bool,
) -> Result<VariantId> {
    let variant = VariantPatch {
        sku: Some(Some(format!("HOM-{}", slug.to_uppercase()))),
        weight_grams: Some(900),
        inventory_policy: Some(if beyond_stock { InventoryPolicy::Backorder } else { InventoryPolicy::Deny }),
        backorder_limit: beyond_stock.then_some(Some(20)),
        ..VariantPatch::default()
    };
    let goods = Special { slug, ja, en, yen, tax_class_id: places.standard, variant };
    Ok(special::offer(ctx, places, goods).await?.1)
}

async fn stock(ctx: &Ctx, at: LocationId, variant_id: VariantId) -> Result<()> {
    let input = ReceiveStock {
        location_id: at,
        lines: vec![ReceiveLine { variant_id, quantity: 12, state: StockState::Available }],
        units: Vec::new(),
        reason: "入荷".to_owned(),
        reason_code: None,
        idempotency_key: "demo-kettles".to_owned(),
    };
    receive(ctx, input).await.map(|_| ()).map_err(Into::into)
}

/// A guest buys on the web, to be collected in a store or to be sent.
async fn buy(
    ctx: &Ctx,
    places: &Places,
    (variant_id, quantity): (VariantId, i64),
    store: Option<LocationId>,
) -> Result<OrderId> {
    let line = NewLine {
        variant_id,
        quantity,
        delivery: Some(if store.is_some() { DeliveryMethod::Pickup } else { DeliveryMethod::Ship }),
        pickup_location_id: store,
        metadata: json!({}),
    };
    let contact = Contact {
        email: Some("guest@example.com".to_owned()),
        name: Some("小川 みずき".to_owned()),
        ..Contact::default()
    };
    let guest = ctx.clone().with_actor(Actor::Guest { cart_id: None, order_id: None });
    let input = CreateCart {
        channel_id: places.online.id,
        locale: Some("ja".to_owned()),
        lines: vec![line],
        contact,
        shipping_address: store.is_none().then(address),
        billing_address: None,
        shipping_method_id: store.is_none().then_some(places.shipping_japan.id),
        codes: Vec::new(),
        metadata: json!({}),
    };
    let CartView { cart, priced } = create(&guest, input).await?.view;
    let guest = guest.with_actor(Actor::Guest { cart_id: Some(cart.id), order_id: None });
    let payment = TenderInput {
        gateway: Gateway::Test,
        amount: None,
        tendered: None,
        reference: None,
        code: None,
        method: None,
        test_outcome: TestOutcome::Approve,
    };
    let input = CompleteCart {
        cart_id: cart.id,
        expected_total: Money::new(priced.totals.total, cart.currency),
        payments: vec![payment],
        idempotency_key: format!("demo-{}", cart.id),
    };
    Ok(complete_cart(&guest, input).await?.order.id)
}

fn address() -> Address {
    Address {
        family_name: "小川".to_owned(),
        given_name: "みずき".to_owned(),
        country: "JP".to_owned(),
        postal_code: "150-0001".to_owned(),
        region: "東京都".to_owned(),
        city: "渋谷区".to_owned(),
        line1: "神宮前1-2-3".to_owned(),
        phone: "+81312345678".to_owned(),
        ..Address::default()
    }
}

async fn make_pickup_ready(ctx: &Ctx, order: OrderId) -> Result<()> {
    let pickup = pickups::of_orders(&ctx.db(), &[order]).await?.pop().context("the order has a pickup")?;
    prepare::start(ctx, pickup.id, None).await?;
    let input = MakeReady {
        pickup_id: pickup.id,
        short: Vec::new(),
        units: Vec::new(),
        missing_units: Vec::new(),
        expected_version: None,
        idempotency_key: "demo-ready".to_owned(),
    };
    make_ready(ctx, input).await.map(|_| ()).map_err(Into::into)
}

/// The potter makes more bowls; a part of them is on its way.
async fn purchase_order(ctx: &Ctx, places: &Places, bowl: VariantId) -> Result<()> {
    let input = UpsertSupplier {
        id: None,
        code: LAST.to_owned(),
        name: "有田製陶所".to_owned(),
        email: Some("orders@arita.example".to_owned()),
        phone: None,
        lead_days: Some(14),
        active: true,
        expected_version: None,
    };
    let supplier = suppliers::upsert(ctx, input).await?;
    let unit_cost = Some(Money::new(4_800, Currency::JPY));
    let input = CreatePurchaseOrder {
        supplier_id: supplier.id,
        location_id: places.warehouse.id,
        content: PurchaseContent {
            currency: Currency::JPY,
            over_delivery_percent: 0,
            expected_at: Some(ctx.now() + TimeDelta::days(10)),
            external_reference: None,
            note: String::new(),
            lines: vec![PurchaseLine { variant_id: bowl, quantity: 12, unit_cost }],
        },
        idempotency_key: "demo-bowls".to_owned(),
    };
    let order = purchase::create(ctx, input).await?.row;
    let step = PurchaseStep {
        purchase_order_id: order.id,
        expected_version: None,
        idempotency_key: "demo-bowls-ordered".to_owned(),
    };
    purchase::order(ctx, step).await?;
    let notice = Announce {
        purchase_order_id: order.id,
        expected_version: None,
        reference: "ARITA-0001".to_owned(),
        carrier: Some(Carrier::Sagawa),
        tracking_number: None,
        expected_at: Some(ctx.now() + TimeDelta::days(2)),
        lines: vec![(bowl, 6)],
        idempotency_key: "demo-bowls-announced".to_owned(),
    };
    announce(ctx, notice).await.map(|_| ()).map_err(Into::into)
}
