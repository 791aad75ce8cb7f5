//! What messages cost: rendering them, and what buyers feel of them while many wait and while the mail server is down.
//!
//! `cargo bench --bench load -- mail [--database sqlite|postgres] [--seconds 60] [--rate 10] [--queued 50000]`
//!
//! The same stream of `rate` orders a second is answered four times: with a mail server that takes everything, with
//! `queued` mails waiting, with a mail server that is not there, and once more with one that is, because a database that
//! grew is slower by itself. Before each, what those before left to do is done. Then mails alone are sent.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::Ctx;
use domain::kernel::language::Language;
use domain::messaging::order_context::order_context;
use domain::messaging::{OrderTemplate, render};
use entity::id::{JobId, MessageId};
use entity::words::{JobState, MessageStatus};
use entity::{job, message, order, order_line};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;
use support::message_row;
use support::smtp::SmtpSink;

use crate::drive;
use crate::goods::{self, Goods};
use crate::server::{self, Server};
use crate::work::Work;

/// Nobody listens there (RFC 863's port is closed on every usual machine).
const NOWHERE: &str = "smtp://127.0.0.1:9";
/// Rows per statement.
const AT_ONCE: usize = 500;

/// What to measure.
pub(crate) struct Plan {
    postgres: bool,
    seconds: u64,
    rate: u32,
    queued: usize,
}

/// Reads what follows `mail` on the command line.
pub(crate) fn plan(mut arguments: impl Iterator<Item = String>) -> Plan {
    let mut plan = Plan { postgres: false, seconds: 60, rate: 10, queued: 50_000 };
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
        match argument.as_str() {
            "--database" => plan.postgres = value == "postgres",
            "--seconds" => plan.seconds = value.parse::<u64>().unwrap().clamp(1, 600),
            "--rate" => plan.rate = value.parse::<u32>().unwrap().clamp(1, 1_000),
            "--queued" => plan.queued = value.parse::<usize>().unwrap().clamp(1, 500_000),
            _ => panic!("--database, --seconds, --rate, --queued"),
        }
    }
    plan
}

/// Measures.
pub(crate) async fn measure(plan: Plan) {
    let database = if plan.postgres { "PostgreSQL" } else { "SQLite" };
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let (folder, url) = server::place(plan.postgres).await;
    let ctx = server::open(&url).await;
    let goods = Box::pin(goods::make(&ctx)).await;
    println!("\n{database}, {build} build, {} s each\n", plan.seconds);
    let sink = SmtpSink::start().await.unwrap();
    let at = Place { folder: folder.clone(), url, goods };
    let head = drive::HEAD.replace("| work", "| | work").replace("\n|---", "\n|---|---");
    println!("{} orders a second\n\n{head}", plan.rate);
    at.purchases(&ctx, "mail server up", &plan, &sink.url()).await;
    queue(&ctx, plan.queued).await;
    let before = sink.mails().len();
    at.purchases(&ctx, "mails waiting", &plan, &sink.url()).await;
    let beside = sink.mails().len() - before;
    forget(&ctx).await;
    at.purchases(&ctx, "mail server down", &plan, NOWHERE).await;
    let left = waiting(&ctx).await;
    at.purchases(&ctx, "mail server up again", &plan, &sink.url()).await;
    println!("\n{beside} mails left beside the orders while {} waited", plan.queued);
    println!("{left} mails waited when the mail server came back; {} wait now", waiting(&ctx).await);
    at.send(&ctx, &plan, &sink).await;
    rendering(&ctx, Duration::from_secs(plan.seconds)).await;
    let _ = std::fs::remove_dir_all(folder);
}

/// Where the shop is.
struct Place {
    folder: PathBuf,
    url: String,
    goods: Goods,
}

impl Place {
    /// Purchases at a server whose mails go to an address.
    async fn purchases(&self, ctx: &Ctx, name: &str, plan: &Plan, smtp: &str) {
        let (server, goods) = self.serve(smtp).await;
        drive::run(&server, &goods, Work::Purchase, 1, Duration::from_millis(500)).await;
        done(ctx).await;
        let span = Duration::from_secs(plan.seconds);
        println!("| {name} {}", drive::paced(&server, &goods, Work::Purchase, plan.rate, span).await);
        server.halt();
    }

    async fn serve(&self, smtp: &str) -> (Server, Goods) {
        let more = [("HITOTSU_SMTP_URL", smtp)];
        Server::serve_with(self.folder.clone(), &self.url, self.goods.clone(), &more).await
    }

    /// Mails that wait, sent by a server that does nothing else.
    async fn send(&self, ctx: &Ctx, plan: &Plan, sink: &SmtpSink) {
        forget(ctx).await;
        queue(ctx, plan.queued.min(20_000)).await;
        let (server, _) = self.serve(&sink.url()).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (before, cpu, started) = (sink.mails().len(), server.cpu_ms(), Instant::now());
        tokio::time::sleep(Duration::from_secs(plan.seconds)).await;
        let (sent, seconds) = (sink.mails().len() - before, started.elapsed().as_secs_f64());
        let each = (server.cpu_ms() - cpu) as f64 / sent.max(1) as f64;
        println!("\nNothing but mails: {:.0} a second, {each:.2} ms CPU of the server each", sent as f64 / seconds);
        server.halt();
    }
}

/// Waits until nothing is due but mails.
async fn done(ctx: &Ctx) {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let due = job::Entity::find()
            .filter(job::Column::Kind.ne(domain::messaging::request::SEND_JOB))
            .filter(job::Column::State.ne(JobState::Dead))
            .filter(job::Column::RunAt.lte(ctx.now()));
        if due.count(&ctx.db()).await.unwrap() == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "work is left after two minutes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Writes mails that wait, each to somebody else, with the jobs that send them.
async fn queue(ctx: &Ctx, number: usize) {
    let db = ctx.services.db.writer();
    let uuid = || ctx.services.random.uuid(ctx.now());
    for from in (0..number).step_by(AT_ONCE) {
        let messages: Vec<message::Model> =
            (from..number.min(from + AT_ONCE)).map(|number| letter(ctx, MessageId(uuid()), number)).collect();
        let jobs: Vec<job::Model> = messages.iter().map(|message| sending(ctx, JobId(uuid()), message)).collect();
        let rows = messages.into_iter().map(|row| row.into_active_model().reset_all());
        message::Entity::insert_many(rows).exec_without_returning(db).await.unwrap();
        let rows = jobs.into_iter().map(|row| row.into_active_model().reset_all());
        job::Entity::insert_many(rows).exec_without_returning(db).await.unwrap();
    }
}

fn letter(ctx: &Ctx, id: MessageId, number: usize) -> message::Model {
    message::Model {
        dedupe_key: format!("load:{id}"),
        status: MessageStatus::Queued,
        recipient: format!("customer{number}@example.com"),
        subject: "お荷物を発送しました".to_owned(),
        html: "<p>お荷物を発送しました</p>".repeat(20),
        text: "お荷物を発送しました\n".repeat(20),
        ..message_row(id, ctx.now())
    }
}

fn sending(ctx: &Ctx, id: JobId, message: &message::Model) -> job::Model {
    job::Model {
        id,
        kind: domain::messaging::request::SEND_JOB.to_owned(),
        desk: domain::messaging::request::SEND_JOB.to_owned(),
        subject: Some(format!("mail:{}", message.recipient)),
        payload: json!({ "message_id": message.id, "request_id": "load" }),
        state: JobState::Queued,
        attempts: 0,
        max_attempts: 12,
        run_at: ctx.now(),
        lease_until: None,
        claimed_by: None,
        last_error: None,
        dedupe_key: None,
        created_at: ctx.now(),
    }
}

async fn waiting(ctx: &Ctx) -> u64 {
    let queued = message::Entity::find().filter(message::Column::Status.eq(MessageStatus::Queued));
    queued.count(&ctx.db()).await.unwrap()
}

/// What waits is not sent any more, so that the next measurement begins afresh.
async fn forget(ctx: &Ctx) {
    let jobs = job::Entity::delete_many().filter(job::Column::Kind.eq(domain::messaging::request::SEND_JOB));
    jobs.exec(ctx.services.db.writer()).await.unwrap();
}

/// Renders the confirmation of an order on one thread, again and again.
async fn rendering(ctx: &Ctx, span: Duration) {
    let db = ctx.db();
    let line = order_line::Entity::find().order_by_desc(order_line::Column::Id).one(&db).await.unwrap().unwrap();
    let order = order::Entity::find_by_id(line.order_id).one(&db).await.unwrap().unwrap();
    let context = order_context(&db, order.id).await.unwrap();
    println!(
        "\n| rendering a confirmation of {} lines | mails/s per core | ms each | HTML bytes |",
        context.lines.len()
    );
    println!("|---|---:|---:|---:|");
    for (name, language) in [("Japanese", Language::Ja), ("English", Language::En)] {
        // The first one compiles the templates.
        let links = render::Links { order: Some("https://shop.example/o/token".to_owned()), preferences: None };
        let render = || {
            let draft = render::order(OrderTemplate::OrderConfirmation, language, &context).unwrap();
            draft.render(&links).unwrap()
        };
        let bytes = render().html.len();
        let (mut mails, started) = (0_u64, Instant::now());
        while started.elapsed() < span {
            std::hint::black_box(render());
            mails += 1;
        }
        let seconds = started.elapsed().as_secs_f64();
        println!("| {name} | {:.0} | {:.2} | {bytes} |", mails as f64 / seconds, seconds * 1_000.0 / mails as f64);
    }
    let (mut reads, started) = (0_u64, Instant::now());
    while started.elapsed() < span {
        std::hint::black_box(order_context(&db, order.id).await.unwrap());
        reads += 1;
    }
    let each = started.elapsed().as_secs_f64() * 1_000.0 / reads as f64;
    println!("\nReading the order for it: {each:.2} ms, in at most eight statements");
}
