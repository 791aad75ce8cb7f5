//! What was found: units that were looked at, and goods on a counter.

use async_graphql::{Context, ID, InputObject};
use domain::Result;
use domain::returns::counter::{BlindReturn, CounterLine, ReturnAtCounter};
use domain::returns::inspect::{InspectItem, InspectReturn};
use entity::id::VariantId;
use entity::words::{Disposition, RefundDestination};

use super::input::{ReturnApprovalInput, approval};
use crate::scalar::{MoneyInput, parse_id, parse_optional_id};
use crate::shop::order::required_key;
use crate::word::Word;

/// Units of a line that meet the same fate.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnItemInput {
    /// The line of the return.
    pub return_line_id: ID,
    /// Units; bundles whole.
    pub quantity: i64,
    /// What happens to them. What was not in the parcel, or is something else, is `MISSING`.
    pub disposition: Word<Disposition>,
    /// What was seen.
    #[graphql(default)]
    pub note: String,
    /// A picture in base64: JPEG, PNG or WebP, 1 MiB at most.
    pub photo: Option<String>,
    /// Whether their money goes back; for everything but `MISSING` when left out.
    pub refund: Option<bool>,
}

/// A number of a unit that came back.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnUnitInput {
    /// The variant.
    pub variant_id: ID,
    /// Serial or lot number.
    pub code: String,
    /// Units; 1 for a serial number.
    #[graphql(default = 1)]
    pub quantity: i64,
}

fn units(units: Vec<ReturnUnitInput>) -> Result<Vec<(VariantId, String, i64)>> {
    let one = |(index, unit): (usize, ReturnUnitInput)| {
        Ok((parse_id(&unit.variant_id, &format!("input.units.{index}.variantId"))?, unit.code, unit.quantity))
    };
    units.into_iter().enumerate().map(one).collect()
}

/// What was found.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnInspectInput {
    /// The return.
    pub return_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Where the goods are; where they were handed in when left out.
    pub location_id: Option<ID>,
    /// What happens to which units.
    pub items: Vec<ReturnItemInput>,
    /// Numbers of units that came back, for goods that have numbers.
    #[graphql(default)]
    pub units: Vec<ReturnUnitInput>,
    /// What goes back of what was paid for shipping.
    pub shipping: Option<MoneyInput>,
    /// Whether nothing is kept: neither fees nor discounts that the rest of the order does not earn any more.
    #[graphql(default)]
    pub waive_fees: bool,
    /// Goes with the refund.
    pub note: Option<String>,
    /// The till whose drawer pays cash out.
    pub register_id: Option<ID>,
    /// Repeating the call with the same key does nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

pub(super) fn money(amount: Option<MoneyInput>) -> Result<Option<entity::money::Money>> {
    amount.map(|amount| amount.money("input.shipping")).transpose()
}

impl ReturnInspectInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<InspectReturn> {
        let item = |(index, item): (usize, ReturnItemInput)| {
            Ok(InspectItem {
                return_line_id: parse_id(&item.return_line_id, &format!("input.items.{index}.returnLineId"))?,
                quantity: item.quantity,
                disposition: item.disposition.0,
                note: item.note,
                photo: item.photo,
                refund: item.refund,
            })
        };
        Ok(InspectReturn {
            return_id: parse_id(&self.return_id, "input.returnId")?,
            expected_version: self.expected_version,
            location_id: parse_optional_id(self.location_id.as_ref(), "input.locationId")?,
            items: self.items.into_iter().enumerate().map(item).collect::<Result<_>>()?,
            units: units(self.units)?,
            shipping: money(self.shipping)?,
            waive_fees: self.waive_fees,
            note: self.note,
            register_id: parse_optional_id(self.register_id.as_ref(), "input.registerId")?,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

/// Goods on the counter: units with one reason and one fate.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnCounterLineInput {
    /// The line of the order; left out without an order.
    pub order_line_id: Option<ID>,
    /// What, without an order.
    pub variant_id: Option<ID>,
    /// Units; bundles whole.
    pub quantity: i64,
    /// Code of a reason.
    pub reason: Option<String>,
    /// Whether they were used.
    #[graphql(default)]
    pub used: bool,
    /// What happens to them.
    pub disposition: Word<Disposition>,
    /// What was seen.
    #[graphql(default)]
    pub note: String,
    /// A picture in base64: JPEG, PNG or WebP, 1 MiB at most.
    pub photo: Option<String>,
}

fn counter_lines(lines: Vec<ReturnCounterLineInput>) -> Result<Vec<CounterLine>> {
    let line = |(index, line): (usize, ReturnCounterLineInput)| {
        let at = |field: &str| format!("input.lines.{index}.{field}");
        Ok(CounterLine {
            order_line_id: parse_optional_id(line.order_line_id.as_ref(), &at("orderLineId"))?,
            variant_id: parse_optional_id(line.variant_id.as_ref(), &at("variantId"))?,
            quantity: line.quantity,
            reason: line.reason,
            used: line.used,
            disposition: line.disposition.0,
            note: line.note,
            photo: line.photo,
        })
    };
    lines.into_iter().enumerate().map(line).collect()
}

/// Goods of an order, handed in at a counter.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnAtCounterInput {
    /// The till whose drawer pays cash out; yours when left out.
    pub register_id: Option<ID>,
    /// The location, without a till.
    pub location_id: Option<ID>,
    /// The order, of any channel and store; find it by `orderLookup`.
    pub order_id: ID,
    /// What, and what was found.
    pub lines: Vec<ReturnCounterLineInput>,
    /// Numbers of units that came back, for goods that have numbers.
    #[graphql(default)]
    pub units: Vec<ReturnUnitInput>,
    /// Where the money goes; to the tenders that paid when left out.
    pub refund_to: Option<Word<RefundDestination>>,
    /// What goes back of what was paid for shipping.
    pub shipping: Option<MoneyInput>,
    /// Whether nothing is kept: neither fees nor discounts that the rest of the order does not earn any more.
    #[graphql(default)]
    pub waive_fees: bool,
    /// Goes with the refund.
    #[graphql(default)]
    pub note: String,
    /// Where the goods shall lie in the end: a transfer is drafted.
    pub destination_location_id: Option<ID>,
    /// Why it goes beyond the rules.
    pub override_reason: Option<String>,
    /// Who allows that.
    pub approval: Option<ReturnApprovalInput>,
    /// Repeating the call with the same key takes nothing back twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl ReturnAtCounterInput {
    pub(crate) fn read(self, ctx: &Context<'_>) -> Result<ReturnAtCounter> {
        let to = parse_optional_id(self.destination_location_id.as_ref(), "input.destinationLocationId")?;
        Ok(ReturnAtCounter {
            register_id: parse_optional_id(self.register_id.as_ref(), "input.registerId")?,
            location_id: parse_optional_id(self.location_id.as_ref(), "input.locationId")?,
            order_id: parse_id(&self.order_id, "input.orderId")?,
            lines: counter_lines(self.lines)?,
            units: units(self.units)?,
            refund_to: self.refund_to.map_or(RefundDestination::Original, |word| word.0),
            shipping: money(self.shipping)?,
            waive_fees: self.waive_fees,
            note: self.note,
            destination_location_id: to,
            override_reason: self.override_reason,
            approval: approval(self.approval),
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

/// Goods of which nobody knows the order.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnBlindInput {
    /// The till; yours when left out.
    pub register_id: Option<ID>,
    /// Who brings them, and gets the store credit.
    pub customer_id: ID,
    /// What, by variant, and what was found; 5 units per person and 30 days.
    pub lines: Vec<ReturnCounterLineInput>,
    /// Numbers of units that came back, for goods that have numbers.
    #[graphql(default)]
    pub units: Vec<ReturnUnitInput>,
    /// Why they are taken.
    pub reason: String,
    /// Who allows it.
    pub approval: Option<ReturnApprovalInput>,
    /// Repeating the call with the same key takes nothing back twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl ReturnBlindInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<BlindReturn> {
        Ok(BlindReturn {
            register_id: parse_optional_id(self.register_id.as_ref(), "input.registerId")?,
            customer_id: parse_id(&self.customer_id, "input.customerId")?,
            lines: counter_lines(self.lines)?,
            units: units(self.units)?,
            reason: self.reason,
            approval: approval(self.approval),
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}
