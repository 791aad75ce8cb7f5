//! What is counted, and what it makes of the lines.

use chrono::TimeDelta;
use domain::inventory::storage_area::{self, AssignStorageArea, UpsertStorageArea};
use domain::kernel::paging::PageRequest;
use domain::stock_count::query::{self, CountFilter, CountLookup, LineFilter};
use domain::stock_count::{CreateCount, Goods, NewEntry, Recount, Selection, StartSession, create, recount, start};
use domain::{ErrorCode, Permission};
use entity::words::{CountSource, StockCountKind, StockCountStatus};
use entity::{stock_count_entry, stock_count_session};
use sea_orm::{EntityTrait, PaginatorTrait};
use support::{World, both_databases};

use super::{COUNTER, accept_it, begin, begun, counted, found, line_of, lines, scan, submitted};
use crate::inventory::{bring, posted, take};

both_databases! {
    /// Scans by barcode and SKU, a typed quantity and a mistake taken back add up; each keeps what the ledger said.
    async fn entries_add_up(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").with(|row| row.barcode = Some("4901234567894".to_owned())).stock(&store, 5).create().await.id();
        let cup = world.product("CUP-1").create().await.id();
        let clerk = world.staff_at(store.id, COUNTER).await;
        let (count, session) = begun(&clerk, store.id, Some(Selection::Variants(vec![tea, cup])), "k").await;
        assert_eq!((count.number.as_str(), count.kind, count.status), ("C-000001", StockCountKind::Directed, StockCountStatus::Open));
        let code = |code: &str, quantity| NewEntry { goods: Goods::Code(code.to_owned()), quantity, source: CountSource::Scan };
        let entries = vec![code("4901234567894", 1), code("04901234567894", 1), code("tea", 5), code("CUP-1", 2), scan(tea, -1)];
        let recorded = found(&clerk, session, entries.clone(), "k1").await.unwrap();
        assert_eq!((recorded.lines.len(), recorded.replayed), (2, false));
        assert!(found(&clerk, session, entries, "k1").await.unwrap().replayed, "the same key records once");
        let line = line_of(&world, count.id, tea).await;
        assert_eq!((line.counted, line.expected, line.unsettled), (Some(6), Some(5), false));
        let line = line_of(&world, count.id, cup).await;
        assert_eq!((line.counted, line.expected), (Some(2), Some(0)), "what never lay there is expected zero times");
        assert_eq!(stock_count_entry::Entity::find().count(world.db()).await.unwrap(), 5);
    }

    /// Bad entries are refused with their place, and nothing of the call is recorded.
    async fn entries_are_recorded_whole_or_not_at_all(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let cup = world.product("cup").stock(&store, 5).create().await.id();
        let clerk = world.staff_at(store.id, COUNTER).await;
        let (count, session) = begun(&clerk, store.id, Some(Selection::Variants(vec![tea])), "k").await;
        let unknown = NewEntry { goods: Goods::Code("nobody".to_owned()), quantity: 1, source: CountSource::Scan };
        let rfid = NewEntry { source: CountSource::Rfid, ..scan(tea, 1) };
        for (entry, code, path) in [
            (scan(tea, 0), ErrorCode::InvalidQuantity, "entries.1.quantity"),
            (scan(tea, i64::MIN), ErrorCode::InvalidQuantity, "entries.1.quantity"),
            (scan(tea, -4), ErrorCode::InvalidQuantity, "entries.0.quantity"),
            (scan(cup, 1), ErrorCode::NotInCount, "entries.1"),
            (unknown, ErrorCode::NotFound, "entries.1.code"),
            (rfid, ErrorCode::Invalid, "entries.1.source"),
        ] {
            let refused = found(&clerk, session, vec![scan(tea, 3), entry], "k1").await.unwrap_err();
            assert_eq!((refused.code(), refused.path()), (code, path));
        }
        assert_eq!(found(&clerk, session, vec![scan(tea, 1); 501], "k1").await.unwrap_err().code(), ErrorCode::TooMany);
        assert_eq!(found(&clerk, session, Vec::new(), "k1").await.unwrap_err().code(), ErrorCode::Required);
        assert_eq!(line_of(&world, count.id, tea).await.counted, None);
        let other = world.staff_at(store.id, COUNTER).await;
        assert_eq!(found(&other, session, vec![scan(tea, 1)], "k1").await.unwrap_err().code(), ErrorCode::NotFound, "one's own session only");
        let elsewhere = world.store("ginza").await;
        let stranger = world.staff_at(elsewhere.id, COUNTER).await;
        assert_eq!(start(&stranger, StartSession { count_id: count.id, storage_area_id: None }).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(create(&stranger, begin(store.id, None, "x")).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    /// A sale between two scans unsettles a line, even when a delivery brings the number back; a recount settles it.
    async fn stock_that_moves_between_scans_must_be_counted_again(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let cup = world.product("cup").stock(&store, 2).create().await.id();
        let clerk = world.staff_at(store.id, COUNTER).await;
        let (count, session) = begun(&clerk, store.id, None, "k").await;
        found(&clerk, session, vec![scan(tea, 3), scan(cup, 2)], "k1").await.unwrap();
        posted(&world.ctx(), vec![take(store.id, tea, 1)]).await.unwrap();
        posted(&world.ctx(), vec![bring(store.id, tea, 1)]).await.unwrap();
        let line = &found(&clerk, session, vec![scan(tea, 2)], "k2").await.unwrap().lines[0];
        assert_eq!((line.counted, line.expected, line.unsettled), (Some(5), Some(5), true));
        submitted(&clerk, count.id, false).await.unwrap();
        let manager = world.staff_at(store.id, super::ACCEPTOR).await;
        let refused = accept_it(&manager, count.id, "a1").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::CountUnsettled);
        // All that are unsettled, when none is named; the other line keeps what was counted.
        let again = recount(&clerk, Recount { count_id: count.id, lines: Vec::new(), expected_version: None }).await.unwrap();
        assert_eq!((again.round, again.status), (2, StockCountStatus::Counting));
        let refused = found(&clerk, session, vec![scan(tea, 4)], "k3").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidTransition, "the sessions of the first round are over");
        let session = start(&clerk, StartSession { count_id: count.id, storage_area_id: None }).await.unwrap();
        assert_eq!(found(&clerk, session.id, vec![scan(cup, 1)], "k3").await.unwrap_err().code(), ErrorCode::NotInCount);
        found(&clerk, session.id, vec![scan(tea, 4)], "k3").await.unwrap();
        submitted(&clerk, count.id, false).await.unwrap();
        let line = line_of(&world, count.id, tea).await;
        assert_eq!((line.counted, line.expected, line.unsettled, line.round), (Some(4), Some(5), false, 2));
        accept_it(&manager, count.id, "a1").await.unwrap();
        assert_eq!(super::on_hand(&world, store.id, tea).await, 4);
        assert_eq!(super::on_hand(&world, store.id, cup).await, 2);
    }

    /// A full count lists what lies there, finds what nobody expected, and needs a word about what nobody found.
    async fn a_full_count_accounts_for_everything(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let cup = world.product("cup").stock(&store, 2).create().await.id();
        let pot = world.product("pot").create().await.id();
        let late = world.product("late").create().await.id();
        let set = world.product("set").component(&world.product("leaf").create().await, 1).create().await.id();
        let clerk = world.staff_at(store.id, COUNTER).await;
        let (count, session) = begun(&clerk, store.id, None, "k").await;
        assert_eq!(count.kind, StockCountKind::Full);
        assert_eq!(lines(&world, count.id).await.len(), 2, "what lies there");
        assert_eq!(found(&clerk, session, vec![scan(set, 1)], "k0").await.unwrap_err().code(), ErrorCode::Invalid, "bundles are not counted");
        found(&clerk, session, vec![scan(tea, 5), scan(pot, 1)], "k1").await.unwrap();
        posted(&world.ctx(), vec![bring(store.id, late, 7)]).await.unwrap();
        let refused = submitted(&clerk, count.id, false).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::CountIncomplete);
        assert!(refused.message(domain::kernel::language::Language::En).contains('2'), "cup and late");
        submitted(&clerk, count.id, true).await.unwrap();
        let line = line_of(&world, count.id, cup).await;
        assert_eq!((line.counted, line.expected), (Some(0), Some(2)));
        let line = line_of(&world, count.id, late).await;
        assert_eq!((line.counted, line.expected), (Some(0), Some(7)));
        let manager = world.staff_at(store.id, super::ACCEPTOR).await;
        let done = accept_it(&manager, count.id, "a").await.unwrap();
        assert!(done.problems.is_empty());
        for (variant, units) in [(tea, 5), (cup, 0), (pot, 1), (late, 0)] {
            assert_eq!(super::on_hand(&world, store.id, variant).await, units);
        }
    }

    /// Rules choose what to count: an area, what was not counted for long, what moves most.
    async fn rules_choose_what_to_count(world: World) {
        let store = world.store("shibuya").await;
        let mut goods = Vec::new();
        for code in ["a", "b", "c"] {
            goods.push(world.product(code).stock(&store, 10).create().await.id());
        }
        let clerk = world.staff_at(store.id, &[Permission::CountsWork, Permission::StockAdjust]).await;
        let area = UpsertStorageArea { id: None, expected_version: None, location_id: store.id, code: "A-01".to_owned(), name: "Shelf".to_owned(), position: 1 };
        let area = storage_area::upsert(&clerk, area).await.unwrap();
        let assign = AssignStorageArea { location_id: store.id, storage_area_id: Some(area.id), variant_ids: vec![goods[1], goods[2]] };
        storage_area::assign(&clerk, assign).await.unwrap();
        let chosen = |selection, key: &'static str| {
            let (world, clerk, place) = (world.clone(), clerk.clone(), store.id);
            async move {
                let count = create(&clerk, begin(place, Some(selection), key)).await?;
                Ok::<_, domain::Error>(lines(&world, count.id).await.into_iter().map(|line| line.variant_id).collect::<Vec<_>>())
            }
        };
        assert_eq!(chosen(Selection::Area(area.id), "area").await.unwrap(), [goods[1], goods[2]]);
        posted(&world.ctx(), vec![take(store.id, goods[2], 5)]).await.unwrap();
        posted(&world.ctx(), vec![take(store.id, goods[0], 1)]).await.unwrap();
        // The deliveries count too: each brought ten.
        assert_eq!(chosen(Selection::MostMoved { days: 7, limit: 1 }, "moved").await.unwrap(), [goods[2]]);
        let done = counted(&clerk, store.id, &[(goods[0], 9)]).await;
        let manager = world.staff_at(store.id, super::ACCEPTOR).await;
        accept_it(&manager, done.id, "a").await.unwrap();
        world.advance(TimeDelta::days(3));
        let mut stale = chosen(Selection::NotCountedFor { days: 5, limit: 10 }, "stale").await.unwrap();
        stale.sort_unstable();
        assert_eq!(stale, [goods[1], goods[2]]);
        assert_eq!(chosen(Selection::NotCountedFor { days: 2, limit: 10 }, "older").await.unwrap().len(), 3);
        let elsewhere = world.store("ginza").await;
        let nothing = create(&world.staff(COUNTER).await, begin(elsewhere.id, Some(Selection::MostMoved { days: 7, limit: 5 }), "x")).await;
        assert_eq!(nothing.unwrap_err().code(), ErrorCode::Required);
        let foreign = create(&world.staff(COUNTER).await, begin(elsewhere.id, Some(Selection::Area(area.id)), "x")).await;
        assert_eq!(foreign.unwrap_err().code(), ErrorCode::NotFound);
        for selection in [Selection::Variants(Vec::new()), Selection::MostMoved { days: 0, limit: 5 }, Selection::NotCountedFor { days: 1, limit: 0 }] {
            assert!(chosen(selection, "bad").await.is_err());
        }
    }

    /// Whoever counts an area already goes on with the same session; submitting ends all of them.
    async fn sessions_are_per_person_and_area(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let (one, two) = (world.staff_at(store.id, COUNTER).await, world.staff_at(store.id, COUNTER).await);
        let (count, first) = begun(&one, store.id, None, "k").await;
        let again = start(&one, StartSession { count_id: count.id, storage_area_id: None }).await.unwrap();
        let other = start(&two, StartSession { count_id: count.id, storage_area_id: None }).await.unwrap();
        assert_eq!(again.id, first);
        assert_ne!(other.id, first);
        found(&one, first, vec![scan(tea, 2)], "k1").await.unwrap();
        found(&two, other.id, vec![scan(tea, 3)], "k1").await.unwrap();
        assert_eq!(line_of(&world, count.id, tea).await.counted, Some(5), "two people, one shelf");
        submitted(&two, count.id, false).await.unwrap();
        let sessions = stock_count_session::Entity::find().all(world.db()).await.unwrap();
        assert!(sessions.len() == 2 && sessions.iter().all(|session| session.closed_at.is_some()));
        let late = found(&one, first, vec![scan(tea, 1)], "k2").await.unwrap_err();
        assert_eq!(late.code(), ErrorCode::InvalidTransition);
    }

    /// Reads end where the permission ends, and a blind count keeps what it expects to itself while people count.
    async fn a_blind_count_tells_nothing_before_its_time(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let clerk = world.staff_at(store.id, COUNTER).await;
        let blind = CreateCount { blind: true, ..begin(store.id, None, "k") };
        let count = create(&clerk, blind).await.unwrap();
        assert!(!query::shows_expected(&count));
        let varying = LineFilter { varying: Some(true), ..LineFilter::default() };
        let refused = query::line_page(world.db(), &count, &varying, &PageRequest::default()).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::Invalid, "filter.varying"));
        let session = start(&clerk, StartSession { count_id: count.id, storage_area_id: None }).await.unwrap();
        found(&clerk, session.id, vec![scan(tea, 4)], "k1").await.unwrap();
        let count = submitted(&clerk, count.id, false).await.unwrap();
        assert!(query::shows_expected(&count));
        let page = query::line_page(world.db(), &count, &varying, &PageRequest::default()).await.unwrap();
        assert_eq!(page.rows.len(), 1);
        let progress = query::progress_of(world.db(), &[count.id]).await.unwrap()[&count.id];
        assert_eq!((progress.lines, progress.counted, progress.unsettled, progress.varying), (1, 1, 0, 1));
        let stranger = world.staff_at(world.store("ginza").await.id, COUNTER).await;
        assert_eq!(query::find(&stranger, CountLookup::Id(count.id)).await.unwrap(), None);
        assert_eq!(query::count(&stranger, &CountFilter::default()).await.unwrap(), 0);
        assert_eq!(query::page(&clerk, &CountFilter::default(), &PageRequest::default()).await.unwrap().rows.len(), 1);
        assert!(query::find(&clerk, CountLookup::Number(" c-000001 ".to_owned())).await.unwrap().is_some());
        let nobody = world.staff(&[Permission::CatalogRead]).await;
        assert_eq!(query::find(&nobody, CountLookup::Id(count.id)).await.unwrap_err().code(), ErrorCode::Forbidden);
    }

    /// The cost of recording does not grow with the number of entries.
    async fn recording_is_a_bounded_number_of_statements(world: World) {
        let store = world.store("shibuya").await;
        let mut goods = Vec::new();
        for number in 0..12 {
            goods.push(world.product(&format!("p{number}")).stock(&store, 9).create().await.id());
        }
        let clerk = world.staff_at(store.id, COUNTER).await;
        let (_, session) = begun(&clerk, store.id, None, "k").await;
        for count in [1, 12] {
            let before = clerk.statements.get();
            let entries = goods[..count].iter().map(|variant| scan(*variant, 1)).collect();
            found(&clerk, session, entries, &format!("k{count}")).await.unwrap();
            assert_eq!(clerk.statements.get() - before, 9, "{count} variants");
        }
    }
}
