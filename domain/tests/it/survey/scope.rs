//! Who answers for one store writes nothing that all stores live by.

use domain::kernel::Actor;
use domain::kernel::paging::PageRequest;
use domain::kernel::permission::Grant;
use domain::survey::alert::{SaveAlert, save as save_alert};
use domain::survey::invite::{AskCustomer, ask};
use domain::survey::query::{AnswerFilter, answers, count_answers};
use domain::survey::save::{SaveSurvey, save, switch};
use domain::survey::{answer, ready_made};
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{ChannelId, CustomerId, LocationId, OrderId};
use entity::words::{SurveyKind, SurveyVia};
use entity::{order, survey_alert, survey_invitation};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases};

use super::{by_code, invited, manager, ready, score};
use crate::returns::bought;

/// Staff with a permission at each of some places.
async fn granted(world: &World, places: &[(Option<ChannelId>, Option<LocationId>)]) -> Ctx {
    let permissions = [Permission::SurveysRead, Permission::SurveysWrite];
    let Actor::Staff { id, .. } = world.staff(&permissions).await.actor else { panic!("staff") };
    let grant = |(channel_id, location_id): &(Option<ChannelId>, Option<LocationId>)| Grant {
        permissions: permissions.into(),
        channel_id: *channel_id,
        location_id: *location_id,
    };
    let grants: Vec<Grant> = places.iter().map(grant).collect();
    world.ctx().with_actor(Actor::Staff { id, grants: grants.into(), till: None })
}

async fn sold(world: &World, order: OrderId, customer: Option<CustomerId>, location: Option<LocationId>) {
    order::Entity::update_many()
        .col_expr(order::Column::CustomerId, Expr::value(customer))
        .col_expr(order::Column::LocationId, Expr::value(location))
        .filter(order::Column::Id.eq(order))
        .exec(world.db())
        .await
        .unwrap();
}

fn wish(key: &str, order_id: Option<OrderId>, customer_id: Option<CustomerId>) -> AskCustomer {
    AskCustomer {
        survey_code: "nps".to_owned(),
        order_id,
        customer_id,
        via: SurveyVia::Api,
        locale: None,
        idempotency_key: key.to_owned(),
    }
}

both_databases! {
    /// Surveys and alarms are everybody's: a grant for one store, or one for a store and another for a channel, changes
    /// neither, and no mail tells other stores' orders.
    async fn one_store_changes_nothing_for_all(world: World) {
        ready_made::plant(&world.ctx()).await.unwrap();
        let (store, channel) = (world.store("x").await.id, world.channel("web").create().await.id);
        let nps = by_code(&world, "nps").await;
        for places in [&[(None, Some(store))][..], &[(Some(channel), None)], &[(Some(channel), None), (None, Some(store))]] {
            let local = granted(&world, places).await;
            let written = save(&local, ready("mine", SurveyKind::Nps)).await.map(|_| ());
            let rewritten = save(&local, SaveSurvey { name: "Mine".into(), ..ready("nps", SurveyKind::Nps) }).await.map(|_| ());
            let off = switch(&local, nps.id, None, false).await.map(|_| ());
            let alarm = SaveAlert {
                id: None,
                survey_id: nps.id,
                expected_version: None,
                name: "All".to_owned(),
                max_score: Some(10),
                words: vec![],
                recipients: vec!["me@home.example".to_owned()],
                active: true,
            };
            let alarmed = save_alert(&local, alarm).await.map(|_| ());
            for refused in [written, rewritten, off, alarmed] {
                assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden, "{places:?}");
            }
        }
        assert_eq!(by_code(&world, "nps").await, nps, "nothing was changed");
        assert_eq!(survey_alert::Entity::find().count(world.db()).await.unwrap(), 0);
    }

    /// Of an order, its own customer is asked; without an order, who may everywhere asks.
    async fn an_order_asks_its_own_customer(world: World) {
        let (boss, bought) = (manager(&world).await, bought(&world, 1).await);
        let (own, other) = (world.new_customer("佐藤", "花子").create().await.id, world.new_customer("鈴木", "一郎").create().await.id);
        let (here, there) = (bought.shop.store.id, world.store("y").await.id);
        sold(&world, bought.order, Some(own), Some(here)).await;
        let local = granted(&world, &[(None, Some(here))]).await;
        let far = granted(&world, &[(None, Some(there))]).await;
        let order = Some(bought.order);
        let cases = [
            (&boss, wish("a", order, Some(other)), ErrorCode::NotFound),
            (&local, wish("b", order, Some(other)), ErrorCode::NotFound),
            (&local, wish("c", None, Some(own)), ErrorCode::Forbidden),
            (&far, wish("d", order, None), ErrorCode::NotFound),
        ];
        for (ctx, input, code) in cases {
            let what = format!("{input:?}");
            assert_eq!(ask(ctx, input).await.unwrap_err().code(), code, "{what}");
        }
        assert_eq!(survey_invitation::Entity::find().count(world.db()).await.unwrap(), 0);
        let asked = ask(&local, wish("e", order, Some(own))).await.unwrap().invitation;
        assert_eq!((asked.customer_id, asked.location_id), (Some(own), Some(here)));
        let asked = ask(&boss, wish("f", None, Some(other))).await.unwrap().invitation;
        assert_eq!((asked.customer_id, asked.order_id), (Some(other), None));
        sold(&world, bought.order, None, Some(here)).await;
        let guest = ask(&boss, wish("g", order, Some(own))).await.unwrap_err();
        assert_eq!(guest.code(), ErrorCode::NotFound, "a guest's order is nobody's account");
        sold(&world, bought.order, None, None).await;
    }

    /// One grant for a channel and one for a store do not add up to all answers.
    async fn answers_are_read_grant_by_grant(world: World) {
        let bought = bought(&world, 1).await;
        let (channel, store) = (bought.shop.online.id, bought.shop.store.id);
        for (key, about) in [("web", Some(bought.order)), ("nobody", None)] {
            let asked = invited(&world, "nps", key, about).await.unwrap();
            answer(&world.guest(), asked.id, vec![score(9)]).await.unwrap();
        }
        let seen = async |places: &[(Option<ChannelId>, Option<LocationId>)]| {
            let reader = granted(&world, places).await;
            answers(&reader, &AnswerFilter::default(), &PageRequest::default()).await.unwrap().rows.len()
        };
        assert_eq!(seen(&[(None, None)]).await, 2);
        assert_eq!(seen(&[(Some(channel), None), (None, Some(store))]).await, 1);
        assert_eq!(seen(&[(Some(channel), Some(store))]).await, 0);
        assert_eq!(seen(&[(Some(bought.shop.pos.id), None), (None, Some(store))]).await, 0);
        // What a list asks for narrows what is in reach.
        let reader = granted(&world, &[(Some(channel), None), (None, Some(store))]).await;
        for (filter, wanted) in [
            (AnswerFilter { min_score: Some(0), ..AnswerFilter::default() }, 1),
            (AnswerFilter { min_score: Some(10), ..AnswerFilter::default() }, 0),
            (AnswerFilter { location_ids: vec![store], ..AnswerFilter::default() }, 0),
        ] {
            assert_eq!(count_answers(&reader, &filter).await.unwrap(), wanted, "{filter:?}");
        }
    }
}
