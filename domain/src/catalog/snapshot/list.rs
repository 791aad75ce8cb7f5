//! Lists of products from the snapshot: filters, orders and pages. Pure.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use entity::id::{CategoryId, ChannelId, CollectionId, ProductId, VariantId};

use super::{Channel, Entry, Snapshot};
use crate::catalog::category::subtree;
use crate::catalog::whole::Whole;
use crate::kernel::paging::{Cursor, Page, PageRequest};
use crate::{Error, ErrorCode, Result};

/// Which products a list shows. What is empty does not restrict.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this category or below it.
    pub category_id: Option<CategoryId>,
    /// In this collection.
    pub collection_id: Option<CollectionId>,
    /// Of one of these makers.
    pub vendors: Vec<String>,
    /// Of one of these kinds.
    pub product_types: Vec<String>,
    /// With one of these tags.
    pub tags: Vec<String>,
    /// With a variant that has, for every option named, one of the values.
    pub options: Vec<(String, Vec<String>)>,
    /// With a variant that costs at least so much, minor units.
    pub price_from: Option<i64>,
    /// With a variant that costs at most so much, minor units.
    pub price_to: Option<i64>,
    /// With a variant that can be ordered now (or without one).
    pub in_stock: Option<bool>,
}

/// Order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Best match first; newest first without a search.
    #[default]
    Relevance,
    /// Newest first.
    Newest,
    /// By title.
    Title,
    /// Cheapest first.
    PriceAscending,
    /// Dearest first, by lowest price.
    PriceDescending,
}

/// What is asked of the snapshot.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Which products.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// The words of a search and the products that hold them; `None` without a search.
    pub found: Option<(Vec<String>, HashSet<ProductId>)>,
    /// Variants that can be ordered now; only needed when the filter asks for stock.
    pub orderable: Arc<HashSet<VariantId>>,
}

/// A prepared list: which products of a channel match, and in which order.
pub struct List<'a> {
    snapshot: &'a Snapshot,
    channel: &'a Channel,
    query: &'a Query,
    categories: Option<HashSet<CategoryId>>,
    members: Option<HashSet<ProductId>>,
    scores: HashMap<usize, i64>,
}

impl std::fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List").field("query", &self.query).finish_non_exhaustive()
    }
}

impl<'a> List<'a> {
    /// Prepares a list; `None` when the channel sells nothing.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, channel: ChannelId, query: &'a Query) -> Option<Self> {
        let channel = snapshot.channels.get(&channel)?;
        let categories = query.filter.category_id.map(|root| subtree(&snapshot.categories, root));
        let members = query
            .filter
            .collection_id
            .map(|id| snapshot.members.get(&id).into_iter().flatten().copied().collect::<HashSet<ProductId>>());
        let mut list = Self { snapshot, channel, query, categories, members, scores: HashMap::new() };
        if let (Some((words, found)), Sort::Relevance) = (&query.found, query.sort) {
            let places = found.iter().filter_map(|id| snapshot.by_id.get(id));
            list.scores = places.map(|place| (*place, list.score(*place, words))).collect();
        }
        Some(list)
    }

    /// One page. Error: `INVALID_CURSOR` for a cursor of another order.
    pub fn page(&self, request: &PageRequest) -> Result<Page<Arc<Whole>>> {
        let order = self.order();
        let reverse = self.query.sort == Sort::PriceDescending;
        let at = |index: usize| {
            let index = if reverse { order.len().checked_sub(index + 1)? } else { index };
            order.get(index).copied()
        };
        let bound = |cursor: &Option<Cursor>| cursor.as_ref().map(|cursor| self.wanted(cursor)).transpose();
        let (after, before) = (bound(&request.after)?, bound(&request.before)?);
        // Products stand in order, so both bounds are found by halving.
        let first_not = |is_before: &dyn Fn(usize) -> bool| {
            let (mut low, mut high) = (0, order.len());
            while low < high {
                let middle = low + (high - low) / 2;
                if at(middle).is_some_and(is_before) { low = middle + 1 } else { high = middle }
            }
            low
        };
        let start = after.map_or(0, |key| first_not(&|place| self.compare(place, &key) != Ordering::Greater));
        let end = before.map_or(order.len(), |key| first_not(&|place| self.compare(place, &key) == Ordering::Less));
        let wanted = usize::try_from(request.size).unwrap_or(usize::MAX).saturating_add(1);
        let matching = |index: usize| at(index).filter(|place| self.matches(*place));
        let found: Vec<usize> = if request.backwards {
            (start..end).rev().filter_map(matching).take(wanted).collect()
        } else {
            (start..end).filter_map(matching).take(wanted).collect()
        };
        let page = Page::from_rows(request, found, |place| self.cursor(*place));
        Ok(Page {
            rows: page
                .rows
                .into_iter()
                .filter_map(|(cursor, place)| Some((cursor, Arc::clone(&self.snapshot.products.get(place)?.whole))))
                .collect(),
            has_next: page.has_next,
            has_previous: page.has_previous,
        })
    }

    /// How many products match.
    #[must_use]
    pub fn count(&self) -> u64 {
        let count = self.channel.newest.iter().filter(|place| self.matches(**place)).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// The products that match, in no particular order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, &'a Entry)> + '_ {
        let places = self.channel.newest.iter().copied().filter(|place| self.matches(*place));
        places.filter_map(|place| Some((place, self.snapshot.products.get(place)?)))
    }

    /// The price range of a product, by place.
    pub(crate) fn range(&self, place: usize) -> Option<(i64, i64)> {
        self.channel.ranges.get(place).copied().flatten()
    }

    /// Whether a product has a variant that is sold here and can be ordered now.
    pub(crate) fn is_in_stock(&self, entry: &Entry) -> bool {
        let orderable = &self.query.orderable;
        entry
            .whole
            .variants
            .iter()
            .any(|variant| self.channel.prices.contains_key(&variant.row.id) && orderable.contains(&variant.row.id))
    }

    fn order(&self) -> std::borrow::Cow<'_, [usize]> {
        match (self.query.sort, self.scores.is_empty()) {
            (Sort::Relevance, false) => {
                let mut places: Vec<usize> = self.scores.keys().copied().collect();
                places.sort_by(|a, b| self.key(*a).0.cmp(&self.key(*b).0).then_with(|| self.tie(*a, *b)));
                std::borrow::Cow::Owned(places)
            }
            (Sort::Relevance | Sort::Newest, _) => (&self.channel.newest).into(),
            (Sort::Title, _) => (&self.channel.by_title).into(),
            (Sort::PriceAscending | Sort::PriceDescending, _) => (&self.channel.by_price).into(),
        }
    }

    fn tie(&self, a: usize, b: usize) -> Ordering {
        let id = |place: usize| self.snapshot.products.get(place).map(|entry| entry.whole.product.id);
        id(b).cmp(&id(a))
    }

    /// The sort key of a product: a number and a text, one of which means something.
    fn key(&self, place: usize) -> (i64, &str) {
        let Some(entry) = self.snapshot.products.get(place) else { return (0, "") };
        match self.query.sort {
            Sort::Relevance if !self.scores.is_empty() => (-self.scores.get(&place).copied().unwrap_or(0), ""),
            Sort::Relevance | Sort::Newest => (-entry.whole.product.created_at.timestamp_micros(), ""),
            Sort::Title => (0, entry.folded.first().map_or("", String::as_str)),
            Sort::PriceAscending | Sort::PriceDescending => (self.range(place).map_or(0, |(low, _)| low), ""),
        }
    }

    fn cursor(&self, place: usize) -> Cursor {
        let id = self.snapshot.products.get(place).map_or_else(uuid::Uuid::nil, |entry| entry.whole.product.id.uuid());
        let (number, text) = self.key(place);
        let key = if self.query.sort == Sort::Title { format!("t{text}") } else { format!("n{number}") };
        Cursor { key, id }
    }

    fn wanted(&self, cursor: &Cursor) -> Result<(i64, String, ProductId)> {
        let refused = || Error::invalid(ErrorCode::InvalidCursor, "after");
        let (number, text) = match (cursor.key.strip_prefix('n'), cursor.key.strip_prefix('t')) {
            (Some(number), _) if self.query.sort != Sort::Title => (number.parse().map_err(|_| refused())?, ""),
            (_, Some(text)) if self.query.sort == Sort::Title => (0, text),
            _ => return Err(refused()),
        };
        Ok((number, text.to_owned(), ProductId(cursor.id)))
    }

    /// Where a product stands against a cursor in the order of the list.
    fn compare(&self, place: usize, (number, text, id): &(i64, String, ProductId)) -> Ordering {
        let own = self.key(place);
        let own_id = self.snapshot.products.get(place).map(|entry| entry.whole.product.id);
        let by_key = own.cmp(&(*number, text.as_str()));
        match self.query.sort {
            Sort::Relevance | Sort::Newest => by_key.then_with(|| Some(*id).cmp(&own_id)),
            Sort::Title | Sort::PriceAscending => by_key.then_with(|| own_id.cmp(&Some(*id))),
            Sort::PriceDescending => by_key.then_with(|| own_id.cmp(&Some(*id))).reverse(),
        }
    }

    /// How well a product fits: an exact SKU or barcode, then its title as a whole, at its beginning, in it, elsewhere.
    fn score(&self, place: usize, words: &[String]) -> i64 {
        let Some(entry) = self.snapshot.products.get(place) else { return 0 };
        let phrase = words.join(" ");
        let is_code = |code: &Option<String>| code.as_ref().is_some_and(|code| code.to_lowercase() == phrase);
        if entry.whole.variants.iter().any(|variant| is_code(&variant.row.sku) || is_code(&variant.row.barcode)) {
            return 100;
        }
        let of_title = |title: &String| match title {
            title if *title == phrase => 80,
            title if title.starts_with(&phrase) => 60,
            title if words.iter().all(|word| title.contains(word.as_str())) => 40,
            title if words.iter().any(|word| title.contains(word.as_str())) => 20,
            _ => 0,
        };
        entry.folded.iter().map(of_title).max().unwrap_or(0)
    }

    fn matches(&self, place: usize) -> bool {
        let (Some(entry), Some((low, high))) = (self.snapshot.products.get(place), self.range(place)) else {
            return false;
        };
        let (filter, product) = (&self.query.filter, &entry.whole.product);
        let one_of = |wanted: &[String], own: &str| wanted.is_empty() || wanted.iter().any(|name| name == own);
        self.query.found.as_ref().is_none_or(|(_, found)| found.contains(&product.id))
            && self.members.as_ref().is_none_or(|members| members.contains(&product.id))
            && self.categories.as_ref().is_none_or(|all| product.category_id.is_some_and(|id| all.contains(&id)))
            && one_of(&filter.vendors, &product.vendor)
            && one_of(&filter.product_types, &product.product_type)
            && (filter.tags.is_empty() || product.tags.0.iter().any(|tag| filter.tags.contains(tag)))
            && filter.price_from.is_none_or(|from| high >= from)
            && filter.price_to.is_none_or(|to| low <= to)
            && self.has_variant(entry)
            && filter.in_stock.is_none_or(|wanted| self.is_in_stock(entry) == wanted)
    }

    /// Whether one variant fits the price and all options at once.
    fn has_variant(&self, entry: &Entry) -> bool {
        let filter = &self.query.filter;
        if filter.options.is_empty() && filter.price_from.is_none() && filter.price_to.is_none() {
            return true;
        }
        entry.whole.variants.iter().any(|variant| {
            let Some(price) = self.channel.prices.get(&variant.row.id) else { return false };
            let in_range = filter.price_from.is_none_or(|from| price.amount >= from)
                && filter.price_to.is_none_or(|to| price.amount <= to);
            let has = |(name, values): &(String, Vec<String>)| {
                let mut own = entry.whole.options.iter().zip(&variant.values);
                own.any(|(option, value)| option.name == *name && values.contains(value))
            };
            in_range && filter.options.iter().all(has)
        })
    }
}
