//! The time ranges to choose from, and what the one that is typed means.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{sheet, words};
use crate::app::{Model, TimePicker, Zones};
use crate::panel::wrap;
use crate::theme::Theme;
use crate::unit::{self, Period, WAYS};

pub(super) fn draw(model: &Model, picker: &TimePicker, theme: &Theme, area: Rect, buf: &mut Buffer, zones: &mut Zones) {
    let place = model.time_sheet(area);
    let count = model.ranges().count();
    sheet::frame(&place, " Time range ", picker.rows, count, theme, buf, zones);
    sheet::typed(&place, &picker.typed, "2h to 1h ago, 03:10 to 03:40, yesterday", theme, buf);
    let told =
        |i: u16| if i < place.told.height { Rect { y: place.told.y + i, height: 1, ..place.told } } else { Rect::ZERO };
    match model.period(&model.meant(picker)) {
        Ok(period) => {
            let (when, how) = words_for(model, period);
            words::line(buf, sheet::rest(told(0), place.told.x + 2), &when, theme.text);
            words::line(
                buf,
                sheet::rest(told(1), place.told.x + 2),
                &how,
                if period.live { theme.good } else { theme.warn },
            );
        }
        Err(fault) => {
            // The caret stands beneath the line, behind its mark, as far as that is in sight.
            let room = usize::from(place.line.width.saturating_sub(2));
            let shift = fault.text.width().saturating_sub(room.saturating_sub(1));
            let indent = (fault.indent.saturating_sub(shift)).min(room.saturating_sub(1));
            let caret = format!("  {:indent$}{}", "", "^".repeat(fault.extent.min(room - indent.min(room))));
            words::line(buf, told(0), &caret, theme.bad);
            let width = place.told.width.saturating_sub(2);
            let wrong = wrap(&fault.message, width).into_iter().map(|line| (line, theme.bad));
            let ways = std::iter::once((WAYS.to_owned(), theme.dim));
            for (i, (text, style)) in (1..).zip(wrong.chain(ways)) {
                words::line(buf, sheet::rest(told(i), place.told.x + 2), &text, style);
            }
        }
    }
    for (row, line) in sheet::lines(&place, picker.rows, count) {
        let Some(text) = model.ranges().nth(row) else { break };
        let here = picker.listed && row == picker.rows.at;
        let style = if here { theme.selected } else { theme.text };
        let is_preset = text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains([' ', ':', '-', '.']);
        let text = if is_preset { format!("last {text}") } else { text.to_owned() };
        words::line(buf, line, &format!("{} {text}", if here { '›' } else { ' ' }), style);
    }
}

/// From when to when, and what that is.
fn words_for(model: &Model, period: Period) -> (String, String) {
    let stamp = |at| {
        let text = unit::date_clock(at, model.offset(at));
        text.strip_suffix(":00").map_or(text.clone(), str::to_owned)
    };
    let (from, to) = (stamp(period.start), stamp(period.end));
    let same_day = from[..10] == to[..10] && model.offset(period.start) == model.offset(period.end);
    let when = format!("{from} to {}", if same_day { &to[11..] } else { &to });
    let length = unit::length(period.length());
    let zone = zone(model.offset(period.end));
    let how = match period {
        Period { around: Some(at), .. } => {
            format!("{length} around {}, values at that time · {zone}", unit::clock(at, model.offset(at)))
        }
        Period { live: true, .. } => format!("{length} · live · {zone}"),
        _ => format!("{length} · ended {} ago · {zone}", unit::age(period.end, model.present())),
    };
    (when, how)
}

/// A zone's offset: `UTC`, `UTC+1`, `UTC-03:30`.
fn zone(offset: i32) -> String {
    let (hours, minutes) = (offset.abs() / 3_600, offset.abs() / 60 % 60);
    let sign = if offset < 0 { '-' } else { '+' };
    match (offset, minutes) {
        (0, _) => "UTC".to_owned(),
        (_, 0) => format!("UTC{sign}{hours}"),
        _ => format!("UTC{sign}{hours:02}:{minutes:02}"),
    }
}
