//! `import`: files from elsewhere, through the same commands as the API.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::import::inventory::{ImportInventory, import_inventory};
use domain::import::products::{ImportProducts, import_products};
use domain::import::{ImportReport, RowProblem};
use domain::kernel::language::Language;
use domain::{Ctx, channel, location};
use entity::id::{ChannelId, LocationId};
use serde_json::{Value, json};

use super::{finish, say};
use crate::app;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Shopify's product CSV: products, variants, images, prices, and stock when a location is named.
    Products {
        #[command(flatten)]
        file: FileArgs,
        /// Code of the channel that gets the prices; default: the first online channel.
        #[arg(long, value_name = "CODE")]
        channel: Option<String>,
        /// Code of the location that gets the quantities of the file; default: stock is left alone.
        #[arg(long, value_name = "CODE")]
        location: Option<String>,
    },
    /// Shopify's inventory CSV: how many units lie at each location.
    Inventory {
        #[command(flatten)]
        file: FileArgs,
        /// Code of the location of lines that name none.
        #[arg(long, value_name = "CODE")]
        location: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// The file.
    file: PathBuf,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Imports a file; the status is 1 when a line of it could not be.
pub(super) async fn run(config: &Config, import: Import) -> ExitCode {
    match Box::pin(imported(config, import)).await {
        Ok(report) if report.failed == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => finish(Err(error)),
    }
}

async fn imported(config: &Config, import: Import) -> anyhow::Result<ImportReport> {
    let (Import::Products { file, .. } | Import::Inventory { file, .. }) = &import;
    let (json, dry_run) = (file.json, file.dry_run);
    let bytes = tokio::fs::read(&file.file).await.with_context(|| format!("{} cannot be read", file.file.display()))?;
    let services = app::services(config).await?;
    let ctx = Ctx::system(Arc::clone(&services), "import");
    let result = match import {
        Import::Products { channel, location, .. } => {
            let channel_id = channel_id(&ctx, channel).await?;
            let location_id = location_id(&ctx, location).await?;
            let input = ImportProducts { file: bytes, channel_id, location_id, dry_run };
            import_products(&ctx, input, &progress).await
        }
        Import::Inventory { location, .. } => {
            let location_id = location_id(&ctx, location).await?;
            import_inventory(&ctx, ImportInventory { file: bytes, location_id, dry_run }, &progress).await
        }
    };
    let report = result.map_err(|error| anyhow::anyhow!("{} ({error})", error.message(Language::En)))?;
    if std::io::stderr().is_terminal() {
        let _ = writeln!(std::io::stderr());
    }
    services.db.clone().close().await?;
    say(&if json { as_json(&report).to_string() } else { as_text(&report) })?;
    Ok(report)
}

/// How far it is, for a person who watches.
fn progress(done: u64, all: u64) {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r{done} of {all}");
        let _ = err.flush();
    }
}

/// The channel of a code, or the first online channel, if any. Error: there is no such channel.
pub(super) async fn channel_id(ctx: &Ctx, code: Option<String>) -> anyhow::Result<Option<ChannelId>> {
    let Some(code) = code else {
        return Ok(channel::query::default_online(&ctx.db()).await?.map(|channel| channel.id));
    };
    match channel::query::by_code(&ctx.db(), &code).await? {
        Some(channel) => Ok(Some(channel.id)),
        None => bail!("there is no channel with the code {code}"),
    }
}

async fn location_id(ctx: &Ctx, code: Option<String>) -> anyhow::Result<Option<LocationId>> {
    let Some(code) = code else { return Ok(None) };
    match location::query::by_code(&ctx.db(), &code).await? {
        Some(location) => Ok(Some(location.id)),
        None => bail!("there is no location with the code {code}"),
    }
}

fn as_json(report: &ImportReport) -> Value {
    let problem = |problem: &RowProblem| {
        json!({
            "line": problem.line,
            "subject": problem.subject,
            "column": problem.column,
            "code": problem.error.code().as_str(),
            "message": problem.message(Language::En),
        })
    };
    json!({
        "dryRun": report.dry_run,
        "rows": report.rows,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "failed": report.failed,
        "ignoredColumns": report.ignored_columns,
        "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
    })
}

fn as_text(report: &ImportReport) -> String {
    let mut lines: Vec<String> = report.problems.iter().map(problem_line).collect();
    if !report.ignored_columns.is_empty() {
        lines.push(format!("not read: {}", report.ignored_columns.join(", ")));
    }
    let would = if report.dry_run { "would be " } else { "" };
    lines.push(format!(
        "{} lines: {} {would}created, {} {would}updated, {} unchanged, {} failed",
        report.rows, report.created, report.updated, report.unchanged, report.failed
    ));
    lines.join("\n")
}

fn problem_line(problem: &RowProblem) -> String {
    let subject = if problem.subject.is_empty() { String::new() } else { format!(" ({})", problem.subject) };
    let column = problem.column.as_ref().map_or_else(String::new, |column| format!(" {column}:"));
    format!("line {}{subject}:{column} {}", problem.line, problem.message(Language::En))
}
