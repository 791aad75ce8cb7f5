//! `kill -9` in the middle of load: what was acknowledged stays, and every mail is sent.
//!
//! `HITOTSU_KILLS=50` kills more often.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use entity::{job, message, order};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use support::smtp::SmtpSink;
use support::{World, both_databases};
use tokio::sync::Mutex;

use super::shop::{self, CART_COMPLETE, CART_CREATE, Shop};

/// How often the process is killed unless `HITOTSU_KILLS` says otherwise.
const KILLS: usize = 3;
/// Orders to acknowledge between two kills.
const BETWEEN: usize = 12;

/// How often the process is killed.
fn kills() -> usize {
    match std::env::var("HITOTSU_KILLS") {
        Ok(text) => text.parse().expect("HITOTSU_KILLS is a number"),
        Err(_) => KILLS,
    }
}

/// When the clock of a start begins: five minutes after that of the one before.
fn clock(number: usize) -> String {
    let first = DateTime::parse_from_rfc3339("2026-11-21T09:00:00+09:00").unwrap();
    (first + TimeDelta::minutes(5 * i64::try_from(number).unwrap())).to_rfc3339()
}

/// The real binary.
struct Server {
    process: Child,
    base: String,
}

impl Server {
    /// Starts it and waits until it answers. Each start is five minutes after the one before, so that the leases of a
    /// killed worker have run out.
    async fn start(world: &World, smtp: &SmtpSink, number: usize) -> Self {
        // Free when asked; the next one to ask gets another.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_hitotsu"))
            .arg("serve")
            // A setting of this test, which no server knows.
            .env_remove("HITOTSU_KILLS")
            .env("HITOTSU_ENV", "development")
            .env("HITOTSU_DATABASE_URL", world.url())
            .env("HITOTSU_DATA_DIR", std::env::temp_dir().join(format!("hitotsu-test-killed-{}", std::process::id())))
            .env("HITOTSU_LISTEN", address.to_string())
            .env("HITOTSU_METRICS_LISTEN", "off")
            .env("HITOTSU_SMTP_URL", smtp.url())
            .env("HITOTSU_CLOCK", clock(number))
            .env("HITOTSU_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let server = Self { process, base: format!("http://{address}") };
        let deadline = Instant::now() + Duration::from_secs(60);
        hitotsu::adapters::use_ring();
        let http = reqwest::Client::new();
        while !http.get(format!("{}/readyz", server.base)).send().await.is_ok_and(|answer| answer.status().is_success())
        {
            assert!(Instant::now() < deadline, "the server does not come up");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    /// SIGKILL: nothing is ended, nothing is flushed.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Sends without caring what becomes of it; `None` when the server is gone.
async fn post(http: &reqwest::Client, base: &str, token: Option<&str>, document: &str, input: Value) -> Option<Value> {
    let body = json!({ "query": document, "variables": { "input": input } }).to_string();
    let mut request = http
        .post(format!("{base}/graphql"))
        .header("content-type", "application/json")
        .header("x-channel", "online-jp")
        .body(body);
    if let Some(token) = token {
        request = request.header("x-cart-token", token);
    }
    let answer = request.timeout(Duration::from_secs(20)).send().await.ok()?;
    let text = answer.text().await.ok()?;
    serde_json::from_str(&text).ok()
}

/// One purchase; the number of the order when the server said so.
async fn buy(http: &reqwest::Client, base: &str, shop: &Shop, key: &str) -> Option<String> {
    let created = post(http, base, None, CART_CREATE, shop.cart(&format!("{key}@example.com"), 1)).await?;
    let created = &created["data"]["cartCreate"];
    let input = json!({
        "cartId": created["cart"]["id"],
        "expectedTotal": created["cart"]["total"],
        "payments": [{ "gateway": "TEST" }],
        "idempotencyKey": key,
    });
    let done = post(http, base, created["cartToken"].as_str(), CART_COMPLETE, input).await?;
    done["data"]["cartComplete"]["order"]["number"].as_str().map(str::to_owned)
}

/// Eight clients buy until enough orders are acknowledged; then the server is killed under them.
async fn load_and_kill(server: Server, shop: &Shop, round: usize, acknowledged: &Arc<Mutex<BTreeSet<String>>>) {
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let (stop, count, acknowledged) = (Arc::clone(&stop), Arc::clone(&count), Arc::clone(acknowledged));
            let (base, shop) = (server.base.clone(), shop.clone());
            tokio::spawn(async move {
                let http = reqwest::Client::new();
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    if let Some(order) = buy(&http, &base, &shop, &format!("r{round}c{client}n{number}")).await {
                        acknowledged.lock().await.insert(order);
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let deadline = Instant::now() + Duration::from_secs(60);
    while count.load(Ordering::Relaxed) < BETWEEN {
        assert!(Instant::now() < deadline, "only {} orders in a minute", count.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.kill();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
}

/// Until no job but the schedules is left.
async fn wait_for_jobs(world: &World) {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let jobs = job::Entity::find().all(world.db()).await.unwrap();
        let left = jobs.iter().filter(|job| ["dispatch_events", "send_message"].contains(&job.kind.as_str())).count();
        if left == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "{left} jobs are left: {jobs:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

both_databases! {
    /// No acknowledged order is lost, no half order is left, and every confirmation is sent, at most once more per kill
    /// and then with the same Message-ID.
    async fn killed_server_loses_nothing(world: World) {
        let kills = kills();
        let smtp = SmtpSink::start().await.unwrap();
        let shop = shop::open(&world, 5_000).await;
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        for round in 0..kills {
            let server = Server::start(&world, &smtp, round).await;
            load_and_kill(server, &shop, round, &acknowledged).await;
        }
        let server = Server::start(&world, &smtp, kills).await;
        wait_for_jobs(&world).await;
        server.kill();

        let orders = order::Entity::find().all(world.db()).await.unwrap();
        let numbers: BTreeSet<String> = orders.iter().map(|order| order.number.clone()).collect();
        let lost: Vec<_> = acknowledged.lock().await.difference(&numbers).cloned().collect();
        assert!(lost.is_empty(), "acknowledged, but lost: {lost:?}");

        let messages = message::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(messages.len(), orders.len(), "one confirmation per order");
        let mut copies: BTreeMap<String, usize> = BTreeMap::new();
        for mail in smtp.mails() {
            *copies.entry(mail.header("Message-ID").unwrap()).or_default() += 1;
        }
        assert_eq!(copies.len(), orders.len(), "every order's mail arrived, under one Message-ID");
        let again: usize = copies.values().map(|times| times - 1).sum();
        assert!(again <= kills, "{again} mails were sent again by {kills} kills");
        assert!(copies.values().all(|times| *times <= 1 + kills), "{copies:?}");
    }
}
