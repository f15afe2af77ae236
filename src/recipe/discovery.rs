//! What goes by another name than ours and is taken as the lab's own: the only cluster and the only identity in a group of
//! ours, where nobody named another. A lab that was made with `--cluster c1` is so found again without saying it.

use super::cluster::Cluster;
use super::identity::Identity;
use super::resource::Resource as _;
use crate::azure::groups::GenericResourceExpanded;
use crate::lab::spec::{DEFAULT_CLUSTER, DEFAULT_IDENTITY, LabSpec};

/// Gives the cluster and the identity of `lab` the names that they have in its group.
pub(crate) fn discover_names(lab: &mut LabSpec, contents: &[GenericResourceExpanded]) {
    let wanted = [
        (&mut lab.cluster.name, DEFAULT_CLUSTER, Cluster::NEEDS),
        (&mut lab.identity, DEFAULT_IDENTITY, Identity::NEEDS),
    ];
    for (name, default, needs) in wanted {
        if name != default {
            continue;
        }
        let of_type = |one: &&GenericResourceExpanded| {
            one.generic_resource.resource.type_.as_deref().is_some_and(|known| needs.is_type(known))
        };
        let names: Vec<&String> =
            contents.iter().filter(of_type).filter_map(|one| one.generic_resource.resource.name.as_ref()).collect();
        if let [only] = names[..] {
            name.clone_from(only);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::body::parse;

    fn cluster(name: &str) -> GenericResourceExpanded {
        let body = json!({"name": name, "type": "microsoft.containerservice/managedclusters"});
        parse("a resource", body.to_string().as_bytes()).expect("a resource")
    }

    #[test]
    fn the_only_cluster_is_the_labs_unless_another_was_named() {
        let mut lab = LabSpec::workshop("default", "s");
        discover_names(&mut lab, &[cluster("c1"), cluster("c2")]);
        assert_eq!(lab.cluster.name, DEFAULT_CLUSTER, "which of the two is not known");
        discover_names(&mut lab, &[cluster("c1")]);
        assert_eq!(lab.cluster.name, "c1");
        discover_names(&mut lab, &[cluster("c2")]);
        assert_eq!(lab.cluster.name, "c1");
    }
}
