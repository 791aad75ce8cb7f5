//! Shopify's product CSV, as merchants really export it: products over several lines, blank cells, old and new
//! headings, missing columns. Pure: bytes in, products and problems out.

use std::collections::HashMap;

use entity::words::ProductStatus;
use rust_decimal::Decimal;

use super::cell;
use super::report::RowProblem;
use super::table::{self, Row, Table, fold_heading};
use crate::catalog::apply::MAX_OPTIONS;
use crate::catalog::slug;
use crate::kernel::language;
use crate::{Error, ErrorCode, Result};

/// Options that a file can have: Shopify's have three, our own as many as a product can have.
const OPTIONS: usize = MAX_OPTIONS;

/// A file that was read.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// Products in the order of the file.
    pub products: Vec<ProductRecord>,
    /// What is wrong with which line; those products are not among `products`.
    pub problems: Vec<RowProblem>,
    /// How many products those lines belong to.
    pub failed: u64,
    /// Headings that mean nothing here.
    pub ignored_columns: Vec<String>,
    /// Lines with something in them, without the headings.
    pub rows: u64,
}

/// A product of the file. A field that is `None` has no column, and stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductRecord {
    /// Line on which it begins.
    pub line: u64,
    /// Shopify's handle, our slug.
    pub handle: String,
    /// Title.
    pub title: String,
    /// HTML, not yet cleaned.
    pub body: Option<String>,
    /// Maker or brand.
    pub vendor: Option<String>,
    /// Merchant's own kind.
    pub product_type: Option<String>,
    /// Path of the category, from the root.
    pub category: Option<Vec<String>>,
    /// Tags.
    pub tags: Option<Vec<String>>,
    /// Whether it is sold.
    pub status: Option<ProductStatus>,
    /// Title for search engines; empty for none.
    pub seo_title: Option<String>,
    /// Description for search engines; empty for none.
    pub seo_description: Option<String>,
    /// Names of the options; empty for a product without.
    pub options: Option<Vec<String>>,
    /// Titles and HTML by locale (our own columns `Title (ja)`, `Body (HTML) (ja)`).
    pub translations: Option<Vec<(String, String, String)>>,
    /// Variants in the order of the file.
    pub variants: Vec<VariantRecord>,
    /// Pictures in the order of the file's positions.
    pub images: Option<Vec<ImageRecord>>,
}

/// A variant of the file. A field that is `None` has no column or, where that makes sense, a blank cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariantRecord {
    /// Its line.
    pub line: u64,
    /// One value per option.
    pub values: Vec<String>,
    /// Stock keeping unit; empty for none.
    pub sku: Option<String>,
    /// Barcode; empty for none.
    pub barcode: Option<String>,
    /// Weight in grams.
    pub grams: Option<i32>,
    /// Whether stock is counted.
    pub tracked: Option<bool>,
    /// Units in stock.
    pub quantity: Option<i64>,
    /// Whether it is sold beyond stock.
    pub backorder: Option<bool>,
    /// Price.
    pub price: Option<Decimal>,
    /// Former price; `Some(None)` for a blank cell.
    pub compare_at: Option<Option<Decimal>>,
    /// Whether it is a physical thing.
    pub requires_shipping: Option<bool>,
    /// Whether it is taxed.
    pub taxable: Option<bool>,
    /// Code of a tax class, or another system's code.
    pub tax_code: Option<String>,
    /// Address of its picture; empty for none.
    pub image: Option<String>,
}

/// A picture of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageRecord {
    /// Its line.
    pub line: u64,
    /// Address.
    pub url: String,
    /// Text for those who cannot see it.
    pub alt: String,
    /// Order.
    pub position: i64,
}

/// What a column means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Field {
    Handle,
    Title,
    Body,
    Vendor,
    Type,
    Category,
    Tags,
    Published,
    Status,
    SeoTitle,
    SeoDescription,
    GiftCard,
    OptionName(usize),
    OptionValue(usize),
    Sku,
    Barcode,
    Grams,
    Weight,
    WeightUnit,
    Tracker,
    Quantity,
    Policy,
    Price,
    CompareAt,
    RequiresShipping,
    Taxable,
    TaxCode,
    VariantImage,
    ImageSrc,
    ImagePosition,
    ImageAlt,
    LocaleTitle(String),
    LocaleBody(String),
}

/// Headings of Shopify's exports, the old set, the set since 2024, and small variations met in the wild.
fn field(heading: &str) -> Option<Field> {
    let folded = fold_heading(heading);
    if let Some(locale) = folded.strip_prefix("title (").and_then(|rest| rest.strip_suffix(')')) {
        return language::is_locale(locale).then(|| Field::LocaleTitle(locale_as_written(heading)));
    }
    if let Some(locale) = folded.strip_prefix("body (html) (").and_then(|rest| rest.strip_suffix(')')) {
        return language::is_locale(locale).then(|| Field::LocaleBody(locale_as_written(heading)));
    }
    for number in 0..OPTIONS {
        let option = number + 1;
        if [format!("option{option} name"), format!("option {option} name")].contains(&folded) {
            return Some(Field::OptionName(number));
        }
        if [format!("option{option} value"), format!("option {option} value")].contains(&folded) {
            return Some(Field::OptionValue(number));
        }
    }
    product_field(&folded).or_else(|| variant_field(&folded))
}

/// The tag between the last parentheses, in the case in which it was written.
fn locale_as_written(heading: &str) -> String {
    heading.rsplit('(').next().unwrap_or_default().trim_end_matches(')').trim().to_owned()
}

fn product_field(folded: &str) -> Option<Field> {
    Some(match folded {
        "handle" | "url handle" => Field::Handle,
        "title" => Field::Title,
        "body (html)" | "body html" | "body" | "description" => Field::Body,
        "vendor" => Field::Vendor,
        "type" | "custom product type" => Field::Type,
        "product category" | "standard product type" | "standardized product type" => Field::Category,
        "tags" => Field::Tags,
        "published" | "published on online store" => Field::Published,
        "status" => Field::Status,
        "seo title" => Field::SeoTitle,
        "seo description" => Field::SeoDescription,
        "gift card" => Field::GiftCard,
        "image src" | "product image url" | "image url" => Field::ImageSrc,
        "image position" => Field::ImagePosition,
        "image alt text" => Field::ImageAlt,
        _ => return None,
    })
}

fn variant_field(folded: &str) -> Option<Field> {
    Some(match folded.strip_prefix("variant ").unwrap_or(folded) {
        "sku" => Field::Sku,
        "barcode" | "barcode (isbn, upc, gtin, etc.)" => Field::Barcode,
        "grams" | "weight value (grams)" | "weight (grams)" => Field::Grams,
        "weight" => Field::Weight,
        "weight unit" | "weight unit for display" => Field::WeightUnit,
        "inventory tracker" => Field::Tracker,
        "inventory qty" | "inventory quantity" => Field::Quantity,
        "inventory policy" | "continue selling when out of stock" => Field::Policy,
        "price" => Field::Price,
        "compare at price" | "compare-at price" | "compare at" | "compare-at" => Field::CompareAt,
        "requires shipping" => Field::RequiresShipping,
        "taxable" | "charge tax" => Field::Taxable,
        "tax code" => Field::TaxCode,
        "image" | "image url" => Field::VariantImage,
        _ => return None,
    })
}

/// Reads a file. Errors: `INVALID_FILE` for bytes that are no table, `REQUIRED` when it has neither handles nor titles.
pub fn parse(bytes: &[u8]) -> Result<Parsed> {
    let table = table::read(bytes)?;
    let columns = Columns::of(&table);
    if !columns.has(&Field::Title) && !columns.has(&Field::Handle) {
        return Err(Error::invalid(ErrorCode::Required, "Handle"));
    }
    let mut parsed = Parsed {
        ignored_columns: columns.ignored.clone(),
        rows: u64::try_from(table.rows.len()).unwrap_or(u64::MAX),
        ..Parsed::default()
    };
    for group in groups(&columns, &table, &mut parsed) {
        let mut reader = ProductReader { columns: &columns, problems: Vec::new(), handle: group.handle.clone() };
        let product = reader.product(&group);
        if reader.problems.is_empty() {
            parsed.products.push(product);
        } else {
            parsed.failed = parsed.failed.saturating_add(1);
            parsed.problems.append(&mut reader.problems);
        }
    }
    Ok(parsed)
}

/// Where the columns are.
struct Columns {
    places: HashMap<Field, usize>,
    headings: Vec<String>,
    ignored: Vec<String>,
    locales: Vec<String>,
}

impl Columns {
    fn of(table: &Table) -> Self {
        let mut columns =
            Self { places: HashMap::new(), headings: table.headings.clone(), ignored: Vec::new(), locales: Vec::new() };
        for (place, heading) in table.headings.iter().enumerate() {
            match field(heading) {
                // The first of two equal headings counts: Shopify's own comes before what apps append.
                Some(field) if !columns.places.contains_key(&field) => {
                    if let Field::LocaleTitle(locale) = &field {
                        columns.locales.push(locale.clone());
                    }
                    columns.places.insert(field, place);
                }
                _ if heading.is_empty() => {}
                _ => columns.ignored.push(heading.clone()),
            }
        }
        columns
    }

    fn has(&self, field: &Field) -> bool {
        self.places.contains_key(field)
    }

    fn cell<'a>(&self, row: &'a Row, field: &Field) -> &'a str {
        self.places.get(field).map_or("", |place| row.cell(*place))
    }

    /// The cell when there is such a column.
    fn some(&self, row: &Row, field: &Field) -> Option<String> {
        self.has(field).then(|| self.cell(row, field).to_owned())
    }

    fn heading(&self, field: &Field) -> Option<String> {
        self.places.get(field).and_then(|place| self.headings.get(*place)).cloned()
    }
}

/// The lines of one product.
struct Group<'a> {
    handle: String,
    rows: Vec<&'a Row>,
}

/// Gathers lines by handle, wherever they stand. A line with another title under a handle that is taken is wrong, and
/// so is one without handle and title.
fn groups<'a>(columns: &Columns, table: &'a Table, parsed: &mut Parsed) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut by_handle: HashMap<String, usize> = HashMap::new();
    for row in &table.rows {
        let title = columns.cell(row, &Field::Title);
        let written = columns.cell(row, &Field::Handle);
        let handle = if written.is_empty() { slug::from_title(title) } else { written.to_lowercase() };
        let mut refuse = |code, field: Field| {
            let column = columns.heading(&field);
            let subject = handle.clone();
            parsed.problems.push(RowProblem { line: row.line, subject, column, error: Error::invalid(code, "") });
            parsed.failed = parsed.failed.saturating_add(1);
        };
        if handle.is_empty() {
            refuse(ErrorCode::Required, Field::Handle);
            continue;
        }
        let Some(group) = by_handle.get(&handle).and_then(|place| groups.get_mut(*place)) else {
            by_handle.insert(handle.clone(), groups.len());
            groups.push(Group { handle, rows: vec![row] });
            continue;
        };
        let first = group.rows.first().map_or("", |first| columns.cell(first, &Field::Title));
        if !title.is_empty() && !first.is_empty() && title != first {
            refuse(ErrorCode::AlreadyExists, Field::Handle);
        } else {
            group.rows.push(row);
        }
    }
    groups
}

struct ProductReader<'a> {
    columns: &'a Columns,
    problems: Vec<RowProblem>,
    handle: String,
}

impl ProductReader<'_> {
    fn refuse(&mut self, row: &Row, code: ErrorCode, field: &Field) {
        let (line, column) = (row.line, self.columns.heading(field));
        self.problems.push(RowProblem { line, subject: self.handle.clone(), column, error: Error::invalid(code, "") });
    }

    fn product(&mut self, group: &Group<'_>) -> ProductRecord {
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

    fn flag(&mut self, row: &Row, field: &Field) -> Option<bool> {
        let read = cell::flag(self.columns.cell(row, field));
        read.unwrap_or_else(|_| {
            self.refuse(row, ErrorCode::Invalid, field);
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

    /// Names stand on the first line that has them; `Title` with the one value `Default Title` means no options.
    fn option_names(&self, group: &Group<'_>) -> Option<Vec<String>> {
        let columns = self.columns;
        if !(0..OPTIONS).any(|number| columns.has(&Field::OptionValue(number))) {
            return None;
        }
        let mut names: Vec<String> = Vec::new();
        for number in 0..OPTIONS {
            let cells =
                |field: Field| group.rows.iter().map(|row| columns.cell(row, &field)).find(|cell| !cell.is_empty());
            let (name, value) = (cells(Field::OptionName(number)), cells(Field::OptionValue(number)));
            match (name, value) {
                (_, None) => {}
                (Some(name), Some(_)) => names.push(name.to_owned()),
                (None, Some(_)) => names.push(format!("Option {}", number + 1)),
            }
        }
        let values: Vec<&str> = group
            .rows
            .iter()
            .map(|row| columns.cell(row, &Field::OptionValue(0)))
            .filter(|cell| !cell.is_empty())
            .collect();
        let is_default = names.len() == 1 && values.iter().all(|value| value.eq_ignore_ascii_case("default title"));
        Some(if is_default { Vec::new() } else { names })
    }

    fn variants(&mut self, group: &Group<'_>, options: &[String]) -> Vec<VariantRecord> {
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
            && columns.places.keys().any(is_of_variant)
        {
            variants.push(self.variant(first, Vec::new()));
        }
        variants
    }

    /// A blank cell beside filled ones repeats the cell above, as merged cells of spreadsheets do.
    fn values(&mut self, row: &Row, options: &[String], above: Option<&[String]>) -> Vec<String> {
        let columns = self.columns;
        let cells: Vec<(usize, &str)> = (0..OPTIONS)
            .map(|number| (number, columns.cell(row, &Field::OptionValue(number))))
            .take(options.len())
            .collect();
        let any = cells.iter().any(|(_, cell)| !cell.is_empty());
        let mut values = Vec::with_capacity(cells.len());
        for (number, cell) in cells {
            let inherited = above.and_then(|above| above.get(number)).filter(|_| any);
            match (cell, inherited) {
                ("", Some(value)) => values.push(value.clone()),
                ("", None) => self.refuse(row, ErrorCode::Required, &Field::OptionValue(number)),
                (cell, _) => values.push(cell.to_owned()),
            }
        }
        values
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

    fn number<T>(
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

    fn images(&mut self, group: &Group<'_>) -> Option<Vec<ImageRecord>> {
        if !self.columns.has(&Field::ImageSrc) {
            return None;
        }
        let mut images: Vec<ImageRecord> = Vec::new();
        for row in &group.rows {
            let url = self.columns.cell(row, &Field::ImageSrc);
            if url.is_empty() || images.iter().any(|image| image.url == url) {
                continue;
            }
            let position = self.number(row, &Field::ImagePosition, cell::whole, ErrorCode::Invalid);
            let alt = self.columns.cell(row, &Field::ImageAlt).to_owned();
            images.push(ImageRecord {
                line: row.line,
                url: url.to_owned(),
                alt,
                position: position.unwrap_or(i64::MAX),
            });
        }
        images.sort_by_key(|image| image.position);
        Some(images)
    }
}

fn is_of_variant(field: &Field) -> bool {
    matches!(
        field,
        Field::OptionValue(_)
            | Field::Sku
            | Field::Price
            | Field::Barcode
            | Field::Grams
            | Field::Weight
            | Field::Quantity
            | Field::Tracker
    )
}

fn is_variant_row(columns: &Columns, row: &Row) -> bool {
    let fields =
        [Field::OptionValue(0), Field::OptionValue(1), Field::OptionValue(2), Field::Sku, Field::Price, Field::Barcode];
    fields.iter().any(|field| !columns.cell(row, field).is_empty())
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

#[cfg(test)]
#[path = "shopify_csv_tests.rs"]
mod tests;
