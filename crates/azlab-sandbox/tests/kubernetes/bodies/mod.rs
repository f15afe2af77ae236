//! What every Kubernetes API server does, as a workshop's tools rely on it: the embedded one is held to it, and so is a real one.
//!
//! Each body is given a server and a credential that may do everything, and leaves other namespaces alone.

mod answers;
mod controllers;
mod managers;
mod objects;
mod taints;
mod webhook;

use serde_json::{Value, json};

pub use answers::*;
pub use controllers::*;
pub use managers::*;
pub use objects::*;
pub use taints::*;
pub use webhook::*;

/// Gives the names of all bodies to a macro.
macro_rules! all {
    ($each:ident) => {
        $each!(
            objects_are_made_changed_and_deleted,
            lists_go_by_selectors_and_pages,
            a_watch_tells_what_happens,
            an_old_version_is_gone_for_a_watch,
            apply_owns_what_it_sets_and_takes_away_what_it_no_longer_sets,
            apply_names_each_field_that_another_has_set,
            apply_after_kubectl_s_own_apply_leaves_two_of_what_should_be_one,
            what_an_update_changes_it_owns,
            a_dry_run_keeps_nothing,
            a_mistake_in_an_object_is_named,
            lists_merge_by_their_keys,
            a_deployment_becomes_available_and_goes_with_its_pods,
            who_is_deleted_in_the_foreground_waits_for_what_it_owns,
            orphans_stay,
            a_namespace_goes_with_what_is_in_it,
            tables_are_for_people,
            discovery_tells_what_there_is,
            a_service_account_gets_tokens,
            a_scale_is_a_number_of_replicas,
            who_shows_no_credential_is_not_let_in,
            yaml_goes_in_and_comes_out,
            a_tainted_node_takes_those_pods_alone_that_tolerate_it,
            a_new_no_execute_taint_takes_pods_away_unless_they_tolerate_it,
            a_labelled_pod_gets_its_identity_s_token,
            annotations_of_the_pod_and_of_its_account_change_what_the_webhook_gives,
            a_pod_that_gets_the_label_later_gets_nothing
        );
    };
}
pub(crate) use all;

/// A deployment of one container, without a namespace.
pub fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{
                    "name": name,
                    "image": image,
                    "ports": [{"containerPort": 80}],
                    "env": [{"name": "A", "value": "1"}],
                }]},
            },
        },
    })
}

fn deployments(namespace: &str) -> String {
    format!("/apis/apps/v1/namespaces/{namespace}/deployments")
}

fn maps(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/configmaps")
}

/// The fields that a manager owns.
fn owned<'a>(object: &'a Value, manager: &str, operation: &str) -> &'a Value {
    let entries = object["metadata"]["managedFields"].as_array().expect("managed fields");
    let entry = entries.iter().find(|one| one["manager"] == manager && one["operation"] == operation);
    entry.map_or(&Value::Null, |entry| &entry["fieldsV1"])
}
