//! What belongs to no place takes one grant for all places: two that each end somewhere do not make one.

use chrono::TimeDelta;
use domain::flow::switch::{SwitchFlow, switch};
use domain::kernel::history::{self, EventFilter};
use domain::kernel::paging::PageRequest;
use domain::kernel::permission::Grant;
use domain::messaging::TemplateName;
use domain::messaging::figures::figures;
use domain::messaging::own_template::{self, SaveTemplate, Source};
use domain::messaging::suppression;
use domain::{Actor, Ctx, ErrorCode, Permission};
use entity::id::{ChannelId, LocationId, SuppressionId};
use entity::words::FlowStatus;
use support::{World, both_databases};

async fn granted(world: &World, places: &[(Option<ChannelId>, Option<LocationId>)]) -> Ctx {
    let Actor::Staff { id, .. } = world.staff(&[]).await.actor else { panic!("staff") };
    let grant = |(channel_id, location_id): &(Option<ChannelId>, Option<LocationId>)| Grant {
        permissions: [
            Permission::EventsRead,
            Permission::FlowsWrite,
            Permission::MessagesRead,
            Permission::MessagesSend,
            Permission::PlacesWrite,
        ]
        .into(),
        channel_id: *channel_id,
        location_id: *location_id,
    };
    let grants: Vec<Grant> = places.iter().map(grant).collect();
    world.ctx().with_actor(Actor::Staff { id, grants: grants.into(), till: None })
}

fn wording(channel_id: Option<ChannelId>) -> SaveTemplate {
    SaveTemplate {
        name: TemplateName::OrderConfirmation,
        channel_id,
        locale: "ja".to_owned(),
        source: Source {
            subject: "x".to_owned(),
            mjml: "<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>".to_owned(),
            text: "{{ order.number }}".to_owned(),
        },
    }
}

both_databases! {
    /// History, figures of messages, suppressed addresses, wordings of all channels and flows.
    async fn parts_are_not_the_whole(world: World) {
        let (channel, store) = (world.channel("web").create().await.id, world.store("x").await.id);
        let (from, until) = (world.now() - TimeDelta::days(1), world.now());
        for places in [&[(None, Some(store))][..], &[(Some(channel), None)], &[(Some(channel), None), (None, Some(store))]] {
            let part = granted(&world, places).await;
            let read = history::page(&part, &EventFilter::default(), &PageRequest::default()).await.map(|_| ());
            let counted = figures(&part, from, until, &[]).await.map(|_| ());
            let lifted = suppression::lift(&part, SuppressionId(world.new_uuid())).await.map(|_| ());
            let written = own_template::save(&part, wording(None)).await.map(|_| ());
            let wanted = SwitchFlow { code: "thanks".to_owned(), status: FlowStatus::On, expected_version: None };
            let switched = switch(&part, wanted).await.map(|_| ());
            for refused in [read, counted, lifted, written, switched] {
                assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden, "{places:?}");
            }
        }
        let whole = granted(&world, &[(Some(channel), Some(store)), (None, None)]).await;
        history::page(&whole, &EventFilter::default(), &PageRequest::default()).await.unwrap();
        figures(&whole, from, until, &[]).await.unwrap();
        own_template::save(&whole, wording(None)).await.unwrap();
    }

    /// The wording of a channel is that of all its stores: staff of one of them do not change it.
    async fn a_channel_is_more_than_one_store(world: World) {
        let (channel, store) = (world.channel("web").create().await.id, world.store("x").await.id);
        for places in [(None, Some(store)), (Some(channel), Some(store))] {
            let local = granted(&world, &[places]).await;
            let refused = own_template::save(&local, wording(Some(channel))).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::NotFound, "{places:?}");
        }
        let own = granted(&world, &[(Some(channel), None)]).await;
        let saved = own_template::save(&own, wording(Some(channel))).await.unwrap();
        let local = granted(&world, &[(None, Some(store))]).await;
        assert_eq!(own_template::activate(&local, saved.id).await.unwrap_err().code(), ErrorCode::NotFound);
        own_template::activate(&own, saved.id).await.unwrap();
    }
}
