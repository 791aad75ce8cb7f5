//! Surveys with versions, invitations, and one answer to each.

use chrono::TimeDelta;
use domain::kernel::Actor;
use domain::kernel::actor::Till;
use domain::messaging::page_links::{self, PageLink};
use domain::survey::invite::{self, AskCustomer, ask};
use domain::survey::question::QuestionInput;
use domain::survey::save::{SaveSurvey, save, switch};
use domain::survey::till::AnswerAtTill;
use domain::survey::{self, answer, look, ready_made, till};
use domain::{Ctx, ErrorCode, Permission};
use entity::id::DeviceId;
use entity::words::{ChannelKind, QuestionKind, SurveyInvitationState, SurveyKind, SurveyVia};
use entity::{channel, event, order, survey_answer, survey_invitation, survey_version};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases, race};

use super::{by_code, comment, invited, manager, ready, score};
use crate::returns::bought;

fn text(id: &str, words: &str) -> QuestionInput {
    QuestionInput {
        id: id.to_owned(),
        kind: QuestionKind::Text,
        texts: vec![("en".to_owned(), words.to_owned())],
        required: false,
        min: None,
        max: None,
        low: vec![],
        high: vec![],
        choices: vec![],
    }
}

fn stars(id: &str, max: i32) -> QuestionInput {
    QuestionInput { kind: QuestionKind::Score, max: Some(max), ..text(id, "How many?") }
}

async fn refused(ctx: &Ctx, input: SaveSurvey) -> (ErrorCode, String) {
    let error = save(ctx, input).await.unwrap_err();
    (error.code(), error.path().to_owned())
}

async fn answers(world: &World) -> u64 {
    survey_answer::Entity::find().count(world.db()).await.unwrap()
}

both_databases! {
    /// NPS, CSAT and CES are there in both languages, once however often they are planted.
    async fn three_are_ready_made(world: World) {
        for _ in 0..2 {
            ready_made::plant(&world.ctx()).await.unwrap();
        }
        let all = survey::query::all(&manager(&world).await).await.unwrap();
        let codes: Vec<&str> = all.iter().map(|survey| survey.code.as_str()).collect();
        assert_eq!(codes, ["ces", "csat", "nps"]);
        for survey in &all {
            let questions = survey::question::read(&survey.questions).unwrap();
            let said = questions.iter().map(|question| &question.text).chain([&survey.thanks]);
            for text in said.chain(questions.iter().flat_map(|it| it.choices.iter().map(|choice| &choice.text))) {
                assert!(["en", "ja"].iter().all(|tag| text[*tag].as_str().is_some_and(|text| !text.is_empty())), "{text}");
            }
        }
        assert_eq!(survey_version::Entity::find().count(world.db()).await.unwrap(), 3);
    }

    /// A change is a version; kind and scale stay; who may not, cannot.
    async fn surveys_have_versions(world: World) {
        let boss = manager(&world).await;
        let first = save(&boss, ready("mine", SurveyKind::Nps)).await.unwrap();
        assert_eq!((first.version, first.active), (1, true));
        let stale = SaveSurvey { expected_version: Some(7), ..ready("mine", SurveyKind::Nps) };
        assert_eq!(refused(&boss, stale).await.0, ErrorCode::StaleVersion);
        assert_eq!(refused(&boss, ready("mine", SurveyKind::Csat)).await, (ErrorCode::Invalid, "input.kind".into()));
        let second = SaveSurvey { expected_version: Some(1), name: "Again".into(), ..ready("mine", SurveyKind::Nps) };
        assert_eq!(save(&boss, second).await.unwrap().version, 2);
        let own = |questions| SaveSurvey { questions, ..ready("own", SurveyKind::Custom) };
        assert_eq!(refused(&boss, own(vec![])).await, (ErrorCode::Required, "input.questions".into()));
        save(&boss, own(vec![stars("a", 5), text("b", "Why?")])).await.unwrap();
        let other_scale = own(vec![stars("a", 7), text("b", "Why?")]);
        assert_eq!(refused(&boss, other_scale).await, (ErrorCode::Invalid, "input.questions".into()));
        let bad = [
            (SaveSurvey { code: "Mine!".into(), ..ready("", SurveyKind::Nps) }, ErrorCode::Invalid, "input.code"),
            (SaveSurvey { code: " ".into(), ..ready("", SurveyKind::Nps) }, ErrorCode::Required, "input.code"),
            (SaveSurvey { name: String::new(), ..ready("x", SurveyKind::Nps) }, ErrorCode::Required, "input.name"),
            (SaveSurvey { expires_days: 0, ..ready("x", SurveyKind::Nps) }, ErrorCode::Invalid, "input.expiresDays"),
            (SaveSurvey { expires_days: 366, ..ready("x", SurveyKind::Nps) }, ErrorCode::Invalid, "input.expiresDays"),
            (
                SaveSurvey { thanks: vec![("ja".into(), "あ".repeat(1_001))], ..ready("x", SurveyKind::Nps) },
                ErrorCode::TextTooLong,
                "input.thanks.0.text",
            ),
        ];
        for (input, code, path) in bad {
            assert_eq!(refused(&boss, input).await, (code, path.to_owned()));
        }
        assert!(survey::query::by_code(world.db(), "x").await.unwrap().is_none());
        let reader = world.staff(&[Permission::SurveysRead]).await;
        assert_eq!(refused(&reader, ready("mine", SurveyKind::Nps)).await.0, ErrorCode::Forbidden);
        let off = switch(&boss, first.id, Some(2), false).await.unwrap();
        assert_eq!((off.version, off.active), (3, false));
        assert_eq!(switch(&boss, first.id, None, false).await.unwrap().version, 3, "it is off already");
    }

    /// An invitation knows the purchase; a key asks once; a survey that is off asks nobody.
    async fn people_are_asked_once(world: World) {
        let bought = bought(&world, 1).await;
        let asked = invited(&world, "nps", "run 1", Some(bought.order)).await.unwrap();
        assert_eq!((asked.channel_id, asked.carrier.as_deref()), (Some(bought.shop.online.id), Some("YAMATO")));
        assert_eq!((asked.location_id, asked.survey_version), (None, 1));
        assert_eq!(asked.expires_at, world.now() + TimeDelta::days(30));
        assert!(invited(&world, "nps", "run 1", Some(bought.order)).await.is_none());
        assert!(invited(&world, "nobody", "run 2", None).await.is_none());
        let boss = manager(&world).await;
        switch(&boss, asked.survey_id, None, false).await.unwrap();
        assert!(invited(&world, "nps", "run 3", None).await.is_none());
        let looked = look(&world.guest(), asked.id).await.unwrap();
        assert_eq!(looked.state, SurveyInvitationState::Open);
        answer(&world.guest(), asked.id, vec![score(9)]).await.unwrap();
        let link = survey::link(&world.services(), &asked);
        let token = link.rsplit('/').next().unwrap();
        assert_eq!(page_links::open(&world.guest(), PageLink::Survey, token).unwrap(), asked.id.uuid());
    }

    /// Who was asked before a change answers what was asked then.
    async fn answers_fit_the_version_that_was_asked(world: World) {
        let boss = manager(&world).await;
        let own = |name: &str| SaveSurvey { questions: vec![stars("a", 5), text(name, "Why?")], ..ready("own", SurveyKind::Custom) };
        save(&boss, own("old")).await.unwrap();
        let before = invited(&world, "own", "1", None).await.unwrap();
        save(&boss, own("new")).await.unwrap();
        let after = invited(&world, "own", "2", None).await.unwrap();
        assert_eq!((before.survey_version, after.survey_version), (1, 2));
        let said = |id: &str| survey::AnswerInput {
            question_id: id.to_owned(),
            score: None,
            choices: vec![],
            text: Some("because".to_owned()),
        };
        let wrong = answer(&world.guest(), before.id, vec![said("new")]).await.unwrap_err();
        assert_eq!((wrong.code(), wrong.path()), (ErrorCode::Invalid, "input.answers.0.questionId"));
        let old = answer(&world.guest(), before.id, vec![said("old")]).await.unwrap();
        assert_eq!((old.score, old.comment.as_str()), (None, "because"));
        assert_eq!(look(&world.guest(), after.id).await.unwrap().questions[1].id, "new");
        answer(&world.guest(), after.id, vec![said("new")]).await.unwrap();
    }

    /// Thirty answer at once: one is written.
    async fn of_thirty_answers_one_counts(world: World) {
        let asked = invited(&world, "csat", "1", None).await.unwrap();
        let (ctx, id) = (world.guest(), asked.id);
        let done = race(30, |number| {
            let ctx = ctx.clone();
            async move { answer(&ctx, id, vec![score(1 + i32::try_from(number % 5).unwrap())]).await }
        });
        let done = done.await;
        assert_eq!(done.iter().filter(|answer| answer.is_ok()).count(), 1);
        let codes = done.iter().filter_map(|answer| answer.as_ref().err()).map(domain::Error::code);
        assert!(codes.into_iter().all(|code| matches!(code, ErrorCode::AlreadyAnswered | ErrorCode::Busy)));
        assert_eq!(answers(&world).await, 1);
        let again = answer(&ctx, asked.id, vec![score(5)]).await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::AlreadyAnswered);
        assert_eq!(look(&ctx, asked.id).await.unwrap().state, SurveyInvitationState::Answered);
        let told = event::Entity::find().filter(event::Column::Kind.eq("survey_answered"));
        assert_eq!(told.count(world.db()).await.unwrap(), 1);
    }

    /// After its days an invitation is over; looking changes nothing.
    async fn invitations_expire(world: World) {
        let asked = invited(&world, "ces", "1", None).await.unwrap();
        world.advance(TimeDelta::days(30));
        assert_eq!(look(&world.guest(), asked.id).await.unwrap().state, SurveyInvitationState::Open);
        world.advance(TimeDelta::seconds(1));
        assert_eq!(look(&world.guest(), asked.id).await.unwrap().state, SurveyInvitationState::Expired);
        let late = answer(&world.guest(), asked.id, vec![score(7)]).await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::InvalidCode);
        let bad = answer(&world.guest(), entity::id::SurveyInvitationId(world.new_uuid()), vec![score(7)]).await;
        assert_eq!(bad.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(answers(&world).await, 0);
        // Its link goes on to say so for thirty days.
        let link = survey::link(&world.services(), &asked);
        let token = link.rsplit('/').next().unwrap();
        assert_eq!(token, invite::link_token(&world.services(), &asked));
        let opens = || page_links::open(&world.guest(), PageLink::Survey, token).map_err(|error| error.code());
        assert_eq!(opens(), Ok(asked.id.uuid()));
        world.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
        assert_eq!(opens(), Ok(asked.id.uuid()));
        world.advance(TimeDelta::seconds(1));
        assert_eq!(opens(), Err(ErrorCode::NotFound));
    }

    /// An integration asks by a link of its own: once per key, only whom it can reach, not by mail.
    async fn integrations_ask_by_links(world: World) {
        let (boss, bought) = (manager(&world).await, bought(&world, 1).await);
        let wish = |key: &str| AskCustomer {
            survey_code: "nps".to_owned(),
            order_id: Some(bought.order),
            customer_id: None,
            via: SurveyVia::Api,
            locale: None,
            idempotency_key: key.to_owned(),
        };
        let first = ask(&boss, wish("a")).await.unwrap();
        assert_eq!((first.replayed, first.invitation.locale.as_str()), (false, "ja"));
        let again = ask(&boss, wish("a")).await.unwrap();
        assert_eq!((again.replayed, again.invitation.id), (true, first.invitation.id));
        let other = AskCustomer { survey_code: "ces".into(), ..wish("a") };
        assert_eq!(ask(&boss, other).await.unwrap_err().code(), ErrorCode::IdempotencyKeyReused);
        let cases = [
            (AskCustomer { via: SurveyVia::Mail, ..wish("b") }, ErrorCode::Invalid),
            (AskCustomer { via: SurveyVia::Till, ..wish("b") }, ErrorCode::Invalid),
            (AskCustomer { survey_code: "nobody".into(), ..wish("b") }, ErrorCode::NotFound),
            (AskCustomer { order_id: None, ..wish("b") }, ErrorCode::Required),
            (AskCustomer { locale: Some("no language".into()), ..wish("b") }, ErrorCode::InvalidLocale),
            (AskCustomer { order_id: Some(entity::id::OrderId(world.new_uuid())), ..wish("b") }, ErrorCode::NotFound),
        ];
        for (input, code) in cases {
            let what = format!("{input:?}");
            assert_eq!(ask(&boss, input).await.unwrap_err().code(), code, "{what}");
        }
        assert_eq!(survey_invitation::Entity::find().count(world.db()).await.unwrap(), 1);
    }

    /// Nobody is asked about an order of a marketplace: it writes to its customers itself.
    async fn nobody_is_asked_about_a_marketplace_order(world: World) {
        // A shop that was a web shop a moment ago adds up to nothing that the audit knows.
        world.without_audit();
        let (boss, bought) = (manager(&world).await, bought(&world, 1).await);
        ready_made::plant(&world.ctx()).await.unwrap();
        let channel = bought.sold().await.0.channel_id;
        channel::Entity::update_many()
            .col_expr(channel::Column::Kind, Expr::value(ChannelKind::Marketplace))
            .filter(channel::Column::Id.eq(channel))
            .exec(world.db())
            .await
            .unwrap();
        assert!(invited(&world, "nps", "one", Some(bought.order)).await.is_none());
        let input = AskCustomer {
            survey_code: "nps".to_owned(),
            order_id: Some(bought.order),
            customer_id: None,
            via: SurveyVia::Api,
            locale: None,
            idempotency_key: "a".to_owned(),
        };
        let refused = ask(&boss, input).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::Invalid, "input.orderId"));
        assert_eq!(survey_invitation::Entity::find().count(world.db()).await.unwrap(), 0);
    }

    /// The till that rang up a sale asks within the hour, once; no other does.
    async fn tills_ask_after_a_sale(world: World) {
        let (boss, bought) = (manager(&world).await, bought(&world, 1).await);
        let at = |register_id| Till { device_id: DeviceId(world.new_uuid()), register_id };
        let screen = world.ctx().with_actor(Actor::Device(at(bought.shop.register)));
        order::Entity::update_many()
            .col_expr(order::Column::RegisterId, Expr::value(bought.shop.register))
            .filter(order::Column::Id.eq(bought.order))
            .exec(world.db())
            .await
            .unwrap();
        assert!(till::after_sale(&screen, bought.order).await.unwrap().is_none(), "nobody said that tills ask");
        let asked = save(&boss, SaveSurvey { at_till: true, ..ready("counter", SurveyKind::Csat) }).await.unwrap();
        assert_eq!(till::after_sale(&screen, bought.order).await.unwrap().unwrap().id, asked.id);
        let elsewhere = world.ctx().with_actor(Actor::Device(at(entity::id::RegisterId(world.new_uuid()))));
        assert_eq!(till::after_sale(&elsewhere, bought.order).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(till::after_sale(&world.guest(), bought.order).await.unwrap_err().code(), ErrorCode::Unauthenticated);
        let (order, id) = (bought.order, asked.id);
        let tapped = |key: &str, value: i32| AnswerAtTill {
            order_id: order,
            survey_id: id,
            answers: vec![score(value)],
            idempotency_key: key.to_owned(),
        };
        let wrong = till::answer_at_till(&screen, tapped("wrong", 9)).await.unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::Invalid);
        let none = till::answer_at_till(&screen, tapped(" ", 4)).await.unwrap_err();
        assert_eq!((none.code(), none.path()), (ErrorCode::Required, "idempotencyKey"));
        let done = race(5, |number| {
            let (screen, input) = (screen.clone(), tapped(&format!("tap {number}"), 4));
            async move { till::answer_at_till(&screen, input).await }
        });
        let done = done.await;
        let held: Vec<_> = done.iter().enumerate().filter(|(_, answer)| answer.is_ok()).collect();
        assert_eq!(held.len(), 1);
        let key = format!("tap {}", held[0].0);
        let again = till::answer_at_till(&screen, tapped("again", 4)).await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::AlreadyAnswered);
        // What the till did not hear it asks again; the same key for other words is a mistake.
        let repeated = till::answer_at_till(&screen, tapped(&key, 4)).await.unwrap();
        let first = held[0].1.as_ref().unwrap();
        assert_eq!((repeated.survey_invitation_id, repeated.score), (first.survey_invitation_id, Some(4)));
        let other = till::answer_at_till(&screen, tapped(&key, 5)).await.unwrap_err();
        assert_eq!(other.code(), ErrorCode::IdempotencyKeyReused);
        assert_eq!(answers(&world).await, 1);
        assert!(till::after_sale(&screen, order).await.unwrap().is_none());
        world.advance(TimeDelta::hours(2));
        assert_eq!(till::after_sale(&screen, order).await.unwrap_err().code(), ErrorCode::NotFound);
        till::answer_at_till(&screen, tapped(&key, 4)).await.unwrap();
        let late = till::answer_at_till(&screen, tapped("late", 4)).await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::NotFound);
        let kept = survey_invitation::Entity::find().one(world.db()).await.unwrap().unwrap();
        assert_eq!((kept.via, kept.answered_at.is_some()), (SurveyVia::Till, true));
    }

    /// Erasing a customer wipes what they wrote; what they meant by a number stays; before, they can take it all along.
    async fn comments_go_with_their_author(world: World) {
        let bought = bought(&world, 1).await;
        let person = world.new_customer("佐藤", "花子").create().await;
        order::Entity::update_many()
            .col_expr(order::Column::CustomerId, Expr::value(person.id))
            .filter(order::Column::Id.eq(bought.order))
            .exec(world.db())
            .await
            .unwrap();
        let asked = invited(&world, "nps", "1", Some(bought.order)).await.unwrap();
        assert_eq!(asked.customer_id, Some(person.id));
        answer(&world.guest(), asked.id, vec![score(3), comment("渋谷の佐藤です。電話をください。")]).await.unwrap();
        let open = invited(&world, "nps", "2", Some(bought.order)).await.unwrap();
        assert_eq!(look(&world.guest(), open.id).await.unwrap().state, SurveyInvitationState::Open);
        let own = world.customer(person.id);
        let export = domain::customer::export(&own).await.unwrap();
        assert_eq!(export["survey_answers"][0]["texts"]["comment"], "渋谷の佐藤です。電話をください。");
        assert_eq!(export["survey_answers"][0]["score"], 3);
        domain::customer::erase(&own, None).await.unwrap();
        let kept = survey_answer::Entity::find().one(world.db()).await.unwrap().unwrap();
        assert_eq!((kept.score, kept.comment.as_str(), kept.texts), (Some(3), "", serde_json::json!({})));
        let events = event::Entity::find().all(world.db()).await.unwrap();
        assert!(events.iter().all(|event| !event.payload.to_string().contains("佐藤")));
        // A link that is still about says nothing any more.
        assert_eq!(look(&world.guest(), open.id).await.unwrap().state, SurveyInvitationState::Expired);
        let late = answer(&world.guest(), open.id, vec![score(3)]).await.unwrap_err();
        assert_eq!((late.code(), answers(&world).await), (ErrorCode::InvalidCode, 1));
    }

    /// The list pages and filters, and ends where the reader's places end.
    async fn answers_are_listed(world: World) {
        use domain::kernel::paging::PageRequest;
        use survey::query::{AnswerFilter, answers, count_answers};
        let (boss, bought) = (manager(&world).await, bought(&world, 1).await);
        for number in 0..5 {
            let about = (number == 0).then_some(bought.order);
            let asked = invited(&world, "nps", &number.to_string(), about).await.unwrap();
            let mut said = vec![score(number * 2)];
            if number == 4 {
                said.push(comment("great"));
            }
            answer(&world.guest(), asked.id, said).await.unwrap();
            world.advance(TimeDelta::minutes(1));
        }
        let scores = async |ctx: &Ctx, filter: AnswerFilter| {
            let page = answers(ctx, &filter, &PageRequest::default()).await.unwrap();
            let found: Vec<Option<i32>> = page.rows.iter().map(|(_, row)| row.score).collect();
            assert_eq!(count_answers(ctx, &filter).await.unwrap(), u64::try_from(found.len()).unwrap());
            found.into_iter().flatten().collect::<Vec<_>>()
        };
        assert_eq!(scores(&boss, AnswerFilter::default()).await, [8, 6, 4, 2, 0]);
        let id = by_code(&world, "nps").await.id;
        assert_eq!(scores(&boss, AnswerFilter { survey_id: Some(id), max_score: Some(4), ..Default::default() }).await, [4, 2, 0]);
        assert_eq!(scores(&boss, AnswerFilter { min_score: Some(5), ..Default::default() }).await, [8, 6]);
        assert_eq!(scores(&boss, AnswerFilter { has_comment: Some(true), ..Default::default() }).await, [8]);
        assert_eq!(scores(&boss, AnswerFilter { order_id: Some(bought.order), ..Default::default() }).await, [0]);
        assert_eq!(scores(&boss, AnswerFilter { channel_ids: vec![bought.shop.pos.id], ..Default::default() }).await, [0; 0]);
        let first = PageRequest { size: 2, ..PageRequest::default() };
        let page = answers(&boss, &AnswerFilter::default(), &first).await.unwrap();
        let next = PageRequest { size: 2, after: Some(page.rows[1].0.clone()), ..PageRequest::default() };
        let page = answers(&boss, &AnswerFilter::default(), &next).await.unwrap();
        assert_eq!(page.rows.iter().map(|(_, row)| row.score.unwrap()).collect::<Vec<_>>(), [4, 2]);
        let local = world.staff_at(bought.shop.store.id, &[Permission::SurveysRead]).await;
        assert_eq!(scores(&local, AnswerFilter::default()).await, [0; 0]);
        let nobody = answers(&world.guest(), &AnswerFilter::default(), &first).await.unwrap_err();
        assert_eq!(nobody.code(), ErrorCode::Unauthenticated);
    }
}
