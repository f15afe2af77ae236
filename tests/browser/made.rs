//! The pages that are looked at, as azlab makes them.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use azlab::outcome::Exit;
use azlab_simulation::large::{Class, simulated};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A home of its own, with a sandbox in it.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.file(name), text).unwrap();
        self.file(name)
    }

    /// Runs azlab, at so many service seconds a real one that a class takes no time; gives what it prints.
    #[track_caller]
    pub(crate) fn azlab(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_azlab"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.0.path())
            .env("USER", "tester")
            .env("PATH", self.file("no-programs"))
            .env("AZLAB_SANDBOX_DIR", self.file("sandbox"))
            .env("AZLAB_SANDBOX_SPEED", "2000")
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command
    }
}

/// A board that is served until the test is over.
pub(crate) struct Served {
    child: Child,
    /// Where.
    pub(crate) url: String,
}

impl Served {
    /// The board of the class in `home`, at any free port.
    pub(crate) fn board(home: &Home) -> Self {
        Self::board_at(home, "127.0.0.1:0")
    }

    /// The board of the class in `home`, at this address.
    pub(crate) fn board_at(home: &Home, listen: &str) -> Self {
        let mut command = home.command(&["board", "--sandbox", "--all", "--interval", "1s", "--progress", "json"]);
        command.args(["--listen", listen]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut events = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let url =
            events.find_map(|event| event["url"].as_str().map(str::to_owned)).expect("it says where it is served");
        // It goes on to tell: somebody has to read.
        std::thread::spawn(move || events.for_each(drop));
        Self { child, url }
    }
}

impl Served {
    /// `127.0.0.1:41234`
    pub(crate) fn address(&self) -> String {
        self.url.trim_start_matches("http://").trim_end_matches('/').to_owned()
    }

    /// Ends it as Ctrl-C does.
    pub(crate) fn interrupt(mut self) {
        let process = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(process, Signal::INT).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(130));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The board of a class of 300 as a file, four of which exist.
pub(crate) fn board_of_300(home: &Home) -> PathBuf {
    home.write("azlab.toml", "version = 1\nttl = \"8h\"\n[[labs]]\nname = \"seat-{n:03}\"\ncount = 300\n");
    home.azlab(&["provision", "--sandbox", "-l", "seat-001", "seat-002", "seat-120", "seat-300"]);
    home.azlab(&["board", "--sandbox", "--all", "--out", "board.html"]);
    home.file("board.html")
}

/// A page of the board of 300 whose seats have people's names and trouble: of each eleven one is being made, and eight are stuck.
pub(crate) fn board_of_300_in_trouble(home: &Home) -> PathBuf {
    const NAMES: [&str; 4] = ["Ada Lovelace", "Margarete Müller-Lüdenscheidt", "José García", "Katherine Johnson"];
    let page = std::fs::read_to_string(board_of_300(home)).unwrap();
    let (before, rest) = page.split_once("type=\"application/json\">").unwrap();
    let (data, after) = rest.split_once("</script>").unwrap();
    let mut data: Value = serde_json::from_str(data).unwrap();
    let at = data["at"].as_i64().unwrap();
    // A page on the wall's clock goes on counting, and a busy machine takes minutes to look at it.
    data["head"]["speed"] = 2.into();
    for (number, seat) in data["seats"].as_array_mut().unwrap().iter_mut().enumerate() {
        seat["name"] = format!("{} {number}", NAMES[(number / 40 + number) % 4]).into();
        if seat.get("expires").is_some() {
            seat["expires"] = (at + 5 * 3_600_000).into();
        }
        let minutes = |count: usize| at - i64::try_from(count).unwrap() * 60_000;
        if number % 40 == 5 {
            seat["kind"] = "stuck".into();
            seat["since"] = minutes(number % 7 + 20).into();
            seat["why"] = "nobody is at work: model deployment absent".into();
        } else if number % 11 == 3 {
            seat["kind"] = "working".into();
            seat["run"] = serde_json::json!(["provision", minutes(number % 9 + 1)]);
        }
    }
    home.write("trouble.html", &format!("{before}type=\"application/json\">{data}</script>{after}"))
}

/// The handout of a class of `count`, with backs; the first attendee's name is HTML, the second's long.
pub(crate) fn handout(home: &Home, count: usize) -> PathBuf {
    let name = |number| match number {
        1 => "<b>Ben</b> & Co".to_owned(),
        2 => "Maximiliane-Alexandra von und zu Hohenstaufen-Wittelsbach".to_owned(),
        _ => format!("Attendee {number}"),
    };
    handout_of(home, &(1..=count).map(name).collect::<Vec<_>>())
}

/// The handout of a class with these names, with backs.
pub(crate) fn handout_of(home: &Home, names: &[impl AsRef<str>]) -> PathBuf {
    let mut roster = "name,email\n".to_owned();
    for (index, name) in names.iter().enumerate() {
        writeln!(roster, "{},attendee-{:03}@contoso.com", name.as_ref(), index + 1).unwrap();
    }
    home.write("roster.csv", &roster);
    home.write("azlab.toml", "version = 1\nworkshop = \"friday\"\nroster = \"roster.csv\"\nttl = \"8h\"\n");
    home.write("back.md", "# Wi-Fi\n\nnetwork **guest**, see [the pages](https://contoso.com)\n");
    home.azlab(&["provision", "--sandbox", "--all", "--yes"]);
    let page = home.azlab(&["handout", "--sandbox", "--all", "--back", "back.md"]);
    home.write("handout.html", &page)
}

/// The events of a class of 300 that was provisioned, on a clock that does not wait.
fn events_of_300() -> &'static str {
    static EVENTS: OnceLock<String> = OnceLock::new();
    EVENTS.get_or_init(|| {
        // On a thread of its own: a test's has a runtime already.
        let ran = std::thread::spawn(|| simulated(async { Class::new(300, 1).run_heard("provision --all").await }));
        let (finished, events) = ran.join().unwrap();
        assert_eq!(finished.exit, Exit::Done);
        events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect()
    })
}

/// The timeline of a class of 300, in which one lab failed.
pub(crate) fn timeline_of_300(home: &Home) -> PathBuf {
    let (mut events, lab) = (String::new(), "\"lab\":\"seat-007\"");
    for line in events_of_300().lines() {
        let line = match line.contains(lab) && line.contains("\"event\":\"lab_finished\"") {
            true => line.replace("\"state\":\"ready\"", "\"state\":\"failed\"").replace(
                "\"error\":null",
                "\"error\":{\"code\":\"QuotaExceeded\",\"message\":\"no cores are left\",\"retryable\":false}",
            ),
            false if line.contains("\"event\":\"run_finished\"") => line.replace("\"exit_code\":0", "\"exit_code\":5"),
            false => line.to_owned(),
        };
        events.push_str(&line);
        events.push('\n');
    }
    assert!(events.contains("QuotaExceeded"), "the lab's end was found");
    timeline(home, &events)
}

/// The timeline of these events.
pub(crate) fn timeline(home: &Home, events: &str) -> PathBuf {
    home.write("events.jsonl", events);
    let page = home.azlab(&["timeline", "events.jsonl"]);
    home.write("timeline.html", &page)
}
