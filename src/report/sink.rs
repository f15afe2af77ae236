//! Where lines go: a stream or a file, of which each may break without disturbing the work.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Takes whole lines, flushes each, and falls silent for good at its first error.
pub(super) struct LineSink {
    target: Option<Box<dyn Write + Send>>,
}

impl LineSink {
    pub(super) fn new(target: Box<dyn Write + Send>) -> Self {
        Self { target: Some(target) }
    }

    /// Writes `line` and a line break in one piece, so that lines of several processes do not mix.
    ///
    /// # Errors
    /// The error that ended the sink, once. A broken pipe is none: the reader has seen enough.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        let Some(target) = &mut self.target else { return Ok(()) };
        let written = target.write_all(format!("{line}\n").as_bytes()).and_then(|()| target.flush());
        if written.is_err() {
            self.target = None;
        }
        quiet(written)
    }
}

/// Takes a broken pipe for success.
pub(super) fn quiet(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Opens `path` to append; where it does not exist, makes it for its owner's eyes only.
pub(super) fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_pipe_ends_quietly_and_for_good() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut sink = LineSink::new(Box::new(writer));
        assert!(sink.line("one").is_ok());
        assert!(sink.target.is_none());
        assert!(sink.line("two").is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_once() {
        let mut sink = LineSink::new(Box::new(append(Path::new("/dev/full")).unwrap()));
        assert_eq!(sink.line("one").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(sink.line("two").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_its_owners_and_an_old_one_is_added_to() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        LineSink::new(Box::new(append(&path).unwrap())).line("one").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        LineSink::new(Box::new(append(&path).unwrap())).line("two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }
}
