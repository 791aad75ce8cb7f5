//! Changing orders after they were placed.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use chrono::{DateTime, Utc};
use domain::order_change::confirm::{self, ConfirmChange};
use domain::order_change::prepare::{self, PrepareChange};
use domain::order_change::{self as changes, NewContact, Operation, discard, query};
use domain::{Error, ErrorCode, Result};
use entity::money::Currency;
use entity::order_change;
use entity::words::{DeliveryMethod, OrderChangeSettlement, OrderChangeStatus};

use crate::context::{ctx_of, key_or_header};
use crate::node::address::AddressInput;
use crate::node::order::Order;
use crate::node::tender::{PaymentInput, tenders};
use crate::payload;
use crate::scalar::{Money, MoneyInput, id, parse_id, parse_ids, parse_optional_id};
use crate::word::Word;

/// Something more.
#[derive(Clone, Debug, InputObject)]
pub struct OrderChangeAddInput {
    /// What.
    pub variant_id: ID,
    /// Units, 1 to 9,999.
    pub quantity: i64,
    /// How it reaches the customer: `SHIP`, `LOCAL_DELIVERY` or `PICKUP`.
    pub delivery: Word<DeliveryMethod>,
    /// Where it is collected; only with `PICKUP`.
    pub pickup_location_id: Option<ID>,
    /// Price of one as priced in the channel; the present one when left out.
    pub unit_price: Option<MoneyInput>,
}

/// More units of a line, at its price and tax rate; they become a line of their own.
#[derive(Clone, Debug, InputObject)]
pub struct OrderChangeRaiseInput {
    /// The line.
    pub order_line_id: ID,
    /// Units more.
    pub quantity: i64,
}

/// Fewer units of a line.
#[derive(Clone, Debug, InputObject)]
pub struct OrderChangeRemoveInput {
    /// The line.
    pub order_line_id: ID,
    /// Units less; all that have not left when left out.
    pub quantity: Option<i64>,
}

/// Another price for the units of a line that have not left: they are taken away and added again.
#[derive(Clone, Debug, InputObject)]
pub struct OrderChangePriceInput {
    /// The line.
    pub order_line_id: ID,
    /// Price of one as priced in the channel.
    pub unit_price: MoneyInput,
}

/// Contact details; what is left out stays, an empty text removes it.
#[derive(Clone, Debug, InputObject)]
pub struct OrderChangeContactInput {
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number, international or of the channel's country.
    pub phone: Option<String>,
    /// Whom to ask for.
    pub name: Option<String>,
}

/// Another store for what nobody collected yet.
#[derive(Clone, Debug, InputObject)]
pub struct OrderChangePickupStoreInput {
    /// Lines to collect; all when left out.
    #[graphql(default)]
    pub order_line_ids: Vec<ID>,
    /// The other store.
    pub location_id: ID,
}

/// One thing to change of an order. A line may be named once in a change.
#[expect(clippy::large_enum_variant, reason = "a change has a handful of them")]
#[derive(Clone, Debug, OneofObject)]
pub enum OrderChangeOperationInput {
    /// Something more.
    Add(OrderChangeAddInput),
    /// More units of a line.
    Raise(OrderChangeRaiseInput),
    /// Fewer units of a line.
    Remove(OrderChangeRemoveInput),
    /// Another price.
    Price(OrderChangePriceInput),
    /// Where parcels go that were not packed yet, within the same country.
    ShippingAddress(AddressInput),
    /// Whom to reach.
    Contact(OrderChangeContactInput),
    /// Where it is collected.
    PickupStore(OrderChangePickupStoreInput),
}

impl OrderChangeOperationInput {
    fn read(self, path: &str) -> Result<Operation> {
        let line = |id: &ID| parse_id(id, &format!("{path}.orderLineId"));
        let price = |money: MoneyInput| money.money(&format!("{path}.unitPrice"));
        Ok(match self {
            Self::Add(add) => Operation::AddLine {
                variant_id: parse_id(&add.variant_id, &format!("{path}.variantId"))?,
                quantity: add.quantity,
                delivery: add.delivery.0,
                pickup_location_id: parse_optional_id(
                    add.pickup_location_id.as_ref(),
                    &format!("{path}.pickupLocationId"),
                )?,
                unit_price: add.unit_price.map(price).transpose()?,
            },
            Self::Raise(raise) => {
                Operation::Raise { order_line_id: line(&raise.order_line_id)?, quantity: raise.quantity }
            }
            Self::Remove(remove) => {
                Operation::Remove { order_line_id: line(&remove.order_line_id)?, quantity: remove.quantity }
            }
            Self::Price(new) => {
                Operation::SetPrice { order_line_id: line(&new.order_line_id)?, unit_price: price(new.unit_price)? }
            }
            Self::ShippingAddress(address) => Operation::SetShippingAddress { address: address.into() },
            Self::Contact(new) => {
                Operation::SetContact { contact: NewContact { email: new.email, phone: new.phone, name: new.name } }
            }
            Self::PickupStore(new) => Operation::SetPickupStore {
                order_line_ids: parse_ids(&new.order_line_ids, &format!("{path}.orderLineIds"))?,
                location_id: parse_id(&new.location_id, &format!("{path}.locationId"))?,
            },
        })
    }
}

/// A change to prepare.
#[derive(Clone, Debug, InputObject)]
pub struct OrderChangePrepareInput {
    /// Of which order.
    pub order_id: ID,
    /// What changes.
    pub operations: Vec<OrderChangeOperationInput>,
    /// Why.
    pub reason: String,
    /// The order's version that you read; with another one nothing is prepared.
    pub expected_version: Option<i32>,
    /// Whether the customer keeps discounts that what stays does not earn any more.
    #[graphql(default)]
    pub waive_claw_back: bool,
}

/// A change to confirm.
#[derive(Clone, Debug, InputObject)]
pub struct OrderChangeConfirmInput {
    /// Which.
    pub order_change_id: ID,
    /// The change's version that you read; with another one nothing is done.
    pub expected_version: Option<i32>,
    /// How what it costs more is paid now. When left out the customer gets a link to pay it.
    #[graphql(default)]
    pub payments: Vec<PaymentInput>,
    /// Whether the customer is told by mail.
    #[graphql(default = true)]
    pub notify: bool,
    /// The same key confirms once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// A change to give up.
#[derive(Clone, Debug, InputObject)]
pub struct OrderChangeDiscardInput {
    /// Which.
    pub order_change_id: ID,
    /// The change's version that you read; with another one nothing is done.
    pub expected_version: Option<i32>,
}

/// A line that comes with a change.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderChangeAddedLine {
    /// What.
    pub variant_id: ID,
    /// Product title.
    pub title: String,
    /// Variant title.
    pub variant_title: String,
    /// Units.
    pub quantity: i64,
    /// Price of one.
    pub unit_price: Money,
    /// Its tax.
    pub tax: Money,
    /// What the customer pays for it, tax included.
    pub total: Money,
    /// How it reaches the customer.
    pub delivery: Word<DeliveryMethod>,
    /// Where it is collected.
    pub pickup_location_id: Option<ID>,
    /// The line whose price it changes.
    pub replaces: Option<ID>,
}

/// Units that go with a change.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderChangeRemovedUnits {
    /// Of this line.
    pub order_line_id: ID,
    /// How many.
    pub quantity: i64,
    /// What they are worth, tax included.
    pub amount: Money,
}

/// The tax of one rate in what an order is worth.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderWorthTax {
    /// The rate in parts per million: 100000 is 10 %.
    pub rate_ppm: i32,
    /// The tax.
    pub tax: Money,
}

/// What of an order is not canceled is worth.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderWorth {
    /// Goods, tax included.
    pub goods: Money,
    /// Shipping, tax included.
    pub shipping: Money,
    /// Discounts that were kept because the rest did not earn them, tax included.
    pub claw_back: Money,
    /// All of it.
    pub total: Money,
    /// The tax in it, highest rate first.
    pub taxes: Vec<OrderWorthTax>,
}

impl OrderWorth {
    fn of(worth: &changes::Worth, currency: Currency) -> Self {
        let money = |minor| Money::new(minor, currency);
        let tax = |rate: &changes::RateWorth| OrderWorthTax { rate_ppm: rate.rate_ppm, tax: money(rate.tax) };
        Self {
            goods: money(worth.goods),
            shipping: money(worth.shipping),
            claw_back: money(worth.claw_back),
            total: money(worth.total),
            taxes: worth.taxes.iter().map(tax).collect(),
        }
    }
}

/// A change of an order: prepared, then confirmed once or given up.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderChange {
    /// Id.
    pub id: ID,
    /// Of which order.
    pub order_id: ID,
    /// Lifecycle.
    pub status: Word<OrderChangeStatus>,
    /// The version of the order it was prepared for.
    pub order_version: i32,
    /// The revision of the order it became, from 2; 0 before.
    pub revision: i32,
    /// Why.
    pub reason: String,
    /// Lines that come.
    pub added: Vec<OrderChangeAddedLine>,
    /// Units that go.
    pub removed: Vec<OrderChangeRemovedUnits>,
    /// What the order was worth when it was prepared.
    pub before: OrderWorth,
    /// What it is worth with it.
    pub after: OrderWorth,
    /// Discounts that what stays does not earn any more: kept of what is taken away. Below zero: discounts that were kept
    /// before and are given back.
    pub claw_back: Money,
    /// What the order costs more; negative when less.
    pub difference: Money,
    /// How the difference is settled.
    pub settlement: Word<OrderChangeSettlement>,
    /// The refund that was decided with it.
    pub refund_id: Option<ID>,
    /// When it was confirmed.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Grows with each change.
    pub version: i32,
    /// When it was prepared.
    pub created_at: DateTime<Utc>,
}

impl OrderChange {
    /// Shows a change in the order's currency.
    fn of(row: &order_change::Model, currency: Currency) -> Result<Self> {
        let shown = query::preview(row)?;
        let added = shown.added.iter().map(|line| added(line, currency));
        let removed = shown.removed.iter().map(|units| OrderChangeRemovedUnits {
            order_line_id: id(units.order_line_id),
            quantity: units.quantity,
            amount: Money::new(units.amount, currency),
        });
        Ok(Self {
            id: id(row.id),
            order_id: id(row.order_id),
            status: Word(row.status),
            order_version: row.order_version,
            revision: row.revision,
            reason: row.reason.clone(),
            added: added.collect(),
            removed: removed.collect(),
            before: OrderWorth::of(&shown.before, currency),
            after: OrderWorth::of(&shown.after, currency),
            claw_back: Money::new(shown.claw_back, currency),
            difference: Money::new(row.difference, currency),
            settlement: Word(row.settlement),
            refund_id: row.refund_id.map(id),
            confirmed_at: row.confirmed_at,
            version: row.version,
            created_at: row.created_at,
        })
    }
}

fn added(line: &changes::AddedLine, currency: Currency) -> OrderChangeAddedLine {
    OrderChangeAddedLine {
        variant_id: id(line.variant_id),
        title: line.title.clone(),
        variant_title: line.variant_title.clone(),
        quantity: line.quantity,
        unit_price: Money::new(line.unit_price, currency),
        tax: Money::new(line.tax, currency),
        total: Money::new(line.total, currency),
        delivery: Word(line.delivery),
        pickup_location_id: line.pickup_location_id.map(id),
        replaces: line.replaces.map(id),
    }
}

payload! {
    /// A change of an order.
    pub struct OrderChangePayload {
        /// The change.
        order_change: OrderChange,
    }
}

payload! {
    /// An order that was changed.
    pub struct OrderChangeConfirmPayload {
        /// The change.
        order_change: OrderChange,
        /// The order after it.
        order: Order,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

/// Changes of orders.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderChangeQuery;

/// Changes of orders.
#[Object]
impl OrderChangeQuery {
    /// The changes of an order, oldest first; empty for one that you may not read.
    async fn order_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which order.")] order_id: ID,
    ) -> Result<Vec<OrderChange>> {
        let found = query::of_readable(ctx_of(ctx), parse_id(&order_id, "orderId")?).await?;
        found.iter().map(|(row, currency)| OrderChange::of(row, *currency)).collect()
    }
}

/// Changing orders.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderChangeMutation;

/// Changing orders.
#[Object]
impl OrderChangeMutation {
    /// Shows what a change of an order comes to, and keeps it to be confirmed. Nothing of the order is touched.
    async fn order_change_prepare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: OrderChangePrepareInput,
    ) -> Result<OrderChangePayload> {
        let done = match input.read() {
            Ok(input) => prepare::prepare(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        OrderChangePayload::of(ctx, done.and_then(|done| OrderChange::of(&done.change, done.currency)))
    }

    /// Carries a prepared change out, exactly as it was shown: stock, work and money. `STALE_VERSION` when the order
    /// moved on meanwhile. Once per key.
    async fn order_change_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which change, and how it is paid.")] input: OrderChangeConfirmInput,
    ) -> Result<OrderChangeConfirmPayload> {
        let done = match input.read(ctx) {
            Ok(input) => confirm::confirm(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        OrderChangeConfirmPayload::of(ctx, done.and_then(confirmed))
    }

    /// Gives a prepared change up.
    async fn order_change_discard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which change.")] input: OrderChangeDiscardInput,
    ) -> Result<OrderChangePayload> {
        let done = match parse_id(&input.order_change_id, "input.orderChangeId") {
            Ok(id) => discard::discard(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        OrderChangePayload::of(ctx, done.and_then(|done| OrderChange::of(&done.change, done.currency)))
    }
}

fn confirmed(done: confirm::Confirmed) -> Result<(OrderChange, Order, bool)> {
    Ok((OrderChange::of(&done.change, done.order.currency)?, Order(done.order), done.replayed))
}

impl OrderChangePrepareInput {
    fn read(self) -> Result<PrepareChange> {
        let operations = self.operations.into_iter().enumerate();
        Ok(PrepareChange {
            order_id: parse_id(&self.order_id, "input.orderId")?,
            operations: operations
                .map(|(index, operation)| operation.read(&format!("input.operations.{index}")))
                .collect::<Result<_>>()?,
            reason: self.reason,
            expected_version: self.expected_version,
            waive_claw_back: self.waive_claw_back,
        })
    }
}

impl OrderChangeConfirmInput {
    fn read(self, ctx: &Context<'_>) -> Result<ConfirmChange> {
        let key = key_or_header(ctx, self.idempotency_key);
        Ok(ConfirmChange {
            order_change_id: parse_id(&self.order_change_id, "input.orderChangeId")?,
            expected_version: self.expected_version,
            payments: tenders(self.payments)?,
            notify: self.notify,
            idempotency_key: key.ok_or_else(|| Error::invalid(ErrorCode::Required, "input.idempotencyKey"))?,
        })
    }
}
