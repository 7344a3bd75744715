//! What an answer is for: the number that a plan gives to each of its asks.

/// Where an answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// A panel of a dashboard, by their indexes.
    Panel(usize, usize),
    /// What a rule watches, by the rule's index in the last report.
    Rule(usize),
    /// A query of the open runbook, by its index.
    Block(usize),
    /// A variable of a dashboard, by their indexes.
    Variable(usize, usize),
    /// What the selected target has.
    Target,
    /// The query of the editor.
    Explore,
}

/// The highest bits tell the kinds apart.
const RULE: u32 = 1 << 30;
const BLOCK: u32 = 1 << 31;
const VARIABLE: u32 = RULE | BLOCK;
/// The last of the variables, which no dashboard has.
const TARGET: u32 = u32::MAX;
/// The one before it.
const EXPLORE: u32 = u32::MAX - 1;

impl Slot {
    pub(super) fn key(self) -> u32 {
        match self {
            Self::Panel(view, panel) => (view as u32 & 0x3fff) << 16 | (panel as u32 & 0xffff),
            Self::Rule(index) => RULE | index as u32,
            Self::Block(index) => BLOCK | index as u32,
            Self::Variable(view, variable) => VARIABLE | (view as u32 & 0x3fff) << 16 | (variable as u32 & 0xffff),
            Self::Target => TARGET,
            Self::Explore => EXPLORE,
        }
    }

    pub(super) fn of(key: u32) -> Self {
        match key {
            TARGET => Self::Target,
            EXPLORE => Self::Explore,
            _ if key & VARIABLE == VARIABLE => Self::Variable((key >> 16 & 0x3fff) as usize, (key & 0xffff) as usize),
            _ if key & BLOCK != 0 => Self::Block((key & !BLOCK) as usize),
            _ if key & RULE != 0 => Self::Rule((key & !RULE) as usize),
            _ => Self::Panel((key >> 16) as usize, (key & 0xffff) as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_comes_back_as_itself() {
        for slot in [
            Slot::Panel(0, 0),
            Slot::Panel(2, 45),
            Slot::Rule(311),
            Slot::Block(0),
            Slot::Block(99),
            Slot::Variable(3, 7),
            Slot::Target,
            Slot::Explore,
        ] {
            assert_eq!(Slot::of(slot.key()), slot);
        }
    }
}
