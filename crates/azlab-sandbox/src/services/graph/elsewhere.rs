//! What Microsoft Graph has and the sandbox's directory does not: it is refused by its name (501), and what Graph does not have
//! either as Graph refuses it (400).
//!
//! The names are those of the v1.0 reference: of what the tools of a lab come near.

use http::Method;

use super::errors::GraphError;

/// First segments.
const ROOTS: [&str; 16] = [
    "administrativeUnits",
    "applicationTemplates",
    "auditLogs",
    "contacts",
    "devices",
    "directory",
    "directoryRoles",
    "directoryRoleTemplates",
    "domains",
    "identity",
    "invitations",
    "oauth2PermissionGrants",
    "organization",
    "policies",
    "roleManagement",
    "subscribedSkus",
];
/// What lies below an object.
const BELOW: [&str; 34] = [
    "appManagementPolicies",
    "appRoleAssignedTo",
    "appRoleAssignments",
    "authentication",
    "calendar",
    "claimsMappingPolicies",
    "createdObjects",
    "delegatedPermissionClassifications",
    "directReports",
    "drive",
    "events",
    "extensionProperties",
    "federatedIdentityCredentials",
    "homeRealmDiscoveryPolicies",
    "licenseDetails",
    "mailFolders",
    "manager",
    "memberOf",
    "members",
    "messages",
    "oauth2PermissionGrants",
    "ownedDevices",
    "ownedObjects",
    "owners",
    "photo",
    "planner",
    "registeredDevices",
    "settings",
    "synchronization",
    "team",
    "tokenIssuancePolicies",
    "tokenLifetimePolicies",
    "transitiveMemberOf",
    "transitiveMembers",
];

/// The refusal of what is not served; `path` are the segments behind the version.
pub(super) fn refusal(method: &Method, path: &[&str]) -> GraphError {
    let is_graph_s = match path {
        [root, ..] if ROOTS.contains(root) => true,
        ["me", below, ..]
        | ["users" | "groups" | "servicePrincipals" | "applications" | "directoryObjects", _, below, ..] => {
            BELOW.contains(below)
        }
        _ => false,
    };
    if *method != Method::GET || is_graph_s {
        return GraphError::not_implemented(method, &path.join("/"));
    }
    let unknown = match path {
        ["me", below, ..] | [_, _, below, ..] => below,
        [root, ..] => root,
        [] => "",
    };
    GraphError::bad_request(&format!(
        "Resource not found for the segment '{unknown}'. The sandbox's directory has servicePrincipals, applications, users, \
         groups and directoryObjects."
    ))
}
