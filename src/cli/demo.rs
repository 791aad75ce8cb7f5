//! `demo`: a shop to look around in, from nothing to open in seconds.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use domain::Ctx;
use domain::kernel::ctx::Services;
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use serde_json::Value;

use super::{migrate, process, say};
use crate::app::{self, App};
use crate::config::Config;
use crate::demo::{self, DemoFacts};

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Begin again: all data of an earlier demo is deleted first.
    #[arg(long)]
    reset: bool,
    /// One line of JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// Migrates, seeds what is missing, prints how to get in, and serves.
pub(super) async fn run(config: Config, args: DemoArgs) -> anyhow::Result<()> {
    if !config.is_development() {
        bail!("HITOTSU_ENV: the demo has passwords that everybody knows; it runs in development only");
    }
    let _lock = process::lock(&config)?;
    if args.reset {
        reset(&config).await?;
    }
    migrate::up(&config).await?;
    let services = app::services(&config).await?;
    let ctx = Ctx::system(Arc::clone(&services), "demo");
    let facts = demo::seed(&ctx, demo::Options::default()).await.context("the demo cannot be seeded; try --reset")?;
    let public_url = config.public_url.clone();
    let app = App::build(config, Arc::clone(&services), true)?;
    let base = match app.address() {
        // A port that the system chose is known only now.
        Some(address) if public_url.ends_with(":0") => format!("http://{address}"),
        _ => public_url,
    };
    say(&if args.json { as_json(&base, &facts)?.to_string() } else { as_text(&base, &facts) })?;
    process::run_until_signal(app).await?;
    process::close(services).await
}

/// Deletes everything, unless the database holds something else than a demo.
async fn reset(config: &Config) -> anyhow::Result<()> {
    let services = app::services(config).await?;
    let is_disposable = is_disposable(&services).await?;
    let db = services.db.clone();
    if !is_disposable {
        db.close().await?;
        bail!("HITOTSU_DATABASE_URL: this database holds staff but no demo; nothing was deleted");
    }
    if let Some(path) = config.sqlite_path() {
        db.close().await?;
        for suffix in ["", "-wal", "-shm"] {
            let mut file = path.clone().into_os_string();
            file.push(suffix);
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
        }
        return Ok(());
    }
    if db.backend() == DatabaseBackend::Postgres {
        let empty = "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public";
        db.writer().execute_unprepared(empty).await?;
    }
    Ok(db.close().await?)
}

/// Whether nobody works here, or only the demo's staff.
async fn is_disposable(services: &Services) -> anyhow::Result<bool> {
    let db = services.db.reader();
    let backend = db.get_database_backend();
    let exists = if backend == DatabaseBackend::Postgres {
        "SELECT to_regclass('staff') IS NOT NULL AS answer"
    } else {
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'staff') AS answer"
    };
    let answer = async |sql: &str| -> anyhow::Result<bool> {
        let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
        Ok(row.map(|row| row.try_get("", "answer")).transpose()?.unwrap_or(false))
    };
    if !answer(exists).await? {
        return Ok(true);
    }
    answer(
        "SELECT NOT EXISTS (SELECT 1 FROM staff) \
         OR EXISTS (SELECT 1 FROM staff WHERE email = 'admin@demo.example') AS answer",
    )
    .await
}

fn as_json(base: &str, facts: &DemoFacts) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(facts)?;
    let fields = value.as_object_mut().context("the facts of the demo are an object")?;
    for (name, path) in [("shopUrl", "/graphql"), ("staffUrl", "/graphql/staff"), ("mailboxUrl", "/dev/mailbox")] {
        fields.insert(name.to_owned(), format!("{base}{path}").into());
    }
    Ok(value)
}

fn as_text(base: &str, facts: &DemoFacts) -> String {
    let mut lines = vec![
        format!("Shop API     {base}/graphql"),
        format!("Staff API    {base}/graphql/staff"),
        format!("Mailbox      {base}/dev/mailbox"),
        format!("Pairing code {}  (for a till, within 15 minutes)", facts.device_pairing_code),
        format!("Code         {}  (ten percent off)", facts.promotion_code),
        format!("Gift card    {}  (JPY 3,000, until somebody spends it)", facts.gift_card_code),
        String::new(),
    ];
    let channels = facts
        .channels
        .iter()
        .map(|channel| format!("Channel      {}  {} ({})", channel.code, channel.name, channel.currency));
    let locations = facts.locations.iter().map(|location| format!("Location     {}  {}", location.code, location.name));
    let logins =
        facts.logins.iter().map(|login| format!("Staff        {}  {}  ({})", login.email, login.password, login.role));
    let customers =
        facts.customers.iter().map(|customer| format!("Customer     {}  {}", customer.email, customer.password));
    lines.extend(channels.chain(locations).chain(logins).chain(customers));
    lines.push(String::new());
    lines.push("Open for business. Stop with Ctrl+C.".to_owned());
    lines.join("\n")
}
