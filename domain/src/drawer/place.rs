//! A till with its currency, and who may touch its drawer.

use entity::id::RegisterId;
use entity::money::Money;
use entity::{channel, register};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Scope};

/// A till and the channel that says its currency.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) register: register::Model,
    pub(crate) channel: channel::Model,
}

impl Place {
    /// Reads it. Error: `NOT_FOUND`, also for a till outside of the scope.
    pub(crate) async fn read(db: &impl ConnectionTrait, scope: &Scope, id: RegisterId) -> Result<Self> {
        let found = register::Entity::find_by_id(id).find_also_related(channel::Entity).one(db).await?;
        match found {
            Some((register, Some(channel))) if scope.allows_location(register.location_id) => {
                Ok(Self { register, channel })
            }
            Some(_) | None => Err(Error::not_found("register")),
        }
    }

    /// An amount that is not below zero, in minor units. Errors: `CURRENCY_MISMATCH`, `INVALID_AMOUNT`.
    pub(crate) fn amount(&self, path: &str, amount: Money) -> Result<i64> {
        if amount.currency != self.channel.currency {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, path));
        }
        if (0..=MOST).contains(&amount.minor) {
            Ok(amount.minor)
        } else {
            Err(Error::invalid(ErrorCode::InvalidAmount, path))
        }
    }
}

/// Most of one amount, so that sums never overflow.
pub(super) const MOST: i64 = 1_000_000_000_000;

/// Where the actor may do this. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub(crate) fn check(ctx: &Ctx, is_rescue: bool) -> Result<Scope> {
    ctx.require(if is_rescue { Permission::DrawerManage } else { Permission::DrawerWork })
}

/// The till that is meant: the one the actor stands at, else the one that is named. Error: `REQUIRED`.
pub(super) fn register_of(ctx: &Ctx, named: Option<RegisterId>) -> Result<RegisterId> {
    let at = ctx.actor.till().map(|till| till.register_id);
    at.or(named).ok_or_else(|| Error::invalid(ErrorCode::Required, "input.registerId"))
}
