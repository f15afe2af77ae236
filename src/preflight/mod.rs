//! What is looked at before the first write: one check a file, each with a stable id, a severity and a fix. Reads only.
//!
//! [`survey`] runs those that a lab needs and gives the plan for the recipe. What exists already and fits is not checked:
//! a second `provision` of a finished lab reads next to nothing here.
pub(crate) mod account_name;
pub(crate) mod alternative_regions;
pub(crate) mod alternatives;
pub(crate) mod attendee_roles;
pub(crate) mod attendees;
pub(crate) mod bill;
pub(crate) mod budget;
mod checking;
mod choosing;
pub(crate) mod cluster_count;
pub(crate) mod cluster_size;
pub(crate) mod demand;
pub(crate) mod deployments;
mod existing;
pub(crate) mod finding;
pub(crate) mod kubernetes;
pub(crate) mod location;
pub(crate) mod model;
mod more_quota;
pub(crate) mod node_group;
pub(crate) mod offer;
pub(crate) mod permissions;
pub(crate) mod placement;
pub(crate) mod price_list;
pub(crate) mod providers;
pub(crate) mod public_ips;
mod quota_pools;
mod reads;
pub(crate) mod refusals;
pub(crate) mod resource_groups;
mod shared_capacity;
pub(crate) mod shared_quota;
pub(crate) mod subscription;
pub(crate) mod subscription_cache;
pub(crate) mod subscription_caches;
pub(crate) mod survey;
pub(crate) mod unavailable_models;

/// Every check by its id, in the order in which they are shown, and what it looks at. The ids are stable; docs/checks.md
/// describes each.
pub const CHECKS: &[(&str, &str)] = &[
    (SIGN_IN_ID, "a credential gives a token, and the subscription's tenant accepts it"),
    (subscription::ID, "the subscription exists and accepts writes"),
    (permissions::ID, "you may do what provision does"),
    (permissions::TEARDOWN_ID, "you may do what teardown does"),
    (refusals::ID, "no lock and no deny assignment refuses what is to be done"),
    (attendees::ID, "the attendees are in the directory, and their roles exist"),
    (providers::ID, "the resource providers are registered"),
    (EXISTING_ID, "what exists can be continued"),
    (NAMES_ID, "names that Azure derives are not too long"),
    (location::ID, "the region offers every resource type"),
    (resource_groups::ID, "the subscription takes the lab's resource groups"),
    (kubernetes::ID, "the region offers the Kubernetes version"),
    (cluster_size::SIZE_ID, "the region offers the VM size"),
    (cluster_size::QUOTA_ID, "there is vCPU quota for the nodes and for an upgrade, regional and of the family"),
    (cluster_count::ID, "the region has quota for one more AKS cluster"),
    (public_ips::ID, "the region has public IP addresses for a lab"),
    (account_name::ID, "the account's name is not held by a soft-deleted one"),
    (account_name::COUNT_ID, "the region has quota for one more OpenAI account"),
    (offer::ID, "the subscription's offer has quota for models"),
    (model::ID, "the model is open to new deployments, with quota"),
    (quota_pools::PLACEMENT_ID, "every new lab has a place that takes it, where the file says where labs may go"),
    (quota_pools::MODEL_QUOTA_ID, "the labs' deployments together fit into the model quota"),
    (budget::ID, "the labs cost no more until they expire than the file's budget"),
];

/// The check of the sign-in, which only doctor makes: every other command ends without one.
pub(crate) const SIGN_IN_ID: &str = "sign_in";
/// The check of what exists.
pub(crate) const EXISTING_ID: &str = "existing";
/// The check of derived names.
pub(crate) const NAMES_ID: &str = "names";
