//! What is asked of a gateway over the network, as a job: decided in a transaction, done outside of it.

use entity::id::{EventId, GatewayEventId, PaymentId, RefundId};
use entity::payment_event;
use entity::words::{PaymentEventKind, PaymentOutcome};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::kernel::job::NewJob;
pub use crate::kernel::network_gateway::is_network;

/// The job that asks a gateway.
pub const GATEWAY_JOB: &str = "ask_gateway";

/// Something to ask a gateway for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayTask {
    /// About which payment.
    pub payment_id: PaymentId,
    /// What.
    pub ask: Ask,
}

/// What to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Take a part of what is reserved, minor units.
    Capture {
        /// How much.
        amount: i64,
        /// The event that decided it; names the call.
        event_id: EventId,
    },
    /// Give up what is reserved.
    Void {
        /// The event that decided it; names the call.
        event_id: EventId,
    },
    /// Send back what waits of a refund.
    Refund {
        /// Which.
        refund_id: RefundId,
    },
    /// Look how things are, because of news or because nothing was heard.
    Look {
        /// The news.
        gateway_event_id: Option<GatewayEventId>,
    },
}

impl GatewayTask {
    /// The job; those of one payment run one at a time.
    #[must_use]
    pub fn job(&self) -> NewJob {
        NewJob::new(GATEWAY_JOB, json!(self)).subject(format!("payment:{}", self.payment_id.uuid()))
    }
}

/// The task that a decided fact asks for; `None` for facts and for gateways without a network.
pub(super) fn of(fact: &payment_event::Model) -> Option<GatewayTask> {
    if !is_network(fact.gateway) || fact.outcome != PaymentOutcome::Pending {
        return None;
    }
    let ask = match fact.kind {
        PaymentEventKind::Capture => Ask::Capture { amount: fact.amount, event_id: fact.event_id },
        PaymentEventKind::Void => Ask::Void { event_id: fact.event_id },
        PaymentEventKind::Refund => Ask::Refund { refund_id: fact.refund_id? },
        PaymentEventKind::Authorize | PaymentEventKind::Chargeback => return None,
    };
    Some(GatewayTask { payment_id: fact.payment_id, ask })
}

/// What of a payment was asked for and not answered yet, minor units, of one kind of fact.
#[must_use]
pub fn open<'a>(events: impl IntoIterator<Item = &'a payment_event::Model>, kind: PaymentEventKind) -> i64 {
    let signed = |event: &payment_event::Model| match event.outcome {
        PaymentOutcome::Pending => event.amount,
        PaymentOutcome::Success | PaymentOutcome::Failure => -event.amount,
    };
    // In any order: two processes may count the same moment differently.
    events.into_iter().filter(|event| event.kind == kind).map(signed).sum::<i64>().max(0)
}
