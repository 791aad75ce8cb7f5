//! A throw-away PostgreSQL cluster that all test processes share, and a fresh database per test cloned from a template.
//!
//! The first process that needs it starts it; a watchdog stops and removes it half a minute after the last one ended.
//! Who uses it holds a shared lock on `users.lock`; the kernel drops the lock when a process dies, so a killed test
//! keeps nothing alive. Making the cluster or a template happens under `setup.lock`.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail, ensure};
use domain::kernel::db::Db;
use migration::MigratorTrait;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};

use crate::folder;

/// Held while this process lives.
static IN_USE: OnceLock<File> = OnceLock::new();

/// Speed over safety: the data is thrown away. Tests fail sooner on a deadlock than the default of one second.
const SETTINGS: &str = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=300 \
    -c listen_addresses= -c shared_buffers=96MB -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=1GB \
    -c autovacuum=off -c deadlock_timeout=100ms";

/// Waits half a minute, and while nobody else uses the cluster, stops and removes it.
const WATCHDOG: &str = r#"
cd / && while sleep 30; do
    exec 8>>"$1/setup.lock" && flock -n 8 || continue
    exec 9>>"$1/users.lock"
    if flock -n 9; then
        $2 "$3/pg_ctl" -D "$1/data" -m immediate -w stop
        rm -rf "$1/data" "$1/socket"
        exit 0
    fi
    exec 9>&- 8>&-
done
"#;

/// A fresh database cloned from the migrated template; returns its name and address.
pub(crate) async fn fresh() -> Result<(String, String)> {
    let socket = running().await?;
    let admin = connect(&socket, "postgres").await?;
    let name = format!("t_{}", folder::unique());
    admin.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE template_{}", folder::MIGRATIONS)).await?;
    admin.close().await?;
    let url = address(&socket, &name);
    Ok((name, url))
}

/// Starts the shared cluster when it does not run and returns the address of a fresh migrated database.
///
/// For programs such as the load benchmark; tests get theirs through a story.
pub async fn start() -> Result<String> {
    Ok(fresh().await?.1)
}

/// Drops a test's database.
pub(crate) async fn drop_database(name: &str) -> Result<()> {
    let admin = connect(&folder::shared()?.join("socket"), "postgres").await?;
    admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    admin.close().await?;
    Ok(())
}

/// Makes sure that cluster and template are there; returns the folder of the socket.
async fn running() -> Result<PathBuf> {
    let shared = folder::shared()?;
    let socket = shared.join("socket");
    let lock = folder::setup_lock(&shared)?;
    if IN_USE.get().is_none() {
        let users = folder::lock_file(&shared, "users.lock")?;
        users.lock_shared()?;
        let _ = IN_USE.set(users);
    }
    let admin = match connect(&socket, "postgres").await {
        Ok(admin) => admin,
        Err(_) => {
            start_cluster(&shared)?;
            connect(&socket, "postgres").await.context("the cluster does not answer")?
        }
    };
    make_template(&admin, &socket).await?;
    admin.close().await?;
    drop(lock);
    Ok(socket)
}

fn start_cluster(shared: &Path) -> Result<()> {
    let binaries = binaries()?;
    let become_user = other_user()?;
    let (data, socket) = (shared.join("data"), shared.join("socket"));
    // What an interrupted start or a reboot left is of no use.
    let _ =
        tool(&become_user, &binaries, "pg_ctl").arg("-D").arg(&data).args(["-m", "immediate", "-w", "stop"]).output();
    for folder in [&data, &socket] {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir(folder)?;
        give_to(&become_user, folder)?;
    }
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700))?;
    run(tool(&become_user, &binaries, "initdb").arg("-D").arg(&data).args([
        "-U",
        "hitotsu",
        "--auth=trust",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]))?;
    run(tool(&become_user, &binaries, "pg_ctl")
        .arg("-D")
        .arg(&data)
        .arg("-l")
        .arg(data.join("log"))
        .args(["-w", "-o"])
        .arg(format!("{SETTINGS} -c unix_socket_directories={}", socket.display()))
        .arg("start"))?;
    watch(shared, &become_user, &binaries)
}

/// Starts the watchdog in a session of its own, so that an interrupted test run does not take it along.
fn watch(shared: &Path, become_user: &[String], binaries: &Path) -> Result<()> {
    Command::new("setsid")
        .args(["bash", "-c", WATCHDOG, "hitotsu-watchdog"])
        .arg(shared)
        .arg(become_user.join(" "))
        .arg(binaries)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the watchdog")?;
    Ok(())
}

/// Migrates a template once. It gets its name last: a killed process leaves no half template.
async fn make_template(admin: &DatabaseConnection, socket: &Path) -> Result<()> {
    let name = format!("template_{}", folder::MIGRATIONS);
    let statement = Statement::from_sql_and_values(
        admin.get_database_backend(),
        "SELECT 1 FROM pg_database WHERE datname = $1",
        [name.clone().into()],
    );
    if admin.query_one_raw(statement).await?.is_some() {
        return Ok(());
    }
    admin.execute_unprepared("DROP DATABASE IF EXISTS building WITH (FORCE)").await?;
    admin.execute_unprepared("CREATE DATABASE building").await?;
    let db = Db::open(&address(socket, "building"), 1).await?;
    migration::Migrator::up(db.writer(), None).await?;
    db.close().await?;
    admin.execute_unprepared(&format!("ALTER DATABASE building RENAME TO {name}")).await?;
    Ok(())
}

async fn connect(socket: &Path, database: &str) -> Result<DatabaseConnection> {
    ensure!(socket.exists(), "no cluster");
    let mut options = sea_orm::ConnectOptions::new(address(socket, database));
    options.max_connections(1).sqlx_logging(false).connect_timeout(std::time::Duration::from_secs(5));
    Ok(Database::connect(options).await?)
}

fn address(socket: &Path, database: &str) -> String {
    format!("postgres://hitotsu@localhost/{database}?host={}", socket.display())
}

/// The newest installed PostgreSQL.
fn binaries() -> Result<PathBuf> {
    let version = |path: &PathBuf| -> Option<u32> { path.parent()?.file_name()?.to_str()?.parse().ok() };
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    installed
        .map(|entry| entry.path().join("bin"))
        .filter(|path| path.join("initdb").exists())
        .max_by_key(version)
        .context("PostgreSQL is not installed: apt-get install postgresql")
}

/// PostgreSQL refuses to run as root: the words that run a command as another user; none when we are not root.
fn other_user() -> Result<Vec<String>> {
    if folder::user_id()? != 0 {
        return Ok(Vec::new());
    }
    let known = std::fs::read_to_string("/etc/passwd")?;
    let user = ["postgres", "nobody"]
        .into_iter()
        .find(|user| known.lines().any(|line| line.starts_with(&format!("{user}:"))))
        .context("neither a user `postgres` nor `nobody`")?;
    let group = String::from_utf8(Command::new("id").args(["-gn", user]).output()?.stdout)?;
    let words = ["setpriv", "--reuid", user, "--regid", group.trim(), "--clear-groups"];
    Ok(words.map(str::to_owned).to_vec())
}

fn give_to(become_user: &[String], folder: &Path) -> Result<()> {
    match become_user {
        [_, _, user, _, group, _] => run(Command::new("chown").arg(format!("{user}:{group}")).arg(folder)),
        _ => Ok(()),
    }
}

fn tool(become_user: &[String], binaries: &Path, name: &str) -> Command {
    let program = binaries.join(name);
    let mut command = match become_user {
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
        [] => Command::new(program),
    };
    // The working directory may be closed to the other user.
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Result<()> {
    // A file-less null: a server that kept our pipe open would make the test look unfinished.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !status.success() {
        bail!("{command:?} failed with {status}");
    }
    Ok(())
}
