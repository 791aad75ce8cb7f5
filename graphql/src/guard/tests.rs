#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn check(text: &str) -> Result<()> {
    check_document(text, &Limits::default())
}

fn refused_for(text: &str) -> String {
    match check(text) {
        Err(Error::Invalid { code: ErrorCode::TooComplex, values, .. }) => values[0].1.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_people_write_passes() {
    for text in [
        "{ serverTime }",
        "query A($first: Int = 20, $ids: [ID!]! = []) { a: products(first: $first) { nodes { ...P } } } fragment P on Product { id }",
        "mutation { cartLineAdd(input: {lines: [{quantity: 1, note: \"{[(\"}]}) { cart { id } errors { message } } }",
        "# {{{{\n{ a(b: \"\"\"block \\\"\"\" { \" \"\" \"\"\") ...on Query @include(if: true) { b } }",
        "",
    ] {
        assert!(check(text).is_ok(), "{text}");
    }
}

#[test]
fn nesting_that_kills_the_parser_is_refused() {
    for (open, close) in [("[", "]"), ("{a", "}"), ("{a(b:", ")}")] {
        let bomb = format!("{{ a(b: {}{}) }}", open.repeat(1_550), close.repeat(1_550));
        assert_eq!(refused_for(&bomb), "nesting");
    }
    assert_eq!(refused_for(&"[".repeat(1_550)), "nesting");
    assert_eq!(refused_for(&format!("query($a: {}Int{}) {{ a }}", "[".repeat(1_550), "]".repeat(1_550))), "nesting");
}

/// Thirty fragments that each spread the next one twice: 600 bytes, a thousand million fields.
fn bomb(keyword: &str) -> String {
    let mut text = "{...A0}".to_owned();
    for index in 0..30 {
        text += &format!("{keyword}A{index} on Query{{...A{next} ...A{next}}}", next = index + 1);
    }
    text + &format!("{keyword}A30 on Query{{a}}")
}

#[test]
fn fragment_bombs_are_refused() {
    assert_eq!(refused_for(&bomb("fragment ")), "fragments");
    // The parser takes `fragmentA0` for the fragment `A0`.
    assert_eq!(refused_for(&bomb("fragment")), "fragments");
    assert_eq!(refused_for(&bomb("fragment#\n")), "fragments");
}

#[test]
fn fragments_in_a_circle_are_refused() {
    assert_eq!(refused_for("{...A} fragment A on Query { ...A }"), "fragments");
    assert_eq!(refused_for("{...A} fragment A on Query { ...B } fragment B on Query { a { ...A } }"), "fragments");
    // Not reached by any operation, still walked by the validation.
    assert_eq!(refused_for("{a} fragment A on Query { ...B } fragment B on Query { ...A }"), "fragments");
}

#[test]
fn a_fragment_named_on_cannot_hide_a_spread() {
    for text in [
        "fragment on on Query { a { ...on } } { ...on }",
        "fragment on on Query { a } { b }",
        "{ ...on }",
        "{ ...on @skip(if: true) }",
    ] {
        assert!(check(text).is_err(), "{text}");
    }
}

#[test]
fn nesting_counts_through_fragments() {
    let deep =
        |name: &str, inner: &str| format!("fragment {name} on Query {{{}{inner}{}}}", "a{".repeat(15), "}".repeat(15));
    let text = format!("{{...A}}{}{}{}", deep("A", "...B"), deep("B", "...C"), deep("C", "a"));
    assert_eq!(refused_for(&text), "nesting");
}

#[test]
fn many_of_anything_are_refused() {
    let aliases: String = (0..20_000).map(|index| format!("a{index}:b ")).collect();
    assert_eq!(refused_for(&format!("{{{aliases}}}")), "aliases");
    assert_eq!(refused_for(&format!("{{a {}}}", "@skip(if:true)".repeat(200))), "directives");
    assert_eq!(refused_for(&"{a}".repeat(100)), "definitions");
    assert_eq!(refused_for(&format!("{{{}}}", "a ".repeat(6_000))), "tokens");
    assert_eq!(refused_for(&"x".repeat(300_000)), "bytes");
}

#[test]
fn texts_without_an_end_are_refused() {
    for text in ["{ a(b: \"x) }", "{ a(b: \"\"\"x\"\") }", "{ a", "{ a ]", "}", "{ a(b: \"x\n\") }"] {
        assert!(check(text).is_err(), "{text}");
    }
}

#[test]
fn json_and_variables_are_bounded() {
    let limits = Limits::default();
    let nested = |levels: usize| format!("{{\"variables\":{{\"a\":{}{}}}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(check_json(nested(10).as_bytes(), &limits).is_ok());
    assert!(check_json(nested(1_000).as_bytes(), &limits).is_err());
    assert!(check_json(format!("{{\"query\":\"{}\\\"\"}}", "[".repeat(1_000)).as_bytes(), &limits).is_ok());
    let variables = |value: serde_json::Value| async_graphql::Variables::from_json(value);
    assert!(check_variables(&variables(serde_json::json!({ "a": vec![0; 5_000] })), &limits).is_ok());
    assert!(check_variables(&variables(serde_json::json!({ "a": [vec![0; 5_001]] })), &limits).is_err());
}

#[test]
fn a_refusal_takes_about_a_millisecond() {
    let aliases: String = (0..20_000).map(|index| format!("a{index}:b ")).collect();
    let block = format!("{{ a(b: \"\"\"{}", "\\\"\"\"".repeat(60_000));
    let bombs =
        ["[".repeat(250_000), bomb("fragment "), format!("{{{aliases}}}").chars().take(260_000).collect(), block];
    for text in bombs {
        // The best of some runs: the machine may be busy. A debug build gets twenty times the time.
        let best = (0..5)
            .map(|_| {
                let start = Instant::now();
                assert!(check(&text).is_err());
                start.elapsed()
            })
            .min()
            .unwrap();
        assert!(best.as_micros() < if cfg!(debug_assertions) { 20_000 } else { 1_500 }, "{best:?}");
    }
}

/// What passes the guard must be harmless for the parser.
fn parses_without_harm(text: &str) {
    if check(text).is_ok() {
        let _ = async_graphql::parser::parse_query(text);
    }
}

/// The slowest documents that pass the guard are still parsed and validated in no time.
#[test]
fn what_passes_is_cheap_to_validate() {
    use async_graphql::{EmptyMutation, EmptySubscription, Schema};
    struct ServerQuery;
    #[async_graphql::Object]
    impl ServerQuery {
        async fn server_time(&self) -> i32 {
            1
        }
    }
    let schema = Schema::new(ServerQuery, EmptyMutation, EmptySubscription);
    let spreads = |count: usize| "...A ".repeat(count);
    let chain: String = (0..10).map(|i| format!("fragment F{i} on ServerQuery{{...F{}}}", i + 1)).collect();
    let documents = [
        format!("{{{}}}", "serverTime ".repeat(4_900)),
        format!("{{{}}} fragment A on ServerQuery {{serverTime serverTime}}", spreads(700)),
        format!("{{{}}}{chain} fragment F10 on ServerQuery{{serverTime}}", "...F0 ".repeat(90)),
        format!("{{{}}}", "...on ServerQuery{".repeat(39).to_owned() + "serverTime" + &"}".repeat(39)),
        format!("{{{}}}", (0..99).map(|i| format!("a{i}:serverTime ")).collect::<String>()),
    ];
    for text in documents {
        assert!(check(&text).is_ok(), "{}", text.get(..60).unwrap_or_default());
        let start = Instant::now();
        let _ = futures::executor::block_on(schema.execute(text.as_str()));
        let took = start.elapsed();
        assert!(
            took.as_millis() < if cfg!(debug_assertions) { 1_000 } else { 50 },
            "{took:?} {}",
            text.get(..60).unwrap()
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        parses_without_harm(&text);
        let _ = check_json(text.as_bytes(), &Limits::default());
    }

    #[test]
    fn no_mix_of_tokens_makes_it_panic(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", "(", ")", "...", "on", "fragment", "query", "A", "B", ":", "@", "\"", "\"\"\"",
                "\\", "#", "\n", " ", "$", "é", "1.5", "髙",
            ]),
            0..200,
        ),
    ) {
        parses_without_harm(&parts.concat());
    }

    /// The guard sees every spread that the parser sees, so what it measured is what the validation walks.
    #[test]
    fn it_counts_the_spreads_that_the_parser_finds(
        parts in prop::collection::vec(
            prop::sample::select(vec!["a", "...A ", "...B ", "... on Query {a}", "b:a ", "...@skip(if:true){a}", "a(x:\"...A\")", "#...A\n"]),
            1..20,
        ),
    ) {
        let text = format!("{{z {}}} fragment A on Query {{a}} fragmentB on Query {{a}}", parts.join(" "));
        let limits = Limits::default();
        let found = Scan::new(&text, &limits).run().unwrap();
        let spreads: usize = found.iter().map(|definition| definition.spreads.len()).sum();
        let parsed = async_graphql::parser::parse_query(&text).unwrap();
        let (_, operation) = parsed.operations.iter().next().unwrap();
        let expected = operation.node.selection_set.node.items.iter()
            .filter(|item| matches!(item.node, async_graphql::parser::types::Selection::FragmentSpread(_)))
            .count();
        prop_assert_eq!(spreads, expected);
    }
}
