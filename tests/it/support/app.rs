//! The server under test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::jobs::{self, Adapters};
use domain::kernel::ctx::Services;
use domain::kernel::db::Db;
use domain::kernel::job;
use domain::kernel::network_gateway::Gateways;
use domain::kernel::random::Random;
use hitotsu::app::{App, Stop};
use hitotsu::config::Config;
use sea_orm::EntityTrait;
use support::World;
use support::smtp::SmtpSink;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::client::Caller;

/// Who may tell what became of mails.
const MAIL_SECRETS: &str =
    "neutral=a secret of mails in tests,raw=a secret of mails in tests,ses=a secret of SES in tests";

/// A running server without a worker: jobs run when the story says so.
#[derive(Clone)]
pub(crate) struct TestApp(Arc<Inner>);

struct Inner {
    world: World,
    address: SocketAddr,
    stop: Stop,
    running: Mutex<Option<JoinHandle<()>>>,
    adapters: Adapters,
    gateways: Gateways,
    smtp: SmtpSink,
    leaves_jobs: AtomicBool,
}

/// Like the world's, on connections of their own: one that was opened on a thread of the server ends with it.
async fn services(world: &World, gateways: Gateways) -> Arc<Services> {
    let services = world.services();
    Arc::new(Services {
        db: Db::open(world.url(), 16).await.unwrap(),
        clock: Arc::clone(&services.clock),
        random: Random::default(),
        secrets: services.secrets.clone(),
        settings: services.settings.clone(),
        gateways,
    })
}

impl TestApp {
    /// Starts a server on the world's database, with the world's clock.
    pub(crate) async fn start(world: &World) -> Self {
        Self::start_with(world, &[]).await
    }

    /// Like [`TestApp::start`], with more settings.
    pub(crate) async fn start_with(world: &World, more: &[(&str, String)]) -> Self {
        let smtp = SmtpSink::start().await.unwrap();
        let data = std::env::temp_dir().join(format!("hitotsu-test-data-{}", std::process::id()));
        let variables = [
            ("HITOTSU_ENV", "development".to_owned()),
            ("HITOTSU_DATABASE_URL", world.url().to_owned()),
            ("HITOTSU_DATA_DIR", data.display().to_string()),
            ("HITOTSU_LISTEN", "127.0.0.1:0".to_owned()),
            ("HITOTSU_METRICS_LISTEN", "off".to_owned()),
            ("HITOTSU_SMTP_URL", smtp.url()),
            ("HITOTSU_HTTP_THREADS", "2".to_owned()),
            ("HITOTSU_CARRIER_WEBHOOK_SECRETS", "yamato=a secret that Yamato signs with in tests".to_owned()),
            ("HITOTSU_MAIL_WEBHOOK_SECRETS", MAIL_SECRETS.to_owned()),
        ];
        let variables = variables.iter().chain(more).map(|(name, value)| ((*name).to_owned(), value.clone()));
        let config = Config::parse("", variables).unwrap();
        let adapters = hitotsu::adapters::build(&config).unwrap();
        let gateways = hitotsu::adapters::gateways(&config);
        let app = App::build(config, services(world, gateways.clone()).await, false).unwrap();
        let (address, stop) = (app.address().unwrap(), app.stop_handle());
        let running = tokio::spawn(async move { app.run().await.unwrap() });
        Self(Arc::new(Inner {
            world: world.clone(),
            address,
            stop,
            running: Mutex::new(Some(running)),
            adapters,
            gateways,
            smtp,
            leaves_jobs: AtomicBool::new(false),
        }))
    }

    /// The world it runs in.
    pub(crate) fn world(&self) -> &World {
        &self.0.world
    }

    /// Where mail arrives.
    pub(crate) fn smtp(&self) -> &SmtpSink {
        &self.0.smtp
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// An address of the server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.address)
    }

    /// A nameless visitor of the shop.
    pub(crate) fn shop(&self) -> Caller {
        Caller::new(self.url("/graphql"))
    }

    /// A nameless visitor of the staff endpoint.
    pub(crate) fn staff(&self) -> Caller {
        Caller::new(self.url("/graphql/staff"))
    }

    /// The context of jobs, on the test's own connections.
    fn jobs_ctx(&self) -> domain::Ctx {
        let own = self.world().services();
        let services = Services {
            db: own.db.clone(),
            clock: Arc::clone(&own.clock),
            random: Random::default(),
            secrets: own.secrets.clone(),
            settings: own.settings.clone(),
            gateways: self.0.gateways.clone(),
        };
        domain::Ctx::system(Arc::new(services), "story")
    }

    /// Runs jobs until none is due. Returns how many ran.
    pub(crate) async fn run_jobs(&self) -> usize {
        let ctx = self.jobs_ctx();
        let mut ran = 0;
        loop {
            let claimed = job::claim(&ctx, "story", 50).await.unwrap();
            if claimed.is_empty() {
                return ran;
            }
            for job in claimed {
                jobs::run(&ctx, &self.0.adapters, &job).await.unwrap();
                ran += 1;
            }
        }
    }

    /// The story leaves due jobs behind on purpose.
    pub(crate) fn leaves_jobs(&self) {
        self.0.leaves_jobs.store(true, Ordering::Relaxed);
    }

    /// Stops the server. Panics when a due job was left.
    pub(crate) async fn finish(self) {
        self.0.stop.stop();
        if let Some(running) = self.0.running.lock().await.take() {
            running.await.unwrap();
        }
        if !self.0.leaves_jobs.load(Ordering::Relaxed) {
            let world = self.world();
            let jobs = entity::job::Entity::find().all(world.db()).await.unwrap();
            let left: Vec<_> = jobs.iter().filter(|job| job.run_at <= world.now()).map(|job| &job.kind).collect();
            assert!(left.is_empty(), "jobs were left: {left:?}; run them, or say that they are left");
        }
    }
}
