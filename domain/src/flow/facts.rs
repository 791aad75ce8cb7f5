//! What conditions ask about: read for many subjects at once, in a number of statements that does not grow with them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{
    CategoryId, ChannelId, CollectionId, CustomerId, FlowRunId, LocationId, OrderId, ProductId, VariantId,
};
use entity::words::{
    DeliveryMethod, MessageChannel, MessageClass, MessageEventKind, OrderFulfillmentStatus, OrderPickupStatus,
    OrderStatus,
};
use entity::{
    category, channel, collection_product, customer, customer_tag, location, message, message_event, message_policy,
    order, order_line, shipment,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::condition::Conditions;
use super::definition::{Definition, Guard, Step};
use super::time;
use crate::kernel::Result;
use crate::messaging::policy;
use crate::{catalog, channel as channels, customer as customers, order as orders, shipping};

/// What is known of the one that a run is about.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The order.
    pub order: Option<order::Model>,
    /// Its lines.
    pub lines: Vec<order_line::Model>,
    /// The channel.
    pub channel: Option<channel::Model>,
    /// When the channel may write.
    pub policy: Option<message_policy::Model>,
    /// The customer.
    pub customer: Option<customer::Model>,
    /// Whether the customer was erased or merged into another.
    pub is_gone: bool,
    /// Codes of the places where it was sold or is collected.
    pub locations: BTreeSet<String>,
    /// Where it goes.
    pub country: Option<String>,
    /// Language (BCP 47).
    pub locale: String,
    /// Products it is about.
    pub products: BTreeSet<ProductId>,
    /// Their categories and those above.
    pub categories: BTreeSet<CategoryId>,
    /// Their collections.
    pub collections: BTreeSet<CollectionId>,
    /// Tags of the customer.
    pub tags: BTreeSet<String>,
    /// Orders of the customer that were not canceled.
    pub orders: i64,
    /// When the first of them was placed.
    pub first_order_at: Option<DateTime<Utc>>,
    /// Whether it is the first of them.
    pub is_first_order: bool,
    /// On which ways it reaches the customer.
    pub delivery: BTreeSet<DeliveryMethod>,
    /// Whether all of the order reached the customer.
    pub is_received: bool,
    /// Whether a message of the run was followed.
    pub is_clicked: bool,
}

impl Facts {
    /// Where the person lives.
    #[must_use]
    pub fn zone(&self) -> chrono_tz::Tz {
        time::zone(self.customer.as_ref(), self.policy.as_ref(), self.channel.as_ref())
    }

    /// When the quiet hours end into which a moment falls; `None` outside of them, and for messages that know none.
    pub(super) fn quiet_until(
        &self,
        (class, channel): (MessageClass, MessageChannel),
        at: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        policy::purpose(class).zip(policy::consent_channel(channel))?;
        let zone = self.customer.as_ref().and_then(|customer| customer.time_zone.as_deref());
        policy::quiet_until(policy::quiet(self.policy.as_ref()?, zone)?, at)
    }
}

/// The one to look at.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) customer_id: Option<CustomerId>,
    pub(super) order_id: Option<OrderId>,
    pub(super) channel_id: Option<ChannelId>,
    pub(super) variant_ids: Vec<VariantId>,
}

/// What must be looked at; what nobody asks for is not read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Need {
    /// Products, categories, collections.
    pub(super) goods: bool,
    /// Whether the order arrived.
    pub(super) received: bool,
}

impl Need {
    /// What a definition asks about, where it starts or on its way.
    pub(super) fn of(definition: &Definition) -> Self {
        let branches = definition.steps.iter().filter_map(|step| match step {
            Step::Branch { when, .. } => Some(when),
            Step::Wait { .. }
            | Step::WaitUntil { .. }
            | Step::WaitFor { .. }
            | Step::Send { .. }
            | Step::Survey { .. }
            | Step::Webhook { .. }
            | Step::Stop { .. } => None,
        });
        let all: Vec<&Conditions> = std::iter::once(&definition.filters).chain(branches).collect();
        Self {
            goods: all.iter().any(|conditions| conditions.asks_for_goods()),
            received: all.iter().any(|conditions| conditions.received.is_some())
                || definition.guards.contains(&Guard::Received),
        }
    }
}

#[derive(Default)]
struct Books {
    orders: HashMap<OrderId, order::Model>,
    lines: HashMap<OrderId, Vec<order_line::Model>>,
    customers: HashMap<CustomerId, customer::Model>,
    tags: HashMap<CustomerId, BTreeSet<String>>,
    history: HashMap<CustomerId, (i64, DateTime<Utc>)>,
    channels: HashMap<ChannelId, channel::Model>,
    policies: HashMap<ChannelId, message_policy::Model>,
    locations: HashMap<LocationId, String>,
    goods: HashMap<VariantId, Goods>,
    parcels: BTreeMap<OrderId, Vec<shipment::Model>>,
}

#[derive(Default)]
struct Goods {
    product: Option<ProductId>,
    categories: BTreeSet<CategoryId>,
    collections: BTreeSet<CollectionId>,
}

/// Reads the facts of each at a moment, in the order asked.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    asked: &[Asked],
    need: Need,
    now: DateTime<Utc>,
) -> Result<Vec<Facts>> {
    let books = read(db, asked, need).await?;
    Ok(asked.iter().map(|one| books.facts(one, need, now)).collect())
}

async fn read(db: &impl ConnectionTrait, asked: &[Asked], need: Need) -> Result<Books> {
    let mut books = Books::default();
    let ids: Vec<OrderId> = distinct(asked.iter().filter_map(|one| one.order_id));
    if !ids.is_empty() {
        books.orders = orders::query::by_ids(db, &ids).await?.into_iter().map(|order| (order.id, order)).collect();
        for line in orders::query::lines(db, &ids).await? {
            books.lines.entry(line.order_id).or_default().push(line);
        }
    }
    let people = asked.iter().filter_map(|one| one.customer_id);
    let people = distinct(people.chain(books.orders.values().filter_map(|order| order.customer_id)));
    read_people(db, &mut books, &people).await?;
    let shops = asked.iter().filter_map(|one| one.channel_id);
    let shops = distinct(shops.chain(books.orders.values().map(|order| order.channel_id)));
    if !shops.is_empty() {
        books.channels = channels::query::by_ids(db, &shops).await?.into_iter().map(|row| (row.id, row)).collect();
        let policies = message_policy::Entity::find().filter(message_policy::Column::ChannelId.is_in(shops));
        books.policies = policies.all(db).await?.into_iter().map(|row| (row.channel_id, row)).collect();
    }
    let stores = books.lines.values().flatten().filter_map(|line| line.pickup_location_id);
    let stores: BTreeSet<LocationId> =
        stores.chain(books.orders.values().filter_map(|order| order.location_id)).collect();
    if !stores.is_empty() {
        let found = location::Entity::find().filter(location::Column::Id.is_in(stores)).all(db).await?;
        books.locations = found.into_iter().map(|row| (row.id, row.code)).collect();
    }
    if need.goods {
        let sold = books.lines.values().flatten().map(|line| line.variant_id);
        let variants = distinct(sold.chain(asked.iter().flat_map(|one| one.variant_ids.iter().copied())));
        books.goods = read_goods(db, &variants).await?;
    }
    if need.received && !ids.is_empty() {
        books.parcels = shipping::contents::of_orders(db, &ids).await?;
    }
    Ok(books)
}

async fn read_people(db: &impl ConnectionTrait, books: &mut Books, people: &[CustomerId]) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    books.customers = customers::query::by_ids(db, people).await?.into_iter().map(|row| (row.id, row)).collect();
    let tags = customer_tag::Entity::find().filter(customer_tag::Column::CustomerId.is_in(people.iter().copied()));
    for row in tags.all(db).await? {
        books.tags.entry(row.customer_id).or_default().insert(row.tag);
    }
    let history: Vec<(CustomerId, i64, Option<DateTime<Utc>>)> = order::Entity::find()
        .select_only()
        .column(order::Column::CustomerId)
        .column_as(order::Column::Id.count(), "orders")
        .column_as(order::Column::PlacedAt.min(), "first")
        .filter(order::Column::CustomerId.is_in(people.iter().copied()))
        .filter(order::Column::Status.is_in([OrderStatus::Open, OrderStatus::Closed]))
        .group_by(order::Column::CustomerId)
        .into_tuple()
        .all(db)
        .await?;
    books.history = history.into_iter().filter_map(|(id, orders, first)| Some((id, (orders, first?)))).collect();
    Ok(())
}

async fn read_goods(db: &impl ConnectionTrait, variants: &[VariantId]) -> Result<HashMap<VariantId, Goods>> {
    if variants.is_empty() {
        return Ok(HashMap::new());
    }
    let variants = catalog::query::variants_by_ids(db, variants).await?;
    let ids = distinct(variants.iter().map(|variant| variant.product_id));
    let products: HashMap<ProductId, Option<CategoryId>> =
        catalog::query::products_by_ids(db, &ids).await?.into_iter().map(|row| (row.id, row.category_id)).collect();
    let parents: HashMap<CategoryId, Option<CategoryId>> =
        category::Entity::find().all(db).await?.into_iter().map(|row| (row.id, row.parent_id)).collect();
    let mut collections: HashMap<ProductId, BTreeSet<CollectionId>> = HashMap::new();
    let members = collection_product::Entity::find().filter(collection_product::Column::ProductId.is_in(ids));
    for row in members.all(db).await? {
        collections.entry(row.product_id).or_default().insert(row.collection_id);
    }
    let goods = |variant: &entity::variant::Model| {
        let mut categories = BTreeSet::new();
        let mut next = products.get(&variant.product_id).copied().flatten();
        // A set that grows no more ends a circle, which the catalog does not allow anyway.
        while let Some(id) = next.filter(|id| categories.insert(*id)) {
            next = parents.get(&id).copied().flatten();
        }
        let collections = collections.get(&variant.product_id).cloned().unwrap_or_default();
        (variant.id, Goods { product: Some(variant.product_id), categories, collections })
    };
    Ok(variants.iter().map(goods).collect())
}

impl Books {
    fn facts(&self, asked: &Asked, need: Need, now: DateTime<Utc>) -> Facts {
        let order = asked.order_id.and_then(|id| self.orders.get(&id)).cloned();
        let lines = order.as_ref().and_then(|order| self.lines.get(&order.id)).cloned().unwrap_or_default();
        let customer_id = asked.customer_id.or(order.as_ref().and_then(|order| order.customer_id));
        let customer = customer_id.and_then(|id| self.customers.get(&id)).cloned();
        let channel_id = asked.channel_id.or(order.as_ref().map(|order| order.channel_id));
        let channel = channel_id.and_then(|id| self.channels.get(&id)).cloned();
        let (orders, first) = customer_id
            .and_then(|id| self.history.get(&id))
            .map_or((0, None), |(orders, first)| (*orders, Some(*first)));
        let places = lines.iter().filter_map(|line| line.pickup_location_id);
        let places = places.chain(order.as_ref().and_then(|order| order.location_id));
        let mut facts = Facts {
            locations: places.filter_map(|id| self.locations.get(&id).cloned()).collect(),
            country: country(order.as_ref(), channel.as_ref()),
            locale: locale(order.as_ref(), customer.as_ref(), channel.as_ref()),
            is_gone: customer.as_ref().is_some_and(|row| row.erased_at.is_some() || row.merged_into_id.is_some()),
            tags: customer_id.and_then(|id| self.tags.get(&id)).cloned().unwrap_or_default(),
            orders,
            first_order_at: first,
            is_first_order: match order.as_ref().and_then(|order| order.placed_at) {
                Some(placed) => first.is_none_or(|first| placed <= first),
                None => orders == 0,
            },
            delivery: lines.iter().map(|line| line.delivery).collect(),
            policy: channel_id.and_then(|id| self.policies.get(&id)).cloned(),
            customer,
            channel,
            ..Facts::default()
        };
        if need.goods {
            let about = lines.iter().map(|line| line.variant_id).chain(asked.variant_ids.iter().copied());
            for goods in about.filter_map(|id| self.goods.get(&id)) {
                facts.products.extend(goods.product);
                facts.categories.extend(&goods.categories);
                facts.collections.extend(&goods.collections);
            }
        }
        if let Some(order) = order.as_ref().filter(|_| need.received) {
            facts.is_received = is_received(order, self.parcels.get(&order.id).map_or(&[], Vec::as_slice), now);
        }
        facts.order = order;
        facts.lines = lines;
        facts
    }
}

/// Whether at a moment everything left, every parcel is there and every pickup was collected.
pub(super) fn is_received(order: &order::Model, parcels: &[shipment::Model], now: DateTime<Utc>) -> bool {
    order.fulfillment_status == OrderFulfillmentStatus::Fulfilled
        && matches!(order.pickup_status, OrderPickupStatus::None | OrderPickupStatus::Collected)
        && parcels.iter().all(|parcel| shipping::arrival::has_arrived(parcel, now))
}

fn country(order: Option<&order::Model>, channel: Option<&channel::Model>) -> Option<String> {
    let to = order.and_then(|order| order.shipping_address.as_ref()).map(|address| address.country.clone());
    to.filter(|country| !country.is_empty()).or(channel.map(|channel| channel.tax_country.clone()))
}

fn locale(
    order: Option<&order::Model>,
    customer: Option<&customer::Model>,
    channel: Option<&channel::Model>,
) -> String {
    let order = order.map(|order| order.locale.clone());
    let customer = || customer.map(|customer| customer.locale.clone());
    order.or_else(customer).or_else(|| channel.map(|channel| channel.default_locale.clone())).unwrap_or_default()
}

fn distinct<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    ids.collect::<BTreeSet<T>>().into_iter().collect()
}

/// Whether a link in a message of a run was followed by a person.
pub(super) async fn is_clicked(db: &impl ConnectionTrait, run: FlowRunId) -> Result<bool> {
    let clicks = message_event::Entity::find()
        .inner_join(message::Entity)
        .filter(Expr::col((message::Entity, message::Column::FlowRunId)).eq(run))
        .filter(message_event::Column::Kind.eq(MessageEventKind::Clicked))
        .filter(message_event::Column::ByMachine.eq(false));
    Ok(clicks.count(db).await? > 0)
}
