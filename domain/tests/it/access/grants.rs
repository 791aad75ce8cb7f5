//! Rows are reached grant by grant: one for a channel and another one for a store show what either one shows, and no more.

use chrono::NaiveTime;
use chrono_tz::Tz;
use domain::flow::query::{RunFilter, run_count, runs, runs_by_ids};
use domain::kernel::paging::PageRequest;
use domain::kernel::permission::Grant;
use domain::messaging::policy_save::{self, SaveMessagePolicy};
use domain::messaging::query as messages;
use domain::order::query as orders;
use domain::order_change::draft::query as drafts;
use domain::order_change::prepare::{PrepareChange, prepare};
use domain::register::scan::{Scanned, scan};
use domain::stored_value::query as accounts;
use domain::{Actor, ErrorCode, Permission};
use entity::id::{ChannelId, FlowRunId, OrderId};
use support::{World, both_databases};

use super::shops::{Place, Shops};

/// What staff with some grants see.
struct Case {
    grants: &'static [Place],
    orders: &'static [&'static str],
    /// Messages and runs of flows: those about web orders are nobody's who is limited to stores.
    told: &'static [&'static str],
    /// What is of a whole channel: drafts, cards.
    channels: &'static [&'static str],
    /// Serial numbers without a till: at one's stores, and where one's channels have tills.
    scanned: &'static [&'static str],
}

static CASES: [Case; 9] = [
    Case {
        grants: &[(None, None)],
        orders: &["A-", "A1", "A2", "B-", "B1", "B2"],
        told: &["A-", "A1", "A2", "B-", "B1", "B2"],
        channels: &["A", "B"],
        scanned: &["S1", "S2"],
    },
    Case {
        grants: &[(Some(0), None)],
        orders: &["A-", "A1", "A2"],
        told: &["A-", "A1", "A2"],
        channels: &["A"],
        scanned: &["S2"],
    },
    Case {
        grants: &[(None, Some(0))],
        orders: &["A-", "A1", "B-", "B1"],
        told: &["A1", "B1"],
        channels: &[],
        scanned: &["S1"],
    },
    Case { grants: &[(Some(0), Some(0))], orders: &["A-", "A1"], told: &["A1"], channels: &[], scanned: &[] },
    // The hole: neither grant alone is for both, and neither shows what is sold at the second store by channel B.
    Case {
        grants: &[(Some(0), None), (None, Some(0))],
        orders: &["A-", "A1", "A2", "B-", "B1"],
        told: &["A-", "A1", "A2", "B1"],
        channels: &["A"],
        scanned: &["S1", "S2"],
    },
    Case {
        grants: &[(Some(0), Some(1)), (Some(1), Some(0))],
        orders: &["A-", "A2", "B-", "B1"],
        told: &["A2", "B1"],
        channels: &[],
        scanned: &["S2"],
    },
    Case {
        grants: &[(Some(0), None), (Some(1), Some(1))],
        orders: &["A-", "A1", "A2", "B-", "B2"],
        told: &["A-", "A1", "A2", "B2"],
        channels: &["A"],
        scanned: &["S2"],
    },
    Case {
        grants: &[(Some(0), None), (Some(1), None)],
        orders: &["A-", "A1", "A2", "B-", "B1", "B2"],
        told: &["A-", "A1", "A2", "B-", "B1", "B2"],
        channels: &["A", "B"],
        scanned: &["S2"],
    },
    Case {
        grants: &[(None, Some(0)), (None, None)],
        orders: &["A-", "A1", "A2", "B-", "B1", "B2"],
        told: &["A-", "A1", "A2", "B-", "B1", "B2"],
        channels: &["A", "B"],
        scanned: &["S1", "S2"],
    },
];

fn sorted(seen: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen: Vec<String> = seen.collect();
    seen.sort();
    seen
}

both_databases! {
    /// Orders: lists, counts, by id, and which of them may be changed.
    async fn orders_are_reached_grant_by_grant(world: World) {
        let shops = Shops::open(&world).await;
        let (all, page) = (orders::OrderFilter::default(), PageRequest::default());
        let ids: Vec<OrderId> = shops.orders.keys().copied().collect();
        for case in &CASES {
            let staff = shops.granted(case.grants).await;
            let listed = orders::list(&staff, &all, &page).await.unwrap();
            assert_eq!(sorted(listed.rows.into_iter().map(|(_, row)| row.number)), case.orders, "{:?}", case.grants);
            assert_eq!(orders::count(&staff, &all).await.unwrap(), case.orders.len() as u64, "{:?}", case.grants);
            let known = orders::readable_by_ids(&staff, &ids).await.unwrap();
            assert_eq!(sorted(known.into_iter().map(|row| row.number)), case.orders, "{:?}", case.grants);
            let farthest = orders::OrderFilter { search: Some("B2".to_owned()), ..all.clone() };
            let found = u64::from(case.orders.contains(&"B2"));
            assert_eq!(orders::count(&staff, &farthest).await.unwrap(), found, "a filter narrows: {:?}", case.grants);
        }
    }

    /// Who reads all orders and changes some of them changes these.
    async fn orders_are_changed_grant_by_grant(world: World) {
        let shops = Shops::open(&world).await;
        for case in &CASES {
            let staff = shops.granted(case.grants).await;
            let Actor::Staff { id, grants, .. } = staff.actor else { panic!("staff") };
            let reads = Grant { permissions: [Permission::OrdersRead].into(), channel_id: None, location_id: None };
            let grants: Vec<Grant> = grants.iter().cloned().chain([reads]).collect();
            let staff = world.ctx().with_actor(Actor::Staff { id, grants: grants.into(), till: None });
            for (order_id, number) in &shops.orders {
                let nothing = PrepareChange {
                    order_id: *order_id,
                    operations: Vec::new(),
                    reason: "the customer called".to_owned(),
                    expected_version: None,
                    waive_claw_back: false,
                };
                let is_here = case.orders.contains(&number.as_str());
                let wanted = if is_here { ErrorCode::Required } else { ErrorCode::NotFound };
                let told = prepare(&staff, nothing).await.unwrap_err().code();
                assert_eq!(told, wanted, "{number} {:?}", case.grants);
            }
        }
    }

    /// Messages and runs of flows are reached by the order that they are about.
    async fn what_is_told_is_reached_grant_by_grant(world: World) {
        let shops = Shops::open(&world).await;
        let (db, page) = (world.ctx().db(), PageRequest::default());
        let ids: Vec<FlowRunId> = shops.runs.keys().copied().collect();
        for case in &CASES {
            let staff = shops.granted(case.grants).await;
            let scope = staff.require(Permission::MessagesRead).unwrap();
            let all = messages::Filter::default();
            let listed = messages::list(&db, &scope, &all, &page).await.unwrap();
            assert_eq!(sorted(listed.rows.into_iter().map(|(_, row)| row.subject)), case.told, "{:?}", case.grants);
            assert_eq!(messages::count(&db, &scope, &all).await.unwrap(), case.told.len() as u64, "{:?}", case.grants);
            let listed = runs(&staff, &RunFilter::default(), &page).await.unwrap();
            let seen = sorted(listed.rows.into_iter().map(|(_, row)| row.subject_key));
            assert_eq!(seen, case.told, "{:?}", case.grants);
            let counted = run_count(&staff, &RunFilter::default()).await.unwrap();
            assert_eq!(counted, case.told.len() as u64, "{:?}", case.grants);
            let known = runs_by_ids(&staff, &ids).await.unwrap();
            assert_eq!(sorted(known.into_iter().map(|row| row.subject_key)), case.told, "{:?}", case.grants);
        }
    }

    /// Drafts and cards are of a whole channel: they take a grant for it, and not one for a store.
    async fn what_is_of_a_channel_takes_a_grant_for_it(world: World) {
        let shops = Shops::open(&world).await;
        let page = PageRequest::default();
        for case in &CASES {
            let staff = shops.granted(case.grants).await;
            let all = drafts::DraftFilter::default();
            let listed = drafts::page(&staff, &all, &page).await.unwrap();
            let seen = sorted(listed.rows.into_iter().map(|(_, row)| row.draft.number));
            assert_eq!(seen, case.channels, "{:?}", case.grants);
            assert_eq!(drafts::count(&staff, &all).await.unwrap(), case.channels.len() as u64, "{:?}", case.grants);
            for (id, number) in &shops.drafts {
                let shown = drafts::shown(&staff, *id).await;
                let is_missing = shown.is_err_and(|error| error.code() == ErrorCode::NotFound);
                assert_eq!(is_missing, !case.channels.contains(&number.as_str()), "{number} {:?}", case.grants);
            }
            let cards = accounts::list(&staff, &accounts::Filter::default(), &page).await.unwrap();
            let name = |id: ChannelId| if id == shops.channels[0].id { "A".to_owned() } else { "B".to_owned() };
            let seen = sorted(cards.rows.into_iter().map(|(_, row)| name(row.channel_id)));
            assert_eq!(seen, case.channels, "{:?}", case.grants);
        }
    }

    /// How a channel writes to its customers is changed by who answers for all of it.
    async fn the_policy_of_a_channel_is_that_of_all_its_stores(world: World) {
        let shops = Shops::open(&world).await;
        for case in &CASES {
            let staff = shops.granted(case.grants).await;
            for (channel, name) in shops.channels.iter().zip(["A", "B"]) {
                let policy = SaveMessagePolicy {
                    channel_id: channel.id,
                    quiet_from: NaiveTime::MIN,
                    quiet_until: NaiveTime::MIN,
                    time_zone: Tz::Asia__Tokyo,
                    cap_count: 4,
                    cap_days: 30,
                    consent_wording: vec![("ja".to_owned(), "はい".to_owned())],
                    track_opens: false,
                    expected_version: None,
                };
                let told = policy_save::save(&staff, policy).await.map(|_| ()).map_err(|error| error.code());
                let wanted = if case.channels.contains(&name) { Ok(()) } else { Err(ErrorCode::NotFound) };
                assert_eq!(told, wanted, "{name} {:?}", case.grants);
            }
        }
    }

    /// Without a till, numbers are found where one sells.
    async fn numbers_are_scanned_where_one_sells(world: World) {
        let shops = Shops::open(&world).await;
        for case in &CASES {
            let staff = shops.granted(case.grants).await;
            for code in ["S1", "S2"] {
                let found = matches!(scan(&staff, code).await.unwrap(), Some(Scanned::Unit(_)));
                assert_eq!(found, case.scanned.contains(&code), "{code} {:?}", case.grants);
            }
        }
    }
}
