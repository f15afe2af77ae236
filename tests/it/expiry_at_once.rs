//! A lab's expiry, which two runs write at once: each looks at what the other has made of it.

use http::Method;

use crate::provision::fixture::Azure;

const FILE: &str = "version = 1\nttl = '8h'\nlabs = ['a', 'b']\n";

fn azure() -> Azure {
    Azure::with(|settings| {
        settings.durations.account_create = 5.0;
        settings.durations.cluster_create = 8.0;
    })
}

async fn expires(azure: &Azure) -> String {
    let group = azure.get("/resourceGroups/myResourceGroup-a?api-version=2021-04-01").await;
    group["tags"]["azlab-expires"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn two_runs_that_make_a_lab_at_once_do_not_write_their_expiries_in_turn() {
    for apart_s in [0.0, 0.04, 0.1, 0.3, 1.0, 3.0] {
        let azure = azure();
        let second = async {
            azure.pass(apart_s).await;
            azure.run_with(FILE, "provision --all").await
        };
        let ran: [_; 2] = tokio::join!(azure.run_with(FILE, "provision --all"), second).into();
        for one in ran {
            let groups = one.log.iter().filter(|one| {
                one.method == Method::PUT && one.path.to_lowercase().contains("/resourcegroups/myresourcegroup-a?")
            });
            // The log has both runs.
            assert!(groups.count() <= 2, "{apart_s}");
            assert!(one.finished.result.elapsed_s.is_some_and(|elapsed| elapsed < 60.0), "{apart_s}");
        }
        assert_eq!(azure.run_with(FILE, "provision --all").await.ready().writes().len(), 0, "{apart_s}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_extension_beside_a_provision_stays() {
    for tenths in 0..8 {
        let azure = azure();
        azure.run_with(FILE, "provision --all").await.ready();
        let before = expires(&azure).await;
        let provision = async {
            azure.pass(f64::from(tenths) / 10.0).await;
            azure.run_with(FILE, "provision --all").await
        };
        let (extended, _) = tokio::join!(azure.run_with(FILE, "extend --all --ttl 100h"), provision);
        assert_eq!(extended.exit(), azlab::outcome::Exit::Done, "{tenths}");
        let after = expires(&azure).await;
        assert!(after > before, "{tenths}: {before} {after}");
        azure.run_with(FILE, "provision --all").await.ready();
        assert_eq!(expires(&azure).await, after, "{tenths}");
    }
}
