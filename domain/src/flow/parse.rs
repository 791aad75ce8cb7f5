//! Reading a definition part by part, so that what is wrong is told with its place.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::definition::{Definition, Step};
use super::problem::{Problem, refused, refused_with};
use crate::kernel::{Error, Result};

/// Most steps of a flow.
pub(super) const MAX_STEPS: usize = 50;
/// Longest definition as text, in bytes.
const MAX_BYTES: usize = 50_000;

/// Reads a definition that somebody wrote. Error: `INVALID_FLOW` at the place of the first thing that is wrong.
pub(super) fn read(path: &str, value: &Value) -> Result<Definition> {
    let Some(parts) = value.as_object() else { return Err(refused(path, Problem::Object)) };
    if value.to_string().len() > MAX_BYTES {
        return Err(refused(path, Problem::TooLong));
    }
    if let Some(unknown) =
        parts.keys().find(|key| !["trigger", "filters", "steps", "exits", "guards"].contains(&key.as_str()))
    {
        return Err(refused(&format!("{path}.{unknown}"), Problem::UnknownField));
    }
    let Some(trigger) = parts.get("trigger") else {
        return Err(refused_with(&format!("{path}.trigger"), Problem::Missing, "trigger"));
    };
    Ok(Definition {
        trigger: part(&format!("{path}.trigger"), trigger)?,
        filters: parts
            .get("filters")
            .map_or_else(|| Ok(Default::default()), |it| part(&format!("{path}.filters"), it))?,
        steps: list::<Step>(path, parts, "steps")?,
        exits: list(path, parts, "exits")?,
        guards: list(path, parts, "guards")?,
    })
}

/// Reads a definition that was checked when it was saved. Error: `Bug` for one that this program did not write.
pub(super) fn stored(value: &Value) -> Result<Definition> {
    serde_json::from_value(value.clone()).map_err(|error| Error::Bug(format!("definition of a flow: {error}")))
}

fn list<T: DeserializeOwned>(path: &str, parts: &Map<String, Value>, name: &str) -> Result<Vec<T>> {
    let Some(value) = parts.get(name) else { return Ok(Vec::new()) };
    let Some(entries) = value.as_array() else { return Err(refused(&format!("{path}.{name}"), Problem::List)) };
    if entries.len() > MAX_STEPS {
        return Err(refused(&format!("{path}.{name}"), Problem::TooMany));
    }
    entries.iter().enumerate().map(|(index, entry)| part(&format!("{path}.{name}.{index}"), entry)).collect()
}

fn part<T: DeserializeOwned>(path: &str, value: &Value) -> Result<T> {
    serde_json::from_value(value.clone()).map_err(|error| {
        let reason = error.to_string();
        if let Some(field) = named(&reason, "unknown field `") {
            return refused(&format!("{path}.{field}"), Problem::UnknownField);
        }
        if let Some(field) = named(&reason, "missing field `") {
            return refused_with(path, Problem::Missing, field);
        }
        match named(&reason, "unknown variant `") {
            Some(word) => refused_with(path, Problem::UnknownWord, word),
            None => refused_with(path, Problem::Unreadable, &reason),
        }
    })
}

/// What serde's "unknown field `x`, expected …" and its like name.
fn named<'a>(reason: &'a str, begin: &str) -> Option<&'a str> {
    reason.strip_prefix(begin)?.split('`').next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path_of(value: &Value) -> String {
        read("definition", value).expect_err("it is wrong").path().to_owned()
    }

    #[test]
    fn what_is_not_known_is_refused_at_its_place() {
        let trigger = json!({ "kind": "BIRTHDAY" });
        assert_eq!(path_of(&json!([])), "definition");
        assert_eq!(path_of(&json!({})), "definition.trigger");
        assert_eq!(path_of(&json!({ "trigger": trigger, "stepz": [] })), "definition.stepz");
        assert_eq!(path_of(&json!({ "trigger": { "kind": "BIRTHDAY", "days": 3 } })), "definition.trigger.days");
        assert_eq!(path_of(&json!({ "trigger": { "kind": "BACK_IN_STOCK", "x": 3 } })), "definition.trigger.x");
        assert_eq!(path_of(&json!({ "trigger": { "kind": "FULL_MOON" } })), "definition.trigger");
        assert_eq!(
            path_of(&json!({ "trigger": trigger, "filters": { "chanels": ["a"] } })),
            "definition.filters.chanels"
        );
        let wrong = json!({ "trigger": trigger, "steps": [{ "kind": "STOP", "id": "a" }, { "kind": "STOP", "id": "b", "at": 1 }] });
        assert_eq!(path_of(&wrong), "definition.steps.1.at");
        let wrong = json!({ "trigger": trigger, "steps": [{ "kind": "WAIT", "id": "a", "span": { "weeks": 1 } }] });
        assert_eq!(path_of(&wrong), "definition.steps.0.weeks");
        assert_eq!(path_of(&json!({ "trigger": trigger, "guards": ["HAPPY"] })), "definition.guards.0");
        let long: Vec<Value> = (0..51).map(|id| json!({ "kind": "STOP", "id": id.to_string() })).collect();
        assert_eq!(path_of(&json!({ "trigger": trigger, "steps": long })), "definition.steps");
    }

    #[test]
    fn what_was_read_is_written_and_read_again() {
        let value = json!({
            "trigger": { "kind": "EVENT", "on": [{ "event": "shipment_tracked", "when": { "to": "DELIVERED" } }] },
            "steps": [
                { "kind": "WAIT", "id": "rest", "span": { "days": 3 } },
                { "kind": "SEND", "id": "mail", "template": "thanks" },
            ],
            "guards": ["SOLD"],
        });
        let definition = read("definition", &value).expect("it is right");
        let again = serde_json::to_value(&definition).expect("json");
        assert_eq!(read("definition", &again).expect("still right"), definition);
        assert_eq!(stored(&again).expect("stored"), definition);
    }

    #[test]
    fn what_was_stored_before_steps_had_channels_goes_by_mail() {
        let old = json!({
            "trigger": { "kind": "BIRTHDAY" },
            "steps": [
                { "kind": "SURVEY", "id": "ask", "survey": "nps" },
                { "kind": "SEND", "id": "mail", "template": "birthday" },
            ],
        });
        for step in stored(&old).expect("stored").steps {
            let channel = match &step {
                Step::Survey { channel, .. } | Step::Send { channel, .. } => Some(*channel),
                Step::Wait { .. }
                | Step::WaitUntil { .. }
                | Step::WaitFor { .. }
                | Step::Branch { .. }
                | Step::Webhook { .. }
                | Step::Stop { .. } => None,
            };
            assert_eq!(channel, Some(entity::words::MessageChannel::Email), "{}", step.id());
        }
    }
}
