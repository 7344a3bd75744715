//! The body of a remote write, version 1: protobuf in snappy. Only what it takes to write samples.
//! <https://prometheus.io/docs/specs/prw/remote_write_spec/>

use shtop::series::{Labels, Sample};

/// A `WriteRequest`.
pub(crate) fn write_request<'a>(series: impl Iterator<Item = (&'a Labels, &'a [Sample])>) -> Vec<u8> {
    let mut out = Vec::new();
    for (labels, samples) in series {
        let mut one = Vec::new();
        for label in labels {
            let mut pair = Vec::new();
            field(&mut pair, 1, label.name.as_bytes());
            field(&mut pair, 2, label.value.as_bytes());
            field(&mut one, 1, &pair);
        }
        for s in samples {
            let mut sample = vec![1 << 3 | 1];
            sample.extend(s.v.to_bits().to_le_bytes());
            sample.push(2 << 3);
            varint(&mut sample, s.t as u64);
            field(&mut one, 2, &sample);
        }
        field(&mut out, 1, &one);
    }
    out
}

fn field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Snappy's block format with nothing compressed: literals only.
/// <https://github.com/google/snappy/blob/main/format_description.txt>
pub(crate) fn snappy(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 10_000 + 16);
    varint(&mut out, bytes.len() as u64);
    for literal in bytes.chunks(1 << 16) {
        // 61: the length less one follows in two bytes.
        out.push(61 << 2);
        out.extend(((literal.len() - 1) as u16).to_le_bytes());
        out.extend_from_slice(literal);
    }
    out
}
