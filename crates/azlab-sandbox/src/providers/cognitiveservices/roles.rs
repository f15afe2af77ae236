//! The built-in roles for accounts that a lab meets.

use crate::arm::role::Role;

/// What a user of models may do to resources.
const OF_USERS: &[&str] = &[
    "Microsoft.CognitiveServices/*/read",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleDefinitions/read",
];
/// What a contributor of models may, too: deployments, content filters, commitment plans.
const OF_CONTRIBUTORS: &[&str] = &[
    "Microsoft.CognitiveServices/*/read",
    "Microsoft.CognitiveServices/accounts/deployments/write",
    "Microsoft.CognitiveServices/accounts/deployments/delete",
    "Microsoft.CognitiveServices/accounts/raiPolicies/read",
    "Microsoft.CognitiveServices/accounts/raiPolicies/write",
    "Microsoft.CognitiveServices/accounts/raiPolicies/delete",
    "Microsoft.CognitiveServices/accounts/commitmentplans/read",
    "Microsoft.CognitiveServices/accounts/commitmentplans/write",
    "Microsoft.CognitiveServices/accounts/commitmentplans/delete",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleDefinitions/read",
];

/// The built-in roles (Azure's built-in roles reference).
pub(super) const ROLES: &[Role] = &[
    Role {
        guid: "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        name: "Cognitive Services OpenAI User",
        description: "View and use OpenAI models.",
        actions: OF_USERS,
        not_actions: &[],
        data_actions: &[
            "Microsoft.CognitiveServices/accounts/OpenAI/*/read",
            "Microsoft.CognitiveServices/accounts/OpenAI/engines/completions/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/engines/search/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/engines/generate/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/audio/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/search/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/completions/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/realtime/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/extensions/chat/completions/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/embeddings/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/images/generations/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/video/generations/*/action",
            "Microsoft.CognitiveServices/accounts/OpenAI/video/generations/*/delete",
            "Microsoft.CognitiveServices/accounts/OpenAI/assistants/*",
            "Microsoft.CognitiveServices/accounts/OpenAI/responses/*",
        ],
        not_data_actions: &["Microsoft.CognitiveServices/accounts/OpenAI/stored-completions/read"],
    },
    Role {
        guid: "a001fd3d-188f-4b5d-821b-7da978bf7442",
        name: "Cognitive Services OpenAI Contributor",
        description: "Full access to OpenAI resources, except to assign roles.",
        actions: OF_CONTRIBUTORS,
        not_actions: &[],
        data_actions: &["Microsoft.CognitiveServices/accounts/OpenAI/*"],
        not_data_actions: &[],
    },
    Role {
        guid: "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
        name: "Cognitive Services Contributor",
        description: "Create, read, update and delete Cognitive Services accounts.",
        actions: &["Microsoft.CognitiveServices/*"],
        not_actions: &[],
        data_actions: &[],
        not_data_actions: &[],
    },
    Role {
        guid: "a97b65f3-24c7-4388-baec-2e87135dc908",
        name: "Cognitive Services User",
        description: "Read and list keys of Cognitive Services.",
        actions: &["Microsoft.CognitiveServices/*/read", "Microsoft.CognitiveServices/accounts/listkeys/action"],
        not_actions: &[],
        data_actions: &["Microsoft.CognitiveServices/*"],
        not_data_actions: &[],
    },
];
