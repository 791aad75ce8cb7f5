//! What carriers tell us by themselves: a signed message with facts about parcels.
//!
//! `signature = "v1=" + hex(HMAC-SHA256(secret, timestamp + "." + body))`, with the timestamp in Unix seconds. A copy of
//! an old message is refused after five minutes, and before that it changes nothing, because every fact has an id.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER_PERMISSIVE;
use entity::words::{Carrier, TrackingSource, TrackingStatus};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::carriers::number;
use super::tracking::{self, Fact};
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Result};

/// How old or how far ahead a message may be.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// Most facts of one message.
pub const MAX_FACTS: usize = 500;

/// A message.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    /// Its facts, in any order.
    pub events: Vec<MessageFact>,
}

/// A fact of a message.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageFact {
    /// The carrier's id of the fact: the same id twice is one fact.
    pub id: String,
    /// The parcel's number.
    pub tracking_number: String,
    /// What.
    pub status: TrackingStatus,
    /// When, RFC 3339.
    pub occurred_at: DateTime<Utc>,
    /// In the carrier's words.
    #[serde(default)]
    pub description: String,
    /// Where.
    #[serde(default)]
    pub place: Option<String>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Facts in it.
    pub received: usize,
    /// Facts that were new.
    pub recorded: usize,
    /// Facts that were known.
    pub known: usize,
    /// Facts about numbers of no parcel of ours.
    pub unknown: usize,
}

/// Whether the carrier itself sent this body, just now. The comparison takes the same time whatever differs. Error:
/// `UNAUTHENTICATED`.
pub fn verify(secret: &[u8], timestamp: &str, signature: &str, body: &[u8], now: DateTime<Utc>) -> Result<()> {
    let seconds: i64 = timestamp.parse().map_err(|_| Error::Unauthenticated)?;
    let sent = DateTime::from_timestamp(seconds, 0).ok_or(Error::Unauthenticated)?;
    if (now - sent).abs() > TOLERANCE {
        return Err(Error::Unauthenticated);
    }
    let given = signature.strip_prefix("v1=").ok_or(Error::Unauthenticated)?;
    let given = HEXLOWER_PERMISSIVE.decode(given.as_bytes()).map_err(|_| Error::Unauthenticated)?;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).map_err(|_| Error::Unauthenticated)?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.verify_slice(&given).map_err(|_| Error::Unauthenticated)
}

/// Reads a message. Errors: `INVALID` for what is no such JSON, `TOO_MANY`.
pub fn parse(body: &[u8]) -> Result<Message> {
    // What serde would say may quote the body.
    let message: Message = serde_json::from_slice(body).map_err(|_| Error::invalid(ErrorCode::Invalid, "body"))?;
    if message.events.len() > MAX_FACTS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "events", vec![("max", MAX_FACTS.to_string())]));
    }
    Ok(message)
}

/// Records the facts of a verified message, all or none. Unknown numbers are counted and change nothing. Errors: those
/// of texts and dates, `REQUIRED` for a fact without an id.
pub async fn receive(ctx: &Ctx, carrier: Carrier, message: &Message) -> Result<Answer> {
    let mut facts = Vec::with_capacity(message.events.len());
    for (position, event) in message.events.iter().enumerate() {
        let path = format!("events.{position}");
        let fact = Fact {
            status: event.status,
            description: event.description.clone(),
            place: event.place.clone(),
            occurred_at: event.occurred_at,
            external_id: Some(text::required_line(&format!("{path}.id"), &event.id, text::LINE)?),
        };
        // A number that cannot be one of this carrier's is unknown like any other.
        let number = number::normalize(carrier, &event.tracking_number, &path).ok();
        facts.push((number, fact.checked(&path, ctx.now())?));
    }
    let facts = &facts;
    let answer = ctx.write(|tx| async move { write(&tx, carrier, facts).await }).await?;
    metrics::counter!("hitotsu_carrier_webhook_facts_total", "result" => "recorded").increment(count(answer.recorded));
    metrics::counter!("hitotsu_carrier_webhook_facts_total", "result" => "known").increment(count(answer.known));
    metrics::counter!("hitotsu_carrier_webhook_facts_total", "result" => "unknown").increment(count(answer.unknown));
    Ok(answer)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

async fn write(tx: &crate::Tx, carrier: Carrier, facts: &[(Option<String>, Fact)]) -> Result<Answer> {
    let numbers: HashSet<String> = facts.iter().filter_map(|(number, _)| number.clone()).collect();
    let parcels = tracking::lock_by_numbers(tx, carrier, &numbers).await?;
    let mut answer = Answer { received: facts.len(), ..Answer::default() };
    let mut known = Vec::with_capacity(facts.len());
    for (number, fact) in facts {
        match number.as_ref().and_then(|number| parcels.get(number)) {
            Some(parcel) => known.push((parcel.id, fact.clone())),
            None => answer.unknown += 1,
        }
    }
    let mut parcels: Vec<entity::shipment::Model> = parcels.into_values().collect();
    parcels.sort_by_key(|parcel| parcel.id);
    let recorded = tracking::record(tx, &parcels, &known, TrackingSource::Carrier).await?;
    (answer.recorded, answer.known) = (recorded.added, recorded.known);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    fn sign(secret: &[u8], timestamp: &str, body: &[u8]) -> String {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).unwrap();
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        format!("v1={}", HEXLOWER_PERMISSIVE.encode(&mac.finalize().into_bytes()))
    }

    #[test]
    fn only_the_carrier_can_say_so_and_only_now() {
        let now = DateTime::from_timestamp(1_795_219_200, 0).unwrap();
        let body = br#"{"events":[]}"#;
        let stamp = now.timestamp().to_string();
        let signature = sign(b"secret", &stamp, body);
        assert!(verify(b"secret", &stamp, &signature, body, now).is_ok());
        assert!(verify(b"secret", &stamp, &signature.to_uppercase().replace("V1", "v1"), body, now).is_ok());
        assert!(verify(b"other", &stamp, &signature, body, now).is_err(), "another secret");
        assert!(verify(b"secret", &stamp, &signature, b"{}", now).is_err(), "another body");
        assert!(verify(b"secret", "1795219201", &signature, body, now).is_err(), "another time");
        for bad in ["", "v1=", "v1=zz", "v2=00", &signature[..40]] {
            assert!(verify(b"secret", &stamp, bad, body, now).is_err(), "{bad}");
        }
        for minutes in [-6, 6] {
            let late = now + TimeDelta::minutes(minutes);
            assert!(verify(b"secret", &stamp, &signature, body, late).is_err(), "{minutes} minutes");
        }
        for stamp in ["", "now", "99999999999999999999", "-1"] {
            assert!(verify(b"secret", stamp, &sign(b"secret", stamp, body), body, now).is_err(), "{stamp}");
        }
    }

    #[test]
    fn a_body_is_read_strictly_and_never_repeated() {
        for body in ["", "[]", "{}", r#"{"events":[{"id":"1"}]}"#, r#"{"events":[{"id":1,"trackingNumber":"x"}]}"#] {
            let error = parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.path(), "body", "{body}");
        }
        let one =
            r#"{"id":"1","trackingNumber":"n","status":"DELIVERED","occurredAt":"2026-11-21T00:00:00Z","more":1}"#;
        assert_eq!(parse(format!(r#"{{"events":[{one}]}}"#).as_bytes()).unwrap().events.len(), 1);
        let many = vec![one; 501].join(",");
        assert_eq!(parse(format!(r#"{{"events":[{many}]}}"#).as_bytes()).unwrap_err().code(), ErrorCode::TooMany);
    }
}
