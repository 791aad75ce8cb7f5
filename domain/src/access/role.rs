//! Roles: named sets of permissions. Five are built in; `admin` always holds everything.

use std::collections::BTreeSet;

use entity::id::RoleId;
use entity::role::{self, Column, Entity};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::grant;
use crate::kernel::event::NewEvent;
use crate::kernel::permission::Permission::{self, *};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text, version};

/// The role that holds every permission, also those of later versions.
pub const ADMIN: &str = "admin";

/// Most roles; they are shown in one list.
const MAX_ROLES: u64 = 100;

/// What the other built-in roles start with; merchants may change them.
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

/// Makes the built-in roles that are missing, and gives `admin` every permission there is. Others stay as they are.
pub async fn seed_roles(ctx: &Ctx) -> Result<()> {
    grant::require_everywhere(ctx)?;
    ctx.write(|tx| async move { seed(&tx).await }).await
}

/// The step of [`seed_roles`].
pub(crate) async fn seed(tx: &Tx) -> Result<()> {
    let all = (ADMIN, "Administrator", Permission::ALL);
    let rows = std::iter::once(&all).chain(&BUILT_IN).map(|(code, name, permissions)| {
        let permissions = permissions.iter().copied().collect();
        new_row(tx, code, name, &permissions).into_active_model().reset_all()
    });
    Entity::insert_many(rows)
        .on_conflict(OnConflict::column(Column::Code).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    let admin = by_code(tx, ADMIN).await?.ok_or(Error::not_found("role"))?;
    let everything = grant::stored(&Permission::ALL.iter().copied().collect());
    if admin.permissions != everything {
        let changed =
            role::Model { permissions: everything, version: admin.version + 1, updated_at: tx.now(), ..admin };
        Entity::update(changed.into_active_model().reset_all()).exec(tx).await?;
    }
    Ok(())
}

fn new_row(tx: &Tx, code: &str, name: &str, permissions: &BTreeSet<Permission>) -> role::Model {
    role::Model {
        id: RoleId(tx.new_uuid()),
        code: code.to_owned(),
        name: name.to_owned(),
        permissions: grant::stored(permissions),
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
