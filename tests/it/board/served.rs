//! To whom the board is served, and what is in it.
use azlab::events::{EventKind, Level};
use azlab::outcome::Exit;
use azlab_sandbox::SUBSCRIPTION_ID;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Class;
use super::client::{data, seat};
use azlab::commands::session::Prepared;

#[tokio::test(start_paused = true)]
async fn names_that_are_html_stay_names_and_ids_are_shown_only_on_demand() {
    let class = Class::new().await;
    let hidden = class.while_served("--listen 127.0.0.1:0", async |client| client.page().await).await.looked;
    assert!(!hidden.contains("<b>Ben") && !hidden.contains("<i>friday"), "{hidden}");
    assert_eq!(seat(&data(&hidden), "ben").unwrap()["name"], "</script><b>Ben</b>");
    for id in [SUBSCRIPTION_ID, "contoso.com", "myResourceGroup", "/subscriptions/", "laptop", "openai.azure.com"] {
        assert!(!hidden.contains(id), "{id}");
    }
    let shown = class.while_served("--listen 127.0.0.1:0 --ids", async |client| client.page().await).await.looked;
    for id in [SUBSCRIPTION_ID, "ada@contoso.com", "myResourceGroup-ada"] {
        assert!(shown.contains(id), "{id}");
    }
    let line = "--listen 127.0.0.1:0 --ids --hide-ids";
    let masked = class.while_served(line, async |client| client.page().await).await.looked;
    assert!(
        !masked.contains(SUBSCRIPTION_ID) && !masked.contains("Lovelace"),
        "--hide-ids is stronger, and hides people"
    );
}

#[tokio::test(start_paused = true)]
async fn a_seat_says_that_verify_passes_and_when_the_lab_ends() {
    let class = Class::new().await;
    let data = class.while_served("--listen 127.0.0.1:0", async |client| client.data().await).await.looked;
    let ada = seat(&data, "ada").unwrap();
    assert_eq!((&ada["kind"], &ada["checks"]["failed"]), (&"ready".into(), &serde_json::json!([])), "{ada}");
    assert!(ada["checks"]["passed"].as_u64().unwrap() > 5, "{ada}");
    let left = ada["expires"].as_i64().unwrap() - data["at"].as_i64().unwrap();
    assert!((7 * 3_600_000..8 * 3_600_000).contains(&left), "{left} ms");
    let line = "--listen 127.0.0.1:0 --skip-verify";
    let data = class.while_served(line, async |client| client.data().await).await.looked;
    assert_eq!(seat(&data, "ada").unwrap().get("checks"), None);
}

#[tokio::test(start_paused = true)]
async fn only_get_by_an_own_name_is_answered() {
    let class = Class::new().await;
    let ran = class.while_served("--listen 127.0.0.1:0", async |client| {
        let port = client.host.rsplit_once(':').unwrap().1.to_owned();
        for host in [format!("localhost:{port}"), format!("[::1]:{port}")] {
            assert_eq!(client.send("GET", "/", &host).await.status, 200, "{host}");
        }
        for host in [format!("attacker.example:{port}"), "127.0.0.1".to_owned(), format!("192.0.2.1:{port}")] {
            for path in ["/", "/events"] {
                let answer = client.send("GET", path, &host).await;
                assert_eq!(answer.status, 421, "{host}{path}");
                assert!(!answer.body.contains("Lovelace"), "{answer:?}");
            }
        }
        for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"] {
            let answer = client.send(method, "/", &client.host).await;
            assert_eq!((answer.status, answer.head.contains("allow: get")), (405, true), "{answer:?}");
        }
        assert_eq!(client.send("GET", "/etc/passwd", &client.host).await.status, 404);
        let page = client.send("GET", "/", &client.host).await;
        for policy in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "nosniff", "no-store"] {
            assert!(page.head.contains(policy), "{policy}: {}", page.head);
        }
        assert!(!page.head.contains("unsafe") && !page.head.contains("access-control"), "{}", page.head);
    });
    assert_eq!(ran.await.finished.exit, Exit::Interrupted, "as `status --watch`");
}

#[tokio::test(start_paused = true)]
async fn a_board_that_other_machines_reach_has_a_token_in_its_url_and_not_in_its_page() {
    let class = Class::new().await;
    let ran = class.while_served("--listen 0.0.0.0:0", async |client| {
        assert_eq!(client.path.len(), 34, "{}", client.path);
        let token = client.path.trim_matches('/').to_owned();
        let page = client.page().await;
        assert!(page.contains("Ada Lovelace") && !page.contains(&token));
        let wrong = token.replace(token.chars().next().unwrap(), "g");
        for path in ["/".to_owned(), "/events".to_owned(), format!("/{wrong}/"), format!("/{}/events", &token[1..])] {
            let answer = client.send("GET", &path, &client.host).await;
            assert_eq!((answer.status, answer.body.contains("Lovelace")), (404, false), "{path}");
        }
        client.stream("").await.next().await
    });
    let ran = ran.await;
    assert_eq!(ran.looked.0, "board", "the stream is below the token");
    let warned = |kind: &EventKind| matches!(kind, EventKind::Note { level: Level::Warning, message } if message.contains("URL"));
    assert!(ran.events.iter().any(|event| warned(&event.kind)), "{:?}", ran.events);
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_taken_is_named_with_a_command_that_works() {
    let class = Class::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (session, _events) = Prepared::sandbox(&class.azure.sandbox).unwrap().begin(CancellationToken::new()).unwrap();
    let before = class.azure.sandbox.request_log().len();
    let finished = class.board(&session, &format!("--listen {address}")).await;
    let error = finished.result.error.unwrap();
    assert_eq!((finished.exit, error.code.as_str()), (Exit::Usage, "CannotServe"));
    assert!(error.message.starts_with(&format!("{address} is taken")), "{}", error.message);
    let hint = error.hint.unwrap();
    assert!(hint.contains("azlab board --all --listen 127.0.0.1:0"), "{hint}");
    assert_eq!(class.azure.sandbox.request_log().len(), before, "nothing was read for a board that nobody can see");
}
