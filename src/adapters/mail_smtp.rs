//! Mail over SMTP, with TLS as the address says: `smtp://user:password@host:587?tls=required`, `smtps://…`.

use std::time::Duration;

use async_trait::async_trait;
use domain::messaging::feedback::is_of_dead_address;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::dkim::{DkimKey, Signer};
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

/// Longest name of a mail at its server that is kept.
const NAME: usize = 200;

/// Sends mail to a server.
#[derive(Debug)]
pub struct SmtpMail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    signer: Signer,
}

impl SmtpMail {
    /// Connects lazily: a mail server that is down keeps no process from starting. Errors: the address cannot be used.
    pub fn new(url: &SecretString) -> Result<Self, SmtpSetupError> {
        // lettre's message speaks of the form only; the address with its password stays out of it.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            .map_err(|error| SmtpSetupError(reason(&error)))?;
        let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(Duration::from_secs(30));
        let transport = builder.timeout(Some(PATIENCE)).pool_config(pool).build();
        Ok(Self { transport, signer: Signer::default() })
    }

    /// The same, signing what comes from the domains of these keys. Errors: a key cannot be used.
    pub fn signed(self, keys: &[DkimKey]) -> Result<Self, SmtpSetupError> {
        let signer = Signer::new(keys).map_err(|problem| SmtpSetupError(format!("HITOTSU_DKIM_KEYS: {problem}")))?;
        Ok(Self { signer, ..self })
    }
}

#[async_trait]
impl MessageTransport for SmtpMail {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        self.send_named(mail).await.map(|_| ())
    }

    async fn send_named(&self, mail: &OutgoingMail) -> Result<Option<String>, SendError> {
        let mut message = build(mail)?;
        self.signer.sign(&mut message, &mail.from_address, mail.unsubscribe_url.is_some());
        match tokio::time::timeout(WHOLE, self.transport.send(message)).await {
            Ok(Ok(answer)) => Ok(name(&answer.message().collect::<Vec<_>>().join(" "))),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(SendError::Temporary("time-out".to_owned())),
        }
    }
}

/// The name that a server gives a mail in its answer: `250 2.0.0 Ok: queued as 4XyZ`, `250 Ok 0101018f…`.
fn name(answer: &str) -> Option<String> {
    let after = |mark: &str| answer.split_once(mark).map(|(_, rest)| rest);
    let is_long = |word: &&str| word.len() >= 16 && word.chars().any(|c| c.is_ascii_digit());
    let named = after("queued as ").and_then(|rest| rest.split_whitespace().next());
    let name = named.or_else(|| answer.split_whitespace().find(is_long))?;
    let name: String = name.chars().filter(|c| c.is_ascii_graphic()).take(NAME).collect();
    (!name.is_empty()).then_some(name)
}

/// 4xx and everything about the connection may pass; 5xx is final, except when it speaks of our own sign-in (RFC 4954):
/// a wrong password must not cost every customer a mail. An address is only given up when the code speaks of it.
fn classify(error: &smtp::Error) -> SendError {
    let Some(code) = error.status().map(u16::from) else { return SendError::Temporary(reason(error)) };
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let enhanced = words.split_whitespace().next().filter(|word| is_enhanced(word));
    let reason = enhanced.map_or_else(|| format!("SMTP {code}"), |enhanced| format!("SMTP {code} {enhanced}"));
    if !error.is_permanent() || matches!(code, 530 | 534 | 535 | 538) {
        return SendError::Temporary(reason);
    }
    let is_dead = match enhanced {
        Some(enhanced) => is_of_dead_address(enhanced),
        None => matches!(code, 550 | 551 | 553),
    };
    if is_dead { SendError::DeadAddress(reason) } else { SendError::Permanent(reason) }
}

/// Whether a word is an enhanced status code (RFC 3463 §2).
fn is_enhanced(word: &str) -> bool {
    let mut parts = word.split('.');
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let class = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"));
    class && parts.clone().count() == 2 && parts.all(is_number)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_name_mails_in_their_own_ways() {
        assert_eq!(name("2.0.0 Ok: queued as 4XyZ1").as_deref(), Some("4XyZ1"));
        let ses = "0101018f3b2c1d4e-6f7a8b9c-0d1e-4f2a-8b3c-4d5e6f7a8b9c-000000";
        assert_eq!(name(&format!("Ok {ses}")).as_deref(), Some(ses));
        assert_eq!(name("kept"), None);
        assert_eq!(name(""), None);
    }

    #[test]
    fn enhanced_codes_are_told_from_words() {
        for code in ["5.1.1", "5.7.26", "4.2.2"] {
            assert!(is_enhanced(code), "{code}");
        }
        for word in ["5.1", "5.1.1.1", "6.1.1", "5.a.1", "5..1", "refused", ""] {
            assert!(!is_enhanced(word), "{word}");
        }
    }
}
