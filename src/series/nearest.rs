//! "Did you mean": the known word that a mistyped one is closest to.

/// The one of `known` that takes the fewest single-character edits to become `word` (a swap of neighbours is one),
/// upper and lower case alike; `None` where even that one has little in common with it.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().take(64).collect();
    let (edits, best) = known
        .into_iter()
        .map(|k| (edits(&word, &k.to_lowercase().chars().collect::<Vec<_>>()), k))
        .min_by_key(|&(edits, _)| edits)?;
    (edits <= word.len().max(best.chars().count()).div_ceil(4)).then_some(best)
}

/// Optimal string alignment distance.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let known = ["title", "unit", "unit_right", "thresholds"];
        assert_eq!(nearest("tilte", known), Some("title"));
        assert_eq!(nearest("Unit", known), Some("unit"));
        assert_eq!(nearest("threshold", known), Some("thresholds"));
        assert_eq!(nearest("unitright", known), Some("unit_right"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
