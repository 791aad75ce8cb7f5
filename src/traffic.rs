//! How busy a process is with people, and letting them pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Longest that work in the background steps aside at once: it gets on however many buy.
const PATIENCE: Duration = Duration::from_millis(25);

/// Requests of a process that run now; clones count the same ones.
#[derive(Debug, Clone, Default)]
pub struct Traffic(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    requests: AtomicUsize,
    quiet: Notify,
}

/// One request, until it is dropped.
#[derive(Debug)]
pub(crate) struct Passing(Traffic);

impl Drop for Passing {
    fn drop(&mut self) {
        if self.0.0.requests.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.0.quiet.notify_waiters();
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

    /// Lets requests pass that run now: returns when none does, or after a moment. For work that nobody waits for.
    pub async fn let_pass(&self) {
        self.wait(PATIENCE).await;
    }

    async fn wait(&self, longest: Duration) {
        let quiet = self.0.quiet.notified();
        tokio::pin!(quiet);
        // Before the look, so that the end of a request in between is not missed.
        quiet.as_mut().enable();
        if self.requests() > 0 {
            let _ = tokio::time::timeout(longest, quiet).await;
        }
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
