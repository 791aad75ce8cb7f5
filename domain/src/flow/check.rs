//! Whether a definition can be followed: steps lead forward and to each other, numbers are sane, names are known.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::words::{MessageChannel, MessageClass, MessageEventKind};
use entity::{category, channel, collection, location, product, survey};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::condition::Conditions;
use super::definition::{Definition, EventMatch, Per, Span, Step, Trigger, Variant};
use super::problem::{Problem, refused, refused_with};
use super::{kinds, outbox, start, time};
use crate::kernel::known::all_known;
use crate::kernel::{Result, Tx, language};
use crate::survey::ready_made;

/// Longest wait.
const LONGEST: TimeDelta = TimeDelta::days(400);
/// Most entries of a list of a condition.
const MOST: usize = 100;
/// Most groups of an experiment.
const GROUPS: usize = 10;

/// Checks what needs no database. Error: `INVALID_FLOW` with the place.
pub(super) fn shape(path: &str, definition: &Definition) -> Result<()> {
    trigger(&format!("{path}.trigger"), &definition.trigger)?;
    conditions(&format!("{path}.filters"), &definition.filters, false)?;
    if matches!(definition.trigger, Trigger::Message { .. }) {
        return Err(refused(&format!("{path}.trigger"), Problem::BuiltIn));
    }
    if definition.steps.is_empty() {
        return Err(refused(&format!("{path}.steps"), Problem::NoSteps));
    }
    let mut ids = BTreeSet::new();
    for (index, one) in definition.steps.iter().enumerate() {
        let path = format!("{path}.steps.{index}");
        if !is_name(one.id(), 40) {
            return Err(refused(&format!("{path}.id"), Problem::StepName));
        }
        if !ids.insert(one.id()) {
            return Err(refused(&format!("{path}.id"), Problem::NameTaken));
        }
        for target in one.targets() {
            if definition.position(target).is_none_or(|position| position <= index) {
                return Err(refused_with(&path, Problem::NoLaterStep, target));
            }
        }
        step(&path, one, definition)?;
    }
    for (index, exit) in definition.exits.iter().enumerate() {
        event(&format!("{path}.exits.{index}"), exit)?;
    }
    Ok(())
}

fn is_name(text: &str, max: usize) -> bool {
    let fits =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "-_".contains(character);
    !text.is_empty() && text.len() <= max && text.chars().all(fits)
}

fn within(path: &str, number: u16, least: u16, most: u16) -> Result<()> {
    if (least..=most).contains(&number) {
        Ok(())
    } else {
        Err(refused_with(path, Problem::Range, &format!("{least}–{most}")))
    }
}

fn trigger(path: &str, trigger: &Trigger) -> Result<()> {
    match trigger {
        Trigger::Message { .. } | Trigger::BackInStock {} => Ok(()),
        Trigger::Event { on, per: _ } => {
            if on.is_empty() || on.len() > GROUPS {
                return Err(refused(&format!("{path}.on"), Problem::EventCount));
            }
            on.iter().enumerate().try_for_each(|(index, one)| event(&format!("{path}.on.{index}"), one))
        }
        Trigger::Birthday { days_before } | Trigger::Anniversary { days_before } => {
            within(&format!("{path}.days_before"), *days_before, 0, 60)
        }
        Trigger::WinBack { days } => within(&format!("{path}.days"), *days, 1, 1_095),
        Trigger::Replenishment { intervals, days_before } => {
            within(&format!("{path}.intervals"), *intervals, 2, 20)?;
            within(&format!("{path}.days_before"), *days_before, 0, 60)
        }
        Trigger::CartLeft { hours } => within(&format!("{path}.hours"), *hours, 1, 720),
        Trigger::Engaged { of, times, within_days } => {
            if !matches!(of, MessageEventKind::Opened | MessageEventKind::Clicked) {
                return Err(refused(&format!("{path}.of"), Problem::NotSeen));
            }
            within(&format!("{path}.times"), *times, 1, 100)?;
            within(&format!("{path}.within_days"), *within_days, 1, 365)
        }
    }
}

fn event(path: &str, one: &EventMatch) -> Result<()> {
    if !kinds::EVENTS.contains(&one.event.as_str()) {
        return Err(refused(&format!("{path}.event"), Problem::UnknownEvent));
    }
    if one.when.len() > GROUPS || one.when.iter().any(|(field, value)| field.len() > 100 || value.len() > 200) {
        return Err(refused(&format!("{path}.when"), Problem::TooLong));
    }
    Ok(())
}

fn span(path: &str, span: Span) -> Result<()> {
    let fits = span.delta() > TimeDelta::zero() && span.delta() <= LONGEST;
    if fits { Ok(()) } else { Err(refused(&format!("{path}.span"), Problem::Span)) }
}

fn step(path: &str, step: &Step, definition: &Definition) -> Result<()> {
    match step {
        Step::Wait { span: long, .. } => span(path, *long),
        Step::WaitUntil { at, .. } => match time::time_of_day(at) {
            Some(_) => Ok(()),
            None => Err(refused(&format!("{path}.at"), Problem::TimeOfDay)),
        },
        Step::WaitFor { on, span: long, .. } => {
            event(&format!("{path}.on"), on)?;
            span(path, *long)
        }
        Step::Branch { when, .. } => conditions(&format!("{path}.when"), when, true),
        Step::Send { template: name, channel, variants: groups, survey, .. } => {
            let sent = std::iter::once(name).chain(groups.iter().map(|group| &group.template));
            by_channel(&format!("{path}.channel"), *channel, sent)?;
            template(&format!("{path}.template"), name, definition)?;
            variants(&format!("{path}.variants"), groups, definition)?;
            let mut all = std::iter::once(name).chain(groups.iter().map(|group| &group.template));
            match survey {
                Some(_) if all.any(|name| name != "engaged") => {
                    Err(refused(&format!("{path}.survey"), Problem::SurveyUnfit))
                }
                Some(code) => survey_name(&format!("{path}.survey"), code),
                None => Ok(()),
            }
        }
        Step::Survey { survey, channel, .. } => {
            by_channel(&format!("{path}.channel"), *channel, std::iter::empty())?;
            survey_name(&format!("{path}.survey"), survey)
        }
        Step::Webhook { url, .. } => {
            let host = url.strip_prefix("https://").unwrap_or_default();
            let plain =
                !host.is_empty() && !host.starts_with('/') && url.len() <= 500 && !url.contains(['@', ' ', '\\', '"']);
            let plain = plain && !url.chars().any(char::is_control);
            if plain { Ok(()) } else { Err(refused(&format!("{path}.url"), Problem::Url)) }
        }
        Step::Stop { .. } => Ok(()),
    }
}

/// Whether a survey may have such a code.
fn survey_name(path: &str, code: &str) -> Result<()> {
    if is_name(code, 100) { Ok(()) } else { Err(refused(path, Problem::UnknownSurvey)) }
}

/// Whether messages can go by a channel. Who asked to be told of goods named an e-mail address and agreed to no other way.
fn by_channel<'a>(path: &str, channel: MessageChannel, mut templates: impl Iterator<Item = &'a String>) -> Result<()> {
    match channel {
        MessageChannel::Line | MessageChannel::Sms if templates.any(|name| name == "back_in_stock") => {
            Err(refused(path, Problem::MailOnly))
        }
        MessageChannel::Email | MessageChannel::Line | MessageChannel::Sms => Ok(()),
        MessageChannel::Webhook => Err(refused(path, Problem::Channel)),
    }
}

fn variants(path: &str, groups: &[Variant], definition: &Definition) -> Result<()> {
    if groups.len() > GROUPS {
        return Err(refused(path, Problem::GroupCount));
    }
    // A run is in one group for good: figures could not tell two experiments of a flow apart.
    let shares = |groups: &[Variant]| groups.iter().map(|one| (one.name.clone(), one.weight)).collect::<Vec<_>>();
    if !groups.is_empty() && start::variants(definition).is_some_and(|first| shares(first) != shares(groups)) {
        return Err(refused(path, Problem::GroupsDiffer));
    }
    let mut names = BTreeSet::new();
    for (index, group) in groups.iter().enumerate() {
        let path = format!("{path}.{index}");
        let named =
            !group.name.trim().is_empty() && group.name.len() <= 20 && !group.name.chars().any(char::is_control);
        if !named || !names.insert(group.name.as_str()) {
            return Err(refused(&format!("{path}.name"), Problem::GroupName));
        }
        within(&format!("{path}.weight"), group.weight, 1, 1_000)?;
        template(&format!("{path}.template"), &group.template, definition)?;
    }
    Ok(())
}

/// A template that is known, with what it tells of.
fn template(path: &str, name: &str, definition: &Definition) -> Result<()> {
    if name == "survey" {
        return Err(refused(path, Problem::SurveyStep));
    }
    if !outbox::TEMPLATES.contains(&name) {
        return Err(refused(path, Problem::UnknownMessage));
    }
    let has_order = match &definition.trigger {
        Trigger::Event { on, per } => {
            !matches!(per, Per::Customer) && on.iter().any(|one| !one.event.starts_with("customer_"))
        }
        Trigger::WinBack { .. } | Trigger::Replenishment { .. } => true,
        Trigger::Message { .. }
        | Trigger::Birthday { .. }
        | Trigger::Anniversary { .. }
        | Trigger::CartLeft { .. }
        | Trigger::BackInStock {}
        | Trigger::Engaged { .. } => false,
    };
    let fits = match name {
        "cart_left" => matches!(definition.trigger, Trigger::CartLeft { .. }),
        "back_in_stock" => matches!(definition.trigger, Trigger::BackInStock {}),
        "replenishment" => matches!(definition.trigger, Trigger::Replenishment { .. }),
        "how_to_use" | "review_request" | "cross_sell" | "shipping_news" => has_order,
        _ => true,
    };
    if fits { Ok(()) } else { Err(refused(path, Problem::MessageUnfit)) }
}

fn conditions(path: &str, conditions: &Conditions, in_branch: bool) -> Result<()> {
    let lists = [
        ("channels", conditions.channels.len()),
        ("locations", conditions.locations.len()),
        ("countries", conditions.countries.len()),
        ("locales", conditions.locales.len()),
        ("product_ids", conditions.product_ids.len()),
        ("category_ids", conditions.category_ids.len()),
        ("collection_ids", conditions.collection_ids.len()),
        ("tags", conditions.tags.len()),
        ("without_tags", conditions.without_tags.len()),
    ];
    if let Some((name, _)) = lists.iter().find(|(_, length)| *length > MOST) {
        return Err(refused(&format!("{path}.{name}"), Problem::TooMany));
    }
    if let Some(total) = &conditions.total {
        let known = total.currency.parse::<entity::money::Currency>().is_ok();
        let ordered = total.from.zip(total.to).is_none_or(|(from, to)| from <= to);
        if !known || !ordered || total.from.is_some_and(|from| from < 0) {
            return Err(refused(&format!("{path}.total"), Problem::Total));
        }
    }
    if conditions.locales.iter().any(|locale| !language::is_locale(locale)) {
        return Err(refused(&format!("{path}.locales"), Problem::Locales));
    }
    let is_country = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if !conditions.countries.iter().all(is_country) {
        return Err(refused(&format!("{path}.countries"), Problem::Countries));
    }
    if conditions.clicked.is_some() && !in_branch {
        return Err(refused(&format!("{path}.clicked"), Problem::NothingSent));
    }
    Ok(())
}

/// Checks that everything named is there. Errors: `NOT_FOUND`, `INVALID_FLOW` for channels, locations and surveys.
pub(super) async fn known(tx: &Tx, path: &str, definition: &Definition) -> Result<()> {
    surveys(tx, path, definition).await?;
    let branches = definition.steps.iter().filter_map(|step| match step {
        Step::Branch { when, .. } => Some(when),
        Step::Wait { .. }
        | Step::WaitUntil { .. }
        | Step::WaitFor { .. }
        | Step::Send { .. }
        | Step::Survey { .. }
        | Step::Webhook { .. }
        | Step::Stop { .. } => None,
    });
    let all: Vec<&Conditions> = std::iter::once(&definition.filters).chain(branches).collect();
    let products = all.iter().flat_map(|one| &one.product_ids);
    all_known::<product::Entity, _>(tx, product::Column::Id, products, "product").await?;
    let categories = all.iter().flat_map(|one| &one.category_ids);
    all_known::<category::Entity, _>(tx, category::Column::Id, categories, "category").await?;
    let collections = all.iter().flat_map(|one| &one.collection_ids);
    all_known::<collection::Entity, _>(tx, collection::Column::Id, collections, "collection").await?;
    let channels: BTreeSet<&String> = all.iter().flat_map(|one| &one.channels).collect();
    let found = match channels.len() {
        0 => 0,
        _ => {
            channel::Entity::find()
                .filter(channel::Column::Code.is_in(channels.iter().map(|code| code.as_str())))
                .count(tx)
                .await?
        }
    };
    counted(&format!("{path}.filters.channels"), channels.len(), found)?;
    let locations: BTreeSet<&String> = all.iter().flat_map(|one| &one.locations).collect();
    let found = match locations.len() {
        0 => 0,
        _ => {
            location::Entity::find()
                .filter(location::Column::Code.is_in(locations.iter().map(|code| code.as_str())))
                .count(tx)
                .await?
        }
    };
    counted(&format!("{path}.filters.locations"), locations.len(), found)
}

/// Whether a survey is planted when somebody is first asked by it.
fn comes_along(code: &str) -> bool {
    ready_made::KINDS.iter().any(|kind| ready_made::code(*kind) == Some(code))
}

/// Every survey is there, or comes along: those are planted when somebody is first asked. One statement, none without one.
async fn surveys(tx: &Tx, path: &str, definition: &Definition) -> Result<()> {
    let asked = definition.steps.iter().enumerate().filter_map(|(index, step)| match step {
        Step::Survey { survey, .. } | Step::Send { survey: Some(survey), .. } => Some((index, survey.as_str())),
        Step::Wait { .. }
        | Step::WaitUntil { .. }
        | Step::WaitFor { .. }
        | Step::Branch { .. }
        | Step::Send { survey: None, .. }
        | Step::Webhook { .. }
        | Step::Stop { .. } => None,
    });
    let own: Vec<(usize, &str)> = asked.filter(|(_, code)| !comes_along(code)).collect();
    if own.is_empty() {
        return Ok(());
    }
    let found: BTreeSet<String> = survey::Entity::find()
        .select_only()
        .column(survey::Column::Code)
        .filter(survey::Column::Code.is_in(own.iter().map(|(_, code)| *code)))
        .into_tuple::<String>()
        .all(tx)
        .await?
        .into_iter()
        .collect();
    match own.into_iter().find(|(_, code)| !found.contains(*code)) {
        Some((index, _)) => Err(refused(&format!("{path}.steps.{index}.survey"), Problem::UnknownSurvey)),
        None => Ok(()),
    }
}

fn counted(path: &str, wanted: usize, found: u64) -> Result<()> {
    if usize::try_from(found).is_ok_and(|found| found == wanted) {
        Ok(())
    } else {
        Err(refused(path, Problem::UnknownCode))
    }
}

/// Why the flow may send: what advertises needs more than what asks, and that more than what belongs to a purchase.
#[must_use]
pub(super) fn class(definition: &Definition) -> MessageClass {
    let classes: BTreeSet<MessageClass> = definition.templates().map(outbox::class).collect();
    if classes.contains(&MessageClass::Marketing) {
        MessageClass::Marketing
    } else if classes.contains(&MessageClass::Survey) {
        MessageClass::Survey
    } else {
        MessageClass::Transactional
    }
}

/// Part of people who get nothing. Error: `INVALID_FLOW` outside 0 to 50, and for what belongs to a purchase.
pub(super) fn hold_out(percent: i32, class: MessageClass) -> Result<()> {
    let most = if class == MessageClass::Transactional { 0 } else { 50 };
    if (0..=most).contains(&percent) {
        Ok(())
    } else {
        Err(refused_with("input.holdOutPercent", Problem::Range, &format!("0–{most}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::flow::parse;

    fn path_of(value: &Value) -> Option<String> {
        let definition = parse::read("definition", value).expect("it can be read");
        shape("definition", &definition).err().map(|error| error.path().to_owned())
    }

    fn with_steps(steps: &Value) -> Value {
        json!({ "trigger": { "kind": "EVENT", "on": [{ "event": "order_placed" }] }, "steps": steps })
    }

    #[test]
    fn what_cannot_be_followed_is_refused_at_its_place() {
        let send = json!({ "kind": "SEND", "id": "mail", "template": "thanks" });
        assert_eq!(path_of(&with_steps(&json!([send]))), None);
        let wrong = [
            (json!([]), "definition.steps"),
            (json!([send, send]), "definition.steps.1.id"),
            (json!([{ "kind": "STOP", "id": "A b" }]), "definition.steps.0.id"),
            (json!([{ "kind": "WAIT", "id": "a", "span": {} }]), "definition.steps.0.span"),
            (json!([{ "kind": "WAIT", "id": "a", "span": { "days": 401 } }]), "definition.steps.0.span"),
            (json!([{ "kind": "WAIT_UNTIL", "id": "a", "at": "25:00" }]), "definition.steps.0.at"),
            (json!([{ "kind": "SEND", "id": "a", "template": "full_moon" }]), "definition.steps.0.template"),
            (json!([{ "kind": "SEND", "id": "a", "template": "survey" }]), "definition.steps.0.template"),
            (json!([{ "kind": "SEND", "id": "a", "template": "cart_left" }]), "definition.steps.0.template"),
            (
                json!([{ "kind": "SEND", "id": "a", "template": "thanks", "channel": "WEBHOOK" }]),
                "definition.steps.0.channel",
            ),
            (
                json!([{ "kind": "SURVEY", "id": "a", "survey": "nps", "channel": "WEBHOOK" }]),
                "definition.steps.0.channel",
            ),
            (
                json!([
                    { "kind": "SEND", "id": "a", "template": "thanks",
                      "variants": [{ "name": "A", "weight": 1, "template": "thanks" }] },
                    { "kind": "SEND", "id": "b", "template": "thanks",
                      "variants": [{ "name": "B", "weight": 1, "template": "thanks" }] },
                ]),
                "definition.steps.1.variants",
            ),
            (json!([{ "kind": "WEBHOOK", "id": "a", "url": "http://x.example" }]), "definition.steps.0.url"),
            (json!([{ "kind": "WEBHOOK", "id": "a", "url": "https://u@x.example" }]), "definition.steps.0.url"),
            (json!([{ "kind": "BRANCH", "id": "a", "when": {}, "then": "a" }]), "definition.steps.0"),
            (json!([send, { "kind": "BRANCH", "id": "a", "when": {}, "then": "mail" }]), "definition.steps.1"),
            (
                json!([{ "kind": "WAIT_FOR", "id": "a", "on": { "event": "full_moon" }, "span": { "days": 1 } }]),
                "definition.steps.0.on.event",
            ),
            (
                json!([{ "kind": "SEND", "id": "a", "template": "thanks",
                         "variants": [{ "name": "A", "weight": 0, "template": "thanks" }] }]),
                "definition.steps.0.variants.0.weight",
            ),
        ];
        for (steps, place) in wrong {
            assert_eq!(path_of(&with_steps(&steps)).as_deref(), Some(place), "{steps}");
        }
        let birthday = |before: u16, template: &str| {
            json!({ "trigger": { "kind": "BIRTHDAY", "days_before": before },
                    "steps": [{ "kind": "SEND", "id": "a", "template": template }] })
        };
        assert_eq!(path_of(&birthday(7, "birthday")), None);
        assert_eq!(path_of(&birthday(61, "birthday")).as_deref(), Some("definition.trigger.days_before"));
        let told = |channel: &str| {
            json!({ "trigger": { "kind": "BACK_IN_STOCK" },
                    "steps": [{ "kind": "SEND", "id": "a", "template": "back_in_stock", "channel": channel }] })
        };
        assert_eq!(path_of(&told("EMAIL")), None);
        assert_eq!(path_of(&told("SMS")).as_deref(), Some("definition.steps.0.channel"));
        for channel in ["LINE", "SMS"] {
            let send = json!({ "kind": "SEND", "id": "a", "template": "thanks", "channel": channel });
            let ask = json!({ "kind": "SURVEY", "id": "b", "survey": "nps", "channel": channel });
            assert_eq!(path_of(&with_steps(&json!([send, ask]))), None);
        }
        assert_eq!(path_of(&birthday(7, "review_request")).as_deref(), Some("definition.steps.0.template"));
        let message = json!({ "trigger": { "kind": "MESSAGE", "template": "order_confirmation" } });
        assert_eq!(path_of(&message).as_deref(), Some("definition.trigger"));
    }

    #[test]
    fn only_an_invitation_leads_to_a_survey() {
        let engaged = |template: &str| {
            json!({ "trigger": { "kind": "ENGAGED", "of": "CLICKED", "times": 5, "within_days": 30 },
                    "steps": [{ "kind": "SEND", "id": "a", "template": template, "survey": "nps" }] })
        };
        assert_eq!(path_of(&engaged("engaged")), None);
        assert_eq!(path_of(&engaged("birthday")).as_deref(), Some("definition.steps.0.survey"));
    }
}
