//! Importing products from a text.

use async_graphql::{Context, InputObject, SimpleObject};
use domain::import::products::{ImportProducts, import_products};
use domain::{Error, ErrorCode, Result, channel, location};

use crate::context::ctx_of;
use crate::word::Word;

/// A file of products.
#[derive(Clone, Debug, InputObject)]
pub struct ProductImportInput {
    /// The text of Shopify's product CSV.
    pub csv: String,
    /// Code of the channel that gets the prices; without it prices stay as they are.
    pub channel: Option<String>,
    /// Code of the location that gets the stock quantities; without it stock stays as it is.
    pub location: Option<String>,
    /// Write nothing and only say what would happen.
    #[graphql(default)]
    pub dry_run: bool,
}

/// Something wrong with a line of the file; its product was left as it is.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportProblem {
    /// Line of the file, from 1.
    pub line: u64,
    /// The product's handle.
    pub subject: String,
    /// Heading of the column to blame.
    pub column: Option<String>,
    /// Which rule it breaks.
    pub code: Word<ErrorCode>,
    /// What is wrong, in the reader's language.
    pub message: String,
}

/// What an import did.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportReport {
    /// Lines with something in them, without the headings.
    pub rows: u64,
    /// New products.
    pub created: u64,
    /// Changed products.
    pub updated: u64,
    /// Products that were the same already.
    pub unchanged: u64,
    /// Products left alone because a line is wrong.
    pub failed: u64,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Headings that mean nothing here.
    pub ignored_columns: Vec<String>,
    /// What is wrong, by line.
    pub problems: Vec<ImportProblem>,
}

pub(super) async fn import(ctx: &Context<'_>, input: ProductImportInput) -> Result<ImportReport> {
    let ctx = ctx_of(ctx);
    let channel_id = match &input.channel {
        Some(code) => {
            Some(channel::query::by_code(&ctx.db(), code).await?.ok_or_else(|| Error::not_found("channel"))?.id)
        }
        None => None,
    };
    let location_id = match &input.location {
        Some(code) => {
            Some(location::query::by_code(&ctx.db(), code).await?.ok_or_else(|| Error::not_found("location"))?.id)
        }
        None => None,
    };
    let file = ImportProducts { file: input.csv.into_bytes(), channel_id, location_id, dry_run: input.dry_run };
    let report = import_products(ctx, file, &|_, _| ()).await?;
    let language = ctx.language();
    let problems = report.problems.into_iter().map(|problem| ImportProblem {
        line: problem.line,
        code: Word(problem.error.code()),
        message: problem.message(language),
        subject: problem.subject,
        column: problem.column,
    });
    Ok(ImportReport {
        rows: report.rows,
        created: report.created,
        updated: report.updated,
        unchanged: report.unchanged,
        failed: report.failed,
        dry_run: report.dry_run,
        ignored_columns: report.ignored_columns,
        problems: problems.collect(),
    })
}
