//! Figures, compared with what a naive program makes of the same rows.

#![allow(clippy::float_arithmetic, reason = "the naive way, to compare")]

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use domain::survey::ready_made;
use domain::survey::stats::Estimate;
use domain::survey::trend::{Figures, Group, TrendFilter, TrendRequest, trend};
use domain::{ErrorCode, Permission};
use entity::id::{CategoryId, SurveyId, SurveyInvitationId};
use entity::words::{SurveyTrendBy, SurveyVia};
use entity::{category, order_line, product, survey_answer, survey_invitation, variant};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use support::{World, both_databases};

use super::{by_code, invited, manager};
use crate::returns::bought;

/// Many invitations over ten weeks, and answers to more than half of them.
struct Asked {
    world: World,
    survey: SurveyId,
    rows: Vec<(survey_invitation::Model, Option<i32>)>,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

impl Asked {
    async fn many(world: &World, code: &str, (min, max): (i32, i32), count: usize) -> Self {
        ready_made::plant(&world.ctx()).await.unwrap();
        let random = &world.services().random;
        let below = |most: u64| random.below(most);
        let channels = [world.channel("a").create().await.id, world.channel("b").create().await.id];
        let places = [world.store("x").await.id, world.store("y").await.id, world.store("z").await.id];
        let survey = by_code(world, code).await.id;
        let begin: DateTime<Utc> = "2026-09-06T15:00:00Z".parse().unwrap();
        let mut rows = Vec::new();
        for number in 0..count {
            let at = begin + TimeDelta::seconds(i64::try_from(below(70 * 86_400)).unwrap());
            let pick = |from: usize| usize::try_from(below(u64::try_from(from).unwrap())).unwrap();
            let row = survey_invitation::Model {
                id: SurveyInvitationId(world.new_uuid()),
                survey_id: survey,
                survey_version: 1,
                dedupe_key: format!("{code} {number}"),
                via: SurveyVia::Mail,
                customer_id: None,
                order_id: None,
                channel_id: channels.get(pick(3)).copied(),
                location_id: places.get(pick(4)).copied(),
                carrier: ["YAMATO", "SAGAWA"].get(pick(3)).map(|name| (*name).to_owned()),
                locale: "ja".to_owned(),
                flow_run_id: None,
                message_id: None,
                expires_at: at + TimeDelta::days(30),
                answered_at: None,
                created_at: at,
            };
            let span = u64::try_from(max - min + 1).unwrap();
            let score = (below(10) < 6).then(|| min + i32::try_from(below(span)).unwrap());
            rows.push((row, score));
        }
        let asked = Self { world: world.clone(), survey, rows };
        asked.write().await;
        asked
    }

    async fn write(&self) {
        let db = self.world.db();
        let invitations = self.rows.iter().map(|(row, score)| {
            let answered_at = score.map(|_| row.created_at + TimeDelta::hours(1));
            survey_invitation::Model { answered_at, ..row.clone() }.into_active_model().reset_all()
        });
        let answers = self.rows.iter().filter_map(|(row, score)| {
            let answer = survey_answer::Model {
                survey_invitation_id: row.id,
                survey_id: row.survey_id,
                score: Some((*score)?),
                answers: json!({}),
                texts: json!({}),
                comment: String::new(),
                occurred_at: row.created_at + TimeDelta::hours(1),
            };
            Some(answer.into_active_model().reset_all())
        });
        survey_invitation::Entity::insert_many(invitations).exec_without_returning(db).await.unwrap();
        survey_answer::Entity::insert_many(answers).exec_without_returning(db).await.unwrap();
    }

    fn request(&self, by: SurveyTrendBy) -> TrendRequest {
        TrendRequest {
            survey_id: self.survey,
            from: day("2026-09-10"),
            to: day("2026-11-04"),
            by,
            zone: None,
            filter: TrendFilter::default(),
        }
    }

    /// Scores and the number of people asked, by group, of those asked in the days, as Tokyo counts them.
    fn naive(&self, group: impl Fn(&survey_invitation::Model) -> String) -> BTreeMap<String, (usize, Vec<i32>)> {
        self.naive_of(|_| true, group)
    }

    /// Like `naive`, of some only.
    fn naive_of(
        &self,
        wanted: impl Fn(&survey_invitation::Model) -> bool,
        group: impl Fn(&survey_invitation::Model) -> String,
    ) -> BTreeMap<String, (usize, Vec<i32>)> {
        let mut groups: BTreeMap<String, (usize, Vec<i32>)> = BTreeMap::new();
        for (row, score) in self.rows.iter().filter(|(row, _)| wanted(row)) {
            if (day("2026-09-10")..=day("2026-11-04")).contains(&local(row.created_at)) {
                let found = groups.entry(group(row)).or_default();
                found.0 += 1;
                found.1.extend(score);
            }
        }
        groups
    }
}

fn local(at: DateTime<Utc>) -> NaiveDate {
    (at + TimeDelta::hours(9)).date_naive()
}

fn week(at: DateTime<Utc>) -> String {
    let day = local(at);
    let monday = day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))).unwrap();
    monday.to_string()
}

fn name(group: &Group) -> String {
    match group {
        Group::Week(monday) => monday.to_string(),
        Group::Thing(_, name) | Group::Carrier(name) => name.clone(),
        Group::Unknown => "?".to_owned(),
    }
}

fn near(found: Option<Estimate>, naive: f64) -> bool {
    found.is_some_and(|found| (found.value.to_string().parse::<f64>().unwrap() - naive).abs() < 0.000_11)
}

/// The figures of every group are what its rows give.
fn same(figures: &[Figures], naive: &BTreeMap<String, (usize, Vec<i32>)>, good: fn(i32) -> bool, nps: bool) {
    let some: Vec<&Figures> = figures.iter().filter(|figures| figures.sums.invited > 0).collect();
    assert_eq!(some.len(), naive.len());
    for found in some {
        let (invited, scores) = &naive[&name(&found.group)];
        let n = scores.len() as f64;
        assert_eq!(found.sums.invited as usize, *invited, "{found:?}");
        assert_eq!((found.sums.answered as usize, found.sums.scored as usize), (scores.len(), scores.len()));
        assert!(near(found.response_rate, n / *invited as f64), "{found:?}");
        if scores.is_empty() {
            assert_eq!((found.mean, found.nps), (None, None));
            continue;
        }
        let mean = scores.iter().map(|score| f64::from(*score)).sum::<f64>() / n;
        assert!(near(found.mean, mean), "{mean} {found:?}");
        let spread =
            (scores.iter().map(|score| (f64::from(*score) - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
        if let Some(Estimate { low: Some(low), high: Some(high), .. }) = found.mean {
            let half = (high - low).to_string().parse::<f64>().unwrap() / 2.0;
            // Ends at the scale's own make the interval shorter, never longer.
            assert!(
                half <= 12.71 * spread + 0.001 && (half >= 1.95 * spread - 0.001 || n < 12.0),
                "{half} {spread} {found:?}"
            );
        }
        let count = |of: fn(i32) -> bool| scores.iter().filter(|score| of(**score)).count() as f64;
        let score = 100.0 * (count(|score| score >= 9) - count(|score| score <= 6)) / n;
        assert_eq!(found.nps.is_some(), nps);
        assert!(!nps || near(found.nps, score), "{score} {found:?}");
        assert!(nps || near(found.favorable, count(good) / n), "{found:?}");
    }
}

both_databases! {
    /// By week, channel, place and carrier: the same as counted by hand, in a fixed number of statements.
    async fn figures_are_what_the_rows_give(world: World) {
        let boss = manager(&world).await;
        let (good, nps) = ((|_| false) as fn(i32) -> bool, true);
        let asked = Asked::many(&world, "nps", (0, 10), 300).await;
        let counted = world.staff(&[Permission::SurveysRead]).await;
        let before = counted.statements.get();
        let weeks = trend(&counted, asked.request(SurveyTrendBy::Week)).await.unwrap();
        assert!(counted.statements.get() - before <= 4, "{}", counted.statements.get() - before);
        assert_eq!(weeks.len(), 9, "also weeks without anybody");
        assert_eq!(weeks[0].group, Group::Week(day("2026-09-07")));
        same(&weeks, &asked.naive(|row| week(row.created_at)), good, nps);
        let channels = domain::channel::query::list(world.db()).await.unwrap();
        let places = domain::location::query::list(world.db(), false).await.unwrap();
        let channels = channels.iter().map(|row| (row.id.to_string(), row.name.clone()));
        let places = places.iter().map(|row| (row.id.to_string(), row.name.clone()));
        let names: BTreeMap<String, String> = channels.chain(places).collect();
        let named = |id: Option<String>| id.map_or("?".to_owned(), |id| names[&id].clone());
        let channels = trend(&boss, asked.request(SurveyTrendBy::Channel)).await.unwrap();
        same(&channels, &asked.naive(|row| named(row.channel_id.map(|id| id.to_string()))), good, nps);
        assert!(channels.is_sorted_by(|a, b| a.sums.invited >= b.sums.invited));
        let before = boss.statements.get();
        let places = trend(&boss, asked.request(SurveyTrendBy::Location)).await.unwrap();
        assert!(boss.statements.get() - before <= 5);
        same(&places, &asked.naive(|row| named(row.location_id.map(|id| id.to_string()))), good, nps);
        let carriers = trend(&boss, asked.request(SurveyTrendBy::Carrier)).await.unwrap();
        same(&carriers, &asked.naive(|row| row.carrier.clone().unwrap_or("?".to_owned())), good, nps);
        let store = asked.rows.iter().find_map(|(row, _)| row.location_id).unwrap();
        let local = world.staff_at(store, &[Permission::SurveysRead]).await;
        let own = trend(&local, asked.request(SurveyTrendBy::Location)).await.unwrap();
        assert_eq!(own.len(), 1, "only their own store");
    }

    /// The weeks of one store, of one carrier there, and of one channel: the same as counted by hand; who answers for one
    /// store learns nothing of another by asking for it.
    async fn weeks_of_one_store(world: World) {
        let boss = manager(&world).await;
        let asked = Asked::many(&world, "nps", (0, 10), 240).await;
        let store = asked.rows.iter().find_map(|(row, _)| row.location_id).unwrap();
        let channel = asked.rows.iter().find_map(|(row, _)| row.channel_id).unwrap();
        let request = |by, filter| TrendRequest { filter, ..asked.request(by) };
        let of_store = || TrendFilter { location_ids: vec![store], ..TrendFilter::default() };
        let before = boss.statements.get();
        let weeks = trend(&boss, request(SurveyTrendBy::Week, of_store())).await.unwrap();
        assert!(boss.statements.get() - before <= 5, "{}", boss.statements.get() - before);
        assert_eq!(weeks.len(), 9, "all weeks, also those without anybody");
        let here = |row: &survey_invitation::Model| row.location_id == Some(store);
        let nobody = (|_| false) as fn(i32) -> bool;
        same(&weeks, &asked.naive_of(here, |row| week(row.created_at)), nobody, true);
        let brought = TrendFilter { carriers: vec!["YAMATO".to_owned()], ..of_store() };
        let weeks = trend(&boss, request(SurveyTrendBy::Week, brought)).await.unwrap();
        let yamato = |row: &survey_invitation::Model| here(row) && row.carrier.as_deref() == Some("YAMATO");
        same(&weeks, &asked.naive_of(yamato, |row| week(row.created_at)), nobody, true);
        let sold = TrendFilter { channel_ids: vec![channel], ..TrendFilter::default() };
        let carriers = trend(&boss, request(SurveyTrendBy::Carrier, sold)).await.unwrap();
        let carrier = |row: &survey_invitation::Model| row.carrier.clone().unwrap_or("?".to_owned());
        same(&carriers, &asked.naive_of(|row| row.channel_id == Some(channel), carrier), nobody, true);
        let other = asked.rows.iter().filter_map(|(row, _)| row.location_id).find(|place| *place != store).unwrap();
        let local = world.staff_at(other, &[Permission::SurveysRead]).await;
        let weeks = trend(&local, request(SurveyTrendBy::Week, of_store())).await.unwrap();
        assert!(weeks.iter().all(|figures| figures.sums.invited == 0));
        let many = TrendFilter { carriers: vec!["YAMATO".to_owned(); 101], ..TrendFilter::default() };
        let refused = trend(&boss, request(SurveyTrendBy::Week, many)).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::TooMany, "filter.carriers"));
        let odd = TrendFilter { carriers: vec!["YAMATO".to_owned(), "a\0".to_owned()], ..TrendFilter::default() };
        let refused = trend(&boss, request(SurveyTrendBy::Week, odd)).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::InvalidText, "filter.carriers.1"));
    }

    /// Satisfaction counts its good scores.
    async fn satisfaction_counts_good_scores(world: World) {
        let boss = manager(&world).await;
        let asked = Asked::many(&world, "csat", (1, 5), 120).await;
        let weeks = trend(&boss, asked.request(SurveyTrendBy::Week)).await.unwrap();
        same(&weeks, &asked.naive(|row| week(row.created_at)), |score| score >= 4, false);
        assert!(weeks.iter().all(|week| (week.sums.promoters, week.sums.detractors) == (0, 0)), "stars are no NPS");
    }

    /// By category: an order of two lines of one category counts once in it.
    async fn an_order_counts_once_in_each_category(world: World) {
        let boss = manager(&world).await;
        let bought = bought(&world, 1).await;
        let row = category::Model {
            id: CategoryId(world.new_uuid()),
            parent_id: None,
            slug: "shirts".to_owned(),
            name: "Shirts".to_owned(),
            translations: json!({}),
            position: 1,
        };
        category::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
        let line = order_line::Entity::find_by_id(bought.line).one(world.db()).await.unwrap().unwrap();
        let variant = variant::Entity::find_by_id(line.variant_id).one(world.db()).await.unwrap().unwrap();
        product::Entity::update_many()
            .col_expr(product::Column::CategoryId, Expr::value(row.id))
            .filter(product::Column::Id.eq(variant.product_id))
            .exec(world.db())
            .await
            .unwrap();
        let about = invited(&world, "nps", "1", Some(bought.order)).await.unwrap();
        invited(&world, "nps", "2", None).await.unwrap();
        domain::survey::answer(&world.guest(), about.id, vec![super::score(10)]).await.unwrap();
        let today = local(world.now());
        let request = TrendRequest { survey_id: about.survey_id, from: today, to: today, by: SurveyTrendBy::Category, zone: None, filter: TrendFilter::default() };
        let mut found = trend(&boss, request).await.unwrap();
        found.sort_by_key(|figures| name(&figures.group));
        let counts: Vec<_> = found.iter().map(|it| (name(&it.group), it.sums.invited, it.sums.answered)).collect();
        assert_eq!(counts, [("?".to_owned(), 1, 0), ("Shirts".to_owned(), 1, 1)]);
        // The weeks of one category, and of one in which nothing was bought.
        for (category, asked) in [(row.id, 1), (CategoryId(world.new_uuid()), 0)] {
            let filter = TrendFilter { category_ids: vec![category], ..TrendFilter::default() };
            let by = SurveyTrendBy::Week;
            let request = TrendRequest { survey_id: about.survey_id, from: today, to: today, by, zone: None, filter };
            let weeks = trend(&boss, request).await.unwrap();
            assert_eq!(weeks[0].sums.invited, asked);
        }
    }

    /// Days that are backwards or too many, a survey that is not there, and people who may not.
    async fn nonsense_is_refused(world: World) {
        let boss = manager(&world).await;
        ready_made::plant(&world.ctx()).await.unwrap();
        let survey_id = by_code(&world, "nps").await.id;
        let ask = |from: &str, to: &str| TrendRequest { survey_id, from: day(from), to: day(to), by: SurveyTrendBy::Week, zone: None, filter: TrendFilter::default() };
        for (from, to) in [("2026-11-02", "2026-11-01"), ("2020-01-01", "2026-11-01")] {
            assert_eq!(trend(&boss, ask(from, to)).await.unwrap_err().code(), ErrorCode::Invalid);
        }
        assert_eq!(trend(&boss, ask("2026-11-02", "2026-11-02")).await.unwrap().len(), 1);
        let unknown = TrendRequest { survey_id: SurveyId(world.new_uuid()), ..ask("2026-11-02", "2026-11-02") };
        assert_eq!(trend(&boss, unknown).await.unwrap_err().code(), ErrorCode::NotFound);
        let other = world.staff(&[Permission::ReviewsModerate]).await;
        assert_eq!(trend(&other, ask("2026-11-02", "2026-11-02")).await.unwrap_err().code(), ErrorCode::Forbidden);
    }
}
