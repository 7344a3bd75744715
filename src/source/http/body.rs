//! Bodies that are read under caps: each has one, and all of a client share another. Uses nothing of the crate.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Response;

use super::HttpFault;

/// A body up to this size is always taken; what goes beyond is taken from [`SHARED`].
const OWN: usize = 4 << 20;

/// What all bodies together may hold beyond [`OWN`] each, so that many endless answers at once do not fill the machine.
const SHARED: usize = 256 << 20;

/// What bodies hold of [`SHARED`], in bytes.
pub(super) type Pool = Arc<AtomicUsize>;

/// A body that was read in full, decompressed.
#[derive(Debug, Default)]
pub struct Body {
    bytes: Vec<u8>,
    /// Given back when the body is dropped.
    _share: Share,
}

impl From<Vec<u8>> for Body {
    /// A body that came from elsewhere than the network.
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, _share: Share::default() }
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Body {
    /// Reads `response` to its end, but not beyond `cap` bytes.
    pub(super) async fn read(mut response: Response, cap: usize, pool: &Pool) -> Result<Self, HttpFault> {
        let length = response.content_length().unwrap_or(0);
        if length > cap as u64 {
            return Err(HttpFault::TooLarge(cap));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).min(OWN));
        let mut share = Share { pool: Arc::clone(pool), taken: 0 };
        while let Some(chunk) = response.chunk().await.map_err(|e| HttpFault::of(&e))? {
            if bytes.len() + chunk.len() > cap {
                return Err(HttpFault::TooLarge(cap));
            }
            bytes.extend_from_slice(&chunk);
            // Counted by what is allocated, which a growing vector doubles.
            let beyond = bytes.capacity().saturating_sub(OWN);
            if beyond > share.taken {
                share.take(beyond - share.taken)?;
            }
        }
        Ok(Self { bytes, _share: share })
    }
}

/// What a body holds of [`SHARED`].
#[derive(Debug, Default)]
struct Share {
    pool: Pool,
    taken: usize,
}

impl Share {
    fn take(&mut self, bytes: usize) -> Result<(), HttpFault> {
        let before = self.pool.fetch_add(bytes, Ordering::Relaxed);
        self.taken += bytes;
        if before + bytes > SHARED { Err(HttpFault::Crowded) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.pool.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_bodies_share_a_limit_and_give_it_back() {
        let pool = Pool::default();
        let mut one = Share { pool: Arc::clone(&pool), taken: 0 };
        let mut two = Share { pool: Arc::clone(&pool), taken: 0 };
        assert!(one.take(SHARED).is_ok());
        assert!(matches!(two.take(1), Err(HttpFault::Crowded)));
        drop(two);
        drop(one);
        assert_eq!(pool.load(Ordering::Relaxed), 0);
    }
}
