//! Whoever reads the mailbox owns the address.

use chrono::TimeDelta;
use domain::customer::{
    AddIdentifier, CodeSignIn, CustomerSignIn, RequestVerification, ResetPassword, VerifyIdentifier, add_identifier,
    query, request_password_reset, request_sign_in_code, request_verification, reset_password, sign_in,
    sign_in_with_code, verify_identifier,
};
use domain::kernel::event::DISPATCH_JOB;
use domain::{Actor, Ctx, ErrorCode, Permission};
use entity::words::IdentifierKind;
use entity::{customer, customer_identifier, event, job, one_time_code};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases, race};

use super::{PASSWORD, letters, sign_up};
use crate::access::shop_actor;

const ADDRESS: &str = "hanako@example.jp";

async fn by_password(ctx: &Ctx, password: &str) -> Result<customer::Model, ErrorCode> {
    let input = CustomerSignIn { email: ADDRESS.into(), password: password.into() };
    sign_in(ctx, input).await.map(|session| session.customer).map_err(|error| error.code())
}

fn proof(code: &str, password: Option<&str>) -> VerifyIdentifier {
    VerifyIdentifier { email: ADDRESS.into(), code: code.into(), password: password.map(Into::into) }
}

async fn one_letter(world: &World) -> String {
    let sent = letters(world).await;
    assert_eq!(sent.len(), 1, "{}", sent.len());
    assert_eq!(sent[0].0, ADDRESS);
    sent[0].1.clone()
}

both_databases! {
    /// Registering, proving and signing in; the password that was chosen stays.
    async fn a_person_registers(world: World) {
        assert_eq!(sign_up(&world.guest(), " Hanako@Example.JP ", Some(PASSWORD)).await.unwrap(), ADDRESS);
        let code = one_letter(&world).await;
        assert_eq!(code.len(), 6);
        let session = verify_identifier(&world.guest(), proof(&code, Some(PASSWORD))).await.unwrap();
        let found = query::by_verified_identifier(world.db(), IdentifierKind::Email, ADDRESS).await.unwrap().unwrap();
        assert_eq!(found.id, session.customer.id);
        assert_eq!(by_password(&world.guest(), PASSWORD).await.unwrap().id, found.id);
        let Actor::Customer { id, .. } = shop_actor(&world, &session.tokens.access_token).await.unwrap() else {
            panic!("a customer")
        };
        assert_eq!(id, found.id);
        assert_eq!(verify_identifier(&world.guest(), proof(&code, None)).await.unwrap_err().code(), ErrorCode::InvalidCode);
    }

    /// Twenty registrations of one address at once make one customer, and all get the same answer.
    async fn twenty_registrations_make_one_customer(world: World) {
        let answers = race(20, |_| {
            let ctx = world.guest();
            async move { sign_up(&ctx, ADDRESS, Some(PASSWORD)).await.map_err(|error| error.code()) }
        })
        .await;
        assert!(answers.iter().all(|answer| answer.as_deref() == Ok(ADDRESS)));
        assert_eq!(customer::Entity::find().all(world.db()).await.unwrap().len(), 1);
        assert_eq!(customer_identifier::Entity::find().all(world.db()).await.unwrap().len(), 1);
        assert_eq!(letters(&world).await.len(), 5, "a mailbox is not flooded");
    }

    /// Requests about known and unknown addresses leave the same trace: one job of the same shape.
    async fn answers_do_not_tell_who_is_a_customer(world: World) {
        sign_up(&world.guest(), ADDRESS, Some(PASSWORD)).await.unwrap();
        letters(&world).await;
        job::Entity::delete_many().filter(job::Column::Kind.eq(DISPATCH_JOB)).exec(world.db()).await.unwrap();
        for email in [ADDRESS, "nobody@example.jp"] {
            let ctx = world.guest();
            assert_eq!(request_sign_in_code(&ctx, email).await.unwrap(), email);
            assert_eq!(request_password_reset(&ctx, email).await.unwrap(), email);
            assert_eq!(request_verification(&ctx, RequestVerification { email: email.into() }).await.unwrap(), email);
            assert_eq!(sign_up(&ctx, email, None).await.unwrap(), email);
            let input = CustomerSignIn { email: email.into(), password: "not the password".into() };
            assert_eq!(sign_in(&ctx, input).await.unwrap_err().code(), ErrorCode::InvalidCredentials);
            let input = CodeSignIn { email: email.into(), code: "000000".into() };
            assert_eq!(sign_in_with_code(&ctx, input).await.unwrap_err().code(), ErrorCode::InvalidCode);
            let input = ResetPassword { email: email.into(), token: "x".into(), password: PASSWORD.into() };
            assert_eq!(reset_password(&ctx, input).await.unwrap_err().code(), ErrorCode::InvalidCode);
        }
        let codes = letters(&world).await;
        assert!(codes.iter().filter(|(to, _)| to == ADDRESS).count() >= 3);
    }

    /// Somebody registered an address that is not theirs. Its owner takes it, and nothing of the squatter stays.
    async fn a_squatter_loses_everything(world: World) {
        sign_up(&world.guest(), ADDRESS, Some("the squatter's own")).await.unwrap();
        letters(&world).await;
        let input = CustomerSignIn { email: ADDRESS.into(), password: "the squatter's own".into() };
        let squatter = sign_in(&world.guest(), input).await.unwrap();
        let clerk = world.staff(&[Permission::CustomersWrite]).await;
        let phone = AddIdentifier { kind: IdentifierKind::Phone, value: "090-1234-5678".into(), country: "JP".into() };
        add_identifier(&clerk, squatter.customer.id, phone).await.unwrap();
        sign_up(&world.guest(), ADDRESS, Some(PASSWORD)).await.unwrap();
        let code = one_letter(&world).await;
        let owner = verify_identifier(&world.guest(), proof(&code, Some(PASSWORD))).await.unwrap();
        assert!(shop_actor(&world, &squatter.tokens.access_token).await.is_err(), "sessions end at once");
        assert!(shop_actor(&world, &owner.tokens.access_token).await.is_ok());
        assert_eq!(by_password(&world.guest(), "the squatter's own").await, Err(ErrorCode::InvalidCredentials));
        assert!(by_password(&world.guest(), PASSWORD).await.is_ok());
        let left = customer_identifier::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(left.iter().map(|row| row.value.as_str()).collect::<Vec<_>>(), [ADDRESS]);
    }

    /// A code acts only for whom it was made: a signed-in stranger cannot use it.
    async fn a_code_acts_for_its_target_alone(world: World) {
        sign_up(&world.guest(), ADDRESS, Some(PASSWORD)).await.unwrap();
        let code = one_letter(&world).await;
        let stranger = world.new_customer("鈴木", "一郎").create().await;
        let error = verify_identifier(&world.customer(stranger.id), proof(&code, None)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidCode);
        assert!(query::by_verified_identifier(world.db(), IdentifierKind::Email, ADDRESS).await.unwrap().is_none());
    }

    /// A signed-in customer adds a further address that somebody else merely typed; a proven one stays with its owner.
    async fn a_typed_address_gives_way_to_a_proven_one(world: World) {
        let typed = world.new_customer("山田", "太郎").unverified(IdentifierKind::Email, ADDRESS).create().await;
        let person = world.new_customer("佐藤", "花子").create().await;
        let ctx = world.customer(person.id);
        request_verification(&ctx, RequestVerification { email: ADDRESS.into() }).await.unwrap();
        let code = one_letter(&world).await;
        assert_eq!(verify_identifier(&ctx, proof(&code, None)).await.unwrap().customer.id, person.id);
        assert!(query::identifiers_of(world.db(), &[typed.id]).await.unwrap().is_empty());
        let other = world.customer(typed.id);
        request_verification(&other, RequestVerification { email: ADDRESS.into() }).await.unwrap();
        let code = one_letter(&world).await;
        let error = verify_identifier(&other, proof(&code, None)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::IdentifierTaken);
    }

    /// A code bears five wrong tries, works once and for ten minutes; only its keyed hash is kept.
    async fn codes_are_short_lived(world: World) {
        sign_up(&world.guest(), ADDRESS, None).await.unwrap();
        let code = one_letter(&world).await;
        let rows = one_time_code::Entity::find().all(world.db()).await.unwrap();
        assert!(rows.iter().all(|row| !row.code_hash.contains(&code)));
        for _ in 0..5 {
            let wrong = if code == "000000" { "111111" } else { "000000" };
            assert_eq!(verify_identifier(&world.guest(), proof(wrong, None)).await.unwrap_err().code(), ErrorCode::InvalidCode);
        }
        world.advance(TimeDelta::seconds(5));
        assert_eq!(verify_identifier(&world.guest(), proof(&code, None)).await.unwrap_err().code(), ErrorCode::InvalidCode);
        world.advance(TimeDelta::minutes(20));
        request_verification(&world.guest(), RequestVerification { email: ADDRESS.into() }).await.unwrap();
        let late = one_letter(&world).await;
        world.advance(TimeDelta::minutes(10));
        assert_eq!(verify_identifier(&world.guest(), proof(&late, None)).await.unwrap_err().code(), ErrorCode::InvalidCode);
    }

    /// Twenty uses of one code at once sign in once.
    async fn a_code_signs_in_once(world: World) {
        world.new_customer("佐藤", "花子").verified(IdentifierKind::Email, ADDRESS).create().await;
        request_sign_in_code(&world.guest(), ADDRESS).await.unwrap();
        let code = one_letter(&world).await;
        let answers = race(20, |_| {
            let (ctx, code) = (world.guest(), code.clone());
            async move { sign_in_with_code(&ctx, CodeSignIn { email: ADDRESS.into(), code }).await.is_ok() }
        })
        .await;
        assert_eq!(answers.into_iter().filter(|signed_in| *signed_in).count(), 1);
    }

    /// A reset sets the password once and ends all sessions; secrets stand in no event and no job.
    async fn a_reset_ends_all_sessions(world: World) {
        sign_up(&world.guest(), ADDRESS, Some(PASSWORD)).await.unwrap();
        let code = one_letter(&world).await;
        let session = verify_identifier(&world.guest(), proof(&code, Some(PASSWORD))).await.unwrap();
        request_password_reset(&world.guest(), ADDRESS).await.unwrap();
        let token = one_letter(&world).await;
        assert_eq!(token.len(), 43, "256 bits");
        let input = ResetPassword { email: ADDRESS.into(), token: token.clone(), password: "a new passphrase".into() };
        reset_password(&world.guest(), input.clone()).await.unwrap();
        assert!(shop_actor(&world, &session.tokens.access_token).await.is_err());
        assert!(by_password(&world.guest(), "a new passphrase").await.is_ok());
        assert_eq!(by_password(&world.guest(), PASSWORD).await, Err(ErrorCode::InvalidCredentials));
        assert_eq!(reset_password(&world.guest(), input).await.unwrap_err().code(), ErrorCode::InvalidCode);
        let events = event::Entity::find().all(world.db()).await.unwrap();
        let jobs = job::Entity::find().all(world.db()).await.unwrap();
        for text in events.iter().map(|row| row.payload.to_string()).chain(jobs.iter().map(|row| row.payload.to_string())) {
            for secret in [&token, &code, PASSWORD, "a new passphrase"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        assert!(events.iter().all(|row| !row.payload.to_string().contains(ADDRESS)));
    }
}
