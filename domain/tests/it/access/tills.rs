//! Pairing tills, and PINs on them.

use chrono::TimeDelta;
use domain::access::{
    PairDevice, PinSignIn, RoleAt, UpsertStaff, create_pairing, pair_device, revoke_device, staff_pin_sign_in,
    upsert_staff,
};
use domain::{Actor, Ctx, ErrorCode, Permission};
use entity::id::RegisterId;
use entity::{location, register};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use support::{World, both_databases, race};

use super::{admin, staff_actor};

async fn a_register(world: &World) -> (register::Model, location::Model) {
    let store = world.store("shibuya").await;
    let channel = world.channel("pos").pos().served_by(&store).create().await;
    let row = register::Model {
        id: RegisterId(world.new_uuid()),
        code: "till-1".into(),
        name: "Till 1".into(),
        location_id: store.id,
        channel_id: channel.id,
        last_receipt_number: 0,
        active: true,
        created_at: world.now(),
        last_z_number: 0,
        requires_session: false,
        cash_limit: None,
    };
    register::Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .unwrap();
    (row, store)
}

fn pairing(code: &str) -> PairDevice {
    PairDevice { code: code.into(), name: "iPad".into() }
}

async fn by_pin(ctx: &Ctx, pin: &str) -> Result<String, ErrorCode> {
    let input = PinSignIn { email: "clerk@example.com".into(), pin: pin.into() };
    staff_pin_sign_in(ctx, input).await.map(|session| session.tokens.access_token).map_err(|error| error.code())
}

async fn clerk(world: &World, at: Option<&location::Model>) {
    let role = RoleAt { code: "clerk".into(), location_id: at.map(|store| store.id), channel_id: None };
    let input = UpsertStaff {
        id: None,
        email: "clerk@example.com".into(),
        name: "Suzuki".into(),
        locale: "ja".into(),
        password: None,
        pin: Some("2468".into()),
        active: true,
        roles: Some(vec![role]),
        expected_version: None,
    };
    upsert_staff(&world.ctx(), input).await.unwrap();
}

both_databases! {
    /// Of many devices with one code, one is paired; the code is typed in any way, once, within 15 minutes.
    async fn a_code_pairs_one_device(world: World) {
        let (register, _) = a_register(&world).await;
        let code = create_pairing(&world.ctx(), register.id).await.unwrap().code;
        let typed = format!(" {}-{} ", &code[..4].to_lowercase(), &code[4..]);
        let answers = race(10, |_| {
            let (ctx, typed) = (world.guest(), typed.clone());
            async move { pair_device(&ctx, pairing(&typed)).await.map_err(|error| error.code()) }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(answers.iter().all(|answer| answer.as_ref().err().is_none_or(|code| *code == ErrorCode::InvalidCode)));
        let late = create_pairing(&world.ctx(), register.id).await.unwrap().code;
        world.advance(TimeDelta::minutes(15));
        assert_eq!(pair_device(&world.guest(), pairing(&late)).await.unwrap_err().code(), ErrorCode::InvalidCode);
    }

    /// A till signs staff in by PIN; the session works only there, and ends when the till is given up.
    async fn a_pin_works_on_its_till(world: World) {
        admin(&world).await;
        let (register, store) = a_register(&world).await;
        clerk(&world, Some(&store)).await;
        let code = create_pairing(&world.ctx(), register.id).await.unwrap().code;
        let paired = pair_device(&world.guest(), pairing(&code)).await.unwrap();
        let till = staff_actor(&world, None, Some(&paired.secret)).await.unwrap();
        assert!(matches!(till, Actor::Device(till) if till.device_id == paired.device.id));
        assert_eq!(by_pin(&world.guest(), "2468").await, Err(ErrorCode::DeviceUnknown));
        let at_till = world.ctx().with_actor(till);
        let token = by_pin(&at_till, "2468").await.unwrap();
        let actor = staff_actor(&world, Some(&token), Some(&paired.secret)).await.unwrap();
        assert!(actor.till().is_some_and(|till| till.register_id == register.id));
        assert!(actor.require(Permission::PosSell).unwrap().allows_location(store.id));
        assert!(staff_actor(&world, Some(&token), None).await.is_err(), "away from the till");
        assert!(staff_actor(&world, Some(&token), Some("another")).await.is_err());
        revoke_device(&world.ctx(), paired.device.id).await.unwrap();
        assert!(staff_actor(&world, None, Some(&paired.secret)).await.is_err());
        assert!(staff_actor(&world, Some(&token), Some(&paired.secret)).await.is_err());
        assert_eq!(by_pin(&at_till, "2468").await, Err(ErrorCode::DeviceUnknown));
    }

    /// Wrong PINs lock, and people of another store are not let in.
    async fn pins_are_throttled_and_bound_to_places(world: World) {
        admin(&world).await;
        let (register, _) = a_register(&world).await;
        let elsewhere = world.store("osaka").await;
        clerk(&world, Some(&elsewhere)).await;
        let code = create_pairing(&world.ctx(), register.id).await.unwrap().code;
        let paired = pair_device(&world.guest(), pairing(&code)).await.unwrap();
        let at_till = world.ctx().with_actor(staff_actor(&world, None, Some(&paired.secret)).await.unwrap());
        assert_eq!(by_pin(&at_till, "2468").await, Err(ErrorCode::InvalidCredentials), "works in Osaka only");
        assert_eq!(by_pin(&at_till, "0000").await, Err(ErrorCode::InvalidCredentials));
        assert_eq!(by_pin(&at_till, "1111").await, Err(ErrorCode::InvalidCredentials));
        assert_eq!(by_pin(&at_till, "2468").await, Err(ErrorCode::Throttled));
    }

    /// Who may change devices at one store cannot touch those of another.
    async fn devices_are_changed_where_one_may(world: World) {
        let (register, store) = a_register(&world).await;
        let other = world.store("osaka").await;
        let stranger = world.staff_at(other.id, &[Permission::StaffWrite]).await;
        assert_eq!(create_pairing(&stranger, register.id).await.unwrap_err().code(), ErrorCode::NotFound);
        let manager = world.staff_at(store.id, &[Permission::StaffWrite]).await;
        let code = create_pairing(&manager, register.id).await.unwrap().code;
        let paired = pair_device(&world.guest(), pairing(&code)).await.unwrap();
        assert_eq!(revoke_device(&stranger, paired.device.id).await.unwrap_err().code(), ErrorCode::NotFound);
        assert!(revoke_device(&manager, paired.device.id).await.is_ok());
    }
}
