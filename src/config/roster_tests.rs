//! A roster beside the file: whose labs there are.

use super::tests::{good, only};
use super::*;
use crate::lab::attendee::Attendee;
use crate::lab::tags;

/// A file with a roster beside it.
fn with_roster(toml: &str, roster: &[u8]) -> Result<Config, ConfigError> {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("roster.csv"), roster).expect("written");
    let file = directory.path().join("azlab.toml");
    std::fs::write(&file, format!("version = 1\nroster = \"roster.csv\"\n{toml}")).expect("written");
    Config::load(&file)
}

const ROSTER: &[u8] =
    b"name,email,lab,location\nAda Lovelace,ada@contoso.com,,\nGrace,grace@contoso.com,seat-2,norwayeast\n";

#[test]
fn a_roster_stands_beside_the_labs_of_the_file() {
    let labs = "[[labs]]\nname = \"host\"\n[[labs]]\nname = \"seat-{n}\"\ncount = 2\ncluster.node_count = 3\n";
    let config = with_roster(labs, ROSTER).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.lab_names().collect::<Vec<_>>(), ["host", "seat-1", "seat-2", "ada-lovelace"]);
    let (seat, ada) = (config.spec("seat-2", "s"), config.spec("ada-lovelace", "s"));
    // The row's own words, with the entry's settings.
    assert_eq!((seat.cluster.node_count, seat.location.as_deref()), (Some(3), Some("norwayeast")));
    assert_eq!(seat.attendee.as_ref().and_then(Attendee::address), Some("grace@contoso.com"));
    assert_eq!(seat.tags.get(tags::OWNER), Some("grace@contoso.com"));
    assert_eq!(
        (ada.cluster.node_count, ada.location.as_deref(), ada.roles),
        (None, None, vec!["Contributor".to_owned()])
    );
    assert_eq!(config.spec("host", "s").attendee, None);
    let place = config.lab_place("ada-lovelace").expect("a place");
    assert!(place.ends_with("roster.csv:2"), "{place}");
    assert!(config.place("roster[1].location").is_some_and(|place| place.ends_with("roster.csv:3")));
    assert_eq!(config.lab_of("GRACE@contoso.com"), Some("seat-2"));
}

#[test]
fn what_an_entry_of_labs_says_goes_before_what_a_row_says() {
    let labs = "owner = \"Platform team\"\n[[labs]]\nname = \"seat-2\"\nlocation = \"swedencentral\"\naccess.roles = [\"Reader\"]\n";
    let config = with_roster(labs, ROSTER).unwrap_or_else(|error| panic!("{error}"));
    let seat = config.spec("seat-2", "s");
    assert_eq!((seat.location.as_deref(), seat.roles.as_slice()), (Some("swedencentral"), &["Reader".to_owned()][..]));
    assert_eq!(seat.tags.get(tags::OWNER), Some("grace@contoso.com"), "the row is about this lab, the file about all");
}

#[test]
fn a_lab_of_the_list_may_have_an_attendee_of_its_own() {
    let config = good("version = 1\n[[labs]]\nname = \"host\"\nattendee = \"ada@contoso.com\"\n");
    let host = config.spec("host", "s");
    assert_eq!(host.attendee.as_ref().map(Attendee::label), Some("ada@contoso.com"));
    assert_eq!(host.tags.get(tags::OWNER), Some("ada@contoso.com"));
    assert_eq!(
        only("[[labs]]\nname = \"host\"\nattendee = \"ada\"\n"),
        "4:12: 'ada' is not an address and not an object id / write it as ada@contoso.com"
    );
    assert!(only("[[labs]]\nname = \"s{n}\"\ncount = 2\nattendee = \"a@x.y\"\n").contains("have one attendee"));
    let twice = "[[labs]]\nname = \"a\"\nattendee = \"a@x.y\"\n[[labs]]\nname = \"b\"\nattendee = \"A@x.y\"\n";
    assert!(only(twice).starts_with("7:12: A@x.y is the attendee of the lab on line 3 too"), "{}", only(twice));
    assert!(only("[[labs]]\nname = \"host\"\nemail = \"a@x.y\"\n").ends_with("did you mean attendee?"));
    let both = with_roster("[[labs]]\nname = \"seat-2\"\nattendee = \"x@y.z\"\n", ROSTER).unwrap_err().to_string();
    assert!(both.contains("the lab 'seat-2' has an attendee on") && both.contains("roster.csv:3 too"), "{both}");
}

#[test]
fn roles_are_texts_each_once() {
    assert!(
        only("access.roles = [\"Reader\", \"reader\"]\n").contains("'reader' is not valid: it is in the list twice")
    );
    assert!(only("access.roles = [\"\"]\n").contains("it must be some text in one line"));
    assert!(only("access.role = [\"Reader\"]\n").contains("did you mean roles?"));
}

#[test]
fn a_roster_that_cannot_be_used_is_told_by_its_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("azlab.toml");
    std::fs::create_dir(directory.path().join("people")).expect("made");
    std::fs::write(directory.path().join("large.csv"), vec![b'a'; 10 << 20]).expect("written");
    for (roster, says) in [
        ("missing.csv", "missing.csv does not exist"),
        ("people", "people is a directory"),
        ("large.csv", "large.csv is larger than"),
    ] {
        std::fs::write(&file, format!("version = 1\nroster = \"{roster}\"\n")).expect("written");
        let error = Config::load(&file).expect_err(says);
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = with_roster("", b"PK\x03\x04 and so on").unwrap_err().to_string();
    assert!(error.contains("roster.csv is a spreadsheet's own file"), "{error}");
    let error = with_roster("", b"name,email\nZo\xeb,a@x.y\n").unwrap_err().to_string();
    assert!(error.contains("roster.csv:2:3: this is not UTF-8"), "{error}");
    let error = with_roster("", b"name,email\nAda,a@x.y\nBen,a@x.y\n").unwrap_err().to_string();
    assert!(error.contains("roster.csv:3:1: a@x.y is on line 2 too"), "{error}");
    let many: String = (0..491).map(|n| format!("A{n},a{n}@x.y\n")).collect();
    let error = with_roster("", format!("name,email\n{many}").as_bytes()).unwrap_err().to_string();
    assert!(error.contains("azlab.toml:2:1: 491 labs are too many"), "{error}");
}
