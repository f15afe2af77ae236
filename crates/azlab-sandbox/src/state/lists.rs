//! Lists of resources: each goes by one index, in the order of its keys, and reads no more than it returns.

use rusqlite::types::Value as SqlValue;

use super::store::{READ, Resource, Store, resource};

/// Which resources a list wants. Of `group`, `parent`, `below`, `lookup`, `tag` and `kinds` at least one must be given;
/// `below` and `lookup` need `kinds`.
#[derive(Default)]
pub(crate) struct ListQuery<'a> {
    /// Any of these types.
    pub kinds: Option<&'a [&'a str]>,
    pub group: Option<&'a str>,
    pub parent: Option<&'a str>,
    /// Parents that lie below this key.
    pub below: Option<&'a str>,
    pub lookup: Option<&'a str>,
    pub name: Option<&'a str>,
    /// A region, in any writing.
    pub location: Option<&'a str>,
    pub tag: Option<(&'a str, Option<&'a str>)>,
    /// In whatever subscription.
    pub everywhere: bool,
    /// Keys after this one only.
    pub after: Option<&'a str>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// A statement as it grows.
struct Query {
    sql: String,
    values: Vec<SqlValue>,
}

impl Query {
    /// The place of a value. Values are bound, never written out, so that lists of one form share their statement.
    fn bind(&mut self, value: impl Into<SqlValue>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn and(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            let place = self.bind(value.to_lowercase());
            self.sql.push_str(&format!(" AND {column} {place}"));
        }
    }
}

impl Store<'_> {
    /// The resources that exist now and match, in the order of their keys.
    pub fn list(&self, wanted: &ListQuery<'_>) -> rusqlite::Result<Vec<Resource>> {
        if wanted.kinds.is_some_and(<[_]>::is_empty) {
            return Ok(Vec::new());
        }
        let (sql, values) = self.query(wanted);
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), resource)?;
        rows.collect()
    }

    /// The statement of a list and what is bound to it.
    fn query(&self, wanted: &ListQuery<'_>) -> (String, Vec<SqlValue>) {
        let mut query = Query { sql: String::new(), values: vec![self.now.into(), self.sees.into()] };
        match (index(wanted), wanted.kinds) {
            // One walk a type, merged by key: an index gives the keys of one type in order, not those of several.
            (Some("resources_type"), Some(kinds)) => {
                for (at, kind) in kinds.iter().enumerate() {
                    query.sql.push_str(if at == 0 { "" } else { " UNION ALL " });
                    self.part(&mut query, wanted, Some(&[kind]));
                }
            }
            (_, kinds) => self.part(&mut query, wanted, kinds),
        }
        query.sql.push_str(" ORDER BY key");
        if let Some(limit) = wanted.limit {
            let place = query.bind(i64::try_from(limit).unwrap_or(i64::MAX));
            query.sql.push_str(&format!(" LIMIT {place}"));
        }
        (query.sql, query.values)
    }

    fn part(&self, query: &mut Query, wanted: &ListQuery<'_>, kinds: Option<&[&str]>) {
        query.sql.push_str("SELECT ");
        for column in READ.split(", ") {
            query.sql.push_str(&format!("resources.{column}, "));
        }
        let key = if wanted.tag.is_some() { "tags.key" } else { "resources.key" };
        query.sql.push_str(&format!("{key} AS key FROM "));
        match wanted.tag {
            Some((name, value)) => {
                // The tag leads: its index has the keys in order. CROSS JOIN keeps SQLite to that.
                let by = if value.is_some() { "tags_value" } else { "tags_name" };
                let name = query.bind(name.to_lowercase());
                query.sql.push_str(&format!(
                    "tags INDEXED BY {by} CROSS JOIN resources ON resources.key = tags.key WHERE tags.name = {name}"
                ));
                if let Some(value) = value {
                    let value = query.bind(value.to_owned());
                    query.sql.push_str(&format!(" AND tags.value = {value}"));
                }
            }
            None => {
                let by = index(wanted).map_or_else(String::new, |by| format!(" INDEXED BY {by}"));
                query.sql.push_str(&format!("resources{by} WHERE TRUE"));
            }
        }
        query.sql.push_str(" AND born <= ?1 AND (gone IS NULL OR gone > ?1) AND hidden <= ?2");
        query.and("grp =", wanted.group);
        query.and("parent =", wanted.parent);
        query.and("lookup =", wanted.lookup);
        query.and(&format!("{key} >"), wanted.after);
        if let Some((from, to)) = self.range().filter(|_| !wanted.everywhere) {
            let (from, to) = (query.bind(from), query.bind(to));
            query.sql.push_str(&format!(" AND {key} > {from} AND {key} < {to}"));
        }
        query.and("lower(resources.name) =", wanted.name);
        let location = wanted.location.map(|location| location.replace(' ', ""));
        query.and("lower(replace(location, ' ', '')) =", location.as_deref());
        if let Some(below) = wanted.below {
            // '0' follows '/': everything that begins with `below/`
            let below = below.trim_end_matches('/').to_lowercase();
            let (from, to) = (query.bind(format!("{below}/")), query.bind(format!("{below}0")));
            query.sql.push_str(&format!(" AND parent > {from} AND parent < {to}"));
        }
        if let Some(kinds) = kinds {
            let places: Vec<String> = kinds.iter().map(|kind| query.bind((*kind).to_owned())).collect();
            query.sql.push_str(&format!(" AND type IN ({})", places.join(",")));
        }
    }
}

/// The index that leads to what is wanted.
fn index(wanted: &ListQuery<'_>) -> Option<&'static str> {
    let typed = wanted.kinds.is_some();
    if wanted.tag.is_some() {
        None
    } else if wanted.lookup.is_some() && typed {
        Some("resources_lookup")
    } else if (wanted.parent.is_some() || wanted.below.is_some()) && typed {
        Some("resources_scope")
    } else if wanted.parent.is_some() {
        Some("resources_parent")
    } else if wanted.group.is_some() {
        Some("resources_grp")
    } else if typed {
        Some("resources_type")
    } else {
        None
    }
}

#[cfg(test)]
#[path = "lists_tests.rs"]
mod tests;
