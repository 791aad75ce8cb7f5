//! Steps that ask: invitation, message, answer, and what goes on after it.

use chrono::TimeDelta;
use domain::survey::{self, answer};
use entity::words::*;
use entity::{event, survey_invitation};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use support::{World, both_databases};

use super::fixture::{Desk, after_order, thank};
use crate::survey::score;

async fn invitations(desk: &Desk) -> Vec<survey_invitation::Model> {
    let all = survey_invitation::Entity::find().order_by_asc(survey_invitation::Column::Id);
    all.all(desk.world.db()).await.unwrap()
}

/// Answers and lets flows hear of it.
async fn answers(desk: &Desk, invitation: &survey_invitation::Model) {
    answer(&desk.world.guest(), invitation.id, vec![score(9)]).await.unwrap();
    let told = event::Entity::find()
        .filter(event::Column::Kind.eq("survey_answered"))
        .filter(event::Column::AggregateId.eq(invitation.id.uuid()))
        .one(desk.world.db())
        .await
        .unwrap()
        .unwrap();
    desk.hear(told.id).await;
}

both_databases! {
    /// Who answers is thanked, who does not is not; each is asked once, by a message that leads to the questions.
    async fn an_answer_lets_a_run_go_on(world: World) {
        let desk = Desk::open(&world).await;
        let steps = json!([
            { "kind": "SURVEY", "id": "ask", "survey": "nps" },
            { "kind": "WAIT_FOR", "id": "answer", "on": { "event": "survey_answered" }, "span": { "days": 7 },
              "then": "thanks", "otherwise": "end" },
            { "kind": "STOP", "id": "end" },
            thank("thanks"),
        ]);
        desk.flow("ask", &after_order(&steps)).await;
        let (hana, taro) = (desk.person("hana").await, desk.person("taro").await);
        let order = desk.order(Some(hana.id)).await;
        desk.order(Some(taro.id)).await;
        desk.work().await;
        assert_eq!(desk.sent().await, ["survey", "survey"]);
        let asked = invitations(&desk).await;
        let hers = asked.iter().find(|row| row.customer_id == Some(hana.id)).unwrap();
        assert_eq!((hers.order_id, hers.via, asked.len()), (Some(order.id), SurveyVia::Mail, 2));
        let message = desk.messages().await.into_iter().find(|row| row.customer_id == Some(hana.id)).unwrap();
        assert_eq!((hers.message_id, message.class), (Some(message.id), MessageClass::Survey));
        assert_eq!(hers.flow_run_id, message.flow_run_id);
        world.advance(TimeDelta::days(2));
        answers(&desk, hers).await;
        desk.work().await;
        let thanked = |rows: Vec<entity::message::Model>| -> Vec<_> {
            rows.into_iter().filter(|row| row.template == "thanks").map(|row| row.customer_id).collect()
        };
        assert_eq!(thanked(desk.messages().await), [Some(hana.id)]);
        desk.later(TimeDelta::days(5)).await;
        assert_eq!(thanked(desk.messages().await), [Some(hana.id)], "taro did not answer");
        assert!(desk.ends().await.iter().all(|end| *end == (FlowRunStatus::Done, None)));
        desk.done().await;
    }

    /// Questions go by LINE when the step says so; without consent for surveys nobody is asked, and the run goes on.
    async fn questions_go_by_the_channel_of_the_step(world: World) {
        let desk = Desk::open(&world).await;
        let ask = json!({ "kind": "SURVEY", "id": "ask", "survey": "nps", "channel": "LINE" });
        desk.flow("ask", &after_order(&json!([ask]))).await;
        let user = format!("U{:032x}", 7);
        let person = world.new_customer("佐藤", "花子").verified(IdentifierKind::Line, &user).create().await;
        desk.order(Some(person.id)).await;
        desk.work().await;
        let [kept] = desk.messages().await.try_into().unwrap();
        assert_eq!((kept.status, kept.reason.as_deref()), (MessageStatus::Suppressed, Some("NO_CONSENT")));
        desk.consent_by(ConsentChannel::Line, person.id, true).await;
        desk.order(Some(person.id)).await;
        desk.work().await;
        let sent = desk.messages().await.pop().unwrap();
        assert_eq!((sent.channel, sent.recipient.as_str(), sent.status), (MessageChannel::Line, user.as_str(), MessageStatus::Sent));
        assert!(sent.text.contains("\nアンケートに答える: "), "{}", sent.text);
        let asked = invitations(&desk).await.pop().unwrap();
        assert_eq!(asked.message_id, Some(sent.id));
        let questions = survey::look(&world.guest(), asked.id).await.unwrap();
        assert_eq!(questions.state, SurveyInvitationState::Open);
        desk.done().await;
    }
}
