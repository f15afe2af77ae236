//! What docs/configuration.md shows works as it stands.
use super::World;

/// The first block of a language in the page.
fn block(language: &str) -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap();
    let rest = page.split(&format!("```{language}\n")).nth(1).expect("a block");
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
    assert_eq!(shown["labs"].as_array().unwrap().len(), 41);
}
