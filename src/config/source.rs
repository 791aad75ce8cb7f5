//! Where settings come from: a file and the environment, brought to one table of texts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};

use super::{ConfigError, Mistake};

/// What all variables begin with.
pub(super) const PREFIX: &str = "HITOTSU_";
/// Read when no other file is named.
const DEFAULT_FILE: &str = "hitotsu.toml";
/// Names the file; no setting of its own.
const FILE_VARIABLE: &str = "HITOTSU_CONFIG";
/// Variables that single commands read.
const OF_COMMANDS: [&str; 2] = [FILE_VARIABLE, "HITOTSU_ADMIN_PASSWORD"];

/// Every setting, as the file names it; the variable is the same in capitals after `HITOTSU_`.
pub(super) const NAMES: [&str; 35] = [
    "env",
    "database_url",
    "database_connections",
    "listen",
    "metrics_listen",
    "data_dir",
    "public_url",
    "smtp_url",
    "secret",
    "carrier_webhook_secrets",
    "mail_webhook_secrets",
    "dkim_keys",
    "line_token",
    "line_base_url",
    "sms_url",
    "sms_user",
    "sms_password",
    "sms_from",
    "message_webhook_url",
    "message_webhook_secret",
    "stripe_secret_key",
    "stripe_publishable_key",
    "stripe_webhook_secret",
    "stripe_base_url",
    "stripe_account",
    "log",
    "clock",
    "cors_origins",
    "trusted_proxies",
    "max_in_flight",
    "query_points_per_second",
    "request_timeout",
    "http_threads",
    "trusted_documents",
    "trusted_documents_only",
];

/// The text of the settings file; `None` when there is none and none was asked for.
pub(super) fn file_text(file: Option<PathBuf>) -> Result<Option<String>, ConfigError> {
    let named = file.or_else(|| std::env::var_os(FILE_VARIABLE).map(PathBuf::from));
    let path = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError(vec![Mistake {
            setting: FILE_VARIABLE.to_owned(),
            problem: format!("{} cannot be read ({error})", path.display()),
            fix: "name a readable TOML file or leave it out".to_owned(),
        }])),
    }
}

/// Variables as they are: figment's own provider would turn a secret of digits into a number.
struct Variables(Vec<(String, String)>);

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let values = self.0.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
        Ok(Profile::Default.collect(values))
    }
}

/// Brings file and variables together. An empty variable counts as unset, as container files often set it so.
pub(super) fn values(
    toml: &str,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let variables = variables
        .into_iter()
        .filter(|(name, value)| !OF_COMMANDS.contains(&name.as_str()) && !value.trim().is_empty())
        .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_ascii_lowercase(), value)))
        .collect();
    let table: BTreeMap<String, Value> =
        Figment::new().merge(Toml::string(toml)).merge(Variables(variables)).extract().map_err(|error| {
            ConfigError(vec![Mistake {
                setting: "settings file".to_owned(),
                // figment names the place and the reason; the values of a broken file are not in it.
                problem: format!("it is not valid TOML ({})", error.kind),
                fix: "write one `name = \"value\"` per line".to_owned(),
            }])
        })?;
    let mut known = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (name, value) in table {
        match (NAMES.contains(&name.as_str()), text_of(&value)) {
            (true, Some(text)) => {
                known.insert(name, text);
            }
            (true, None) => mistakes.push(Mistake {
                setting: variable(&name),
                problem: "it must be one value or a list of texts".to_owned(),
                fix: format!("write `{name} = \"…\"`"),
            }),
            (false, _) => mistakes.push(unknown(&name)),
        }
    }
    if mistakes.is_empty() { Ok(known) } else { Err(ConfigError(mistakes)) }
}

/// The variable of a setting.
pub(super) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

fn text_of(value: &Value) -> Option<String> {
    if let Some(items) = value.as_array() {
        return items.iter().map(text_of).collect::<Option<Vec<_>>>().map(|items| items.join(","));
    }
    value
        .as_str()
        .map(str::to_owned)
        .or_else(|| value.to_bool().map(|value| value.to_string()))
        .or_else(|| value.to_i128().map(|value| value.to_string()))
        .or_else(|| value.to_u128().map(|value| value.to_string()))
}

fn unknown(name: &str) -> Mistake {
    let nearest = NAMES.iter().min_by_key(|known| distance(known, name)).filter(|known| distance(known, name) <= 3);
    Mistake {
        setting: variable(name),
        problem: "there is no such setting".to_owned(),
        fix: nearest.map_or_else(
            || "remove it; docs/operations.md lists all settings".to_owned(),
            |nearest| format!("did you mean {}?", variable(nearest)),
        ),
    }
}

/// Edits between two names (Levenshtein), to find the one that was meant.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (line, a) in left.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right.chars()) {
            let value = (diagonal + usize::from(a != b)).min(before + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = value;
            before = value;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
