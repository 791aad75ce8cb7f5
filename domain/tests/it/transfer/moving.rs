//! A transfer from its first line to the last unit.

use domain::transfer::{self, CloseTransfer, CreateTransfer, ReceiveTransfer, UpdateTransfer};
use domain::{ErrorCode, Permission};
use entity::event;
use entity::words::{TransferCancelOutcome, TransferStatus};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases};

use super::{Shop, content};

both_databases! {
    /// Put aside, sent, expected, received: at each step the units stand where people look for them.
    async fn goods_go_from_place_to_place(world: World) {
        let shop = Shop::open(&world, 10).await;
        let id = shop.draft(6).await;
        assert_eq!(shop.units(shop.hub.id).await, (10, 0, 0, 0));
        let ready = transfer::make_ready(&shop.worker, shop.step(id)).await.unwrap().row;
        assert_eq!((ready.status, ready.version, ready.number.as_str()), (TransferStatus::Ready, 2, "T-000001"));
        assert_eq!(shop.units(shop.hub.id).await, (10, 6, 0, 0));
        world.audit().await;
        let sent = transfer::dispatch(&shop.worker, shop.leaving(id, None)).await.unwrap().row;
        assert_eq!((sent.status, sent.dispatched_at), (TransferStatus::InTransit, Some(world.now())));
        assert_eq!(shop.units(shop.hub.id).await, (4, 0, 0, 0));
        assert_eq!(shop.units(shop.store.id).await, (0, 0, 0, 6));
        world.audit().await;
        let part = shop.arrive(id, 4).await.unwrap().row;
        assert_eq!((part.status, part.closed_at), (TransferStatus::PartlyReceived, None));
        assert_eq!(shop.units(shop.store.id).await, (4, 0, 0, 2));
        let all = ReceiveTransfer { lines: None, ..shop.arriving(id, 0, 0, 0) };
        let done = transfer::receive(&shop.worker, all).await.unwrap().row;
        assert_eq!((done.status, done.closed_at), (TransferStatus::Received, Some(world.now())));
        assert_eq!(shop.units(shop.store.id).await, (6, 0, 0, 0));
    }

    /// Fewer leave than were asked for: the others are free again, and nobody waits for them.
    async fn a_short_dispatch_frees_the_rest(world: World) {
        let shop = Shop::open(&world, 10).await;
        let id = shop.ready(6).await;
        for (lines, code) in [
            (vec![(shop.tea, 7)], ErrorCode::InvalidQuantity),
            (vec![(shop.tea, -1)], ErrorCode::InvalidQuantity),
            (vec![(shop.tea, 0)], ErrorCode::InvalidQuantity),
            (vec![(world.product("other").create().await.id(), 1)], ErrorCode::Invalid),
            (vec![(shop.tea, 1), (shop.tea, 1)], ErrorCode::AlreadyExists),
            (Vec::new(), ErrorCode::Required),
        ] {
            let refused = transfer::dispatch(&shop.worker, shop.leaving(id, Some(lines))).await.unwrap_err();
            assert_eq!(refused.code(), code);
        }
        transfer::dispatch(&shop.worker, shop.leaving(id, Some(vec![(shop.tea, 4)]))).await.unwrap();
        assert_eq!(shop.units(shop.hub.id).await, (6, 0, 0, 0));
        assert_eq!(shop.units(shop.store.id).await, (0, 0, 0, 4));
        shop.arrive(id, 4).await.unwrap();
        assert_eq!(shop.line(id).await.quantity, 6, "what was asked for stays known");
    }

    /// Damaged units lie at the destination, missing ones nowhere, and both have a reason.
    async fn damaged_and_missing_units_are_told_apart(world: World) {
        let shop = Shop::open(&world, 10).await;
        let id = shop.under_way(10).await;
        let unexplained = {
            let mut input = shop.arriving(id, 1, 1, 0);
            input.lines.as_mut().unwrap()[0].reason = None;
            transfer::receive(&shop.worker, input).await.unwrap_err()
        };
        assert_eq!((unexplained.code(), unexplained.path()), (ErrorCode::Required, "lines.0.reason"));
        for (received, damaged, missing) in [(11, 0, 0), (5, 5, 1), (-1, 2, 0), (0, 0, 0), (i64::MAX, i64::MAX, i64::MAX)] {
            let refused = transfer::receive(&shop.worker, shop.arriving(id, received, damaged, missing)).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidQuantity, "{received} {damaged} {missing}");
        }
        transfer::receive(&shop.worker, shop.arriving(id, 5, 2, 1)).await.unwrap();
        assert_eq!(shop.units(shop.store.id).await, (7, 0, 2, 2));
        let close = CloseTransfer {
            transfer_id: id,
            expected_version: None,
            reason: "never came".to_owned(),
            idempotency_key: shop.key(),
        };
        let done = transfer::close_rest(&shop.worker, close).await.unwrap().row;
        assert_eq!(done.status, TransferStatus::Received);
        assert_eq!(shop.units(shop.store.id).await, (7, 0, 2, 0));
        let line = shop.line(id).await;
        assert_eq!((line.received, line.damaged, line.missing), (5, 2, 3));
        assert_eq!(line.discrepancy_reason.as_deref(), Some("never came"));
    }

    /// Who gives up goods under way must say what becomes of them.
    async fn a_cancellation_says_what_becomes_of_the_goods(world: World) {
        let shop = Shop::open(&world, 10).await;
        let write_back = Some(TransferCancelOutcome::WriteBack);
        let write_off = Some(TransferCancelOutcome::WriteOff);
        let draft = shop.draft(1).await;
        let refused = transfer::cancel(&shop.worker, shop.giving_up(draft, write_back)).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::Invalid, "outcome"));
        transfer::cancel(&shop.worker, shop.giving_up(draft, None)).await.unwrap();
        let ready = shop.ready(2).await;
        transfer::cancel(&shop.worker, shop.giving_up(ready, None)).await.unwrap();
        assert_eq!(shop.units(shop.hub.id).await, (10, 0, 0, 0));
        let sent = shop.under_way(4).await;
        let refused = transfer::cancel(&shop.worker, shop.giving_up(sent, None)).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::Required, "outcome"));
        shop.arrive(sent, 1).await.unwrap();
        let ended = transfer::cancel(&shop.worker, shop.giving_up(sent, write_back)).await.unwrap().row;
        assert_eq!((ended.status, ended.cancel_outcome), (TransferStatus::Canceled, write_back));
        assert_eq!(shop.units(shop.hub.id).await, (9, 0, 0, 0));
        assert_eq!(shop.units(shop.store.id).await, (1, 0, 0, 0));
        let lost = shop.under_way(5).await;
        let mut unexplained = shop.giving_up(lost, write_off);
        unexplained.reason = None;
        assert_eq!(transfer::cancel(&shop.worker, unexplained).await.unwrap_err().code(), ErrorCode::Required);
        transfer::cancel(&shop.worker, shop.giving_up(lost, write_off)).await.unwrap();
        assert_eq!(shop.units(shop.hub.id).await, (4, 0, 0, 0));
        assert_eq!(shop.units(shop.store.id).await, (1, 0, 0, 0));
        assert_eq!(shop.line(lost).await.missing, 5);
    }

    /// A draft is written again as a whole; a line that stays keeps its id, and a reopened one frees its goods.
    async fn a_draft_can_be_written_again(world: World) {
        let shop = Shop::open(&world, 10).await;
        let cup = world.product("cup").stock(&shop.hub, 3).create().await.id();
        let id = shop.ready(6).await;
        let first = shop.line(id).await.id;
        let again = |lines, version| UpdateTransfer {
            transfer_id: id,
            expected_version: version,
            content: content(lines),
            idempotency_key: shop.key(),
        };
        let refused = transfer::update(&shop.worker, again(vec![(cup, 1)], None)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidTransition);
        transfer::reopen(&shop.worker, shop.step(id)).await.unwrap();
        assert_eq!(shop.units(shop.hub.id).await, (10, 0, 0, 0));
        let stale = transfer::update(&shop.worker, again(vec![(cup, 1)], Some(1))).await.unwrap_err();
        assert_eq!(stale.code(), ErrorCode::StaleVersion);
        let changed = transfer::update(&shop.worker, again(vec![(shop.tea, 2), (cup, 3)], Some(3))).await.unwrap().row;
        assert_eq!((changed.status, changed.version), (TransferStatus::Draft, 4));
        let lines = transfer::query::lines(world.db(), &[id]).await.unwrap();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().any(|line| line.id == first && line.quantity == 2));
        transfer::update(&shop.worker, again(vec![(cup, 4)], None)).await.unwrap();
        let short = transfer::make_ready(&shop.worker, shop.step(id)).await.unwrap_err();
        assert_eq!(short.code(), ErrorCode::InsufficientStock);
        assert_eq!(transfer::query::lines(world.db(), &[id]).await.unwrap().len(), 1);
    }

    /// Each side does its own part, and who stands on neither does not learn that there is a transfer.
    async fn each_side_does_its_part(world: World) {
        let shop = Shop::open(&world, 10).await;
        let elsewhere = world.store("ginza").await;
        let [sender, receiver, stranger] = [
            world.staff_at(shop.hub.id, &[Permission::TransfersWork]).await,
            world.staff_at(shop.store.id, &[Permission::TransfersWork]).await,
            world.staff_at(elsewhere.id, &[Permission::TransfersWork]).await,
        ];
        let ask = |key: &str| CreateTransfer {
            from_location_id: shop.hub.id,
            to_location_id: shop.store.id,
            content: content(vec![(shop.tea, 2)]),
            idempotency_key: key.to_owned(),
        };
        assert_eq!(transfer::create(&stranger, ask("a")).await.unwrap_err().code(), ErrorCode::NotFound);
        let id = transfer::create(&receiver, ask("a")).await.unwrap().row.id;
        assert!(transfer::query::get(&stranger, id).await.unwrap().is_none());
        assert!(transfer::query::get(&receiver, id).await.unwrap().is_some());
        let step = || shop.step(id);
        assert_eq!(transfer::make_ready(&stranger, step()).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(transfer::make_ready(&receiver, step()).await.unwrap_err().code(), ErrorCode::Forbidden);
        transfer::make_ready(&sender, step()).await.unwrap();
        assert_eq!(transfer::reopen(&receiver, step()).await.unwrap_err().code(), ErrorCode::Forbidden);
        let refused = transfer::dispatch(&receiver, shop.leaving(id, None)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
        transfer::dispatch(&sender, shop.leaving(id, None)).await.unwrap();
        let refused = transfer::receive(&sender, shop.arriving(id, 1, 0, 0)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
        transfer::receive(&receiver, shop.arriving(id, 1, 0, 0)).await.unwrap();
        let give_up = shop.giving_up(id, Some(TransferCancelOutcome::WriteBack));
        assert_eq!(transfer::cancel(&receiver, give_up.clone()).await.unwrap_err().code(), ErrorCode::Forbidden);
        transfer::cancel(&sender, give_up).await.unwrap();
        let nobody = world.staff(&[Permission::StockRead]).await;
        assert_eq!(transfer::create(&nobody, ask("b")).await.unwrap_err().code(), ErrorCode::Forbidden);
    }

    /// Nonsense is refused and writes nothing.
    async fn nonsense_is_refused(world: World) {
        let shop = Shop::open(&world, 10).await;
        let tea = world.product("leaf").create().await;
        let set = world.product("set").component(&tea, 1).create().await.id();
        let ask = |to, lines| CreateTransfer {
            from_location_id: shop.hub.id,
            to_location_id: to,
            content: content(lines),
            idempotency_key: "k".to_owned(),
        };
        let store = shop.store.id;
        for (input, code) in [
            (ask(shop.hub.id, vec![(shop.tea, 1)]), ErrorCode::Invalid),
            (ask(entity::id::LocationId(world.new_uuid()), vec![(shop.tea, 1)]), ErrorCode::NotFound),
            (ask(store, Vec::new()), ErrorCode::Required),
            (ask(store, vec![(shop.tea, 0)]), ErrorCode::InvalidQuantity),
            (ask(store, vec![(shop.tea, i64::MAX)]), ErrorCode::InvalidQuantity),
            (ask(store, vec![(shop.tea, 1), (shop.tea, 2)]), ErrorCode::AlreadyExists),
            (ask(store, vec![(set, 1)]), ErrorCode::Invalid),
            (ask(store, vec![(entity::id::VariantId(world.new_uuid()), 1)]), ErrorCode::NotFound),
        ] {
            assert_eq!(transfer::create(&shop.worker, input).await.unwrap_err().code(), code);
        }
        let long = vec![(shop.tea, 1); 501];
        assert_eq!(transfer::create(&shop.worker, ask(store, long)).await.unwrap_err().code(), ErrorCode::TooMany);
        let mut named = ask(store, vec![(shop.tea, 1)]);
        named.content.external_reference = Some("WMS-1".to_owned());
        let first = transfer::create(&shop.worker, named.clone()).await.unwrap();
        let again = transfer::create(&shop.worker, named.clone()).await.unwrap();
        assert_eq!((again.row.id, again.replayed), (first.row.id, true));
        named.idempotency_key = "other".to_owned();
        let taken = transfer::create(&shop.worker, named).await.unwrap_err();
        assert_eq!((taken.code(), taken.path()), (ErrorCode::AlreadyExists, "externalReference"));
    }

    /// The first stock of a level keeps the location's safety stock back, though the level was made when it was sent.
    async fn the_first_arrival_keeps_safety_stock_back(world: World) {
        let shop = Shop::open(&world, 10).await;
        let ginza = world.location("ginza").with(|row| row.default_safety_stock = 3).create().await;
        let input = CreateTransfer {
            from_location_id: shop.hub.id,
            to_location_id: ginza.id,
            content: content(vec![(shop.tea, 8)]),
            idempotency_key: "k".to_owned(),
        };
        let id = transfer::create(&shop.worker, input).await.unwrap().row.id;
        transfer::make_ready(&shop.worker, shop.step(id)).await.unwrap();
        transfer::dispatch(&shop.worker, shop.leaving(id, None)).await.unwrap();
        shop.arrive(id, 5).await.unwrap();
        assert_eq!(shop.level(ginza.id).await.safety_stock, 3);
        shop.arrive(id, 3).await.unwrap();
        assert_eq!(shop.level(ginza.id).await.safety_stock, 3, "only once");
    }

    /// However many lines, dispatching and receiving send as many statements.
    async fn statements_do_not_grow_with_the_lines(world: World) {
        let shop = Shop::open(&world, 10).await;
        let mut counts = Vec::new();
        for (round, size) in [2, 60].into_iter().enumerate() {
            let mut lines = Vec::new();
            for number in 0..size {
                let sku = world.product(&format!("p{round}-{number}")).stock(&shop.hub, 5).create().await;
                lines.push((sku.id(), 5));
            }
            let mut count = Vec::new();
            let worker = |_| domain::Ctx { statements: Default::default(), ..shop.worker.clone() };
            let input = CreateTransfer {
                from_location_id: shop.hub.id,
                to_location_id: shop.store.id,
                content: content(lines),
                idempotency_key: shop.key(),
            };
            let ctx = worker(());
            let id = transfer::create(&ctx, input).await.unwrap().row.id;
            count.push(ctx.statements.get());
            let ctx = worker(());
            transfer::make_ready(&ctx, shop.step(id)).await.unwrap();
            count.push(ctx.statements.get());
            let ctx = worker(());
            transfer::dispatch(&ctx, shop.leaving(id, None)).await.unwrap();
            count.push(ctx.statements.get());
            let ctx = worker(());
            let all = ReceiveTransfer { lines: None, ..shop.arriving(id, 0, 0, 0) };
            transfer::receive(&ctx, all).await.unwrap();
            count.push(ctx.statements.get());
            counts.push(count);
        }
        assert_eq!(counts[0], counts[1]);
        assert!(counts[0].iter().all(|count| *count <= 20), "{counts:?}");
    }

    /// Who waits for goods hears where they came and whether all did.
    async fn an_arrival_is_told(world: World) {
        let shop = Shop::open(&world, 10).await;
        let id = shop.under_way(3).await;
        shop.arrive(id, 2).await.unwrap();
        transfer::receive(&shop.worker, shop.arriving(id, 0, 0, 1)).await.unwrap();
        let told = event::Entity::find()
            .filter(event::Column::Kind.eq("transfer_received"))
            .all(world.db())
            .await
            .unwrap();
        let facts: Vec<(bool, bool)> = told
            .iter()
            .map(|event| (event.payload["complete"].as_bool().unwrap(), event.payload["short"].as_bool().unwrap()))
            .collect();
        assert_eq!(facts.len(), 2);
        assert!(facts.contains(&(false, false)) && facts.contains(&(true, true)), "{facts:?}");
        assert_eq!(told[0].payload["location_id"], serde_json::json!(shop.store.id));
    }
}
