//! A command that is cut off at each of its requests is continued by the same command.

use super::{app, objects, well};
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
