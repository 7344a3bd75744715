//! The one place that asks what time it is.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;

use crate::series::Timestamp;
use crate::source::Clock;

/// The machine's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
        let now = SystemTime::now();
        now.duration_since(UNIX_EPOCH).map_or(0, |d| Timestamp::try_from(d.as_millis()).unwrap_or(Timestamp::MAX))
    })
}

/// The machine's time zone; UTC where that is asked for, or where the zone cannot be found.
pub fn time_zone(utc: bool) -> TimeZone {
    if utc { TimeZone::UTC } else { TimeZone::system() }
}
