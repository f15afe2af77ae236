//! Requests to the sandbox in the same process: no socket, the same router.

use async_trait::async_trait;
use azlab_sandbox::{Sandbox, Unreachable};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::transport::{Transport, TransportError};

/// Requests that are out at the same time, each of which holds memory until it is answered. Azure's limits let a class of 1,000 labs in
/// four subscriptions have some 100 out.
const MOST_OPEN: usize = 240;

type Answer = Result<http::Response<Bytes>, TransportError>;

/// The sandbox, which answers on the thread that asks: it has that thread's time, a paused one too.
#[derive(Clone)]
pub(crate) struct InProcess(Sandbox);

impl InProcess {
    /// A transport to `sandbox`.
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self(sandbox)
    }

    async fn answer(&self, request: http::Request<Bytes>) -> Answer {
        let answered = self.0.try_handle(request).await;
        let response = answered.map_err(|_| TransportError::Broken("connection reset by the sandbox".into()))?;
        match response.extensions().get::<Unreachable>() {
            Some(unreachable) => Err(TransportError::Connect(unreachable.reason.clone())),
            None => Ok(response),
        }
    }
}

impl std::fmt::Debug for InProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: http::Request<Bytes>) -> Answer {
        self.answer(request).await
    }
}

/// The sandbox on a thread of its own, as it would be on a machine of its own: while it answers one lab, the run goes on with
/// another.
#[derive(Debug)]
pub(crate) struct OnItsOwnThread {
    sandbox: InProcess,
    /// `None` once it ends.
    asked: Option<mpsc::UnboundedSender<Asked>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Asked {
    request: http::Request<Bytes>,
    answer: oneshot::Sender<Answer>,
}

impl OnItsOwnThread {
    /// A transport to `sandbox`, which answers until it is dropped.
    ///
    /// # Errors
    /// The system gives no thread, or no way to wait.
    pub(crate) fn new(sandbox: Sandbox) -> std::io::Result<Self> {
        let sandbox = InProcess::new(sandbox);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (asked, requests) = mpsc::unbounded_channel();
        let work = answer_all(sandbox.clone(), requests);
        let thread = std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || runtime.block_on(work))?;
        Ok(Self { sandbox, asked: Some(asked), thread: Some(thread) })
    }
}

impl Drop for OnItsOwnThread {
    fn drop(&mut self) {
        self.asked = None;
        // It closes the sandbox's file.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[async_trait]
impl Transport for OnItsOwnThread {
    async fn send(&self, mut request: http::Request<Bytes>) -> Answer {
        // That time is no part of the run, which only a wait on this thread tells.
        if self.sandbox.0.may_wait_for_processes(&request) {
            return self.sandbox.answer(request).await;
        }
        let ended = || TransportError::Broken("the sandbox's thread has ended".into());
        let (answer, answered) = oneshot::channel();
        self.sandbox.0.arrives(&mut request);
        self.asked.as_ref().and_then(|asked| asked.send(Asked { request, answer }).ok()).ok_or_else(ended)?;
        answered.await.map_err(|_| ended())?
    }

    fn most_open(&self) -> usize {
        MOST_OPEN
    }
}

/// Answers each request as soon as it can, whichever came first, unless nobody waits for it any more.
async fn answer_all(sandbox: InProcess, mut requests: mpsc::UnboundedReceiver<Asked>) {
    while let Some(Asked { request, mut answer }) = requests.recv().await {
        let sandbox = sandbox.clone();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                answered = sandbox.answer(request) => drop(answer.send(answered)),
                () = answer.closed() => {}
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn group() -> http::Request<Bytes> {
        let path =
            format!("/subscriptions/{}/resourcegroups/none?api-version=2021-04-01", azlab_sandbox::SUBSCRIPTION_ID);
        http::Request::get(path).body(Bytes::new()).unwrap()
    }

    fn sandbox() -> Sandbox {
        Sandbox::in_memory(azlab_clock::Clock::real()).unwrap()
    }

    #[tokio::test]
    async fn the_sandbox_answers_while_the_thread_that_asks_computes() {
        let azure = sandbox();
        let beside = OnItsOwnThread::new(azure.clone()).unwrap();
        let mut asked = beside.send(group());
        assert!(futures::poll!(&mut asked).is_pending());
        // This thread looks at nothing else until the sandbox has answered.
        let began = std::time::Instant::now();
        while azure.request_log().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(60), "nobody answers");
            std::thread::yield_now();
        }
        assert_eq!(asked.await.unwrap().status(), 401);
    }

    #[tokio::test]
    async fn its_thread_ends_with_it_and_with_it_what_it_holds_of_the_sandbox() {
        let dir = tempfile::tempdir().unwrap();
        let beside = OnItsOwnThread::new(Sandbox::open(dir.path(), 1.0).unwrap()).unwrap();
        assert_eq!(beside.send(group()).await.unwrap().status(), 401);
        // SQLite takes its journal away when the last connection closes.
        let journal = || {
            std::fs::read_dir(dir.path()).unwrap().flatten().any(|file| file.path().to_string_lossy().ends_with("-wal"))
        };
        assert!(journal());
        drop(beside);
        assert!(!journal());
    }
}
