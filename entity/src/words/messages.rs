//! Words of messages: why they go and what became of them.

use crate::word::word;

word! {
    /// Why a message is allowed to be sent.
    pub enum MessageClass {
        /// It belongs to a contract or an account; needs no consent.
        Transactional = "TRANSACTIONAL",
        /// It asks for an opinion; needs consent to surveys.
        Survey = "SURVEY",
        /// It advertises; needs consent to marketing.
        Marketing = "MARKETING",
    }
}

word! {
    /// What was learned of a message after it left.
    pub enum MessageEventKind {
        /// The recipient's server or the provider says that it arrived.
        Delivered = "DELIVERED",
        /// It cannot be delivered.
        Bounced = "BOUNCED",
        /// It is not delivered yet.
        Deferred = "DEFERRED",
        /// The recipient called it spam.
        Complained = "COMPLAINED",
        /// A link of it was followed.
        Clicked = "CLICKED",
        /// It was looked at.
        Opened = "OPENED",
        /// The recipient wants no more of them.
        Unsubscribed = "UNSUBSCRIBED",
        /// The recipient bought after it.
        Converted = "CONVERTED",
    }
}

word! {
    /// Why an address gets no messages.
    pub enum SuppressionReason {
        /// Its server refused it for good.
        Bounce = "BOUNCE",
        /// Its owner called a message spam.
        Complaint = "COMPLAINT",
        /// Its owner wants none.
        Unsubscribe = "UNSUBSCRIBE",
        /// Staff stopped it.
        Manual = "MANUAL",
    }
}

word! {
    /// Which messages an address does not get.
    pub enum SuppressionScope {
        /// None at all.
        All = "ALL",
        /// No marketing and no surveys.
        Marketing = "MARKETING",
    }
}

word! {
    /// Lifecycle of a merchant's own template.
    pub enum TemplateState {
        /// Being written.
        Draft = "DRAFT",
        /// Used in place of the built-in.
        Active = "ACTIVE",
        /// Was used once.
        Retired = "RETIRED",
    }
}
