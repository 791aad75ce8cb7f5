//! Where merchants' templates run: an engine with little in it, counted steps, limited output, checked markup.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use entity::id::MessageTemplateId;
use entity::message_template::Model;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, ErrorKind, filters, tests};

use super::super::engine;
use super::super::render::{Draft, Links, Rendered, one_line};
use super::{expressions, markup};

/// Steps that filling in may take.
const FUEL: u64 = 200_000;
/// Most bytes of one part, filled in.
const OUTPUT: usize = 1_000_000;
/// Longest text that a filter changes, in bytes.
const FILTERED: usize = 10_000;
/// Compiled wordings that a process keeps.
const KEPT: usize = 200;

/// What a merchant writes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Subject, one line.
    pub subject: String,
    /// Body in MJML: sections for the layout of all messages, or a whole document.
    pub mjml: String,
    /// Text part.
    pub text: String,
}

impl Source {
    /// One part of it.
    pub(super) fn of(&self, part: Part) -> &str {
        match part {
            Part::Subject => &self.subject,
            Part::Mjml => &self.mjml,
            Part::Text => &self.text,
        }
    }
}

/// Which part of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Subject,
    Mjml,
    Text,
}

impl Part {
    /// All parts.
    pub(super) const ALL: [Self; 3] = [Self::Subject, Self::Mjml, Self::Text];

    /// Its name in inputs.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Mjml => "mjml",
            Self::Text => "text",
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::Subject => "own_subject.txt",
            Self::Mjml => "own.html",
            Self::Text => "own.txt",
        }
    }
}

/// What is wrong with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where.
    pub part: Part,
    /// Its line, from 1; 0 when none is to blame.
    pub line: usize,
    /// What, as a word of the text `error-template-invalid`.
    pub problem: &'static str,
    /// More about it.
    pub detail: String,
}

impl Problem {
    pub(super) fn new(part: Part, line: usize, problem: &'static str, detail: impl Into<String>) -> Self {
        let detail: String = one_line(&detail.into()).chars().take(200).collect();
        Self { part, line, problem, detail }
    }

    /// For staff, in words of ours.
    pub(super) fn told(&self) -> String {
        format!("{} {}: {} {}", self.part.path(), self.line, self.problem, self.detail)
    }

    pub(super) fn of(part: Part, error: &minijinja::Error) -> Self {
        let line = error.line().unwrap_or_default();
        let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        let known = [
            (ErrorKind::OutOfFuel, "too-expensive"),
            (ErrorKind::UndefinedError, "unknown-variable"),
            (ErrorKind::WriteFailure, "too-large"),
        ];
        let problem = known.iter().find(|(kind, _)| *kind == error.kind()).map_or("syntax", |(_, word)| *word);
        Self::new(part, line, problem, detail)
    }
}

type Compiled = Arc<Environment<'static>>;

static COMPILED: LazyLock<Mutex<HashMap<MessageTemplateId, Compiled>>> = LazyLock::new(Mutex::default);

/// Fills in a saved wording.
pub(super) fn render(own: &Model, draft: &Draft, links: &Links) -> Result<Rendered, Problem> {
    let known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner).get(&own.id).cloned();
    let compiled = match known {
        Some(compiled) => compiled,
        None => {
            let source = Source { subject: own.subject.clone(), mjml: own.mjml.clone(), text: own.text.clone() };
            let compiled = Arc::new(compile(&source)?);
            let mut kept = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(own.id, Arc::clone(&compiled));
            compiled
        }
    };
    fill(&compiled, draft, links)
}

/// Fills in a source that is kept nowhere.
pub(super) fn render_source(source: &Source, draft: &Draft, links: &Links) -> Result<Rendered, Problem> {
    fill(&compile(source)?, draft, links)
}

/// A source that is compiled once, as a saved one is, and filled in again and again.
#[cfg(test)]
pub(in super::super) fn prepared(
    source: &Source,
) -> Result<impl Fn(&Draft, &Links) -> Result<Rendered, Problem> + use<>, Problem> {
    let compiled = compile(source)?;
    Ok(move |draft: &Draft, links: &Links| fill(&compiled, draft, links))
}

fn fill(environment: &Environment<'static>, draft: &Draft, links: &Links) -> Result<Rendered, Problem> {
    let rendered = draft.fitted(links, |values| {
        let values = Value::from(Serde(values));
        let filled = |of: Part| part(environment, of.file(), of, &values);
        let html = filled(Part::Mjml)?;
        markup::check(&html).map_err(|found| Problem::new(Part::Mjml, 0, "markup", found))?;
        Ok(Rendered { subject: one_line(&filled(Part::Subject)?), html, text: filled(Part::Text)? })
    })?;
    Ok(rendered)
}

/// Fills in one file as a part of a message, up to the limits of steps and output.
pub(super) fn part(
    environment: &Environment<'static>,
    file: &str,
    part: Part,
    values: &Value,
) -> Result<String, Problem> {
    let template = environment.get_template(file).map_err(|error| Problem::of(part, &error))?;
    let mut out = Limited(Vec::new());
    template.render_captured_to(values, &mut out).map_err(|error| Problem::of(part, &error))?;
    String::from_utf8(out.0).map_err(|_| Problem::new(part, 0, "syntax", ""))
}

/// Compiles a source. Errors: what is wrong with its expressions, its syntax or its MJML.
fn compile(source: &Source) -> Result<Environment<'static>, Problem> {
    if let Some(problem) = Part::ALL.into_iter().find_map(|part| expressions::check(part, source.of(part), "").pop()) {
        return Err(problem);
    }
    let html = if source.mjml.contains("<mjml") {
        engine::compile_document(&source.mjml)
    } else {
        engine::compile(&source.mjml)
    };
    let html = html.map_err(|error| Problem::new(Part::Mjml, 0, "mjml", error))?;
    // Once more: where the MJML drops a comment, two signs may come together that were apart.
    if let Some(problem) = expressions::check(Part::Mjml, &html, engine::LAYOUT).pop() {
        return Err(Problem { line: 0, ..problem });
    }
    let mut environment = empty()?;
    for (part, source) in [(Part::Subject, &source.subject), (Part::Mjml, &html), (Part::Text, &source.text)] {
        environment.add_template_owned(part.file(), source.clone()).map_err(|error| Problem::of(part, &error))?;
    }
    Ok(environment)
}

/// The engine of merchants' templates: only filters that return little more than they get, and no way to mark a text as
/// markup or to read what is not a value of the message.
pub(super) fn empty() -> Result<Environment<'static>, Problem> {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    engine::equip(&mut environment).map_err(|error| Problem::new(Part::Mjml, 0, "syntax", error))?;
    environment.add_filter("lower", lower);
    environment.add_filter("upper", upper);
    environment.add_filter("title", title);
    environment.add_filter("capitalize", capitalize);
    environment.add_filter("trim", trim);
    environment.add_filter("length", filters::length);
    environment.add_filter("count", filters::length);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("reverse", filters::reverse);
    environment.add_filter("default", filters::default);
    environment.add_filter("d", filters::default);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("none", tests::is_none);
    // What is not there is nothing, and not the word `none`.
    environment.set_formatter(
        |out, state, value| {
            if value.is_none() { Ok(()) } else { minijinja::escape_formatter(out, state, value) }
        },
    );
    Ok(environment)
}

/// A text that a filter may change. Those of the engine write out whole lists as well, which is one step, however long
/// they are.
fn short(value: &Value) -> Result<Cow<'_, str>, minijinja::Error> {
    match value.as_str() {
        Some(text) if text.len() <= FILTERED => Ok(Cow::Borrowed(text)),
        None if value.is_none() => Ok(Cow::Borrowed("")),
        None if value.is_number() => Ok(Cow::Owned(value.to_string())),
        None if value.is_undefined() => Err(ErrorKind::UndefinedError.into()),
        Some(_) | None => Err(minijinja::Error::new(ErrorKind::InvalidOperation, "this filter takes a short text")),
    }
}

fn lower(value: &Value) -> Result<String, minijinja::Error> {
    Ok(short(value)?.to_lowercase())
}

fn upper(value: &Value) -> Result<String, minijinja::Error> {
    Ok(short(value)?.to_uppercase())
}

fn title(value: &Value) -> Result<String, minijinja::Error> {
    Ok(filters::title(short(value)?))
}

fn capitalize(value: &Value) -> Result<String, minijinja::Error> {
    let text = short(value)?;
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    Ok(first + &characters.as_str().to_lowercase())
}

fn trim(value: &Value) -> Result<String, minijinja::Error> {
    Ok(short(value)?.trim().to_owned())
}

/// A part of a message that grows to its limit and no further.
struct Limited(Vec<u8>);

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
