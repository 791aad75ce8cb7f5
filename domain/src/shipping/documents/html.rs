//! The papers as pages to print.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};

use super::code128;
use super::paper::{Kind, Paper};
use crate::{Error, Result};

const PACKING_SLIP: &str = include_str!("packing_slip.html.jinja");
const LABEL: &str = include_str!("label.html.jinja");

/// A complete page without anything from outside.
pub(super) fn render(kind: Kind, paper: &Paper) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let template = match kind {
        Kind::PackingSlip => PACKING_SLIP,
        Kind::Label => LABEL,
    };
    let values =
        context! { paper => Value::from(Serde(paper)), barcode => Value::from_safe_string(svg(&paper.barcode)) };
    environment.render_str(template, values).map_err(|error| Error::Bug(format!("paper: {error:#}")))
}

/// A barcode as vector graphics, a module one wide; empty when the text has none.
fn svg(text: &str) -> String {
    let Ok(widths) = code128::widths(text) else { return String::new() };
    let mut at = 10_u32;
    let mut path = String::new();
    for (place, width) in widths.iter().enumerate() {
        if place % 2 == 0 {
            path.push_str(&format!("M{at} 0h{width}v40h-{width}z"));
        }
        at += u32::from(*width);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} 40\" preserveAspectRatio=\"none\" role=\"img\">\
         <path d=\"{path}\"/></svg>",
        at + 10
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::kernel::language::Language;
    use crate::shipping::documents::paper::tests::example;

    #[test]
    fn the_pages_look_the_same_as_before() {
        for kind in Kind::ALL {
            for language in Language::ALL {
                let page = render(kind, &example(kind, language)).unwrap();
                assert!(!page.contains("<b>𠮷野</b>"), "titles are escaped");
                assert!(!page.contains("http://") || page.matches("http://").count() == 1, "nothing from outside");
                insta::assert_snapshot!(format!("{}_{}.html", kind.name(), language.tag()), page);
            }
        }
    }

    #[test]
    fn a_text_without_barcode_leaves_the_page_whole() {
        let paper = Paper { barcode: "東京".into(), ..example(Kind::Label, Language::Ja) };
        assert!(!render(Kind::Label, &paper).unwrap().contains("<svg"));
    }
}
