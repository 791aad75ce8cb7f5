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
    /// How a question of a survey is answered.
    pub enum QuestionKind {
        /// By a number of a scale.
        Score = "SCORE",
        /// By one of some choices.
        Choice = "CHOICE",
        /// By any of some choices.
        Multi = "MULTI",
        /// In words.
        Text = "TEXT",
    }
}

word! {
    /// Where an invitation stands.
    pub enum SurveyInvitationState {
        /// It can be answered.
        Open = "OPEN",
        /// It was answered.
        Answered = "ANSWERED",
        /// Its time is over.
        Expired = "EXPIRED",
    }
}

word! {
    /// By what figures of a survey are told apart.
    pub enum SurveyTrendBy {
        /// The week in which people were asked (ISO 8601).
        Week = "WEEK",
        /// The channel of the order.
        Channel = "CHANNEL",
        /// Where it was bought or collected.
        Location = "LOCATION",
        /// Who brought it.
        Carrier = "CARRIER",
        /// The categories of what was bought; an order of several counts in each.
        Category = "CATEGORY",
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

word! {
    /// Why something that was bought cannot be reviewed.
    pub enum ReviewRefusal {
        /// It is not with the customer yet.
        NotArrived = "NOT_ARRIVED",
        /// It was canceled.
        Canceled = "CANCELED",
        /// It went back, or is about to.
        Returned = "RETURNED",
    }
}
