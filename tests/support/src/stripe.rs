//! A stand-in for Stripe that follows its public API as far as it is used: intents that are captured by hand, refunds,
//! idempotency keys, errors in its form. It keeps no card; a test says what the buyer does.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the stand-in answers the next change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripeAnswer {
    /// As it should.
    Work,
    /// Does what it was asked for, then hangs up without an answer.
    HangUpAfterwards,
    /// 402 with a code.
    Decline,
    /// 500 without doing anything.
    Fail,
    /// A refund that is on its way.
    PendingRefund,
    /// A refund that fails at once.
    FailedRefund,
}

/// The running stand-in. It stops with the runtime that started it.
#[derive(Clone, Debug)]
pub struct StripeStandIn {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    intents: BTreeMap<String, Value>,
    refunds: Vec<Value>,
    /// Answers by key: the same key gets the same answer.
    answers: BTreeMap<String, (u16, Value)>,
    script: VecDeque<StripeAnswer>,
    calls: Vec<String>,
}

impl StripeStandIn {
    /// Starts on a free port.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let stand_in = Self { address: listener.local_addr()?, state: Arc::default() };
        let server = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        Ok(stand_in)
    }

    /// Its base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says how the next changes are answered.
    pub fn script(&self, answers: impl IntoIterator<Item = StripeAnswer>) {
        self.lock().script.extend(answers);
    }

    /// The buyer agrees to every intent that waits.
    pub fn buyer_agrees(&self) {
        for intent in self.lock().intents.values_mut() {
            if intent["status"] == "requires_payment_method" || intent["status"] == "requires_action" {
                intent["status"] = json!("requires_capture");
                intent["amount_capturable"] = intent["amount"].clone();
            }
        }
    }

    /// The buyer's bank wants to hear from the buyer first.
    pub fn bank_asks(&self) {
        self.lock().intents.values_mut().for_each(|intent| intent["status"] = json!("requires_action"));
    }

    /// Every intent, in the order of their ids.
    #[must_use]
    pub fn intents(&self) -> Vec<Value> {
        self.lock().intents.values().cloned().collect()
    }

    /// Every refund, oldest first.
    #[must_use]
    pub fn refunds(&self) -> Vec<Value> {
        self.lock().refunds.clone()
    }

    /// Methods and paths of all calls.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let (reader, mut writer) = stream.split();
        let mut reader = BufReader::new(reader);
        loop {
            let mut head = String::new();
            if reader.read_line(&mut head).await.ok()? == 0 {
                return None;
            }
            let mut words = head.split_whitespace();
            let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
            let (mut length, mut key, mut authorized) = (0_usize, String::new(), false);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).await.ok()?;
                let line = line.trim_end();
                if line.is_empty() {
                    break;
                }
                let (name, value) = line.split_once(':')?;
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().ok()?,
                    "idempotency-key" => key = value.trim().to_owned(),
                    "authorization" => authorized = value.trim() == "Bearer sk_test_stand_in",
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).await.ok()?;
            let form = form(&String::from_utf8(body).ok()?);
            let answer =
                if authorized { self.answer(&method, &path, &key, &form) } else { Some((401, error("api_key"))) };
            // Hanging up is an answer, too.
            let (status, body) = answer?;
            let body = body.to_string();
            let text = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            writer.write_all(text.as_bytes()).await.ok()?;
        }
    }

    /// `None` hangs up.
    fn answer(&self, method: &str, path: &str, key: &str, form: &BTreeMap<String, String>) -> Option<(u16, Value)> {
        let mut state = self.lock();
        let path = path.split('?').next().unwrap_or_default();
        state.calls.push(format!("{method} {path}"));
        if method == "GET" {
            let id = path.rsplit('/').next().unwrap_or_default();
            let found = state.intents.get(id).cloned();
            return Some(found.map_or((404, error("resource_missing")), |intent| (200, intent)));
        }
        if let Some(known) = state.answers.get(key) {
            return Some(known.clone());
        }
        let script = state.script.pop_front().unwrap_or(StripeAnswer::Work);
        let answer = match script {
            StripeAnswer::Fail => return Some((500, error("api_error"))),
            StripeAnswer::Decline => (402, error("card_declined")),
            StripeAnswer::Work
            | StripeAnswer::HangUpAfterwards
            | StripeAnswer::PendingRefund
            | StripeAnswer::FailedRefund => state.change(path, form, script),
        };
        state.answers.insert(key.to_owned(), answer.clone());
        (script != StripeAnswer::HangUpAfterwards).then_some(answer)
    }
}

impl State {
    fn change(&mut self, path: &str, form: &BTreeMap<String, String>, script: StripeAnswer) -> (u16, Value) {
        let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        let number = |name: &str| form.get(name).and_then(|text| text.parse::<i64>().ok());
        match parts.as_slice() {
            ["payment_intents"] => {
                let id = format!("pi_{}", self.intents.len() + 1);
                let intent = json!({
                    "id": id, "object": "payment_intent", "status": "requires_payment_method",
                    "amount": number("amount"), "currency": form.get("currency"),
                    "capture_method": form.get("capture_method"), "amount_capturable": 0, "amount_received": 0,
                    "client_secret": format!("{id}_secret_x"), "livemode": false, "latest_charge": null,
                    "metadata": { "hitotsu_payment_id": form.get("metadata[hitotsu_payment_id]") },
                });
                self.intents.insert(id, intent.clone());
                (200, intent)
            }
            ["payment_intents", id, "capture"] => {
                let Some(intent) = self.intents.get_mut(*id) else { return (404, error("resource_missing")) };
                let capturable = intent["amount_capturable"].as_i64().unwrap_or(0);
                let amount = number("amount_to_capture").unwrap_or(capturable);
                if intent["status"] != "requires_capture" || amount > capturable {
                    return (400, error("payment_intent_unexpected_state"));
                }
                let is_last = form.get("final_capture").map(String::as_str) != Some("false");
                let rest = if is_last { 0 } else { capturable - amount };
                intent["amount_received"] = json!(intent["amount_received"].as_i64().unwrap_or(0) + amount);
                intent["amount_capturable"] = json!(rest);
                if rest == 0 {
                    intent["status"] = json!("succeeded");
                }
                (200, intent.clone())
            }
            ["payment_intents", id, "cancel"] => {
                let Some(intent) = self.intents.get_mut(*id) else { return (404, error("resource_missing")) };
                if intent["status"] == "succeeded" {
                    return (400, error("payment_intent_unexpected_state"));
                }
                intent["status"] = json!("canceled");
                intent["amount_capturable"] = json!(0);
                (200, intent.clone())
            }
            ["refunds"] => self.refund(form, number("amount").unwrap_or(0), script),
            _ => (404, error("resource_missing")),
        }
    }

    fn refund(&mut self, form: &BTreeMap<String, String>, amount: i64, script: StripeAnswer) -> (u16, Value) {
        let intent = form.get("payment_intent").cloned().unwrap_or_default();
        let taken = self.intents.get(&intent).and_then(|it| it["amount_received"].as_i64()).unwrap_or(0);
        let of_it = |refund: &&Value| refund["payment_intent"] == json!(intent) && refund["status"] != "failed";
        let back: i64 = self.refunds.iter().filter(of_it).filter_map(|refund| refund["amount"].as_i64()).sum();
        if amount > taken - back {
            return (400, error("charge_already_refunded"));
        }
        let (status, reason) = match script {
            StripeAnswer::PendingRefund => ("pending", Value::Null),
            StripeAnswer::FailedRefund => ("failed", json!("expired_or_canceled_card")),
            StripeAnswer::Work | StripeAnswer::HangUpAfterwards | StripeAnswer::Decline | StripeAnswer::Fail => {
                ("succeeded", Value::Null)
            }
        };
        let refund = json!({
            "id": format!("re_{}", self.refunds.len() + 1), "object": "refund", "payment_intent": intent,
            "amount": amount, "currency": "jpy", "status": status, "failure_reason": reason,
            "metadata": { "hitotsu_refund_id": form.get("metadata[hitotsu_refund_id]") },
        });
        self.refunds.push(refund.clone());
        (200, refund)
    }
}

fn error(code: &str) -> Value {
    json!({ "error": { "type": "invalid_request_error", "code": code } })
}

/// A form (application/x-www-form-urlencoded).
fn form(body: &str) -> BTreeMap<String, String> {
    body.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&hex, 16).unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
