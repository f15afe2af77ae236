//! Who a run is to others that work on the same lab: whose it is, on which machine, and as which process.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Characters of a name in a tag, of which the value holds 256 (Azure docs, "Use tags to organize your Azure resources").
const LONGEST: usize = 60;

/// Who a run is.
#[derive(Clone, Debug)]
pub struct Writer {
    by: String,
    machine: String,
    process: u32,
    is_running: fn(u32) -> bool,
}

impl Writer {
    /// The run of `by`, for people, in the process `process` of `machine`; `is_running` tells which processes of that
    /// machine are there.
    pub fn new(by: &str, machine: &str, process: u32, is_running: fn(u32) -> bool) -> Self {
        Self { by: word(by), machine: word(machine), process, is_running }
    }

    /// The run of `user` in this process.
    pub(crate) fn of_process(user: &str) -> Self {
        let host = host().unwrap_or_else(|| "unknown".to_owned());
        let mut hasher = DefaultHasher::new();
        // Two containers may share a name, and neither sees the processes of the other.
        (&host, read("/etc/machine-id"), namespace()).hash(&mut hasher);
        let machine = format!("{:012x}", hasher.finish() & 0xffff_ffff_ffff);
        Self::new(&format!("{user}@{host}"), &machine, std::process::id(), is_running)
    }

    /// Whose it is, for people: `ada@laptop`, one word.
    pub(crate) fn by(&self) -> &str {
        &self.by
    }

    /// The machine, one word.
    pub(crate) fn machine(&self) -> &str {
        &self.machine
    }

    /// The process.
    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    /// What tells this run from the others, as a part of a tag's name, which takes few characters besides these.
    pub(crate) fn in_tag_name(&self) -> String {
        let machine: String = self.machine.chars().filter(|one| one.is_ascii_alphanumeric() || *one == '-').collect();
        format!("{machine}-{}", self.process)
    }

    /// Whether `process` of `machine` is this very run.
    pub(crate) fn is(&self, machine: &str, process: u32) -> bool {
        self.machine == machine && self.process == process
    }

    /// Whether it is known that `process` of `machine` has ended: only the same machine can tell.
    pub(crate) fn knows_to_be_gone(&self, machine: &str, process: u32) -> bool {
        self.machine == machine && !(self.is_running)(process)
    }
}

/// One word of a bounded length.
fn word(text: &str) -> String {
    let word: String = text.chars().filter(|one| !one.is_whitespace() && !one.is_control()).take(LONGEST).collect();
    if word.is_empty() { "unknown".to_owned() } else { word }
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The space in which process ids count, on Linux.
fn namespace() -> Option<std::path::PathBuf> {
    std::fs::read_link("/proc/self/ns/pid").ok()
}

#[cfg(unix)]
fn host() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().map(str::to_owned)
}

#[cfg(not(unix))]
fn host() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// Whether a process is there; one that may not be asked is.
#[cfg(unix)]
fn is_running(process: u32) -> bool {
    let Some(id) = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw) else { return false };
    rustix::process::test_kill_process(id) != Err(rustix::io::Errno::SRCH)
}

#[cfg(not(unix))]
fn is_running(_: u32) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_process_that_has_ended_is_known_to_be_gone_on_its_own_machine_only() {
        let here = Writer::of_process("ada");
        let mut child = std::process::Command::new("true").spawn().expect("a process");
        let id = child.id();
        assert!(!here.knows_to_be_gone(here.machine(), id), "it is not waited for yet");
        child.wait().expect("its end");
        assert!(here.knows_to_be_gone(here.machine(), id));
        assert!(!here.knows_to_be_gone("elsewhere", id));
        assert!(!here.knows_to_be_gone(here.machine(), std::process::id()));
        assert!(here.is(here.machine(), std::process::id()) && !here.is("elsewhere", std::process::id()));
    }

    #[test]
    fn a_name_is_one_word_of_a_bounded_length() {
        let writer = Writer::new("Zoë Müller@my\nhost", "", 1, |_| true);
        assert_eq!((writer.by(), writer.machine()), ("ZoëMüller@myhost", "unknown"));
        assert_eq!(Writer::new("ada", "it/is&my <machine>-1", 4711, |_| true).in_tag_name(), "itismymachine-1-4711");
        assert_eq!(Writer::new(&"a".repeat(500), "m", 1, |_| true).by().len(), LONGEST);
    }
}
