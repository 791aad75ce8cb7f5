//! The guard before the parser: one linear scan that refuses what would make the parser or the validation burn time or
//! stack. `async-graphql` 7.2 aborts the process on about 1,550 nested `[` and its validation is exponential on
//! fragments that spread each other, so both must be refused before it sees them.
//!
//! The scan follows the parser's own grammar, not only the specification: it takes `fragmentA` for a fragment named `A`
//! and tells block strings from strings in the same order. Where the two could disagree, the text is refused.

use std::collections::HashMap;

use domain::{Error, ErrorCode, Result};

/// What a document and its variables may hold at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request.
    pub bytes: usize,
    /// Tokens of a document.
    pub tokens: usize,
    /// Tokens after every fragment is put where it is spread.
    pub expanded_tokens: usize,
    /// Nesting of `{`, `[` and `(` together, through fragments too.
    pub nesting: usize,
    /// Aliases.
    pub aliases: usize,
    /// Directives.
    pub directives: usize,
    /// Operations and fragments.
    pub definitions: usize,
    /// Nesting of the variables.
    pub variable_nesting: usize,
    /// Entries of one list in the variables.
    pub list: usize,
    /// Levels of fields in the answer.
    pub depth: usize,
    /// Mutations in one request.
    pub root_mutations: usize,
    /// Points that one request may cost.
    pub cost: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 * 1024,
            tokens: 5_000,
            expanded_tokens: 10_000,
            nesting: 40,
            aliases: 100,
            directives: 100,
            definitions: 60,
            variable_nesting: 16,
            list: 5_000,
            depth: 12,
            root_mutations: 10,
            cost: 20_000,
        }
    }
}

/// Refuses with the name of the limit and its value.
pub(crate) fn too_complex(what: &'static str, max: impl std::fmt::Display) -> Error {
    Error::invalid_with(ErrorCode::TooComplex, "", vec![("what", what.to_owned()), ("max", max.to_string())])
}

fn invalid() -> Error {
    Error::invalid(ErrorCode::InvalidDocument, "")
}

/// Checks the text of a document. Errors: `TOO_COMPLEX` over a limit or for fragments that spread themselves,
/// `INVALID_DOCUMENT` for strings without an end and brackets that do not match.
pub fn check_document(text: &str, limits: &Limits) -> Result<()> {
    if text.len() > limits.bytes {
        return Err(too_complex("bytes", limits.bytes));
    }
    let definitions = Scan::new(text, limits).run()?;
    check_expansion(&definitions, limits)
}

/// Checks the text of a JSON request before it is read: brackets outside strings nest at most so deep, with room for
/// the request around the variables. Errors: `TOO_COMPLEX`.
pub fn check_json(text: &[u8], limits: &Limits) -> Result<()> {
    if text.len() > limits.bytes {
        return Err(too_complex("bytes", limits.bytes));
    }
    let most = limits.variable_nesting + 2;
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text {
        match (in_string, *byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => in_string = false,
            (false, b'"') => in_string = true,
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > most {
                    return Err(too_complex("variable_nesting", limits.variable_nesting));
                }
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (true | false, _) => {}
        }
    }
    Ok(())
}

/// Checks variables that were read: nesting and the length of every list. Errors: `TOO_COMPLEX`.
pub fn check_variables(variables: &async_graphql::Variables, limits: &Limits) -> Result<()> {
    variables.iter().try_for_each(|(_, value)| check_value(value, limits, limits.variable_nesting))
}

fn check_value(value: &async_graphql::Value, limits: &Limits, levels: usize) -> Result<()> {
    use async_graphql::Value;
    let deeper = || levels.checked_sub(1).ok_or_else(|| too_complex("variable_nesting", limits.variable_nesting));
    match value {
        Value::List(entries) if entries.len() > limits.list => Err(too_complex("list", limits.list)),
        Value::List(entries) => {
            let levels = deeper()?;
            entries.iter().try_for_each(|entry| check_value(entry, limits, levels))
        }
        Value::Object(fields) => {
            let levels = deeper()?;
            fields.values().try_for_each(|field| check_value(field, limits, levels))
        }
        Value::Null | Value::Number(_) | Value::String(_) | Value::Boolean(_) | Value::Binary(_) | Value::Enum(_) => {
            Ok(())
        }
    }
}

/// An operation or a fragment, as far as its size goes.
#[derive(Debug, Default)]
struct Definition<'a> {
    /// Of a fragment.
    name: Option<&'a str>,
    tokens: usize,
    nesting: usize,
    /// Which fragments it spreads, and how deep inside it.
    spreads: Vec<(&'a str, usize)>,
}

/// A token, as far as the guard tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Name(&'a str),
    Spread,
    Open(u8),
    Close(u8),
    Colon,
    At,
    Other,
}

/// What the scan knows about the last tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// A definition begins.
    Start,
    /// The keyword `fragment`.
    Fragment,
    /// Three dots.
    Spread,
    /// Three dots and `on`: a type condition, or the spread of a fragment named `on`.
    SpreadOn,
    /// Anything else.
    Plain,
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    limits: &'a Limits,
    /// Open brackets.
    open: Vec<u8>,
    /// How many of them are `(`.
    parentheses: usize,
    before: Before,
    tokens: usize,
    aliases: usize,
    directives: usize,
    definitions: Vec<Definition<'a>>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, limits: &'a Limits) -> Self {
        Self {
            text,
            at: 0,
            limits,
            open: Vec::new(),
            parentheses: 0,
            before: Before::Start,
            tokens: 0,
            aliases: 0,
            directives: 0,
            definitions: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Vec<Definition<'a>>> {
        while let Some(token) = self.next_token()? {
            self.tokens += 1;
            if self.tokens > self.limits.tokens {
                return Err(too_complex("tokens", self.limits.tokens));
            }
            if self.before == Before::Start {
                self.begin_definition()?;
            }
            self.take(token)?;
            if let Some(definition) = self.definitions.last_mut() {
                definition.tokens += 1;
            }
        }
        if self.open.is_empty() { Ok(self.definitions) } else { Err(invalid()) }
    }

    fn begin_definition(&mut self) -> Result<()> {
        if self.definitions.len() >= self.limits.definitions {
            return Err(too_complex("definitions", self.limits.definitions));
        }
        self.definitions.push(Definition::default());
        Ok(())
    }

    fn take(&mut self, token: Token<'a>) -> Result<()> {
        let before = std::mem::replace(&mut self.before, Before::Plain);
        match token {
            Token::Name(name) => self.take_name(before, name),
            Token::Open(bracket) => self.open_bracket(bracket),
            Token::Close(bracket) => self.close_bracket(bracket),
            Token::Spread => {
                self.before = Before::Spread;
                Ok(())
            }
            // Outside arguments and variable definitions a colon makes an alias.
            Token::Colon if self.parentheses == 0 => {
                self.aliases += 1;
                if self.aliases > self.limits.aliases {
                    Err(too_complex("aliases", self.limits.aliases))
                } else {
                    Ok(())
                }
            }
            Token::At => {
                self.directives += 1;
                let most = self.limits.directives;
                if self.directives > most { Err(too_complex("directives", most)) } else { Ok(()) }
            }
            Token::Colon | Token::Other => Ok(()),
        }?;
        // `...on` not followed by the name of a type is the spread of a fragment named `on`, which nobody may have.
        if before == Before::SpreadOn && !matches!(token, Token::Name(_)) { Err(invalid()) } else { Ok(()) }
    }

    fn take_name(&mut self, before: Before, name: &'a str) -> Result<()> {
        match before {
            Before::Start if name == "fragment" => {
                self.before = Before::Fragment;
                Ok(())
            }
            // The parser needs no space after the keyword.
            Before::Start => name.strip_prefix("fragment").map_or(Ok(()), |name| self.name_fragment(name)),
            Before::Fragment => self.name_fragment(name),
            Before::Spread if name == "on" => {
                self.before = Before::SpreadOn;
                Ok(())
            }
            Before::Spread => {
                let depth = self.open.len();
                if let Some(definition) = self.definitions.last_mut() {
                    definition.spreads.push((name, depth));
                }
                Ok(())
            }
            Before::SpreadOn | Before::Plain => Ok(()),
        }
    }

    fn name_fragment(&mut self, name: &'a str) -> Result<()> {
        if name == "on" || self.definitions.iter().any(|definition| definition.name == Some(name)) {
            return Err(invalid());
        }
        if let Some(definition) = self.definitions.last_mut() {
            definition.name = Some(name);
        }
        Ok(())
    }

    fn open_bracket(&mut self, bracket: u8) -> Result<()> {
        self.open.push(bracket);
        self.parentheses += usize::from(bracket == b'(');
        let depth = self.open.len();
        if let Some(definition) = self.definitions.last_mut() {
            definition.nesting = definition.nesting.max(depth);
        }
        if depth > self.limits.nesting { Err(too_complex("nesting", self.limits.nesting)) } else { Ok(()) }
    }

    fn close_bracket(&mut self, bracket: u8) -> Result<()> {
        if self.open.pop() != Some(bracket) {
            return Err(invalid());
        }
        self.parentheses -= usize::from(bracket == b'(');
        if self.open.is_empty() && bracket == b'{' {
            self.before = Before::Start;
        }
        Ok(())
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token; `None` at the end.
    fn next_token(&mut self) -> Result<Option<Token<'a>>> {
        self.skip_ignored();
        let rest = self.rest();
        let Some(first) = rest.bytes().next() else { return Ok(None) };
        let (token, length) = match first {
            b'{' | b'(' | b'[' => (Token::Open(first), 1),
            b'}' => (Token::Close(b'{'), 1),
            b')' => (Token::Close(b'('), 1),
            b']' => (Token::Close(b'['), 1),
            b':' => (Token::Colon, 1),
            b'@' => (Token::At, 1),
            b'"' => (Token::Other, string_length(rest).ok_or_else(invalid)?),
            b'.' if rest.starts_with("...") => (Token::Spread, 3),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
                (Token::Name(rest.get(..length).unwrap_or_default()), length)
            }
            _ => (Token::Other, rest.chars().next().map_or(1, char::len_utf8)),
        };
        self.at += length;
        Ok(Some(token))
    }

    /// White space, commas, byte order marks and comments.
    fn skip_ignored(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', ',', '\t', '\n', '\r', '\u{feff}']).len();
            self.at += blank;
            let rest = self.rest();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.bytes().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count();
        }
    }
}

/// The length of the string or block string that a text begins with; `None` when it has no end.
fn string_length(text: &str) -> Option<usize> {
    if text.starts_with("\"\"\"") { block_string_length(text) } else { plain_string_length(text) }
}

fn plain_string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'\n' | b'\r' => return None,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}

fn block_string_length(text: &str) -> Option<usize> {
    // Quotes in a row so far, and whether a backslash stands before them.
    let (mut quotes, mut after_backslash, mut backslash) = (0_usize, false, false);
    for (index, byte) in text.bytes().enumerate().skip(3) {
        if byte != b'"' {
            backslash = byte == b'\\';
            quotes = 0;
            continue;
        }
        if quotes == 0 {
            after_backslash = std::mem::take(&mut backslash);
        }
        quotes += 1;
        if quotes == 3 {
            if !after_backslash {
                return Some(index + 1);
            }
            quotes = 0;
        }
    }
    None
}

/// The size of a definition with its fragments put in.
#[derive(Clone, Copy)]
struct Size {
    tokens: usize,
    nesting: usize,
}

/// Refuses fragments that spread themselves, and documents that are too large or deep once fragments are put in.
fn check_expansion(definitions: &[Definition<'_>], limits: &Limits) -> Result<()> {
    let fragments: HashMap<&str, &Definition<'_>> =
        definitions.iter().filter_map(|definition| Some((definition.name?, definition))).collect();
    let mut expansion = Expansion { fragments, sizes: HashMap::new(), limits };
    let mut tokens = 0_usize;
    for definition in definitions {
        let size = match definition.name {
            Some(name) => expansion.fragment(name)?,
            None => expansion.size(definition)?,
        };
        tokens = tokens.saturating_add(size.tokens);
    }
    if tokens > limits.expanded_tokens { Err(too_complex("fragments", limits.expanded_tokens)) } else { Ok(()) }
}

struct Expansion<'a> {
    fragments: HashMap<&'a str, &'a Definition<'a>>,
    /// `None` while a fragment is being measured: meeting it again is a cycle.
    sizes: HashMap<&'a str, Option<Size>>,
    limits: &'a Limits,
}

impl<'a> Expansion<'a> {
    fn fragment(&mut self, name: &'a str) -> Result<Size> {
        match self.sizes.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(too_complex("fragments", "no cycle")),
            None => {}
        }
        let Some(definition) = self.fragments.get(name).copied() else {
            // Not defined: the validation will say so.
            return Ok(Size { tokens: 0, nesting: 0 });
        };
        self.sizes.insert(name, None);
        let size = self.size(definition)?;
        self.sizes.insert(name, Some(size));
        Ok(size)
    }

    /// Recursion ends after as many levels as there are fragments.
    fn size(&mut self, definition: &'a Definition<'a>) -> Result<Size> {
        let mut size = Size { tokens: definition.tokens, nesting: definition.nesting };
        for (name, depth) in &definition.spreads {
            let inner = self.fragment(name)?;
            size.tokens = size.tokens.saturating_add(inner.tokens);
            size.nesting = size.nesting.max(depth.saturating_add(inner.nesting));
            if size.tokens > self.limits.expanded_tokens {
                return Err(too_complex("fragments", self.limits.expanded_tokens));
            }
            if size.nesting > self.limits.nesting {
                return Err(too_complex("nesting", self.limits.nesting));
            }
        }
        Ok(size)
    }
}

#[cfg(test)]
mod tests;
