//! Ctrl-C (and SIGTERM): once, nothing new is started; twice, the program ends at once.

use tokio_util::sync::CancellationToken;

use crate::outcome::Exit;

/// Cancels `stop` at the first signal, and ends the process at the second.
pub fn on_signals(stop: CancellationToken) {
    tokio::spawn(async move {
        let mut signals = Signals::new();
        signals.next().await;
        stop.cancel();
        signals.next().await;
        std::process::exit(i32::from(Exit::Interrupted as u8));
    });
}

struct Signals {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok(),
        }
    }

    /// The next signal; never, if this platform gives none.
    async fn next(&mut self) {
        let interrupt = async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        #[cfg(unix)]
        let terminate = async {
            let received = match &mut self.terminate {
                Some(signal) => signal.recv().await,
                None => None,
            };
            if received.is_none() {
                std::future::pending::<()>().await;
            }
        };
        #[cfg(not(unix))]
        let terminate = std::future::pending::<()>();
        tokio::select! { () = interrupt => {}, () = terminate => {} }
    }
}
