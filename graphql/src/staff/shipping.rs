//! Parcels on their way: numbers, tracking, carriers' files.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use domain::import::tracking::{ImportTracking, TrackingReport, import_tracking};
use domain::shipping::carriers::export::{Export, ExportParcels, export};
use domain::shipping::returned::{self, Afterwards, ReturnParcel, ReturnedLine};
use domain::shipping::tracking::{self, Fact, SetTracking};
use domain::{Ctx, Error, ErrorCode, Result};
use entity::words::{Carrier, StockState, TrackingStatus};

use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::loader::load;
use crate::node::shipment::Shipment;
use crate::payload;
use crate::scalar::{Date, id, parse_id};
use crate::shop::order::required_key;
use crate::word::Word;

/// By whom and under which number a parcel goes; what is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct ShipmentTrackingSetInput {
    /// The parcel.
    pub shipment_id: ID,
    /// Who carries it.
    pub carrier: Option<Word<Carrier>>,
    /// Name of a carrier that is `OTHER`.
    pub carrier_name: Option<String>,
    /// The carrier's service.
    pub service: Option<String>,
    /// The carrier's number as typed or scanned; empty takes it back.
    pub tracking_number: Option<String>,
    /// An `https` address where it can be followed, when not the carrier's usual one; empty takes it back.
    pub tracking_url: Option<String>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

/// Something that happened to a parcel.
#[derive(Clone, Debug, InputObject)]
pub struct ShipmentTrackingAddInput {
    /// The parcel.
    pub shipment_id: ID,
    /// What.
    pub status: Word<TrackingStatus>,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// In words.
    #[graphql(default)]
    pub description: String,
    /// Where.
    pub place: Option<String>,
    /// The carrier's id of it: the same id twice is one event. Without one, the same words at the same moment are one.
    pub external_id: Option<String>,
}

/// A file that a carrier's label program wrote.
#[derive(Clone, Debug, InputObject)]
pub struct TrackingImportInput {
    /// Whose program.
    pub carrier: Word<Carrier>,
    /// The file as text. Give this or `fileBase64`.
    pub csv: Option<String>,
    /// The file in Base64 (RFC 4648 §4): Shift_JIS, or UTF-8 with or without byte order mark.
    pub file_base64: Option<String>,
    /// Write nothing and only say what would happen.
    #[graphql(default)]
    pub dry_run: bool,
}

/// A line that was left out.
#[derive(Clone, Debug, SimpleObject)]
pub struct TrackingImportProblem {
    /// Line of the file, from 1.
    pub line: u64,
    /// The reference on it.
    pub reference: String,
    /// Which rule it breaks.
    pub code: Word<ErrorCode>,
    /// What is wrong, in the reader's language.
    pub message: String,
}

/// What an import of tracking numbers did.
#[derive(Clone, Debug, SimpleObject)]
pub struct TrackingImportReport {
    /// Lines with something in them, without the headings.
    pub rows: u64,
    /// Parcels that got another number.
    pub updated: u64,
    /// Parcels that had theirs already.
    pub unchanged: u64,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Lines that were left out.
    pub problems: Vec<TrackingImportProblem>,
}

/// Which parcels a carrier's file is wanted of.
#[derive(Clone, Debug, InputObject)]
pub struct CarrierExportInput {
    /// From where.
    pub location_id: ID,
    /// By whom: `YAMATO`, `SAGAWA` or `JAPAN_POST`.
    pub carrier: Word<Carrier>,
    /// The day they leave; today on the location's clock when left out.
    pub ship_on: Option<Date>,
    /// Whether parcels that have a number already are wanted, too.
    #[graphql(default)]
    pub with_number: bool,
}

/// Something wrong with a parcel of a file.
#[derive(Clone, Debug, SimpleObject)]
pub struct CarrierExportProblem {
    /// The parcel.
    pub shipment_id: ID,
    /// Its reference.
    pub reference: String,
    /// Heading of the column.
    pub column: String,
    /// Which rule it breaks: the parcel is not in the file. Null for a character that was replaced.
    pub code: Option<Word<ErrorCode>>,
    /// What is wrong, in the reader's language.
    pub message: Option<String>,
    /// The character that the carrier's file cannot hold; `〓` stands for it.
    pub character: Option<String>,
}

/// A file for a carrier's label program.
#[derive(Clone, Debug, SimpleObject)]
pub struct CarrierFile {
    /// A name for it.
    pub file_name: String,
    /// Shift_JIS with CRLF, in Base64 (RFC 4648 §4).
    pub content_base64: String,
    /// Parcels in it.
    pub parcels: u64,
    /// Whether more parcels wait than one file takes; set the numbers of these and ask again.
    pub more: bool,
    /// Parcels that are not in it, and characters that were replaced.
    pub problems: Vec<CarrierExportProblem>,
}

/// What happens to the units of a parcel that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ShipmentReturnedAction {
    /// They are sent again: new work is opened wherever routing finds them.
    Reship,
    /// They are canceled, and their money goes back; needs `orders.cancel`, too.
    Cancel,
}

/// What became of units that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ShipmentDisposition {
    /// They can be sold again.
    Restock,
    /// They are damaged.
    Damaged,
    /// Somebody must look at them.
    QualityControl,
}

/// Units of a parcel that came back.
#[derive(Clone, Debug, InputObject)]
pub struct ShipmentReturnedLineInput {
    /// The parcel's line.
    pub shipment_line_id: ID,
    /// Units.
    pub quantity: i64,
    /// What became of them.
    pub disposition: ShipmentDisposition,
}

/// A parcel that came back.
#[derive(Clone, Debug, InputObject)]
pub struct ShipmentReturnedInput {
    /// The parcel.
    pub shipment_id: ID,
    /// What became of each unit; all can be sold again when left out, else every unit must be named.
    #[graphql(default)]
    pub lines: Vec<ShipmentReturnedLineInput>,
    /// What happens to them.
    pub action: ShipmentReturnedAction,
    /// Why, in words; stands on the refund.
    pub note: Option<String>,
    /// Repeating the call with the same key changes nothing. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// A parcel that was taken back.
#[derive(Debug, SimpleObject)]
pub struct ShipmentReturnedPayload {
    /// The parcel.
    pub shipment: Option<Shipment>,
    /// Whether the same key did it before.
    pub replayed: bool,
    /// What kept it from being done; empty when it was done.
    pub errors: Vec<UserError>,
}

payload! {
    /// A parcel after a change.
    pub struct ShipmentTrackingPayload {
        /// The parcel.
        shipment: Shipment,
    }
}

payload! {
    /// What an import of tracking numbers did.
    pub struct TrackingImportPayload {
        /// Line by line.
        report: TrackingImportReport,
    }
}

payload! {
    /// A file for a carrier's label program.
    pub struct CarrierExportPayload {
        /// The file.
        file: CarrierFile,
    }
}

/// Queries about parcels.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShippingQuery;

#[Object]
impl ShippingQuery {
    /// A parcel; null when there is none or it is not within your reach.
    async fn shipment(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Shipment>> {
        Ok(load(ctx, parse_id::<entity::id::ShipmentId>(&id, "id")?).await?.map(Shipment))
    }
}

/// Changes of parcels.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShippingMutation;

#[Object]
impl ShippingMutation {
    /// Sets by whom and under which number a parcel goes. The number's form and check digit are checked.
    async fn shipment_tracking_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The parcel and its number.")] input: ShipmentTrackingSetInput,
    ) -> Result<ShipmentTrackingPayload> {
        let done =
            async { tracking::set(ctx_of(ctx), parse_id(&input.shipment_id, "input.shipmentId")?, set(input)).await };
        ShipmentTrackingPayload::of(ctx, done.await)
    }

    /// Adds something that happened to a parcel. The parcel's status is what happened last, in whatever order it is told.
    async fn shipment_tracking_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What happened.")] input: ShipmentTrackingAddInput,
    ) -> Result<ShipmentTrackingPayload> {
        let done =
            async { tracking::add(ctx_of(ctx), parse_id(&input.shipment_id, "input.shipmentId")?, fact(input)).await };
        ShipmentTrackingPayload::of(ctx, done.await)
    }

    /// Takes a parcel back that came back: its units go into stock where it was sent, and are sent again or canceled.
    async fn shipment_returned(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The parcel, and what happens to its units.")] input: ShipmentReturnedInput,
    ) -> Result<ShipmentReturnedPayload> {
        let done = async { returned::returned(ctx_of(ctx), returned_parcel(ctx, input)?).await };
        let (done, errors) = outcome(ctx, done.await)?;
        let (shipment, replayed) = done.map_or((None, false), |done| (Some(Shipment(done.shipment)), done.replayed));
        Ok(ShipmentReturnedPayload { shipment, replayed, errors })
    }

    /// Reads the numbers of parcels from the file of a carrier's label program, line by line.
    async fn tracking_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: TrackingImportInput,
    ) -> Result<TrackingImportPayload> {
        let done = async {
            let dry_run = input.dry_run;
            let report = import_tracking(ctx_of(ctx), read(input)?).await?;
            Ok(import_report(ctx_of(ctx), report, dry_run))
        };
        let (report, errors) = outcome(ctx, done.await)?;
        Ok(TrackingImportPayload { report, errors })
    }

    /// Writes the parcels that wait for a carrier into the file that its label program reads. Changes nothing.
    async fn carrier_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which parcels.")] input: CarrierExportInput,
    ) -> Result<CarrierExportPayload> {
        let done = async { Ok(file(ctx_of(ctx), export(ctx_of(ctx), wanted(&input)?).await?)) };
        let (file, errors): (_, Vec<UserError>) = outcome(ctx, done.await)?;
        Ok(CarrierExportPayload { file, errors })
    }
}

fn set(input: ShipmentTrackingSetInput) -> SetTracking {
    SetTracking {
        carrier: input.carrier.map(|word| word.0),
        carrier_name: input.carrier_name,
        service: input.service,
        tracking_number: input.tracking_number,
        tracking_url: input.tracking_url,
        expected_version: input.expected_version,
    }
}

fn fact(input: ShipmentTrackingAddInput) -> Fact {
    Fact {
        status: input.status.0,
        description: input.description,
        place: input.place,
        occurred_at: input.occurred_at,
        external_id: input.external_id,
    }
}

fn returned_parcel(ctx: &Context<'_>, input: ShipmentReturnedInput) -> Result<ReturnParcel> {
    let mut lines = Vec::with_capacity(input.lines.len());
    for (place, line) in input.lines.iter().enumerate() {
        let state = match line.disposition {
            ShipmentDisposition::Restock => StockState::Available,
            ShipmentDisposition::Damaged => StockState::Damaged,
            ShipmentDisposition::QualityControl => StockState::QualityControl,
        };
        let line_id = parse_id(&line.shipment_line_id, &format!("input.lines.{place}.shipmentLineId"))?;
        lines.push(ReturnedLine { line_id, quantity: line.quantity, state });
    }
    Ok(ReturnParcel {
        shipment_id: parse_id(&input.shipment_id, "input.shipmentId")?,
        lines,
        then: match input.action {
            ShipmentReturnedAction::Reship => Afterwards::Reship,
            ShipmentReturnedAction::Cancel => Afterwards::Cancel,
        },
        note: input.note,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn read(input: TrackingImportInput) -> Result<ImportTracking> {
    let file = match (input.csv, input.file_base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(encoded)) => BASE64
            .decode(encoded.trim().as_bytes())
            .map_err(|_| Error::invalid(ErrorCode::InvalidFile, "input.fileBase64"))?,
        (None, None) => return Err(Error::invalid(ErrorCode::Required, "input.csv")),
        (Some(_), Some(_)) => return Err(Error::invalid(ErrorCode::Invalid, "input.fileBase64")),
    };
    Ok(ImportTracking { carrier: input.carrier.0, file, dry_run: input.dry_run })
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn import_report(ctx: &Ctx, report: TrackingReport, dry_run: bool) -> TrackingImportReport {
    let problems = report.problems.into_iter().map(|problem| TrackingImportProblem {
        line: problem.line,
        reference: problem.reference,
        code: Word(problem.error.code()),
        message: problem.error.message(ctx.language()),
    });
    TrackingImportReport {
        rows: count(report.rows),
        updated: count(report.updated),
        unchanged: count(report.unchanged),
        dry_run,
        problems: problems.collect(),
    }
}

fn wanted(input: &CarrierExportInput) -> Result<ExportParcels> {
    Ok(ExportParcels {
        location_id: parse_id(&input.location_id, "input.locationId")?,
        carrier: input.carrier.0,
        ship_on: input.ship_on.map(|on| on.0),
        with_number: input.with_number,
    })
}

fn file(ctx: &Ctx, export: Export) -> CarrierFile {
    let problems = export.problems.into_iter().map(|problem| CarrierExportProblem {
        shipment_id: id(problem.shipment_id),
        reference: problem.reference,
        column: problem.column,
        code: problem.error.as_ref().map(|error| Word(error.code())),
        message: problem.error.as_ref().map(|error| error.message(ctx.language())),
        character: problem.character.map(String::from),
    });
    CarrierFile {
        file_name: export.file_name,
        content_base64: BASE64.encode(&export.bytes),
        parcels: count(export.parcels),
        more: export.more,
        problems: problems.collect(),
    }
}
