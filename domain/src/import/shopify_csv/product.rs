//! What stands once per product: its texts, status, tags and translations.

use entity::words::ProductStatus;

use super::super::cell;
use super::super::report::RowProblem;
use super::super::table::Row;
use super::columns::{Columns, Field};
use super::group::Group;
use super::record::ProductRecord;
use crate::catalog::slug;
use crate::{Error, ErrorCode};

/// Reads the lines of one product, and gathers what is wrong with them.
pub(super) struct ProductReader<'a> {
    pub(super) columns: &'a Columns,
    pub(super) problems: Vec<RowProblem>,
    pub(super) handle: String,
}

impl ProductReader<'_> {
    pub(super) fn refuse(&mut self, row: &Row, code: ErrorCode, field: &Field) {
        let (line, column) = (row.line, self.columns.heading(field));
        self.problems.push(RowProblem { line, subject: self.handle.clone(), column, error: Error::invalid(code, "") });
    }

    pub(super) fn product(&mut self, group: &Group<'_>) -> ProductRecord {
        let Some(first) = group.rows.first().copied() else { return ProductRecord::default() };
        let columns = self.columns;
        // Some exports leave the product's texts blank on its first line (a picture came first).
        let row = group.rows.iter().copied().find(|row| !columns.cell(row, &Field::Title).is_empty()).unwrap_or(first);
        for row in group.rows.iter().filter(|row| row.overflows(columns.headings.len())) {
            let error = Error::invalid(ErrorCode::InvalidFile, "");
            self.problems.push(RowProblem { line: row.line, subject: group.handle.clone(), column: None, error });
        }
        if self.flag(row, &Field::GiftCard) == Some(true) {
            self.refuse(row, ErrorCode::NotForSale, &Field::GiftCard);
        }
        let options = self.option_names(group);
        let status = self.status(row);
        ProductRecord {
            line: first.line,
            handle: slug_of(&group.handle),
            title: columns.cell(row, &Field::Title).to_owned(),
            body: columns.some(row, &Field::Body),
            vendor: columns.some(row, &Field::Vendor),
            product_type: columns.some(row, &Field::Type),
            category: columns.some(row, &Field::Category).map(|path| path_of(&path)),
            tags: columns.some(row, &Field::Tags).map(|tags| tags_of(&tags)),
            status,
            seo_title: columns.some(row, &Field::SeoTitle),
            seo_description: columns.some(row, &Field::SeoDescription),
            translations: self.translations(row),
            variants: self.variants(group, options.as_deref().unwrap_or_default()),
            options,
            images: self.images(group),
        }
    }

    pub(super) fn flag(&mut self, row: &Row, field: &Field) -> Option<bool> {
        let read = cell::flag(self.columns.cell(row, field));
        read.unwrap_or_else(|_| {
            self.refuse(row, ErrorCode::Invalid, field);
            None
        })
    }

    pub(super) fn number<T>(
        &mut self,
        row: &Row,
        field: &Field,
        read: impl Fn(&str) -> Result<Option<T>, cell::NotReadable>,
        code: ErrorCode,
    ) -> Option<T> {
        read(self.columns.cell(row, field)).unwrap_or_else(|_| {
            self.refuse(row, code, field);
            None
        })
    }

    /// `Status` where there is one; a product that is hidden from the web shop is a draft.
    fn status(&mut self, row: &Row) -> Option<ProductStatus> {
        let published = self.flag(row, &Field::Published);
        let status = match self.columns.cell(row, &Field::Status).to_lowercase().as_str() {
            "" => published.map(|_| ProductStatus::Active),
            "active" => Some(ProductStatus::Active),
            "draft" | "unlisted" => Some(ProductStatus::Draft),
            "archived" => Some(ProductStatus::Archived),
            _ => {
                self.refuse(row, ErrorCode::Invalid, &Field::Status);
                None
            }
        };
        if published == Some(false) && status == Some(ProductStatus::Active) {
            Some(ProductStatus::Draft)
        } else {
            status
        }
    }

    fn translations(&self, row: &Row) -> Option<Vec<(String, String, String)>> {
        let columns = self.columns;
        let texts = |locale: &String| {
            let title = columns.cell(row, &Field::LocaleTitle(locale.clone()));
            let body = columns.cell(row, &Field::LocaleBody(locale.clone()));
            (!title.is_empty()).then(|| (locale.clone(), title.to_owned(), body.to_owned()))
        };
        (!columns.locales.is_empty()).then(|| columns.locales.iter().filter_map(texts).collect())
    }
}

/// A handle that cannot stand in an address is turned into one that can.
fn slug_of(handle: &str) -> String {
    slug::check("", handle).unwrap_or_else(|_| slug::from_title(handle))
}

fn path_of(path: &str) -> Vec<String> {
    path.split('>').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn tags_of(tags: &str) -> Vec<String> {
    tags.split([',', '、']).map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}
