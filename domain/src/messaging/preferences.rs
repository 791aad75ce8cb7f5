//! What the page behind "unsubscribe" shows: what the recipient of a message agreed to.

use entity::id::{CustomerId, MessageId};
use entity::{customer_consent, message, message_policy};
use sea_orm::EntityTrait;

use super::consent;
use crate::customer::query as customers;
use crate::kernel::{Ctx, Error, Result, text};

/// Where a change on the page is said to come from.
pub const SOURCE: &str = "preferences-page";

/// What a recipient agreed to.
#[derive(Debug, Clone)]
pub struct Preferences {
    /// The message whose link it is.
    pub message: message::Model,
    /// Whom it went to, when that is known; others can only end what comes to the address.
    pub customer_id: Option<CustomerId>,
    /// What holds now; the latest of each channel and purpose.
    pub consents: Vec<customer_consent::Model>,
    /// The wording to agree to and its version; `None` while the merchant has none, then nothing new can be agreed to.
    pub wording: Option<(String, String)>,
}

/// What the recipient of a message agreed to, in words of a language; `None` when there is no such message. Three
/// statements. The link is the permission.
pub async fn look(ctx: &Ctx, id: MessageId, locale: &str) -> Result<Option<Preferences>> {
    let db = ctx.db();
    let Some(message) = message::Entity::find_by_id(id).one(&db).await? else { return Ok(None) };
    let policy = match message.channel_id {
        Some(channel) => message_policy::Entity::find_by_id(channel).one(&db).await?,
        None => None,
    };
    let wording = policy.and_then(|policy| {
        let words = text::in_language(&policy.consent_wording, locale);
        (!words.trim().is_empty() && !policy.wording_version.is_empty()).then_some((words, policy.wording_version))
    });
    let consents = match message.customer_id {
        Some(customer) => customers::consents(&db, customer).await?,
        None => Vec::new(),
    };
    Ok(Some(Preferences { customer_id: message.customer_id, message, consents, wording }))
}

/// Ends what the message belongs to: no more such messages by its channel to its recipient. Doing it again changes
/// nothing. Error: `NOT_FOUND`.
pub async fn unsubscribe(ctx: &Ctx, id: MessageId) -> Result<()> {
    ctx.write(|tx| async move {
        let found = message::Entity::find_by_id(id).one(&tx).await?;
        let message = found.ok_or(Error::not_found("message"))?;
        consent::withdraw(&tx, &message, SOURCE).await
    })
    .await
}
