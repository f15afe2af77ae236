//! Where the sandbox is not as recorded, and why. The lists are printed in docs/sandbox.md; one that no longer applies fails
//! the replay.

/// Groups that a recording's first request takes for granted: the recording, the group, its region.
pub(in crate::tests) const BEFORE: [(&str, &str, &str); 3] = [
    ("account_soft_delete_purge_restore.jsonl", "clitest.rg000001", "southcentralus"),
    ("federated_credential_crud.jsonl", "cli_test_federated_identity_credential_000001", "eastus2"),
    ("managed_cluster_workload_identity_create.jsonl", "clitest000001", "westus2"),
];

/// A text of a recorded request that the sandbox is asked otherwise.
pub(in crate::tests) struct Otherwise {
    pub file: &'static str,
    pub recorded: &'static str,
    pub asked: &'static str,
    pub reason: &'static str,
}

/// What the sandbox is asked otherwise than Azure was.
pub(in crate::tests) const OTHERWISE: [Otherwise; 3] = [
    Otherwise {
        file: "account_soft_delete_purge_restore.jsonl",
        recorded: "FormRecognizer",
        asked: "OpenAI",
        reason: "a lab has accounts of the kinds OpenAI and AIServices; the sandbox offers no other",
    },
    Otherwise {
        file: "federated_credential_crud.jsonl",
        recorded: "eastus2euap",
        asked: "eastus2",
        reason: "a canary region, which subscriptions do not have unless Microsoft adds them",
    },
    Otherwise {
        file: "managed_cluster_workload_identity_create.jsonl",
        recorded: "2023-10-02-preview",
        asked: "2025-08-01",
        reason: "this preview's service has ended since (azure-facts.md, 9); the sandbox refuses it as Azure does now",
    },
];

/// A field that Azure sends and the sandbox does not.
pub(in crate::tests) struct Field {
    /// Last word of the resource's type, lower case.
    pub kind: &'static str,
    /// The path; what is below it goes with it.
    pub path: &'static str,
    pub reason: &'static str,
}

/// Fields that Azure sends and the sandbox does not.
pub(in crate::tests) const FIELDS: &[Field] = &[
    field("accounts", "/properties/armFeatures", "features of the recorder's subscription"),
    field(
        "deletedaccounts",
        "/value/*/properties/apiProperties",
        "of accounts of kinds that the sandbox does not offer",
    ),
    field("deletedaccounts", "/value/*/properties/quotaLimit", "of accounts of kinds that the sandbox does not offer"),
    field(
        "managedclusters",
        "/properties/addonProfiles",
        "Azure Policy's add-on, put there by a policy of the recorder's",
    ),
    field(
        "managedclusters",
        "/properties/storageProfile/diskCSIDriver/version",
        "of the preview that the recorder asked for; 2025-08-01 does not send it (recorded)",
    ),
    field("models", "/value/*/model/description", "prose of Microsoft's, which half of the models have"),
    field("models", "/value/*/model/deprecation/fineTune", "there is no fine tuning in the sandbox"),
    field("models", "/value/*/model/finetuneCapabilities", "there is no fine tuning in the sandbox"),
    field("models", "/value/*/model/skus/*/costs", "meters of prices: the sandbox bills nothing"),
    field(
        "models",
        "/value/*/model/skus/*/capacity/minimum",
        "of provisioned throughput, which the sandbox does not sell",
    ),
    field(
        "models",
        "/value/*/model/skus/*/capacity/step",
        "of provisioned throughput, which the sandbox does not sell",
    ),
    field(
        "operations",
        "/error",
        "passing trouble of AKS's own, told while the work went on and succeeded; a fault can do it",
    ),
];

const fn field(kind: &'static str, path: &'static str, reason: &'static str) -> Field {
    Field { kind, path, reason }
}

/// A value that was asked for and that Azure tells otherwise than the sandbox.
pub(in crate::tests) struct Told {
    pub file: &'static str,
    /// A JSON pointer into the answer.
    pub path: &'static str,
    /// What Azure said.
    pub recorded: &'static str,
    pub reason: &'static str,
}

/// Values that were asked for and that Azure tells otherwise.
pub(in crate::tests) const VALUES: &[Told] = &[
    told("/properties/kubernetesVersion", "1.25.6", "the default version of 2023, asked for as an empty text"),
    told(
        "/properties/agentPoolProfiles/0/orchestratorVersion",
        "1.25.6",
        "the default version of 2023, asked for as an empty text",
    ),
    told(
        "/properties/networkProfile/loadBalancerSku",
        "Standard",
        "asked for as `standard` and told so by the PUT; 2025-08-01 tells `standard` ever after (recorded)",
    ),
];

const fn told(path: &'static str, recorded: &'static str, reason: &'static str) -> Told {
    Told { file: "managed_cluster_workload_identity_create.jsonl", path, recorded, reason }
}

/// A header that is not as recorded in some exchanges.
pub(in crate::tests) struct Header {
    pub file: &'static str,
    pub exchanges: &'static [u32],
    pub name: &'static str,
    pub reason: &'static str,
}

/// Headers that are not as recorded.
pub(in crate::tests) const HEADERS: &[Header] = &[Header {
    file: "role_assignment_crud.jsonl",
    exchanges: &[16],
    name: "location",
    reason: "one poll of a group's deletion was answered without it (azure-facts.md, 1); the sandbox always sends it",
}];

/// Exchanges whose answer is not compared.
pub(in crate::tests) struct Omitted {
    pub file: &'static str,
    pub exchanges: &'static [u32],
    pub reason: &'static str,
}

/// Exchanges that are not compared: none.
pub(in crate::tests) const OMITTED: &[Omitted] = &[];
