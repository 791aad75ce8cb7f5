//! What a list can be narrowed by, with how many products each choice has. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::CategoryId;

use super::list::List;

/// Most choices of one facet, the most frequent ones.
const MAX_CHOICES: usize = 100;

/// What a list can be narrowed by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// Makers.
    pub vendors: Vec<(String, u64)>,
    /// Merchant's own kinds.
    pub product_types: Vec<(String, u64)>,
    /// Tags.
    pub tags: Vec<(String, u64)>,
    /// Categories in which products hang directly.
    pub categories: Vec<(CategoryId, u64)>,
    /// Options with their values.
    pub options: Vec<(String, Vec<(String, u64)>)>,
    /// Lowest and highest price, minor units.
    pub price: Option<(i64, i64)>,
    /// Products that can be ordered now.
    pub in_stock: u64,
}

/// Counts the choices of a list.
#[must_use]
pub fn facets(list: &List<'_>) -> Facets {
    let (mut vendors, mut types, mut tags) = (Counter::default(), Counter::default(), Counter::default());
    let mut categories: HashMap<CategoryId, u64> = HashMap::new();
    let mut options: BTreeMap<String, Counter> = BTreeMap::new();
    let mut facets = Facets::default();
    for (place, entry) in list.all() {
        let product = &entry.whole.product;
        vendors.add(&product.vendor);
        types.add(&product.product_type);
        product.tags.0.iter().for_each(|tag| tags.add(tag));
        if let Some(category) = product.category_id {
            let count = categories.entry(category).or_default();
            *count = count.saturating_add(1);
        }
        for (index, option) in entry.whole.options.iter().enumerate() {
            let values: BTreeSet<&String> =
                entry.whole.variants.iter().filter_map(|variant| variant.values.get(index)).collect();
            let counter = options.entry(option.name.clone()).or_default();
            values.into_iter().for_each(|value| counter.add(value));
        }
        if let Some((low, high)) = list.range(place) {
            let (lowest, highest) = facets.price.unwrap_or((low, high));
            facets.price = Some((lowest.min(low), highest.max(high)));
        }
        facets.in_stock = facets.in_stock.saturating_add(u64::from(list.is_in_stock(entry)));
    }
    facets.vendors = vendors.sorted();
    facets.product_types = types.sorted();
    facets.tags = tags.sorted();
    facets.categories = categories.into_iter().collect();
    facets.categories.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
    facets.options = options.into_iter().map(|(name, counter)| (name, counter.sorted())).collect();
    facets
}

#[derive(Default)]
struct Counter(HashMap<String, u64>);

impl Counter {
    fn add(&mut self, name: &str) {
        if name.is_empty() {
            return;
        }
        match self.0.get_mut(name) {
            Some(count) => *count = count.saturating_add(1),
            None => drop(self.0.insert(name.to_owned(), 1)),
        }
    }

    /// The most frequent first, then by name.
    fn sorted(self) -> Vec<(String, u64)> {
        let mut choices: Vec<(String, u64)> = self.0.into_iter().collect();
        choices.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        choices.truncate(MAX_CHOICES);
        choices
    }
}
