//! What a client says of transfers.

use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::transfer::{
    CancelTransfer, CloseTransfer, CreateTransfer, DispatchTransfer, Numbers, ReceiveTransfer, ReceivedUnits,
    TransferContent, TransferStep, UpdateTransfer, query,
};
use entity::id::VariantId;
use entity::words::{Carrier, TransferCancelOutcome, TransferStatus};

use crate::context::key_or_header;
use crate::scalar::{parse_id, parse_optional_id};
use crate::staff::storage::StockUnitInput;
use crate::word::Word;

/// Which transfers are wanted.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TransferFilter {
    /// Only from this location.
    pub from_location_id: Option<ID>,
    /// Only to this location.
    pub to_location_id: Option<ID>,
    /// Only in one of these states.
    pub statuses: Option<Vec<Word<TransferStatus>>>,
}

impl TransferFilter {
    pub(super) fn read(self) -> Result<query::TransferFilter> {
        Ok(query::TransferFilter {
            from_location_id: parse_optional_id(self.from_location_id.as_ref(), "filter.fromLocationId")?,
            to_location_id: parse_optional_id(self.to_location_id.as_ref(), "filter.toLocationId")?,
            statuses: self.statuses.map(|statuses| statuses.into_iter().map(|status| status.0).collect()),
        })
    }
}

/// Units of one variant.
#[derive(Clone, Debug, InputObject)]
pub struct TransferLineInput {
    /// What.
    pub variant_id: ID,
    /// Units, 1 to 1,000,000,000.
    pub quantity: i64,
}

fn units(lines: &[TransferLineInput]) -> Result<Vec<(VariantId, i64)>> {
    let line = |(index, line): (usize, &TransferLineInput)| {
        Ok((parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?, line.quantity))
    };
    lines.iter().enumerate().map(line).collect()
}

/// A transfer to write.
#[derive(Clone, Debug, InputObject)]
pub struct TransferCreateInput {
    /// Who sends.
    pub from_location_id: ID,
    /// Who receives; another location.
    pub to_location_id: ID,
    /// What, 1 to 500 lines, each variant once.
    pub lines: Vec<TransferLineInput>,
    /// When it should arrive.
    pub expected_at: Option<DateTime<Utc>>,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// For the people who pack and receive.
    #[graphql(default)]
    pub note: String,
    /// The same key writes once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl TransferCreateInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<CreateTransfer> {
        Ok(CreateTransfer {
            from_location_id: parse_id(&self.from_location_id, "input.fromLocationId")?,
            to_location_id: parse_id(&self.to_location_id, "input.toLocationId")?,
            content: TransferContent {
                lines: units(&self.lines)?,
                expected_at: self.expected_at,
                external_reference: self.external_reference,
                note: self.note,
            },
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A draft as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct TransferUpdateInput {
    /// Which.
    pub transfer_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// What, 1 to 500 lines, each variant once; what is left out is gone.
    pub lines: Vec<TransferLineInput>,
    /// When it should arrive.
    pub expected_at: Option<DateTime<Utc>>,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// For the people who pack and receive.
    #[graphql(default)]
    pub note: String,
    /// The same key changes once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl TransferUpdateInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<UpdateTransfer> {
        Ok(UpdateTransfer {
            transfer_id: parse_id(&self.transfer_id, "input.transferId")?,
            expected_version: self.expected_version,
            content: TransferContent {
                lines: units(&self.lines)?,
                expected_at: self.expected_at,
                external_reference: self.external_reference,
                note: self.note,
            },
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A transfer that goes on a step.
#[derive(Clone, Debug, InputObject)]
pub struct TransferStepInput {
    /// Which.
    pub transfer_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// The same key does it once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl TransferStepInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<TransferStep> {
        Ok(TransferStep {
            transfer_id: parse_id(&self.transfer_id, "input.transferId")?,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A transfer that leaves.
#[derive(Clone, Debug, InputObject)]
pub struct TransferDispatchInput {
    /// Which.
    pub transfer_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// What leaves; a variant that is not named stays. Everything when left out.
    pub lines: Option<Vec<TransferDispatchLineInput>>,
    /// Serial and lot numbers of what leaves.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// Who carries it.
    pub carrier: Option<Word<Carrier>>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
    /// The same key dispatches once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// Units of one variant that leave.
#[derive(Clone, Debug, InputObject)]
pub struct TransferDispatchLineInput {
    /// What.
    pub variant_id: ID,
    /// Units, 0 to what was asked for.
    pub quantity: i64,
}

impl TransferDispatchInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<DispatchTransfer> {
        let line = |(index, line): (usize, &TransferDispatchLineInput)| {
            Ok((parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?, line.quantity))
        };
        let lines = self.lines.map(|lines| lines.iter().enumerate().map(line).collect::<Result<_>>()).transpose()?;
        Ok(DispatchTransfer {
            transfer_id: parse_id(&self.transfer_id, "input.transferId")?,
            expected_version: self.expected_version,
            lines,
            units: StockUnitInput::read_all(self.units, "input.units")?,
            carrier: self.carrier.map(|carrier| carrier.0),
            tracking_number: self.tracking_number,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// What arrived of a transfer.
#[derive(Clone, Debug, InputObject)]
pub struct TransferReceiveInput {
    /// Which.
    pub transfer_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// What became of the goods; a variant that is not named is still under way. All in order when left out.
    pub lines: Option<Vec<TransferReceiveLineInput>>,
    /// Serial and lot numbers of what arrived in order. Of goods that all arrive, or of which none ever will, nothing
    /// need be named.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// Serial and lot numbers of what arrived damaged.
    #[graphql(default)]
    pub damaged_units: Vec<StockUnitInput>,
    /// Serial and lot numbers of what is missing.
    #[graphql(default)]
    pub missing_units: Vec<StockUnitInput>,
    /// The same key receives once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// What became of units of one variant: together 1 to what is under way.
#[derive(Clone, Debug, InputObject)]
pub struct TransferReceiveLineInput {
    /// Of what.
    pub variant_id: ID,
    /// Units that arrived in order.
    #[graphql(default)]
    pub received: i64,
    /// Units that arrived damaged; they lie here, but are not sold.
    #[graphql(default)]
    pub damaged: i64,
    /// Units that did not arrive and are not expected any more.
    #[graphql(default)]
    pub missing: i64,
    /// Why units were damaged or missing; needed when some were.
    pub reason: Option<String>,
}

impl TransferReceiveInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<ReceiveTransfer> {
        let line = |(index, line): (usize, TransferReceiveLineInput)| {
            Ok(ReceivedUnits {
                variant_id: parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?,
                received: line.received,
                damaged: line.damaged,
                missing: line.missing,
                reason: line.reason,
            })
        };
        let lines =
            self.lines.map(|lines| lines.into_iter().enumerate().map(line).collect::<Result<_>>()).transpose()?;
        Ok(ReceiveTransfer {
            transfer_id: parse_id(&self.transfer_id, "input.transferId")?,
            expected_version: self.expected_version,
            lines,
            numbers: Numbers {
                received: StockUnitInput::read_all(self.units, "input.units")?,
                damaged: StockUnitInput::read_all(self.damaged_units, "input.damagedUnits")?,
                missing: StockUnitInput::read_all(self.missing_units, "input.missingUnits")?,
            },
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A transfer of which nothing more is expected.
#[derive(Clone, Debug, InputObject)]
pub struct TransferCloseInput {
    /// Which.
    pub transfer_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// Why the rest is missing.
    pub reason: String,
    /// The same key closes once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl TransferCloseInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<CloseTransfer> {
        Ok(CloseTransfer {
            transfer_id: parse_id(&self.transfer_id, "input.transferId")?,
            expected_version: self.expected_version,
            reason: self.reason,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A transfer to give up.
#[derive(Clone, Debug, InputObject)]
pub struct TransferCancelInput {
    /// Which.
    pub transfer_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// What becomes of goods under way; needed when it left, and only then.
    pub outcome: Option<Word<TransferCancelOutcome>>,
    /// Why; needed for `WRITE_OFF`.
    pub reason: Option<String>,
    /// The same key cancels once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl TransferCancelInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<CancelTransfer> {
        Ok(CancelTransfer {
            transfer_id: parse_id(&self.transfer_id, "input.transferId")?,
            expected_version: self.expected_version,
            outcome: self.outcome.map(|outcome| outcome.0),
            reason: self.reason,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}
