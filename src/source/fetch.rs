//! One scrape over HTTP. Uses `exposition`, `http` and `target`.

use std::time::Duration;

pub use super::http::HttpFault as ScrapeFault;

use super::access::{Access, Login, Secret};
use super::http::{self, Client, Options, Request};
use super::target::Target;
use crate::exposition::{ACCEPT, Format};
use crate::series::Timestamp;

/// Largest body that is read, after decompression.
pub const MAX_BODY: usize = 64 << 20;

/// Fetches bodies; one for all targets.
#[derive(Debug)]
pub struct Fetcher(Client);

/// A body that was read in full.
#[derive(Debug)]
pub struct Body {
    /// What its Content-Type says.
    pub format: Format,
    /// Decompressed.
    pub bytes: http::Body,
    /// The target's time by its `Date` header, ms since the epoch, to the second.
    pub date: Option<Timestamp>,
}

impl Body {
    /// A body that came from elsewhere than the network.
    pub fn new(format: Format, bytes: Vec<u8>) -> Self {
        Self { format, bytes: bytes.into(), date: None }
    }
}

impl Fetcher {
    /// `access` is the way to every target, `timeout` is for a whole scrape: connecting, waiting and reading.
    ///
    /// # Errors
    /// A header that cannot be one.
    pub fn new(access: Access, timeout: Duration) -> Result<Self, ScrapeFault> {
        Ok(Self(Client::new(access, Options { timeout, idle: 1, zstd: false })?))
    }

    /// Scrapes `target` once. A login in the target's URL stands for the one of the way to all.
    ///
    /// # Errors
    /// Whatever kept the body from being read in full; safe to show.
    pub async fn fetch(&self, target: &Target) -> Result<Body, ScrapeFault> {
        let mut request = Request::get(target.url().clone())
            .accept(ACCEPT)
            .header("X-Prometheus-Scrape-Timeout-Seconds", self.0.timeout().as_secs_f64().to_string());
        if let Some(login) = target.login() {
            let (user, password) = (login.user.clone(), Secret::Plain(login.password.clone()));
            request = request.login(Login::Basic { user, password });
        }
        let mut answer = self.0.send(&request).await?;
        if let Some(fault) = answer.fault.take() {
            return Err(fault);
        }
        let format =
            Format::from_content_type(answer.content_type().as_deref()).map_err(|f| ScrapeFault::content(&f))?;
        let date = answer.date;
        Ok(Body { format, bytes: answer.body(MAX_BODY).await?, date })
    }
}
