//! What staff and apps may do, and where.

use std::collections::BTreeSet;

use entity::id::{ChannelId, LocationId};

macro_rules! permissions {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// An action that a role may allow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in roles and docs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What it allows.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }

            /// The permission of a name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl entity::word::Vocabulary for Permission {
            const NAME: &'static str = "Permission";
            const MEANING: &'static str = "An action that a role may allow.";
            const WORDS: &'static [Self] = Self::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }

            fn meaning(self) -> &'static str {
                self.meaning()
            }
        }
    };
}

permissions! {
    /// Read products, prices and categories of any status.
    CatalogRead = "catalog.read",
    /// Change products, variants, bundles and categories.
    CatalogWrite = "catalog.write",
    /// Set prices.
    PricesWrite = "prices.write",
    /// Change locations, channels and tills.
    PlacesWrite = "places.write",
    /// Read stock levels and movements.
    StockRead = "stock.read",
    /// Receive stock.
    StockReceive = "stock.receive",
    /// Adjust and move stock.
    StockAdjust = "stock.adjust",
    /// Put stock aside and release it.
    StockHold = "stock.hold",
    /// Read orders.
    OrdersRead = "orders.read",
    /// Write notes on orders, set their customer.
    OrdersWrite = "orders.write",
    /// Cancel orders.
    OrdersCancel = "orders.cancel",
    /// Work on fulfillment orders.
    FulfillmentWork = "fulfillment.work",
    /// Change routing rules and groups of locations.
    RoutingWrite = "routing.write",
    /// Send and receive transfers.
    TransfersWork = "transfers.work",
    /// Order from suppliers and receive from them.
    PurchasingWork = "purchasing.work",
    /// Count stock.
    CountsWork = "counts.work",
    /// Accept what somebody else counted.
    CountsAccept = "counts.accept",
    /// Send stock, confirmations and tracking from other systems.
    StockSync = "stock.sync",
    /// Give money back.
    RefundsIssue = "refunds.issue",
    /// Confirm payments.
    PaymentsCapture = "payments.capture",
    /// Ring up sales at a till.
    PosSell = "pos.sell",
    /// Open, fill, empty, count and close the drawer of a till.
    DrawerWork = "drawer.work",
    /// Read reports of drawers, accept differences, take up late sales.
    DrawerManage = "drawer.manage",
    /// Give a discount or another price by hand.
    DiscountsGive = "discounts.give",
    /// Allow what goes beyond: discounts by hand above the limit, returns outside the policy.
    ExceptionsApprove = "exceptions.approve",
    /// Change promotions and their codes.
    PromotionsWrite = "promotions.write",
    /// Issue, correct and block gift cards, store credit and points.
    StoredValueWrite = "stored-value.write",
    /// Take goods back: approve, receive, inspect, exchange, settle claims.
    ReturnsWork = "returns.work",
    /// Change the rules of returns.
    ReturnPoliciesWrite = "return-policies.write",
    /// Change orders after they were placed; prepare orders for customers.
    OrdersEdit = "orders.edit",
    /// Read customers.
    CustomersRead = "customers.read",
    /// Create and change customers.
    CustomersWrite = "customers.write",
    /// Merge the records of one person.
    CustomersMerge = "customers.merge",
    /// Read messages that were sent.
    MessagesRead = "messages.read",
    /// Send messages again.
    MessagesSend = "messages.send",
    /// Read what customers answered to surveys.
    SurveysRead = "surveys.read",
    /// Change surveys and their alerts, ask customers.
    SurveysWrite = "surveys.write",
    /// Publish, reject and answer reviews of products.
    ReviewsModerate = "reviews.moderate",
    /// Read flows, their runs and figures.
    FlowsRead = "flows.read",
    /// Write flows, switch them on and off.
    FlowsWrite = "flows.write",
    /// Read the event history.
    EventsRead = "events.read",
    /// Run the audit.
    AuditRun = "audit.run",
    /// Change staff, roles, devices and API keys.
    StaffWrite = "staff.write",
}

/// One permission set, everywhere or at one channel or location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// Only for this channel.
    pub channel_id: Option<ChannelId>,
    /// Only at this location.
    pub location_id: Option<LocationId>,
}

/// Where a permission holds: everywhere, or at the named channels and locations.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Scope {
    places: Vec<(Option<ChannelId>, Option<LocationId>)>,
}

impl Scope {
    /// Everywhere.
    #[must_use]
    pub fn everywhere() -> Self {
        Self { places: vec![(None, None)] }
    }

    /// Where `permission` holds among the grants; empty when it holds nowhere.
    #[must_use]
    pub fn of(grants: &[Grant], permission: Permission) -> Self {
        let places = grants
            .iter()
            .filter(|grant| grant.permissions.contains(&permission))
            .map(|grant| (grant.channel_id, grant.location_id))
            .collect();
        Self { places }
    }

    /// Whether it holds nowhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether a single grant gives it at all places and for all channels; one for a channel and another for a location
    /// make no whole together.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.places.contains(&(None, None))
    }

    /// Whether it holds for all that a channel does, at whatever location; `None` asks for all channels.
    #[must_use]
    pub fn covers_channel(&self, channel: Option<ChannelId>) -> bool {
        let covers = |(only, location): &(Option<ChannelId>, Option<LocationId>)| {
            location.is_none() && (only.is_none() || *only == channel)
        };
        self.places.iter().any(covers)
    }

    /// Where it holds, grant by grant; `None` means any channel, or any location.
    #[must_use]
    pub fn places(&self) -> &[(Option<ChannelId>, Option<LocationId>)] {
        &self.places
    }

    /// The locations it is limited to; `None` means all.
    #[must_use]
    pub fn locations(&self) -> Option<BTreeSet<LocationId>> {
        self.places.iter().map(|(_, location)| *location).collect()
    }

    /// The channels that it covers with all their places, for what belongs to a channel and to no place; `None` means
    /// all. See [`Scope::covers_channel`].
    #[must_use]
    pub fn whole_channels(&self) -> Option<BTreeSet<ChannelId>> {
        let whole = self.places.iter().filter(|(_, location)| location.is_none());
        whole.map(|(channel, _)| *channel).collect()
    }

    /// Whether it holds at a location.
    #[must_use]
    pub fn allows_location(&self, location: LocationId) -> bool {
        self.places.iter().any(|(_, only)| only.is_none_or(|only| only == location))
    }

    /// Whether a single grant gives it for a channel and a location together. What lies at no location is in reach of
    /// every grant for its channel.
    #[must_use]
    pub fn allows(&self, channel: ChannelId, location: Option<LocationId>) -> bool {
        let allows = |(of, at): &(Option<ChannelId>, Option<LocationId>)| {
            of.is_none_or(|only| only == channel)
                && at.is_none_or(|only| location.is_none_or(|location| only == location))
        };
        self.places.iter().any(allows)
    }

    /// Whether it holds for a channel, at one of its places at least.
    #[must_use]
    pub fn allows_channel(&self, channel: ChannelId) -> bool {
        self.places.iter().any(|(only, _)| only.is_none_or(|only| only == channel))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn scope(places: &[(Option<u128>, Option<u128>)]) -> Scope {
        let grant = |(channel, location): &(Option<u128>, Option<u128>)| Grant {
            permissions: [Permission::SurveysWrite].into(),
            channel_id: channel.map(|id| ChannelId(Uuid::from_u128(id))),
            location_id: location.map(|id| LocationId(Uuid::from_u128(id))),
        };
        let grants: Vec<Grant> = places.iter().map(grant).collect();
        Scope::of(&grants, Permission::SurveysWrite)
    }

    #[test]
    fn one_grant_must_give_it_everywhere() {
        assert!(scope(&[(None, None)]).is_everywhere() && Scope::everywhere().is_everywhere());
        assert!(scope(&[(Some(1), None), (None, None)]).is_everywhere());
        for parts in [&[(Some(1), None)][..], &[(None, Some(2))], &[(Some(1), None), (None, Some(2))], &[]] {
            assert!(!scope(parts).is_everywhere(), "{parts:?}");
        }
    }

    #[test]
    fn both_are_asked_of_one_grant() {
        let (channel, other) = (ChannelId(Uuid::from_u128(1)), ChannelId(Uuid::from_u128(9)));
        let (here, there) = (LocationId(Uuid::from_u128(2)), LocationId(Uuid::from_u128(8)));
        let parts = scope(&[(Some(1), None), (None, Some(2))]);
        assert!(parts.allows(channel, Some(there)) && parts.allows(other, Some(here)));
        assert!(!parts.allows(other, Some(there)), "each half of it is in reach of one grant");
        assert!(parts.allows(other, None), "as web orders are");
        let both = scope(&[(Some(1), Some(2))]);
        assert!(both.allows(channel, Some(here)) && both.allows(channel, None));
        assert!(!both.allows(channel, Some(there)) && !both.allows(other, Some(here)) && !both.allows(other, None));
        assert!(!scope(&[]).allows(channel, None));
    }

    #[test]
    fn whole_channels_are_those_that_are_covered() {
        assert_eq!(Scope::everywhere().whole_channels(), None);
        assert_eq!(scope(&[(Some(1), None), (None, None)]).whole_channels(), None);
        let one = [ChannelId(Uuid::from_u128(1))];
        for (parts, wanted) in [
            (&[(Some(1), None)][..], &one[..]),
            (&[(Some(1), None), (None, Some(2)), (Some(9), Some(2))], &one),
            (&[(None, Some(2))], &[]),
            (&[(Some(1), Some(2))], &[]),
            (&[], &[]),
        ] {
            let whole = scope(parts).whole_channels();
            assert_eq!(whole, Some(wanted.iter().copied().collect()), "{parts:?}");
        }
    }

    #[test]
    fn a_channel_is_covered_with_all_its_places() {
        let (own, other) = (Some(ChannelId(Uuid::from_u128(1))), Some(ChannelId(Uuid::from_u128(9))));
        let whole = scope(&[(Some(1), None)]);
        assert!(whole.covers_channel(own) && !whole.covers_channel(other) && !whole.covers_channel(None));
        for parts in [&[(None, Some(2))][..], &[(Some(1), Some(2))], &[(Some(9), None), (None, Some(2))]] {
            assert!(!scope(parts).covers_channel(own), "{parts:?}");
        }
        assert!(Scope::everywhere().covers_channel(own) && Scope::everywhere().covers_channel(None));
    }
}
