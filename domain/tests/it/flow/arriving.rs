//! From when the goods are there: carried out of a store, or sent by somebody who never says that they arrived. Sales,
//! parcels and returns by the commands that staff and customers use.

use chrono::TimeDelta;
use domain::Permission;
use domain::flow::guide::{self, SaveGuide};
use domain::messaging::dispatch;
use domain::payment::tender::TenderInput;
use domain::register::sale_discounts::SaleDiscounts;
use domain::register::sell::{SaleLine, Sell, sell};
use domain::returns::request::request;
use domain::shipping::arrival::presume_due;
use domain::shipping::tracking::{Fact, add};
use entity::id::{EventId, OrderId, ProductId};
use entity::words::{FlowRunStatus, Gateway, TestOutcome, TrackingStatus};
use entity::{channel, event, shipment};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use support::{World, both_databases};

use super::fixture::Desk;
use crate::fulfillment::shop::Shop;
use crate::returns::{Bought, bought};

/// A shop that writes to the customers of a channel how to use a product, and asks them for reviews.
async fn writing(world: &World, channel: &channel::Model, product: ProductId) -> Desk {
    let desk = Desk { channel: channel.clone(), ..Desk::open(world).await };
    desk.policy(100, 7, "00:00", "00:00").await;
    let clerk = world.staff(&[Permission::CatalogWrite]).await;
    let words = |text: &str| vec![("ja".to_owned(), text.to_owned())];
    let guide = SaveGuide { title: words("洗い方"), text: words("30℃で"), url: None, expected_version: None };
    guide::save(&clerk, product, guide).await.unwrap();
    for code in ["how_to_use", "review_request"] {
        desk.on(code).await;
    }
    desk
}

/// Flows hear of all that ever happened, once more.
async fn hear_all(desk: &Desk) {
    let events = event::Entity::find().order_by_asc(event::Column::Id).all(desk.world.db()).await.unwrap();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    dispatch::run(&desk.world.ctx(), &[domain::flow::HANDLER], &ids).await.unwrap();
    desk.work().await;
}

/// Three weeks pass after something began at nine in the morning of Tokyo; what goes when.
async fn two_messages_go(desk: &Desk, order: OrderId) {
    desk.hours(26).await;
    assert_eq!(desk.sent().await, ["how_to_use"], "at ten of the next day");
    desk.later(TimeDelta::days(13)).await;
    desk.hours(8).await;
    assert_eq!(desk.sent().await, ["how_to_use", "review_request"], "at six in the evening after two weeks");
    assert!(desk.messages().await.iter().all(|message| message.order_id == Some(order)));
    desk.done().await;
}

/// A shirt by parcel, to a customer who may be written to.
async fn on_its_way(world: &World) -> (Desk, Bought, shipment::Model) {
    let bought = bought(world, 1).await;
    let desk = writing(world, &bought.shop.online, bought.shirt.product.id).await;
    let hana = desk.person("hana").await;
    desk.change(bought.order, |row| row.customer_id = Some(hana.id)).await;
    let parcel = shipment::Entity::find().one(world.db()).await.unwrap().unwrap();
    (desk, bought, parcel)
}

async fn said(world: &World, parcel: &shipment::Model, status: TrackingStatus) {
    world.advance(TimeDelta::minutes(1));
    let clerk = world.staff(&[Permission::FulfillmentWork]).await;
    let fact = Fact { status, description: String::new(), place: None, occurred_at: world.now(), external_id: None };
    add(&clerk, parcel.id, fact).await.unwrap();
}

both_databases! {
    /// What was carried out is there when it was sold: guide and review request count from then.
    async fn a_sale_at_a_till_is_followed(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 1_000).stock(&shop.store, 3).create().await;
        let desk = writing(&world, &shop.pos, shirt.product.id).await;
        let hana = desk.person("hana").await;
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let cash = TenderInput {
            gateway: Gateway::Cash,
            amount: None,
            tendered: None,
            reference: None,
            test_outcome: TestOutcome::Approve,
            code: None,
            method: None,
        };
        let sale = Sell {
            units: Vec::new(),
            reservation_code: None,
            register_id: Some(shop.register),
            cart_id: None,
            lines: vec![SaleLine { variant_id: shirt.id(), quantity: 1 }],
            customer_id: Some(hana.id),
            email: None,
            locale: None,
            discounts: SaleDiscounts::default(),
            expected_total: None,
            payments: vec![cash],
            idempotency_key: "sale".to_owned(),
        };
        let order = sell(&clerk, sale).await.unwrap().order.id;
        for _ in 0..2 {
            hear_all(&desk).await;
            let runs = desk.runs().await;
            assert_eq!(runs.len(), 2, "one of each flow");
            assert!(runs.iter().all(|run| run.order_id == Some(order) && run.customer_id == Some(hana.id)));
        }
        two_messages_go(&desk, order).await;
    }

    /// An order to be sent begins nothing when it is placed, also when that is heard late; nor when it leaves.
    async fn what_is_to_be_sent_is_not_there_yet(world: World) {
        let (desk, bought, parcel) = on_its_way(&world).await;
        hear_all(&desk).await;
        assert!(desk.runs().await.is_empty());
        said(&world, &parcel, TrackingStatus::InTransit).await;
        hear_all(&desk).await;
        assert!(desk.runs().await.is_empty());
        said(&world, &parcel, TrackingStatus::Delivered).await;
        hear_all(&desk).await;
        let runs = desk.runs().await;
        let placed = event::Entity::find().all(world.db()).await.unwrap();
        let began = |id: Option<EventId>| placed.iter().find(|event| Some(event.id) == id).map(|event| event.kind.as_str());
        assert_eq!(runs.iter().map(|run| began(run.event_id)).collect::<Vec<_>>(), [Some("shipment_tracked"); 2]);
        two_messages_go(&desk, bought.order).await;
    }

    /// A parcel of a carrier who tells nothing is there after a week. That somebody says so later changes nothing.
    async fn a_silent_carrier_is_trusted_after_a_week(world: World) {
        let (desk, bought, parcel) = on_its_way(&world).await;
        world.advance(TimeDelta::days(7) - TimeDelta::hours(1));
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 0, "it may be on its way");
        hear_all(&desk).await;
        assert!(desk.runs().await.is_empty());
        world.advance(TimeDelta::hours(1));
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 1);
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 0, "it was told of");
        hear_all(&desk).await;
        assert_eq!(desk.runs().await.len(), 2);
        said(&world, &parcel, TrackingStatus::Delivered).await;
        hear_all(&desk).await;
        assert_eq!(desk.runs().await.len(), 2, "one of each flow and order, ever");
        two_messages_go(&desk, bought.order).await;
    }

    /// What is asked back before it counts as there is asked nothing about.
    async fn what_goes_back_is_not_asked_about(world: World) {
        let bought = bought(&world, 1).await;
        world.advance(TimeDelta::days(3));
        request(&bought.guest, bought.wish(1)).await.unwrap();
        let desk = writing(&world, &bought.shop.online, bought.shirt.product.id).await;
        let hana = desk.person("hana").await;
        desk.change(bought.order, |row| row.customer_id = Some(hana.id)).await;
        world.advance(TimeDelta::days(4));
        presume_due(&world.ctx()).await.unwrap();
        hear_all(&desk).await;
        for days in [2, 7, 7, 7] {
            desk.later(TimeDelta::days(days)).await;
            desk.hours(24).await;
        }
        assert!(desk.sent().await.is_empty());
        assert!(desk.ends().await.iter().all(|(status, _)| *status == FlowRunStatus::Stopped), "{:?}", desk.ends().await);
        desk.done().await;
    }

    /// A carrier that tells of a failure after the week holds back what was begun.
    async fn a_failure_that_is_told_late_counts(world: World) {
        let (desk, _, parcel) = on_its_way(&world).await;
        world.advance(TimeDelta::days(7));
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 1);
        hear_all(&desk).await;
        assert_eq!(desk.runs().await.len(), 2);
        said(&world, &parcel, TrackingStatus::Failed).await;
        hear_all(&desk).await;
        desk.later(TimeDelta::days(2)).await;
        desk.hours(24).await;
        assert!(desk.sent().await.is_empty());
        let failed = (FlowRunStatus::Stopped, Some("DELIVERY_FAILED".to_owned()));
        assert_eq!(desk.ends().await, [failed.clone(), failed]);
        desk.done().await;
    }

    /// Merchants' own flows can follow both.
    async fn own_flows_can_name_the_presumption(world: World) {
        let (desk, bought, _) = on_its_way(&world).await;
        let definition = json!({
            "trigger": { "kind": "EVENT", "on": [{ "event": "shipment_presumed_delivered" }] },
            "steps": [{ "kind": "SEND", "id": "mail", "template": "thanks" }],
        });
        desk.flow("mine", &definition).await;
        world.advance(TimeDelta::days(7));
        presume_due(&world.ctx()).await.unwrap();
        hear_all(&desk).await;
        let messages = desk.messages().await;
        let went: Vec<_> = messages.iter().map(|message| (message.template.as_str(), message.order_id)).collect();
        assert_eq!(went, [("thanks", Some(bought.order))]);
        desk.done().await;
    }
}
