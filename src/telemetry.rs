//! Logs and the recorder of metrics. Logs hold request ids, never personal data, tokens or query variables.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Upper bounds of the buckets of durations, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts logging: JSON in production, lines for people in development; to standard error, so that the output of
/// commands stays clean. A second call does nothing.
pub fn start_logs(config: &Config) {
    // The filter was checked when the settings were read.
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let logs = logs.with_ansi(std::io::stderr().is_terminal());
    let started = if config.is_development() { logs.try_init() } else { logs.json().flatten_event(true).try_init() };
    if started.is_ok() {
        log_panics(config.is_development());
    }
}

/// A panic is logged with its place. Its message may quote data, so it is told in development only.
fn log_panics(development: bool) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
        if development {
            before(panic);
        }
    }));
}

/// The recorder of the process; installed by the first call. Error: another recorder was installed before.
pub fn metrics() -> Result<&'static PrometheusHandle, BuildError> {
    if let Some(handle) = RECORDER.get() {
        return Ok(handle);
    }
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    match builder.install_recorder() {
        Ok(handle) => Ok(RECORDER.get_or_init(|| handle)),
        // Two threads came at once: the other one's recorder is the one that is installed.
        Err(error) => RECORDER.get().ok_or(error),
    }
}

/// A count as a gauge's value; counts beyond `u32` are cut.
#[must_use]
pub(crate) fn gauge_value(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}
