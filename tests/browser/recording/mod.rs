//! A run of azlab in a terminal, as an animated picture (`just screenshots`): what is shown is read from a pseudo-terminal.

mod svg;

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::made::Home;
use crate::pictures::images;
use crate::pseudo_terminal::pseudo_terminal;

const ROWS: u16 = 17;
const COLUMNS: u16 = 100;
/// A frame is shown so long at least; what changes faster is one frame.
const FRAME: Duration = Duration::from_millis(250);
/// How long a command stands before it runs, and its last screen after it.
const READ: Duration = Duration::from_millis(1_200);
/// No picture is larger, in bytes.
const MOST: usize = 200_000;

/// A screen, and for how long it is seen.
struct Frame {
    screen: vt100::Screen,
    shown: Duration,
}

/// What is recorded: the screen of a terminal, as time goes by.
struct Recording {
    parser: vt100::Parser,
    frames: Vec<Frame>,
    since: Instant,
}

impl Recording {
    fn new() -> Self {
        Self { parser: vt100::Parser::new(ROWS, COLUMNS, 0), frames: Vec::new(), since: Instant::now() }
    }

    /// Keeps the screen as it is; it was seen for `shown`.
    fn keep(&mut self, shown: Duration) {
        let screen = self.parser.screen();
        match self.frames.last_mut() {
            Some(last) if last.screen.contents_formatted() == screen.contents_formatted() => last.shown += shown,
            _ => self.frames.push(Frame { screen: screen.clone(), shown }),
        }
        self.since = Instant::now();
    }

    /// Types a command line and runs it to its end.
    fn run(&mut self, home: &Home, line: &str) {
        self.parser.process(format!("\x1b[1;32m$\x1b[0m {line}\r\n").as_bytes());
        self.keep(READ);
        let (mut terminal, side) = pseudo_terminal(ROWS, COLUMNS);
        let again = || side.try_clone().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_azlab"));
        command.args(line.split(' ').skip(1)).env_clear().env("TERM", "xterm-256color").env("HOME", home.file(""));
        command.env("AZLAB_SANDBOX_DIR", home.file("sandbox")).env("LANG", "C.UTF-8").current_dir(home.file(""));
        let mut child = command.stdin(again()).stdout(again()).stderr(again()).spawn().unwrap();
        // Until the command and its copies of that side are gone, reading goes on.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        drop(side);
        let mut bytes = [0; 4096];
        loop {
            let left = FRAME.saturating_sub(self.since.elapsed());
            let limit = Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
            if poll(&mut [PollFd::new(&terminal, PollFlags::IN)], Some(&limit)).unwrap() > 0 {
                // The end of a terminal is an error on Linux.
                match terminal.read(&mut bytes).unwrap_or(0) {
                    0 => break,
                    count => self.parser.process(&bytes[..count]),
                }
            }
            if self.since.elapsed() >= FRAME {
                self.keep(self.since.elapsed());
            }
        }
        assert!(child.wait().unwrap().success(), "{}", self.parser.screen().contents());
        self.keep(READ);
    }
}

#[test]
#[ignore = "writes docs/images"]
fn recording() {
    let home = Home::new();
    let mut recording = Recording::new();
    recording.run(&home, "azlab provision --sandbox --lab ada ben zoe");
    recording.run(&home, "azlab status --sandbox");
    recording.keep(3 * READ);
    let picture = svg::animated(&recording.frames, "azlab creates three labs in its sandbox and shows their state");
    assert!(picture.len() < MOST, "{} bytes", picture.len());
    std::fs::create_dir_all(images()).unwrap();
    std::fs::write(images().join("terminal.svg"), picture).unwrap();
}
