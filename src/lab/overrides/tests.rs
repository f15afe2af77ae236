//! Each field's default is told alike everywhere, and no field is left out anywhere.

use std::collections::BTreeSet;

use clap::CommandFactory as _;

use super::*;
use crate::cli::Cli;
use crate::config::{Config, TEMPLATE, schema};
use crate::lab::defaults::*;

/// Each field's key with its default; of some, what is left to the service has none.
fn defaults() -> [(&'static str, String); 14] {
    [
        ("resource_group", DEFAULT_GROUP.into()),
        ("location", DEFAULT_LOCATION.into()),
        ("cluster.name", DEFAULT_CLUSTER.into()),
        ("cluster.node_count", DEFAULT_NODE_COUNT.to_string()),
        ("cluster.node_vm_size", DEFAULT_VM_SIZE.into()),
        ("identity.name", DEFAULT_IDENTITY.into()),
        ("identity.federated_credentials[].name", DEFAULT_CREDENTIAL.into()),
        ("identity.federated_credentials[].subject", DEFAULT_SUBJECT.into()),
        ("identity.federated_credentials[].audience", AUDIENCE.into()),
        ("openai.account", ACCOUNT_PREFIX.into()),
        ("openai.soft_deleted", SoftDeleted::default().to_string()),
        ("deployments[].name", DEFAULT_DEPLOYMENT.into()),
        ("deployments[].model", DEFAULT_MODEL.into()),
        ("deployments[].capacity", DEFAULT_CAPACITY.to_string()),
    ]
}

/// The default of a text: what stands behind `[default: ` or `Without it `, as a word.
fn says(text: &str, marker: &str, default: &str) -> bool {
    let Some((_, rest)) = text.split_once(marker) else { return false };
    rest.split([' ', ']', ',', ';']).any(|word| word.trim_end_matches('.') == default)
}

#[test]
fn help_tells_the_defaults_that_hold() {
    let command = Cli::command();
    let provision = command.find_subcommand("provision").expect("a command");
    for (key, default) in defaults() {
        let field = LabOverrides::field(key).expect(key);
        let Some(flag) = field.flags.first() else { continue };
        let option = provision.get_arguments().find(|one| one.get_long() == Some(flag)).expect(flag);
        let help = option.get_help().map(ToString::to_string).unwrap_or_default();
        assert!(says(&help, "[default: ", &default), "{flag}: {help}");
    }
    let told = provision.get_after_help().map(ToString::to_string).unwrap_or_default();
    assert!(told.contains(DEFAULT_GROUP) && told.contains(DEFAULT_LOCATION), "{told}");
}

#[test]
fn the_schema_tells_the_defaults_that_hold() {
    let schema = schema();
    for (key, default) in defaults() {
        let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
        let pointer = match table {
            "" => format!("/properties/{name}"),
            "cluster" => format!("/definitions/ClusterTable/properties/{name}"),
            "identity" => format!("/definitions/IdentityTable/properties/{name}"),
            "openai" => format!("/definitions/OpenAiTable/properties/{name}"),
            "deployments[]" => format!("/definitions/DeploymentTable/properties/{name}"),
            _ => format!("/definitions/FederatedCredentialTable/properties/{name}"),
        };
        let text = schema.pointer(&pointer).and_then(|one| one["description"].as_str()).expect(key);
        let is_required = key.ends_with("[].name");
        assert_eq!(says(text, "Without it ", &default), !is_required, "{key}: {text}");
    }
}

#[test]
fn what_config_init_writes_has_the_defaults_that_hold() {
    for (key, default) in defaults() {
        // The group's and the account's names follow from others.
        let name = key.rsplit('.').next().unwrap_or(key);
        let written = TEMPLATE.lines().any(|line| {
            let line = line.trim_start_matches('#');
            let value = line.strip_prefix(name).and_then(|rest| rest.trim_start().strip_prefix('='));
            value.is_some_and(|value| value.split([' ', '"']).any(|word| word.trim_end_matches("-{lab}") == default))
        });
        assert!(written || key == "resource_group" && TEMPLATE.contains(&format!("else {default}-{{lab}}")), "{key}");
    }
    assert!(!TEMPLATE.contains('<'), "a placeholder is left: {}", *TEMPLATE);
}

#[test]
fn a_lab_of_which_nothing_is_said_has_the_defaults_and_config_show_has_a_row_for_each_field() {
    let rows = LabOverrides::rows(&LabSpec::workshop(DEFAULT_LAB, "s"));
    let value = |key: &str| {
        let path = key.replace("[]", "[0]");
        rows.iter().find(|(name, _)| *name == path).map(|(_, value)| value).expect(key)
    };
    for (key, default) in defaults() {
        match value(key) {
            // Left open until it is known what there is.
            Value::Null => assert!(
                matches!(
                    key,
                    "location"
                        | "cluster.node_count"
                        | "cluster.node_vm_size"
                        | "openai.account"
                        | "deployments[].capacity"
                ),
                "{key}"
            ),
            value => assert_eq!(value.as_str().map_or_else(|| value.to_string(), str::to_owned), default, "{key}"),
        }
    }
    let shown: BTreeSet<String> = rows.iter().map(|(path, _)| path.replace("[0]", "[]")).collect();
    let fields: BTreeSet<String> = LabOverrides::fields().map(|field| field.key.to_owned()).collect();
    let unseen: Vec<_> = fields.difference(&shown).map(String::as_str).collect();
    // They are shown as the subject.
    assert_eq!(
        unseen,
        ["identity.federated_credentials[].namespace", "identity.federated_credentials[].service_account"]
    );
}

#[test]
fn the_page_of_the_file_has_the_defaults_that_hold() {
    let page = include_str!("../../../docs/configuration.md");
    let block = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    let config = Config::parse(std::path::Path::new("azlab.toml"), block).expect("a good file");
    let rows = LabOverrides::rows(&config.spec("host", "s"));
    for (key, default) in defaults() {
        // The page shows a group and an account of the lab's name, and the host's lab is elsewhere.
        if matches!(key, "resource_group" | "location" | "openai.account") {
            assert!(block.contains(&format!("location = \"{DEFAULT_LOCATION}\"")));
            continue;
        }
        let path = key.replace("[]", "[0]");
        let (_, value) = rows.iter().find(|(name, _)| *name == path).expect(key);
        assert_eq!(value.as_str().map_or_else(|| value.to_string(), str::to_owned), default, "{key}");
    }
}

#[test]
fn later_overrides_go_before_earlier_ones_and_it_is_known_who_said_what() {
    let of = |count: Option<u32>, name: Option<&str>| LabOverrides {
        cluster: ClusterOverrides { node_count: count, name: name.map(str::to_owned), ..ClusterOverrides::default() },
        ..LabOverrides::default()
    };
    let mut said = Merged::default();
    said.put(&of(Some(3), Some("aks")), &|_, path| Origin::File(path.to_owned()));
    said.put(&of(Some(4), None), &|flags, _| Origin::Flag(format!("--{}", flags[0])));
    assert_eq!((said.overrides().cluster.node_count, said.overrides().cluster.name.as_deref()), (Some(4), Some("aks")));
    assert_eq!(said.origin("cluster.node_count"), Some(&Origin::Flag("--node-count".into())));
    assert_eq!(said.origin("cluster.name"), Some(&Origin::File("cluster.name".into())));
    assert_eq!(said.origin("location"), None);
}

#[test]
fn a_list_takes_the_place_of_another_with_who_said_what_of_it() {
    let of = |names: &[&str], capacity| LabOverrides {
        deployments: Some(
            names
                .iter()
                .map(|name| DeploymentOverrides { name: Some((*name).into()), capacity, ..Default::default() })
                .collect(),
        ),
        ..LabOverrides::default()
    };
    let mut said = Merged::default();
    said.put(&of(&["one", "two"], Some(5)), &|_, path| Origin::File(path.to_owned()));
    said.put(&of(&["three"], None), &|_, path| Origin::File(format!("labs[0].{path}")));
    assert_eq!(said.overrides().deployments.as_ref().map(Vec::len), Some(1));
    assert_eq!(said.origin("deployments[0].name"), Some(&Origin::File("labs[0].deployments[0].name".into())));
    assert_eq!((said.origin("deployments[0].capacity"), said.origin("deployments[1].name")), (None, None));
}
