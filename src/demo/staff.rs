//! Who works there: five people with the roles that shops have.

use anyhow::Result;
use domain::Ctx;
use domain::access::query::staff_by_email;
use domain::access::seed_roles;
use domain::access::{RoleAt, UpsertStaff, upsert_staff};
use entity::id::LocationId;
use entity::staff;

use super::places::Places;
use super::{PASSWORD, PIN};

/// Role, name.
const STAFF: [(&str, &str); 5] = [
    ("admin", "管理 あきら"),
    ("manager", "店長 まさみ"),
    ("clerk", "販売 ちか"),
    ("warehouse", "倉庫 そう"),
    ("support", "窓口 みお"),
];

/// The sign-in address of a role's person.
pub(super) fn email(role: &str) -> String {
    format!("{role}@demo.example")
}

/// The roles of the demo, in the order of [`make`].
pub(super) fn roles() -> impl Iterator<Item = &'static str> {
    STAFF.iter().map(|(role, _)| *role)
}

/// Makes who is missing. The clerk works in Shibuya, the warehouse worker in the warehouse, the others everywhere.
pub(super) async fn make(ctx: &Ctx, places: &Places) -> Result<Vec<staff::Model>> {
    seed_roles(ctx).await?;
    let mut staff = Vec::new();
    for (role, name) in STAFF {
        let email = email(role);
        staff.push(match staff_by_email(&ctx.db(), &email).await? {
            Some(known) => known,
            None => upsert_staff(ctx, person(role, name, email, works_at(role, places))).await?,
        });
    }
    Ok(staff)
}

fn works_at(role: &str, places: &Places) -> Option<LocationId> {
    match role {
        "clerk" => places.stores.first().map(|store| store.id),
        "warehouse" => Some(places.warehouse.id),
        _ => None,
    }
}

fn person(role: &str, name: &str, email: String, location_id: Option<LocationId>) -> UpsertStaff {
    UpsertStaff {
        id: None,
        email,
        name: name.to_owned(),
        locale: "ja".to_owned(),
        password: Some(PASSWORD.to_owned()),
        pin: Some(PIN.to_owned()),
        active: true,
        roles: Some(vec![RoleAt { code: role.to_owned(), location_id, channel_id: None }]),
        expected_version: None,
    }
}
