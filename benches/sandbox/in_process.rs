//! What a request costs in process, with the state in memory: the ground of tests and of simulations. Times are CPU time of the one
//! thread that does all of it.

use azlab_clock::Clock;
use azlab_sandbox::{Sandbox, bodies};
use serde_json::Value;

use super::client::{Client, quick, runtime};
use super::lab::{self, ACCOUNTS, CLUSTERS, GROUPS, IDENTITIES, Names, ROLES, Written};
use super::{Bound, Row, processor};

/// Rounds of which the best counts: whatever else runs on the machine only adds.
const ROUNDS: usize = 5;

pub fn measure() -> Vec<Row> {
    runtime().block_on(async {
        let mut rows = Vec::new();
        let open = best(200, async |_| drop(Sandbox::in_memory(Clock::real()).unwrap())).await;
        rows.push(Row::new("open a sandbox in memory, us", open, Bound::AtMost(1_000.0), ""));
        let first = best(200, async |_| {
            let sandbox = Sandbox::in_memory(Clock::real()).unwrap();
            sandbox.control().set_settings(&quick()).expect("settings");
            let groups = "/resourceGroups?api-version=2021-04-01";
            assert_eq!(sandbox.send(http::Method::GET, groups, None).await.expect("an answer").status, 200);
        })
        .await;
        rows.push(Row::new(
            "open a sandbox in memory and have its first answer, us",
            first,
            Bound::AtMost(2_000.0),
            "",
        ));
        let sandbox = Sandbox::in_memory(Clock::real()).unwrap();
        sandbox.control().set_settings(&quick()).expect("settings");
        sandbox.control().log_requests(false);
        let client = Client::new(sandbox);
        for number in 0..20 {
            lab::make(&client, number).await;
        }
        let names = Names::of(0);
        for (what, path, bound) in [
            ("GET of a group", format!("{}?{GROUPS}", names.group), Bound::AtMost(50.0)),
            ("GET of a cluster", format!("{}?{CLUSTERS}", names.cluster), Bound::None),
            ("GET of an identity", format!("{}?{IDENTITIES}", names.identity), Bound::AtMost(50.0)),
            ("GET of an account", format!("{}?{ACCOUNTS}", names.account), Bound::None),
            ("GET of an account's role assignments", roles(&names), Bound::None),
        ] {
            let takes = best(2_000, async |_| drop(client.get(&path).await)).await;
            rows.push(Row::new(format!("{what} in process, us"), takes, bound, ""));
        }
        let path = format!("{}?{GROUPS}", names.group);
        let body = lab::group(&names.lab);
        let takes = best(2_000, async |_| drop(client.put(&path, &body).await)).await;
        rows.push(Row::new("PUT of a group in process, us", takes, Bound::None, ""));
        let body = lab::identity(&names.lab);
        let takes = best(1_000, async |at| {
            let path = format!("{}{at}?{IDENTITIES}", names.identity);
            let _: Value = client.put(&path, &body).await;
        })
        .await;
        rows.push(Row::new("PUT of a new identity in process, us", takes, Bound::None, ""));
        for Written { what, kind, version, path, body } in lab::make(&client, 20).await {
            let puts = best(500, async |_| drop(client.put(&path, &body).await)).await;
            rows.push(Row::new(format!("PUT of {what} that exists in process, us"), puts, Bound::None, ""));
            let judged = best(2_000, async |_| bodies::check(kind, version, &body).expect("a right body")).await;
            rows.push(Row::new("its body judged, us", judged, Bound::AtMost(puts / 10.0), "a tenth of the PUT"));
        }
        let takes = best(50, async |at| drop(lab::make(&client, 100 + at).await)).await;
        rows.push(Row::new("a whole lab in process, us", takes, Bound::None, "7 PUTs"));
        rows
    })
}

fn roles(names: &Names) -> String {
    format!("{}/providers/Microsoft.Authorization/roleAssignments?{ROLES}", names.account)
}

/// Microseconds of CPU time of one call, in the best round. The number given to each call is new.
async fn best(calls: usize, run: impl AsyncFn(usize)) -> f64 {
    let mut least = f64::MAX;
    for round in 0..ROUNDS {
        let began = processor::of_this_thread();
        for call in 0..calls {
            run(round * calls + call).await;
        }
        least = least.min((processor::of_this_thread() - began) * 1e6 / calls as f64);
    }
    least
}
