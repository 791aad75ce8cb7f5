//! A fresh database with everything that a command needs around it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use domain::kernel::clock::{Clock, ManualClock};
use domain::kernel::ctx::{Services, Settings};
use domain::kernel::db::Db;
use domain::kernel::network_gateway::Gateways;
use domain::kernel::permission::Grant;
use domain::kernel::random::Random;
use domain::kernel::secret::Secrets;
use domain::{Actor, Ctx, Permission};
use entity::id::{CustomerId, LocationId};
use sea_orm::DatabaseConnection;
use tokio::sync::OnceCell;

use crate::build::TaxClasses;
use crate::{postgres, sqlite};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A database of the throw-away cluster.
    Postgres,
}

/// A fresh database, a clock that stands at 2026-11-21T09:00:00+09:00, repeatable randomness.
#[derive(Clone, Debug)]
pub struct World(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    backend: Backend,
    url: String,
    home: Home,
    clock: Arc<ManualClock>,
    services: Arc<Services>,
    tax_classes: OnceCell<TaxClasses>,
    /// Whether the audit must hold at the end.
    audited: AtomicBool,
}

#[derive(Debug)]
enum Home {
    File(PathBuf),
    Database(String),
}

impl World {
    /// Makes a world. `name` seeds its randomness, so that a test repeats itself.
    pub async fn fresh(backend: Backend, name: &str) -> Result<Self> {
        let (home, url) = match backend {
            Backend::Sqlite => {
                let path = sqlite::fresh().await?;
                let url = sqlite::url(&path);
                (Home::File(path), url)
            }
            Backend::Postgres => {
                let (name, url) = postgres::fresh().await?;
                (Home::Database(name), url)
            }
        };
        let mut seed = DefaultHasher::new();
        name.hash(&mut seed);
        let clock = Arc::new(ManualClock::at(start_of_time()));
        let services = Arc::new(Services {
            db: Db::open(&url, 16).await?,
            clock: Arc::<ManualClock>::clone(&clock),
            random: Random::seeded(seed.finish()),
            secrets: Secrets::new("a secret of tests that nobody else uses".into()),
            settings: Settings {
                public_url: "https://shop.example".to_owned(),
                development: true,
                // The least that argon2 takes: tests hash often.
                password_memory_kib: 8,
                sends_sms: true,
            },
            gateways: Gateways::default(),
        });
        Ok(Self(Arc::new(Inner {
            backend,
            url,
            home,
            clock,
            services,
            tax_classes: OnceCell::new(),
            audited: AtomicBool::new(true),
        })))
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.0.backend
    }

    /// The address of the database, for a second process.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The process' services.
    #[must_use]
    pub fn services(&self) -> Arc<Services> {
        Arc::clone(&self.0.services)
    }

    /// A connection to look and to break things with.
    #[must_use]
    pub fn db(&self) -> &DatabaseConnection {
        self.0.services.db.writer()
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        self.0.clock.advance(by);
    }

    /// The system asks.
    #[must_use]
    pub fn ctx(&self) -> Ctx {
        Ctx::system(self.services(), "test-request")
    }

    /// Nobody in particular asks.
    #[must_use]
    pub fn guest(&self) -> Ctx {
        self.ctx().with_actor(Actor::anonymous())
    }

    /// A signed-in customer asks.
    #[must_use]
    pub fn customer(&self, id: CustomerId) -> Ctx {
        self.ctx().with_actor(Actor::Customer { id, cart_id: None })
    }

    /// A member of staff asks who may do this everywhere.
    pub async fn staff(&self, permissions: &[Permission]) -> Ctx {
        self.employ(permissions, None).await
    }

    /// A member of staff asks who may do this at one location.
    pub async fn staff_at(&self, location: LocationId, permissions: &[Permission]) -> Ctx {
        self.employ(permissions, Some(location)).await
    }

    async fn employ(&self, permissions: &[Permission], location_id: Option<LocationId>) -> Ctx {
        let id = crate::build::staff::create(self).await;
        let permissions = permissions.iter().copied().collect();
        let grants = [Grant { permissions, channel_id: None, location_id }].into();
        self.ctx().with_actor(Actor::Staff { id, grants, till: None })
    }

    /// Japan's tax classes, made on first use.
    pub async fn tax_classes(&self) -> TaxClasses {
        *self.0.tax_classes.get_or_init(|| crate::build::tax::create(self)).await
    }

    /// The story breaks an invariant on purpose: no audit at its end.
    pub fn without_audit(&self) {
        self.0.audited.store(false, Ordering::Relaxed);
    }

    /// Checks every invariant. Panics with the report when one does not hold.
    pub async fn audit(&self) {
        let report = domain::audit::run_at(self.db(), self.now()).await.expect("the audit runs");
        assert!(report.holds(), "{}", report.to_text());
    }

    /// Audits, then throws the database away. A failed story keeps its database for a look.
    pub(crate) async fn finish(self) {
        if self.0.audited.load(Ordering::Relaxed) {
            self.audit().await;
        }
        let _ = self.services().db.clone().close().await;
        match &self.0.home {
            Home::File(path) => sqlite::remove(path),
            Home::Database(name) => {
                // The cluster goes soon anyway.
                let _ = postgres::drop_database(name).await;
            }
        }
    }
}

/// 2026-11-21T09:00:00+09:00, a Saturday morning in Tokyo.
fn start_of_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_219_200, 0).expect("a valid time")
}
