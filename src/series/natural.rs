//! The order of names.

use std::cmp::Ordering;

/// Orders names as people do: `orders-2` before `orders-10`, bucket bounds by size.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let (da, db) = (digits(a), digits(b));
        if da > 0 && db > 0 {
            let (na, nb) = (a[..da].trim_start_matches('0'), b[..db].trim_start_matches('0'));
            match na.len().cmp(&nb.len()).then_with(|| na.cmp(nb)) {
                Ordering::Equal => (a, b) = (&a[da..], &b[db..]),
                other => return other,
            }
            continue;
        }
        match (a.chars().next(), b.chars().next()) {
            (Some(x), Some(y)) if x == y => (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]),
            (x, y) => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_sort_them() {
        let mut names = ["orders-10", "orders-2", "audit-1", "orders-02b", "orders"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["audit-1", "orders", "orders-2", "orders-02b", "orders-10"]);
    }
}
