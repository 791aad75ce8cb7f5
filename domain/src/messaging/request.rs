//! Asking for a message: rendered, written and enqueued inside the transaction that wants it.

use chrono::TimeDelta;
use entity::id::{ChannelId, CustomerId, EventId, FlowId, FlowRunId, MessageId};
use entity::words::{ChannelKind, MessageChannel, MessageClass, MessageStatus};
use entity::{channel, message};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;

use super::order_context::order_context;
use super::page_links::{self, PageLink};
use super::payment_links;
use super::policy::{self, Decision};
use super::render::{self, Draft, Links, Rendered, Seller};
use super::template::{self, OrderTemplate, Template};
use super::{brand, flow_words, own_template, tracking};
use crate::kernel::job::NewJob;
use crate::kernel::language::Language;
use crate::kernel::{Result, Tx};

/// The job that sends one mail that belongs to a purchase or an account.
pub const SEND_JOB: &str = "send_message";
/// The job that sends one message with a code, by mail or SMS: somebody sits before a form and waits for it.
pub const SEND_CODE_JOB: &str = "send_code";
/// The job that sends one message by another channel than e-mail that belongs to a purchase or an account.
pub const SEND_ELSEWHERE_JOB: &str = "send_elsewhere";
/// The job that sends one message that needs consent, by whatever channel. They are many at once.
pub const SEND_ASKED_JOB: &str = "send_asked";
/// All jobs that send. Each kind has slots of its own, so that a channel that hangs, or fifty thousand offers, hold up
/// neither other work nor codes.
pub const SEND_JOBS: &[&str] = &[SEND_JOB, SEND_CODE_JOB, SEND_ELSEWHERE_JOB, SEND_ASKED_JOB];

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
    let (seller, draft) = match &request.template {
        Template::Order { template, order_id } => {
            let mut context = order_context(tx, *order_id).await?;
            if *template == OrderTemplate::OrderConfirmation {
                let link = payment_links::offered(tx, &context.channel, *order_id).await?;
                let services = &tx.ctx().services;
                context.pay = link.map(|link| (payment_links::url(services, link.id), link.amount, link.expires_at));
            }
            (context.seller(), render::order(*template, language, &context)?)
        }
        Template::Parcel { name, order_id, parcel } => {
            let context = order_context(tx, *order_id).await?;
            (context.seller(), render::parcel(name, language, &context, parcel)?)
        }
        Template::Code { purpose, code, valid_minutes } => {
            let seller = seller(tx, request.channel_id).await?;
            let draft = render::code(*purpose, language, &seller, code, *valid_minutes);
            (seller, draft)
        }
    };
    let asked = Letter {
        template: request.template.name(),
        order_id: request.template.order_id(),
        recipient: request.recipient,
        locale: request.locale,
        dedupe_key: request.dedupe_key,
        customer_id: request.customer_id,
        event_id: request.event_id,
    };
    letter(tx, asked, &seller, draft).await
}

/// A message that an area drafted itself.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Name of the template.
    pub template: &'static str,
    /// The order it tells of.
    pub order_id: Option<entity::id::OrderId>,
    /// E-mail address; by another channel, its kind of address.
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

/// The step of a flow that asks for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowStep {
    /// The flow.
    pub flow_id: FlowId,
    /// The run.
    pub flow_run_id: FlowRunId,
    /// The step.
    pub step: String,
    /// The group of an experiment.
    pub variant: Option<String>,
}

/// Renders a letter, with the merchant's own wording where there is one, and enqueues sending it. `None` when the key was
/// used before.
pub(crate) async fn letter(tx: &Tx, letter: Letter, seller: &Seller, draft: Draft) -> Result<Option<MessageId>> {
    insert(tx, rendered(tx, letter, seller, &draft).await?).await
}

/// The same for a step of a flow.
pub(crate) async fn letter_of_flow(
    tx: &Tx,
    letter: Letter,
    seller: &Seller,
    draft: Draft,
    step: FlowStep,
) -> Result<Option<MessageId>> {
    let message = rendered(tx, letter, seller, &draft).await?;
    insert(tx, of_step(message, step)).await
}

/// The same by LINE or SMS: the mail in short, in words only, with its links and the way out. A merchant's own wording is
/// one of mails and is not used.
pub(crate) async fn words_of_flow(
    tx: &Tx,
    letter: Letter,
    seller: &Seller,
    draft: &Draft,
    channel: MessageChannel,
    step: FlowStep,
) -> Result<Option<MessageId>> {
    let id = MessageId(tx.new_uuid());
    let links = links(tx, &letter, id);
    let draft = draft.with_links(|url| followed(tx, id, letter.template, url));
    let rendered = flow_words::words(&draft, &links, flow_words::most(channel))?;
    let message_id = message_id(id, &seller.mail_from);
    let message = message::Model { id, message_id, channel, ..row(tx, letter, seller, rendered) };
    insert(tx, of_step(message, step)).await
}

fn of_step(message: message::Model, step: FlowStep) -> message::Model {
    message::Model {
        flow_id: Some(step.flow_id),
        flow_run_id: Some(step.flow_run_id),
        step: Some(step.step),
        variant: step.variant,
        ..message
    }
}

/// Writes a rendered message and enqueues sending it, unless its key was used before. What policy keeps back is
/// written, too, with the reason: as suppressed, or to be sent later.
pub(crate) async fn insert(tx: &Tx, mut message: message::Model) -> Result<Option<MessageId>> {
    let mut run_at = message.send_after;
    match policy::decide(tx, &message).await? {
        _ if message.status != MessageStatus::Queued => {}
        Decision::Send => {}
        Decision::At(at, reason) => {
            (message.send_after, message.reason, run_at) = (Some(at), Some(reason.to_owned()), Some(at));
        }
        Decision::Never(reason) => {
            (message.status, message.reason) = (MessageStatus::Suppressed, Some(reason.to_owned()));
            // What must not be sent is not kept to be sent again.
            if template::is_secret(&message.template) || reason == policy::MARKETPLACE {
                (message.html, message.text) = (String::new(), String::new());
            }
            if message.template == template::FAREWELL {
                message.recipient = String::new();
            }
        }
    }
    let is_to_be_sent = message.status == MessageStatus::Queued;
    if is_to_be_sent {
        tracking::dress(tx, &mut message).await?;
    }
    let (id, lane, kind) = (message.id, lane(tx, &message), job_kind(&message));
    let conflict = OnConflict::column(message::Column::DedupeKey).do_nothing().to_owned();
    let inserted = message::Entity::insert(message.into_active_model().reset_all())
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    if inserted == 0 {
        return Ok(None);
    }
    if is_to_be_sent {
        let payload = json!({ "message_id": id, "request_id": tx.ctx().request_id.as_ref() });
        let job = NewJob::new(kind, payload).desk(kind).subject(lane);
        tx.enqueue(NewJob { run_at, ..job });
    }
    Ok(Some(id))
}

/// How long the page of an order opens by the link in a mail.
const ORDER_LINK: TimeDelta = TimeDelta::days(180);
/// How long people can say by the link in a mail what they want to hear of.
const PREFERENCES_LINK: TimeDelta = TimeDelta::days(365);

/// The links of a message: to the page of its order, and to what its reader wants to hear of where that needs consent.
fn links(tx: &Tx, letter: &Letter, id: MessageId) -> Links {
    let services = &tx.ctx().services;
    let order =
        letter.order_id.map(|order| page_links::url(services, PageLink::Order, order.uuid(), tx.now() + ORDER_LINK));
    let preferences = match template::class(letter.template) {
        MessageClass::Transactional => None,
        MessageClass::Survey | MessageClass::Marketing => {
            Some(page_links::url(services, PageLink::Preferences, id.uuid(), tx.now() + PREFERENCES_LINK))
        }
    };
    Links { order, preferences }
}

/// The address behind a link of a message: of those that need consent, one by which it is known who follows them.
fn followed(tx: &Tx, id: MessageId, name: &str, url: &str) -> String {
    match template::class(name) {
        MessageClass::Transactional => url.to_owned(),
        MessageClass::Survey | MessageClass::Marketing => tracking::link(&tx.ctx().services, id, url),
    }
}

/// A message, rendered, as it waits to be sent.
async fn rendered(tx: &Tx, letter: Letter, seller: &Seller, draft: &Draft) -> Result<message::Model> {
    let id = MessageId(tx.new_uuid());
    let links = links(tx, &letter, id);
    let draft = &draft.with_links(|url| followed(tx, id, letter.template, url));
    let (rendered, template_id) = own_template::apply(tx, &letter.locale, seller.channel_id, draft, &links).await?;
    let message_id = message_id(id, &seller.mail_from);
    Ok(message::Model { id, message_id, template_id, ..row(tx, letter, seller, rendered) })
}

/// A message in words only, by another channel than e-mail.
#[derive(Debug, Clone)]
pub struct Note {
    /// Name of the template; its class follows from it.
    pub template: &'static str,
    /// By which channel.
    pub channel: MessageChannel,
    /// The id of a user at LINE, a number (E.164), or the name of a webhook.
    pub recipient: String,
    /// Language of the recipient (BCP 47).
    pub locale: String,
    /// At most one message per key, ever.
    pub dedupe_key: String,
    /// One line for those who look at it later; LINE and SMS do not show it.
    pub subject: String,
    /// The words, or the JSON of a webhook.
    pub text: String,
    /// The channel in whose name it goes; the first web shop when `None`.
    pub channel_id: Option<ChannelId>,
    /// To whom.
    pub customer_id: Option<CustomerId>,
    /// The order it tells of.
    pub order_id: Option<entity::id::OrderId>,
    /// The event that caused it.
    pub event_id: Option<EventId>,
    /// The step of a flow that asks for it.
    pub step: Option<FlowStep>,
}

/// Writes a message by another channel than e-mail and enqueues sending it. `None` when the key was used before.
pub async fn note(tx: &Tx, note: Note) -> Result<Option<MessageId>> {
    let seller = seller(tx, note.channel_id).await?;
    let letter = Letter {
        template: note.template,
        order_id: note.order_id,
        recipient: note.recipient,
        locale: note.locale,
        dedupe_key: note.dedupe_key,
        customer_id: note.customer_id,
        event_id: note.event_id,
    };
    let rendered = Rendered { subject: note.subject, html: String::new(), text: note.text };
    let message = message::Model { channel: note.channel, ..row(tx, letter, &seller, rendered) };
    let message = match note.step {
        Some(step) => of_step(message, step),
        None => message,
    };
    insert(tx, message).await
}

/// A rendered message as it waits to be sent.
pub(crate) fn row(tx: &Tx, letter: Letter, seller: &Seller, rendered: Rendered) -> message::Model {
    let id = MessageId(tx.new_uuid());
    message::Model {
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
        class: template::class(letter.template),
        channel_id: seller.channel_id,
        template_id: None,
        reason: None,
        send_after: None,
        attempts: 0,
        provider_id: None,
        unsubscribe_url: None,
        flow_id: None,
        flow_run_id: None,
        step: None,
        variant: None,
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

/// Which job sends a message.
fn job_kind(message: &message::Model) -> &'static str {
    match (message.class, message.channel) {
        (MessageClass::Survey | MessageClass::Marketing, _) => SEND_ASKED_JOB,
        (MessageClass::Transactional, MessageChannel::Email | MessageChannel::Sms)
            if template::is_of_code(&message.template) =>
        {
            SEND_CODE_JOB
        }
        (MessageClass::Transactional, MessageChannel::Email) => SEND_JOB,
        (MessageClass::Transactional, MessageChannel::Line | MessageChannel::Sms | MessageChannel::Webhook) => {
            SEND_ELSEWHERE_JOB
        }
    }
}

/// Messages to one address go one after the other, in order; those that need consent among themselves, because they may
/// wait for the morning and must keep no receipt waiting; and codes among themselves, because they are worth nothing
/// after a receipt was waited for. What goes to a system is in order per run or order: its address is that of thousands.
/// The address itself stays out of the job table.
fn lane(tx: &Tx, message: &message::Model) -> String {
    let address = message.recipient.trim().to_lowercase();
    let (by, address) = match message.channel {
        MessageChannel::Email => ("mail", address),
        MessageChannel::Line => ("line", address),
        MessageChannel::Sms => ("sms", address),
        MessageChannel::Webhook => {
            let run = message.flow_run_id.map(|id| id.to_string());
            let about = run.or_else(|| message.order_id.map(|id| id.to_string()));
            ("webhook", format!("{address} {}", about.unwrap_or_else(|| message.id.to_string())))
        }
    };
    let hash = tx.ctx().services.secrets.code_hash("mail-recipient", &address);
    let hash = hash.get(..32).unwrap_or(&hash);
    match message.class {
        MessageClass::Transactional if template::is_of_code(&message.template) => format!("{by}:{hash}:code"),
        MessageClass::Transactional => format!("{by}:{hash}"),
        MessageClass::Survey | MessageClass::Marketing => format!("{by}:{hash}:asked"),
    }
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
    match query.one(db).await? {
        Some(channel) => brand::seller(db, &channel).await,
        None => Ok(Seller::nameless()),
    }
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
