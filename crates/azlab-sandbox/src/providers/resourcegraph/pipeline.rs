//! A query: a table and what is done to its rows, one after the other.

use serde_json::Value;

use super::QueryError;
use super::expression::{Expression, Reader, Row, is_true, ordered, text};
use super::tokens::{self, Token};

/// What is done to rows.
#[derive(Debug)]
enum Step {
    Where(Expression),
    /// Name and value of each column that there is from then on.
    Project(Vec<(String, Expression)>),
    ProjectAway(Vec<String>),
    Extend(Vec<(String, Expression)>),
    /// Each with whether it descends, which is what it does unless it says `asc`.
    Sort(Vec<(Expression, bool)>),
    Take(usize),
    Count,
    /// The name of the count, and by what.
    Summarize(String, Vec<(String, Expression)>),
    Distinct(Vec<(String, Expression)>),
}

/// A query that was read.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// In lower case.
    pub table: String,
    steps: Vec<Step>,
}

impl Pipeline {
    /// Reads a query. One that begins with no table is of `resources`.
    pub fn read(query: &str) -> Result<Self, QueryError> {
        let tokens = tokens::read(query)?;
        let mut reader = Reader::new(tokens);
        let names_table =
            matches!(reader.peek(), Some(Token::Word(word)) if !word.eq_ignore_ascii_case("where") && !is_verb(word));
        let table = if names_table { reader.word()?.to_lowercase() } else { "resources".to_owned() };
        let mut steps = Vec::new();
        if !names_table && reader.peek().is_some() && !reader.takes("|") {
            steps.push(step(&mut reader)?);
        }
        while reader.peek().is_some() {
            if steps.is_empty() && !names_table {
                steps.push(step(&mut reader)?);
                continue;
            }
            reader.expect("|")?;
            steps.push(step(&mut reader)?);
        }
        Ok(Self { table, steps })
    }

    /// The rows that come of a table's.
    pub fn run(&self, mut rows: Vec<Row>) -> Result<Vec<Row>, QueryError> {
        for step in &self.steps {
            rows = step.apply(rows);
        }
        Ok(rows)
    }
}

const VERBS: [&str; 13] = [
    "where",
    "project",
    "project-away",
    "project-keep",
    "extend",
    "order",
    "sort",
    "take",
    "limit",
    "top",
    "count",
    "summarize",
    "distinct",
];

fn is_verb(word: &str) -> bool {
    VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(word))
}

fn step(reader: &mut Reader) -> Result<Step, QueryError> {
    let verb = reader.word()?;
    Ok(match verb.to_lowercase().as_str() {
        "where" => Step::Where(reader.expression()?),
        "project" | "project-keep" => Step::Project(columns(reader)?),
        "project-away" => Step::ProjectAway(names(reader)?),
        "extend" => Step::Extend(columns(reader)?),
        "order" | "sort" => {
            if !reader.takes_word("by") {
                return Err(QueryError::Invalid("'by' is missing.".to_owned()));
            }
            Step::Sort(order(reader)?)
        }
        "take" | "limit" => Step::Take(number(reader)?),
        "count" => Step::Count,
        "summarize" => summarize(reader)?,
        "distinct" => Step::Distinct(columns(reader)?),
        _ => return Err(QueryError::NotServed(format!("the operator '{verb}' of the query language"))),
    })
}

fn number(reader: &mut Reader) -> Result<usize, QueryError> {
    match reader.next() {
        Some(Token::Number(number)) if number >= 0.0 => Ok(number as usize),
        _ => Err(QueryError::Invalid("A number is missing.".to_owned())),
    }
}

/// `a, b = c.d`
fn columns(reader: &mut Reader) -> Result<Vec<(String, Expression)>, QueryError> {
    let mut all = Vec::new();
    loop {
        let first = reader.expression()?;
        let (name, value) = match (&first, reader.takes("=")) {
            (Expression::Path(path), true) if path.len() == 1 => (first.name(), reader.expression()?),
            (_, true) => return Err(tokens::unexpected("=")),
            (_, false) => (first.name(), first),
        };
        all.push((name.unwrap_or_else(|| format!("Column{}", all.len() + 1)), value));
        if !reader.takes(",") {
            return Ok(all);
        }
    }
}

fn names(reader: &mut Reader) -> Result<Vec<String>, QueryError> {
    let mut all = vec![reader.word()?];
    while reader.takes(",") {
        all.push(reader.word()?);
    }
    Ok(all)
}

fn order(reader: &mut Reader) -> Result<Vec<(Expression, bool)>, QueryError> {
    let mut all = Vec::new();
    loop {
        let by = reader.expression()?;
        let ascends = reader.takes_word("asc");
        if !ascends {
            reader.takes_word("desc");
        }
        all.push((by, !ascends));
        if !reader.takes(",") {
            return Ok(all);
        }
    }
}

/// `[name =] count() [by columns]`
fn summarize(reader: &mut Reader) -> Result<Step, QueryError> {
    let mut word = reader.word()?;
    let mut name = "count_".to_owned();
    if reader.takes("=") {
        name = std::mem::replace(&mut word, reader.word()?);
    }
    if !word.eq_ignore_ascii_case("count") {
        return Err(QueryError::NotServed(format!("the aggregation '{word}' of the query language")));
    }
    reader.expect("(")?;
    reader.expect(")")?;
    let by = if reader.takes_word("by") { columns(reader)? } else { Vec::new() };
    Ok(Step::Summarize(name, by))
}

impl Step {
    fn apply(&self, mut rows: Vec<Row>) -> Vec<Row> {
        match self {
            Self::Where(condition) => rows.retain(|row| is_true(&condition.of(row))),
            Self::Project(columns) => rows = rows.iter().map(|row| made(columns, row)).collect(),
            Self::ProjectAway(names) => {
                let goes = |known: &str| names.iter().any(|name| name.eq_ignore_ascii_case(known));
                rows.iter_mut().for_each(|row| row.retain(|name, _| !goes(name)));
            }
            Self::Extend(columns) => {
                for row in &mut rows {
                    for (name, value) in columns {
                        let value = value.of(row);
                        row.insert(name.clone(), value);
                    }
                }
            }
            Self::Sort(by) => rows.sort_by(|one, other| {
                let compared = by.iter().map(|(value, descends)| {
                    let order = ordered(&value.of(one), &value.of(other));
                    if *descends { order.reverse() } else { order }
                });
                compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
            }),
            Self::Take(most) => rows.truncate(*most),
            Self::Count => rows = vec![Row::from_iter([("Count".to_owned(), Value::from(rows.len()))])],
            Self::Summarize(name, by) => rows = counted(name, by, &rows),
            Self::Distinct(columns) => {
                let mut seen = Vec::new();
                for row in rows.iter().map(|row| made(columns, row)) {
                    if !seen.contains(&row) {
                        seen.push(row);
                    }
                }
                rows = seen;
            }
        }
        rows
    }
}

fn made(columns: &[(String, Expression)], row: &Row) -> Row {
    columns.iter().map(|(name, value)| (name.clone(), value.of(row))).collect()
}

/// How many rows have each combination of values, in the order of their text.
fn counted(name: &str, by: &[(String, Expression)], rows: &[Row]) -> Vec<Row> {
    let mut groups = std::collections::BTreeMap::<Vec<String>, (Row, u64)>::new();
    for row in rows {
        let of = made(by, row);
        let key = of.values().map(text).collect();
        groups.entry(key).or_insert((of, 0)).1 += 1;
    }
    if by.is_empty() && groups.is_empty() {
        groups.insert(Vec::new(), (Row::new(), 0));
    }
    let rows = groups.into_values().map(|(mut row, count)| {
        row.insert(name.to_owned(), count.into());
        row
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows() -> Vec<Row> {
        let row = |name: &str, kind: &str, nodes: i64| match json!({"name": name, "type": kind, "tags": {"a b": name}, "properties": {"nodes": nodes, "list": [{"id": name}]}})
        {
            Value::Object(row) => row,
            _ => Row::new(),
        };
        vec![row("Ada", "x/clusters", 2), row("bob", "x/clusters", 10), row("cid", "x/accounts", 0)]
    }

    fn names(query: &str) -> Vec<String> {
        let rows = Pipeline::read(query).unwrap().run(rows()).unwrap();
        rows.iter().map(|row| row.values().map(text).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn rows_are_chosen_shaped_counted_and_put_in_order() {
        for (query, found) in [
            ("resources | where type =~ 'X/Clusters' and name != 'bob' | project name", &["Ada"][..]),
            ("where name in~ ('ADA', 'cid') | project name | order by name asc", &["Ada", "cid"]),
            (
                "resources | where properties.nodes > 2 or tags['a b'] == 'Ada' | sort by tolower(name) asc | project name",
                &["Ada", "bob"],
            ),
            (
                "resources | where not(type contains 'cluster') | project it = strcat(name, '-', properties.nodes)",
                &["cid-0"],
            ),
            ("resources | summarize count() by type", &["1 x/accounts", "2 x/clusters"]),
            ("resources | summarize n = count()", &["3"]),
            ("Resources // all\n| count", &["3"]),
            ("resources | project name, properties.list[0].id | take 1", &["Ada Ada"]),
            ("resources | distinct type | order by type", &["x/clusters", "x/accounts"]),
            ("resources | extend n = properties.nodes | project-away tags, properties, type | limit 1", &["2 Ada"]),
        ] {
            let mut seen = names(query);
            // The order of a row's members is not asked about.
            for one in seen.iter_mut().filter(|one| one.contains(' ')) {
                let mut words: Vec<&str> = one.split(' ').collect();
                words.sort_unstable();
                *one = words.join(" ");
            }
            assert_eq!(seen, found, "{query}");
        }
    }

    #[test]
    fn what_is_not_a_query_is_refused_and_what_is_not_known_says_so() {
        for wrong in [
            "resources |",
            "resources | where",
            "resources | where (name",
            "resources name",
            "resources | where name == 'x",
            "resources | take x",
            "resources | where name ?",
            "| | |",
        ] {
            assert!(matches!(Pipeline::read(wrong), Err(QueryError::Invalid(_))), "{wrong}");
        }
        let deep = format!("resources | where {}", "(".repeat(100_000));
        assert!(matches!(Pipeline::read(&deep), Err(QueryError::Invalid(_))));
        for unknown in [
            "resources | join kind=inner (x) on id",
            "resources | mv-expand a",
            "resources | where parse_json(a) == 1",
            "resources | summarize sum(a) by b",
        ] {
            assert!(matches!(Pipeline::read(unknown), Err(QueryError::NotServed(_))), "{unknown}");
        }
    }
}
