//! One walk for many orders.

use domain::fulfillment::pick::{PickLineRef, RecordPicks, record};
use domain::fulfillment::pick_list::{self, CreatePickList, create};
use domain::fulfillment::pick_short::{PickShort, pick_short};
use domain::{Ctx, ErrorCode};
use entity::id::{LocationId, PickListId, PickListLineId, StorageAreaId, VariantId};
use entity::words::{PickListKind, PickListStatus};
use entity::{pick_list_line, stock_level, storage_area};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use support::{World, both_databases};

use super::clerk::{CLERK, numbers, pack_lines, status, take};
use super::shop::Shop;

async fn shelf(world: &World, location: LocationId, variant: VariantId, code: &str, position: i32) {
    let id = StorageAreaId(world.new_uuid());
    let area = storage_area::Model {
        id,
        location_id: location,
        code: code.to_owned(),
        name: code.to_owned(),
        position,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
    };
    storage_area::Entity::insert(area.into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .unwrap();
    let level = stock_level::Entity::find_by_id((location, variant)).one(world.db()).await.unwrap().unwrap();
    let change = stock_level::ActiveModel { storage_area_id: Set(Some(id)), ..level.into() };
    stock_level::Entity::update(change).exec(world.db()).await.unwrap();
}

fn next(location_id: LocationId, up_to: usize, key: &str) -> CreatePickList {
    CreatePickList { location_id, work: Vec::new(), up_to: Some(up_to), idempotency_key: key.to_owned() }
}

async fn walk(world: &World, id: PickListId) -> Vec<pick_list_line::Model> {
    pick_list::lines(world.db(), &[id]).await.unwrap()
}

async fn fetch(ctx: &Ctx, id: PickListId, lines: Vec<(PickLineRef, i64)>, key: &str) -> domain::Result<bool> {
    let input = RecordPicks { pick_list_id: id, lines, expected_version: None, idempotency_key: key.to_owned() };
    record(ctx, input).await.map(|listed| listed.replayed)
}

async fn miss(ctx: &Ctx, id: PickListId, line: PickListLineId, quantity: i64, key: &str) -> domain::Result<usize> {
    let input = PickShort {
        pick_list_id: id,
        line,
        quantity,
        effect: None,
        note: None,
        expected_version: None,
        idempotency_key: key.to_owned(),
    };
    pick_short(ctx, input).await.map(|(_, rejected)| rejected.rerouted.len())
}

both_databases! {
    /// The walk goes along the shelves; units are fetched, undone, found short, and the list ends.
    async fn a_batch_is_picked_in_one_walk(world: World) {
        let shop = Shop::open(&world).await;
        let tea = world.product("tea").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let jar = world.product("jar").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        shelf(&world, shop.warehouse.id, mug.id(), "A-02", 1).await;
        shelf(&world, shop.warehouse.id, tea.id(), "A-01", 1).await;
        let mut work = Vec::new();
        for sku in [&mug, &jar, &tea, &mug] {
            work.push(shop.ordered_one(sku.id(), 2).await.1);
        }
        let place = shop.warehouse.id;
        let list = create(&clerk, next(place, 3, "walk")).await.unwrap().pick_list;
        assert!(create(&clerk, next(place, 3, "walk")).await.unwrap().replayed);
        assert_eq!((list.kind, list.status), (PickListKind::Batch, PickListStatus::Open));
        let lines = walk(&world, list.id).await;
        let areas: Vec<_> = lines.iter().map(|line| (line.variant_id, line.storage_area_code.as_str())).collect();
        assert_eq!(areas, [(tea.id(), "A-01"), (mug.id(), "A-02"), (jar.id(), "")]);
        assert_eq!((status(&world, work[0]).await.as_str(), status(&world, work[3]).await.as_str()), ("IN_PROGRESS", "OPEN"));
        let named = CreatePickList { work: vec![work[0]], up_to: None, ..next(place, 1, "again") };
        assert_eq!(create(&clerk, named).await.unwrap_err().code(), ErrorCode::NothingToPick);

        assert!(!fetch(&clerk, list.id, vec![(PickLineRef::Line(lines[0].id), 2)], "tea").await.unwrap());
        assert!(fetch(&clerk, list.id, vec![(PickLineRef::Line(lines[0].id), 2)], "tea").await.unwrap());
        fetch(&clerk, list.id, vec![(PickLineRef::Scan("mug".to_owned()), 2)], "mug").await.unwrap();
        for (line, quantity, wanted) in [
            (PickLineRef::Line(lines[0].id), 1, ErrorCode::InvalidQuantity),
            (PickLineRef::Line(lines[2].id), -1, ErrorCode::InvalidQuantity),
            (PickLineRef::Line(lines[2].id), 0, ErrorCode::InvalidQuantity),
            (PickLineRef::Line(lines[2].id), i64::MAX, ErrorCode::InvalidQuantity),
            (PickLineRef::Scan("cup".to_owned()), 1, ErrorCode::NotInWork),
        ] {
            assert_eq!(fetch(&clerk, list.id, vec![(line, quantity)], "bad").await.unwrap_err().code(), wanted);
        }
        fetch(&clerk, list.id, vec![(PickLineRef::Line(lines[1].id), -1)], "undo").await.unwrap();
        assert_eq!(numbers(&world, work[0]).await, (2, 1, 0, 0, 0));
        fetch(&clerk, list.id, vec![(PickLineRef::Line(lines[1].id), 1)], "redo").await.unwrap();
        assert_eq!(pick_list::finish(&clerk, list.id, None).await.unwrap_err().code(), ErrorCode::PickIncomplete);

        // One jar is there, the other is nowhere: it is asked of somebody else.
        fetch(&clerk, list.id, vec![(PickLineRef::Line(lines[2].id), 1)], "jar").await.unwrap();
        assert_eq!(miss(&clerk, list.id, lines[2].id, 2, "too many").await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        assert_eq!(miss(&clerk, list.id, lines[2].id, 1, "jar").await.unwrap(), 1);
        assert_eq!(miss(&clerk, list.id, lines[2].id, 1, "jar").await.unwrap(), 1, "a replay tells it again");
        assert_eq!(numbers(&world, work[1]).await, (2, 1, 0, 0, 1));
        assert_eq!(shop.level(&shop.warehouse, jar.id()).await, (1, 1));
        let done = pick_list::finish(&clerk, list.id, None).await.unwrap();
        assert_eq!((done.status, done.closed_at), (PickListStatus::Done, Some(world.now())));
        assert_eq!(pick_list::cancel(&clerk, list.id, None).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(
            fetch(&clerk, list.id, vec![(PickLineRef::Line(lines[0].id), -1)], "late").await.unwrap_err().code(),
            ErrorCode::InvalidTransition
        );
        pack_lines(&clerk, &[work[1]], &[], "pack").await.unwrap();
        assert_eq!(status(&world, work[1]).await, "PACKED");
    }

    /// A list that was given up leaves what was fetched, and the rest can be listed again.
    async fn a_walk_is_given_up(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff_at(shop.warehouse.id, CLERK).await;
        let stranger = world.staff_at(shop.store.id, CLERK).await;
        let (_, work) = shop.ordered_one(mug.id(), 3).await;
        take(&clerk, work).await;
        let place = shop.warehouse.id;
        let named = |key: &str| CreatePickList { work: vec![work], up_to: None, ..next(place, 1, key) };
        assert_eq!(create(&stranger, named("x")).await.unwrap_err().code(), ErrorCode::NotFound);
        let list = create(&clerk, named("first")).await.unwrap().pick_list;
        assert_eq!(list.kind, PickListKind::Order);
        let line = walk(&world, list.id).await[0].id;
        fetch(&clerk, list.id, vec![(PickLineRef::Line(line), 1)], "one").await.unwrap();
        assert_eq!(pick_list::cancel(&stranger, list.id, None).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(pick_list::cancel(&clerk, list.id, Some(1)).await.unwrap_err().code(), ErrorCode::StaleVersion);
        pick_list::cancel(&clerk, list.id, Some(2)).await.unwrap();
        let second = create(&clerk, named("second")).await.unwrap().pick_list;
        assert_eq!(walk(&world, second.id).await[0].quantity, 2);
        pack_lines(&clerk, &[work], &[], "without the list").await.unwrap();
        pick_list::finish(&clerk, second.id, None).await.unwrap();
    }
}
