//! A lab of which the lists bring no news, and whose turn it is not, is not inspected again: what changes is seen all the same.
use azlab::lab::tags;
use azlab_sandbox::{Fault, FaultKind, SUBSCRIPTION_ID};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::format_description::well_known::Rfc3339;

use super::Class;
use super::client::{Client, Stream, seat};

/// One lab of these is read by itself at each look, so that a turn comes every twelve seconds.
const LABS: usize = 12;
const EACH_SECOND: &str = "--listen 127.0.0.1:0 --interval 1s";
/// Labs that change at once: more than have their turn while that is told.
const SOME: [&str; 5] = ["seat-01", "seat-04", "seat-06", "seat-09", "seat-12"];
/// Two looks, and what they take.
const TWO_LOOKS_S: i64 = 3;

impl Class {
    async fn of_seats() -> Self {
        let labs = format!("[[labs]]\nname = 'seat-{{n:02}}'\ncount = {LABS}\n");
        Self::of(format!("version = 1\nttl = '8h'\n{labs}"), TempDir::new().unwrap()).await
    }

    /// Writes a tag of the groups of some labs, as another program does.
    async fn tag_some(&self, name: &str, value: &str) {
        for lab in SOME {
            let path = format!("/resourceGroups/myResourceGroup-{lab}?api-version=2021-04-01");
            let mut tags = self.azure.get(&path).await["tags"].clone();
            tags[name] = value.into();
            let answer = self.azure.send(Method::PATCH, &path, Some(json!({"tags": tags}))).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        }
    }

    /// The stream of a board that has looked at every lab a few times, with nothing to tell.
    async fn quiet(&self, client: &Client) -> Stream {
        self.azure.pass(3.0 * LABS as f64).await;
        let last = client.data().await["id"].as_str().unwrap().to_owned();
        client.stream(&last).await
    }

    /// Waits until each of the labs was told to be as `wanted`, and nothing of the others; no longer than two looks.
    async fn all_told(&self, stream: &mut Stream, wanted: impl Fn(&Value) -> bool) {
        let (from, mut left) = (self.azure.now(), SOME.to_vec());
        while !left.is_empty() {
            let (_, data) = stream.next().await;
            let seats = data["seats"].as_array().unwrap();
            assert!(seats.iter().all(|seat| SOME.contains(&seat["lab"].as_str().unwrap())), "{data}");
            left.retain(|lab| !seat(&data, lab).is_some_and(&wanted));
        }
        let took = (self.azure.now() - from).whole_seconds();
        assert!(took <= TWO_LOOKS_S, "told after {took} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_after_looks_without_news_is_told_of_each_lab_at_the_next() {
    let class = Class::of_seats().await;
    class
        .while_served(EACH_SECOND, async |client| {
            let mut stream = class.quiet(&client).await;
            class.tag_some(tags::EXPIRES, "2026-04-20T23:00:00Z").await;
            class.all_told(&mut stream, |seat| seat["expires"] == 1_776_726_000_000_i64).await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_nobody_renews_ends_although_no_list_says_anything_else() {
    let class = Class::of_seats().await;
    class
        .while_served(EACH_SECOND, async |client| {
            let mut stream = class.quiet(&client).await;
            // A lease is good for twenty minutes (docs/configuration.md): this one for half of one more.
            let renewed = class.azure.now() - time::Duration::seconds(20 * 60 - 30);
            let renewed = renewed.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
            let lease = format!("reset by ben@kiosk since {renewed} renewed {renewed} process kiosk/7");
            class.tag_some(tags::LEASE, &lease).await;
            class.all_told(&mut stream, |seat| seat["kind"] == "working" && seat["run"][0] == "reset").await;
            stream.until(|data| seat(data, SOME[0]).is_some_and(|seat| seat["kind"] == "ready")).await;
            let data = client.data().await;
            for lab in SOME {
                assert_eq!(seat(&data, lab).unwrap()["kind"], "ready", "{lab}, at the same look as the first");
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_is_made_elsewhere_gets_a_seat_after_looks_without_news() {
    let mut class = Class::new().await;
    class.watched = "version = 1\n".to_owned();
    class
        .while_served(EACH_SECOND, async |client| {
            let data = client.data().await;
            assert_eq!(data["seats"].as_array().unwrap().len(), 2, "{data}");
            let mut stream = class.quiet(&client).await;
            let made = |data: &Value| seat(data, "cleo").is_some_and(|seat| seat["kind"] == "ready");
            let (_, (made, _)) = tokio::join!(class.azure.run("provision -l cleo"), stream.until(made));
            assert_eq!(seat(&made, "ada"), None, "{made}");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn where_a_list_cannot_be_read_every_lab_is_read_at_every_look() {
    let class = Class::of_seats().await;
    class.azure.sandbox.control().inject(Fault {
        method: Some(Method::GET),
        path_contains: format!("{SUBSCRIPTION_ID}/providers/Microsoft.CognitiveServices/accounts"),
        skip: 0,
        times: usize::MAX,
        kind: FaultKind::Refuse {
            status: StatusCode::FORBIDDEN,
            code: "AuthorizationFailed".into(),
            message: "only in groups".into(),
            headers: Vec::new(),
            handled: false,
        },
    });
    class
        .while_served(EACH_SECOND, async |client| {
            let mut stream = class.quiet(&client).await;
            for lab in SOME {
                let accounts =
                    format!("/resourceGroups/myResourceGroup-{lab}/providers/Microsoft.CognitiveServices/accounts");
                let all = class.azure.get(&format!("{accounts}?api-version=2024-10-01")).await;
                let name = all["value"][0]["name"].as_str().unwrap();
                class.azure.delete(&format!("{accounts}/{name}?api-version=2024-10-01")).await;
            }
            class.all_told(&mut stream, |seat| seat["kind"] == "incomplete").await;
        })
        .await;
}
