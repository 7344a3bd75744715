//! The values of one closed chunk as bytes: the smallest of a few encodings, chosen when all values are known.
//!
//! Most of what a metrics program stores are integers that advance irregularly (counters, histogram buckets). The XOR of
//! their floats costs three bytes and more a sample, because a carry ripples through the mantissa; their differences around the
//! mean difference fit a few bits. So a chunk is one of
//! - a constant,
//! - integers, or decimals scaled to integers, as residuals (from the mean, of the difference from its mean, or of the
//!   difference of differences) in a Rice code whose parameter is fitted to the chunk,
//! - XOR of floats with reused leading and trailing zeros, for everything else.
//!
//! All of them are exact to the bit. Timestamps are not in here: they belong to [`super::block`].
//! May use `series` and [`super::bits`].

use super::bits::{Reader, Writer, put_varint, take_varint, unzigzag, zigzag};
use crate::series::{STALE_BITS, is_stale, stale_marker};

/// Powers of ten by which decimals become integers.
const SCALES: [f64; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// The largest integer up to which every one is a float.
const EXACT: i64 = 1 << 53;

/// First byte of a chunk: a scale (0–9) for integers and decimals, or one of these.
const CONSTANT_INT: u8 = 16;
const CONSTANT: u8 = 17;
const XOR: u8 = 18;

/// A unary part of this length escapes from the Rice code: six bits of width and as many bits follow.
const ESCAPE: u32 = 12;
/// Width that stands for the staleness marker.
const STALE: u64 = 0;
/// Width that stands for 64 bits; smaller ones stand for themselves.
const FULL: u64 = 63;
/// With a unary part of at most [`ESCAPE`] bits and its end, a code still fits one peek.
const MAX_PARAMETER: u32 = 40;

/// `v` as an integer of `10^-scale`, if that gives `v` back to the bit.
pub(super) fn scaled(v: f64, scale: u8) -> Option<i64> {
    if scale == 0 {
        // The same without rounding, which is most of the time spent here.
        let k = v as i64;
        return (k.unsigned_abs() <= EXACT as u64 && (k as f64).to_bits() == v.to_bits()).then_some(k);
    }
    let power = SCALES[scale as usize];
    let k = (v * power).round();
    // The comparison is false for NaN; the sign of a zero would be lost.
    (k.abs() <= EXACT as f64 && (k / power).to_bits() == v.to_bits() && (k != 0.0 || v.to_bits() == 0))
        .then_some(k as i64)
}

/// The inverse of [`scaled`].
#[inline]
pub(super) fn unscaled(k: i64, scale: u8) -> f64 {
    if scale == 0 { k as f64 } else { k as f64 / SCALES[scale as usize] }
}

/// The smallest scale that holds all of `values` exactly, staleness markers aside.
pub(super) fn common_scale(values: &[f64]) -> Option<u8> {
    let mut scale = 0;
    for &v in values {
        if is_stale(v) {
            continue;
        }
        // What fits a scale fits the next one too, short of the limit, so the values before stay right.
        while scaled(v, scale).is_none() {
            scale += 1;
            if usize::from(scale) == SCALES.len() {
                return None;
            }
        }
    }
    // A large value may have fitted a smaller scale only.
    (scale == 0 || values.iter().all(|&v| is_stale(v) || scaled(v, scale).is_some())).then_some(scale)
}

/// How residuals are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    /// From the mean value: gauges that keep returning.
    Level,
    /// Of the difference from its mean: counters, drifting gauges.
    Slope,
    /// Of the difference of differences: what accelerates.
    Bend,
}

/// Encodes `values` (at least one) at the end of `out`. `scratch` is room to work in.
pub(super) fn encode(values: &[f64], scratch: &mut Scratch, out: &mut Vec<u8>) {
    let Some(&first) = values.first() else { return };
    if values.iter().all(|v| v.to_bits() == first.to_bits()) {
        if let Some(k) = scaled(first, 0) {
            out.push(CONSTANT_INT);
            put_varint(out, zigzag(k));
        } else {
            out.push(CONSTANT);
            out.extend_from_slice(&first.to_bits().to_be_bytes());
        }
        return;
    }
    let start = out.len();
    if let Some(scale) = common_scale(values) {
        encode_ints(values, scale, scratch, out);
        // Below two bytes a sample XOR would be no gain worth its time.
        if out.len() - start <= 2 * values.len() {
            return;
        }
        scratch.bytes.clear();
        encode_xor(values, &mut scratch.bytes);
        if scratch.bytes.len() < out.len() - start {
            out.truncate(start);
            out.extend_from_slice(&scratch.bytes);
        }
    } else {
        encode_xor(values, out);
    }
}

/// Buffers that [`encode`] reuses.
#[derive(Default)]
pub(super) struct Scratch {
    ints: Vec<i64>,
    residuals: Vec<u64>,
    bytes: Vec<u8>,
}

impl Scratch {
    /// The room the buffers take on the heap.
    pub(super) const fn bytes(&self) -> usize {
        self.ints.capacity() * 8 + self.residuals.capacity() * 8 + self.bytes.capacity()
    }
}

fn encode_ints(values: &[f64], scale: u8, scratch: &mut Scratch, out: &mut Vec<u8>) {
    scratch.ints.clear();
    scratch.ints.extend(values.iter().filter_map(|&v| scaled(v, scale)));
    let ints = &scratch.ints;
    // Only staleness markers, and then they are all the same: a constant, encoded before this.
    let Some(&first) = ints.first() else { return encode_xor(values, out) };
    let mut best = (Order::Slope, 0, u64::MAX);
    for order in [Order::Slope, Order::Level, Order::Bend] {
        let bias = bias(ints, order);
        residuals(ints, order, bias, &mut scratch.residuals);
        let cost = scratch.residuals.iter().map(|r| u64::from(u64::BITS - r.leading_zeros())).sum();
        if cost < best.2 {
            best = (order, bias, cost);
        }
    }
    let (order, bias, _) = best;
    residuals(ints, order, bias, &mut scratch.residuals);
    let parameter = fit(&scratch.residuals);
    out.push(scale);
    out.push((order as u8) << 6 | parameter as u8);
    put_varint(out, zigzag(bias));
    if order != Order::Level {
        put_varint(out, zigzag(first));
    }
    let mut w = Writer::new(out);
    let mut residuals = scratch.residuals.iter();
    for &v in values {
        if is_stale(v) {
            w.write((1 << ESCAPE) - 1, ESCAPE);
            w.write(STALE, 6);
        } else if let Some(&r) = residuals.next() {
            put_rice(&mut w, r, parameter);
        }
    }
    w.finish();
}

/// What the residuals of this order centre around.
fn bias(ints: &[i64], order: Order) -> i64 {
    match (order, ints) {
        (Order::Level, [_, ..]) => {
            let sum: i128 = ints.iter().map(|&k| i128::from(k)).sum();
            (sum / ints.len() as i128) as i64
        }
        (Order::Slope, [first, .., last]) => (last - first) / (ints.len() as i64 - 1),
        _ => 0,
    }
}

/// The zigzagged residual of each integer. The first one of [`Order::Slope`] and [`Order::Bend`] is 0 by construction.
fn residuals(ints: &[i64], order: Order, bias: i64, out: &mut Vec<u64>) {
    out.clear();
    let Some(&first) = ints.first() else { return };
    match order {
        Order::Level => out.extend(ints.iter().map(|k| zigzag(k - bias))),
        Order::Slope => {
            out.push(0);
            out.extend(ints.windows(2).map(|w| zigzag(w[1] - w[0] - bias)));
        }
        Order::Bend => {
            let (mut last, mut slope) = (first, 0);
            out.extend(ints.iter().map(|&k| {
                let r = k - last - slope;
                (slope, last) = (k - last, k);
                zigzag(r)
            }));
        }
    }
}

/// The Rice parameter that costs least.
fn fit(residuals: &[u64]) -> u32 {
    let sum: u128 = residuals.iter().map(|&r| u128::from(r)).sum();
    let mean = (sum / residuals.len().max(1) as u128) as u64;
    let cost = |parameter: u32| residuals.iter().map(|&r| u64::from(rice_width(r, parameter))).sum::<u64>();
    let mut best = mean.checked_ilog2().unwrap_or(0).min(MAX_PARAMETER);
    let mut least = cost(best);
    // A few outliers pull the mean far above what is usual: go down from it as long as that pays.
    for parameter in (0..best).rev() {
        let this = cost(parameter);
        if this > least {
            break;
        }
        (best, least) = (parameter, this);
    }
    if best > 0 && cost(0) < least { 0 } else { best }
}

const fn rice_width(r: u64, parameter: u32) -> u32 {
    let quotient = r >> parameter;
    if quotient < ESCAPE as u64 { quotient as u32 + 1 + parameter } else { ESCAPE + 6 + escape_width(r).1 }
}

/// The width code of an escaped residual and the bits that follow it.
const fn escape_width(r: u64) -> (u64, u32) {
    let width = 64 - r.leading_zeros();
    if width as u64 >= FULL { (FULL, 64) } else { (width as u64, width) }
}

fn put_rice(w: &mut Writer<'_>, r: u64, parameter: u32) {
    let quotient = r >> parameter;
    if quotient < u64::from(ESCAPE) {
        // `quotient` ones, a zero, then the low bits.
        w.write((1 << (quotient + 1)) - 2, quotient as u32 + 1);
        w.write(r, parameter);
    } else {
        let (code, width) = escape_width(r);
        w.write((1 << ESCAPE) - 1, ESCAPE);
        w.write(code, 6);
        w.write(r, width);
    }
}

fn encode_xor(values: &[f64], out: &mut Vec<u8>) {
    out.push(XOR);
    let mut w = Writer::new(out);
    let mut last = 0;
    // An impossible window, so that the first change opens one.
    let (mut leading, mut trailing) = (64, 64);
    for v in values {
        let x = v.to_bits() ^ last;
        last = v.to_bits();
        if x == 0 {
            w.write(0, 1);
            continue;
        }
        let (l, t) = (x.leading_zeros().min(31), x.trailing_zeros());
        if l >= leading && t >= trailing && (l - leading) + (t - trailing) <= 11 {
            w.write(0b10, 2);
        } else {
            (leading, trailing) = (l, t);
            w.write(0b11, 2);
            w.write(u64::from(leading), 5);
            w.write(u64::from(64 - leading - trailing - 1), 6);
        }
        w.write(x >> trailing, 64 - leading - trailing);
    }
    w.finish();
}

/// Appends the first `n` values that [`encode`] put at the start of `data` to `out`.
pub(super) fn decode(data: &[u8], n: usize, out: &mut Vec<f64>) {
    let Some((&head, mut data)) = data.split_first() else { return };
    let start = out.len();
    match head {
        CONSTANT_INT => out.resize(start + n, unzigzag(take_varint(&mut data)) as f64),
        CONSTANT => {
            let bits = data.first_chunk().map_or(STALE_BITS, |b| u64::from_be_bytes(*b));
            out.resize(start + n, f64::from_bits(bits));
        }
        XOR => decode_xor(data, n, out),
        scale => {
            decode_ints(data, n, out);
            let power = SCALES.get(usize::from(scale)).copied().unwrap_or(1.0);
            // Any arithmetic would turn a staleness marker into an ordinary NaN.
            if scale > 0 {
                out[start..].iter_mut().filter(|v| !is_stale(**v)).for_each(|v| *v /= power);
            }
        }
    }
}

fn decode_ints(data: &[u8], n: usize, out: &mut Vec<f64>) {
    let Some((&plan, mut data)) = data.split_first() else { return };
    let parameter = u32::from(plan & 0x3f).min(MAX_PARAMETER);
    let bias = unzigzag(take_varint(&mut data));
    match plan >> 6 {
        0 => decode_rice(data, n, parameter, out, move |r| bias.wrapping_add(r)),
        1 => {
            let mut next = unzigzag(take_varint(&mut data));
            decode_rice(data, n, parameter, out, move |r| {
                let k = next.wrapping_add(r);
                next = k.wrapping_add(bias);
                k
            });
        }
        _ => {
            let (mut last, mut slope) = (unzigzag(take_varint(&mut data)), 0_i64);
            decode_rice(data, n, parameter, out, move |r| {
                slope = slope.wrapping_add(r);
                last = last.wrapping_add(slope);
                last
            });
        }
    }
}

/// Appends `n` residuals as what `value` makes of them.
// On its own, and the rare case apart: the loop then fits the registers.
#[inline(never)]
fn decode_rice(data: &[u8], n: usize, parameter: u32, out: &mut Vec<f64>, mut value: impl FnMut(i64) -> i64) {
    let mut r = Reader::new(data);
    let one = 1_u64 << parameter;
    // A loop over places that are there already: the reader stays in registers.
    let start = out.len();
    out.resize(start + n, 0.0);
    for place in &mut out[start..] {
        let word = r.peek(ESCAPE + parameter);
        // The bit set at the end says that there is an end, which spares the processor the other case.
        let ones = (!word | 1).leading_zeros();
        let residual = if ones < ESCAPE {
            let width = ones + 1 + parameter;
            let low = (word >> (64 - width)) & (one - 1);
            r.skip(width);
            u64::from(ones) * one + low
        } else {
            let (escaped, rest) = escaped(r);
            r = rest;
            let Some(residual) = escaped else {
                *place = stale_marker();
                continue;
            };
            residual
        };
        *place = value(unzigzag(residual)) as f64;
    }
}

/// A residual too long for a Rice code, none for a staleness marker, and the reader behind it.
#[cold]
#[inline(never)]
fn escaped(mut r: Reader<'_>) -> (Option<u64>, Reader<'_>) {
    r.skip(ESCAPE);
    let residual = match r.read(6) {
        STALE => None,
        FULL => Some(r.read(64)),
        width => Some(r.read(width as u32)),
    };
    (residual, r)
}

fn decode_xor(data: &[u8], n: usize, out: &mut Vec<f64>) {
    let mut r = Reader::new(data);
    let mut last = 0;
    let (mut width, mut trailing) = (0, 0);
    let start = out.len();
    out.resize(start + n, 0.0);
    for place in &mut out[start..] {
        // The longest prefix: two control bits, five of leading zeros, six of width.
        let word = r.peek(13);
        if word >> 63 == 0 {
            r.skip(1);
        } else {
            if word >> 62 == 3 {
                width = (word >> 51 & 0x3f) as u32 + 1;
                trailing = 64_u32.saturating_sub((word >> 57 & 0x1f) as u32 + width);
                r.skip(13);
            } else {
                r.skip(2);
            }
            last ^= r.read(width) << trailing;
        }
        *place = f64::from_bits(last);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(values: &[f64]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(values, &mut Scratch::default(), &mut out);
        out
    }

    fn round_trip(values: &[f64]) -> Vec<u64> {
        let mut back = Vec::new();
        decode(&encoded(values), values.len(), &mut back);
        bits(&back)
    }

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|v| v.to_bits()).collect()
    }

    #[test]
    fn an_idle_series_costs_a_few_bytes_a_chunk() {
        assert!(encoded(&[4057.0; 120]).len() <= 4);
        assert!(encoded(&[0.1; 120]).len() <= 9);
    }

    #[test]
    fn an_irregular_counter_costs_about_a_byte_a_sample() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut v = 25_962.0;
        let values: Vec<f64> = (0..120)
            .map(|_| {
                v += f64::from(rng.u32(20..60));
                v
            })
            .collect();
        assert!(encoded(&values).len() <= 120, "{}", encoded(&values).len());
        assert_eq!(round_trip(&values), bits(&values));
    }

    #[test]
    fn one_jump_in_an_idle_series_costs_what_it_is_worth() {
        let mut values = [7.0; 120];
        values[60..].fill(1_000_000.0);
        assert!(encoded(&values).len() <= 32, "{}", encoded(&values).len());
        assert_eq!(round_trip(&values), bits(&values));
    }

    #[test]
    fn decimals_are_stored_as_integers() {
        let values: Vec<f64> = (0..120).map(|i| f64::from(i * 37 % 101) / 100.0).collect();
        assert!(encoded(&values).len() <= 120);
        assert_eq!(round_trip(&values), bits(&values));
    }

    #[test]
    fn the_sign_of_zero_and_payloads_of_nan_survive() {
        let values = [0.0, -0.0, f64::NAN, f64::from_bits(0x7ff8_0000_dead_beef), stale_marker(), f64::INFINITY, 1e300];
        assert_eq!(round_trip(&values), bits(&values));
    }

    #[test]
    fn staleness_markers_among_integers_survive() {
        let values = [stale_marker(), 3.0, stale_marker(), 5.0, stale_marker()];
        assert_eq!(round_trip(&values), bits(&values));
        assert_eq!(round_trip(&[stale_marker(); 3]), bits(&[stale_marker(); 3]));
    }

    /// Values as they come: integers of any size, decimals, any bits, staleness.
    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            (-50i64..50).prop_map(|k| k as f64),
            any::<i64>().prop_map(|k| k as f64),
            (-(1i64 << 53)..=1 << 53).prop_map(|k| k as f64),
            (any::<i32>(), 0i32..9).prop_map(|(k, s)| f64::from(k) / 10f64.powi(s)),
            any::<u64>().prop_map(f64::from_bits),
            Just(stale_marker()),
        ]
    }

    proptest! {
        #[test]
        fn any_values_come_back_to_the_bit(values in prop::collection::vec(value(), 1..200)) {
            prop_assert_eq!(round_trip(&values), bits(&values));
        }

        #[test]
        fn integers_of_one_kind_come_back(values in prop::collection::vec(-(1i64 << 53)..=1 << 53, 1..130)) {
            let values: Vec<f64> = values.into_iter().map(|k| k as f64).collect();
            prop_assert_eq!(round_trip(&values), bits(&values));
        }

        #[test]
        fn garbage_decodes_to_something_without_a_panic(data in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut values = Vec::new();
            decode(&data, 100, &mut values);
            prop_assert!(values.is_empty() || values.len() == 100);
        }
    }
}
