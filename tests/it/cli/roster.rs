//! A class by its roster, as a host types it. Nobody is given access here (tests/it/access.rs has that).

use super::World;

const FILE: &str = "version = 1\nroster = \"roster.csv\"\naccess.roles = []\n";

impl World {
    /// Puts an azlab.toml with that roster here.
    fn roster(&self, text: &str) {
        std::fs::write(self.path().join("azlab.toml"), FILE).unwrap();
        std::fs::write(self.path().join("roster.csv"), text).unwrap();
    }
}

#[test]
fn a_row_is_a_lab_and_belongs_to_its_attendee() {
    let world = World::new();
    world.roster("Name;E-Mail;Lab\r\nZoë Müller;zoe@contoso.com;\r\nAda Lovelace;ada@contoso.com;seat-7\r\n");
    let result = world.provision(&["--all", "-o", "json"]).done().json();
    let labs = result["labs"].as_array().unwrap();
    let names: Vec<_> = labs.iter().map(|lab| (&lab["name"], &lab["resource_group"], &lab["state"])).collect();
    assert_eq!(
        names,
        [
            (&"zoe-muller".into(), &"myResourceGroup-zoe-muller".into(), &"ready".into()),
            (&"seat-7".into(), &"myResourceGroup-seat-7".into(), &"ready".into())
        ]
    );
    let status = world.run(&["status", "--sandbox", "-o", "json"]).done().json();
    let owners: Vec<_> = status["labs"].as_array().unwrap().iter().map(|lab| &lab["about"]["owner"]).collect();
    assert_eq!(owners, ["zoe@contoso.com", "ada@contoso.com"]);
    // Found by its attendee, whatever the case; elsewhere, by its owner.
    let found = world.run(&["status", "--sandbox", "-l", "ADA@contoso.com", "-o", "json"]).done().json();
    assert_eq!(found["labs"][0]["name"], "seat-7");
    std::fs::remove_file(world.path().join("azlab.toml")).unwrap();
    let found = world.run(&["status", "--sandbox", "-l", "Zoe@contoso.com", "-o", "json"]).done().json();
    assert_eq!(found["labs"][0]["name"], "zoe-muller");
    world.run(&["status", "--sandbox", "-l", "ben@contoso.com"]).exit(6);
    let refused = world.provision(&["-l", "ada@contoso.com"]).exit(2);
    assert!(refused.stderr.contains("no roster says which lab is that of ada@contoso.com"), "{}", refused.stderr);
}

#[test]
fn a_row_that_goes_leaves_its_lab_and_one_that_comes_or_changes_is_told() {
    let world = World::new();
    world.roster("name,email\nAda Lovelace,ada@contoso.com\nBen,ben@contoso.com\nCleo,cleo@contoso.com\n");
    world.provision(&["--all"]).done();
    // Ben goes, Dan comes, Ada is called otherwise, and Cleo's address changes.
    world.roster("name,email\nAda King,ada@contoso.com\nDan,dan@contoso.com\nCleo,cleo@fabrikam.com\n");
    for command in [&["status", "--sandbox"][..], &["provision", "--sandbox", "--all", "--dry-run"]] {
        let told = world.run(command).done();
        let text = format!("{}{}", told.stderr, told.stdout);
        let expected = "2 labs are no longer in roster.csv, and are kept: ada-lovelace, ben; to delete: azlab teardown --sandbox --lab \
                        ada-lovelace ben";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("the attendee of the lab ada-lovelace has the lab ada-king in roster.csv"), "{text}");
        assert!(text.contains("cleo@fabrikam.com"), "the owner differs: {text}");
        assert!(text.contains("dan"), "{text}");
    }
    world.provision(&["--all"]).done();
    let groups = |world: &World| world.inventory().to_string();
    assert!(groups(&world).contains("myResourceGroup-ben"), "a row that goes deletes nothing: {}", groups(&world));
    // A name that is in no row is not created, and can be deleted.
    let refused = world.provision(&["-l", "ben"]).exit(2);
    assert!(refused.stderr.contains("azlab.toml and roster.csv have no lab 'ben'"), "{}", refused.stderr);
    world.run(&["teardown", "--sandbox", "-l", "ben", "ada-lovelace", "--yes"]).done();
    assert!(!groups(&world).contains("myResourceGroup-ben"), "{}", groups(&world));
    let told = world.run(&["status", "--sandbox"]).done();
    assert!(!told.stderr.contains("no longer in"), "{}", told.stderr);
}

#[test]
fn config_show_says_which_row_says_what() {
    let world = World::new();
    world.roster("name,email,location\nAda,ada@contoso.com,Norway East\n");
    let shown = world.run(&["config", "show", "--sandbox", "-o", "json"]).done().json();
    let of = |key: &str| {
        let rows = shown["labs"][0]["settings"].as_array().unwrap().iter();
        let row = rows.clone().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key}: {shown}"));
        (row["value"].as_str().unwrap_or_default().to_owned(), row["from"].as_str().unwrap_or_default().to_owned())
    };
    let row = "roster.csv:2".to_owned();
    assert_eq!(of("name"), ("ada".into(), row.clone()));
    assert_eq!(of("attendee"), ("ada@contoso.com".into(), row.clone()));
    assert_eq!(of("owner"), ("ada@contoso.com".into(), row.clone()));
    assert_eq!(of("location"), ("norwayeast".into(), row));
    assert_eq!(of("access.roles").1, "azlab.toml:3");
}

#[test]
fn hide_ids_hides_who_the_attendees_are() {
    let world = World::new();
    world.roster("name,email\nZoë Müller,zoe@contoso.com\n");
    world.provision(&["--all"]).done();
    for command in [
        &["status", "--sandbox"][..],
        &["status", "--sandbox", "-o", "json"],
        &["config", "show", "--sandbox"],
        &["provision", "--sandbox", "--all", "--dry-run", "-o", "json"],
    ] {
        let shown = world.run(&[command, &["--hide-ids"]].concat()).done();
        let text = format!("{}{}", shown.stdout, shown.stderr);
        assert!(!text.contains("zoe@contoso.com") && !text.contains("Zoë Müller"), "{command:?}: {text}");
        assert!(text.contains("zoe-muller"), "{command:?}: {text}");
    }
    // An owner that no file knows is hidden too.
    std::fs::remove_file(world.path().join("azlab.toml")).unwrap();
    world.provision(&["--owner", "Grace Hopper"]).done();
    let shown = world.run(&["status", "--sandbox", "--hide-ids"]).done();
    assert!(!shown.stdout.contains("Grace Hopper") && shown.stdout.contains("***"), "{}", shown.stdout);
    // So is a row that cannot be read.
    world.roster("name,email\nZoë Müller,zoe@contoso.com\nZoë Müller,zoe@contoso.com\n");
    let refused = world.run(&["status", "--sandbox", "--hide-ids"]).exit(2);
    assert!(
        !refused.stderr.contains("zoe@contoso.com") && refused.stderr.contains("roster.csv:3"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_roster_that_cannot_be_used_ends_before_anything_is_asked_of_azure() {
    let world = World::new();
    for (bytes, says) in [
        (&b"PK\x03\x04"[..], "roster.csv is a spreadsheet's own file"),
        (b"Ada,ada@contoso.com\n", "roster.csv:1:1: the first line does not name the columns"),
        (b"name,email\nAda,ada@x.y\nAda,b@x.y\n", "roster.csv:3:1: the lab of Ada would be 'ada', as that on line 2"),
    ] {
        world.roster("");
        std::fs::write(world.path().join("roster.csv"), bytes).unwrap();
        for command in ["provision", "status", "doctor", "teardown"] {
            let refused = world.run(&[command, "--sandbox"]).exit(2);
            assert!(refused.stderr.contains(says), "{command}: {}", refused.stderr);
            assert!(
                refused.stderr.contains("error[InvalidConfig]") && refused.stderr.contains("hint:"),
                "{}",
                refused.stderr
            );
        }
    }
    assert!(!world.sandbox().exists(), "nothing was asked of Azure");
}
