use super::*;
use crate::sandbox::Sandbox;
use azlab_clock::Clock;

fn refused(text: &str) -> String {
    Scenario::parse("mine.toml", text).expect_err(text).to_string()
}

/// A sandbox with what the text says in it.
fn played(text: &str) -> Sandbox {
    let sandbox = Sandbox::in_memory(Clock::real()).unwrap();
    sandbox.play(&Scenario::parse("mine.toml", &format!("about = 'a'\n{text}")).expect(text)).expect(text);
    sandbox
}

const GROUP: &str =
    "[[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'lab'\nlocation = 'westeurope'\n";
const ACCOUNT: &str = "[[resources]]\ntype = 'Microsoft.CognitiveServices/accounts'\nname = 'a{n}'\ngroup = 'lab'\n\
    location = 'westeurope'\nkind = 'OpenAI'\nsku = { name = 'S0' }\nproperties = { customSubDomainName = 'a{n}' }\n";

#[test]
fn every_ready_made_scenario_says_what_it_teaches_and_how_it_is_rehearsed() {
    for (name, _) in READY_MADE {
        let scenario = Scenario::load(name).expect(name);
        assert!(scenario.about.len() > 20 && scenario.about.len() < 160, "{name}: {}", scenario.about);
        assert!(!scenario.rehearsal().is_empty(), "{name}");
    }
}

#[test]
fn the_standard_scenario_undoes_the_others() {
    let sandbox = Sandbox::in_memory(Clock::real()).unwrap();
    for name in ["retired-model", "unregistered-provider", "flaky-network", "slow-cluster", "standard"] {
        sandbox.play(&Scenario::load(name).expect(name)).expect(name);
    }
    assert_eq!(sandbox.settings().expect("settings"), Settings::default());
    assert_eq!(sandbox.scenario().expect("a scenario").expect("standard").faults, []);
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_would_be_right() {
    for (text, line, words) in [
        ("about = 'a'\nretired = []\n", "line 2", "retire"),
        ("about = 'a'\n[settings]\nbanana = 1\n", "line 3", "page_size"),
        ("about = 'a'\n[settings.durations]\ncluster_create = -1\n", "line 3", "0 to"),
        ("about = 'a'\n[settings]\nfull_regions = ['atlantis']\n", "line 3", "westeurope"),
        ("about = 'a'\n[settings]\nnot_offered = ['westeurope']\n", "line 3", "region and resource type"),
        ("about = 'a'\n[settings]\nautoscaler_s = -1.0\n", "line 3", "0 to"),
        ("about = 'a'\n[settings.quota]\n'cores' = 1\n", "line 3", "*/cores"),
        ("about = 'a'\n[settings.quota]\n'atlantis/cores' = 1\n", "line 3", "westeurope"),
        ("about = 'a'\n[settings.quota]\n'*/apples' = 1\n", "line 3", "cores"),
        ("about = 'a'\n[[retire]]\nmodel = 'gpt-9'\n", "line 3", "gpt-35-turbo"),
        ("about = 'a'\nunregister = ['Microsoft.Banana']\n", "line 2", "Microsoft.Compute"),
        ("about = 'a'\n[[settings.roles]]\nrole = 'King'\n", "line 3", "Contributor"),
        ("about = 'a'\n[latencies]\n", "line 2", "percentile"),
        ("about = 'a'\n\n[[models]]\nname = 'gpt-9'\nremove = true\n", "line 4", "gpt-35-turbo"),
        ("about = 'a'\n[[faults]]\nstatus = 500\n\n[[faults]]\nmethod = 'PUT'\n", "line 5", "say how"),
        ("about = 'a'\n[[faults]]\nstatus = 200\n", "line 3", "400 to 599"),
        ("about = 'a'\n[[faults]]\nstatus = 500\nmethod = 'FETCH'\n", "line 4", "DELETE"),
        ("about = 'a'\n[[faults]]\npath = 'a?b'\nstatus = 500\n", "line 3", "query"),
        ("about = 'a'\n[[faults]]\nprobability = 1.5\nstatus = 500\n", "line 3", "at most 1"),
        ("about = 'a'\n[[faults]]\nstatus = 500\nlate = 3.0\n", "line 4", "exclude each other"),
        ("about = 'a'\n[[faults]]\nstatus = 500\n[[faults]]\nlate = 3.0\ntimes = 0\n", "line 6", "1 or more"),
        ("about = 'a'\n[[faults]]\n[faults.operation]\nends = 'Failed'\ncode = 'X'\nat = 2\n", "line 6", "0 to 1"),
        ("about = 'a'\n[latencies]\nseed = 1\nonly = ['banana']\n", "line 4", "cluster_create"),
        ("latencies = { seed = 1, percentile = 2 }\nabout = 'a'\n", "line 1", "exclude each other"),
        // The key's own line, and not the first that has the word.
        ("about = 'no gpt-9'\n[[retire]]\nmodel = 'gpt-9'\n", "line 3", "gpt-35-turbo"),
        ("# page_size\nabout = 'page'\n[settings]\npage_size = 0\n", "line 4", "1 or more"),
        ("about = 'a'\nunregister = ['Microsoft.Compute',\n  'Microsoft.Banana']\n", "line 3", "Microsoft.Compute"),
        ("about = 'a'\n[[faults]]\nanswer = 'banana'\n", "line 3", "reset"),
        ("about = 'a'\n[[resources]]\ntype = 'X/y'\nname = 'a'\n", "line 3", "managedClusters"),
        (
            "about = 'a'\n[[resources]]\ntype = 'Microsoft.CognitiveServices/accounts/deployments'\nname = 'a'\ngroup = 'g'\n",
            "line 4",
            "parent/name",
        ),
        (
            "about = 'a'\n[[resources]]\ntype = 'Microsoft.ManagedIdentity/userAssignedIdentities'\nname = 'a'\n",
            "line 2",
            "group",
        ),
        (
            "about = 'a'\n[[resources]]\ntype = 'Microsoft.ManagedIdentity/userAssignedIdentities'\nname = 'a'\ngroup = 'g'\nstate = 'Failed'\n",
            "line 6",
            "no provisioning state",
        ),
        (
            "about = 'a'\n[[resources]]\ntype = 'Microsoft.Authorization/locks'\nname = 'a'\nstate = 'Canceled'\n",
            "line 5",
            "managedClusters",
        ),
        (
            "about = 'a'\n[[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'a'\nage = 'soon'\n",
            "line 5",
            "2h",
        ),
    ] {
        let error = refused(text);
        assert!(error.contains(line) && error.contains(words) && error.contains("mine.toml"), "{text}: {error}");
    }
    let error = Scenario::load("no-such").expect_err("unknown").to_string();
    assert!(error.contains("retired-model"), "{error}");
}

#[test]
fn a_scenario_that_cannot_be_played_changes_nothing() {
    let sandbox = played(&format!("{GROUP}[settings]\npage_size = 7\n"));
    let before = format!("{:?}", sandbox.inventory().expect("an inventory").resources);
    for (text, words) in [
        // The second entry is refused by the handler; the first, the fault and the settings are taken back.
        (
            format!("{}{}", GROUP.replace("lab", "other"), ACCOUNT.replace("a{n}", "x").replace("lab", "missing")),
            "line 6",
        ),
        (GROUP.to_owned(), "nothing was changed"),
        (format!("{}tags = {{ a = '${{nobody.id}}' }}\n", GROUP.replace("lab", "other")), "${nobody.id}"),
    ] {
        let text = format!("about = 'b'\n{text}[[faults]]\nstatus = 500\n[settings]\npage_size = 3\n");
        let error = sandbox.play(&Scenario::parse("mine.toml", &text).expect(&text)).expect_err(&text).to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(sandbox.settings().expect("settings").page_size, 7);
        let now = sandbox.scenario().expect("readable").expect("in force");
        assert_eq!((now.about.as_str(), now.faults.len()), ("a", 0));
        assert_eq!(format!("{:?}", sandbox.inventory().expect("an inventory").resources), before);
    }
}

#[test]
fn a_fresh_one_empties_the_sandbox_and_keeps_its_time_and_keys() {
    let sandbox = played(&format!("{GROUP}{ACCOUNT}count = 3\n"));
    let signed = sandbox.directory().default_application().secret().to_owned();
    sandbox.play_fresh(&Scenario::load("standard").expect("standard")).expect("played");
    assert!(sandbox.inventory().expect("an inventory").resources.is_empty());
    assert_eq!(sandbox.directory().default_application().secret(), signed);
    // Of other names: what the first three held must be free again.
    let others = ACCOUNT.replace("a{n}", "b{n}");
    sandbox
        .play(&Scenario::parse("x", &format!("about = 'a'\n{GROUP}{others}count = 30\n")).expect("x"))
        .expect("quota");
}

#[test]
fn what_it_begins_with_was_there_before_in_the_state_that_is_asked_for() {
    let sandbox = played(&format!(
        "{GROUP}{}state = 'Failed'\n{}age = '3h'\ndeleted = '1h'\n",
        ACCOUNT.replace("a{n}", "broken"),
        ACCOUNT.replace("a{n}", "gone"),
    ));
    let inventory = sandbox.inventory().expect("an inventory");
    let state = |name: &str| {
        let found = inventory.resources.iter().chain(&inventory.soft_deleted).find(|it| it.id.ends_with(name));
        let found = found.unwrap_or_else(|| panic!("{name}: {inventory:?}"));
        (found.state.clone(), (inventory.now - found.created + time::Duration::minutes(30)).whole_hours())
    };
    assert_eq!(state("/lab"), ("Succeeded".into(), 24));
    assert_eq!(state("accounts/broken"), ("Failed".into(), 24));
    assert_eq!(inventory.soft_deleted.len(), 1);
    assert_eq!(state("deletedAccounts/gone").1, 3);
    assert!(inventory.operations.is_empty(), "{:?}", inventory.operations);
}

#[test]
fn what_is_in_progress_ends_when_it_has_taken_its_time() {
    let cluster = "[[resources]]\ntype = 'Microsoft.ContainerService/managedClusters'\nname = 'aks'\ngroup = 'lab'\n\
        location = 'westeurope'\nstate = 'InProgress'\nage = '2m'\n\
        identity = { type = 'SystemAssigned' }\nproperties = { dnsPrefix = 'x', agentPoolProfiles = [{ name = 'n', count = 1, vmSize = 'Standard_D2s_v5', mode = 'System' }] }\n";
    let sandbox = played(&format!("{GROUP}{cluster}"));
    let [operation] = sandbox.inventory().expect("an inventory").operations.try_into().expect("one operation");
    let left = operation.done - sandbox.clock().now();
    // 7 s of the call and 332 s of the work, two minutes ago
    assert!((215.0..=219.0).contains(&left.as_seconds_f64()), "{left}");
    let slow = played(&format!("{GROUP}{cluster}[latencies]\npercentile = 100\n"));
    let [operation] = slow.inventory().expect("an inventory").operations.try_into().expect("one operation");
    assert!((operation.done - slow.clock().now()).whole_seconds() > 1380);
}

#[test]
fn texts_refer_to_what_was_made_before() {
    let identity = "[[resources]]\ntype = 'Microsoft.ManagedIdentity/userAssignedIdentities'\nname = 'who'\ngroup = 'lab'\nlocation = 'westeurope'\n";
    let role = "[[resources]]\ntype = 'Microsoft.Authorization/roleAssignments'\nname = '11111111-1111-4111-8111-111111111111'\n\
        scope = '${lab.id}'\n[resources.properties]\nprincipalId = '${lab/who.properties.principalId}'\n\
        roleDefinitionId = '/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'\n";
    let sandbox = played(&format!("{GROUP}{identity}{role}"));
    let all = sandbox.inventory().expect("an inventory").resources;
    assert!(
        all.iter().any(|it| it.id.contains("/lab/providers/Microsoft.Authorization/roleAssignments/1111")),
        "{all:?}"
    );
}

#[test]
fn a_reference_is_cut_where_the_name_ends_in_its_own_casing() {
    let group = |name: &str| GROUP.replace("'lab'", &format!("'{name}'"));
    let tagged = |name: &str| format!("{}tags = {{ of = '${{{name}.id}}' }}\n", GROUP.replace("lab", "other"));
    // In lower case each of these letters is a byte longer, so a cut by its length is past the end, or within a letter.
    for (name, reference) in [("İİİ", "İİİ"), ("İİİ", "i\u{307}İi\u{307}"), ("a.İ", "A.i\u{307}")] {
        let sandbox = played(&format!("{}{}", group(name), tagged(reference)));
        let all = sandbox.inventory().expect("an inventory").resources;
        let other = all.iter().find(|it| it.id.ends_with("/other")).expect("the second group");
        assert!(format!("{other:?}").contains(&format!("resourceGroups/{name}\"")), "{other:?}");
    }
}
