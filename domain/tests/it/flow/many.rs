//! More people than one look at the clock reaches.

use chrono::NaiveDate;
use domain::flow::attend::{self, Further, START_FURTHER_JOB};
use entity::id::CustomerId;
use entity::{customer, job};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use serde_json::json;
use support::{World, both_databases};

use super::fixture::Desk;

async fn left(world: &World) -> Vec<Further> {
    let rows = job::Entity::find().filter(job::Column::Kind.eq(START_FURTHER_JOB)).all(world.db()).await.unwrap();
    rows.into_iter().map(|row| serde_json::from_value(row.payload).unwrap()).collect()
}

both_databases! {
    /// Where one look ends, a job goes on; who looks again meanwhile makes no second job, and nobody gets two runs.
    async fn a_job_goes_on_with_the_rest(world: World) {
        let desk = Desk::open(&world).await;
        let definition = json!({
            "trigger": { "kind": "BIRTHDAY" },
            "steps": [
                { "kind": "WAIT_UNTIL", "id": "ten", "at": "10:00" },
                { "kind": "SEND", "id": "mail", "template": "birthday" },
            ],
        });
        desk.flow("congratulate", &definition).await;
        let change = |row: &mut customer::Model| {
            row.birth_on = NaiveDate::from_ymd_opt(1990, 11, 21);
            row.time_zone = Some("Asia/Tokyo".to_owned());
        };
        let one = desk.person_with("one", change, true).await;
        let more: Vec<_> = (0..510).map(|_| customer::Model { id: CustomerId(world.new_uuid()), ..one.clone() }).collect();
        for some in more.chunks(100) {
            let rows = some.iter().cloned().map(|row| row.into_active_model().reset_all());
            customer::Entity::insert_many(rows).exec_without_returning(world.db()).await.unwrap();
        }
        let ctx = world.ctx();
        assert_eq!(attend::start_due_by(&ctx, 1).await.unwrap(), 500);
        assert_eq!(attend::start_due_by(&ctx, 1).await.unwrap(), 0);
        let [further] = left(&world).await.try_into().unwrap();
        assert_eq!(attend::start_further(&ctx, &further).await.unwrap(), 11);
        assert_eq!(left(&world).await.len(), 1, "nothing is left");
        assert_eq!(entity::flow_run::Entity::find().count(world.db()).await.unwrap(), 511);
        assert_eq!(attend::start_due(&ctx).await.unwrap(), 0);
        desk.done().await;
    }
}
