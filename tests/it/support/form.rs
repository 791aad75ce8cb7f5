//! Forms of our pages, sent as a browser sends them.

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};

use super::TestApp;

/// A visitor who follows no redirects, so that a story sees them.
pub(crate) fn visitor() -> Client {
    hitotsu::adapters::use_ring();
    Client::builder().redirect(Policy::none()).build().unwrap()
}

impl TestApp {
    /// What the server's own pages name as their origin.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The seal that the page at an address carries.
    pub(crate) fn seal(&self, url: &str) -> String {
        let path = url.strip_prefix(&self.origin()).unwrap_or(url).split('?').next().unwrap();
        self.world().services().secrets.code_hash("page-form", path)
    }

    /// A form of the page at an address: with its origin and its seal.
    pub(crate) fn form(&self, url: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let seal = self.seal(url);
        let fields = [&[("seal", seal.as_str())][..], fields].concat();
        visitor().post(url).header("origin", self.origin()).form(&fields)
    }
}
