//! A till with its store and channel, as a sale needs them.

use std::collections::HashMap;

use chrono_tz::Tz;
use entity::id::RegisterId;
use entity::words::{ChannelKind, RegisterSessionStatus};
use entity::{channel, channel_location, location, register, register_session};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{DbErr, EntityTrait, FromQueryResult, JoinType, QueryResult, QuerySelect, RelationTrait};

use super::late::Late;
use crate::cart::{Adjustments, Counter, Counterpart, FIRST_ZONE, Frame, Known, prefixed};
use crate::drawer;
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::promotion::load::ANY_AUTOMATIC;

/// A till that sells.
pub(crate) struct Till {
    pub(crate) register: register::Model,
    pub(crate) location: location::Model,
    pub(crate) channel: channel::Model,
    zone: Option<String>,
    has_promotions: bool,
    /// Whether its store serves its channel.
    serves: bool,
    /// Whether its drawer was open a moment ago.
    is_open: bool,
}

impl FromQueryResult for Till {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Ok(Self {
            register: register::Model::from_query_result(row, "r_")?,
            location: location::Model::from_query_result(row, "l_")?,
            channel: channel::Model::from_query_result(row, "c_")?,
            zone: row.try_get("", "zone")?,
            has_promotions: row.try_get("", "has_promotions")?,
            serves: row.try_get("", "serves")?,
            is_open: row.try_get("", "is_open")?,
        })
    }
}

impl Till {
    /// Reads it in one statement. Error: `NOT_FOUND` for one that does not sell (any more).
    pub(super) async fn read(tx: &Tx, id: RegisterId) -> Result<Self> {
        use channel_location::Column;
        let serving = Query::select()
            .expr(Expr::val(1))
            .from(channel_location::Entity)
            .and_where(
                Expr::col((channel_location::Entity, Column::ChannelId))
                    .equals((register::Entity, register::Column::ChannelId)),
            )
            .and_where(
                Expr::col((channel_location::Entity, Column::LocationId))
                    .equals((register::Entity, register::Column::LocationId)),
            )
            .to_owned();
        let query = register::Entity::find_by_id(id)
            .select_only()
            .join(JoinType::InnerJoin, register::Relation::Location.def())
            .join(JoinType::InnerJoin, register::Relation::Channel.def())
            .expr_as(Expr::exists(serving), "serves")
            .expr_as(Expr::exists(open_session()), "is_open")
            .expr_as(Expr::cust(FIRST_ZONE), "zone")
            .expr_as(Expr::cust(ANY_AUTOMATIC), "has_promotions");
        let query = prefixed::<register::Entity, _>(query, "r_");
        let query = prefixed::<location::Entity, _>(query, "l_");
        let query = prefixed::<channel::Entity, _>(query, "c_");
        let found: Option<Self> = query.into_model().one(tx).await?;
        let sells = |till: &Self| till.register.active && till.channel.active && till.channel.kind == ChannelKind::Pos;
        found.filter(sells).ok_or(Error::not_found("register"))
    }

    /// The session that a sale belongs to, locked: one statement, none for a till that needs no session and has none.
    /// Error: `REGISTER_SESSION_REQUIRED`.
    pub(super) async fn session(&self, tx: &Tx, late: Option<&Late>) -> Result<Option<register_session::Model>> {
        if let Some(late) = late {
            return drawer::rescue::at(tx, &self.register, late.sold_at).await;
        }
        let needs = self.register.requires_session;
        let open = if needs || self.is_open { drawer::current(tx, self.register.id).await? } else { None };
        if needs && open.is_none() {
            return Err(Error::invalid(ErrorCode::RegisterSessionRequired, "input.registerId"));
        }
        Ok(open)
    }

    /// Where it sells.
    pub(super) const fn counter(&self) -> Counter {
        Counter { channel_id: self.channel.id, location_id: self.location.id }
    }

    /// What pricing need not read again for a basket without a way of shipping.
    pub(super) fn known(&self) -> Known {
        let zone = self.zone.as_deref().and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
        let store = Counterpart { location: self.location.clone(), serves: self.serves };
        Known {
            frame: Frame { channel: self.channel.clone(), zone, method: None, has_promotions: self.has_promotions },
            goods: HashMap::new(),
            places: HashMap::from([(self.location.id, store)]),
            adjustments: Adjustments::Known(Vec::new()),
        }
    }
}

/// The open session of the till that is read, in a subquery.
fn open_session() -> sea_orm::sea_query::SelectStatement {
    use register_session::{Column, Entity};
    Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::RegisterId)).equals((register::Entity, register::Column::Id)))
        .and_where(Expr::col((Entity, Column::Status)).eq(RegisterSessionStatus::Open))
        .and_where(Expr::col((Entity, Column::IsRescue)).eq(false))
        .to_owned()
}
