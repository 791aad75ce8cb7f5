//! TEMPORARY: stands in for the owner's version, so that the pages compile.

use entity::id::MessageId;
use entity::message;
use entity::words::{ConsentChannel, ConsentPurpose};
use sea_orm::EntityTrait;

use crate::customer::query as customers;
use crate::kernel::{Ctx, Error, Result};

/// What somebody hears of by a channel, as a page of preferences shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    /// The channel of the message the page belongs to.
    pub channel: ConsentChannel,
    /// What each purpose stands at.
    pub purposes: Vec<(ConsentPurpose, bool)>,
    /// Whether there is an account behind the message.
    pub is_customer: bool,
    /// The language of the message.
    pub locale: String,
    /// The wording that a "yes" agrees to, by language.
    pub wording: serde_json::Value,
}

/// What the recipient of a message hears of. Error: `NOT_FOUND`.
pub async fn preferences(ctx: &Ctx, id: MessageId) -> Result<Preferences> {
    let db = ctx.db();
    let message = message::Entity::find_by_id(id).one(&db).await?.ok_or(Error::not_found("message"))?;
    let current = match message.customer_id {
        Some(id) => customers::consents(&db, id).await?,
        None => Vec::new(),
    };
    let channel = ConsentChannel::Email;
    let stands = |purpose: &ConsentPurpose| {
        current.iter().any(|row| row.channel == channel && row.purpose == *purpose && row.granted)
    };
    Ok(Preferences {
        channel,
        purposes: ConsentPurpose::ALL.iter().map(|purpose| (*purpose, stands(purpose))).collect(),
        is_customer: message.customer_id.is_some(),
        locale: message.locale,
        wording: serde_json::json!({}),
    })
}

/// Sets what the recipient of a message hears of. Error: `NOT_FOUND`.
pub async fn set_preferences(ctx: &Ctx, id: MessageId, changes: &[(ConsentPurpose, bool)], source: &str) -> Result<()> {
    let message = message::Entity::find_by_id(id).one(&ctx.db()).await?.ok_or(Error::not_found("message"))?;
    let Some(customer) = message.customer_id else { return Ok(()) };
    let changes = changes.iter().map(|(purpose, granted)| crate::customer::ConsentChange {
        channel: ConsentChannel::Email,
        purpose: *purpose,
        granted: *granted,
        source: source.to_owned(),
        text_version: "-".to_owned(),
    });
    let own = ctx.with_actor(crate::Actor::Customer { id: customer, cart_id: None });
    crate::customer::set_consents(&own, changes.collect()).await.map(|_| ())
}

/// One click ends such messages. Error: `NOT_FOUND`.
pub async fn unsubscribe(ctx: &Ctx, id: MessageId, source: &str) -> Result<()> {
    let all: Vec<_> = ConsentPurpose::ALL.iter().map(|purpose| (*purpose, false)).collect();
    set_preferences(ctx, id, &all, source).await
}
