//! The bell between what commits jobs and what runs them, within one process.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Tells the worker of a process at which desks it has committed jobs, so that it need not wait for its next look, and
/// looks nowhere else. Jobs of other processes ring no bell.
#[derive(Clone, Debug, Default)]
pub struct JobBell(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    desks: Mutex<BTreeSet<String>>,
    rung: Notify,
}

impl JobBell {
    /// Jobs of these desks are there.
    pub(crate) fn ring<'a>(&self, desks: impl Iterator<Item = &'a str>) {
        let mut is_new = false;
        {
            let mut waiting = self.0.desks.lock().unwrap_or_else(PoisonError::into_inner);
            for desk in desks.filter(|desk| !waiting.contains(*desk)).collect::<BTreeSet<_>>() {
                is_new |= waiting.insert(desk.to_owned());
            }
        }
        if is_new {
            self.0.rung.notify_one();
        }
    }

    /// Waits until it rings; the names of the desks that it rang for since it was last asked.
    pub async fn rung(&self) -> BTreeSet<String> {
        loop {
            let rung = self.0.rung.notified();
            let desks = std::mem::take(&mut *self.0.desks.lock().unwrap_or_else(PoisonError::into_inner));
            if !desks.is_empty() {
                return desks;
            }
            rung.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_tells_each_desk_once_and_forgets_nobody() {
        let bell = JobBell::default();
        bell.ring(["mail", "work", "mail"].into_iter());
        bell.ring(["work"].into_iter());
        assert_eq!(bell.rung().await, BTreeSet::from(["mail".to_owned(), "work".to_owned()]));
        let waiting = tokio::spawn({
            let bell = bell.clone();
            async move { bell.rung().await }
        });
        tokio::task::yield_now().await;
        bell.ring(["code"].into_iter());
        assert_eq!(waiting.await.expect("no panic"), BTreeSet::from(["code".to_owned()]));
    }
}
