//! The files that keep events, and streams that break.

use std::fs;

use super::script::{clock, lines, one_lab, options};
use crate::events::Events;
use crate::report::sink::LineSink;
use crate::report::{ReportError, Reporter};
use crate::values::{Progress, ReportOptions};

#[tokio::test(start_paused = true)]
async fn both_files_keep_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (events, log) = (folder.path().join("events.jsonl"), folder.path().join("log"));
    let options = ReportOptions {
        progress: Progress::Json,
        events_file: Some(events.clone()),
        log_file: Some(log.clone()),
        ..options()
    };
    let stderr = lines(&options, |clock, events| one_lab(clock, events, false)).await;
    assert_eq!(fs::read_to_string(events).unwrap(), stderr);
    insta::assert_snapshot!(fs::read_to_string(log).unwrap(), @r#"
        1970-01-01T00:00:00Z provision in the sandbox, at 60x speed
        1970-01-01T00:00:00Z check quota: pass: 30 free
        1970-01-01T00:00:00Z warning: gpt-35-turbo retires soon
            see --model auto
        1970-01-01T00:00:00Z [default] start in resource group myResourceGroup, westeurope
        1970-01-01T00:00:00Z [default] resource group myResourceGroup: checking
        1970-01-01T00:00:00Z [default] GET /subscriptions/11111111-2222-3333-4444-555555550001/operations/1?api-version=2025-03-01: 200 in 41 ms, try 2, client request id 99999999-0000-0000-0000-00000000c11e, request id 99999999-0000-0000-0000-0000000000aa
        1970-01-01T00:00:01.02Z [default] resource group myResourceGroup: unchanged in 1.0s
        1970-01-01T00:00:01.02Z [default] identity myIdentity: checking
        1970-01-01T00:00:01.02Z [default] cluster myAKSCluster: checking
        1970-01-01T00:00:01.02Z [default] cluster myAKSCluster: creating
        1970-01-01T00:00:01.02Z [default] identity myIdentity: creating
        1970-01-01T00:00:03.06Z [default] identity myIdentity: created in 2.0s
        1970-01-01T00:00:03.06Z [default] role assignment openai-user: checking
        1970-01-01T00:00:03.06Z [default] role assignment openai-user: retry in 45s: PrincipalNotFound: not known everywhere yet
        1970-01-01T00:00:03.06Z [default] cluster myAKSCluster: ProvisioningControlPlane
        1970-01-01T00:00:03.06Z [default] OpenAI account myopenai1a2b3c: creating
        1970-01-01T00:00:10.08Z [default] cluster myAKSCluster: ProvisioningControlPlane
        1970-01-01T00:00:10.08Z [default] OpenAI account myopenai1a2b3c: failed: InsufficientQuota: This operation require 30 new capacity, which is bigger than the current available capacity 8.
            error[InsufficientQuota]: This operation require 30 new capacity, which is bigger than the current available capacity 8.
              resource: /subscriptions/11111111-2222-3333-4444-555555550001/deployments/gpt-35-turbo
              request id: 99999999-0000-0000-0000-0000000000aa
              hint: azlab provision --capacity 8
        1970-01-01T00:06:40.08Z [default] cluster myAKSCluster: created in 6m 39s
        1970-01-01T00:06:40.08Z [default] failed after 6m 40s: InsufficientQuota
            error[InsufficientQuota]: This operation require 30 new capacity, which is bigger than the current available capacity 8.
              resource: /subscriptions/11111111-2222-3333-4444-555555550001/deployments/gpt-35-turbo
              request id: 99999999-0000-0000-0000-0000000000aa
              hint: azlab provision --capacity 8
        1970-01-01T00:06:40.08Z ended after 6m 40s with exit code 5
        "#);
}

#[test]
fn a_file_that_cannot_be_opened_is_told_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let events_file = Some(folder.path().join("no/such/folder"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _inside = runtime.enter();
    let error = Reporter::new(&ReportOptions { events_file, ..options() }, clock()).err().unwrap();
    assert!(error.to_string().contains("--events") && error.to_string().contains("no/such/folder"), "{error}");
    let same = Some(folder.path().join("same"));
    let both = ReportOptions { events_file: same.clone(), log_file: same, ..options() };
    assert!(matches!(Reporter::new(&both, clock()), Err(ReportError::SameFile(_))));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_does_not_stop_the_work() {
    for progress in [Progress::Plain, Progress::Json] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let stderr = LineSink::new(Box::new(writer));
        let options = ReportOptions { progress, ..options() };
        let clock = clock();
        let reporter = Reporter::with(&options, clock, stderr, || unreachable!("lines need no screen")).unwrap();
        let (events, receiver) = Events::channel(clock);
        let before = clock.now();
        tokio::join!(reporter.run(receiver), one_lab(clock, events, true));
        assert_eq!((clock.now() - before).whole_seconds(), 1 + 2 + 7 + 40 * 60 + 390);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_full_disk_is_told_once_and_the_work_goes_on() {
    let options = ReportOptions { progress: Progress::Plain, events_file: Some("/dev/full".into()), ..options() };
    let text = lines(&options, |clock, events| one_lab(clock, events, false)).await;
    assert_eq!(text.matches("no more is written to --events `/dev/full`").count(), 1);
    assert!(text.contains("exit code 5"));
}
