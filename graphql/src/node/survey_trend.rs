//! Figures of surveys.

use async_graphql::{ID, Object, SimpleObject};
use domain::survey::stats::Estimate;
use domain::survey::trend::{Figures, Group};
use entity::id::{CategoryId, ChannelId, LocationId};
use entity::words::SurveyTrendBy;

use crate::scalar::{Date, Decimal, id};

/// A figure, and where it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct SurveyEstimate {
    /// The figure.
    pub value: Decimal,
    /// Lower end of the interval; null when too few answered to tell.
    pub low: Option<Decimal>,
    /// Upper end of the interval.
    pub high: Option<Decimal>,
}

fn shown(estimate: Option<Estimate>) -> Option<SurveyEstimate> {
    estimate.map(|found| SurveyEstimate {
        value: Decimal(found.value),
        low: found.low.map(Decimal),
        high: found.high.map(Decimal),
    })
}

/// The figures of a group.
#[derive(Clone, Debug)]
pub struct SurveyFigures {
    /// The figures.
    pub figures: Figures,
    /// By what groups are told apart.
    pub by: SurveyTrendBy,
}

/// The figures of those who were asked in one week, or about one channel, place, carrier or category.
#[Object]
impl SurveyFigures {
    /// The Monday on which the week begins; null of other groups.
    async fn week(&self) -> Option<Date> {
        match &self.figures.group {
            Group::Week(monday) => Some(Date(*monday)),
            Group::Thing(..) | Group::Carrier(_) | Group::Unknown => None,
        }
    }

    /// Id of the channel, location or category; null of other groups, and of those of whom it is not known.
    async fn id(&self) -> Option<ID> {
        let Group::Thing(uuid, _) = &self.figures.group else { return None };
        match self.by {
            SurveyTrendBy::Channel => Some(id(ChannelId(*uuid))),
            SurveyTrendBy::Location => Some(id(LocationId(*uuid))),
            SurveyTrendBy::Category => Some(id(CategoryId(*uuid))),
            SurveyTrendBy::Week | SurveyTrendBy::Carrier => None,
        }
    }

    /// Name of the channel, location, category or carrier; null of weeks, and of those of whom it is not known.
    async fn name(&self) -> Option<&str> {
        match &self.figures.group {
            Group::Thing(_, name) | Group::Carrier(name) => Some(name),
            Group::Week(_) | Group::Unknown => None,
        }
    }

    /// How many were asked.
    async fn invited(&self) -> i64 {
        self.figures.sums.invited
    }

    /// How many of them answered.
    async fn answered(&self) -> i64 {
        self.figures.sums.answered
    }

    /// Which share of them answered, 0 to 1, with Wilson's interval; null when nobody was asked.
    async fn response_rate(&self) -> Option<SurveyEstimate> {
        shown(self.figures.response_rate)
    }

    /// How many answers have a score: the n of the figures below.
    async fn n(&self) -> i64 {
        self.figures.sums.scored
    }

    /// Mean score, with the interval by Student's t; null without scores. No interval when all scores are alike.
    async fn mean(&self) -> Option<SurveyEstimate> {
        shown(self.figures.mean)
    }

    /// Net Promoter Score, −100 to 100, with the adjusted Wald interval (Rocks 2016); null of other kinds.
    async fn nps(&self) -> Option<SurveyEstimate> {
        shown(self.figures.nps)
    }

    /// NPS: scores of 9 and 10; 0 of other kinds.
    async fn promoters(&self) -> i64 {
        self.figures.sums.promoters
    }

    /// NPS: scores up to 6; 0 of other kinds.
    async fn detractors(&self) -> i64 {
        self.figures.sums.detractors
    }

    /// Share of good scores, 0 to 1, with Wilson's interval: 4 and 5 of CSAT, 5 to 7 of CES; null of other kinds.
    async fn favorable(&self) -> Option<SurveyEstimate> {
        shown(self.figures.favorable)
    }
}
