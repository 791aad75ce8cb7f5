//! Three hundred customers, some of them abroad: names with kana, verified addresses, loyalty cards.

use anyhow::{Context as _, Result};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::Ctx;
use domain::customer::identifier::card_number;
use domain::kernel::text;
use entity::address::Address;
use entity::id::{CustomerAddressId, CustomerConsentId, CustomerId, CustomerIdentifierId};
use entity::words::{ConsentChannel, ConsentPurpose, IdentifierKind};
use entity::{customer, customer_address, customer_consent, customer_identifier};
use serde::Deserialize;
use serde_json::json;

use super::dice::Dice;
use super::id_of;

/// Every how many customers one lives in Europe.
pub(super) const ABROAD: usize = 15;

#[derive(Debug, Deserialize)]
struct Name {
    family: String,
    family_kana: String,
    given: String,
    given_kana: String,
    family_latin: String,
    given_latin: String,
}

#[derive(Debug, Deserialize)]
struct Foreigner {
    family: String,
    given: String,
    country: String,
    city: String,
    postal: String,
    line: String,
}

/// A customer with everything that hangs on it.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) row: customer::Model,
    pub(super) identifiers: Vec<customer_identifier::Model>,
    pub(super) address: customer_address::Model,
    /// Every yes and no, oldest first; the last one of a purpose holds.
    pub(super) consents: Vec<customer_consent::Model>,
}

impl Person {
    /// The value of an identifier.
    pub(super) fn identifier(&self, kind: IdentifierKind) -> Option<&str> {
        self.identifiers.iter().find(|identifier| identifier.kind == kind).map(|identifier| identifier.value.as_str())
    }

    /// Whether it agreed to something at a moment, and did not take it back before.
    pub(super) fn agrees(&self, purpose: ConsentPurpose, at: DateTime<Utc>) -> bool {
        let said = self.consents.iter().filter(|said| said.purpose == purpose && said.recorded_at <= at);
        said.max_by_key(|said| said.recorded_at).is_some_and(|said| said.granted)
    }

    /// Whether it lives in Japan.
    pub(super) fn is_at_home(&self) -> bool {
        self.address.address.country == "JP"
    }

    /// The name as people of its country write it.
    pub(super) fn full_name(&self) -> String {
        match self.is_at_home() {
            true => format!("{} {}", self.row.family_name, self.row.given_name),
            false => format!("{} {}", self.row.given_name, self.row.family_name),
        }
    }
}

/// Makes `count` customers who joined during the first months. All share one password hash: hashing three hundred
/// times would take longer than everything else. `wording` is the version of what they agreed to.
pub(super) fn make(ctx: &Ctx, count: usize, password_hash: &str, wording: &str, dice: &Dice) -> Result<Vec<Person>> {
    let names: Vec<Name> = rows(include_bytes!("people.csv"))?;
    let foreigners: Vec<Foreigner> = rows(include_bytes!("foreigners.csv"))?;
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        let joined = ctx.now() + TimeDelta::minutes(dice.between(0, 60 * 24 * 90));
        let mut person = if number % ABROAD == ABROAD - 1 {
            let foreigner = foreigners.get((number / ABROAD) % foreigners.len()).context("foreigners")?;
            abroad(ctx, foreigner, number, joined)
        } else {
            // Family and given names turn at different speeds, so that no two people share both.
            let family = names.get(number % names.len()).context("names")?;
            let given = names.get((number + number / names.len() * 7) % names.len()).context("names")?;
            at_home(ctx, family, given, number, joined, dice)
        };
        let news = if person.is_at_home() { dice.percent(60) } else { number / ABROAD % 2 != 1 };
        person.consents = consents(&person.row, number, news, wording);
        person.row.password_hash = Some(password_hash.to_owned());
        person.row.search_text = search_text(&person);
        people.push(person);
    }
    Ok(people)
}

fn rows<T: for<'de> Deserialize<'de>>(csv: &'static [u8]) -> Result<Vec<T>> {
    Ok(csv::Reader::from_reader(csv).deserialize().collect::<Result<_, _>>()?)
}

fn search_text(person: &Person) -> String {
    let row = &person.row;
    let names = [&row.family_name, &row.given_name, &row.family_name_kana, &row.given_name_kana];
    let parts: Vec<&str> = names
        .into_iter()
        .chain(person.identifiers.iter().map(|identifier| &identifier.value))
        .map(String::as_str)
        .collect();
    text::fold(&parts.join(" "))
}

fn at_home(ctx: &Ctx, family: &Name, given: &Name, number: usize, joined: DateTime<Utc>, dice: &Dice) -> Person {
    /// Postal code, prefecture, city, street.
    const HOMES: [(&str, &str, &str, &str); 8] = [
        ("153-0051", "東京都", "目黒区", "上目黒1-5-8"),
        ("154-0004", "東京都", "世田谷区", "太子堂4-2-11"),
        ("220-0012", "神奈川県", "横浜市西区", "みなとみらい3-6"),
        ("530-0041", "大阪府", "大阪市北区", "天神橋2-4-17"),
        ("604-0925", "京都府", "京都市中京区", "寺町通御池上る"),
        ("460-0008", "愛知県", "名古屋市中区", "栄3-15-33"),
        ("810-0001", "福岡県", "福岡市中央区", "天神2-8-38"),
        ("060-0061", "北海道", "札幌市中央区", "南一条西5-14"),
    ];
    let (postal_code, region, city, line1) = HOMES.get(dice.index(HOMES.len())).copied().unwrap_or_default();
    let address = Address {
        family_name: family.family.clone(),
        given_name: given.given.clone(),
        family_name_kana: family.family_kana.clone(),
        given_name_kana: given.given_kana.clone(),
        country: "JP".to_owned(),
        postal_code: postal_code.to_owned(),
        region: region.to_owned(),
        city: city.to_owned(),
        line1: line1.to_owned(),
        line2: if dice.percent(40) { format!("{}号室", dice.between(101, 1_205)) } else { String::new() },
        phone: format!("+8190{:08}", 10_000_000 + number * 137),
        ..Address::default()
    };
    let email = format!("{}.{}{number}@example.com", given.given_latin, family.family_latin);
    let mut person = person(ctx, address, "ja", "Asia/Tokyo", &email, joined);
    person.row.birth_on = NaiveDate::from_yo_opt(
        1950 + i32::try_from(dice.below(55)).unwrap_or(0),
        1 + u32::try_from(dice.below(365)).unwrap_or(0),
    );
    if dice.percent(40) {
        let phone = person.address.address.phone.clone();
        add(ctx, &mut person, IdentifierKind::Phone, phone);
    }
    if dice.percent(70)
        && let Some(card) = card_number(&format!("29{number:010}"))
    {
        add(ctx, &mut person, IdentifierKind::LoyaltyCard, card);
    }
    person
}

fn abroad(ctx: &Ctx, foreigner: &Foreigner, number: usize, joined: DateTime<Utc>) -> Person {
    let address = Address {
        family_name: foreigner.family.clone(),
        given_name: foreigner.given.clone(),
        country: foreigner.country.clone(),
        postal_code: foreigner.postal.clone(),
        city: foreigner.city.clone(),
        line1: foreigner.line.clone(),
        ..Address::default()
    };
    person(ctx, address, "en", "Europe/Berlin", &format!("customer{number}@example.org"), joined)
}

fn person(ctx: &Ctx, address: Address, locale: &str, time_zone: &str, email: &str, joined: DateTime<Utc>) -> Person {
    let id = CustomerId(ctx.services.random.uuid(joined));
    let row = customer::Model {
        id,
        family_name: address.family_name.clone(),
        given_name: address.given_name.clone(),
        family_name_kana: address.family_name_kana.clone(),
        given_name_kana: address.given_name_kana.clone(),
        locale: locale.to_owned(),
        time_zone: Some(time_zone.to_owned()),
        birth_on: None,
        password_hash: None,
        search_text: String::new(),
        merged_into_id: None,
        erased_at: None,
        note: String::new(),
        metadata: json!({}),
        private_metadata: json!({}),
        version: 1,
        created_at: joined,
        updated_at: joined,
    };
    let address = customer_address::Model {
        id: CustomerAddressId(ctx.services.random.uuid(joined)),
        customer_id: id,
        address,
        is_default: true,
        created_at: joined,
        updated_at: joined,
    };
    let mut person = Person { row, identifiers: Vec::new(), address, consents: Vec::new() };
    add(ctx, &mut person, IdentifierKind::Email, email.to_owned());
    person
}

fn add(ctx: &Ctx, person: &mut Person, kind: IdentifierKind, value: String) {
    let at = person.row.created_at;
    person.identifiers.push(customer_identifier::Model {
        id: CustomerIdentifierId(ctx.services.random.uuid(at)),
        customer_id: person.row.id,
        kind,
        value,
        verified_at: Some(at),
        created_at: at,
    });
}

/// What somebody said about news and surveys: at the registration, and some of them otherwise later.
fn consents(row: &customer::Model, number: usize, news: bool, wording: &str) -> Vec<customer_consent::Model> {
    let said = |purpose, granted, source: &str, at| customer_consent::Model {
        id: CustomerConsentId(id_of(at)),
        customer_id: row.id,
        channel: ConsentChannel::Email,
        purpose,
        granted,
        source: source.to_owned(),
        text_version: wording.to_owned(),
        recorded_at: at,
    };
    let joined = row.created_at;
    let mut all = vec![
        said(ConsentPurpose::Marketing, news, "registration", joined),
        said(ConsentPurpose::Survey, number % 3 != 2, "registration", joined),
    ];
    if news && number % 7 == 3 {
        all.push(said(ConsentPurpose::Marketing, false, "preferences-page", joined + TimeDelta::days(200)));
    }
    if !news && number % 11 == 5 {
        all.push(said(ConsentPurpose::Marketing, true, "account-page", joined + TimeDelta::days(120)));
    }
    all
}
