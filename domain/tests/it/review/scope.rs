//! Who answers for one store moderates what was bought there, and two who decide at once decide once.

use domain::kernel::Actor;
use domain::kernel::paging::PageRequest;
use domain::kernel::permission::Grant;
use domain::review::moderate::{Moderate, moderate, reply};
use domain::review::query::{self, ReviewFilter};
use domain::review::{Writer, edit, write};
use domain::{ErrorCode, Permission};
use entity::id::LocationId;
use entity::words::ReviewStatus;
use entity::{event, order, product_review};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases, race};

use super::{again, arrived, decision, moderator, published, said};

both_databases! {
    /// A store's staff see, publish, reject and answer reviews of what was bought there: not the web's, not another
    /// store's, not those of which no purchase is known.
    async fn staff_of_a_store_moderate_its_reviews(world: World) {
        let bought = arrived(&world, 1).await;
        let (here, there) = (bought.shop.store.id, world.store("far").await.id);
        let review = write(&bought.guest, said(bought.line), Writer::SignedIn).await.unwrap();
        published(&world, bought.shirt.product.id, &[3]).await;
        let sold_at = async |location: Option<LocationId>| {
            let update = order::Entity::update_many().col_expr(order::Column::LocationId, Expr::value(location));
            update.filter(order::Column::Id.eq(bought.order)).exec(world.db()).await.unwrap();
        };
        let local = world.staff_at(here, &[Permission::ReviewsModerate]).await;
        let all = ReviewFilter::default();
        for location in [None, Some(there)] {
            sold_at(location).await;
            assert_eq!(query::count(&local, &all).await.unwrap(), 0);
            assert!(query::page(&local, &all, &PageRequest::default()).await.unwrap().rows.is_empty());
            assert!(query::find(&local, review.id).await.unwrap().is_none());
            for (publish, reason) in [(true, None), (false, Some("no"))] {
                let refused = moderate(&local, decision(review.id, publish, reason)).await.unwrap_err();
                assert_eq!(refused.code(), ErrorCode::NotFound);
            }
            assert_eq!(reply(&local, review.id, None, "Hello").await.unwrap_err().code(), ErrorCode::NotFound);
        }
        let kept = product_review::Entity::find_by_id(review.id).one(world.db()).await.unwrap().unwrap();
        assert_eq!((kept.status, kept.version, kept.reply), (ReviewStatus::Pending, 1, None));
        sold_at(Some(here)).await;
        assert_eq!(query::count(&local, &all).await.unwrap(), 1);
        reply(&local, review.id, None, "Hello").await.unwrap();
        let shown = moderate(&local, decision(review.id, true, None)).await.unwrap();
        assert_eq!(shown.status, ReviewStatus::Published);
        sold_at(None).await;
    }

    /// One grant for a channel and one for a store do not add up to all reviews; a grant for both means both.
    async fn grants_do_not_add_up(world: World) {
        let bought = arrived(&world, 1).await;
        write(&bought.guest, said(bought.line), Writer::SignedIn).await.unwrap();
        published(&world, bought.shirt.product.id, &[3, 4]).await;
        let (web, store) = (bought.shop.online.id, bought.shop.store.id);
        let Actor::Staff { id, .. } = moderator(&world).await.actor else { panic!("staff") };
        let seen = async |places: &[(bool, bool)]| {
            let grant = |(on_the_web, in_the_store): &(bool, bool)| Grant {
                permissions: [Permission::ReviewsModerate].into(),
                channel_id: on_the_web.then_some(web),
                location_id: in_the_store.then_some(store),
            };
            let grants: Vec<Grant> = places.iter().map(grant).collect();
            let ctx = world.ctx().with_actor(Actor::Staff { id, grants: grants.into(), till: None });
            query::count(&ctx, &ReviewFilter::default()).await.unwrap()
        };
        assert_eq!(seen(&[(false, false)]).await, 3);
        assert_eq!(seen(&[(true, false), (false, true)]).await, 1);
        assert_eq!(seen(&[(true, true)]).await, 0);
    }

    /// What a list asks for narrows what is in reach: staff of the web see no more by it.
    async fn a_filter_narrows_what_is_in_reach(world: World) {
        let bought = arrived(&world, 1).await;
        write(&bought.guest, said(bought.line), Writer::SignedIn).await.unwrap();
        published(&world, bought.shirt.product.id, &[3, 4]).await;
        let Actor::Staff { id, .. } = moderator(&world).await.actor else { panic!("staff") };
        let web = Grant {
            permissions: [Permission::ReviewsModerate].into(),
            channel_id: Some(bought.shop.online.id),
            location_id: None,
        };
        let local = world.ctx().with_actor(Actor::Staff { id, grants: [web].into(), till: None });
        let product_id = Some(bought.shirt.product.id);
        for (filter, wanted) in [
            (ReviewFilter { product_id, ..ReviewFilter::default() }, 1),
            (ReviewFilter { min_rating: Some(1), ..ReviewFilter::default() }, 1),
            (ReviewFilter { statuses: vec![ReviewStatus::Published], ..ReviewFilter::default() }, 0),
        ] {
            assert_eq!(query::count(&local, &filter).await.unwrap(), wanted, "{filter:?}");
            let listed = query::page(&local, &filter, &PageRequest::default()).await.unwrap();
            assert_eq!(listed.rows.len() as u64, wanted, "{filter:?}");
        }
    }

    /// Two moderators who read the same review decide at once: one decision holds, the other one is told that it came
    /// late.
    async fn of_two_decisions_one_holds(world: World) {
        let bought = arrived(&world, 1).await;
        let review = write(&bought.guest, said(bought.line), Writer::SignedIn).await.unwrap();
        let staff = [moderator(&world).await, moderator(&world).await];
        let id = review.id;
        let done = race(2, |number| {
            let (ctx, publish) = (staff[number].clone(), number == 0);
            let reason = (!publish).then_some("names a person");
            async move { moderate(&ctx, Moderate { expected_version: Some(1), ..decision(id, publish, reason) }).await }
        });
        let done = done.await;
        let (held, late): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
        let codes: Vec<ErrorCode> = late.into_iter().map(|decision| decision.unwrap_err().code()).collect();
        assert_eq!(codes, [ErrorCode::StaleVersion]);
        let held = held.into_iter().next().unwrap().unwrap();
        let kept = product_review::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap();
        assert_eq!((kept.status, kept.moderated_by, kept.version), (held.status, held.moderated_by, 2));
        let told = event::Entity::find().filter(event::Column::Kind.is_in(["review_published", "review_rejected"]));
        assert_eq!(told.count(world.db()).await.unwrap(), 1);
    }

    /// What the shop answered was an answer to other words: it goes when they do.
    async fn an_answer_goes_with_the_words_it_answered(world: World) {
        let bought = arrived(&world, 1).await;
        let staff = moderator(&world).await;
        let review = write(&bought.guest, said(bought.line), Writer::SignedIn).await.unwrap();
        moderate(&staff, decision(review.id, true, None)).await.unwrap();
        reply(&staff, review.id, None, "五つ星をありがとうございます。").await.unwrap();
        let rejected = moderate(&staff, decision(review.id, false, Some("names a person"))).await.unwrap();
        assert!(rejected.reply.is_some(), "it is kept until the words change");
        edit(&bought.guest, again(bought.line), Writer::SignedIn).await.unwrap();
        let kept = product_review::Entity::find_by_id(review.id).one(world.db()).await.unwrap().unwrap();
        assert_eq!((kept.status, kept.rating), (ReviewStatus::Pending, 2));
        assert_eq!((kept.reply, kept.replied_by, kept.replied_at), (None, None, None));
        let shown = moderate(&staff, decision(review.id, true, None)).await.unwrap();
        assert_eq!(shown.reply, None, "nothing unsaid is published");
    }
}
