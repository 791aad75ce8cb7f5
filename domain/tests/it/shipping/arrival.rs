//! When a parcel is there though nobody said so.

use chrono::TimeDelta;
use domain::shipping::arrival::{LOST_SIGHT, SILENT, has_arrived, presume_due};
use entity::id::{LocationId, ShipmentId};
use entity::words::TrackingStatus;
use entity::{event, shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use support::{World, both_databases, race};
use uuid::Uuid;

use super::now;

/// A parcel that left just now, of which this was said.
async fn left(world: &World, from: LocationId, status: TrackingStatus) -> shipment::Model {
    left_with(world, from, |row| row.tracking_status = status).await
}

async fn left_with(world: &World, from: LocationId, change: impl FnOnce(&mut shipment::Model)) -> shipment::Model {
    let at = world.now();
    world.parcel(from).with(|row| row.shipped_at = Some(at)).with(change).create().await
}

/// Of which parcels it was told that they count as there, oldest first.
async fn presumed(world: &World) -> Vec<Uuid> {
    let told = event::Entity::find()
        .filter(event::Column::Kind.eq("shipment_presumed_delivered"))
        .order_by_asc(event::Column::Id);
    told.all(world.db()).await.unwrap().into_iter().map(|event| event.aggregate_id).collect()
}

fn ids(parcels: &[&shipment::Model]) -> Vec<Uuid> {
    parcels.iter().map(|parcel| parcel.id.uuid()).collect()
}

both_databases! {
    /// A week without a word; three weeks for what its carrier had; never for what failed or goes back. Each is told once.
    async fn each_is_told_of_in_its_time(world: World) {
        // Empty parcels, as no packer leaves them.
        world.without_audit();
        let from = world.store("shibuya").await.id;
        let silent = left(&world, from, TrackingStatus::PreTransit).await;
        let had = left(&world, from, TrackingStatus::InTransit).await;
        let last_mile = left(&world, from, TrackingStatus::OutForDelivery).await;
        let failed = left(&world, from, TrackingStatus::Failed).await;
        let goes_back = left(&world, from, TrackingStatus::ReturnToSender).await;
        let at = world.now();
        let arrived = |row: &mut shipment::Model| {
            row.tracking_status = TrackingStatus::Delivered;
            row.delivered_at = Some(at);
        };
        let there = left_with(&world, from, arrived).await;
        let came_back = left_with(&world, from, |row| row.returned_at = Some(at)).await;
        let unpacked = left_with(&world, from, |row| (row.shipped_at, row.voided_at) = (None, Some(at))).await;
        world.advance(SILENT - TimeDelta::seconds(1));
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 0);
        world.advance(TimeDelta::seconds(1));
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 1);
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 0, "it was told of");
        assert_eq!(presumed(&world).await, ids(&[&silent]));
        let told = now(&world, silent.id).await;
        assert_eq!((told.presumed_at, told.delivered_at, told.version), (Some(world.now()), None, 2));
        world.advance(LOST_SIGHT - SILENT);
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 2);
        let mut later = presumed(&world).await;
        later[1..].sort_unstable();
        let mut wanted = ids(&[&had, &last_mile]);
        wanted.sort_unstable();
        assert_eq!(later[1..], wanted);
        for parcel in [&silent, &had, &last_mile, &there] {
            assert!(has_arrived(&now(&world, parcel.id).await, world.now()), "{}", parcel.tracking_status);
        }
        for parcel in [&failed, &goes_back, &came_back, &unpacked] {
            assert!(!has_arrived(&now(&world, parcel.id).await, world.now()), "{}", parcel.tracking_status);
        }
    }

    /// What counts as there since long ago is no news: a shop that turns to this version writes to nobody about last year.
    async fn what_is_long_there_is_no_news(world: World) {
        world.without_audit();
        let from = world.store("shibuya").await.id;
        let silent = left(&world, from, TrackingStatus::PreTransit).await;
        world.advance(SILENT + TimeDelta::days(14) + TimeDelta::seconds(1));
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 0);
        assert!(has_arrived(&silent, world.now()), "it is there, of course");
    }

    /// What is to come later is not there before its day is over.
    async fn a_parcel_is_not_there_before_its_day(world: World) {
        world.without_audit();
        let from = world.store("shibuya").await.id;
        let day = world.now().date_naive() + TimeDelta::days(20);
        let by_sea = left_with(&world, from, |row| row.expected_on = Some(day)).await;
        world.advance(SILENT);
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 0);
        assert!(!has_arrived(&by_sea, world.now()));
        world.advance(TimeDelta::days(22) - SILENT);
        assert_eq!(presume_due(&world.ctx()).await.unwrap(), 1);
        assert!(has_arrived(&by_sea, world.now()));
        assert_eq!(presumed(&world).await, ids(&[&by_sea]));
    }

    /// Many parcels cost as many statements as one, and four workers tell of each once.
    async fn many_are_told_of_at_once(world: World) {
        world.without_audit();
        let from = world.store("shibuya").await.id;
        left(&world, from, TrackingStatus::PreTransit).await;
        world.advance(SILENT);
        let ctx = world.ctx();
        assert_eq!(presume_due(&ctx).await.unwrap(), 1);
        let of_one = ctx.statements.get();
        for _ in 0..90 {
            left(&world, from, TrackingStatus::PreTransit).await;
        }
        world.advance(SILENT);
        let ctx = world.ctx();
        assert_eq!(presume_due(&ctx).await.unwrap(), 90);
        assert_eq!(ctx.statements.get(), of_one);
        let mut parcels: Vec<ShipmentId> = Vec::new();
        for _ in 0..210 {
            parcels.push(left(&world, from, TrackingStatus::PreTransit).await.id);
        }
        world.advance(SILENT);
        let told = race(4, |_| {
            let ctx = world.ctx();
            async move { presume_due(&ctx).await.unwrap() }
        })
        .await;
        // Who meets parcels that another one holds leaves them to it.
        presume_due(&world.ctx()).await.unwrap();
        assert!(told.iter().sum::<u64>() <= 210, "{told:?}");
        let mut told = presumed(&world).await.split_off(91);
        told.sort_unstable();
        let mut wanted: Vec<Uuid> = parcels.iter().map(|id| id.uuid()).collect();
        wanted.sort_unstable();
        assert_eq!(told, wanted);
    }
}
