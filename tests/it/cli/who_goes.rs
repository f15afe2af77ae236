//! Who goes where, by the three commands that tell it: `config show` as far as the file decides it, `provision --dry-run` and `doctor`
//! with the quotas. None of them contradicts another.

use azlab_sandbox::SUBSCRIPTION_ID;
use serde_json::Value;

use super::World;

const SECOND: &str = "22222222-2222-4222-8222-222222222222";

/// Three clusters fit into the first place.
const SCENARIO: &str = "about = \"two subscriptions\"\n[settings.quota]\n\"swedencentral/ManagedClusters\" = 3\n\n\
    [[settings.subscriptions]]\nid = \"22222222-2222-4222-8222-222222222222\"\nname = \"Workshop 2\"\n";

fn file(seats: usize, host: &str, most: usize) -> String {
    format!(
        "version = 1\nspares = 2\nlabs = [{{ name = \"host\", location = \"{host}\" }}, {{ name = \"seat-{{n:02}}\", count = {seats} }}]\n\
         [[placement]]\nlocations = [\"swedencentral\", \"westeurope\"]\nmax_labs = {most}\n\
         [[placement]]\nsubscription = \"Workshop 2\"\nlocations = [\"uksouth\"]\nmax_labs = 5\n"
    )
}

/// A row: subscription, location, labs.
type Row = (String, String, Vec<String>);

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn rows(result: &Value) -> Vec<Row> {
    let rows = result["placement"].as_array().unwrap_or_else(|| panic!("{result:#}"));
    rows.iter().map(|row| (text(&row["subscription"]), text(&row["location"]), texts(&row["labs"]))).collect()
}

/// The lines that name the labs of each place.
fn listed(told: &str) -> Vec<String> {
    let mut lines = told.lines().skip_while(|line| !line.trim_end().ends_with("who goes where:")).skip(1);
    let is_row = |line: &&str| line.contains("(subscription ") && line.contains("): ");
    lines.by_ref().take_while(is_row).map(|line| line.trim().to_owned()).collect()
}

impl World {
    fn has_labs(&self, file: &str) {
        std::fs::write(self.path().join("azlab.toml"), file).unwrap();
    }

    /// What a dry run and `doctor` say, which is the same row by row; both end with this code.
    fn who_goes_where(&self, exit: i32) -> Value {
        let lines = [&["provision", "--sandbox", "--all", "--dry-run"][..], &["doctor", "--sandbox", "--all"]];
        let [dry, doctor] = lines.map(|line| self.run(&[line, &["-o", "json"]].concat()).exit(exit).json());
        assert_eq!(dry["placement"], doctor["placement"]);
        let [dry_text, doctor_text] = lines.map(|line| {
            let ran = self.run(line).exit(exit);
            listed(&format!("{}\n{}", ran.stdout, ran.stderr))
        });
        assert_eq!(dry_text, doctor_text);
        let named = |(subscription, location, labs): &Row| {
            format!("{location} (subscription {subscription}): {}", labs.join(", "))
        };
        let filled: Vec<String> = rows(&dry).iter().filter(|row| !row.2.is_empty()).map(named).collect();
        if exit == 0 {
            assert_eq!(dry_text, filled, "what is told is what the result has");
        } else {
            let checks = doctor["checks"].as_array().unwrap();
            let failed = checks.iter().find(|check| check["id"] == "placement").expect("the check");
            assert!(text(&dry["error"]["message"]).contains(&text(&failed["message"])), "{dry:#} {failed:#}");
        }
        dry
    }

    /// What `config show` says of it.
    fn says_who_goes(&self) -> Value {
        self.run(&["config", "show", "--sandbox", "-o", "json"]).done().json()["who_goes_where"].clone()
    }
}

/// Asserts that nothing of what the file decides is contradicted by where labs go.
fn agree(shown: &Value, placed: &[Row]) {
    let place = |place: &Value| match place["subscription"].as_str() {
        None => (SUBSCRIPTION_ID.to_owned(), text(&place["location"])),
        Some(name) => {
            assert_eq!(name, "Workshop 2");
            (SECOND.to_owned(), text(&place["location"]))
        }
    };
    let places: Vec<(String, String)> = shown["places"].as_array().unwrap().iter().map(place).collect();
    let is_place = |row: &&Row| places.contains(&(row.0.clone(), row.1.clone()));
    let in_order: Vec<(String, String)> =
        placed.iter().filter(is_place).map(|row| (row.0.clone(), row.1.clone())).collect();
    assert_eq!(in_order, places, "in the same order of preference");
    let home =
        |lab: &str| placed.iter().find(|row| row.2.iter().any(|one| one == lab)).unwrap_or_else(|| panic!("{lab}"));
    for fixed in shown["fixed"].as_array().unwrap() {
        assert_eq!(home(&text(&fixed["lab"])).1, text(&fixed["location"]));
    }
    let free = texts(&shown["free"]);
    assert!(free.iter().all(|lab| is_place(&home(lab))), "{placed:?}");
    // Those that are placed first come first in each place.
    for (_, _, labs) in placed {
        let order: Vec<usize> = labs.iter().filter_map(|lab| free.iter().position(|one| one == lab)).collect();
        assert!(order.is_sorted(), "{labs:?}");
    }
    let count: usize = placed.iter().map(|row| row.2.len()).sum();
    assert_eq!(count, free.len() + shown["fixed"].as_array().unwrap().len(), "each lab once");
    for (entry, (from, most)) in
        shown["places"].as_array().unwrap().iter().map(|one| (one, (&one["from"], &one["max_labs"])))
    {
        let here = shown["places"].as_array().unwrap().iter().filter(|one| one["from"] == *from).map(place);
        let here: Vec<(String, String)> = here.collect();
        let labs: usize =
            placed.iter().filter(|row| here.contains(&(row.0.clone(), row.1.clone()))).map(|row| row.2.len()).sum();
        assert!(labs as u64 <= most.as_u64().unwrap_or(u64::MAX), "{entry}: {labs}");
    }
}

#[test]
fn config_show_a_dry_run_and_doctor_agree_about_who_goes_where() {
    let world = World::new();
    world.scenario(SCENARIO);
    world.has_labs(&file(4, "norwayeast", 4));
    let planned = rows(&world.who_goes_where(0));
    agree(&world.says_who_goes(), &planned);
    let labs: Vec<usize> = planned.iter().map(|row| row.2.len()).filter(|count| *count > 0).collect();
    assert_eq!(labs, [3, 1, 2, 1], "{planned:?}");
    let shown = world.run(&["config", "show", "--sandbox"]).done().stdout;
    assert!(
        shown.contains("1. swedencentral (subscription of the run, at most 4 labs in all locations of the entry)"),
        "{shown}"
    );
    assert!(shown.contains("3. uksouth (subscription Workshop 2, at most 5 labs)"), "{shown}");
    world.provision(&["--all"]).done();
    // All of them exist: both still say where each is, and the file's own location of one moves nobody.
    world.has_labs(&file(4, "westeurope", 4));
    let there = rows(&world.who_goes_where(0));
    let sorted = |mut rows: Vec<Row>| {
        rows.retain(|row| !row.2.is_empty());
        rows.iter_mut().for_each(|row| row.2.sort());
        rows.sort();
        rows
    };
    assert_eq!(sorted(there), sorted(planned.clone()));
    // Five more, of which three fit.
    world.has_labs(&file(9, "norwayeast", 4));
    let refused = world.who_goes_where(4);
    assert!(text(&refused["error"]["message"]).contains("fit; for"), "{refused:#}");
    // A longer file moves nobody.
    world.has_labs(&file(6, "norwayeast", 4));
    let longer = world.who_goes_where(0);
    assert!(longer["placement"].to_string().contains("max_labs of azlab.toml:4 (0 of 4 left)"), "{longer:#}");
    let longer = rows(&longer);
    agree(&world.says_who_goes(), &longer);
    for (subscription, location, labs) in planned.iter().filter(|row| !row.2.is_empty()) {
        let now = longer.iter().find(|row| (&row.0, &row.1) == (subscription, location)).expect("the place");
        assert!(labs.iter().all(|lab| now.2.contains(lab)), "{location}: {labs:?} {now:?}");
    }
}
