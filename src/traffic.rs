//! How busy a process is with people, and letting them pass.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Longest that work in the background steps aside at once: it gets on however many buy.
const PATIENCE: Duration = Duration::from_millis(25);
/// How long nobody must have asked for anything: what one person does is several requests in a row.
const QUIET: Duration = Duration::from_millis(5);

/// Requests of a process that run now; clones count the same ones.
#[derive(Debug, Clone, Default)]
pub struct Traffic(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    requests: AtomicUsize,
    last: Mutex<Option<Instant>>,
    ended: Notify,
}

/// One request, until it is dropped.
#[derive(Debug)]
pub(crate) struct Passing(Traffic);

impl Drop for Passing {
    fn drop(&mut self) {
        if self.0.0.requests.fetch_sub(1, Ordering::AcqRel) == 1 {
            *self.0.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            self.0.0.ended.notify_waiters();
        }
    }
}

impl Traffic {
    /// Counts a request; with how many ran before it.
    pub(crate) fn enter(&self) -> (Passing, usize) {
        let before = self.0.requests.fetch_add(1, Ordering::AcqRel);
        (Passing(self.clone()), before)
    }

    /// Requests that run now.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.0.requests.load(Ordering::Acquire)
    }

    /// Lets people pass: returns when nobody has asked for anything for a moment, or after the longest time to step aside.
    /// For work that nobody waits for.
    pub async fn let_pass(&self) {
        self.wait(PATIENCE).await;
    }

    async fn wait(&self, longest: Duration) {
        let passed = async {
            loop {
                let ended = self.0.ended.notified();
                tokio::pin!(ended);
                // Before the look, so that the end of a request in between is not missed.
                ended.as_mut().enable();
                if self.requests() > 0 {
                    ended.await;
                    continue;
                }
                match self.still_loud() {
                    Some(rest) => tokio::time::sleep(rest).await,
                    None => return,
                }
            }
        };
        let _ = tokio::time::timeout(longest, passed).await;
    }

    /// How long it takes until nobody has asked for long enough.
    fn still_loud(&self) -> Option<Duration> {
        let last = (*self.0.last.lock().unwrap_or_else(PoisonError::into_inner))?;
        QUIET.checked_sub(last.elapsed()).filter(|rest| !rest.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_steps_aside_for_requests_but_not_for_ever() {
        let traffic = Traffic::default();
        traffic.wait(Duration::MAX).await;
        let (first, before) = traffic.enter();
        let (second, among) = traffic.enter();
        assert_eq!((before, among, traffic.requests()), (0, 1, 2));
        let waiting = tokio::spawn({
            let traffic = traffic.clone();
            async move { traffic.wait(Duration::from_secs(3_600)).await }
        });
        for ends in [None, Some(first)] {
            drop(ends);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            assert!(!waiting.is_finished(), "one request runs");
        }
        drop(second);
        waiting.await.expect("no panic");
        let (_kept, _) = traffic.enter();
        traffic.let_pass().await;
        assert_eq!(traffic.requests(), 1, "it got on");
    }
}
