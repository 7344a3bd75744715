//! Which of the series colours a series has: the same as long as the program runs, whichever others come and go, and the
//! same on all panels of a dashboard where its name is the same and the colour is free. Uses `panel`.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::panel::Curve;

/// As many colours as any theme can tell apart; more series than that share some.
const COLOURS: u16 = 12;

/// As many series that are gone keep their colours.
const KEPT: usize = 256;

/// As many names of a dashboard have a colour.
const NAMES: usize = 4_096;

/// The hues that the series of one panel have or had, by what tells a series from the others.
pub(super) type Taken = FxHashMap<u64, u16>;

/// The hue that each name first had on a dashboard.
pub(super) type Names = FxHashMap<String, u16>;

/// Gives every curve of a panel its hue: the one that it had, else the one that its name has elsewhere, else the first that
/// no curve has or had.
pub(super) fn assign(curves: &mut [Curve], taken: &mut Taken, names: &mut Names) {
    let mut seen = FxHashSet::default();
    // Two that nothing tells apart are the first and the second of their kind.
    let own = |curve: &Curve| {
        let mut key = key(curve);
        while !seen.insert(key) {
            key = key.wrapping_add(1);
        }
        key
    };
    let keys: Vec<u64> = curves.iter().map(own).collect();
    if taken.len() > curves.len() + KEPT {
        taken.retain(|key, _| seen.contains(key));
    }
    let mut present: Vec<bool> = Vec::with_capacity(curves.len());
    for (curve, key) in curves.iter_mut().zip(&keys) {
        curve.hue = taken.get(key).copied().filter(|hue| take(&mut present, *hue));
    }
    let mut kept: Vec<bool> = present.clone();
    for &hue in taken.values() {
        take(&mut kept, hue);
    }
    for (curve, key) in curves.iter_mut().zip(&keys).filter(|(curve, _)| curve.hue.is_none()) {
        let is_free = |of: &[bool], hue: u16| !of.get(usize::from(hue)).copied().unwrap_or(false);
        let first = |of: &[bool]| (0..u16::MAX).find(|hue| is_free(of, *hue)).unwrap_or(u16::MAX);
        let known = names.get(&curve.name).copied().filter(|hue| is_free(&kept, *hue));
        let hue = match known.unwrap_or_else(|| first(&kept)) {
            hue if hue < COLOURS => hue,
            // A colour of somebody who is gone rather than one that somebody here has.
            hue => Some(first(&present)).filter(|free| *free < COLOURS).unwrap_or(hue),
        };
        take(&mut present, hue);
        take(&mut kept, hue);
        taken.retain(|_, other| *other != hue);
        taken.insert(*key, hue);
        curve.hue = Some(hue);
        if names.len() < NAMES && !names.contains_key(&curve.name) {
            names.insert(curve.name.clone(), hue);
        }
    }
}

/// Marks a hue as taken; whether it was free.
fn take(hues: &mut Vec<bool>, hue: u16) -> bool {
    let hue = usize::from(hue);
    if hue >= hues.len() {
        hues.resize(hue + 1, false);
    }
    !std::mem::replace(&mut hues[hue], true)
}

fn key(curve: &Curve) -> u64 {
    let mut hasher = FxHasher::default();
    (curve.query, &curve.name, &curve.labels).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves(names: &[&str]) -> Vec<Curve> {
        names.iter().map(|name| Curve { name: (*name).to_owned(), ..Curve::default() }).collect()
    }

    fn hues(names: &[&str], taken: &mut Taken, known: &mut Names) -> Vec<u16> {
        let mut curves = curves(names);
        assign(&mut curves, taken, known);
        curves.iter().map(|curve| curve.hue.unwrap()).collect()
    }

    #[test]
    fn a_series_keeps_its_colour_whoever_comes_and_goes() {
        let (mut taken, mut names) = (Taken::default(), Names::default());
        assert_eq!(hues(&["b", "c", "d"], &mut taken, &mut names), [0, 1, 2]);
        assert_eq!(hues(&["a", "c", "d"], &mut taken, &mut names), [3, 1, 2], "not that of who may come back");
        assert_eq!(hues(&["d"], &mut taken, &mut names), [2]);
        assert_eq!(hues(&["a", "b", "c", "d"], &mut taken, &mut names), [3, 0, 1, 2]);
    }

    #[test]
    fn a_name_has_one_colour_on_all_panels_unless_that_is_taken() {
        let mut names = Names::default();
        assert_eq!(hues(&["agent-1", "agent-2", "agent-3"], &mut Taken::default(), &mut names), [0, 1, 2]);
        assert_eq!(hues(&["agent-3", "agent-2"], &mut Taken::default(), &mut names), [2, 1]);
        assert_eq!(hues(&["other", "agent-1"], &mut Taken::default(), &mut names), [0, 1], "each has its own");
        let mut taken = Taken::default();
        for _ in 0..3 {
            assert_eq!(hues(&["agent-2", "agent-2"], &mut taken, &mut names), [1, 0], "nothing tells them apart");
        }
    }

    #[test]
    fn no_two_that_are_there_share_a_colour_as_long_as_there_are_enough() {
        let (mut taken, mut names) = (Taken::default(), Names::default());
        for pod in 0..1_000 {
            let all: Vec<String> = (pod..pod + 12).map(|i| format!("pod-{i}")).collect();
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            let mut hues = hues(&all, &mut taken, &mut names);
            hues.sort_unstable();
            assert_eq!(hues, (0..COLOURS).collect::<Vec<_>>(), "{pod}");
        }
        assert!(taken.len() <= 12 + KEPT + 1);
    }

    #[test]
    fn hundreds_have_hues_too() {
        let all: Vec<String> = (0..500).map(|i| i.to_string()).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let (mut taken, mut names) = (Taken::default(), Names::default());
        let first = hues(&all, &mut taken, &mut names);
        assert_eq!(hues(&all[100..], &mut taken, &mut names), first[100..]);
    }
}
