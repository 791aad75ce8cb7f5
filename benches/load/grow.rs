//! A large shop, written in bulk: every variant at every location, with the ledger that its levels add up to, and a
//! queue of open work. What is written is a copy of rows that commands wrote, so that the audit holds.

use domain::Ctx;
use domain::cart::NewLine;
use domain::cart::contact::Contact;
use domain::cart::create::{CreateCart, create};
use domain::fulfillment::complete_cart::{CompleteCart, complete_cart};
use domain::kernel::Actor;
use domain::payment::tender::TenderInput;
use entity::address::Address;
use entity::id::{ChannelId, LocationId, OrderId, ShippingMethodId, VariantId};
use entity::money::Money;
use entity::words::{DeliveryMethod, Gateway, TestOutcome};
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, EntityTrait, Iden, Iterable, TransactionTrait};
use uuid::Uuid;

/// Variants of one product.
const PER_PRODUCT: u64 = 4;

/// How large the shop is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) variants: u64,
    pub(crate) locations: u64,
    pub(crate) queue: u64,
}

/// What the measurements need to know of the shop.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) channel: ChannelId,
    pub(crate) shipping: ShippingMethodId,
    /// Ids of the variants that were added.
    pub(crate) variants: Vec<VariantId>,
    /// The location with the long queue.
    pub(crate) busy: LocationId,
}

/// Which table an id belongs to: one digit of it.
const PRODUCT: u8 = 1;
const VARIANT: u8 = 2;
const PRICE: u8 = 3;
const PLACE: u8 = 4;
const MOVEMENT: u8 = 5;
const EVENT: u8 = 6;
const ORDER: u8 = 7;
const LINE: u8 = 8;
const SHIPPING: u8 = 9;
const PAYMENT: u8 = 10;
const PAID: u8 = 11;
const WORK: u8 = 12;
const WORK_LINE: u8 = 13;
const TAKEN: u8 = 14;
const DECISION: u8 = 15;
const PLACED: u8 = 16;
const OPENED: u8 = 17;

/// The id of the n-th row, the same in Rust and in SQL.
fn uuid(table: u8, number: u64) -> Uuid {
    Uuid::from_u128((0x0190_0000_0000_7000_8000_u128 + u128::from(table)) << 48 | u128::from(number))
}

fn uuid_sql(backend: DatabaseBackend, table: u8, number: &str) -> String {
    let table = 0x8000 + u32::from(table);
    if backend == DatabaseBackend::Postgres {
        format!("CAST('01900000-0000-7000-{table:04x}-' || lpad(to_hex({number}), 12, '0') AS uuid)")
    } else {
        format!("unhex('0190000000007000{table:04x}' || printf('%012x', {number}))")
    }
}

fn literal(backend: DatabaseBackend, id: Uuid) -> String {
    if backend == DatabaseBackend::Postgres { format!("CAST('{id}' AS uuid)") } else { format!("X'{}'", id.simple()) }
}

/// `INSERT INTO table` one copy per number of the rows of `template`, with some columns by an expression over `n.i`.
fn copies<E: EntityTrait>(entity: E, count: u64, template: &str, changes: &[(&str, String)]) -> String {
    let table = entity.table_name();
    let columns: Vec<String> = E::Column::iter().map(|column| Iden::unquoted(&column).to_owned()).collect();
    let value = |name: &String| {
        let changed = changes.iter().find(|(column, _)| column == name);
        changed.map_or_else(|| format!("t.{name}"), |(_, value)| value.clone())
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!(
        "WITH RECURSIVE n(i) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) \
         INSERT INTO {table} ({}) SELECT {} FROM n CROSS JOIN ({template}) AS t",
        columns.join(", "),
        values.join(", "),
    )
}

struct Writer<'a> {
    db: &'a DatabaseConnection,
    backend: DatabaseBackend,
}

impl Writer<'_> {
    /// All statements in one transaction that may take its time.
    async fn run(&self, statements: &[String]) {
        let transaction = self.db.begin().await.unwrap();
        if self.backend == DatabaseBackend::Postgres {
            // The throw-away cluster's user may leave the foreign keys of these copies unchecked.
            let settings = "SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica";
            transaction.execute_unprepared(settings).await.unwrap();
        }
        for sql in statements {
            transaction.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
        }
        transaction.commit().await.unwrap();
    }

    /// SQLite keeps the indexes in memory while it fills them, and does not wait for the disk.
    async fn hurry(&self, on: bool) {
        if self.backend == DatabaseBackend::Sqlite {
            let (cache, synchronous) = if on { (-1_000_000, "OFF") } else { (-16_000, "FULL") };
            let pragmas = format!("PRAGMA cache_size = {cache}; PRAGMA synchronous = {synchronous}");
            self.db.execute_unprepared(&pragmas).await.unwrap();
        }
    }

    fn id(&self, table: u8, number: &str) -> String {
        uuid_sql(self.backend, table, number)
    }

    /// Products with their variants and prices, copies of one that commands made.
    async fn catalog(&self, variants: u64) {
        let of_template = "(SELECT id FROM variant WHERE sku = 'load-0')";
        let product = format!("n.i / {PER_PRODUCT}");
        self.run(&[
            copies(
                entity::product::Entity,
                variants.div_ceil(PER_PRODUCT),
                "SELECT * FROM product WHERE slug = 'load-0'",
                &[
                    ("id", self.id(PRODUCT, "n.i")),
                    ("slug", "'scale-' || n.i".to_owned()),
                    ("title", "'Scale ' || n.i".to_owned()),
                ],
            ),
            copies(
                entity::variant::Entity,
                variants,
                "SELECT * FROM variant WHERE sku = 'load-0'",
                &[
                    ("id", self.id(VARIANT, "n.i")),
                    ("product_id", self.id(PRODUCT, &product)),
                    ("position", format!("CAST(1 + n.i % {PER_PRODUCT} AS integer)")),
                    ("title", format!("'Size ' || (n.i % {PER_PRODUCT})")),
                    ("sku", "'scale-' || n.i".to_owned()),
                ],
            ),
            copies(
                entity::price::Entity,
                variants,
                &format!("SELECT * FROM price WHERE variant_id = {of_template} AND valid_to IS NULL"),
                &[("id", self.id(PRICE, "n.i")), ("variant_id", self.id(VARIANT, "n.i"))],
            ),
        ])
        .await;
    }

    /// Stores that ship and hand over, serving the web shop until it has so many.
    async fn places(&self, count: u64) {
        self.run(&[
            copies(
                entity::location::Entity,
                count,
                "SELECT * FROM location WHERE code = 'shibuya'",
                &[
                    ("id", self.id(PLACE, "n.i")),
                    ("code", "'scale-' || n.i".to_owned()),
                    ("name", "'Scale ' || n.i".to_owned()),
                    ("external_reference", "NULL".to_owned()),
                    ("fulfills_online", "TRUE".to_owned()),
                    ("pickup_enabled", "TRUE".to_owned()),
                    ("latitude_e6", "CAST(31000000 + n.i * 240000 AS integer)".to_owned()),
                    ("longitude_e6", "CAST(130000000 + n.i * 220000 AS integer)".to_owned()),
                ],
            ),
            copies(
                entity::channel_location::Entity,
                count,
                "SELECT * FROM channel_location WHERE channel_id = (SELECT id FROM channel WHERE code = 'online-jp') LIMIT 1",
                &[("location_id", self.id(PLACE, "n.i")), ("priority", "CAST(100 + n.i AS integer)".to_owned())],
            ),
        ])
        .await;
    }

    /// A level of every variant at one location, and the receipt that it comes from.
    async fn stock(&self, variants: u64, place: LocationId, number: u64) {
        let place = literal(self.backend, place.uuid());
        let event = literal(self.backend, uuid(EVENT, number));
        let quantity = format!("1 + (n.i * 7 + {number} * 13) % 20");
        let receipt = "FROM stock_movement WHERE variant_id = (SELECT id FROM variant WHERE sku = 'load-0') LIMIT 1";
        let level =
            "SELECT * FROM stock_level WHERE variant_id = (SELECT id FROM variant WHERE sku = 'load-0') LIMIT 1";
        self.run(&[
            copies(
                entity::event::Entity,
                1,
                &format!("SELECT * FROM event WHERE id = (SELECT event_id {receipt})"),
                &[("id", event.clone())],
            ),
            copies(
                entity::stock_level::Entity,
                variants,
                level,
                &[
                    ("location_id", place.clone()),
                    ("variant_id", self.id(VARIANT, "n.i")),
                    ("on_hand", quantity.clone()),
                    ("safety_stock", "0".to_owned()),
                    ("turnover", quantity.clone()),
                ],
            ),
            copies(
                entity::stock_movement::Entity,
                variants,
                &format!("SELECT * {receipt}"),
                &[
                    ("id", self.id(MOVEMENT, &format!("n.i + {}", number * variants))),
                    ("location_id", place),
                    ("variant_id", self.id(VARIANT, "n.i")),
                    ("quantity", quantity),
                    ("event_id", event),
                ],
            ),
        ])
        .await;
    }

    /// So many copies of an order of one line that waits at a location.
    async fn queue(&self, order: OrderId, count: u64) {
        let order = literal(self.backend, order.uuid());
        let of = |table: &str| format!("SELECT * FROM {table} WHERE order_id = {order}");
        let payment = format!("(SELECT id FROM payment WHERE order_id = {order})");
        let work = format!("(SELECT id FROM fulfillment_order WHERE order_id = {order})");
        let line = format!("(SELECT id FROM fulfillment_order_line WHERE fulfillment_order_id = {work})");
        let new = |table: u8| self.id(table, "n.i");
        let no = || "NULL".to_owned();
        let facts = format!(
            "SELECT e.*, row_number() OVER (ORDER BY id) AS rank FROM payment_event e WHERE payment_id = {payment}"
        );
        let mut statements = vec![
            copies(
                entity::order::Entity,
                count,
                &format!("SELECT * FROM orders WHERE id = {order}"),
                &[
                    ("id", new(ORDER)),
                    ("number", "'SCALE-' || n.i".to_owned()),
                    ("cart_id", no()),
                    ("token_hash", no()),
                ],
            ),
            copies(
                entity::order_line::Entity,
                count,
                &of("order_line"),
                &[("id", new(LINE)), ("order_id", new(ORDER))],
            ),
            copies(entity::order_tax::Entity, count, &of("order_tax"), &[("order_id", new(ORDER))]),
            copies(
                entity::order_shipping::Entity,
                count,
                &of("order_shipping"),
                &[("id", new(SHIPPING)), ("order_id", new(ORDER))],
            ),
            copies(
                entity::payment::Entity,
                count,
                &of("payment"),
                &[("id", new(PAYMENT)), ("order_id", new(ORDER)), ("cart_id", no())],
            ),
            copies(
                entity::payment_event::Entity,
                count,
                &facts,
                &[
                    ("id", self.id(PAID, "n.i * 10 + t.rank")),
                    ("payment_id", new(PAYMENT)),
                    ("gateway_reference", no()),
                ],
            ),
            copies(
                entity::fulfillment_order::Entity,
                count,
                &of("fulfillment_order"),
                &[("id", new(WORK)), ("order_id", new(ORDER))],
            ),
            copies(
                entity::fulfillment_order_line::Entity,
                count,
                &format!("SELECT * FROM fulfillment_order_line WHERE fulfillment_order_id = {work}"),
                &[("id", new(WORK_LINE)), ("fulfillment_order_id", new(WORK)), ("order_line_id", new(LINE))],
            ),
            copies(
                entity::routing_decision::Entity,
                count,
                &of("routing_decision"),
                &[("id", new(DECISION)), ("order_id", new(ORDER))],
            ),
            copies(
                entity::stock_movement::Entity,
                count,
                &format!("SELECT * FROM stock_movement WHERE cause_id = {line}"),
                &[("id", new(TAKEN)), ("cause_id", new(WORK_LINE))],
            ),
        ];
        let told = |kind: &str| {
            format!("SELECT * FROM event WHERE kind = '{kind}' AND (aggregate_id = {order} OR aggregate_id = {work})")
        };
        for (kind, table, about) in [("order_placed", PLACED, ORDER), ("fulfillment_order_opened", OPENED, WORK)] {
            let changes = [("id", new(table)), ("aggregate_id", new(about))];
            statements.push(copies(entity::event::Entity, count, &told(kind), &changes));
        }
        // The mails of these orders are not what is measured: their events count as handled.
        let handled = format!(
            "SELECT 'load' AS handler, 'skipped' AS outcome, occurred_at AS handled_at FROM ({}) AS told",
            told("order_placed"),
        );
        let changes = [("event_id", new(PLACED))];
        statements.push(copies(entity::event_delivery::Entity, count, &handled, &changes));
        statements.push(format!(
            "UPDATE stock_level SET committed = committed + {count} WHERE (location_id, variant_id) = \
             (SELECT location_id, variant_id FROM stock_movement WHERE cause_id = {line})"
        ));
        self.run(&statements).await;
    }
}

/// Grows the demo's shop with the goods of the load to this size.
pub(crate) async fn grow(ctx: &Ctx, size: Size, hot: VariantId) -> Shop {
    use sea_orm::{ColumnTrait, QueryFilter};
    let db = ctx.services.db.writer();
    let writer = Writer { db, backend: db.get_database_backend() };
    let online = entity::channel::Entity::find().filter(entity::channel::Column::Code.eq("online-jp"));
    let channel = online.one(db).await.unwrap().unwrap().id;
    let method = entity::shipping_method::Entity::find()
        .filter(entity::shipping_method::Column::ChannelId.eq(channel))
        .filter(entity::shipping_method::Column::Code.eq("takuhai"));
    let shipping = method.one(db).await.unwrap().unwrap().id;
    let before = domain::channel::query::locations(db, channel).await.unwrap().len();
    writer.hurry(true).await;
    writer.catalog(size.variants).await;
    writer.places(size.locations.saturating_sub(u64::try_from(before).unwrap())).await;
    let places = domain::channel::query::locations(db, channel).await.unwrap();
    let limit = usize::try_from(size.locations).unwrap();
    for (number, (place, _)) in (0..).zip(places.iter().take(limit)) {
        writer.stock(size.variants, place.id, number).await;
    }
    let variants: Vec<VariantId> = (0..size.variants).map(|number| VariantId(uuid(VARIANT, number))).collect();
    let mut shop = Shop { channel, shipping, variants, busy: places[0].0.id };
    let order = buy(ctx, &shop, &[hot], "queue").await.0;
    let work = entity::fulfillment_order::Entity::find();
    let work = work.filter(entity::fulfillment_order::Column::OrderId.eq(order)).one(db).await.unwrap().unwrap();
    shop.busy = work.location_id.unwrap();
    writer.queue(order, size.queue).await;
    let analyze = if writer.backend == DatabaseBackend::Postgres {
        "SET statement_timeout = 0; ANALYZE; RESET statement_timeout"
    } else {
        "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)"
    };
    db.execute_unprepared(analyze).await.unwrap();
    writer.hurry(false).await;
    shop
}

/// Buys one of each variant as a guest; returns the order and the statements of its placement.
pub(crate) async fn buy(
    ctx: &Ctx,
    shop: &Shop,
    variants: &[VariantId],
    key: &str,
) -> (OrderId, u64, std::time::Duration) {
    let guest = ctx.with_actor(Actor::Guest { cart_id: None, order_id: None });
    let address = Address {
        family_name: "山田".to_owned(),
        given_name: "花子".to_owned(),
        family_name_kana: "ヤマダ".to_owned(),
        given_name_kana: "ハナコ".to_owned(),
        country: "JP".to_owned(),
        postal_code: "150-0002".to_owned(),
        region: "東京都".to_owned(),
        city: "渋谷区".to_owned(),
        line1: "渋谷2-21-1".to_owned(),
        phone: "+81312345678".to_owned(),
        latitude_e6: Some(35_659_025),
        longitude_e6: Some(139_703_473),
        ..Address::default()
    };
    let line = |variant_id: &VariantId| NewLine {
        variant_id: *variant_id,
        quantity: 1,
        delivery: Some(DeliveryMethod::Ship),
        pickup_location_id: None,
        metadata: serde_json::json!({}),
    };
    let contact = Contact { email: Some("load@example.com".to_owned()), ..Contact::default() };
    let input = CreateCart {
        channel_id: shop.channel,
        locale: None,
        lines: variants.iter().map(line).collect(),
        contact,
        shipping_address: Some(address),
        billing_address: None,
        shipping_method_id: Some(shop.shipping),
        codes: Vec::new(),
        metadata: serde_json::json!({}),
    };
    let made = create(&guest, input).await.unwrap();
    let cart = made.view.cart;
    let holder = ctx.with_actor(Actor::Guest { cart_id: Some(cart.id), order_id: None });
    let (before, started) = (holder.statements.get(), std::time::Instant::now());
    let done = complete_cart(
        &holder,
        CompleteCart {
            cart_id: cart.id,
            expected_total: Money::new(made.view.priced.totals.total, cart.currency),
            payments: vec![TenderInput {
                gateway: Gateway::Test,
                amount: None,
                tendered: None,
                reference: None,
                code: None,
                method: None,
                test_outcome: TestOutcome::Approve,
            }],
            idempotency_key: key.to_owned(),
        },
    )
    .await
    .unwrap();
    (done.order.id, holder.statements.get() - before, started.elapsed())
}
