//! What the forms of a return send, as they come.

use data_encoding::BASE64;
use domain::returns::photo::{self, MAX_BYTES, MAX_PHOTOS};
use domain::returns::request::{RequestLine, RequestReturn};
use domain::{Error, ErrorCode, Result};
use entity::id::{OrderId, OrderLineId};
use entity::return_reason;
use entity::words::{RefundDestination, ReturnKind, ReturnMethod};

use super::super::form::Fields;

/// Most pictures of all lines together: as many of the largest as a form may hold.
pub(super) const MOST_PHOTOS: usize = 20;
/// Most units that a field may ask for; the rules allow far fewer.
const MOST_UNITS: i64 = 1_000_000;
/// Longest note that is carried from one step to the next, bytes; the rules say how long it may be.
const LONGEST_NOTE: usize = 8_000;

/// What was chosen.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Only lines of which something comes back.
    pub(super) lines: Vec<AskedLine>,
    /// Lines of which something was said, but no units: kept until somebody says how many.
    pub(super) rest: Vec<AskedLine>,
    pub(super) method: ReturnMethod,
    pub(super) refund_to: RefundDestination,
    pub(super) note: String,
}

/// Units of a line.
#[derive(Debug, Clone)]
pub(super) struct AskedLine {
    pub(super) id: OrderLineId,
    pub(super) units: i64,
    /// Units as they were typed.
    pub(super) typed: String,
    /// Code of a reason; empty for none.
    pub(super) reason: String,
    pub(super) used: bool,
    pub(super) note: String,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            rest: Vec::new(),
            method: ReturnMethod::Carrier,
            refund_to: RefundDestination::Original,
            note: String::new(),
        }
    }
}

impl Asked {
    /// Reads a form: what it says, and the first thing that is wrong with it, so that what was typed stays on the page.
    /// Errors: `INVALID_ID`, `INVALID_QUANTITY`, `INVALID`, `TEXT_TOO_LONG`.
    pub(super) fn read(fields: &Fields) -> (Self, Option<Error>) {
        let mut wrong = None;
        let mut asked = Self::default();
        for (id, text) in fields.under("units.") {
            let id = id.parse::<OrderLineId>().map_err(|_| Error::invalid(ErrorCode::InvalidId, "input.lines"));
            if let Some(id) = noted(id, &mut wrong) {
                asked.take(line(fields, id, text), &mut wrong);
            }
        }
        if let Some(method) = noted(word(fields.get("method"), asked.method, "input.method"), &mut wrong) {
            asked.method = method;
        }
        if let Some(to) = noted(word(fields.get("refund_to"), asked.refund_to, "input.refundTo"), &mut wrong) {
            asked.refund_to = to;
        }
        asked.note = fields.get("note").to_owned();
        noted(short(&asked.note, "input.note"), &mut wrong);
        (asked, wrong)
    }

    /// Adds a line, where the rules will look for it.
    fn take(&mut self, line: AskedLine, wrong: &mut Option<Error>) {
        let index = self.lines.len();
        let units = noted(units(&line.typed, index), wrong);
        if units == Some(0) {
            self.rest.push(line);
            return;
        }
        noted(short(&line.note, &format!("input.lines.{index}.note")), wrong);
        self.lines.push(AskedLine { units: units.unwrap_or(0), ..line });
    }

    /// What was said of a line, and where the rules look for it.
    pub(super) fn of(&self, id: OrderLineId) -> (Option<usize>, Option<&AskedLine>) {
        let index = self.lines.iter().position(|line| line.id == id);
        let rest = || self.rest.iter().find(|line| line.id == id);
        (index, index.and_then(|index| self.lines.get(index)).or_else(rest))
    }

    /// For the rules: with the pictures of `photos`, when that is the last step. Errors: `TOO_MANY`, `INVALID_FILE`.
    pub(super) fn request(
        &self,
        order_id: OrderId,
        reasons: &[return_reason::Model],
        photos: Option<&Fields>,
    ) -> Result<RequestReturn> {
        photos.map_or(Ok(()), |fields| self.few(fields))?;
        let lines = self.lines.iter().enumerate().map(|(index, line)| {
            let photos = photos.map_or_else(|| Ok(Vec::new()), |fields| pictures(fields, line.id, index))?;
            Ok(RequestLine {
                order_line_id: line.id,
                quantity: line.units,
                reason: Some(line.reason.clone()).filter(|reason| !reason.is_empty()),
                note: line.note.clone(),
                used: line.used,
                photos,
            })
        });
        Ok(RequestReturn {
            order_id,
            kind: self.kind(reasons),
            lines: lines.collect::<Result<_>>()?,
            method: self.method,
            refund_to: self.refund_to,
            note: self.note.clone(),
            destination_location_id: None,
            override_reason: None,
            approval: None,
            idempotency_key: photos.map(|fields| fields.get("key")).unwrap_or_default().to_owned(),
        })
    }

    /// Whether a form came with pictures of its lines.
    pub(super) fn has_photos(&self, fields: &Fields) -> bool {
        self.lines.iter().chain(&self.rest).any(|line| !fields.files(&photos_of(line.id)).is_empty())
    }

    /// Error: `TOO_MANY` for more pictures than a form may hold.
    fn few(&self, fields: &Fields) -> Result<()> {
        let sent: usize = self.lines.iter().map(|line| fields.files(&photos_of(line.id)).len()).sum();
        if sent <= MOST_PHOTOS {
            return Ok(());
        }
        let values = vec![("max", MOST_PHOTOS.to_string()), ("problem", "pictures-in-all".to_owned())];
        Err(Error::invalid_with(ErrorCode::TooMany, "input.photos", values))
    }

    /// A claim when something is wrong with all of it.
    fn kind(&self, reasons: &[return_reason::Model]) -> ReturnKind {
        let is_claim = |line: &AskedLine| reasons.iter().any(|reason| reason.is_claim && reason.code == line.reason);
        if !self.lines.is_empty() && self.lines.iter().all(is_claim) { ReturnKind::Claim } else { ReturnKind::Return }
    }

    /// The way as forms name it.
    pub(super) fn method_word(&self) -> &'static str {
        self.method.as_str()
    }

    /// Where the money goes, as forms name it.
    pub(super) fn refund_word(&self) -> &'static str {
        self.refund_to.as_str()
    }
}

fn line(fields: &Fields, id: OrderLineId, typed: &str) -> AskedLine {
    AskedLine {
        id,
        units: 0,
        typed: typed.to_owned(),
        reason: fields.get(&format!("reason.{id}")).to_owned(),
        used: fields.has(&format!("used.{id}")),
        note: fields.get(&format!("note.{id}")).to_owned(),
    }
}

/// What was read; what is wrong with it is kept, the first time.
fn noted<T>(read: Result<T>, wrong: &mut Option<Error>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(error) => {
            *wrong = wrong.take().or(Some(error));
            None
        }
    }
}

/// Error: `INVALID_QUANTITY`, told at the line that would come next.
fn units(text: &str, index: usize) -> Result<i64> {
    let bad = || Error::invalid(ErrorCode::InvalidQuantity, format!("input.lines.{index}.quantity"));
    let text = text.trim();
    let units: i64 = if text.is_empty() { 0 } else { text.parse().map_err(|_| bad())? };
    if (0..=MOST_UNITS).contains(&units) { Ok(units) } else { Err(bad()) }
}

fn word<W: std::str::FromStr>(text: &str, usual: W, path: &str) -> Result<W> {
    if text.is_empty() { Ok(usual) } else { text.parse().map_err(|_| Error::invalid(ErrorCode::Invalid, path)) }
}

/// Error: `TEXT_TOO_LONG`.
fn short(text: &str, path: &str) -> Result<()> {
    if text.len() > LONGEST_NOTE {
        return Err(Error::invalid_with(ErrorCode::TextTooLong, path, vec![("max", "1000".to_owned())]));
    }
    Ok(())
}

/// The field with the pictures of a line.
pub(super) fn photos_of(id: OrderLineId) -> String {
    format!("photo.{id}")
}

/// The pictures of a line in base64. What they really are is looked at by the rules.
fn pictures(fields: &Fields, id: OrderLineId, index: usize) -> Result<Vec<String>> {
    let path = format!("input.lines.{index}.photos");
    let files = fields.files(&photos_of(id));
    if files.len() > MAX_PHOTOS {
        return Err(photo::too_many(path));
    }
    if files.iter().any(|file| file.len() > MAX_BYTES) {
        return Err(photo::too_large(path));
    }
    Ok(files.iter().map(|file| BASE64.encode(file)).collect())
}
