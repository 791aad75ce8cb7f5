//! What a carrier's verified message does.

use domain::shipping::webhook::{Answer, parse, receive};
use entity::tracking_event;
use entity::words::{Carrier, TrackingStatus};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use support::{World, both_databases, race};

use super::{now, number, packed};

fn one(id: &str, number: &str, status: &str, at: &str) -> Value {
    json!({ "id": id, "trackingNumber": number, "status": status, "occurredAt": at, "place": "東京" })
}

async fn send(world: &World, events: Vec<Value>) -> Answer {
    let body = json!({ "events": events }).to_string();
    receive(&world.ctx(), Carrier::Yamato, &parse(body.as_bytes()).unwrap()).await.unwrap()
}

both_databases! {
    /// Facts in any order, twice, and about numbers of nobody.
    async fn a_message_is_taken_once_and_whole(world: World) {
        let story = packed(&world).await;
        let mine = number(41_201_234_567);
        let parcel = world
            .parcel(story.shop.warehouse.id)
            .with(|row| row.tracking_number = Some(mine.clone()))
            .create()
            .await;
        let events = vec![
            one("3", &mine, "DELIVERED", "2026-11-20T10:00:00Z"),
            one("1", &mine, "IN_TRANSIT", "2026-11-19T10:00:00+09:00"),
            one("x", &number(99_999_999_999), "DELIVERED", "2026-11-20T10:00:00Z"),
            one("y", "no number at all", "DELIVERED", "2026-11-20T10:00:00Z"),
        ];
        let answer = send(&world, events.clone()).await;
        assert_eq!(answer, Answer { received: 4, recorded: 2, known: 0, unknown: 2 });
        assert_eq!(now(&world, parcel.id).await.tracking_status, TrackingStatus::Delivered);
        let again = send(&world, events).await;
        assert_eq!(again, Answer { received: 4, recorded: 0, known: 2, unknown: 2 });
        assert_eq!(tracking_event::Entity::find().count(world.db()).await.unwrap(), 2);
        assert_eq!(send(&world, vec![]).await, Answer::default());
        let sagawa = receive(&world.ctx(), Carrier::Sagawa, &parse(json!({ "events": [one("9", &mine, "FAILED", "2026-11-20T10:00:00Z")] }).to_string().as_bytes()).unwrap()).await.unwrap();
        assert_eq!(sagawa.unknown, 1, "another carrier has its own numbers");
    }

    /// Copies of one message at once: each fact is kept once.
    async fn copies_in_parallel_are_one(world: World) {
        let story = packed(&world).await;
        let mine = number(41_201_234_567);
        world
            .parcel(story.shop.warehouse.id)
            .with(|row| row.tracking_number = Some(mine.clone()))
            .create()
            .await;
        race(8, |_| {
            let (world, mine) = (world.clone(), mine.clone());
            async move {
                send(&world, vec![one("1", &mine, "OUT_FOR_DELIVERY", "2026-11-20T10:00:00Z")]).await;
            }
        })
        .await;
        assert_eq!(tracking_event::Entity::find().count(world.db()).await.unwrap(), 1);
    }

    /// Five hundred facts cost no more statements than five.
    async fn a_message_costs_few_statements(world: World) {
        let story = packed(&world).await;
        let mut cost = Vec::new();
        for (round, count) in [(1_u64, 5_u64), (2, 200)] {
            let mut events = Vec::new();
            for place in 0..count {
                let own = number(10_000_000_000 * round + place);
                let numbered = own.clone();
                world
                    .parcel(story.shop.warehouse.id)
                    .with(|row| row.tracking_number = Some(numbered))
                    .create()
                    .await;
                events.push(one(&format!("{place}"), &own, "DELIVERED", "2026-11-20T10:00:00Z"));
            }
            let ctx = world.ctx();
            let body = json!({ "events": events }).to_string();
            receive(&ctx, Carrier::Yamato, &parse(body.as_bytes()).unwrap()).await.unwrap();
            cost.push(ctx.statements.get());
        }
        assert_eq!(cost[0], cost[1], "{cost:?}");
    }
}
