//! Saying which line of work is meant: by its id, or by what the scanner read.

use std::collections::BTreeSet;

use entity::fulfillment_order_line;
use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, VariantId};
use sea_orm::ConnectionTrait;
use serde::Serialize;

use super::progress::{unpacked, unpicked};
use crate::catalog::barcode;
use crate::catalog::query::variants_by_ids;
use crate::kernel::{Error, ErrorCode, Result};

/// Which line of work is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum LineRef {
    /// By its id.
    Line(FulfillmentOrderLineId),
    /// By the barcode or SKU of the goods in a hand, in some work; `None` looks in all of it.
    Scan {
        /// The work.
        work: Option<FulfillmentOrderId>,
        /// What was read.
        code: String,
    },
}

/// The lines of some work with the codes on their goods.
#[derive(Debug)]
pub(crate) struct Shelf<'a> {
    lines: &'a [fulfillment_order_line::Model],
    codes: Vec<(VariantId, String)>,
}

impl<'a> Shelf<'a> {
    /// Reads codes only when something was scanned. At most one statement.
    pub(crate) async fn read<'b>(
        db: &impl ConnectionTrait,
        lines: &'a [fulfillment_order_line::Model],
        wanted: impl Iterator<Item = &'b LineRef>,
    ) -> Result<Self> {
        let mut codes = Vec::new();
        if wanted.into_iter().any(|line| matches!(line, LineRef::Scan { .. })) {
            let ids: BTreeSet<VariantId> = lines.iter().map(|line| line.variant_id).collect();
            let ids: Vec<VariantId> = ids.into_iter().collect();
            for variant in variants_by_ids(db, &ids).await? {
                codes.extend(variant.barcode.map(|code| (variant.id, code)));
                codes.extend(variant.sku.map(|code| (variant.id, code)));
            }
        }
        Ok(Self { lines, codes })
    }

    /// The line that is meant; of several lines with the same goods the first from which something is left to do.
    /// Error: `NOT_IN_WORK` at `path`.
    pub(crate) fn find(&self, wanted: &LineRef, path: &str) -> Result<&'a fulfillment_order_line::Model> {
        let missing = || Error::invalid(ErrorCode::NotInWork, path);
        match wanted {
            LineRef::Line(id) => self.lines.iter().find(|line| line.id == *id).ok_or_else(missing),
            LineRef::Scan { work, code } => {
                let read = barcode::equivalents(code.trim());
                let variants: BTreeSet<VariantId> =
                    self.codes.iter().filter(|(_, code)| read.contains(code)).map(|(variant, _)| *variant).collect();
                let fits = |line: &&'a fulfillment_order_line::Model| {
                    variants.contains(&line.variant_id) && work.is_none_or(|work| work == line.fulfillment_order_id)
                };
                let open = |line: &&'a fulfillment_order_line::Model| unpicked(line) > 0 || unpacked(line) > 0;
                let first = self.lines.iter().filter(fits).find(open);
                first.or_else(|| self.lines.iter().find(fits)).ok_or_else(missing)
            }
        }
    }
}
