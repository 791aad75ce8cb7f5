//! What a client says of the work of locations.

use async_graphql::{Context, ID, InputObject};
use domain::fulfillment::desk::WorkRef;
use domain::fulfillment::hold_work::HoldWork;
use domain::fulfillment::line_ref::LineRef;
use domain::fulfillment::move_work::MoveWork;
use domain::fulfillment::queue::QueueFilter;
use domain::fulfillment::reject::Reject;
use domain::fulfillment::split::Split;
use domain::pickup::cancel_order::{CancelOrder, Keeps};
use domain::{Error, ErrorCode, Result};
use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId};
use entity::words::{
    CancelReason, Carrier, DeliveryMethod, FulfillmentHoldReason, FulfillmentOrderStatus, ParkingReason,
    RejectionEffect, RejectionReason,
};

use crate::context::key_or_header;
use crate::scalar::{Duration, MoneyInput, parse_id, parse_ids};
use crate::staff::storage::StockUnitInput;
use crate::word::Word;

/// Which work is wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct FulfillmentOrderFilter {
    /// At these locations.
    #[graphql(default)]
    pub location_ids: Vec<ID>,
    /// In these states; unfinished ones when empty.
    #[graphql(default)]
    pub statuses: Vec<Word<FulfillmentOrderStatus>>,
    /// By these methods.
    #[graphql(default)]
    pub methods: Vec<Word<DeliveryMethod>>,
    /// Parked for these reasons. Parked work has no location: it is there for those who work everywhere.
    #[graphql(default)]
    pub parked_as: Vec<Word<ParkingReason>>,
    /// Whether its promise is broken already.
    pub late: Option<bool>,
    /// Unfinished work whose promise ends within this time, or is broken already.
    pub due_within: Option<Duration>,
    /// Whose shipping method is usually carried by one of these.
    #[graphql(default)]
    pub carriers: Vec<Word<Carrier>>,
    /// Of these shipping methods.
    #[graphql(default)]
    pub shipping_method_ids: Vec<ID>,
    /// Of the order with this number.
    pub order_number: Option<String>,
}

fn plain<T>(words: Vec<Word<T>>) -> Vec<T> {
    words.into_iter().map(|word| word.0).collect()
}

impl FulfillmentOrderFilter {
    pub(super) fn read(self) -> Result<QueueFilter> {
        Ok(QueueFilter {
            locations: parse_ids(&self.location_ids, "filter.locationIds")?,
            statuses: plain(self.statuses),
            methods: plain(self.methods),
            parked_as: plain(self.parked_as),
            late: self.late,
            due_within: self.due_within.map(|within| within.0),
            carriers: plain(self.carriers),
            shipping_methods: parse_ids(&self.shipping_method_ids, "filter.shippingMethodIds")?,
            order_number: self.order_number,
        })
    }
}

/// A fulfillment order, as you saw it.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderRefInput {
    /// Which.
    pub id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

impl FulfillmentOrderRefInput {
    fn read(&self, path: &str) -> Result<WorkRef> {
        Ok(WorkRef { id: parse_id(&self.id, &format!("{path}.id"))?, expected_version: self.expected_version })
    }
}

/// Several fulfillment orders.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrdersInput {
    /// Which, 1 to 100.
    pub fulfillment_orders: Vec<FulfillmentOrderRefInput>,
}

impl FulfillmentOrdersInput {
    pub(super) fn read(&self) -> Result<Vec<WorkRef>> {
        let all = self.fulfillment_orders.iter().enumerate();
        all.map(|(index, one)| one.read(&format!("input.fulfillmentOrders.{index}"))).collect()
    }
}

/// One fulfillment order.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderReferenceInput {
    /// Which.
    pub fulfillment_order_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

impl FulfillmentOrderReferenceInput {
    pub(super) fn read(&self) -> Result<WorkRef> {
        let id = work_id(&self.fulfillment_order_id)?;
        Ok(WorkRef { id, expected_version: self.expected_version })
    }
}

pub(super) fn work_id(id: &ID) -> Result<FulfillmentOrderId> {
    parse_id(id, "input.fulfillmentOrderId")
}

/// Work to stop.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderHoldInput {
    /// Which.
    pub fulfillment_order_id: ID,
    /// Why.
    pub reason: Word<FulfillmentHoldReason>,
    /// Why, in words.
    pub note: Option<String>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

impl FulfillmentOrderHoldInput {
    pub(super) fn read(self) -> Result<HoldWork> {
        let work = WorkRef { id: work_id(&self.fulfillment_order_id)?, expected_version: self.expected_version };
        Ok(HoldWork { work, reason: self.reason.0, note: self.note })
    }
}

/// Pieces of a line of work.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderLineQuantityInput {
    /// The line.
    pub fulfillment_order_line_id: ID,
    /// Pieces of it, at least 1.
    pub quantity: i64,
}

fn pieces(lines: &[FulfillmentOrderLineQuantityInput]) -> Result<Vec<(FulfillmentOrderLineId, i64)>> {
    let read = lines.iter().enumerate().map(|(index, line)| {
        let path = format!("input.lines.{index}.fulfillmentOrderLineId");
        Ok((parse_id(&line.fulfillment_order_line_id, &path)?, line.quantity))
    });
    read.collect()
}

/// Work that a location gives back.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderRejectInput {
    /// Which.
    pub fulfillment_order_id: ID,
    /// Pieces of its lines; all that is not packed when left out. Bundles go whole.
    #[graphql(default)]
    pub lines: Vec<FulfillmentOrderLineQuantityInput>,
    /// Why.
    pub reason: Word<RejectionReason>,
    /// What it does to stock. When left out `NOT_FOUND` means `ZERO`, `DAMAGED` means `QUANTITY`, all else `NOTHING`.
    pub stock_effect: Option<Word<RejectionEffect>>,
    /// In the clerk's words.
    pub note: Option<String>,
    /// Serial and lot numbers of the units that are written off.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The same key rejects once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl FulfillmentOrderRejectInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<Reject> {
        Ok(Reject {
            fulfillment_order_id: work_id(&self.fulfillment_order_id)?,
            lines: pieces(&self.lines)?,
            reason: self.reason.0,
            effect: self.stock_effect.map(|effect| effect.0),
            note: self.note,
            units: StockUnitInput::read_all(self.units, "input.units")?,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Work to give to another location.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderMoveInput {
    /// Which.
    pub fulfillment_order_id: ID,
    /// Where to; one that has the goods and did not give them back before.
    pub location_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The same key moves once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl FulfillmentOrderMoveInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<MoveWork> {
        Ok(MoveWork {
            fulfillment_order_id: work_id(&self.fulfillment_order_id)?,
            location_id: parse_id(&self.location_id, "input.locationId")?,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Work to split.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderSplitInput {
    /// Which.
    pub fulfillment_order_id: ID,
    /// Pieces that go into a fulfillment order of their own; of bundles whole units.
    pub lines: Vec<FulfillmentOrderLineQuantityInput>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The same key splits once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl FulfillmentOrderSplitInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<Split> {
        Ok(Split {
            fulfillment_order_id: work_id(&self.fulfillment_order_id)?,
            lines: pieces(&self.lines)?,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Units of a line of an order.
#[derive(Clone, Debug, InputObject)]
pub struct OrderCancelLineInput {
    /// The line.
    pub order_line_id: ID,
    /// Units, at least 1.
    pub quantity: i64,
}

/// An order to cancel, or units of it.
#[derive(Clone, Debug, InputObject)]
pub struct OrderCancelInput {
    /// Which.
    pub order_id: ID,
    /// Units of its lines; the whole order when left out.
    #[graphql(default)]
    pub lines: Vec<OrderCancelLineInput>,
    /// Why; `OTHER` when left out.
    pub reason: Option<Word<CancelReason>>,
    /// Why, in words.
    pub note: Option<String>,
    /// What is kept of what goes back for the goods, with tax; say why in `note`.
    pub fee: Option<MoneyInput>,
    /// Whether the customer keeps discounts that the rest of the order does not earn any more. They are never kept for
    /// `INVENTORY` and `STAFF_ERROR`.
    #[graphql(default)]
    pub waive_claw_back: bool,
    /// Whether the customer is told by mail.
    #[graphql(default = true)]
    pub notify: bool,
    /// The order's version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The same key cancels once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl OrderCancelInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<(CancelOrder, Keeps)> {
        let fee = self.fee.as_ref().map(|fee| fee.money("input.fee")).transpose()?;
        let lines = self.lines.iter().enumerate().map(|(index, line)| {
            Ok((parse_id(&line.order_line_id, &format!("input.lines.{index}.orderLineId"))?, line.quantity))
        });
        let input = CancelOrder {
            order_id: parse_id(&self.order_id, "input.orderId")?,
            lines: lines.collect::<Result<_>>()?,
            reason: self.reason.map_or(CancelReason::Other, |word| word.0),
            note: self.note,
            notify: self.notify,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        };
        Ok((input, Keeps { fee, waive_claw_back: self.waive_claw_back }))
    }
}

/// A line by its id or by what a scanner read. Errors: `REQUIRED` for neither, `INVALID` for both.
pub(super) fn line_ref(
    line: Option<&ID>,
    work: Option<FulfillmentOrderId>,
    code: Option<String>,
    path: &str,
) -> Result<LineRef> {
    match (line, code) {
        (Some(id), None) => Ok(LineRef::Line(parse_id(id, &format!("{path}.fulfillmentOrderLineId"))?)),
        (None, Some(code)) => Ok(LineRef::Scan { work, code }),
        (None, None) => Err(Error::invalid(ErrorCode::Required, format!("{path}.fulfillmentOrderLineId"))),
        (Some(_), Some(_)) => Err(Error::invalid(ErrorCode::Invalid, format!("{path}.code"))),
    }
}
