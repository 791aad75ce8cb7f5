//! What may be changed of an order, and what that means for its lines: pure.

use std::collections::{BTreeMap, BTreeSet};

use entity::address::Address;
use entity::id::{LocationId, OrderLineId, VariantId};
use entity::money::{Currency, Money};
use entity::order_line;
use entity::words::DeliveryMethod;
use serde::{Deserialize, Serialize};

use super::preview::MovedUnits;
use crate::kernel::{Error, ErrorCode, Result};
use crate::pricing::allocation::MAX_AMOUNT;
use crate::pricing::totals::MAX_QUANTITY;

/// Most operations of one change.
const MAX_OPERATIONS: usize = 200;

/// One thing to change.
#[expect(clippy::large_enum_variant, reason = "a change has a handful of them")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Operation {
    /// Something more.
    AddLine {
        /// What.
        variant_id: VariantId,
        /// Units, 1 to 9,999.
        quantity: i64,
        /// How it reaches the customer; nothing is carried out after the sale.
        delivery: DeliveryMethod,
        /// Where it is collected; only with `PICKUP`.
        pickup_location_id: Option<LocationId>,
        /// As priced in the channel; the present price when `None`.
        unit_price: Option<Money>,
    },
    /// More units of a line, at its price and tax rate, as a new line.
    Raise {
        /// The line.
        order_line_id: OrderLineId,
        /// Units more.
        quantity: i64,
    },
    /// Fewer units of a line.
    Remove {
        /// The line.
        order_line_id: OrderLineId,
        /// Units less; all that have not left when `None`.
        quantity: Option<i64>,
    },
    /// Another price for the units of a line that have not left: they are taken away and added again.
    SetPrice {
        /// The line.
        order_line_id: OrderLineId,
        /// As priced in the channel.
        unit_price: Money,
    },
    /// Where parcels go that were not packed yet.
    SetShippingAddress {
        /// The address, within the same country.
        address: Address,
    },
    /// Whom to reach.
    SetContact {
        /// What changes.
        contact: NewContact,
    },
    /// Where units are collected that nobody collected yet.
    SetPickupStore {
        /// Lines to collect; all when empty.
        order_line_ids: Vec<OrderLineId>,
        /// The other store.
        location_id: LocationId,
    },
}

/// Contact details; `None` leaves a part as it is, an empty text removes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContact {
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number, international or of the channel's country.
    pub phone: Option<String>,
    /// Whom to ask for.
    pub name: Option<String>,
}

/// Units to add, before they are priced.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// Of goods, at their present price unless one is named.
    Goods {
        variant_id: VariantId,
        quantity: i64,
        delivery: DeliveryMethod,
        pickup_location_id: Option<LocationId>,
        unit_price: Option<i64>,
        path: String,
    },
    /// As a line of the order, for this price.
    Like { line: Box<order_line::Model>, quantity: i64, unit_price: i64, replaces: bool },
}

/// What operations mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) removed: BTreeMap<OrderLineId, i64>,
    pub(super) added: Vec<Wanted>,
    pub(super) moved: Vec<MovedUnits>,
    pub(super) address: Option<Address>,
    pub(super) contact: Option<NewContact>,
}

/// Units that have neither left nor been canceled.
pub(super) const fn open(line: &order_line::Model) -> i64 {
    line.quantity - line.fulfilled - line.canceled
}

/// Reads operations against the lines of an order; each line may be named once. Errors: `REQUIRED` for none, `TOO_MANY`,
/// `NOT_FOUND`, `INVALID` for a line named twice, `INVALID_QUANTITY`, `INVALID_AMOUNT`, `CURRENCY_MISMATCH`, `CARRY_OUT_ONLY_AT_TILL`,
/// `PICKUP_UNAVAILABLE`.
pub(super) fn plan(operations: &[Operation], lines: &[order_line::Model], currency: Currency) -> Result<Plan> {
    if operations.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.operations"));
    }
    if operations.len() > MAX_OPERATIONS {
        let max = vec![("max", MAX_OPERATIONS.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.operations", max));
    }
    let mut reading = Reading { lines, currency, named: BTreeSet::new(), plan: Plan::default() };
    for (index, operation) in operations.iter().enumerate() {
        reading.take(operation, &format!("input.operations.{index}"))?;
    }
    Ok(reading.plan)
}

struct Reading<'a> {
    lines: &'a [order_line::Model],
    currency: Currency,
    named: BTreeSet<OrderLineId>,
    plan: Plan,
}

impl<'a> Reading<'a> {
    fn take(&mut self, operation: &Operation, path: &str) -> Result<()> {
        match operation {
            Operation::AddLine { variant_id, quantity, delivery, pickup_location_id, unit_price } => {
                check_quantity(*quantity, MAX_QUANTITY, path)?;
                let unit_price = unit_price.map(|price| check_price(price, self.currency, path)).transpose()?;
                check_delivery(*delivery, *pickup_location_id, path)?;
                self.plan.added.push(Wanted::Goods {
                    variant_id: *variant_id,
                    quantity: *quantity,
                    delivery: *delivery,
                    pickup_location_id: *pickup_location_id,
                    unit_price,
                    path: path.to_owned(),
                });
            }
            Operation::Raise { order_line_id, quantity } => {
                check_quantity(*quantity, MAX_QUANTITY, path)?;
                let line = self.line(*order_line_id, path)?.clone();
                check_delivery(line.delivery, line.pickup_location_id, path)?;
                let unit_price = line.unit_price;
                let wanted = Wanted::Like { line: Box::new(line), quantity: *quantity, unit_price, replaces: false };
                self.plan.added.push(wanted);
            }
            Operation::Remove { order_line_id, quantity } => {
                let left = open(self.line(*order_line_id, path)?);
                let quantity = quantity.unwrap_or(left);
                check_quantity(quantity, left, path)?;
                self.plan.removed.insert(*order_line_id, quantity);
            }
            Operation::SetPrice { order_line_id, unit_price } => self.reprice(*order_line_id, *unit_price, path)?,
            Operation::SetShippingAddress { address } => self.plan.address = Some(address.clone()),
            Operation::SetContact { contact } => self.plan.contact = Some(contact.clone()),
            Operation::SetPickupStore { order_line_ids, location_id } => {
                self.relocate(order_line_ids, *location_id, path)?;
            }
        }
        Ok(())
    }

    fn reprice(&mut self, id: OrderLineId, unit_price: Money, path: &str) -> Result<()> {
        let unit_price = check_price(unit_price, self.currency, path)?;
        let line = self.line(id, path)?.clone();
        let quantity = open(&line);
        check_quantity(quantity, quantity, path)?;
        self.plan.removed.insert(id, quantity);
        self.plan.added.push(Wanted::Like { line: Box::new(line), quantity, unit_price, replaces: true });
        Ok(())
    }

    fn relocate(&mut self, ids: &[OrderLineId], location_id: LocationId, path: &str) -> Result<()> {
        let moves = |line: &&order_line::Model| {
            line.delivery == DeliveryMethod::Pickup
                && open(line) > 0
                && line.pickup_location_id != Some(location_id)
                && (ids.is_empty() || ids.contains(&line.id))
        };
        let lines = self.lines;
        let found: Vec<&order_line::Model> = lines.iter().filter(moves).collect();
        if found.is_empty() || (!ids.is_empty() && found.len() < ids.len()) {
            return Err(Error::invalid(ErrorCode::PickupUnavailable, format!("{path}.locationId")));
        }
        for line in found {
            self.line(line.id, path)?;
            self.plan.moved.push(MovedUnits { order_line_id: line.id, quantity: open(line), location_id });
        }
        Ok(())
    }

    fn line(&mut self, id: OrderLineId, path: &str) -> Result<&'a order_line::Model> {
        let lines: &'a [order_line::Model] = self.lines;
        let line = lines.iter().find(|line| line.id == id).ok_or(Error::not_found("orderLine"))?;
        if self.named.insert(id) {
            Ok(line)
        } else {
            Err(Error::invalid(ErrorCode::Invalid, format!("{path}.orderLineId")))
        }
    }
}

fn check_quantity(quantity: i64, max: i64, path: &str) -> Result<()> {
    if (1..=max).contains(&quantity) {
        return Ok(());
    }
    let max = vec![("max", max.max(0).to_string())];
    Err(Error::invalid_with(ErrorCode::InvalidQuantity, format!("{path}.quantity"), max))
}

fn check_price(price: Money, currency: Currency, path: &str) -> Result<i64> {
    if price.currency != currency {
        return Err(Error::invalid(ErrorCode::CurrencyMismatch, format!("{path}.unitPrice")));
    }
    let is_amount = (0..=MAX_AMOUNT).contains(&price.minor);
    if is_amount { Ok(price.minor) } else { Err(Error::invalid(ErrorCode::InvalidAmount, format!("{path}.unitPrice"))) }
}

fn check_delivery(delivery: DeliveryMethod, store: Option<LocationId>, path: &str) -> Result<()> {
    match (delivery, store) {
        (DeliveryMethod::CarryOut, _) => Err(Error::invalid(ErrorCode::CarryOutOnlyAtTill, format!("{path}.delivery"))),
        (DeliveryMethod::Pickup, None) | (DeliveryMethod::Ship | DeliveryMethod::LocalDelivery, Some(_)) => {
            Err(Error::invalid(ErrorCode::PickupUnavailable, format!("{path}.pickupLocationId")))
        }
        (DeliveryMethod::Pickup, Some(_)) | (DeliveryMethod::Ship | DeliveryMethod::LocalDelivery, None) => Ok(()),
    }
}
