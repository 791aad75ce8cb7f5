//! Finding orders by what a customer at the counter can show.

use entity::words::IdentifierKind;
use entity::{order, receipt, register};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::customer::{self, identifier};
use crate::kernel::{Ctx, Reader, Result, text};
use crate::order::access;

/// Most orders of an answer.
const LIMIT: u64 = 20;

/// Orders by number, receipt code (`SBY-1-000042`), loyalty card, phone or e-mail address: those that the actor may
/// read, newest first, at most 20. Errors: `FORBIDDEN`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub async fn orders(ctx: &Ctx, code: &str) -> Result<Vec<order::Model>> {
    let readable = access::readable(ctx)?;
    let code = text::required_line("code", code, text::LINE)?;
    let db = ctx.db();
    let mut any = Condition::any()
        .add(order::Column::Number.eq(code.to_uppercase()))
        .add(order::Column::ExternalReference.eq(code.as_str()));
    if let Some(order_id) = of_receipt(&db, &code).await? {
        any = any.add(order::Column::Id.eq(order_id));
    }
    // Which country a local phone number belongs to is not said; the default channel's is the best guess.
    let country = crate::channel::query::default_online(&db).await?.map(|channel| channel.tax_country);
    for (kind, value) in identifiers(&code, country.as_deref().unwrap_or("JP")) {
        any = match kind {
            IdentifierKind::Email => any.add(order::Column::Email.eq(value.as_str())),
            IdentifierKind::Phone => any.add(order::Column::Phone.eq(value.as_str())),
            IdentifierKind::LoyaltyCard | IdentifierKind::Line | IdentifierKind::External => any,
        };
        if let Some(owner) = customer::query::by_verified_identifier(&db, kind, &value).await? {
            any = any.add(order::Column::CustomerId.eq(owner.id));
        }
    }
    let found = order::Entity::find().filter(readable).filter(any).order_by_desc(order::Column::Id).limit(LIMIT);
    Ok(found.all(&db).await?)
}

fn identifiers(code: &str, country: &str) -> Vec<(IdentifierKind, String)> {
    let candidates = [
        (IdentifierKind::Email, identifier::normalize_email(code)),
        (IdentifierKind::Phone, identifier::normalize_phone(code, country)),
        (IdentifierKind::LoyaltyCard, identifier::normalize_card_at("code", code)),
    ];
    candidates.into_iter().filter_map(|(kind, value)| value.ok().map(|value| (kind, value))).collect()
}

/// The order of a receipt whose code is the till's code, a hyphen and its number.
async fn of_receipt(db: &Reader, code: &str) -> Result<Option<entity::id::OrderId>> {
    let Some((till, number)) = code.rsplit_once('-') else { return Ok(None) };
    let Ok(number) = number.parse::<i64>() else { return Ok(None) };
    let found = receipt::Entity::find()
        .find_also_related(register::Entity)
        .filter(receipt::Column::Number.eq(number))
        .filter(register::Column::Code.eq(till))
        .one(db)
        .await?;
    Ok(found.map(|(receipt, _)| receipt.order_id))
}
