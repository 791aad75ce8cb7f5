//! What another system did with work, and what became of its word.

use async_graphql::{Context, ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};
use domain::fulfillment::acknowledge::{Acknowledged, Acknowledgement};
use domain::fulfillment::external::TaskRef;
use domain::fulfillment::line_ref::LineRef;
use domain::shipping::confirm::{Confirm, Confirmation, Confirmed, Fact, ParcelLeft, RefusedLine, UnitsRefused};
use domain::shipping::pack::PackLine;
use domain::{Error, ErrorCode, Result};
use entity::words::{Carrier, RejectionEffect, RejectionReason};

use super::task::{FulfillmentTask, FulfillmentTaskParcel};
use crate::context::ctx_of;
use crate::error::{UserError, user_errors};
use crate::scalar::{parse_id, parse_optional_id};
use crate::word::Word;

/// Work that another system takes on.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderAcknowledgeInput {
    /// Which work, 1 to 100 items; each stands for itself.
    pub items: Vec<FulfillmentOrderAcknowledgeItemInput>,
}

/// One piece of work.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderAcknowledgeItemInput {
    /// The fulfillment order.
    pub fulfillment_order_id: ID,
    /// Its id in the other system, unique at the location.
    pub external_reference: String,
}

impl FulfillmentOrderAcknowledgeInput {
    pub(super) fn read(self) -> Result<Vec<Acknowledgement>> {
        let items = self.items.into_iter().enumerate().map(|(index, item)| {
            let work = parse_id(&item.fulfillment_order_id, &format!("input.items.{index}.fulfillmentOrderId"))?;
            Ok(Acknowledgement { work: TaskRef::Id(work), external_reference: item.external_reference })
        });
        items.collect()
    }
}

/// What became of an acknowledgement.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentOrderAcknowledgeResult {
    /// The work as it is now; null when it is missing or not yours.
    pub task: Option<FulfillmentTask>,
    /// Whether it was acknowledged so before.
    pub replayed: bool,
    /// Why it was not; empty when it was.
    pub errors: Vec<UserError>,
}

impl FulfillmentOrderAcknowledgeResult {
    pub(super) fn of(ctx: &Context<'_>, done: Acknowledged, task: Option<FulfillmentTask>) -> Result<Self> {
        Ok(Self { task, replayed: done.replayed, errors: errors(ctx, done.error)? })
    }
}

fn errors(ctx: &Context<'_>, error: Option<Error>) -> Result<Vec<UserError>> {
    error.map_or_else(|| Ok(Vec::new()), |error| user_errors(ctx_of(ctx), error))
}

/// What another system did.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentConfirmInput {
    /// Which system, at most 64 characters; the same name as in `stockSync`.
    pub source: String,
    /// What it did, 1 to 50 facts; each stands for itself.
    pub confirmations: Vec<FulfillmentConfirmationInput>,
}

/// One fact: a parcel that left, or units that cannot be given. One of both is needed.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentConfirmationInput {
    /// Its id in the other system, unique at the location: of the parcel, or of the message that gives units back.
    pub external_id: String,
    /// The fulfillment order, by our id.
    pub fulfillment_order_id: Option<ID>,
    /// The fulfillment order, by its id in the other system. One of both is needed.
    pub fulfillment_order_external_reference: Option<String>,
    /// A parcel that left.
    pub parcel: Option<FulfillmentConfirmParcelInput>,
    /// Units that cannot be given. Needs the permission `fulfillment.work`, too.
    pub rejection: Option<FulfillmentConfirmRejectionInput>,
}

/// A parcel that left.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentConfirmParcelInput {
    /// Who carries it; the order's usual carrier when left out.
    pub carrier: Option<Word<Carrier>>,
    /// Name of a carrier `OTHER`.
    pub carrier_name: Option<String>,
    /// The carrier's service code.
    pub service: Option<String>,
    /// The carrier's number; when it is not known yet, tell the parcel again later.
    pub tracking_number: Option<String>,
    /// Weight in grams.
    pub weight_grams: Option<i64>,
    /// When it left; now when left out. At most 5 minutes ahead and 30 days past.
    pub shipped_at: Option<DateTime<Utc>>,
    /// What is in it; all that is left of the work when left out or empty.
    pub lines: Option<Vec<FulfillmentConfirmLineInput>>,
}

/// Units in a parcel, or units that cannot be given.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentConfirmLineInput {
    /// The line of work.
    pub line_id: Option<ID>,
    /// Barcode or SKU of the goods. One of both is needed.
    pub code: Option<String>,
    /// Units, above zero.
    pub quantity: i64,
    /// Serial or lot numbers of the units; parcels only.
    pub unit_codes: Option<Vec<String>>,
}

/// Units that cannot be given.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentConfirmRejectionInput {
    /// Why.
    pub reason: Word<RejectionReason>,
    /// What that means for stock; `NOTHING` when left out: the next snapshot tells.
    pub stock_effect: Option<Word<RejectionEffect>>,
    /// In words.
    pub note: Option<String>,
    /// Which units; all that is left of the work when left out or empty.
    pub lines: Option<Vec<FulfillmentConfirmLineInput>>,
}

impl FulfillmentConfirmLineInput {
    fn read(&self, path: &str) -> Result<LineRef> {
        match (&self.line_id, &self.code) {
            (Some(id), None) => Ok(LineRef::Line(parse_id(id, &format!("{path}.lineId"))?)),
            (None, Some(code)) => Ok(LineRef::Scan { work: None, code: code.clone() }),
            (None, None) => Err(Error::invalid(ErrorCode::Required, format!("{path}.lineId"))),
            (Some(_), Some(_)) => Err(Error::invalid(ErrorCode::Invalid, format!("{path}.code"))),
        }
    }
}

impl FulfillmentConfirmParcelInput {
    fn read(self, path: &str) -> Result<ParcelLeft> {
        let lines = self.lines.unwrap_or_default().into_iter().enumerate().map(|(index, line)| {
            Ok(PackLine {
                line: line.read(&format!("{path}.lines.{index}"))?,
                quantity: line.quantity,
                codes: line.unit_codes.unwrap_or_default(),
            })
        });
        Ok(ParcelLeft {
            carrier: self.carrier.map(|carrier| carrier.0),
            carrier_name: self.carrier_name,
            service: self.service,
            tracking_number: self.tracking_number,
            weight_grams: self.weight_grams,
            left_at: self.shipped_at,
            lines: lines.collect::<Result<_>>()?,
        })
    }
}

impl FulfillmentConfirmRejectionInput {
    fn read(self, path: &str) -> Result<UnitsRefused> {
        let lines = self.lines.unwrap_or_default().into_iter().enumerate().map(|(index, line)| {
            Ok(RefusedLine { line: line.read(&format!("{path}.lines.{index}"))?, quantity: line.quantity })
        });
        Ok(UnitsRefused {
            lines: lines.collect::<Result<_>>()?,
            reason: self.reason.0,
            effect: self.stock_effect.map_or(RejectionEffect::Nothing, |effect| effect.0),
            note: self.note,
        })
    }
}

impl FulfillmentConfirmationInput {
    fn read(self, path: &str) -> Result<Confirmation> {
        let id = parse_optional_id(self.fulfillment_order_id.as_ref(), &format!("{path}.fulfillmentOrderId"))?;
        let work = TaskRef::of(id, self.fulfillment_order_external_reference, path)?;
        let fact = match (self.parcel, self.rejection) {
            (Some(parcel), None) => Fact::Parcel(parcel.read(&format!("{path}.parcel"))?),
            (None, Some(rejection)) => Fact::Refusal(rejection.read(&format!("{path}.rejection"))?),
            (None, None) => return Err(Error::invalid(ErrorCode::Required, format!("{path}.parcel"))),
            (Some(_), Some(_)) => return Err(Error::invalid(ErrorCode::Invalid, format!("{path}.rejection"))),
        };
        Ok(Confirmation { external_id: self.external_id, work, fact })
    }
}

impl FulfillmentConfirmInput {
    pub(super) fn read(self) -> Result<Confirm> {
        let facts = self.confirmations.into_iter().enumerate();
        let facts = facts.map(|(index, fact)| fact.read(&format!("input.confirmations.{index}")));
        Ok(Confirm { source: self.source, confirmations: facts.collect::<Result<_>>()? })
    }
}

/// What became of a confirmation.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentConfirmResult {
    /// The work as it is now with all its parcels, also when the fact came too late; null when it is missing or not yours.
    pub task: Option<FulfillmentTask>,
    /// The parcel that was told of.
    pub parcel: Option<FulfillmentTaskParcel>,
    /// Whether it was known before.
    pub replayed: bool,
    /// Why it was refused; empty when it was not.
    pub errors: Vec<UserError>,
}

impl FulfillmentConfirmResult {
    pub(super) fn of(ctx: &Context<'_>, done: Confirmed) -> Result<Self> {
        Ok(Self {
            task: done.task.map(Into::into),
            parcel: done.shipment.map(Into::into),
            replayed: done.replayed,
            errors: errors(ctx, done.error)?,
        })
    }
}
