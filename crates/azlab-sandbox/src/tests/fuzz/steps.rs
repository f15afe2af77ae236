//! The steps of a case: writes whose bodies are changed, other requests, and paths that nobody would send.

use http::Method;
use proptest::prelude::*;
use proptest::sample::select;

use super::changes::{apply, change};
use super::routes::others;
use super::writes::writes;
use crate::ids::SUBSCRIPTION_ID;

/// One request of a case, and how many seconds later the next one comes.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub method: Method,
    pub path: String,
    pub body: Option<Vec<u8>>,
    /// On what it is conditional: headers.
    pub conditions: Vec<(&'static str, &'static [u8])>,
    pub wait: u64,
}

fn wait() -> impl Strategy<Value = u64> {
    select(vec![0, 0, 1, 20, 400, 200_000])
}

/// Mostly none.
fn conditions() -> impl Strategy<Value = Vec<(&'static str, &'static [u8])>> {
    let value = || select(vec![&b"*"[..], b"", b" ", b"x", b"W/\"x\", \"y\"", b"*, *", b"\xff\xfe"]);
    let one = prop_oneof![value().prop_map(|it| ("if-match", it)), value().prop_map(|it| ("if-none-match", it))];
    prop_oneof![3 => Just(Vec::new()), 1 => proptest::collection::vec(one, 1..3)]
}

pub(super) fn mutated() -> impl Strategy<Value = Step> {
    let changes = proptest::collection::vec((0..40_usize, change()), 0..4);
    (select(writes()), changes, conditions(), wait()).prop_map(
        |((method, path, mut body), changes, conditions, wait)| {
            for (mut at, change) in changes {
                apply(&mut body, &mut at, &change);
            }
            Step { method, path: path.to_owned(), body: Some(body.to_string().into_bytes()), conditions, wait }
        },
    )
}

fn query() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => select(vec![
            "&$top=0", "&$top=1", "&$top=99999999999999999999", "&$skiptoken=%ff", "&$skiptoken=AAAA", "&$filter=",
            "&$filter=tagName%20eq%20'a'", "&$filter=atScope()", "&$filter=assignedTo('x')", "&$filter=a%20eq%20'",
            "&$expand=createdTime", "&format=azure", "&format=bogus", "&api-version=banana", "&&&=&=", "&h=x&s=y", "&%00=%ff",
        ]).prop_map(str::to_owned),
        1 => "[ -~]{0,20}".prop_map(|text| format!("&$filter={}", text.replace(['#', ' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'], "%27"))),
    ]
}

pub(super) fn other() -> impl Strategy<Value = Step> {
    (select(others()), query(), conditions(), wait()).prop_map(|((method, path), query, conditions, wait)| Step {
        method,
        path: path + &query,
        body: None,
        conditions,
        wait,
    })
}

/// A path of words that the router knows and of some that mean harm; any method, any bytes.
pub(super) fn wild() -> impl Strategy<Value = Step> {
    let words = vec![
        "subscriptions",
        SUBSCRIPTION_ID,
        "tenants",
        "resourceGroups",
        "resourcegroups",
        "lab",
        "providers",
        "resources",
        "Microsoft.CognitiveServices",
        "Microsoft.ContainerService",
        "Microsoft.ManagedIdentity",
        "Microsoft.Compute",
        "Microsoft.Authorization",
        "Microsoft.Resources",
        "accounts",
        "openai1",
        "deployments",
        "managedClusters",
        "aks",
        "userAssignedIdentities",
        "ident",
        "federatedIdentityCredentials",
        "roleAssignments",
        "roleDefinitions",
        "locks",
        "policyDefinitions",
        "policyAssignments",
        "permissions",
        "locations",
        "westeurope",
        "usages",
        "operations",
        "operationresults",
        "operationResults",
        "deletedAccounts",
        "register",
        "..",
        ".",
        "%2e%2e",
        "%252e%252e%252f",
        "%2f",
        "%5c",
        "%00",
        "%c0%af",
        "%ff",
        "%f0%28%8c%28",
        "%",
        "%zz",
        "%ef%bb%bf",
        "%e2%80%ae",
        "%0d%0a",
        "~",
        ":",
        "@",
        "'",
    ];
    let method = select(vec![
        "GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PURGE", "get", "A-B.C!",
    ]);
    let body = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..80));
    (method, proptest::collection::vec(select(words), 0..12), query(), body, wait(), any::<bool>()).prop_map(
        |(method, words, query, body, wait, below)| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let path = format!("/{}?api-version=2022-04-01{query}", words.join("/"));
            let path = if below { path } else { format!("https://management.azure.com{path}") };
            Step { method, path, body, conditions: Vec::new(), wait }
        },
    )
}
