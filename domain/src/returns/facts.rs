//! What rules ask about the lines of an order, read in a fixed number of statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{
    CategoryId, FulfillmentOrderId, FulfillmentOrderLineId, OrderLineId, ProductId, ReturnLineId, ReturnPolicyId,
};
use entity::words::{ClaimResolution, Disposition, FulfillmentOrderStatus, ReturnMethod, ReturnRefusal, ReturnStatus};
use entity::{category, channel, order, order_line, return_item, return_line, returns, shipment, shipment_line};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::policy::{self, Goods, Rule, Wish};
use super::{access, query};
use crate::kernel::{Ctx, Error, Result};
use crate::{catalog, fulfillment, order as orders, pickup};

/// A line of an order with the rule that holds for it.
#[derive(Debug, Clone)]
pub struct Sold {
    /// The line.
    pub line: order_line::Model,
    /// What rules ask about it.
    pub goods: Goods,
    /// The policy that holds; `None` when there is none.
    pub rule: Option<Rule>,
}

impl Sold {
    /// Why units of it cannot come back; `None` when they can.
    #[must_use]
    pub fn refusal(&self, wish: Wish, now: DateTime<Utc>) -> Option<ReturnRefusal> {
        policy::refusal(self.rule.as_ref(), &self.goods, wish, now)
    }
}

/// Whether and at what cost the units of a line can come back.
#[derive(Debug, Clone)]
pub struct Returnability {
    /// The line.
    pub order_line_id: OrderLineId,
    /// Units that the rules let come back now.
    pub units: i64,
    /// Units that are with the customer: what is wrong with them can be claimed whatever the rules say.
    pub with_customer: i64,
    /// Until when; `None` without an end.
    pub until: Option<DateTime<Utc>>,
    /// Why none can; `None` when some can.
    pub refusal: Option<ReturnRefusal>,
    /// The policy that holds.
    pub policy_id: Option<ReturnPolicyId>,
    /// How they may come back.
    pub methods: Vec<ReturnMethod>,
    /// What is kept, parts per million, unless the reason waives it.
    pub restocking_ppm: i32,
    /// What sending it back costs in minor units, unless the reason waives it.
    pub return_shipping_fee: i64,
}

/// Every line of an order that the actor may read or takes back, and whether it can come back. Errors: `NOT_FOUND`,
/// `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn returnability(ctx: &Ctx, id: entity::id::OrderId) -> Result<Vec<Returnability>> {
    let order = access::readable_order(ctx, id).await?.ok_or(Error::not_found("order"))?;
    let sold = read(&ctx.db(), &order).await?;
    let told = |sold: &Sold| {
        let rule = sold.rule.as_ref();
        let refusal = sold.refusal(Wish::default(), ctx.now());
        Returnability {
            order_line_id: sold.line.id,
            units: if refusal.is_some() { 0 } else { sold.goods.free },
            with_customer: sold.goods.free.max(0),
            until: policy::until(rule, &sold.goods),
            refusal,
            policy_id: rule.map(|rule| rule.row.id),
            methods: rule
                .map(|rule| rule.methods.clone())
                .filter(|them| !them.is_empty())
                .unwrap_or_else(|| vec![ReturnMethod::Carrier, ReturnMethod::Store]),
            restocking_ppm: rule.map_or(0, |rule| rule.row.restocking_ppm),
            return_shipping_fee: rule.and_then(|rule| rule.row.return_shipping_fee).unwrap_or(0),
        }
    };
    let mut all: Vec<&Sold> = sold.values().collect();
    all.sort_by_key(|sold| sold.line.position);
    Ok(all.into_iter().map(told).collect())
}

/// The lines of an order with their rules. Twelve statements at most, whatever the number of lines.
pub(super) async fn read(db: &impl ConnectionTrait, order: &order::Model) -> Result<BTreeMap<OrderLineId, Sold>> {
    let lines = orders::query::lines(db, &[order.id]).await?;
    let rules = query::rules(db).await?;
    let country = country(db, order).await?;
    let since = since(db, order).await?;
    let gone = gone(db, &lines).await?;
    let filed = filed(db, &lines).await?;
    let sold = lines.into_iter().map(|line| {
        let (product_id, categories) = filed.get(&line.variant_id).cloned().unwrap_or_default();
        let goods = Goods {
            channel_id: order.channel_id,
            country: country.clone(),
            categories,
            product_id,
            since: since.get(&line.id).copied().or(order.placed_at.filter(|_| order.location_id.is_some())),
            free: line.fulfilled - gone.get(&line.id).copied().unwrap_or(0),
            fulfilled: line.fulfilled,
        };
        let rule = policy::rule_for(&rules, &goods).cloned();
        (line.id, Sold { line, goods, rule })
    });
    Ok(sold.collect())
}

async fn country(db: &impl ConnectionTrait, order: &order::Model) -> Result<String> {
    let to = order.shipping_address.as_ref().map(|address| address.country.clone());
    if let Some(country) = to.filter(|country| !country.is_empty()) {
        return Ok(country);
    }
    let channel = channel::Entity::find_by_id(order.channel_id).one(db).await?;
    Ok(channel.map(|channel| channel.tax_country).unwrap_or_default())
}

/// When the last units of each line reached the customer: delivered, else sent, collected, or handed over.
async fn since(db: &impl ConnectionTrait, order: &order::Model) -> Result<HashMap<OrderLineId, DateTime<Utc>>> {
    let work = fulfillment::query::of_orders(db, &[order.id]).await?;
    let ids: Vec<FulfillmentOrderId> = work.iter().map(|work| work.id).collect();
    let pieces = fulfillment::query::lines(db, &ids).await?;
    let parcels = shipment_line::Entity::find()
        .filter(shipment_line::Column::FulfillmentOrderLineId.is_in(pieces.iter().map(|piece| piece.id)))
        .find_also_related(shipment::Entity)
        .all(db)
        .await?;
    let collected: HashMap<FulfillmentOrderId, DateTime<Utc>> = pickup::query::of_orders(db, &[order.id])
        .await?
        .iter()
        .filter_map(|pickup| Some((pickup.fulfillment_order_id, pickup.collected_at?)))
        .collect();
    let mut since: HashMap<OrderLineId, DateTime<Utc>> = HashMap::new();
    for piece in pieces.iter().filter(|piece| piece.fulfilled > 0) {
        let arrived = arrived(piece.id, &parcels).or_else(|| collected.get(&piece.fulfillment_order_id).copied());
        let left = || {
            let head = work.iter().find(|work| work.id == piece.fulfillment_order_id)?;
            (head.status == FulfillmentOrderStatus::Closed).then_some(head.updated_at)
        };
        if let Some(at) = arrived.or_else(left) {
            let last = since.entry(piece.order_line_id).or_insert(at);
            *last = at.max(*last);
        }
    }
    Ok(since)
}

fn arrived(
    piece: FulfillmentOrderLineId,
    parcels: &[(shipment_line::Model, Option<shipment::Model>)],
) -> Option<DateTime<Utc>> {
    let mine = parcels.iter().filter(|(line, _)| line.fulfillment_order_line_id == piece);
    let at = |parcel: &shipment::Model| parcel.delivered_at.or(parcel.shipped_at);
    mine.filter_map(|(_, parcel)| parcel.as_ref().filter(|it| it.voided_at.is_none()).and_then(at)).max()
}

/// Units of each line that are asked for, on their way back, back, or settled by a claim. What did not come after all may
/// be asked for again.
pub(super) async fn gone(db: &impl ConnectionTrait, lines: &[order_line::Model]) -> Result<BTreeMap<OrderLineId, i64>> {
    let asked = return_line::Entity::find()
        .filter(return_line::Column::OrderLineId.is_in(lines.iter().map(|line| line.id)))
        .find_also_related(returns::Entity)
        .all(db)
        .await?;
    let live: Vec<&return_line::Model> =
        asked.iter().filter(|(_, of)| of.as_ref().is_some_and(is_live)).map(|(line, _)| line).collect();
    let missing = missing(db, &live.iter().map(|line| line.id).collect::<Vec<_>>()).await?;
    let mut gone: BTreeMap<OrderLineId, i64> = BTreeMap::new();
    for line in live {
        if let Some(id) = line.order_line_id {
            *gone.entry(id).or_default() += line.quantity - missing.get(&line.id).copied().unwrap_or(0);
        }
    }
    Ok(gone)
}

/// Whether a return still stands for units. A claim that was answered with the same goods again leaves the customer with
/// goods as before.
fn is_live(row: &returns::Model) -> bool {
    let ended = matches!(row.status, ReturnStatus::Declined | ReturnStatus::Canceled);
    let renewed = matches!(
        row.resolution,
        Some(ClaimResolution::Replace | ClaimResolution::ReplaceAndRefund | ClaimResolution::Refused)
    );
    !ended && !renewed
}

/// Units of return lines that did not come.
pub(super) async fn missing(db: &impl ConnectionTrait, lines: &[ReturnLineId]) -> Result<BTreeMap<ReturnLineId, i64>> {
    let mut missing = BTreeMap::new();
    if lines.is_empty() {
        return Ok(missing);
    }
    let rows = return_item::Entity::find()
        .filter(return_item::Column::ReturnLineId.is_in(lines.iter().copied()))
        .filter(return_item::Column::Disposition.eq(Disposition::Missing))
        .all(db)
        .await?;
    for row in rows {
        *missing.entry(row.return_line_id).or_default() += row.quantity;
    }
    Ok(missing)
}

type Filed = (Option<ProductId>, BTreeSet<CategoryId>);

/// Product and categories of each variant, those above included.
async fn filed(
    db: &impl ConnectionTrait,
    lines: &[order_line::Model],
) -> Result<HashMap<entity::id::VariantId, Filed>> {
    let ids: Vec<_> = lines.iter().map(|line| line.variant_id).collect();
    let variants = catalog::query::variants_by_ids(db, &ids).await?;
    let products: Vec<ProductId> = variants.iter().map(|variant| variant.product_id).collect();
    let products = catalog::query::products_by_ids(db, &products).await?;
    let parents: HashMap<CategoryId, Option<CategoryId>> =
        category::Entity::find().all(db).await?.into_iter().map(|row| (row.id, row.parent_id)).collect();
    let of = |variant: &entity::variant::Model| {
        let product = products.iter().find(|product| product.id == variant.product_id);
        let mut above = BTreeSet::new();
        let mut next = product.and_then(|product| product.category_id);
        // A set that grows no more ends a circle, which the catalog does not allow anyway.
        while let Some(id) = next.filter(|id| above.insert(*id)) {
            next = parents.get(&id).copied().flatten();
        }
        (variant.id, (Some(variant.product_id), above))
    };
    Ok(variants.iter().map(of).collect())
}
