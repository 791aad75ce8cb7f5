//! Tells subscriptions what happened: new rows of the event table, whichever process wrote them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::event;
use entity::id::EventId;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use tokio::time::{MissedTickBehavior, interval};

use crate::http::State;

/// How often new events are looked for while somebody listens.
const PAUSE: Duration = Duration::from_millis(400);
/// Ids are given out before the commit: an event may become visible this much later than younger ones.
const OVERLAP: TimeDelta = TimeDelta::seconds(3);
/// Events of one statement.
const BATCH: u64 = 1_000;

/// Runs until the process stops. Costs nothing while nobody listens.
pub(crate) async fn run(state: Arc<State>) {
    let feed = &state.schemas.options.feed;
    let mut window = Window::starting(state.services.clock.now());
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = state.stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let now = state.services.clock.now();
        if feed.listeners() == 0 {
            window = Window::starting(now);
            continue;
        }
        match window.next(state.services.db.reader(), now).await {
            Ok(events) => events.into_iter().for_each(|event| feed.tell(event)),
            Err(error) => tracing::warn!(%error, "events cannot be read for subscriptions; trying again"),
        }
    }
}

/// Which events were told already.
#[derive(Debug)]
struct Window {
    read_until: DateTime<Utc>,
    told: HashSet<EventId>,
}

impl Window {
    fn starting(now: DateTime<Utc>) -> Self {
        Self { read_until: now, told: HashSet::new() }
    }

    /// Events that were not told yet, oldest first.
    async fn next(&mut self, db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<event::Model>, DbErr> {
        let mut floor = first_id(self.read_until - OVERLAP);
        let mut seen = HashSet::new();
        let mut fresh = Vec::new();
        loop {
            let rows = event::Entity::find()
                .filter(event::Column::Id.gt(floor))
                .order_by_asc(event::Column::Id)
                .limit(BATCH)
                .all(db)
                .await?;
            let is_last = u64::try_from(rows.len()).unwrap_or(0) < BATCH;
            for row in rows {
                floor = row.id;
                seen.insert(row.id);
                if !self.told.contains(&row.id) {
                    fresh.push(row);
                }
            }
            if is_last {
                break;
            }
        }
        self.told = seen;
        self.read_until = now;
        Ok(fresh)
    }
}

/// The lowest id that a moment can have (UUIDv7: milliseconds first).
fn first_id(at: DateTime<Utc>) -> EventId {
    let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    EventId(uuid::Builder::from_unix_timestamp_millis(milliseconds, &[0; 10]).into_uuid())
}
