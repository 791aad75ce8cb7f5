//! Units are conserved: what came in is on a shelf, on a truck, with a customer, or written off.

use entity::stock_movement::Column;
use entity::words::MovementKind;
use entity::{fulfillment_order_line, stock_level, stock_movement, transfer_line};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::World;

pub(super) async fn check(world: &World) {
    let db = world.db();
    let kinds = |kind: MovementKind| stock_movement::Entity::find().filter(Column::Kind.eq(kind)).all(db);
    let units = |rows: Vec<stock_movement::Model>| rows.iter().map(|row| row.quantity).sum::<i64>();
    let received = units(kinds(MovementKind::Received).await.unwrap());
    let dispatched = units(kinds(MovementKind::Dispatched).await.unwrap());
    let (sent, arrived) =
        (units(kinds(MovementKind::TransferOut).await.unwrap()), units(kinds(MovementKind::TransferIn).await.unwrap()));
    let adjusted: i64 = kinds(MovementKind::Adjusted)
        .await
        .unwrap()
        .iter()
        .map(|row| if row.from_state.is_none() { row.quantity } else { -row.quantity })
        .sum();
    let on_hand: i64 = stock_level::Entity::find().all(db).await.unwrap().iter().map(|level| level.on_hand).sum();
    let trucks = transfer_line::Entity::find().all(db).await.unwrap();
    let on_trucks: i64 =
        trucks.iter().map(|line| line.dispatched - line.received - line.damaged - line.written_back).sum();
    assert_eq!(sent - arrived, on_trucks, "what left and did not arrive is on a truck or known to be missing");
    assert_eq!(on_hand, received + adjusted - dispatched - sent + arrived, "units on shelves");
    let lines = fulfillment_order_line::Entity::find().all(db).await.unwrap();
    assert_eq!(dispatched, lines.iter().map(|line| line.fulfilled).sum::<i64>(), "units with customers");
}
