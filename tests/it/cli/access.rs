//! Attendees with access to their labs, as a host types it.

use serde_json::Value;

use super::World;

const PEOPLE: &str = "about = 'a class'\n\
    [[settings.directory.users]]\naddress = 'ada@contoso.com'\nname = 'Ada Lovelace'\n\
    [[settings.directory.users]]\naddress = 'grace@navy.mil'\nname = 'Grace Hopper'\nguest = true\n\
    [[settings.directory.users]]\naddress = 'ben@contoso.com'\nother_addresses = ['b@fabrikam.com']\n\
    [[settings.directory.groups]]\nname = 'table 3'\naddress = 'table3@contoso.com'\nmembers = ['ben@contoso.com']\n";
const CLASS: &str = "name,email\nAda Lovelace,ada@contoso.com\nGrace Hopper,grace@navy.mil\nBen,b@fabrikam.com\nTable 3,table3@contoso.com\n";

impl World {
    fn class(&self, file: &str, roster: &str) {
        std::fs::write(self.path().join("azlab.toml"), format!("version = 1\nroster = \"roster.csv\"\n{file}"))
            .unwrap();
        std::fs::write(self.path().join("roster.csv"), roster).unwrap();
    }

    /// The role assignments of a lab, with whether they are ready.
    #[track_caller]
    fn access(&self, lab: &str) -> Vec<(String, String)> {
        let status = self.run(&["status", "--sandbox", "-l", lab, "-o", "json"]).done().json();
        let resources = status["labs"][0]["resources"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let roles = resources.iter().filter(|one| one["resource"] == "role_assignment");
        roles.skip(1).map(|one| (text(&one["name"]), text(&one["state"]))).collect()
    }
}

fn ready(name: &str) -> (String, String) {
    (name.to_owned(), "ready".to_owned())
}

#[test]
fn users_guests_and_groups_get_contributor_and_a_second_run_writes_nothing() {
    let world = World::new();
    world.scenario(PEOPLE);
    world.class("", CLASS);
    let made = world.provision(&["--all", "-o", "json"]).done().json();
    let changes = made["labs"].as_array().unwrap().iter().flat_map(|lab| lab["changes"].as_array().unwrap());
    assert_eq!(changes.filter(|change| change["action"] == "created").count(), 4 * 8, "{made}");
    assert_eq!(world.access("ada-lovelace"), [ready("Contributor (ada@contoso.com)")]);
    assert_eq!(world.access("grace-hopper"), [ready("Contributor (grace@navy.mil)")]);
    assert_eq!(world.access("ben"), [ready("Contributor (b@fabrikam.com)")]);
    assert_eq!(world.access("table-3"), [ready("Contributor (table3@contoso.com)")]);
    let again = world.provision(&["--all", "-o", "json"]).done().json();
    assert_eq!((&again["requests"]["writes"], &again["requests"]["deletes"]), (&0.into(), &0.into()), "{again}");
    // Two reads a lab, its federated credential and its deployment; a page of each list, the subscription, four people.
    assert!(again["requests"]["reads"].as_u64().is_some_and(|reads| reads <= 4 * 2 + 12), "{again}");
    let verified = world.run(&["verify", "--sandbox", "-l", "grace-hopper"]).done().stdout;
    let line = "PASS  attendee_access                grace@navy.mil has Contributor on the resource group";
    assert!(verified.contains(line), "{verified}");
}

#[test]
fn another_role_takes_the_place_of_azlabs_own_and_leaves_what_others_gave() {
    let world = World::new();
    world.scenario(PEOPLE);
    world.class("", "name,email,lab\nAda,ada@contoso.com,seat-1\n");
    world.provision(&["--all"]).done();
    // The seat goes to somebody else, in another role.
    world.class("access.roles = [\"Reader\"]\n", "name,email,lab\nGrace,grace@navy.mil,seat-1\n");
    let seen = world.access("seat-1");
    assert_eq!(seen[0], ("Reader (grace@navy.mil)".into(), "absent".into()), "{seen:?}");
    assert!(seen[1].0.starts_with("Contributor (") && seen[1].1 == "differs", "{seen:?}");
    let planned = world.provision(&["--all", "--dry-run", "-o", "json"]).done().json();
    let plan = planned["labs"][0]["plan"].as_array().unwrap();
    let done = |action: &str| plan.iter().filter(|one| one["action"] == action).count();
    // The group is changed, since its owner is another.
    assert_eq!((done("create"), done("change"), done("delete")), (1, 1, 1), "{planned}");
    let failed = world.run(&["verify", "--sandbox"]).exit(7).stdout;
    assert!(failed.contains("FAIL  attendee_access"), "{failed}");
    assert!(failed.contains("grace@navy.mil does not have Reader on the resource group"), "{failed}");
    let reset = world.run(&["reset", "--sandbox", "-o", "json"]).done().json();
    let changes = reset["labs"][0]["changes"].as_array().unwrap();
    let done = |action: &str| changes.iter().filter(|change| change["action"] == action).count();
    // The owner's tag, the new role, and the one that was there.
    assert_eq!((done("updated"), done("created"), done("deleted")), (1, 1, 1), "{reset}");
    assert_eq!(world.access("seat-1"), [ready("Reader (grace@navy.mil)")]);
    // No roles: nobody is looked up, and what was given is taken away.
    world.class("access.roles = []\n", "name,lab\nGrace,seat-1\n");
    world.run(&["reset", "--sandbox"]).done();
    assert_eq!(world.access("seat-1"), []);
}

#[test]
fn all_who_are_not_in_the_directory_are_told_at_once_and_nothing_is_written() {
    let world = World::new();
    world.scenario(PEOPLE);
    let roster = "name,email,object_id\nAda,adda@contoso.com,\nX,x@nowhere.org,\nY,,11111111-2222-3333-4444-555555555555\n\
                  Ben,ben@contoso.com,\nB,b@fabrikam.com,\n";
    world.class("access.roles = [\"Contributer\"]\n", roster);
    for command in [&["provision", "--sandbox", "--all"][..], &["provision", "--sandbox", "--all", "--dry-run"]] {
        let refused = world.run(command).exit(4);
        for line in [
            "error[AttendeeNotFound]: access cannot be given as asked, 5 errors:",
            "roster.csv:2: adda@contoso.com is not in the directory; did you mean ada@contoso.com?",
            "roster.csv:3: x@nowhere.org is not in the directory\n",
            "roster.csv:4: Y is not in the directory\n",
            "roster.csv:6: b@fabrikam.com is ben@contoso.com: the same person, with two labs",
            "there is no role 'Contributer'",
            "hint: correct the roster",
        ] {
            assert!(refused.stderr.contains(line), "{line}\n{}", refused.stderr);
        }
    }
    let doctor = world.run(&["doctor", "--sandbox", "--all"]).exit(4);
    assert!(doctor.stdout.contains("FAIL  attendees"), "{}", doctor.stdout);
    assert!(!world.inventory().to_string().contains("myResourceGroup"), "nothing was written");
}

#[test]
fn where_the_directory_cannot_be_read_object_ids_go_without() {
    let world = World::new();

    let (about, tables) = PEOPLE.split_at(PEOPLE.find("[[").unwrap());
    // A table's own keys stand before its lists.
    world.scenario(&format!("{about}[settings.directory]\nreadable = false\n{tables}"));
    world.class("", CLASS);
    let refused = world.provision(&["--all"]).exit(4);
    assert!(
        refused.stderr.contains("error[DirectoryUnreadable]: you may not read the directory"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("roster.csv:5: table3@contoso.com"), "{}", refused.stderr);
    let status = world.run(&["status", "--sandbox"]).done();
    assert!(status.stderr.contains("the access of attendees is left out"), "{}", status.stderr);
    world.class("", "name,object_id\nAda,11111111-2222-3333-4444-555555555555\n");
    // Without the directory nobody knows what the id is: Azure is told none, and finds it.
    world.scenario("about = 'late'\n[settings.directory]\nreadable = false\n[[settings.directory.users]]\naddress = 'ada@contoso.com'\n\
                    object_id = '11111111-2222-3333-4444-555555555555'\n");
    world.provision(&["--all"]).done();
    assert_eq!(world.access("ada"), [ready("Contributor (Ada)")]);
}

#[test]
fn a_lab_that_exists_stays_where_it_is_whatever_its_row_says_now() {
    let world = World::new();
    world.scenario(PEOPLE);
    let roster = |of_ada: &str| {
        format!("name,email,lab,location\nAda,ada@contoso.com,seat-1,{of_ada}\nGrace,grace@navy.mil,seat-2,\n")
    };
    world.class("", &roster("swedencentral"));
    world.provision(&["--all"]).done();
    world.class("", &roster("westeurope"));
    let again = world.provision(&["--all", "-o", "json"]).done();
    assert!(
        again.stderr.contains(
            "1 lab stays where it was made, whatever the file says now (seat-1 in swedencentral, not westeurope)"
        ),
        "{again:#?}"
    );
    let result = again.json();
    assert_eq!((&result["requests"]["writes"], &result["labs"][0]["location"]), (&0.into(), &"swedencentral".into()));
    // Who insists is told that it cannot be.
    let ended = world.run(&["provision", "--sandbox", "-l", "seat-1", "--location", "westeurope"]);
    assert!(ended.stderr.contains("swedencentral"), "{ended:#?}");
    assert_eq!(ended.status.code(), Some(4));
}
