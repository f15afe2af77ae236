//! The time axis: seconds to percent of the width, and its marks.

use serde::Serialize;

use crate::values::duration::exact;

/// The marks on the time axis, at most.
const TICKS: f64 = 10.0;

/// Seconds to percent of the width.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub(super) end_s: f64,
}

#[derive(Serialize)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) text: String,
}

impl Scale {
    pub(super) fn at(self, seconds: f64) -> f64 {
        // Three digits are a hundredth of a pixel on a wide screen.
        (seconds.clamp(0.0, self.end_s) / self.end_s * 100_000.0).round() / 1_000.0
    }

    /// Round times, no more than fit.
    pub(super) fn ticks(self) -> Vec<Tick> {
        const STEPS_S: [f64; 14] =
            [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0];
        let fits = |step: &&f64| self.end_s / **step <= TICKS;
        let step =
            STEPS_S.iter().find(fits).copied().unwrap_or_else(|| (self.end_s / TICKS / 3_600.0).ceil() * 3_600.0);
        // At most TICKS of them.
        let count = (self.end_s / step).floor() as usize;
        (0..=count).map(|index| index as f64 * step).map(|at| Tick { at: self.at(at), text: exact(at) }).collect()
    }
}
