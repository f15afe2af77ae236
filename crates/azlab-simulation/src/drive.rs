//! Runs command lines in this process against one sandbox, and cuts them off.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use azlab::cli::Cli;
use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::config::Config;
use azlab::events::Event;
use azlab::outcome::Exit;
use azlab::settings::LabSource;
use azlab_clock::Clock;
use azlab_sandbox::{Fault, FaultKind, LoggedRequest, Sandbox};
use time::OffsetDateTime;
use tokio::sync::mpsc::error::TryRecvError;
use tokio_util::sync::CancellationToken;

use super::plan::Stop;
use crate::dispatch;
use crate::process::Process;

/// Longer than any command may take: group deletion may take an hour, a cluster an hour and a half.
const NEVER: Duration = Duration::from_secs(12 * 3600);
/// Turns that others get before what still tells events counts as left behind.
const TURNS: usize = 100;

/// A command that was run, or cut off.
pub struct Ran {
    /// The command line.
    pub line: String,
    /// The labs that it is about.
    pub labs: Vec<String>,
    /// What it ended with; `None` if it was killed.
    pub finished: Option<Finished>,
    /// What it told.
    pub events: Vec<Event>,
    /// What the service saw of it.
    pub log: Vec<LoggedRequest>,
    /// The places of these requests in the service's log of all.
    pub places: Vec<usize>,
    /// Its first moment on the service's clock.
    pub began: OffsetDateTime,
    /// Its last.
    pub ended: OffsetDateTime,
    /// When Ctrl-C was pressed, if it was.
    pub pressed: Option<OffsetDateTime>,
    /// For how long the machine slept meanwhile, in seconds.
    pub slept_s: f64,
    /// The process that it pretended to be.
    pub process: u32,
    /// Whether no other command ran at the same time.
    pub alone: bool,
    /// Whether something that it had begun was still there after it.
    pub outlived: Option<&'static str>,
    /// Whether it had not ended when it was given up.
    pub endless: bool,
}

impl Ran {
    /// The exit code; `None` if it was killed.
    pub fn exit(&self) -> Option<Exit> {
        self.finished.as_ref().map(|finished| finished.exit)
    }
}

thread_local! {
    /// Command lines that were read before: all seeds have the same few dozen.
    static KNOWN: RefCell<HashMap<String, Rc<Cli>>> = RefCell::default();
}

fn parse(line: &str) -> Rc<Cli> {
    let parse = || {
        let words = ["azlab"].into_iter().chain(line.split_whitespace());
        Rc::new(Cli::read_from(words).unwrap_or_else(|error| panic!("{line}: {error}")))
    };
    KNOWN.with_borrow_mut(|known| Rc::clone(known.entry(line.to_owned()).or_insert_with(parse)))
}

/// Runs command lines.
pub struct Driver {
    sandbox: Sandbox,
    /// How far this machine's clock is ahead of the service's.
    skew: time::Duration,
    jitter: u64,
    /// Processes started so far.
    processes: Cell<u32>,
    file: Option<Arc<Config>>,
}

impl Driver {
    /// Of the seed `seed`, with this machine's clock so many seconds ahead of the service's, and without a file.
    pub fn new(sandbox: &Sandbox, seed: u64, skew_s: i64) -> Self {
        Self {
            sandbox: sandbox.clone(),
            skew: time::Duration::seconds(skew_s),
            jitter: seed,
            processes: Cell::default(),
            file: None,
        }
    }

    /// Goes by this azlab.toml from now on.
    pub fn reads(&mut self, file: Config) {
        self.file = Some(Arc::new(file));
    }

    /// Runs one line; `stop` says how it is cut off.
    pub async fn run(&self, line: &str, stop: Stop) -> Ran {
        let cli = parse(line);
        let ran = self.drive(&cli, line, stop).await;
        Ran { outlived: task().await.or(ran.outlived), ..ran }
    }

    /// Runs two at once, the second one some seconds later; only the first is cut off.
    pub async fn run_both(&self, lines: [&str; 2], apart_s: f64, stop: Stop) -> [Ran; 2] {
        let (first, second) = (parse(lines[0]), parse(lines[1]));
        let later = async {
            self.sandbox.clock().sleep(Duration::from_secs_f64(apart_s)).await;
            self.drive(&second, lines[1], Stop::No).await
        };
        let (first, second) = tokio::join!(self.drive(&first, lines[0], stop), later);
        // They are on one machine, which sleeps for both.
        let slept_s = first.slept_s;
        let outlived = task().await;
        [first, second].map(|ran| Ran { alone: false, outlived: outlived.or(ran.outlived), slept_s, ..ran })
    }

    async fn drive(&self, cli: &Cli, line: &str, stop: Stop) -> Ran {
        let clock = self.sandbox.clock();
        let (began, own) = (clock.now(), Own::from(&self.sandbox));
        let mut prepared = Prepared::sandbox(&self.sandbox).expect("a connection to the sandbox");
        prepared.retry.jitter_seed = Some(self.jitter);
        prepared.clock = Clock::scaled(began + self.skew, 1.0);
        let cancel = CancellationToken::new();
        let (session, mut receiver) = prepared.begin(cancel.clone()).expect("a session");
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        self.processes.set(self.processes.get() + 1);
        let process = Process::start(self.processes.get());
        // In every other seed each run is on a machine of its own, which cannot tell what has become of the others.
        let machine =
            if self.jitter.is_multiple_of(2) { "laptop".to_owned() } else { format!("runner-{}", process.id()) };
        let options = RunOptions {
            writer: Some(process.writer(&machine)),
            timeout: cli.global.timeout,
            yes: cli.global.yes,
            place: azlab::settings::place(cli, self.file.as_deref(), &arguments),
            ..RunOptions::default()
        };
        let (mut pressed, mut slept_s) = (None, 0.0);
        // On the heap: a command's future is large, and a test's stack small.
        let labs = LabSource::resolve(&cli.global, self.file.clone()).expect("labs").made_by(Some("somebody".into()));
        let work = clock.timeout(NEVER, own.of(Box::pin(dispatch::run(cli, &labs, &session, &options))));
        let ended = match stop {
            Stop::No => Some(work.await),
            Stop::KilledAtPoll(most) => {
                let mut polls = 0;
                until(work, || {
                    polls += 1;
                    polls >= most
                })
                .await
            }
            Stop::KilledBeforeRequest(most) => {
                self.sandbox.control().inject(held_up(most));
                until(work, || own.count() >= most).await
            }
            Stop::KilledAtRequest(most) => until(work, || own.count() >= most).await,
            Stop::KilledAfter(seconds) => clock.timeout(Duration::from_secs_f64(seconds), work).await.ok(),
            Stop::CtrlC(seconds) => {
                let press = async {
                    clock.sleep(Duration::from_secs_f64(seconds)).await;
                    cancel.cancel();
                    pressed = Some(clock.now());
                };
                Some(beside(work, press).await)
            }
            Stop::Asleep(at, seconds) => {
                let sleep = async {
                    clock.sleep(Duration::from_secs_f64(at)).await;
                    slept_s = seconds;
                    tokio::time::advance(Duration::from_secs_f64(seconds)).await;
                };
                Some(beside(work, sleep).await)
            }
        };
        drop(options);
        drop(session);
        let mut events = Vec::new();
        let mut turns = 0;
        let closed = loop {
            match receiver.try_recv() {
                Ok(event) => events.push(event),
                // What the client of a cluster has running ends at its next turn.
                Err(TryRecvError::Empty) if turns < TURNS => {
                    turns += 1;
                    tokio::task::yield_now().await;
                }
                Err(end) => break end == TryRecvError::Disconnected,
            }
        };
        let endless = matches!(ended, Some(Err(_)));
        Ran {
            line: line.to_owned(),
            labs: if cli.global.labs.is_empty() { vec!["default".to_owned()] } else { cli.global.labs.clone() },
            finished: ended.and_then(Result::ok),
            events,
            log: own.log(),
            places: own.places(),
            began,
            ended: clock.now(),
            pressed,
            slept_s,
            process: process.id(),
            alone: true,
            outlived: (!closed).then_some("something that tells events"),
            endless,
        }
    }
}

/// A task that is alive; nothing may be, once no command runs any more. What ends with the command has its turn to do so.
async fn task() -> Option<&'static str> {
    tokio::task::yield_now().await;
    (tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0).then_some("a task")
}

/// Which requests a run sends itself: in one process each arrives while the run is polled.
struct Own<'a> {
    sandbox: &'a Sandbox,
    /// Requests that the service had got before the run.
    before: usize,
    /// Places in the log from there on.
    places: RefCell<Vec<usize>>,
}

impl<'a> Own<'a> {
    fn from(sandbox: &'a Sandbox) -> Self {
        Self { sandbox, before: sandbox.request_count(), places: RefCell::default() }
    }

    /// Counts what arrives while `work` is polled.
    async fn of<T>(&self, mut work: impl Future<Output = T> + Unpin) -> T {
        poll_fn(|cx| {
            let before = self.sandbox.request_count();
            let polled = pin!(&mut work).poll(cx);
            self.places.borrow_mut().extend(before..self.sandbox.request_count());
            polled
        })
        .await
    }

    fn count(&self) -> usize {
        self.places.borrow().len()
    }

    fn places(&self) -> Vec<usize> {
        self.places.borrow().clone()
    }

    fn log(&self) -> Vec<LoggedRequest> {
        let mut all: Vec<_> = self.sandbox.requests_from(self.before).into_iter().map(Some).collect();
        let mut take = |place: &usize| all.get_mut(place - self.before)?.take();
        self.places.borrow().iter().filter_map(&mut take).collect()
    }
}

/// The `n`-th request from now on takes longer to arrive than anybody waits.
fn held_up(n: usize) -> Fault {
    let kind = FaultKind::Delay(NEVER.as_secs_f64());
    Fault { method: None, path_contains: String::new(), skip: n - 1, times: 1, kind }
}

/// Runs `work` until it ends, or drops it as soon as `enough` says so after a poll.
async fn until<T>(work: impl Future<Output = T>, mut enough: impl FnMut() -> bool) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if enough() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Runs `work` to its end, and `other` beside it for as long.
async fn beside<T>(work: impl Future<Output = T>, other: impl Future<Output = ()>) -> T {
    let (mut work, mut other) = (pin!(work), pin!(other));
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = &mut other => {}
    }
    work.await
}
