//! `board` as people start it: the file, and what is wrong with what they ask for.
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::World;

#[test]
fn a_file_stands_by_itself_and_is_written_whole_or_not_at_all() {
    let world = World::new();
    world.provision(&["-l", "ada", "ben"]).done();
    let written = world.run(&["board", "--sandbox", "-l", "ada", "ben", "--out", "board.html"]).done();
    assert!(written.stderr.contains("board.html has 2 seats") && written.stdout.is_empty(), "{written:?}");
    let page = std::fs::read_to_string(world.path().join("board.html")).unwrap();
    assert!(page.contains("connect-src &#x27;none&#x27;") && page.contains("\"is_live\":false"), "{page}");
    for outside in ["http://", "https://", " src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let refused = world.run(&["board", "--sandbox", "--out", "."]).exit(2);
    assert!(refused.stderr.contains("--out . is a directory: name a file, such as ./board.html"), "{refused:?}");
    let refused = world.run(&["board", "--sandbox", "--out", "no/such/board.html"]).exit(2);
    assert!(refused.stderr.contains("CannotWriteFile") && refused.stderr.contains("no/such/board.html"), "{refused:?}");
    let names = |one: Result<std::fs::DirEntry, std::io::Error>| one.unwrap().file_name().into_string().unwrap();
    let files: Vec<String> = std::fs::read_dir(world.path()).unwrap().map(names).collect();
    assert!(files.iter().all(|name| !name.starts_with(".azlab-")), "{files:?}");
}

#[test]
fn what_is_not_an_address_is_refused_with_one_that_is() {
    let world = World::new();
    for text in ["projector", "localhost", "127.0.0.1:http"] {
        let refused = world.run(&["board", "--sandbox", "--listen", text]).exit(2);
        assert!(refused.stderr.contains("such as 127.0.0.1:8480"), "{refused:?}");
    }
    let elsewhere = world.run(&["board", "--sandbox", "--listen", "192.0.2.1:8480"]).exit(2);
    assert!(elsewhere.stderr.contains("192.0.2.1:8480 is not an address of this machine"), "{elsewhere:?}");
    assert!(elsewhere.stderr.contains("azlab board --sandbox --listen 127.0.0.1:0"), "{elsewhere:?}");
    world.run(&["board", "--sandbox", "--out", "x.html", "--listen", "127.0.0.1:0"]).exit(2);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_as_it_ends_status_watch() {
    use rustix::process::{Pid, Signal, kill_process};

    let world = World::new();
    world.provision(&[]).done();
    let mut command = world.azlab(&["board", "--sandbox", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let told = lines.find(|line| line.starts_with("the board is at ")).unwrap();
    assert!(told.contains("http://127.0.0.1:"), "{told}");
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(lines.all(|line| !line.contains("panicked")));
}
