//! Where the keys of a scenario stand in its text.

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

/// Bytes before what stands at `path`: each part is a key, or the index of an item. What is not there is looked for no
/// further: then it is the place of what it would be in.
pub(super) fn find(text: &str, path: &[&str]) -> usize {
    let Ok(root) = DeTable::parse(text) else { return 0 };
    walk(root.get_ref(), path).unwrap_or_default()
}

/// Bytes before a key (`operation.at` is one in a table) of the entry, a table or an item of a list of tables, that begins at
/// `start`.
pub(super) fn in_entry(text: &str, start: usize, key: &str) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let entries = root.get_ref().iter().flat_map(|(_, value)| match value.get_ref() {
        DeValue::Array(items) => items.iter().collect::<Vec<_>>(),
        _ => vec![value],
    });
    let mut begun = entries.filter(|entry| entry.span().start == start);
    let DeValue::Table(entry) = begun.next()?.get_ref() else { return None };
    walk(entry, &key.split('.').collect::<Vec<_>>())
}

/// The place of what `path` leads to in `table`, or of the last part of it that is there.
fn walk(table: &DeTable<'_>, path: &[&str]) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == first)?;
    // Where a table has a header of its own, its key is in there.
    Some(within(value, rest).unwrap_or_else(|| key.span().start))
}

fn within(value: &Spanned<DeValue<'_>>, path: &[&str]) -> Option<usize> {
    match value.get_ref() {
        DeValue::Table(table) => walk(table, path),
        DeValue::Array(items) => {
            let (index, rest) = path.split_first()?;
            let item = items.get(index.parse::<usize>().ok()?)?;
            Some(within(item, rest).unwrap_or_else(|| item.span().start))
        }
        _ => None,
    }
}
