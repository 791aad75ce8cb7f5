//! Which variants of a channel can be ordered now, for lists: read from live stock, and kept for a moment so that every
//! list does not count the whole shop again. A cart never trusts it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use entity::id::{ChannelId, VariantId};
use tokio::sync::Mutex;

use super::availability::published;
use crate::kernel::ctx::Services;
use crate::{Ctx, Result};

/// How old an answer may be.
const KEEP: Duration = Duration::from_secs(1);
/// Counting a large shop must not become the main work: it rests this many times as long as it took.
const REST: u32 = 10;
/// Variants of one question to the database.
const BATCH: usize = 2_000;

/// Keeps the answers of a process, one per channel.
#[derive(Debug, Default)]
pub struct OrderableCache {
    held: RwLock<HashMap<ChannelId, Held>>,
    counting: Mutex<()>,
}

#[derive(Debug, Clone)]
struct Held {
    orderable: Arc<HashSet<VariantId>>,
    services: Weak<Services>,
    revision: i64,
    until: Instant,
}

impl OrderableCache {
    /// The variants among `sold` that can be ordered now in a channel, a second old at most (older only in shops so
    /// large that counting takes long). `revision` says which catalog `sold` was taken from.
    pub async fn get(
        &self,
        ctx: &Ctx,
        channel_id: ChannelId,
        revision: i64,
        sold: impl Fn() -> Vec<VariantId>,
    ) -> Result<Arc<HashSet<VariantId>>> {
        let held = self.held(ctx, channel_id, revision);
        if let Some(held) = &held {
            if Instant::now() < held.until {
                return Ok(Arc::clone(&held.orderable));
            }
            let Ok(_turn) = self.counting.try_lock() else { return Ok(Arc::clone(&held.orderable)) };
            return self.count(ctx, channel_id, revision, sold()).await;
        }
        let _turn = self.counting.lock().await;
        match self.held(ctx, channel_id, revision) {
            Some(held) => Ok(held.orderable),
            None => self.count(ctx, channel_id, revision, sold()).await,
        }
    }

    fn held(&self, ctx: &Ctx, channel_id: ChannelId, revision: i64) -> Option<Held> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).get(&channel_id).cloned()?;
        let same = std::ptr::eq(held.services.as_ptr(), Arc::as_ptr(&ctx.services)) && held.revision == revision;
        same.then_some(held)
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
        let mut orderable = HashSet::with_capacity(sold.len());
        for some in sold.chunks(BATCH) {
            let found = published(&db, channel_id, some, ctx.now()).await?;
            orderable.extend(found.into_iter().filter(|(_, availability)| availability.allows(1)).map(|(id, _)| id));
        }
        let orderable = Arc::new(orderable);
        let rest = started.elapsed().saturating_mul(REST);
        // Small shops count in no time: there the answer is hardly kept at all.
        let until = Instant::now() + if sold.len() <= BATCH { rest.min(KEEP) } else { rest.max(KEEP) };
        let services = Arc::downgrade(&ctx.services);
        let held = Held { orderable: Arc::clone(&orderable), services, revision, until };
        self.held.write().unwrap_or_else(PoisonError::into_inner).insert(channel_id, held);
        Ok(orderable)
    }
}
