//! The keys of clusters' issuers as the state keeps them: for each issuer the one that signs, made when it is first needed, and
//! the one before it with the moment until which it holds.

use zeroize::Zeroizing;

use super::store::Store;
use super::timestamps::Millis;

/// Before the issuer's guid, in the `meta` table.
const CURRENT: &str = "issuer_key/";
const BEFORE: &str = "issuer_key_before/";

/// The guid at the end of an issuer's URL.
fn guid(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// The key that signs, if one was made.
pub(crate) fn current(store: &Store<'_>, url: &str) -> rusqlite::Result<Option<Zeroizing<String>>> {
    Ok(store.meta(&format!("{CURRENT}{}", guid(url)))?.map(Zeroizing::new))
}

/// Keeps the key that signs.
pub(crate) fn keep(store: &Store<'_>, url: &str, key: &str) -> rusqlite::Result<()> {
    store.set_meta(&format!("{CURRENT}{}", guid(url)), key)
}

/// The key before the one that signs, if it still holds.
pub(crate) fn before(store: &Store<'_>, url: &str, now: Millis) -> rusqlite::Result<Option<Zeroizing<String>>> {
    let kept = store.meta(&format!("{BEFORE}{}", guid(url)))?.map(Zeroizing::new);
    let Some(kept) = kept else { return Ok(None) };
    let Some((until, key)) = kept.split_once(' ') else { return Ok(None) };
    let holds = until.parse::<Millis>().is_ok_and(|until| now < until);
    Ok(holds.then(|| Zeroizing::new(key.to_owned())))
}

/// The key that signs holds until `until` and signs no more; a new one is made when it is needed. Where none was made, nobody has
/// seen one, and there is nothing to do.
pub(crate) fn retire(store: &Store<'_>, url: &str, until: Millis) -> rusqlite::Result<()> {
    let Some(key) = current(store, url)? else { return Ok(()) };
    let kept = Zeroizing::new(format!("{until} {}", *key));
    store.set_meta(&format!("{BEFORE}{}", guid(url)), &kept)?;
    store.db().prepare_cached("DELETE FROM meta WHERE name = ?1")?.execute([format!("{CURRENT}{}", guid(url))])?;
    Ok(())
}

/// Forgets the keys of issuers that no cluster has; `is_cluster` and `issuer` are SQL of a cluster's row.
pub(crate) fn forget_orphans(store: &Store<'_>, is_cluster: &str, issuer: &str) -> rusqlite::Result<()> {
    for prefix in [CURRENT, BEFORE] {
        let statement = format!(
            "DELETE FROM meta WHERE name LIKE '{prefix}%'
             AND NOT EXISTS (SELECT 1 FROM resources WHERE {is_cluster} AND {issuer} = lower(substr(meta.name, {})))",
            prefix.len() + 1
        );
        store.db().prepare_cached(&statement)?.execute([])?;
    }
    Ok(())
}
