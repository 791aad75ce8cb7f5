//! Drives the real server over HTTP on the loopback and prints what it costs.
//!
//! `cargo bench --bench load -- [--database sqlite|postgres] [--seconds 5] [--clients 1,8,32] [--works list,detail,…]`
//!
//! `cargo bench --bench load -- scale …` builds a large shop first, see `scale.rs`.
//!
//! `cargo bench --bench load -- mail …` measures messages, see `mail.rs`.
//!
//! Closed loops: each client sends its next request when the last one is answered. Server, database and driver share
//! the machine; the steadiest figure is the server's CPU time per operation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a measuring program reports by printing and by panicking"
)]

mod drive;
mod goods;
mod grow;
mod mail;
mod scale;
mod server;
mod work;

use std::time::Duration;

use server::Server;
use work::Work;

/// What to measure.
struct Plan {
    postgres: bool,
    seconds: u64,
    clients: Vec<usize>,
    works: Vec<Work>,
}

fn main() {
    hitotsu::adapters::use_ring();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Cargo adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench").peekable();
    if arguments.next_if(|first| first == "scale").is_some() {
        runtime.block_on(Box::pin(scale::measure(scale::plan(arguments))));
    } else if arguments.next_if(|first| first == "mail").is_some() {
        runtime.block_on(Box::pin(mail::measure(mail::plan(arguments))));
    } else {
        runtime.block_on(Box::pin(measure(plan(arguments))));
    }
}

fn plan(mut arguments: impl Iterator<Item = String>) -> Plan {
    let mut plan = Plan { postgres: false, seconds: 5, clients: vec![1, 8, 32], works: Work::ALL.to_vec() };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
        match argument.as_str() {
            "--database" => plan.postgres = value() == "postgres",
            "--seconds" => plan.seconds = value().parse::<u64>().unwrap().clamp(1, 60),
            "--clients" => plan.clients = value().split(',').map(|count| count.parse().unwrap()).collect(),
            "--works" => {
                plan.works = value().split(',').map(|name| Work::named(name).expect("a known work")).collect();
            }
            _ => panic!("--database sqlite|postgres, --seconds N, --clients 1,8,32, --works {}", Work::names()),
        }
    }
    assert!(plan.clients.iter().all(|count| (1..=256).contains(count)), "1 to 256 clients");
    plan
}

async fn measure(plan: Plan) {
    let database = if plan.postgres { "PostgreSQL" } else { "SQLite" };
    let (server, goods) = Box::pin(Server::start(plan.postgres)).await;
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!("\n{database}, {build} build, {} s each; RSS idle {} MB\n", plan.seconds, server.rss_mb());
    println!("{}", drive::HEAD);
    for work in &plan.works {
        for clients in &plan.clients {
            // The flash sale has its own number of buyers and happens once.
            if *work == Work::Flash && *clients != plan.clients[0] {
                continue;
            }
            let report = drive::run(&server, &goods, *work, *clients, Duration::from_secs(plan.seconds)).await;
            println!("{report}");
        }
    }
    server.stop().await;
}
