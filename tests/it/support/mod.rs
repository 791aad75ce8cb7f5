//! A real server on a free port, a mail sink, and clients that speak GraphQL.

mod app;
mod browser;
mod client;
mod form;
mod socket;

pub(crate) use app::TestApp;
pub(crate) use browser::{Browser, WIDTH};
pub(crate) use client::{Answer, Caller};
pub(crate) use form::visitor;
pub(crate) use socket::{OURS, Socket};

/// Makes two tests of each story, like [`support::both_databases!`], but with a running server. When a story ends, no
/// due job may be left and the audit must find nothing.
macro_rules! over_http {
    ($($(#[$meta:meta])* async fn $story:ident($app:ident: TestApp) $body:block)+) => {
        $(
            support::both_databases! {
                $(#[$meta])*
                async fn $story(world: support::World) {
                    let started = $crate::harness::TestApp::start(&world).await;
                    let $app = started.clone();
                    Box::pin(async move $body).await;
                    started.finish().await;
                }
            }
        )+
    };
}
pub(crate) use over_http;
