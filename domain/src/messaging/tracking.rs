//! What people do with messages that they agreed to: signed redirects, a picture where the channel wants to know who
//! looks, and the order that follows. Messages that need no consent are not followed.
//!
//! A redirect leads only to where this server signed it to. Scanners click every link and load every picture, so what a
//! machine did is told apart and never counted for a person.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use entity::id::{CustomerId, MessageEventId, MessageId, OrderId};
use entity::words::{MessageChannel, MessageClass, MessageEventKind, MessageStatus};
use entity::{event, message, message_event, message_policy, order};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait as _};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::dispatch::{Handled, Handler};
use super::feedback::note;
use super::page_links::{self, PageLink};
use crate::kernel::ctx::Services;
use crate::kernel::secret::Secrets;
use crate::kernel::{Ctx, Result, Tx};

/// What is done so soon after the message left was done by a scanner at the door.
const AT_THE_DOOR: TimeDelta = TimeDelta::seconds(10);
/// An order that comes so long after a click or a message is counted for it.
const FOLLOWS: TimeDelta = TimeDelta::days(7);
/// Longest address of a redirect, in bytes.
const LONGEST: usize = 2_000;
/// Bytes of the mark in a token: 128 bits.
const MARK: usize = 16;
/// How long the link that ends messages works: laws ask for weeks, people for longer.
const UNSUBSCRIBE_WORKS: TimeDelta = TimeDelta::days(730);

/// An address by which we learn that a link of a message was followed. Anything but a web address stays as it is.
#[must_use]
pub fn link(services: &Services, id: MessageId, url: &str) -> String {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || url.len() > LONGEST {
        return url.to_owned();
    }
    let mark = mark(&services.secrets, "click", id, url);
    let token = [id.uuid().as_bytes().as_slice(), &mark, url.as_bytes()].concat();
    format!("{}/c/{}", services.settings.public_url, BASE64URL_NOPAD.encode(&token))
}

/// Where a redirect leads; `None` for one that this server did not sign.
#[must_use]
pub fn open_link(secrets: &Secrets, token: &str) -> Option<(MessageId, String)> {
    let (id, given, rest) = parts(token)?;
    let url = String::from_utf8(rest).ok()?;
    is_mark(&mark(secrets, "click", id, &url), &given).then_some((id, url))
}

/// The address of the picture of a message.
#[must_use]
pub fn pixel(services: &Services, id: MessageId) -> String {
    let mark = mark(&services.secrets, "pixel", id, "");
    let token = [id.uuid().as_bytes().as_slice(), &mark].concat();
    format!("{}/pixel/{}", services.settings.public_url, BASE64URL_NOPAD.encode(&token))
}

/// The message of a picture; `None` for one that this server did not sign.
#[must_use]
pub fn open_pixel(secrets: &Secrets, token: &str) -> Option<MessageId> {
    let (id, given, rest) = parts(token)?;
    (rest.is_empty() && is_mark(&mark(secrets, "pixel", id, ""), &given)).then_some(id)
}

fn parts(token: &str) -> Option<(MessageId, Vec<u8>, Vec<u8>)> {
    if token.len() > (LONGEST + 64) * 2 {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (id, rest) = bytes.split_at_checked(16)?;
    let (mark, rest) = rest.split_at_checked(MARK)?;
    Some((MessageId(Uuid::from_slice(id).ok()?), mark.to_vec(), rest.to_vec()))
}

fn mark(secrets: &Secrets, purpose: &str, id: MessageId, url: &str) -> Vec<u8> {
    let hash = secrets.code_hash("message-tracking", &format!("{purpose}:{id}:{url}"));
    let mut mark = HEXLOWER.decode(hash.as_bytes()).unwrap_or_default();
    mark.truncate(MARK);
    mark
}

fn is_mark(ours: &[u8], given: &[u8]) -> bool {
    ours.len() == MARK && bool::from(ours.ct_eq(given))
}

/// Gives a mail that needs consent its way out (RFC 8058) and, where the channel wants to know who looks, its picture.
pub(crate) async fn dress(tx: &Tx, message: &mut message::Model) -> Result<()> {
    if message.class == MessageClass::Transactional || message.channel != MessageChannel::Email {
        return Ok(());
    }
    let services = &tx.ctx().services;
    message.unsubscribe_url = Some(unsubscribe_url(services, message.id, tx.now()));
    let policy = match message.channel_id {
        Some(id) => message_policy::Entity::find_by_id(id).one(tx).await?,
        None => None,
    };
    if policy.is_some_and(|policy| policy.track_opens) {
        let picture = picture(services, message.id);
        match message.html.rfind("</body>") {
            Some(at) => message.html.insert_str(at, &picture),
            None => message.html.push_str(&picture),
        }
    }
    Ok(())
}

/// The picture as it stands in a mail.
fn picture(services: &Services, id: MessageId) -> String {
    format!("<img src=\"{}\" width=\"1\" height=\"1\" alt=\"\" />", pixel(services, id))
}

/// A copy of a message without its picture, and with links by which the copy is followed in place of the message.
pub(super) fn undressed(services: &Services, copy: message::Model, of: MessageId) -> message::Model {
    let html = copy.html.replace(&picture(services, of), "");
    let html = redirected(services, &html, copy.id);
    let text = redirected(services, &copy.text, copy.id);
    message::Model { html, text, ..copy }
}

/// A text in which redirects lead to the same places for another message. In HTML their addresses are escaped.
fn redirected(services: &Services, text: &str, id: MessageId) -> String {
    let plain = format!("{}/c/", services.settings.public_url);
    let escaped = minijinja::HtmlEscape(&plain).to_string();
    let mut changed = text.to_owned();
    for begin in [&plain, &escaped] {
        let mut parts = changed.split(begin.as_str());
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let is_of_token = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
            let (token, rest) = part.split_at(part.find(|sign: char| !is_of_token(sign)).unwrap_or(part.len()));
            let moved = open_link(&services.secrets, token).map(|(_, url)| link(services, id, &url));
            whole.push_str(begin);
            whole.push_str(moved.as_deref().and_then(|moved| moved.strip_prefix(&plain)).unwrap_or(token));
            whole.push_str(rest);
        }
        changed = whole;
    }
    changed
}

/// Where one click ends such messages. The page for people has the same secret, see [`PageLink::Preferences`].
#[must_use]
pub fn unsubscribe_url(services: &Services, id: MessageId, now: DateTime<Utc>) -> String {
    let token = page_links::token(&services.secrets, PageLink::Preferences, id.uuid(), now + UNSUBSCRIBE_WORKS);
    format!("{}/unsubscribe/{token}", services.settings.public_url)
}

/// Records that a link was followed; at most once an hour per link, by a person and by a machine. What is no message
/// any more is not recorded.
pub async fn clicked(ctx: &Ctx, id: MessageId, url: &str, by_machine: bool) -> Result<()> {
    let link = ctx.services.secrets.code_hash("message-link", url);
    let link = link.get(..16).unwrap_or(&link).to_owned();
    seen(ctx, id, MessageEventKind::Clicked, Some((url, &link)), by_machine).await
}

/// Records that a message was looked at; at most once an hour.
pub async fn opened(ctx: &Ctx, id: MessageId, by_machine: bool) -> Result<()> {
    seen(ctx, id, MessageEventKind::Opened, None, by_machine).await
}

async fn seen(
    ctx: &Ctx,
    id: MessageId,
    kind: MessageEventKind,
    link: Option<(&str, &str)>,
    by_machine: bool,
) -> Result<()> {
    let Some(message) = message::Entity::find_by_id(id).one(&ctx.db()).await? else { return Ok(()) };
    let now = ctx.now();
    let by_machine = by_machine || message.sent_at.is_none_or(|sent| now < sent + AT_THE_DOOR);
    let by = if by_machine { "machine" } else { "person" };
    let place = link.map_or("", |(_, hash)| hash);
    let event = message_event::Model {
        id: MessageEventId(Uuid::nil()),
        message_id: id,
        kind,
        detail: link.map(|(url, _)| without_secrets(url)),
        by_machine,
        provider_event_id: Some(format!("{kind}:{id}:{place}:{by}:{}", now.format("%Y%m%d%H"))),
        occurred_at: now,
    };
    let event = &event;
    ctx.write(|tx| async move {
        let event = message_event::Model { id: MessageEventId(tx.new_uuid()), ..event.clone() };
        note(&tx, event).await.map(|_| ())
    })
    .await
}

/// A link without what follows its path: links to our own pages hold secrets in their last part.
fn without_secrets(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let kept = match plain.rsplit_once('/') {
        Some((head, tail)) if tail.len() >= 32 && !head.ends_with('/') => head,
        Some(_) | None => plain,
    };
    kept.chars().take(500).collect()
}

/// Counts an order for the message that it followed.
pub const HANDLER: Handler = Handler {
    name: "message_conversion",
    kinds: &["order_placed"],
    run: |tx, event| Box::pin(order_placed(tx, event)),
};

async fn order_placed(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let id = OrderId(event.aggregate_id);
    let Some(order) = order::Entity::find_by_id(id).one(tx).await? else { return Ok(Handled::Nothing("no order")) };
    let Some(customer_id) = order.customer_id else { return Ok(Handled::Nothing("order of a guest")) };
    let at = order.placed_at.unwrap_or(event.occurred_at);
    let before = match last_clicked(tx, customer_id, at).await? {
        Some(message_id) => Some(message_id),
        None => last_sent(tx, customer_id, at).await?,
    };
    let Some(message_id) = before else { return Ok(Handled::Nothing("no message before the order")) };
    let converted = message_event::Model {
        id: MessageEventId(tx.new_uuid()),
        message_id,
        kind: MessageEventKind::Converted,
        detail: Some(id.to_string()),
        by_machine: false,
        provider_event_id: Some(format!("converted:{id}")),
        occurred_at: at,
    };
    note(tx, converted).await?;
    Ok(Handled::Done)
}

/// The message whose link the customer followed last, within the days before.
async fn last_clicked(tx: &Tx, customer_id: CustomerId, at: DateTime<Utc>) -> Result<Option<MessageId>> {
    let found = message_event::Entity::find()
        .select_only()
        .column(message_event::Column::MessageId)
        .join(JoinType::InnerJoin, message_event::Relation::Message.def())
        .filter(message::Column::CustomerId.eq(customer_id))
        .filter(message_event::Column::Kind.eq(MessageEventKind::Clicked))
        .filter(message_event::Column::ByMachine.eq(false))
        .filter(message_event::Column::OccurredAt.gt(at - FOLLOWS))
        .filter(message_event::Column::OccurredAt.lte(at))
        .order_by_desc(message_event::Column::OccurredAt)
        .limit(1);
    Ok(found.into_tuple().one(tx).await?)
}

/// The message that the customer got last, within the days before.
async fn last_sent(tx: &Tx, customer_id: CustomerId, at: DateTime<Utc>) -> Result<Option<MessageId>> {
    let found = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .filter(message::Column::CustomerId.eq(customer_id))
        .filter(message::Column::Class.ne(MessageClass::Transactional))
        .filter(message::Column::Status.eq(MessageStatus::Sent))
        .filter(message::Column::SentAt.gt(at - FOLLOWS))
        .filter(message::Column::SentAt.lte(at))
        .order_by_desc(message::Column::SentAt)
        .limit(1);
    Ok(found.into_tuple().one(tx).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_where_it_was_signed_to_and_nowhere_else() {
        let secrets = Secrets::new("a".into());
        let id = MessageId(Uuid::from_u128(7));
        let url = "https://shop.example/p/茶?x=1";
        let token = BASE64URL_NOPAD
            .encode(&[id.uuid().as_bytes().as_slice(), &mark(&secrets, "click", id, url), url.as_bytes()].concat());
        assert_eq!(open_link(&secrets, &token), Some((id, url.to_owned())));
        assert_eq!(open_link(&Secrets::new("b".into()), &token), None);
        assert_eq!(open_pixel(&secrets, &token), None);
        let evil = "https://evil.example/";
        let forged = BASE64URL_NOPAD
            .encode(&[id.uuid().as_bytes().as_slice(), &mark(&secrets, "click", id, url), evil.as_bytes()].concat());
        assert_eq!(open_link(&secrets, &forged), None);
        for end in 0..token.len() {
            assert_eq!(open_link(&secrets, &token[..end]), None);
        }
        assert_eq!(open_link(&secrets, &"A".repeat(1_000_000)), None);
    }

    #[test]
    fn what_is_kept_of_a_link_opens_no_page() {
        let secret = "A".repeat(75);
        assert_eq!(without_secrets(&format!("https://shop.example/s/{secret}?q=1")), "https://shop.example/s");
        assert_eq!(without_secrets("https://shop.example/p/tea?utm=1#top"), "https://shop.example/p/tea");
        assert_eq!(
            without_secrets("https://a-very-long-name-of-a-shop-somewhere.example"),
            "https://a-very-long-name-of-a-shop-somewhere.example"
        );
    }
}
