//! Addresses under which a paper can be opened for some minutes, by whoever holds them: a browser that prints has no
//! token to send.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use entity::id::ShipmentId;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::paper::{self, Kind};
use super::{html, pdf};
use crate::{Ctx, Error, Result};

/// How long an address works.
const VALID: TimeDelta = TimeDelta::minutes(10);
/// Name of the key that signs.
const PURPOSE: &str = "shipment-document";

/// How a paper is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A page to print from the browser.
    Html,
    /// PDF.
    Pdf,
}

impl Format {
    const ALL: [Self; 2] = [Self::Html, Self::Pdf];

    const fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
        }
    }
}

/// An address that works for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub url: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// A paper that was opened.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its media type.
    pub media_type: &'static str,
    /// A name for the file.
    pub file_name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

fn signed(ctx: &Ctx, claim: &str) -> String {
    // Half of the hash is enough for ten minutes, and the address stays short.
    let hash = ctx.services.secrets.code_hash(PURPOSE, claim);
    hash.get(..32).unwrap_or(&hash).to_owned()
}

/// An address of a paper of a parcel that the caller may read.
#[must_use]
pub fn sign(ctx: &Ctx, shipment_id: ShipmentId, kind: Kind, format: Format) -> Link {
    let expires_at = ctx.now() + VALID;
    let claim =
        format!("{}.{}.{}", kind.name(), BASE64URL_NOPAD.encode(shipment_id.uuid().as_bytes()), expires_at.timestamp());
    let claim = format!("{claim}.{}", format.name());
    let base = &ctx.services.settings.public_url;
    Link { url: format!("{base}/documents/shipments/{claim}.{}", signed(ctx, &claim)), expires_at }
}

/// The paper that an address names. Error: `NOT_FOUND` for one that is wrong, too old, or whose parcel is gone.
pub async fn open(ctx: &Ctx, token: &str) -> Result<Document> {
    let (kind, format, id) = read(ctx, token).ok_or(Error::not_found("document"))?;
    let paper = paper::read(&ctx.db(), kind, id).await?;
    let safe: String = paper.reference.chars().filter(|one| one.is_ascii_alphanumeric() || *one == '-').collect();
    let file_name = format!("{}-{safe}.{}", kind.name(), format.name());
    Ok(match format {
        Format::Html => {
            let bytes = html::render(kind, &paper)?.into_bytes();
            Document { media_type: "text/html; charset=utf-8", file_name, bytes }
        }
        Format::Pdf => Document { media_type: "application/pdf", file_name, bytes: pdf::render(kind, &paper) },
    })
}

fn read(ctx: &Ctx, token: &str) -> Option<(Kind, Format, ShipmentId)> {
    let (claim, signature) = token.rsplit_once('.')?;
    if !bool::from(signed(ctx, claim).as_bytes().ct_eq(signature.as_bytes())) {
        return None;
    }
    let mut parts = claim.split('.');
    let (kind, id, until, format) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if until.parse::<i64>().ok()? < ctx.now().timestamp() {
        return None;
    }
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
    let format = Format::ALL.into_iter().find(|known| known.name() == format)?;
    let id = BASE64URL_NOPAD.decode(id.as_bytes()).ok().and_then(|bytes| Uuid::from_slice(&bytes).ok())?;
    Some((kind, format, ShipmentId(id)))
}
