//! What a large shop costs: the pages of its storefront over HTTP, and in this process routing, an order of a thousand
//! lines, the queue of a busy location, and the audit.
//!
//! `cargo bench --bench load -- scale [--database sqlite|postgres] [--variants 100000] [--locations 50] [--queue 10000]
//! [--lines 1000] [--seconds 5] [--clients 1,8]`

use std::time::{Duration, Instant};

use domain::kernel::paging::PageRequest;
use domain::{Actor, Ctx};
use entity::id::VariantId;

use crate::drive;
use crate::goods;
use crate::grow::{self, Shop, Size};
use crate::server::{self, Server};
use crate::work::Work;

/// What to build and to measure.
pub(crate) struct Plan {
    postgres: bool,
    size: Size,
    lines: usize,
    seconds: u64,
    clients: Vec<usize>,
}

/// Reads what follows `scale` on the command line.
pub(crate) fn plan(mut arguments: impl Iterator<Item = String>) -> Plan {
    let size = Size { variants: 100_000, locations: 50, queue: 10_000 };
    let mut plan = Plan { postgres: false, size, lines: 1_000, seconds: 5, clients: vec![1, 8] };
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
        let number = || value.parse::<u64>().unwrap();
        match argument.as_str() {
            "--database" => plan.postgres = value == "postgres",
            "--variants" => plan.size.variants = number().clamp(1_000, 1_000_000),
            "--locations" => plan.size.locations = number().clamp(4, 500),
            "--queue" => plan.size.queue = number().clamp(1, 500_000),
            "--lines" => plan.lines = usize::try_from(number().clamp(1, 1_000)).unwrap(),
            "--seconds" => plan.seconds = number().clamp(1, 60),
            "--clients" => plan.clients = value.split(',').map(|count| count.parse().unwrap()).collect(),
            _ => panic!("--database, --variants, --locations, --queue, --lines, --seconds, --clients"),
        }
    }
    plan
}

/// Builds and measures.
pub(crate) async fn measure(plan: Plan) {
    let database = if plan.postgres { "PostgreSQL" } else { "SQLite" };
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let (folder, url) = server::place(plan.postgres).await;
    let ctx = server::open(&url).await;
    let mut goods = Box::pin(goods::make(&ctx)).await;
    let started = Instant::now();
    let hot: VariantId = goods.hot.parse().unwrap();
    let shop = Box::pin(grow::grow(&ctx, plan.size, hot)).await;
    let Size { variants, locations, queue } = plan.size;
    println!(
        "\n{database}, {build} build: {variants} variants × {locations} locations, {queue} open works, built in {:.0} s, {} MB\n",
        started.elapsed().as_secs_f64(),
        database_mb(&ctx).await,
    );
    println!("| what | ms | SQL |\n|---|---:|---:|");
    in_process(&ctx, &shop, plan.lines).await;
    goods.slugs = (0..variants / 4).map(|number| format!("scale-{number}")).collect();
    let (server, goods) = Server::serve(folder, &url, goods).await;
    println!("\n{}", drive::HEAD);
    for work in [Work::List, Work::Detail, Work::Stores] {
        for clients in &plan.clients {
            // The first request reads the catalog; that is not what a page costs.
            drive::run(&server, &goods, work, 1, Duration::from_millis(1)).await;
            println!("{}", drive::run(&server, &goods, work, *clients, Duration::from_secs(plan.seconds)).await);
        }
    }
    server.stop().await;
}

async fn in_process(ctx: &Ctx, shop: &Shop, lines: usize) {
    let every = (shop.variants.len() / lines).max(1);
    let some = |count: usize| shop.variants.iter().copied().step_by(every).take(count).collect::<Vec<_>>();
    for (name, count, key) in [
        ("placement of 1 line, first time", 1, "first"),
        ("placement of 1 line", 1, "one"),
        ("placement of 10 lines", 10, "ten"),
        ("placement of the largest order", lines, "large"),
    ] {
        let (_, statements, took) = grow::buy(ctx, shop, &some(count), key).await;
        row(&format!("{name} ({count})"), took, statements);
    }
    let filter = domain::fulfillment::queue::QueueFilter { locations: vec![shop.busy], ..Default::default() };
    let clerk = ctx.with_actor(Actor::System);
    let request = PageRequest { size: 50, ..PageRequest::default() };
    let (before, started) = (clerk.statements.get(), Instant::now());
    let page = domain::fulfillment::queue::page(&clerk, &filter, &request).await.unwrap();
    row(&format!("first {} of the queue", page.rows.len()), started.elapsed(), clerk.statements.get() - before);
    let (before, started) = (clerk.statements.get(), Instant::now());
    let total = domain::fulfillment::queue::count(&clerk, &filter).await.unwrap();
    row(&format!("counting the queue ({total})"), started.elapsed(), clerk.statements.get() - before);
    let (before, started) = (clerk.statements.get(), Instant::now());
    domain::fulfillment::queue::counts(&clerk, &[shop.busy]).await.unwrap();
    row("its dashboard", started.elapsed(), clerk.statements.get() - before);
    let started = Instant::now();
    let report = domain::audit::run_patiently(&ctx.services.db, ctx.now()).await.unwrap();
    row("the audit", started.elapsed(), 0);
    for broken in report.results.iter().filter(|result| !result.holds()) {
        println!("BROKEN {}: {:?} {:?}", broken.name, broken.findings.first(), broken.error);
    }
}

fn row(name: &str, took: Duration, statements: u64) {
    println!("| {name} | {:.1} | {statements} |", took.as_secs_f64() * 1_000.0);
}

async fn database_mb(ctx: &Ctx) -> i64 {
    use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
    let db = ctx.services.db.reader();
    let sql = if db.get_database_backend() == DatabaseBackend::Postgres {
        "SELECT pg_database_size(current_database()) AS bytes"
    } else {
        "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()"
    };
    let found = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
    found.try_get::<i64>("", "bytes").unwrap() / 1_000_000
}
