//! Everything that decides what a channel may promise, read in a constant number of statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{CartId, ChannelId, FulfillmentOrderId, LocationId, OrderId, VariantId};
use entity::words::ChannelKind;
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::demand::Goods;
use super::level::{Counters, Key};
use super::sql::Sql;
use crate::Result;

/// Channels that draw on at least one location of a channel, and the channel itself: their claims meet.
const RIVALS: &str = " IN (SELECT b.channel_id FROM channel_location a JOIN channel_location b \
    ON b.location_id = a.location_id WHERE a.channel_id = ";

/// A location that serves the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub(super) struct Place {
    pub(super) location_id: LocationId,
    fulfills_online: bool,
    channel_kind: ChannelKind,
}

impl Place {
    /// Whether its stock counts for what the channel sells without naming a place. A till's channel sells what lies in
    /// the stores; all others sell what may be shipped.
    pub(super) const fn serves_all(self) -> bool {
        match self.channel_kind {
            ChannelKind::Pos => true,
            ChannelKind::Online | ChannelKind::Phone | ChannelKind::Marketplace => self.fulfills_online,
        }
    }
}

/// One level with the put-aside units whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shelf {
    pub(super) counters: Counters,
    pub(super) expired: i64,
}

impl Shelf {
    /// Units free to promise: expired holds count for nothing, swept or not.
    pub(super) const fn available(&self) -> i64 {
        self.counters.available() + self.expired
    }
}

/// Claims and stock of a channel.
#[derive(Debug, Default)]
pub(super) struct Pool {
    pub(super) places: Vec<Place>,
    pub(super) goods: Goods,
    pub(super) shelves: BTreeMap<Key, Shelf>,
    pub(super) holds: HashMap<VariantId, i64>,
    pub(super) unrouted: HashMap<VariantId, i64>,
}

#[derive(Debug, FromQueryResult)]
struct Claim {
    variant_id: VariantId,
    quantity: i64,
}

#[derive(Debug, FromQueryResult)]
struct ShelfRow {
    location_id: LocationId,
    variant_id: VariantId,
    on_hand: i64,
    committed: i64,
    reserved: i64,
    damaged: i64,
    quality_control: i64,
    safety_stock: i64,
    expired: i64,
    held: i64,
    waiting: i64,
    rules: i64,
}

/// Who asks what the pool has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    /// The channel whose pool it is.
    pub channel_id: ChannelId,
    /// The cart whose own holds do not count.
    pub cart_id: Option<CartId>,
    /// The order whose own waiting units do not count.
    pub order_id: Option<OrderId>,
    /// Work that waited: only units that were promised before it count, and only of goods that are not sold beyond
    /// stock.
    pub after: Option<(Option<DateTime<Utc>>, FulfillmentOrderId)>,
}

/// What the pool has at some locations.
#[derive(Debug, Clone, Default)]
pub(crate) struct PoolStock {
    /// Free units per location and variant.
    pub free: HashMap<Key, i64>,
    /// Units per variant that others claim: carts that hold and orders that wait. What lies nowhere has no claims here.
    pub claimed: HashMap<VariantId, i64>,
    /// Whether any channel has routing rules; then units may wait although they are there.
    pub has_rules: bool,
}

impl Pool {
    /// Reads it: five statements, two more when there are bundles. Claims are read before stock: a hold that turns
    /// into committed stock meanwhile counts twice rather than not at all.
    pub(super) async fn load(
        db: &impl ConnectionTrait,
        channel_id: ChannelId,
        ids: &[VariantId],
        now: DateTime<Utc>,
        except: Option<CartId>,
    ) -> Result<Self> {
        let mut pool = Self::without_stock(db, channel_id, ids, now, except).await?;
        let locations: Vec<LocationId> = pool.places.iter().map(|place| place.location_id).collect();
        let counted: Vec<VariantId> = pool.goods.counted().into_iter().collect();
        pool.shelves = shelves(db, &locations, &counted, now).await?;
        Ok(pool)
    }

    /// Like [`Self::load`] for who only asks for [`Self::net`] over [`Self::serving`]: the database sums the levels of
    /// each variant, and the sum lies on the first of these locations. With bundles among the goods, which must be whole
    /// at one location, every level is read.
    pub(super) async fn load_summed(
        db: &impl ConnectionTrait,
        channel_id: ChannelId,
        ids: &[VariantId],
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let mut pool = Self::without_stock(db, channel_id, ids, now, None).await?;
        let serving: Vec<LocationId> = pool.serving().into_iter().collect();
        let counted: Vec<VariantId> = pool.goods.counted().into_iter().collect();
        if !pool.goods.components.is_empty() {
            pool.shelves = shelves(db, &serving, &counted, now).await?;
        } else if let Some(first) = serving.first() {
            let sums = sums(db, &serving, &counted, now).await?;
            let shelf = |on_hand| Shelf { counters: Counters { on_hand, ..Counters::default() }, expired: 0 };
            pool.shelves = sums.into_iter().map(|sum| ((*first, sum.variant_id), shelf(sum.quantity))).collect();
        }
        Ok(pool)
    }

    async fn without_stock(
        db: &impl ConnectionTrait,
        channel_id: ChannelId,
        ids: &[VariantId],
        now: DateTime<Utc>,
        except: Option<CartId>,
    ) -> Result<Self> {
        let goods = Goods::load(db, ids).await?;
        let counted: Vec<VariantId> = goods.counted().into_iter().collect();
        let places = places(db, channel_id).await?;
        if counted.is_empty() {
            return Ok(Self { places, goods, ..Self::default() });
        }
        let holds = holds(db, channel_id, &counted, now, except).await?;
        let unrouted = unrouted(db, channel_id, &counted).await?;
        Ok(Self { places, goods, shelves: BTreeMap::new(), holds, unrouted })
    }

    /// Units of a part that are free at a location.
    pub(super) fn at(&self, location: LocationId, part: VariantId) -> i64 {
        self.shelves.get(&(location, part)).map_or(0, Shelf::available)
    }

    /// Units of a variant that can be made up at a location; `None` when nothing of it is counted.
    pub(super) fn whole_at(&self, location: LocationId, variant: VariantId) -> Option<i64> {
        self.goods
            .parts(variant)
            .into_iter()
            .map(|(part, per_unit)| self.at(location, part).max(0).checked_div(per_unit).unwrap_or(0))
            .min()
    }

    /// Units of a part that are claimed by holds and by orders that wait for a location.
    pub(super) fn claimed(&self, part: VariantId) -> i64 {
        let of = |claims: &HashMap<VariantId, i64>| claims.get(&part).copied().unwrap_or(0);
        of(&self.holds).saturating_add(of(&self.unrouted))
    }

    /// Units of a variant that some locations have together, after claims; below zero when more is claimed than there
    /// is. `None` when nothing of it is counted. A bundle must be whole at one location.
    pub(super) fn net(&self, variant: VariantId, locations: &BTreeSet<LocationId>) -> Option<i64> {
        let whole: i64 = locations.iter().filter_map(|location| self.whole_at(*location, variant)).sum();
        self.goods
            .parts(variant)
            .into_iter()
            .map(|(part, per_unit)| {
                let there: i64 = locations.iter().map(|location| self.at(*location, part)).sum();
                there.saturating_sub(self.claimed(part)).div_euclid(per_unit.max(1)).min(whole)
            })
            .min()
    }

    /// The locations whose stock the channel sells without naming a place.
    pub(super) fn serving(&self) -> BTreeSet<LocationId> {
        self.places.iter().filter(|place| place.serves_all()).map(|place| place.location_id).collect()
    }
}

async fn places(db: &impl ConnectionTrait, channel_id: ChannelId) -> Result<Vec<Place>> {
    let statement = Sql::new(db.get_database_backend())
        .push(
            "SELECT l.id AS location_id, l.fulfills_online, c.kind AS channel_kind FROM channel_location cl \
               JOIN location l ON l.id = cl.location_id JOIN channel c ON c.id = cl.channel_id \
               WHERE l.active AND cl.channel_id = ",
        )
        .bind(channel_id.uuid())
        .push(" ORDER BY cl.priority, l.id")
        .build();
    Ok(Place::find_by_statement(statement).all(db).await?)
}

/// Units that live holds claim from the pool that a channel draws on, per variant; one cart's own may be left out.
pub(crate) async fn holds(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
    now: DateTime<Utc>,
    except: Option<CartId>,
) -> Result<HashMap<VariantId, i64>> {
    let pool = Claimed { channel_id, variants, now, except };
    let statement = pool.select(Sql::new(db.get_database_backend())).build();
    let claims = Claim::find_by_statement(statement).all(db).await?;
    Ok(claims.into_iter().map(|claim| (claim.variant_id, claim.quantity)).collect())
}

/// Which holds count.
#[derive(Clone, Copy)]
struct Claimed<'a> {
    channel_id: ChannelId,
    variants: &'a [VariantId],
    now: DateTime<Utc>,
    except: Option<CartId>,
}

impl Claimed<'_> {
    /// Appends the query of the held units per variant.
    fn select(self, sql: Sql) -> Sql {
        let sql = sql
            .push("SELECT variant_id, CAST(SUM(quantity) AS BIGINT) AS quantity FROM stock_hold WHERE variant_id IN ")
            .list(self.variants.iter().map(|id| id.uuid()))
            .push(" AND expires_at > ")
            .bind(self.now)
            .push(" AND (channel_id = ")
            .bind(self.channel_id.uuid())
            .push(" OR channel_id")
            .push(RIVALS)
            .bind(self.channel_id.uuid())
            .push("))");
        let sql = match self.except {
            Some(cart) => sql.push(" AND (cart_id IS NULL OR cart_id <> ").bind(cart.uuid()).push(")"),
            None => sql,
        };
        sql.push(" GROUP BY variant_id")
    }
}

/// Units of placed orders that wait for a location in the pool that a channel draws on, per variant.
pub(crate) async fn unrouted(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
) -> Result<HashMap<VariantId, i64>> {
    let asker = Asker { channel_id, cart_id: None, order_id: None, after: None };
    let statement = waiting(Sql::new(db.get_database_backend()), asker, variants).build();
    let claims = Claim::find_by_statement(statement).all(db).await?;
    Ok(claims.into_iter().map(|claim| (claim.variant_id, claim.quantity)).collect())
}

/// Appends the query of the units that wait for a location, per variant.
fn waiting(sql: Sql, asker: Asker, variants: &[VariantId]) -> Sql {
    let sql = sql
        .push(
            "SELECT l.variant_id, CAST(SUM(l.quantity - l.fulfilled - l.rejected) AS BIGINT) AS quantity \
               FROM fulfillment_order f JOIN fulfillment_order_line l ON l.fulfillment_order_id = f.id \
               JOIN orders o ON o.id = f.order_id WHERE f.location_id IS NULL \
               AND f.status IN ('SCHEDULED', 'OPEN', 'IN_PROGRESS', 'PACKED', 'ON_HOLD') AND l.variant_id IN ",
        )
        .list(variants.iter().map(|id| id.uuid()))
        .push(" AND (o.channel_id = ")
        .bind(asker.channel_id.uuid())
        .push(" OR o.channel_id")
        .push(RIVALS)
        .bind(asker.channel_id.uuid())
        .push("))");
    let sql = match asker.order_id {
        Some(order) => sql.push(" AND f.order_id <> ").bind(order.uuid()),
        None => sql,
    };
    let strict = " AND EXISTS (SELECT 1 FROM variant v WHERE v.id = l.variant_id AND v.inventory_policy = 'DENY')";
    let sql = match asker.after {
        Some((Some(promise), work)) => sql
            .push(strict)
            .push(" AND (f.fulfill_by < ")
            .bind(promise)
            .push(" OR (f.fulfill_by = ")
            .bind(promise)
            .push(" AND f.id < ")
            .bind(work.uuid())
            .push("))"),
        Some((None, work)) => {
            sql.push(strict).push(" AND (f.fulfill_by IS NOT NULL OR f.id < ").bind(work.uuid()).push(")")
        }
        None => sql,
    };
    sql.push(" GROUP BY l.variant_id")
}

/// The levels of variants at locations. Expired put-aside units are read in the same statement, hence of one moment.
pub(super) async fn shelves(
    db: &impl ConnectionTrait,
    locations: &[LocationId],
    variants: &[VariantId],
    now: DateTime<Utc>,
) -> Result<BTreeMap<Key, Shelf>> {
    let rows = shelf_rows(db, locations, variants, now, None).await?;
    Ok(rows.into_iter().map(ShelfRow::into_shelf).collect())
}

/// Free units of each variant at some locations together, counting expired put-aside units.
async fn sums(
    db: &impl ConnectionTrait,
    locations: &[LocationId],
    variants: &[VariantId],
    now: DateTime<Utc>,
) -> Result<Vec<Claim>> {
    if variants.is_empty() {
        return Ok(Vec::new());
    }
    let places = || locations.iter().map(|id| id.uuid());
    let statement = Sql::new(db.get_database_backend())
        .push(
            "SELECT s.variant_id, CAST(SUM(s.on_hand - s.committed - s.reserved - s.damaged - s.quality_control \
               - s.safety_stock) + COALESCE(MAX(h.quantity), 0) AS BIGINT) AS quantity FROM stock_level s LEFT JOIN \
               (SELECT variant_id, SUM(quantity) AS quantity FROM stock_hold WHERE expires_at <= ",
        )
        .bind(now)
        .push(" AND location_id IN ")
        .list(places())
        .push(" GROUP BY variant_id) h ON h.variant_id = s.variant_id WHERE s.variant_id IN ")
        .list(variants.iter().map(|id| id.uuid()))
        .push(" AND s.location_id IN ")
        .list(places())
        .push(" GROUP BY s.variant_id")
        .build();
    Ok(Claim::find_by_statement(statement).all(db).await?)
}

/// Free units per location and variant, and what others claim of them; one statement.
pub(crate) async fn stock(
    db: &impl ConnectionTrait,
    locations: &[LocationId],
    variants: &[VariantId],
    now: DateTime<Utc>,
    asker: Asker,
) -> Result<PoolStock> {
    let rows = shelf_rows(db, locations, variants, now, Some(asker)).await?;
    let claimed = rows.iter().map(|row| (row.variant_id, row.held.saturating_add(row.waiting))).collect();
    let has_rules = rows.iter().any(|row| row.rules > 0);
    let free = rows.into_iter().map(ShelfRow::into_shelf).map(|(key, shelf)| (key, shelf.available())).collect();
    Ok(PoolStock { free, claimed, has_rules })
}

async fn shelf_rows(
    db: &impl ConnectionTrait,
    locations: &[LocationId],
    variants: &[VariantId],
    now: DateTime<Utc>,
    asker: Option<Asker>,
) -> Result<Vec<ShelfRow>> {
    if locations.is_empty() || variants.is_empty() {
        return Ok(Vec::new());
    }
    let claims = match asker {
        Some(_) => {
            "CAST(COALESCE(c.quantity, 0) AS BIGINT) AS held, CAST(COALESCE(w.quantity, 0) AS BIGINT) AS waiting, \
             (SELECT COUNT(*) FROM routing_rule WHERE active) AS rules"
        }
        None => "CAST(0 AS BIGINT) AS held, CAST(0 AS BIGINT) AS waiting, CAST(0 AS BIGINT) AS rules",
    };
    let sql = Sql::new(db.get_database_backend())
        .push(
            "SELECT s.location_id, s.variant_id, s.on_hand, s.committed, s.reserved, s.damaged, s.quality_control, \
               s.safety_stock, CAST(COALESCE(h.quantity, 0) AS BIGINT) AS expired, ",
        )
        .push(claims)
        .push(
            " FROM stock_level s LEFT JOIN \
               (SELECT location_id, variant_id, SUM(quantity) AS quantity FROM stock_hold \
               WHERE location_id IS NOT NULL AND expires_at <= ",
        )
        .bind(now)
        .push(" GROUP BY location_id, variant_id) h ON h.location_id = s.location_id AND h.variant_id = s.variant_id");
    let sql = match asker {
        Some(asker) => {
            let held = Claimed { channel_id: asker.channel_id, variants, now, except: asker.cart_id };
            let sql = held.select(sql.push(" LEFT JOIN (")).push(") c ON c.variant_id = s.variant_id LEFT JOIN (");
            waiting(sql, asker, variants).push(") w ON w.variant_id = s.variant_id")
        }
        None => sql,
    };
    let statement = sql
        .push(" WHERE s.variant_id IN ")
        .list(variants.iter().map(|id| id.uuid()))
        .push(" AND s.location_id IN ")
        .list(locations.iter().map(|id| id.uuid()))
        .build();
    Ok(ShelfRow::find_by_statement(statement).all(db).await?)
}

impl ShelfRow {
    const fn into_shelf(self) -> (Key, Shelf) {
        let counters = Counters {
            on_hand: self.on_hand,
            committed: self.committed,
            reserved: self.reserved,
            damaged: self.damaged,
            quality_control: self.quality_control,
            safety_stock: self.safety_stock,
            // What is promised does not depend on numbers.
            numbered: 0,
        };
        ((self.location_id, self.variant_id), Shelf { counters, expired: self.expired })
    }
}
