//! What rules need from outside, with the world behind it: mail servers, other channels, gateways and files.

pub mod channels;
pub mod dkim;
pub mod line;
mod mail_build;
pub mod mail_file;
pub mod mail_smtp;
pub mod sms;
mod smtp_server;
pub mod stripe;
mod web;
pub mod webhook;

use std::sync::Arc;

use domain::jobs::Adapters;
use domain::kernel::network_gateway::Gateways;
use domain::messaging::MessageTransport;

use crate::config::Config;
use channels::Channels;
use mail_file::FileMail;
use mail_smtp::{SmtpMail, SmtpSetupError};

/// Builds the adapters of a process: mail goes to the server of `HITOTSU_SMTP_URL`, or into the mailbox in the data
/// folder when none is set; other messages where their channel is set up. Errors: the address of the mail server or a key
/// cannot be used.
pub fn build(config: &Config) -> Result<Adapters, SmtpSetupError> {
    use_ring();
    let mail: Arc<dyn MessageTransport> = match &config.smtp_url {
        Some(url) => Arc::new(SmtpMail::new(url)?.signed(&config.messages.dkim)?),
        None => Arc::new(FileMail::new(FileMail::folder(&config.data_dir))),
    };
    let messages = &config.messages;
    let channels = Channels {
        mail,
        line: adapter("LINE", messages.line.as_ref().map(line::Line::new)),
        sms: adapter("SMS", messages.sms.as_ref().map(sms::Sms::new)),
        webhook: adapter("webhook", messages.webhook.as_ref().map(webhook::Webhook::new)),
        is_mailbox: config.smtp_url.is_none() && config.is_development(),
    };
    Ok(Adapters { mail: Arc::new(channels) })
}

/// One that cannot be built is logged and missing: mails go on.
fn adapter<T: MessageTransport + 'static>(
    name: &str,
    built: Option<Result<T, reqwest::Error>>,
) -> Option<Arc<dyn MessageTransport>> {
    match built? {
        Ok(adapter) => Some(Arc::new(adapter)),
        Err(error) => {
            tracing::error!(%error, name, "a channel of messages is not offered: its client cannot be built");
            None
        }
    }
}

/// Lets every TLS connection of the process use ring: no C library, no cmake. Doing it again changes nothing.
pub fn use_ring() {
    // An error only says that a provider is set already.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// The gateways over the network that are set up. One that cannot be built is logged and missing: it is not offered then,
/// and everything else goes on.
#[must_use]
pub fn gateways(config: &Config) -> Gateways {
    use_ring();
    let Some(set_up) = &config.stripe else { return Gateways::default() };
    match stripe::Stripe::new(&set_up.base_url, set_up.secret_key.clone()) {
        Ok(stripe) => Gateways::with_stripe(Arc::new(stripe)),
        Err(error) => {
            tracing::error!(%error, "Stripe is not offered: its client cannot be built");
            Gateways::default()
        }
    }
}
