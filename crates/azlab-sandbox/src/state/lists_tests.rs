use rusqlite::{Connection, StatementStatus, params_from_iter};
use serde_json::json;

use super::*;
use crate::arm::quota;
use crate::providers::managedidentity::principals::BY_CLIENT_ID;
use crate::state::schema;
use crate::state::store::{END_AT_SCOPE, END_BELOW_SCOPE, kind};

const GROUPS: Option<&[&str]> = Some(&[kind::GROUP]);
const ASSIGNMENTS: Option<&[&str]> = Some(&[kind::ASSIGNMENT]);
const TRACKED: Option<&[&str]> = Some(&[
    crate::providers::containerservice::kind::CLUSTER,
    crate::providers::managedidentity::kind::IDENTITY,
    crate::providers::cognitiveservices::kind::ACCOUNT,
]);

fn empty() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    schema::create(&db).unwrap();
    db
}

/// What SQLite would do.
fn plan(db: &Connection, sql: &str, values: Vec<SqlValue>) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let values = values.into_iter().chain(std::iter::repeat(SqlValue::Null)).take(statement.parameter_count());
    let rows =
        statement.query_map(params_from_iter(values.collect::<Vec<_>>()), |row| row.get::<_, String>(3)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn no_list_reads_the_whole_state() {
    let db = empty();
    let store = Store::new(&db, 0);
    // (what is wanted, whether it comes in order by itself: it need not be read to its end for a page of it)
    let page = Some(1001);
    let lists = [
        (ListQuery { kinds: GROUPS, limit: page, ..ListQuery::default() }, true),
        (ListQuery { kinds: GROUPS, after: Some("k"), limit: page, ..ListQuery::default() }, true),
        (ListQuery { kinds: TRACKED, limit: page, ..ListQuery::default() }, true),
        (ListQuery { kinds: TRACKED, after: Some("k"), limit: page, ..ListQuery::default() }, true),
        (ListQuery { kinds: GROUPS, tag: Some(("a", None)), limit: page, ..ListQuery::default() }, true),
        (
            ListQuery {
                kinds: GROUPS,
                tag: Some(("a", Some("b"))),
                after: Some("k"),
                limit: page,
                ..ListQuery::default()
            },
            true,
        ),
        (
            ListQuery { kinds: TRACKED, tag: Some(("a", None)), group: Some("g"), limit: page, ..ListQuery::default() },
            true,
        ),
        (ListQuery { kinds: GROUPS, name: Some("n"), location: Some("West Europe"), ..ListQuery::default() }, true),
        (ListQuery { group: Some("g"), ..ListQuery::default() }, false),
        (ListQuery { kinds: TRACKED, group: Some("g"), limit: page, ..ListQuery::default() }, false),
        (ListQuery { parent: Some("p"), ..ListQuery::default() }, false),
        (
            ListQuery {
                kinds: Some(&[
                    crate::providers::cognitiveservices::kind::ACCOUNT,
                    crate::providers::cognitiveservices::kind::DELETED_ACCOUNT,
                ]),
                lookup: Some("s"),
                ..ListQuery::default()
            },
            false,
        ),
        (ListQuery { kinds: ASSIGNMENTS, parent: Some("p"), ..ListQuery::default() }, false),
        (ListQuery { kinds: ASSIGNMENTS, parent: Some("p"), lookup: Some("x"), ..ListQuery::default() }, false),
        (ListQuery { kinds: ASSIGNMENTS, below: Some("p"), ..ListQuery::default() }, false),
    ];
    for (wanted, ordered) in lists {
        let (sql, values) = store.query(&wanted);
        let plan = plan(&db, &sql, values);
        assert!(plan.iter().any(|step| step.starts_with("SEARCH")), "{sql}: {plan:?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{sql}: {plan:?}");
        let sorted = plan.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(!(ordered && sorted), "{sql}: {plan:?}");
    }
}

#[test]
fn no_write_and_no_quota_reads_the_whole_state() {
    let db = empty();
    let statements = [
        END_AT_SCOPE,
        END_BELOW_SCOPE,
        quota::USED,
        quota::SWEEP,
        BY_CLIENT_ID,
        "DELETE FROM resources WHERE gone <= ?1",
        "UPDATE quota SET until = ?2 WHERE owner = ?1",
        "DELETE FROM operations WHERE done < ?1",
    ];
    for sql in statements {
        let plan = plan(&db, sql, Vec::new());
        let scans = |step: &String| step.starts_with("SCAN") && step != "SCAN CONSTANT ROW";
        assert!(!plan.iter().any(scans), "{sql}: {plan:?}");
    }
}

fn thing(kind: &'static str, number: usize) -> Resource {
    let group = format!("/subscriptions/s/resourceGroups/g{number:04}");
    let id = if kind == kind::GROUP { group.clone() } else { format!("{group}/providers/{kind}/n") };
    let body = json!({"tags": {"lab": format!("l{number}")}});
    Resource {
        group: format!("g{number:04}"),
        parent: group.to_lowercase(),
        location: "westeurope".into(),
        ..Resource::ready(kind, id, "n", body, 0)
    }
}

/// A page of a list of each form costs the same whether 30 or 600 labs are there: counted in SQLite's own steps.
#[test]
fn a_page_costs_the_same_however_many_labs_there_are() {
    let steps = |labs: usize| -> Vec<i32> {
        let db = empty();
        let store = Store::new(&db, 1);
        for number in 0..labs {
            for kind in [
                kind::GROUP,
                crate::providers::containerservice::kind::CLUSTER,
                crate::providers::managedidentity::kind::IDENTITY,
                crate::providers::cognitiveservices::kind::ACCOUNT,
            ] {
                store.put(&thing(kind, number)).unwrap();
            }
        }
        let after = thing(kind::GROUP, 5).key();
        let limit = Some(10);
        [
            ListQuery { kinds: GROUPS, limit, ..ListQuery::default() },
            ListQuery { kinds: TRACKED, limit, after: Some(&after), ..ListQuery::default() },
            ListQuery { kinds: GROUPS, tag: Some(("lab", None)), limit, ..ListQuery::default() },
            ListQuery { kinds: GROUPS, tag: Some(("lab", Some("l7"))), limit, ..ListQuery::default() },
            ListQuery { kinds: TRACKED, group: Some("g0007"), limit, ..ListQuery::default() },
        ]
        .iter()
        .map(|wanted| {
            let (sql, values) = store.query(wanted);
            let mut statement = db.prepare(&sql).unwrap();
            let found = statement.query_map(params_from_iter(values), resource).unwrap().count();
            assert!(found > 0, "{sql}");
            statement.get_status(StatementStatus::VmStep)
        })
        .collect()
    };
    assert_eq!(steps(30), steps(600));
}

#[test]
fn a_list_of_several_types_is_in_the_order_of_their_keys_over_its_pages() {
    let db = empty();
    let store = Store::new(&db, 1);
    for number in 0..7 {
        for kind in [
            crate::providers::cognitiveservices::kind::ACCOUNT,
            crate::providers::containerservice::kind::CLUSTER,
            crate::providers::managedidentity::kind::IDENTITY,
        ] {
            store.put(&thing(kind, number)).unwrap();
        }
    }
    let (mut keys, mut after) = (Vec::new(), None::<String>);
    loop {
        let wanted = ListQuery { kinds: TRACKED, after: after.as_deref(), limit: Some(4), ..ListQuery::default() };
        let page = store.list(&wanted).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key());
        keys.extend(page.iter().map(Resource::key));
    }
    let mut sorted = keys.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(keys, sorted);
    assert_eq!(keys.len(), 21);
}
