//! What is asked for. Uses `access`.

use reqwest::{Method, Url};

use crate::source::access::Login;

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) accept: &'static str,
    pub(super) content: Option<(&'static str, Vec<u8>)>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) login: Option<Login>,
}

impl Request {
    fn new(method: Method, url: Url) -> Self {
        Self { method, url, accept: "application/json", content: None, headers: Vec::new(), login: None }
    }

    /// Asks for `url`.
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// Deletes what is at `url`.
    pub fn delete(url: Url) -> Self {
        Self::new(Method::DELETE, url)
    }

    /// Asks by a form, where a query might not fit into a URL. Like [`Request::get`] it must change nothing: it is repeated
    /// where a connection turns out to be closed.
    pub fn post_form(url: Url, fields: &[(&str, String)]) -> Self {
        // The URL's own writer of pairs, on a URL that serves for nothing else.
        let mut written = url.clone();
        written.query_pairs_mut().clear().extend_pairs(fields);
        let form = written.query().unwrap_or_default().as_bytes().to_vec();
        Self { content: Some(("application/x-www-form-urlencoded", form)), ..Self::new(Method::POST, url) }
    }

    /// Hands in a document. It is sent once, whatever happens.
    pub fn post_json(url: Url, json: Vec<u8>) -> Self {
        Self { content: Some(("application/json", json)), ..Self::new(Method::POST, url) }
    }

    /// With this `Accept` header instead of JSON's.
    #[must_use]
    pub fn accept(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// With this login instead of the one of the client's access.
    #[must_use]
    pub fn login(self, login: Login) -> Self {
        Self { login: Some(login), ..self }
    }

    /// Whether asking twice is as good as asking once.
    pub(super) fn is_repeatable(&self) -> bool {
        self.method == Method::GET || self.content.as_ref().is_some_and(|(kind, _)| *kind != "application/json")
    }
}
