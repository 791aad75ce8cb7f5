//! Reading what the engine needs: one statement when promotions hold, one more each for codes, for uses per customer,
//! for what is known of the customer, and for categories and collections, when an offer asks for them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{CategoryId, CollectionId, CustomerId, ProductId, PromotionId};
use entity::words::{OrderStatus, PromotionTrigger};
use entity::{collection_product, customer_tag, order, promotion, promotion_code, promotion_customer};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::conditions::Conditions;
use super::offer::Offer;
use crate::Result;
use crate::catalog::category::subtree;
use crate::catalog::query as catalog;
use crate::kernel::secret::token_hash;

/// Most automatic promotions that hold at once.
pub const MAX_AUTOMATIC: u64 = 200;

/// Whether automatic promotions exist, for a statement that is read anyway.
pub(crate) const ANY_AUTOMATIC: &str =
    "EXISTS (SELECT 1 FROM promotion WHERE promotion.active AND promotion.triggered_by = 'AUTOMATIC')";

/// What is known of who buys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shopper {
    /// By what uses are counted; `None` while nobody is known.
    pub key: Option<String>,
    /// Tags that staff gave.
    pub tags: BTreeSet<String>,
    /// Whether an order was placed before; read only when an offer asks.
    pub has_orders: bool,
}

/// Who buys, as a cart tells.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// The customer.
    pub customer_id: Option<CustomerId>,
    /// The normalized address of a guest.
    pub email: Option<&'a str>,
}

impl Who<'_> {
    /// By what uses are counted: the customer, else the hash of the address.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        let guest = || self.email.map(|email| token_hash(&format!("promotion:{}", email.to_lowercase())));
        self.customer_id.map(|id| id.to_string()).or_else(guest)
    }
}

/// What was read for a basket.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Automatic offers that hold, and those of codes.
    pub offers: Vec<Offer>,
    /// Who buys.
    pub shopper: Shopper,
    /// Per category, the categories that offers name and that it is or lies below.
    categories: HashMap<CategoryId, BTreeSet<CategoryId>>,
    /// Per product, the collections that offers name and that it lies in.
    collections: BTreeMap<ProductId, BTreeSet<CollectionId>>,
}

impl Found {
    /// What the engine needs to know of a product.
    #[must_use]
    pub fn membership(
        &self,
        product: ProductId,
        category: Option<CategoryId>,
    ) -> (BTreeSet<CategoryId>, BTreeSet<CollectionId>) {
        let categories = category.and_then(|category| self.categories.get(&category)).cloned();
        (categories.unwrap_or_default(), self.collections.get(&product).cloned().unwrap_or_default())
    }
}

/// Reads the offers for somebody with codes (as they are kept), and what they ask for.
pub async fn load(
    db: &impl ConnectionTrait,
    codes: &[String],
    who: Who<'_>,
    products: &BTreeSet<ProductId>,
) -> Result<Found> {
    let mut offers = read_offers(db, codes).await?;
    let key = who.key();
    if let Some(key) = &key {
        count_uses(db, key, &mut offers).await?;
    }
    let asks_tags = offers.iter().any(|offer| !offer.conditions.customer_tags.is_empty());
    let asks_orders = offers.iter().any(|offer| offer.conditions.first_order);
    let tags = match who.customer_id.filter(|_| asks_tags) {
        Some(id) => read_tags(db, id).await?,
        None => BTreeSet::new(),
    };
    let has_orders = asks_orders && key.is_some() && has_orders(db, who).await?;
    let conditions = || offers.iter().map(|offer| &offer.conditions);
    let categories = read_categories(db, conditions()).await?;
    let collections = read_collections(db, conditions(), products).await?;
    Ok(Found { offers, shopper: Shopper { key, tags, has_orders }, categories, collections })
}

async fn read_offers(db: &impl ConnectionTrait, codes: &[String]) -> Result<Vec<Offer>> {
    let found = if codes.is_empty() {
        Vec::new()
    } else {
        promotion_code::Entity::find().filter(promotion_code::Column::Code.is_in(codes)).all(db).await?
    };
    let automatic = Condition::all()
        .add(promotion::Column::Active.eq(true))
        .add(promotion::Column::TriggeredBy.eq(PromotionTrigger::Automatic));
    let mut wanted = Condition::any().add(automatic);
    if !found.is_empty() {
        wanted = wanted.add(promotion::Column::Id.is_in(found.iter().map(|code| code.promotion_id)));
    }
    let rows = promotion::Entity::find()
        .filter(wanted)
        .order_by_asc(promotion::Column::Priority)
        .order_by_asc(promotion::Column::Id)
        .limit(2 * MAX_AUTOMATIC)
        .all(db)
        .await?;
    rows.iter()
        .map(|row| {
            // Of two codes of one promotion the first one counts.
            let of_it = |code: &&promotion_code::Model| code.promotion_id == row.id;
            let code = codes.iter().find_map(|text| found.iter().filter(of_it).find(|code| code.code == *text));
            Offer::of(row, code.filter(|_| row.triggered_by == PromotionTrigger::Code))
        })
        .collect()
}

async fn count_uses(db: &impl ConnectionTrait, key: &str, offers: &mut [Offer]) -> Result<()> {
    let limited: Vec<PromotionId> =
        offers.iter().filter(|offer| offer.customer_limit.is_some()).map(|offer| offer.id).collect();
    if limited.is_empty() {
        return Ok(());
    }
    let rows = promotion_customer::Entity::find()
        .filter(promotion_customer::Column::PromotionId.is_in(limited))
        .filter(promotion_customer::Column::CustomerKey.eq(key))
        .all(db)
        .await?;
    for row in rows {
        for offer in offers.iter_mut().filter(|offer| offer.id == row.promotion_id) {
            offer.used_by_customer = row.used;
        }
    }
    Ok(())
}

async fn read_tags(db: &impl ConnectionTrait, id: CustomerId) -> Result<BTreeSet<String>> {
    let rows = customer_tag::Entity::find().filter(customer_tag::Column::CustomerId.eq(id)).all(db).await?;
    Ok(rows.into_iter().map(|row| row.tag).collect())
}

/// Whether who buys has an order that was not canceled.
async fn has_orders(db: &impl ConnectionTrait, who: Who<'_>) -> Result<bool> {
    let mut theirs = Condition::any();
    if let Some(id) = who.customer_id {
        theirs = theirs.add(order::Column::CustomerId.eq(id));
    }
    if let Some(email) = who.email {
        theirs = theirs.add(order::Column::Email.eq(email));
    }
    let found = order::Entity::find()
        .filter(theirs)
        .filter(order::Column::Status.ne(OrderStatus::Canceled))
        .select_only()
        .column(order::Column::Id)
        .limit(1)
        .into_tuple::<entity::id::OrderId>()
        .one(db)
        .await?;
    Ok(found.is_some())
}

pub(super) async fn read_categories<'a>(
    db: &impl ConnectionTrait,
    conditions: impl Iterator<Item = &'a Conditions>,
) -> Result<HashMap<CategoryId, BTreeSet<CategoryId>>> {
    let named: BTreeSet<CategoryId> = conditions.flat_map(|it| &it.categories).copied().collect();
    let mut above: HashMap<CategoryId, BTreeSet<CategoryId>> = HashMap::new();
    if !named.is_empty() {
        let rows = catalog::categories(db).await?;
        for root in named {
            for below in subtree(&rows, root) {
                above.entry(below).or_default().insert(root);
            }
        }
    }
    Ok(above)
}

pub(super) async fn read_collections<'a>(
    db: &impl ConnectionTrait,
    conditions: impl Iterator<Item = &'a Conditions>,
    products: &BTreeSet<ProductId>,
) -> Result<BTreeMap<ProductId, BTreeSet<CollectionId>>> {
    let named: BTreeSet<CollectionId> = conditions.flat_map(|it| &it.collections).copied().collect();
    let mut lies_in: BTreeMap<ProductId, BTreeSet<CollectionId>> = BTreeMap::new();
    if !named.is_empty() {
        let rows = collection_product::Entity::find()
            .filter(collection_product::Column::CollectionId.is_in(named))
            .filter(collection_product::Column::ProductId.is_in(products.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            lies_in.entry(row.product_id).or_default().insert(row.collection_id);
        }
    }
    Ok(lies_in)
}
