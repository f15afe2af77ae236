//! Durations for people.

/// As long a time as is told in seconds with a fraction.
const MINUTE_S: f64 = 60.0;

/// `12.3s` below a minute, then as [`whole`].
pub(crate) fn exact(seconds: f64) -> String {
    let tenths = (sane(seconds) * 10.0).round() / 10.0;
    if tenths < MINUTE_S { format!("{tenths:.1}s") } else { whole(seconds) }
}

/// `12s`, `5m 41s`, `1h 02m`: for what is still running, where a fraction would only flicker.
pub(crate) fn whole(seconds: f64) -> String {
    // Saturates; a run of u64::MAX seconds is not told better by any other number.
    let seconds = sane(seconds).round() as u64;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `40s`, `12m`, `5h 20m`, `3d 4h`: for what is measured in hours and days.
pub(crate) fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

fn sane(seconds: f64) -> f64 {
    if seconds.is_finite() { seconds.max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_grow_with_the_time_and_never_say_sixty() {
        let told: Vec<String> = [0.0, 1.94, 59.94, 59.96, 341.0, 3599.4, 3600.0, 93_784.0].map(exact).into();
        assert_eq!(told, ["0.0s", "1.9s", "59.9s", "1m 00s", "5m 41s", "59m 59s", "1h 00m", "26h 03m"]);
        assert_eq!(whole(12.3), "12s");
    }

    #[test]
    fn ages_are_told_in_two_units_at_most() {
        let told: Vec<String> = [40, 720, 19_200, 273_600].map(age).into();
        assert_eq!(told, ["40s", "12m", "5h 20m", "3d 4h"]);
    }

    #[test]
    fn numbers_that_are_no_durations_are_zero() {
        assert_eq!([f64::NAN, -1.0, f64::INFINITY].map(exact), ["0.0s", "0.0s", "0.0s"]);
    }
}
