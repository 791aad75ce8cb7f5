//! From texts to settings; every value is checked and all mistakes are collected.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::words::Carrier;
use secrecy::SecretString;

use super::source::variable;
use super::{Config, ConfigError, DEVELOPMENT_SECRET, Environment, Mistake, Network};

/// Fewest characters of a secret: 32 random ones hold at least 128 bits in every usual encoding.
pub(super) const SECRET_LENGTH: usize = 32;

pub(super) struct Reader {
    values: BTreeMap<String, String>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    pub(super) fn mistake(&mut self, name: &str, problem: impl Into<String>, fix: impl Into<String>) {
        self.mistakes.push(Mistake { setting: variable(name), problem: problem.into(), fix: fix.into() });
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// A value of some type; the mistake shows what was written, so never use it for secrets.
    fn parsed<T: FromStr>(&mut self, name: &str, what: &str, fix: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.mistake(name, format!("\"{text}\" is not {what}"), fix);
        }
        value
    }

    fn number<T: FromStr + PartialOrd + std::fmt::Display>(&mut self, name: &str, least: T, most: T, default: T) -> T {
        let fix = format!("use a whole number from {least} to {most}");
        match self.parsed::<T>(name, "a whole number", &fix) {
            Some(value) if value >= least && value <= most => value,
            Some(value) => {
                self.mistake(name, format!("{value} is out of range"), fix);
                default
            }
            None => default,
        }
    }

    fn list<T: FromStr>(&mut self, name: &str, what: &str, fix: &str) -> Vec<T> {
        let text = self.text(name).unwrap_or_default();
        let mut items = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.parse() {
                Ok(item) => items.push(item),
                Err(_) => self.mistake(name, format!("\"{part}\" is not {what}"), fix),
            }
        }
        items
    }
}

/// Things that work but that a production process should not lack.
pub(super) fn warnings(config: &Config) -> Vec<Mistake> {
    let mut warnings = Vec::new();
    let mut warn = |name: &str, problem: &str, fix: &str| {
        warnings.push(Mistake { setting: variable(name), problem: problem.to_owned(), fix: fix.to_owned() });
    };
    if config.environment == Environment::Production {
        if config.smtp_url.is_none() {
            let fix = "set it, such as smtps://user:password@host:465";
            warn("smtp_url", "it is not set, so that no mail leaves", fix);
        }
        if !config.public_url.starts_with("https://") {
            let problem = format!("links in mails will begin with {}, which is not https", config.public_url);
            warn("public_url", &problem, "set it to the address that customers open, such as https://shop.example");
        }
    }
    warnings
}

/// Reads all settings. Errors: every mistake found.
pub(super) fn config(values: BTreeMap<String, String>) -> Result<Config, ConfigError> {
    let mut reader = Reader { values, mistakes: Vec::new() };
    let listen = address(&mut reader, "listen", SocketAddr::from(([127, 0, 0, 1], 8080)));
    let environment = environment(&mut reader, listen);
    let data_dir = PathBuf::from(reader.text("data_dir").unwrap_or_else(|| "./data".to_owned()));
    let metrics_listen = metrics_listen(&mut reader, listen);
    let config = Config {
        environment,
        database_url: database_url(&mut reader, &data_dir).into(),
        database_connections: reader.number("database_connections", 1, 500, 8),
        listen,
        metrics_listen,
        public_url: public_url(&mut reader, listen),
        smtp_url: smtp_url(&mut reader, environment == Environment::Production),
        secret: secret(&mut reader, environment),
        carrier_webhook_secrets: carrier_secrets(&mut reader, environment),
        messages: super::messages::messages(&mut reader, environment == Environment::Production),
        stripe: super::stripe::stripe(&mut reader, environment == Environment::Production),
        log: reader.text("log").unwrap_or_else(|| "info".to_owned()),
        clock: clock(&mut reader, environment),
        cors_origins: origins(&mut reader),
        trusted_proxies: reader.list::<Network>(
            "trusted_proxies",
            "an address or a block of addresses",
            "write addresses separated by commas, such as 10.0.0.0/8,192.168.1.5",
        ),
        max_in_flight: reader.number("max_in_flight", 1, 100_000, 512),
        query_points_per_second: reader.number("query_points_per_second", 1, 1_000_000_000, points(environment)),
        request_timeout: Duration::from_secs(reader.number("request_timeout", 1, 300, 10)),
        http_threads: reader.number("http_threads", 1, 256, cores()),
        trusted_documents: documents(&mut reader),
        trusted_documents_only: trusted_only(&mut reader),
        data_dir,
    };
    log_filter(&mut reader, &config.log);
    if reader.mistakes.is_empty() { Ok(config) } else { Err(ConfigError(reader.mistakes)) }
}

/// Plenty in development, where load tests come from one address.
const fn points(environment: Environment) -> u64 {
    match environment {
        Environment::Development => 1_000_000,
        Environment::Production => 2_000,
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

fn address(reader: &mut Reader, name: &str, default: SocketAddr) -> SocketAddr {
    reader
        .parsed(name, "an address and a port", "write it like 127.0.0.1:8080, or 0.0.0.0:8080 for all networks")
        .unwrap_or(default)
}

/// Unset means development, but only while nobody outside the machine can reach it.
fn environment(reader: &mut Reader, listen: SocketAddr) -> Environment {
    match reader.text("env").as_deref() {
        Some("development") => Environment::Development,
        Some("production") => Environment::Production,
        Some(other) => {
            let problem = format!("\"{other}\" is not an environment");
            reader.mistake("env", problem, "use development or production");
            // Which of the two was meant is unknown: complaints about the other one would be noise.
            Environment::Development
        }
        None if listen.ip().is_loopback() => Environment::Development,
        None => {
            reader.mistake(
                "env",
                format!("it is not set, and HITOTSU_LISTEN={listen} can be reached by other machines"),
                "set it to production (or to development if you mean it)",
            );
            Environment::Development
        }
    }
}

fn metrics_listen(reader: &mut Reader, listen: SocketAddr) -> Option<SocketAddr> {
    if reader.text("metrics_listen").as_deref() == Some("off") {
        return None;
    }
    let address = address(reader, "metrics_listen", SocketAddr::from(([127, 0, 0, 1], 9090)));
    if address == listen && address.port() != 0 {
        reader.mistake(
            "metrics_listen",
            format!("{address} is HITOTSU_LISTEN too; metrics must not be where customers are"),
            "use another port, such as 127.0.0.1:9090, or off",
        );
    }
    Some(address)
}

fn database_url(reader: &mut Reader, data_dir: &std::path::Path) -> String {
    let Some(url) = reader.text("database_url") else {
        return format!("sqlite://{}", data_dir.join("hitotsu.db").display());
    };
    let known = ["sqlite:", "postgres://", "postgresql://"];
    if !known.iter().any(|scheme| url.starts_with(scheme)) {
        reader.mistake(
            "database_url",
            "it names no database that is supported (its value is not shown: it may hold a password)",
            "write sqlite://path/to/file.db or postgres://user:password@host/database",
        );
    }
    url
}

fn public_url(reader: &mut Reader, listen: SocketAddr) -> String {
    let Some(url) = reader.text("public_url") else {
        let host = if listen.ip().is_unspecified() { "localhost".to_owned() } else { listen.ip().to_string() };
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        return format!("http://{host}:{}", listen.port());
    };
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/') || rest.contains(['?', '#', ' ', '@'])) {
        let problem = format!("\"{url}\" is not a web address");
        reader.mistake("public_url", problem, "write it like https://shop.example, without query or fragment");
    }
    url.trim_end_matches('/').to_owned()
}

fn smtp_url(reader: &mut Reader, is_production: bool) -> Option<SecretString> {
    let url = reader.text("smtp_url")?;
    if !url.starts_with("smtp://") && !url.starts_with("smtps://") {
        reader.mistake(
            "smtp_url",
            "it does not begin with smtp:// or smtps:// (its value is not shown: it may hold a password)",
            "write smtps://user:password@host:465 or smtp://user:password@host:587?tls=required",
        );
    } else if is_production && shows_password(&url) {
        reader.mistake(
            "smtp_url",
            "its password would go over the network in plain text (its value is not shown)",
            "write smtps://… or append ?tls=required; opportunistic is not enough, because whoever listens can refuse TLS",
        );
    }
    Some(url.into())
}

/// Whether an address names a user and lets it be sent without TLS.
fn shows_password(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("smtp://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let query = rest.split('#').next().and_then(|rest| rest.split_once('?')).map_or("", |(_, query)| query);
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("tls="));
    authority.contains('@') && asked != Some("required")
}

fn secret(reader: &mut Reader, environment: Environment) -> SecretString {
    let fix = "set it to at least 32 random characters, for example the output of `openssl rand -base64 48`";
    match (reader.text("secret"), environment) {
        (Some(secret), Environment::Production) if secret == DEVELOPMENT_SECRET => {
            reader.mistake("secret", "it is the one of development, which everybody knows", fix);
            secret.into()
        }
        (Some(secret), Environment::Production) if secret.chars().count() < SECRET_LENGTH => {
            let problem = format!("it has fewer than {SECRET_LENGTH} characters and could be guessed");
            reader.mistake("secret", problem, fix);
            secret.into()
        }
        (Some(secret), _) => secret.into(),
        (None, Environment::Development) => DEVELOPMENT_SECRET.into(),
        (None, Environment::Production) => {
            reader.mistake("secret", "it is not set, and every key is derived from it", fix);
            DEVELOPMENT_SECRET.into()
        }
    }
}

/// `yamato=secret,sagawa=secret`. What is wrong is told without the values.
fn carrier_secrets(reader: &mut Reader, environment: Environment) -> BTreeMap<Carrier, SecretString> {
    const NAME: &str = "carrier_webhook_secrets";
    let fix = "write carrier=secret pairs separated by commas, each secret of at least 32 random characters";
    let text = reader.text(NAME).unwrap_or_default();
    let mut secrets = BTreeMap::new();
    for (place, pair) in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()).enumerate() {
        let (name, secret) = pair.split_once('=').unwrap_or((pair, ""));
        let Ok(carrier) = name.trim().to_ascii_uppercase().parse::<Carrier>() else {
            reader.mistake(NAME, format!("entry {} names no carrier", place + 1), fix);
            continue;
        };
        let secret = secret.trim();
        let short = secret.chars().count() < SECRET_LENGTH && environment == Environment::Production;
        if short || secret.is_empty() {
            reader.mistake(NAME, format!("the secret of {carrier} is too short and could be guessed"), fix);
        }
        secrets.insert(carrier, secret.to_owned().into());
    }
    secrets
}

fn clock(reader: &mut Reader, environment: Environment) -> Option<DateTime<Utc>> {
    let at: Option<DateTime<chrono::FixedOffset>> =
        reader.parsed("clock", "a moment", "write it as RFC 3339, such as 2026-11-21T09:00:00+09:00");
    if at.is_some() && environment == Environment::Production {
        reader.mistake("clock", "time can be set in development only", "remove it");
    }
    at.map(|at| at.with_timezone(&Utc))
}

/// An origin as browsers write it (RFC 6454): scheme, host and maybe a port, nothing else.
struct Origin(String);

impl FromStr for Origin {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(())?;
        let plain = !host.is_empty() && !host.contains(['/', '?', '#', '*', ' ', '@']);
        if plain { Ok(Self(text.to_ascii_lowercase())) } else { Err(()) }
    }
}

fn origins(reader: &mut Reader) -> Vec<String> {
    let fix = "write full origins separated by commas, such as https://shop.example,https://admin.shop.example";
    reader.list::<Origin>("cors_origins", "a web origin", fix).into_iter().map(|origin| origin.0).collect()
}

/// The documents of the manifest.
fn documents(reader: &mut Reader) -> Vec<String> {
    let Some(path) = reader.text("trusted_documents") else { return Vec::new() };
    let read = super::documents::read(std::path::Path::new(&path));
    read.unwrap_or_else(|problem| {
        let fix = "name a JSON file that maps the SHA-256 of each document, in hex, to its text";
        reader.mistake("trusted_documents", problem, fix);
        Vec::new()
    })
}

/// Whether only trusted documents run. Without a manifest nothing would.
fn trusted_only(reader: &mut Reader) -> bool {
    let fix = "write true or false";
    let only = reader.parsed("trusted_documents_only", "true or false", fix).unwrap_or(false);
    if only && reader.text("trusted_documents").is_none() {
        let problem = "it is true, but HITOTSU_TRUSTED_DOCUMENTS names no manifest, so that nothing would run";
        reader.mistake("trusted_documents_only", problem, "name a manifest, or set it to false");
    }
    only
}

fn log_filter(reader: &mut Reader, filter: &str) {
    if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(filter) {
        let problem = format!("\"{filter}\" is not a log filter ({error})");
        reader.mistake("log", problem, "use error, warn, info, debug or trace, or pairs such as info,hitotsu=debug");
    }
}
