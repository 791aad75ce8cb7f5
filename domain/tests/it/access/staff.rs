//! Accounts, roles and keys.

use chrono::TimeDelta;
use domain::access::{
    CreateApiKey, RoleAt, StaffSignIn, UpsertRole, UpsertStaff, create_api_key, revoke_api_key, staff_sign_in,
    upsert_role, upsert_staff,
};
use domain::kernel::permission::Grant;
use domain::{Actor, Ctx, ErrorCode, Permission};
use entity::event;
use sea_orm::EntityTrait;
use support::{World, both_databases, race};

use super::{PASSWORD, admin, staff_actor};

async fn try_password(ctx: &Ctx, email: &str, password: &str) -> Result<String, ErrorCode> {
    let input = StaffSignIn { email: email.into(), password: password.into() };
    staff_sign_in(ctx, input).await.map(|session| session.tokens.access_token).map_err(|error| error.code())
}

fn person(email: &str, role: &str) -> UpsertStaff {
    UpsertStaff {
        id: None,
        email: email.into(),
        name: "Suzuki".into(),
        locale: "ja".into(),
        password: Some(PASSWORD.into()),
        pin: None,
        active: true,
        roles: Some(vec![RoleAt { code: role.into(), location_id: None, channel_id: None }]),
        expected_version: None,
    }
}

both_databases! {
    /// Unknown, wrong and deactivated get the same answer.
    async fn answers_do_not_tell_who_works_here(world: World) {
        admin(&world).await;
        upsert_staff(&world.ctx(), UpsertStaff { active: false, ..person("gone@example.com", "clerk") }).await.unwrap();
        for (email, password) in [
            ("admin@example.com", "wrong password"), ("nobody@example.com", PASSWORD), ("gone@example.com", PASSWORD),
            ("no address", PASSWORD), ("", ""), ("admin@example.com", ""), ("admin@example.com\u{0}", PASSWORD),
        ] {
            let answer = try_password(&world.guest(), email, password).await;
            assert_eq!(answer.unwrap_err(), ErrorCode::InvalidCredentials, "{email}");
        }
        assert!(try_password(&world.guest(), " ADMIN@example.com ", PASSWORD).await.is_ok());
    }

    /// However many guess at once, at most a hundred guesses are compared; the right password then waits, too.
    async fn guesses_are_bounded_also_in_parallel(world: World) {
        admin(&world).await;
        let answers = race(140, |number| {
            let ctx = world.guest();
            async move { try_password(&ctx, "admin@example.com", &format!("guess number {number}")).await }
        })
        .await;
        let compared = answers.iter().filter(|answer| **answer == Err(ErrorCode::InvalidCredentials)).count();
        let refused = answers.iter().filter(|answer| **answer == Err(ErrorCode::Throttled)).count();
        assert!(compared <= 100, "{compared}");
        assert_eq!(compared + refused, 140);
        assert_eq!(try_password(&world.guest(), "admin@example.com", PASSWORD).await, Err(ErrorCode::Throttled));
        world.advance(TimeDelta::hours(25));
        assert!(try_password(&world.guest(), "admin@example.com", PASSWORD).await.is_ok());
    }

    /// Addresses that nobody has are throttled alike, and one network cannot try everybody.
    async fn throttles_do_not_tell_and_hold_for_networks(world: World) {
        let from = Ctx { ip: Some("192.0.2.7".parse().unwrap()), ..world.guest() };
        let mut answers = Vec::new();
        for number in 0..120 {
            answers.push(try_password(&from, &format!("nobody{number}@example.com"), "whatever it is").await.unwrap_err());
        }
        assert!(answers.contains(&ErrorCode::Throttled));
        for _ in 0..5 {
            assert_eq!(try_password(&world.guest(), "nobody@example.com", "x").await, Err(ErrorCode::InvalidCredentials));
        }
        assert_eq!(try_password(&world.guest(), "nobody@example.com", "x").await, Err(ErrorCode::Throttled));
    }

    /// Who is deactivated is out with the next request; so is who gets a new password.
    async fn deactivation_holds_at_once(world: World) {
        admin(&world).await;
        let clerk = upsert_staff(&world.ctx(), person("clerk@example.com", "clerk")).await.unwrap();
        let token = try_password(&world.guest(), "clerk@example.com", PASSWORD).await.unwrap();
        let Actor::Staff { id, grants, till: None } = staff_actor(&world, Some(&token), None).await.unwrap() else {
            panic!("a clerk")
        };
        assert_eq!(id, clerk.id);
        assert!(grants.iter().any(|grant| grant.permissions.contains(&Permission::PosSell)));
        assert!(!grants.iter().any(|grant| grant.permissions.contains(&Permission::StaffWrite)));
        let change = UpsertStaff { id: Some(clerk.id), password: Some("another passphrase".into()), ..person("clerk@example.com", "clerk") };
        upsert_staff(&world.ctx(), change.clone()).await.unwrap();
        assert!(staff_actor(&world, Some(&token), None).await.is_err());
        let token = try_password(&world.guest(), "clerk@example.com", "another passphrase").await.unwrap();
        upsert_staff(&world.ctx(), UpsertStaff { active: false, password: None, roles: None, ..change }).await.unwrap();
        assert!(staff_actor(&world, Some(&token), None).await.is_err());
    }

    /// Nobody gives out what they do not hold, and nobody locks everybody out.
    async fn nobody_climbs(world: World) {
        let boss = admin(&world).await;
        let grants = [Grant {
            permissions: [Permission::StaffWrite, Permission::CatalogRead].into(),
            channel_id: None,
            location_id: None,
        }];
        let limited = world.ctx().with_actor(Actor::Staff { id: boss.id, grants: grants.into(), till: None });
        for refused in [
            upsert_staff(&limited, person("x@example.com", "admin")).await.map(|_| ()),
            upsert_staff(&limited, person("x@example.com", "clerk")).await.map(|_| ()),
            upsert_staff(&limited, UpsertStaff { id: Some(boss.id), roles: None, ..person("admin@example.com", "") }).await.map(|_| ()),
            upsert_role(&limited, UpsertRole { code: "clerk".into(), name: "x".into(), permissions: vec![], expected_version: None }).await.map(|_| ()),
            create_api_key(&limited, CreateApiKey { name: "x".into(), permissions: vec!["orders.read".into()], location_ids: Vec::new(), expires_at: None }).await.map(|_| ()),
        ] {
            assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
        }
        let role = UpsertRole { code: "Shelf-1".into(), name: "Shelves".into(), permissions: vec!["catalog.read".into()], expected_version: None };
        assert_eq!(upsert_role(&limited, role).await.unwrap().code, "shelf-1");
        let out = UpsertStaff { id: Some(boss.id), active: false, password: None, roles: None, ..person("admin@example.com", "") };
        assert_eq!(upsert_staff(&world.ctx(), out).await.unwrap_err().code(), ErrorCode::InUse);
    }

    /// A key works until it is revoked or runs out; only its hash is kept, and events hold no secret.
    async fn api_keys_work_until_revoked(world: World) {
        admin(&world).await;
        let input = CreateApiKey { name: "ERP".into(), permissions: vec!["orders.read".into()], location_ids: Vec::new(), expires_at: None };
        let made = create_api_key(&world.ctx(), input.clone()).await.unwrap();
        assert!(made.secret.starts_with(&made.api_key.prefix) && made.api_key.token_hash != made.secret);
        let actor = staff_actor(&world, Some(&made.secret), None).await.unwrap();
        assert!(actor.require(Permission::OrdersRead).is_ok() && actor.require(Permission::OrdersWrite).is_err());
        assert!(staff_actor(&world, Some(&format!("{}x", made.secret)), None).await.is_err());
        revoke_api_key(&world.ctx(), made.api_key.id).await.unwrap();
        assert!(staff_actor(&world, Some(&made.secret), None).await.is_err());
        let until = CreateApiKey { expires_at: Some(world.now() + TimeDelta::hours(1)), ..input };
        let short = create_api_key(&world.ctx(), until).await.unwrap();
        world.advance(TimeDelta::hours(1));
        assert!(staff_actor(&world, Some(&short.secret), None).await.is_err());
        for row in event::Entity::find().all(world.db()).await.unwrap() {
            let text = row.payload.to_string();
            assert!(!text.contains(&made.secret) && !text.contains(PASSWORD) && !text.contains("argon2"), "{text}");
        }
    }

    /// The demo's password opens nothing outside development, and weak ones are refused.
    async fn weak_passwords_are_refused(world: World) {
        for password in ["short", "12345678", "aaaaaaaaaaaa", "Password123", &"x".repeat(129)] {
            let input = UpsertStaff { password: Some(password.into()), roles: None, ..person("x@example.com", "") };
            assert_eq!(upsert_staff(&world.ctx(), input).await.unwrap_err().code(), ErrorCode::WeakPassword, "{password}");
        }
        let mut services = domain::kernel::ctx::Services {
            db: world.services().db.clone(),
            clock: world.services().clock.clone(),
            random: domain::kernel::random::Random::default(),
            secrets: world.services().secrets.clone(),
            settings: world.services().settings.clone(),
            gateways: world.services().gateways.clone(),
        };
        services.settings.development = false;
        let production = Ctx::system(services.into(), "test-request");
        let demo = UpsertStaff { password: Some("hitotsu-demo".into()), roles: None, ..person("x@example.com", "") };
        assert_eq!(upsert_staff(&production, demo.clone()).await.unwrap_err().code(), ErrorCode::DemoPasswordRefused);
        upsert_staff(&world.ctx(), demo).await.unwrap();
        assert_eq!(try_password(&production, "x@example.com", "hitotsu-demo").await, Err(ErrorCode::DemoPasswordRefused));
        assert!(try_password(&world.guest(), "x@example.com", "hitotsu-demo").await.is_ok());
    }
}
