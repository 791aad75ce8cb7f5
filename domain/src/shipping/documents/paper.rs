//! What the papers of a parcel say, in the language of its order: every text ready to print.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use entity::address::Address;
use entity::id::{OrderId, ShipmentId};
use entity::{channel, location, order, shipment};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use crate::kernel::language::Language;
use crate::shipping::carriers::number;
use crate::shipping::contents::{self, Content};
use crate::{Error, Result};

/// Which paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What is in the parcel; A4, goes inside.
    PackingSlip,
    /// Whom it goes to; A6, goes outside.
    Label,
}

impl Kind {
    /// Both papers.
    pub const ALL: [Self; 2] = [Self::PackingSlip, Self::Label];

    /// Its name in addresses and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PackingSlip => "packing-slip",
            Self::Label => "label",
        }
    }
}

/// Something in the parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaperLine {
    /// What.
    pub title: String,
    /// Which variant; empty when there is only one.
    pub variant: String,
    /// SKU; empty when it has none.
    pub sku: String,
    /// Units.
    pub quantity: i64,
}

/// What a paper says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paper {
    /// BCP 47.
    pub language: &'static str,
    /// Title of the paper.
    pub title: String,
    /// Number of the order or orders.
    pub order_numbers: String,
    /// Our reference of the parcel.
    pub reference: String,
    /// When it was ordered.
    pub ordered_on: String,
    /// When it was packed.
    pub packed_on: String,
    /// Who sold it.
    pub seller: Vec<String>,
    /// From where it comes.
    pub sender: Vec<String>,
    /// To whom it goes.
    pub recipient: Vec<String>,
    /// Phone of the recipient.
    pub phone: String,
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number; empty while there is none.
    pub tracking_number: String,
    /// What the barcode says: the carrier's number, else our reference.
    pub barcode: String,
    /// The wished day and time; empty without a wish.
    pub delivery: String,
    /// What is in it.
    pub lines: Vec<PaperLine>,
    /// Units in all.
    pub units: i64,
    /// Headings and small texts.
    pub words: Words,
}

/// Headings and small texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// "Order".
    pub order: String,
    /// "Ordered on".
    pub ordered_on: String,
    /// "Packed on".
    pub packed_on: String,
    /// "Parcel".
    pub parcel: String,
    /// "To".
    pub to: String,
    /// "From".
    pub from: String,
    /// "Carrier".
    pub carrier: String,
    /// "Tracking number".
    pub tracking_number: String,
    /// "Delivery".
    pub delivery: String,
    /// "Phone".
    pub phone: String,
    /// "Item".
    pub item: String,
    /// "SKU".
    pub sku: String,
    /// "Quantity".
    pub quantity: String,
    /// "Units in all".
    pub total: String,
    /// "Thank you".
    pub thanks: String,
}

fn words(language: Language) -> Words {
    let say = |name: &str| language.text(&format!("paper-{name}"), &[]);
    Words {
        order: say("order"),
        ordered_on: say("ordered-on"),
        packed_on: say("packed-on"),
        parcel: say("parcel"),
        to: say("to"),
        from: say("from"),
        carrier: say("carrier"),
        tracking_number: say("tracking-number"),
        delivery: say("delivery"),
        phone: say("phone"),
        item: say("item"),
        sku: say("sku"),
        quantity: say("quantity"),
        total: say("total"),
        thanks: say("thanks"),
    }
}

/// Reads what a paper says. Nine statements. Error: `NOT_FOUND` for a parcel that is missing or was unpacked again.
pub async fn read(db: &impl ConnectionTrait, kind: Kind, id: ShipmentId) -> Result<Paper> {
    let parcel = shipment::Entity::find_by_id(id).one(db).await?.filter(|parcel| parcel.voided_at.is_none());
    let parcel = parcel.ok_or(Error::not_found("shipment"))?;
    let of: BTreeSet<OrderId> = contents::orders_of(db, &[id]).await?.remove(&id).unwrap_or_default();
    let ids: Vec<OrderId> = of.into_iter().collect();
    let mut orders = crate::order::query::by_ids(db, &ids).await?;
    orders.sort_by_key(|order| order.id);
    let first = orders.first().ok_or(Error::not_found("shipment"))?;
    let siblings = contents::with_voided(db, &[first.id]).await?.remove(&first.id).unwrap_or_default();
    let seller = channel::Entity::find_by_id(first.channel_id).one(db).await?.ok_or(Error::not_found("channel"))?;
    let sender = location::Entity::find().filter(location::Column::Id.eq(parcel.location_id)).one(db).await?;
    let sender = sender.ok_or(Error::not_found("location"))?;
    let contents = contents::contents(db, &[id]).await?.remove(&id).unwrap_or_default();
    let reference = contents::reference(first, &siblings, id).unwrap_or_default();
    Ok(paper(
        kind,
        &Facts { parcel: &parcel, orders: &orders, first, seller: &seller, sender: &sender, contents, reference },
    ))
}

struct Facts<'a> {
    parcel: &'a shipment::Model,
    orders: &'a [order::Model],
    first: &'a order::Model,
    seller: &'a channel::Model,
    sender: &'a location::Model,
    contents: Vec<Content>,
    reference: String,
}

fn paper(kind: Kind, facts: &Facts<'_>) -> Paper {
    let language = Language::of(&facts.first.locale);
    let zone: Tz = facts.sender.time_zone.parse().unwrap_or(Tz::UTC);
    let day = |at: chrono::DateTime<chrono::Utc>| date(at.with_timezone(&zone).date_naive(), language);
    let to = contents::recipient(facts.parcel);
    let title = match kind {
        Kind::PackingSlip => "paper-packing-slip",
        Kind::Label => "paper-label",
    };
    let lines = lines(&facts.contents);
    let number = facts.parcel.tracking_number.clone().unwrap_or_default();
    let carrier = match &facts.parcel.carrier_name {
        Some(name) => name.clone(),
        None => number::name(facts.parcel.carrier, language).to_owned(),
    };
    let wish = facts.parcel.delivery_on.map(|on| date(on, language)).into_iter();
    let wish: Vec<String> =
        wish.chain(facts.parcel.delivery_slot.as_deref().map(|slot| self::slot(slot, language))).collect();
    let numbers: Vec<&str> = facts.orders.iter().map(|order| order.number.as_str()).collect();
    let sender = address(&facts.sender.address, language);
    Paper {
        language: language.tag(),
        title: language.text(title, &[]),
        order_numbers: numbers.join(", "),
        reference: facts.reference.clone(),
        ordered_on: facts.first.placed_at.map(day).unwrap_or_default(),
        packed_on: day(facts.parcel.packed_at),
        seller: lined(std::iter::once(facts.seller.seller_name.as_str()).chain(facts.seller.seller_address.lines())),
        sender: std::iter::once(facts.sender.name.clone()).chain(sender).collect(),
        recipient: address(&to, language),
        phone: to.phone.clone(),
        carrier,
        barcode: if number.is_empty() { facts.reference.clone() } else { number.clone() },
        tracking_number: number,
        delivery: wish.join(" "),
        units: lines.iter().map(|line| line.quantity).sum(),
        lines,
        words: words(language),
    }
}

fn lined<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    lines.map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A line per thing sold; the parts of a bundle stand under its name, each with its own number.
fn lines(contents: &[Content]) -> Vec<PaperLine> {
    let line = |content: &Content| PaperLine {
        title: content.sold.title.clone(),
        variant: if content.sold.variant_title == content.sold.title {
            String::new()
        } else {
            content.sold.variant_title.clone()
        },
        sku: content.sold.sku.clone().unwrap_or_default(),
        quantity: content.line.quantity,
    };
    contents.iter().map(line).collect()
}

/// A day as people of a language write it.
#[must_use]
pub fn date(day: chrono::NaiveDate, language: Language) -> String {
    match language {
        Language::Ja => day.format("%Y年%-m月%-d日").to_string(),
        Language::En => day.format("%-d %B %Y").to_string(),
    }
}

/// A time of day as people of a language write it.
#[must_use]
pub fn slot(slot: &str, language: Language) -> String {
    match (slot, slot.split_once('-'), language) {
        ("AM", _, Language::Ja) => "午前中".to_owned(),
        ("AM", _, Language::En) => "in the morning".to_owned(),
        (_, Some((from, to)), Language::Ja) => format!("{from}時〜{to}時"),
        (_, Some((from, to)), Language::En) => format!("{from}:00–{to}:00"),
        (other, None, _) => other.to_owned(),
    }
}

/// An address as it stands on a parcel of its country: from large to small in Japan, the name last.
fn address(address: &Address, language: Language) -> Vec<String> {
    let name = format!("{} {}", address.family_name, address.given_name);
    let name = name.trim();
    let named = |text: String| if text.is_empty() { text } else { format!("{text} 様") };
    let lines = if address.country == "JP" || (language == Language::Ja && address.country.is_empty()) {
        let postal = if address.postal_code.is_empty() { String::new() } else { format!("〒{}", address.postal_code) };
        vec![
            postal,
            format!("{}{}{}", address.region, address.city, address.line1),
            address.line2.clone(),
            address.company.clone(),
            named(name.to_owned()),
        ]
    } else {
        let name = format!("{} {}", address.given_name, address.family_name);
        let town = format!("{} {} {}", address.postal_code, address.city, address.region);
        vec![name, address.company.clone(), address.line1.clone(), address.line2.clone(), town, address.country.clone()]
    };
    lined(lines.iter().map(String::as_str))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn example(kind: Kind, language: Language) -> Paper {
        let to = Address {
            family_name: "髙﨑".into(),
            given_name: "花子".into(),
            country: "JP".into(),
            postal_code: "150-0001".into(),
            region: "東京都".into(),
            city: "渋谷区".into(),
            line1: "神宮前1-2-3".into(),
            line2: "コーポ原宿 201号室".into(),
            ..Address::default()
        };
        let title = match kind {
            Kind::PackingSlip => "paper-packing-slip",
            Kind::Label => "paper-label",
        };
        let line = |title: &str, quantity| PaperLine {
            title: title.into(),
            variant: "M / 白".into(),
            sku: "SH-1".into(),
            quantity,
        };
        Paper {
            language: language.tag(),
            title: language.text(title, &[]),
            order_numbers: "H100001".into(),
            reference: "H100001-1".into(),
            ordered_on: date(chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default(), language),
            packed_on: date(chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap_or_default(), language),
            seller: vec!["ひとつ商店株式会社".into(), "東京都渋谷区神宮前1-2-3".into()],
            sender: vec!["有明倉庫".into(), "〒135-0063".into(), "東京都江東区有明3-1".into()],
            recipient: address(&to, language),
            phone: "+819012345678".into(),
            carrier: number::name(entity::words::Carrier::Yamato, language).to_owned(),
            tracking_number: "412012345673".into(),
            barcode: "412012345673".into(),
            delivery: format!(
                "{} {}",
                date(chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap_or_default(), language),
                slot("14-16", language)
            ),
            lines: vec![line("オックスフォードシャツ <b>𠮷野</b>", 1), line("Sencha & Matcha", 2)],
            units: 3,
            words: words(language),
        }
    }

    #[test]
    fn days_and_times_read_naturally() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 3).unwrap_or_default();
        assert_eq!(date(day, Language::Ja), "2026年11月3日");
        assert_eq!(date(day, Language::En), "3 November 2026");
        assert_eq!(slot("14-16", Language::Ja), "14時〜16時");
        assert_eq!(slot("AM", Language::En), "in the morning");
    }
}
