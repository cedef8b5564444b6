//! The local time of a line, rendered once a second.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Renders moments, mostly of the second that it rendered last.
#[derive(Debug)]
pub(super) struct Moments {
    zone: TimeZone,
    second: i64,
    /// `2026-11-22T12:21:56`, and `+01:00` to follow the fraction.
    date: String,
    offset: String,
    /// `22/Nov/2026:12:21:56 +0100`
    combined: String,
}

/// A moment of the second that [`Moments`] has rendered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    rendered: &'a Moments,
    millisecond: u32,
}

impl Moments {
    pub(super) fn new(zone: TimeZone) -> Moments {
        Moments {
            zone,
            second: i64::MIN,
            date: String::new(),
            offset: String::new(),
            combined: String::new(),
        }
    }

    pub(super) fn at(&mut self, time: SystemTime) -> Moment<'_> {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let second = i64::try_from(since.as_secs()).unwrap_or(0);
        if second != self.second {
            self.render(second);
        }
        Moment {
            rendered: self,
            millisecond: since.subsec_millis(),
        }
    }

    fn render(&mut self, second: i64) {
        let time = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
        let local = time.to_zoned(self.zone.clone());
        self.date = local.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        self.offset = local.strftime("%:z").to_string();
        self.combined = local.strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        self.second = second;
    }
}

impl Moment<'_> {
    /// As RFC 3339 has it, to the millisecond.
    pub(super) fn rfc3339(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.rendered.date.as_bytes());
        let digit =
            |divisor: u32| b'0' + u8::try_from(self.millisecond / divisor % 10).unwrap_or(0);
        out.extend_from_slice(&[b'.', digit(100), digit(10), digit(1)]);
        out.extend_from_slice(self.rendered.offset.as_bytes());
    }

    /// As the combined format has it.
    pub(super) fn combined(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.rendered.combined.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rendered(moments: &mut Moments, ms: u64) -> (String, String) {
        let moment = moments.at(UNIX_EPOCH + Duration::from_millis(ms));
        let (mut rfc3339, mut combined) = (Vec::new(), Vec::new());
        moment.rfc3339(&mut rfc3339);
        moment.combined(&mut combined);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(rfc3339), text(combined))
    }

    #[test]
    fn moments_are_local_through_a_change_of_the_clocks() {
        let mut berlin = Moments::new(TimeZone::get("Europe/Berlin").unwrap());
        let (before, combined) = rendered(&mut berlin, 1_792_889_999_007);
        assert_eq!(before, "2026-10-25T02:59:59.007+02:00");
        assert_eq!(combined, "25/Oct/2026:02:59:59 +0200");
        let (after, combined) = rendered(&mut berlin, 1_792_890_000_000);
        assert_eq!(after, "2026-10-25T02:00:00.000+01:00");
        assert_eq!(combined, "25/Oct/2026:02:00:00 +0100");
    }
}
