//! What every request of a process shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::kernel::ctx::Services;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// Shared by all requests of a process.
#[derive(Debug)]
pub struct State {
    /// Settings.
    pub config: Config,
    /// What rules need.
    pub services: Arc<Services>,
    /// Canceled when the process is asked to stop.
    pub stop: CancellationToken,
    in_flight: AtomicUsize,
}

impl State {
    /// A state without requests.
    #[must_use]
    pub fn new(config: Config, services: Arc<Services>) -> Self {
        Self { config, services, stop: CancellationToken::new(), in_flight: AtomicUsize::new(0) }
    }

    /// Lets one more request in; `None` when as many run as may. It counts until the permit is dropped.
    pub(crate) fn admit(self: &Arc<Self>) -> Option<Permit> {
        let before = self.in_flight.fetch_add(1, Ordering::AcqRel);
        let permit = Permit(Arc::clone(self));
        (before < self.config.max_in_flight).then_some(permit)
    }

    /// Requests that run now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }
}

/// One admitted request.
#[derive(Debug)]
pub(crate) struct Permit(Arc<State>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}
