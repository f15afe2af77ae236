//! The published buckets, and which of them a request takes from (azure-facts.md sections 3 and 7).

use std::time::Duration;

use http::Method;

/// A token bucket: so many at once, and then one a `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    /// What people and events call it.
    pub(super) name: &'static str,
    pub(super) burst: u32,
    pub(super) period: Duration,
}

const fn bucket(name: &'static str, burst: u32, period_ms: u64) -> Bucket {
    Bucket { name, burst, period: Duration::from_millis(period_ms) }
}

/// ARM, per subscription and principal: reads 250, +25/s.
pub(super) const ARM_READS: Bucket = bucket("ARM reads", 250, 40);
/// ARM, per subscription and principal: writes 200, +10/s.
pub(super) const ARM_WRITES: Bucket = bucket("ARM writes", 200, 100);
/// ARM, per subscription and principal: deletes 200, +10/s.
pub(super) const ARM_DELETES: Bucket = bucket("ARM deletes", 200, 100);
/// AKS, per subscription: LIST clusters 500, +1/s.
const AKS_LIST: Bucket = bucket("AKS lists", 500, 1_000);
/// AKS, per group: LIST clusters 60, +1/s.
const AKS_LIST_GROUP: Bucket = bucket("AKS lists of a group", 60, 1_000);
/// AKS, per cluster: PUT 20, +1/min.
const AKS_PUT: Bucket = bucket("AKS writes of a cluster", 20, 60_000);
/// AKS, per cluster: GET 60, +1/s.
const AKS_GET: Bucket = bucket("AKS reads of a cluster", 60, 1_000);
/// AKS, per subscription (and region): GET operation status 200, +2/s.
const AKS_OPERATION: Bucket = bucket("AKS operations", 200, 500);
/// AKS, per subscription: all else 60, +1/s.
const AKS_OTHER: Bucket = bucket("AKS other requests", 60, 1_000);
/// Managed identity, per subscription: create-update and delete 2/s; get 10/s; list 5/s. No burst is published: one
/// second's worth is taken.
pub(super) const MSI_WRITE: Bucket = bucket("identity writes", 2, 500);
pub(super) const MSI_GET: Bucket = bucket("identity reads", 10, 100);
const MSI_LIST: Bucket = bucket("identity lists", 5, 200);
/// Managed identity, per identity (its credentials are parts of it): create-update and delete 0.25/s each (a second PUT within
/// 5 s was recorded to draw a 429). Gets of one identity (0.5/s) have no bucket: a run makes a handful, and looks for what shows
/// late come with pauses that grow.
const MSI_WRITE_ONE: Bucket = bucket("writes of one identity", 1, 4_000);

/// Which requests go first where several could.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// A bucket of their own lets no more than a few of them out: two identity writes a second beside ten writes of all
    /// kinds. A token of that bucket that is not taken when it comes delays the end of a large class.
    Paced,
    /// What the time of a lab is made of: its group, its cluster, and the looks at them.
    Critical,
    /// All else: it fits beside the wait for the cluster.
    Rest,
}

/// A request as the limits see it.
#[derive(Debug)]
pub(super) struct Demand {
    /// ARM's own bucket, which every request takes from.
    pub(super) arm: (String, Bucket),
    /// The service's buckets, each by a name that says whose it is.
    pub(super) of_service: Vec<(String, Bucket)>,
    /// Who goes first.
    pub(super) urgency: Urgency,
}

impl Demand {
    /// What a request takes.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let path = path.to_ascii_lowercase();
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let subscription = match segments.as_slice() {
            ["subscriptions", id, ..] => *id,
            _ => "none",
        };
        let is_read = method == Method::GET || method == Method::HEAD;
        let (kind, arm) = match *method {
            Method::DELETE => ("deletes", ARM_DELETES),
            _ if is_read => ("reads", ARM_READS),
            _ => ("writes", ARM_WRITES),
        };
        let arm = (format!("arm/{subscription}/{kind}"), arm);
        let mut all = Vec::new();
        // ["subscriptions", s, "resourcegroups", g, "providers", provider, type, name, …] or without the group.
        let provider_at = segments.iter().rposition(|segment| *segment == "providers");
        let Some((provider, rest)) = provider_at.and_then(|at| segments[at + 1..].split_first()) else {
            let is_group = matches!(
                segments.as_slice(),
                ["subscriptions", _, "resourcegroups"] | ["subscriptions", _, "resourcegroups", _]
            );
            let urgency = if is_group { Urgency::Critical } else { Urgency::Rest };
            return Self { arm, of_service: all, urgency };
        };
        let in_group = segments.get(2) == Some(&"resourcegroups");
        let mut urgency = Urgency::Rest;
        match *provider {
            "microsoft.containerservice" => {
                if let ["managedclusters"] | ["managedclusters", _] = rest {
                    urgency = Urgency::Critical;
                }
                all.push(match rest {
                    ["managedclusters"] if in_group => {
                        (format!("aks/{subscription}/list/{}", segments.get(3).unwrap_or(&"")), AKS_LIST_GROUP)
                    }
                    ["managedclusters"] => (format!("aks/{subscription}/list"), AKS_LIST),
                    ["managedclusters", _] if method == Method::PUT => (format!("aks/put/{path}"), AKS_PUT),
                    ["managedclusters", _] if is_read => (format!("aks/get/{path}"), AKS_GET),
                    ["locations", region, "operations" | "operationresults", ..] => {
                        (format!("aks/{subscription}/{region}/operations"), AKS_OPERATION)
                    }
                    _ => (format!("aks/{subscription}/other"), AKS_OTHER),
                });
            }
            "microsoft.managedidentity" => {
                urgency = Urgency::Paced;
                let one = matches!(rest, ["userassignedidentities", _] | ["userassignedidentities", _, _, _]);
                match (is_read, one) {
                    (true, true) => all.push((format!("msi/{subscription}/get"), MSI_GET)),
                    (true, false) => all.push((format!("msi/{subscription}/list"), MSI_LIST)),
                    (false, _) => {
                        all.push((format!("msi/{subscription}/{kind}"), MSI_WRITE));
                        if let ["userassignedidentities", identity, ..] = rest {
                            let group = segments.get(3).unwrap_or(&"");
                            all.push((format!("msi/{subscription}/{group}/{identity}/{kind}"), MSI_WRITE_ONE));
                        }
                    }
                }
            }
            _ => {}
        }
        Self { arm, of_service: all, urgency }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";

    #[test]
    fn cluster_operations_fall_into_their_published_buckets() {
        let last = |method, path: &str| Demand::of(&method, path).of_service.pop().expect("a bucket").1;
        assert_eq!(last(Method::PUT, CLUSTER), AKS_PUT);
        assert_eq!(last(Method::GET, CLUSTER), AKS_GET);
        let operation = "/subscriptions/s/providers/Microsoft.ContainerService/locations/westeurope/operations/1";
        assert_eq!(last(Method::GET, operation), AKS_OPERATION);
        let list = "/subscriptions/s/providers/Microsoft.ContainerService/managedClusters";
        assert_eq!(last(Method::GET, list), AKS_LIST);
        let in_group = CLUSTER.strip_suffix("/c").expect("the list");
        assert_eq!(last(Method::GET, in_group), AKS_LIST_GROUP);
        assert_eq!(last(Method::POST, &format!("{CLUSTER}/listClusterUserCredential")), AKS_OTHER);
        let role = Demand::of(&Method::PUT, &format!("{CLUSTER}/providers/Microsoft.Authorization/roleAssignments/1"));
        assert_eq!((role.arm, role.of_service.len()), (("arm/s/writes".to_owned(), ARM_WRITES), 0));
    }

    #[test]
    fn groups_and_clusters_and_the_looks_at_them_are_the_critical_path() {
        let urgency = |method, path: &str| Demand::of(&method, path).urgency;
        for method in [Method::GET, Method::PUT] {
            assert_eq!(urgency(method.clone(), "/subscriptions/s/resourceGroups/g"), Urgency::Critical);
            assert_eq!(urgency(method, CLUSTER), Urgency::Critical);
        }
        assert_eq!(
            urgency(Method::GET, "/subscriptions/s/providers/microsoft.containerservice/managedclusters"),
            Urgency::Critical
        );
        let role = format!("{CLUSTER}/providers/Microsoft.Authorization/roleAssignments/1");
        assert_eq!(urgency(Method::PUT, &role), Urgency::Rest);
        assert_eq!(urgency(Method::GET, "/subscriptions/s/resourceGroups/g/resources"), Urgency::Rest);
        let operation = "/subscriptions/s/providers/Microsoft.ContainerService/locations/westeurope/operations/1";
        assert_eq!(urgency(Method::GET, operation), Urgency::Rest);
    }
}
