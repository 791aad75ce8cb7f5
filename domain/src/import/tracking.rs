//! Reading the files that label programs write: which parcel goes under which number.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{OrderId, ShipmentId};
use entity::words::Carrier;
use entity::{order, shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use unicode_normalization::UnicodeNormalization;

use super::table::{self, Table};
use crate::kernel::Scope;
use crate::shipping::carriers::{layout, number};
use crate::shipping::{contents, tracking};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most lines of one file.
const MAX_LINES: usize = 5_000;
/// Headings that every file may use.
const REFERENCE: &str = "reference";
const NUMBER: &str = "tracking_number";

/// A file that a label program wrote.
#[derive(Debug, Clone)]
pub struct ImportTracking {
    /// Whose program.
    pub carrier: Carrier,
    /// The file: Shift_JIS or UTF-8.
    pub file: Vec<u8>,
    /// Write nothing and only say what would happen.
    pub dry_run: bool,
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub struct TrackingReport {
    /// Lines with something in them, without the headings.
    pub rows: usize,
    /// Parcels that got another number.
    pub updated: usize,
    /// Parcels that had theirs already.
    pub unchanged: usize,
    /// Lines that were left out.
    pub problems: Vec<TrackingProblem>,
}

/// A line that was left out.
#[derive(Debug, Clone)]
pub struct TrackingProblem {
    /// Line of the file, from 1.
    pub line: u64,
    /// The reference on it.
    pub reference: String,
    /// What is wrong.
    pub error: Error,
}

struct Wanted {
    line: u64,
    reference: String,
    place: (String, usize),
    number: String,
}

/// Sets the numbers of parcels, each line for itself: what is wrong with one does not keep the others. Parcels that have
/// left keep theirs. Errors: `FORBIDDEN`, `INVALID` for a carrier without a label program, `INVALID_FILE`, `TOO_MANY`,
/// `REQUIRED` for a file without the two columns.
pub async fn import_tracking(ctx: &Ctx, input: ImportTracking) -> Result<TrackingReport> {
    let scope = ctx.require(Permission::FulfillmentWork)?;
    let table = table::read(&input.file)?;
    if table.rows.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "file", vec![("max", MAX_LINES.to_string())]));
    }
    let mut report = TrackingReport { rows: table.rows.len(), ..TrackingReport::default() };
    let wanted = read(&table, input.carrier, &mut report.problems)?;
    let (scope, wanted, report, input) = (&scope, &wanted, &report, &input);
    ctx.write(|tx| async move {
        let mut report = report.clone();
        let parcels = resolve(&tx, scope, wanted, &mut report.problems).await?;
        let total = parcels.len();
        let news: Vec<_> = parcels.into_iter().map(|(parcel, number)| (parcel, input.carrier, number)).collect();
        report.updated = if input.dry_run {
            let differs = |(parcel, carrier, number): &&(shipment::Model, Carrier, String)| {
                parcel.tracking_number.as_ref() != Some(number) || parcel.carrier != *carrier
            };
            news.iter().filter(differs).count()
        } else {
            tracking::set_numbers(&tx, news).await?
        };
        report.unchanged = total - report.updated;
        report.problems.sort_by_key(|problem| problem.line);
        Ok(report)
    })
    .await
}

/// Headings differ in width and spaces from one version of a program to the next.
fn folded(heading: &str) -> String {
    heading.nfkc().filter(|one| !one.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn column(table: &Table, names: &[String], own: &str) -> Result<usize> {
    let wanted: Vec<String> = names.iter().map(|name| folded(name)).chain([own.to_owned()]).collect();
    let headings: Vec<String> = table.headings.iter().map(|heading| folded(heading)).collect();
    let found = wanted.iter().find_map(|name| headings.iter().position(|heading| heading == name));
    found.ok_or_else(|| Error::invalid(ErrorCode::Required, names.first().map_or(own, String::as_str)))
}

fn read(table: &Table, carrier: Carrier, problems: &mut Vec<TrackingProblem>) -> Result<Vec<Wanted>> {
    let headings = layout::of(carrier).map(|layout| &layout.tracking);
    let headings = headings.ok_or_else(|| Error::invalid(ErrorCode::Invalid, "input.carrier"))?;
    let (reference, number) =
        (column(table, &headings.reference, REFERENCE)?, column(table, &headings.number, NUMBER)?);
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for row in &table.rows {
        let (text, typed) = (row.cell(reference).to_owned(), row.cell(number));
        let mut problem = |error| problems.push(TrackingProblem { line: row.line, reference: text.clone(), error });
        let place = match contents::parse_reference(&text) {
            Some(place) => place,
            None if text.is_empty() => {
                problem(Error::invalid(ErrorCode::Required, REFERENCE));
                continue;
            }
            None => {
                problem(Error::not_found("shipment"));
                continue;
            }
        };
        match number::normalize(carrier, typed, NUMBER) {
            // A parcel of two lines: the later one counts when they agree, else neither can be believed.
            Ok(number) => match wanted.get(&text) {
                Some(before) if before.number != number => problem(Error::invalid(ErrorCode::AlreadyExists, REFERENCE)),
                Some(_) => {}
                None => {
                    wanted.insert(text.clone(), Wanted { line: row.line, reference: text, place, number });
                }
            },
            Err(error) => problem(error),
        }
    }
    Ok(wanted.into_values().collect())
}

/// The parcels that lines mean, locked in id order, with their numbers.
async fn resolve(
    tx: &Tx,
    scope: &Scope,
    wanted: &[Wanted],
    problems: &mut Vec<TrackingProblem>,
) -> Result<Vec<(shipment::Model, String)>> {
    let numbers: BTreeSet<String> = wanted.iter().map(|wanted| wanted.place.0.clone()).collect();
    let orders: BTreeMap<String, OrderId> = order::Entity::find()
        .filter(order::Column::Number.is_in(numbers))
        .all(tx)
        .await?
        .into_iter()
        .map(|order| (order.number, order.id))
        .collect();
    let ids: Vec<OrderId> = orders.values().copied().collect();
    let siblings = contents::with_voided(tx, &ids).await?;
    let named: Vec<(&Wanted, Option<ShipmentId>)> = wanted
        .iter()
        .map(|wanted| {
            let (number, place) = &wanted.place;
            let parcels = orders.get(number).and_then(|order| siblings.get(order));
            (wanted, parcels.and_then(|parcels| Some(parcels.get(place.checked_sub(1)?)?.id)))
        })
        .collect();
    let locked: BTreeMap<ShipmentId, shipment::Model> = shipment::Entity::find()
        .filter(contents::within(scope))
        .filter(shipment::Column::Id.is_in(named.iter().filter_map(|(_, id)| *id)))
        .order_by_asc(shipment::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?
        .into_iter()
        .map(|parcel| (parcel.id, parcel))
        .collect();
    let mut found = Vec::new();
    for (wanted, id) in named {
        let mut problem = |error| {
            problems.push(TrackingProblem { line: wanted.line, reference: wanted.reference.clone(), error });
        };
        match id.and_then(|id| locked.get(&id)).cloned() {
            None => problem(Error::not_found("shipment")),
            Some(parcel) if parcel.voided_at.is_some() => problem(tracking::refused("VOIDED", "TRACK")),
            Some(parcel)
                if parcel.shipped_at.is_some()
                    && parcel.tracking_number.as_deref().is_some_and(|number| number != wanted.number) =>
            {
                problem(Error::invalid(ErrorCode::AlreadyExists, NUMBER));
            }
            Some(parcel) => found.push((parcel, wanted.number.clone())),
        }
    }
    Ok(found)
}
