//! Variants: which lines are one, and what they say.

use rust_decimal::Decimal;

use super::super::cell;
use super::super::table::Row;
use super::columns::{Columns, Field};
use super::group::Group;
use super::product::ProductReader;
use super::record::VariantRecord;
use crate::ErrorCode;

impl ProductReader<'_> {
    pub(super) fn variants(&mut self, group: &Group<'_>, options: &[String]) -> Vec<VariantRecord> {
        let columns = self.columns;
        let mut variants: Vec<VariantRecord> = Vec::new();
        for row in group.rows.iter().filter(|row| is_variant_row(columns, row)) {
            let above = variants.last().map(|variant| variant.values.clone());
            let values = self.values(row, options, above.as_deref());
            variants.push(self.variant(row, values));
        }
        // A product without options has one variant even when its line says nothing of it; a file without any column
        // of variants says nothing about them.
        if let (true, true, Some(first)) = (variants.is_empty(), options.is_empty(), group.rows.first())
            && columns.has_variants()
        {
            variants.push(self.variant(first, Vec::new()));
        }
        variants
    }

    fn variant(&mut self, row: &Row, values: Vec<String>) -> VariantRecord {
        let columns = self.columns;
        let barcode = columns.some(row, &Field::Barcode);
        VariantRecord {
            line: row.line,
            values,
            sku: columns.some(row, &Field::Sku),
            // Spreadsheets keep long numbers as text by an apostrophe in front.
            barcode: barcode.map(|code| code.trim_start_matches('\'').trim().to_owned()),
            grams: self.grams(row),
            tracked: columns.some(row, &Field::Tracker).map(|tracker| !tracker.is_empty()),
            quantity: self.number(row, &Field::Quantity, cell::whole, ErrorCode::InvalidQuantity),
            backorder: self.policy(row),
            price: self.number(row, &Field::Price, cell::decimal, ErrorCode::InvalidAmount),
            compare_at: columns
                .has(&Field::CompareAt)
                .then(|| self.number(row, &Field::CompareAt, cell::decimal, ErrorCode::InvalidAmount)),
            requires_shipping: self.flag(row, &Field::RequiresShipping),
            taxable: self.flag(row, &Field::Taxable),
            tax_code: columns.some(row, &Field::TaxCode),
            image: columns.some(row, &Field::VariantImage),
        }
    }

    /// `DENY` or `CONTINUE` in the old and the new export; newer ones also write flags.
    fn policy(&mut self, row: &Row) -> Option<bool> {
        match self.columns.cell(row, &Field::Policy).to_lowercase().as_str() {
            "deny" => Some(false),
            "continue" => Some(true),
            _ => self.flag(row, &Field::Policy),
        }
    }

    /// Grams are exact in Shopify's column; a weight in another unit is rounded to the nearest gram.
    fn grams(&mut self, row: &Row) -> Option<i32> {
        let field = if self.columns.has(&Field::Grams) { Field::Grams } else { Field::Weight };
        let weight = self.number(row, &field, cell::decimal, ErrorCode::Invalid)?;
        let unit = match (&field, self.columns.cell(row, &Field::WeightUnit)) {
            (Field::Weight, unit) => unit.to_lowercase(),
            _ => "g".to_owned(),
        };
        // One pound is 453.59237 g exactly (international yard and pound agreement of 1959).
        let factor = match unit.as_str() {
            "kg" => Decimal::from(1_000),
            "lb" => Decimal::new(45_359_237, 5),
            "oz" => Decimal::new(28_349_523_125, 9),
            _ => Decimal::ONE,
        };
        let grams = weight.checked_mul(factor).map(|grams| grams.round()).and_then(|grams| i32::try_from(grams).ok());
        if grams.is_none_or(|grams| grams < 0) {
            self.refuse(row, ErrorCode::Invalid, &field);
        }
        grams
    }
}

fn is_variant_row(columns: &Columns, row: &Row) -> bool {
    let fields =
        [Field::OptionValue(0), Field::OptionValue(1), Field::OptionValue(2), Field::Sku, Field::Price, Field::Barcode];
    fields.iter().any(|field| !columns.cell(row, field).is_empty())
}
