//! A sale at a till: a basket to a paid, handed-over order with its receipt, in one call.

use entity::id::{CartId, CustomerId, OrderId, RegisterId, VariantId};
use entity::money::Money;
use entity::{order, receipt};

use super::late::Late;
use super::sale_discounts::SaleDiscounts;
use super::{query, ring_up};
use crate::customer;
use crate::inventory::unit::NumberedUnits;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::payment::tender::TenderInput;
use crate::stored_value::guess;

/// Most lines of a sale.
const MAX_LINES: usize = 1_000;

/// What is sold.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Sell {
    /// The till; needed when the staff member is not signed in on a paired one.
    pub register_id: Option<RegisterId>,
    /// A cart that was taken to the till, or else `lines`.
    pub cart_id: Option<CartId>,
    /// What is carried out, when there is no cart.
    pub lines: Vec<SaleLine>,
    /// Serial and lot numbers of what is carried out, as they were scanned.
    pub units: Vec<NumberedUnits>,
    /// The code of goods that the store keeps for the customer: they are sold, too.
    pub reservation_code: Option<String>,
    /// The customer, when known.
    pub customer_id: Option<CustomerId>,
    /// Where the e-receipt goes.
    pub email: Option<String>,
    /// Language of the receipt (BCP 47); the channel's when `None`.
    pub locale: Option<String>,
    /// Codes and discounts by hand, when there is no cart.
    pub discounts: SaleDiscounts,
    /// The total that the customer was told; another one is refused.
    pub expected_total: Option<Money>,
    /// How it is paid.
    pub payments: Vec<TenderInput>,
    /// The sale's id, made by the till before it sends.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// One thing sold.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SaleLine {
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
}

/// A sale with its receipt.
#[derive(Debug)]
pub struct Sold {
    /// The order.
    pub order: order::Model,
    /// The receipt.
    pub receipt: receipt::Model,
    /// Whether the sale was there already.
    pub replayed: bool,
}

/// Rings up a sale. Errors: `FORBIDDEN` without `pos.sell` at the till's store, `NOT_FOUND`, `CART_EMPTY`,
/// `NOT_FOR_SALE`, `PRICE_CHANGED`, `INSUFFICIENT_STOCK`, `PAYMENT_MISMATCH`, `INVALID_CODE`
/// for a wrong reservation or gift card, `INVALID_TRANSITION` for a reservation that is over, `UNIT_NUMBERS_REQUIRED` for
/// goods whose units have numbers that nobody scanned, what numbers must be (see
/// [`crate::inventory::unit`]), `IDEMPOTENCY_KEY_REUSED`, `INSUFFICIENT_BALANCE`, `GIFT_CARD_UNUSABLE`, `THROTTLED` after too many
/// wrong codes, `REGISTER_SESSION_REQUIRED`, what [`SaleDiscounts`] are refused for, and `APPROVAL_REQUIRED` beyond the
/// channel's limit.
pub async fn sell(ctx: &Ctx, input: Sell) -> Result<Sold> {
    sell_at(ctx, input, None).await
}

/// Like [`sell`], now or late: one key is one sale, whichever way it arrives.
pub(super) async fn sell_at(ctx: &Ctx, input: Sell, late: Option<&Late>) -> Result<Sold> {
    let scope = ctx.require(Permission::PosSell)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let (ready, key, hash, scope) = (&ready(ctx, input).await?, &key, &hash, &scope);
    let guess = guess::begin(ctx, ready.codes()).await?;
    let selling = ctx.write(|tx| async move {
        let tx = &tx;
        let till = ring_up::till(tx, scope, ready.register_id).await?;
        let order_id = OrderId(tx.new_uuid());
        let owner = format!("REGISTER:{}", ready.register_id.uuid());
        match idempotency::claim_as(tx, &owner, "posSale", key, hash, order_id.uuid()).await? {
            Claim::Replayed(id) => replayed(tx, OrderId(id)).await,
            Claim::Fresh => {
                let rung = ring_up::price(tx, till, order_id, ready, late).await?;
                Box::pin(ring_up::finish(tx, rung, late, Vec::new())).await
            }
        }
    });
    let sold = selling.await;
    guess.settle(ctx, sold).await
}

/// A sale whose words were looked at.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// The till.
    pub(crate) register_id: RegisterId,
    /// What is sold.
    pub(crate) input: Sell,
    /// Where the e-receipt goes.
    pub(crate) email: Option<String>,
}

impl Ready {
    /// Codes that are guessed at when they are wrong.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> + Send {
        self.input.payments.iter().filter_map(|tender| tender.code.as_deref())
    }
}

/// Looks at what needs no stock: the till, the address, the lines, the discounts. Errors: as [`sell`].
pub(crate) async fn ready(ctx: &Ctx, input: Sell) -> Result<Ready> {
    let register_id = ctx.actor.till().map(|till| till.register_id).or(input.register_id);
    let register_id = register_id.ok_or_else(|| Error::invalid(ErrorCode::Required, "input.registerId"))?;
    let email = input.email.as_deref().map(customer::identifier::normalize_email).transpose()?;
    check_lines(&input)?;
    Ok(Ready { register_id, input: with_discounts(ctx, input, register_id).await?, email })
}

/// The sale with its discounts checked and allowed. No statement without any.
async fn with_discounts(ctx: &Ctx, input: Sell, register_id: RegisterId) -> Result<Sell> {
    if input.discounts.is_empty() {
        return Ok(input);
    }
    if input.cart_id.is_some() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.discounts"));
    }
    let register = crate::access::query::register(&ctx.db(), register_id).await?;
    let discounts = input.discounts.prepared(ctx, register.map(|register| register.location_id)).await?;
    Ok(Sell { discounts, ..input })
}

fn check_lines(input: &Sell) -> Result<()> {
    if input.reservation_code.is_some() && input.cart_id.is_some() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.reservationCode"));
    }
    match (&input.cart_id, input.lines.len()) {
        (None, 0) if input.reservation_code.is_none() => Err(Error::invalid(ErrorCode::CartEmpty, "input.lines")),
        (Some(_), 1..) => Err(Error::invalid(ErrorCode::Invalid, "input.lines")),
        (_, count) if count > MAX_LINES => {
            Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", vec![("max", MAX_LINES.to_string())]))
        }
        _ => {
            let allowed = 1..=crate::pricing::totals::MAX_QUANTITY;
            match input.lines.iter().position(|line| !allowed.contains(&line.quantity)) {
                Some(index) => Err(Error::invalid(ErrorCode::InvalidQuantity, format!("input.lines.{index}.quantity"))),
                None => Ok(()),
            }
        }
    }
}

pub(crate) async fn replayed(tx: &Tx, order_id: OrderId) -> Result<Sold> {
    let order = crate::order::query::by_id(tx, order_id).await?.ok_or(Error::not_found("order"))?;
    let receipts = query::receipts_of_orders(tx, &[order_id]).await?;
    let receipt = receipts.into_iter().next().ok_or(Error::not_found("receipt"))?;
    Ok(Sold { order, receipt, replayed: true })
}
