//! `audit`: whether what must always hold does hold.

use std::process::ExitCode;

use super::{finish, say};
use crate::app;
use crate::config::Config;

/// Prints the report; the status is 0 when every invariant holds, 1 when one is broken or could not be checked.
pub(super) async fn run(config: &Config, json: bool) -> ExitCode {
    match report(config, json).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => finish(Err(error)),
    }
}

async fn report(config: &Config, json: bool) -> anyhow::Result<bool> {
    let services = app::services(config).await?;
    let report = domain::audit::run_patiently(&services.db, services.clock.now()).await?;
    services.db.clone().close().await?;
    if json {
        let mut value = serde_json::to_value(&report)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("holds".to_owned(), report.holds().into());
        }
        say(&value.to_string())?;
    } else {
        say(report.to_text().trim_end())?;
    }
    Ok(report.holds())
}
