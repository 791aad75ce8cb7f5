//! Definitions in words, and as flowcharts (mermaid).

use entity::words::{MessageChannel, MessageEventKind};

use super::origin::{self, Origin};
use crate::flow::condition::Conditions;
use crate::flow::definition::{Definition, EventMatch, Guard, Of, Per, Span, Step, Trigger};

/// What ends every run about an order.
pub(super) const ALWAYS: &str = "order canceled, goods come back, delivery failed";

/// The picture of a flow with steps.
pub(super) fn of_flow(definition: &Definition) -> String {
    let mut lines = vec!["flowchart LR".to_owned()];
    let filters = filters(&definition.filters);
    let first = if filters.is_empty() { entry(definition, 0) } else { "whom".to_owned() };
    for (at, begin) in begins(&definition.trigger).iter().enumerate() {
        lines.push(format!("begin{at}[\"{begin}\"] --> {first}"));
    }
    if !filters.is_empty() {
        lines.push(format!("whom{{\"{}?\"}} -- yes --> {}", filters.join(", "), entry(definition, 0)));
        lines.push("whom -- no --> nobody((\"nothing begins\"))".to_owned());
    }
    for (at, step) in definition.steps.iter().enumerate() {
        if is_guarded(definition, step) {
            let asked: Vec<&str> = definition.guards.iter().map(|guard| question(*guard)).collect();
            lines.push(format!("guard{at}{{\"{}\"}} -- yes --> step{at}", asked.join("<br>")));
            lines.push(format!("guard{at} -- no --> over((\"over\"))"));
        }
        lines.push(format!("step{at}[\"{}\"]", words(step).join("<br>")));
        lines.extend(onwards(definition, at, step));
    }
    let mut ends = exits(definition);
    if is_about_order(&definition.trigger) {
        ends.push(ALWAYS.to_owned());
    }
    for (at, end) in ends.iter().enumerate() {
        lines.push(format!("exit{at}[\"{end}\"] -.-> over((\"over\"))"));
    }
    lines.join("\n  ") + "\n"
}

/// The picture of a message without steps.
pub(super) fn of_message(code: &str, can_be_off: bool) -> String {
    let mut lines = vec!["flowchart LR".to_owned()];
    for (at, begin) in origin::of(code).iter().map(Origin::said).enumerate() {
        lines.push(format!("begin{at}[\"{begin}\"] --> policy"));
    }
    let asked = if can_be_off { "switched on?<br>address not stopped?" } else { "address not stopped?" };
    lines.push(format!("policy{{\"{asked}\"}} -- yes --> send[\"{code}\"]"));
    lines.push("policy -- no --> over((\"kept back\"))".to_owned());
    lines.join("\n  ") + "\n"
}

/// Where the way to a step leads: to its guards when it sends.
fn entry(definition: &Definition, at: usize) -> String {
    match definition.steps.get(at) {
        Some(step) if is_guarded(definition, step) => format!("guard{at}"),
        Some(_) => format!("step{at}"),
        None => "done((\"done\"))".to_owned(),
    }
}

fn is_guarded(definition: &Definition, step: &Step) -> bool {
    matches!(step, Step::Send { .. } | Step::Survey { .. }) && !definition.guards.is_empty()
}

/// The ways that lead on from a step.
fn onwards(definition: &Definition, at: usize, step: &Step) -> Vec<String> {
    let named = |target: &Option<String>| {
        let place = target.as_deref().and_then(|id| definition.position(id));
        entry(definition, place.unwrap_or(at + 1))
    };
    match step {
        Step::WaitFor { then, otherwise, .. } | Step::Branch { then, otherwise, .. } => {
            vec![format!("step{at} -- yes --> {}", named(then)), format!("step{at} -- no --> {}", named(otherwise))]
        }
        Step::Wait { .. } | Step::WaitUntil { .. } | Step::Send { .. } | Step::Survey { .. } | Step::Webhook { .. } => {
            vec![format!("step{at} --> {}", entry(definition, at + 1))]
        }
        Step::Stop { .. } => Vec::new(),
    }
}

/// What begins a flow, one entry for each event.
pub(super) fn begins(trigger: &Trigger) -> Vec<String> {
    let before = |days: u16, day: &str| if days == 0 { day.to_owned() } else { format!("{days} days before: {day}") };
    match trigger {
        Trigger::Message { template } => vec![template.clone()],
        Trigger::Event { on, .. } => on.iter().map(event).collect(),
        Trigger::Birthday { days_before } => vec![before(*days_before, "birthday")],
        Trigger::Anniversary { days_before } => vec![before(*days_before, "day of the first purchase, each year")],
        Trigger::WinBack { days } => vec![format!("{days} days after the last order that stands")],
        Trigger::Replenishment { intervals, days_before } => vec![format!(
            "order with a variant bought at least {intervals} times before: its median interval less {days_before} days"
        )],
        Trigger::CartLeft { hours } => vec![format!("cart with goods untouched for {hours} h")],
        Trigger::BackInStock {} => {
            vec!["stock arrives or is freed: oldest wishes, up to the units that are free".to_owned()]
        }
        Trigger::Engaged { of, times, within_days } => {
            let what = if *of == MessageEventKind::Clicked { "clicks of a person" } else { "messages opened" };
            vec![format!("{times} {what} in {within_days} days")]
        }
    }
}

/// About what there is one run.
pub(super) fn subject(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Message { .. } => "cause",
        Trigger::Event { per: Per::Order, .. } => "order",
        Trigger::Event { per: Per::Customer, .. } => "customer, ever",
        Trigger::Event { per: Per::Event, .. } => "event",
        Trigger::Birthday { .. } | Trigger::Anniversary { .. } => "customer and year",
        Trigger::WinBack { .. } => "last order",
        Trigger::Replenishment { .. } => "customer, variant and order",
        Trigger::CartLeft { .. } => "cart",
        Trigger::BackInStock {} => "wish",
        Trigger::Engaged { .. } => "customer, ever",
    }
}

/// Whether runs are about an order, so that what happens to it ends them.
pub(super) fn is_about_order(trigger: &Trigger) -> bool {
    match trigger {
        Trigger::Event { on, .. } => on.iter().any(|one| !one.event.starts_with("customer_")),
        Trigger::WinBack { .. } | Trigger::Replenishment { .. } => true,
        Trigger::Message { .. }
        | Trigger::Birthday { .. }
        | Trigger::Anniversary { .. }
        | Trigger::CartLeft { .. }
        | Trigger::BackInStock {}
        | Trigger::Engaged { .. } => false,
    }
}

/// For whom; empty for everybody.
pub(super) fn filters(filters: &Conditions) -> Vec<String> {
    let value = serde_json::to_value(filters).unwrap();
    let mut asked: Vec<String> =
        value.as_object().unwrap().iter().map(|(name, value)| condition(name, value)).collect();
    asked.sort();
    asked
}

fn condition(name: &str, value: &serde_json::Value) -> String {
    match (name, value.as_bool()) {
        ("first_order", Some(true)) => "first order".to_owned(),
        ("first_order", Some(false)) => "not the first order".to_owned(),
        ("received", Some(true)) => "all of it received".to_owned(),
        ("received", Some(false)) => "not all of it received".to_owned(),
        (name, _) => format!("{} {}", name.replace('_', " "), value.to_string().replace('"', "")),
    }
}

fn event(one: &EventMatch) -> String {
    let when: Vec<String> = one.when.iter().map(|(field, value)| format!("{field} {value}")).collect();
    if when.is_empty() { one.event.clone() } else { format!("{}: {}", one.event, when.join(", ")) }
}

/// What ends a run early, beside what always does.
pub(super) fn exits(definition: &Definition) -> Vec<String> {
    let about_order = is_about_order(&definition.trigger);
    let whose = |of: Option<Of>| match of {
        Some(Of::Customer) => "of the customer",
        Some(Of::Order) => "of the order",
        None if about_order => "of the order",
        None => "of the customer",
    };
    definition.exits.iter().map(|exit| format!("{} ({})", event(exit), whose(exit.of))).collect()
}

/// What is asked when something is sent.
pub(super) const fn question(guard: Guard) -> &'static str {
    match guard {
        Guard::Sold => "still sold?",
        Guard::InStock => "in stock?",
        Guard::NotBoughtSince => "nothing bought since?",
        Guard::SameNotBoughtSince => "not bought again?",
        Guard::CartWaits => "cart still waits, nothing bought since?",
        Guard::Received => "all of it still received?",
    }
}

/// The reasons that runs have when the answer is no.
pub(super) const fn reasons(guard: Guard) -> &'static str {
    match guard {
        Guard::Sold => "`NOT_SOLD`",
        Guard::InStock => "`NOT_IN_STOCK`",
        Guard::NotBoughtSince | Guard::SameNotBoughtSince => "`BOUGHT_SINCE`",
        Guard::CartWaits => "`CART_GONE`, `CART_TAKEN_UP`, `BOUGHT_SINCE`",
        Guard::Received => "`NOT_RECEIVED`",
    }
}

/// A step in words, one entry for each line.
pub(super) fn words(step: &Step) -> Vec<String> {
    match step {
        Step::Wait { span, .. } => vec![format!("wait {}", length(*span))],
        Step::WaitUntil { at, .. } => vec![format!("until {at}")],
        Step::WaitFor { on, span, .. } => vec![format!("{} within {}?", event(on), length(*span))],
        Step::Branch { when, .. } => vec![format!("{}?", filters(when).join(", "))],
        Step::Send { template, channel, variants, .. } => {
            let groups = variants.iter().map(|it| format!("{} ({}): {}", it.name, it.weight, it.template));
            std::iter::once(format!("{} {template}", by(*channel))).chain(groups).collect()
        }
        Step::Survey { survey, channel, .. } => vec![format!("{} survey: {survey}", by(*channel))],
        Step::Webhook { .. } => vec!["call of a system".to_owned()],
        Step::Stop { .. } => vec!["stop".to_owned()],
    }
}

const fn by(channel: MessageChannel) -> &'static str {
    match channel {
        MessageChannel::Email => "mail",
        MessageChannel::Line => "LINE",
        MessageChannel::Sms => "SMS",
        MessageChannel::Webhook => "call",
    }
}

/// How long, in the largest units that fit.
fn length(span: Span) -> String {
    let days = if span.days == 1 { "1 day".to_owned() } else { format!("{} days", span.days) };
    let parts = [
        (span.days > 0).then_some(days),
        (span.hours > 0).then(|| format!("{} h", span.hours)),
        (span.minutes > 0).then(|| format!("{} min", span.minutes)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
