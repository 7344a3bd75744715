//! Bits in, bits out, most significant first; the ground under [`super::chunk`]. Uses nothing of the crate.

/// Appends bits to a byte buffer.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Bits not yet written out, left-aligned.
    pending: u64,
    /// How many of them there are, always below 64 between calls.
    held: u32,
}

impl<'a> Writer<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, pending: 0, held: 0 }
    }

    /// Writes the low `width` bits of `bits`, `width` at most 64.
    #[inline]
    pub(super) fn write(&mut self, bits: u64, width: u32) {
        if width == 0 {
            return;
        }
        let left = bits << (64 - width);
        self.pending |= left >> self.held;
        self.held += width;
        if self.held >= 64 {
            self.out.extend_from_slice(&self.pending.to_be_bytes());
            self.held -= 64;
            // What did not fit; nothing where all of it did.
            self.pending = if self.held == 0 { 0 } else { bits << (64 - self.held) };
        }
    }

    /// Fills up the last byte with zero bits.
    pub(super) fn finish(self) {
        let bytes = self.held.div_ceil(8) as usize;
        self.out.extend_from_slice(&self.pending.to_be_bytes()[..bytes]);
    }
}

/// Reads bits from a byte buffer; past its end it reads zeros.
///
/// The next bits wait in a register, so that finding the end of one code and the start of the next does not go through
/// memory every time.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// The next bits, left-aligned. Behind the valid ones may stand more, which are right as well.
    word: u64,
    valid: u32,
}

/// The most bits that [`Reader::peek`] can be asked for.
const PEEK: u32 = 56;

impl<'a> Reader<'a> {
    pub(super) const fn new(data: &'a [u8]) -> Self {
        Self { rest: data, word: 0, valid: 0 }
    }

    /// The next bits, left-aligned, at least `width` (at most 56) of them valid.
    #[inline]
    pub(super) fn peek(&mut self, width: u32) -> u64 {
        if self.valid < width {
            self.refill();
        }
        self.word
    }

    #[inline]
    fn refill(&mut self) {
        let next = self.rest.first_chunk::<8>().map_or_else(|| tail(self.rest), |bytes| u64::from_be_bytes(*bytes));
        self.word |= next >> self.valid;
        self.rest = self.rest.get((63 - self.valid as usize) >> 3..).unwrap_or_default();
        self.valid |= 0b11_1000;
    }

    /// Passes over bits that [`Self::peek`] made valid.
    #[inline]
    pub(super) const fn skip(&mut self, width: u32) {
        self.word <<= width;
        self.valid = self.valid.wrapping_sub(width);
    }

    /// Reads `width` bits, at most 64.
    #[inline]
    pub(super) fn read(&mut self, width: u32) -> u64 {
        if width > PEEK {
            let high = self.read_short(width - 32);
            return high << 32 | self.read_short(32);
        }
        self.read_short(width)
    }

    #[inline]
    fn read_short(&mut self, width: u32) -> u64 {
        // Two shifts, because one by 64 is not defined.
        let bits = self.peek(width) >> 1 >> (63 - width);
        self.skip(width);
        bits
    }
}

/// The last bytes, fewer than eight, with zeros behind. Not a method: a reference to the reader handed out would keep it in
/// memory, away from the registers it is for.
#[cold]
#[inline(never)]
fn tail(rest: &[u8]) -> u64 {
    rest.iter().take(8).enumerate().fold(0, |word, (i, b)| word | u64::from(*b) << (56 - 8 * i))
}

/// Small magnitudes of either sign to small numbers.
pub(super) const fn zigzag(v: i64) -> u64 {
    (v as u64) << 1 ^ (v >> 63) as u64
}

/// The inverse of [`zigzag`].
#[inline]
pub(super) const fn unzigzag(v: u64) -> i64 {
    (v >> 1) as i64 ^ -((v & 1) as i64)
}

/// Appends `v` in 7-bit groups, low ones first.
pub(super) fn put_varint(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

/// Reads what [`put_varint`] wrote and moves `data` behind it.
pub(super) fn take_varint(data: &mut &[u8]) -> u64 {
    let mut v = 0;
    let mut shift = 0;
    while let Some((byte, rest)) = data.split_first() {
        *data = rest;
        v |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 || shift > 63 {
            break;
        }
    }
    v
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(fields in prop::collection::vec((any::<u64>(), 0u32..=64), 0..200)) {
            let mut out = Vec::new();
            let mut w = Writer::new(&mut out);
            for &(bits, width) in &fields {
                w.write(bits, width);
            }
            w.finish();
            let mut r = Reader::new(&out);
            for (bits, width) in fields {
                let mask = if width == 0 { 0 } else { u64::MAX >> (64 - width) };
                prop_assert_eq!(r.read(width), bits & mask);
            }
        }

        #[test]
        fn varints_and_zigzag_are_inverted(v in any::<i64>()) {
            let mut out = Vec::new();
            put_varint(&mut out, zigzag(v));
            let mut data = out.as_slice();
            prop_assert_eq!(unzigzag(take_varint(&mut data)), v);
            prop_assert!(data.is_empty());
        }
    }
}
