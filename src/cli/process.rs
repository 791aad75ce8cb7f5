//! `serve` and `worker`: processes that run until they are told to stop.

use std::sync::Arc;

use anyhow::bail;
use domain::kernel::ctx::Services;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{self, App, Stop};
use crate::config::Config;
use crate::http::health::pending_migrations;
use crate::lock::ServerLock;

/// Serves the API.
pub(super) async fn serve(config: Config, with_worker: bool) -> anyhow::Result<()> {
    let (_lock, services) = open(&config).await?;
    let app = App::build(config, Arc::clone(&services), with_worker)?;
    tracing::info!(address = ?app.address(), metrics = ?app.metrics_address(), with_worker, "serving");
    run_until_signal(app).await?;
    close(services).await
}

/// Runs jobs only.
pub(super) async fn worker(config: Config) -> anyhow::Result<()> {
    let (_lock, services) = open(&config).await?;
    let app = App::build_worker(config, Arc::clone(&services))?;
    tracing::info!(metrics = ?app.metrics_address(), "working");
    run_until_signal(app).await?;
    close(services).await
}

/// Takes the database for this process. Errors: another process serves it, or its tables are not those of this build.
async fn open(config: &Config) -> anyhow::Result<(Option<ServerLock>, Arc<Services>)> {
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let lock = lock(config)?;
    let services = app::services(config).await?;
    let pending = pending_migrations(services.db.reader()).await?;
    if !pending.is_empty() {
        bail!("{} migration(s) are pending: {}; run `hitotsu migrate` first", pending.len(), pending.join(", "));
    }
    Ok((lock, services))
}

/// The lock of a SQLite file; PostgreSQL needs none.
pub(super) fn lock(config: &Config) -> anyhow::Result<Option<ServerLock>> {
    Ok(config.sqlite_path().map(|path| ServerLock::acquire(&path)).transpose()?)
}

/// Runs until SIGTERM or SIGINT.
pub(super) async fn run_until_signal(app: App) -> anyhow::Result<()> {
    let stop = app.stop_handle();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = tokio::spawn(async move {
        wait(&mut terminate, &mut interrupt, &stop).await;
        // Who asks twice does not want to wait.
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        std::process::exit(1);
    });
    let served = app.run().await;
    listener.abort();
    tracing::info!("stopped");
    Ok(served?)
}

async fn wait(terminate: &mut tokio::signal::unix::Signal, interrupt: &mut tokio::signal::unix::Signal, stop: &Stop) {
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    tracing::info!("stopping: nothing new is accepted, work in flight ends");
    stop.stop();
}

/// Closes the database, so that SQLite's log is folded back into the file.
pub(super) async fn close(services: Arc<Services>) -> anyhow::Result<()> {
    Ok(services.db.clone().close().await?)
}
