//! The directory's side of user-assigned identities: their service principals, found by each of their ids.

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use super::kind;
use crate::state::lists::ListQuery;
use crate::state::pace::Pace;
use crate::state::store::{Resource, Store};
use crate::state::timestamps::Millis;

/// A user-assigned identity as the directory knows it.
#[derive(Clone, Debug)]
pub(crate) struct IdentityPrincipal {
    /// The resource.
    pub identity: Resource,
    /// Its application (client) id.
    pub client_id: Uuid,
    /// Its object id in the tenant: the `principalId` of role assignments.
    pub object_id: Uuid,
}

impl IdentityPrincipal {
    /// `None` for anything but an identity.
    pub fn of(identity: Resource) -> Option<Self> {
        let guid = |name: &str| Uuid::try_parse(identity.body["properties"][name].as_str()?).ok();
        let (client_id, object_id) = (guid("clientId")?, guid("principalId")?);
        Some(Self { identity, client_id, object_id })
    }
}

/// SQLite uses an index of one type only where the statement names that type as a literal: that of [`kind::IDENTITY`].
pub(crate) const BY_CLIENT_ID: &str = "SELECT id FROM resources INDEXED BY resources_client
    WHERE type = 'microsoft.managedidentity/userassignedidentities'
    AND json_extract(body, '$.properties.clientId') = ?1";

/// The identity with this client id.
pub(crate) fn by_client_id(store: &Store<'_>, client_id: Uuid) -> rusqlite::Result<Option<IdentityPrincipal>> {
    let id: Option<String> =
        store.db().prepare_cached(BY_CLIENT_ID)?.query_row([client_id.to_string()], |row| row.get(0)).optional()?;
    match id {
        Some(id) => by_resource_id(store, &id),
        None => Ok(None),
    }
}

/// The identity with this object id.
pub(crate) fn by_object_id(store: &Store<'_>, object_id: Uuid) -> rusqlite::Result<Option<IdentityPrincipal>> {
    let object_id = object_id.to_string();
    let wanted = ListQuery {
        kinds: Some(&[kind::IDENTITY]),
        lookup: Some(&object_id),
        everywhere: true,
        ..ListQuery::default()
    };
    Ok(store.list(&wanted)?.into_iter().find_map(IdentityPrincipal::of))
}

/// The identity with this resource id, in any casing.
pub(crate) fn by_resource_id(store: &Store<'_>, id: &str) -> rusqlite::Result<Option<IdentityPrincipal>> {
    let found = store.get(id)?.filter(|found| found.kind == kind::IDENTITY);
    Ok(found.and_then(IdentityPrincipal::of))
}

/// All identities.
pub(crate) fn all(store: &Store<'_>) -> rusqlite::Result<Vec<IdentityPrincipal>> {
    let wanted = ListQuery { kinds: Some(&[kind::IDENTITY]), everywhere: true, ..ListQuery::default() };
    Ok(store.list(&wanted)?.into_iter().filter_map(IdentityPrincipal::of).collect())
}

/// When the directory learns of a principal, as long as its identity is there.
const SHOWN: &str = "SELECT principals.born FROM principals
    JOIN resources INDEXED BY resources_lookup ON resources.lookup = ?1
    WHERE principals.id = ?1 AND resources.type = 'microsoft.managedidentity/userassignedidentities'
    AND resources.born <= ?2 AND (resources.gone IS NULL OR resources.gone > ?2)";

/// Whether the directory shows the principal `object_id` at `now`, if it takes `late` seconds to learn of a new one.
/// `None`: it has never heard of it, or it went with its identity.
pub(crate) fn is_shown(
    store: &Store<'_>,
    object_id: &str,
    late: f64,
    (now, pace): (Millis, Pace),
) -> rusqlite::Result<Option<bool>> {
    let born: Option<Millis> =
        store.db().prepare_cached(SHOWN)?.query_row(params![object_id, now], |row| row.get(0)).optional()?;
    Ok(born.map(|born| late <= 0.0 || now >= pace.after(born, late)))
}
