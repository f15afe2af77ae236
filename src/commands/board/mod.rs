//! `azlab board`: a page for the projector, which follows what happens to the labs of a class. Reads only.

mod look;
mod seats;
mod serve;
mod story;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::finished::Finished;
use super::run_options::RunOptions;
use super::runner::Command;
use super::session::Session;
use super::subcommand::Subcommand;
use crate::cli::board::BoardArgs;
use crate::events::{EventKind, Level};
use crate::lab::tags;
use crate::outcome::{ErrorReport, Exit};
use crate::pages::board::{Board, Door, Feed, Head, Stale, router, text};
use crate::settings::{BoardSettings, LabSource, SettingsError};
use crate::values::{Surroundings, counted};

use look::{Failed, Looks};
use seats::{Visible, millis, seats};
use story::Story;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "board";
/// Real time beyond the interval that a look may take before the board says that it is stale.
const PATIENCE: Duration = Duration::from_secs(30);
/// Real time in which open pages take leave.
const FAREWELL: Duration = Duration::from_secs(1);

impl Subcommand for BoardSettings {
    type Args = BoardArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &BoardArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        true
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Serves the board until it is stopped, or writes it into a file.
pub async fn run(session: &Session, settings: &BoardSettings, options: &RunOptions) -> Finished {
    let command = match Command::connect(COMMAND, session, options).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    match settings.out() {
        Some(file) => written(&command, settings, file).await,
        None => {
            // Before anything is read of Azure: a port that is taken is no reason to wait.
            match serve::bind(settings.listen(), &options.place).await {
                Ok((listener, own)) => served(&command, settings, listener, own).await,
                Err(error) => command.before_any_lab(error, Exit::Usage),
            }
        }
    }
}

/// A board in the making.
struct Watch<'a> {
    command: &'a Command<'a>,
    settings: &'a BoardSettings,
    looks: Looks<'a>,
    story: Story,
    /// When Azure was last read.
    read: OffsetDateTime,
}

impl<'a> Watch<'a> {
    fn new(command: &'a Command<'a>, settings: &'a BoardSettings) -> Self {
        let (looks, read) = (Looks::new(command, settings), command.session.clock().now());
        Self { command, settings, looks, story: Story::new(&command.session.clock()), read }
    }

    fn now(&self) -> OffsetDateTime {
        self.command.session.clock().now()
    }

    async fn look(&mut self) -> Result<Board, Failed> {
        let looked = self.looks.look().await?;
        self.read = self.now();
        let hides = self.command.options.hide_ids;
        let visible = Visible { names: !hides, ids: self.settings.shows_ids() && !hides };
        let seats = seats(&looked, &mut self.story, visible, self.read);
        let session = self.command.session;
        let workshop = self.settings.labs().file().and_then(|file| file.file().workshop.clone());
        let head = Head {
            title: workshop.unwrap_or_else(|| tags::DEFAULT_WORKSHOP.to_owned()),
            is_sandbox: session.is_sandbox,
            speed: session.clock().speed() / session.clock().rate(),
            is_live: self.settings.out().is_none(),
            verifies: self.settings.verifies(),
            stale: None,
        };
        Ok(Board { head, seats })
    }

    /// Looks until the run is stopped.
    async fn follow(&mut self, feed: &Feed) {
        let session = self.command.session;
        let (clock, interval) = (session.clock(), self.settings.interval());
        let mut is_told = false;
        while session.azure.arm().pause(interval.mul_f64(clock.speed())).await.is_ok() {
            let read = self.read;
            let limit = (interval + PATIENCE).mul_f64(clock.speed());
            let looked = {
                let mut looking = Box::pin(self.look());
                match clock.timeout(limit, looking.as_mut()).await {
                    Ok(looked) => looked,
                    Err(_) => {
                        stale(feed, read, "Azure does not answer", clock.now());
                        looking.await
                    }
                }
            };
            match looked {
                Ok(board) => {
                    if std::mem::take(&mut is_told) {
                        session.events.note(Level::Info, "Azure can be read again: the board is up to date");
                    }
                    feed.publish(board, millis(self.read));
                }
                Err(Failed { exit: Exit::Interrupted, .. }) => return,
                Err(Failed { error, .. }) => {
                    // The message may have ids; it is told where the host reads it.
                    if !std::mem::replace(&mut is_told, true) {
                        let told = format!("the board is stale: {} ({}); it keeps trying", error.message, error.code);
                        session.events.note(Level::Warning, told);
                    }
                    stale(feed, read, &format!("Azure cannot be read ({})", error.code), clock.now());
                }
            }
        }
    }
}

fn stale(feed: &Feed, since: OffsetDateTime, why: &str, now: OffsetDateTime) {
    feed.publish_head(|head| head.stale = Some(Stale { since: millis(since), why: why.to_owned() }), millis(now));
}

/// The end of a command that could not look even once.
fn refused(command: &Command<'_>, failed: Failed) -> Finished {
    command.before_any_lab(failed.error, failed.exit)
}

async fn served(command: &Command<'_>, settings: &BoardSettings, listener: TcpListener, own: SocketAddr) -> Finished {
    let session = command.session;
    let mut watch = Watch::new(command, settings);
    let feed = match watch.look().await {
        Ok(board) => Feed::new(board, millis(watch.read)),
        Err(failed) => return refused(command, failed),
    };
    let door = Door::of(own);
    let url = serve::url(own, door.token());
    if door.token().is_some() {
        let message = "other machines can reach the board: whoever knows its URL sees it, and it is not encrypted";
        session.events.note(Level::Warning, message);
    }
    session.events.emit(EventKind::BoardServing { url });
    let stop = CancellationToken::new();
    let serving =
        axum::serve(listener, router(feed.clone(), door)).with_graceful_shutdown(stop.clone().cancelled_owned());
    let serving = tokio::spawn(serving.into_future());
    watch.follow(&feed).await;
    feed.end();
    stop.cancel();
    // A page that does not take its leave is left.
    let clock = session.clock();
    drop(clock.timeout(FAREWELL.mul_f64(clock.speed()), serving).await);
    ended(command, Exit::Interrupted)
}

async fn written(command: &Command<'_>, settings: &BoardSettings, file: &Path) -> Finished {
    let mut watch = Watch::new(command, settings);
    let board = match watch.look().await {
        Ok(board) => board,
        Err(failed) => return refused(command, failed),
    };
    let page = match text(&board, millis(watch.read)) {
        Ok(page) => page,
        Err(defect) => {
            return command.before_any_lab(ErrorReport::new("InternalError", defect.to_string()), Exit::Internal);
        }
    };
    match write(file, &page) {
        Ok(()) => {
            let message = format!("{} has {}", file.display(), counted(board.seats.len(), "seat"));
            command.session.events.note(Level::Info, message);
            ended(command, Exit::Done)
        }
        Err(error) => {
            let why = match error.kind() {
                std::io::ErrorKind::NotFound => "its directory does not exist".to_owned(),
                kind => kind.to_string(),
            };
            let error = ErrorReport::new("CannotWriteFile", format!("{} cannot be written: {why}", file.display()))
                .hint("name a file in a directory that exists and may be written to");
            command.before_any_lab(error, Exit::Usage)
        }
    }
}

/// Writes the file whole, or not at all.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".azlab-").suffix(".html").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// What there was to say has been said.
fn ended(command: &Command<'_>, exit: Exit) -> Finished {
    let mut finished = command.close(Vec::new(), Exit::Done, |_, _| Vec::new());
    finished.result.labs = None;
    Finished { exit, shown: exit == Exit::Interrupted, ..finished }
}
