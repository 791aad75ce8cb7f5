//! `export`: the catalog and the stock as the files that `import` reads.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::import::export_inventory::{ExportInventory, export_inventory};
use domain::import::export_products::{ExportProducts, export_products};
use domain::kernel::language::Language;
use domain::{Ctx, Error};
use entity::id::ChannelId;

use super::import;
use crate::app;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// Shopify's product CSV: products, variants, images, and prices of one channel (default: the first online one).
    Products(ExportArgs),
    /// Shopify's inventory CSV: how many units lie at each location (default: all of them).
    Inventory(ExportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Code of the channel whose prices, or whose locations, are written.
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
    /// Where to write; default: standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Writes the file. Errors: an unknown channel, a file that cannot be written.
pub(super) async fn run(config: &Config, export: Export) -> anyhow::Result<()> {
    let (Export::Products(args) | Export::Inventory(args)) = &export;
    let services = app::services(config).await?;
    let ctx = Ctx::system(Arc::clone(&services), "export");
    let channel_id = match &args.channel {
        Some(code) => import::channel_id(&ctx, Some(code.clone())).await?,
        None => None,
    };
    let mut out: Box<dyn Write> = match &args.output {
        Some(path) => {
            let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(std::io::stdout()),
    };
    match export {
        Export::Products(_) => products(&ctx, channel_id, &mut out).await?,
        Export::Inventory(_) => inventory(&ctx, channel_id, &mut out).await?,
    }
    out.flush().context("the end of the file cannot be written")?;
    services.db.clone().close().await?;
    Ok(())
}

async fn products(ctx: &Ctx, channel_id: Option<ChannelId>, out: &mut impl Write) -> anyhow::Result<()> {
    let mut file = export_products(ctx, ExportProducts { channel_id }).await.map_err(told)?;
    while let Some(bytes) = file.next(ctx).await.map_err(told)? {
        out.write_all(&bytes).context("the file cannot be written")?;
    }
    Ok(())
}

async fn inventory(ctx: &Ctx, channel_id: Option<ChannelId>, out: &mut impl Write) -> anyhow::Result<()> {
    let mut file = export_inventory(ctx, ExportInventory { channel_id }).await.map_err(told)?;
    while let Some(bytes) = file.next(ctx).await.map_err(told)? {
        out.write_all(&bytes).context("the file cannot be written")?;
    }
    Ok(())
}

fn told(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{} ({error})", error.message(Language::En))
}
