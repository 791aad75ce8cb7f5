//! The command line: one file per command. Results go to standard output, logs and errors to standard error.

mod audit;
mod create_admin;
mod demo;
mod doctor;
mod export;
mod import;
mod migrate;
mod process;
mod schema;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::telemetry;

/// Status when the settings are wrong, as `sysexits.h` has it.
const EX_CONFIG: u8 = 78;

/// Omnichannel commerce and fulfillment: one customer, one stock, one order over all channels.
#[derive(Debug, Parser)]
#[command(name = "hitotsu", version)]
struct Cli {
    /// A TOML file with settings; the environment (`HITOTSU_*`) wins over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API, and run jobs unless told otherwise.
    Serve(ServeArgs),
    /// Run jobs only.
    Worker,
    /// Bring the database's tables up to date.
    Migrate,
    /// Migrate, seed and serve a shop to look around in; development only.
    Demo(demo::DemoArgs),
    /// Import a file; the status is 1 when a line of it could not be.
    #[command(subcommand)]
    Import(import::Import),
    /// Write a file that `import` reads.
    #[command(subcommand)]
    Export(export::Export),
    /// Check every invariant on the live database; the status is 0 when all hold.
    Audit {
        /// One JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Add an administrator. The password comes from HITOTSU_ADMIN_PASSWORD or standard input.
    CreateAdmin(create_admin::CreateAdminArgs),
    /// Print a schema in GraphQL's definition language.
    Schema {
        /// Which one.
        which: schema::Which,
    },
    /// Check settings, database, tables and queue, and say how to mend what is wrong.
    Doctor,
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Run jobs in this process too (the default).
    #[arg(long, overrides_with = "without_worker")]
    with_worker: bool,
    /// Leave jobs to `hitotsu worker`.
    #[arg(long)]
    without_worker: bool,
}

/// Runs the command that was asked for; the process's status is 0 when it worked, 78 when settings are wrong, else 1.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Schema { which } = cli.command {
        return finish(schema::run(which));
    }
    let config = match Config::load(cli.config) {
        Ok(config) => config,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::from(EX_CONFIG);
        }
    };
    telemetry::start_logs(&config);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return finish(Err(error.into())),
    };
    runtime.block_on(Box::pin(run(cli.command, config)))
}

async fn run(command: Command, config: Config) -> ExitCode {
    match command {
        Command::Serve(args) => finish(process::serve(config, !args.without_worker).await),
        Command::Worker => finish(process::worker(config).await),
        Command::Migrate => finish(migrate::run(&config).await),
        Command::Demo(args) => finish(demo::run(config, args).await),
        Command::Import(import) => import::run(&config, import).await,
        Command::Export(export) => finish(Box::pin(export::run(&config, export)).await),
        Command::Audit { json } => audit::run(&config, json).await,
        Command::CreateAdmin(args) => finish(create_admin::run(&config, args).await),
        Command::Schema { which } => finish(schema::run(which)),
        Command::Doctor => doctor::run(&config).await,
    }
}

fn finish(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// One line on standard error. A closed pipe is nobody's problem.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// One line on standard output. Error: standard output is closed.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
