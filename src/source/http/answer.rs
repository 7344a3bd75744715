//! What is answered: first the head, then the body under a cap. Uses `series`.

use std::time::Duration;

use reqwest::{Response, header};
use tokio::time::{Instant, timeout_at};

use super::HttpFault;
use super::body::{Body, Pool};
use crate::series::{Timestamp, printable};

/// How much is read of an answer that is an error in plain words, or a web page.
const GLANCE: usize = 16 << 10;

/// The head of an answer.
#[derive(Debug)]
pub struct Answer {
    /// What an HTTP status other than 200 means.
    pub fault: Option<HttpFault>,
    /// The server's time by its `Date` header, ms since the epoch, to the second.
    pub date: Option<Timestamp>,
    pub(super) response: Response,
    pub(super) deadline: Instant,
    pub(super) timeout: Duration,
    pub(super) pool: Pool,
}

impl Answer {
    /// What the answer says it is.
    pub fn content_type(&self) -> Option<String> {
        let value = self.response.headers().get(header::CONTENT_TYPE)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// The body, whatever the status.
    ///
    /// # Errors
    /// It is larger than `cap`, does not end before the deadline or breaks off.
    pub async fn body(self, cap: usize) -> Result<Body, HttpFault> {
        match timeout_at(self.deadline, Body::read(self.response, cap, &self.pool)).await {
            Err(_) => Err(HttpFault::Incomplete(self.timeout)),
            Ok(read) => read,
        }
    }

    /// The body of an answer that is JSON, with what its status means where that is not 200: an API says in JSON what is
    /// wrong.
    ///
    /// # Errors
    /// As for [`Answer::body`]; an error that is not told in JSON; a web page.
    pub async fn json(self, cap: usize) -> Result<(Option<HttpFault>, Body), HttpFault> {
        let kind = self.content_type().unwrap_or_default().to_ascii_lowercase();
        let page = kind.contains("html");
        let mut fault = self.fault.clone();
        if page || fault.is_some() && !kind.contains("json") {
            let glance = self.glance().await;
            return Err(match fault.take() {
                // A web page around an error says nothing that the status does not.
                Some(fault) if page => fault,
                Some(fault) => fault.saying(&glance),
                None => HttpFault::Page(title(&glance)),
            });
        }
        let body = self.body(cap).await?;
        match fault {
            None if body.trim_ascii_start().starts_with(b"<") => {
                Err(HttpFault::Page(title(&String::from_utf8_lossy(&body[..body.len().min(GLANCE)]))))
            }
            fault => Ok((fault, body)),
        }
    }

    /// The first part of the body, or what there is of it.
    async fn glance(self) -> String {
        let mut response = self.response;
        let mut bytes = Vec::new();
        while let Ok(Ok(Some(chunk))) = timeout_at(self.deadline, response.chunk()).await {
            bytes.extend_from_slice(&chunk[..chunk.len().min(GLANCE - bytes.len())]);
            if bytes.len() >= GLANCE {
                break;
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The title of a web page, safe to show.
fn title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let inside = lower.find("<title").and_then(|i| lower[i..].find('>').map(|j| i + j + 1));
    let title = inside.map(|from| &page[from..]).and_then(|rest| rest.split('<').next()).unwrap_or_default();
    let title: Vec<&str> = title.split_whitespace().collect();
    printable(&title.join(" ")).chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_title() {
        assert_eq!(title("<html><HEAD><Title lang=x>\n Sign  in \x1b</TITLE>"), "Sign in ␛");
        assert_eq!(title("<html>no title"), "");
        assert_eq!(title("<title"), "");
    }
}
