//! Closed loops, and what they measured.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

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
    clients: usize,
    latency: Histogram<u64>,
    statements: u64,
    refused: u64,
    failed: u64,
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
    let mut report = Report {
        work,
        clients,
        latency: histogram(),
        statements: 0,
        refused: 0,
        failed: 0,
        cpu_ms: 0,
        rss_mb: 0,
        took: Duration::ZERO,
    };
    for running in loops {
        let seen = running.await.unwrap();
        report.latency.add(&seen.latency).unwrap();
        report.statements += seen.statements;
        report.refused += seen.refused;
        report.failed += seen.failed;
    }
    report.took = started.elapsed();
    report.cpu_ms = server.cpu_ms() - cpu;
    report.rss_mb = server.rss_mb();
    report
}

/// Up to a minute in microseconds, with three digits.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).unwrap()
}

async fn client_loop(mut client: Client, goods: Arc<Goods>, work: Work, first: usize, until: Instant) -> Seen {
    let mut seen = Seen { latency: histogram(), statements: 0, refused: 0, failed: 0 };
    let once = work == Work::Flash;
    let mut number = first * 1_000_003;
    loop {
        let started = Instant::now();
        let ended = client.work(work, &goods, number).await;
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        seen.latency.saturating_record(micros);
        match ended {
            Ended::Done => {}
            Ended::Refused => seen.refused += 1,
            Ended::Failed => seen.failed += 1,
        }
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
        let operations = self.latency.len().max(1) as f64;
        let ms = |quantile: f64| self.latency.value_at_quantile(quantile) as f64 / 1_000.0;
        write!(
            f,
            "| {} | {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.1} | {:.2} | {} | {} | {} |",
            self.work.name(),
            self.clients,
            operations / self.took.as_secs_f64(),
            ms(0.5),
            ms(0.95),
            ms(0.99),
            self.statements as f64 / operations,
            self.cpu_ms as f64 / operations,
            self.rss_mb,
            self.refused,
            self.failed,
        )
    }
}
