//! Lists stay right while rows come and go.

use domain::ErrorCode;
use domain::kernel::event::NewEvent;
use domain::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use entity::{event, job};
use sea_orm::EntityTrait;
use support::{World, both_databases};
use uuid::Uuid;

async fn add(world: &World, count: usize) {
    world
        .ctx()
        .write(|tx| async move {
            (0..count).for_each(|_| {
                tx.event(NewEvent::new("tried", "test", tx.new_uuid()));
            });
            Ok(())
        })
        .await
        .unwrap();
    job::Entity::delete_many().exec(world.db()).await.unwrap();
}

async fn page(world: &World, request: &PageRequest) -> Page<event::Model> {
    let found = newest_first(event::Entity::find(), event::Column::Id, request).all(world.db()).await.unwrap();
    Page::from_rows(request, found, |row| Cursor::of(row.id.uuid()))
}

fn ids(page: &Page<event::Model>) -> Vec<Uuid> {
    page.rows.iter().map(|(_, row)| row.id.uuid()).collect()
}

both_databases! {
    /// Walking forwards and backwards meets every row once, newest first, also when rows are added meanwhile.
    async fn walking_meets_every_row_once(world: World) {
        add(&world, 7).await;
        let mut all: Vec<Uuid> =
            event::Entity::find().all(world.db()).await.unwrap().iter().map(|row| row.id.uuid()).collect();
        all.sort();
        all.reverse();
        let mut walked = Vec::new();
        let mut after = None;
        loop {
            let request = PageRequest::new(Some(3), after.as_deref(), None, None).unwrap();
            let page = page(&world, &request).await;
            walked.extend(ids(&page));
            assert_eq!(page.has_previous, after.is_some());
            add(&world, 1).await;
            if !page.has_next {
                break;
            }
            after = page.rows.last().map(|(cursor, _)| cursor.encode());
        }
        assert_eq!(walked, all);

        let before = Cursor::of(all[5]).encode();
        let request = PageRequest::new(None, None, Some(2), Some(&before)).unwrap();
        let page = page(&world, &request).await;
        assert_eq!(ids(&page), all[3..5]);
        assert!(page.has_next && page.has_previous);
    }
}

#[test]
fn bad_arguments_are_refused() {
    let code = |first, after, last, before| PageRequest::new(first, after, last, before).unwrap_err().code();
    assert_eq!(code(Some(101), None, None, None), ErrorCode::TooMany);
    assert_eq!(code(Some(-1), None, None, None), ErrorCode::Invalid);
    assert_eq!(code(Some(1), None, Some(1), None), ErrorCode::Invalid);
    for cursor in ["", "%", "e30", "bm9uc2Vuc2U", &"A".repeat(100_000)] {
        assert_eq!(code(None, Some(cursor), None, None), ErrorCode::InvalidCursor, "{cursor:.20}");
    }
    assert_eq!(PageRequest::new(None, None, None, None).unwrap(), PageRequest::default());
}
