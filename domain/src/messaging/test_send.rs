//! Sending a message to oneself, to see what mail programs make of it.

use entity::id::MessageId;
use entity::words::MessageClass;
use entity::{message, staff};
use sea_orm::EntityTrait;
use serde::Serialize;

use super::preview::{Preview, tried};
use super::render::Rendered;
use super::request::{self, Letter};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::language::Language;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, email};

/// A message to try.
#[derive(Debug, Clone, Serialize)]
pub struct TestSend {
    /// What.
    pub preview: Preview,
    /// To which address; to the signed-in member of staff when left out.
    pub recipient: Option<String>,
    /// Client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct TestSent {
    /// The message.
    pub message: message::Model,
    /// Whether an earlier call with this key did it.
    pub replayed: bool,
}

/// Begins the keys of messages that staff send to look at.
pub(super) const KEY: &str = "test:";

/// Whether staff asked for a message in order to look at it. Then nothing that is said about customers counts: neither
/// that its flow is off, nor consent, nor how many went, nor the hour.
pub(crate) fn is_test(message: &message::Model) -> bool {
    message.dedupe_key.starts_with(KEY)
}

/// Sends a message marked as a test in its subject. It belongs to no customer, only to the order that it shows, so that
/// it is erased together with what else was written about that order; no code in it opens anything. It leaves whether its
/// flow is on or off; only an address that is dead gets nothing, which the message says. Errors: `FORBIDDEN`,
/// `NOT_FOUND`, `REQUIRED` for an app that names no address, `INVALID_EMAIL`, and `TEMPLATE_INVALID` for a wording that
/// cannot be used.
pub async fn test_send(ctx: &Ctx, input: TestSend) -> Result<TestSent> {
    let scope = ctx.require(Permission::MessagesSend)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let recipient = recipient(ctx, input.recipient.as_deref()).await?;
    let wish = &input.preview;
    // Before the transaction: a merchant's wording may take a while. What is wrong with it matters only the first time.
    let tried = &tried(&ctx.db(), &scope, wish).await;
    let (key, hash, recipient) = (key.as_str(), hash.as_str(), recipient.as_str());
    ctx.write(|tx| async move {
        let id = MessageId(tx.new_uuid());
        if let Claim::Replayed(id) = idempotency::claim(&tx, "messageTestSend", key, hash, id.uuid()).await? {
            let message = message::Entity::find_by_id(MessageId(id)).one(&tx).await?;
            return message.map(|message| TestSent { message, replayed: true }).ok_or(Error::not_found("message"));
        }
        let (drafted, tried) = tried.as_ref().map_err(Error::clone)?;
        if let Some(problem) = tried.problems.first() {
            return Err(problem.clone());
        }
        let language = Language::of(&drafted.locale);
        let subject = language.text("mail-test-subject", &[("subject", tried.rendered.subject.clone())]);
        let letter = Letter {
            template: wish.name.as_str(),
            order_id: wish.order_id,
            recipient: recipient.to_owned(),
            locale: drafted.locale.clone(),
            dedupe_key: format!("{KEY}{id}"),
            customer_id: None,
            event_id: None,
        };
        let rendered = Rendered { subject, ..tried.rendered.clone() };
        let message = request::row(&tx, letter, &drafted.seller, rendered);
        let message_id = request::message_id(id, &drafted.seller.mail_from);
        // Somebody asked for it: no consent of a customer is needed.
        let message = message::Model {
            id,
            message_id,
            class: MessageClass::Transactional,
            template_id: tried.template_id,
            ..message
        };
        request::insert(&tx, message.clone()).await?;
        let message = message::Entity::find_by_id(id).one(&tx).await?.unwrap_or(message);
        Ok(TestSent { message, replayed: false })
    })
    .await
}

async fn recipient(ctx: &Ctx, given: Option<&str>) -> Result<String> {
    if let Some(address) = given.map(str::trim).filter(|address| !address.is_empty()) {
        return email::normalize("input.recipient", address);
    }
    let staff = match ctx.actor.staff_id() {
        Some(id) => staff::Entity::find_by_id(id).one(&ctx.db()).await?,
        None => None,
    };
    staff.map(|staff| staff.email).ok_or_else(|| Error::invalid(ErrorCode::Required, "input.recipient"))
}
