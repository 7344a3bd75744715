//! Queries from a grammar: everything that Prometheus 2.42 and 3 both have, nested, and now and then broken.
//!
//! A query of the grammar keeps away from what `DIFFERENCES` lists.

use fastrand::Rng;

use crate::words::{
    AGGREGATIONS, COUNTERS, DATES, EACH, INSTANT, LABELS, OF_COUNTERS, OF_GAUGES, OVER_TIME, TRIGONOMETRIC,
};

/// Writes queries.
pub(crate) struct Grammar {
    rng: Rng,
    /// Times that `@` may name, seconds since the epoch.
    times: Vec<i64>,
}

/// What an expression is evaluated at, which decides what ranges of subqueries may be: their borders must not lie on their
/// steps, which are multiples of ten seconds.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// The query's own times, seven seconds past a multiple of ten.
    Query,
    /// Multiples of ten seconds.
    Steps,
}

/// What the values of a vector are like.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Anything.
    Any,
    /// Stored values, or whole numbers: no rounding in their last digit.
    Exact,
    /// No two the same at the same time.
    Distinct,
}

impl Grammar {
    pub(crate) fn new(seed: u64, times: Vec<i64>) -> Self {
        Self { rng: Rng::with_seed(seed), times }
    }

    /// One query.
    pub(crate) fn query(&mut self) -> String {
        let depth = self.rng.u32(1..=4);
        match self.rng.u32(0..40) {
            0 => self.scalar(depth, At::Query),
            1 => self.range_vector(1, At::Query),
            2..5 => {
                let text = self.vector(depth, At::Query);
                self.broken(&text)
            }
            _ => self.vector(depth, At::Query),
        }
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.rng.usize(0..from.len())]
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.rng.u32(0..n) == 0
    }

    fn vector(&mut self, depth: u32, at: At) -> String {
        self.vector_of(Kind::Any, depth, at)
    }

    fn vector_of(&mut self, kind: Kind, depth: u32, at: At) -> String {
        if depth == 0 || kind == Kind::Distinct {
            return self.leaf(kind, at);
        }
        let inner = depth - 1;
        if kind == Kind::Exact {
            return match self.rng.u32(0..4) {
                0 => format!("{}({})", self.pick(&["floor", "ceil", "sgn", "round"]), self.leaf(Kind::Exact, at)),
                1 => format!("count by ({}) ({})", self.pick(&LABELS), self.vector(inner, at)),
                _ => self.leaf(Kind::Exact, at),
            };
        }
        match self.rng.u32(0..100) {
            0..8 => self.leaf(Kind::Any, at),
            8..20 => self.each(inner, at),
            20..36 => self.over(inner, at),
            36..58 => self.aggregation(inner, at),
            58..82 => self.binary(inner, at),
            82..87 => self.histogram(inner, at),
            87..92 => self.relabelled(inner, at),
            92..96 => self.absent(inner, at),
            96..98 => format!("vector({})", self.scalar(inner, at)),
            _ => format!("({})", self.vector(inner, at)),
        }
    }

    fn leaf(&mut self, kind: Kind, at: At) -> String {
        let name = match kind {
            Kind::Any | Kind::Exact => self.pick(&INSTANT),
            Kind::Distinct => "sim_load",
        };
        if kind == Kind::Distinct && self.one_in(3) {
            return format!("deriv(sim_load{}[5m])", self.braces("sim_load"));
        }
        format!("{name}{}{}", self.braces(name), self.shifted(at))
    }

    /// Matchers, often none.
    fn braces(&mut self, name: &str) -> String {
        let odd = [
            r#"text="quo\"te""#,
            r#"text=~"back\\\\.*""#,
            "text=`sp ace`",
            "text!='ünïcode → ☃'",
            r#"text=~"[$]1|plain""#,
        ];
        let any = [
            r#"instance="a""#,
            r#"instance!="a""#,
            r#"instance=~"a|b""#,
            r#"instance!~"a|b""#,
            r#"instance=~"(?i)[A-C]""#,
            r#"zone=~"eu-.+""#,
            r#"zone!~"us.*""#,
            r#"zone=~".*""#,
            r#"code=~"[45].{2}""#,
            r#"code=~"5..""#,
            r#"code!="""#,
            r#"code="""#,
            r#"version=~"1\\.2.*""#,
            r#"nothing="""#,
            r#"nothing=~".+""#,
            r#"nothing!~".+""#,
            r#"end!~"marked|again""#,
            r#"group=~"g?""#,
            r#"instance=~"a|b",instance!="b""#,
            r#"le=~"0\\..*|1.0""#,
        ];
        if name == "sim_odd" {
            return if self.one_in(2) { String::new() } else { format!("{{{}}}", self.pick(&odd)) };
        }
        match self.rng.u32(0..10) {
            0..6 => String::new(),
            6..9 => format!("{{{}}}", self.pick(&any)),
            _ => format!("{{{}, {},}}", self.pick(&any), self.pick(&any)),
        }
    }

    /// `offset` and `@`, mostly neither, in either order.
    fn shifted(&mut self, _: At) -> String {
        let offset = match self.rng.u32(0..24) {
            0 | 1 => " offset 5m".to_owned(),
            2 => " offset -3m".to_owned(),
            3 => " offset 1h".to_owned(),
            4 => " OFFSET 1m30s".to_owned(),
            _ => String::new(),
        };
        let fixed = match self.rng.u32(0..24) {
            0 => " @ start()".to_owned(),
            1 => " @ end()".to_owned(),
            2 | 3 => format!(" @ {}", self.times[self.rng.usize(0..self.times.len())]),
            _ => String::new(),
        };
        if self.one_in(2) { offset + &fixed } else { fixed + &offset }
    }

    fn each(&mut self, depth: u32, at: At) -> String {
        match self.rng.u32(0..14) {
            0..6 => format!("{}({})", self.pick(&EACH), self.vector(depth, at)),
            12 => format!("{}({})", self.pick(&DATES), self.finite(depth, at)),
            13 => format!("{}({})", self.pick(&DATES), self.pick(&["sim_date", "", "vector(time() * 7)"])),
            6 | 7 => format!("{}({})", self.pick(&TRIGONOMETRIC), self.leaf(Kind::Exact, at)),
            8 => format!("{}{}", self.pick(&["-", "- ", "+ 0 + "]), self.vector(depth, at)),
            9 => {
                let to = self.pick(&["5", "0.25", "100", "-2", "1e-3"]);
                format!("round({}, {to})", self.leaf(Kind::Exact, at))
            }
            10 => {
                let bounds = self.pick(&["0, 100", "-5, 5", "100, 0", "NaN, 3", "-Inf, 50", "2, +Inf"]);
                format!("clamp({}, {bounds})", self.vector(depth, at))
            }
            _ => {
                let (f, bound) = (self.pick(&["clamp_min", "clamp_max"]), self.scalar(1, at));
                format!("{f}({}, {bound})", self.vector(depth, at))
            }
        }
    }

    /// Without infinities and NaN.
    fn finite(&mut self, depth: u32, at: At) -> String {
        format!("({}) > -1e7 < 1e7", self.vector(depth, at))
    }

    fn over(&mut self, depth: u32, at: At) -> String {
        match self.rng.u32(0..20) {
            0..9 => format!("{}({})", self.pick(&OVER_TIME), self.range_vector(depth, at)),
            9..12 => format!("{}({})", self.pick(&OF_GAUGES), self.range_vector(depth, at)),
            12..16 => {
                let name = self.pick(&COUNTERS);
                let (braces, range, shifted) = (self.braces(name), self.range(), self.shifted(at));
                format!("{}({name}{braces}[{range}]{shifted})", self.pick(&OF_COUNTERS))
            }
            16 => {
                let q = self.pick(&["0", "0.5", "0.9", "1", "-1", "2", "0.333"]);
                format!("quantile_over_time({q}, {})", self.range_vector(depth, at))
            }
            17 => {
                let ahead = self.pick(&["60", "3600", "-300", "0"]);
                // The range must not stand still: see `DIFFERENCES`.
                let range = std::iter::repeat_with(|| self.range_vector(depth, at)).find(|r| !is_fixed(r));
                format!("predict_linear({}, {ahead})", range.unwrap_or_default())
            }
            18 => {
                let factors = self.pick(&["0.5, 0.5", "0.1, 0.9", "0.99, 0.01", "0, 0.5", "0.5, 1"]);
                format!("holt_winters({}, {factors})", self.range_vector(depth, at))
            }
            _ => format!("absent_over_time({})", self.range_vector(depth, at)),
        }
    }

    fn range(&mut self) -> &'static str {
        self.pick(&["5m", "5m", "1m", "10m", "40s", "30m", "1m30s", "2h", "1h5m", "16s"])
    }

    fn range_vector(&mut self, depth: u32, at: At) -> String {
        if depth == 0 || self.one_in(2) {
            let name = self.pick(&INSTANT);
            return format!("{name}{}[{}]{}", self.braces(name), self.range(), self.shifted(at));
        }
        let inner = self.vector(depth - 1, At::Steps);
        // With `@`, the end is a time of the query whatever is around.
        let shifted = self.shifted(at);
        let at = if shifted.contains('@') { At::Query } else { at };
        let range = match at {
            At::Query => self.pick(&["5m", "10m", "30m", "90s", "1h"]),
            At::Steps => self.pick(&["5m3s", "10m7s", "93s", "1801s"]),
        };
        let step = self.pick(&["1m", "30s", "10s", "", "", "5m"]);
        format!("({inner})[{range}:{step}]{shifted}")
    }

    fn grouping(&mut self) -> String {
        match self.rng.u32(0..8) {
            0 | 1 => String::new(),
            2..5 => format!(" by ({})", self.pick(&LABELS)),
            5 => format!(" by ({}, {})", self.pick(&LABELS), self.pick(&LABELS)),
            6 => format!(" without ({})", self.pick(&LABELS)),
            _ => format!(" without ({}, {},)", self.pick(&LABELS), self.pick(&LABELS)),
        }
    }

    fn aggregation(&mut self, depth: u32, at: At) -> String {
        let (name, of) = match self.rng.u32(0..18) {
            0..10 => (self.pick(&AGGREGATIONS), self.vector(depth, at)),
            16 | 17 => (self.pick(&["stddev", "stdvar"]), self.finite(depth, at)),
            10 | 11 => {
                let q = self.pick(&["0", "0.5", "0.95", "1", "-0.1", "1.1", "NaN"]);
                ("quantile", format!("{q}, {}", self.vector(depth, at)))
            }
            12 | 13 => {
                let of = self.leaf(Kind::Distinct, at);
                // 2.42 takes the first step's parameter for all where the rest is the same at every step.
                let varying = if of.contains('@') { "1.5" } else { "scalar(count(sim_short) or vector(2))" };
                let k = self.pick(&["1", "2", "3", "100", "0", "-1", "2.9", varying]);
                (self.pick(&["topk", "bottomk"]), format!("{k}, {of}"))
            }
            14 => ("count_values", format!("\"value\", {}", self.vector_of(Kind::Exact, depth, at))),
            _ => ("count_values", format!("'code', {}", self.leaf(Kind::Exact, at))),
        };
        let grouping = self.grouping();
        if self.one_in(4) { format!("{name}({of}){grouping}") } else { format!("{name}{grouping} ({of})") }
    }

    fn binary(&mut self, depth: u32, at: At) -> String {
        let arithmetic = ["+", "-", "*", "/", "%", "^", "atan2"];
        let comparison = ["<", ">", "<=", ">=", "==", "!="];
        match self.rng.u32(0..20) {
            0..4 => {
                let (sign, number) = (self.pick(&arithmetic[..4]), self.scalar(1, at));
                format!("{} {sign} {number}", self.vector(depth, at))
            }
            4 | 5 => {
                let (sign, number) = (self.pick(&arithmetic), self.number());
                nameless(format!("{number} {sign} {}", self.leaf(Kind::Exact, at)))
            }
            6 => nameless(format!("{} {} {}", self.leaf(Kind::Exact, at), self.pick(&arithmetic), self.number())),
            7..10 => {
                let (sign, bool) = (self.pick(&comparison), self.pick(&["", " bool"]));
                let number = self.pick(&["0", "1", "2.5", "100", "500", "-3", "NaN", "Inf"]);
                if self.one_in(4) {
                    return format!("{number} {sign}{bool} {}", self.vector_of(Kind::Exact, depth, at));
                }
                format!("{} {sign}{bool} {number}", self.vector_of(Kind::Exact, depth, at))
            }
            10 => {
                let (sign, bool) = (self.pick(&comparison), self.pick(&["", " bool"]));
                let (left, right) = (self.leaf(Kind::Exact, at), self.leaf(Kind::Exact, at));
                format!("{left} {sign}{bool} {} {right}", self.matching())
            }
            11..14 => {
                let sign = self.pick(&["and", "or", "unless", "AND"]);
                let matching = self.matching();
                let (left, right) = (self.vector(depth, at), self.vector(depth, at));
                // Series of one name, once with and once without it, are the same until the end in one version only.
                let shared = INSTANT.iter().chain(&COUNTERS).any(|name| left.contains(name) && right.contains(name));
                if shared {
                    format!("0 + ({left}) {sign} {matching} 0 + ({right})")
                } else {
                    format!("{left} {sign} {matching} {right}")
                }
            }
            14 => {
                let sign = self.pick(&["*", "+", "/", "> bool", "<="]);
                let many = self.pick(&["sim_load", "sim_temp", "sim_requests_total"]);
                let include = self.pick(&["", "(version)", "(version, nothing)", "()"]);
                let one = self.pick(&["sim_info", "sim_leader", "sim_flag"]);
                if self.one_in(2) {
                    format!("{many} {sign} on (instance) group_left {include} {one}")
                } else {
                    format!("{one} {sign} on (instance) group_right {include} {many}")
                }
            }
            15 => {
                let (sign, labels) = (self.pick(&arithmetic[..4]), self.pick(&LABELS));
                let (f, g) = (self.pick(&AGGREGATIONS), self.pick(&AGGREGATIONS));
                let (left, right) = (self.vector(depth, at), self.vector(depth, at));
                format!("{f} by ({labels}) ({left}) {sign} {g} by ({labels}) ({right})")
            }
            16 => format!("{} or vector({})", self.vector(depth, at), self.number()),
            17 => {
                // Precedence and association.
                let (a, b) = (self.pick(&["+", "-", "*", "/"]), self.pick(&["+", "-", "*", "/", "^"]));
                let (x, y) = (self.leaf(Kind::Exact, at), self.number());
                format!("-{x} {a} {y} {b} 2 {a} 3")
            }
            _ => {
                let sign = self.pick(&arithmetic[..4]);
                let matching = self.matching();
                format!("{} {sign} {matching} {}", self.vector(depth, at), self.vector(depth, at))
            }
        }
    }

    fn matching(&mut self) -> String {
        match self.rng.u32(0..12) {
            0..5 => String::new(),
            5 | 6 => format!("on ({})", self.pick(&LABELS)),
            7 => format!("on ({}, {})", self.pick(&LABELS), self.pick(&LABELS)),
            8 => "on ()".to_owned(),
            9 => format!("ignoring ({})", self.pick(&LABELS)),
            _ => format!("ignoring ({}, {})", self.pick(&LABELS), self.pick(&LABELS)),
        }
    }

    fn histogram(&mut self, depth: u32, at: At) -> String {
        let q = match self.rng.u32(0..6) {
            0 => self.scalar(1, at),
            _ => self.pick(&["0.5", "0.9", "0.99", "0", "1", "-1", "1.5", "0.123"]).to_owned(),
        };
        let of = match self.rng.u32(0..8) {
            0 | 1 => format!("rate(sim_latency_seconds_bucket{}[5m])", self.braces("")),
            2 => "sum by (le) (rate(sim_latency_seconds_bucket[10m]))".to_owned(),
            3 => "sum by (zone, le) (increase(sim_latency_seconds_bucket[5m]))".to_owned(),
            4 | 5 => "sim_broken_bucket".to_owned(),
            6 => format!("sim_latency_seconds_bucket{}", self.shifted(at)),
            _ => self.vector(depth, at),
        };
        format!("histogram_quantile({q}, {of})")
    }

    fn relabelled(&mut self, depth: u32, at: At) -> String {
        let of = self.vector(depth, at);
        if self.one_in(3) {
            let rest = self.pick(&[
                r#""both", "-", "instance", "zone""#,
                r#""both", "", "code""#,
                r#""instance", "/", "instance", "nothing", "zone""#,
                r#""empty", ",""#,
                r#""zone", "", "nothing""#,
            ]);
            return format!("label_join({of}, {rest})");
        }
        let rest = self.pick(&[
            r#""copy", "$1", "instance", "(.*)""#,
            r#""copy", "${1}-$2", "zone", "(..)-(.)""#,
            r#""zone", "", "zone", ".*""#,
            r#""new", "x$1x", "instance", "(a|b)""#,
            r#""new", "$$1", "instance", "(.)""#,
            r#""new", "$name", "zone", "(?P<name>[a-z]+).*""#,
            r#""new", "fixed", "nothing", """#,
            r#""instance", "same", "instance", ".*""#,
            r#""new", "$9", "code", "(.)..""#,
            r#""new", "$1", "code", "(""#,
            r#""new", "${1", "code", "(.*)""#,
        ]);
        format!("label_replace({of}, {rest})")
    }

    fn absent(&mut self, depth: u32, at: At) -> String {
        let of = match self.rng.u32(0..6) {
            0 => r#"nothing{instance="a",zone=~"x|y"}"#.to_owned(),
            1 => r#"nothing{a="1",a="1",b="2"}"#.to_owned(),
            2 => r#"nothing{a!="1",a="2",b="",c="3"}"#.to_owned(),
            3 => r#"(nothing{a="1"})"#.to_owned(),
            4 => r#"sim_short{end="marked"}"#.to_owned(),
            _ => self.vector(depth, at),
        };
        format!("absent({of})")
    }

    fn number(&mut self) -> &'static str {
        self.pick(&["2", "0.5", "10", "-3", "1e3", "0", "0x1F", "Inf", "NaN", "7", "3.25"])
    }

    fn scalar(&mut self, depth: u32, at: At) -> String {
        match self.rng.u32(0..10) {
            _ if depth == 0 => self.number().to_owned(),
            0..4 => self.number().to_owned(),
            4 => "time()".to_owned(),
            5 => "pi()".to_owned(),
            6 => format!("scalar({})", self.leaf(Kind::Any, at)),
            7 => format!("scalar(sim_single{})", self.shifted(at)),
            8 => {
                let sign = self.pick(&["+", "-", "*", "/", "%", "^", "atan2", "== bool", "> bool", "<= bool"]);
                format!("({} {sign} {})", self.scalar(depth - 1, at), self.number())
            }
            _ => format!("-{}", self.scalar(depth - 1, at)),
        }
    }

    /// The query with a token dropped, doubled, moved or put in: most often no query any more.
    fn broken(&mut self, text: &str) -> String {
        let mut tokens = tokens(text);
        let at = self.rng.usize(0..tokens.len());
        match self.rng.u32(0..4) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[at]),
            2 => {
                let next = (at + 1) % tokens.len();
                tokens.swap(at, next);
            }
            _ => {
                let alien = self.pick(&[
                    "(",
                    ")",
                    "[5m]",
                    "{",
                    "}",
                    ",",
                    "by (x)",
                    "offset 5m",
                    "@ 0",
                    "bool",
                    "on (instance)",
                    "sum",
                    "\"s\"",
                    "1",
                    "-",
                    "==",
                    "and",
                    "group_left",
                    "rate",
                    "!",
                    "=",
                    "'",
                    "x",
                ]);
                tokens.insert(at, alien);
            }
        }
        tokens.join(" ")
    }
}

/// Whether a range vector has an `@` of its own.
fn is_fixed(range_vector: &str) -> bool {
    range_vector.rfind(']').is_some_and(|end| range_vector[end..].contains('@'))
}

/// Without the name that 2.42 leaves to the result of `atan2`.
fn nameless(text: String) -> String {
    if text.contains("atan2") { format!("({text}) + 0") } else { text }
}

/// Words, strings and signs; what stands in square brackets stays together.
fn tokens(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '.';
        let end = match first {
            '"' | '\'' | '`' => {
                let mut escaped = false;
                let closing = rest[1..].char_indices().find(|&(_, c)| {
                    let closes = c == first && !escaped;
                    escaped = c == '\\' && !escaped && first != '`';
                    closes
                });
                closing.map_or(rest.len(), |(i, c)| 1 + i + c.len_utf8())
            }
            '[' => rest.find(']').map_or(rest.len(), |i| i + 1),
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            '=' | '!' | '<' | '>' => 1 + usize::from(rest[1..].starts_with(['=', '~'])),
            c => c.len_utf8(),
        };
        out.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    out
}
