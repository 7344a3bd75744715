//! What is done with the series of a panel before they are drawn, as a layout file says it. Uses nothing of the crate.

use super::style::Reduce;

/// One step; they are done in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Transform {
    /// Keeps, or leaves out, the series in whose name this regular expression is found.
    Series {
        /// The regular expression.
        pattern: String,
        /// What happens to those it is found in.
        pick: Pick,
    },
    /// Keeps, or leaves out, the series of the queries whose id this regular expression matches as a whole.
    Queries {
        /// The regular expression.
        pattern: String,
        /// What happens to those it matches.
        pick: Pick,
    },
    /// Leaves out labels, or all but some, and calls others by another name: the columns of a table. `Value` is the column
    /// of a lone query, `Value #A` that of the query A; what is written `/so/` is a regular expression.
    Columns {
        /// These are left out.
        hidden: Vec<String>,
        /// Where there are any, only these stay.
        kept: Vec<String>,
        /// (label or series, what it is called).
        renamed: Vec<(String, String)>,
    },
    /// Calls the series in whose name this regular expression is found by another name: each place where it is found is
    /// replaced, `$1` by its first group.
    Rename {
        /// The regular expression.
        pattern: String,
        /// What stands there instead.
        to: String,
    },
    /// Shows words in place of numbers.
    Words {
        /// The label whose value they are, by a regular expression for its name; empty for the name of the series.
        label: String,
    },
    /// One series for all of a query that have these labels in common, and no others.
    Group {
        /// The labels.
        by: Vec<String>,
        /// Which number of theirs it has, at every step.
        reduce: Reduce,
    },
    /// Keeps, or leaves out, the series with a value in a range, and with each those of other queries with its labels.
    Values {
        /// The id of the query whose values count; empty for every one's.
        of: String,
        /// The lower end, included; `None` where it is open.
        from: Option<f64>,
        /// The upper end, included; `None` where it is open.
        to: Option<f64>,
        /// What happens to those inside.
        pick: Pick,
    },
    /// A series more for each of `left` with its counterpart of `right`.
    Calculate {
        /// What it is called; empty for both operands and the operator.
        name: String,
        /// The left side.
        left: Operand,
        /// What is done with the two.
        operator: Operator,
        /// The right side.
        right: Operand,
        /// What becomes of what it was calculated from.
        others: Pick,
    },
    /// A series more: at every step one number of all the others.
    Total {
        /// What it is called.
        name: String,
        /// Which number.
        reduce: Reduce,
        /// Names of the series that count; empty for all.
        of: Vec<String>,
        /// What becomes of them.
        others: Pick,
    },
    /// Orders the series.
    Sort {
        /// By this label; empty for their value.
        by: String,
        /// Whether the largest comes first.
        descending: bool,
    },
    /// Keeps so many, the first ones.
    Limit(usize),
}

/// What happens to those that are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pick {
    /// They stay; of a choice, the others go.
    #[default]
    Keep,
    /// They go.
    Drop,
}

/// One side of a calculation.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A number.
    Number(f64),
    /// The series of this name; where none has it, those of the query of this id.
    Series(String),
}

/// What is done with two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Operator {
    /// Every one as it is written.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("+", Self::Add), ("-", Self::Subtract), ("*", Self::Multiply), ("/", Self::Divide)];

    /// As it is written.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, operator)| *operator == self).map_or("+", |&(name, _)| name)
    }

    /// `left` and `right` together.
    pub fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
        }
    }
}
