//! Which goods promotions are about, asked of goods that were bought before or come later.

use std::collections::{BTreeSet, HashMap};

use entity::id::{ProductId, VariantId};
use entity::product;
use sea_orm::ConnectionTrait;

use super::conditions::Conditions;
use super::load::{read_categories, read_collections};
use crate::Result;
use crate::catalog::query as catalog;

/// Of some variants those that promotions with these conditions are about today, one set for each; all of them for
/// conditions that name no goods. Four statements at most, none when no goods are named.
pub(crate) async fn variants(
    db: &impl ConnectionTrait,
    conditions: &[Conditions],
    of: &BTreeSet<VariantId>,
) -> Result<Vec<BTreeSet<VariantId>>> {
    if conditions.iter().all(|it| !it.names_goods()) {
        return Ok(conditions.iter().map(|_| of.clone()).collect());
    }
    let ids: Vec<VariantId> = of.iter().copied().collect();
    let variants = catalog::variants_by_ids(db, &ids).await?;
    let ids: BTreeSet<ProductId> = variants.iter().map(|variant| variant.product_id).collect();
    let products = catalog::products_by_ids(db, &ids.iter().copied().collect::<Vec<_>>()).await?;
    let products: HashMap<ProductId, &product::Model> = products.iter().map(|product| (product.id, product)).collect();
    let above = read_categories(db, conditions.iter()).await?;
    let lies_in = read_collections(db, conditions.iter(), &ids).await?;
    let nothing = (BTreeSet::new(), BTreeSet::new());
    let about = |conditions: &Conditions| {
        let fits = |product_id: ProductId| {
            let category = products.get(&product_id).and_then(|product| product.category_id);
            let categories = category.and_then(|category| above.get(&category)).unwrap_or(&nothing.0);
            conditions.is_about(product_id, categories, lies_in.get(&product_id).unwrap_or(&nothing.1))
        };
        if conditions.names_goods() {
            variants.iter().filter(|variant| fits(variant.product_id)).map(|variant| variant.id).collect()
        } else {
            of.clone()
        }
    };
    Ok(conditions.iter().map(about).collect())
}
