#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use rstest::rstest;
use secrecy::ExposeSecret as _;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn parse(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::parse("", pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn production(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let base = [
        ("HITOTSU_ENV", "production"),
        ("HITOTSU_SECRET", SECRET),
        ("HITOTSU_PUBLIC_URL", "https://shop.example/"),
        ("HITOTSU_SMTP_URL", "smtp://localhost"),
    ];
    parse(
        &base
            .iter()
            .filter(|(name, _)| !extra.iter().any(|(other, _)| other == name))
            .chain(extra)
            .copied()
            .collect::<Vec<_>>(),
    )
}

#[test]
fn nothing_set_means_development_on_this_machine() {
    let config = parse(&[]).unwrap();
    assert!(config.is_development());
    assert_eq!(config.database_url.expose_secret(), "sqlite://./data/hitotsu.db");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.metrics_listen.unwrap().to_string(), "127.0.0.1:9090");
    assert_eq!(config.public_url, "http://127.0.0.1:8080");
    assert_eq!(config.sqlite_path().unwrap(), PathBuf::from("./data/hitotsu.db"));
}

#[test]
fn a_full_production_set_is_accepted() {
    let config =
        production(&[("HITOTSU_LISTEN", "0.0.0.0:80"), ("HITOTSU_TRUSTED_PROXIES", "10.0.0.0/8, ::1")]).unwrap();
    assert_eq!(config.environment, Environment::Production);
    assert_eq!(config.public_url, "https://shop.example");
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn variables_win_over_the_file_and_empty_ones_count_as_unset() {
    let toml = "listen = \"127.0.0.1:1111\"\nlog = \"warn\"\nmax_in_flight = 7\ncors_origins = [\"https://a.example\", \"https://b.example\"]";
    let variables = [("HITOTSU_LISTEN", "127.0.0.1:2222"), ("HITOTSU_LOG", " "), ("PATH", "/bin")];
    let config = Config::parse(toml, variables.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
    assert_eq!(config.listen.port(), 2222);
    assert_eq!(config.log, "warn");
    assert_eq!(config.max_in_flight, 7);
    assert_eq!(config.cors_origins, ["https://a.example", "https://b.example"]);
}

#[test]
fn a_secret_of_digits_stays_a_text() {
    let digits = "12345678901234567890123456789012";
    assert_eq!(parse(&[("HITOTSU_SECRET", digits)]).unwrap().secret.expose_secret(), digits);
}

#[rstest]
#[case("HITOTSU_LISTEN", "8080", "\"8080\" is not an address and a port")]
#[case("HITOTSU_LISTEN", "localhost:99999", "not an address and a port")]
#[case("HITOTSU_METRICS_LISTEN", "127.0.0.1:8080", "is HITOTSU_LISTEN too")]
#[case("HITOTSU_ENV", "staging", "\"staging\" is not an environment")]
#[case("HITOTSU_DATABASE_URL", "mysql://root:hunter2@db/shop", "names no database that is supported")]
#[case("HITOTSU_DATABASE_CONNECTIONS", "0", "0 is out of range")]
#[case("HITOTSU_DATABASE_CONNECTIONS", "many", "\"many\" is not a whole number")]
#[case("HITOTSU_PUBLIC_URL", "shop.example", "is not a web address")]
#[case("HITOTSU_PUBLIC_URL", "https://shop.example/?a=b", "is not a web address")]
#[case("HITOTSU_SMTP_URL", "mail.example:25", "does not begin with smtp://")]
#[case("HITOTSU_CLOCK", "yesterday", "\"yesterday\" is not a moment")]
#[case("HITOTSU_CORS_ORIGINS", "*", "\"*\" is not a web origin")]
#[case("HITOTSU_CORS_ORIGINS", "https://a.example/path", "is not a web origin")]
#[case("HITOTSU_TRUSTED_PROXIES", "10.0.0.0/99", "is not an address or a block")]
#[case("HITOTSU_CARRIER_WEBHOOK_SECRETS", "acme=hunter2", "entry 1 names no carrier")]
#[case("HITOTSU_CARRIER_WEBHOOK_SECRETS", "yamato", "the secret of YAMATO is too short")]
#[case("HITOTSU_MAX_IN_FLIGHT", "-1", "is not a whole number")]
#[case("HITOTSU_HTTP_THREADS", "0", "out of range")]
#[case("HITOTSU_LOG", "hitotsu=loud", "is not a log filter")]
#[case("HITOTSU_TRUSTED_DOCUMENTS", "/no/such/file", "/no/such/file cannot be read")]
#[case("HITOTSU_TRUSTED_DOCUMENTS_ONLY", "maybe", "\"maybe\" is not true or false")]
#[case("HITOTSU_TRUSTED_DOCUMENTS_ONLY", "true", "names no manifest")]
#[case("HITOTSU_LISTNE", "127.0.0.1:1", "there is no such setting; did you mean HITOTSU_LISTEN?")]
#[case("HITOTSU_FROBNICATE_ALL", "1", "there is no such setting; remove it")]
fn a_mistake_is_one_line_that_says_what_and_how(#[case] name: &str, #[case] value: &str, #[case] problem: &str) {
    let error = parse(&[(name, value)]).unwrap_err();
    assert_eq!(error.0.len(), 1, "{error}");
    let line = error.to_string();
    assert!(line.starts_with(&format!("{name}: ")), "{line}");
    assert!(line.contains(problem), "{line}");
    assert!(!line.contains('\n') && !error.0[0].fix.is_empty(), "{line}");
}

#[rstest]
#[case(&[("HITOTSU_SECRET", "")], "HITOTSU_SECRET: it is not set")]
#[case(&[("HITOTSU_SECRET", DEVELOPMENT_SECRET)], "HITOTSU_SECRET: it is the one of development")]
#[case(&[("HITOTSU_SECRET", "short")], "HITOTSU_SECRET: it has fewer than 32 characters")]
#[case(&[("HITOTSU_CLOCK", "2026-11-21T09:00:00+09:00")], "HITOTSU_CLOCK: time can be set in development only")]
fn production_refuses_what_development_forgives(#[case] extra: &[(&str, &str)], #[case] expected: &str) {
    let error = production(extra).unwrap_err();
    assert_eq!(error.0.len(), 1, "{error}");
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[rstest]
#[case("smtp://shop:hunter2@mail.example:587", false)]
#[case("smtp://shop:hunter2@mail.example:587?tls=opportunistic", false)]
#[case("smtp://shop:hunter2@mail.example/name#?tls=required", false)]
#[case("smtp://shop:hunter2@mail.example/name?tls=required", true)]
#[case("smtps://shop:hunter2@mail.example", true)]
#[case("smtp://localhost", true)]
fn a_password_needs_tls_in_production(#[case] url: &str, #[case] fine: bool) {
    let read = production(&[("HITOTSU_SMTP_URL", url)]);
    match read {
        Ok(_) => assert!(fine, "{url}"),
        Err(error) => {
            let told = error.to_string();
            assert!(!fine && told.starts_with("HITOTSU_SMTP_URL: its password") && !told.contains("hunter2"), "{told}");
        }
    }
    assert!(parse(&[("HITOTSU_SMTP_URL", url)]).is_ok(), "development may try");
}

#[test]
fn production_warns_of_what_it_lacks() {
    assert!(production(&[]).unwrap().warnings().is_empty());
    let lacking = production(&[("HITOTSU_PUBLIC_URL", ""), ("HITOTSU_SMTP_URL", "")]).unwrap().warnings();
    let names: Vec<_> = lacking.iter().map(|warning| warning.setting.as_str()).collect();
    assert_eq!(names, ["HITOTSU_SMTP_URL", "HITOTSU_PUBLIC_URL"]);
    assert!(parse(&[]).unwrap().warnings().is_empty());
}

#[test]
fn development_is_never_assumed_where_others_can_reach_it() {
    let error = parse(&[("HITOTSU_LISTEN", "0.0.0.0:8080")]).unwrap_err();
    assert_eq!(error.0.len(), 1, "{error}");
    assert!(error.to_string().contains("HITOTSU_ENV: it is not set, and HITOTSU_LISTEN=0.0.0.0:8080"), "{error}");
    assert!(parse(&[("HITOTSU_LISTEN", "0.0.0.0:8080"), ("HITOTSU_ENV", "development")]).is_ok());
}

#[test]
fn all_mistakes_are_told_at_once_and_no_secret_among_them() {
    let error = parse(&[
        ("HITOTSU_ENV", "production"),
        ("HITOTSU_SECRET", "hunter2"),
        ("HITOTSU_DATABASE_URL", "mysql://root:hunter2@db"),
        ("HITOTSU_SMTP_URL", "imap://me:hunter2@mail"),
        ("HITOTSU_LISTEN", "x"),
    ])
    .unwrap_err();
    assert_eq!(error.to_string().lines().count(), 4, "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let config = production(&[("HITOTSU_DATABASE_URL", "postgres://shop:hunter2@db/shop")]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_broken_file_is_one_line_too() {
    let error = Config::parse("listen = ", []).unwrap_err();
    assert!(error.to_string().starts_with("settings file: it is not valid TOML"), "{error}");
    let error = Config::parse("[listen]\na = 1", []).unwrap_err();
    assert!(error.to_string().starts_with("HITOTSU_LISTEN: it must be one value"), "{error}");
}

#[test]
fn the_example_file_names_every_setting() {
    let example = include_str!("../../.env.example");
    let named: Vec<&str> = example
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once('='))
        .map(|(name, _)| name)
        .filter(|name| name.starts_with(source::PREFIX))
        .collect();
    for name in source::NAMES {
        assert!(named.contains(&source::variable(name).as_str()), "{name}");
    }
    for name in named {
        let known = name == "HITOTSU_CONFIG" || source::NAMES.iter().any(|known| source::variable(known) == name);
        assert!(known, "{name}");
    }
    let variables = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert!(Config::parse("", variables).is_ok());
}
