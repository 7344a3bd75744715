//! One partition's log: what was produced, what of it is still only in the write-ahead log, and how far each consumer
//! group has read.
//!
//! Uses `series` of the crate.

use crate::demo::topology::GROUPS;
use crate::series::Timestamp;

/// A write-ahead log this large is cut into a segment, bytes.
const SEGMENT_BYTES: u64 = 4 << 20;
/// A write-ahead log this old is cut into a segment, ms.
const SEGMENT_AGE: i64 = 25_000;
/// The most one segment takes, bytes.
const SEGMENT_LIMIT: u64 = 16 << 20;
/// What one PUT carries, bytes.
const PART_BYTES: u64 = 128 << 10;
/// Where producers begin to be held back, and where they are held back most; bytes of write-ahead log.
const PRESSURE: (f64, f64) = (12e6, 150e6);

/// A segment on its way to S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Upload {
    /// PUTs still to succeed.
    pub(super) parts: u64,
    bytes: u64,
    records: u64,
}

/// The state of one partition.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Records produced: the offset of the next one.
    pub(super) produced: u64,
    /// Records in the write-ahead log.
    pub(super) wal_records: u64,
    /// Bytes in the write-ahead log.
    pub(super) wal_bytes: u64,
    /// When the oldest of them came.
    oldest: Timestamp,
    pub(super) upload: Option<Upload>,
    /// The offset at which each group goes on reading.
    pub(super) consumed: [u64; GROUPS.len()],
}

impl Log {
    /// Appends a batch to the write-ahead log.
    pub(super) fn append(&mut self, records: u64, bytes: u64, now: Timestamp) {
        if self.wal_records == 0 {
            self.oldest = now;
        }
        self.produced += records;
        self.wal_records += records;
        self.wal_bytes += bytes;
    }

    /// Cuts a segment if it is time to; whether it did.
    pub(super) fn cut(&mut self, now: Timestamp) -> bool {
        let due = self.wal_bytes >= SEGMENT_BYTES || (self.wal_records > 0 && now - self.oldest >= SEGMENT_AGE);
        if self.upload.is_some() || !due {
            return false;
        }
        let bytes = self.wal_bytes.min(SEGMENT_LIMIT);
        let records = if bytes == self.wal_bytes {
            self.wal_records
        } else {
            (self.wal_records as f64 * bytes as f64 / self.wal_bytes as f64) as u64
        };
        self.upload = Some(Upload { parts: bytes.div_ceil(PART_BYTES).max(1), bytes, records });
        true
    }

    /// One PUT of the segment succeeded; whether that was the last and the write-ahead log is truncated.
    pub(super) fn uploaded_part(&mut self, now: Timestamp) -> bool {
        let Some(upload) = &mut self.upload else { return false };
        upload.parts = upload.parts.saturating_sub(1);
        if upload.parts > 0 {
            return false;
        }
        self.wal_bytes = self.wal_bytes.saturating_sub(upload.bytes);
        self.wal_records = self.wal_records.saturating_sub(upload.records);
        self.oldest = now;
        self.upload = None;
        true
    }

    /// How hard producers are held back, 0 to 1.
    pub(super) fn pressure(&self) -> f64 {
        ((self.wal_bytes as f64 - PRESSURE.0) / (PRESSURE.1 - PRESSURE.0)).clamp(0.0, 1.0)
    }

    /// Messages between a group's position and the end.
    pub(super) fn lag(&self, group: usize) -> u64 {
        self.consumed.get(group).map_or(0, |&at| self.produced.saturating_sub(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_truncates_the_wal_to_nothing() {
        let mut log = Log::default();
        log.append(10_000, 5 << 20, 0);
        assert!(log.cut(0) && !log.cut(0));
        let parts = log.upload.unwrap().parts;
        assert_eq!(parts, 40);
        assert!((1..parts).all(|_| !log.uploaded_part(1)));
        assert!(log.uploaded_part(1));
        assert_eq!((log.wal_bytes, log.wal_records, log.produced), (0, 0, 10_000));
    }

    #[test]
    fn a_small_wal_waits_for_its_age() {
        let mut log = Log::default();
        log.append(1, 100, 1_000);
        assert!(!log.cut(25_999) && log.cut(26_000));
    }

    #[test]
    fn a_large_wal_drains_a_segment_at_a_time() {
        let mut log = Log::default();
        log.append(100_000, 100 << 20, 0);
        assert!(log.pressure() > 0.5);
        assert!(log.cut(0));
        while !log.uploaded_part(0) {}
        assert_eq!((log.wal_bytes, log.wal_records), (84 << 20, 84_000));
    }

    #[test]
    fn lag_is_what_was_produced_less_what_was_consumed() {
        let mut log = Log::default();
        log.append(7, 7, 0);
        log.consumed[1] = 5;
        assert_eq!([log.lag(0), log.lag(1)], [7, 2]);
    }
}
