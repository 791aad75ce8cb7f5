//! A shop in which every root field finds what it asks for, and the people who ask.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::access::{
    CreateAdmin, CreateApiKey, PairDevice, RoleAt, StaffSignIn, UpsertStaff, create_admin, create_api_key,
    create_pairing, pair_device, staff_sign_in, upsert_staff,
};
use domain::{Ctx, Permission};
use entity::id::{LocationId, RegisterId};
use entity::words::IdentifierKind;
use entity::{location, order, payment, register};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use support::World;

use super::schema::Values;
use crate::harness::{Caller, TestApp};
use crate::must_hold::shop::{self, CART_COMPLETE, Shop};

const PASSWORD: &str = "correct horse battery staple";

/// The shop and its people.
pub(super) struct Place {
    pub(super) shop: Shop,
    /// Another store, at which nothing of the above lies.
    pub(super) elsewhere: location::Model,
    ids: HashMap<&'static str, String>,
    /// Names that were given out.
    names: AtomicUsize,
    device_token: String,
    pub(super) cart_token: String,
    pub(super) customer_token: String,
}

impl Place {
    /// Opens it: goods, a till, a customer with a cart, and an order that is paid.
    pub(super) async fn open(app: &TestApp) -> Self {
        let world = app.world();
        let shop = shop::open(world, 10).await;
        let elsewhere = world.store("sapporo").await;
        let boss = CreateAdmin { email: "boss@staff.example".into(), name: "Boss".into(), password: PASSWORD.into() };
        create_admin(&world.ctx(), boss).await.unwrap();
        let register = register(world, &shop).await;
        let pairing = create_pairing(&world.ctx(), register.id).await.unwrap();
        let paired =
            pair_device(&world.guest(), PairDevice { code: pairing.code, name: "till 1".into() }).await.unwrap();
        let customer = world.new_customer("山田", "花子").verified(IdentifierKind::Email, "hanako@example.com");
        let hash = domain::access::password::hash(&world.ctx(), PASSWORD).await.unwrap();
        let customer = customer.with(|row| row.password_hash = Some(hash)).create().await;
        let customer_token = sign_in_customer(app).await;

        let buyer = shop.buyer(&app.shop(), "guest@example.com").await;
        buyer.caller.run("cartComplete", CART_COMPLETE, buyer.completion("walk")).await;
        let order = order::Entity::find().one(world.db()).await.unwrap().unwrap();
        let payment = payment::Entity::find().one(world.db()).await.unwrap().unwrap();
        let waiting = shop.buyer(&app.shop(), "guest@example.com").await;
        let cart_token = waiting.caller.header_value("x-cart-token");
        app.run_jobs().await;
        let message = entity::message::Entity::find().one(world.db()).await.unwrap().unwrap();
        let ids = HashMap::from([
            ("variantId", shop.sku.id().to_string()),
            ("productId", shop.sku.product.id.to_string()),
            ("locationId", shop.store.id.to_string()),
            ("pickupLocationId", shop.store.id.to_string()),
            ("channelId", shop.online.id.to_string()),
            ("registerId", register.id.to_string()),
            ("deviceId", paired.device.id.to_string()),
            ("customerId", customer.id.to_string()),
            ("orderId", order.id.to_string()),
            ("paymentId", payment.id.to_string()),
            ("messageId", message.id.to_string()),
            ("cartId", waiting.cart_id.clone()),
            ("taxClassId", shop.sku.product.tax_class_id.to_string()),
        ]);
        Self {
            elsewhere,
            ids,
            names: AtomicUsize::new(0),
            device_token: paired.secret,
            cart_token,
            customer_token,
            shop,
        }
    }

    /// A member of staff with the administrator's role, everywhere or at one location.
    pub(super) async fn administrator(&self, app: &TestApp, at: Option<LocationId>) -> Caller {
        let role = RoleAt { code: "admin".into(), location_id: at, channel_id: None };
        self.employee(app, vec![role]).await
    }

    /// A member of staff with these roles.
    pub(super) async fn employee(&self, app: &TestApp, roles: Vec<RoleAt>) -> Caller {
        let (ctx, email) = (app.world().ctx(), format!("{}@staff.example", app.world().new_uuid().simple()));
        let person = UpsertStaff {
            id: None,
            email: email.clone(),
            name: "Sato".into(),
            locale: "ja".into(),
            password: Some(PASSWORD.into()),
            pin: None,
            active: true,
            roles: Some(roles),
            expected_version: None,
        };
        upsert_staff(&ctx, person).await.unwrap();
        let session = staff_sign_in(&app.world().guest(), StaffSignIn { email, password: PASSWORD.into() }).await;
        bearer(&app.staff(), &session.unwrap().tokens.access_token)
    }

    /// An app with these permissions.
    pub(super) async fn app(&self, app: &TestApp, permissions: &[Permission]) -> Caller {
        bearer(&app.staff(), &api_key(&app.world().ctx(), permissions).await)
    }

    /// A valid id that is meant by a name.
    pub(super) fn id(&self, name: &str) -> Option<&String> {
        self.ids.get(name)
    }

    /// The paired till, with nobody signed in.
    pub(super) fn device(&self, app: &TestApp) -> Caller {
        app.staff().header("x-device-token", &self.device_token)
    }
}

/// The same caller with an access token or the secret of an app.
pub(super) fn bearer(caller: &Caller, token: &str) -> Caller {
    caller.header("authorization", &format!("Bearer {token}"))
}

async fn api_key(ctx: &Ctx, permissions: &[Permission]) -> String {
    let permissions = permissions.iter().map(|permission| permission.as_str().to_owned()).collect();
    let key = CreateApiKey { name: "robot".into(), permissions, location_ids: Vec::new(), expires_at: None };
    create_api_key(ctx, key).await.unwrap().secret
}

async fn register(world: &World, shop: &Shop) -> register::Model {
    let row = register::Model {
        id: RegisterId(world.new_uuid()),
        code: "shibuya-1".to_owned(),
        name: "1".to_owned(),
        location_id: shop.store.id,
        channel_id: shop.pos.id,
        last_receipt_number: 0,
        active: true,
        created_at: world.now(),
        last_z_number: 0,
        requires_session: false,
        cash_limit: None,
    };
    let inserted = register::Entity::insert(row.clone().into_active_model().reset_all());
    inserted.exec_without_returning(world.db()).await.unwrap();
    row
}

async fn sign_in_customer(app: &TestApp) -> String {
    let document = "mutation($input: CustomerSignInInput!) { customerSignIn(input: $input) {
        session { accessToken } errors { code message } } }";
    let input = json!({ "email": "hanako@example.com", "password": PASSWORD });
    let signed_in = app.shop().run("customerSignIn", document, input).await;
    signed_in["session"]["accessToken"].as_str().unwrap().to_owned()
}

impl Values for Place {
    fn valid(&self, field: &str, path: &str, kind: &str) -> Value {
        match kind {
            "ID" => json!(self.id(field).map_or("var_01h455vb4pex5vsknk084sn02q", String::as_str)),
            "String" => json!(text(field, path, self)),
            "Int" => json!(if field == "minDays" { 1 } else { 2 }),
            "Boolean" => json!(true),
            "Decimal" => json!(if field == "amount" { "1100" } else { "35.5" }),
            "CurrencyCode" => json!("JPY"),
            "CountryCode" => json!("JP"),
            "Locale" => json!("ja"),
            "TimeZone" => json!("Asia/Tokyo"),
            "Date" => json!("2026-12-24"),
            "DateTime" => json!("2026-12-24T09:00:00+09:00"),
            "LocalTime" => json!("10:00"),
            "Duration" => json!("PT1H"),
            "FlowDefinition" => json!({
                "trigger": { "kind": "EVENT", "on": [{ "event": "order_placed" }] },
                "steps": [{ "kind": "SEND", "id": "mail", "template": "thanks" }],
            }),
            "Gateway" => json!("CASH"),
            "DeliveryMethod" => json!("PICKUP"),
            "IdentifierKind" => json!("EMAIL"),
            "ChannelKind" => json!("ONLINE"),
            "StockState" => json!(if field == "to" { "DAMAGED" } else { "AVAILABLE" }),
            _ => Value::Null,
        }
    }
}

fn text(field: &str, path: &str, place: &Place) -> String {
    // Each input is a new one: what one of them made must not hide what is wrong with the next.
    let fresh = || place.names.fetch_add(1, Ordering::Relaxed);
    let of_address = path.contains("ddress.");
    match field {
        "country" if of_address => "JP".into(),
        "postalCode" => "150-0002".into(),
        "region" => "東京都".into(),
        "email" | "mailFrom" => format!("somebody{}@example.com", fresh()),
        "value" if path.contains("dentifier") => format!("somebody{}@example.com", fresh()),
        "slug" | "code" => format!("walked-{}", fresh()),
        "phone" => "+81312345678".into(),
        "password" | "newPassword" => PASSWORD.into(),
        "pin" => "2468".into(),
        "channel" => place.shop.online.code.clone(),
        "taxClass" => "standard".into(),
        "idempotencyKey" => format!("key-{}", fresh()),
        "csv" => "Handle,Title\nwalked,Walked\n".into(),
        "reason" => "counted".into(),
        _ => "walked".into(),
    }
}
