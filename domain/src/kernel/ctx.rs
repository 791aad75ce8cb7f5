//! The context of one request or job: who asks, in which language, and the services of the process.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};

use super::clock::Clock;
use super::db::{Db, Reader, StatementCount};
use super::language::Language;
use super::network_gateway::Gateways;
use super::permission::{Permission, Scope};
use super::random::Random;
use super::secret::Secrets;
use super::tx::Tx;
use super::{Actor, Result};

/// How often a transaction that lost a race is run in all.
const ATTEMPTS: u32 = 4;

/// What a process offers to every request.
#[derive(Debug)]
pub struct Services {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and secrets.
    pub random: Random,
    /// Keys.
    pub secrets: Secrets,
    /// How the process is set up.
    pub settings: Settings,
    /// Gateways over the network.
    pub gateways: Gateways,
}

/// Settings that rules need.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base of the links in mails, without a trailing slash.
    pub public_url: String,
    /// Development: the `TEST` gateway, the demo's passwords and clock changes are allowed.
    pub development: bool,
    /// Argon2id memory in KiB: 19456 as OWASP advises; tests use less.
    pub password_memory_kib: u32,
    /// Whether short messages can be sent.
    pub sends_sms: bool,
}

/// Who asks, and what for.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The process.
    pub services: Arc<Services>,
    /// Who acts.
    pub actor: Actor,
    /// From the edge to the log, the event and the mail header.
    pub request_id: Arc<str>,
    /// Preferred language of the answer (BCP 47).
    pub locale: Arc<str>,
    /// Code of the channel that the request names (`X-Channel`); not checked.
    pub channel: Option<Arc<str>>,
    /// Network address of the client, for throttles.
    pub ip: Option<IpAddr>,
    /// Statements sent so far.
    pub statements: StatementCount,
    /// Whether nobody waits for it, so that its writes let others pass.
    pub is_background: bool,
}

impl Ctx {
    /// A context for jobs, schedules and the command line.
    #[must_use]
    pub fn system(services: Arc<Services>, request_id: &str) -> Self {
        Self {
            services,
            actor: Actor::System,
            request_id: request_id.into(),
            locale: "en".into(),
            channel: None,
            ip: None,
            statements: StatementCount::default(),
            is_background: false,
        }
    }

    /// The same for work that nobody waits for.
    #[must_use]
    pub fn in_background(self) -> Self {
        Self { is_background: true, ..self }
    }

    /// The same request by another actor.
    #[must_use]
    pub fn with_actor(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.services.clock.now()
    }

    /// The language of messages.
    #[must_use]
    pub fn language(&self) -> Language {
        Language::of(&self.locale)
    }

    /// For reads. Commands that write read through their transaction.
    #[must_use]
    pub fn db(&self) -> Reader {
        Reader::new(self.services.db.reader().clone(), self.statements.clone())
    }

    /// Where the actor may do something. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
    pub fn require(&self, permission: Permission) -> Result<Scope> {
        self.actor.require(permission)
    }

    /// Requires a permission everywhere. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
    pub fn require_everywhere(&self, permission: Permission) -> Result<()> {
        self.actor.require_everywhere(permission)
    }

    /// Runs a command's work in one transaction: commits with its events and jobs when the work succeeds, leaves
    /// nothing when it fails. A transaction that lost a race (serialization, deadlock, busy) runs again, at most three
    /// times, so the work must have no effect outside the database.
    pub async fn write<T, W, F>(&self, work: W) -> Result<T>
    where
        W: Fn(Tx) -> F,
        F: Future<Output = Result<T>>,
    {
        let mut attempt = 1;
        loop {
            match self.write_once(&work, attempt).await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                    let jitter = self.services.random.below(20);
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 5 + jitter)).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn write_once<T, F: Future<Output = Result<T>>>(&self, work: impl Fn(Tx) -> F, attempt: u32) -> Result<T> {
        // SQLite: a deferred transaction that turns into a write fails at once when another writer is there.
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let _turn = self.services.db.turn(self.is_background).await?;
        let transaction = self.services.db.writer().begin_with_options(immediate).await?;
        let tx = Tx::new(transaction, self.clone(), attempt);
        // Boxed: a command's future is large, and everything that awaits it would carry it.
        let value = Box::pin(work(tx.clone())).await?;
        tx.commit().await?;
        Ok(value)
    }
}
