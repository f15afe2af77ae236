//! A command that is cut off at each of its requests is continued by the same command.

use super::{CONFIG_MAPS, DEPLOYMENTS, Kubectl, SECRETS, SERVICE_ACCOUNTS, app, objects, well};
use crate::provision::fixture::Azure;

async fn cut_everywhere(line: &str, count_of: usize) {
    for request in (1..).step_by(7) {
        let azure = Azure::with_lab().await;
        if azure.command_killed_at_request(line, request).await.is_some() {
            assert!(request > 10, "{line} makes {request} requests alone");
            return;
        }
        let ran = well(azure.run(line).await);
        let done = ["created", "updated", "unchanged"].map(|action| objects(&ran, action).len());
        assert_eq!(done.iter().sum::<usize>(), count_of, "cut at {request}: {:#}", app(&ran));
        assert!(objects(&ran, "kept").is_empty(), "cut at {request}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_is_cut_off_anywhere_is_continued_by_the_next() {
    cut_everywhere("app deploy --no-wait", 19).await;
}

#[tokio::test(start_paused = true)]
async fn a_goto_that_is_cut_off_anywhere_is_continued_by_the_next() {
    cut_everywhere("app goto validate --no-wait", 23).await;
}

#[tokio::test(start_paused = true)]
async fn a_remove_that_is_cut_off_anywhere_leaves_nothing_once_it_is_asked_for_again() {
    const OURS: &str = "?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dazlab";
    for request in (1..).step_by(7) {
        let azure = Azure::with_lab().await;
        well(azure.run("app goto validate --no-wait").await);
        let is_uncut = azure.command_killed_at_request("app remove", request).await.is_some();
        well(azure.run("app remove").await);
        let kubectl = Kubectl::of(&azure).await;
        for list in [DEPLOYMENTS, SECRETS, CONFIG_MAPS, SERVICE_ACCOUNTS] {
            let left = kubectl.get(&format!("{list}{OURS}")).await.unwrap();
            assert!(left["items"] == serde_json::json!([]), "cut at {request}: {left:#}");
        }
        if is_uncut {
            assert!(request > 10, "app remove makes {request} requests alone");
            return;
        }
    }
}
