//! What the shop schema keeps between requests: the catalog in memory and what of it can be ordered.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::Context;
use domain::catalog::snapshot::{Cache, Snapshot};
use domain::inventory::orderable::OrderableCache;
use domain::{Ctx, Error, Result, channel as channels};
use entity::channel;
use entity::id::VariantId;

use crate::context::{channel_or_header, ctx_of};

/// Kept as data of the shop schema.
#[derive(Debug, Default)]
pub struct Storefront {
    snapshots: Cache,
    orderable: OrderableCache,
}

impl Storefront {
    /// Reads the catalog and counts what can be ordered in every channel that sells, so that no buyer waits for it: in a
    /// shop of millions of stock levels it takes longer than a request may. A small shop has nothing to wait for.
    pub async fn warm_up(&self, ctx: &Ctx) -> Result<()> {
        if !domain::catalog::query::is_large(&ctx.db()).await? {
            return Ok(());
        }
        let snapshot = self.snapshots.get(ctx).await?;
        for channel in channels::query::list(&ctx.db()).await?.iter().filter(|channel| channel.active) {
            let sold = || snapshot.variants_sold(channel.id);
            self.orderable.get(ctx, channel.id, snapshot.revision, sold).await?;
        }
        Ok(())
    }
}

/// The catalog in memory; `None` in the staff schema, which reads the database.
pub(crate) async fn snapshot(ctx: &Context<'_>) -> Result<Option<Arc<Snapshot>>> {
    match ctx.data_opt::<Arc<Storefront>>() {
        Some(storefront) => Ok(Some(storefront.snapshots.get(ctx_of(ctx)).await?)),
        None => Ok(None),
    }
}

/// Finds something in the catalog in memory. What is not there is looked for once more in the newest one: it may have
/// been added a moment ago by another process.
pub(crate) async fn find<T>(ctx: &Context<'_>, look: impl Fn(&Snapshot) -> Option<T>) -> Result<Option<T>> {
    let Some(storefront) = ctx.data_opt::<Arc<Storefront>>() else { return Ok(None) };
    let seen = storefront.snapshots.get(ctx_of(ctx)).await?;
    if let Some(found) = look(&seen) {
        return Ok(Some(found));
    }
    let newer = storefront.snapshots.newer(ctx_of(ctx), &seen).await?;
    Ok(if newer.revision == seen.revision { None } else { look(&newer) })
}

/// Which variants a channel can sell now, a moment old at most.
pub(crate) async fn orderable(
    ctx: &Context<'_>,
    snapshot: &Snapshot,
    channel: &channel::Model,
) -> Result<Arc<HashSet<VariantId>>> {
    let Some(storefront) = ctx.data_opt::<Arc<Storefront>>() else { return Ok(Arc::default()) };
    let sold = || snapshot.variants_sold(channel.id);
    storefront.orderable.get(ctx_of(ctx), channel.id, snapshot.revision, sold).await
}

/// The channel that a shop request is about: the argument, else the header, else the oldest web shop.
/// Error: `NOT_FOUND`.
pub(crate) async fn channel_of(ctx: &Context<'_>, argument: Option<String>) -> Result<channel::Model> {
    let code = channel_or_header(ctx, argument);
    let snapshot = snapshot(ctx).await?;
    let known = snapshot.as_ref().and_then(|snapshot| match &code {
        Some(code) => snapshot.channel_by_code(code),
        None => snapshot.default_channel(),
    });
    if let Some(known) = known {
        return Ok(known.clone());
    }
    let db = ctx_of(ctx).db();
    let found = match &code {
        Some(code) => channels::query::by_code(&db, code).await?,
        None => channels::query::default_online(&db).await?,
    };
    found.filter(|channel| channel.active).ok_or_else(|| Error::not_found("channel"))
}
