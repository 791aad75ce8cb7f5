//! What a report is made of: receipts, payments, credit notes and cash of one session.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::id::StaffId;
use entity::words::{CashMovementKind, Gateway, OrderStatus, PaymentEventKind, PaymentOutcome, RefundDestination};
use entity::{cash_movement, credit_note, location, order, payment, payment_event, receipt, register_session, staff};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use super::receipt::{ReceiptTax, parse};
use super::report::{CashLine, CashSum, RateSum, Sum, TenderSum};
use crate::drawer::{self, Place};
use crate::kernel::{Error, Result};

/// Receipts read at once.
const CHUNK: u64 = 500;

/// The facts of a session.
pub(super) struct Facts {
    location: location::Model,
    movements: Vec<cash_movement::Model>,
    names: HashMap<StaffId, String>,
    numbers_between: i64,
    pub(super) sales: Sum,
    pub(super) taxes: Vec<RateSum>,
    pub(super) tenders: Vec<TenderSum>,
    pub(super) discounts: Sum,
    pub(super) credit_notes: Sum,
    pub(super) credit_taxes: Vec<RateSum>,
    pub(super) refunds: Vec<TenderSum>,
    pub(super) voids: Sum,
    pub(super) first_receipt: Option<i64>,
    pub(super) last_receipt: Option<i64>,
}

/// What of a credit note counts here.
#[derive(Deserialize)]
struct Note {
    total: i64,
    taxes: Vec<ReceiptTax>,
}

/// What receipts come to.
#[derive(Default)]
struct Receipts {
    sales: Sum,
    discounts: Sum,
    taxes: BTreeMap<(i32, String), (i64, i64)>,
    first: Option<i64>,
    last: Option<i64>,
}

impl Facts {
    pub(super) async fn read(
        db: &impl ConnectionTrait,
        session: &register_session::Model,
        place: &Place,
    ) -> Result<Self> {
        let location = location::Entity::find_by_id(place.register.location_id).one(db).await?;
        let receipts = Receipts::read(db, session).await?;
        let movements = drawer::query::movements(db, &[session.id]).await?;
        let (credit_notes, credit_taxes) = credits(db, session).await?;
        Ok(Self {
            location: location.ok_or(Error::not_found("location"))?,
            names: names(db, session, &movements).await?,
            numbers_between: between(db, session, &receipts).await?,
            tenders: taken(db, session).await?,
            refunds: given_back(db, session, &movements).await?,
            voids: voids(db, session).await?,
            sales: receipts.sales,
            discounts: receipts.discounts,
            first_receipt: receipts.first,
            last_receipt: receipts.last,
            taxes: rates(receipts.taxes),
            credit_notes,
            credit_taxes,
            movements,
        })
    }

    pub(super) fn location_name(&self, locale: &str) -> String {
        crate::location::query::name_in(&self.location, locale).to_owned()
    }

    pub(super) fn local(&self, at: DateTime<Utc>) -> String {
        let zone: chrono_tz::Tz = self.location.time_zone.parse().unwrap_or(chrono_tz::UTC);
        at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
    }

    pub(super) fn name_of(&self, id: Option<StaffId>) -> Option<String> {
        self.names.get(&id?).cloned()
    }

    /// Every number between the first and the last was given out, whichever session took it.
    pub(super) fn is_complete(&self) -> bool {
        match (self.first_receipt, self.last_receipt) {
            (Some(first), Some(last)) => last - first + 1 == self.numbers_between,
            _ => true,
        }
    }

    pub(super) fn cash(&self) -> Vec<CashSum> {
        let mut sums: BTreeMap<CashMovementKind, Sum> = BTreeMap::new();
        for movement in &self.movements {
            sums.entry(movement.kind).or_default().add(movement.amount);
        }
        sums.into_iter().map(|(kind, sum)| CashSum { kind, sum }).collect()
    }

    pub(super) fn cash_moves(&self) -> Vec<CashLine> {
        use CashMovementKind::{Drop, In, Out};
        let by_staff = self.movements.iter().filter(|movement| matches!(movement.kind, In | Out | Drop));
        let lines = by_staff.map(|movement| CashLine {
            kind: movement.kind,
            amount: movement.amount,
            reason: movement.reason.clone().unwrap_or_default(),
            at_local: self.local(movement.occurred_at),
            staff: self.name_of(movement.staff_id),
            approved_by: self.name_of(movement.approved_by),
        });
        lines.collect()
    }
}

impl Receipts {
    async fn read(db: &impl ConnectionTrait, session: &register_session::Model) -> Result<Self> {
        let mut sums = Self::default();
        loop {
            let some = receipt::Entity::find()
                .filter(receipt::Column::RegisterSessionId.eq(session.id))
                .filter(receipt::Column::Number.gt(sums.last.unwrap_or(0)))
                .order_by_asc(receipt::Column::Number)
                .limit(CHUNK)
                .all(db)
                .await?;
            if some.is_empty() {
                return Ok(sums);
            }
            for row in &some {
                sums.add(row)?;
            }
        }
    }

    fn add(&mut self, row: &receipt::Model) -> Result<()> {
        let receipt = parse(row)?;
        self.first = self.first.or(Some(row.number));
        self.last = Some(row.number);
        self.sales.add(receipt.total);
        if receipt.discount_total != 0 {
            self.discounts.add(receipt.discount_total);
        }
        add_taxes(&mut self.taxes, receipt.taxes);
        Ok(())
    }
}

fn add_taxes(sums: &mut BTreeMap<(i32, String), (i64, i64)>, taxes: Vec<ReceiptTax>) {
    for tax in taxes {
        let sum = sums.entry((tax.rate_ppm, tax.name)).or_default();
        *sum = (sum.0 + tax.taxable, sum.1 + tax.tax);
    }
}

fn rates(sums: BTreeMap<(i32, String), (i64, i64)>) -> Vec<RateSum> {
    let rows = sums.into_iter().rev();
    rows.map(|((rate_ppm, name), (taxable, tax))| RateSum { name, rate_ppm, taxable, tax }).collect()
}

async fn names(
    db: &impl ConnectionTrait,
    session: &register_session::Model,
    movements: &[cash_movement::Model],
) -> Result<HashMap<StaffId, String>> {
    let moved = movements.iter().flat_map(|movement| [movement.staff_id, movement.approved_by]);
    let ids: std::collections::BTreeSet<StaffId> =
        moved.chain([session.opened_by, session.closed_by]).flatten().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = staff::Entity::find().filter(staff::Column::Id.is_in(ids)).all(db).await?;
    Ok(found.into_iter().map(|staff| (staff.id, staff.name)).collect())
}

async fn between(db: &impl ConnectionTrait, session: &register_session::Model, receipts: &Receipts) -> Result<i64> {
    let (Some(first), Some(last)) = (receipts.first, receipts.last) else { return Ok(0) };
    let found = receipt::Entity::find()
        .filter(receipt::Column::RegisterId.eq(session.register_id))
        .filter(receipt::Column::Number.between(first, last))
        .count(db)
        .await?;
    i64::try_from(found).map_err(|error| Error::Bug(error.to_string()))
}

/// Money that came in by the payments of the session.
async fn taken(db: &impl ConnectionTrait, session: &register_session::Model) -> Result<Vec<TenderSum>> {
    let events = payment_event::Entity::find()
        .inner_join(payment::Entity)
        .filter(payment::Column::RegisterSessionId.eq(session.id))
        .filter(payment_event::Column::Kind.eq(PaymentEventKind::Capture))
        .filter(payment_event::Column::Outcome.eq(PaymentOutcome::Success))
        .all(db)
        .await?;
    Ok(per_gateway(events.iter().map(|event| (event.gateway, event.amount))))
}

/// Money that went out: cash by the drawer, the rest by the credit notes of the session.
async fn given_back(
    db: &impl ConnectionTrait,
    session: &register_session::Model,
    movements: &[cash_movement::Model],
) -> Result<Vec<TenderSum>> {
    let mut refunds = Query::select();
    refunds
        .column(credit_note::Column::RefundId)
        .from(credit_note::Entity)
        .and_where(credit_note::Column::RegisterSessionId.eq(session.id));
    let events = payment_event::Entity::find()
        .filter(payment_event::Column::RefundId.in_subquery(refunds))
        .filter(payment_event::Column::Kind.eq(PaymentEventKind::Refund))
        .filter(payment_event::Column::Outcome.eq(PaymentOutcome::Success))
        .all(db)
        .await?;
    let cash = movements.iter().filter(|movement| movement.kind == CashMovementKind::Refund);
    let cash = cash.map(|movement| (Gateway::Cash, -movement.amount));
    let rest =
        events.iter().map(|event| (went_to(event), event.amount)).filter(|(gateway, _)| *gateway != Gateway::Cash);
    Ok(per_gateway(rest.chain(cash)))
}

/// As what money ended that a payment gave back: as itself, as store credit, or in the goods that were taken instead.
const fn went_to(event: &payment_event::Model) -> Gateway {
    match event.destination {
        RefundDestination::Original => event.gateway,
        RefundDestination::StoreCredit => Gateway::StoreCredit,
        RefundDestination::Exchange => Gateway::Exchange,
    }
}

fn per_gateway(facts: impl Iterator<Item = (Gateway, i64)>) -> Vec<TenderSum> {
    let mut sums: BTreeMap<Gateway, Sum> = BTreeMap::new();
    for (gateway, amount) in facts {
        sums.entry(gateway).or_default().add(amount);
    }
    sums.into_iter().map(|(gateway, sum)| TenderSum { gateway, sum }).collect()
}

async fn credits(db: &impl ConnectionTrait, session: &register_session::Model) -> Result<(Sum, Vec<RateSum>)> {
    let found = credit_note::Entity::find()
        .filter(credit_note::Column::RegisterSessionId.eq(session.id))
        .order_by_asc(credit_note::Column::Id)
        .all(db)
        .await?;
    let (mut sum, mut taxes) = (Sum::default(), BTreeMap::new());
    for row in found {
        let note: Note = serde_json::from_value(row.document)
            .map_err(|error| Error::Bug(format!("credit note {}: {error}", row.number)))?;
        sum.add(note.total);
        add_taxes(&mut taxes, note.taxes);
    }
    Ok((sum, rates(taxes)))
}

/// Sales of the session that were canceled whole.
async fn voids(db: &impl ConnectionTrait, session: &register_session::Model) -> Result<Sum> {
    let mut sold = Query::select();
    sold.column(receipt::Column::OrderId)
        .from(receipt::Entity)
        .and_where(receipt::Column::RegisterSessionId.eq(session.id));
    let orders = order::Entity::find()
        .filter(order::Column::Id.in_subquery(sold))
        .filter(order::Column::Status.eq(OrderStatus::Canceled))
        .all(db)
        .await?;
    let mut sum = Sum::default();
    orders.iter().for_each(|order| sum.add(order.total));
    Ok(sum)
}
