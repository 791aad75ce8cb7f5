//! Who counts as asked, by whose calendar, and of which places.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use domain::Permission;
use domain::kernel::Tx;
use domain::kernel::job::NewJob;
use domain::messaging::policy_save::{self, SaveMessagePolicy};
use domain::messaging::request::SEND_ASKED_JOB;
use domain::survey::answer;
use domain::survey::trend::{Group, TrendFilter, TrendRequest, trend};
use entity::id::{ChannelId, LocationId, MessageId, SurveyId, SurveyInvitationId};
use entity::words::{MessageClass, MessageStatus, SurveyTrendBy};
use entity::{message, survey_invitation};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use support::{World, both_databases, message_row};

use super::{invited, manager, score};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The two weeks around the 23rd of November 2026, a Monday.
fn weeks(survey_id: SurveyId, filter: TrendFilter) -> TrendRequest {
    let (from, to) = (day("2026-11-16"), day("2026-11-29"));
    TrendRequest { survey_id, from, to, by: SurveyTrendBy::Week, zone: None, filter }
}

/// A mail that asks, as it stands; an invitation went with it.
async fn mailed(world: &World, invitation: SurveyInvitationId, status: MessageStatus) {
    let id = MessageId(world.new_uuid());
    let row = message::Model {
        dedupe_key: format!("asks:{id}"),
        template: "survey".into(),
        status,
        sender: "shop@shop.example".into(),
        subject: "アンケート".into(),
        html: "<p>?</p>".into(),
        text: "?".into(),
        sent_at: (status == MessageStatus::Sent).then(|| world.now()),
        class: MessageClass::Survey,
        reason: (status == MessageStatus::Suppressed).then(|| "NO_CONSENT".to_owned()),
        ..message_row(id, world.now())
    };
    message::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    if status == MessageStatus::Queued {
        let sends = |tx: Tx| async move {
            tx.enqueue(NewJob::new(SEND_ASKED_JOB, json!({ "message_id": id })));
            Ok(())
        };
        world.ctx().write(sends).await.unwrap();
    }
    survey_invitation::Entity::update_many()
        .col_expr(survey_invitation::Column::MessageId, Expr::value(id))
        .filter(survey_invitation::Column::Id.eq(invitation))
        .exec(world.db())
        .await
        .unwrap();
}

async fn asked_at(world: &World, id: SurveyInvitationId, location: Option<LocationId>) {
    survey_invitation::Entity::update_many()
        .col_expr(survey_invitation::Column::LocationId, Expr::value(location))
        .filter(survey_invitation::Column::Id.eq(id))
        .exec(world.db())
        .await
        .unwrap();
}

async fn policy(world: &World, channel_id: ChannelId, time_zone: Tz) {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let input = SaveMessagePolicy {
        channel_id,
        quiet_from: time(21),
        quiet_until: time(9),
        time_zone,
        cap_count: 4,
        cap_days: 30,
        consent_wording: vec![],
        track_opens: false,
        expected_version: None,
    };
    policy_save::save(&world.staff(&[Permission::PlacesWrite]).await, input).await.unwrap();
}

both_databases! {
    /// A mail that was kept back or that no address takes asked nobody; one that waits or left did, and whoever answered
    /// was asked, whatever became of the mail.
    async fn dead_addresses_were_not_asked(world: World) {
        let boss = manager(&world).await;
        let mut survey = None;
        for (key, status) in [
            ("waits", Some(MessageStatus::Queued)),
            ("left", Some(MessageStatus::Sent)),
            ("kept back", Some(MessageStatus::Suppressed)),
            ("dead", Some(MessageStatus::Failed)),
            ("dead but answered", Some(MessageStatus::Failed)),
            ("by a link", None),
        ] {
            let asked = invited(&world, "nps", key, None).await.unwrap();
            if let Some(status) = status {
                mailed(&world, asked.id, status).await;
            }
            if key == "dead but answered" {
                answer(&world.guest(), asked.id, vec![score(9)]).await.unwrap();
            }
            survey = Some(asked.survey_id);
        }
        let found = trend(&boss, weeks(survey.unwrap(), TrendFilter::default())).await.unwrap();
        assert_eq!((found[0].sums.invited, found[0].sums.answered), (4, 1));
        assert_eq!(found[0].response_rate.unwrap().value.to_string(), "0.25");
    }

    /// Sunday evening in New York is Monday in UTC. The policy of the shop says where it is, else the store that is asked
    /// for, else the country, which has several zones here.
    async fn weeks_are_those_of_the_shop(world: World) {
        let boss = manager(&world).await;
        let shop = world.channel("us").with(|row| row.tax_country = "US".to_owned()).create().await;
        let store = world.location("NY").with(|row| row.time_zone = "America/New_York".to_owned()).create().await;
        let evening: DateTime<Utc> = "2026-11-23T00:30:00Z".parse().unwrap();
        world.advance(evening - world.now());
        let asked = invited(&world, "nps", "1", None).await.unwrap();
        asked_at(&world, asked.id, Some(store.id)).await;
        let sunday = async |filter: TrendFilter| {
            let found = trend(&boss, weeks(asked.survey_id, filter)).await.unwrap();
            assert_eq!(found[0].group, Group::Week(day("2026-11-16")));
            (found[0].sums.invited, found[1].sums.invited)
        };
        let of_store = || TrendFilter { location_ids: vec![store.id], ..TrendFilter::default() };
        assert_eq!(sunday(TrendFilter::default()).await, (0, 1), "nobody said where it is");
        assert_eq!(sunday(of_store()).await, (1, 0));
        policy(&world, shop.id, Tz::America__New_York).await;
        assert_eq!(sunday(TrendFilter::default()).await, (1, 0));
        let tokyo = TrendRequest { zone: Some(Tz::Asia__Tokyo), ..weeks(asked.survey_id, of_store()) };
        assert_eq!(trend(&boss, tokyo).await.unwrap()[1].sums.invited, 1, "who names a zone gets its weeks");
        policy(&world, shop.id, Tz::Asia__Tokyo).await;
        assert_eq!(sunday(of_store()).await, (0, 1), "all stores go by the shop's calendar when it has one");
        // Of several shops, the one that is asked for.
        let other = world.channel("hi").with(|row| row.tax_country = "US".to_owned()).create().await;
        policy(&world, other.id, Tz::Pacific__Honolulu).await;
        survey_invitation::Entity::update_many()
            .col_expr(survey_invitation::Column::ChannelId, Expr::value(other.id))
            .filter(survey_invitation::Column::Id.eq(asked.id))
            .exec(world.db())
            .await
            .unwrap();
        let of_shop = TrendFilter { channel_ids: vec![other.id], ..TrendFilter::default() };
        assert_eq!(sunday(of_shop).await, (1, 0));
    }
}
