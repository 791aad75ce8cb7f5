//! The running process: HTTP, metrics and the work beside them, started together and stopped together.
//!
//! `App::build` serves `main` and the tests alike: any port (0 picks one), any clock and any randomness, because both
//! come in with [`Services`].

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as Routes, HttpServer, web};
use domain::Ctx;
use domain::jobs::Adapters;
use domain::kernel::clock::{Clock, ShiftedClock, SystemClock};
use domain::kernel::ctx::{Services, Settings};
use domain::kernel::db::Db;
use domain::kernel::random::Random;
use domain::kernel::secret::Secrets;
use secrecy::ExposeSecret as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::adapters;
use crate::config::Config;
use crate::http::{self, State};
use crate::telemetry;
use crate::worker::Worker;

/// Memory of argon2id in KiB, as OWASP advises.
const PASSWORD_MEMORY_KIB: u32 = 19_456;
/// How long requests in flight may take to end after a stop.
const GRACE: Duration = Duration::from_secs(30);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a process cannot start or had to end.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("{setting}: {address} cannot be listened on ({error}); stop the process that uses it or choose another")]
    Listen {
        /// The setting that named it.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The database does not answer.
    #[error(
        "HITOTSU_DATABASE_URL: the database cannot be opened ({0}); check that it runs and that the address is right"
    )]
    Database(sea_orm::DbErr),
    /// The folder of files cannot be made.
    #[error("HITOTSU_DATA_DIR: {path} cannot be created ({error}); make its parent writable or name another")]
    Folder {
        /// The folder.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The recorder of metrics cannot be installed.
    #[error("metrics cannot be recorded ({0})")]
    Metrics(String),
    /// The mail server cannot be used.
    #[error("HITOTSU_SMTP_URL: {0}")]
    Mail(#[from] crate::adapters::mail_smtp::SmtpSetupError),
    /// The server broke off.
    #[error("the server ended ({0})")]
    Server(std::io::Error),
}

/// A process that listens and is ready to run.
pub struct App {
    state: Arc<State>,
    api: Option<Listening>,
    metrics: Option<Listening>,
    adapters: Adapters,
    with_worker: bool,
}

/// A server and where it is.
struct Listening {
    server: Server,
    address: SocketAddr,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// Stops an [`App`] from outside; clones stop the same one.
#[derive(Clone, Debug)]
pub struct Stop(CancellationToken);

impl Stop {
    /// Asks the process to stop: it accepts nothing more, ends what it has begun, and [`App::run`] returns.
    pub fn stop(&self) {
        self.0.cancel();
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl App {
    /// Binds the addresses of a process that serves; `with_worker` lets it run jobs, too. Errors: an address cannot be
    /// bound.
    pub fn build(config: Config, services: Arc<Services>, with_worker: bool) -> Result<Self, StartError> {
        let listener = listen("HITOTSU_LISTEN", config.listen)?;
        let mut app = Self::build_worker(config, services)?;
        app.with_worker = with_worker;
        app.api = Some(api(&app.state, listener)?);
        Ok(app)
    }

    /// Binds the address of a process that only runs jobs. Errors: the address of metrics cannot be bound.
    pub fn build_worker(config: Config, services: Arc<Services>) -> Result<Self, StartError> {
        telemetry::metrics().map_err(|error| StartError::Metrics(error.to_string()))?;
        let listener = config.metrics_listen.map(|address| listen("HITOTSU_METRICS_LISTEN", address)).transpose()?;
        let adapters = adapters::build(&config)?;
        let state = Arc::new(State::new(config, services));
        let metrics = listener.map(|listener| metrics(&state, listener)).transpose()?;
        Ok(Self { state, api: None, metrics, adapters, with_worker: true })
    }

    /// Where the API is; `None` when the process only runs jobs.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.api.as_ref().map(|api| api.address)
    }

    /// Where `/metrics` is; `None` when it is off.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|metrics| metrics.address)
    }

    /// What it shares with its requests.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }

    /// A handle to stop it.
    #[must_use]
    pub fn stop_handle(&self) -> Stop {
        Stop(self.state.stop.clone())
    }

    /// Serves until it is stopped; then ends what was begun, for at most 30 seconds. Errors: the server broke off.
    pub async fn run(self) -> Result<(), StartError> {
        let Self { state, api, metrics, adapters, with_worker } = self;
        let is_api = api.is_some();
        let servers: Vec<Server> = [api, metrics].into_iter().flatten().map(|listening| listening.server).collect();
        let handles: Vec<ServerHandle> = servers.iter().map(Server::handle).collect();
        let mut tasks = if with_worker { tasks(&state, adapters) } else { Vec::new() };
        if is_api {
            tasks.push(Box::pin(crate::feed::run(Arc::clone(&state))));
            tasks.push(Box::pin(warm_up(Arc::clone(&state))));
        } else {
            state.warm.cancel();
        }
        let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
        let servers: Vec<_> = servers.into_iter().map(|server| watch(server, state.stop.clone())).collect();

        state.stop.cancelled().await;
        let graceful = futures::future::join_all(handles.iter().map(|handle| handle.stop(true)));
        // Idle connections that clients keep open would hold the process for the whole time of grace.
        let requests = async {
            tokio::select! { _ = graceful => false, () = all_answered(&state) => true }
        };
        let jobs = tokio::time::timeout(GRACE, futures::future::join_all(tasks));
        let (has_idle_connections, jobs) = tokio::join!(requests, jobs);
        if jobs.is_err() {
            tracing::warn!("work in the background did not end in time; its leases run out by themselves");
        }
        for server in servers {
            if has_idle_connections {
                server.abort();
                continue;
            }
            server.await.map_err(std::io::Error::other).flatten().map_err(StartError::Server)?;
        }
        Ok(())
    }
}

/// Reads what the first buyers would wait for. When it fails they wait after all.
async fn warm_up(state: Arc<State>) {
    let ctx = Ctx::system(Arc::clone(&state.services), "warm-up");
    tokio::select! {
        () = state.stop.cancelled() => {}
        read = state.schemas.options.storefront.warm_up(&ctx) => {
            if let Err(error) = read {
                tracing::warn!(%error, "the catalog could not be read in advance");
            }
        }
    }
    state.warm.cancel();
}

/// Ends when every request has had its answer for a second, in which the last ones are written out.
async fn all_answered(state: &State) {
    let mut quiet = 0_u32;
    while quiet < 10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        quiet = if state.active() == 0 { quiet + 1 } else { 0 };
    }
}

/// Runs a server. When it ends by itself, everything else is told to end, too.
fn watch(server: Server, stop: CancellationToken) -> JoinHandle<std::io::Result<()>> {
    tokio::spawn(async move {
        let ended = server.await;
        stop.cancel();
        ended
    })
}

/// Work beside HTTP, one task per line; a task ends soon after `state.stop` is canceled.
fn tasks(state: &Arc<State>, adapters: Adapters) -> Vec<Task> {
    let worker = Worker::new(Arc::clone(&state.services), adapters).beside(state.traffic.clone());
    vec![Box::pin(worker.run(state.stop.clone()))]
}

fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|error| StartError::Listen { setting, address, error })
}

fn api(state: &Arc<State>, listener: TcpListener) -> Result<Listening, StartError> {
    let address = listener.local_addr().map_err(StartError::Server)?;
    let threads = state.config.http_threads;
    let state = web::Data::from(Arc::clone(state));
    let server = HttpServer::new(move || {
        Routes::new()
            .app_data(state.clone())
            .wrap(Compress::default())
            .wrap(http::origin::cors(&state.config))
            .wrap(from_fn(http::edge::edge))
            .configure(http::routes)
    });
    let server = server
        .workers(threads)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_TIMEOUT)
        .shutdown_timeout(GRACE.as_secs())
        .disable_signals()
        .listen(listener)
        .map_err(StartError::Server)?;
    Ok(Listening { server: server.run(), address })
}

fn metrics(state: &Arc<State>, listener: TcpListener) -> Result<Listening, StartError> {
    let address = listener.local_addr().map_err(StartError::Server)?;
    let state = web::Data::from(Arc::clone(state));
    let server = HttpServer::new(move || {
        Routes::new().app_data(state.clone()).route("/metrics", web::get().to(http::metrics::page))
    });
    let server = server
        .workers(1)
        .client_request_timeout(HEAD_TIMEOUT)
        .shutdown_timeout(1)
        .disable_signals()
        .listen(listener)
        .map_err(StartError::Server)?;
    Ok(Listening { server: server.run(), address })
}

/// Opens the database and gathers what rules need. Errors: the folder cannot be made, the database does not answer.
pub async fn services(config: &Config) -> Result<Arc<Services>, StartError> {
    let folders = [Some(config.data_dir.clone()), config.sqlite_path().and_then(|path| path.parent().map(Into::into))];
    for folder in folders.into_iter().flatten().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(&folder)
            .map_err(|error| StartError::Folder { path: folder.display().to_string(), error })?;
    }
    let db = Db::open(config.database_url.expose_secret(), config.database_connections)
        .await
        .map_err(StartError::Database)?;
    // In development the clock can be moved, whether or not it starts elsewhere.
    let clock: Arc<dyn Clock> = match config.clock {
        Some(start) => Arc::new(ShiftedClock::starting_at(start)),
        None if config.is_development() => Arc::new(ShiftedClock::default()),
        None => Arc::new(SystemClock),
    };
    Ok(Arc::new(Services {
        db,
        clock,
        random: Random::default(),
        secrets: Secrets::new(config.secret.clone()),
        settings: Settings {
            public_url: config.public_url.clone(),
            development: config.is_development(),
            password_memory_kib: PASSWORD_MEMORY_KIB,
            // In development they go into the mailbox.
            sends_sms: config.messages.sms.is_some() || (config.smtp_url.is_none() && config.is_development()),
        },
        gateways: crate::adapters::gateways(config),
    }))
}
