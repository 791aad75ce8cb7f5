//! Members of staff.

use entity::id::StaffId;
use entity::staff;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::World;

/// A person with a row, so that orders and notes can name them.
pub(crate) async fn create(world: &World) -> StaffId {
    let id = StaffId(world.new_uuid());
    let row = staff::Model {
        id,
        email: format!("{}@staff.example", id.uuid().simple()),
        name: "Sato".to_owned(),
        locale: "ja".to_owned(),
        password_hash: None,
        pin_hash: None,
        active: true,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
    };
    staff::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.expect("staff");
    id
}
