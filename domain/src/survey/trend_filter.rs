//! Which invitations a trend counts: of which channels, places, carriers and goods.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::id::{CategoryId, ChannelId, LocationId, SurveyId};
use entity::survey_invitation::{Column, Entity};
use entity::{order_line, product, variant};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait,
    RelationTrait, Select,
};

use super::question::at_most;
use crate::kernel::{Result, text};
use crate::messaging::calendar;
use crate::{channel, location};

/// Most entries of one list.
const MOST: usize = 100;

/// Which invitations count; empty lists ask for nothing, and several lists must all fit.
#[derive(Debug, Clone, Default)]
pub struct TrendFilter {
    /// Of orders of these channels; at most 100.
    pub channel_ids: Vec<ChannelId>,
    /// Of what was bought or collected at these places; at most 100.
    pub location_ids: Vec<LocationId>,
    /// Of what these carriers brought, such as `YAMATO`; at most 100.
    pub carriers: Vec<String>,
    /// Of orders with goods of these very categories; at most 100.
    pub category_ids: Vec<CategoryId>,
}

/// The invitations of a survey between two moments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) survey: SurveyId,
    pub(super) begin: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
}

impl TrendFilter {
    /// Errors: `TOO_MANY`, and those of texts.
    pub(super) fn check(&self) -> Result<()> {
        at_most("filter.channelIds", self.channel_ids.len(), MOST)?;
        at_most("filter.locationIds", self.location_ids.len(), MOST)?;
        at_most("filter.carriers", self.carriers.len(), MOST)?;
        at_most("filter.categoryIds", self.category_ids.len(), MOST)?;
        for (index, carrier) in self.carriers.iter().enumerate() {
            text::line(&format!("filter.carriers.{index}"), carrier, text::LINE)?;
        }
        Ok(())
    }

    pub(super) fn condition(&self, asked: Asked) -> Condition {
        let mut all = Condition::all();
        if !self.channel_ids.is_empty() {
            all = all.add(Column::ChannelId.is_in(self.channel_ids.iter().copied()));
        }
        if !self.location_ids.is_empty() {
            all = all.add(Column::LocationId.is_in(self.location_ids.iter().copied()));
        }
        if !self.carriers.is_empty() {
            all = all.add(Column::Carrier.is_in(self.carriers.iter().map(String::as_str)));
        }
        if !self.category_ids.is_empty() {
            let orders = self.goods(asked).column(order_line::Column::OrderId).into_query();
            all = all.add(Column::OrderId.in_subquery(orders));
        }
        all
    }

    /// Order and category of everything that the invitations are about, each pair once; only of the wanted categories.
    pub(super) fn filed(&self, asked: Asked) -> SelectStatement {
        let columns = self.goods(asked).column(order_line::Column::OrderId).column(product::Column::CategoryId);
        columns.distinct().into_query()
    }

    /// Goods of the invitations' orders that were not canceled, without a column.
    fn goods(&self, asked: Asked) -> Select<order_line::Entity> {
        let orders = Query::select()
            .column(Column::OrderId)
            .from(Entity)
            .and_where(Column::SurveyId.eq(asked.survey))
            .and_where(Column::CreatedAt.gte(asked.begin))
            .and_where(Column::CreatedAt.lt(asked.end))
            .and_where(Column::OrderId.is_not_null())
            .to_owned();
        let goods = order_line::Entity::find()
            .select_only()
            .join(JoinType::InnerJoin, order_line::Relation::Variant.def())
            .join(JoinType::InnerJoin, variant::Relation::Product.def())
            .filter(order_line::Column::OrderId.in_subquery(orders))
            .filter(Expr::cust("order_line.quantity > order_line.canceled"));
        if self.category_ids.is_empty() {
            return goods;
        }
        goods.filter(product::Column::CategoryId.is_in(self.category_ids.iter().copied()))
    }

    /// By whose calendar they are counted: that of the one channel that is asked for, else of the oldest web shop; where
    /// it has no policy, that of the one place that is asked for. Three statements at most.
    pub(super) async fn zone(&self, db: &impl ConnectionTrait) -> Result<Tz> {
        let shop = match self.channel_ids.as_slice() {
            [id] => channel::query::by_id(db, *id).await?,
            _ => channel::query::default_online(db).await?,
        };
        let place = match self.location_ids.as_slice() {
            [id] => location::query::by_id(db, *id).await?,
            _ => None,
        };
        calendar::zone_of(db, place.as_ref(), shop.as_ref()).await
    }
}
