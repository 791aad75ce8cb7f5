//! Staff are told of answers at once.

use domain::jobs::HANDLERS;
use domain::messaging::dispatch;
use domain::survey::alert::{SaveAlert, save};
use domain::survey::query::{AnswerFilter, answers, hits_of};
use domain::survey::{answer, ready_made};
use domain::{Ctx, ErrorCode};
use entity::id::{ChannelId, SurveyId};
use entity::{channel_brand, event, message, survey_alert_hit};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;
use support::{World, both_databases};

use super::{by_code, comment, invited, manager, score};
use crate::returns::bought;

fn rule(survey_id: SurveyId, name: &str) -> SaveAlert {
    SaveAlert {
        id: None,
        survey_id,
        expected_version: None,
        name: name.to_owned(),
        max_score: None,
        words: vec![],
        recipients: vec![
            "Boss@Shop.example".to_owned(),
            "boss@shop.example".to_owned(),
            "desk@shop.example".to_owned(),
        ],
        active: true,
    }
}

async fn deliver(world: &World) {
    let events = event::Entity::find().all(world.db()).await.unwrap();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let handlers: Vec<_> = HANDLERS.iter().filter(|handler| handler.name == "survey_alert_mail").copied().collect();
    dispatch::run(&world.ctx(), &handlers, &ids).await.unwrap();
}

/// The channel has a name of its own in From.
async fn brand(world: &World, channel_id: ChannelId) {
    let row = channel_brand::Model {
        channel_id,
        color: "#1f2937".to_owned(),
        text_color: "#ffffff".to_owned(),
        logo_url: None,
        logo_width: 120,
        sender_name: Some("ひとつ本店".to_owned()),
        reply_to: None,
        footer: json!({}),
        storefront_url: None,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
    };
    row.into_active_model().reset_all().insert(world.db()).await.unwrap();
}

async fn letters(world: &World) -> Vec<message::Model> {
    let sent = message::Entity::find().filter(message::Column::Template.eq("survey_alert"));
    sent.order_by_asc(message::Column::Id).all(world.db()).await.unwrap()
}

async fn raised(world: &World) -> u64 {
    let told = event::Entity::find().filter(event::Column::Kind.eq("survey_alert_raised"));
    told.count(world.db()).await.unwrap()
}

async fn refused(ctx: &Ctx, input: SaveAlert) -> (ErrorCode, String) {
    let error = save(ctx, input).await.unwrap_err();
    (error.code(), error.path().to_owned())
}

both_databases! {
    /// Low scores and words alarm, each rule once per answer; the mail tells nothing of the person but the order's number.
    async fn staff_are_told_at_once(world: World) {
        ready_made::plant(&world.ctx()).await.unwrap();
        let (boss, bought) = (manager(&world).await, bought(&world, 1).await);
        let id = by_code(&world, "nps").await.id;
        let low = save(&boss, SaveAlert { max_score: Some(6), ..rule(id, "Low") }).await.unwrap();
        let words = vec!["ボロボロ".to_owned(), "Refund".to_owned()];
        let words = save(&boss, SaveAlert { words, ..rule(id, "Words") }).await.unwrap();
        save(&boss, SaveAlert { max_score: Some(10), active: false, ..rule(id, "Off") }).await.unwrap();

        let calm = invited(&world, "nps", "calm", None).await.unwrap();
        answer(&world.guest(), calm.id, vec![score(7), comment("とてもよかった")]).await.unwrap();
        assert_eq!((raised(&world).await, letters(&world).await.len()), (0, 0));

        brand(&world, bought.sold().await.0.channel_id).await;
        let asked = invited(&world, "nps", "angry", Some(bought.order)).await.unwrap();
        let said = "箱がﾎﾞﾛﾎﾞﾛでした。佐藤花子 090-1234-5678";
        answer(&world.guest(), asked.id, vec![score(2), comment(said)]).await.unwrap();
        assert_eq!(raised(&world).await, 2);
        let hits = hits_of(world.db(), &[calm.id, asked.id]).await.unwrap();
        let by: Vec<_> = hits.iter().map(|hit| (hit.survey_invitation_id, hit.survey_alert_id)).collect();
        assert_eq!(by, [(asked.id, low.id), (asked.id, words.id)]);
        for _ in 0..2 {
            deliver(&world).await;
        }
        let mails = letters(&world).await;
        let number = bought.sold().await.0.number;
        assert_eq!(mails.len(), 4, "two rules, two people");
        for mail in &mails {
            let whole = format!("{}{}{}", mail.subject, mail.html, mail.text);
            assert!(whole.contains(&number) && whole.contains("2 / 10"), "{whole}");
            for secret in ["佐藤", "090", "hanako", "でした"] {
                assert!(!whole.contains(secret), "{secret} in {whole}");
            }
            assert_eq!((mail.order_id, mail.customer_id), (None, None), "it stands in no customer's list");
            assert!(mail.sender.starts_with("ひとつ本店 <"), "as the channel's brand: {}", mail.sender);
        }
        assert!(mails[2].text.contains("ボロボロ") && !mails[2].text.contains("Refund"), "{}", mails[2].text);
        let told: Vec<&str> = mails.iter().map(|mail| mail.recipient.as_str()).collect();
        assert_eq!(told, ["boss@shop.example", "desk@shop.example", "boss@shop.example", "desk@shop.example"]);
        for (alerted, wanted) in [(true, asked.id), (false, calm.id)] {
            let filter = AnswerFilter { alerted: Some(alerted), ..AnswerFilter::default() };
            let page = answers(&boss, &filter, &domain::kernel::paging::PageRequest::default()).await.unwrap();
            assert_eq!(page.rows.iter().map(|(_, row)| row.survey_invitation_id).collect::<Vec<_>>(), [wanted]);
        }
        let payloads = event::Entity::find().all(world.db()).await.unwrap();
        assert!(payloads.iter().all(|event| !event.payload.to_string().contains("090")));
    }

    /// A rule asks for something, of somebody, within the scale; it changes by its version and stays with its survey.
    async fn rules_are_checked(world: World) {
        ready_made::plant(&world.ctx()).await.unwrap();
        let boss = manager(&world).await;
        let (nps, csat) = (by_code(&world, "nps").await.id, by_code(&world, "csat").await.id);
        let low = |survey, score| SaveAlert { max_score: Some(score), ..rule(survey, "Low") };
        let cases = [
            (rule(nps, "Nothing"), ErrorCode::Required, "input.maxScore"),
            (low(nps, 11), ErrorCode::Invalid, "input.maxScore"),
            (low(csat, 0), ErrorCode::Invalid, "input.maxScore"),
            (SaveAlert { name: String::new(), ..low(nps, 3) }, ErrorCode::Required, "input.name"),
            (SaveAlert { recipients: vec![], ..low(nps, 3) }, ErrorCode::Required, "input.recipients"),
            (SaveAlert { recipients: vec!["nobody".into()], ..low(nps, 3) }, ErrorCode::InvalidEmail, "input.recipients.0"),
            (
                SaveAlert { recipients: vec!["a@b.example".into(); 11], ..low(nps, 3) },
                ErrorCode::TooMany,
                "input.recipients",
            ),
            (SaveAlert { words: vec!["  ".into()], ..low(nps, 3) }, ErrorCode::Required, "input.words.0"),
            (SaveAlert { words: vec!["x".repeat(101)], ..low(nps, 3) }, ErrorCode::TextTooLong, "input.words.0"),
            (SaveAlert { words: vec!["x".into(); 101], ..low(nps, 3) }, ErrorCode::TooMany, "input.words"),
            (low(SurveyId(world.new_uuid()), 3), ErrorCode::NotFound, ""),
        ];
        for (input, code, path) in cases {
            let what = format!("{input:?}");
            assert_eq!(refused(&boss, input).await, (code, path.to_owned()), "{what}");
        }
        let saved = save(&boss, low(nps, 3)).await.unwrap();
        let change = |expected| SaveAlert { id: Some(saved.id), expected_version: Some(expected), ..low(nps, 4) };
        assert_eq!(refused(&boss, change(2)).await.0, ErrorCode::StaleVersion);
        assert_eq!(save(&boss, change(1)).await.unwrap().max_score, Some(4));
        let elsewhere = SaveAlert { survey_id: csat, ..change(2) };
        assert_eq!(refused(&boss, elsewhere).await.0, ErrorCode::NotFound);
        assert_eq!(survey_alert_hit::Entity::find().count(world.db()).await.unwrap(), 0);
    }
}
