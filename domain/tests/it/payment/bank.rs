//! A gateway in memory that does what it is told, once per key, and can lose its answers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::Ctx;
use domain::jobs::{Adapters, run_due};
use domain::kernel::ctx::Services;
use domain::kernel::network_gateway::{
    GatewayError, Gateways, Intent, IntentRequest, IntentStatus, NetworkGateway, SentBack,
};
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use entity::money::Money;
use entity::words::PaymentOutcome;
use support::World;

#[derive(Debug, Default)]
pub(crate) struct Books {
    pub intents: HashMap<String, Intent>,
    keys: HashMap<String, String>,
    /// Refunds carried out: key and amount.
    pub refunds: Vec<(String, i64)>,
    /// How the next refunds end.
    pub refund_outcomes: VecDeque<PaymentOutcome>,
    /// Answers that get lost after the work is done.
    pub lost: usize,
    /// Captures carried out.
    pub captures: usize,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Bank(pub Arc<Mutex<Books>>);

impl Bank {
    /// The process with this gateway.
    pub(crate) fn services(&self, world: &World) -> Arc<Services> {
        let own = world.services();
        Arc::new(Services {
            db: own.db.clone(),
            clock: own.clock.clone(),
            random: domain::kernel::random::Random::default(),
            secrets: own.secrets.clone(),
            settings: own.settings.clone(),
            gateways: Gateways::with_stripe(Arc::new(self.clone())),
        })
    }

    /// The buyer agrees to all that waits.
    pub(crate) fn agree(&self) {
        for intent in self.0.lock().unwrap().intents.values_mut() {
            if intent.status == IntentStatus::Waiting {
                (intent.status, intent.capturable) = (IntentStatus::Authorized, intent.amount);
            }
        }
    }

    pub(crate) fn only(&self) -> Intent {
        let books = self.0.lock().unwrap();
        assert_eq!(books.intents.len(), 1, "charged twice");
        books.intents.values().next().unwrap().clone()
    }

    fn answer(&self, intent: Intent) -> Result<Intent, GatewayError> {
        let mut books = self.0.lock().unwrap();
        if books.lost > 0 {
            books.lost -= 1;
            return Err(GatewayError::Temporary("no answer in time".to_owned()));
        }
        Ok(intent)
    }

    fn change(&self, reference: &str, key: &str, change: impl FnOnce(&mut Intent)) -> Intent {
        let mut books = self.0.lock().unwrap();
        let fresh = books.keys.insert(key.to_owned(), reference.to_owned()).is_none();
        let intent = books.intents.get_mut(reference).unwrap();
        if fresh {
            change(intent);
        }
        intent.clone()
    }
}

#[async_trait]
impl NetworkGateway for Bank {
    async fn start(&self, request: &IntentRequest) -> Result<Intent, GatewayError> {
        let intent = {
            let mut books = self.0.lock().unwrap();
            let reference = format!("pi_{}", books.intents.len() + 1);
            let reference = books.keys.entry(request.key.clone()).or_insert(reference).clone();
            let fresh = Intent {
                reference: reference.clone(),
                payment_id: Some(request.payment_id),
                status: IntentStatus::Waiting,
                amount: request.amount.minor,
                currency: request.amount.currency,
                capturable: 0,
                captured: 0,
                client_secret: Some(format!("{reference}_secret")),
                authorized_until: None,
            };
            books.intents.entry(reference).or_insert(fresh).clone()
        };
        self.answer(intent)
    }

    async fn retrieve(&self, reference: &str) -> Result<Intent, GatewayError> {
        let found = self.0.lock().unwrap().intents.get(reference).cloned();
        self.answer(found.ok_or_else(|| GatewayError::Permanent("resource_missing".to_owned()))?)
    }

    async fn capture(&self, reference: &str, amount: Money, is_last: bool, key: &str) -> Result<Intent, GatewayError> {
        let before = self.0.lock().unwrap().intents[reference].clone();
        let known = self.0.lock().unwrap().keys.contains_key(key);
        if !known && (before.status != IntentStatus::Authorized || before.capturable < amount.minor) {
            return Err(GatewayError::Permanent("payment_intent_unexpected_state".to_owned()));
        }
        if !known {
            self.0.lock().unwrap().captures += 1;
        }
        self.answer(self.change(reference, key, |intent| {
            intent.captured += amount.minor;
            intent.capturable = if is_last { 0 } else { intent.capturable - amount.minor };
            if intent.capturable == 0 {
                intent.status = IntentStatus::Captured;
            }
        }))
    }

    async fn void(&self, reference: &str, key: &str) -> Result<Intent, GatewayError> {
        if self.0.lock().unwrap().intents[reference].status == IntentStatus::Captured {
            return Err(GatewayError::Permanent("payment_intent_unexpected_state".to_owned()));
        }
        self.answer(self.change(reference, key, |intent| {
            (intent.status, intent.capturable) = (IntentStatus::Canceled, 0);
        }))
    }

    async fn refund(&self, _: &str, amount: Money, _: &str, key: &str) -> Result<SentBack, GatewayError> {
        let mut books = self.0.lock().unwrap();
        let outcome = books.refund_outcomes.pop_front().unwrap_or(PaymentOutcome::Success);
        if !books.refunds.iter().any(|(known, _)| known == key) && outcome != PaymentOutcome::Failure {
            books.refunds.push((key.to_owned(), amount.minor));
        }
        let error_code = (outcome == PaymentOutcome::Failure).then(|| "expired_or_canceled_card".to_owned());
        if books.lost > 0 {
            books.lost -= 1;
            return Err(GatewayError::Temporary("no answer in time".to_owned()));
        }
        Ok(SentBack { reference: format!("re_{key}"), outcome, error_code })
    }
}

#[derive(Debug)]
struct AnyMail;

#[async_trait]
impl MessageTransport for AnyMail {
    async fn send(&self, _: &OutgoingMail) -> Result<(), SendError> {
        Ok(())
    }
}

/// Runs everything that is due, as this process would.
pub(crate) async fn work(ctx: &Ctx) {
    run_due(&ctx.with_actor(domain::Actor::System), &Adapters { mail: Arc::new(AnyMail) }).await.unwrap();
}
