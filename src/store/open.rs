//! The values of the chunk that is being written: packed in as few whole bytes as the values so far allow.
//!
//! A bit stream would be smaller by little and would have to commit to its parameters before the values are known; this
//! one is repacked when a value does not fit, a handful of times in the life of a chunk, and closed chunks are encoded
//! anew ([`super::chunk`]). An idle series costs nothing here but its header.
//! May use `series` and [`super::chunk`].

use std::ops::Range;

use super::chunk::{common_scale, scaled, unscaled};
use crate::series::{is_stale, stale_marker};

/// Values are floats' bits, eight bytes each.
const FLOATS: u8 = u8::MAX;

/// The packed values. `base + offset` is an integer of `10^-scale`; offsets are signed, little-endian, `width` bytes each.
#[derive(Debug, Default)]
pub(super) struct Open {
    bytes: Vec<u8>,
    base: i64,
    len: u8,
    width: u8,
    scale: u8,
}

impl Open {
    /// How many values there are.
    pub(super) const fn len(&self) -> usize {
        self.len as usize
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The room it takes on the heap, unused bytes included.
    pub(super) const fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Empties it and gives back its room: all series of a target close their chunks at once, and rooms kept for the next
    /// one would lie idle for as long as it takes to fill them.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Appends a value; `scratch` is room to repack in. At most 255 values fit.
    pub(super) fn push(&mut self, v: f64, scratch: &mut Vec<f64>) {
        if self.len == 0 {
            self.repack(&[v]);
            return;
        }
        if self.scale == FLOATS {
            self.put(v.to_bits() as i64, 8);
            self.len += 1;
            return;
        }
        let offset = if is_stale(v) {
            (self.width > 0).then(|| least(self.width))
        } else {
            scaled(v, self.scale).map(|k| k - self.base).filter(|&o| width_of(o) <= self.width)
        };
        if let Some(offset) = offset {
            self.put(offset, self.width);
            self.len += 1;
        } else {
            scratch.clear();
            self.decode(scratch);
            scratch.push(v);
            self.repack(scratch);
        }
    }

    /// Appends all values to `out`.
    pub(super) fn decode(&self, out: &mut Vec<f64>) {
        self.decode_part(0..self.len(), out);
    }

    /// Appends the values of `range`, as far as they are there, to `out`.
    pub(super) fn decode_part(&self, range: Range<usize>, out: &mut Vec<f64>) {
        let range = range.start.min(self.len())..range.end.min(self.len());
        let width = usize::from(self.width);
        let bytes = self.bytes.get(range.start * width..range.end * width).unwrap_or_default();
        match self.width {
            0 => out.resize(out.len() + range.len(), unscaled(self.base, self.scale)),
            // The common widths on their own, so that each becomes a plain loop.
            1 => self.unpack::<1>(bytes, out),
            2 => self.unpack::<2>(bytes, out),
            3 => self.unpack::<3>(bytes, out),
            8 => self.unpack::<8>(bytes, out),
            _ => out.extend(bytes.chunks_exact(width).map(|bytes| self.value(bytes))),
        }
    }

    fn unpack<const WIDTH: usize>(&self, bytes: &[u8], out: &mut Vec<f64>) {
        out.extend(bytes.as_chunks::<WIDTH>().0.iter().map(|bytes| self.value(bytes)));
    }

    /// The last value.
    pub(super) fn last(&self) -> Option<f64> {
        let at = self.bytes.len().checked_sub(self.width as usize)?;
        (self.len > 0)
            .then(|| if self.width == 0 { unscaled(self.base, self.scale) } else { self.value(&self.bytes[at..]) })
    }

    #[inline]
    fn value(&self, bytes: &[u8]) -> f64 {
        let offset = load(bytes);
        if self.scale == FLOATS {
            f64::from_bits(offset as u64)
        } else if offset == least(self.width) {
            stale_marker()
        } else {
            unscaled(self.base + offset, self.scale)
        }
    }

    fn repack(&mut self, values: &[f64]) {
        self.bytes.clear();
        self.len = values.len() as u8;
        let scale = common_scale(values);
        let integers = || values.iter().filter(|v| !is_stale(**v)).filter_map(|&v| scaled(v, scale?));
        self.base = integers().next().unwrap_or(0);
        let mark = u8::from(values.iter().any(|&v| is_stale(v)));
        let width = integers().map(|k| width_of(k - self.base)).max().unwrap_or(0).max(mark);
        match scale {
            Some(scale) if width < 8 => {
                (self.scale, self.width) = (scale, width);
                for &v in values {
                    let offset = scaled(v, scale).map_or_else(|| least(width), |k| k - self.base);
                    self.put(offset, width);
                }
            }
            _ => {
                (self.scale, self.width) = (FLOATS, 8);
                for v in values {
                    self.put(v.to_bits() as i64, 8);
                }
            }
        }
    }

    #[inline]
    fn put(&mut self, offset: i64, width: u8) {
        let width = width as usize;
        if self.bytes.capacity() - self.bytes.len() < width {
            // Small steps: thousands of these are open at once.
            self.bytes.reserve_exact((self.bytes.len() / 4).max(8));
        }
        self.bytes.extend_from_slice(&offset.to_le_bytes()[..width]);
    }
}

/// The offset that stands for the staleness marker; no integer is packed as it.
const fn least(width: u8) -> i64 {
    if width == 0 { i64::MIN } else { i64::MIN >> (64 - 8 * width as u32) }
}

/// The bytes an offset needs, [`least`] left free.
const fn width_of(offset: i64) -> u8 {
    if offset == 0 {
        return 0;
    }
    let magnitude = offset.unsigned_abs();
    ((64 - magnitude.leading_zeros()) / 8 + 1) as u8
}

/// A signed little-endian number of 1 to 8 bytes.
#[inline]
fn load(bytes: &[u8]) -> i64 {
    match bytes {
        [a] => i64::from(a.cast_signed()),
        [a, b] => i64::from(i16::from_le_bytes([*a, *b])),
        [a, b, c] => i64::from(i32::from_le_bytes([0, *a, *b, *c]) >> 8),
        [a, b, c, d] => i64::from(i32::from_le_bytes([*a, *b, *c, *d])),
        _ => {
            let mut word = [0; 8];
            let at = 8 - bytes.len().min(8);
            word[at..].copy_from_slice(&bytes[..8 - at]);
            i64::from_le_bytes(word) >> (8 * at)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(values: &[f64]) -> Open {
        let (mut open, mut scratch) = (Open::default(), Vec::new());
        for &v in values {
            open.push(v, &mut scratch);
        }
        open
    }

    fn back(open: &Open) -> Vec<u64> {
        let mut values = Vec::new();
        open.decode(&mut values);
        values.iter().map(|v| v.to_bits()).collect()
    }

    #[test]
    fn an_idle_series_takes_no_room() {
        let open = packed(&[4057.0; 120]);
        assert_eq!((open.capacity(), open.len()), (0, 120));
        assert_eq!(open.last(), Some(4057.0));
    }

    #[test]
    fn small_steps_take_small_room() {
        let values: Vec<f64> = (0..100).map(|i| 1e12 + f64::from(i)).collect();
        let open = packed(&values);
        assert!(open.capacity() <= 136, "{}", open.capacity());
        assert_eq!(back(&open), values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
    }

    #[test]
    fn a_staleness_marker_does_not_turn_integers_into_floats() {
        let open = packed(&[5.0, 5.0, stale_marker()]);
        assert!(open.capacity() <= 8);
        assert!(is_stale(open.last().expect("three values")));
    }

    proptest! {
        #[test]
        fn any_values_come_back_to_the_bit(values in prop::collection::vec(prop_oneof![
            (-200i64..200).prop_map(|k| k as f64),
            any::<i64>().prop_map(|k| (k >> 12) as f64),
            (any::<i32>(), 0i32..9).prop_map(|(k, s)| f64::from(k) / 10f64.powi(s)),
            any::<u64>().prop_map(f64::from_bits),
            Just(stale_marker()),
        ], 1..=255), cut in 1usize..255) {
            // A prefix too, so that runs without floats are common.
            for values in [&values[..], &values[..cut.min(values.len())]] {
                let open = packed(values);
                prop_assert_eq!(back(&open), values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
                prop_assert_eq!(open.last().map(f64::to_bits), values.last().map(|v| v.to_bits()));
                let mut part = Vec::new();
                open.decode_part(cut / 2..cut, &mut part);
                let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                let end = cut.min(values.len());
                prop_assert_eq!(bits(&part), bits(&values[(cut / 2).min(end)..end]));
            }
        }

        #[test]
        fn integers_come_back(values in prop::collection::vec((any::<i64>(), 10u32..63), 1..=120)) {
            let values: Vec<f64> = values.into_iter().map(|(k, s)| (k >> s.max(11)) as f64).collect();
            prop_assert_eq!(back(&packed(&values)), values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
        }
    }
}
