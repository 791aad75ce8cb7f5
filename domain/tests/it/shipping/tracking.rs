//! Facts about parcels, in whatever order and however often they come.

use chrono::TimeDelta;
use domain::shipping::contents;
use domain::shipping::tracking::{Fact, SetTracking, add, set};
use domain::{ErrorCode, Permission};
use entity::words::{Carrier, TrackingStatus};
use entity::{event, tracking_event};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases, race};

use super::{now, number, packed};

fn fact(world: &World, status: TrackingStatus, hours: i64) -> Fact {
    Fact {
        status,
        description: String::new(),
        place: None,
        occurred_at: world.now() - TimeDelta::hours(hours),
        external_id: None,
    }
}

async fn told(world: &World) -> u64 {
    let query = event::Entity::find().filter(event::Column::Kind.eq("shipment_tracked"));
    query.count(world.db()).await.unwrap()
}

both_databases! {
    /// The last fact by its own time counts, whenever it comes; one event per change of the status.
    async fn order_of_arrival_does_not_matter(world: World) {
        let story = packed(&world).await;
        let id = story.parcel.id;
        let delivered = fact(&world, TrackingStatus::Delivered, 1);
        let after = add(&story.clerk, id, delivered.clone()).await.unwrap();
        assert_eq!((after.tracking_status, after.delivered_at), (TrackingStatus::Delivered, Some(delivered.occurred_at)));
        let late = add(&story.clerk, id, fact(&world, TrackingStatus::InTransit, 5)).await.unwrap();
        assert_eq!(late.tracking_status, TrackingStatus::Delivered, "it happened before");
        assert_eq!(told(&world).await, 1);
        let back = add(&story.clerk, id, fact(&world, TrackingStatus::ReturnToSender, 0)).await.unwrap();
        assert_eq!((back.tracking_status, back.delivered_at), (TrackingStatus::ReturnToSender, None));
        assert_eq!(told(&world).await, 2);
        let events = contents::tracking_events(world.db(), &[id]).await.unwrap();
        let statuses: Vec<_> = events.iter().map(|event| event.status).collect();
        assert_eq!(statuses, [TrackingStatus::ReturnToSender, TrackingStatus::Delivered, TrackingStatus::InTransit]);
    }

    /// The same fact twice, or by eight clerks at once, is one.
    async fn a_fact_is_kept_once(world: World) {
        let story = packed(&world).await;
        let (id, clerk) = (story.parcel.id, story.clerk.clone());
        let once = Fact { external_id: Some("scan-1".into()), ..fact(&world, TrackingStatus::InTransit, 1) };
        race(8, |_| {
            let (clerk, once) = (clerk.clone(), once.clone());
            async move { add(&clerk, id, once).await.unwrap() }
        })
        .await;
        assert_eq!(tracking_event::Entity::find().count(world.db()).await.unwrap(), 1);
        assert_eq!(told(&world).await, 1);
        let plain = fact(&world, TrackingStatus::Failed, 0);
        add(&story.clerk, id, plain.clone()).await.unwrap();
        add(&story.clerk, id, plain).await.unwrap();
        assert_eq!(tracking_event::Entity::find().count(world.db()).await.unwrap(), 2);
    }

    /// Numbers are checked and tidied; links lead to the web alone; versions are kept.
    async fn a_number_is_set_with_its_carrier(world: World) {
        let story = packed(&world).await;
        let id = story.parcel.id;
        let good = number(41_201_234_567);
        let typed = format!("{}-{}-{}", &good[..4], &good[4..8], &good[8..]);
        let input = SetTracking { tracking_number: Some(typed), ..SetTracking::default() };
        let after = set(&story.clerk, id, input.clone()).await.unwrap();
        assert_eq!((after.tracking_number.as_deref(), after.version), (Some(good.as_str()), 2));
        assert_eq!(set(&story.clerk, id, input).await.unwrap().version, 2, "nothing changed");
        let stale = SetTracking { expected_version: Some(1), carrier: Some(Carrier::Sagawa), ..SetTracking::default() };
        assert_eq!(set(&story.clerk, id, stale).await.unwrap_err().code(), ErrorCode::StaleVersion);
        let mut wrong = good.clone().into_bytes();
        wrong[11] = if wrong[11] == b'0' { b'1' } else { b'0' };
        let wrong = SetTracking { tracking_number: String::from_utf8(wrong).ok(), ..SetTracking::default() };
        assert_eq!(set(&story.clerk, id, wrong).await.unwrap_err().code(), ErrorCode::InvalidTrackingNumber);
        let link = SetTracking { tracking_url: Some("javascript:alert(1)".into()), ..SetTracking::default() };
        assert_eq!(set(&story.clerk, id, link).await.unwrap_err().code(), ErrorCode::Invalid);
        assert_eq!(now(&world, id).await.version, 2);
        let none = SetTracking { tracking_number: Some(String::new()), ..SetTracking::default() };
        assert_eq!(set(&story.clerk, id, none).await.unwrap().tracking_number, None);
    }

    /// Clerks of another store, customers and guests see no parcel; a parcel that was unpacked again takes no facts.
    async fn parcels_of_others_are_out_of_reach(world: World) {
        let story = packed(&world).await;
        let id = story.parcel.id;
        let other = world.staff_at(story.shop.store.id, &[Permission::FulfillmentWork]).await;
        let here = fact(&world, TrackingStatus::InTransit, 0);
        assert_eq!(add(&other, id, here.clone()).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(add(&world.guest(), id, here.clone()).await.unwrap_err().code(), ErrorCode::Unauthenticated);
        let buyer = world.ctx().with_actor(domain::Actor::Guest { cart_id: None, order_id: Some(story.order.id) });
        assert_eq!(contents::readable_by_ids(&buyer, &[id]).await.unwrap().len(), 1);
        let stranger = world.new_customer("Sato", "Jun").create().await;
        assert!(contents::readable_by_ids(&world.customer(stranger.id), &[id]).await.unwrap().is_empty());
        assert!(contents::readable_by_ids(&other, &[id]).await.unwrap().is_empty());
        let void = world.parcel(story.shop.warehouse.id).with(|row| row.voided_at = Some(row.packed_at)).create().await;
        assert_eq!(add(&story.clerk, void.id, here).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        let far = Fact { occurred_at: world.now() + TimeDelta::days(3), ..fact(&world, TrackingStatus::Delivered, 0) };
        assert_eq!(add(&story.clerk, id, far).await.unwrap_err().code(), ErrorCode::InvalidDate);
    }
}
