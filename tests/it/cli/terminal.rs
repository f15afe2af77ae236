//! A terminal that a person sits at: what is shown on it, what is asked, and what is typed.
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::pseudo_terminal::pseudo_terminal;

/// Real seconds without a word after which a process is taken to wait for somebody. Everything between two words takes a
/// fraction of a second at the tests' speed.
const SILENCE_S: i64 = 60;

/// What stands behind every question until it is answered (dialoguer's theme), and nowhere else.
const OPEN: &str = "›";

/// A question that a page mentions, by words of it, and the keys that answer it.
pub(super) struct Question {
    pub(super) says: &'static str,
    pub(super) keys: &'static str,
}

/// A process on a pseudo-terminal.
pub(crate) struct OnTerminal {
    pub(crate) child: Child,
    terminal: File,
    /// All that was shown so far.
    shown: Vec<u8>,
}

impl OnTerminal {
    /// Starts `command` on a terminal of `rows` and `columns`.
    pub(crate) fn start(command: &mut Command, rows: u16, columns: u16) -> Self {
        Self::start_after("", command, rows, columns)
    }

    /// The same, where `keys` were typed before it began.
    pub(crate) fn start_after(keys: &str, command: &mut Command, rows: u16, columns: u16) -> Self {
        Self::start_on("xterm", keys, command, rows, columns)
    }

    /// The same, on a terminal of this kind.
    pub(crate) fn start_on(kind: &str, keys: &str, command: &mut Command, rows: u16, columns: u16) -> Self {
        let (mut terminal, side) = pseudo_terminal(rows, columns);
        terminal.write_all(keys.as_bytes()).unwrap();
        let again = || side.try_clone().unwrap();
        command.env("TERM", kind).stdin(again()).stdout(again()).stderr(again());
        let child = command.spawn().unwrap();
        // The command holds its copies of that side: as long as they are open, reading goes on.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { child, terminal, shown: Vec::new() }
    }

    /// Reads on until what was shown so far fits; it must come.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        while !fits(&self.since(0)) {
            assert!(self.read(), "it ended before {what}: {}", self.since(0));
        }
        self.since(0).into_owned()
    }

    /// Waits until keys are read one by one. A terminal that still reads lines makes an end of file of Ctrl-D, and keeps the rest
    /// until Enter.
    #[track_caller]
    pub(crate) fn until_it_reads_keys(&mut self) {
        let began = Instant::now();
        while tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ICANON) {
            if began.elapsed().as_secs() > SILENCE_S.unsigned_abs() {
                self.fail("reads no keys");
            }
            sleep(Duration::from_millis(1));
        }
    }

    /// Types `keys`.
    pub(crate) fn press(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads to the end: how it ended, and all that was shown.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        while self.read() {}
        (self.child.wait().unwrap(), self.since(0).into_owned())
    }

    /// Reads to the end, and answers `questions` in their order. Any other question, one that is not asked, and silence are
    /// failures.
    #[track_caller]
    pub(super) fn answer(mut self, questions: &[Question]) -> (ExitStatus, String) {
        let (mut open, mut looked) = (questions.iter(), 0);
        let mut next = open.next();
        while self.read() {
            let news = self.since(looked).into_owned();
            if !news.contains(OPEN) {
                continue;
            }
            match next {
                Some(question) if news.contains(question.says) => self.press(question.keys),
                _ => self.fail("asks what the page does not mention"),
            }
            looked = self.shown.len();
            next = open.next();
        }
        let (status, shown) = self.end();
        assert!(next.is_none(), "it did not ask '{}':\n{shown}", next.map_or("", |question| question.says));
        (status, shown)
    }

    fn since(&self, looked: usize) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.shown[looked..])
    }

    /// Reads some; `false` at the end, which Linux tells as an error.
    #[track_caller]
    fn read(&mut self) -> bool {
        let limit = Timespec { tv_sec: SILENCE_S, tv_nsec: 0 };
        if poll(&mut [PollFd::new(&self.terminal, PollFlags::IN)], Some(&limit)).unwrap() == 0 {
            self.fail("says nothing more, and does not end");
        }
        let mut bytes = [0; 4096];
        let count = self.terminal.read(&mut bytes).unwrap_or(0);
        self.shown.extend_from_slice(&bytes[..count]);
        count > 0
    }

    #[track_caller]
    fn fail(&mut self, what: &str) -> ! {
        let _ = self.child.kill();
        let _ = self.child.wait();
        panic!("it {what}:\n{}", self.since(0));
    }
}
