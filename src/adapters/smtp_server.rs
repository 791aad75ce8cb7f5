//! A mail server as `HITOTSU_SMTP_URL` names it, and the way to it.

use std::time::Duration;

use data_encoding::HEXLOWER_PERMISSIVE;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use reqwest::Url;

/// Where mail goes.
pub(super) struct SmtpServer {
    host: String,
    port: u16,
    hello: ClientId,
    tls: Tls,
    credentials: Option<Credentials>,
}

impl SmtpServer {
    /// Reads `smtp://user:password@host:587?tls=required` or `smtps://…`; a path is the name that we greet with. Error:
    /// what is wrong, without the address: it may hold a password.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "it is no address")?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err("it names no host");
        }
        let asked = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        let parameters = || TlsParameters::new(host.clone()).map_err(|_| "TLS cannot be set up");
        let (tls, port) = match (url.scheme(), asked.as_deref()) {
            ("smtp", None) => (Tls::None, 25),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), 587),
            ("smtp", Some("opportunistic")) => (Tls::Opportunistic(parameters()?), 587),
            ("smtps", _) => (Tls::Wrapper(parameters()?), 465),
            ("smtp", Some(_)) => return Err("its tls is not \"required\""),
            _ => return Err("it begins with neither smtp:// nor smtps://"),
        };
        let path = url.path().trim_matches('/');
        let hello = if path.is_empty() { ClientId::default() } else { ClientId::Domain(path.to_owned()) };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(decoded(url.username())?, decoded(password)?)),
            None => None,
        };
        Ok(Self { host, port: url.port().unwrap_or(port), hello, tls, credentials })
    }

    /// Connects, greets, encrypts and signs in. `patience` is for each address of the host; the rest is the caller's.
    pub(super) async fn open(&self, patience: Duration) -> Result<AsyncSmtpConnection, smtp::Error> {
        let wrapper = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            Tls::None | Tls::Opportunistic(_) | Tls::Required(_) => None,
        };
        let place = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(patience), &self.hello, wrapper, None).await?;
        match &self.tls {
            Tls::Required(parameters) => connection.starttls(parameters.clone(), &self.hello).await?,
            Tls::Opportunistic(parameters) if connection.can_starttls() => {
                connection.starttls(parameters.clone(), &self.hello).await?;
            }
            Tls::Opportunistic(_) | Tls::None | Tls::Wrapper(_) => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// Undoes percent-encoding (RFC 3986 §2.1), in which passwords stand in addresses.
fn decoded(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let pair = if *byte == b'%' { after.get(..2) } else { None };
        let value = pair.and_then(|pair| HEXLOWER_PERMISSIVE.decode(pair).ok());
        if let Some([value]) = value.as_deref() {
            bytes.push(*value);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| "its user or password is no text")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_how_and_as_whom() {
        let server = SmtpServer::parse("smtp://me%40shop.example:p%2Fw%25x@mail.example/shop.example").unwrap();
        assert_eq!((server.host.as_str(), server.port), ("mail.example", 25));
        assert_eq!(server.hello, ClientId::Domain("shop.example".to_owned()));
        let expected = Credentials::new("me@shop.example".to_owned(), "p/w%x".to_owned());
        assert!(matches!(server.tls, Tls::None) && server.credentials == Some(expected));
        let port = |text: &str| SmtpServer::parse(text).unwrap().port;
        assert_eq!(port("smtp://[::1]:2525"), 2525);
        assert_eq!(SmtpServer::parse("smtp://[::1]:2525").unwrap().host, "::1");
        for bad in ["", "mail.example:25", "smtp://", "ftp://mail.example", "smtp://mail.example?tls=maybe"] {
            assert!(SmtpServer::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tls_goes_by_the_scheme_or_as_asked() {
        super::super::use_ring();
        let read = |text: &str| SmtpServer::parse(text).unwrap();
        let required = read("smtp://mail.example?tls=required");
        assert!(matches!(required.tls, Tls::Required(_)) && required.port == 587);
        let wrapped = read("smtps://mail.example");
        assert!(matches!(wrapped.tls, Tls::Wrapper(_)) && wrapped.port == 465);
    }
}
