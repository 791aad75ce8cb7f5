//! Words of surveys and reviews.

use crate::word::word;

word! {
    /// What a survey measures.
    pub enum SurveyKind {
        /// Would you recommend us: 0 to 10.
        Nps = "NPS",
        /// How satisfied: 1 to 5.
        Csat = "CSAT",
        /// How easy: 1 to 7.
        Ces = "CES",
        /// Questions of the merchant.
        Custom = "CUSTOM",
    }
}

word! {
    /// How an invitation reaches its person.
    pub enum SurveyVia {
        /// By a message.
        Mail = "MAIL",
        /// On a page.
        Page = "PAGE",
        /// On the screen of a till.
        Till = "TILL",
        /// By an integration.
        Api = "API",
    }
}

word! {
    /// Lifecycle of a review.
    pub enum ReviewStatus {
        /// Waits for staff.
        Pending = "PENDING",
        /// Everybody sees it.
        Published = "PUBLISHED",
        /// Nobody sees it.
        Rejected = "REJECTED",
    }
}
