//! What customers are offered instead of goods that come back: the other variants of the same product, as stock is now.

use entity::id::{ReturnLineId, VariantId};
use entity::{order, return_line, variant};

use crate::catalog;
use crate::inventory::availability;
use crate::kernel::{Ctx, Result};

/// Most variants that are offered for a line.
const MOST: usize = 250;

/// A variant that is offered for a line of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The line.
    pub line_id: ReturnLineId,
    /// The variant.
    pub variant_id: VariantId,
    /// Whether so many units as come back could be ordered now; what is sold out is shown, and cannot be chosen.
    pub is_there: bool,
}

/// What is offered for lines of a return, line by line, each product's variants in their order; the variant that comes back
/// is not. Seven statements, two more when there are bundles.
pub async fn offers(ctx: &Ctx, order: &order::Model, lines: &[return_line::Model]) -> Result<Vec<Offer>> {
    let db = ctx.db();
    let ids: Vec<VariantId> = lines.iter().map(|line| line.variant_id).collect();
    let own = catalog::query::variants_by_ids(&db, &ids).await?;
    let mut products: Vec<_> = own.iter().map(|variant| variant.product_id).collect();
    products.sort_unstable();
    products.dedup();
    let all = catalog::query::variants_of(&db, &products).await?;
    let sold = |variant: &&variant::Model| variant.active;
    let offered: Vec<VariantId> = all.values().flatten().filter(sold).map(|variant| variant.id).collect();
    let stock = availability::published(&db, order.channel_id, &offered, ctx.now()).await?;
    let mut offers = Vec::new();
    for line in lines {
        let product = own.iter().find(|variant| variant.id == line.variant_id).map(|variant| variant.product_id);
        let of_product = product.and_then(|product| all.get(&product)).into_iter().flatten();
        let others = of_product.filter(sold).filter(|variant| variant.id != line.variant_id).take(MOST);
        offers.extend(others.map(|variant| Offer {
            line_id: line.id,
            variant_id: variant.id,
            is_there: stock.get(&variant.id).is_some_and(|there| there.allows(line.quantity)),
        }));
    }
    Ok(offers)
}
