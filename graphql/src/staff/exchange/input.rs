//! What staff say of exchanges.

use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::returns::exchange::cancel::CancelExchange;
use domain::returns::exchange::counter::ExchangeAtCounter;
use domain::returns::exchange::create::CreateExchange;
use domain::returns::exchange::settle::SettleExchange;
use entity::words::{ExchangeMode, RefundDestination, ReturnMethod};

use crate::node::tender::{PaymentInput, tenders};
use crate::scalar::{MoneyInput, parse_id, parse_optional_id};
use crate::shop::exchange::{NewGoodsInput, new_goods};
use crate::shop::order::required_key;
use crate::shop::returns::{ReturnLineInput, request_lines};
use crate::staff::register::{PosSaleInput, sale_now};
use crate::staff::returns::found::ReturnAtCounterInput;
use crate::staff::returns::input::{ReturnApprovalInput, approval};
use crate::word::Word;

/// An exchange that staff agree on.
#[derive(Clone, Debug, InputObject)]
pub struct ExchangeCreateInput {
    /// The order.
    pub order_id: ID,
    /// What comes back, 1 to 100 lines.
    pub lines: Vec<ReturnLineInput>,
    /// What is wanted, 1 to 100 lines.
    pub goods: Vec<NewGoodsInput>,
    /// When the new goods go out.
    pub mode: Word<ExchangeMode>,
    /// How the old goods come: `CARRIER` or `STORE`.
    pub method: Word<ReturnMethod>,
    /// Where goes what the old goods give beyond the new ones: to the tenders that paid when left out, or `STORE_CREDIT`.
    pub refund_to: Option<Word<RefundDestination>>,
    /// In the customer's words.
    #[graphql(default)]
    pub note: String,
    /// Where the old goods shall lie in the end.
    pub destination_location_id: Option<ID>,
    /// In advance: until when the old goods must come; 14 days when left out, 90 at most.
    pub due_at: Option<DateTime<Utc>>,
    /// In advance: what pays or secures the full value of the new goods; due by a link when left out. What the test gateway
    /// reserves is taken only when the old goods do not come.
    #[graphql(default)]
    pub payments: Vec<PaymentInput>,
    /// The difference that was shown; with another one nothing is agreed on.
    pub expected_difference: Option<MoneyInput>,
    /// Why it goes beyond the rules.
    pub override_reason: Option<String>,
    /// Who allows that.
    pub approval: Option<ReturnApprovalInput>,
    /// Repeating the call with the same key agrees on nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl ExchangeCreateInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<CreateExchange> {
        let to = parse_optional_id(self.destination_location_id.as_ref(), "input.destinationLocationId")?;
        Ok(CreateExchange {
            order_id: parse_id(&self.order_id, "input.orderId")?,
            lines: request_lines(self.lines)?,
            goods: new_goods(self.goods)?,
            mode: self.mode.0,
            method: self.method.0,
            refund_to: self.refund_to.map_or(RefundDestination::Original, |word| word.0),
            note: self.note,
            destination_location_id: to,
            due_at: self.due_at,
            payments: tenders(self.payments)?,
            expected_difference: difference(self.expected_difference)?,
            override_reason: self.override_reason,
            approval: approval(self.approval),
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

fn difference(seen: Option<MoneyInput>) -> Result<Option<entity::money::Money>> {
    seen.map(|seen| seen.money("input.expectedDifference")).transpose()
}

/// An exchange to settle by hand.
#[derive(Clone, Debug, InputObject)]
pub struct ExchangeSettleInput {
    /// The exchange.
    pub exchange_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// What pays for dearer goods; due by a link when left out.
    #[graphql(default)]
    pub payments: Vec<PaymentInput>,
    /// The till whose drawer pays cash out.
    pub register_id: Option<ID>,
    /// Repeating the call with the same key settles nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl ExchangeSettleInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<SettleExchange> {
        Ok(SettleExchange {
            exchange_id: parse_id(&self.exchange_id, "input.exchangeId")?,
            expected_version: self.expected_version,
            payments: tenders(self.payments)?,
            register_id: parse_optional_id(self.register_id.as_ref(), "input.registerId")?,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

/// An exchange to give up.
#[derive(Clone, Debug, InputObject)]
pub struct ExchangeCancelInput {
    /// The exchange.
    pub exchange_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The till whose drawer pays cash out.
    pub register_id: Option<ID>,
    /// Repeating the call with the same key gives up nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl ExchangeCancelInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<CancelExchange> {
        Ok(CancelExchange {
            exchange_id: parse_id(&self.exchange_id, "input.exchangeId")?,
            expected_version: self.expected_version,
            register_id: parse_optional_id(self.register_id.as_ref(), "input.registerId")?,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

/// Goods back and new goods at a till. The keys, tills and locations of both halves but `sale.registerId` are not looked
/// at.
#[derive(Clone, Debug, InputObject)]
pub struct ExchangeAtCounterInput {
    /// What comes back, and what was found; `refundTo` is where goes what the new goods do not take.
    pub goods_back: ReturnAtCounterInput,
    /// What is taken along: lines, a cart or a reservation. Its payments pay what the old goods do not.
    pub sale: PosSaleInput,
    /// The difference that the customer was told, below zero when something goes back; with another one nothing is done.
    pub expected_difference: Option<MoneyInput>,
    /// Repeating the call with the same key exchanges nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl ExchangeAtCounterInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<ExchangeAtCounter> {
        let key = required_key(ctx, self.idempotency_key)?;
        let (back, sale) = (self.goods_back, self.sale);
        // One key for both halves.
        let half = Some("exchange".to_owned());
        Ok(ExchangeAtCounter {
            back: ReturnAtCounterInput { idempotency_key: half.clone(), ..back }.read(ctx)?,
            sale: sale_now(ctx, PosSaleInput { idempotency_key: half, ..sale })?,
            expected_difference: difference(self.expected_difference)?,
            idempotency_key: key,
        })
    }
}
