//! What can be wrong with a definition. Each has its own words in `error-invalid-flow`, in every language.

use crate::kernel::{Error, ErrorCode};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// It is not an object.
    Object,
    /// It is not a list.
    List,
    /// It is too long.
    TooLong,
    /// It has too many entries.
    TooMany,
    /// It lacks a field.
    Missing,
    /// It is no field.
    UnknownField,
    /// It is none of the words that are possible.
    UnknownWord,
    /// It cannot be read.
    Unreadable,
    /// It comes with the product.
    BuiltIn,
    /// It has no steps.
    NoSteps,
    /// It is no name of a step.
    StepName,
    /// It names two steps.
    NameTaken,
    /// It leads to no later step.
    NoLaterStep,
    /// It is out of range.
    Range,
    /// It names too few or too many events.
    EventCount,
    /// It is no event that flows hear of.
    UnknownEvent,
    /// It is no sign of attention.
    NotSeen,
    /// It is too short or too long a time.
    Span,
    /// It is no time of day.
    TimeOfDay,
    /// It is the code of no survey.
    UnknownSurvey,
    /// It is a message that leads to no survey.
    SurveyUnfit,
    /// It is no plain https address.
    Url,
    /// It is a message that goes by mail only.
    MailOnly,
    /// It is no channel to people.
    Channel,
    /// It has too many groups.
    GroupCount,
    /// It has other groups than another step.
    GroupsDiffer,
    /// It is no name of a group.
    GroupName,
    /// It is asked by a step of its own.
    SurveyStep,
    /// It is no message of flows.
    UnknownMessage,
    /// It tells of what the flow does not have.
    MessageUnfit,
    /// It is no range of amounts.
    Total,
    /// It is no tag of a language.
    Locales,
    /// It is no code of a country.
    Countries,
    /// It asks about messages before there are any.
    NothingSent,
    /// It names what is not there.
    UnknownCode,
}

impl Problem {
    /// The word in `error-invalid-flow`.
    const fn word(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::List => "list",
            Self::TooLong => "too-long",
            Self::TooMany => "too-many",
            Self::Missing => "missing",
            Self::UnknownField => "unknown-field",
            Self::UnknownWord => "unknown-word",
            Self::Unreadable => "unreadable",
            Self::BuiltIn => "built-in",
            Self::NoSteps => "no-steps",
            Self::StepName => "step-name",
            Self::NameTaken => "name-taken",
            Self::NoLaterStep => "no-later-step",
            Self::Range => "range",
            Self::EventCount => "event-count",
            Self::UnknownEvent => "unknown-event",
            Self::NotSeen => "not-seen",
            Self::Span => "span",
            Self::TimeOfDay => "time-of-day",
            Self::UnknownSurvey => "unknown-survey",
            Self::SurveyUnfit => "survey-unfit",
            Self::Url => "url",
            Self::MailOnly => "mail-only",
            Self::Channel => "channel",
            Self::GroupCount => "group-count",
            Self::GroupsDiffer => "groups-differ",
            Self::GroupName => "group-name",
            Self::SurveyStep => "survey-step",
            Self::UnknownMessage => "unknown-message",
            Self::MessageUnfit => "message-unfit",
            Self::Total => "total",
            Self::Locales => "locales",
            Self::Countries => "countries",
            Self::NothingSent => "nothing-sent",
            Self::UnknownCode => "unknown-code",
        }
    }
}

/// Something of a definition that cannot be.
pub(super) fn refused(path: &str, problem: Problem) -> Error {
    refused_with(path, problem, "")
}

/// The same with what was found, or what is possible.
pub(super) fn refused_with(path: &str, problem: Problem, detail: &str) -> Error {
    let detail: String = detail.chars().filter(|character| !character.is_control()).take(200).collect();
    let values = vec![("problem", problem.word().to_owned()), ("detail", detail)];
    Error::invalid_with(ErrorCode::InvalidFlow, path, values)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::kernel::language::Language;

    const ALL: &[Problem] = &[
        Problem::Object,
        Problem::List,
        Problem::TooLong,
        Problem::TooMany,
        Problem::Missing,
        Problem::UnknownField,
        Problem::UnknownWord,
        Problem::Unreadable,
        Problem::BuiltIn,
        Problem::NoSteps,
        Problem::StepName,
        Problem::NameTaken,
        Problem::NoLaterStep,
        Problem::Range,
        Problem::EventCount,
        Problem::UnknownEvent,
        Problem::NotSeen,
        Problem::Span,
        Problem::TimeOfDay,
        Problem::UnknownSurvey,
        Problem::SurveyUnfit,
        Problem::Url,
        Problem::MailOnly,
        Problem::Channel,
        Problem::GroupCount,
        Problem::GroupsDiffer,
        Problem::GroupName,
        Problem::SurveyStep,
        Problem::UnknownMessage,
        Problem::MessageUnfit,
        Problem::Total,
        Problem::Locales,
        Problem::Countries,
        Problem::NothingSent,
        Problem::UnknownCode,
    ];

    #[test]
    fn every_problem_is_told_in_every_language() {
        let mut told = BTreeSet::new();
        for language in Language::ALL {
            for problem in ALL {
                let text = refused_with("x", *problem, "X1").message(language);
                let is_japanese = text.chars().any(|character| ('\u{3040}'..='\u{30ff}').contains(&character));
                assert_eq!(is_japanese, language == Language::Ja, "{problem:?}: {text}");
                assert!(told.insert(text.clone()), "{problem:?} has words of its own: {text}");
            }
            assert!(refused("x", Problem::Range).message(language) != refused("x", Problem::Url).message(language));
        }
        let words: BTreeSet<&str> = ALL.iter().map(|problem| problem.word()).collect();
        assert_eq!(words.len(), ALL.len());
    }
}
