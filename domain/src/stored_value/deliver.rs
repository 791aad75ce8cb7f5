//! Mails about stored value: a card to its recipient, store credit that came in, what will run out.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use entity::id::{CustomerId, EventId, StoredValueAccountId};
use entity::money::Money;
use entity::words::{IdentifierKind, StoredValueKind};
use entity::{channel, customer_identifier, event, stored_value_account as account};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use super::{account as accounts, card};
use crate::kernel::language::Language;
use crate::kernel::{Error, Result, Tx};
use crate::messaging::brand;
use crate::messaging::dispatch::{Handled, Handler};
use crate::messaging::order_view::full_name;
use crate::messaging::page_links::{self, PageLink};
use crate::messaging::render::{self, one_line};
use crate::messaging::request::{Letter, letter};

/// Tells customers of store credit that came in.
pub const HANDLER: Handler = Handler {
    name: "store_credit_mail",
    kinds: &["store_credit_issued"],
    run: |tx, event| Box::pin(credited(tx, event)),
};

/// What a mail about stored value shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ValueMail {
    /// Whom it is for.
    pub person: String,
    /// From whom; empty from nobody in particular.
    pub sender: String,
    /// What the giver writes, one line each.
    pub message: Vec<String>,
    /// How much it is about, for people.
    pub amount: String,
    /// What is on the account, for people.
    pub balance: String,
    /// The code of a card.
    pub code: String,
    /// Until when it can be used.
    pub until: String,
    /// Where the balance of a card is shown.
    pub link: Option<String>,
}

/// How long the balance of a card opens by the link in its mail, and never after the card ran out.
const BALANCE_LINK: TimeDelta = TimeDelta::days(365);

/// Where the balance of a card is shown to whoever has its mail.
fn balance_url(tx: &Tx, card: &account::Model) -> String {
    let latest = tx.now() + BALANCE_LINK;
    let until = card.expires_at.map_or(latest, |end| latest.min(end));
    page_links::url(&tx.ctx().services, PageLink::GiftCard, card.id.uuid(), until)
}

/// Sends the code of a card to its recipient. `nth` makes one mail per wish to send it. `false` without an address.
pub(super) async fn send(tx: &Tx, card: &account::Model, channel: &channel::Model, nth: &str) -> Result<bool> {
    let Some(recipient) = card.recipient_email.clone() else { return Ok(false) };
    let language = Language::of(&card.locale);
    let mail = ValueMail {
        person: one_line(card.recipient_name.as_deref().unwrap_or_default()),
        sender: one_line(card.sender_name.as_deref().unwrap_or_default()),
        message: card.message.lines().map(one_line).collect(),
        amount: shown(card, card.balance, language),
        balance: shown(card, card.balance, language),
        code: card::code(&tx.ctx().services.secrets, card.id),
        until: card.expires_at.map(|end| day(end, channel, language)).unwrap_or_default(),
        link: Some(balance_url(tx, card)),
    };
    let seller = brand::seller(tx, channel).await?;
    let rendered = render::stored_value("gift_card", language, &mail, &seller)?;
    let about = Letter {
        template: "gift_card",
        order_id: None,
        recipient,
        locale: card.locale.clone(),
        dedupe_key: format!("gift_card:{}:{nth}", card.id),
        customer_id: None,
        event_id: None,
    };
    Ok(letter(tx, about, &seller, rendered).await?.is_some())
}

async fn credited(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let id = StoredValueAccountId(event.aggregate_id);
    let account = accounts::by_id(tx, id).await?.ok_or(Error::not_found("stored value account"))?;
    let amount = event.payload.get("amount").and_then(serde_json::Value::as_i64).unwrap_or_default();
    let told =
        Told { name: "store_credit_issued", amount, until: None, nth: event.id.to_string(), event: Some(event.id) };
    Ok(if tell(tx, &account, told).await? { Handled::Done } else { Handled::Nothing("no e-mail address") })
}

/// What a customer is told of an account.
pub(super) struct Told {
    pub name: &'static str,
    /// Minor units or points.
    pub amount: i64,
    pub until: Option<DateTime<Utc>>,
    /// One mail for each.
    pub nth: String,
    pub event: Option<EventId>,
}

/// Tells the holder of an account; `false` when there is no address, or it was told before.
pub(super) async fn tell(tx: &Tx, account: &account::Model, told: Told) -> Result<bool> {
    let Some(customer_id) = account.customer_id else { return Ok(false) };
    let Some(recipient) = address(tx, customer_id).await? else { return Ok(false) };
    let customer = crate::customer::query::by_id(tx, customer_id).await?.ok_or(Error::not_found("customer"))?;
    let channel = channel::Entity::find_by_id(account.channel_id).one(tx).await?;
    let channel = channel.ok_or(Error::not_found("channel"))?;
    let language = Language::of(&customer.locale);
    let mail = ValueMail {
        person: full_name(&customer.family_name, &customer.given_name, language),
        amount: shown(account, told.amount, language),
        balance: shown(account, account.balance, language),
        until: told.until.map(|end| day(end, &channel, language)).unwrap_or_default(),
        ..ValueMail::default()
    };
    let seller = brand::seller(tx, &channel).await?;
    let rendered = render::stored_value(told.name, language, &mail, &seller)?;
    let about = Letter {
        template: told.name,
        order_id: None,
        recipient,
        locale: customer.locale.clone(),
        dedupe_key: format!("{}:{}:{}", told.name, account.id, told.nth),
        customer_id: Some(customer.id),
        event_id: told.event,
    };
    Ok(letter(tx, about, &seller, rendered).await?.is_some())
}

/// The verified address of a customer, the oldest first.
async fn address(db: &impl ConnectionTrait, id: CustomerId) -> Result<Option<String>> {
    let found = customer_identifier::Entity::find()
        .filter(customer_identifier::Column::CustomerId.eq(id))
        .filter(customer_identifier::Column::Kind.eq(IdentifierKind::Email))
        .filter(customer_identifier::Column::VerifiedAt.is_not_null())
        .order_by_asc(customer_identifier::Column::Id)
        .one(db)
        .await?;
    Ok(found.map(|identifier| identifier.value))
}

/// An amount as people read it.
fn shown(account: &account::Model, amount: i64, language: Language) -> String {
    match account.kind {
        StoredValueKind::GiftCard | StoredValueKind::StoreCredit => {
            Money::new(amount, account.currency).formatted(language.tag())
        }
        StoredValueKind::Points => points(amount, language),
    }
}

/// A number of points as people read it. Fluent chooses singular or plural by the number; it puts no marks between
/// thousands, so that the digits come as a text beside it.
fn points(amount: i64, language: Language) -> String {
    language.counted("mail-points", amount, &[("points", grouped(amount))])
}

/// A whole number with its thousands apart: `12,345`.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn day(at: DateTime<Utc>, channel: &channel::Model, language: Language) -> String {
    let zone = if channel.tax_country == "JP" { Tz::Asia__Tokyo } else { Tz::UTC };
    let local = at.with_timezone(&zone);
    match language {
        Language::Ja => local.format("%Y年%-m月%-d日").to_string(),
        Language::En => local.format("%-d %B %Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_read_as_people_write_them() {
        for (amount, english, japanese) in [
            (0, "0 points", "0ポイント"),
            (1, "1 point", "1ポイント"),
            (999, "999 points", "999ポイント"),
            (1_000, "1,000 points", "1,000ポイント"),
            (1_234_567, "1,234,567 points", "1,234,567ポイント"),
            (-1_200, "-1,200 points", "-1,200ポイント"),
        ] {
            assert_eq!(points(amount, Language::En), english);
            assert_eq!(points(amount, Language::Ja), japanese);
        }
    }
}
