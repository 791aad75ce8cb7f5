//! The one place where flows hand over to messages and surveys.

use chrono::{DateTime, Utc};
use entity::id::{CustomerId, FlowRunId, MessageId, OrderId, SurveyInvitationId};
use entity::words::{MessageChannel, MessageClass, MessageStatus, SurveyVia};
use entity::{channel, flow_run, message};
use serde_json::{Value, json};

use crate::kernel::{Result, Tx};
use crate::messaging::flow_mail::{self, FlowMail, FlowMailed};
use crate::messaging::render::Seller;
use crate::messaging::request::{FlowStep, insert, message_id};
use crate::messaging::template;
use crate::survey::{self, Invite};

/// What flows can send.
pub const TEMPLATES: &[&str] = &[
    "thanks",
    "shipping_news",
    "how_to_use",
    "review_request",
    "survey",
    "cross_sell",
    "win_back",
    "replenishment",
    "birthday",
    "anniversary",
    "cart_left",
    "back_in_stock",
    "engaged",
];

/// Why a template may be sent.
pub(super) fn class(template: &str) -> MessageClass {
    template::class(template)
}

/// How handing over ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Handed {
    /// On its way, now or at the moment from which the recipient may be written to.
    Queued(MessageId, Option<DateTime<Utc>>),
    /// Kept, not sent, and why.
    Withheld(MessageId, String),
    /// It was handed over before.
    Before,
}

/// Hands a message over.
pub(super) async fn mail(tx: &Tx, mail: FlowMail<'_>) -> Result<Handed> {
    Ok(match flow_mail::send(tx, mail).await? {
        FlowMailed::Queued(id, leaves) => Handed::Queued(id, leaves),
        FlowMailed::Suppressed(id, reason) => Handed::Withheld(id, reason),
        FlowMailed::Duplicate => Handed::Before,
    })
}

/// Whom to ask.
pub(super) struct Question<'a> {
    pub(super) survey: &'a str,
    pub(super) order_id: Option<OrderId>,
    pub(super) customer_id: Option<CustomerId>,
    pub(super) flow_run_id: FlowRunId,
    pub(super) dedupe_key: String,
    pub(super) locale: String,
}

/// Makes an invitation; its id, and where it is answered. `None` when the person was asked before, or nobody is asked any
/// more.
pub(super) async fn invite(tx: &Tx, question: Question<'_>) -> Result<Option<(SurveyInvitationId, String)>> {
    let invite = Invite {
        survey_code: question.survey,
        order_id: question.order_id,
        customer_id: question.customer_id,
        // Any message: the channel stands on the message by which it goes.
        via: SurveyVia::Mail,
        dedupe_key: question.dedupe_key,
        flow_run_id: Some(question.flow_run_id),
        locale: question.locale,
    };
    let invitation = survey::invite(tx, invite).await?;
    Ok(invitation.map(|row| (row.id, survey::link(&tx.ctx().services, &row))))
}

/// Notes the message by which an invitation goes.
pub(super) async fn asked_by(tx: &Tx, invitation: SurveyInvitationId, handed: &Handed) -> Result<()> {
    match handed {
        Handed::Queued(message, _) | Handed::Withheld(message, _) => survey::sent(tx, invitation, *message).await,
        Handed::Before => Ok(()),
    }
}

/// Enqueues a signed call to another system. It carries ids only: whoever may know more asks for it.
pub(super) async fn webhook(
    tx: &Tx,
    run: &flow_run::Model,
    step: FlowStep,
    url: &str,
    (code, channel): (&str, Option<&channel::Model>),
) -> Result<Handed> {
    let id = MessageId(tx.new_uuid());
    let seller = channel.map_or_else(Seller::nameless, Seller::of);
    let row = message::Model {
        id,
        dedupe_key: format!("flow:{}:{}:webhook", run.id, step.step),
        template: "webhook".to_owned(),
        channel: MessageChannel::Webhook,
        locale: "en".to_owned(),
        status: MessageStatus::Queued,
        customer_id: run.customer_id,
        order_id: run.order_id,
        event_id: run.event_id,
        sender: seller.sender(),
        recipient: url.to_owned(),
        message_id: message_id(id, &seller.mail_from),
        subject: format!("flow.{code}"),
        html: String::new(),
        text: told(run, &step, code, tx).to_string(),
        error: None,
        created_at: tx.now(),
        sent_at: None,
        class: MessageClass::Transactional,
        channel_id: run.channel_id,
        template_id: None,
        reason: None,
        send_after: None,
        attempts: 0,
        provider_id: None,
        unsubscribe_url: None,
        flow_id: Some(step.flow_id),
        flow_run_id: Some(step.flow_run_id),
        step: Some(step.step),
        variant: step.variant,
    };
    Ok(insert(tx, row).await?.map_or(Handed::Before, |id| Handed::Queued(id, None)))
}

fn told(run: &flow_run::Model, step: &FlowStep, code: &str, tx: &Tx) -> Value {
    json!({
        "type": "flow.step",
        "flow": code,
        "step": step.step,
        "variant": step.variant,
        "runId": run.id,
        "customerId": run.customer_id,
        "orderId": run.order_id,
        "channelId": run.channel_id,
        "eventId": run.event_id,
        "occurredAt": tx.now(),
    })
}
