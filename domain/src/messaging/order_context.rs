//! Everything that mails about an order tell, read in at most nine statements however many lines it has.

use std::collections::{BTreeSet, HashMap};

use entity::id::{LocationId, OrderId};
use entity::words::ChannelKind;
use entity::{
    channel, channel_brand, customer, location, order, order_discount, order_line, order_shipping, order_tax, payment,
    receipt, register,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::brand;
use super::render::Seller;
use crate::kernel::{Error, Result};

/// An order and what belongs to it.
#[derive(Debug, Clone)]
pub struct OrderContext {
    /// The order.
    pub order: order::Model,
    /// Where it was bought.
    pub channel: channel::Model,
    /// How the channel's messages look; what nobody set has defaults.
    pub brand: Option<channel_brand::Model>,
    /// Who bought it.
    pub customer: Option<customer::Model>,
    /// Its lines in order.
    pub lines: Vec<order_line::Model>,
    /// What makes it cheaper, in the order in which it was taken; read only when something does.
    pub discounts: Vec<order_discount::Model>,
    /// Tax by rate, highest first.
    pub taxes: Vec<order_tax::Model>,
    /// What shipping was paid for.
    pub shipping: Vec<order_shipping::Model>,
    /// How it was or is to be paid.
    pub payments: Vec<payment::Model>,
    /// The stores where it is collected or was sold.
    pub locations: HashMap<LocationId, location::Model>,
    /// The receipt of a till sale, with its till.
    pub receipt: Option<(receipt::Model, Option<register::Model>)>,
    /// Where it can be paid, how much (minor units) and until when; only in its confirmation.
    pub pay: Option<(String, i64, chrono::DateTime<chrono::Utc>)>,
}

impl OrderContext {
    /// In whose name messages about the order go.
    #[must_use]
    pub fn seller(&self) -> Seller {
        brand::dressed(&self.channel, self.brand.clone())
    }
}

/// Reads an order with all that its mails tell. Error: `NOT_FOUND`.
pub async fn order_context(db: &impl ConnectionTrait, id: OrderId) -> Result<OrderContext> {
    let (order, channel, customer) = order::Entity::find_by_id(id)
        .find_also_related(channel::Entity)
        .find_also_related(customer::Entity)
        .one(db)
        .await?
        .and_then(|(order, channel, customer)| Some((order, channel?, customer)))
        .ok_or_else(|| Error::not_found("order"))?;
    let brand = brand::of_channel(db, channel.id).await?;
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(id))
        .order_by_asc(order_line::Column::Position)
        .all(db)
        .await?;
    let discounts =
        if order.discount_total > 0 { crate::promotion::query::of_orders(db, &[id]).await? } else { Vec::new() };
    let taxes = order_tax::Entity::find()
        .filter(order_tax::Column::OrderId.eq(id))
        .order_by_desc(order_tax::Column::RatePpm)
        .all(db)
        .await?;
    let shipping = order_shipping::Entity::find()
        .filter(order_shipping::Column::OrderId.eq(id))
        .order_by_asc(order_shipping::Column::Id)
        .all(db)
        .await?;
    let payments = payment::Entity::find()
        .filter(payment::Column::OrderId.eq(id))
        .order_by_asc(payment::Column::Id)
        .all(db)
        .await?;
    let locations = locations(db, &order, &lines).await?;
    let receipt = match channel.kind {
        ChannelKind::Pos => {
            let query = receipt::Entity::find().filter(receipt::Column::OrderId.eq(id));
            query.find_also_related(register::Entity).one(db).await?
        }
        ChannelKind::Online | ChannelKind::Phone | ChannelKind::Marketplace => None,
    };
    Ok(OrderContext {
        order,
        channel,
        brand,
        customer,
        lines,
        discounts,
        taxes,
        shipping,
        payments,
        locations,
        receipt,
        pay: None,
    })
}

async fn locations(
    db: &impl ConnectionTrait,
    order: &order::Model,
    lines: &[order_line::Model],
) -> Result<HashMap<LocationId, location::Model>> {
    let ids: BTreeSet<LocationId> =
        lines.iter().filter_map(|line| line.pickup_location_id).chain(order.location_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = location::Entity::find().filter(location::Column::Id.is_in(ids)).all(db).await?;
    Ok(found.into_iter().map(|location| (location.id, location)).collect())
}
