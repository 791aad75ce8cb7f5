//! What points are worth.

use entity::id::ChannelId;
use entity::{loyalty_program, stored_value_account as account};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::kernel::{Error, ErrorCode, Result};

/// The active program of a channel.
pub(super) async fn program(db: &impl ConnectionTrait, id: ChannelId) -> Result<Option<loyalty_program::Model>> {
    Ok(loyalty_program::Entity::find()
        .filter(loyalty_program::Column::ChannelId.eq(id))
        .filter(loyalty_program::Column::Active.eq(true))
        .one(db)
        .await?)
}

/// Points that pay `amount` minor units, by the program of the channel where the account was opened, rounded up. Errors:
/// `GATEWAY_UNAVAILABLE` without one, `INVALID_AMOUNT` below the least that is taken.
pub(super) async fn price(db: &impl ConnectionTrait, account: &account::Model, amount: i64) -> Result<i64> {
    let unavailable = || Error::invalid(ErrorCode::GatewayUnavailable, "payments.gateway");
    let program = program(db, account.channel_id).await?.ok_or_else(unavailable)?;
    let points = points_for(&program, amount).ok_or_else(unavailable)?;
    if points < program.minimum_points {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "payments.amount"));
    }
    Ok(points)
}

/// Points that pay so much money; `None` when they are worth nothing.
fn points_for(program: &loyalty_program::Model, amount: i64) -> Option<i64> {
    let wanted = i128::from(amount).checked_mul(i128::from(program.redeem_points))?;
    let worth = i128::from(program.redeem_amount);
    let rounded_up = wanted.checked_add(worth - 1)?.checked_div(worth)?;
    i64::try_from(rounded_up).ok()
}

/// What so many points pay, minor units, rounded down.
pub(super) fn worth(program: &loyalty_program::Model, points: i64) -> i64 {
    let worth = i128::from(points) * i128::from(program.redeem_amount) / i128::from(program.redeem_points.max(1));
    i64::try_from(worth).unwrap_or(i64::MAX)
}
