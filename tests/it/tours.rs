//! The README's steps and the tours are true: every block of theirs runs in a shell, against a demo of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use support::{World, both_databases};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

mod links;

const BINARY: &str = env!("CARGO_BIN_EXE_hitotsu");

/// A demo that runs until it is dropped.
struct Demo {
    process: Child,
    folder: PathBuf,
    database: String,
    facts: Value,
}

impl Demo {
    async fn start(name: &str) -> Self {
        Self::start_on(name, &format!("sqlite://{}", folder(name).join("tour.db").display())).await
    }

    /// In a database of its own, which may be there already.
    async fn start_on(name: &str, database: &str) -> Self {
        let folder = folder(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        // Links of papers name the port: it must be known before the start.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = command(BINARY, &folder, database)
            .env("HITOTSU_LISTEN", format!("127.0.0.1:{port}"))
            .args(["demo", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let facts = lines.next_line().await.unwrap().expect("the demo tells how to get in");
        Self { process, folder, database: database.to_owned(), facts: serde_json::from_str(&facts).unwrap() }
    }

    /// Ends it, and waits for the end.
    async fn stop(mut self) {
        self.process.kill().await.unwrap();
    }

    /// Where it listens.
    fn base(&self) -> &str {
        self.facts["shopUrl"].as_str().unwrap().trim_end_matches("/graphql")
    }

    /// Runs the blocks of a page; returns what they printed.
    async fn follow(&self, page: &str) -> String {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        let base = self.base();
        let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next());
        let script: String =
            blocks.filter(|block| !block.contains("./test.sh")).map(|block| format!("{block}\n")).collect();
        let pairing = self.facts["devicePairingCode"].as_str().unwrap();
        let script = script
            .replace("http://127.0.0.1:8080", base)
            .replace("cargo run -- ", &format!("{BINARY} "))
            .replace("PAIRING=ABCD1234", &format!("PAIRING={pairing}"));
        let done = command("sh", &self.folder, &self.database).args(["-eu", "-c", &script]).output().await.unwrap();
        let (said, wrong) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
        assert!(done.status.success(), "{page}: {said}\n{wrong}");
        said
    }
}

fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("hitotsu-tour-{name}-{}", std::process::id()))
}

fn command(program: &str, folder: &Path, database: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command.env("HITOTSU_DATABASE_URL", database);
    command.env("HITOTSU_DATA_DIR", folder).env("HITOTSU_LISTEN", "127.0.0.1:0").env("HITOTSU_METRICS_LISTEN", "off");
    command
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.start_kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The codes of everything that went wrong.
fn errors(said: &str) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                let wrong = fields.get("errors").and_then(Value::as_array);
                found.extend(
                    wrong
                        .into_iter()
                        .flatten()
                        .map(|error| error["code"].as_str().map_or_else(|| error.to_string(), str::to_owned)),
                );
                fields.values().for_each(|value| collect(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    said.lines().filter_map(|line| serde_json::from_str(line).ok()).for_each(|value| collect(&value, &mut found));
    found
}

/// Whether there is a shell with curl to follow a tour. Where everything has to be tried (`CI`) there must be.
fn can_follow(tour: &str) -> bool {
    let found = std::process::Command::new("curl").arg("--version").output().is_ok_and(|done| done.status.success());
    if !found {
        let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        assert!(!is_ci, "curl is not installed: {tour} cannot be followed, and CI is set");
        eprintln!("SKIPPED, curl is not installed: {tour} was not followed");
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_five_steps_and_the_tour_work() {
    if !can_follow("README.md and docs/tour.md") {
        return;
    }
    let demo = Demo::start("first").await;
    let said = demo.follow("README.md").await;
    assert!(errors(&said).is_empty() && said.contains("\"number\":\"W"), "{said}");
    let said = demo.follow("docs/tour.md").await;
    assert!(errors(&said).is_empty() && said.contains("\"receipt\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_of_stores_and_warehouses_works() {
    if !can_follow("docs/tour-stores.md") {
        return;
    }
    let demo = Demo::start("stores").await;
    let said = demo.follow("docs/tour-stores.md").await;
    assert_eq!(errors(&said), ["INVALID_CODE"], "nothing but the wrong code is refused: {said}");
    for wanted in [
        "\"reason\":\"rejected_before\"",
        "\"trackingNumber\":\"412012345673\"",
        "\"trackingStatus\":\"DELIVERED\"",
        "\"proof\":\"CODE\"",
        "\"fulfillmentStatus\":\"FULFILLED\"",
        "\"pickupStatus\":\"COLLECTED\"",
        "\"parkedFulfillmentOrders\":{\"totalCount\":0}",
        "\"status\":\"ACCEPTED\"",
        "\"status\":\"EXPIRED\"",
        "\"kind\":\"REFUND\",\"outcome\":\"SUCCESS\"",
    ] {
        assert!(said.contains(wanted), "{wanted} is missing in {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_of_goods_that_come_back_works() {
    if !can_follow("docs/tour-returns.md") {
        return;
    }
    let demo = Demo::start("returns").await;
    let said = demo.follow("docs/tour-returns.md").await;
    assert_eq!(errors(&said), ["REFUND_MISMATCH"], "only the other difference is refused: {said}");
    for wanted in [
        "\"problems\":[]",
        "\"pickup\":{\"status\":\"COLLECTED\"}",
        "{\"quantity\":1,\"disposition\":\"RESTOCK\"}",
        "{\"quantity\":1,\"disposition\":\"DAMAGED\"}",
        "\"exchange\":{\"status\":\"COMPLETED\"",
        "{\"gateway\":\"CASH\",\"amount\":{\"formatted\":\"¥1,620\"}}",
        "\"returnStatus\":\"RETURNED\"",
        "\"paymentStatus\":\"REFUNDED\"",
        "\"damaged\":1",
        "\"zNumber\":1",
        "\"difference\":{\"formatted\":\"¥0\"}",
        "\"kind\":\"credit_note_issued\"",
    ] {
        assert!(said.contains(wanted), "{wanted} is missing in {said}");
    }
}

/// What is written about an order of which something came back, the newest first: no review request.
const LIFE: [&str; 8] = [
    "refund_issued",
    "survey",
    "pickup_collected",
    "pickup_ready",
    "pickup_preparing",
    "shipment_delivered",
    "shipment_shipped",
    "order_confirmation",
];
/// The same as its buyer reads it.
const IN_JAPANESE: [&str; 8] = [
    "返金のお知らせ",
    "アンケートのお願い",
    "商品をお渡ししました",
    "商品のご用意ができました",
    "商品をご用意しております",
    "お荷物のお届けが完了しました",
    "商品を発送いたしました",
    "ご注文ありがとうございます",
];
const IN_ENGLISH: [&str; 8] = [
    "your refund for order",
    "how did we do?",
    "you collected your order",
    "is ready to collect",
    "we are preparing your order",
    "your parcel was delivered",
    "your parcel is on its way",
    "thank you for your order",
];

/// What one field of the answers was, in the order of the answers.
fn told<'a>(answers: &'a [Value], field: &str) -> Vec<&'a Value> {
    answers.iter().map(|answer| &answer["data"][field]).filter(|value| !value.is_null()).collect()
}

/// The mails of both lives in their order, in the log of the order and in the mailbox.
fn both_lives(said: &str, answers: &[Value]) {
    let logs = told(answers, "log");
    assert_eq!(logs.len(), 2, "{said}");
    for (log, locale) in logs.iter().zip(["ja", "en"]) {
        let nodes = log["nodes"].as_array().unwrap();
        assert_eq!(nodes.iter().map(|node| node["template"].as_str().unwrap()).collect::<Vec<_>>(), LIFE, "{said}");
        assert!(nodes.iter().all(|node| node["status"] == "SENT" && node["locale"] == locale), "{log}");
    }
    let subjects: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("\"subject\":\"")).collect();
    assert_eq!(subjects.len(), 16, "{subjects:?}");
    for (subject, wanted) in subjects.iter().zip(IN_JAPANESE.iter().chain(&IN_ENGLISH)) {
        assert!(subject.contains(wanted), "{wanted} is not {subject}");
    }
}

/// What came of it: figures, dry runs, trends.
fn right_figures(answers: &[Value]) {
    let figures = told(answers, "messageFigures");
    let of = |template: &str, field: &str| {
        let groups = figures[0].as_array().unwrap();
        groups.iter().find(|group| group["template"] == template).map(|group| group[field].as_i64().unwrap())
    };
    assert_eq!((of("survey", "sent"), of("survey", "clicked")), (Some(4), Some(2)), "{figures:?}");
    assert_eq!((of("review_request", "sent"), of("review_request", "unsubscribed")), (Some(2), Some(2)), "{figures:?}");
    let runs = told(answers, "flowDryRun");
    assert_eq!(runs.len(), 3);
    for run in runs {
        assert!(run["messages"].as_i64().unwrap() > 0, "{run}");
        let reasons = run["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|reason| reason["reason"] == "NO_CONSENT"), "{run}");
    }
    let trends = told(answers, "surveyTrend");
    assert_eq!(trends.len(), 2);
    let content = trends[0].as_array().unwrap();
    assert!(
        content.iter().any(|store| store["n"].as_i64().unwrap() > 1 && !store["mean"]["low"].is_null()),
        "{content:?}"
    );
    let weeks = trends[1].as_array().unwrap();
    assert!(weeks.len() > 50, "a year has more weeks: {weeks:?}");
    assert!(weeks.iter().any(|week| week["n"].as_i64().unwrap() > 1 && !week["nps"]["low"].is_null()), "{weeks:?}");
}

both_databases! {
    /// One order's whole life, in Japanese and in English: the mails in their order, the links in them opened on a phone,
    /// no review request after the return, two ways out, and an audit that finds nothing.
    async fn the_tour_after_the_purchase_works(world: World) {
        if !can_follow("docs/tour-after-purchase.md") {
            return;
        }
        let name = if world.url().starts_with("postgres") { "after-postgres" } else { "after-sqlite" };
        let demo = Demo::start_on(name, world.url()).await;
        let said = demo.follow("docs/tour-after-purchase.md").await;
        // A failure of the tour itself is told before those of what it left.
        assert!(errors(&said).is_empty(), "{said}");
        Box::pin(links::all_open(&demo, &world)).await;
        demo.stop().await;
        let answers: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        both_lives(&said, &answers);
        right_figures(&answers);
        for (wanted, times) in [
            ("\"template\":\"review_request\",\"status\":\"SENT\"", 2),
            ("\"status\":\"STOPPED\",\"reason\":\"RETURNED\",\"flow\":{\"code\":\"tour-review\"}", 2),
            ("\"proof\":\"CODE\"", 4),
            ("form: 303", 3),
            ("ご回答ありがとうございました。", 1),
            ("Thank you for your answer.", 1),
            ("\"comment\":\"接客がとても丁寧でした。\"", 1),
            ("button: 200", 1),
            ("\"granted\":false,\"source\":\"one-click\"", 1),
            ("\"granted\":false,\"source\":\"preferences-page\"", 2),
        ] {
            assert_eq!(said.matches(wanted).count(), times, "{wanted} in {said}");
        }
    }
}
