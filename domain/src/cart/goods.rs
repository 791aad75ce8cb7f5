//! What the lines of a cart are of: variants with product, title and price in a channel.

use std::collections::HashMap;

use entity::id::{CategoryId, ChannelId, TaxClassId, VariantId};
use entity::words::ProductStatus;
use entity::{cart, cart_adjustment, cart_line, payment, price, product, product_translation, variant};
use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoCondition, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, RelationTrait, Select,
};

use super::facts::prefixed;
use crate::Result;

/// A variant as a channel sells it.
#[derive(Clone, Debug)]
pub(crate) struct Goods {
    pub variant: variant::Model,
    pub product_status: ProductStatus,
    pub tax_class_id: TaxClassId,
    pub category_id: Option<CategoryId>,
    pub title: String,
    pub variant_title: String,
    /// Minor units; `None` without a price in the channel.
    pub price: Option<i64>,
}

impl Goods {
    /// What it costs, when it is sold.
    pub(crate) fn sold_at(&self) -> Option<i64> {
        self.price.filter(|_| self.variant.active && self.product_status == ProductStatus::Active)
    }
}

struct GoodsRow(Goods);

impl FromQueryResult for GoodsRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let variant = variant::Model::from_query_result(row, "v_")?;
        let own_title: String = row.try_get("", "product_title")?;
        let title: Option<String> = row.try_get("", "translated_title")?;
        let product_class: TaxClassId = row.try_get("", "product_tax_class")?;
        Ok(Self(Goods {
            product_status: row.try_get("", "product_status")?,
            category_id: row.try_get("", "product_category")?,
            tax_class_id: variant.tax_class_id.unwrap_or(product_class),
            // A product without options has one variant, which only repeats its title.
            variant_title: if variant.title == own_title { String::new() } else { variant.title.clone() },
            title: title.unwrap_or(own_title),
            price: row.try_get("", "current_price")?,
            variant,
        }))
    }
}

/// Goods by the ids of variants, in one statement; unknown ones are left out.
pub(super) async fn by_ids(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    locale: &str,
    ids: &[VariantId],
) -> Result<HashMap<VariantId, Goods>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = described(variant::Entity::find().select_only(), channel_id, locale)
        .filter(variant::Column::Id.is_in(ids.iter().copied()))
        .into_model::<GoodsRow>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|GoodsRow(goods)| (goods.variant.id, goods)).collect())
}

/// The lines of a cart in order, with what they are of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    pub lines: Vec<cart_line::Model>,
    pub goods: HashMap<VariantId, Goods>,
    /// Whether payments were started for the cart that no order has taken over; unknown for an empty cart.
    pub has_payments: bool,
    /// Whether staff gave discounts by hand; unknown for an empty cart.
    pub has_adjustments: bool,
}

struct ContentRow {
    line: cart_line::Model,
    goods: Goods,
    has_payments: bool,
    has_adjustments: bool,
}

impl FromQueryResult for ContentRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let GoodsRow(goods) = GoodsRow::from_query_result(row, prefix)?;
        let line = cart_line::Model::from_query_result(row, "l_")?;
        let has_adjustments = row.try_get("", "has_adjustments")?;
        Ok(Self { line, goods, has_payments: row.try_get("", "has_payments")?, has_adjustments })
    }
}

impl Contents {
    /// Reads what a cart holds, as a channel sells it, in one statement. A cart that is going to be changed must be locked
    /// by a statement before: one that waits for the lock would still see the lines of before.
    pub(crate) async fn read(db: &impl ConnectionTrait, cart: &cart::Model, channel_id: ChannelId) -> Result<Self> {
        let started = Query::select()
            .expr(Expr::val(1))
            .from(payment::Entity)
            .and_where(
                Expr::col((payment::Entity, payment::Column::CartId))
                    .equals((cart_line::Entity, cart_line::Column::CartId)),
            )
            .and_where(Expr::col((payment::Entity, payment::Column::OrderId)).is_null())
            .to_owned();
        let adjusted = Query::select()
            .expr(Expr::val(1))
            .from(cart_adjustment::Entity)
            .and_where(
                Expr::col((cart_adjustment::Entity, cart_adjustment::Column::CartId))
                    .equals((cart_line::Entity, cart_line::Column::CartId)),
            )
            .to_owned();
        let query = cart_line::Entity::find()
            .select_only()
            .join(JoinType::InnerJoin, cart_line::Relation::Variant.def())
            .expr_as(Expr::exists(started), "has_payments")
            .expr_as(Expr::exists(adjusted), "has_adjustments")
            .filter(cart_line::Column::CartId.eq(cart.id))
            .order_by_asc(cart_line::Column::Position)
            .order_by_asc(cart_line::Column::Id);
        let query = described(prefixed::<cart_line::Entity, _>(query, "l_"), channel_id, &cart.locale);
        let mut contents = Self::default();
        for row in query.into_model::<ContentRow>().all(db).await? {
            contents.has_payments |= row.has_payments;
            contents.has_adjustments |= row.has_adjustments;
            contents.goods.insert(row.line.variant_id, row.goods);
            contents.lines.push(row.line);
        }
        Ok(contents)
    }
}

/// Adds product, title and current price to a query that has the variant.
fn described<E: EntityTrait>(query: Select<E>, channel_id: ChannelId, locale: &str) -> Select<E> {
    let current = price::Relation::Variant.def().rev().on_condition(move |_, price| {
        Expr::col((price.clone(), price::Column::ChannelId))
            .eq(channel_id)
            .and(Expr::col((price, price::Column::ValidTo)).is_null())
            .into_condition()
    });
    prefixed::<variant::Entity, _>(query, "v_")
        .join(JoinType::InnerJoin, variant::Relation::Product.def())
        .join(JoinType::LeftJoin, current)
        .column_as(product::Column::Status, "product_status")
        .column_as(product::Column::Title, "product_title")
        .column_as(product::Column::TaxClassId, "product_tax_class")
        .column_as(product::Column::CategoryId, "product_category")
        .column_as(price::Column::Amount, "current_price")
        .expr_as(Expr::SubQuery(None, Box::new(translated_title(locale).into())), "translated_title")
}

/// The product's title in the nearest language, as `catalog::display::pick` chooses: the same tag, else the first of the
/// same language.
fn translated_title(locale: &str) -> SelectStatement {
    use product_translation::Column;
    let tag = locale.to_ascii_lowercase();
    let language = tag.split(['-', '_']).next().unwrap_or_default().to_owned();
    let lower = || Expr::expr(Func::lower(Expr::col((product_translation::Entity, Column::Locale))));
    let exact = lower().eq(tag.clone());
    // Locales are checked tags: they hold no wildcard of LIKE.
    let near = lower().eq(language.clone()).or(lower().like(format!("{language}-%")));
    Query::select()
        .column((product_translation::Entity, Column::Title))
        .from(product_translation::Entity)
        .and_where(
            Expr::col((product_translation::Entity, Column::ProductId)).equals((product::Entity, product::Column::Id)),
        )
        .and_where(exact.clone().or(near))
        .order_by_expr(Expr::case(exact, 0).finally(1).into(), Order::Asc)
        .order_by((product_translation::Entity, Column::Locale), Order::Asc)
        .limit(1)
        .to_owned()
}
