//! Mail over SMTP, with TLS as the address says: `smtp://user:password@host:587?tls=required`, `smtps://…`.

use std::time::Duration;

use async_trait::async_trait;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::mail_build::build;

/// Longest wait for one answer of the server. RFC 5321 §4.5.3.2 would wait minutes; the job tries again instead.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest time of one mail in all; below the lease of a job.
const WHOLE: Duration = Duration::from_secs(45);
/// Connections kept open at most.
const CONNECTIONS: u32 = 4;

/// The address of the mail server cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it must look like smtp://user:password@host:587?tls=required or smtps://host ({0})")]
pub struct SmtpSetupError(String);

/// Sends mail to a server.
#[derive(Debug)]
pub struct SmtpMail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl SmtpMail {
    /// Connects lazily: a mail server that is down keeps no process from starting. Errors: the address cannot be used.
    pub fn new(url: &SecretString) -> Result<Self, SmtpSetupError> {
        // lettre's message speaks of the form only; the address with its password stays out of it.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            .map_err(|error| SmtpSetupError(reason(&error)))?;
        let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(Duration::from_secs(30));
        Ok(Self { transport: builder.timeout(Some(PATIENCE)).pool_config(pool).build() })
    }
}

#[async_trait]
impl MessageTransport for SmtpMail {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let message = build(mail)?;
        match tokio::time::timeout(WHOLE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(SendError::Temporary("time-out".to_owned())),
        }
    }
}

/// 4xx and everything about the connection may pass; 5xx is final, except when it speaks of our own sign-in (RFC 4954):
/// a wrong password must not cost every customer a mail.
fn classify(error: &smtp::Error) -> SendError {
    let reason = reason(error);
    let is_about_us = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
    if error.is_permanent() && !is_about_us { SendError::Permanent(reason) } else { SendError::Temporary(reason) }
}

/// The kind of failure without the server's words: they like to repeat the recipient's address.
fn reason(error: &smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("SMTP {code}"),
        None if error.is_timeout() => "time-out".to_owned(),
        None if error.is_tls() => "TLS failed".to_owned(),
        None if error.is_response() => "the answer cannot be read".to_owned(),
        None if error.is_client() => "this mail cannot be sent over this connection".to_owned(),
        None => "no connection".to_owned(),
    }
}
