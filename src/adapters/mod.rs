//! What rules need from outside, with the world behind it: mail servers and files.

mod mail_build;
pub mod mail_file;
pub mod mail_smtp;
pub mod stripe;

use std::sync::Arc;

use domain::jobs::Adapters;
use domain::kernel::network_gateway::Gateways;

use crate::config::Config;
use mail_file::FileMail;
use mail_smtp::{SmtpMail, SmtpSetupError};

/// Builds the adapters of a process: mail goes to the server of `HITOTSU_SMTP_URL`, or into the mailbox in the data
/// folder when none is set. Errors: the address of the mail server cannot be used.
pub fn build(config: &Config) -> Result<Adapters, SmtpSetupError> {
    let mail: Arc<dyn domain::messaging::MessageTransport> = match &config.smtp_url {
        Some(url) => Arc::new(SmtpMail::new(url)?),
        None => Arc::new(FileMail::new(FileMail::folder(&config.data_dir))),
    };
    Ok(Adapters { mail })
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
