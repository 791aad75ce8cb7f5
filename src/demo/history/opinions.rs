//! What customers said when they were asked: after a parcel how likely they recommend the shop, after a pickup how
//! satisfied they are. Only people who agreed were asked, and not all of them answered.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{CustomerId, EventId, OrderId, SurveyInvitationId};
use entity::words::{ActorKind, ConsentPurpose, SurveyVia};
use entity::{event, order, survey, survey_alert_hit, survey_answer, survey_invitation};
use serde_json::{Value, json};

use super::super::dice::Dice;
use super::super::id_of;
use super::super::people::Person;
use super::super::voice::{ALARMING, Voice};
use super::Shop;
use super::books::Books;
use super::parcels::Arrived;

/// How long after the goods came.
const ASKED_AFTER: TimeDelta = TimeDelta::days(3);
/// How many of a hundred answer.
const ANSWER: u64 = 55;
/// How many of a hundred who answer say why.
const SAY_WHY: u64 = 45;

/// Score and how many of a hundred give at most so much, best first.
const RECOMMEND: [(i32, u64); 9] = [(10, 27), (9, 50), (8, 70), (7, 81), (6, 87), (5, 92), (4, 95), (2, 98), (0, 100)];
const SATISFIED: [(i32, u64); 5] = [(5, 48), (4, 80), (3, 91), (2, 97), (1, 100)];

/// Japanese and English, for good, middling and bad answers.
const GOOD: [(&str, &str); 3] = [
    ("包装がとても丁寧でした。", "Beautifully packed."),
    ("スタッフの方が親切でした。", "The people in the store were so kind."),
    ("思っていたより早く届きました。", "It came faster than I thought."),
];
const MIDDLING: [(&str, &str); 2] = [
    ("サイズ選びに迷いました。", "Choosing the size was hard."),
    ("送料がもう少し安いと嬉しいです。", "Shipping costs a bit much."),
];
const BAD: [(&str, &str); 2] = [
    ("到着が遅く、連絡もありませんでした。", "It came late and nobody told me."),
    ("色が写真と違いました。", "The color is not that of the picture."),
];

/// Asks whoever got everything, and books what they said.
pub(super) fn ask(shop: &Shop<'_>, books: &mut Books, arrived: &[Arrived], voice: &Voice) {
    let dice = Dice::new(23);
    let people: HashMap<CustomerId, &Person> = shop.people.iter().map(|person| (person.row.id, person)).collect();
    let orders: HashMap<OrderId, order::Model> = books.orders.iter().map(|order| (order.id, order.clone())).collect();
    for one in arrived {
        let Some(order) = orders.get(&one.order_id) else { continue };
        let Some(person) = order.customer_id.and_then(|id| people.get(&id)) else { continue };
        let at = one.at + ASKED_AFTER;
        if at >= shop.now || !person.agrees(ConsentPurpose::Survey, at) {
            continue;
        }
        let survey = if one.carrier.is_some() { &voice.nps } else { &voice.csat };
        let mut invitation = invitation(survey, order, one, at);
        tell(
            books,
            &invitation,
            ("survey_invited", at),
            json!({
                "survey": survey.code, "order_id": order.id, "via": invitation.via,
            }),
        );
        let answered = at + TimeDelta::minutes(dice.between(30, 60 * 48));
        if dice.percent(ANSWER) && answered < shop.now {
            invitation.answered_at = Some(answered);
            answer(books, (&invitation, survey, voice), answered, &dice);
        }
        books.invitations.push(invitation);
    }
}

fn invitation(
    survey: &survey::Model,
    order: &order::Model,
    arrived: &Arrived,
    at: DateTime<Utc>,
) -> survey_invitation::Model {
    let until = at + TimeDelta::days(i64::from(survey.expires_days));
    survey_invitation::Model {
        id: SurveyInvitationId(id_of(at)),
        survey_id: survey.id,
        survey_version: survey.version,
        dedupe_key: format!("demo:{}:{}", survey.code, order.id),
        // The demo wrote no mail about its past.
        via: SurveyVia::Page,
        customer_id: order.customer_id,
        order_id: Some(order.id),
        channel_id: Some(order.channel_id),
        location_id: arrived.location_id,
        carrier: arrived.carrier.map(|carrier| carrier.to_string()),
        locale: order.locale.clone(),
        flow_run_id: None,
        message_id: None,
        // Whole seconds, as links have them.
        expires_at: DateTime::from_timestamp(until.timestamp(), 0).unwrap_or(until),
        answered_at: None,
        created_at: at,
    }
}

fn answer(
    books: &mut Books,
    (invitation, survey, voice): (&survey_invitation::Model, &survey::Model, &Voice),
    at: DateTime<Utc>,
    dice: &Dice,
) {
    let is_nps = survey.id == voice.nps.id;
    let (score, words) = if is_nps {
        let score = drawn(&RECOMMEND, dice);
        (score, why(score, (9, 5)))
    } else {
        let score = drawn(&SATISFIED, dice);
        (score, why(score, (4, 3)))
    };
    let said = words.get(dice.index(words.len())).filter(|_| dice.percent(SAY_WHY));
    let comment = said.map_or("", |(ja, en)| if invitation.locale.starts_with("ja") { *ja } else { *en });
    books.answers.push(survey_answer::Model {
        survey_invitation_id: invitation.id,
        survey_id: survey.id,
        score: Some(score),
        answers: json!({ "score": score }),
        texts: if comment.is_empty() { json!({}) } else { json!({ "comment": comment }) },
        comment: comment.to_owned(),
        occurred_at: at,
    });
    tell(
        books,
        invitation,
        ("survey_answered", at),
        json!({
            "survey": survey.code, "order_id": invitation.order_id, "score": score, "via": invitation.via,
        }),
    );
    if is_nps && score <= ALARMING {
        books.alarms.push(survey_alert_hit::Model {
            survey_invitation_id: invitation.id,
            survey_alert_id: voice.alert.id,
            occurred_at: at,
        });
    }
}

/// What people say of a score that is good, or at least middling, from these on.
fn why(score: i32, (good, middling): (i32, i32)) -> &'static [(&'static str, &'static str)] {
    if score >= good {
        &GOOD
    } else if score >= middling {
        &MIDDLING
    } else {
        &BAD
    }
}

fn drawn(scores: &[(i32, u64)], dice: &Dice) -> i32 {
    let drawn = dice.below(100);
    scores.iter().find(|(_, most)| drawn < *most).map_or(0, |(score, _)| *score)
}

fn tell(books: &mut Books, invitation: &survey_invitation::Model, (kind, at): (&str, DateTime<Utc>), payload: Value) {
    books.events.push(event::Model {
        id: EventId(id_of(at)),
        kind: kind.to_owned(),
        aggregate_kind: "survey_invitation".to_owned(),
        aggregate_id: invitation.id.uuid(),
        customer_id: invitation.customer_id,
        actor_kind: ActorKind::System,
        actor_id: None,
        device_id: None,
        request_id: "demo".to_owned(),
        payload,
        occurred_at: at,
    });
}
