//! The pages on the flows that come along, `docs/flows`: pictures, facts and calls to copy are made of the definitions, so
//! that they cannot say anything else. What people wrote around them stays. `UPDATE_DOCS=1` writes them.
//!
//! It stands here because only this area knows every handler that asks for a message.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod origin;
mod picture;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use entity::words::MessageClass;

use self::origin::{ORIGINS, Origin};
use super::{HANDLERS, SCHEDULES};
use crate::flow::builtin::{self, BuiltIn, PROTECTED};
use crate::flow::definition::{Definition, Step};
use crate::kernel::language::Language;
use crate::messaging::{TemplateName, samples};

/// Between these stands what is made.
const FACTS: (&str, &str) = ("<!-- facts: written by a test -->\n", "<!-- end of facts -->");
const CALLS: (&str, &str) = ("<!-- calls: written by a test -->\n", "<!-- end of calls -->");
const STEPPED: (&str, &str) = ("<!-- flows with steps: written by a test -->\n", "<!-- end of flows with steps -->");
const MESSAGES: (&str, &str) = ("<!-- messages: written by a test -->\n", "<!-- end of messages -->");

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/flows")
}

fn has_steps(one: &BuiltIn) -> bool {
    !one.definition.steps.is_empty()
}

fn template(one: &BuiltIn) -> TemplateName {
    TemplateName::parse(one.code).unwrap_or_else(|| panic!("{} is the name of a message", one.code))
}

/// A page with a part made anew.
fn replaced(name: &str, page: &str, (begin, end): (&str, &str), made: &str) -> String {
    let (before, rest) = page.split_once(begin).unwrap_or_else(|| panic!("{name}: {begin}"));
    let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("{name}: {end}"));
    format!("{before}{begin}\n{made}\n{end}{after}")
}

/// Holds a page against what it should be; `UPDATE_DOCS=1` writes it first.
fn hold(name: &str, parts: &[((&str, &str), String)]) {
    let path = folder().join(name);
    let found = std::fs::read_to_string(&path);
    let page = match found {
        Ok(page) => page,
        Err(_) if option_env!("UPDATE_DOCS").is_some() => {
            let markers: Vec<String> = parts.iter().map(|((begin, end), _)| format!("{begin}{end}\n")).collect();
            format!("# {name}\n\n{}", markers.join("\n"))
        }
        Err(error) => panic!("docs/flows/{name}: {error}; each flow that comes along has its page"),
    };
    let expected = parts.iter().fold(page, |page, (marks, made)| replaced(name, &page, *marks, made));
    if option_env!("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == expected, "{name}: UPDATE_DOCS=1 cargo nextest run -p hitotsu-domain flow_pages");
}

#[test]
fn each_flow_that_comes_along_has_its_page() {
    let all = builtin::all().unwrap();
    for one in &all {
        hold(&format!("{}.md", one.code), &[(FACTS, facts(one)), (CALLS, calls(one))]);
    }
    hold("README.md", &[(STEPPED, stepped(&all)), (MESSAGES, messages(&all))]);
    let wanted: BTreeSet<String> =
        all.iter().map(|one| format!("{}.md", one.code)).chain(["README.md".to_owned()]).collect();
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(there, wanted, "a page for each flow, and no other");
}

#[test]
fn each_page_says_what_no_definition_says() {
    for one in builtin::all().unwrap() {
        let page = std::fs::read_to_string(folder().join(format!("{}.md", one.code))).unwrap();
        assert!(page.starts_with(&format!("# `{}`: ", one.code)), "{}", one.code);
        let parts: Vec<&str> = page.split("\n## ").collect();
        let has = |heading: &str| {
            parts.iter().any(|part| part.strip_prefix(heading).is_some_and(|text| text.trim().len() > 5))
        };
        let to_set = if has_steps(&one) { "Before you switch it on\n" } else { "What you may set\n" };
        assert!(has("What stops it\n") && has(to_set), "{}", one.code);
        let (prose, _) = page.split_once(FACTS.0).unwrap();
        assert!(prose.lines().filter(|line| !line.starts_with('#')).any(|line| line.len() > 20), "{}", one.code);
    }
}

/// What the pages say of messages without steps is what handlers hear, schedules find and callers may ask for.
#[test]
fn what_asks_for_a_message_is_there() {
    let schemas: String = ["shop", "staff"]
        .map(|name| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../graphql/schema/{name}.graphql"));
            std::fs::read_to_string(path).unwrap()
        })
        .concat();
    for (code, origins) in ORIGINS {
        assert!(!origins.is_empty(), "{code}");
        for origin in *origins {
            let is_there = match origin {
                Origin::Event(handler, kind, _) => {
                    HANDLERS.iter().any(|it| it.name == *handler && it.kinds.contains(kind))
                }
                Origin::Call(name) => schemas.contains(&format!("\n  {name}(")),
                Origin::Clock(schedule, _) => SCHEDULES.iter().any(|it| it.kind == *schedule),
            };
            assert!(is_there, "{code}: {origin:?}");
        }
    }
    let told: BTreeSet<&str> = ORIGINS.iter().map(|(code, _)| *code).collect();
    let known: BTreeSet<&str> = builtin::MESSAGES.iter().map(|(code, _)| *code).collect();
    assert_eq!(told, known, "each message without steps says what asks for it");
    assert_eq!(ORIGINS.len(), told.len(), "once");
    // A kind that such a handler begins to hear must stand on a page, too.
    let named: BTreeSet<(&str, &str)> = ORIGINS
        .iter()
        .flat_map(|(_, origins)| *origins)
        .filter_map(|origin| match origin {
            Origin::Event(handler, kind, _) => Some((*handler, *kind)),
            Origin::Call(_) | Origin::Clock(..) => None,
        })
        .collect();
    for handler in HANDLERS.iter().filter(|it| named.iter().any(|(name, _)| *name == it.name)) {
        for kind in handler.kinds {
            assert!(named.contains(&(handler.name, *kind)), "{} hears {kind}: on which page?", handler.name);
        }
    }
}

/// How it is in a new shop.
fn at_first(one: &BuiltIn) -> &'static str {
    if PROTECTED.contains(&one.code) {
        "on, always"
    } else if template(one).class() == MessageClass::Transactional {
        "on"
    } else {
        "off"
    }
}

fn facts(one: &BuiltIn) -> String {
    let definition = &one.definition;
    let (picture, mut rows) = if has_steps(one) {
        (picture::of_flow(definition), rows(one, definition))
    } else {
        (picture::of_message(one.code, !PROTECTED.contains(&one.code)), asked_by(one))
    };
    for (language, label) in [(Language::En, "Subject"), (Language::Ja, "Subject in Japanese")] {
        let name = template(one);
        let subject = samples::draft(name, language).render(&samples::links(name)).unwrap().subject;
        rows.push((label, subject));
    }
    let table: String =
        rows.iter().map(|(name, value)| format!("| {name} | {} |\n", value.replace('|', "\\|"))).collect();
    format!("```mermaid\n{picture}```\n\n| | |\n|---|---|\n{table}")
}

fn who(one: &BuiltIn) -> String {
    let class = template(one).class();
    let whom = match class {
        MessageClass::Transactional => "needs no consent, knows no quiet hours and no cap",
        MessageClass::Survey | MessageClass::Marketing => {
            "for people who agreed to it, outside of their quiet hours, no more than the channel's cap allows"
        }
    };
    format!("`{class}`: {whom}")
}

fn rows(one: &BuiltIn, definition: &Definition) -> Vec<(&'static str, String)> {
    let or_none = |list: Vec<String>, none: &str| if list.is_empty() { none.to_owned() } else { list.join("; ") };
    let steps = definition.steps.iter().map(|step| format!("`{}`: {}", step.id(), picture::words(step).join(", ")));
    let mut ends = picture::exits(definition);
    if picture::is_about_order(&definition.trigger) {
        ends.push(picture::ALWAYS.to_owned());
    }
    let guards =
        definition.guards.iter().map(|guard| format!("{} ({})", picture::question(*guard), picture::reasons(*guard)));
    vec![
        ("Name", one.name.to_owned()),
        ("Class", who(one)),
        ("In a new shop", at_first(one).to_owned()),
        ("Begins", picture::begins(&definition.trigger).join("; ")),
        ("For whom", or_none(picture::filters(&definition.filters), "everybody")),
        ("One run for each", picture::subject(&definition.trigger).to_owned()),
        ("Steps", steps.collect::<Vec<_>>().join("; ")),
        ("Ends early", or_none(ends, "–")),
        ("Looked at when it sends", or_none(guards.collect(), "–")),
    ]
}

fn asked_by(one: &BuiltIn) -> Vec<(&'static str, String)> {
    let origins = origin::of(one.code).iter().map(Origin::said);
    vec![
        ("Name", one.name.to_owned()),
        ("Class", who(one)),
        ("In a new shop", at_first(one).to_owned()),
        ("Asked for by", origins.collect::<Vec<_>>().join("; ")),
        ("When", template(one).when().trim().trim_end_matches('.').to_owned()),
    ]
}

fn calls(one: &BuiltIn) -> String {
    let text = if has_steps(one) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/flow/builtin/{}.json", one.code));
        let definition = std::fs::read_to_string(path).unwrap();
        CALLS_OF_FLOW.replace("%DEFINITION%", &definition.trim().replace('\n', "\n  "))
    } else if PROTECTED.contains(&one.code) {
        CALLS_OF_MESSAGE.replace(SWITCH, "")
    } else {
        CALLS_OF_MESSAGE.to_owned()
    };
    text.replace("%MESSAGE%", &one.code.to_uppercase()).replace("%CODE%", one.code)
}

/// What can be called about a flow with steps.
const CALLS_OF_FLOW: &str = r#"Look at it, try it on the last 90 days, switch it, read what came of it:

```graphql
query { flow(code: "%CODE%") { name status version definitionNumber holdOutPercent definition } }
query { flowDryRun(code: "%CODE%", days: 90) { subjects people messages steps { step count } reasons { reason count } isCut } }
query { messagePreview(template: %MESSAGE%, locale: "ja") { subject text } }
mutation { flowSwitch(input: { code: "%CODE%", on: true }) { flow { status } errors { code message } } }
mutation { flowPause(input: { code: "%CODE%" }) { flow { status } errors { code message } } }
query { flowFigures(code: "%CODE%") { groups { variant isHoldOut runs sent suppressed clicked converted }
  stops { reason count } suppressions { reason count } } }
query { flowRuns(filter: { flow: "%CODE%" }, first: 20) { nodes { status step wakeAt reason steps { step outcome reason messageId } } } }
```

Change it: try the new definition first, then save it as the next version. These are the variables of both.

```graphql
query Try($code: String!, $definition: FlowDefinition!) { flowDryRun(code: $code, definition: $definition, days: 90) {
  people messages reasons { reason count } } }
mutation Save($code: String!, $definition: FlowDefinition!) { flowSave(input: { code: $code, definition: $definition }) {
  flow { status definitionNumber version } errors { code message path } } }
```

```json
{
  "code": "%CODE%",
  "definition": %DEFINITION%
}
```
"#;

/// The line that switches a message off.
const SWITCH: &str = r#"mutation { flowSwitch(input: { code: "%CODE%", on: false }) { flow { status } errors { code message } } }
"#;

/// What can be called about a message without steps.
const CALLS_OF_MESSAGE: &str = r#"```graphql
query { flow(code: "%CODE%") { name status version } }
mutation { flowSwitch(input: { code: "%CODE%", on: false }) { flow { status } errors { code message } } }
query { messagePreview(template: %MESSAGE%, locale: "ja") { subject text } }
mutation { messageTestSend(input: { template: %MESSAGE%, idempotencyKey: "…" }) { message { status reason } errors { code message } } }
query { messages(filter: { template: "%CODE%" }, first: 20) { nodes { recipient status reason sentAt canResend } } }
query { messageFigures(from: "2026-11-01T00:00:00Z", until: "2026-12-01T00:00:00Z", groupBy: [TEMPLATE]) {
  template queued sent failed suppressed delivered bounced complained } }
```

Its words are changed by a wording of your own, version by version: [wording](../capabilities/message-templates.md).
"#;

fn stepped(all: &[BuiltIn]) -> String {
    let mut table = "| Flow | Begins | For whom | Waits | Asked when it sends | Ends early | In a new shop |\n\
                     |---|---|---|---|---|---|---|\n"
        .to_owned();
    for one in all.iter().filter(|one| has_steps(one)) {
        let definition = &one.definition;
        let waits = definition.steps.iter().filter(|step| is_wait(step)).flat_map(picture::words);
        let guards = definition.guards.iter().map(|guard| picture::question(*guard).to_owned());
        let cells = [
            format!("[`{0}`]({0}.md)", one.code),
            picture::begins(&definition.trigger).join("; "),
            picture::filters(&definition.filters).join(", "),
            waits.collect::<Vec<_>>().join(", "),
            guards.collect::<Vec<_>>().join(" "),
            picture::exits(definition).join("; "),
            at_first(one).to_owned(),
        ];
        table.push_str(&format!("| {} |\n", cells.map(|cell| or_dash(&cell)).join(" | ")));
    }
    table
}

fn is_wait(step: &Step) -> bool {
    matches!(step, Step::Wait { .. } | Step::WaitUntil { .. } | Step::WaitFor { .. })
}

fn or_dash(cell: &str) -> String {
    if cell.is_empty() { "–".to_owned() } else { cell.replace('|', "\\|") }
}

fn messages(all: &[BuiltIn]) -> String {
    let mut table = "| Message | What it is | Asked for by | In a new shop |\n|---|---|---|---|\n".to_owned();
    for one in all.iter().filter(|one| !has_steps(one)) {
        let origins: Vec<String> = origin::of(one.code).iter().map(Origin::said).collect();
        let row = format!("[`{0}`]({0}.md) | {1} | {2} | {3}", one.code, one.name, origins.join("; "), at_first(one));
        table.push_str(&format!("| {row} |\n"));
    }
    table
}
