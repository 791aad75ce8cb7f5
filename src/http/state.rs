//! What every request of a process shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::kernel::ctx::Services;
use graphql::budget::{Budget, Budgets};
use graphql::persisted::Documents;
use graphql::{Options, ShopSchema, StaffSchema};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::traffic::{Passing, Traffic};

/// A client who saved points may spend those of so many seconds at once.
const BURST_SECONDS: u64 = 10;

/// Shared by all requests of a process.
#[derive(Debug)]
pub struct State {
    /// Settings.
    pub config: Config,
    /// What rules need.
    pub services: Arc<Services>,
    /// Canceled when the process is asked to stop.
    pub stop: CancellationToken,
    /// Canceled when all is read that requests would wait for.
    pub warm: CancellationToken,
    /// The two APIs.
    pub schemas: Schemas,
    /// Admitted requests that run now.
    pub traffic: Traffic,
    active: AtomicUsize,
}

/// The two APIs, and what they share.
#[derive(Debug)]
pub struct Schemas {
    /// Of storefronts and customers.
    pub shop: ShopSchema,
    /// Of tills, stores, warehouses, support, administration and apps.
    pub staff: StaffSchema,
    /// Documents, budgets and the feed of events.
    pub options: Options,
}

impl Schemas {
    fn new(config: &Config) -> Self {
        let rate = config.query_points_per_second;
        let budget = Budget { maximum: rate.saturating_mul(BURST_SECONDS), restore_rate: rate };
        let documents = Documents::trusting(config.trusted_documents.iter().cloned(), config.trusted_documents_only);
        let options = Options {
            documents: Arc::new(documents),
            budgets: Some(Arc::new(Budgets::new(budget))),
            timeout: config.request_timeout,
            ..Options::default()
        };
        Self { shop: graphql::shop_schema(options.clone()), staff: graphql::staff_schema(options.clone()), options }
    }
}

impl State {
    /// A state without requests.
    #[must_use]
    pub fn new(config: Config, services: Arc<Services>) -> Self {
        let schemas = Schemas::new(&config);
        Self {
            schemas,
            config,
            services,
            stop: CancellationToken::new(),
            warm: CancellationToken::new(),
            traffic: Traffic::default(),
            active: AtomicUsize::new(0),
        }
    }

    /// Lets one more request in; `None` when as many run as may. It counts until the permit is dropped.
    pub(crate) fn admit(&self) -> Option<Passing> {
        let (passing, before) = self.traffic.enter();
        if before < self.config.max_in_flight {
            return Some(passing);
        }
        metrics::counter!("hitotsu_http_shed_total").increment(1);
        None
    }

    /// Counts a request of any kind until the guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> Active {
        self.active.fetch_add(1, Ordering::AcqRel);
        Active(Arc::clone(self))
    }

    /// Requests of any kind that have no answer yet.
    pub(crate) fn active(&self) -> usize {
        self.active.load(Ordering::Acquire)
    }
}

/// One request that has no answer yet.
#[derive(Debug)]
pub(crate) struct Active(Arc<State>);

impl Drop for Active {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::AcqRel);
    }
}
