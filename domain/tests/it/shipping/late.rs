//! Parcels that should have arrived: told of once, in the morning, and only when their carrier tells of them.

use chrono::{NaiveDate, TimeDelta};
use domain::Permission;
use domain::fulfillment::desk::WorkRef;
use domain::jobs::HANDLERS;
use domain::messaging::dispatch::run;
use domain::shipping::late::{late_from, note_due};
use domain::shipping::parcel::Label;
use domain::shipping::ship::{Ship, ship};
use domain::shipping::tracking::{Fact, add};
use entity::id::ShipmentId;
use entity::words::{Carrier, TrackingStatus};
use entity::{event, job, message, order_shipping, shipment};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use support::{World, both_databases};

use super::now;
use crate::fulfillment::shop::{Shop, buy};

/// Two shirts leave in one parcel, for a day that the customer asked for or for none.
pub(super) async fn gone(world: &World, wish: Option<NaiveDate>) -> shipment::Model {
    let shop = Shop::open(world).await;
    let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
    let (cart, ctx) = shop.cart_of(shirt.id(), 2).await;
    let order = buy(&ctx, cart, 2_550, "key").await.unwrap().order.id;
    if wish.is_some() {
        order_shipping::Entity::update_many()
            .col_expr(order_shipping::Column::DeliveryOn, Expr::value(wish))
            .filter(order_shipping::Column::OrderId.eq(order))
            .exec(world.db())
            .await
            .unwrap();
    }
    let work = domain::fulfillment::query::of_orders(world.db(), &[order]).await.unwrap();
    let input = Ship {
        units: Vec::new(),
        work: WorkRef { id: work[0].id, expected_version: None },
        label: Label { carrier: Some(Carrier::Yamato), ..Label::default() },
        tracking_number: None,
        idempotency_key: "ship".to_owned(),
    };
    let clerk = world.staff(&[Permission::FulfillmentWork]).await;
    ship(&clerk, input).await.unwrap().shipment
}

/// The carrier says so, now.
pub(super) async fn told(world: &World, id: ShipmentId, status: TrackingStatus) {
    let clerk = world.staff(&[Permission::FulfillmentWork]).await;
    let fact = Fact { status, description: String::new(), place: None, occurred_at: world.now(), external_id: None };
    add(&clerk, id, fact).await.unwrap();
}

/// The local day in Tokyo, where the parcels go.
fn today(world: &World) -> NaiveDate {
    (world.now() + TimeDelta::hours(9)).date_naive()
}

/// Lets a clock that only goes forward show a moment.
fn until(world: &World, at: chrono::DateTime<chrono::Utc>) {
    world.advance(at - world.now());
}

/// Which mails were asked for about a parcel that is late, after all events reached their handlers twice.
async fn mails(world: &World) -> Vec<message::Model> {
    let events = event::Entity::find().order_by_asc(event::Column::Id).all(world.db()).await.unwrap();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    for _ in 0..2 {
        run(&world.ctx(), HANDLERS, &ids).await.unwrap();
    }
    let late = message::Entity::find().filter(message::Column::Template.eq("shipment_delayed"));
    late.all(world.db()).await.unwrap()
}

async fn clear(world: &World) {
    job::Entity::delete_many().exec(world.db()).await.unwrap();
    message::Entity::delete_many().exec(world.db()).await.unwrap();
}

both_databases! {
    /// Three days at most, says the method. At ten of the fourth the customer is told, once, however often it is looked.
    async fn a_parcel_that_is_late_is_told_once(world: World) {
        let left_on = today(&world);
        let parcel = gone(&world, None).await;
        assert_eq!(parcel.expected_on, Some(left_on + TimeDelta::days(3)), "the slowest that the method promises");
        told(&world, parcel.id, TrackingStatus::InTransit).await;
        let late = late_from(&parcel).unwrap();
        assert_eq!(late.to_rfc3339(), format!("{}T01:00:00+00:00", left_on + TimeDelta::days(4)), "ten in Tokyo");
        until(&world, late - TimeDelta::seconds(1));
        assert_eq!(note_due(&world.ctx()).await.unwrap(), 0, "it is not late yet");
        until(&world, late);
        assert_eq!(note_due(&world.ctx()).await.unwrap(), 1);
        assert_eq!(note_due(&world.ctx()).await.unwrap(), 0, "it is noted");
        assert_eq!(now(&world, parcel.id).await.delayed_at, Some(world.now()));
        let kinds = event::Entity::find().filter(event::Column::Kind.eq("shipment_delayed"));
        assert_eq!(kinds.all(world.db()).await.unwrap().len(), 1);
        let [mail] = mails(&world).await.try_into().unwrap();
        assert_eq!(mail.recipient, "hanako@example.jp");
        assert!(mail.subject.contains("遅れ"), "{}", mail.subject);
        clear(&world).await;
    }

    /// What arrived, failed or came back is not late; nor what nobody tells of, nor what nobody expects.
    async fn nothing_else_is_late(world: World) {
        let parcel = gone(&world, None).await;
        let late = late_from(&parcel).unwrap();
        until(&world, late);
        assert_eq!(note_due(&world.ctx()).await.unwrap(), 0, "the carrier tells nothing: it may have arrived");
        for status in [TrackingStatus::Failed, TrackingStatus::ReturnToSender, TrackingStatus::Delivered] {
            world.advance(TimeDelta::minutes(1));
            told(&world, parcel.id, status).await;
            assert_eq!(note_due(&world.ctx()).await.unwrap(), 0, "{status}");
        }
        world.advance(TimeDelta::minutes(1));
        told(&world, parcel.id, TrackingStatus::OutForDelivery).await;
        let nobody_knows = shipment::Entity::update_many()
            .col_expr(shipment::Column::ExpectedOn, Expr::value(Option::<NaiveDate>::None))
            .filter(shipment::Column::Id.eq(parcel.id));
        nobody_knows.exec(world.db()).await.unwrap();
        assert_eq!(note_due(&world.ctx()).await.unwrap(), 0);
        let expected = shipment::Entity::update_many()
            .col_expr(shipment::Column::ExpectedOn, Expr::value(parcel.expected_on))
            .filter(shipment::Column::Id.eq(parcel.id));
        expected.exec(world.db()).await.unwrap();
        assert_eq!(note_due(&world.ctx()).await.unwrap(), 1, "now it is");
        assert_eq!(mails(&world).await.len(), 1);
        clear(&world).await;
    }

    /// What arrives between being noted and being told is not told of as late.
    async fn what_arrived_meanwhile_is_not_told(world: World) {
        let parcel = gone(&world, None).await;
        told(&world, parcel.id, TrackingStatus::InTransit).await;
        until(&world, late_from(&parcel).unwrap());
        assert_eq!(note_due(&world.ctx()).await.unwrap(), 1);
        told(&world, parcel.id, TrackingStatus::Delivered).await;
        assert!(mails(&world).await.is_empty());
        clear(&world).await;
    }

    /// The day that the customer asked for counts, unless the parcel left after it.
    async fn the_wished_day_counts(world: World) {
        let wished = today(&world) + TimeDelta::days(9);
        assert_eq!(gone(&world, Some(wished)).await.expected_on, Some(wished));
        clear(&world).await;
    }

    /// A wish that cannot be met any more is no promise.
    async fn a_wish_of_the_past_does_not_count(world: World) {
        let parcel = gone(&world, Some(today(&world) - TimeDelta::days(1))).await;
        assert_eq!(parcel.expected_on, Some(today(&world) + TimeDelta::days(3)));
        clear(&world).await;
    }
}
