//! Slips and labels under signed addresses, and the mails about a parcel.

use chrono::TimeDelta;
use domain::ErrorCode;
use domain::jobs::HANDLERS;
use domain::messaging::dispatch::run;
use domain::shipping::documents::{Format, Kind, open, sign};
use domain::shipping::tracking::{Fact, add};
use entity::words::TrackingStatus;
use entity::{event, job, message};
use sea_orm::{EntityTrait, QueryOrder};
use support::{World, both_databases};

use super::late::{gone, told};
use super::packed;

/// Hands all events to all handlers, twice, as a worker that dies in between would; mails stay unsent.
async fn handle(world: &World) {
    let events = event::Entity::find().order_by_asc(event::Column::Id).all(world.db()).await.unwrap();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    for _ in 0..2 {
        run(&world.ctx(), HANDLERS, &ids).await.unwrap();
    }
}

/// Which mails about parcels were asked for, oldest first.
async fn names(world: &World) -> Vec<String> {
    handle(world).await;
    let messages = message::Entity::find().order_by_asc(message::Column::Id).all(world.db()).await.unwrap();
    let names = messages.into_iter().map(|message| message.template);
    names.filter(|name| name.starts_with("shipment")).collect()
}

async fn clear(world: &World) {
    job::Entity::delete_many().exec(world.db()).await.unwrap();
    message::Entity::delete_many().exec(world.db()).await.unwrap();
}

both_databases! {
    /// An address opens one paper for ten minutes, and cannot be bent into another.
    async fn papers_open_by_their_address_alone(world: World) {
        let story = packed(&world).await;
        let ctx = world.guest();
        let token = |kind, format| {
            let link = sign(&ctx, story.parcel.id, kind, format);
            link.url.rsplit('/').next().unwrap().to_owned()
        };
        for kind in Kind::ALL {
            let page = open(&ctx, &token(kind, Format::Html)).await.unwrap();
            let text = String::from_utf8(page.bytes).unwrap();
            assert!(text.contains(&format!("{}-1", story.order.number)) && text.contains("渋谷区"), "{text}");
            assert!(page.file_name.ends_with(".html"));
            let file = open(&ctx, &token(kind, Format::Pdf)).await.unwrap();
            assert!(file.bytes.starts_with(b"%PDF-"), "{}", file.file_name);
        }
        let label = token(Kind::Label, Format::Pdf);
        for bent in [label.replace("label", "packing-slip"), label.replace("pdf", "html"), format!("{label}0"), String::new(), "....".into()] {
            assert_eq!(open(&ctx, &bent).await.unwrap_err().code(), ErrorCode::NotFound, "{bent}");
        }
        world.advance(TimeDelta::minutes(11));
        assert_eq!(open(&ctx, &label).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    /// One mail per step and parcel, in the order's language, however often the carrier says so.
    async fn each_step_is_told_once(world: World) {
        let story = packed(&world).await;
        let steps = [
            (TrackingStatus::InTransit, 4),
            (TrackingStatus::OutForDelivery, 3),
            (TrackingStatus::Failed, 2),
            (TrackingStatus::OutForDelivery, 1),
            (TrackingStatus::Delivered, 0),
        ];
        for (status, hours) in steps {
            let fact = Fact {
                status,
                description: String::new(),
                place: None,
                occurred_at: world.now() - TimeDelta::hours(hours),
                external_id: None,
            };
            add(&story.clerk, story.parcel.id, fact).await.unwrap();
            handle(&world).await;
        }
        assert_eq!(names(&world).await, ["shipment_out_for_delivery", "shipment_failed", "shipment_delivered"]);
        let messages = message::Entity::find().order_by_asc(message::Column::Id).all(world.db()).await.unwrap();
        let last = messages.last().unwrap();
        assert_eq!((last.recipient.as_str(), last.order_id), ("hanako@example.jp", Some(story.order.id)));
        assert!(last.subject.contains("お届け"), "{}", last.subject);
        clear(&world).await;
    }

    /// Handled in time, a parcel is told to have left and then to have arrived.
    async fn each_step_has_its_time(world: World) {
        let parcel = gone(&world, None).await;
        assert_eq!(names(&world).await, ["shipment_shipped"]);
        world.advance(TimeDelta::minutes(1));
        told(&world, parcel.id, TrackingStatus::Delivered).await;
        assert_eq!(names(&world).await, ["shipment_shipped", "shipment_delivered"]);
        clear(&world).await;
    }

    /// After an outage only what is still so is told: that it arrived, not that it left or comes today.
    async fn what_is_over_is_not_told(world: World) {
        let parcel = gone(&world, None).await;
        for status in [TrackingStatus::InTransit, TrackingStatus::OutForDelivery, TrackingStatus::Delivered] {
            world.advance(TimeDelta::minutes(1));
            told(&world, parcel.id, status).await;
        }
        assert_eq!(names(&world).await, ["shipment_delivered"]);
        clear(&world).await;
    }
}
