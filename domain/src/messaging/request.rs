//! Asking for a message: rendered, written and enqueued inside the transaction that wants it.

use entity::id::{ChannelId, CustomerId, EventId, MessageId};
use entity::words::{ChannelKind, MessageChannel, MessageStatus};
use entity::{channel, message};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;

use super::order_context::order_context;
use super::payment_links;
use super::render::{self, Rendered, Seller};
use super::template::{OrderTemplate, Template};
use crate::kernel::job::NewJob;
use crate::kernel::language::Language;
use crate::kernel::{Result, Tx};

/// The job that sends one message.
pub const SEND_JOB: &str = "send_message";

/// A message that somebody should get.
#[derive(Debug, Clone)]
pub struct MessageRequest {
    /// What to say.
    pub template: Template,
    /// E-mail address.
    pub recipient: String,
    /// Language of the recipient (BCP 47).
    pub locale: String,
    /// At most one message per key, ever.
    pub dedupe_key: String,
    /// The channel in whose name it goes; the order's own, or the first web shop when `None`.
    pub channel_id: Option<ChannelId>,
    /// To whom.
    pub customer_id: Option<CustomerId>,
    /// The event that caused it.
    pub event_id: Option<EventId>,
}

/// Renders the message from what the transaction sees, writes its row and enqueues sending it. `None` when the key was
/// used before: that message stands. Errors: `NOT_FOUND` for an order that is not there.
pub async fn request(tx: &Tx, request: MessageRequest) -> Result<Option<MessageId>> {
    let language = Language::of(&request.locale);
    let (seller, rendered) = match &request.template {
        Template::Order { template, order_id } => {
            let mut context = order_context(tx, *order_id).await?;
            if *template == OrderTemplate::OrderConfirmation {
                let link = payment_links::offered(tx, &context.channel, *order_id).await?;
                let services = &tx.ctx().services;
                context.pay = link.map(|link| (payment_links::url(services, link.id), link.amount, link.expires_at));
            }
            let rendered = render::order(*template, language, &context)?;
            (Seller::of(&context.channel), rendered)
        }
        Template::Parcel { name, order_id, parcel } => {
            let context = order_context(tx, *order_id).await?;
            let rendered = render::parcel(name, language, &context, parcel)?;
            (Seller::of(&context.channel), rendered)
        }
        Template::Code { purpose, code, valid_minutes } => {
            let seller = seller(tx, request.channel_id).await?;
            let rendered = render::code(*purpose, language, &seller, code, *valid_minutes)?;
            (seller, rendered)
        }
    };
    let message = row(tx, request, &seller, rendered);
    insert(tx, message).await
}

/// A message that an area rendered itself.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Name of the template.
    pub template: &'static str,
    /// The order it tells of.
    pub order_id: Option<entity::id::OrderId>,
    /// E-mail address.
    pub recipient: String,
    /// Language (BCP 47).
    pub locale: String,
    /// At most one message per key, ever.
    pub dedupe_key: String,
    /// To whom.
    pub customer_id: Option<CustomerId>,
    /// The event that caused it.
    pub event_id: Option<EventId>,
}

/// Writes a letter and enqueues sending it. `None` when the key was used before.
pub(crate) async fn letter(tx: &Tx, letter: Letter, seller: &Seller, rendered: Rendered) -> Result<Option<MessageId>> {
    let id = MessageId(tx.new_uuid());
    let message = message::Model {
        id,
        dedupe_key: letter.dedupe_key,
        template: letter.template.to_owned(),
        channel: MessageChannel::Email,
        locale: letter.locale,
        status: MessageStatus::Queued,
        customer_id: letter.customer_id,
        order_id: letter.order_id,
        event_id: letter.event_id,
        sender: seller.sender(),
        recipient: letter.recipient.trim().to_owned(),
        message_id: message_id(id, &seller.mail_from),
        subject: rendered.subject,
        html: rendered.html,
        text: rendered.text,
        error: None,
        created_at: tx.now(),
        sent_at: None,
    };
    insert(tx, message).await
}

/// Writes a rendered message and enqueues sending it, unless its key was used before.
pub(crate) async fn insert(tx: &Tx, message: message::Model) -> Result<Option<MessageId>> {
    let (id, subject) = (message.id, recipient_subject(tx, &message.recipient));
    let conflict = OnConflict::column(message::Column::DedupeKey).do_nothing().to_owned();
    let inserted = message::Entity::insert(message.into_active_model().reset_all())
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    if inserted == 0 {
        return Ok(None);
    }
    let payload = json!({ "message_id": id, "request_id": tx.ctx().request_id.as_ref() });
    tx.enqueue(NewJob::new(SEND_JOB, payload).subject(subject));
    Ok(Some(id))
}

fn row(tx: &Tx, request: MessageRequest, seller: &Seller, rendered: Rendered) -> message::Model {
    let id = MessageId(tx.new_uuid());
    message::Model {
        id,
        dedupe_key: request.dedupe_key,
        template: request.template.name().to_owned(),
        channel: MessageChannel::Email,
        locale: request.locale,
        status: MessageStatus::Queued,
        customer_id: request.customer_id,
        order_id: request.template.order_id(),
        event_id: request.event_id,
        sender: seller.sender(),
        recipient: request.recipient.trim().to_owned(),
        message_id: message_id(id, &seller.mail_from),
        subject: rendered.subject,
        html: rendered.html,
        text: rendered.text,
        error: None,
        created_at: tx.now(),
        sent_at: None,
    }
}

/// The Message-ID of a message (RFC 5322 §3.6.4): unique by its id, under the sender's own domain.
pub(crate) fn message_id(id: MessageId, mail_from: &str) -> String {
    format!("<{id}@{}>", mail_domain(mail_from))
}

/// The domain of an address, fit to stand in a header.
pub(crate) fn mail_domain(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let clean: String = domain
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '-'))
        .collect();
    if clean.is_empty() { "localhost".to_owned() } else { clean }
}

/// Mails to one address go one after the other, in order. The address itself stays out of the job table.
fn recipient_subject(tx: &Tx, recipient: &str) -> String {
    let hash = tx.ctx().services.secrets.code_hash("mail-recipient", &recipient.trim().to_lowercase());
    format!("mail:{}", hash.get(..32).unwrap_or(&hash))
}

/// In whose name a message goes that belongs to no order.
pub(crate) async fn seller(db: &impl ConnectionTrait, channel_id: Option<ChannelId>) -> Result<Seller> {
    let query = channel::Entity::find();
    let query = match channel_id {
        Some(id) => query.filter(channel::Column::Id.eq(id)),
        None => query
            .filter(channel::Column::Active.eq(true))
            .filter(channel::Column::Kind.eq(ChannelKind::Online))
            .order_by_asc(channel::Column::CreatedAt)
            .order_by_asc(channel::Column::Id),
    };
    Ok(query.one(db).await?.map_or_else(Seller::nameless, |channel| Seller::of(&channel)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_a_sender_cannot_break_a_header() {
        assert_eq!(mail_domain("shop@example.jp"), "example.jp");
        assert_eq!(mail_domain("shop@ex\r\nBcc: a@b>.jp"), "b.jp");
        assert_eq!(mail_domain("nonsense"), "localhost");
    }
}
