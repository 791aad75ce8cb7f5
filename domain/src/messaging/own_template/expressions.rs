//! What may stand inside the signs of the template language.
//!
//! Counted steps bound how long a wording runs, but one step can be as large as it likes: `'x' * 100000000` is one, and
//! the engine works it out while it compiles, before any step is counted. So whatever makes a value larger than those of
//! the message is refused before the engine sees it, and so are expressions that are long themselves. The signs are
//! found exactly as the engine finds them.

use super::sandbox::{Part, Problem};

/// Blocks that a wording may hold; others could grow without end or turn escaping off.
const BLOCKS: [&str; 7] = ["if", "elif", "else", "endif", "for", "endfor", "include"];
/// Signs that repeat, join or build values.
const REFUSED: [char; 4] = ['*', '~', '+', '{'];
/// Longest expression, in bytes: holds no long text or list to work on again and again.
const LONGEST: usize = 500;

/// All that may not stand in a source, with its line. What `known` holds, too, was written by us and may.
pub(super) fn check(part: Part, source: &str, known: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut at = 0;
    while let Some((tag, next)) = next_tag(source, at) {
        at = next;
        let Some(tag) = tag else { continue };
        let is_ours = !known.is_empty() && known.contains(tag.text.trim());
        if let Some((problem, detail)) = tag.problem().filter(|_| !is_ours) {
            let line = source.get(..tag.begins).unwrap_or_default().matches('\n').count() + 1;
            problems.push(Problem::new(part, line, problem, detail));
        }
    }
    problems
}

/// What stands between two signs.
struct Tag<'a> {
    begins: usize,
    is_block: bool,
    text: &'a str,
    refused: Option<char>,
}

impl Tag<'_> {
    fn problem(&self) -> Option<(&'static str, String)> {
        if self.is_block {
            let text = self.text.trim_start_matches(['-', '+']).trim_start();
            let word: String = text.chars().take_while(|it| it.is_ascii_alphanumeric() || *it == '_').collect();
            if !BLOCKS.contains(&word.as_str()) {
                return Some(("block", word));
            }
        }
        if let Some(sign) = self.refused {
            return Some(("operator", sign.to_string()));
        }
        (self.text.len() > LONGEST).then(|| ("too-long", LONGEST.to_string()))
    }
}

/// The first tag at or after a place, `None` for a comment, and where to go on.
fn next_tag(source: &str, from: usize) -> Option<(Option<Tag<'_>>, usize)> {
    let rest = source.get(from..)?;
    let mut signs = rest.match_indices('{').map(|(at, _)| from + at);
    signs.find_map(|begins| {
        let body = source.get(begins + 1..)?;
        let after = begins + 2;
        match body.chars().next()? {
            '#' => {
                let end = source.get(after..)?.find("#}").map_or(source.len(), |end| after + end + 2);
                Some((None, end))
            }
            sign @ ('{' | '%') => {
                let text = source.get(after..)?;
                let end = if sign == '{' { "}}" } else { "%}" };
                let (length, refused) = until(text, end);
                let tag = Tag { begins, is_block: sign == '%', text: text.get(..length)?, refused };
                Some((Some(tag), (after + length + end.len()).min(source.len())))
            }
            _ => None,
        }
    })
}

/// How long a tag is, and the first refused sign in it. One that does not end reaches to the end of the source; the
/// engine says what is wrong with it.
fn until(text: &str, end: &str) -> (usize, Option<char>) {
    let (mut quote, mut is_escaped, mut depth, mut refused) = (None, false, 0_i64, None);
    for (at, sign) in text.char_indices() {
        if let Some(open) = quote {
            if is_escaped {
                is_escaped = false;
            } else if sign == '\\' {
                is_escaped = true;
            } else if sign == open {
                quote = None;
            }
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        if depth == 0 && rest.starts_with(end) {
            return (at, refused);
        }
        // Beside the signs a plus keeps the white space.
        let is_at_an_end = at == 0 || (depth == 0 && rest.strip_prefix('+').is_some_and(|rest| rest.starts_with(end)));
        if REFUSED.contains(&sign) && !(sign == '+' && is_at_an_end) {
            refused = refused.or(Some(sign));
        }
        match sign {
            '\'' | '"' => quote = Some(sign),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    (text.len(), refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(source: &str) -> Vec<(usize, &'static str)> {
        check(Part::Text, source, "").into_iter().map(|it| (it.line, it.problem)).collect()
    }

    #[test]
    fn what_makes_values_large_is_refused() {
        for (source, wanted) in [
            ("{{ 'x' * 100000000 }}", (1, "operator")),
            ("\n{{ 1 in [0]*100000000 }}", (2, "operator")),
            ("{% if 'x'*9 %}{% endif %}", (1, "operator")),
            ("{{ 2 ** 99 }}", (1, "operator")),
            ("{{ a ~ a }}", (1, "operator")),
            ("{{ a + a }}", (1, "operator")),
            ("{{ {'a': 1} }}", (1, "operator")),
            ("{{ '}}' * 9 }}", (1, "operator")),
            ("{{ \"\\\"}}\" * 9 }}", (1, "operator")),
            ("{{ ( }} ) * 9 }}", (1, "operator")),
            ("{{{ a * 9 }}", (1, "operator")),
            ("{# ' #}{{ 'x' * 9 }}", (1, "operator")),
            ("{% set a = 1 %}", (1, "block")),
            ("{%-raw%}", (1, "block")),
            ("{%\nmacro a() %}", (1, "block")),
        ] {
            assert_eq!(problems(source), [wanted], "{source}");
        }
        assert_eq!(problems(&format!("{{{{ '{}' }}}}", "x".repeat(600))), [(1, "too-long")]);
    }

    #[test]
    fn what_wordings_are_made_of_passes() {
        for source in [
            "2 * 3 ~ 4 + 5 {a} { {",
            "{{ order.number }} * {{ order.total }}",
            "{{ '* ~ + {' }}{{- order.note -}}{{+ order.note +}}",
            "{%- if a and (b or c[0]) -%}x{%+ elif a == 'b' +%}{% else %}{% endif %}",
            "{% for line in order.lines %}{{ loop.index }}{{ line.title|default('x')|upper }}{% endfor %}",
            "{# a * b #}",
            "{{ t('mail-code', value=-1) }}",
            "{{ order.number",
        ] {
            assert!(problems(source).is_empty(), "{source}");
        }
    }

    #[test]
    fn what_we_wrote_may_join() {
        let ours = "{{ t('mail-' ~ name ~ '-preview') }}";
        assert!(check(Part::Mjml, ours, ours).is_empty());
        assert_eq!(check(Part::Mjml, &format!("{ours}{{{{ 'x' * 9 }}}}"), ours).len(), 1);
    }
}
