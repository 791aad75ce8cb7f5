//! Finding products by text: every word must occur somewhere in a product's search text, in any script of Japanese or
//! case of Latin. The same answer from both databases: PostgreSQL by trigrams, SQLite by its full-text table.

use entity::id::ProductId;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement, Value};

use crate::kernel::text;
use crate::{Error, ErrorCode, Result};

/// Longest search in characters.
pub const MAX_TEXT: usize = 200;
/// Most words of a search; more are left out.
const MAX_WORDS: usize = 10;
/// Most products that a search finds.
pub const MAX_FOUND: u64 = 10_000;
/// SQLite's trigram index knows no shorter words.
const TRIGRAM: usize = 3;

/// The words of a search, folded as search texts are. Error: `TEXT_TOO_LONG` at `search`.
pub fn words(search: &str) -> Result<Vec<String>> {
    if search.len() > MAX_TEXT * 4 || search.chars().count() > MAX_TEXT {
        return Err(Error::invalid_with(ErrorCode::TextTooLong, "search", vec![("max", MAX_TEXT.to_string())]));
    }
    let folded = text::fold(&search.replace('\0', " "));
    let mut words: Vec<String> = Vec::new();
    for word in folded.split(' ').filter(|word| !word.is_empty()) {
        if words.len() < MAX_WORDS && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    Ok(words)
}

/// Products whose search text holds all words, at most [`MAX_FOUND`], in no particular order. No words find nothing.
pub async fn matching(db: &impl ConnectionTrait, words: &[String]) -> Result<Vec<ProductId>> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let is_postgres = db.get_database_backend() == DatabaseBackend::Postgres;
    let statement = if is_postgres { postgres(words) } else { sqlite(words) };
    let rows = db.query_all_raw(statement).await?;
    Ok(rows.iter().map(|row| row.try_get("", "product_id")).collect::<Result<Vec<ProductId>, _>>()?)
}

fn like(word: &str) -> Value {
    Value::from(format!("%{}%", text::like_escape(word)))
}

fn postgres(words: &[String]) -> Statement {
    let conditions: Vec<String> = (1..=words.len()).map(|place| format!("body LIKE ${place} ESCAPE '\\'")).collect();
    let sql = format!("SELECT product_id FROM product_search WHERE {} LIMIT {MAX_FOUND}", conditions.join(" AND "));
    Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, words.iter().map(|word| like(word)))
}

fn sqlite(words: &[String]) -> Statement {
    let (long, short): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.chars().count() >= TRIGRAM);
    let mut conditions: Vec<&str> = vec!["body LIKE ? ESCAPE '\\'"; short.len()];
    let mut values: Vec<Value> = Vec::with_capacity(words.len());
    if !long.is_empty() {
        conditions.insert(0, "product_search MATCH ?");
        // Inside a quoted string of a full-text query only the quote itself means something.
        let quoted: Vec<String> = long.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
        values.push(Value::from(quoted.join(" AND ")));
    }
    values.extend(short.into_iter().map(|word| like(word)));
    let sql = format!("SELECT product_id FROM product_search WHERE {} LIMIT {MAX_FOUND}", conditions.join(" AND "));
    Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_once_each() {
        assert_eq!(words(" ｶﾒﾗ  カメラ Bag bag ").expect("short"), ["かめら", "bag"]);
        assert!(words(" \u{0}\u{3000} ").expect("short").is_empty());
        assert!(words(&"x".repeat(201)).is_err());
        assert_eq!(words("a b c d e f g h i j k l m").expect("short").len(), 10);
    }
}
