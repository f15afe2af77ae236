//! `handout`: the cards of a class, from its roster and what Azure has.
use std::path::Path;

use super::World;

/// A class of two with a roster, created.
fn class() -> World {
    let world = World::new();
    write(world.path(), "roster.csv", "name,email,table\nZoë Müller,zoe@contoso.com,4\n<b>Ben</b>,ben@contoso.com,5\n");
    write(world.path(), "azlab.toml", "version = 1\nworkshop = \"friday\"\nroster = \"roster.csv\"\nttl = \"8h\"\n");
    world.run(&["provision", "--sandbox", "--all", "--yes"]).done();
    world
}

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

#[test]
fn each_attendee_has_a_card_with_what_is_theirs_and_no_secret() {
    let world = class();
    let lines = world.run(&["handout", "--sandbox", "--format", "jsonl"]).done().stdout;
    let cards: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(cards.len(), 2, "{lines}");
    let zoe = &cards[0];
    assert_eq!(
        (&zoe["name"], &zoe["sign_in"], &zoe["more"]["table"]),
        (&"Zoë Müller".into(), &"zoe@contoso.com".into(), &"4".into())
    );
    for known in
        ["resource_group", "location", "cluster", "account", "endpoint", "deployment", "ends", "expires_at", "tenant"]
    {
        assert!(zoe[known].is_string(), "{known}: {zoe}");
    }
    let commands: Vec<&str> = zoe["commands"].as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
    assert!(
        commands[0].starts_with("az login --tenant ") && commands[2].starts_with("az aks get-credentials -g "),
        "{commands:?}"
    );
    let page = world.run(&["handout", "--sandbox", "--all"]).done().stdout;
    assert!(page.contains("Zoë Müller") && page.contains("&lt;b&gt;Ben") && !page.contains("<b>Ben"), "{page}");
    assert!(page.contains("friday") && page.contains("rehearsal"), "{page}");
    assert!(!page.contains("http-equiv=\"refresh") && !page.contains("<script") && !page.contains("src="), "{page}");
    let key = world
        .run(&["env", "--sandbox", "-l", zoe["lab"].as_str().unwrap(), "--show-keys", "--format", "dotenv"])
        .done()
        .stdout;
    let key =
        key.lines().find_map(|line| line.strip_prefix("AOAI_OPENAI_API_KEY=")).unwrap().trim_matches('"').to_owned();
    assert!(key.len() > 20 && !page.contains(&key) && !lines.contains(&key));
}

#[test]
fn a_spare_which_is_nobodys_has_a_card_only_where_it_is_named() {
    let world = World::new();
    write(world.path(), "roster.csv", "name,email\nZoë Müller,zoe@contoso.com\n");
    write(world.path(), "azlab.toml", "version = 1\nroster = \"roster.csv\"\nspares = 1\n");
    world.run(&["provision", "--sandbox", "--all", "--yes"]).done();
    let names = |arguments: &[&str]| -> Vec<String> {
        let lines = world.run(&[&["handout", "--sandbox", "--format", "jsonl"], arguments].concat()).done().stdout;
        let cards = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        cards.map(|card| card["lab"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["--all"]), ["zoe-muller"]);
    assert_eq!(names(&["-l", "spare-1"]), ["spare-1"]);
}

#[test]
fn a_table_has_the_rosters_own_columns_and_a_lab_that_is_absent_is_told() {
    let world = class();
    world.run(&["teardown", "--sandbox", "--yes", "-l", "ben@contoso.com"]).done();
    let table = world.run(&["handout", "--sandbox", "--all", "--format", "csv"]).done();
    let mut reader = csv::Reader::from_reader(table.stdout.as_bytes());
    let head = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let of = |row: usize, column: &str| rows[row][head.iter().position(|one| one == column).unwrap()].to_owned();
    assert_eq!((rows.len(), of(0, "table"), of(1, "cluster")), (2, "4".to_owned(), String::new()));
    assert!(table.stderr.contains("1 lab is not ready"), "{}", table.stderr);
}

#[test]
fn what_a_spreadsheet_would_take_for_a_formula_is_text_in_the_table_and_comes_back_as_a_roster() {
    let world = World::new();
    write(world.path(), "roster.csv", "name,email,chat\n=Eve,eve@contoso.com,@eve\n");
    write(world.path(), "azlab.toml", "version = 1\nroster = \"roster.csv\"\n");
    world.run(&["provision", "--sandbox", "--all", "--yes"]).done();
    let card = || {
        let line = world.run(&["handout", "--sandbox", "--format", "jsonl"]).done().stdout;
        let card: serde_json::Value = serde_json::from_str(&line).unwrap();
        (card["lab"].clone(), card["name"].clone(), card["more"]["chat"].clone())
    };
    let before = card();
    assert_eq!(before, ("eve".into(), "=Eve".into(), "@eve".into()));
    let table = world.run(&["handout", "--sandbox", "--format", "csv"]).done().stdout;
    assert!(table.contains(",'=Eve,") && table.trim_end().ends_with(",'@eve"), "{table}");
    write(world.path(), "roster.csv", &table.replacen("sign_in", "email", 1));
    assert_eq!(card(), before);
}

#[test]
fn a_template_of_the_hosts_own_is_used_and_a_mistake_in_it_told_with_its_place() {
    let world = class();
    write(
        world.path(),
        "own.html",
        "{% for card in cards %}<p>{{ card.name }}, table {{ card.more.table }}</p>\n{% endfor %}",
    );
    let page = world.run(&["handout", "--sandbox", "--template", "own.html"]).done().stdout;
    assert_eq!(page, "<p>Zoë Müller, table 4</p>\n<p>&lt;b&gt;Ben&lt;&#x2f;b&gt;, table 5</p>\n");
    write(world.path(), "own.html", "<p>\n{% for card in cards %}{{ card.nmae }}{% endfor %}");
    let refused = world.run(&["handout", "--sandbox", "--template", "own.html"]).exit(2);
    assert!(refused.stderr.contains("InvalidTemplate") && refused.stderr.contains("own.html:2:"), "{}", refused.stderr);
    assert_eq!(refused.stdout, "");
    let refused = world.run(&["handout", "--sandbox", "--template", "absent.html"]).exit(2);
    assert!(refused.stderr.contains("absent.html cannot be read"), "{}", refused.stderr);
    let refused = world.run(&["handout", "--sandbox", "--format", "csv", "--back", "own.html"]).exit(2);
    assert!(refused.stderr.contains("--back"), "{}", refused.stderr);
}

#[test]
fn the_backs_have_the_hosts_text() {
    let world = class();
    write(world.path(), "back.md", "# Wi-Fi\n\n**guest** <script>alert(1)</script>\n");
    let page = world.run(&["handout", "--sandbox", "--back", "back.md"]).done().stdout;
    assert_eq!(page.matches("<h1>Wi-Fi</h1>").count(), 2);
    assert!(!page.contains("<script"), "{page}");
}
