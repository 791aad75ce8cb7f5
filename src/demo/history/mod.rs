//! A year of sales: planned by chance, turned into rows, written in one transaction.

mod books;
mod opinions;
mod orders;
mod parcels;
mod plan;
mod receipts;
mod stock;
mod work;

use anyhow::Result;
use domain::access::password;
use domain::{Ctx, customer, tax};
use entity::id::TaxClassId;
use entity::words::IdentifierKind;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use super::dice::Dice;
use super::goods::Good;
use super::people::{self, Person};
use super::places::Places;
use super::voice::Voice;
use super::{Options, PASSWORD, staff};

/// Everything that sales are made of.
#[derive(Debug)]
pub(super) struct Shop<'a> {
    /// The present.
    pub(super) now: chrono::DateTime<chrono::Utc>,
    /// For ids and secrets.
    pub(super) ctx: &'a Ctx,
    pub(super) places: &'a Places,
    pub(super) goods: &'a [Good],
    pub(super) people: Vec<Person>,
    pub(super) staff: Vec<entity::staff::Model>,
    /// Rates by country and class, parts per million.
    pub(super) rates: Vec<(String, TaxClassId, String, i32)>,
}

/// Writes the history in one transaction, unless its first customer is there.
pub(super) async fn make(
    ctx: &Ctx,
    past: &Ctx,
    (places, goods, voice): (&Places, &[Good], &Voice),
    options: Options,
) -> Result<()> {
    let dice = Dice::new(7);
    let password_hash = password::hash(past, PASSWORD).await?;
    let people = people::make(past, options.customers, &password_hash, &voice.wording, &dice)?;
    let rates = rates(ctx, places).await?;
    let staff = staff::make(past, places).await?;
    let shop = Shop { now: ctx.now(), ctx: past, places, goods, people, staff, rates };
    let mut books = orders::book(&shop, options.orders, &dice)?;
    let arrived = parcels::deliver(&shop, &mut books)?;
    opinions::ask(&shop, &mut books, &arrived, voice);
    let (books, shop) = (&books, &shop);
    past.write(|tx| async move {
        if is_there(&tx, &shop.people).await? {
            return Ok(());
        }
        books.write(&tx, &shop.people).await?;
        advance_order_numbers(&tx, books.orders()).await
    })
    .await?;
    Ok(())
}

/// Whether the first customer of the history has an account: the history is written whole, so the rest is there too.
async fn is_there(tx: &domain::Tx, people: &[Person]) -> domain::Result<bool> {
    let first = people.iter().find_map(|person| person.identifier(IdentifierKind::Email));
    let Some(email) = first else { return Ok(false) };
    Ok(customer::query::identifier(tx, IdentifierKind::Email, email).await?.is_some())
}

/// The rates of the present for every country that the demo sells to.
async fn rates(ctx: &Ctx, places: &Places) -> Result<Vec<(String, TaxClassId, String, i32)>> {
    let mut all = Vec::new();
    let classes = [places.standard, places.reduced];
    for country in ["JP", "DE", "FR", "IT", "ES", "NL"] {
        let rates = tax::rates(&ctx.db(), country, None, ctx.now().date_naive(), &classes).await?;
        all.extend(rates.into_iter().map(|(class, rate)| (country.to_owned(), class, rate.name, rate.rate_ppm)));
    }
    Ok(all)
}

/// The next order gets the number after the history's last.
async fn advance_order_numbers(tx: &domain::Tx, count: usize) -> domain::Result<()> {
    let backend = tx.get_database_backend();
    let sql = if backend == DatabaseBackend::Postgres {
        "SELECT setval('order_number', $1)"
    } else {
        "UPDATE sequence SET value = $1 WHERE name = 'order_number'"
    };
    let count = i64::try_from(count.max(1)).unwrap_or(i64::MAX);
    tx.query_all_raw(Statement::from_sql_and_values(backend, sql, [count.into()])).await.map(|_| ()).map_err(Into::into)
}

impl Shop<'_> {
    /// A fresh id of a moment.
    fn id(&self, at: chrono::DateTime<chrono::Utc>) -> uuid::Uuid {
        self.ctx.services.random.uuid(at)
    }

    /// Name and rate of a class in a country.
    fn rate(&self, country: &str, class: TaxClassId) -> Result<(&str, i32)> {
        use anyhow::Context as _;
        let found = self.rates.iter().find(|(at, of, ..)| at == country && *of == class);
        found.map(|(_, _, name, ppm)| (name.as_str(), *ppm)).with_context(|| format!("no tax rate in {country}"))
    }
}
