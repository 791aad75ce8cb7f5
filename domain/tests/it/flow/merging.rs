//! Two records of one person become one: what goes once to each goes once to both.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::Permission;
use domain::customer_merge::{MergeCustomers, merge};
use entity::flow_run;
use entity::id::CustomerId;
use entity::words::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use support::{World, both_databases};

use super::fixture::Desk;

async fn merged(world: &World, from: CustomerId, into: CustomerId) {
    let staff = world.staff(&[Permission::CustomersMerge, Permission::CustomersRead, Permission::CustomersWrite]).await;
    let key = format!("{from}-{into}");
    merge(&staff, MergeCustomers { from, into, idempotency_key: key }).await.unwrap();
}

/// Congratulates at ten.
async fn desk_of_birthdays(world: &World) -> Desk {
    let desk = Desk::open(world).await;
    let definition = json!({
        "trigger": { "kind": "BIRTHDAY" },
        "steps": [
            { "kind": "WAIT_UNTIL", "id": "ten", "at": "10:00" },
            { "kind": "SEND", "id": "mail", "template": "birthday" },
        ],
    });
    desk.flow("congratulate", &definition).await;
    desk
}

/// It is the 21st of November, 09:00 in Tokyo.
async fn born(desk: &Desk, name: &str, day: u32) -> CustomerId {
    let change = |row: &mut entity::customer::Model| {
        row.birth_on = NaiveDate::from_ymd_opt(1990, 11, day);
        row.time_zone = Some("Asia/Tokyo".to_owned());
    };
    desk.person_with(name, change, true).await.id
}

both_databases! {
    /// Both wait for the morning of their birthday: one of them goes on.
    async fn nobody_is_congratulated_twice(world: World) {
        let desk = desk_of_birthdays(&world).await;
        let (lost, kept) = (born(&desk, "lost", 22).await, born(&desk, "kept", 22).await);
        // 00:00 in Tokyo.
        desk.hours(15).await;
        assert_eq!(desk.ends().await, [(FlowRunStatus::Waiting, None), (FlowRunStatus::Waiting, None)]);
        merged(&world, lost, kept).await;
        let mut ends = desk.ends().await;
        ends.sort();
        assert_eq!(ends, [(FlowRunStatus::Waiting, None), (FlowRunStatus::Stopped, Some("MERGED".to_owned()))]);
        desk.hours(12).await;
        assert_eq!(desk.sent().await, ["birthday"]);
        desk.done().await;
    }

    /// The run of the record that stays was stopped and gives nothing: what the other waits for is not ended by it.
    async fn what_was_stopped_ends_nothing(world: World) {
        let desk = desk_of_birthdays(&world).await;
        let (lost, kept) = (born(&desk, "lost", 22).await, born(&desk, "kept", 22).await);
        // 00:00 in Tokyo.
        desk.hours(15).await;
        flow_run::Entity::update_many()
            .col_expr(flow_run::Column::Status, Expr::value(FlowRunStatus::Stopped))
            .col_expr(flow_run::Column::Reason, Expr::value("BOUGHT_SINCE"))
            .col_expr(flow_run::Column::WakeAt, Expr::value(Option::<DateTime<Utc>>::None))
            .filter(flow_run::Column::CustomerId.eq(kept))
            .exec(world.db())
            .await
            .unwrap();
        merged(&world, lost, kept).await;
        let mut ends = desk.ends().await;
        ends.sort();
        let stopped = (FlowRunStatus::Stopped, Some("BOUGHT_SINCE".to_owned()));
        assert_eq!(ends, [(FlowRunStatus::Waiting, None), stopped]);
        desk.hours(12).await;
        assert_eq!(desk.sent().await, ["birthday"]);
        desk.done().await;
    }

    /// One was congratulated already, by the record that goes: the one that stays is not, today or on its own date.
    async fn a_birthday_of_the_old_record_is_one_of_the_new(world: World) {
        let desk = desk_of_birthdays(&world).await;
        let (lost, kept) = (born(&desk, "lost", 22).await, born(&desk, "kept", 24).await);
        // 11:00 in Tokyo on the 22nd.
        desk.hours(26).await;
        assert_eq!(desk.sent().await, ["birthday"]);
        merged(&world, lost, kept).await;
        let [run] = desk.runs().await.try_into().unwrap();
        assert_eq!((run.customer_id, run.subject_key), (Some(kept), format!("{kept}:2026")));
        for _ in 0..6 {
            desk.later(TimeDelta::hours(12)).await;
        }
        assert_eq!(desk.sent().await, ["birthday"]);
        desk.done().await;
    }
}
