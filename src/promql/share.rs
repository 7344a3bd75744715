//! Which series `limit_ratio` takes: a share in [0, 1) a label set, the same as in Prometheus. Uses `series`.
//!
//! Prometheus hashes its in-memory form of labels with XXH64 (<https://github.com/Cyan4973/xxHash>, specification v0.1.1).

use crate::series::Labels;

/// A number in [0, 1] that depends on the labels only.
pub(super) fn share(labels: &Labels) -> f64 {
    let mut bytes = Vec::with_capacity(128);
    for label in labels {
        for text in [&label.name, &label.value] {
            // Lengths below 255 take one byte, others a marker and three.
            match u8::try_from(text.len()) {
                Ok(len) if len < u8::MAX => bytes.push(len),
                _ => {
                    bytes.push(u8::MAX);
                    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes()[..3]);
                }
            }
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    xxh64(&bytes) as f64 / u64::MAX as f64
}

const P1: u64 = 0x9e37_79b1_85eb_ca87;
const P2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const P3: u64 = 0x1656_67b1_9e37_79f9;
const P4: u64 = 0x85eb_ca77_c2b2_ae63;
const P5: u64 = 0x27d4_eb2f_1656_67c5;

fn round(acc: u64, lane: u64) -> u64 {
    acc.wrapping_add(lane.wrapping_mul(P2)).rotate_left(31).wrapping_mul(P1)
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, &b| (n << 8) | u64::from(b))
}

/// XXH64 with seed 0.
fn xxh64(bytes: &[u8]) -> u64 {
    let mut rest = bytes;
    let mut h = if bytes.len() < 32 {
        P5
    } else {
        let mut lanes = [P1.wrapping_add(P2), P2, 0, 0_u64.wrapping_sub(P1)];
        while rest.len() >= 32 {
            for (lane, word) in lanes.iter_mut().zip(rest.chunks_exact(8)) {
                *lane = round(*lane, little_endian(word));
            }
            rest = &rest[32..];
        }
        let turned = lanes.iter().zip([1, 7, 12, 18]).fold(0_u64, |h, (lane, by)| h.wrapping_add(lane.rotate_left(by)));
        lanes.iter().fold(turned, |h, &lane| (h ^ round(0, lane)).wrapping_mul(P1).wrapping_add(P4))
    };
    h = h.wrapping_add(bytes.len() as u64);
    while rest.len() >= 8 {
        h = (h ^ round(0, little_endian(&rest[..8]))).rotate_left(27).wrapping_mul(P1).wrapping_add(P4);
        rest = &rest[8..];
    }
    if rest.len() >= 4 {
        h = (h ^ little_endian(&rest[..4]).wrapping_mul(P1)).rotate_left(23).wrapping_mul(P2).wrapping_add(P3);
        rest = &rest[4..];
    }
    for &b in rest {
        h = (h ^ u64::from(b).wrapping_mul(P5)).rotate_left(11).wrapping_mul(P1);
    }
    h = (h ^ (h >> 33)).wrapping_mul(P2);
    h = (h ^ (h >> 29)).wrapping_mul(P3);
    h ^ (h >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_xxh64() {
        assert_eq!(xxh64(b""), 0xef46_db37_51d8_e999);
        assert_eq!(xxh64(b"a"), 0xd24e_c4f1_a98c_6e5b);
        assert_eq!(xxh64(b"abc"), 0x44bc_2cf5_ad77_0999);
        assert_eq!(xxh64(b"Nobody inspects the spammish repetition"), 0xfbce_a83c_8a37_8bf1);
    }
}
