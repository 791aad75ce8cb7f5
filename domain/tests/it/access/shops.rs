//! Two channels and two stores with what lies there, and staff with grants for some of them.

use std::collections::BTreeMap;

use domain::kernel::permission::Grant;
use domain::messaging::request::{Note, note};
use domain::{Actor, Ctx, Permission};
use entity::id::*;
use entity::words::*;
use entity::{cart, channel, draft_order, flow, flow_run, flow_version, location, order, register, stock_unit};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{World, order_row};

use crate::stored_value::card_of;

macro_rules! insert {
    ($world:expr, $entity:ident, $row:expr) => {
        $entity::Entity::insert($row.into_active_model().reset_all()).exec_without_returning($world.db()).await.unwrap()
    };
}

const PERMISSIONS: [Permission; 7] = [
    Permission::OrdersRead,
    Permission::OrdersEdit,
    Permission::MessagesRead,
    Permission::FlowsRead,
    Permission::PlacesWrite,
    Permission::PosSell,
    Permission::StoredValueWrite,
];

/// A channel and a store, by their places in [`Shops`].
pub(super) type Place = (Option<usize>, Option<usize>);

/// Two channels, `A` and `B`; two stores, `1` and `2`; an order of each channel on the web, `-`, and at each store.
pub(super) struct Shops {
    world: World,
    pub(super) channels: [channel::Model; 2],
    stores: [location::Model; 2],
    pub(super) orders: BTreeMap<OrderId, String>,
    pub(super) runs: BTreeMap<FlowRunId, String>,
    pub(super) drafts: BTreeMap<CartId, String>,
}

impl Shops {
    /// Opens them. Channel A has a till at the second store, channel B has none.
    pub(super) async fn open(world: &World) -> Self {
        // Orders, drafts and runs are written by hand and are no whole ones.
        world.without_audit();
        let mut shops = Self {
            world: world.clone(),
            channels: [world.channel("a").create().await, world.channel("b").create().await],
            stores: [world.store("one").await, world.store("two").await],
            orders: BTreeMap::new(),
            runs: BTreeMap::new(),
            drafts: BTreeMap::new(),
        };
        let version = shops.flow().await;
        for (channel, name) in [(0, "A"), (1, "B")] {
            for (store, at) in [(None, "-"), (Some(0), "1"), (Some(1), "2")] {
                shops.order((channel, store), &format!("{name}{at}"), &version).await;
            }
            shops.draft(channel, name).await;
            card_of(world, shops.channels[channel].id, 1_000).await;
        }
        shops.till().await;
        shops.units().await;
        shops
    }

    async fn flow(&self) -> flow_version::Model {
        let world = &self.world;
        let row = flow::Model {
            id: FlowId(world.new_uuid()),
            code: "own".to_owned(),
            name: "own".to_owned(),
            class: MessageClass::Marketing,
            trigger_kind: "EVENT".to_owned(),
            status: FlowStatus::Off,
            is_built_in: false,
            current_number: 1,
            hold_out_percent: 0,
            version: 1,
            created_at: world.now(),
            updated_at: world.now(),
        };
        let version = flow_version::Model {
            id: FlowVersionId(world.new_uuid()),
            flow_id: row.id,
            number: 1,
            definition: json!({}),
            staff_id: None,
            created_at: world.now(),
        };
        insert!(world, flow, row);
        insert!(world, flow_version, version.clone());
        version
    }

    /// An order with a message and a run about it.
    async fn order(&mut self, (channel, store): (usize, Option<usize>), number: &str, version: &flow_version::Model) {
        let world = self.world.clone();
        let row = self.order_row((channel, store), number);
        let (id, channel_id) = (row.id, row.channel_id);
        insert!(world, order, row);
        let run = flow_run::Model {
            id: FlowRunId(world.new_uuid()),
            flow_id: version.flow_id,
            flow_version_id: version.id,
            subject_key: number.to_owned(),
            customer_id: None,
            order_id: Some(id),
            channel_id: Some(channel_id),
            status: FlowRunStatus::Done,
            step: "thank".to_owned(),
            wake_at: None,
            waits_for: None,
            variant: None,
            reason: None,
            context: json!({}),
            event_id: None,
            version: 1,
            created_at: world.now(),
            updated_at: world.now(),
        };
        self.runs.insert(run.id, number.to_owned());
        insert!(world, flow_run, run);
        let wanted = Note {
            template: "shipment_shipped",
            channel: MessageChannel::Email,
            recipient: "hanako@example.jp".to_owned(),
            locale: "ja".to_owned(),
            dedupe_key: number.to_owned(),
            subject: number.to_owned(),
            text: number.to_owned(),
            channel_id: Some(channel_id),
            customer_id: None,
            order_id: Some(id),
            event_id: None,
            step: None,
        };
        let asked = world.ctx();
        let asked = asked.write(|tx| {
            let wanted = wanted.clone();
            async move { note(&tx, wanted).await }
        });
        asked.await.unwrap().unwrap();
        self.orders.insert(id, number.to_owned());
    }

    fn order_row(&self, (channel, store): (usize, Option<usize>), number: &str) -> order::Model {
        let world = &self.world;
        let id = OrderId(world.new_uuid());
        order::Model {
            number: number.to_owned(),
            payment_status: OrderPaymentStatus::Paid,
            location_id: store.map(|store| self.stores[store].id),
            ..order_row(id, &self.channels[channel], world.now())
        }
    }

    async fn draft(&mut self, channel: usize, number: &str) {
        let world = self.world.clone();
        let id = CartId(world.new_uuid());
        let row = cart::Model {
            id,
            channel_id: self.channels[channel].id,
            customer_id: None,
            token_hash: id.to_string(),
            code: None,
            code_expires_at: None,
            status: CartStatus::Active,
            currency: self.channels[channel].currency,
            locale: "ja".to_owned(),
            email: None,
            phone: None,
            contact_name: None,
            shipping_address: None,
            billing_address: None,
            shipping_method_id: None,
            note: String::new(),
            codes: Default::default(),
            merged_into_id: None,
            version: 1,
            metadata: json!({}),
            created_at: world.now(),
            updated_at: world.now(),
            delivery_on: None,
            delivery_slot: None,
        };
        insert!(world, cart, row);
        let row = draft_order::Model {
            cart_id: id,
            number: number.to_owned(),
            staff_id: None,
            created_at: world.now(),
            updated_at: world.now(),
            customer_id: None,
            version: 1,
            expires_at: None,
            reserved_until: None,
            discarded_at: None,
        };
        insert!(world, draft_order, row);
        self.drafts.insert(id, number.to_owned());
    }

    async fn till(&self) {
        let row = register::Model {
            id: RegisterId(self.world.new_uuid()),
            code: "till".to_owned(),
            name: "till".to_owned(),
            location_id: self.stores[1].id,
            channel_id: self.channels[0].id,
            last_receipt_number: 0,
            active: true,
            created_at: self.world.now(),
            last_z_number: 0,
            requires_session: false,
            cash_limit: None,
        };
        insert!(self.world, register, row);
    }

    /// A camera with a number at each store.
    async fn units(&self) {
        let camera = self.world.product("camera").price(&self.channels[0], 50_000).create().await;
        for (store, code) in self.stores.iter().zip(["S1", "S2"]) {
            let row = stock_unit::Model {
                id: StockUnitId(self.world.new_uuid()),
                variant_id: camera.id(),
                code: code.to_owned(),
                tracking: UnitTracking::Serial,
                status: StockUnitStatus::InStock,
                location_id: Some(store.id),
                quantity: 1,
                expires_on: None,
                fulfillment_order_line_id: None,
                created_at: self.world.now(),
                updated_at: self.world.now(),
                shipment_id: None,
                transfer_id: None,
                handed_over_at: None,
            };
            insert!(self.world, stock_unit, row);
        }
    }

    /// Staff with a grant for each of some places.
    pub(super) async fn granted(&self, places: &[Place]) -> Ctx {
        let Actor::Staff { id, .. } = self.world.staff(&[]).await.actor else { panic!("staff") };
        let grant = |(channel, store): &Place| Grant {
            permissions: PERMISSIONS.into(),
            channel_id: channel.map(|channel| self.channels[channel].id),
            location_id: store.map(|store| self.stores[store].id),
        };
        let grants: Vec<Grant> = places.iter().map(grant).collect();
        self.world.ctx().with_actor(Actor::Staff { id, grants: grants.into(), till: None })
    }
}
