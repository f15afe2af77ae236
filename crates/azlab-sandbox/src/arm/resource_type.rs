//! What Resource Manager knows of a type of resources.

/// A type of resources.
#[derive(Debug)]
pub(crate) struct ResourceType {
    /// As the provider writes it, without its namespace: `managedClusters/agentPools`.
    pub name: &'static str,
    /// As the store keeps it: `microsoft.containerservice/managedclusters`; empty if it keeps none.
    pub kind: &'static str,
    /// Whether Resource Manager tracks it: it has a region and tags, is listed, and is read without asking the provider.
    pub tracked: bool,
    /// Whether the description of the provider names it.
    pub described: bool,
    /// Whether its bodies have a `provisioningState`.
    pub has_state: bool,
    /// Whether something is left of one that is deleted, alone or with its group.
    pub leaves_deleted: bool,
    /// Whether it is what is left of a deleted one.
    pub is_soft_deleted: bool,
    /// The `api-version` by which a scenario makes it; `None`: it makes none.
    pub scenario_version: Option<&'static str>,
}

impl ResourceType {
    /// One that has nothing special.
    pub const fn new(name: &'static str, kind: &'static str) -> Self {
        Self {
            name,
            kind,
            tracked: false,
            described: true,
            has_state: false,
            leaves_deleted: false,
            is_soft_deleted: false,
            scenario_version: None,
        }
    }

    /// Tracked by Resource Manager.
    pub const fn tracked(self) -> Self {
        Self { tracked: true, ..self }
    }

    /// Not named in the description of the provider.
    pub const fn undescribed(self) -> Self {
        Self { described: false, ..self }
    }

    /// With a `provisioningState`.
    pub const fn with_state(self) -> Self {
        Self { has_state: true, ..self }
    }

    /// Leaves something when it is deleted.
    pub const fn leaving_deleted(self) -> Self {
        Self { leaves_deleted: true, ..self }
    }

    /// What is left of a deleted resource.
    pub const fn soft_deleted(self) -> Self {
        Self { is_soft_deleted: true, ..self }
    }

    /// Scenarios can begin with it; they make it by this `api-version`.
    pub const fn in_scenarios(self, version: &'static str) -> Self {
        Self { scenario_version: Some(version), ..self }
    }

    /// Whether it is a part of another resource.
    pub fn is_nested(&self) -> bool {
        self.name.contains('/')
    }
}
