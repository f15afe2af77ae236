//! `teardown` at a terminal of 24 lines and 80 columns.
use super::World;
use super::terminal::OnTerminal;

/// What a terminal shows of `text`: without the sequences that drive it.
fn plain(text: &str) -> String {
    console::strip_ansi_codes(text).replace("\r\n", "\n").replace('\r', "\n")
}

#[test]
fn the_question_stands_on_the_screen_and_a_no_is_one_line() {
    let world = World::new();
    let labs: Vec<String> = (1..=14).map(|number| format!("lab-{number:02}")).collect();
    let labs: Vec<&str> = labs.iter().map(String::as_str).collect();
    world.provision(&[&["-l"], labs.as_slice()].concat()).done();
    let mut command = world.azlab(&[&["teardown", "--sandbox", "-l"], labs.as_slice()].concat());
    let mut asked = OnTerminal::start(&mut command, 24, 80);
    let before = plain(&asked.until("the question", |shown| shown.contains("Type intelligent-apps-aks")));
    let summary = before.find("this will be deleted: 14 labs with ").expect("a summary");
    assert!(before[summary..].lines().count() <= 20, "{before}");
    assert!(before.contains("and 2 more") && before.contains("--dry-run"), "{before}");
    let length = before.len();
    asked.press("no\r");
    let (status, shown) = asked.end();
    assert_eq!(status.code(), Some(8), "{shown}");
    let after = &plain(&shown)[length..];
    assert!(after.contains("nothing was deleted"), "{after}");
    assert!(!after.contains("lab-07") || after.matches("lab-07").count() == 1, "{after}");
    assert!(!after.contains("left"), "{after}");
}

#[test]
fn the_result_of_one_lab_does_not_repeat_what_the_progress_has_shown() {
    let world = World::new();
    let (status, shown) = OnTerminal::start(&mut world.azlab(&["provision", "--sandbox"]), 24, 80).end();
    assert_eq!(status.code(), Some(0));
    let shown = plain(&shown);
    let result = &shown[shown.find("lab default is ready").expect("a headline")..];
    assert!(result.lines().count() < 22, "the headline stays on the screen: {result}");
    assert!(!result.contains("federated credential"), "{result}");
    // Elsewhere there is no other list.
    world.run(&["teardown", "--sandbox", "--yes"]).done();
    assert!(world.provision(&[]).done().stdout.contains("federated credential"));
}

#[test]
fn what_declines_elsewhere_declines_at_the_question_too() {
    let world = World::new();
    world.provision(&[]).done();
    // Ctrl-D, Escape, Enter, a word for no.
    for keys in ["\u{4}", "\u{1b}", "\r", "no"] {
        let mut command = world.azlab(&["teardown", "--sandbox"]);
        let mut asked = OnTerminal::start(&mut command, 24, 80);
        asked.until("the question", |shown| plain(shown).contains("Delete it? (y/n)"));
        asked.until_it_reads_keys();
        asked.press(keys);
        let (status, shown) = asked.end();
        assert_eq!(status.code(), Some(8), "{keys:?}: {shown}");
        assert!(plain(&shown).contains("nothing was deleted"), "{shown}");
    }
    // Keys that mean nothing are passed over.
    let mut command = world.azlab(&["teardown", "--sandbox"]);
    let mut asked = OnTerminal::start(&mut command, 24, 80);
    asked.until("the question", |shown| plain(shown).contains("Delete it? (y/n)"));
    asked.until_it_reads_keys();
    asked.press("x7 y");
    let (status, shown) = asked.end();
    assert_eq!(status.code(), Some(0), "{shown}");
}

#[test]
fn what_was_typed_before_a_question_is_no_answer_to_it() {
    let world = World::new();
    world.provision(&[]).done();
    let mut asked = OnTerminal::start_after("y\ryes\r", &mut world.azlab(&["teardown", "--sandbox"]), 24, 80);
    asked.until("the question", |shown| plain(shown).contains("Delete it? (y/n)"));
    asked.until_it_reads_keys();
    asked.press("n");
    let (status, shown) = asked.end();
    assert_eq!(status.code(), Some(8), "{shown}");
    // A word.
    world.provision(&["-l", "anna", "ben"]).done();
    let mut command = world.azlab(&["teardown", "--sandbox", "-l", "anna", "ben"]);
    let mut asked = OnTerminal::start_after("intelligent-apps-aks\r", &mut command, 24, 80);
    asked.until("the question", |shown| plain(shown).contains("Type intelligent-apps-aks"));
    asked.until_it_reads_keys();
    asked.press("no\r");
    let (status, shown) = asked.end();
    assert_eq!(status.code(), Some(8), "{shown}");
    // A model: Enter takes the first.
    let arguments = ["provision", "--sandbox", "--model", "gpt-35-turbo", "-l", "cleo"];
    let mut asked = OnTerminal::start_after("\r\r", &mut world.azlab(&arguments), 24, 80);
    asked.until("the list", |shown| plain(shown).contains("gpt-5-mini"));
    asked.until_it_reads_keys();
    asked.press("\u{1b}");
    let (status, shown) = asked.end();
    assert_eq!(status.code(), Some(4), "{shown}");
}

#[test]
fn a_terminal_that_cannot_go_back_is_asked_without_sequences() {
    let world = World::new();
    world.provision(&[]).done();
    let mut command = world.azlab(&["teardown", "--sandbox"]);
    let mut asked = OnTerminal::start_on("dumb", "", command.env("NO_COLOR", "1"), 24, 80);
    asked.until("the question", |shown| shown.contains("Delete it? (y/n)"));
    asked.until_it_reads_keys();
    asked.press("n");
    let (status, shown) = asked.end();
    assert_eq!(status.code(), Some(8), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn what_declines_elsewhere_declines_where_a_word_is_to_be_typed_too() {
    let world = World::new();
    world.provision(&["-l", "anna", "ben"]).done();
    // Nothing typed and half a word; Ctrl-D and Escape.
    for keys in ["\u{4}", "\u{1b}", "intell\u{4}", "int\u{1b}"] {
        let mut command = world.azlab(&["teardown", "--sandbox", "-l", "anna", "ben"]);
        let mut asked = OnTerminal::start(&mut command, 24, 80);
        asked.until("the question", |shown| plain(shown).contains("Type intelligent-apps-aks"));
        asked.until_it_reads_keys();
        asked.press(keys);
        let (status, shown) = asked.end();
        assert_eq!(status.code(), Some(8), "{keys:?}: {shown}");
        let shown = plain(&shown);
        assert!(shown.contains("· cancelled\n") && shown.contains("nothing was deleted"), "{keys:?}: {shown}");
    }
    // What was typed wrong can be taken back.
    let mut command = world.azlab(&["teardown", "--sandbox", "-l", "anna", "ben"]);
    let mut asked = OnTerminal::start(&mut command, 24, 80);
    asked.until("the question", |shown| plain(shown).contains("Type intelligent-apps-aks"));
    asked.until_it_reads_keys();
    asked.press("intelligent-apps-akß\u{7f}s\r");
    let (status, shown) = asked.end();
    assert_eq!(status.code(), Some(0), "{shown}");
}

#[test]
fn what_declines_elsewhere_declines_in_the_list_of_models_too() {
    let world = World::new();
    for keys in ["\u{4}", "\u{1b}", "q", "j\u{4}"] {
        let mut command = world.azlab(&["provision", "--sandbox", "--model", "gpt-35-turbo", "-l", "anna", "ben"]);
        let mut asked = OnTerminal::start(&mut command, 24, 80);
        asked.until("the list", |shown| plain(shown).contains("gpt-5-mini"));
        asked.until_it_reads_keys();
        asked.press(keys);
        let (status, shown) = asked.end();
        assert_eq!(status.code(), Some(4), "{keys:?}: {shown}");
        let shown = plain(&shown);
        assert!(shown.contains("❯ gpt-5.4-mini") && shown.contains("  gpt-5-mini"), "{shown}");
        assert!(shown.contains("\ncancelled\n") && shown.contains("error[ServiceModelDeprecated]"), "{shown}");
    }
    // The second of the list, on a screen that does not hold both.
    let arguments = ["provision", "--sandbox", "--model", "gpt-35-turbo", "-l", "anna"];
    let mut asked = OnTerminal::start(&mut world.azlab(&arguments), 3, 80);
    asked.until("the list", |shown| plain(shown).contains("gpt-5.4-mini"));
    asked.until_it_reads_keys();
    asked.press("\u{1b}[B");
    asked.until("the second", |shown| plain(shown).contains("gpt-5-mini"));
    asked.press("\r");
    let (status, shown) = asked.end();
    assert_eq!(status.code(), Some(0), "{shown}");
    // One at a time, the chosen one; what stood above the list stays.
    let plainly = plain(&shown);
    assert!(plainly.contains("❯ gpt-5.4-mini") && !plainly.contains("  gpt-5-mini 2025-08-07 ("), "{plainly}");
    let mut screen = vt100::Parser::new(200, 80, 0);
    screen.process(shown.as_bytes());
    let left = screen.screen().contents();
    assert!(left.contains("Which model instead") && !left.contains("arrow keys"), "{left}");
    assert!(world.run(&["env", "--sandbox", "-l", "anna", "--format", "json"]).done().stdout.contains("gpt-35-turbo"));
    let listed = world.run(&["status", "--sandbox", "-l", "anna", "-o", "json"]).done().stdout;
    assert!(plain(&shown).contains("gpt-5-mini 2025-08-07"), "{shown} {listed}");
}
