//! What a client says of returns, step by step.

use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::access::Approval;
use domain::returns::claim::ResolveClaim;
use domain::returns::decide::ApproveReturn;
use domain::returns::query;
use domain::returns::receive::ReceiveReturn;
use domain::returns::request::RequestReturn;
use entity::id::ReturnId;
use entity::words::{ClaimResolution, RefundDestination, ReturnKind, ReturnMethod, ReturnStatus};

use super::found::money;
use crate::scalar::{MoneyInput, parse_id, parse_ids, parse_optional_id};
use crate::shop::exchange::{NewGoodsInput, new_goods};
use crate::shop::order::required_key;
use crate::shop::returns::{ReturnLineInput, request_lines};
use crate::word::Word;

/// Which returns are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ReturnFilterInput {
    /// In these states.
    #[graphql(default)]
    pub statuses: Vec<Word<ReturnStatus>>,
    /// Of these kinds.
    #[graphql(default)]
    pub kinds: Vec<Word<ReturnKind>>,
    /// Handed in, or meant for, one of these locations.
    #[graphql(default)]
    pub location_ids: Vec<ID>,
    /// Of this order.
    pub order_id: Option<ID>,
    /// With this number, as the slip or the mail shows it.
    pub number: Option<String>,
}

impl ReturnFilterInput {
    pub(super) fn read(self) -> Result<query::ReturnFilter> {
        Ok(query::ReturnFilter {
            statuses: self.statuses.into_iter().map(|word| word.0).collect(),
            kinds: self.kinds.into_iter().map(|word| word.0).collect(),
            location_ids: parse_ids(&self.location_ids, "filter.locationIds")?,
            order_id: parse_optional_id(self.order_id.as_ref(), "filter.orderId")?,
            number: self.number,
        })
    }
}

/// Somebody else who allows what goes beyond the rules, at your till.
#[derive(Clone, InputObject)]
pub struct ReturnApprovalInput {
    /// Sign-in address of the other person.
    pub email: String,
    /// PIN of the other person.
    pub pin: String,
}

impl std::fmt::Debug for ReturnApprovalInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReturnApprovalInput")
    }
}

pub(crate) fn approval(input: Option<ReturnApprovalInput>) -> Option<Approval> {
    input.map(|input| Approval { email: input.email, pin: input.pin })
}

/// A return that staff file: it is approved at once.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnCreateInput {
    /// The order.
    pub order_id: ID,
    /// `RETURN`, or `CLAIM` when something was wrong.
    pub kind: Word<ReturnKind>,
    /// What, 1 to 100 lines.
    pub lines: Vec<ReturnLineInput>,
    /// How the goods come; `NONE` only for a claim whose goods stay.
    pub method: Word<ReturnMethod>,
    /// Where the money goes; to the tenders that paid when left out.
    pub refund_to: Option<Word<RefundDestination>>,
    /// In the customer's words.
    #[graphql(default)]
    pub note: String,
    /// Where the goods shall lie in the end.
    pub destination_location_id: Option<ID>,
    /// Why it goes beyond the rules.
    pub override_reason: Option<String>,
    /// Who allows that.
    pub approval: Option<ReturnApprovalInput>,
    /// Repeating the call with the same key files nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl ReturnCreateInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<RequestReturn> {
        Ok(RequestReturn {
            order_id: parse_id(&self.order_id, "input.orderId")?,
            kind: self.kind.0,
            lines: request_lines(self.lines)?,
            method: self.method.0,
            refund_to: self.refund_to.map_or(RefundDestination::Original, |word| word.0),
            note: self.note,
            destination_location_id: parse_optional_id(
                self.destination_location_id.as_ref(),
                "input.destinationLocationId",
            )?,
            override_reason: self.override_reason,
            approval: approval(self.approval),
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

/// A return, as it was read.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnStepInput {
    /// The return.
    pub return_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

impl ReturnStepInput {
    pub(super) fn id(&self) -> Result<ReturnId> {
        parse_id(&self.return_id, "input.returnId")
    }
}

/// Goods that a customer handed to a carrier, as staff heard it.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnSendInput {
    /// The return.
    pub return_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Who carries them.
    pub carrier: Option<String>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
}

/// How goods may come.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnApproveInput {
    /// The return.
    pub return_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Another way than was asked for.
    pub method: Option<Word<ReturnMethod>>,
    /// Where the goods shall lie in the end; the address that customers send to.
    pub destination_location_id: Option<ID>,
    /// Until when they are expected; 14 days when left out.
    pub expected_by: Option<DateTime<Utc>>,
    /// Whether no fees are kept.
    #[graphql(default)]
    pub waive_fees: bool,
    /// For staff.
    pub staff_note: Option<String>,
}

impl ReturnApproveInput {
    pub(super) fn read(self) -> Result<(ReturnId, Option<i32>, ApproveReturn)> {
        let to = parse_optional_id(self.destination_location_id.as_ref(), "input.destinationLocationId")?;
        let how = ApproveReturn {
            method: self.method.map(|word| word.0),
            destination_location_id: to,
            expected_by: self.expected_by,
            waive_fees: self.waive_fees,
            staff_note: self.staff_note,
        };
        Ok((parse_id(&self.return_id, "input.returnId")?, self.expected_version, how))
    }
}

/// A return to refuse.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnDeclineInput {
    /// The return.
    pub return_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Why; the customer reads it.
    pub reason: String,
}

/// Units of a line that arrived.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnArrivedInput {
    /// The line of the return.
    pub return_line_id: ID,
    /// Units.
    pub quantity: i64,
}

/// What arrived.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnReceiveInput {
    /// The return.
    pub return_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Where it was handed in; any location that takes goods back.
    pub location_id: ID,
    /// What came.
    #[graphql(default)]
    pub lines: Vec<ReturnArrivedInput>,
    /// Whether nothing more will come: the rest counts as missing.
    #[graphql(default)]
    pub nothing_more: bool,
    /// What was seen.
    #[graphql(default)]
    pub note: String,
    /// Repeating the call with the same key receives nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl ReturnReceiveInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<ReceiveReturn> {
        let line = |(index, line): (usize, ReturnArrivedInput)| {
            Ok((parse_id(&line.return_line_id, &format!("input.lines.{index}.returnLineId"))?, line.quantity))
        };
        Ok(ReceiveReturn {
            return_id: parse_id(&self.return_id, "input.returnId")?,
            expected_version: self.expected_version,
            location_id: parse_id(&self.location_id, "input.locationId")?,
            lines: self.lines.into_iter().enumerate().map(line).collect::<Result<_>>()?,
            nothing_more: self.nothing_more,
            note: self.note,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

/// An answer to a claim.
#[derive(Clone, Debug, InputObject)]
pub struct ClaimResolveInput {
    /// The claim.
    pub return_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// What it gives.
    pub resolution: Word<ClaimResolution>,
    /// Whether the goods shall come back.
    #[graphql(default)]
    pub goods_back: bool,
    /// Where the money goes; as the claim says when left out.
    pub refund_to: Option<Word<RefundDestination>>,
    /// What goes back of what was paid for shipping.
    pub shipping: Option<MoneyInput>,
    /// Money beside a replacement, for `REPLACE_AND_REFUND`.
    pub amount: Option<MoneyInput>,
    /// What goes out instead, for `REPLACE` and `REPLACE_AND_REFUND`; the goods of the claim by parcel when left out.
    #[graphql(default)]
    pub goods: Vec<NewGoodsInput>,
    /// In words.
    pub note: Option<String>,
    /// The till whose drawer pays cash out.
    pub register_id: Option<ID>,
    /// Repeating the call with the same key answers once. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl ClaimResolveInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<ResolveClaim> {
        Ok(ResolveClaim {
            return_id: parse_id(&self.return_id, "input.returnId")?,
            expected_version: self.expected_version,
            resolution: self.resolution.0,
            goods_back: self.goods_back,
            refund_to: self.refund_to.map(|word| word.0),
            shipping: money(self.shipping)?,
            amount: self.amount.map(|amount| amount.money("input.amount")).transpose()?,
            goods: new_goods(self.goods)?,
            note: self.note,
            register_id: parse_optional_id(self.register_id.as_ref(), "input.registerId")?,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}
