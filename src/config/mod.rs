//! How a process is set up: defaults, then a TOML file, then the environment (`HITOTSU_*`).
//!
//! Every mistake is one line that says what is wrong, why, and how to mend it; all mistakes are told at once. Values
//! of secrets are never printed.

mod documents;
mod messages;
mod network;
mod read;
mod source;
mod stripe;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::words::Carrier;
use secrecy::SecretString;

pub use messages::{LineConfig, MessagesConfig, SmsConfig, WebhookConfig};
pub use network::Network;
pub use stripe::StripeConfig;

/// The secret of development; refused elsewhere.
pub(crate) const DEVELOPMENT_SECRET: &str = "hitotsu-development-secret-never-use-outside-development";

/// Where a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// On a developer's machine: GraphiQL, the mailbox, clock changes, the test gateway.
    Development,
    /// For real: none of these.
    Production,
}

/// Settings of a process. Build it with [`Config::load`] or, in tests, from text with [`Config::parse`].
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it runs.
    pub environment: Environment,
    /// `sqlite://path` or `postgres://…`; may hold a password.
    pub database_url: SecretString,
    /// Most connections of the pool of readers (SQLite) or of the whole pool (PostgreSQL).
    pub database_connections: u32,
    /// Address of the API.
    pub listen: SocketAddr,
    /// Address of `/metrics`; `None` when it is off.
    pub metrics_listen: Option<SocketAddr>,
    /// Where files live: the SQLite database, the development mailbox.
    pub data_dir: PathBuf,
    /// Base of links, without a trailing slash.
    pub public_url: String,
    /// Where mail goes; `None` in development means the mailbox.
    pub smtp_url: Option<SecretString>,
    /// The master secret, from which all keys are derived.
    pub secret: SecretString,
    /// Secrets by which carriers sign their webhooks; a carrier without one is not listened to.
    pub carrier_webhook_secrets: BTreeMap<Carrier, SecretString>,
    /// How messages leave and how news of them come back.
    pub messages: MessagesConfig,
    /// The account at Stripe; `None` when cards are not taken.
    pub stripe: Option<StripeConfig>,
    /// Log filter, such as `info,hitotsu=debug`.
    pub log: String,
    /// Where the clock starts, in development.
    pub clock: Option<DateTime<Utc>>,
    /// Web origins that may call the API from a browser, beside the one of `public_url`.
    pub cors_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Requests that may run at once; more get 503.
    pub max_in_flight: usize,
    /// Points of query cost that one client gets per second; it may save up those of ten seconds.
    pub query_points_per_second: u64,
    /// Longest time of one request.
    pub request_timeout: Duration,
    /// Threads that serve HTTP.
    pub http_threads: usize,
    /// GraphQL documents that clients may name by their hash.
    pub trusted_documents: Vec<String>,
    /// Whether no other document runs.
    pub trusted_documents_only: bool,
}

/// One mistake in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The variable, such as `HITOTSU_LISTEN`.
    pub setting: String,
    /// What is wrong and why.
    pub problem: String,
    /// How to mend it.
    pub fix: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.setting, self.problem, self.fix)
    }
}

/// The settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<Mistake>);

impl Config {
    /// Reads the file named by `--config` or `HITOTSU_CONFIG` (else `hitotsu.toml` when there is one) and the
    /// environment. Errors: every mistake found.
    pub fn load(file: Option<PathBuf>) -> Result<Self, ConfigError> {
        let text = source::file_text(file)?;
        Self::parse(text.as_deref().unwrap_or_default(), std::env::vars())
    }

    /// Reads the text of a TOML file and variables; variables win. Errors: every mistake found.
    pub fn parse(toml: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        read::config(source::values(toml, variables)?)
    }

    /// Whether development features are on.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.environment == Environment::Development
    }

    /// What works but should not be so in production; told when the process starts.
    #[must_use]
    pub fn warnings(&self) -> Vec<Mistake> {
        read::warnings(self)
    }

    /// Where the SQLite database is; `None` for PostgreSQL and for a database in memory.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        use secrecy::ExposeSecret as _;
        let rest = self.database_url.expose_secret().strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or_default();
        (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path))
    }
}

#[cfg(test)]
mod tests;
