//! What happened to one order is handled in its order, and what is not so any more is not told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use domain::jobs::{self, Adapters, Ran};
use domain::kernel::event::NewEvent;
use domain::kernel::job::{any_due, claim};
use entity::id::{EventId, OrderId};
use entity::words::{JobState, OrderStatus};
use entity::{event_delivery, job};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use support::{World, both_databases, race};

use super::fixture::{Server, clear, messages, order, placed};

/// Tells in a transaction of its own that something happened to an order.
async fn tell(world: &World, kind: &'static str, id: OrderId, payload: Value) -> EventId {
    let ctx = world.ctx();
    let told = ctx.write(|tx| {
        let payload = payload.clone();
        async move { Ok(tx.event(NewEvent::new(kind, "order", id.uuid()).payload(payload))) }
    });
    told.await.unwrap()
}

/// Tells that everything of an order was canceled, and that its buyer is to know.
async fn tell_canceled(world: &World, id: OrderId) {
    let payload = json!({ "notify": true, "units": [], "refund_id": null });
    tell(world, "order_canceled_by_request", id, payload).await;
}

/// Everything that was written so far, oldest first.
async fn written(world: &World) -> Vec<String> {
    messages(world).await.into_iter().map(|message| message.template).collect()
}

/// What became of the confirmation of the only order.
async fn confirmation(world: &World) -> Option<String> {
    let handled = event_delivery::Entity::find().filter(event_delivery::Column::Handler.eq("order_mail"));
    handled.one(world.db()).await.unwrap().map(|row| row.outcome)
}

/// Runs the first job of a line until it lets the others pass; whatever is behind it waits meanwhile. The job as it was
/// claimed first.
async fn fails_in_line(world: &World, adapters: &Adapters) -> job::Model {
    let mut tries = Vec::new();
    for seconds in [0, 5, 30] {
        world.advance(TimeDelta::seconds(seconds));
        let [job] = claim(&world.ctx(), "worker", 10).await.unwrap().try_into().expect("what is behind it waits");
        assert_eq!(jobs::run(&world.ctx(), adapters, &job).await.unwrap(), Ran::Again);
        tries.push(job);
    }
    let [first, second, third] = tries.try_into().unwrap();
    assert_eq!([second.id, third.id], [first.id; 2]);
    first
}

both_databases! {
    /// However many workers there are: of one order everything is handled, one after the other, oldest first.
    async fn many_workers_keep_the_order_of_each_order(world: World) {
        let orders = [0, 1, 2].map(|_| OrderId(world.new_uuid()));
        let mut told: BTreeMap<String, Vec<EventId>> = BTreeMap::new();
        for _ in 0..5 {
            for id in orders {
                let event = tell(&world, "tested", id, json!({})).await;
                told.entry(format!("events:order:{}", id.uuid())).or_default().push(event);
            }
        }
        let (ctx, adapters) = (world.ctx(), Arc::new(Server::default()).adapters());
        let seen: Arc<Mutex<BTreeMap<String, Vec<EventId>>>> = Arc::default();
        race(4, |worker| {
            let (ctx, adapters, seen) = (ctx.clone(), adapters.clone(), Arc::clone(&seen));
            async move {
                let name = format!("worker-{worker}");
                while any_due(&ctx.db(), ctx.now()).await.unwrap() {
                    for job in claim(&ctx, &name, 2).await.unwrap() {
                        let [event]: [EventId; 1] = serde_json::from_value(job.payload["events"].clone()).unwrap();
                        let subject = job.subject.clone().expect("an order");
                        seen.lock().unwrap().entry(subject).or_default().push(event);
                        jobs::run(&ctx, &adapters, &job).await.unwrap();
                    }
                }
            }
        })
        .await;
        assert_eq!(*seen.lock().unwrap(), told);
        assert!(job::Entity::find().all(world.db()).await.unwrap().is_empty());
        clear(&world).await;
    }

    /// An event that no handler can take, here of an order that does not exist, lets everything behind it pass on its third
    /// try: what passes by itself has passed by then.
    async fn a_poisoned_event_holds_up_nothing(world: World) {
        let adapters = Arc::new(Server::default()).adapters();
        let id = OrderId(world.new_uuid());
        tell(&world, "order_placed", id, json!({})).await;
        tell(&world, "tested", id, json!({})).await;
        let first = fails_in_line(&world, &adapters).await;
        let [second] = claim(&world.ctx(), "worker", 10).await.unwrap().try_into().unwrap();
        assert_eq!((&second.subject, second.attempts), (&first.subject, 1));
        assert_eq!(jobs::run(&world.ctx(), &adapters, &second).await.unwrap(), Ran::Done);
        let [left] = job::Entity::find().all(world.db()).await.unwrap().try_into().unwrap();
        assert_eq!((left.id, left.state, left.attempts, left.subject), (first.id, JobState::Queued, 3, None));
        assert!(left.run_at > world.now());
        clear(&world).await;
    }

    /// The handler of the first event fails until the second event passes it: what the first would tell is over by the
    /// time it works.
    async fn what_was_passed_is_not_told_afterwards(world: World) {
        let server = Arc::new(Server::default());
        let id = OrderId(world.new_uuid());
        tell(&world, "order_placed", id, json!({})).await;
        // There is no order yet.
        fails_in_line(&world, &server.adapters()).await;
        order(&world, |row| {
            (row.id, row.status, row.canceled_at) = (id, OrderStatus::Canceled, row.placed_at);
        })
        .await;
        tell_canceled(&world, id).await;
        server.work(&world).await;
        assert_eq!(written(&world).await, ["order_canceled"]);
        assert_eq!(confirmation(&world).await, None);
        world.advance(TimeDelta::minutes(1));
        server.work(&world).await;
        assert_eq!(written(&world).await, ["order_canceled"]);
        assert_eq!(confirmation(&world).await.as_deref(), Some("canceled meanwhile"));
        assert_eq!(server.mails().len(), 1);
        clear(&world).await;
    }

    /// Canceled before anything was told: one mail. Canceled later: both, in their order.
    async fn nobody_is_thanked_for_what_they_do_not_get(world: World) {
        let server = Arc::new(Server::default());
        for told_before in [false, true] {
            let order = order(&world, |_| {}).await;
            placed(&world, &order).await;
            if told_before {
                server.work(&world).await;
            }
            entity::order::Entity::update_many()
                .col_expr(entity::order::Column::Status, Expr::value(OrderStatus::Canceled))
                .filter(entity::order::Column::Id.eq(order.id))
                .exec(world.db())
                .await
                .unwrap();
            tell_canceled(&world, order.id).await;
            server.work(&world).await;
            let mine = messages(&world).await.into_iter().filter(|message| message.order_id == Some(order.id));
            let mine: Vec<String> = mine.map(|message| message.template).collect();
            if told_before {
                assert_eq!(mine, ["order_confirmation", "order_canceled"]);
            } else {
                assert_eq!(mine, ["order_canceled"]);
            }
        }
        assert_eq!(server.mails().len(), 3);
        clear(&world).await;
    }
}
