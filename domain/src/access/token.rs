//! Access tokens: short-lived JWTs (RFC 7519, RFC 8725) for the shop or for staff, never for both.
//!
//! The algorithm is fixed, the key is derived per audience and never looked up by what the token says, and every
//! claim is required by name and type.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{CustomerId, DeviceId, RefreshTokenId, StaffId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::kernel::secret::Secrets;
use crate::kernel::{Error, Result};

/// How long an access token works.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// How far the clocks of two processes may differ.
const SKEW: TimeDelta = TimeDelta::seconds(30);
/// Who issues tokens.
const ISSUER: &str = "hitotsu";
/// Longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 2_048;

/// Which of the two APIs a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Storefronts and customers.
    Shop,
    /// Staff, tills and apps.
    Staff,
}

impl Audience {
    /// The `aud` claim.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Staff => "staff",
        }
    }

    /// The `typ` header: a token of one kind is never taken for another (RFC 8725 §3.11).
    const fn kind(self) -> &'static str {
        match self {
            Self::Shop => "hitotsu-shop+jwt",
            Self::Staff => "hitotsu-staff+jwt",
        }
    }

    /// The `kid` header: names the key for people; a token with another one is refused, never looked up.
    const fn key_id(self) -> &'static str {
        match self {
            Self::Shop => "shop-1",
            Self::Staff => "staff-1",
        }
    }

    fn key(self, secrets: &Secrets) -> [u8; 32] {
        match self {
            Self::Shop => secrets.key("jwt-shop"),
            Self::Staff => secrets.key("jwt-staff"),
        }
    }
}

/// Whom a token signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A customer, in the shop.
    Customer(CustomerId),
    /// A member of staff, maybe only at one till.
    Staff {
        /// Who.
        id: StaffId,
        /// The only till at which the token works.
        device_id: Option<DeviceId>,
    },
}

impl Subject {
    /// The API it belongs to.
    #[must_use]
    pub const fn audience(self) -> Audience {
        match self {
            Self::Customer(_) => Audience::Shop,
            Self::Staff { .. } => Audience::Staff,
        }
    }
}

/// What a valid token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who.
    pub subject: Subject,
    /// The sign-in it descends from: the root of its refresh family.
    pub session_id: RefreshTokenId,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: RefreshTokenId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dev: Option<DeviceId>,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Writes an access token that works for [`LIFETIME`].
pub fn issue(secrets: &Secrets, now: DateTime<Utc>, subject: Subject, session_id: RefreshTokenId) -> Result<String> {
    let audience = subject.audience();
    let (sub, dev) = match subject {
        Subject::Customer(id) => (id.to_string(), None),
        Subject::Staff { id, device_id } => (id.to_string(), device_id),
    };
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: audience.as_str().to_owned(),
        sub,
        sid: session_id,
        dev,
        iat: now.timestamp(),
        nbf: now.timestamp(),
        exp: (now + LIFETIME).timestamp(),
    };
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(audience.kind().to_owned());
    header.kid = Some(audience.key_id().to_owned());
    let key = EncodingKey::from_secret(&audience.key(secrets));
    jsonwebtoken::encode(&header, &claims, &key).map_err(|error| Error::Bug(format!("token not signed: {error}")))
}

/// Reads a token of one audience. Error: `UNAUTHENTICATED` for everything that is not exactly right.
pub fn verify(secrets: &Secrets, now: DateTime<Utc>, audience: Audience, token: &str) -> Result<Verified> {
    read(secrets, now, audience, token).ok_or(Error::Unauthenticated)
}

fn read(secrets: &Secrets, now: DateTime<Utc>, audience: Audience, token: &str) -> Option<Verified> {
    if token.len() > MAX_LENGTH {
        return None;
    }
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&[audience.as_str()]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    // Time is checked below against the injected clock; the typed claims refuse a mistyped `exp` or `nbf`.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let key = DecodingKey::from_secret(&audience.key(secrets));
    let data = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?;
    let header_fits =
        data.header.typ.as_deref() == Some(audience.kind()) && data.header.kid.as_deref() == Some(audience.key_id());
    let claims = data.claims;
    let in_time = claims.exp > now.timestamp()
        && claims.nbf <= (now + SKEW).timestamp()
        && claims.iat <= (now + SKEW).timestamp()
        && claims.exp.checked_sub(claims.iat)? <= LIFETIME.num_seconds();
    if !header_fits || !in_time {
        return None;
    }
    let subject = match audience {
        Audience::Shop => Subject::Customer(claims.sub.parse().ok()?),
        Audience::Staff => Subject::Staff { id: claims.sub.parse().ok()?, device_id: claims.dev },
    };
    Some(Verified { subject, session_id: claims.sid })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use data_encoding::BASE64URL_NOPAD;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn secrets() -> Secrets {
        Secrets::new("a master secret of the tests".into())
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).expect("a valid time")
    }

    fn staff() -> Subject {
        Subject::Staff { id: StaffId(Uuid::from_u128(7)), device_id: None }
    }

    fn session() -> RefreshTokenId {
        RefreshTokenId(Uuid::from_u128(9))
    }

    /// Signs any header and claims with the true key of staff.
    fn forge(header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let message = format!("{}.{}", encode(header), encode(claims));
        let key = EncodingKey::from_secret(&secrets().key("jwt-staff"));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("signs");
        format!("{message}.{signature}")
    }

    fn header() -> Value {
        json!({"alg": "HS256", "typ": "hitotsu-staff+jwt", "kid": "staff-1"})
    }

    fn claims() -> Value {
        let at = now().timestamp();
        json!({"iss": "hitotsu", "aud": "staff", "sub": StaffId(Uuid::from_u128(7)).to_string(),
            "sid": session().to_string(), "iat": at, "nbf": at, "exp": at + 900})
    }

    fn accepts(token: &str) -> bool {
        verify(&secrets(), now(), Audience::Staff, token).is_ok()
    }

    #[test]
    fn a_token_says_what_was_put_in() {
        let device_id = Some(DeviceId(Uuid::from_u128(3)));
        let subject = Subject::Staff { id: StaffId(Uuid::from_u128(7)), device_id };
        let token = issue(&secrets(), now(), subject, session()).expect("issued");
        let verified = verify(&secrets(), now(), Audience::Staff, &token).expect("valid");
        assert_eq!(verified, Verified { subject, session_id: session() });
    }

    #[test]
    fn a_token_of_one_audience_is_refused_by_the_other() {
        let shop =
            issue(&secrets(), now(), Subject::Customer(CustomerId(Uuid::from_u128(7))), session()).expect("issued");
        let staff = issue(&secrets(), now(), staff(), session()).expect("issued");
        assert!(verify(&secrets(), now(), Audience::Staff, &shop).is_err());
        assert!(verify(&secrets(), now(), Audience::Shop, &staff).is_err());
        assert!(verify(&secrets(), now(), Audience::Shop, &shop).is_ok());
    }

    #[test]
    fn a_token_works_for_fifteen_minutes() {
        let token = issue(&secrets(), now(), staff(), session()).expect("issued");
        let at = |delta| verify(&secrets(), now() + delta, Audience::Staff, &token).is_ok();
        assert!(at(TimeDelta::seconds(899)));
        assert!(!at(TimeDelta::seconds(900)));
        assert!(at(TimeDelta::seconds(-30)), "clocks may differ a little");
        assert!(!at(TimeDelta::seconds(-31)));
    }

    #[test]
    fn headers_that_lie_are_refused() {
        assert!(accepts(&forge(&header(), &claims())), "the forge itself works");
        for (field, value) in [
            ("alg", json!("none")),
            ("alg", json!("HS384")),
            ("alg", json!("RS256")),
            ("alg", json!("hs256")),
            ("typ", json!("JWT")),
            ("typ", json!("hitotsu-shop+jwt")),
            ("typ", Value::Null),
            ("kid", json!("shop-1")),
            ("kid", json!("../../dev/null")),
            ("kid", json!("' OR 1=1 --")),
            ("kid", Value::Null),
        ] {
            let mut header = header();
            header[field] = value.clone();
            assert!(!accepts(&forge(&header, &claims())), "{field} = {value}");
        }
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let header = json!({"alg": "none", "typ": "hitotsu-staff+jwt", "kid": "staff-1"});
        for end in ["", ".", ".AA"] {
            assert!(!accepts(&format!("{}.{}{end}", encode(&header), encode(&claims()))));
        }
    }

    #[test]
    fn missing_and_mistyped_claims_are_refused() {
        let at = now().timestamp();
        for (field, value) in [
            ("exp", json!((at + 900).to_string())),
            ("exp", json!(9e30)),
            ("exp", Value::Null),
            ("exp", json!(at + 999_999)),
            ("nbf", json!("0")),
            ("nbf", json!(at + 600)),
            ("nbf", Value::Null),
            ("iat", json!(at + 600)),
            ("iat", Value::Null),
            ("aud", json!("shop")),
            ("aud", json!(["shop", "staff"])),
            ("aud", Value::Null),
            ("iss", json!("other")),
            ("iss", Value::Null),
            ("sub", json!("admin")),
            ("sub", json!(CustomerId(Uuid::from_u128(7)).to_string())),
            ("sub", Value::Null),
            ("sid", Value::Null),
            ("dev", json!(1)),
        ] {
            let mut with = claims();
            with[field] = value.clone();
            assert!(!accepts(&forge(&header(), &with)), "{field} = {value}");
            let mut without = claims();
            let removed = without.as_object_mut().and_then(|map| map.remove(field));
            assert!(removed.is_none() || !accepts(&forge(&header(), &without)), "without {field}");
        }
    }

    #[test]
    fn no_flipped_bit_is_accepted() {
        let token = issue(&secrets(), now(), staff(), session()).expect("issued");
        for position in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[position] ^= 1;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            assert!(!accepts(&flipped), "bit at {position}");
        }
    }

    #[test]
    fn another_secret_makes_other_keys() {
        let token = issue(&Secrets::new("another".into()), now(), staff(), session()).expect("issued");
        assert!(!accepts(&token));
        assert!(!accepts(&"x".repeat(1_000_000)));
    }
}
