//! Taxes, three stores and a warehouse in Japan, three channels, tills and shipping methods.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{NaiveDate, NaiveTime};
use domain::Ctx;
use domain::channel::upsert::{self as channels, UpsertChannel};
use domain::location::distance::GeoPoint;
use domain::location::register::{self as registers, UpsertRegister};
use domain::location::upsert::{self as locations, UpsertLocation};
use domain::tax::upsert_class::{UpsertTaxClass, upsert_class};
use domain::tax::upsert_rate::{UpsertTaxRate, upsert_rate};
use entity::address::Address;
use entity::id::{LocationId, ShippingMethodId, TaxClassId};
use entity::money::Currency;
use entity::opening_hours::{HoursException, OpenPeriod, OpeningHours};
use entity::text_list::TextList;
use entity::words::{ChannelKind, LocationKind, PickupStockPolicy, ShippingRateKind, TaxRounding};
use entity::{channel, location, register, shipping_method};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

/// What the rest of the demo stands on.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) standard: TaxClassId,
    pub(super) reduced: TaxClassId,
    /// Shibuya, Umeda, Kyoto.
    pub(super) stores: Vec<location::Model>,
    pub(super) warehouse: location::Model,
    pub(super) online: channel::Model,
    pub(super) pos: channel::Model,
    pub(super) europe: channel::Model,
    /// Tills, with the store they stand in.
    pub(super) registers: Vec<register::Model>,
    pub(super) shipping_japan: shipping_method::Model,
    pub(super) shipping_europe: shipping_method::Model,
}

/// Makes what is missing.
pub(super) async fn make(ctx: &Ctx) -> Result<Places> {
    let (standard, reduced) = taxes(ctx).await?;
    let mut stores = Vec::new();
    for store in stores_of_japan() {
        stores.push(locations::upsert(ctx, store).await?);
    }
    let warehouse = locations::upsert(ctx, warehouse()).await?;
    let store_ids: Vec<LocationId> = stores.iter().map(|store| store.id).collect();
    let online_ids: Vec<LocationId> = std::iter::once(warehouse.id).chain(store_ids.iter().copied()).collect();
    let online =
        channels::upsert(ctx, channel("online-jp", "オンラインストア", "W", ChannelKind::Online, online_ids)).await?;
    let pos = channels::upsert(ctx, channel("pos-jp", "店舗", "S", ChannelKind::Pos, store_ids)).await?;
    let europe = channels::upsert(ctx, europe(warehouse.id)).await?;
    let mut tills = Vec::new();
    for store in &stores {
        for number in 1..=2 {
            let till = UpsertRegister {
                id: None,
                code: format!("{}-{number}", store.code),
                name: format!("{} レジ{number}", store.name),
                location_id: store.id,
                channel_id: pos.id,
                active: true,
                requires_session: Some(true),
                cash_limit: Some(Some(20_000)),
            };
            tills.push(registers::upsert(ctx, till).await?);
        }
    }
    let shipping_japan =
        shipping(ctx, &online, "takuhai", ("宅急便", "Home delivery"), 660, Some(11_000), &["JP"], standard).await?;
    shipping(ctx, &online, "nekopos", ("ポスト投函", "Letterbox delivery"), 385, None, &["JP"], standard).await?;
    let eu = ["DE", "FR", "IT", "ES", "NL"];
    let shipping_europe =
        shipping(ctx, &europe, "ems", ("EMS", "International express"), 1_900, Some(15_000), &eu, standard).await?;
    Ok(Places {
        standard,
        reduced,
        stores,
        warehouse,
        online,
        pos,
        europe,
        registers: tills,
        shipping_japan,
        shipping_europe,
    })
}

/// Japan's two rates since October 2019, and what the five EU countries of the demo ask for goods and for food.
async fn taxes(ctx: &Ctx) -> Result<(TaxClassId, TaxClassId)> {
    const RATES: [(&str, &str, i32, i32); 6] = [
        ("JP", "消費税", 100_000, 80_000),
        ("DE", "MwSt.", 190_000, 70_000),
        ("FR", "TVA", 200_000, 55_000),
        ("IT", "IVA", 220_000, 100_000),
        ("ES", "IVA", 210_000, 100_000),
        ("NL", "btw", 210_000, 90_000),
    ];
    let class = |code: &str, name: &str| UpsertTaxClass { code: code.to_owned(), name: name.to_owned() };
    let standard = upsert_class(ctx, class("standard", "標準税率")).await?.id;
    let reduced = upsert_class(ctx, class("reduced", "軽減税率 (飲食料品)")).await?.id;
    let valid_from = NaiveDate::from_ymd_opt(2019, 10, 1).unwrap_or_default();
    for (country, name, standard_ppm, reduced_ppm) in RATES {
        for (class_code, rate_ppm) in [("standard", standard_ppm), ("reduced", reduced_ppm)] {
            let rate = UpsertTaxRate {
                class_code: class_code.to_owned(),
                country: country.to_owned(),
                region: None,
                name: name.to_owned(),
                rate_ppm,
                valid_from,
                valid_to: None,
            };
            upsert_rate(ctx, rate).await?;
        }
    }
    Ok((standard, reduced))
}

/// A place to fill in: code, names, postal code, prefecture, city, street, phone, point, hours.
struct Site {
    code: &'static str,
    name: &'static str,
    english: &'static str,
    postal_code: &'static str,
    region: &'static str,
    city: &'static str,
    line1: &'static str,
    phone: &'static str,
    latitude_e6: i32,
    longitude_e6: i32,
    hours: (u32, u32),
}

fn stores_of_japan() -> Vec<UpsertLocation> {
    let sites = [
        Site {
            code: "shibuya",
            name: "渋谷店",
            english: "Shibuya Store",
            postal_code: "150-0002",
            region: "東京都",
            city: "渋谷区",
            line1: "渋谷2-21-1",
            phone: "+81364160001",
            latitude_e6: 35_659_025,
            longitude_e6: 139_703_473,
            hours: (10, 21),
        },
        Site {
            code: "umeda",
            name: "大阪梅田店",
            english: "Osaka Umeda Store",
            postal_code: "530-0001",
            region: "大阪府",
            city: "大阪市北区",
            line1: "梅田3-1-3",
            phone: "+81664570002",
            latitude_e6: 34_702_485,
            longitude_e6: 135_495_951,
            hours: (10, 20),
        },
        Site {
            code: "kyoto",
            name: "京都三条店",
            english: "Kyoto Sanjo Store",
            postal_code: "604-8083",
            region: "京都府",
            city: "京都市中京区",
            line1: "三条通富小路東入中之町20",
            phone: "+81752310003",
            latitude_e6: 35_008_860,
            longitude_e6: 135_765_480,
            hours: (11, 19),
        },
    ];
    sites.iter().map(store).collect()
}

fn store(site: &Site) -> UpsertLocation {
    UpsertLocation {
        id: None,
        expected_version: None,
        code: site.code.to_owned(),
        name: site.name.to_owned(),
        translations: BTreeMap::from([
            ("en".to_owned(), site.english.to_owned()),
            ("ja".to_owned(), site.name.to_owned()),
        ]),
        kind: LocationKind::Store,
        address: Address {
            company: "株式会社ひとつ商店".to_owned(),
            country: "JP".to_owned(),
            postal_code: site.postal_code.to_owned(),
            region: site.region.to_owned(),
            city: site.city.to_owned(),
            line1: site.line1.to_owned(),
            phone: site.phone.to_owned(),
            ..Address::default()
        },
        point: Some(GeoPoint { latitude_e6: site.latitude_e6, longitude_e6: site.longitude_e6 }),
        time_zone: "Asia/Tokyo".to_owned(),
        opening_hours: hours(site.hours),
        fulfills_online: true,
        pickup_enabled: true,
        // The small store has what it lacks brought from elsewhere.
        pickup_stock_policy: if site.code == "kyoto" { PickupStockPolicy::Any } else { PickupStockPolicy::Local },
        pickup_ready_minutes: 120,
        accepts_returns: true,
        daily_order_limit: None,
        default_safety_stock: 0,
        active: true,
        external_reference: None,
        metadata: None,
        private_metadata: None,
    }
}

fn warehouse() -> UpsertLocation {
    let site = Site {
        code: "funabashi",
        name: "船橋倉庫",
        english: "Funabashi Warehouse",
        postal_code: "273-0014",
        region: "千葉県",
        city: "船橋市",
        line1: "高瀬町31-3",
        phone: "+81474330004",
        latitude_e6: 35_672_870,
        longitude_e6: 139_990_910,
        hours: (8, 20),
    };
    UpsertLocation {
        kind: LocationKind::Warehouse,
        pickup_enabled: false,
        opening_hours: OpeningHours::default(),
        ..store(&site)
    }
}

/// Open every day but on New Year's Day.
fn hours((opens, closes): (u32, u32)) -> OpeningHours {
    let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    let day = vec![OpenPeriod { opens: at(opens), closes: at(closes) }];
    let exceptions = [2026, 2027, 2028]
        .into_iter()
        .filter_map(|year| NaiveDate::from_ymd_opt(year, 1, 1))
        .map(|on| HoursException { on, periods: Vec::new(), note: "元日".to_owned() })
        .collect();
    OpeningHours { week: vec![day; 7], exceptions }
}

fn channel(code: &str, name: &str, prefix: &str, kind: ChannelKind, locations: Vec<LocationId>) -> UpsertChannel {
    UpsertChannel {
        id: None,
        expected_version: None,
        code: code.to_owned(),
        name: name.to_owned(),
        kind,
        currency: Currency::JPY,
        default_locale: "ja".to_owned(),
        tax_country: "JP".to_owned(),
        prices_include_tax: true,
        tax_rounding: TaxRounding::Down,
        seller_name: "株式会社ひとつ商店".to_owned(),
        seller_address: "東京都渋谷区渋谷2-21-1".to_owned(),
        invoice_registration_number: Some("T9010401123456".to_owned()),
        mail_from: "shop@demo.example".to_owned(),
        order_prefix: prefix.to_owned(),
        hold_minutes: 15,
        active: true,
        locations: Some(locations),
        metadata: None,
        private_metadata: None,
        capture_mode: None,
        pay_within_hours: None,
        payment_instructions: None,
    }
}

fn europe(warehouse: LocationId) -> UpsertChannel {
    UpsertChannel {
        currency: Currency::EUR,
        default_locale: "en".to_owned(),
        tax_country: "DE".to_owned(),
        tax_rounding: TaxRounding::HalfUp,
        seller_name: "Hitotsu Shoten Europe GmbH".to_owned(),
        seller_address: "Immermannstraße 23, 40210 Düsseldorf".to_owned(),
        invoice_registration_number: None,
        ..channel("online-eu", "Online Store Europe", "E", ChannelKind::Online, vec![warehouse])
    }
}

#[expect(clippy::too_many_arguments, reason = "a row of a table, written as one")]
async fn shipping(
    ctx: &Ctx,
    channel: &channel::Model,
    code: &str,
    (ja, en): (&str, &str),
    amount: i64,
    free_over: Option<i64>,
    countries: &[&str],
    tax_class_id: TaxClassId,
) -> Result<shipping_method::Model> {
    let known = shipping_method::Entity::find()
        .filter(shipping_method::Column::ChannelId.eq(channel.id))
        .filter(shipping_method::Column::Code.eq(code))
        .one(&ctx.db())
        .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let method = shipping_method::Model {
        id: ShippingMethodId(ctx.services.random.uuid(ctx.now())),
        channel_id: channel.id,
        code: code.to_owned(),
        name: if channel.default_locale == "ja" { ja } else { en }.to_owned(),
        translations: json!({ "ja": ja, "en": en }),
        kind: ShippingRateKind::Flat,
        amount,
        free_over,
        countries: TextList(countries.iter().map(|&country| country.to_owned()).collect()),
        tax_class_id,
        min_days: 1,
        max_days: if channel.currency == Currency::EUR { 7 } else { 3 },
        position: if code == "nekopos" { 2 } else { 1 },
        active: true,
        carrier: None,
        service: None,
        delivery_slots: TextList::default(),
        lead_days: 0,
    };
    let row = &method;
    ctx.write(|tx| async move {
        let row = row.clone().into_active_model().reset_all();
        shipping_method::Entity::insert(row).exec_without_returning(&tx).await?;
        Ok(())
    })
    .await?;
    Ok(method)
}
