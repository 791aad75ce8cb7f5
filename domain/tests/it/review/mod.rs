//! What customers say of products they bought.

mod scope;

use chrono::TimeDelta;
use domain::kernel::Actor;
use domain::kernel::paging::PageRequest;
use domain::returns::request::request;
use domain::review::moderate::{Moderate, moderate, reply};
use domain::review::query::{self, ReviewFilter};
use domain::review::{EditReview, NewReview, Writer, edit, product_of_line, withdraw, write};
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{OrderLineId, ProductId, ProductReviewId};
use entity::words::{ReviewRefusal, ReviewStatus};
use entity::{event, order, product_review};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use support::{World, both_databases, race};

use crate::returns::{Bought, bought};

/// Shirts that arrived: carriers who tell nothing are trusted after a week.
async fn arrived(world: &World, units: i64) -> Bought {
    let bought = bought(world, units).await;
    world.advance(TimeDelta::days(8));
    bought
}

fn said(line: OrderLineId) -> NewReview {
    NewReview {
        order_line_id: line,
        author: "花子".to_owned(),
        rating: 5,
        title: "気に入りました".to_owned(),
        body: "<script>alert(1)</script> https://spam.example 着心地がよいです。".to_owned(),
        locale: "ja".to_owned(),
    }
}

fn again(line: OrderLineId) -> EditReview {
    EditReview {
        order_line_id: line,
        expected_version: None,
        author: String::new(),
        rating: 2,
        title: "色落ちします".to_owned(),
        body: String::new(),
    }
}

fn decision(review_id: ProductReviewId, publish: bool, reason: Option<&str>) -> Moderate {
    Moderate { review_id, expected_version: None, publish, reason: reason.map(str::to_owned) }
}

async fn moderator(world: &World) -> Ctx {
    world.staff(&[Permission::ReviewsModerate]).await
}

async fn why(ctx: &Ctx, line: OrderLineId, by: Writer) -> Option<ReviewRefusal> {
    product_of_line(ctx, line, by).await.unwrap().refusal
}

/// A review as it was published, without a purchase: enough for what everybody sees.
async fn published(world: &World, product: ProductId, ratings: &[i32]) {
    for rating in ratings {
        let row = product_review::Model {
            id: ProductReviewId(world.new_uuid()),
            product_id: product,
            customer_id: None,
            order_line_id: None,
            channel_id: None,
            author: String::new(),
            rating: *rating,
            title: format!("{rating} stars"),
            body: String::new(),
            locale: "en".to_owned(),
            status: ReviewStatus::Published,
            is_verified: false,
            moderation_reason: None,
            moderated_by: None,
            moderated_at: Some(world.now()),
            reply: None,
            replied_by: None,
            replied_at: None,
            version: 1,
            created_at: world.now(),
            updated_at: world.now(),
        };
        let insert = product_review::Entity::insert(row.into_active_model().reset_all());
        insert.exec_without_returning(world.db()).await.unwrap();
    }
}

both_databases! {
    /// Nobody reviews what is not there: not before it came, not after it went back, not what others bought.
    async fn only_what_is_kept_is_reviewed(world: World) {
        let bought = bought(&world, 2).await;
        let (guest, line) = (&bought.guest, bought.line);
        assert_eq!(why(guest, line, Writer::SignedIn).await, Some(ReviewRefusal::NotArrived));
        let early = write(guest, said(line), Writer::SignedIn).await.unwrap_err();
        assert_eq!((early.code(), early.path()), (ErrorCode::NotReviewable, "input.orderLineId"));
        world.advance(TimeDelta::days(8));
        let found = product_of_line(guest, line, Writer::SignedIn).await.unwrap();
        assert_eq!((found.refusal, found.product_id), (None, bought.shirt.product.id));
        let stranger = world.customer(world.new_customer("鈴木", "一郎").create().await.id);
        for (ctx, by, code) in [
            (&stranger, Writer::SignedIn, ErrorCode::NotFound),
            (&world.guest(), Writer::SignedIn, ErrorCode::Unauthenticated),
            (&moderator(&world).await, Writer::SignedIn, ErrorCode::Unauthenticated),
        ] {
            assert_eq!(write(ctx, said(line), by).await.unwrap_err().code(), code);
        }
        request(guest, bought.wish(1)).await.unwrap();
        assert_eq!(why(guest, line, Writer::SignedIn).await, None, "one is kept");
        request(guest, bought.wish(1)).await.unwrap();
        assert_eq!(why(&world.guest(), line, Writer::Link).await, Some(ReviewRefusal::Returned));
        assert_eq!(write(guest, said(line), Writer::Link).await.unwrap_err().code(), ErrorCode::NotReviewable);
        assert_eq!(product_review::Entity::find().count(world.db()).await.unwrap(), 0);
    }

    /// A parcel that was delivered can be reviewed at once; one that came back cannot.
    async fn a_delivered_parcel_is_there(world: World) {
        let bought = bought(&world, 1).await;
        let here = async |delivered, returned| {
            let db = world.db();
            let mut update = entity::shipment::Entity::update_many();
            let at = |is: bool| is.then(|| world.now());
            update = update
                .col_expr(entity::shipment::Column::DeliveredAt, Expr::value(at(delivered)))
                .col_expr(entity::shipment::Column::ReturnedAt, Expr::value(at(returned)));
            update.exec(db).await.unwrap();
        };
        here(true, false).await;
        assert_eq!(why(&bought.guest, bought.line, Writer::SignedIn).await, None);
        here(true, true).await;
        assert_eq!(why(&bought.guest, bought.line, Writer::SignedIn).await, Some(ReviewRefusal::NotArrived));
        here(false, false).await;
    }

    /// One review per line, however many write at once; texts are kept as they are and checked.
    async fn a_line_is_reviewed_once(world: World) {
        let bought = arrived(&world, 1).await;
        let line = bought.line;
        let cases = [
            (NewReview { rating: 0, ..said(line) }, ErrorCode::Invalid, "input.rating"),
            (NewReview { rating: 6, ..said(line) }, ErrorCode::Invalid, "input.rating"),
            (NewReview { author: "x".repeat(61), ..said(line) }, ErrorCode::TextTooLong, "input.author"),
            (NewReview { author: "a\nb".into(), ..said(line) }, ErrorCode::InvalidText, "input.author"),
            (NewReview { title: "x".repeat(121), ..said(line) }, ErrorCode::TextTooLong, "input.title"),
            (NewReview { body: "x".repeat(4_001), ..said(line) }, ErrorCode::TextTooLong, "input.body"),
            (NewReview { body: "\u{202e}".into(), ..said(line) }, ErrorCode::InvalidText, "input.body"),
            (NewReview { locale: "no language".into(), ..said(line) }, ErrorCode::InvalidLocale, "input.locale"),
        ];
        for (input, code, path) in cases {
            let error = write(&bought.guest, input, Writer::SignedIn).await.unwrap_err();
            assert_eq!((error.code(), error.path()), (code, path));
        }
        let long = |most: usize| "x".repeat(most + 1);
        let all = NewReview { rating: 9, author: long(60), title: long(120), body: long(4_000), ..said(line) };
        let domain::Error::Several(all) = write(&bought.guest, all, Writer::SignedIn).await.unwrap_err() else {
            panic!("all that is wrong is told at once")
        };
        let paths: Vec<&str> = all.iter().map(domain::Error::path).collect();
        assert_eq!(paths, ["input.rating", "input.title", "input.body", "input.author"]);
        let ctx = world.guest();
        let done = race(10, |_| {
            let ctx = ctx.clone();
            async move { write(&ctx, said(line), Writer::Link).await }
        });
        let done = done.await;
        assert_eq!(done.iter().filter(|review| review.is_ok()).count(), 1);
        let refused = done.iter().filter_map(|review| review.as_ref().err()).map(domain::Error::code);
        assert!(refused.into_iter().all(|code| matches!(code, ErrorCode::AlreadyReviewed | ErrorCode::Busy)));
        let found = product_of_line(&bought.guest, line, Writer::SignedIn).await.unwrap();
        let kept = found.review.unwrap();
        assert_eq!(kept.body, said(line).body, "plain text, never read as HTML");
        assert_eq!((kept.status, kept.is_verified, kept.version), (ReviewStatus::Pending, true, 1));
        assert_eq!(found.refusal, None);
    }

    /// Its author changes it until it is published; a rejected one waits again; a published one stays.
    async fn authors_edit_until_it_is_published(world: World) {
        let bought = arrived(&world, 1).await;
        let (staff, line) = (moderator(&world).await, bought.line);
        let first = write(&bought.guest, said(line), Writer::SignedIn).await.unwrap();
        let stale = EditReview { expected_version: Some(9), ..again(line) };
        assert_eq!(edit(&bought.guest, stale, Writer::SignedIn).await.unwrap_err().code(), ErrorCode::StaleVersion);
        let reason = moderate(&staff, decision(first.id, false, None)).await.unwrap_err();
        assert_eq!((reason.code(), reason.path()), (ErrorCode::Required, "input.reason"));
        let rejected = moderate(&staff, decision(first.id, false, Some("names somebody"))).await.unwrap();
        assert_eq!((rejected.status, rejected.moderation_reason.as_deref()), (ReviewStatus::Rejected, Some("names somebody")));
        let edited = edit(&world.guest(), again(line), Writer::Link).await.unwrap();
        assert_eq!((edited.status, edited.rating, edited.version), (ReviewStatus::Pending, 2, 3));
        assert_eq!((edited.moderation_reason, edited.moderated_at), (None, None));
        // Nobody publishes what they have not read.
        let unread = Moderate { expected_version: Some(2), ..decision(first.id, true, None) };
        assert_eq!(moderate(&staff, unread).await.unwrap_err().code(), ErrorCode::StaleVersion);
        let shown = moderate(&staff, decision(first.id, true, Some("ignored"))).await.unwrap();
        assert_eq!((shown.status, shown.moderation_reason), (ReviewStatus::Published, None));
        assert!(shown.moderated_by.is_some() && shown.moderated_at.is_some());
        let late = edit(&bought.guest, again(line), Writer::SignedIn).await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::InvalidTransition);
        let late = withdraw(&bought.guest, line, None, Writer::SignedIn).await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::InvalidTransition);
        let twice = moderate(&staff, decision(first.id, true, None)).await.unwrap_err();
        assert_eq!(twice.code(), ErrorCode::InvalidTransition);
        let answered = reply(&staff, first.id, None, "ご連絡ください。").await.unwrap();
        assert_eq!((answered.reply.as_deref(), answered.replied_by.is_some()), (Some("ご連絡ください。"), true));
        let silent = reply(&staff, first.id, None, " ").await.unwrap();
        assert_eq!((silent.reply, silent.replied_by, silent.replied_at), (None, None, None));
        assert_eq!(reply(&staff, first.id, None, &"x".repeat(2_001)).await.unwrap_err().code(), ErrorCode::TextTooLong);
        moderate(&staff, decision(first.id, false, Some("on second thought"))).await.unwrap();
        withdraw(&bought.guest, line, None, Writer::SignedIn).await.unwrap();
        write(&bought.guest, said(line), Writer::SignedIn).await.unwrap();
        let kinds: Vec<String> = event::Entity::find().filter(event::Column::AggregateKind.eq("product_review"))
            .all(world.db()).await.unwrap().into_iter().map(|event| event.kind).collect();
        for kind in ["review_written", "review_edited", "review_published", "review_rejected", "review_replied", "review_withdrawn"] {
            assert!(kinds.iter().any(|found| found == kind), "{kind}");
        }
        let events = event::Entity::find().all(world.db()).await.unwrap();
        assert!(events.iter().all(|event| !event.payload.to_string().contains("着心地")), "texts stand in no event");
    }

    /// The queue is filtered and paged, for those who moderate, within their channels.
    async fn staff_have_a_queue(world: World) {
        let bought = arrived(&world, 1).await;
        let staff = moderator(&world).await;
        let waiting = write(&bought.guest, said(bought.line), Writer::SignedIn).await.unwrap();
        let product = bought.shirt.product.id;
        published(&world, product, &[1, 3, 5]).await;
        let found = async |ctx: &Ctx, filter: ReviewFilter| {
            let page = query::page(ctx, &filter, &PageRequest::default()).await.unwrap();
            let ratings: Vec<i32> = page.rows.iter().map(|(_, row)| row.rating).collect();
            assert_eq!(query::count(ctx, &filter).await.unwrap(), u64::try_from(ratings.len()).unwrap());
            ratings
        };
        assert_eq!(found(&staff, ReviewFilter::default()).await, [5, 3, 1, 5]);
        let pending = ReviewFilter { statuses: vec![ReviewStatus::Pending], ..Default::default() };
        assert_eq!(found(&staff, pending).await, [5]);
        assert_eq!(found(&staff, ReviewFilter { max_rating: Some(3), ..Default::default() }).await, [3, 1]);
        assert_eq!(found(&staff, ReviewFilter { replied: Some(true), ..Default::default() }).await, [0; 0]);
        let channel = bought.shop.online.id;
        assert_eq!(found(&staff, ReviewFilter { channel_ids: vec![channel], ..Default::default() }).await, [5]);
        assert_eq!(query::find(&staff, waiting.id).await.unwrap().unwrap().id, waiting.id);
        let elsewhere = domain::kernel::permission::Grant {
            permissions: [Permission::ReviewsModerate].into(),
            channel_id: Some(bought.shop.pos.id),
            location_id: None,
        };
        let Actor::Staff { id, .. } = staff.actor else { panic!("staff") };
        let elsewhere = world.ctx().with_actor(Actor::Staff { id, grants: [elsewhere].into(), till: None });
        assert!(query::find(&elsewhere, waiting.id).await.unwrap().is_none());
        let hidden = moderate(&elsewhere, decision(waiting.id, true, None)).await.unwrap_err();
        assert_eq!(hidden.code(), ErrorCode::NotFound);
        let reader = world.staff(&[Permission::CatalogRead]).await;
        assert_eq!(moderate(&reader, decision(waiting.id, true, None)).await.unwrap_err().code(), ErrorCode::Forbidden);
    }

    /// Everybody sees what is published, and its mean; of many products in one statement.
    async fn ratings_are_read_in_one_statement(world: World) {
        let channel = world.channel("web").create().await;
        let mut products = Vec::new();
        for (number, ratings) in [vec![5, 5, 4], vec![1], vec![]].into_iter().enumerate() {
            let sku = world.product(&format!("p{number}")).price(&channel, 100).create().await;
            published(&world, sku.product.id, &ratings).await;
            products.push(sku.product.id);
        }
        let hidden = product_review::Entity::update_many()
            .col_expr(product_review::Column::Status, Expr::value(ReviewStatus::Rejected))
            .col_expr(product_review::Column::ModerationReason, Expr::value("spam"))
            .filter(product_review::Column::ProductId.eq(products[1]));
        hidden.exec(world.db()).await.unwrap();
        let ctx = world.guest();
        let db = ctx.db();
        let ratings = query::ratings_of(&db, &products).await.unwrap();
        let newest = query::newest_of(&db, &products, 2).await.unwrap();
        assert_eq!(ctx.statements.get(), 2);
        let first = ratings[&products[0]];
        assert_eq!((first.count(), first.by_stars, first.mean().unwrap().to_string()), (3, [0, 0, 0, 1, 2], "4.67".into()));
        assert!(!ratings.contains_key(&products[1]) && !ratings.contains_key(&products[2]));
        let shown: Vec<i32> = newest[&products[0]].iter().map(|row| row.rating).collect();
        assert_eq!((shown, newest.len()), (vec![4, 5], 1));
        let page = query::published(&db, products[0], Some(5), &PageRequest::default()).await.unwrap();
        assert_eq!((page.rows.len(), query::count_published(&db, products[0], None).await.unwrap()), (2, 3));
    }

    /// Nobody writes without end.
    async fn writing_is_throttled(world: World) {
        let bought = arrived(&world, 1).await;
        let person = world.new_customer("佐藤", "花子").create().await;
        order::Entity::update_many()
            .col_expr(order::Column::CustomerId, Expr::value(person.id))
            .filter(order::Column::Id.eq(bought.order))
            .exec(world.db())
            .await
            .unwrap();
        let own = world.customer(person.id);
        write(&own, said(bought.line), Writer::SignedIn).await.unwrap();
        let mut refused = None;
        for number in 0..20 {
            if let Err(error) = edit(&own, again(bought.line), Writer::SignedIn).await {
                refused = Some((number, error.code()));
                break;
            }
        }
        assert_eq!(refused, Some((19, ErrorCode::Throttled)));
        world.advance(TimeDelta::hours(2));
        edit(&own, again(bought.line), Writer::SignedIn).await.unwrap();
    }

    /// An erased customer's name goes from what is published; what nobody has seen goes whole; before, it can be taken along.
    async fn names_go_with_their_author(world: World) {
        let bought = arrived(&world, 1).await;
        let staff = moderator(&world).await;
        let person = world.new_customer("佐藤", "花子").create().await;
        order::Entity::update_many()
            .col_expr(order::Column::CustomerId, Expr::value(person.id))
            .filter(order::Column::Id.eq(bought.order))
            .exec(world.db())
            .await
            .unwrap();
        let own = world.customer(person.id);
        let review = write(&own, said(bought.line), Writer::SignedIn).await.unwrap();
        assert_eq!(review.customer_id, Some(person.id));
        moderate(&staff, decision(review.id, true, None)).await.unwrap();
        let export = domain::customer::export(&own).await.unwrap();
        assert_eq!(export["reviews"][0]["author"], "花子");
        product_of_line(&world.guest(), bought.line, Writer::Link).await.unwrap();
        domain::customer::erase(&own, None).await.unwrap();
        let late = product_of_line(&world.guest(), bought.line, Writer::Link).await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::NotFound, "a link that is still about opens nothing");
        let kept = product_review::Entity::find_by_id(review.id).one(world.db()).await.unwrap().unwrap();
        assert_eq!((kept.author.as_str(), kept.customer_id, kept.title), ("", None, said(bought.line).title));
    }
}
