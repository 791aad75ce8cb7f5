//! What added lines cost: the present price of goods, or what was agreed for a line before; with tax of their own.

use entity::cart;
use entity::cart_line;
use entity::id::{CartId, CartLineId};
use entity::text_list::TextList;
use entity::words::CartStatus;
use entity::{order, order_line, order_tax};
use serde_json::json;

use super::operation::Wanted;
use super::preview::AddedLine;
use crate::cart::view::{self, PricedLine};
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::pricing::totals::{LineInput, Totals, TotalsInput, totals};

/// Prices what is wanted, in its order. Four statements more when there are goods that the order does not have yet.
/// Errors: `NOT_FOUND`, `NOT_FOR_SALE`, `PICKUP_UNAVAILABLE`, `TAX_RATE_MISSING`, `INVALID_AMOUNT`.
pub(super) async fn quote(
    tx: &Tx,
    order: &order::Model,
    taxes: &[order_tax::Model],
    wanted: &[Wanted],
) -> Result<Vec<AddedLine>> {
    let mut goods = goods(tx, order, wanted).await?.into_iter();
    let mut added = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        added.push(match wanted {
            Wanted::Like { line, quantity, unit_price, replaces } => {
                let name = taxes.iter().find(|tax| tax.rate_ppm == line.tax_rate_ppm).map(|tax| tax.name.clone());
                like(line, *quantity, *unit_price, (name.unwrap_or_default(), *replaces))
            }
            Wanted::Goods { unit_price, .. } => {
                let (line, tax_name) = goods.next().ok_or_else(|| Error::Bug("goods without a price".to_owned()))?;
                of_goods(line, *unit_price, tax_name)
            }
        });
    }
    let summed = sums(order, &added)?;
    for (line, totals) in added.iter_mut().zip(&summed.lines) {
        (line.subtotal, line.tax, line.total) = (totals.subtotal, totals.tax, totals.total);
    }
    Ok(added)
}

/// The totals of the lines of one revision alone.
pub(super) fn sums(order: &order::Model, added: &[AddedLine]) -> Result<Totals> {
    let line = |line: &AddedLine| LineInput {
        unit_price: line.unit_price,
        quantity: line.quantity,
        discount: 0,
        tax_rate_ppm: line.tax_rate_ppm,
    };
    totals(&TotalsInput {
        currency: order.currency,
        prices_include_tax: order.prices_include_tax,
        tax_rounding: order.tax_rounding,
        lines: added.iter().map(line).collect(),
        shipping: None,
        order_discount: 0,
    })
}

fn like(line: &order_line::Model, quantity: i64, unit_price: i64, (tax_name, replaces): (String, bool)) -> AddedLine {
    AddedLine {
        variant_id: line.variant_id,
        title: line.title.clone(),
        variant_title: line.variant_title.clone(),
        sku: line.sku.clone(),
        quantity,
        unit_price,
        tax_class_id: line.tax_class_id,
        tax_rate_ppm: line.tax_rate_ppm,
        tax_name,
        delivery: line.delivery,
        pickup_location_id: line.pickup_location_id,
        replaces: replaces.then_some(line.id),
        subtotal: 0,
        tax: 0,
        total: 0,
    }
}

fn of_goods(line: PricedLine, unit_price: Option<i64>, tax_name: String) -> AddedLine {
    AddedLine {
        variant_id: line.variant.id,
        title: line.title,
        variant_title: line.variant_title,
        sku: line.variant.sku,
        quantity: line.line.quantity,
        unit_price: unit_price.unwrap_or(line.unit_price),
        tax_class_id: line.tax_class_id,
        tax_rate_ppm: line.tax_rate_ppm,
        tax_name,
        delivery: line.line.delivery,
        pickup_location_id: line.line.pickup_location_id,
        replaces: None,
        subtotal: 0,
        tax: 0,
        total: 0,
    }
}

/// Goods as a cart of the order's channel would have them now: the cart exists for the question only.
async fn goods(tx: &Tx, order: &order::Model, wanted: &[Wanted]) -> Result<Vec<(PricedLine, String)>> {
    let (cart, mut lines, mut paths) = (cart_of(tx, order), Vec::new(), Vec::new());
    for (position, wanted) in (1..).zip(wanted) {
        let Wanted::Goods { variant_id, quantity, delivery, pickup_location_id, path, .. } = wanted else { continue };
        paths.push(path);
        lines.push(cart_line::Model {
            id: CartLineId(tx.new_uuid()),
            cart_id: cart.id,
            variant_id: *variant_id,
            quantity: *quantity,
            delivery: *delivery,
            pickup_location_id: *pickup_location_id,
            price_seen: 0,
            position,
            metadata: json!({}),
            created_at: tx.now(),
        });
    }
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let priced = view::price(tx, &cart, &lines, tx.now()).await?;
    for problem in &priced.problems {
        let line = lines.iter().position(|line| Some(line.id) == problem.line_id);
        if let (Some(path), true) = (line.and_then(|at| paths.get(at)), problem.code != ErrorCode::PriceChanged) {
            return Err(Error::invalid(problem.code, path.as_str()));
        }
    }
    let names = priced.tax_names();
    let name = |rate: i32| names.iter().find(|(ppm, _)| *ppm == rate).map(|(_, name)| name.clone());
    let named = priced.lines.into_iter().map(|line| {
        let name = name(line.tax_rate_ppm).unwrap_or_default();
        (line, name)
    });
    Ok(named.collect())
}

fn cart_of(tx: &Tx, order: &order::Model) -> cart::Model {
    cart::Model {
        id: CartId(tx.new_uuid()),
        channel_id: order.channel_id,
        customer_id: order.customer_id,
        token_hash: String::new(),
        code: None,
        code_expires_at: None,
        status: CartStatus::Active,
        currency: order.currency,
        locale: order.locale.clone(),
        email: order.email.clone(),
        phone: order.phone.clone(),
        contact_name: order.contact_name.clone(),
        shipping_address: order.shipping_address.clone(),
        billing_address: order.billing_address.clone(),
        shipping_method_id: None,
        note: String::new(),
        codes: TextList::default(),
        merged_into_id: None,
        version: 1,
        metadata: json!({}),
        created_at: tx.now(),
        updated_at: tx.now(),
        delivery_on: None,
        delivery_slot: None,
    }
}
