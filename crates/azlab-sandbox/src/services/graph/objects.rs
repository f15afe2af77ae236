//! The directory's objects: the sandbox's own application and each user-assigned identity, as service principals.
//!
//! Shape: <https://learn.microsoft.com/graph/api/resources/serviceprincipal>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::ids::TENANT_ID;
use crate::providers::managedidentity::principals::{self, IdentityPrincipal};
use crate::services::signin::{DEFAULT_CLIENT_ID, DEFAULT_OBJECT_ID};
use crate::state::timestamps::{Millis, stamp};
use crate::state::transaction::Transaction;

/// A service principal.
pub(super) enum Object {
    /// The sandbox's own application.
    Application,
    /// A user-assigned identity.
    Identity(Box<IdentityPrincipal>),
}

/// All that the directory shows, by display name.
pub(super) fn all(visit: &Transaction<'_>) -> rusqlite::Result<Vec<Object>> {
    let mut found = vec![Object::Application];
    for identity in principals::all(&visit.store)? {
        found.extend(shown(visit, identity)?);
    }
    Ok(found)
}

/// The object with this object id.
pub(super) fn by_id(visit: &Transaction<'_>, id: Uuid) -> rusqlite::Result<Option<Object>> {
    if id == DEFAULT_OBJECT_ID {
        return Ok(Some(Object::Application));
    }
    principals::by_object_id(&visit.store, id)?.map_or(Ok(None), |identity| shown(visit, identity))
}

/// The object of the application with this client id.
pub(super) fn by_app_id(visit: &Transaction<'_>, id: Uuid) -> rusqlite::Result<Option<Object>> {
    if id == DEFAULT_CLIENT_ID {
        return Ok(Some(Object::Application));
    }
    principals::by_client_id(&visit.store, id)?.map_or(Ok(None), |identity| shown(visit, identity))
}

/// Those that have this id of either kind; none for what is no guid.
pub(super) fn by_any_id(visit: &Transaction<'_>, id: &str) -> rusqlite::Result<Vec<Object>> {
    let Ok(id) = Uuid::try_parse(id) else { return Ok(Vec::new()) };
    Ok(by_id(visit, id)?.into_iter().chain(by_app_id(visit, id)?).collect())
}

/// An identity, unless it is so new that the directory has not heard of it.
fn shown(visit: &Transaction<'_>, identity: IdentityPrincipal) -> rusqlite::Result<Option<Object>> {
    let id = identity.object_id.to_string();
    let shown =
        principals::is_shown(&visit.store, &id, visit.active.settings.late_principals_s, (visit.now, visit.pace))?;
    Ok((shown == Some(true)).then(|| Object::Identity(Box::new(identity))))
}

/// The object id of the sandbox's application itself, which is not its service principal.
pub(super) const APPLICATION_OBJECT_ID: Uuid = Uuid::from_u128(0xa21a_b000_0000_4000_8000_0000_0000_0003);

/// The sandbox's own application, the only one that is registered: identities have none.
pub(super) fn application() -> Value {
    json!({
        "id": APPLICATION_OBJECT_ID,
        "appId": DEFAULT_CLIENT_ID,
        "displayName": "azlab sandbox",
        "createdDateTime": stamp(0),
        "deletedDateTime": null,
        "identifierUris": [],
        "signInAudience": "AzureADMyOrg",
        "publisherDomain": null,
        "tags": [],
        "api": {"oauth2PermissionScopes": [], "preAuthorizedApplications": []},
        "appRoles": [],
        "keyCredentials": [],
        "passwordCredentials": [],
        "requiredResourceAccess": [],
        "publicClient": {"redirectUris": []},
        "web": {"redirectUris": []},
        "spa": {"redirectUris": []},
    })
}

impl Object {
    /// The object with its type, as lists of mixed objects have it.
    pub fn typed_body(&self) -> Value {
        let mut body = self.body();
        body["@odata.type"] = "#microsoft.graph.servicePrincipal".into();
        body
    }

    /// The object.
    pub fn body(&self) -> Value {
        match self {
            Self::Application => body(Properties {
                object_id: DEFAULT_OBJECT_ID,
                app_id: DEFAULT_CLIENT_ID,
                name: "azlab sandbox",
                kind: "Application",
                owner: Some(TENANT_ID),
                alternative_names: Vec::new(),
                further_name: None,
                created: 0,
            }),
            Self::Identity(principal) => body(Properties {
                object_id: principal.object_id,
                app_id: principal.client_id,
                name: &principal.identity.name,
                kind: "ManagedIdentity",
                owner: None,
                alternative_names: vec!["isExplicit=True".to_owned(), principal.identity.id.clone()],
                further_name: Some(format!(
                    "https://identity.azure.net/{}",
                    STANDARD.encode(Sha256::digest(principal.identity.id.as_bytes()))
                )),
                created: principal.identity.created,
            }),
        }
    }
}

struct Properties<'a> {
    object_id: Uuid,
    app_id: Uuid,
    name: &'a str,
    kind: &'static str,
    owner: Option<&'static str>,
    alternative_names: Vec<String>,
    further_name: Option<String>,
    created: Millis,
}

fn body(of: Properties<'_>) -> Value {
    let names: Vec<String> = std::iter::once(of.app_id.to_string()).chain(of.further_name).collect();
    let is_application = of.owner.is_some();
    json!({
        "id": of.object_id,
        "deletedDateTime": null,
        "accountEnabled": true,
        "alternativeNames": of.alternative_names,
        "appDisplayName": is_application.then_some(of.name),
        "appDescription": null,
        "appId": of.app_id,
        "applicationTemplateId": null,
        "appOwnerOrganizationId": of.owner,
        "appRoleAssignmentRequired": false,
        "createdDateTime": stamp(of.created),
        "description": null,
        "disabledByMicrosoftStatus": null,
        "displayName": of.name,
        "homepage": null,
        "loginUrl": null,
        "logoutUrl": null,
        "notes": null,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": null,
        "preferredTokenSigningKeyThumbprint": null,
        "replyUrls": [],
        "servicePrincipalNames": names,
        "servicePrincipalType": of.kind,
        "signInAudience": is_application.then_some("AzureADMyOrg"),
        "tags": [],
        "tokenEncryptionKeyId": null,
        "samlSingleSignOnSettings": null,
        "addIns": [],
        "appRoles": [],
        "info": {
            "logoUrl": null, "marketingUrl": null, "privacyStatementUrl": null, "supportUrl": null,
            "termsOfServiceUrl": null,
        },
        "keyCredentials": [],
        "oauth2PermissionScopes": [],
        "passwordCredentials": [],
        "resourceSpecificApplicationPermissions": [],
        "verifiedPublisher": {"displayName": null, "verifiedPublisherId": null, "addedDateTime": null},
    })
}
