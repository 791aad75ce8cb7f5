//! Roles: named sets of permissions. Five are built in; `admin` always holds everything.

use std::collections::BTreeSet;

use entity::id::RoleId;
use entity::role::{self, Column, Entity};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::{Value, json};

use super::grant;
use crate::kernel::event::NewEvent;
use crate::kernel::permission::Permission::{self, *};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text, version};

/// The role that holds every permission, also those of later versions.
pub const ADMIN: &str = "admin";

/// Most roles; they are shown in one list.
const MAX_ROLES: u64 = 100;

/// What the other built-in roles hold, until merchants change them: a role that was edited does not follow any more.
const BUILT_IN: [(&str, &str, &[Permission]); 4] = [
    (
        "manager",
        "Store manager",
        &[
            CatalogRead,
            CatalogWrite,
            PricesWrite,
            StockRead,
            StockReceive,
            StockAdjust,
            StockHold,
            OrdersRead,
            OrdersWrite,
            OrdersCancel,
            OrdersEdit,
            FulfillmentWork,
            CountsWork,
            CountsAccept,
            TransfersWork,
            PurchasingWork,
            PaymentsCapture,
            RefundsIssue,
            ReturnsWork,
            StoredValueWrite,
            PosSell,
            DiscountsGive,
            DrawerWork,
            DrawerManage,
            ExceptionsApprove,
            CustomersRead,
            CustomersWrite,
            CustomersMerge,
            MessagesRead,
            MessagesSend,
            SurveysRead,
            SurveysWrite,
            ReviewsModerate,
            FlowsRead,
            EventsRead,
            AuditRun,
            StaffWrite,
        ],
    ),
    (
        "clerk",
        "Store clerk",
        &[
            CatalogRead,
            StockRead,
            StockReceive,
            StockHold,
            OrdersRead,
            OrdersWrite,
            FulfillmentWork,
            CountsWork,
            TransfersWork,
            PaymentsCapture,
            PosSell,
            DiscountsGive,
            ReturnsWork,
            DrawerWork,
            CustomersRead,
            CustomersWrite,
        ],
    ),
    (
        "warehouse",
        "Warehouse",
        &[
            CatalogRead,
            StockRead,
            StockReceive,
            StockAdjust,
            StockHold,
            OrdersRead,
            FulfillmentWork,
            ReturnsWork,
            CountsWork,
            TransfersWork,
            PurchasingWork,
        ],
    ),
    (
        "support",
        "Customer support",
        &[
            CatalogRead,
            StockRead,
            OrdersRead,
            OrdersWrite,
            OrdersCancel,
            OrdersEdit,
            PaymentsCapture,
            RefundsIssue,
            ReturnsWork,
            StoredValueWrite,
            CustomersRead,
            CustomersWrite,
            MessagesRead,
            MessagesSend,
            SurveysRead,
            ReviewsModerate,
            FlowsRead,
            EventsRead,
        ],
    ),
];

/// A role to make or change.
#[derive(Debug, Clone)]
pub struct UpsertRole {
    /// Stable name; tells which role it is.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
    /// Names of its permissions.
    pub permissions: Vec<String>,
    /// The version the client knows.
    pub expected_version: Option<i32>,
}

/// Makes the built-in roles that are missing, and brings those that nobody edited up to this version; `admin` always gets
/// every permission there is. What merchants edited stays as it is. Error: `FORBIDDEN`.
pub async fn seed_roles(ctx: &Ctx) -> Result<()> {
    grant::require_everywhere(ctx)?;
    ctx.write(|tx| async move { seed(&tx).await }).await
}

/// The same when a process of a newer version starts: one statement when there is nothing to do. Before the first
/// administrator there are no roles, and none are made.
pub async fn follow_product(ctx: &Ctx) -> Result<()> {
    let roles = Entity::find().filter(Column::Code.is_in(codes())).all(&ctx.db()).await?;
    let is_whole = roles.len() == codes().count() && roles.iter().all(|role| to_be_given(role).is_none());
    if roles.is_empty() || is_whole {
        return Ok(());
    }
    ctx.write(|tx| async move { seed(&tx).await }).await
}

/// The step of [`seed_roles`].
pub(crate) async fn seed(tx: &Tx) -> Result<()> {
    let all = (ADMIN, "Administrator", Permission::ALL);
    let rows = std::iter::once(&all).chain(&BUILT_IN).map(|(code, name, permissions)| {
        let row = new_row(tx, code, name, &permissions.iter().copied().collect());
        role::Model { given: Some(row.permissions.clone()), ..row }.into_active_model().reset_all()
    });
    Entity::insert_many(rows)
        .on_conflict(OnConflict::column(Column::Code).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    let roles = Entity::find()
        .filter(Column::Code.is_in(codes()))
        .order_by_asc(Column::Id)
        .lock(LockType::Update)
        .all(tx)
        .await?;
    for role in roles {
        let Some(permissions) = to_be_given(&role) else { continue };
        let changed = role::Model {
            given: Some(permissions.clone()),
            permissions,
            version: role.version + 1,
            updated_at: tx.now(),
            ..role
        };
        Entity::update(changed.clone().into_active_model().reset_all()).exec(tx).await?;
        let payload = json!({ "code": changed.code, "permissions": changed.permissions, "by_product": true });
        tx.event(NewEvent::new("role_saved", "role", changed.id.uuid()).payload(payload));
    }
    Ok(())
}

/// The codes of the built-in roles.
fn codes() -> impl Iterator<Item = &'static str> {
    std::iter::once(ADMIN).chain(BUILT_IN.iter().map(|(code, _, _)| *code))
}

/// The permissions of a built-in role which nobody edited, with those that this version adds; `None` when it has them all.
/// Nothing is ever taken away: while versions are exchanged, an old process that starts last would take back what the new
/// one gave, whose names it does not even know.
fn to_be_given(role: &role::Model) -> Option<Value> {
    let ours = if role.code == ADMIN {
        Permission::ALL
    } else {
        BUILT_IN.iter().find(|(code, _, _)| *code == role.code).map(|(_, _, permissions)| *permissions)?
    };
    let is_unedited = role.code == ADMIN || role.given.as_ref().is_some_and(|given| same(given, &role.permissions));
    let held = names(&role.permissions);
    let mut all = held.clone();
    all.extend(ours.iter().map(|permission| permission.as_str()));
    (is_unedited && all != held).then(|| all.into_iter().collect::<Vec<_>>().into())
}

/// Whether two lists name the same permissions, in whatever order.
fn same(left: &Value, right: &Value) -> bool {
    names(left) == names(right)
}

fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn new_row(tx: &Tx, code: &str, name: &str, permissions: &BTreeSet<Permission>) -> role::Model {
    role::Model {
        id: RoleId(tx.new_uuid()),
        code: code.to_owned(),
        name: name.to_owned(),
        permissions: grant::stored(permissions),
        given: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

pub(crate) async fn by_code(tx: &Tx, code: &str) -> Result<Option<role::Model>> {
    Ok(Entity::find().filter(Column::Code.eq(code)).lock(LockType::Update).one(tx).await?)
}

/// Makes a role, or changes the one of that code. Errors: `FORBIDDEN` for permissions that the actor does not hold
/// everywhere, `INVALID` for unknown permissions and for changing `admin`, `TOO_MANY`, `STALE_VERSION`.
pub async fn upsert_role(ctx: &Ctx, input: UpsertRole) -> Result<role::Model> {
    grant::require_everywhere(ctx)?;
    let code = text::required_line("code", &input.code, 50)?.to_lowercase();
    let name = text::required_line("name", &input.name, text::LINE)?;
    let permissions = grant::parse("permissions", &input.permissions)?;
    if code == ADMIN || !code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(Error::invalid(ErrorCode::Invalid, "code"));
    }
    grant::require_holds(ctx, &permissions, None, None)?;
    let (code, name, permissions, expected) = (&code, &name, &permissions, input.expected_version);
    ctx.write(|tx| async move {
        let saved = match by_code(&tx, code).await? {
            Some(role) => change(&tx, role, name, permissions, expected).await?,
            None => {
                version::check(expected, 0)?;
                if Entity::find().count(&tx).await? >= MAX_ROLES {
                    return Err(Error::invalid_with(ErrorCode::TooMany, "code", vec![("max", MAX_ROLES.to_string())]));
                }
                let row = new_row(&tx, code, name, permissions);
                Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(&tx).await?;
                row
            }
        };
        let payload = json!({ "code": saved.code, "permissions": saved.permissions });
        tx.event(NewEvent::new("role_saved", "role", saved.id.uuid()).payload(payload));
        Ok(saved)
    })
    .await
}

async fn change(
    tx: &Tx,
    role: role::Model,
    name: &str,
    permissions: &BTreeSet<Permission>,
    expected: Option<i32>,
) -> Result<role::Model> {
    version::check(expected, role.version)?;
    // Taking a permission away also needs to hold it: else a limited person could cripple a wider role.
    grant::require_holds(tx.ctx(), &super::query::permissions_of(&role.permissions), None, None)?;
    let changed = role::Model {
        name: name.to_owned(),
        permissions: grant::stored(permissions),
        version: role.version + 1,
        updated_at: tx.now(),
        ..role
    };
    Entity::update(changed.clone().into_active_model().reset_all()).exec(tx).await?;
    Ok(changed)
}
