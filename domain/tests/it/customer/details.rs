//! Details of customers: staff's search, addresses, consents, export, erasure.

use chrono::NaiveDate;
use domain::customer::query::{self, CustomerFilter};
use domain::customer::{
    AddIdentifier, ConsentChange, CreateCustomer, Names, SaveAddress, SetTags, UpdateCustomer, add_identifier,
    create_customer, delete_address, erase, export, save_address, set_consents, set_tags, update,
};
use domain::kernel::paging::PageRequest;
use domain::{Ctx, ErrorCode, Permission};
use entity::words::{ConsentChannel, ConsentPurpose, IdentifierKind};
use entity::{customer, customer_consent, customer_identifier};
use sea_orm::EntityTrait;
use support::build::japanese_address;
use support::{World, both_databases};

async fn found(ctx: &Ctx, search: &str) -> Vec<String> {
    let filter = CustomerFilter { search: Some(search.into()), tag: None };
    let page = query::page(ctx, &filter, &PageRequest::default()).await.unwrap();
    page.rows.into_iter().map(|(_, row)| row.family_name).collect()
}

fn phone(value: &str) -> AddIdentifier {
    AddIdentifier { kind: IdentifierKind::Phone, value: value.into(), country: "JP".into() }
}

async fn takahashi(ctx: &Ctx) -> customer::Model {
    let input = CreateCustomer {
        names: Names {
            family_name: "髙橋".into(),
            given_name: "美咲".into(),
            family_name_kana: "たかはし".into(),
            given_name_kana: "みさき".into(),
        },
        locale: "ja".into(),
        identifiers: vec![phone("090-1234-5678")],
        note: String::new(),
        tags: vec!["VIP".into()],
    };
    create_customer(ctx, input).await.unwrap()
}

both_databases! {
    /// Staff find people by names in any script, by phone as they read it, by e-mail and by tag.
    async fn staff_find_people(world: World) {
        let ctx = world.staff(&[Permission::CustomersRead, Permission::CustomersWrite]).await;
        let person = takahashi(&ctx).await;
        add_identifier(&ctx, person.id, AddIdentifier { kind: IdentifierKind::Email, value: "Misaki@Example.jp".into(), country: "JP".into() }).await.unwrap();
        world.new_customer("Smith", "John").create().await;
        for search in ["髙橋", "髙橋美咲", "たかはし", "ﾀｶﾊｼ", "09012345678", "misaki@", "MISAKI 髙橋"] {
            assert_eq!(found(&ctx, search).await, ["髙橋"], "{search}");
        }
        assert_eq!(found(&ctx, "%").await, Vec::<String>::new());
        assert_eq!(found(&ctx, "smith").await, ["Smith"]);
        let tagged = CustomerFilter { search: None, tag: Some("VIP".into()) };
        assert_eq!(query::count(&ctx, &tagged).await.unwrap(), 1);
        set_tags(&ctx, SetTags { customer_id: person.id, add: vec!["gold".into()], remove: vec!["VIP".into()] }).await.unwrap();
        assert_eq!(query::count(&ctx, &tagged).await.unwrap(), 0);
        assert_eq!(query::timeline_count(&ctx, person.id).await.unwrap(), 4);
        assert_eq!(query::page(&world.guest(), &tagged, &PageRequest::default()).await.unwrap_err().code(), ErrorCode::Unauthenticated);
    }

    /// An identifier has one owner, and what staff type is not verified.
    async fn identifiers_have_one_owner(world: World) {
        let ctx = world.staff(&[Permission::CustomersWrite]).await;
        let person = takahashi(&ctx).await;
        let other = world.new_customer("Smith", "John").create().await;
        let taken = add_identifier(&ctx, other.id, phone("+81 90 1234 5678")).await.unwrap_err();
        assert_eq!(taken.code(), ErrorCode::IdentifierTaken);
        assert_eq!(add_identifier(&ctx, person.id, phone("090-1234-5678")).await.unwrap().id, person.id);
        let rows = customer_identifier::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].verified_at, None);
    }

    /// An alias finds the record it was merged into.
    async fn aliases_resolve(world: World) {
        let kept = world.new_customer("佐藤", "花子").create().await;
        let alias = world.new_customer("佐藤", "花").with(|row| row.merged_into_id = Some(kept.id)).create().await;
        assert_eq!(query::by_id(world.db(), alias.id).await.unwrap().unwrap().id, kept.id);
    }

    /// The address book holds checked addresses and has one default; nobody touches another's.
    async fn the_address_book_has_one_default(world: World) {
        let person = world.new_customer("佐藤", "花子").create().await;
        let ctx = world.customer(person.id);
        let first = save_address(&ctx, SaveAddress { id: None, address: japanese_address(), is_default: false }).await.unwrap();
        assert!(first.is_default);
        let second = save_address(&ctx, SaveAddress { id: None, address: japanese_address(), is_default: true }).await.unwrap();
        let book = query::addresses(world.db(), &[person.id]).await.unwrap();
        assert_eq!(book.iter().map(|row| (row.id, row.is_default)).collect::<Vec<_>>(), [(second.id, true), (first.id, false)]);
        let stranger = world.customer(world.new_customer("鈴木", "一郎").create().await.id);
        assert_eq!(delete_address(&stranger, first.id).await.unwrap_err().code(), ErrorCode::NotFound);
        let steal = SaveAddress { id: Some(first.id), address: japanese_address(), is_default: false };
        assert_eq!(save_address(&stranger, steal).await.unwrap_err().code(), ErrorCode::NotFound);
        let mut wrong = japanese_address();
        wrong.postal_code = "1".into();
        let error = save_address(&ctx, SaveAddress { id: None, address: wrong, is_default: false }).await.unwrap_err();
        assert_eq!((error.code(), error.path()), (ErrorCode::InvalidPostalCode, "address.postalCode"));
        delete_address(&ctx, first.id).await.unwrap();
    }

    /// Consents are history: the latest holds, and a repeated one writes nothing.
    async fn consents_are_history(world: World) {
        let ctx = world.customer(world.new_customer("佐藤", "花子").create().await.id);
        let change = |granted| ConsentChange {
            channel: ConsentChannel::Email,
            purpose: ConsentPurpose::Marketing,
            granted,
            source: "account-page".into(),
            text_version: "2026-11".into(),
        };
        for granted in [true, true, false] {
            let now = set_consents(&ctx, vec![change(granted)]).await.unwrap();
            assert_eq!(now.iter().map(|row| row.granted).collect::<Vec<_>>(), [granted]);
        }
        assert_eq!(customer_consent::Entity::find().all(world.db()).await.unwrap().len(), 2);
    }

    /// People read all that is kept, and can have it erased; a tombstone stays.
    async fn people_read_and_erase_what_is_kept(world: World) {
        let ctx = world.staff(&[Permission::CustomersRead, Permission::CustomersWrite]).await;
        let person = takahashi(&ctx).await;
        let own = world.customer(person.id);
        let text = export(&own).await.unwrap().to_string();
        assert!(text.contains("髙橋") && text.contains("+819012345678"));
        erase(&own, None).await.unwrap();
        let row = query::by_id(world.db(), person.id).await.unwrap().unwrap();
        assert_eq!((row.family_name.as_str(), row.search_text.as_str(), row.erased_at), ("", "", Some(world.now())));
        assert!(customer_identifier::Entity::find().all(world.db()).await.unwrap().is_empty());
        assert_eq!(erase(&own, None).await.unwrap_err().code(), ErrorCode::NotFound);
        let stranger = world.customer(world.new_customer("鈴木", "一郎").create().await.id);
        assert_eq!(erase(&stranger, Some(person.id)).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    /// A customer changes what is kept; nonsense and stale versions change nothing.
    async fn a_customer_changes_details(world: World) {
        let person = world.new_customer("佐藤", "花子").create().await;
        let ctx = world.customer(person.id);
        let day = NaiveDate::from_ymd_opt(1990, 2, 3);
        let input = UpdateCustomer { birth_on: Some(day), time_zone: Some(Some("Asia/Tokyo".into())), expected_version: Some(1), ..UpdateCustomer::default() };
        let changed = update(&ctx, input.clone()).await.unwrap();
        assert_eq!((changed.birth_on, changed.version), (day, 2));
        assert_eq!(update(&ctx, input).await.unwrap_err().code(), ErrorCode::StaleVersion);
        for (input, code) in [
            (UpdateCustomer { time_zone: Some(Some("Asia/Atlantis".into())), ..UpdateCustomer::default() }, ErrorCode::Invalid),
            (UpdateCustomer { locale: Some("日本".into()), ..UpdateCustomer::default() }, ErrorCode::InvalidLocale),
            (UpdateCustomer { birth_on: Some(NaiveDate::from_ymd_opt(2190, 1, 1)), ..UpdateCustomer::default() }, ErrorCode::InvalidDate),
            (UpdateCustomer { new_password: Some("short".into()), ..UpdateCustomer::default() }, ErrorCode::WeakPassword),
        ] {
            assert_eq!(update(&ctx, input).await.unwrap_err().code(), code);
        }
        assert_eq!(update(&world.guest(), UpdateCustomer::default()).await.unwrap_err().code(), ErrorCode::Unauthenticated);
    }
}
