//! Any text is a file or refused with its place.

use proptest::prelude::*;

use super::tests::parse;
use super::*;
use crate::lab::overrides::{ClusterOverrides, DeploymentOverrides, LabOverrides};

/// Keys and values that come close to those of a real file.
fn fragment() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "version",
        "labs",
        "name",
        "count",
        "cluster",
        "tags",
        "ttl",
        "identity.federated_credentials",
        "openai.account",
        "deployments",
        "model",
        "capacity",
        "resource_group",
        "subject",
        "api_key",
        "'a b'",
        "location",
        "Cluster",
    ]);
    let value = prop::sample::select(vec![
        "1",
        "-1",
        "'a'",
        "\"{lab}\"",
        "'lab{n:02}'",
        "[]",
        "['a','b']",
        "{ name = 'x' }",
        "[{ name = 'x', count = 3 }]",
        "1.5",
        "true",
        "2026-01-01",
        "'8h'",
        "'ü'",
        "0x10",
        "99999999999999999999",
        "[[[[1]]]]",
        "'{n'",
    ]);
    prop_oneof![
        (key.clone(), value).prop_map(|(key, value)| format!("{key} = {value}\n")),
        key.clone().prop_map(|key| format!("[{key}]\n")),
        key.prop_map(|key| format!("[[{key}]]\n")),
        "\\PC{0,12}".prop_map(|text| format!("{text}\n")),
    ]
}

proptest! {
    #[test]
    fn text_never_panics_and_every_problem_has_a_place(text in "(?s).{0,300}") {
        hold(&text)?;
    }

    #[test]
    fn files_that_come_close_never_panic(parts in prop::collection::vec(fragment(), 0..12)) {
        hold(&format!("version = 1\n{}", parts.concat()))?;
    }

    #[test]
    fn a_good_file_that_is_written_again_says_the_same(
        labs in prop::collection::btree_set("[a-z]{1,6}", 1..5),
        location in prop::option::of("[a-z]{3,12}"),
        count in prop::option::of(1..=1000_u32),
        tags in prop::collection::btree_map("[a-z]{1,8}", "\\PC{0,20}", 0..4),
        capacity in prop::option::of(1..=1_000_000_u32),
    ) {
        let entry = |(index, name): (usize, &String)| match index % 2 {
            0 => file::LabEntry::Name(name.clone()),
            _ => file::LabEntry::Table(Box::new(file::NamedLab {
                name: name.clone(),
                lab: LabOverrides { ttl: Some("2h".into()), ..LabOverrides::default() },
                ..file::NamedLab::default()
            })),
        };
        let file = File {
            version: 1,
            labs: Some(labs.iter().enumerate().map(entry).collect()),
            lab: LabOverrides {
                location,
                tags: Some(tags),
                cluster: ClusterOverrides { node_count: count, ..ClusterOverrides::default() },
                deployments: Some(vec![DeploymentOverrides {
                    name: Some("d1".into()), model: Some("auto".into()), capacity, ..DeploymentOverrides::default()
                }]),
                ..LabOverrides::default()
            },
            ..File::default()
        };
        let text = toml::to_string(&file).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let again = parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(again.file(), &file);
    }
}

fn hold(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(config) => {
            for name in config.lab_names() {
                prop_assert!(config.spec(name, "s").check_names().is_ok(), "{}", text);
            }
        }
        Err(ConfigError::Invalid { problems, .. }) => {
            let lines = text.lines().count().max(1) + 1;
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.iter().all(|one| (1..=lines).contains(&one.line) && one.column >= 1));
        }
        Err(_) => prop_assert!(text.trim().is_empty()),
    }
    Ok(())
}
