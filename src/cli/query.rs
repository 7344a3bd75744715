//! `shtop query`: one PromQL expression, now or over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::answer::{Ink, Number, Table, Tone, columns, label_map, meant, moment, number, put, spanned, time, to_come};
use super::gather::{Asking, Needs, Session, ask, tell};
use super::{FAILED, Failure};
use crate::config::{Origin, duration};
use crate::export::{Column, csv};
use crate::promql::Query;
use crate::series::{Labels, Series, Window, is_gap};
use crate::source::{Answer, Ask, Event, Fault, Plan, Reply, Shape};
use crate::unit::{self, Moment};

/// Most steps of a range, as in Prometheus.
const STEPS: i64 = 11_000;

/// Steps of a range where nobody says how long they are.
const USUAL: i64 = 120;

/// The range around a time that is written alone, ms.
const AROUND: i64 = 3_600_000;

/// Cells of a sparkline.
const SPARK: usize = 60;

/// What is said where the expression is missing, which a flag may have taken.
const MISSING: &str = "give the expression first: shtop query EXPR -t HOST:PORT (what follows -t is taken for targets)";

/// Evaluates a PromQL expression over freshly scraped samples, or asks Prometheus.
#[derive(Debug, Args)]
#[command(
    override_usage = "shtop query <EXPR> [OPTIONS]",
    after_help = "Examples:
  shtop query --context prod 'sum by (topic) (streamhouse_consumer_lag)'
  shtop query -p http://prometheus:9090 'rate(streamhouse_s3_errors_total[5m])' --range 1h --step 1m
  shtop query -p http://prometheus:9090 'up == 0' --range '2h to 1h ago' --format csv
  shtop query --demo s3-outage streamhouse_circuit_breaker_state --range 30m --format sparkline
  shtop query 'rate(streamhouse_s3_requests_total[1m])' --watch 1m --format csv -t agent-1:9090

Exit status: 0 answered, with series or without; 1 no answer; 2 wrong use, an expression
that is no PromQL (shown with a caret) or that cannot be evaluated."
)]
pub(super) struct QueryCommand {
    /// The expression; before the flags, because -t takes all that follows
    #[arg(value_name = "EXPR")]
    expr: Option<String>,
    /// How to write the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Distance between the values of a --range; a 120th of it, where it is not given
    #[arg(long, value_name = "TIME", value_parser = duration)]
    step: Option<i64>,
    /// The time that is meant, or the end of the --range: 2026-11-22T13:45:00Z, 'yesterday 03:10', Unix seconds, -15m
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    at: Option<Moment>,
    #[command(flatten)]
    asking: Asking,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line a series; of a range its first, least, mean, greatest and last value.
    #[value(alias = "text")]
    Table,
    /// A line a series with its course.
    Sparkline,
    /// Everything.
    Json,
    /// A line a value, with a head.
    Csv,
}

impl QueryCommand {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(command: &QueryCommand) -> Result<u8, Failure> {
    let Some(expr) = &command.expr else { return Err(Failure::Usage(MISSING.to_owned())) };
    let query = Query::parse(expr).map_err(|e| Failure::Usage(e.display(expr).to_string()))?;
    ask(&command.asking, Needs::Series, async |session| {
        let window = Wanted::of(command, session)?;
        let mut remarks: Vec<String> = to_come(window.end, (session.clock)()).into_iter().collect();
        let query = session.for_job(query);
        let answer = answer(session, &query, window).await;
        if let Some(gathered) = session.gathered()
            && query.reach() > gathered
            && query.text().contains('[')
        {
            remarks.push(format!(
                "only {} of samples were gathered: ranges reach no further back, and rates over less than 5s \
                 are too low; --watch gathers longer",
                unit::duration(gathered)
            ));
        }
        let late = || session.outage().unwrap_or_else(|| "the query was not answered in time".to_owned());
        let Some(answer) = answer else { return Err(Failure::Run(anyhow::anyhow!("{}", late()))) };
        let reply = match answer.replies.into_iter().next() {
            Some(Ok(reply)) => reply,
            Some(Err(Fault::Query(why))) => return Err(Failure::Usage(why)),
            Some(Err(Fault::Down(why))) => {
                session.hear_of_outage().await;
                let why = session.outage().unwrap_or(why);
                return Err(Failure::Run(anyhow::anyhow!("{why}")));
            }
            None => return Err(Failure::Run(anyhow::anyhow!("{}", late()))),
        };
        remarks.extend(session.doubts());
        remarks.extend(reply.notes.iter().cloned());
        if reply.left_out > 0 {
            remarks.push(format!("{} series were left out: there are too many", reply.left_out));
        }
        let outage = session.outage().filter(|_| reply.now.is_empty() && reply.range.is_empty());
        if let Some(outage) = &outage {
            remarks.push(outage.clone());
        } else if let Some(absence) = &reply.absence {
            // Why there are none is told of the present; the past may have had others.
            let then = window.end.map(|end| format!(" at {}", time(end))).unwrap_or_default();
            remarks.push(format!("no series{then}: {}", absence.words((session.clock)())));
        }
        let range = window.range.is_some();
        let result = Outcome { at: answer.at, window: answer.window, range, reply: &reply };
        let ink = Ink::of(&session.config);
        let words = match command.format {
            Format::Table => result.table(ink),
            Format::Sparkline => result.sparklines(ink),
            Format::Csv => result.csv(),
            Format::Json => session.document("query", remarks.clone(), result.words(expr, window.step)).json()?,
        };
        tell(&remarks);
        put(&words)?;
        Ok(if outage.is_some() { FAILED } else { 0 })
    })
}

/// The times that are asked for.
#[derive(Clone, Copy)]
struct Wanted {
    /// ms; `None` for a value at one time.
    range: Option<i64>,
    step: i64,
    end: Option<i64>,
}

impl Wanted {
    fn of(command: &QueryCommand, session: &Session) -> Result<Self, Failure> {
        let context = &session.config.context;
        let (now, zone) = ((session.clock)(), session.zone());
        // A range in the configuration is the screen's.
        let told = matches!(context.origin("range"), Some(Origin::Flag(_)));
        let span = context.span.as_ref().filter(|_| told);
        let period = spanned(span, command.at.as_ref(), now, &zone, AROUND)?;
        let range = context.range.filter(|_| told).or(period.map(|period| period.length()));
        if range.is_none() && command.step.is_some() {
            return Err(Failure::Usage("--step is the distance between the values of a --range: give one".to_owned()));
        }
        let usual = || range.map_or(1_000, |r| (r / USUAL).max(1_000) / 1_000 * 1_000);
        let step = command.step.unwrap_or_else(usual);
        if range.is_some_and(|range| range / step > STEPS) {
            return Err(Failure::Usage(format!("that is more than {STEPS} steps; give a longer --step")));
        }
        let end = command.at.as_ref().map(|at| meant(at, now, &zone)).transpose()?;
        let end = end.or(period.filter(|period| !period.live).map(|period| period.end));
        Ok(Self { range, step, end })
    }
}

async fn answer(session: &mut Session, query: &Query, wanted: Wanted) -> Option<Answer> {
    session.settle(drop).await;
    let shape = if wanted.range.is_some() { Shape::Range } else { Shape::Instant };
    session.watch(Plan {
        revision: 1,
        asks: vec![Ask { key: 0, queries: Arc::new([query.clone()]), shape }],
        variables: Vec::new(),
        range: wanted.range.unwrap_or(0),
        step: wanted.step,
        end: wanted.end,
    });
    loop {
        match session.next().await? {
            Event::Answer(answer) if answer.revision == 1 => return Some(answer),
            _ => {}
        }
    }
}

/// What came of it.
struct Outcome<'a> {
    at: i64,
    window: Window,
    range: bool,
    reply: &'a Reply,
}

impl Outcome<'_> {
    fn table(&self, ink: Ink) -> String {
        let mut table = Table::new(columns() * 3 / 4);
        if !self.range {
            for (labels, value) in &self.reply.now {
                table.row([(labels.to_string(), None), (number(*value), Some(Tone::Bold))]);
            }
            return table.text(ink);
        }
        if !self.reply.range.is_empty() {
            let head = ["series", "first", "min", "mean", "max", "last", "values"];
            table.row(head.map(|h| (h.to_owned(), Some(Tone::Dim))));
        }
        for series in &self.reply.range {
            let values: Vec<f64> = series.present().map(|(_, v)| v).collect();
            let (Some(first), Some(last)) = (values.first(), values.last()) else { continue };
            let lowest = values.iter().copied().fold(f64::NAN, f64::min);
            let highest = values.iter().copied().fold(f64::NAN, f64::max);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let cell = |v: f64| (short(v), None);
            table.row([
                (series.labels.to_string(), None),
                cell(*first),
                cell(lowest),
                cell(mean),
                cell(highest),
                (short(*last), Some(Tone::Bold)),
                (values.len().to_string(), None),
            ]);
        }
        table.text(ink)
    }

    fn sparklines(&self, ink: Ink) -> String {
        if !self.range {
            return self.table(ink);
        }
        let mut table = Table::new(columns() * 3 / 4);
        for series in &self.reply.range {
            let last = series.last().map(|(_, v)| short(v)).unwrap_or_default();
            table.row([(series.labels.to_string(), None), (spark(&series.values), Some(Tone::Good)), (last, None)]);
        }
        table.text(ink)
    }

    fn csv(&self) -> String {
        let column = |labels, values| Column { lead: Vec::new(), labels, values };
        let values = |s: &Series| s.present().map(|(i, v)| (self.window.at(i), v)).collect();
        let series: Vec<Column<'_>> = if self.range {
            self.reply.range.iter().map(|s| column(&s.labels, values(s))).collect()
        } else {
            self.reply.now.iter().map(|(labels, v)| column(labels, vec![(self.at, *v)])).collect()
        };
        csv(&series)
    }

    fn words(&self, expr: &str, step: i64) -> Words {
        let point = |at: i64, value: f64| (time(at), Number(value));
        let series = if self.range {
            let values = |s: &Series| s.present().map(|(i, v)| point(self.window.at(i), v)).collect();
            self.reply.range.iter().map(|s| SeriesWords { labels: label_map(&s.labels), values: values(s) }).collect()
        } else {
            let one = |(labels, v): &(Labels, f64)| SeriesWords {
                labels: label_map(labels),
                values: vec![point(self.at, *v)],
            };
            self.reply.now.iter().map(one).collect()
        };
        Words {
            expr: expr.to_owned(),
            evaluated_at: time(self.at),
            start: self.range.then(|| time(self.window.start)),
            end: self.range.then(|| time(self.window.end)),
            step_seconds: self.range.then_some(step as f64 / 1000.0),
            left_out: self.reply.left_out,
            series,
        }
    }
}

/// A number of at most six digits, for columns.
fn short(value: f64) -> String {
    let full = number(value);
    if full.len() <= 9 || !value.is_finite() || full.contains('e') {
        return full;
    }
    let decimals = (5 - value.abs().log10().floor().clamp(-1.0, 5.0) as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The course of values in eight heights; a gap is a blank. Of several values in one cell the greatest is seen.
fn spark(values: &[f64]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let finite = || values.iter().copied().filter(|v| !is_gap(*v) && v.is_finite());
    let (least, most) = (finite().fold(f64::NAN, f64::min), finite().fold(f64::NAN, f64::max));
    let cells = values.len().min(SPARK);
    let of = |cell: usize| {
        let part = &values[cell * values.len() / cells..(cell + 1) * values.len() / cells];
        let top = part.iter().copied().filter(|v| !is_gap(*v) && v.is_finite()).fold(f64::NAN, f64::max);
        match top {
            _ if top.is_nan() => ' ',
            _ if most > least => HEIGHTS[((top - least) / (most - least) * 7.0).round().clamp(0.0, 7.0) as usize],
            _ if top == 0.0 => HEIGHTS[0],
            _ => HEIGHTS[3],
        }
    };
    (0..cells).map(of).collect()
}

/// The result in JSON: values as (time, number); steps without a value are left out.
#[derive(Serialize)]
struct Words {
    expr: String,
    evaluated_at: String,
    start: Option<String>,
    end: Option<String>,
    step_seconds: Option<f64>,
    left_out: usize,
    series: Vec<SeriesWords>,
}

#[derive(Serialize)]
struct SeriesWords {
    labels: BTreeMap<String, String>,
    values: Vec<(String, Number)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::GAP;

    #[test]
    fn a_gap_is_a_blank_and_a_flat_line_is_flat() {
        assert_eq!(spark(&[0.0, GAP, 7.0, f64::NAN]), "▁ █ ");
        assert_eq!(spark(&[0.0, 0.0]), "▁▁");
        assert_eq!(spark(&[3.0, 3.0]), "▄▄");
        assert_eq!(spark(&[]), "");
        assert_eq!(spark(&vec![1.0; 500]).chars().count(), SPARK);
    }

    #[test]
    fn numbers_in_columns_are_short_and_exact_where_they_can_be() {
        let table = [(1.0, "1"), (0.123_456_789, "0.123457"), (123_456_789.0, "123456789"), (1_234.567_891, "1234.57")];
        for (value, text) in table {
            assert_eq!(short(value), text);
        }
        assert_eq!(short(f64::NAN), "NaN");
        assert_eq!(short(12_345_678_901.5), "12345678902");
    }
}
