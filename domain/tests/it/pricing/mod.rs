//! Tax rates and shipping methods in the database.

use chrono::NaiveDate;
use domain::pricing::upsert_shipping_method::{UpsertShippingMethod, upsert_shipping_method};
use domain::tax;
use domain::tax::upsert_class::{UpsertTaxClass, upsert_class};
use domain::tax::upsert_rate::{UpsertTaxRate, upsert_rate};
use domain::{ErrorCode, Permission};
use entity::money::{Currency, Money};
use entity::words::ShippingRateKind;
use support::World;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rate(class: &str, country: &str, region: Option<&str>, rate_ppm: i32, from: &str) -> UpsertTaxRate {
    UpsertTaxRate {
        class_code: class.to_owned(),
        country: country.to_owned(),
        region: region.map(str::to_owned),
        name: "tax".to_owned(),
        rate_ppm,
        valid_from: day(from),
        valid_to: None,
    }
}

support::both_databases! {
    async fn a_region_overrides_its_country_and_a_later_rate_an_earlier_one(world: World) {
        let ctx = world.staff(&[Permission::PlacesWrite]).await;
        let class = upsert_class(&ctx, UpsertTaxClass { code: "goods".into(), name: "Goods".into() }).await.unwrap();
        upsert_rate(&ctx, rate("goods", "us", None, 0, "2000-01-01")).await.unwrap();
        upsert_rate(&ctx, rate("goods", "US", Some("US-CA"), 72_500, "2017-01-01")).await.unwrap();
        upsert_rate(&ctx, rate("goods", "US", Some("US-CA"), 75_000, "2027-01-01")).await.unwrap();
        let on = async |region: Option<&str>, date: &str| {
            let found = tax::rates(world.db(), "US", region, day(date), &[class.id]).await;
            found.map(|rates| rates[&class.id].rate_ppm).map_err(|error| error.code())
        };
        assert_eq!(on(None, "2026-11-21").await, Ok(0));
        assert_eq!(on(Some("US-CA"), "2026-12-31").await, Ok(72_500));
        assert_eq!(on(Some("US-CA"), "2027-01-01").await, Ok(75_000));
        assert_eq!(on(Some("US-NY"), "2026-11-21").await, Ok(0), "the country's, where the region has none");
        assert_eq!(on(None, "1999-12-31").await, Err(ErrorCode::TaxRateMissing));
    }

    async fn entering_a_rate_twice_changes_nothing(world: World) {
        let ctx = world.staff(&[Permission::PlacesWrite]).await;
        upsert_class(&ctx, UpsertTaxClass { code: "goods".into(), name: "Goods".into() }).await.unwrap();
        let first = upsert_rate(&ctx, rate("goods", "JP", None, 100_000, "2019-10-01")).await.unwrap();
        let again = upsert_rate(&ctx, rate("goods", "JP", None, 100_000, "2019-10-01")).await.unwrap();
        let mended = upsert_rate(&ctx, rate("goods", "JP", None, 110_000, "2019-10-01")).await.unwrap();
        assert_eq!((first.id, first.id), (again.id, mended.id));
        let all = tax::query::rates_of_country(world.db(), "JP").await.unwrap();
        assert_eq!(all.iter().map(|rate| rate.rate_ppm).collect::<Vec<_>>(), [110_000]);
    }

    async fn nonsense_rates_are_refused(world: World) {
        let ctx = world.staff(&[Permission::PlacesWrite]).await;
        let code = async |input: UpsertTaxRate| upsert_rate(&ctx, input).await.unwrap_err().code();
        assert_eq!(code(rate("goods", "JPN", None, 1, "2026-01-01")).await, ErrorCode::InvalidCountry);
        assert_eq!(code(rate("goods", "JP", None, 1_000_000, "2026-01-01")).await, ErrorCode::InvalidAmount);
        assert_eq!(code(rate("goods", "JP", None, -1, "2026-01-01")).await, ErrorCode::InvalidAmount);
        assert_eq!(code(rate("nowhere", "JP", None, 1, "2026-01-01")).await, ErrorCode::NotFound);
        let ends_before = UpsertTaxRate { valid_to: Some(day("2025-12-31")), ..rate("goods", "JP", None, 1, "2026-01-01") };
        assert_eq!(code(ends_before).await, ErrorCode::InvalidDate);
        let clerk = world.staff(&[Permission::PosSell]).await;
        let refused = upsert_rate(&clerk, rate("goods", "JP", None, 1, "2026-01-01")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
    }

    async fn a_shipping_method_is_saved_with_its_tiers_and_changed_by_its_code(world: World) {
        let channel = world.channel("web").create().await;
        world.tax_classes().await;
        let classes = tax::query::classes(world.db()).await.unwrap();
        let ctx = world.staff(&[Permission::PlacesWrite]).await;
        let yen = |amount| Money::new(amount, Currency::JPY);
        let input = UpsertShippingMethod {
            channel_id: channel.id,
            code: "parcel".into(),
            name: "Parcel".into(),
            translations: [("ja".to_owned(), "宅配便".to_owned())].into(),
            kind: ShippingRateKind::ByWeight,
            amount: yen(0),
            free_over: Some(yen(10_000)),
            tiers: vec![(5_000, yen(900)), (1_000, yen(600))],
            countries: vec!["jp".into(), "JP".into()],
            tax_class: classes[0].code.clone(),
            min_days: 1,
            max_days: 3,
            position: 1,
            active: true,
            carrier: None,
            service: None,
            delivery_slots: Vec::new(),
            lead_days: 0,
        };
        let (first, tiers) = upsert_shipping_method(&ctx, input.clone()).await.unwrap();
        assert_eq!(tiers.iter().map(|tier| tier.amount).collect::<Vec<_>>(), [600, 900]);
        assert_eq!(first.countries.0, ["JP"]);
        let flat = UpsertShippingMethod { kind: ShippingRateKind::Flat, amount: yen(550), tiers: vec![], ..input.clone() };
        let (second, tiers) = upsert_shipping_method(&ctx, flat).await.unwrap();
        assert_eq!((second.id, second.amount, tiers.len()), (first.id, 550, 0));

        let code = async |input: UpsertShippingMethod| upsert_shipping_method(&ctx, input).await.unwrap_err().code();
        let euro = UpsertShippingMethod { amount: Money::new(1, Currency::EUR), ..input.clone() };
        assert_eq!(code(euro).await, ErrorCode::CurrencyMismatch);
        assert_eq!(code(UpsertShippingMethod { tiers: vec![], ..input.clone() }).await, ErrorCode::Required);
        let twice = UpsertShippingMethod { tiers: vec![(1, yen(1)), (1, yen(2))], ..input.clone() };
        assert_eq!(code(twice).await, ErrorCode::Invalid);
        assert_eq!(code(UpsertShippingMethod { amount: yen(-1), ..input.clone() }).await, ErrorCode::InvalidAmount);
        assert_eq!(code(UpsertShippingMethod { tax_class: "none".into(), ..input }).await, ErrorCode::NotFound);
    }
}
