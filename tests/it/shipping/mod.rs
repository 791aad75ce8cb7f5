//! Parcels over HTTP: signed webhooks, papers under signed addresses, and who sees what.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::Sha256;
use support::World;

use crate::harness::{TestApp, over_http};

/// The secret of the harness.
const SECRET: &[u8] = b"a secret that Yamato signs with in tests";

fn signature(timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(format!("{timestamp}.{body}").as_bytes());
    format!("v1={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

async fn post(app: &TestApp, carrier: &str, timestamp: i64, signature: &str, body: &str) -> (StatusCode, Value) {
    let answer = reqwest::Client::new()
        .post(app.url(&format!("/webhooks/carriers/{carrier}")))
        .header("content-type", "application/json")
        .header("x-hitotsu-timestamp", timestamp)
        .header("x-hitotsu-signature", signature)
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
}

fn message(number: &str) -> String {
    let event = json!({
        "id": "evt-1", "trackingNumber": number, "status": "OUT_FOR_DELIVERY",
        "occurredAt": "2026-11-20T23:00:00Z", "description": "持ち出し中",
    });
    json!({ "events": [event] }).to_string()
}

/// Not a word of the answers helps who guesses.
async fn strangers_are_refused(app: &TestApp, now: i64, body: &str) {
    let right = signature(now, body);
    for (carrier, at, signed, wanted) in [
        ("yamato", now, "v1=00".to_owned(), StatusCode::UNAUTHORIZED),
        ("yamato", now, String::new(), StatusCode::UNAUTHORIZED),
        ("yamato", now - 301, signature(now - 301, body), StatusCode::UNAUTHORIZED),
        ("yamato", now + 1, right.clone(), StatusCode::UNAUTHORIZED),
        ("sagawa", now, right.clone(), StatusCode::NOT_FOUND),
        ("nobody", now, right.clone(), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(post(app, carrier, at, &signed, body).await.0, wanted, "{carrier} {signed}");
    }
}

async fn parcel_of(world: &World) -> entity::shipment::Model {
    let place = world.warehouse("WH").await;
    world.parcel(place.id).with(|row| row.tracking_number = Some("412012345673".into())).create().await
}

over_http! {
    /// A carrier's message is taken when it is signed and fresh, once; what is unknown is counted, never an error.
    async fn a_carrier_tells_of_a_parcel(app: TestApp) {
        let world = app.world().clone();
        parcel_of(&world).await;
        let now = world.now().timestamp();
        let body = message("4120-1234-5673");
        strangers_are_refused(&app, now, &body).await;
        let (status, answer) = post(&app, "yamato", now, &signature(now, &body), &body).await;
        assert_eq!((status, answer["recorded"].as_i64()), (StatusCode::ACCEPTED, Some(1)), "{answer}");
        let (status, answer) = post(&app, "yamato", now, &signature(now, &body), &body).await;
        assert_eq!((status, answer["known"].as_i64(), answer["recorded"].as_i64()), (StatusCode::ACCEPTED, Some(1), Some(0)));
        let unknown = message("999999999999");
        let (status, answer) = post(&app, "yamato", now, &signature(now, &unknown), &unknown).await;
        assert_eq!((status, answer["unknown"].as_i64()), (StatusCode::ACCEPTED, Some(1)));
        for body in ["", "{", "[]", r#"{"events":[{"id":"","trackingNumber":"1","status":"LOST","occurredAt":"x"}]}"#] {
            assert_eq!(post(&app, "yamato", now, &signature(now, body), body).await.0, StatusCode::BAD_REQUEST, "{body}");
        }
        let huge = "x".repeat(300 * 1024);
        assert_eq!(post(&app, "yamato", now, &signature(now, &huge), &huge).await.0, StatusCode::PAYLOAD_TOO_LARGE);
        let got = reqwest::get(app.url("/webhooks/carriers/yamato")).await.unwrap();
        assert_eq!(got.status(), StatusCode::METHOD_NOT_ALLOWED);
        app.run_jobs().await;
    }

    /// Nonsense instead of an address of a paper is nothing.
    async fn a_paper_needs_its_address(app: TestApp) {
        for token in ["x", "label.AAAA.1.pdf.00", "%00", "..%2f..%2fetc"] {
            let answer = reqwest::get(app.url(&format!("/documents/shipments/{token}"))).await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{token}");
        }
    }
}
