//! What a client says of returns.

use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::access::Approval;
use domain::returns::claim::ResolveClaim;
use domain::returns::counter::{BlindReturn, CounterLine, ReturnAtCounter};
use domain::returns::decide::ApproveReturn;
use domain::returns::inspect::{InspectItem, InspectReturn};
use domain::returns::policy::Conditions;
use domain::returns::query;
use domain::returns::receive::ReceiveReturn;
use domain::returns::request::RequestReturn;
use domain::returns::upsert::{Texts, UpsertPolicy, UpsertReason};
use entity::id::{ReturnId, VariantId};
use entity::words::{ClaimResolution, Disposition, RefundDestination, ReturnKind, ReturnMethod, ReturnStatus};

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

fn money(amount: Option<MoneyInput>) -> Result<Option<entity::money::Money>> {
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

/// A text in one language.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnTextInput {
    /// Language (BCP 47).
    pub locale: String,
    /// The text.
    pub text: String,
}

fn texts(texts: Vec<ReturnTextInput>) -> Texts {
    texts.into_iter().map(|text| (text.locale, text.text)).collect()
}

/// For what a policy holds; an empty list asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ReturnConditionsInput {
    /// Ids of channels.
    #[graphql(default)]
    pub channel_ids: Vec<ID>,
    /// Countries (ISO 3166-1 alpha-2).
    #[graphql(default)]
    pub countries: Vec<String>,
    /// Ids of categories; those below count, too.
    #[graphql(default)]
    pub category_ids: Vec<ID>,
    /// Ids of products.
    #[graphql(default)]
    pub product_ids: Vec<ID>,
}

/// A policy as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnPolicyUpsertInput {
    /// Which one to change; a new one when left out.
    pub id: Option<ID>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Name for staff.
    pub name: String,
    /// The smallest is asked first.
    pub priority: i32,
    /// For what it holds.
    #[graphql(default)]
    pub conditions: ReturnConditionsInput,
    /// Days from delivery or collection, 0 to 3,650; without an end when left out.
    pub window_days: Option<i32>,
    /// Whether nothing comes back.
    #[graphql(default)]
    pub final_sale: bool,
    /// Whether only unused goods come back.
    #[graphql(default)]
    pub needs_unused: bool,
    /// What is kept, parts per million of what was paid.
    #[graphql(default)]
    pub restocking_ppm: i32,
    /// What sending back costs the customer.
    pub return_shipping_fee: Option<MoneyInput>,
    /// How goods may come back; every way when empty.
    #[graphql(default)]
    pub methods: Vec<Word<ReturnMethod>>,
    /// What customers are told when their return is approved, by language.
    #[graphql(default)]
    pub instructions: Vec<ReturnTextInput>,
    /// Whether it holds.
    #[graphql(default = true)]
    pub active: bool,
}

impl ReturnPolicyUpsertInput {
    pub(super) fn read(self) -> Result<UpsertPolicy> {
        let of = self.conditions;
        Ok(UpsertPolicy {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            expected_version: self.expected_version,
            name: self.name,
            priority: self.priority,
            conditions: Conditions {
                channel_ids: parse_ids(&of.channel_ids, "input.conditions.channelIds")?,
                countries: of.countries,
                category_ids: parse_ids(&of.category_ids, "input.conditions.categoryIds")?,
                product_ids: parse_ids(&of.product_ids, "input.conditions.productIds")?,
            },
            window_days: self.window_days,
            final_sale: self.final_sale,
            needs_unused: self.needs_unused,
            restocking_ppm: self.restocking_ppm,
            return_shipping_fee: self
                .return_shipping_fee
                .map(|fee| fee.money("input.returnShippingFee"))
                .transpose()?,
            methods: self.methods.into_iter().map(|word| word.0).collect(),
            instructions: texts(self.instructions),
            active: self.active,
        })
    }
}

/// A reason as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnReasonUpsertInput {
    /// Stable name, which says what is changed: capitals, digits and `_`.
    pub code: String,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Name by language.
    pub titles: Vec<ReturnTextInput>,
    /// Whether customers may choose it.
    #[graphql(default = true)]
    pub customer_visible: bool,
    /// Whether something went wrong.
    #[graphql(default)]
    pub is_claim: bool,
    /// Whether the shop pays for sending back.
    #[graphql(default)]
    pub seller_pays: bool,
    /// Whether no restocking fee is kept.
    #[graphql(default)]
    pub waives_restocking: bool,
    /// Whether customers must add a photo.
    #[graphql(default)]
    pub needs_photo: bool,
    /// Order, from 1.
    #[graphql(default = 1)]
    pub position: i32,
    /// Whether it may be chosen.
    #[graphql(default = true)]
    pub active: bool,
}

impl ReturnReasonUpsertInput {
    pub(super) fn read(self) -> UpsertReason {
        UpsertReason {
            code: self.code,
            expected_version: self.expected_version,
            titles: texts(self.titles),
            customer_visible: self.customer_visible,
            is_claim: self.is_claim,
            seller_pays: self.seller_pays,
            waives_restocking: self.waives_restocking,
            needs_photo: self.needs_photo,
            position: self.position,
            active: self.active,
        }
    }
}
