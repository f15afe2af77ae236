//! The time that a command on a class cannot go below: what the published buckets and the recorded durations leave of it.

use super::buckets::{ARM_DELETES, ARM_READS, ARM_WRITES, Bucket, MSI_GET, MSI_WRITE};

/// Seconds of a resource group's PUT (recorded 1-4 s: azure-facts.md section 1).
const GROUP_S: f64 = 2.0;
/// Seconds from a cluster's PUT until it is ready: 7 s for the PUT, and the median of 162 recorded creates (section 2).
const CLUSTER_S: f64 = 7.0 + 332.0;
/// The same of a change to a cluster (recorded 131-266 s).
const CLUSTER_UPDATE_S: f64 = 7.0 + 150.0;
/// Seconds of a write that nothing waits for: a role assignment's.
const LAST_WRITE_S: f64 = 3.0;
/// Seconds until a group with a cluster is gone.
const GROUP_DELETE_S: f64 = 240.0;
/// Seconds of a purge: the call, and its operation (section 4).
const PURGE_S: f64 = 2.0;

/// What a command has to do in one subscription, in requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Workload {
    /// Resource groups to write.
    pub(crate) groups: u32,
    /// Clusters to create.
    pub(crate) new_clusters: u32,
    /// Clusters to change.
    pub(crate) changed_clusters: u32,
    /// Writes of identities and of their federated credentials.
    pub(crate) identity_writes: u32,
    /// All other writes.
    pub(crate) other_writes: u32,
    /// Groups to delete.
    pub(crate) deleted_groups: u32,
    /// Accounts to purge.
    pub(crate) purges: u32,
    /// Federated credentials to read: they have no list of a subscription.
    pub(crate) credential_reads: u32,
    /// Other reads for which there is no list: deployments, and the groups that are about to be deleted.
    pub(crate) other_reads: u32,
}

/// How long so many requests wait for their bucket, in seconds.
fn wait_s(requests: u32, bucket: Bucket) -> f64 {
    f64::from(requests.saturating_sub(bucket.burst)) * bucket.period.as_secs_f64()
}

impl Workload {
    /// Adds another one, in the same subscription.
    pub(crate) fn add(&mut self, other: Self) {
        let Self {
            groups,
            new_clusters,
            changed_clusters,
            identity_writes,
            other_writes,
            deleted_groups,
            purges,
            credential_reads,
            other_reads,
        } = other;
        self.groups += groups;
        self.new_clusters += new_clusters;
        self.changed_clusters += changed_clusters;
        self.identity_writes += identity_writes;
        self.other_writes += other_writes;
        self.deleted_groups += deleted_groups;
        self.purges += purges;
        self.credential_reads += credential_reads;
        self.other_reads += other_reads;
    }

    /// Seconds on the service's clock that it takes at least. The pages of lists, 0.1 s each, are not counted.
    pub(crate) fn bound_s(&self) -> f64 {
        let clusters = self.new_clusters + self.changed_clusters;
        let critical = self.groups + clusters;
        let writes = critical + self.identity_writes + self.other_writes;
        let cluster_s = match (self.new_clusters, self.changed_clusters) {
            (0, 0) => 0.0,
            (0, _) => CLUSTER_UPDATE_S,
            _ => CLUSTER_S,
        };
        let group_s = if self.groups > 0 { GROUP_S } else { 0.0 };
        let last_s = if writes > 0 { LAST_WRITE_S } else { 0.0 };
        let reads_s = wait_s(self.credential_reads, MSI_GET).max(wait_s(self.other_reads, ARM_READS));
        let deletion_s = if self.deleted_groups > 0 {
            GROUP_DELETE_S
                + wait_s(self.deleted_groups, ARM_DELETES)
                + if self.purges > 0 { PURGE_S } else { 0.0 }
                + reads_s
        } else {
            0.0
        };
        [
            group_s + cluster_s + wait_s(critical, ARM_WRITES),
            wait_s(writes, ARM_WRITES) + last_s,
            wait_s(self.identity_writes, MSI_WRITE) + last_s,
            reads_s,
            deletion_s,
        ]
        .into_iter()
        .fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_class_is_bound_by_its_clusters_then_by_its_writes_then_by_its_identities() {
        let fresh = |labs: u32| Workload {
            groups: labs,
            new_clusters: labs,
            identity_writes: 2 * labs,
            other_writes: 3 * labs,
            ..Workload::default()
        };
        // The table of docs/benchmarks.md.
        for (labs, bound) in [(30, 341.0), (100, 341.0), (300, 381.0), (490, 492.0)] {
            let found = fresh(labs).bound_s();
            assert!((found - bound).abs() < 1.0, "{labs}: {found}");
        }
    }

    #[test]
    fn a_look_at_a_class_is_bound_by_its_federated_credentials() {
        let look = Workload { credential_reads: 300, other_reads: 300, ..Workload::default() };
        assert!((look.bound_s() - 29.0).abs() < 0.01, "{}", look.bound_s());
        let teardown = Workload { deleted_groups: 300, purges: 300, other_reads: 300, ..Workload::default() };
        assert!((teardown.bound_s() - 254.0).abs() < 0.01, "{}", teardown.bound_s());
    }
}
