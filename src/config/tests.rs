//! What a file says, and what is said about one that cannot be.

use std::path::Path;

use super::*;
use crate::lab::overrides::Origin;
use crate::lab::spec::{LabSpec, SoftDeleted};
use crate::lab::tags;

pub(super) fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("azlab.toml"), text)
}

pub(super) fn good(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Everything that is wrong with a file, as `line:column: message / help`.
#[track_caller]
pub(super) fn wrong(text: &str) -> Vec<String> {
    match parse(text) {
        Err(ConfigError::Invalid { problems, .. }) => problems
            .iter()
            .map(|one| {
                let help = one.help.as_deref().unwrap_or("-");
                format!("{}:{}: {} / {help}", one.line, one.column, one.message)
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

/// The one thing that is wrong with a file of version 1.
#[track_caller]
pub(super) fn only(text: &str) -> String {
    let mut all = wrong(&format!("version = 1\n{text}"));
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

pub(super) fn specs(config: &Config) -> Vec<LabSpec> {
    config.lab_names().map(|name| config.spec(name, "s")).collect()
}

#[test]
fn a_file_that_is_something_else_than_toml_is_told_what_it_looks_like() {
    for (text, says) in [
        ("version = 1\nlocation = \u{201c}westeurope\u{201d}\n", "typographic"),
        ("version = 1\n<<<<<<< HEAD\nttl = '8h'\n", "marks of a merge"),
        ("{\"version\": 1}", "looks like JSON"),
        ("version: 1\nlabs:\n", "in TOML it is: version = value"),
    ] {
        let all = wrong(text);
        assert!(all.iter().any(|one| one.contains(says)), "{text}: {all:#?}");
    }
    // What is said in a comment, and a plain mistake, are none of these.
    let all = wrong("version = 1\nttl = 8h # as in \u{201c}8h\u{201d}: eight hours\n");
    assert!(all.iter().all(|one| one.ends_with("/ -")), "{all:#?}");
}

#[test]
fn the_least_file_is_the_workshops_own_lab() {
    let config = good("version = 1");
    assert_eq!(config.lab_names().count(), 0);
    assert_eq!(config.spec("default", "s"), LabSpec::workshop("default", "s"));
    assert_eq!(config.spec("ada", "s"), LabSpec::workshop("ada", "s"));
}

#[test]
fn what_init_writes_says_what_holds_without_a_file() {
    let config = good(&TEMPLATE);
    for name in ["default", "ada"] {
        assert_eq!(config.spec(name, "s"), LabSpec::workshop(name, "s"));
    }
    let file = config.file();
    assert_eq!(
        (file.cloud.as_deref(), file.auth.as_deref(), file.subscription.as_deref(), file.tenant.as_deref()),
        (Some("public"), Some("auto"), None, None)
    );
}

#[test]
fn every_key_that_init_leaves_out_can_be_switched_on() {
    let (list, tables) = TEMPLATE.split_once("# Labs that differ").unwrap();
    let on = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with("#:"))
            .map(|line| {
                let is_key = line.starts_with('#') && !line.starts_with("# ");
                format!("{}\n", if is_key { line.trim_start_matches('#') } else { line })
            })
            .collect::<String>()
    };
    let list = on(list)
        .replace("namespace = \"default\"", "")
        .replace("service_account = \"ai-service-account\"", "")
        // A file of its own; `a_roster_stands_beside_the_labs_of_the_file` reads one.
        .replace("roster = \"roster.csv\"", "");
    // An account of each lab, or one that they share.
    let is_shared = |line: &&str| line.starts_with("shared = ") || line.starts_with("per_lab = ");
    assert_eq!(list.lines().filter(is_shared).count(), 2);
    let without = |leave_out: &dyn Fn(&&str) -> bool| -> String {
        list.lines().filter(|line| !leave_out(line)).map(|line| format!("{line}\n")).collect()
    };
    let sharing = without(&|line| line.starts_with("account = ") || line.starts_with("location = "));
    assert!(good(&sharing).is_sharing());
    let list = without(&is_shared);
    // The places and the location are alternatives, too.
    let (before, places) = list.split_once("[[placement]]").unwrap();
    good(&format!("{before}[cluster]{}", places.split_once("[cluster]").unwrap().1));
    let is_location = |line: &&str| !line.starts_with("location = ");
    let list: String = list.lines().filter(is_location).map(|line| format!("{line}\n")).collect();
    let labs = good(&list).lab_names().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(labs, ["ada", "grace"]);
    let tables = format!("{}{}", list.replace("labs = [\"ada\", \"grace\"]", ""), on(&format!("#{tables}")));
    let config = good(&tables);
    let labs: Vec<_> = config.lab_names().collect();
    assert_eq!((labs.len(), labs[0], labs[1], labs[40]), (41, "host", "seat-01", "seat-40"));
}

#[test]
fn what_init_writes_names_every_key_there_is() {
    let schema = schema();
    let tables = [
        "/properties",
        "/definitions/AccessTable/properties",
        "/definitions/ClusterTable/properties",
        "/definitions/IdentityTable/properties",
        "/definitions/FederatedCredentialTable/properties",
        "/definitions/OpenAiTable/properties",
        "/definitions/DeploymentTable/properties",
        "/definitions/PlacementEntry/properties",
        "/definitions/NamedLab/properties",
    ];
    for table in tables {
        let keys = schema.pointer(table).and_then(serde_json::Value::as_object).expect(table);
        for key in keys.keys() {
            let words = TEMPLATE.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            assert!(words.clone().any(|word| word == key), "{table}: {key}");
        }
    }
}

#[test]
fn a_lab_says_what_is_different_about_it() {
    let config = good(
        r#"
        version = 1
        workshop = "class"
        resource_group = "rg-{lab}"
        location = "West Europe"
        ttl = "8h"
        tags = { course = "ai", Env = "x" }
        labs = ["ada", { name = "grace", location = "swedencentral", tags = { env = "y" }, cluster.node_count = 3, ttl = "2d",
                         deployments = [{ name = "d1", model = "auto" }] }]
        [cluster]
        name = "aks-{lab}"
        node_vm_size = "Standard_B2s"
        [identity]
        name = "id-{lab}"
        federated_credentials = [
            { name = "one", namespace = "a", service_account = "b" },
            { name = "two", subject = "system:serviceaccount:c:d", audience = "api://x" },
        ]
        [openai]
        account = "acc-{lab}"
        soft_deleted = "avoid"
        "#,
    );
    let [ada, grace] = specs(&config).try_into().expect("two");
    assert_eq!(
        (ada.group.as_str(), ada.location.as_deref(), ada.cluster.name.as_str()),
        ("rg-ada", Some("westeurope"), "aks-ada")
    );
    assert_eq!(
        (ada.identity.as_str(), ada.account.name.as_deref(), ada.account.soft_deleted),
        ("id-ada", Some("acc-ada"), SoftDeleted::Avoid)
    );
    let credentials: Vec<_> = ada
        .federated_credentials
        .iter()
        .map(|one| (one.name.as_str(), one.subject.as_str(), one.audience.as_str()))
        .collect();
    assert_eq!(
        credentials,
        [
            ("one", "system:serviceaccount:a:b", "api://AzureADTokenExchange"),
            ("two", "system:serviceaccount:c:d", "api://x"),
        ]
    );
    assert_eq!((ada.cluster.node_count, ada.default_ttl), (None, Some(std::time::Duration::from_secs(8 * 3600))));
    assert_eq!(ada.deployments, LabSpec::workshop("x", "s").deployments);
    assert_eq!(
        (ada.tags.get(tags::WORKSHOP), ada.tags.get("course"), ada.tags.get("env")),
        (Some("class"), Some("ai"), Some("x"))
    );

    assert_eq!(
        (grace.location.as_deref(), grace.cluster.node_count, grace.cluster.node_vm_size.as_deref()),
        (Some("swedencentral"), Some(3), Some("Standard_B2s"))
    );
    assert_eq!(grace.default_ttl, Some(std::time::Duration::from_secs(48 * 3600)));
    assert_eq!((grace.deployments.len(), grace.deployments[0].model.name.as_deref()), (1, None));
    assert_eq!(
        (
            grace.tags.get("course"),
            grace.tags.get("env"),
            grace.tags.iter().filter(|(name, _)| name.eq_ignore_ascii_case("env")).count()
        ),
        (Some("ai"), Some("y"), 1)
    );
}

#[test]
fn each_key_of_a_lab_goes_before_that_of_the_file() {
    for (key, all, own) in [
        ("resource_group", "'rg1'", "'rg2'"),
        ("location", "'eastus'", "'westus'"),
        ("ttl", "'1h'", "'2h'"),
        ("owner", "'a'", "'b'"),
        ("tags.course", "'a'", "'b'"),
        ("cluster.name", "'c1'", "'c2'"),
        ("cluster.kubernetes_version", "'1.33'", "'1.34'"),
        ("cluster.node_count", "3", "4"),
        ("cluster.node_vm_size", "'A'", "'B'"),
        ("identity.name", "'id1'", "'id2'"),
        ("identity.federated_credentials", "[{ name = 'one' }]", "[{ name = 'two' }]"),
        ("openai.account", "'ac1'", "'ac2'"),
        ("openai.soft_deleted", "'avoid'", "'restore'"),
        ("deployments", "[{ name = 'd1' }]", "[{ name = 'd2' }]"),
    ] {
        let spec =
            |file: &str, lab: &str| good(&format!("version = 1\n{file}\n[[labs]]\nname = 'a'\n{lab}")).spec("a", "s");
        let line = |value: &str| format!("{key} = {value}");
        let (only_all, only_own) = (spec(&line(all), ""), spec("", &line(own)));
        assert_ne!(only_all, spec("", ""), "{key} of the file does something");
        assert_ne!(only_all, only_own, "{key}");
        assert_eq!(spec(&line(all), &line(own)), only_own, "{key}");
    }
}

#[test]
fn numbered_labs_count_from_one_and_keep_their_digits() {
    let config = good("version = 1\n[[labs]]\nname = 'lab-{n:02}'\ncount = 12\n[[labs]]\nname = 'x{n}'\ncount = 2");
    let names: Vec<_> = config.lab_names().collect();
    assert_eq!((names.len(), names[0], names[11], names[12], names[13]), (14, "lab-01", "lab-12", "x1", "x2"));
    assert_eq!(config.spec("lab-07", "s").group, "myResourceGroup-lab-07");
}

#[test]
fn lists_may_be_empty_for_a_lab_in_which_people_make_them_themselves() {
    let lab = good("version = 1\ndeployments = []\nidentity.federated_credentials = []").spec("a", "s");
    assert_eq!((lab.deployments.len(), lab.federated_credentials.len()), (0, 0));
}

#[test]
fn all_that_is_wrong_is_told_at_once_in_the_order_of_the_file() {
    let all = wrong(
        "version = 1\nlocaton = 'x'\n[cluster]\nnode_count = '3'\nkubernetes_version = 1.33\n[openai]\nsoft_deleted = 'Purge'\n[[deployments]]\nmodel = 'a'\ncapacity = 0\n",
    );
    assert_eq!(
        all,
        [
            "2:1: unknown key 'locaton' / did you mean location?",
            "4:14: cluster.node_count must be a whole number, not text in quotes / without quotes: node_count = 3",
            "5:22: cluster.kubernetes_version must be text in quotes, not a number with a fraction / in quotes: kubernetes_version = \"1.33\"",
            "7:16: openai.soft_deleted must be one of purge, restore, avoid, not 'Purge' / did you mean \"purge\"?",
            "8:1: deployments[0] has no name / write: name = \"…\"",
            "10:12: deployments[0].capacity must be from 1 to 1000000, not 0 / -",
        ]
    );
}

#[test]
fn the_line_is_shown_with_a_mark() {
    let error = parse("version = 1\r\n[cluster]\r\n  node-count = 3 # three\r\n").expect_err("wrong").to_string();
    assert_eq!(
        error,
        "azlab.toml:3:3: unknown key 'node-count' in cluster\n    3 |   node-count = 3 # three\n      |   ^^^^^^^^^^\n    did you mean node_count?"
    );
}

#[test]
fn a_key_in_the_wrong_table_is_sent_to_the_right_one() {
    for (text, says) in [
        ("node_count = 3", "it belongs in [cluster]"),
        ("[cluster]\nmodel = 'x'", "it belongs in [[deployments]]"),
        ("[cluster]\nlocation = 'x'", "it belongs in the file's beginning, before the first [table]"),
        ("account = 'x'", "it belongs in [openai]"),
        ("[identity]\nsubjects = 'x'", "did you mean subject in [[identity.federated_credentials]]?"),
        ("lab = ['a']", "did you mean labs?"),
        ("[[labs]]\nname = 'a'\nnode_vm_size = 'x'", "it belongs in [cluster]"),
        ("[identity]\nzzzzzzzzz = 1", "known here: federated_credentials, name"),
    ] {
        assert!(only(text).ends_with(says), "{text}: {}", only(text));
    }
}

#[test]
fn a_wrong_type_is_told_with_the_right_way_to_write_it() {
    for (text, says) in [
        ("labs = 'ada'", "labs must be a list, not text in quotes / in brackets: labs = ['ada']"),
        ("labs = [1]", "labs[0] must be text in quotes or a table, not a whole number"),
        ("cluster = 'x'", "its name is: cluster.name = 'x'"),
        ("openai = 'x'", "the account's name is: openai.account = 'x'"),
        ("[[cluster]]\nname = 'x'", "with one pair of brackets: [cluster]"),
        ("[deployments]\nname = 'x'", "with two pairs of brackets: [[deployments]]"),
        ("location = true", "must be text in quotes, not true or false"),
        ("ttl = 2026-01-01", "must be text in quotes, not a date / such as: ttl = \"8h\""),
        ("tags = { a = 1 }", "tags.a must be text in quotes, not a whole number / in quotes: a = \"1\""),
        ("cluster.node_count = 99999999999999999999", "from 1 to 1000"),
        ("cluster.node_count = -1", "must be from 1 to 1000, not -1"),
        ("cloud = 'usgv'", "did you mean \"usgov\"?"),
        ("auth = 'password'", "must be one of auto, cli"),
    ] {
        assert!(only(text).contains(says), "{text}: {}", only(text));
    }
}

#[test]
fn the_right_way_to_write_a_number_is_taken_when_it_is_pasted() {
    for (wrong, right) in [
        ("ttl = 8", "ttl = \"8h\""),
        ("ttl = 0", "ttl = \"8h\""),
        ("ttl = 2026-01-01", "ttl = \"8h\""),
        ("cluster.kubernetes_version = 1.33", "kubernetes_version = \"1.33\""),
        ("cluster.kubernetes_version = 1", "kubernetes_version = \"1.33\""),
        ("[[labs]]\nname = 'a'\nttl = 90", "ttl = \"90h\""),
        ("openai.soft_deleted = true", "soft_deleted = \"purge\""),
        ("deployments = [{ name = 'dd', model_version = 125 }]", "model_version = \"125\""),
    ] {
        let told = only(wrong);
        assert!(told.ends_with(right), "{wrong}: {told}");
        let line = wrong.lines().last().unwrap_or_default();
        let key = right.split(' ').next().unwrap_or_default();
        let (before, rest) = line.split_once(key).unwrap_or_default();
        let after = rest.find(" }").and_then(|at| rest.get(at..)).unwrap_or_default();
        good(&format!("version = 1\n{}", wrong.replace(line, &format!("{before}{right}{after}"))));
    }
    assert!(!only("identity.name = 1").contains('"'), "no advice where the number is too short to be a name");
}

#[test]
fn what_cannot_go_together_is_refused_where_it_stands() {
    for (text, says) in [
        ("labs = []", "2:8: labs is empty"),
        ("labs = ['ada', 'Ada']", "2:16: a second lab 'Ada'; the first is on line 2"),
        ("labs = ['a_b']", "2:9: lab name 'a_b' is not valid"),
        (
            "[[labs]]\nname = 'a'\n[[labs]]\nname = 'b'\nresource_group = 'myResourceGroup-A'",
            "6:18: the lab 'b' has the resource group 'myResourceGroup-A' of the lab 'a' (line 3)",
        ),
        (
            "resource_group = 'rg'\nlabs = ['a', 'b']",
            "2:18: the labs 'a' and 'b' have the same resource group 'rg' / give each its own, such as: resource_group = \"rg-{lab}\"",
        ),
        ("openai.account = 'acc'\nlabs = ['a', 'b']", "the same OpenAI account 'acc'"),
        ("resource_group = 'rg-{name}'", "only {lab}, the lab's name, may stand in braces"),
        ("resource_group = 'rg.'", "2:18: resource group name 'rg.' is not valid"),
        ("cluster.name = 'a b'", "such as: a-b"),
        ("openai.account = 'microsoft-x'", "reserves the word 'microsoft'"),
        ("[[labs]]\nname = 'lab-{n}'", "is numbered, and count is missing / add the number of labs: count = 40"),
        (
            "[[labs]]\nname = 'lab'\ncount = 3",
            "3 labs have the same name 'lab' / write where the number goes: name = \"lab-{n:02}\"",
        ),
        (
            "[[labs]]\nname = 'a{n}'\ncount = 400\n[[labs]]\nname = 'b{n}'\ncount = 400",
            "800 labs are too many: a subscription takes 490",
        ),
        ("[[labs]]\nname = 'a{n}'\ncount = 491", "491 labs are too many: a subscription takes 490"),
        ("[[labs]]\nname = 'a{n}'\ncount = 5001", "from 1 to 5000, not 5001"),
        (
            "[[placement]]\nlocations = ['swedencentral']\n[[placement]]\nsubscription = 'b'\nlocations = ['swedencentral']\n[[labs]]\nname = 'a{n}'\ncount = 981",
            "981 labs are too many: 2 subscriptions take 980",
        ),
        ("[[placement]]\nlocations = []", "3:13: placement[0].locations is empty"),
        ("[[placement]]\nmax_labs = 3", "placement[0] has no locations"),
        (
            "[[placement]]\nlocations = ['swedencentral']\nmax_labs = 0",
            "4:12: placement[0].max_labs must be from 1 to 490, not 0",
        ),
        ("[[placement]]\nlocations = ['swedencentral']\nmax_labs = -3", "must be from 1 to 490, not -3"),
        ("[[placement]]\nlocations = ['west-europe']", "3:14: location 'west-europe' is not valid"),
        (
            "[[placement]]\nlocations = ['westeurope', 'West Europe']",
            "3:28: the same place twice: westeurope of this subscription is on line 3 already",
        ),
        (
            "[[placement]]\nlocations = ['westeurope']\n[[placement]]\nlocations = ['westeurope']",
            "5:14: the same place twice",
        ),
        ("[[placement]]\nsubscription = ' '\nlocations = ['westeurope']", "must be the subscription's id or name"),
        (
            "location = 'westeurope'\n[[placement]]\nlocations = ['uksouth']",
            "2:12: location and [[placement]] exclude each other",
        ),
        ("placement = []", "placement is empty"),
        ("on_full = 'wait'", "on_full must be one of stop, move"),
        ("on_full = 'move'", "2:11: on_full = \"move\" names no place that a lab could move to / write the places:"),
        (
            "ttl = 'soon'",
            "2:7: ttl 'soon' is not valid: it must be a time such as 90s, 45m or 2h / such as: ttl = \"8h\"",
        ),
        ("ttl = '0s'", "it must be a time above zero"),
        ("ttl = '900y'", "it must be a time of at most ten years"),
        ("subscription = 'mine'", "2:16: `mine` is not a subscription id"),
        ("tenant = 'contoso'", "`contoso` is not a tenant: give its id, or one of its domain names"),
        ("workshop = ''", "the workshop's name"),
        ("location = 'west-europe'", "location 'west-europe' is not valid"),
        ("cluster.kubernetes_version = 'latest'", "a version such as 1.33"),
        (
            "[tags]\nAzlab-owner = 'x'",
            "3:1: the tag 'Azlab-owner': names that begin with azlab- are reserved for azlab",
        ),
        ("[tags]\nEnv = 'x'\nenv = 'y'", "4:1: the tags 'env' and 'Env' are the same: case is ignored"),
        ("[tags]\n'a/b' = 'x'", "must not contain"),
        (
            "deployments = [{ name = 'dd', model = 'm' }, { name = 'DD', model = 'n' }]",
            "a second deployment 'dd'; the first is on line 2",
        ),
        (
            "[[deployments]]\nname = 'dd'\nmodel = 'Auto'\nmodel_version = '1'",
            "5:17: model_version needs a model's name",
        ),
        ("[[identity.federated_credentials]]\nname = 'one'\nsubject = 'me'", "4:11: subject 'me' is not valid"),
        ("[[identity.federated_credentials]]\nname = 'one'\nnamespace = 'a'", "namespace needs service_account"),
        ("[[identity.federated_credentials]]\nname = 'one'\nservice_account = 'a'", "service_account needs namespace"),
        (
            "[[identity.federated_credentials]]\nname = 'one'\nsubject = 'system:serviceaccount:a:b'\nnamespace = 'a'\nservice_account = 'b'",
            "exclude each other",
        ),
        (
            "[[identity.federated_credentials]]\nname = 'one'\n[[identity.federated_credentials]]\nname = 'two'\nnamespace = 'default'\nservice_account = 'ai-service-account'",
            "4:1: a second federated credential for the subject 'system:serviceaccount:default:ai-service-account'; the first is on line 2",
        ),
        (
            "[[identity.federated_credentials]]\nname = 'one'\naudience = ''",
            "audience '' is not valid: it must have 1 to 600 characters",
        ),
        ("[[labs]]\nname = 'ada'\nttl = 'x'", "4:7: ttl 'x' is not valid"),
    ] {
        assert!(only(text).contains(says), "{text}: {}", only(text));
    }
}

#[test]
fn more_than_azure_takes_is_refused() {
    let credentials: String = (0..21)
        .map(|n| {
            format!("[[identity.federated_credentials]]\nname = 'cred{n}'\nsubject = 'system:serviceaccount:a:s{n}'\n")
        })
        .collect();
    assert!(only(&credentials).contains("21 federated credentials are too many"), "{}", only(&credentials));
    let tags: String = (0..46).map(|n| format!("t{n} = 'x'\n")).collect();
    assert!(only(&format!("[tags]\n{tags}")).contains("46 tags are too many"));
    good(&format!("version = 1\n[tags]\n{}", tags.replacen("t0 = 'x'\n", "", 1)));
}

#[test]
fn one_wrong_pattern_is_told_once_for_forty_labs() {
    assert!(only("resource_group = '{lab}.'\n[[labs]]\nname = 'lab{n}'\ncount = 40").contains("'lab1.'"));
}

#[test]
fn a_newer_file_is_not_judged_by_what_this_azlab_knows() {
    assert_eq!(
        wrong("version = 2\nclusters = 7\n"),
        ["1:11: this file has version 2, and this azlab supports 1 / update azlab"]
    );
    assert_eq!(wrong("version = 0\n"), ["1:11: version must be 1, not 0 / -"]);
    assert_eq!(wrong("location = 'x'\n"), ["1:1: the file has no version / write as the first line: version = 1"]);
}

#[test]
fn a_secret_is_refused_and_never_shown() {
    for text in [
        "version = 1\napi_key = 'hunter2'",
        "version = 1\nopenai = { api-key = 'hunter2' }",
        "version = 1\nclient_secret = '''\nhunter2'''\nnode_count = 'hunter2'",
        "version = 1\nclient_secret = 'hunter2",
        "version = 1\n[openai]\n\"access token\" = 'hunter2'",
        "version = 1\npassword = hunter2",
        "version = 1\ntags = { api_key = 123 }\nlocation = 123 # hunter2",
    ] {
        let error = parse(text).expect_err(text);
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    assert!(only("client_secret = 'x'").contains("AZURE_CLIENT_SECRET"));
    assert!(only("kubernetes_vers = '1'").contains("did you mean kubernetes_version"));
}

#[test]
fn syntax_is_told_with_its_place() {
    let all = wrong("version = 1\nlocation = westeurope\n[cluster\nname = 'x'\n");
    assert!(all[0].starts_with("2:12: ") && all.iter().any(|one| one.starts_with("3:")), "{all:#?}");
    assert!(only("location = 'a'\nlocation = 'b'").starts_with("3:1: duplicate key"));
}

#[test]
fn a_place_is_where_the_lab_itself_says_it_else_where_the_file_does() {
    let config =
        good("version = 1\nlocation = 'westeurope'\n[[labs]]\nname = 'a'\n[[labs]]\nname = 'b'\nlocation = 'eastus'\n");
    let place = |lab: &str, key| match config.said(lab).origin(key) {
        Some(Origin::File(path)) => config.place(path),
        _ => None,
    };
    assert_eq!(place("a", "location").as_deref(), Some("azlab.toml:2"));
    assert_eq!(place("B", "location").as_deref(), Some("azlab.toml:7"));
    assert_eq!(config.place("location").as_deref(), Some("azlab.toml:2"));
    assert_eq!(place("a", "cluster.name"), None);
}

#[test]
fn the_schema_in_docs_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/azlab.schema.json");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    // As values: the order of keys hangs on features of serde_json that other packages turn on in tests.
    let [written, now] = [&written, &schema_text()].map(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    assert!(now.is_some() && written == now, "write it anew: azlab config schema > docs/azlab.schema.json");
}

#[test]
fn a_large_file_of_noise_is_refused_without_a_search_for_every_error_in_it() {
    for line in [
        "x = 1\n",
        "a=\n",
        "= = =\n",
        "[",
        "x = [\n",
        "[[labs]]\nname=''\n",
        "[[deployments]]\n",
        "deployments[]\n",
        "[[deployments]]\nname='dd'\n",
    ] {
        let text: String = (0..250_000 / (line.len() + 6)).map(|n| line.replace('x', &format!("x{n}"))).collect();
        let error = parse(&format!("version = 1\n{text}")).expect_err(line).to_string();
        assert!(error.lines().count() < 60, "{line}: {} lines", error.lines().count());
    }
}
