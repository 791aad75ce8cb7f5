//! The snapshot of a process: taken when first asked for, and again when the catalog's revision has grown.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::{Snapshot, build};
use crate::catalog::revision;
use crate::kernel::ctx::Services;
use crate::{Ctx, Result};

/// How often the revision is asked for: what another process changes is seen after this time.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// Reading a large catalog again and again must not become the main work: it rests this many times as long as it took.
const REST: u32 = 10;

/// Keeps the newest snapshot. Changes that this process commits are seen by the next request, those of other processes
/// after a second, or at once by who looks for what is not there yet; a catalog that takes long to read is read again less
/// often.
#[derive(Debug, Default)]
pub struct Cache {
    held: RwLock<Option<Held>>,
    /// One request reads, the others wait only when there is nothing to show yet.
    reading: Mutex<()>,
}

#[derive(Debug, Clone)]
struct Held {
    snapshot: Arc<Snapshot>,
    services: Weak<Services>,
    asked_at: Instant,
    seen_here: u64,
    rests_until: Instant,
}

impl Cache {
    /// The newest snapshot. No statement at all most of the time.
    pub async fn get(&self, ctx: &Ctx) -> Result<Arc<Snapshot>> {
        if let Some(held) = self.held(ctx) {
            if held.is_fresh() {
                return Ok(held.snapshot);
            }
            // Somebody else is asking already: what is there is a second old at most.
            let Ok(_turn) = self.reading.try_lock() else { return Ok(held.snapshot) };
            return self.renew(ctx, Some(held)).await;
        }
        let _turn = self.reading.lock().await;
        match self.held(ctx) {
            Some(held) => Ok(held.snapshot),
            None => self.renew(ctx, None).await,
        }
    }

    /// For a request that missed something in `seen`: the snapshot after asking for the revision once more, so that what
    /// another process has just added is found. Requests that miss at the same time share one question. A large catalog
    /// rests here, too.
    pub async fn newer(&self, ctx: &Ctx, seen: &Snapshot) -> Result<Arc<Snapshot>> {
        let began = Instant::now();
        let _turn = self.reading.lock().await;
        match self.held(ctx) {
            Some(held) if held.snapshot.revision > seen.revision || held.asked_at >= began || held.is_resting() => {
                Ok(held.snapshot)
            }
            held => self.renew(ctx, held).await,
        }
    }

    /// What is held for this database; a cache that served another one begins anew.
    fn held(&self, ctx: &Ctx) -> Option<Held> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        std::ptr::eq(held.services.as_ptr(), Arc::as_ptr(&ctx.services)).then_some(held)
    }

    async fn renew(&self, ctx: &Ctx, held: Option<Held>) -> Result<Arc<Snapshot>> {
        let (started, seen_here) = (Instant::now(), revision::here());
        let db = ctx.db();
        let current = revision::current(&db).await?;
        let mut held = match held {
            Some(held) if held.snapshot.revision == current => held,
            _ => {
                let snapshot = Arc::new(build(&db).await?);
                let rests_until = started.elapsed().checked_mul(REST).map_or(started, |rest| started + rest);
                let services = Arc::downgrade(&ctx.services);
                Held { snapshot, services, asked_at: started, seen_here, rests_until }
            }
        };
        (held.asked_at, held.seen_here) = (started, seen_here);
        let snapshot = Arc::clone(&held.snapshot);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(snapshot)
    }
}

impl Held {
    fn is_fresh(&self) -> bool {
        let changed_here = self.seen_here != revision::here();
        let due = changed_here || self.asked_at.elapsed() >= ASK_EVERY;
        !due || self.is_resting()
    }

    /// A small catalog is read in no time, so its changes show at once.
    fn is_resting(&self) -> bool {
        Instant::now() < self.rests_until && !self.is_small()
    }

    fn is_small(&self) -> bool {
        self.snapshot.products.len() <= 2_000
    }
}
