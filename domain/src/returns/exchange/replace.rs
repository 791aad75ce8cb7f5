//! The same goods again, or others, for a claim: an order that costs nothing. What was paid stays paid by the first order,
//! so that what was replaced can still come back for money against it.

use entity::id::ExchangeId;
use entity::status::ExchangeAction;
use entity::words::{DeliveryMethod, ExchangeMode, ExchangeStatus};

use super::super::step::Locked;
use super::goods::{self, Asked, NewGoods};
use super::open::{self, Opening};
use super::step::{self, First};
use crate::kernel::{Error, ErrorCode, Result, Tx};

/// Places a replacement for a claim that is locked: what `wanted` says, or the goods of the claim by parcel. Errors:
/// `REQUIRED` for goods of an order that went nowhere, as `create`, and what placing an order says.
pub(in super::super) async fn replace(tx: &Tx, claim: &Locked, wanted: &[NewGoods]) -> Result<()> {
    let old = claim.order.clone().ok_or(Error::not_found("order"))?;
    let mut asked = if wanted.is_empty() {
        if old.shipping_address.is_none() {
            return Err(Error::invalid(ErrorCode::Required, "input.goods"));
        }
        let same = claim.lines.iter().map(|line| Asked {
            variant_id: line.variant_id,
            quantity: line.quantity,
            delivery: DeliveryMethod::Ship,
            location_id: None,
            agreed: Some(0),
        });
        same.collect()
    } else {
        if wanted.iter().any(|goods| goods.unit_price.is_some()) {
            return Err(Error::invalid(ErrorCode::Invalid, "input.goods"));
        }
        goods::checked(tx.ctx(), wanted, (old.currency, true))?
    };
    asked.iter_mut().for_each(|goods| goods.agreed = Some(0));
    let quote = goods::quote(tx.ctx(), tx, &old, &asked).await?;
    let id = ExchangeId(tx.new_uuid());
    let lines = step::lines(tx, id, &quote, &asked);
    let number = claim.row.number.as_str();
    let opening = Opening { quote, old: &old, credit: 0, number, payments: &[], reserves: false };
    let opened = Box::pin(open::open(tx, opening)).await?;
    let first = First {
        mode: ExchangeMode::Advance,
        status: ExchangeStatus::Placed,
        order_id: Some(opened.placed.order.id),
        credit: 0,
    };
    let mut row = step::begin(tx, id, &claim.row, first);
    step::go(tx, &mut row, &claim.row, ExchangeAction::Complete)?;
    tx.insert_last(std::slice::from_ref(&row));
    tx.insert_last(&lines);
    Ok(())
}
