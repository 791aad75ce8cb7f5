//! What a gateway that is asked over the network must offer. Never called inside a transaction: a call may take seconds,
//! and what was charged stays charged when a transaction runs again.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::money::{Currency, Money};
use entity::words::{Gateway, PaymentOutcome};
use uuid::Uuid;

/// Money that a buyer shall reserve.
#[derive(Debug, Clone)]
pub struct IntentRequest {
    /// Our payment; the gateway keeps it beside its own, so that news that comes before the answer finds it.
    pub payment_id: Uuid,
    /// How much.
    pub amount: Money,
    /// The same key starts one intent, however often it is sent.
    pub key: String,
}

/// How far an intent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    /// The buyer still has to do something, or the gateway has.
    Waiting,
    /// Reserved.
    Authorized,
    /// Taken, the whole or a part; nothing more can be taken.
    Captured,
    /// Given up.
    Canceled,
}

/// An intent as the gateway has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The gateway's id.
    pub reference: String,
    /// Our payment, as it was told at the start.
    pub payment_id: Option<Uuid>,
    /// How far it is.
    pub status: IntentStatus,
    /// Minor units that it is about.
    pub amount: i64,
    /// ISO 4217.
    pub currency: Currency,
    /// Minor units that can still be taken.
    pub capturable: i64,
    /// Minor units that were taken.
    pub captured: i64,
    /// What the buyer's browser needs to go on; no secret of ours.
    pub client_secret: Option<String>,
    /// Until when the reserved money can be taken.
    pub authorized_until: Option<DateTime<Utc>>,
}

/// Money on its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentBack {
    /// The gateway's id.
    pub reference: String,
    /// How it stands.
    pub outcome: PaymentOutcome,
    /// Why it failed.
    pub error_code: Option<String>,
}

/// Why a gateway did not do what it was asked for. Reasons hold no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The bank says no.
    #[error("declined: {0}")]
    Declined(String),
    /// Nobody knows whether it was done; asking again with the same key tells.
    #[error("{0}")]
    Temporary(String),
    /// Asking again is no use.
    #[error("{0}")]
    Permanent(String),
}

/// A gateway over the network. Every call that changes something names a key: the same key does it once.
#[async_trait]
pub trait NetworkGateway: Send + Sync + std::fmt::Debug {
    /// Starts an intent; the money is reserved when the buyer agrees, and taken by [`NetworkGateway::capture`].
    async fn start(&self, request: &IntentRequest) -> Result<Intent, GatewayError>;
    /// The intent as it is now.
    async fn retrieve(&self, reference: &str) -> Result<Intent, GatewayError>;
    /// Takes a part of what is reserved, minor units. `is_last` gives up the rest.
    async fn capture(&self, reference: &str, amount: Money, is_last: bool, key: &str) -> Result<Intent, GatewayError>;
    /// Gives up what is reserved.
    async fn void(&self, reference: &str, key: &str) -> Result<Intent, GatewayError>;
    /// Sends a part of what was taken back; `label` comes back with the news about it.
    async fn refund(&self, reference: &str, amount: Money, label: &str, key: &str) -> Result<SentBack, GatewayError>;
}

/// The gateways of a process.
#[derive(Debug, Clone, Default)]
pub struct Gateways {
    stripe: Option<Arc<dyn NetworkGateway>>,
}

impl Gateways {
    /// With Stripe, or what stands in for it.
    #[must_use]
    pub fn with_stripe(stripe: Arc<dyn NetworkGateway>) -> Self {
        Self { stripe: Some(stripe) }
    }

    /// Whether none is set up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stripe.is_none()
    }

    /// The one behind a word; `None` when it is not set up, or needs no network.
    #[must_use]
    pub fn get(&self, gateway: Gateway) -> Option<&Arc<dyn NetworkGateway>> {
        self.stripe.as_ref().filter(|_| is_network(gateway))
    }
}

/// Whether a gateway is asked over the network. Stripe is the only one.
#[must_use]
pub const fn is_network(gateway: Gateway) -> bool {
    match gateway {
        Gateway::Stripe => true,
        Gateway::Manual
        | Gateway::Cash
        | Gateway::CardTerminal
        | Gateway::Test
        | Gateway::GiftCard
        | Gateway::StoreCredit
        | Gateway::Points
        | Gateway::Exchange => false,
    }
}
