//! Closed loops and steady streams of clients, and what they measured.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinHandle;

use crate::goods::{FLASH_BUYERS, Goods};
use crate::server::Server;
use crate::work::{Client, Ended, Work};

/// Head of the table of reports.
pub(crate) const HEAD: &str =
    "| work | clients | per second | p50 ms | p95 ms | p99 ms | SQL | CPU ms | RSS MB | refused | failed |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

/// What a run measured.
pub(crate) struct Report {
    work: Work,
    /// 0 when they came at a rate.
    clients: usize,
    seen: Seen,
    cpu_ms: u64,
    rss_mb: u64,
    took: Duration,
}

/// What one client saw.
struct Seen {
    latency: Histogram<u64>,
    statements: u64,
    refused: u64,
    failed: u64,
}

/// Counts runs: keys of idempotency must not repeat on one database.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// Runs `clients` at once for a while; the flash sale runs all its buyers once.
pub(crate) async fn run(server: &Server, goods: &Goods, work: Work, clients: usize, span: Duration) -> Report {
    let clients = if work == Work::Flash { FLASH_BUYERS } else { clients };
    let goods = Arc::new(goods.clone());
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let (cpu, started) = (server.cpu_ms(), Instant::now());
    let loops: Vec<_> = (0..clients)
        .map(|number| {
            let client = Client {
                http: reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap(),
                base: server.base.clone(),
                name: format!("{}-{run}-{clients}-{number}", work.name()),
                statements: 0,
            };
            tokio::spawn(client_loop(client, Arc::clone(&goods), work, number, started + span))
        })
        .collect();
    Report::of(server, work, clients, loops, (cpu, started)).await
}

/// So many operations a second, whether or not those before them have ended: buyers do not wait for each other. Times
/// count from when one was to begin.
pub(crate) async fn paced(server: &Server, goods: &Goods, work: Work, rate: u32, span: Duration) -> Report {
    let goods = Arc::new(goods.clone());
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let (cpu, started) = (server.cpu_ms(), Instant::now());
    let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let mut buyers = Vec::new();
    let mut at = Duration::ZERO;
    while at < span {
        let begins = started + at;
        tokio::time::sleep_until(begins.into()).await;
        let number = buyers.len();
        let name = format!("{}-{run}-paced-{number}", work.name());
        let client = Client { http: http.clone(), base: server.base.clone(), name, statements: 0 };
        buyers.push(tokio::spawn(one(client, Arc::clone(&goods), work, number * 7 + 1, begins)));
        at += Duration::from_secs(1) / rate;
    }
    Report::of(server, work, 0, buyers, (cpu, started)).await
}

async fn one(mut client: Client, goods: Arc<Goods>, work: Work, number: usize, begins: Instant) -> Seen {
    let mut seen = Seen::default();
    let ended = client.work(work, &goods, number).await;
    seen.count(&ended, begins);
    seen.statements = client.statements;
    seen
}

impl Report {
    /// What all clients saw, and what it cost since a moment at which the server had used so much time.
    async fn of(
        server: &Server,
        work: Work,
        clients: usize,
        loops: Vec<JoinHandle<Seen>>,
        (cpu, started): (u64, Instant),
    ) -> Self {
        let mut all = Seen::default();
        for running in loops {
            let seen = running.await.unwrap();
            all.latency.add(&seen.latency).unwrap();
            all.statements += seen.statements;
            all.refused += seen.refused;
            all.failed += seen.failed;
        }
        let (took, cpu_ms) = (started.elapsed(), server.cpu_ms() - cpu);
        Self { work, clients, seen: all, cpu_ms, rss_mb: server.rss_mb(), took }
    }
}

impl Default for Seen {
    fn default() -> Self {
        // Up to a minute in microseconds, with three digits.
        let latency = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        Self { latency, statements: 0, refused: 0, failed: 0 }
    }
}

impl Seen {
    fn count(&mut self, ended: &Ended, began: Instant) {
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.latency.saturating_record(micros);
        match ended {
            Ended::Done => {}
            Ended::Refused => self.refused += 1,
            Ended::Failed => self.failed += 1,
        }
    }
}

async fn client_loop(mut client: Client, goods: Arc<Goods>, work: Work, first: usize, until: Instant) -> Seen {
    let mut seen = Seen::default();
    let once = work == Work::Flash;
    let mut number = first * 1_000_003;
    loop {
        let started = Instant::now();
        let ended = client.work(work, &goods, number).await;
        seen.count(&ended, started);
        number += 1;
        if once || Instant::now() >= until {
            break;
        }
    }
    seen.statements = client.statements;
    seen
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operations = self.seen.latency.len().max(1) as f64;
        let ms = |quantile: f64| self.seen.latency.value_at_quantile(quantile) as f64 / 1_000.0;
        write!(
            f,
            "| {} | {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.1} | {:.2} | {} | {} | {} |",
            self.work.name(),
            if self.clients == 0 { "-".to_owned() } else { self.clients.to_string() },
            operations / self.took.as_secs_f64(),
            ms(0.5),
            ms(0.95),
            ms(0.99),
            self.seen.statements as f64 / operations,
            self.cpu_ms as f64 / operations,
            self.rss_mb,
            self.seen.refused,
            self.seen.failed,
        )
    }
}
