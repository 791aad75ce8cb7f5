//! Which variants of a channel can be ordered now, for lists: read from live stock, and kept for a moment so that every
//! list does not count the whole shop again. A cart never trusts it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use entity::id::{ChannelId, VariantId};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinHandle;

use super::availability::orderable;
use crate::kernel::ctx::Services;
use crate::{Ctx, Error, Result};

/// How old an answer may be.
const KEEP: Duration = Duration::from_secs(1);
/// Counting a large shop must not become the main work: it rests this many times as long as it took.
const REST: u32 = 10;
/// Variants of one question to the database.
const BATCH: usize = 2_000;

/// Keeps the answers of a process, one per channel.
#[derive(Debug, Default)]
pub struct OrderableCache(Arc<Answers>);

#[derive(Debug, Default)]
struct Answers {
    held: RwLock<HashMap<ChannelId, Held>>,
    counting: Arc<Mutex<()>>,
}

#[derive(Debug, Clone)]
struct Held {
    orderable: Arc<HashSet<VariantId>>,
    services: Weak<Services>,
    revision: i64,
    until: Instant,
    is_large: bool,
}

impl OrderableCache {
    /// The variants among `sold` that can be ordered now in a channel, a second old at most (older only in shops so
    /// large that counting takes long: there the last answer stands while a new one is counted beside the requests).
    /// `revision` says which catalog `sold` was taken from.
    pub async fn get(
        &self,
        ctx: &Ctx,
        channel_id: ChannelId,
        revision: i64,
        sold: impl Fn() -> Vec<VariantId>,
    ) -> Result<Arc<HashSet<VariantId>>> {
        if let Some(held) = self.0.held(ctx, channel_id).filter(|held| held.stands(revision)) {
            if held.is_fresh(revision) {
                return Ok(held.orderable);
            }
            let Ok(turn) = Arc::clone(&self.0.counting).try_lock_owned() else { return Ok(held.orderable) };
            let counting = self.start(turn, ctx, (channel_id, revision), sold());
            return if held.is_large { Ok(held.orderable) } else { finished(counting).await };
        }
        let turn = Arc::clone(&self.0.counting).lock_owned().await;
        match self.0.held(ctx, channel_id).filter(|held| held.stands(revision)) {
            Some(held) => Ok(held.orderable),
            None => finished(self.start(turn, ctx, (channel_id, revision), sold())).await,
        }
    }

    /// Counts in a task of its own: a request that gives up must not throw away what was counted for all.
    fn start(
        &self,
        turn: OwnedMutexGuard<()>,
        ctx: &Ctx,
        (channel_id, revision): (ChannelId, i64),
        sold: Vec<VariantId>,
    ) -> JoinHandle<Result<Arc<HashSet<VariantId>>>> {
        let (answers, ctx) = (Arc::clone(&self.0), ctx.clone());
        tokio::spawn(async move {
            let _turn = turn;
            answers.count(&ctx, channel_id, revision, sold).await
        })
    }
}

async fn finished(counting: JoinHandle<Result<Arc<HashSet<VariantId>>>>) -> Result<Arc<HashSet<VariantId>>> {
    counting.await.map_err(|error| Error::Bug(format!("counting what can be ordered: {error}")))?
}

impl Held {
    /// Whether the answer may be given at all: in a small shop only for the same catalog.
    const fn stands(&self, revision: i64) -> bool {
        self.is_large || self.revision == revision
    }

    fn is_fresh(&self, revision: i64) -> bool {
        self.revision == revision && Instant::now() < self.until
    }
}

impl Answers {
    fn held(&self, ctx: &Ctx, channel_id: ChannelId) -> Option<Held> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).get(&channel_id).cloned()?;
        std::ptr::eq(held.services.as_ptr(), Arc::as_ptr(&ctx.services)).then_some(held)
    }

    async fn count(
        &self,
        ctx: &Ctx,
        channel_id: ChannelId,
        revision: i64,
        sold: Vec<VariantId>,
    ) -> Result<Arc<HashSet<VariantId>>> {
        let started = Instant::now();
        let db = ctx.db();
        let mut found = HashSet::with_capacity(sold.len());
        for some in sold.chunks(BATCH) {
            found.extend(orderable(&db, channel_id, some, ctx.now()).await?);
        }
        let found = Arc::new(found);
        let rest = started.elapsed().saturating_mul(REST);
        let is_large = sold.len() > BATCH;
        // Small shops count in no time: there the answer is hardly kept at all.
        let until = Instant::now() + if is_large { rest.max(KEEP) } else { rest.min(KEEP) };
        let services = Arc::downgrade(&ctx.services);
        let held = Held { orderable: Arc::clone(&found), services, revision, until, is_large };
        self.held.write().unwrap_or_else(PoisonError::into_inner).insert(channel_id, held);
        Ok(found)
    }
}
