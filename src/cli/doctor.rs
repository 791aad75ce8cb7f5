//! `doctor`: checks what a process needs, and says how to mend what is wrong.

use std::process::ExitCode;
use std::time::Instant;

use domain::kernel::ctx::Services;
use domain::kernel::job::WORK;
use sea_orm::{ConnectionTrait as _, Statement};

use super::say;
use crate::app;
use crate::config::Config;
use crate::http::health::{Behind, Queue, pending_migrations};
use crate::lock::{LockError, ServerLock};

/// What one check found.
enum Finding {
    Fine(String),
    Notice(String),
    Wrong(String),
}

/// Prints one line per check; the status is 1 when something is wrong.
pub(super) async fn run(config: &Config) -> ExitCode {
    let mut findings = vec![Finding::Fine(format!("settings: {:?}, {}", config.environment, config.public_url))];
    findings.extend(config.warnings().into_iter().map(|warning| Finding::Notice(warning.to_string())));
    findings.push(data_folder(config));
    findings.extend(server(config));
    match app::services(config).await {
        Ok(services) => {
            findings.extend(database(&services).await);
            let _ = services.db.clone().close().await;
        }
        Err(error) => findings.push(Finding::Wrong(error.to_string())),
    }
    let mut is_wrong = false;
    for finding in findings {
        let line = match finding {
            Finding::Fine(text) => format!("ok      {text}"),
            Finding::Notice(text) => format!("notice  {text}"),
            Finding::Wrong(text) => {
                is_wrong = true;
                format!("wrong   {text}")
            }
        };
        if say(&line).is_err() {
            return ExitCode::FAILURE;
        }
    }
    if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn data_folder(config: &Config) -> Finding {
    let path = config.data_dir.display();
    let probe = config.data_dir.join(".doctor");
    let written = std::fs::create_dir_all(&config.data_dir).and_then(|()| std::fs::write(&probe, b"ok"));
    match written.and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => Finding::Fine(format!("data folder: {path} is writable")),
        Err(error) => Finding::Wrong(format!(
            "HITOTSU_DATA_DIR: {path} is not writable ({error}); change its owner or name another"
        )),
    }
}

/// Whether a server runs on the SQLite file, as far as its lock tells.
fn server(config: &Config) -> Option<Finding> {
    match ServerLock::acquire(&config.sqlite_path()?) {
        Ok(_) => Some(Finding::Fine("server: none runs on this file".to_owned())),
        Err(LockError::Held { holder, .. }) => {
            Some(Finding::Notice(format!("server: process {holder} serves this file")))
        }
        Err(error @ LockError::Io { .. }) => Some(Finding::Wrong(error.to_string())),
    }
}

async fn database(services: &Services) -> Vec<Finding> {
    let db = services.db.reader();
    let backend = db.get_database_backend();
    let sql = if backend == sea_orm::DatabaseBackend::Postgres {
        "SELECT current_setting('server_version') AS version"
    } else {
        "SELECT sqlite_version() AS version"
    };
    let started = Instant::now();
    let version = match db.query_one_raw(Statement::from_string(backend, sql)).await {
        Ok(row) => row.and_then(|row| row.try_get::<String>("", "version").ok()).unwrap_or_default(),
        Err(error) => return vec![Finding::Wrong(format!("database: no answer ({error}); check that it runs"))],
    };
    let milliseconds = started.elapsed().as_millis();
    let mut findings = vec![Finding::Fine(format!("database: {backend:?} {version} answers in {milliseconds} ms"))];
    match pending_migrations(db).await {
        Ok(pending) if pending.is_empty() => {
            findings.push(Finding::Fine("tables: up to date".to_owned()));
            findings.extend(queue(services).await);
        }
        Ok(pending) => findings.push(Finding::Wrong(format!(
            "tables: {} migration(s) are pending ({}); run `hitotsu migrate`",
            pending.len(),
            pending.join(", ")
        ))),
        Err(error) => findings.push(Finding::Wrong(format!("tables: cannot be read ({error})"))),
    }
    findings
}

/// A desk that is this late is told of, in seconds.
const LATE: i64 = 60;

async fn queue(services: &Services) -> Vec<Finding> {
    let (db, now) = (services.db.reader(), services.clock.now());
    let read = async { Ok::<_, sea_orm::DbErr>((Queue::read(db, now).await?, Queue::behind(db, now, LATE).await?)) };
    let (queue, behind) = match read.await {
        Ok(read) => read,
        Err(error) => return vec![Finding::Wrong(format!("queue: cannot be read ({error})"))],
    };
    let mut findings = late(&behind);
    if queue.dead > 0 {
        findings.push(Finding::Notice(format!(
            "queue: {} job(s) were set aside after failing too often; read `last_error` in the table `job`",
            queue.dead
        )));
    }
    if findings.is_empty() {
        findings.push(Finding::Fine(format!("queue: {} job(s), {} s behind", queue.waiting, queue.lag_seconds)));
    }
    findings
}

/// What it means that desks are late. Where workers run, schedules come by the desk of all other work every half minute: one
/// that is late has no worker. While it is not, the others wait for somebody outside.
fn late(behind: &[Behind]) -> Vec<Finding> {
    if let Some(work) = behind.iter().find(|desk| desk.desk == WORK) {
        return vec![Finding::Notice(format!(
            "queue: the oldest job has waited {} s; start `hitotsu worker` or `hitotsu serve`",
            work.lag_seconds
        ))];
    }
    let waits = |desk: &Behind| {
        Finding::Notice(format!(
            "queue: of {} job(s) at the desk `{}` the oldest has waited {} s, while other work goes on: the server that \
             takes these messages is slow or does not answer, or one to the same address is tried again first; read \
             `last_error` in the table `job`",
            desk.waiting, desk.desk, desk.lag_seconds
        ))
    };
    behind.iter().map(waits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(desks: &[&str]) -> Vec<String> {
        let behind = |desk: &&str| Behind { desk: (*desk).to_owned(), waiting: 3, lag_seconds: 90 };
        let findings = late(&desks.iter().map(behind).collect::<Vec<_>>());
        let text = |finding: Finding| match finding {
            Finding::Notice(text) => text,
            Finding::Fine(text) | Finding::Wrong(text) => panic!("{text}"),
        };
        findings.into_iter().map(text).collect()
    }

    #[test]
    fn a_server_that_hangs_is_told_from_a_worker_that_is_missing() {
        assert!(told(&[]).is_empty());
        let all = told(&["send_message", WORK]);
        assert!(all.len() == 1 && all[0].contains("start `hitotsu worker`"), "{all:?}");
        let mails = told(&["send_asked", "send_message"]);
        assert!(mails.len() == 2 && mails[1].contains("`send_message`"), "{mails:?}");
        assert!(mails.iter().all(|text| !text.contains("start")), "{mails:?}");
    }
}
