//! Segments on their way to S3, and the housekeeping there.

use super::Simulation;
use crate::demo::agent::Sent;
use crate::demo::instruments::{Operation, Outcome};
use crate::demo::topology::{AGENTS, PARTITION_COUNT};

/// PUTs that one partition gets through in a second.
const PARTS_A_SECOND: u64 = 40;
/// Streams in which one segment is uploaded; each asks for itself.
const STREAMS: u32 = 5;
/// Housekeeping requests of one agent, per second.
const LISTS: f64 = 0.12;
const DELETES: f64 = 0.25;

impl Simulation {
    /// One second of all uploads.
    pub(super) fn upload(&mut self) {
        // Where the limit is scarce, nobody is always last.
        let first = (self.now / 1_000) as usize % PARTITION_COUNT;
        for p in (0..PARTITION_COUNT).map(|i| (first + i) % PARTITION_COUNT) {
            let leader = self.leases.leader(p, self.now);
            let Some(run) = leader.and_then(|a| self.agents[a].run.as_mut()) else { continue };
            let log = &mut self.logs[p];
            if log.cut(self.now) {
                run.meters.segment_writes.add([p], 1.0);
            }
            let Some(upload) = log.upload else { continue };
            let mut waiting = 0;
            for _ in 0..upload.parts.min(PARTS_A_SECOND) {
                match run.request(Operation::Put, self.weather.put, self.now, &mut self.dice) {
                    Sent::Done => {}
                    Sent::RateLimited if waiting < STREAMS => {
                        waiting += 1;
                        continue;
                    }
                    // An uploader that fails, or whose streams all wait, goes on in the next second; with an open
                    // circuit it does not even start them.
                    Sent::RateLimited | Sent::CircuitOpen | Sent::Failed => break,
                }
                if log.uploaded_part(self.now) {
                    run.meters.segment_flushes.add([p], 1.0);
                    run.meters.wal_truncates.add([p, Outcome::Success.into()], 1.0);
                }
            }
        }
        for a in 0..AGENTS.len() {
            let Some(run) = self.agents[a].run.as_mut() else { continue };
            for (operation, rate) in [(Operation::List, LISTS), (Operation::Delete, DELETES)] {
                for _ in 0..self.dice.poisson(rate) {
                    run.request(operation, self.weather.get, self.now, &mut self.dice);
                }
            }
        }
    }
}
