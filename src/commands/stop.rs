//! Ctrl-C (and SIGTERM): once, nothing new is started; twice, the program ends at once.

use tokio_util::sync::CancellationToken;

use crate::outcome::Exit;

/// Cancels `stop` at the first signal, and ends the process at the second.
pub(crate) fn on_signals(stop: CancellationToken) {
    let mut signals = Signals::new();
    tokio::spawn(async move {
        signals.next().await;
        stop.cancel();
        signals.next().await;
        std::process::exit(i32::from(Exit::Interrupted as u8));
    });
}

/// Signals that came since this was made; none is lost between two looks.
#[cfg(unix)]
struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self { interrupt: signal(SignalKind::interrupt()).ok(), terminate: signal(SignalKind::terminate()).ok() }
    }

    /// The next signal; never, if this platform gives none.
    async fn next(&mut self) {
        let next = async |signal: &mut Option<tokio::signal::unix::Signal>| {
            let received = match signal {
                Some(signal) => signal.recv().await,
                None => None,
            };
            if received.is_none() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! { () = next(&mut self.interrupt) => {}, () = next(&mut self.terminate) => {} }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    /// The next Ctrl-C; never, if this platform gives none.
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
