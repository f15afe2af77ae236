//! What docs/configuration.md shows works as it stands.
use super::World;

/// The first block of a language in the page.
fn block(language: &str) -> String {
    nth_block(language, 1)
}

fn nth_block(language: &str, nth: usize) -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap();
    let rest = page.split(&format!("```{language}\n")).nth(nth).expect("a block");
    rest.split("```").next().expect("its end").to_owned()
}

#[test]
fn the_pages_commands_run_as_they_stand() {
    let world = World::new();
    let mut ran = 0;
    for line in block("sh").lines() {
        let command = line.split('#').next().unwrap();
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        super::Ended::of(world.azlab(&words).env("AZLAB_SANDBOX", "1").output().unwrap()).done();
        ran += 1;
    }
    assert_eq!(ran, 4);
}

#[test]
fn the_pages_file_is_good() {
    let world = World::new();
    std::fs::write(world.path().join("azlab.toml"), block("toml")).unwrap();
    let shown = world.run(&["config", "show", "-o", "json"]).done().json();
    assert_eq!(shown["labs"].as_array().unwrap().len(), 43);
}

#[test]
fn the_pages_shared_account_is_shown_for_each_lab() {
    let world = World::new();
    std::fs::write(world.path().join("azlab.toml"), nth_block("toml", 2)).unwrap();
    let shown = world.run(&["config", "show", "-o", "json"]).done().json();
    let labs = shown["labs"].as_array().unwrap();
    assert_eq!(labs.len(), 100);
    for lab in labs {
        let settings = lab["settings"].as_array().unwrap();
        let value = |key: &str| settings.iter().find(|one| one["key"] == key).unwrap()["value"].clone();
        assert_eq!((value("openai.shared").as_bool(), value("openai.per_lab").as_u64()), (Some(true), Some(10)));
    }
}

#[test]
fn the_pages_places_are_shown_with_the_command_that_says_who_goes_where() {
    let world = World::new();
    std::fs::write(world.path().join("azlab.toml"), nth_block("toml", 3)).unwrap();
    let shown = world.run(&["config", "show", "-o", "json"]).done().json();
    let settings = shown["settings"].as_array().unwrap();
    let value = |key: &str| settings.iter().find(|one| one["key"] == key).unwrap()["value"].clone();
    assert_eq!(value("placement")[1]["subscription"], "training-2");
    assert_eq!((value("placement")[1]["max_labs"].as_u64(), value("on_full").as_str()), (Some(30), Some("stop")));
    let who = &shown["who_goes_where"];
    assert_eq!(who["fixed"].as_array().unwrap().len(), 1);
    assert_eq!(
        (who["fixed"][0]["lab"].as_str(), who["fixed"][0]["location"].as_str()),
        (Some("host"), Some("swedencentral"))
    );
    assert_eq!((who["free"].as_array().unwrap().len(), who["free"][59].as_str()), (60, Some("seat-60")));
    let places: Vec<_> =
        who["places"].as_array().unwrap().iter().map(|place| place["location"].as_str().unwrap()).collect();
    assert_eq!(places, ["swedencentral", "westeurope", "swedencentral"]);
    assert_eq!(who["places"][2]["subscription"], "training-2");
    let text = world.run(&["config", "show"]).done();
    assert!(text.stdout.contains("host: swedencentral and nowhere else"), "{}", text.stdout);
    assert!(text.stdout.contains("60 labs (seat-01, "), "{}", text.stdout);
    assert!(text.stdout.contains("3. swedencentral (subscription training-2, at most 30 labs)"), "{}", text.stdout);
    assert!(text.stdout.contains("who goes where, and why"), "{}", text.stdout);
    assert!(text.stdout.contains("nothing was read from Azure here"), "{}", text.stdout);
    assert!(text.stdout.contains("provision --all --dry-run"), "{}", text.stdout);
    assert!(text.stdout.contains("doctor --all"), "{}", text.stdout);
}
