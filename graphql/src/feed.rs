//! What happened, told to subscriptions. Every process reads the new rows of the event table and tells its own
//! listeners, so a change made in one process reaches those who listen at another.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::kernel::event::{self, Happening};
use domain::{Ctx, Result};
use entity::id::EventId;
use futures::Stream;
use tokio::sync::broadcast;

/// Happenings that wait for a slow listener. One who lags more misses the oldest, which misleads nobody: a listener
/// reads the present state again whenever it hears something.
const BACKLOG: usize = 1_024;
/// How often the table is read while somebody listens.
const PAUSE: Duration = Duration::from_millis(500);
/// How far back each reading looks: ids are given out before the commit, so a row may appear behind younger ones. No
/// transaction lives longer.
const OVERLAP: TimeDelta = TimeDelta::seconds(10);
/// Rows of one statement.
const CHUNK: u64 = 1_000;

/// Tells what happened to those who listen. Clones tell the same listeners.
#[derive(Clone, Debug)]
pub struct EventFeed {
    sender: broadcast::Sender<Arc<Happening>>,
}

impl Default for EventFeed {
    fn default() -> Self {
        Self { sender: broadcast::channel(BACKLOG).0 }
    }
}

impl EventFeed {
    /// Tells one happening to all who listen now.
    pub fn tell(&self, happening: Happening) {
        // Without listeners there is nobody to tell.
        let _ = self.sender.send(Arc::new(happening));
    }

    /// How many listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// What happens from now on.
    pub fn listen(&self) -> impl Stream<Item = Arc<Happening>> + Send + use<> {
        futures::stream::unfold(self.sender.subscribe(), |mut receiver| async move {
            loop {
                match receiver.recv().await {
                    Ok(happening) => return Some((happening, receiver)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        })
    }

    /// Reads the event table for as long as the process runs; to be spawned once. Drop the task to end it.
    pub async fn run(self, ctx: Ctx) {
        let mut reader = Reader::starting(ctx.now());
        loop {
            tokio::time::sleep(PAUSE).await;
            if self.listeners() == 0 {
                reader = Reader::starting(ctx.now());
                continue;
            }
            match reader.read(&ctx).await {
                Ok(news) => news.into_iter().for_each(|happening| self.tell(happening)),
                Err(error) => tracing::warn!(%error, "events could not be read; trying again"),
            }
        }
    }
}

/// Finds each event once.
#[derive(Debug)]
struct Reader {
    /// Nothing before this is news.
    start: DateTime<Utc>,
    /// What was told within the overlap.
    told: HashSet<EventId>,
}

impl Reader {
    fn starting(start: DateTime<Utc>) -> Self {
        Self { start, told: HashSet::new() }
    }

    async fn read(&mut self, ctx: &Ctx) -> Result<Vec<Happening>> {
        let from = self.start.max(ctx.now() - OVERLAP);
        let (mut seen, mut news, mut after) = (HashSet::new(), Vec::new(), None);
        loop {
            let rows = event::since(&ctx.db(), from, after, CHUNK).await?;
            let is_last = u64::try_from(rows.len()).is_ok_and(|found| found < CHUNK);
            after = rows.last().map(|row| row.id);
            for row in rows {
                seen.insert(row.id);
                if !self.told.contains(&row.id) {
                    news.push(row);
                }
            }
            if is_last {
                break;
            }
        }
        self.told = seen;
        Ok(news)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use futures::StreamExt;
    use uuid::Uuid;

    use super::*;

    fn happening(kind: &str) -> Happening {
        Happening {
            id: EventId(Uuid::nil()),
            kind: kind.to_owned(),
            aggregate_kind: "order".to_owned(),
            aggregate_id: Uuid::nil(),
            occurred_at: DateTime::UNIX_EPOCH,
        }
    }

    #[tokio::test]
    async fn all_listeners_hear_what_happens_after_they_came() {
        let feed = EventFeed::default();
        feed.tell(happening("before"));
        let (mut one, mut other) = (feed.listen().boxed(), feed.clone().listen().boxed());
        assert_eq!(feed.listeners(), 2);
        feed.tell(happening("after"));
        assert_eq!(one.next().await.unwrap().kind, "after");
        assert_eq!(other.next().await.unwrap().kind, "after");
    }

    #[tokio::test]
    async fn who_lags_goes_on_with_what_is_left() {
        let feed = EventFeed::default();
        let mut slow = feed.listen().boxed();
        for index in 0..BACKLOG * 2 {
            feed.tell(happening(&index.to_string()));
        }
        assert_eq!(slow.next().await.unwrap().kind, BACKLOG.to_string());
    }
}
