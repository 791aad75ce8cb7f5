//! Reading shipping methods.

use entity::id::{ChannelId, ShippingMethodId};
use entity::{shipping_method, shipping_rate};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::Result;

/// A method with its weight tiers.
pub type Method = (shipping_method::Model, Vec<shipping_rate::Model>);

/// The methods of a channel in their order with their weight tiers, in two statements.
pub async fn of_channel(db: &impl ConnectionTrait, channel_id: ChannelId, active_only: bool) -> Result<Vec<Method>> {
    let mut methods = shipping_method::Entity::find().filter(shipping_method::Column::ChannelId.eq(channel_id));
    if active_only {
        methods = methods.filter(shipping_method::Column::Active.eq(true));
    }
    let methods = methods
        .order_by_asc(shipping_method::Column::Position)
        .order_by_asc(shipping_method::Column::Id)
        .all(db)
        .await?;
    with_tiers(db, methods).await
}

/// A method with its tiers.
pub async fn by_id(db: &impl ConnectionTrait, id: ShippingMethodId) -> Result<Option<Method>> {
    let method = shipping_method::Entity::find_by_id(id).one(db).await?;
    Ok(with_tiers(db, method.into_iter().collect()).await?.into_iter().next())
}

/// A channel's method of a code.
pub async fn by_code(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    code: &str,
) -> Result<Option<shipping_method::Model>> {
    Ok(shipping_method::Entity::find()
        .filter(shipping_method::Column::ChannelId.eq(channel_id))
        .filter(shipping_method::Column::Code.eq(code))
        .one(db)
        .await?)
}

async fn with_tiers(db: &impl ConnectionTrait, methods: Vec<shipping_method::Model>) -> Result<Vec<Method>> {
    if methods.is_empty() {
        return Ok(Vec::new());
    }
    let tiers = shipping_rate::Entity::find()
        .filter(shipping_rate::Column::MethodId.is_in(methods.iter().map(|method| method.id)))
        .order_by_asc(shipping_rate::Column::MaxWeightGrams)
        .all(db)
        .await?;
    let of = |id: ShippingMethodId| tiers.iter().filter(|tier| tier.method_id == id).cloned().collect();
    Ok(methods.into_iter().map(|method| (method.clone(), of(method.id))).collect())
}
