//! The demo is whole, true and made once.

use chrono::Days;
use domain::flow::dry_run::{DryRun, DryRunReport, dry_run};
use domain::survey::trend::{Figures, TrendRequest, trend};
use entity::words::{ChannelKind, ConsentPurpose, OrderStatus, ProductStatus, ReviewStatus, SurveyTrendBy};
use entity::{
    channel, channel_brand, customer, customer_consent, flow_run, job, location, message, message_policy, order,
    payment, product, product_review, receipt, shipping_method, stock_movement, survey, survey_alert_hit, variant,
};
use hitotsu::demo::{Options, PASSWORD, seed};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases};

async fn count<E: EntityTrait>(world: &World) -> u64
where
    E::Model: Sync + Send,
{
    E::find().count(world.db()).await.unwrap()
}

/// What a dry run of the last 90 days tells.
async fn dry(world: &World, code: &str) -> DryRunReport {
    let input = DryRun { code: Some(code.to_owned()), definition: None, days: 90 };
    dry_run(&world.ctx(), &input).await.unwrap()
}

/// What there is after the purchase: consents with their history, answers, reviews, and flows that tell what they would
/// have sent. Nothing was sent.
async fn speaks_to_its_customers(world: &World) {
    for method in shipping_method::Entity::find().all(world.db()).await.unwrap() {
        let told = domain::catalog::display::name("en", &method.name, &method.translations);
        assert!(told.is_ascii(), "{told} is how English readers see {}", method.code);
    }
    for channel in channel::Entity::find().all(world.db()).await.unwrap() {
        let brand = channel_brand::Entity::find_by_id(channel.id).one(world.db()).await.unwrap().expect("a brand");
        assert!(brand.footer["ja"].is_string() && brand.footer["en"].is_string());
        let policy = message_policy::Entity::find_by_id(channel.id).one(world.db()).await.unwrap().expect("a wording");
        assert!(policy.consent_wording["ja"].is_string() && policy.consent_wording["en"].is_string());
    }
    let said = customer_consent::Entity::find().all(world.db()).await.unwrap();
    for purpose in ConsentPurpose::ALL {
        for granted in [true, false] {
            assert!(said.iter().any(|said| said.purpose == *purpose && said.granted == granted), "{purpose} {granted}");
        }
    }
    assert!(said.len() > 600, "some changed their mind: {}", said.len());

    let report = dry(world, "review_request").await;
    assert!(report.messages > 0 && !report.is_cut, "{report:?}");
    for reason in ["NO_CONSENT", "HELD_OUT", "RETURNED", "NOT_YET"] {
        assert!(report.reasons.iter().any(|(named, _)| named == reason), "{reason} is missing in {report:?}");
    }
    let report = dry(world, "thanks").await;
    assert!(report.messages > 0, "{report:?}");
    for reason in ["NO_ADDRESS", "NO_CONSENT", "FILTER_FIRST_ORDER"] {
        assert!(report.reasons.iter().any(|(named, _)| named == reason), "{reason} is missing in {report:?}");
    }

    let today = world.now().date_naive();
    for (code, least) in [("nps", 40), ("csat", 5)] {
        let survey = survey::Entity::find().filter(survey::Column::Code.eq(code)).one(world.db()).await.unwrap();
        let request = TrendRequest {
            survey_id: survey.expect("a survey").id,
            from: today - Days::new(180),
            to: today,
            by: SurveyTrendBy::Week,
            zone: None,
            filter: domain::survey::trend::TrendFilter::default(),
        };
        let weeks = trend(&world.ctx(), request).await.unwrap();
        let answered: i64 = weeks.iter().map(|week| week.sums.answered).sum();
        assert!(answered >= least, "{code}: {answered}");
        let has_interval = |week: &Figures| week.sums.scored > 1 && week.mean.is_some();
        assert!(weeks.iter().any(has_interval), "{code} has a week with an interval");
    }
    assert!(count::<survey_alert_hit::Entity>(world).await > 0, "somebody was not content");

    let reviews = product_review::Entity::find().all(world.db()).await.unwrap();
    let of = |status| reviews.iter().filter(|review| review.status == status).count();
    assert_eq!((of(ReviewStatus::Pending), of(ReviewStatus::Published)), (1, 7));
    assert_eq!(reviews.iter().filter(|review| review.reply.is_some()).count(), 1);
    assert_eq!((count::<message::Entity>(world).await, count::<flow_run::Entity>(world).await), (0, 0));
}

both_databases! {
    /// What the demo promises is there, passes the audit, and is not made twice.
    async fn demo_is_whole_and_made_once(world: World) {
        let facts = seed(&world.ctx(), Options::default()).await.unwrap();
        assert_eq!(facts.channels.iter().map(|channel| channel.code.as_str()).collect::<Vec<_>>(), ["online-jp", "pos-jp", "online-eu"]);
        assert_eq!(facts.locations.len(), 4);
        assert_eq!(facts.logins.len(), 5);
        assert!(facts.logins.iter().all(|login| login.password == PASSWORD));
        let sizes = |world: World| async move {
            [
                count::<channel::Entity>(&world).await,
                count::<location::Entity>(&world).await,
                count::<product::Entity>(&world).await,
                count::<variant::Entity>(&world).await,
                count::<customer::Entity>(&world).await,
                count::<order::Entity>(&world).await,
                count::<stock_movement::Entity>(&world).await,
                count::<payment::Entity>(&world).await,
                count::<receipt::Entity>(&world).await,
            ]
        };
        let before = sizes(world.clone()).await;
        assert_eq!(before[..2], [3, 4]);
        assert!(before[2] >= 120, "{} products", before[2]);
        assert_eq!(before[4..6], [300, 1_003], "a year of orders, and three that wait for somebody");
        world.audit().await;
        speaks_to_its_customers(&world).await;

        let again = seed(&world.ctx(), Options::default()).await.unwrap();
        assert_eq!(sizes(world.clone()).await, before);
        assert_ne!(again.device_pairing_code, facts.device_pairing_code, "the old code may be used up");
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// The year's orders are spread over all channels and stages, and nobody gets a mail about the past.
    async fn demo_history_is_varied_and_silent(world: World) {
        seed(&world.ctx(), Options { customers: 60, orders: 200 }).await.unwrap();
        let orders = order::Entity::find().all(world.db()).await.unwrap();
        let channels = channel::Entity::find().all(world.db()).await.unwrap();
        for channel in &channels {
            assert!(orders.iter().filter(|order| order.channel_id == channel.id).count() > 5, "{}", channel.code);
        }
        for status in [OrderStatus::Open, OrderStatus::Closed] {
            assert!(orders.iter().any(|order| order.status == status), "{status}");
        }
        assert!(orders.iter().all(|order| order.placed_at.is_some_and(|at| at <= world.now())));
        let tills: Vec<_> = channels.iter().filter(|channel| channel.kind == ChannelKind::Pos).map(|row| row.id).collect();
        let sold = orders.iter().filter(|order| tills.contains(&order.channel_id)).count();
        assert_eq!(count::<receipt::Entity>(&world).await, sold as u64);
        assert_eq!(count::<message::Entity>(&world).await, 0);
        let due = job::Entity::find().filter(job::Column::RunAt.lt(world.now())).count(world.db()).await.unwrap();
        assert_eq!(due, 0, "old events are dispatched");
        let active = product::Entity::find().filter(product::Column::Status.eq(ProductStatus::Active));
        assert_eq!(active.count(world.db()).await.unwrap(), count::<product::Entity>(&world).await);
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }
}
