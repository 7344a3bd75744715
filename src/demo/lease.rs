//! The partition leases: who leads what, in which epoch, until when.
//!
//! A lease lasts thirty seconds and is renewed every ten; each change of hands raises the epoch by one. While the network
//! is split, agent-1 and agent-3 follow different copies of the table and both claim what either of them led.
//! Uses `series` of the crate.

use crate::demo::dice::Dice;
use crate::demo::instruments::{Instruments, Outcome};
use crate::demo::topology::{AGENTS, PARTITION_COUNT};
use crate::series::Timestamp;

/// How long a lease lasts, ms.
const LASTS: i64 = 30_000;
/// How often it is renewed, ms.
const RENEWED_EVERY: i64 = 10_000;
/// How long an agent must have been up before leases are moved back to it, ms.
const SETTLED_AFTER: i64 = 20_000;
/// How often one lease is moved back, ms.
const MOVED_EVERY: i64 = 3_000;
/// The agents on the two sides of a split network.
const SIDES: [usize; 2] = [0, 2];

/// An agent's own belief that it leads a partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) epoch: u64,
    /// ms since the epoch.
    pub(super) expires: Timestamp,
    renew: Timestamp,
}

/// The entry of the lease table for one partition.
#[derive(Debug, Clone, Copy)]
struct Lease {
    holder: Option<usize>,
    epoch: u64,
    /// ms since the epoch. A lease that was given back expires at once.
    expires: Timestamp,
}

/// A partition came to a new leader, which now reads the write-ahead log back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Takeover {
    pub(super) partition: usize,
    pub(super) by: usize,
    pub(super) from: Estate,
}

/// In what state the former leader left a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Estate {
    /// It gave the lease back.
    Orderly,
    /// It ended in the middle of a write.
    Torn,
}

/// An agent as the lease table sees it: its instruments while it runs, and since when it does, ms since the epoch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer<'a> {
    pub(super) meters: Option<&'a Instruments>,
    pub(super) since: Timestamp,
}

/// All agents.
pub(super) type Peers<'a> = [Peer<'a>; AGENTS.len()];

/// The lease table and the agents' beliefs.
#[derive(Debug)]
pub(super) struct Leases {
    table: [Lease; PARTITION_COUNT],
    claims: [[Option<Claim>; PARTITION_COUNT]; AGENTS.len()],
    attempts: u64,
    /// Late writes of an agent that went away, which its successors still have to reject.
    stragglers: u32,
    torn: [bool; AGENTS.len()],
    moved: Timestamp,
}

/// Where a partition belongs while all agents are up.
pub(super) const fn home(partition: usize) -> usize {
    partition % AGENTS.len()
}

impl Leases {
    /// All partitions at home, at epochs that tell of a past.
    pub(super) fn new(now: Timestamp, dice: &mut Dice) -> Self {
        let mut claims = [[None; PARTITION_COUNT]; AGENTS.len()];
        let table = std::array::from_fn(|p| {
            let lease = Lease { holder: Some(home(p)), epoch: 8 + dice.pick(30) as u64, expires: now + LASTS };
            let renew = now + dice.pick(RENEWED_EVERY as usize) as i64;
            claims[home(p)][p] = Some(Claim { epoch: lease.epoch, expires: lease.expires, renew });
            lease
        });
        Self { table, claims, attempts: 0, stragglers: 0, torn: [false; AGENTS.len()], moved: now }
    }

    /// The agent that may append to a partition at `now`.
    pub(super) fn leader(&self, partition: usize, now: Timestamp) -> Option<usize> {
        let holder = self.table[partition].holder?;
        self.claims[holder][partition].filter(|claim| claim.expires > now).map(|_| holder)
    }

    /// Whether an agent is the one that leads a partition by the table, its lease expired or not.
    pub(super) fn holds(&self, agent: usize, partition: usize) -> bool {
        self.table[partition].holder == Some(agent) && self.claims[agent][partition].is_some()
    }

    /// What an agent believes of a partition.
    pub(super) fn claim(&self, agent: usize, partition: usize) -> Option<Claim> {
        self.claims[agent][partition]
    }

    /// The process of an agent ended, and its beliefs with it.
    pub(super) fn depart(&mut self, agent: usize, estate: Estate, now: Timestamp) {
        self.claims[agent] = [None; PARTITION_COUNT];
        self.torn[agent] = estate == Estate::Torn;
        self.stragglers = match estate {
            Estate::Orderly => 1,
            Estate::Torn => 2,
        };
        if estate == Estate::Orderly {
            for lease in self.table.iter_mut().filter(|lease| lease.holder == Some(agent)) {
                lease.expires = now + 500;
            }
        }
    }

    /// Renews, expires, acquires, moves back.
    pub(super) fn advance(&mut self, now: Timestamp, peers: &Peers<'_>, split: bool, dice: &mut Dice) -> Vec<Takeover> {
        let mut takeovers = Vec::new();
        for p in 0..PARTITION_COUNT {
            let holder = self.table[p].holder;
            let contested = split && holder.is_some_and(|h| SIDES.contains(&h));
            if contested {
                takeovers.extend(self.contest(p, now, peers, dice));
                continue;
            }
            for (agent, claims) in self.claims.iter_mut().enumerate() {
                if holder != Some(agent) {
                    claims[p] = None;
                }
            }
            match holder.and_then(|h| Some((h, peers[h].meters?, self.claims[h][p].is_some()))) {
                Some((h, meters, true)) => self.renew(p, h, 0.002, now, meters, dice),
                _ if now >= self.table[p].expires => takeovers.extend(self.acquire(p, now, peers, dice)),
                _ => {}
            }
        }
        if !split {
            takeovers.extend(self.move_home(now, peers));
        }
        takeovers
    }

    fn renew(&mut self, p: usize, agent: usize, failing: f64, now: Timestamp, meters: &Instruments, dice: &mut Dice) {
        let Some(claim) = self.claims[agent][p].as_mut().filter(|claim| now >= claim.renew) else { return };
        claim.renew = now + RENEWED_EVERY;
        let result = if dice.chance(failing) { Outcome::Failure } else { Outcome::Success };
        meters.lease_renewals.add([p, result.into()], 1.0);
        if result == Outcome::Success {
            claim.expires = now + LASTS;
            if self.table[p].holder == Some(agent) {
                self.table[p].expires = claim.expires;
            }
        }
    }

    /// Gives a partition to an agent, in a new epoch.
    fn grant(&mut self, p: usize, agent: usize, now: Timestamp, meters: &Instruments) -> Takeover {
        let lease = &mut self.table[p];
        let torn = lease.holder.is_some_and(|h| self.torn[h] && h != agent);
        *lease = Lease { holder: Some(agent), epoch: lease.epoch + 1, expires: now + LASTS };
        self.claims[agent][p] = Some(Claim { epoch: lease.epoch, expires: lease.expires, renew: now + RENEWED_EVERY });
        meters.lease_acquisitions.add([p, Outcome::Success.into()], 1.0);
        Takeover { partition: p, by: agent, from: if torn { Estate::Torn } else { Estate::Orderly } }
    }

    /// The agents that are up race for a free lease.
    fn acquire(&mut self, p: usize, now: Timestamp, peers: &Peers<'_>, dice: &mut Dice) -> Option<Takeover> {
        let load = |agent: usize| self.claims[agent].iter().flatten().count();
        let winner =
            (0..AGENTS.len()).filter(|&a| peers[a].meters.is_some()).min_by_key(|&a| (a != home(p), load(a), a))?;
        let meters = peers[winner].meters?;
        self.attempts += 1;
        // The lease table is a database, which has its moments too.
        if self.attempts % 9 == 2 {
            meters.lease_acquisitions.add([p, Outcome::Error.into()], 1.0);
            self.table[p].expires = now + 1_500;
            return None;
        }
        for (_, loser) in peers.iter().enumerate().filter(|&(a, _)| a != winner) {
            if let Some(loser) = loser.meters
                && dice.chance(0.4)
            {
                loser.lease_acquisitions.add([p, Outcome::Conflict.into()], 1.0);
            }
        }
        if self.stragglers > 0 {
            self.stragglers -= 1;
            meters.lease_conflicts.add([p], 1.0);
        }
        Some(self.grant(p, winner, now, meters))
    }

    /// Hands one partition back to the agent where it belongs, now and then, once all are up and settled.
    fn move_home(&mut self, now: Timestamp, peers: &Peers<'_>) -> Option<Takeover> {
        let settled = |peer: &Peer<'_>| peer.meters.is_some() && now - peer.since >= SETTLED_AFTER;
        if now - self.moved < MOVED_EVERY || !peers.iter().all(settled) {
            return None;
        }
        self.torn = [false; AGENTS.len()];
        let (p, from) =
            (0..PARTITION_COUNT).find_map(|p| self.table[p].holder.filter(|&h| h != home(p)).map(|h| (p, h)))?;
        self.moved = now;
        self.claims[from][p] = None;
        Some(self.grant(p, home(p), now, peers[home(p)].meters?))
    }

    /// Both sides of a split network renew what they believe in, reject each other's writes and take it back.
    fn contest(&mut self, p: usize, now: Timestamp, peers: &Peers<'_>, dice: &mut Dice) -> Option<Takeover> {
        let mut takeover = None;
        for agent in SIDES {
            let Some(meters) = peers[agent].meters else { continue };
            self.renew(p, agent, 0.36, now, meters, dice);
            let wants = if let Some(claim) = self.claims[agent][p] {
                let stale = claim.epoch < self.table[p].epoch;
                if stale && dice.chance(0.05) {
                    meters.lease_conflicts.add([p], 1.0);
                }
                (stale && dice.chance(0.025)) || (claim.expires + 8_000 < now && dice.chance(0.2))
            } else {
                dice.chance(0.04)
            };
            if !wants {
                continue;
            }
            let result = match dice.unit() {
                u if u < 0.55 => Outcome::Conflict,
                u if u < 0.65 => Outcome::Error,
                _ => Outcome::Success,
            };
            if result == Outcome::Success {
                takeover = Some(self.grant(p, agent, now, meters));
            } else {
                meters.lease_acquisitions.add([p, result.into()], 1.0);
            }
        }
        takeover
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000;

    fn run(
        leases: &mut Leases,
        meters: &[Option<Instruments>; 3],
        seconds: std::ops::Range<i64>,
        split: bool,
    ) -> Vec<Takeover> {
        let mut dice = Dice::with_seed(1);
        let peers = std::array::from_fn(|a| Peer { meters: meters[a].as_ref(), since: i64::MIN / 2 });
        seconds.flat_map(|s| leases.advance(s * SECOND, &peers, split, &mut dice)).collect()
    }

    fn three() -> [Option<Instruments>; 3] {
        std::array::from_fn(|a| Some(Instruments::new(a)))
    }

    #[test]
    fn leases_stay_where_they_are_while_all_is_well() {
        let mut leases = Leases::new(0, &mut Dice::with_seed(1));
        assert!(run(&mut leases, &three(), 1..120, false).is_empty());
        assert!((0..PARTITION_COUNT).all(|p| leases.leader(p, 120 * SECOND) == Some(home(p))));
    }

    #[test]
    fn the_leases_of_a_dead_agent_expire_before_others_take_them_in_a_new_epoch() {
        let mut leases = Leases::new(0, &mut Dice::with_seed(1));
        let mut meters = three();
        run(&mut leases, &meters, 1..60, false);
        let epoch = leases.claim(2, 2).unwrap().epoch;
        meters[2] = None;
        leases.depart(2, Estate::Torn, 60 * SECOND);
        assert!(run(&mut leases, &meters, 60..65, false).is_empty(), "not expired yet");
        let takeovers = run(&mut leases, &meters, 65..100, false);
        assert_eq!(takeovers.len(), 7);
        assert!(takeovers.iter().all(|t| t.from == Estate::Torn && t.by != 2));
        let by = leases.leader(2, 100 * SECOND).unwrap();
        assert_eq!(leases.claim(by, 2).unwrap().epoch, epoch + 1);
        meters[2] = Some(Instruments::new(2));
        run(&mut leases, &meters, 100..130, false);
        assert!((0..PARTITION_COUNT).all(|p| leases.leader(p, 130 * SECOND) == Some(home(p))));
    }

    #[test]
    fn a_split_network_lets_two_agents_claim_a_partition_in_different_epochs() {
        let mut leases = Leases::new(0, &mut Dice::with_seed(1));
        let meters = three();
        run(&mut leases, &meters, 1..300, true);
        let both = (0..PARTITION_COUNT)
            .filter_map(|p| Some((leases.claim(0, p)?.epoch, leases.claim(2, p)?.epoch)))
            .filter(|(a, b)| a != b)
            .count();
        assert!(both > 8, "{both} partitions are claimed twice");
        run(&mut leases, &meters, 300..400, false);
        assert!((0..PARTITION_COUNT).all(|p| leases.leader(p, 400 * SECOND) == Some(home(p))));
    }
}
