//! The server that is measured: the release binary as a process of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Ctx;
use domain::kernel::clock::SystemClock;
use domain::kernel::ctx::{Services, Settings};
use domain::kernel::db::Db;
use domain::kernel::random::Random;
use domain::kernel::secret::Secrets;
use migration::{Migrator, MigratorTrait};

use crate::goods::{self, Goods};
use crate::work;

/// A running server.
pub(crate) struct Server {
    process: Child,
    pub(crate) base: String,
    folder: PathBuf,
}

impl Server {
    /// Seeds a database and starts the server on it.
    pub(crate) async fn start(postgres: bool) -> (Self, Goods) {
        let (folder, url) = place(postgres).await;
        let goods = Box::pin(goods::make(&open(&url).await)).await;
        Self::serve(folder, &url, goods).await
    }

    /// Starts the server on a seeded database.
    pub(crate) async fn serve(folder: PathBuf, url: &str, goods: Goods) -> (Self, Goods) {
        Self::serve_with(folder, url, goods, &[]).await
    }

    /// The same with more settings.
    pub(crate) async fn serve_with(
        folder: PathBuf,
        url: &str,
        mut goods: Goods,
        more: &[(&str, &str)],
    ) -> (Self, Goods) {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_hitotsu"))
            .arg("serve")
            .env("HITOTSU_ENV", "development")
            .env("HITOTSU_DATABASE_URL", url)
            .env("HITOTSU_DATA_DIR", &folder)
            .env("HITOTSU_LISTEN", address.to_string())
            .env("HITOTSU_METRICS_LISTEN", "off")
            .env("HITOTSU_LOG", "error")
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, base: format!("http://{address}"), folder };
        server.wait().await;
        goods.clerk = work::sign_in(&server.base, &goods.device).await;
        (server, goods)
    }

    async fn wait(&self) {
        let (http, deadline) = (reqwest::Client::new(), Instant::now() + Duration::from_secs(30));
        while !http.get(format!("{}/readyz", self.base)).send().await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(Instant::now() < deadline, "the server does not come up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// CPU time it has used, user and system, in milliseconds (proc(5): clock ticks of 10 ms).
    pub(crate) fn cpu_ms(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        // The name in brackets may hold anything; what follows it is numbers.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        (ticks(11) + ticks(12)) * 10
    }

    /// Resident memory in MB.
    pub(crate) fn rss_mb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
    }

    /// Stops it; its files stay.
    pub(crate) fn halt(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Stops it and removes its files.
    pub(crate) async fn stop(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A folder of this run, and the address of a fresh database.
pub(crate) async fn place(postgres: bool) -> (PathBuf, String) {
    let folder = std::env::temp_dir().join(format!("hitotsu-load-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let url = match postgres {
        true => support::start_postgres().await.unwrap(),
        false => format!("sqlite://{}", folder.join("load.db").display()),
    };
    (folder, url)
}

/// Opens a database as the system, migrated.
pub(crate) async fn open(url: &str) -> Ctx {
    let db = Db::open(url, 4).await.unwrap();
    Migrator::up(db.writer(), None).await.unwrap();
    let services = Arc::new(Services {
        db,
        clock: Arc::new(SystemClock),
        random: Random::default(),
        secrets: Secrets::new("only for measuring".into()),
        settings: Settings {
            public_url: "http://localhost".to_owned(),
            development: true,
            password_memory_kib: 8,
            sends_sms: false,
        },
        gateways: domain::kernel::network_gateway::Gateways::default(),
    });
    Ctx::system(services, "load")
}
