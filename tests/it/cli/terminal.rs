//! A pseudo-terminal: what a person meets, where a command may ask, redraw and colour.
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

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

/// A process in a terminal.
pub(super) struct InTerminal {
    child: Child,
    screen: File,
    /// All that was written to the terminal so far.
    said: Vec<u8>,
    /// How much of it has been looked at.
    looked: usize,
}

impl InTerminal {
    /// Starts `command` with a terminal of 100 columns as its input and both its outputs.
    pub(super) fn start(command: &mut Command) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        tcsetwinsize(&screen, Winsize { ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let side: OwnedFd = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        let copy = || side.try_clone().unwrap();
        let child = command.stdin(copy()).stdout(copy()).stderr(copy()).spawn().unwrap();
        // The command holds copies of the other side, which would keep the terminal open.
        command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        Self { child, screen: screen.into(), said: Vec::new(), looked: 0 }
    }

    /// Waits for its end, and answers `questions` in their order. Any other question, one that is not asked, and silence
    /// are failures.
    #[track_caller]
    pub(super) fn answer(mut self, questions: &[Question]) -> (ExitStatus, String) {
        let mut open = questions.iter();
        let mut next = open.next();
        while self.read() {
            if !self.asks() {
                continue;
            }
            let news = String::from_utf8_lossy(&self.said[self.looked..]).into_owned();
            match next {
                Some(question) if news.contains(question.says) => {
                    self.screen.write_all(question.keys.as_bytes()).unwrap()
                }
                _ => self.fail("asks what the page does not mention"),
            }
            self.looked = self.said.len();
            next = open.next();
        }
        let said = String::from_utf8_lossy(&self.said).into_owned();
        assert!(next.is_none(), "it did not ask '{}':\n{said}", next.map_or("", |question| question.says));
        (self.child.wait().unwrap(), said)
    }

    /// Reads what comes next; `false` at the end.
    fn read(&mut self) -> bool {
        let limit = Timespec { tv_sec: SILENCE_S, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&self.screen, PollFlags::IN)], Some(&limit)).unwrap();
        if ready == 0 {
            self.fail("says nothing more, and does not end");
        }
        let mut part = [0; 4096];
        // Linux tells the end of a terminal as EIO.
        let count = self.screen.read(&mut part).unwrap_or(0);
        self.said.extend_from_slice(&part[..count]);
        count > 0
    }

    fn asks(&self) -> bool {
        let news = String::from_utf8_lossy(&self.said[self.looked..]);
        news.contains(OPEN)
    }

    #[track_caller]
    fn fail(&mut self, what: &str) -> ! {
        let _ = self.child.kill();
        let _ = self.child.wait();
        panic!("it {what}:\n{}", String::from_utf8_lossy(&self.said));
    }
}
