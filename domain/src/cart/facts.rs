//! Everything that pricing a cart needs to know, in three statements, and a fourth when something is collected or sold
//! at a till: (1) channel with the chosen shipping method and its tiers, (2) variants with product, title and price,
//! (3) locations, (4) tax rates. Promotions and discounts by hand are read only where there are some. What is known already is not read again.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use entity::id::{ChannelId, LocationId, ProductId, ShippingMethodId, TaxClassId, VariantId};
use entity::words::DeliveryMethod;
use entity::{
    cart, cart_adjustment, cart_line, channel, channel_location, location, shipping_method, shipping_rate, tax_rate,
};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, JoinType, QueryFilter,
    QueryResult, QuerySelect, RelationTrait, Select,
};

use super::goods::{self, Goods};
use crate::promotion::Found;
use crate::promotion::load::{self, Who};
use crate::tax::{self, Place};
use crate::{Error, ErrorCode, Result};

/// The till at which a cart is looked at: it sells in the till's channel, and its store hands the goods over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The till's channel, whose prices hold.
    pub channel_id: ChannelId,
    /// The till's store.
    pub location_id: LocationId,
}

/// The channel that prices the cart, and the shipping that was chosen.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub channel: channel::Model,
    /// Zone of the channel's first location: by it the day is told on which a tax rate holds.
    pub zone: Tz,
    pub method: Option<(shipping_method::Model, Vec<shipping_rate::Model>)>,
    /// Whether automatic promotions hold somewhere.
    pub has_promotions: bool,
}

/// A place where goods change hands.
#[derive(Clone, Debug)]
pub(crate) struct Counterpart {
    pub location: location::Model,
    /// Whether it serves the channel.
    pub serves: bool,
}

impl Counterpart {
    pub(crate) fn hands_over(&self) -> bool {
        self.location.active && self.location.pickup_enabled && self.serves
    }
}

/// What was read before, in the same transaction or call.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub frame: Frame,
    pub goods: HashMap<VariantId, Goods>,
    pub places: HashMap<LocationId, Counterpart>,
    /// What staff gave by hand.
    pub adjustments: Adjustments,
}

/// Discounts that staff gave by hand.
#[derive(Clone, Debug)]
pub(crate) enum Adjustments {
    /// They are, or there are none.
    Known(Vec<cart_adjustment::Model>),
    /// They must be read.
    Unread,
}

impl Known {
    /// Only the frame.
    pub(crate) fn frame(frame: Frame) -> Self {
        Self { frame, goods: HashMap::new(), places: HashMap::new(), adjustments: Adjustments::Known(Vec::new()) }
    }
}

/// All facts.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub frame: Frame,
    pub counter: Option<Counter>,
    pub goods: HashMap<VariantId, Goods>,
    pub places: HashMap<LocationId, Counterpart>,
    pub rates: HashMap<TaxClassId, tax_rate::Model>,
    /// The day it is where the channel is.
    pub today: NaiveDate,
    /// Now.
    pub now: DateTime<Utc>,
    /// Promotions that may apply, and what they ask for.
    pub promotions: Found,
    /// What staff gave by hand.
    pub adjustments: Vec<cart_adjustment::Model>,
}

impl Facts {
    /// Reads what is not known yet. Errors: `NOT_FOUND` for the channel, `CURRENCY_MISMATCH` when a till of another currency looks.
    pub(crate) async fn load(
        db: &impl ConnectionTrait,
        known: Known,
        cart: &cart::Model,
        lines: &[cart_line::Model],
        now: DateTime<Utc>,
        counter: Option<Counter>,
    ) -> Result<Self> {
        let Known { frame, mut goods, mut places, adjustments } = known;
        if frame.channel.currency != cart.currency {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, "cartId"));
        }
        let mut unknown = super::query::variants(lines);
        unknown.retain(|id| !goods.contains_key(id));
        goods.extend(goods::by_ids(db, frame.channel.id, &cart.locale, &unknown).await?);
        let mut ids: BTreeSet<LocationId> = lines.iter().filter_map(|line| line.pickup_location_id).collect();
        ids.extend(counter.map(|counter| counter.location_id));
        ids.retain(|id| !places.contains_key(id));
        places.extend(read_places(db, frame.channel.id, ids).await?);
        let today = now.with_timezone(&frame.zone).date_naive();
        let promotions = read_promotions(db, &frame, cart, &goods).await?;
        let adjustments = match adjustments {
            Adjustments::Known(adjustments) => adjustments,
            Adjustments::Unread => super::query::adjustments(db, cart.id).await?,
        };
        let rates = HashMap::new();
        let mut facts = Self { frame, counter, goods, places, rates, today, now, promotions, adjustments };
        let mut classes: Vec<TaxClassId> = facts.goods.values().map(|goods| goods.tax_class_id).collect();
        classes.extend(facts.frame.method.as_ref().map(|(method, _)| method.tax_class_id));
        let place = facts.tax_place(cart, lines);
        facts.rates = tax::known_rates(db, &place.country, place.region.as_deref(), today, &classes).await?;
        Ok(facts)
    }

    /// Whether something physical is sent.
    pub(crate) fn needs_shipping(&self, lines: &[cart_line::Model]) -> bool {
        lines.iter().any(|line| self.is_shipped(line))
    }

    pub(crate) fn is_shipped(&self, line: &cart_line::Model) -> bool {
        matches!(line.delivery, DeliveryMethod::Ship | DeliveryMethod::LocalDelivery)
            && self.goods.get(&line.variant_id).is_none_or(|goods| goods.variant.requires_shipping)
    }

    fn tax_place(&self, cart: &cart::Model, lines: &[cart_line::Model]) -> Place {
        let shipping = cart.shipping_address.as_ref().filter(|_| self.needs_shipping(lines));
        let till = self.counter.map(|counter| counter.location_id);
        let pickup = lines.iter().find_map(|line| line.pickup_location_id);
        let counter = till.or(pickup).and_then(|id| self.places.get(&id)).map(|place| &place.location.address);
        tax::place(shipping, counter, &self.frame.channel.tax_country)
    }
}

/// What may make the cart cheaper. No statement while no promotion holds and no code was entered.
async fn read_promotions(
    db: &impl ConnectionTrait,
    frame: &Frame,
    cart: &cart::Model,
    goods: &HashMap<VariantId, Goods>,
) -> Result<Found> {
    if !frame.has_promotions && cart.codes.0.is_empty() {
        return Ok(Found::default());
    }
    let products: BTreeSet<ProductId> = goods.values().map(|goods| goods.variant.product_id).collect();
    load::load(db, &cart.codes.0, who(cart), &products).await
}

/// Who buys, as the cart tells.
pub(crate) fn who(cart: &cart::Model) -> Who<'_> {
    Who { customer_id: cart.customer_id, email: cart.email.as_deref() }
}

/// Selects all columns of an entity under a prefix, so that several models come from one row.
pub(crate) fn prefixed<E: EntityTrait, S: EntityTrait>(mut query: Select<S>, prefix: &str) -> Select<S> {
    for column in E::Column::iter() {
        query = query.column_as(column, format!("{prefix}{}", column.as_str()));
    }
    query
}

struct FrameRow {
    channel: channel::Model,
    zone: Option<String>,
    has_promotions: bool,
    method: Option<shipping_method::Model>,
    tier: Option<shipping_rate::Model>,
}

impl FromQueryResult for FrameRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Ok(Self {
            channel: channel::Model::from_query_result(row, "c_")?,
            zone: row.try_get("", "zone")?,
            has_promotions: row.try_get("", "has_promotions")?,
            method: shipping_method::Model::from_query_result_optional(row, "m_")?,
            tier: shipping_rate::Model::from_query_result_optional(row, "t_")?,
        })
    }
}

/// The time zone of the location that serves the channel first.
pub(crate) const FIRST_ZONE: &str = "(SELECT l.time_zone FROM channel_location cl JOIN location l ON l.id = cl.location_id \
    WHERE cl.channel_id = channel.id ORDER BY cl.priority, cl.location_id LIMIT 1)";

impl Frame {
    /// Reads a channel and the method that a cart chose of it, in one statement. Error: `NOT_FOUND`.
    pub(crate) async fn load(
        db: &impl ConnectionTrait,
        channel_id: ChannelId,
        method_id: Option<ShippingMethodId>,
    ) -> Result<Self> {
        // Without a choice the join finds nothing: no method has the nil id.
        let method_id = method_id.unwrap_or(ShippingMethodId(uuid::Uuid::nil()));
        let chosen = shipping_method::Relation::Channel.def().rev().on_condition(move |_, method| {
            Expr::col((method, shipping_method::Column::Id)).eq(method_id).into_condition()
        });
        let query = channel::Entity::find_by_id(channel_id)
            .join(JoinType::LeftJoin, chosen)
            .join(JoinType::LeftJoin, shipping_rate::Relation::Method.def().rev())
            .select_only()
            .expr_as(Expr::cust(FIRST_ZONE), "zone")
            .expr_as(Expr::cust(load::ANY_AUTOMATIC), "has_promotions");
        let query = prefixed::<channel::Entity, _>(query, "c_");
        let query = prefixed::<shipping_method::Entity, _>(query, "m_");
        let query = prefixed::<shipping_rate::Entity, _>(query, "t_");
        let rows = query.into_model::<FrameRow>().all(db).await?;
        let mut tiers = Vec::new();
        let mut first = None;
        for row in rows {
            tiers.extend(row.tier);
            first.get_or_insert((row.channel, row.zone, row.has_promotions, row.method));
        }
        let (channel, zone, has_promotions, method) = first.ok_or(Error::not_found("channel"))?;
        let zone = zone.and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
        Ok(Self { channel, zone, method: method.map(|method| (method, tiers)), has_promotions })
    }
}

struct PlaceRow(Counterpart);

impl FromQueryResult for PlaceRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let serving: Option<ChannelId> = row.try_get("", "serving_channel")?;
        Ok(Self(Counterpart { location: location::Model::from_query_result(row, "")?, serves: serving.is_some() }))
    }
}

/// The locations at which lines are collected, and the till's.
async fn read_places(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    ids: BTreeSet<LocationId>,
) -> Result<HashMap<LocationId, Counterpart>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let serving = channel_location::Relation::Location.def().rev().on_condition(move |_, link| {
        Expr::col((link, channel_location::Column::ChannelId)).eq(channel_id).into_condition()
    });
    let rows = location::Entity::find()
        .join(JoinType::LeftJoin, serving)
        .column_as(channel_location::Column::ChannelId, "serving_channel")
        .filter(location::Column::Id.is_in(ids))
        .into_model::<PlaceRow>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|PlaceRow(place)| (place.location.id, place)).collect())
}
