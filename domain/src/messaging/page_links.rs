//! The secrets of the links in messages: each opens one page about one object until a moment. They are derived from the
//! server's secret, so that none is stored; whoever learns the database learns no link.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::kernel::ctx::Services;
use crate::kernel::secret::Secrets;
use crate::kernel::{Ctx, Error, Result};

/// What a link is for; a link for one thing opens no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageLink {
    /// Where an order stands; the object is the order.
    Order,
    /// Sending goods of an order back; the order.
    ReturnRequest,
    /// Making a guest's order part of an account; the order.
    ClaimOrder,
    /// The receipt; the order.
    Receipt,
    /// Questions; the survey invitation.
    Survey,
    /// Reviewing a bought product; the order line.
    Review,
    /// What somebody wants to hear of, and no more; the message.
    Preferences,
    /// What is left on a gift card; the stored value account.
    GiftCard,
    /// The exchange of a return; the return.
    Exchange,
    /// Giving up to be told when something is there again; the row of `back_in_stock`.
    BackInStock,
    /// A cart that was left; the cart.
    Cart,
}

impl PageLink {
    /// First part of the path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Order => "o",
            Self::ReturnRequest => "return",
            Self::ClaimOrder => "claim",
            Self::Receipt => "receipt",
            Self::Survey => "s",
            Self::Review => "review",
            Self::Preferences => "u",
            Self::GiftCard => "gift-card",
            Self::Exchange => "exchange",
            Self::BackInStock => "back-in-stock",
            Self::Cart => "cart",
        }
    }
}

/// How long links without a moment of their own work after what they are about ended.
const AFTER_END: TimeDelta = TimeDelta::days(90);
/// And how long after it began, whether or not it ended.
const AT_MOST: TimeDelta = TimeDelta::days(365);

/// Until when a link works that has no moment of its own, by when what it is about began and ended: 90 days after the end,
/// and a year after the beginning in any case.
pub(crate) fn follows(began: DateTime<Utc>, ended: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let at_most = began + AT_MOST;
    ended.map_or(at_most, |end| at_most.min(end + AFTER_END))
}

/// The address of a page about an object, until `expires_at` (whole seconds).
#[must_use]
pub fn url(services: &Services, page: PageLink, id: Uuid, expires_at: DateTime<Utc>) -> String {
    format!("{}/{}/{}", services.settings.public_url, page.path(), token(&services.secrets, page, id, expires_at))
}

/// The secret of a link: the object, the moment, and 256 bits that only this server can make of both.
#[must_use]
pub fn token(secrets: &Secrets, page: PageLink, id: Uuid, expires_at: DateTime<Utc>) -> String {
    let until = expires_at.timestamp().to_be_bytes();
    let mark = mark(secrets, page, id, &until);
    BASE64URL_NOPAD.encode(&[id.as_bytes().as_slice(), &until, mark.as_bytes()].concat())
}

/// The object that a link opens. Error: `NOT_FOUND` for a link that is wrong, of another page, or too old.
pub fn open(ctx: &Ctx, page: PageLink, token: &str) -> Result<Uuid> {
    opened(ctx, page, token).map(|opened| opened.id)
}

/// What a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The object.
    pub id: Uuid,
    /// Until when; links that its page leads on to live no longer.
    pub until: DateTime<Utc>,
}

/// Like [`open`], with the moment until which the link works.
pub fn opened(ctx: &Ctx, page: PageLink, token: &str) -> Result<Opened> {
    let secrets = &ctx.services.secrets;
    let id = read(secrets, page, token, ctx.now()).ok_or(Error::not_found("page"))?;
    let until = moment(token).ok_or(Error::not_found("page"))?;
    Ok(Opened { id, until })
}

/// The moment that is written in a link, whether or not its mark is right.
fn moment(token: &str) -> Option<DateTime<Utc>> {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let until = <[u8; 8]>::try_from(bytes.get(16..24)?).ok()?;
    DateTime::from_timestamp(i64::from_be_bytes(until), 0)
}

fn read(secrets: &Secrets, page: PageLink, token: &str, now: DateTime<Utc>) -> Option<Uuid> {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (id, rest) = bytes.split_at_checked(16)?;
    let (until, mark_given) = rest.split_at_checked(8)?;
    let (id, until) = (Uuid::from_slice(id).ok()?, <[u8; 8]>::try_from(until).ok()?);
    if !bool::from(mark(secrets, page, id, &until).as_bytes().ct_eq(mark_given)) {
        return None;
    }
    (i64::from_be_bytes(until) >= now.timestamp()).then_some(id)
}

fn mark(secrets: &Secrets, page: PageLink, id: Uuid, until: &[u8; 8]) -> String {
    let key = secrets.code_hash("page-link", &format!("{}:{}", page.path(), i64::from_be_bytes(*until)));
    secrets.object_token(&key, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_follows_what_it_is_about() {
        let at = |days: i64| DateTime::UNIX_EPOCH + TimeDelta::days(days);
        for (ended, until) in [(None, 365), (Some(0), 90), (Some(10), 100), (Some(275), 365), (Some(300), 365)] {
            assert_eq!(follows(at(0), ended.map(at)), at(until), "{ended:?}");
        }
    }

    #[test]
    fn a_link_opens_its_own_page_until_its_time() {
        let secrets = Secrets::new("a".into());
        let id = Uuid::from_u128(7);
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
        let link = token(&secrets, PageLink::Order, id, at(100));
        assert_eq!(read(&secrets, PageLink::Order, &link, at(100)), Some(id));
        assert_eq!(moment(&link), Some(at(100)));
        assert_eq!(read(&secrets, PageLink::Order, &link, at(101)), None);
        assert_eq!(read(&secrets, PageLink::Receipt, &link, at(1)), None);
        assert_eq!(read(&Secrets::new("b".into()), PageLink::Order, &link, at(1)), None);
        for end in 0..link.len() {
            assert_eq!(read(&secrets, PageLink::Order, &link[..end], at(1)), None);
        }
        // A later moment written into the link breaks its mark.
        let later = token(&secrets, PageLink::Order, id, at(200));
        let mixed = format!("{}{}", &later[..32], &link[32..]);
        assert_eq!(read(&secrets, PageLink::Order, &mixed, at(150)), None);
    }
}
