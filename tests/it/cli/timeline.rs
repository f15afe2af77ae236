//! `timeline`: the page of a run, from its events file.
use super::World;

/// A world in which two labs were created, with the events of it.
fn ran() -> World {
    let world = World::new();
    world.provision(&["-l", "ada", "ben", "--events", "events.jsonl"]).done();
    world
}

#[test]
fn a_run_becomes_a_page_that_asks_no_other_host() {
    let world = ran();
    let page = world.run(&["timeline", "events.jsonl"]).done().stdout;
    assert!(page.starts_with("<!doctype html>") && page.contains("2 labs: 2 ready"), "{page}");
    assert!(page.contains("limits allow 5m 41s at best") && page.contains("class=\"bound\""), "{page}");
    for told in ["myResourceGroup-ada", "myAKSCluster", "federated credential", "decided the end", "created"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let row = |lab: &str| page.find(&format!("data-name=\"{lab}\"")).unwrap();
    assert!(row("ada") > 0 && row("ben") > 0);
}

#[test]
fn one_lab_becomes_a_picture_and_several_need_a_name() {
    let world = ran();
    let picture = world.run(&["timeline", "events.jsonl", "--format", "svg", "-l", "ada"]).done().stdout;
    assert!(picture.starts_with("<svg ") && picture.contains("provision: ada, ready after"), "{picture}");
    assert_eq!(picture.matches("<rect class=\"bar ").count(), 7, "a bar a resource: {picture}");
    let refused = world.run(&["timeline", "events.jsonl", "--format", "svg"]).exit(2);
    assert!(refused.stderr.contains("2: ada, ben") && refused.stderr.contains("--lab"), "{}", refused.stderr);
    let refused = world.run(&["timeline", "events.jsonl", "--format", "svg", "-l", "zoe"]).exit(2);
    assert!(refused.stderr.contains("no lab zoe"), "{}", refused.stderr);
}

#[test]
fn a_file_that_is_appended_to_shows_its_last_run_or_the_one_that_is_named() {
    let world = ran();
    let only_one = world.run(&["timeline", "events.jsonl", "--run", "2"]).exit(2);
    assert!(only_one.stderr.contains("holds one run") && only_one.stderr.contains("--run 1"), "{}", only_one.stderr);
    world.run(&["teardown", "--sandbox", "--yes", "-l", "ada", "--events", "events.jsonl"]).done();
    let title = |arguments: &[&str]| {
        let page = world.run(&[&["timeline", "events.jsonl"], arguments].concat()).done().stdout;
        page.lines().find_map(|line| line.strip_prefix("<h1>")).unwrap().to_owned()
    };
    assert!(title(&[]).starts_with("teardown in the sandbox"));
    assert!(title(&["--run", "1"]).starts_with("provision in the sandbox"));
    let refused = world.run(&["timeline", "events.jsonl", "--run", "3"]).exit(2);
    assert!(refused.stderr.contains("holds 2 runs"), "{}", refused.stderr);
}

#[test]
fn what_is_no_events_file_is_told_with_its_line_and_a_cut_off_end_is_shown() {
    let world = ran();
    let whole = std::fs::read_to_string(world.path().join("events.jsonl")).unwrap();
    let put = |text: &str| std::fs::write(world.path().join("other.jsonl"), text).unwrap();
    let refused = |world: &World| world.run(&["timeline", "other.jsonl"]).exit(2).stderr;
    let cut: String = whole[..whole.len() * 2 / 3].to_owned();
    put(&cut);
    let page = world.run(&["timeline", "other.jsonl"]).done().stdout;
    assert!(page.contains("The last line of the file is cut off"), "{page}");
    // Within a letter.
    let (start, _) = whole.rsplit_once('{').unwrap();
    let bytes = [format!("{start}{{\"lab\":\"Zo").as_bytes(), &"ë".as_bytes()[..1]].concat();
    std::fs::write(world.path().join("other.jsonl"), bytes).unwrap();
    let page = world.run(&["timeline", "other.jsonl"]).done().stdout;
    assert!(page.contains("The last line of the file is cut off"), "{page}");
    std::fs::write(world.path().join("other.jsonl"), b"\xff\xfe{\x00").unwrap();
    assert!(refused(&world).contains("other.jsonl cannot be read: it is not text in UTF-8"));
    put("name,email\nada,ada@contoso.com\n");
    assert!(refused(&world).contains("other.jsonl: line 1 is not an event of azlab"));
    put(&whole.replacen("azlab.event/v1", "azlab.event/v9", 1));
    let told = refused(&world);
    assert!(told.contains("line 1 is of the schema 'azlab.event/v9'") && told.contains("that wrote it"), "{told}");
    put("");
    assert!(refused(&world).contains("no event"));
    for missing in ["absent.jsonl", "."] {
        let told = world.run(&["timeline", missing]).exit(2).stderr;
        assert!(told.contains("cannot be read") && told.contains("--events"), "{told}");
    }
}

#[test]
fn a_name_that_is_html_stays_a_name() {
    let world = ran();
    let events = std::fs::read_to_string(world.path().join("events.jsonl")).unwrap();
    let evil = events.replace("\"lab\":\"ada\"", "\"lab\":\"</script><script>alert(1)</script>\"");
    assert_ne!(evil, events);
    std::fs::write(world.path().join("evil.jsonl"), evil).unwrap();
    let page = world.run(&["timeline", "evil.jsonl"]).done().stdout;
    assert_eq!(page.matches("<script").count(), 1, "its own alone");
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
}

#[test]
fn ids_are_hidden_in_a_page_as_well() {
    let world = ran();
    let events = std::fs::read_to_string(world.path().join("events.jsonl")).unwrap();
    std::fs::write(world.path().join("real.jsonl"), events.replace("\"sandbox\":true", "\"sandbox\":false")).unwrap();
    let id = azlab_sandbox::SUBSCRIPTION_ID;
    assert!(world.run(&["timeline", "real.jsonl"]).done().stdout.contains(id));
    assert!(!world.run(&["timeline", "real.jsonl", "--hide-ids"]).done().stdout.contains(id));
}
