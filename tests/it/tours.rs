//! The README's steps and the tours are true: every block of theirs runs in a shell, against a demo of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const BINARY: &str = env!("CARGO_BIN_EXE_hitotsu");

/// A demo that runs until it is dropped.
struct Demo {
    process: Child,
    folder: PathBuf,
    facts: Value,
}

impl Demo {
    async fn start(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("hitotsu-tour-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        // Links of papers name the port: it must be known before the start.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = command(BINARY, &folder)
            .env("HITOTSU_LISTEN", format!("127.0.0.1:{port}"))
            .args(["demo", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let facts = lines.next_line().await.unwrap().expect("the demo tells how to get in");
        Self { process, folder, facts: serde_json::from_str(&facts).unwrap() }
    }

    /// Runs the blocks of a page; returns what they printed.
    async fn follow(&self, page: &str) -> String {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        let base = self.facts["shopUrl"].as_str().unwrap().trim_end_matches("/graphql");
        let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next());
        let script: String =
            blocks.filter(|block| !block.contains("./test.sh")).map(|block| format!("{block}\n")).collect();
        let pairing = self.facts["devicePairingCode"].as_str().unwrap();
        let script = script
            .replace("http://127.0.0.1:8080", base)
            .replace("cargo run -- ", &format!("{BINARY} "))
            .replace("PAIRING=ABCD1234", &format!("PAIRING={pairing}"));
        let done = command("sh", &self.folder).args(["-eu", "-c", &script]).output().await.unwrap();
        let (said, wrong) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
        assert!(done.status.success(), "{page}: {said}\n{wrong}");
        said
    }
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command.env("HITOTSU_DATABASE_URL", format!("sqlite://{}", folder.join("tour.db").display()));
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

/// Whether there is a shell with curl to follow a tour.
fn can_follow() -> bool {
    let found = std::process::Command::new("curl").arg("--version").output().is_ok_and(|done| done.status.success());
    if !found {
        eprintln!("curl is not installed: the tours were not followed");
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_five_steps_and_the_tour_work() {
    if !can_follow() {
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
    if !can_follow() {
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
    if !can_follow() {
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
