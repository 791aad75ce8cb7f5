//! What is wrong with a wording, told when it is saved: all that can be known by reading it and by filling it in with a
//! message that has everything.

use std::collections::BTreeSet;

use minijinja::value::{Serde, Value};
use minijinja::{Environment, HtmlEscape};

use super::super::render::Rendered;
use super::super::samples;
use super::super::template_name::TemplateName;
use super::expressions;
use super::sandbox::{self, Part, Problem, Source};
use crate::kernel::language::Language;

/// Longest subject, in characters.
const SUBJECT: usize = 300;
/// Longest body, in bytes.
const MJML: usize = 60_000;
/// Longest text part, in bytes.
const TEXT: usize = 30_000;
/// Most problems that are told at once.
const MOST: usize = 20;

/// Everything that is wrong with a source; empty when it can be used.
pub(in super::super) fn check(name: TemplateName, source: &Source, language: Language) -> Vec<Problem> {
    let mut problems = sizes(source);
    if problems.is_empty() {
        for part in [Part::Subject, Part::Mjml, Part::Text] {
            problems.extend(of_part(name, part, source.of(part), language));
        }
    }
    if problems.is_empty() {
        match super::try_out(source, &samples::draft(name, language), &samples::links(name)) {
            Ok(rendered) => problems.extend(missing(name, &rendered)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.truncate(MOST);
    problems
}

fn sizes(source: &Source) -> Vec<Problem> {
    let mut problems = Vec::new();
    if source.subject.contains(['\r', '\n']) {
        problems.push(Problem::new(Part::Subject, 2, "one-line", ""));
    }
    let limits = [
        (Part::Subject, source.subject.chars().count(), SUBJECT),
        (Part::Mjml, source.mjml.len(), MJML),
        (Part::Text, source.text.len(), TEXT),
    ];
    for (part, size, most) in limits {
        if source.of(part).trim().is_empty() {
            problems.push(Problem::new(part, 0, "empty", ""));
        } else if source.of(part).contains(|one: char| one.is_control() && !matches!(one, '\r' | '\n' | '\t')) {
            problems.push(Problem::new(part, 0, "control", ""));
        } else if size > most {
            problems.push(Problem::new(part, 0, "too-large", most.to_string()));
        }
    }
    problems
}

/// Reads one part as it was written, so that lines are those of its author. What may not be in it is never compiled: the
/// engine would work it out.
fn of_part(name: TemplateName, part: Part, source: &str, language: Language) -> Vec<Problem> {
    let problems = expressions::check(part, source, "");
    if !problems.is_empty() {
        return problems;
    }
    let mut environment = match sandbox::empty() {
        Ok(environment) => environment,
        Err(problem) => return vec![problem],
    };
    // Raw, so that nothing but the template language is looked at.
    if let Err(error) = environment.add_template_owned("part.txt", source.to_owned()) {
        return vec![Problem::of(part, &error)];
    }
    filled(&environment, name, part, source, language)
}

fn filled(
    environment: &Environment<'static>,
    name: TemplateName,
    part: Part,
    source: &str,
    language: Language,
) -> Vec<Problem> {
    let values = samples::draft(name, language).shown(&samples::links(name), 1_000);
    let template = match environment.get_template("part.txt") {
        Ok(template) => template,
        Err(error) => return vec![Problem::of(part, &error)],
    };
    let unknown: BTreeSet<String> =
        template.undeclared_variables(true).into_iter().filter(|path| !is_known(&values, path)).collect();
    if !unknown.is_empty() {
        let problem = |path: String| Problem::new(part, line_of(source, &path), "unknown-variable", path);
        return unknown.into_iter().map(problem).collect();
    }
    match sandbox::part(environment, "part.txt", part, &Value::from(Serde(&values))) {
        Ok(_) => Vec::new(),
        Err(problem) => vec![problem],
    }
}

/// Whether a path such as `order.number` leads to a value of the message; `t` and `br` are functions.
fn is_known(values: &serde_json::Value, path: &str) -> bool {
    if matches!(path, "t" | "br") {
        return true;
    }
    let mut at = values;
    for step in path.split('.') {
        match at.get(step) {
            Some(next) => at = next,
            None => return false,
        }
    }
    true
}

/// The line on which a path is used first.
fn line_of(source: &str, path: &str) -> usize {
    source.lines().position(|line| line.contains(path)).map_or(0, |line| line + 1)
}

/// What a message may not do without.
fn missing(name: TemplateName, rendered: &Rendered) -> Vec<Problem> {
    let links = samples::links(name);
    let parts = [(Part::Mjml, &rendered.html), (Part::Text, &rendered.text)];
    let mut problems = Vec::new();
    let mut require = |value: &str, problem: &'static str| {
        let escaped = HtmlEscape(value).to_string();
        for (part, shown) in parts {
            if !shown.contains(value) && !shown.contains(&escaped) {
                problems.push(Problem::new(part, 0, problem, ""));
            }
        }
    };
    if let Some(preferences) = &links.preferences {
        require(preferences, "no-preferences-link");
    }
    if name.needs_code() {
        require(samples::CODE, "no-code");
    }
    if name == TemplateName::BackInStock {
        require(samples::CANCEL, "no-cancel-link");
    }
    problems
}
