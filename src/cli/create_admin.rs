//! `create-admin`: the first person who may sign in, with every permission.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use domain::Ctx;
use domain::access::{CreateAdmin, create_admin};

use super::{complain, say};
use crate::app;
use crate::config::Config;

/// Overrides the question for the password, for scripts.
const PASSWORD_VARIABLE: &str = "HITOTSU_ADMIN_PASSWORD";

#[derive(Debug, Args)]
pub(super) struct CreateAdminArgs {
    /// Sign-in address.
    #[arg(long)]
    email: String,
    /// Name shown to colleagues.
    #[arg(long, default_value = "Administrator")]
    name: String,
}

/// Adds the person. The password comes from `HITOTSU_ADMIN_PASSWORD`, else from standard input: as an argument it would
/// stand in the list of processes.
pub(super) async fn run(config: &Config, args: CreateAdminArgs) -> anyhow::Result<()> {
    let password = password()?;
    let services = app::services(config).await?;
    let ctx = Ctx::system(Arc::clone(&services), "create-admin");
    let input = CreateAdmin { email: args.email, name: args.name, password };
    let created = create_admin(&ctx, input).await;
    let staff = created.map_err(|error| anyhow::anyhow!("{} ({})", error.message(ctx.language()), error.code()))?;
    say(&format!("{} may sign in as {}", staff.id, staff.email))?;
    Ok(services.db.clone().close().await?)
}

fn password() -> anyhow::Result<String> {
    if let Ok(password) = std::env::var(PASSWORD_VARIABLE) {
        return Ok(password);
    }
    let input = std::io::stdin();
    if input.is_terminal() {
        complain("Password (it will be visible; set HITOTSU_ADMIN_PASSWORD to avoid that):");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("standard input cannot be read")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        bail!("there is no password; set {PASSWORD_VARIABLE} or write one line to standard input");
    }
    Ok(password)
}
