//! What each gateway answers. All gateways here decide without the network: cash and terminals are facts that staff
//! state, manual payments wait for staff, stored value is taken in the same transaction, and the test gateway follows a
//! script. Those over the network are behind [`NetworkGateway`].

use entity::words::{ChannelKind, Gateway, PaymentEventKind, PaymentOutcome, TestOutcome};

pub use crate::kernel::network_gateway::{
    GatewayError, Gateways, Intent, IntentRequest, IntentStatus, NetworkGateway, SentBack,
};
use crate::kernel::{Ctx, Error, ErrorCode, Result};

/// The gateway over the network behind a word. Error: `GATEWAY_UNAVAILABLE` when it is not set up.
pub fn network(ctx: &Ctx, gateway: Gateway) -> Result<std::sync::Arc<dyn NetworkGateway>> {
    let found = ctx.services.gateways.get(gateway).cloned();
    found.ok_or_else(|| Error::invalid(ErrorCode::GatewayUnavailable, "gateway"))
}

/// Facts that a gateway states about a tender, in order.
pub type Facts = Vec<(PaymentEventKind, PaymentOutcome)>;

/// Whether a channel offers a gateway; the test gateway exists in development only.
/// Error: `GATEWAY_UNAVAILABLE`.
pub fn check_offered(gateway: Gateway, channel: ChannelKind, development: bool) -> Result<()> {
    let offered = match gateway {
        Gateway::Manual => true,
        Gateway::Cash | Gateway::CardTerminal => channel == ChannelKind::Pos,
        Gateway::Test => development,
        // A marketplace takes the money itself.
        Gateway::GiftCard | Gateway::StoreCredit | Gateway::Points => channel != ChannelKind::Marketplace,
        Gateway::Stripe | Gateway::Exchange => false,
    };
    if offered { Ok(()) } else { Err(Error::invalid(ErrorCode::GatewayUnavailable, "payments.gateway")) }
}

/// Whether staff at a desk may take a means of payment for an order that they place. Cash needs the drawer of a till, and
/// cards over the network are the customer's to enter, by a link. Error: `GATEWAY_UNAVAILABLE`.
pub fn check_at_desk(gateway: Gateway, development: bool) -> Result<()> {
    let offered = match gateway {
        Gateway::Manual | Gateway::CardTerminal | Gateway::GiftCard | Gateway::StoreCredit | Gateway::Points => true,
        Gateway::Test => development,
        Gateway::Cash | Gateway::Stripe | Gateway::Exchange => false,
    };
    if offered { Ok(()) } else { Err(Error::invalid(ErrorCode::GatewayUnavailable, "payments.gateway")) }
}

/// What happens when the money is asked for. Errors: `PAYMENT_DECLINED`, `PAYMENT_UNAVAILABLE`; nothing was charged then.
pub fn charge(gateway: Gateway, script: TestOutcome) -> Result<Facts> {
    use PaymentEventKind::{Authorize, Capture};
    use PaymentOutcome::{Pending, Success};
    match (gateway, script) {
        // Stored value is there, or the order is not.
        (Gateway::Cash | Gateway::CardTerminal | Gateway::GiftCard | Gateway::StoreCredit | Gateway::Points, _) => {
            Ok(vec![(Capture, Success)])
        }
        // Known only when staff see the money.
        (Gateway::Manual, _) | (Gateway::Test, TestOutcome::PendingThenApprove) => Ok(vec![(Capture, Pending)]),
        (Gateway::Test, TestOutcome::Approve) => Ok(vec![(Authorize, Success), (Capture, Success)]),
        (Gateway::Test, TestOutcome::Decline) => Err(Error::PaymentDeclined { reason: "card_declined".to_owned() }),
        (Gateway::Stripe | Gateway::Exchange, _) => {
            Err(Error::invalid(ErrorCode::GatewayUnavailable, "payments.gateway"))
        }
        (Gateway::Test, TestOutcome::TimeOut) => Err(Error::invalid(ErrorCode::PaymentUnavailable, "payments")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cash_is_taken_only_at_a_till() {
        assert!(check_offered(Gateway::Cash, ChannelKind::Pos, false).is_ok());
        assert!(check_offered(Gateway::Cash, ChannelKind::Online, true).is_err());
        assert!(check_offered(Gateway::Test, ChannelKind::Online, false).is_err());
    }

    #[test]
    fn a_declined_or_silent_gateway_charges_nothing() {
        assert!(matches!(charge(Gateway::Test, TestOutcome::Decline), Err(Error::PaymentDeclined { .. })));
        assert!(charge(Gateway::Test, TestOutcome::TimeOut).is_err());
    }
}
