//! What the template for staff makes of an answer, in every language.

#![allow(clippy::unwrap_used, reason = "tests")]

use entity::words::ChannelKind;
use serde_json::json;

use super::render::{self, Seller};
use super::render_tests::{channel, filled, snapshot};
use crate::kernel::language::Language;

#[test]
fn an_alarm_in_every_language() {
    let seller = Seller::of(&channel(ChannelKind::Online));
    let whole = json!({
        "rule": "Low <b>scores</b>", "survey": "NPS", "order": "H-100234", "score": "2 / 10",
        "words": ["ボロボロ", "{{ seller }}"],
    });
    let bare = json!({ "rule": "Words", "survey": "NPS", "order": null, "score": null, "words": [] });
    for language in Language::ALL {
        let rendered = filled(Ok(render::survey_alert("survey_alert", language, &whole, &seller)));
        snapshot(&format!("survey_alert.{}", language.tag()), &rendered);
        assert!(!rendered.html.contains("<b>") && rendered.text.contains("{{ seller }}"));
        assert!(rendered.html.contains("H-100234") && rendered.text.contains("2 / 10"));
        let rendered = filled(Ok(render::survey_alert("survey_alert", language, &bare, &seller)));
        assert!(!rendered.text.contains("None") && !rendered.text.contains("none"), "{}", rendered.text);
    }
}
