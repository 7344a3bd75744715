//! 128 bits that stand for a text.
//!
//! Uses the standard library only. Two halves are computed side by side, each a chain of multiplications whose upper and
//! lower words are folded together, sixteen bytes a link, under keys of its own. The keys are drawn at random, so that
//! whoever gets to name a topic cannot aim at another one's series.

use std::hash::{BuildHasher, RandomState};

/// How many bytes a link of the chains takes in.
const BLOCK: usize = 16;

/// What stands for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) hash: u64,
    /// The other half, which has not served to find the place in a table.
    pub(super) check: u64,
}

/// What makes the digests of one table differ from those of another.
#[derive(Debug)]
pub(super) struct Keys([u64; 4]);

impl Default for Keys {
    fn default() -> Self {
        let random = RandomState::new();
        Self([0_u8, 1, 2, 3].map(|n: u8| random.hash_one(n)))
    }
}

impl Keys {
    /// The digest of `text` in one of several `realms`, which share none.
    #[inline]
    pub(super) fn digest(&self, text: &[u8], realm: u8) -> Digest {
        let [mut hash, mut check, k, l] = self.0;
        let mut link = |block: &[u8; BLOCK]| {
            let (words, _) = block.as_chunks::<8>();
            let [x, y] = [u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1])];
            (hash, check) = (folded(hash ^ x, k ^ y), folded(check ^ y, l ^ x));
        };
        let (blocks, rest) = text.as_chunks();
        blocks.iter().for_each(&mut link);
        match text.last_chunk() {
            _ if rest.is_empty() => {}
            // Some bytes come twice, which is quicker than to copy those that have not come yet.
            Some(last) => link(last),
            None => {
                let mut last = [0; BLOCK];
                last[..rest.len()].copy_from_slice(rest);
                link(&last);
            }
        }
        // With the length, no two texts are the same to the links above.
        let end = (text.len() as u64) << 8 | u64::from(realm);
        Digest { hash: folded(hash ^ end, l), check: folded(check ^ end, k) }
    }
}

/// All of a product in one word.
#[inline]
fn folded(x: u64, y: u64) -> u64 {
    let product = u128::from(x) * u128::from(y);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_that_nearly_agree_do_not_in_either_half() {
        let keys = Keys::default();
        let (mut hashes, mut checks) = (HashSet::new(), HashSet::new());
        let mut texts = 0;
        let mut note = |text: &[u8], realm| {
            let Digest { hash, check } = keys.digest(text, realm);
            texts += 1;
            hashes.insert(hash);
            checks.insert(check);
            assert_ne!(hash, check);
        };
        for length in 0..100 {
            for realm in 0..2 {
                note(&vec![0_u8; length], realm);
                for bit in 0..length * 8 {
                    let mut text = vec![0; length];
                    text[bit / 8] = 1_u8 << (bit % 8);
                    note(&text, realm);
                }
            }
        }
        for n in 0..100_000 {
            note(format!("streamhouse_records_total{{org_id=\"5da3b9c2\",topic=\"t{n}\"}}").as_bytes(), 0);
        }
        assert_eq!((hashes.len(), checks.len()), (texts, texts));
    }

    #[test]
    fn each_table_has_keys_of_its_own() {
        assert_ne!(Keys::default().digest(b"a", 0), Keys::default().digest(b"a", 0));
    }

    proptest! {
        #[test]
        fn every_bit_of_a_text_turns_half_of_the_bits(
            text in prop::collection::vec(any::<u8>(), 1..80), at in any::<prop::sample::Index>(), bit in 0..8
        ) {
            let keys = Keys([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89]);
            let mut other = text.clone();
            other[at.index(text.len())] ^= 1_u8 << bit;
            let (one, two) = (keys.digest(&text, 0), keys.digest(&other, 0));
            let turned = [(one.hash ^ two.hash).count_ones(), (one.check ^ two.check).count_ones()];
            prop_assert!(turned.iter().all(|n| (8..=56).contains(n)), "{:?}", turned);
        }
    }
}
