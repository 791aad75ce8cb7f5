//! Counting uses inside the transaction that places an order, and giving them back when it is canceled as a whole.
//!
//! A limit is a condition of the statement that counts, so that of many buyers at once no more than the limit come
//! through; who loses prices the cart anew. What has no limit is counted just before the commit, so that buyers do not
//! wait for each other.

use std::collections::BTreeSet;

use entity::id::{OrderId, PromotionCodeId, PromotionId, PromotionRedemptionId};
use entity::{promotion, promotion_code, promotion_customer, promotion_redemption};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, UpdateMany,
};

use super::engine::{Applied, Source, UsedCode};
use crate::kernel::{Error, Result, Tx};

struct Use<'a> {
    id: PromotionId,
    version: i32,
    is_limited: bool,
    is_limited_by_customer: bool,
    code: Option<&'a UsedCode>,
    amount: i64,
}

fn uses(applied: &[Applied]) -> Vec<Use<'_>> {
    applied.iter().filter_map(one).collect()
}

const fn one(applied: &Applied) -> Option<Use<'_>> {
    match &applied.source {
        Source::Promotion { id, version, is_limited, is_limited_by_customer, code } => Some(Use {
            id: *id,
            version: *version,
            is_limited: *is_limited,
            is_limited_by_customer: *is_limited_by_customer,
            code: code.as_ref(),
            amount: applied.amount,
        }),
        Source::Staff { .. } => None,
    }
}

/// Counts the uses of an order whose row is written last in this transaction, and records them. No statement without
/// promotions; at most one per kind of limit. Error: `CONFLICT` when a promotion changed or was used up meanwhile: the
/// transaction runs again and prices anew.
pub(crate) async fn redeem(tx: &Tx, order_id: OrderId, key: Option<&str>, applied: &[Applied]) -> Result<()> {
    let mut uses = uses(applied);
    if uses.is_empty() {
        return Ok(());
    }
    uses.sort_by_key(|it| it.id);
    count_promotions(tx, &uses).await?;
    count_codes(tx, &uses).await?;
    if let Some(key) = key {
        count_customer(tx, key, &uses).await?;
    }
    let rows: Vec<promotion_redemption::Model> = uses
        .iter()
        .map(|it| promotion_redemption::Model {
            id: PromotionRedemptionId(tx.new_uuid()),
            promotion_id: it.id,
            promotion_code_id: it.code.map(|code| code.id),
            order_id,
            customer_key: key.map(str::to_owned),
            amount: it.amount,
            created_at: tx.now(),
            released_at: None,
        })
        .collect();
    tx.insert_last(&rows);
    Ok(())
}

const fn lost() -> Error {
    Error::Conflict("promotion")
}

async fn count_promotions(tx: &Tx, uses: &[Use<'_>]) -> Result<()> {
    let raise = || {
        promotion::Entity::update_many().col_expr(promotion::Column::Used, Expr::col(promotion::Column::Used).add(1))
    };
    let (limited, free): (Vec<&Use<'_>>, Vec<&Use<'_>>) = uses.iter().partition(|it| it.is_limited);
    if !free.is_empty() {
        let change = raise().filter(promotion::Column::Id.is_in(free.iter().map(|it| it.id)));
        tx.write_last(change.into_query());
    }
    if limited.is_empty() {
        return Ok(());
    }
    if limited.len() > 1 {
        // In the order of ids: two orders with the same promotions wait for each other instead of deadlocking.
        let rows = promotion::Entity::find()
            .filter(promotion::Column::Id.is_in(limited.iter().map(|it| it.id)))
            .order_by_asc(promotion::Column::Id)
            .lock(LockType::NoKeyUpdate);
        rows.all(tx).await?;
    }
    let as_seen = limited.iter().fold(Condition::any(), |any, it| {
        any.add(promotion::Column::Id.eq(it.id).and(promotion::Column::Version.eq(it.version)))
    });
    let change =
        raise().filter(as_seen).filter(promotion::Column::Active.eq(true)).filter(Expr::cust("used < usage_limit"));
    require(tx, change, limited.len()).await
}

async fn count_codes(tx: &Tx, uses: &[Use<'_>]) -> Result<()> {
    let raise = || {
        promotion_code::Entity::update_many()
            .col_expr(promotion_code::Column::Used, Expr::col(promotion_code::Column::Used).add(1))
    };
    let (limited, free): (Vec<&UsedCode>, Vec<&UsedCode>) =
        uses.iter().filter_map(|it| it.code).partition(|code| code.is_limited);
    if !free.is_empty() {
        let change = raise().filter(promotion_code::Column::Id.is_in(free.iter().map(|code| code.id)));
        tx.write_last(change.into_query());
    }
    if limited.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<PromotionCodeId> = limited.iter().map(|code| code.id).collect();
    ids.sort_unstable();
    let change = raise()
        .filter(promotion_code::Column::Id.is_in(ids))
        .filter(promotion_code::Column::Active.eq(true))
        .filter(Expr::cust("used < usage_limit"));
    require(tx, change, limited.len()).await
}

async fn require<E: EntityTrait>(tx: &Tx, change: UpdateMany<E>, wanted: usize) -> Result<()> {
    let done = change.exec(tx).await?;
    if usize::try_from(done.rows_affected).ok() == Some(wanted) { Ok(()) } else { Err(lost()) }
}

/// One row per promotion and customer, whether their uses are limited or not: a limit may come later.
async fn count_customer(tx: &Tx, key: &str, uses: &[Use<'_>]) -> Result<()> {
    let row = |it: &Use<'_>| {
        promotion_customer::Model { promotion_id: it.id, customer_key: key.to_owned(), used: 1 }
            .into_active_model()
            .reset_all()
    };
    let columns = [promotion_customer::Column::PromotionId, promotion_customer::Column::CustomerKey];
    let raised = || Expr::col((promotion_customer::Entity, promotion_customer::Column::Used)).add(1);
    let (limited, free): (Vec<&Use<'_>>, Vec<&Use<'_>>) = uses.iter().partition(|it| it.is_limited_by_customer);
    if !free.is_empty() {
        let conflict = OnConflict::columns(columns).value(promotion_customer::Column::Used, raised()).to_owned();
        let rows = free.into_iter().map(row);
        tx.write_last(promotion_customer::Entity::insert_many(rows).on_conflict(conflict).into_query());
    }
    if limited.is_empty() {
        return Ok(());
    }
    let below = Expr::cust(
        "promotion_customer.used < (SELECT p.customer_limit FROM promotion p WHERE p.id = promotion_customer.promotion_id)",
    );
    let conflict = OnConflict::columns(columns)
        .value(promotion_customer::Column::Used, raised())
        .action_and_where(below)
        .to_owned();
    let wanted = u64::try_from(limited.len()).unwrap_or(u64::MAX);
    let rows = limited.into_iter().map(row);
    let counted =
        promotion_customer::Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(tx).await?;
    if counted == wanted { Ok(()) } else { Err(lost()) }
}

/// Gives the uses of canceled orders back. One statement when they have none, five when they do. The orders are locked.
pub(crate) async fn release(tx: &Tx, orders: &[OrderId]) -> Result<()> {
    let of_them = || {
        Condition::all()
            .add(promotion_redemption::Column::OrderId.is_in(orders.iter().copied()))
            .add(promotion_redemption::Column::ReleasedAt.is_null())
    };
    let found = promotion_redemption::Entity::find().filter(of_them()).all(tx).await?;
    if found.is_empty() {
        return Ok(());
    }
    // Lowered by what these orders used; what others count meanwhile stays.
    let uses = |of: &str| {
        let count = Query::select()
            .expr(Expr::cust("COUNT(*)"))
            .from(promotion_redemption::Entity)
            .cond_where(of_them())
            .and_where(Expr::cust(of.to_owned()))
            .to_owned();
        Expr::SubQuery(None, Box::new(count.into()))
    };
    let promotions: BTreeSet<PromotionId> = found.iter().map(|row| row.promotion_id).collect();
    let of_it = uses("promotion_redemption.promotion_id = promotion.id");
    promotion::Entity::update_many()
        .col_expr(promotion::Column::Used, Expr::col(promotion::Column::Used).sub(of_it))
        .filter(promotion::Column::Id.is_in(promotions.iter().copied()))
        .exec(tx)
        .await?;
    let codes: BTreeSet<PromotionCodeId> = found.iter().filter_map(|row| row.promotion_code_id).collect();
    if !codes.is_empty() {
        let of_it = uses("promotion_redemption.promotion_code_id = promotion_code.id");
        promotion_code::Entity::update_many()
            .col_expr(promotion_code::Column::Used, Expr::col(promotion_code::Column::Used).sub(of_it))
            .filter(promotion_code::Column::Id.is_in(codes))
            .exec(tx)
            .await?;
    }
    let keys: BTreeSet<String> = found.into_iter().filter_map(|row| row.customer_key).collect();
    if !keys.is_empty() {
        let of_it = uses(
            "promotion_redemption.promotion_id = promotion_customer.promotion_id \
             AND promotion_redemption.customer_key = promotion_customer.customer_key",
        );
        promotion_customer::Entity::update_many()
            .col_expr(promotion_customer::Column::Used, Expr::col(promotion_customer::Column::Used).sub(of_it))
            .filter(promotion_customer::Column::PromotionId.is_in(promotions))
            .filter(promotion_customer::Column::CustomerKey.is_in(keys))
            .exec(tx)
            .await?;
    }
    promotion_redemption::Entity::update_many()
        .col_expr(promotion_redemption::Column::ReleasedAt, Expr::value(tx.now()))
        .filter(of_them())
        .exec(tx)
        .await?;
    Ok(())
}
