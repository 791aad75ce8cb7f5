//! Sales that a till rang up while it had no connection, and sends later. Goods and money changed hands already, so a
//! sale is accepted wherever the books can bear it, and what is unusual about it is recorded.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{OrderId, VariantId};
use entity::money::Money;
use entity::words::{MovementKind, StockState};
use serde_json::{Value, json};

use super::sell::{Sell, Sold, sell_at};
use super::till::Till;
use crate::cart::view::{PricedCart, PricedLine};
use crate::inventory::demand::Goods;
use crate::inventory::{self, Cause, Movement};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::pricing::totals::totals;

/// How late a sale may arrive.
const OLDEST: TimeDelta = TimeDelta::days(7);
/// How much a till's clock may be ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// By how many percent a price may differ from the one that held then without a manager.
const TOLERANCE_PERCENT: i64 = 20;
/// Most sales of one call.
const MAX_SALES: usize = 100;
/// Why stock was corrected.
const SHORT: &str = "Sold at a till without connection";

/// A sale that was rung up earlier.
#[derive(Clone, Debug)]
pub struct LateSale {
    /// The sale; its lines stand in `lines`, and its key is the till's own receipt id.
    pub sale: Sell,
    /// When, by the till's clock.
    pub sold_at: DateTime<Utc>,
    /// What the customer paid per unit, in the order of the lines; the price that held then when `None`.
    pub prices: Vec<Option<Money>>,
}

/// What is different about a late sale.
#[derive(Clone, Debug)]
pub(crate) struct Late {
    pub(super) sold_at: DateTime<Utc>,
    prices: Vec<Option<Money>>,
}

/// Takes up one sale that was rung up earlier. It belongs to the session that was open then, or else to the till's
/// rescue session. A key that arrived before answers with the first sale, also when that was sent at once. Errors: like
/// [`super::sell::sell`]; `INVALID_DATE` for a moment in the future or more than 7 days ago, `INVALID` for carts and
/// reservations, which need the connection, `PRICE_CHANGED` for prices beyond 20 % of what held without `drawer.manage`.
pub async fn sell_late(ctx: &Ctx, input: LateSale) -> Result<Sold> {
    let now = ctx.now();
    if input.sold_at > now + AHEAD || input.sold_at < now - OLDEST {
        return Err(Error::invalid(ErrorCode::InvalidDate, "input.soldAt"));
    }
    if input.sale.cart_id.is_some() || input.sale.reservation_code.is_some() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.soldAt"));
    }
    let late = Late { sold_at: input.sold_at.min(now), prices: input.prices };
    sell_at(ctx, input.sale, Some(&late)).await
}

/// Takes up many sales, one after the other and each for itself, oldest first as they are given: what is wrong with one
/// keeps no other back. Error: `TOO_MANY` beyond 100.
pub async fn sync(ctx: &Ctx, sales: Vec<LateSale>) -> Result<Vec<Result<Sold>>> {
    ctx.require(Permission::PosSell)?;
    if sales.len() > MAX_SALES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.sales", vec![("max", MAX_SALES.to_string())]));
    }
    let mut answers = Vec::with_capacity(sales.len());
    for sale in sales {
        answers.push(sell_late(ctx, sale).await);
    }
    Ok(answers)
}

impl Late {
    /// Makes the basket what the till sold, and the stock enough for it. Two statements and one for stock that is short.
    pub(super) async fn accept(&self, tx: &Tx, till: &Till, order_id: OrderId, priced: &mut PricedCart) -> Result<()> {
        let differing = self.reprice(tx.ctx(), till, priced)?;
        let short = fill_up(tx, till, order_id, priced).await?;
        let payload = json!({
            "register_id": till.register.id,
            "sold_at": self.sold_at,
            "prices": differing,
            "short": short,
        });
        tx.event(NewEvent::new("late_sale_accepted", "order", order_id.uuid()).payload(payload));
        Ok(())
    }

    /// Sets the prices that the customer paid; returns those that differ from what held then.
    fn reprice(&self, ctx: &Ctx, till: &Till, priced: &mut PricedCart) -> Result<Vec<Value>> {
        let manages = ctx.require(Permission::DrawerManage).is_ok_and(|it| it.allows_location(till.location.id));
        let currency = priced.channel.currency;
        let mut differing = Vec::new();
        for ((line, input), paid) in priced.lines.iter_mut().zip(&mut priced.input.lines).zip(&self.prices) {
            let Some(paid) = paid else { continue };
            if paid.currency != currency {
                return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.lines.unitPrice"));
            }
            if paid.minor < 0 {
                return Err(Error::invalid(ErrorCode::InvalidAmount, "input.lines.unitPrice"));
            }
            let is_sold = !priced
                .problems
                .iter()
                .any(|problem| problem.code == ErrorCode::NotForSale && problem.line_id == Some(line.line.id));
            if is_sold && paid.minor == line.unit_price {
                continue;
            }
            if !(manages || is_sold && is_near(paid.minor, line.unit_price)) {
                let actual = Money::new(line.unit_price, currency);
                return Err(Error::PriceChanged { expected: *paid, actual });
            }
            differing.push(difference(line, paid.minor));
            line.unit_price = paid.minor;
            input.unit_price = paid.minor;
            // A manager vouches for what is not sold any more.
            priced
                .problems
                .retain(|problem| problem.code != ErrorCode::NotForSale || problem.line_id != Some(line.line.id));
        }
        priced.totals = totals(&priced.input)?;
        Ok(differing)
    }
}

fn difference(line: &PricedLine, paid: i64) -> Value {
    json!({ "variant_id": line.variant.id, "paid": paid, "held": line.unit_price })
}

fn is_near(paid: i64, held: i64) -> bool {
    paid.abs_diff(held).saturating_mul(100) <= held.unsigned_abs().saturating_mul(TOLERANCE_PERCENT.unsigned_abs())
}

/// Adds what the books miss of goods that are gone, as a correction with its reason; returns it.
async fn fill_up(tx: &Tx, till: &Till, order_id: OrderId, priced: &PricedCart) -> Result<Vec<Value>> {
    let lines: Vec<(VariantId, i64)> = priced.lines.iter().map(|it| (it.variant.id, it.line.quantity)).collect();
    let ids: Vec<VariantId> = lines.iter().map(|(id, _)| *id).collect();
    let demand = Goods::load(tx, &ids).await?.demand(&lines)?;
    let place = till.location.id;
    let keys: Vec<_> = demand.keys().map(|variant| (place, *variant)).collect();
    let levels = inventory::lock(tx, &keys).await?;
    let missing = demand.into_iter().filter_map(|(variant, wanted)| {
        let there = levels.get(&(place, variant)).map_or(0, |level| level.available().max(0));
        (wanted > there).then_some((variant, wanted - there))
    });
    let missing: Vec<(VariantId, i64)> = missing.collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let short: Vec<Value> =
        missing.iter().map(|(variant, units)| json!({ "variant_id": variant, "quantity": units })).collect();
    let payload = json!({ "order_id": order_id, "location_id": place, "lines": short });
    let event_id = tx.event(NewEvent::new("late_sale_short", "location", place.uuid()).payload(payload));
    let movements: Vec<Movement> = missing
        .into_iter()
        .map(|(variant_id, quantity)| Movement {
            location_id: place,
            variant_id,
            kind: MovementKind::Adjusted,
            from: None,
            to: Some(StockState::Available),
            quantity,
            cause: Cause::manual(SHORT),
            event_id,
        })
        .collect();
    inventory::post(tx, &movements).await?;
    Ok(short)
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn a_fifth_is_near() {
        assert!(is_near(1_000, 1_000) && is_near(800, 1_000) && is_near(1_200, 1_000));
        assert!(!is_near(799, 1_000) && !is_near(1_201, 1_000) && !is_near(1, 0));
        assert!(!is_near(i64::MAX, 1));
    }
}
