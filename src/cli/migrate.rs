//! `migrate`: brings the tables up to date.

use anyhow::Context as _;
use migration::MigratorTrait as _;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use secrecy::ExposeSecret as _;

use super::say;
use crate::app;
use crate::config::Config;
use crate::http::health::pending_migrations;

/// Runs what is pending and says what it ran.
pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    let applied = up(config).await?;
    for name in &applied {
        say(&format!("applied {name}"))?;
    }
    if applied.is_empty() {
        say("nothing to do: the tables are up to date")?;
    }
    Ok(())
}

/// Runs what is pending; returns its names.
pub(super) async fn up(config: &Config) -> anyhow::Result<Vec<String>> {
    // Opening the services makes folders and, on SQLite, sets the journal mode of a fresh file.
    let services = app::services(config).await?;
    let pending = pending_migrations(services.db.reader()).await?;
    if !pending.is_empty() {
        if config.sqlite_path().is_some() {
            migrate(services.db.writer()).await?;
        } else {
            // A connection of its own: a migration may take longer than the five seconds a statement of a request may.
            let mut options = ConnectOptions::new(config.database_url.expose_secret());
            options.max_connections(1).sqlx_logging(false);
            let connection = Database::connect(options).await?;
            migrate(&connection).await?;
            connection.close().await?;
        }
    }
    services.db.clone().close().await?;
    Ok(pending)
}

async fn migrate(connection: &DatabaseConnection) -> anyhow::Result<()> {
    migration::Migrator::up(connection, None)
        .await
        .context("the migration failed; nothing of it was kept where the database allows that")
}
