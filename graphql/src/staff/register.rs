//! Selling at a till.

use async_graphql::{Context, ID, InputObject, Object, Union};
use chrono::{DateTime, Utc};
use domain::register::scan::{self, Scanned};
use domain::register::sell::{self, SaleLine, Sell, Sold};
use domain::register::{LateSale, sell_late, sync};
use domain::{Error, ErrorCode, Result};

use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::loader;
use crate::node::cart::Cart;
use crate::node::customer::Customer;
use crate::node::order::Order;
use crate::node::receipt::Receipt;
use crate::node::storage::StockUnit;
use crate::node::tender::{PaymentInput, tenders};
use crate::node::variant::Variant;
use crate::payload;
use crate::scalar::{Locale, MoneyInput, parse_id, parse_optional_id};
use crate::shop::order::required_key;
use crate::staff::promotion::input::PosSaleDiscountsInput;
use crate::staff::storage::{StockUnitInput, StockUnitOfWorkInput};

#[expect(clippy::large_enum_variant, reason = "one answer at a time; async-graphql takes no boxes here")]
/// What a scanned code stands for.
#[derive(Union)]
pub enum PosScanResult {
    /// Goods, by barcode or SKU.
    Variant(Variant),
    /// A unit or lot with a number that lies in stock, with its goods.
    StockUnit(StockUnit),
    /// A cart that a customer shared.
    Cart(Cart),
    /// A customer, by loyalty card.
    Customer(Customer),
}

/// One thing sold.
#[derive(Clone, Debug, InputObject)]
pub struct PosSaleLineInput {
    /// What.
    pub variant_id: ID,
    /// Units, 1 to 9,999.
    pub quantity: i64,
    /// Serial or lot numbers of the units, as they were scanned; needed for goods whose units have numbers.
    #[graphql(default)]
    pub units: Vec<StockUnitOfWorkInput>,
    /// What the customer paid for one, only beside `soldAt`; what held then when left out.
    pub unit_price: Option<MoneyInput>,
}

/// A sale.
#[derive(Clone, Debug, InputObject)]
pub struct PosSaleInput {
    /// The till; left out on a paired till.
    pub register_id: Option<ID>,
    /// A cart that was taken to the till; or else `lines`.
    pub cart_id: Option<ID>,
    /// What is carried out, when there is no cart.
    #[graphql(default)]
    pub lines: Vec<PosSaleLineInput>,
    /// Serial and lot numbers of goods in the cart or the reservation; those of `lines` are named there.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// The code of goods that the store keeps for the customer: they are sold, too.
    pub reservation_code: Option<String>,
    /// The customer, when known.
    pub customer_id: Option<ID>,
    /// Where the e-receipt goes.
    pub email: Option<String>,
    /// Language of the receipt; the channel's when left out.
    pub locale: Option<Locale>,
    /// Codes and discounts by hand, when there is no cart.
    #[graphql(default)]
    pub discounts: PosSaleDiscountsInput,
    /// The total that the customer was told; with another one nothing is sold.
    pub expected_total: Option<MoneyInput>,
    /// How it is paid; several tenders make a split payment.
    pub payments: Vec<PaymentInput>,
    /// When it was sold, by the till's clock, for a sale that could not be sent at once: at most 7 days ago. It goes to
    /// the session that was open then, or to a rescue session; stock that is short by the books is corrected.
    pub sold_at: Option<DateTime<Utc>>,
    /// The sale's id, made by the till before it sends: repeating the call sells nothing twice. The header
    /// `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// Sales that could not be sent at once.
#[derive(Clone, Debug, InputObject)]
pub struct PosSyncInput {
    /// At most 100, each with its `soldAt` and its own `idempotencyKey`.
    pub sales: Vec<PosSaleInput>,
}

payload! {
    /// What became of sales, in their order. `errors` holds those of every sale, too.
    pub struct PosSyncPayload {
        /// One for each.
        results: PosSyncResults,
    }
}

/// What became of sales.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct PosSyncResults {
    /// One for each sale, in the order given; a sale that was refused says why.
    pub sales: Vec<PosSalePayload>,
}

/// A sale with its receipt.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct PosSalePayload {
    /// The order: paid and handed over.
    pub order: Option<Order>,
    /// The receipt.
    pub receipt: Option<Receipt>,
    /// Whether the sale was there already.
    pub replayed: bool,
    /// What kept it from being sold; empty when it was.
    pub errors: Vec<UserError>,
}

/// What a till asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegisterQuery;

/// What a till asks.
#[Object]
impl RegisterQuery {
    /// What a scanned or typed code stands for: goods by barcode or SKU, a unit by its serial or
    /// lot number, a shared cart, a customer's card. Null when
    /// nothing is known by it.
    async fn pos_scan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was scanned or typed.")] code: String,
    ) -> Result<Option<PosScanResult>> {
        Ok(match scan::scan(ctx_of(ctx), &code).await? {
            None => None,
            Some(Scanned::Variant(found)) => loader::load(ctx, found.id).await?.map(PosScanResult::Variant),
            Some(Scanned::Unit(found)) => Some(PosScanResult::StockUnit((*found).into())),
            Some(Scanned::Cart(cart)) => Some(PosScanResult::Cart((*cart).into())),
            Some(Scanned::Customer(customer)) => Some(PosScanResult::Customer((*customer).into())),
        })
    }
}

/// Selling at a till.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegisterMutation;

/// Selling at a till.
#[Object]
impl RegisterMutation {
    /// Rings up a sale: a basket to a paid, handed-over order with its receipt, in one call.
    async fn pos_sale(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is sold and how it is paid.")] input: PosSaleInput,
    ) -> Result<PosSalePayload> {
        let sold = match asked(ctx, input) {
            Ok(Asked::Now(sale)) => sell::sell(ctx_of(ctx), sale).await,
            Ok(Asked::Late(sale)) => sell_late(ctx_of(ctx), sale).await,
            Err(error) => Err(error),
        };
        PosSalePayload::of(ctx, sold)
    }

    /// Takes up sales that a till rang up without connection, each for itself: what is wrong with one keeps no other
    /// back. Sending them again answers with the first sales.
    async fn pos_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sales, oldest first.")] input: PosSyncInput,
    ) -> Result<PosSyncPayload> {
        let done = PosSyncPayload::of(ctx, synced(ctx, input).await)?;
        let refused = done.results.iter().flat_map(|results| &results.sales).flat_map(|sale| &sale.errors);
        let errors = done.errors.iter().chain(refused).cloned().collect();
        Ok(PosSyncPayload { errors, ..done })
    }
}

impl PosSalePayload {
    fn of(ctx: &Context<'_>, sold: Result<Sold>) -> Result<Self> {
        let (sold, errors) = outcome(ctx, sold)?;
        let Some(sold) = sold else { return Ok(Self { order: None, receipt: None, replayed: false, errors }) };
        let (order, receipt) = (Some(Order(sold.order)), Some(Receipt(sold.receipt)));
        Ok(Self { order, receipt, replayed: sold.replayed, errors })
    }
}

async fn synced(ctx: &Context<'_>, input: PosSyncInput) -> Result<PosSyncResults> {
    let late = |(index, sale): (usize, PosSaleInput)| {
        let missing = |field: &str| Error::invalid(ErrorCode::Required, format!("input.sales.{index}.{field}"));
        if sale.idempotency_key.is_none() {
            return Err(missing("idempotencyKey"));
        }
        match asked(ctx, sale)? {
            Asked::Late(sale) => Ok(sale),
            Asked::Now(_) => Err(missing("soldAt")),
        }
    };
    if input.sales.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.sales"));
    }
    let sales = input.sales.into_iter().enumerate().map(late).collect::<Result<Vec<_>>>()?;
    let answers = sync(ctx_of(ctx), sales).await?;
    let sales = answers.into_iter().map(|sold| PosSalePayload::of(ctx, sold)).collect::<Result<_>>()?;
    Ok(PosSyncResults { sales })
}

/// A sale, and whether it is sent late.
enum Asked {
    Now(Sell),
    Late(LateSale),
}

fn asked(ctx: &Context<'_>, input: PosSaleInput) -> Result<Asked> {
    let price = |(index, line): (usize, &PosSaleLineInput)| {
        let path = format!("input.lines.{index}.unitPrice");
        line.unit_price.as_ref().map(|price| price.money(&path)).transpose()
    };
    let prices = input.lines.iter().enumerate().map(price).collect::<Result<Vec<_>>>()?;
    let sold_at = input.sold_at;
    let priced = prices.iter().position(Option::is_some);
    let sale = sale_input(ctx, input)?;
    match (sold_at, priced) {
        (Some(sold_at), _) => Ok(Asked::Late(LateSale { sale, sold_at, prices })),
        (None, Some(index)) => Err(Error::invalid(ErrorCode::Invalid, format!("input.lines.{index}.unitPrice"))),
        (None, None) => Ok(Asked::Now(sale)),
    }
}

/// A sale that is rung up now. Error: `INVALID` for one that says when it was, or what was paid for a unit.
pub(crate) fn sale_now(ctx: &Context<'_>, input: PosSaleInput) -> Result<Sell> {
    match asked(ctx, input)? {
        Asked::Now(sale) => Ok(sale),
        Asked::Late(_) => Err(Error::invalid(ErrorCode::Invalid, "input.sale.soldAt")),
    }
}

fn sale_input(ctx: &Context<'_>, input: PosSaleInput) -> Result<Sell> {
    let expected_total = input.expected_total.map(|total| total.money("input.expectedTotal")).transpose()?;
    let mut units = StockUnitInput::read_all(input.units, "input.units")?;
    for (index, line) in input.lines.iter().enumerate() {
        let variant_id = parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?;
        units.extend(line.units.iter().map(|unit| unit.of(variant_id)));
    }
    let line = |(index, line): (usize, PosSaleLineInput)| {
        let variant_id = parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?;
        Ok(SaleLine { variant_id, quantity: line.quantity })
    };
    Ok(Sell {
        reservation_code: input.reservation_code,
        register_id: parse_optional_id(input.register_id.as_ref(), "input.registerId")?,
        cart_id: parse_optional_id(input.cart_id.as_ref(), "input.cartId")?,
        units,
        lines: input.lines.into_iter().enumerate().map(line).collect::<Result<_>>()?,
        customer_id: parse_optional_id(input.customer_id.as_ref(), "input.customerId")?,
        email: input.email,
        locale: input.locale.map(|locale| locale.0),
        discounts: input.discounts.read()?,
        expected_total,
        payments: tenders(input.payments)?,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}
