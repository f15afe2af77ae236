//! Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed: once, nothing new is started; Ctrl-C or SIGTERM after that
//! end the program at once. A second SIGHUP does not: both the shell and the kernel send one when a terminal is closed.

#[cfg(unix)]
use std::io::IsTerminal as _;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::outcome::Exit;

/// Cancels `stop` at the first signal, and ends the process at the second.
pub(crate) fn on_signals(stop: CancellationToken) {
    let mut signals = Signals::new();
    tokio::spawn(async move {
        signals.first().await;
        stop.cancel();
        signals.next().await;
        std::process::exit(i32::from(Exit::Interrupted as u8));
    });
}

/// Signals that came since this was made; none is lost between two looks.
#[cfg(unix)]
struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        let hear = |kind| signal(kind).ok();
        Self {
            interrupt: hear(SignalKind::interrupt()),
            terminate: hear(SignalKind::terminate()),
            hangup: hears_hangup().then(|| hear(SignalKind::hangup())).flatten(),
        }
    }

    /// The first signal; never, if this platform gives none.
    async fn first(&mut self) {
        tokio::select! {
            () = heard(&mut self.interrupt) => {}
            () = heard(&mut self.terminate) => {}
            () = heard(&mut self.hangup) => {}
        }
    }

    /// The next signal that somebody sent on purpose; never, if this platform gives none.
    async fn next(&mut self) {
        tokio::select! { () = heard(&mut self.interrupt) => {}, () = heard(&mut self.terminate) => {} }
    }
}

#[cfg(unix)]
async fn heard(signal: &mut Option<Signal>) {
    let received = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Whether SIGHUP is to end this process: `nohup` ignores it, and who listens would no longer do so. Linux tells (proc(5),
/// `SigIgn`). Elsewhere the terminal tells: nohup(1) never leaves it as stderr.
#[cfg(unix)]
fn hears_hangup() -> bool {
    let ignored = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    });
    // Signal n is bit n - 1.
    ignored.map_or_else(|| std::io::stderr().is_terminal(), |ignored| ignored & 1 == 0)
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn first(&mut self) {
        self.next().await;
    }

    /// The next Ctrl-C; never, if this platform gives none.
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
