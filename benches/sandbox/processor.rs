//! Time on a core, which passes only while the program runs: what else the machine has to do is not in it.

use rustix::time::{ClockId, clock_gettime};

/// Seconds of CPU time of this thread so far.
pub fn of_this_thread() -> f64 {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

/// CPU seconds of a process so far: fields 14 and 15 of `/proc/PID/stat`, in hundredths.
pub fn of(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("/proc");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / 100.0
}
