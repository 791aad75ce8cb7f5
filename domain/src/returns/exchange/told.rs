//! An exchange in words, for mails, slips and pages: what is had for what comes back, and what that costs.

use std::collections::BTreeMap;

use entity::id::{OrderId, ReturnId, VariantId};
use entity::money::Money;
use entity::words::{ExchangeMode, ExchangeStatus, ReturnKind};
use entity::{exchange, exchange_line, order, returns};
use sea_orm::ConnectionTrait;

use super::query;
use crate::catalog::display;
use crate::kernel::Result;
use crate::kernel::language::Language;
use crate::messaging::render::one_line;

/// What a return is exchanged for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The new goods, and what they cost beyond the old ones while that is open; one sentence each.
    pub lines: Vec<String>,
    /// The order of the new goods, when it is placed.
    pub order_id: Option<OrderId>,
}

/// What returns of an order are exchanged for; nothing for those that are not, or not any more. Five statements at most,
/// none without an exchange among them.
pub async fn told(
    db: &impl ConnectionTrait,
    order: &order::Model,
    backs: &[returns::Model],
    language: Language,
) -> Result<BTreeMap<ReturnId, Told>> {
    let of_exchanges = backs.iter().filter(|back| back.kind == ReturnKind::Exchange);
    let ids: Vec<ReturnId> = of_exchanges.map(|back| back.id).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut rows = query::of_returns(db, &ids).await?;
    rows.retain(|row| row.status != ExchangeStatus::Canceled);
    let goods = query::lines(db, &rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let variants: Vec<VariantId> = goods.iter().map(|line| line.variant_id).collect();
    let titles = display::titles(db, language.tag(), &variants).await?;
    let named = |line: &exchange_line::Model| {
        let (title, option) = titles.get(&line.variant_id).cloned().unwrap_or_default();
        let goods = format!("{} × {}", one_line(&format!("{title} {option}")), line.quantity);
        language.text("mail-return-exchange-for", &[("goods", goods)])
    };
    let one = |row: &exchange::Model| {
        let mine: Vec<&exchange_line::Model> = goods.iter().filter(|line| line.exchange_id == row.id).collect();
        let mut lines: Vec<String> = mine.iter().copied().map(&named).collect();
        lines.extend(difference(order, row, &mine, language));
        (row.return_id, Told { lines, order_id: row.order_id })
    };
    Ok(rows.iter().map(one).collect())
}

/// What the new goods cost beyond the old ones, as it was agreed: told until they are ordered, where prices include tax.
fn difference(
    order: &order::Model,
    row: &exchange::Model,
    goods: &[&exchange_line::Model],
    language: Language,
) -> Option<String> {
    let is_open = row.status == ExchangeStatus::AwaitingReturn && row.mode == ExchangeMode::AwaitingReturn;
    if !is_open || !order.prices_include_tax {
        return None;
    }
    let total: i64 = goods.iter().map(|line| line.unit_price.saturating_mul(line.quantity)).sum();
    let more = total.saturating_sub(row.credit);
    let text = match more {
        0 => "mail-return-exchange-even",
        1.. => "mail-return-exchange-pay",
        _ => "mail-return-exchange-back",
    };
    let amount = Money::new(more.saturating_abs(), order.currency).formatted(language.tag());
    Some(language.text(text, &[("amount", amount)]))
}
