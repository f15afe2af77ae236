//! A terminal that a person sits at: what is shown on it, and what is typed.
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A process on a pseudo-terminal.
pub(crate) struct OnTerminal {
    pub(crate) child: Child,
    terminal: File,
    shown: String,
}

impl OnTerminal {
    /// Starts `command` on a terminal of `rows` and `columns`.
    pub(crate) fn start(command: &mut Command, rows: u16, columns: u16) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let side = File::from(open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap());
        tcsetwinsize(&side, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let again = || side.try_clone().unwrap();
        command.env("TERM", "xterm").stdin(again()).stdout(again()).stderr(again());
        let child = command.spawn().unwrap();
        // The command holds its copies of that side: as long as they are open, reading goes on.
        command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        Self { child, terminal: terminal.into(), shown: String::new() }
    }

    /// Reads on until what was shown so far fits; it must come.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> &str {
        while !fits(&self.shown) {
            assert!(self.read(), "it ended before {what}: {}", self.shown);
        }
        &self.shown
    }

    /// Types `keys`.
    pub(crate) fn press(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads to the end: how it ended, and all that was shown.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        while self.read() {}
        (self.child.wait().unwrap(), self.shown)
    }

    /// Reads some; false at the end, which Linux tells as an error.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.terminal.read(&mut bytes) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
                true
            }
        }
    }
}
