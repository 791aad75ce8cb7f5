//! A shop with a warehouse, a store and a till, and carts to buy with.

use domain::Ctx;
use domain::fulfillment::complete_cart::{CompleteCart, Completed, complete_cart};
use domain::kernel::Actor;
use domain::kernel::secret::token_hash;
use domain::payment::tender::TenderInput;
use entity::id::{CartId, CartLineId, LocationId, OrderId, RegisterId, ShippingMethodId, VariantId};
use entity::money::{Currency, Money};
use entity::text_list::TextList;
use entity::words::{CartStatus, DeliveryMethod, Gateway, TestOutcome};
use entity::{cart, cart_line, channel, location, payment_event, register, stock_level};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::World;
use support::build::japanese_address;

/// A shop that sells online and at a till.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) online: channel::Model,
    pub(crate) pos: channel::Model,
    pub(crate) store: location::Model,
    pub(crate) warehouse: location::Model,
    pub(crate) register: RegisterId,
    pub(crate) shipping: ShippingMethodId,
}

/// What a test puts into a cart.
pub(crate) type Line = (VariantId, i64, DeliveryMethod, Option<LocationId>);

impl Shop {
    pub(crate) async fn open(world: &World) -> Self {
        let warehouse = world.warehouse("WH").await;
        let store = world.store("SBY").await;
        let online = world.channel("online").served_by(&warehouse).served_by(&store).create().await;
        let pos = world.channel("pos").pos().served_by(&store).create().await;
        let shipping = world.shipping_method(&online, "standard", 550).await.create().await;
        let register = RegisterId(world.new_uuid());
        let row = register::Model {
            id: register,
            code: "SBY-1".to_owned(),
            name: "Till 1".to_owned(),
            location_id: store.id,
            channel_id: pos.id,
            last_receipt_number: 0,
            active: true,
            created_at: world.now(),
            last_z_number: 0,
            requires_session: false,
            cash_limit: None,
        };
        register::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
        Self { world: world.clone(), online, pos, store, warehouse, register, shipping: shipping.id }
    }

    /// A guest's cart with contact, address and shipping method; the context holds its secret.
    pub(crate) async fn cart(&self, lines: &[Line]) -> (CartId, Ctx) {
        let world = &self.world;
        let id = CartId(world.new_uuid());
        let row = cart::Model {
            id,
            channel_id: self.online.id,
            customer_id: None,
            token_hash: token_hash(&id.to_string()),
            code: None,
            code_expires_at: None,
            status: CartStatus::Active,
            currency: self.online.currency,
            locale: "ja".to_owned(),
            email: Some("hanako@example.jp".to_owned()),
            phone: None,
            contact_name: None,
            shipping_address: Some(japanese_address()),
            billing_address: None,
            shipping_method_id: Some(self.shipping),
            note: String::new(),
            codes: TextList::default(),
            merged_into_id: None,
            version: 1,
            metadata: json!({}),
            created_at: world.now(),
            updated_at: world.now(),
            delivery_on: None,
            delivery_slot: None,
        };
        cart::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
        for (position, (variant_id, quantity, delivery, pickup_location_id)) in (1..).zip(lines.iter().copied()) {
            let line = cart_line::Model {
                id: CartLineId(world.new_uuid()),
                cart_id: id,
                variant_id,
                quantity,
                delivery,
                pickup_location_id,
                price_seen: 1_000,
                position,
                metadata: json!({}),
                created_at: world.now(),
            };
            cart_line::Entity::insert(line.into_active_model().reset_all())
                .exec_without_returning(world.db())
                .await
                .unwrap();
        }
        (id, world.ctx().with_actor(Actor::Guest { cart_id: Some(id), order_id: None }))
    }

    /// A cart of one line to ship.
    pub(crate) async fn cart_of(&self, variant: VariantId, quantity: i64) -> (CartId, Ctx) {
        self.cart(&[(variant, quantity, DeliveryMethod::Ship, None)]).await
    }

    /// Units at a location: (on hand, committed).
    pub(crate) async fn level(&self, location: &location::Model, variant: VariantId) -> (i64, i64) {
        let found = stock_level::Entity::find_by_id((location.id, variant)).one(self.world.db()).await.unwrap();
        found.map_or((0, 0), |level| (level.on_hand, level.committed))
    }

    /// The order's work as (location, status, units), in order of location code.
    pub(crate) async fn work(&self, order: OrderId) -> Vec<(Option<LocationId>, String, i64)> {
        let db = self.world.db();
        let rows = domain::fulfillment::query::of_orders(db, &[order]).await.unwrap();
        let ids: Vec<_> = rows.iter().map(|work| work.id).collect();
        let lines = domain::fulfillment::query::lines(db, &ids).await.unwrap();
        let units = |id| lines.iter().filter(|line| line.fulfillment_order_id == id).map(|line| line.quantity).sum();
        let mut work: Vec<_> =
            rows.iter().map(|work| (work.location_id, work.status.to_string(), units(work.id))).collect();
        work.sort();
        work
    }

    /// Everything that payment events say, oldest first.
    pub(crate) async fn payment_events(&self) -> Vec<payment_event::Model> {
        payment_event::Entity::find().all(self.world.db()).await.unwrap()
    }
}

pub(crate) fn yen(minor: i64) -> Money {
    Money::new(minor, Currency::JPY)
}

/// A tender of the test gateway over all that is left.
pub(crate) fn test_payment(test_outcome: TestOutcome) -> Vec<TenderInput> {
    vec![TenderInput {
        gateway: Gateway::Test,
        amount: None,
        tendered: None,
        reference: None,
        test_outcome,
        code: None,
        method: None,
    }]
}

/// Buys a cart with the test gateway.
pub(crate) async fn buy(ctx: &Ctx, cart_id: CartId, total: i64, key: &str) -> domain::Result<Completed> {
    let input = CompleteCart {
        cart_id,
        expected_total: yen(total),
        payments: test_payment(TestOutcome::Approve),
        idempotency_key: key.to_owned(),
    };
    complete_cart(ctx, input).await
}
