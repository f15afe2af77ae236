//! Plain lines and JSON lines.

use super::script::{creating, lab_started, lines, one_lab, options, started, status};
use crate::events::{EventKind, Level};
use crate::outcome::LabState;
use crate::values::ResourceKind::{Cluster, ResourceGroup};
use crate::values::{ColorChoice, Progress, ReportOptions, TerminalEnvironment};

fn plain() -> ReportOptions {
    ReportOptions { progress: Progress::Plain, ..options() }
}

fn colorless() -> ReportOptions {
    ReportOptions { environment: TerminalEnvironment { no_color: true, ..options().environment }, ..plain() }
}

#[tokio::test(start_paused = true)]
async fn plain_says_each_thing_once() {
    let text = lines(&colorless(), |clock, events| one_lab(clock, events, false)).await;
    insta::assert_snapshot!(text, @r#"
        [   0.0s] provision in the sandbox, at 60x speed
        [   0.0s] warning: gpt-35-turbo retires soon
                  see --model auto
        [   0.0s] default: start in resource group myResourceGroup, westeurope
        [   0.0s] resource group myResourceGroup: checking
        [   1.0s] resource group myResourceGroup: unchanged in 1.0s
        [   1.0s] identity myIdentity: checking
        [   1.0s] cluster myAKSCluster: checking
        [   1.0s] cluster myAKSCluster: creating
        [   1.0s] identity myIdentity: creating
        [   3.1s] identity myIdentity: created in 2.0s
        [   3.1s] role assignment openai-user: checking
        [   3.1s] role assignment openai-user: retry in 45s: PrincipalNotFound: not known everywhere yet
        [   3.1s] cluster myAKSCluster: ProvisioningControlPlane
        [   3.1s] OpenAI account myopenai1a2b3c: creating
        [  10.1s] OpenAI account myopenai1a2b3c: failed: InsufficientQuota: This operation require 30 new capacity, which is bigger than the current available capacity 8.
        [ 400.1s] cluster myAKSCluster: created in 6m 39s
        [ 400.1s] failed after 6m 40s: InsufficientQuota
        [ 400.1s] ended after 6m 40s with exit code 5
        "#);
}

#[tokio::test(start_paused = true)]
async fn a_long_silence_is_broken_by_what_is_waited_for() {
    let text = lines(&colorless(), |clock, events| one_lab(clock, events, true)).await;
    let beats: Vec<&str> = text.lines().filter(|line| line.contains("still")).collect();
    insta::assert_snapshot!(beats.join("\n"), @r#"
        [1810.1s] still waiting for cluster myAKSCluster: ProvisioningControlPlane (30m 09s), role assignment openai-user: retrying: PrincipalNotFound: not known everywhere yet (30m 07s)
        "#);
}

#[tokio::test(start_paused = true)]
async fn no_heartbeat_comes_when_it_is_switched_off() {
    let options = ReportOptions { heartbeat: std::time::Duration::ZERO, ..colorless() };
    let text = lines(&options, |clock, events| one_lab(clock, events, true)).await;
    assert!(text.contains("done") || text.contains("ended"));
    assert!(!text.contains("still"));
}

#[tokio::test(start_paused = true)]
async fn verbose_adds_requests_without_their_signatures_and_twice_verbose_their_ids() {
    let once = lines(&ReportOptions { verbosity: 1, ..colorless() }, |c, e| one_lab(c, e, false)).await;
    let twice = lines(&ReportOptions { verbosity: 2, ..colorless() }, |c, e| one_lab(c, e, false)).await;
    let requests = |text: &str| text.lines().filter(|line| line.contains(" ms")).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(format!("{}\n{}", requests(&once), requests(&twice)), @r#"
        [   0.0s] GET /subscriptions/11111111-2222-3333-4444-555555550001/operations/1?api-version=2025-03-01: 200 in 41 ms, try 2
        [   0.0s] GET /subscriptions/11111111-2222-3333-4444-555555550001/operations/1?api-version=2025-03-01: 200 in 41 ms, try 2, client request id 99999999-0000-0000-0000-00000000c11e, request id 99999999-0000-0000-0000-0000000000aa
        "#);
    assert!(once.contains("check quota: pass: 30 free"));
}

#[tokio::test(start_paused = true)]
async fn quiet_says_only_what_failed() {
    let text = lines(&ReportOptions { verbosity: -1, ..colorless() }, |c, e| one_lab(c, e, true)).await;
    insta::assert_snapshot!(text, @r#"
        [  10.1s] OpenAI account myopenai1a2b3c: failed: InsufficientQuota: This operation require 30 new capacity, which is bigger than the current available capacity 8.
        [2800.1s] failed after 6m 40s: InsufficientQuota
        "#);
}

#[tokio::test(start_paused = true)]
async fn hidden_ids_appear_nowhere() {
    for progress in [Progress::Plain, Progress::Json] {
        let options = ReportOptions { progress, hide_ids: true, verbosity: 2, ..colorless() };
        let text = lines(&options, |clock, events| one_lab(clock, events, false)).await;
        assert!(text.contains("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx0001"), "{text}");
        assert!(!text.contains("11111111-2222") && !text.contains("99999999-0000"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn colours_come_only_when_wanted() {
    let script = |clock, events| one_lab(clock, events, false);
    assert!(!lines(&colorless(), script).await.contains('\u{1b}'));
    assert!(lines(&plain(), script).await.contains('\u{1b}'));
    let piped = ReportOptions { is_terminal: false, ..plain() };
    assert!(!lines(&piped, script).await.contains('\u{1b}'));
    assert!(lines(&ReportOptions { color: ColorChoice::Always, ..colorless() }, script).await.contains('\u{1b}'));
}

#[tokio::test(start_paused = true)]
async fn bars_become_lines_where_nothing_can_be_redrawn() {
    let dumb = TerminalEnvironment { dumb: true, ..options().environment };
    for options in [
        ReportOptions { progress: Progress::Bar, is_terminal: false, ..options() },
        ReportOptions { progress: Progress::Bar, environment: dumb, ..options() },
        ReportOptions { is_terminal: false, ..options() },
    ] {
        assert!(lines(&options, |clock, events| one_lab(clock, events, false)).await.starts_with("[   0.0s] "));
    }
}

#[tokio::test(start_paused = true)]
async fn several_labs_are_told_apart_and_an_interruption_says_how_to_go_on() {
    let text = lines(&colorless(), async |_, events| {
        events.emit(started("provision"));
        for lab in ["lab-01", "lab-02"] {
            let lab = events.for_lab(lab);
            lab.emit(lab_started());
            lab.emit(creating(Cluster, "c"));
        }
        events.note(Level::Info, "two labs");
        events.emit(EventKind::Interrupted {
            continuing: vec!["cluster c: Creating".to_owned()],
            resume: "azlab provision --all".to_owned(),
        });
        events.for_lab("lab-02").emit(EventKind::LabFinished {
            state: LabState::Interrupted,
            elapsed_s: 0.0,
            error: None,
        });
    })
    .await;
    insta::assert_snapshot!(text, @r#"
        [   0.0s] provision in the sandbox, at 60x speed
        [   0.0s] lab-01: start in resource group myResourceGroup, westeurope
        [   0.0s] cluster c: creating
        [   0.0s] lab-02: start in resource group myResourceGroup, westeurope
        [   0.0s] lab-02: cluster c: creating
        [   0.0s] two labs
        [   0.0s] interrupted: nothing new is started
                  still running in Azure: cluster c: Creating
                  to continue: azlab provision --all
        [   0.0s] lab-02: interrupted after 0.0s
        "#);
}

#[tokio::test(start_paused = true)]
async fn json_is_one_object_a_line_of_the_promised_schema() {
    let text = lines(&ReportOptions { progress: Progress::Json, ..options() }, |c, e| one_lab(c, e, false)).await;
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["schema"], "azlab.event/v1");
        assert_eq!(object.to_string().len(), line.len(), "a key stands twice in {line}");
        assert!(object["at"].is_string() && object["elapsed_s"].is_f64() && object["event"].is_string());
    }
    insta::assert_snapshot!(text, @r#"
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:00Z","elapsed_s":0.0,"event":"run_started","command":"provision","sandbox":true,"speed":60.0,"subscription":"11111111-2222-3333-4444-555555550001","credential":"sandbox"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:00Z","elapsed_s":0.0,"event":"check","id":"quota","status":"pass","message":"30 free"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:00Z","elapsed_s":0.0,"event":"note","level":"warning","message":"gpt-35-turbo retires soon\nsee --model auto"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:00Z","elapsed_s":0.0,"lab":"default","event":"lab_started","resource_group":"myResourceGroup","location":"westeurope"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:00Z","elapsed_s":0.0,"lab":"default","event":"resource_started","resource":"resource_group","name":"myResourceGroup"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:00Z","elapsed_s":0.0,"lab":"default","event":"request","method":"GET","path":"/subscriptions/11111111-2222-3333-4444-555555550001/operations/1?api-version=2025-03-01","status":200,"attempt":2,"elapsed_ms":41,"client_request_id":"99999999-0000-0000-0000-00000000c11e","request_id":"99999999-0000-0000-0000-0000000000aa","problem":null}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:01.02Z","elapsed_s":1.02,"lab":"default","event":"resource_finished","resource":"resource_group","name":"myResourceGroup","id":"/subscriptions/11111111-2222-3333-4444-555555550001/x/myResourceGroup","action":"unchanged","took_s":1.0}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:01.02Z","elapsed_s":1.02,"lab":"default","event":"resource_started","resource":"identity","name":"myIdentity"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:01.02Z","elapsed_s":1.02,"lab":"default","event":"resource_started","resource":"cluster","name":"myAKSCluster"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:01.02Z","elapsed_s":1.02,"lab":"default","event":"resource_writing","resource":"cluster","name":"myAKSCluster","create":true,"differences":[]}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:01.02Z","elapsed_s":1.02,"lab":"default","event":"resource_writing","resource":"identity","name":"myIdentity","create":true,"differences":[]}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:03.06Z","elapsed_s":3.06,"lab":"default","event":"resource_finished","resource":"identity","name":"myIdentity","id":"/subscriptions/11111111-2222-3333-4444-555555550001/x/myIdentity","action":"created","took_s":2.04}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:03.06Z","elapsed_s":3.06,"lab":"default","event":"resource_started","resource":"role_assignment","name":"openai-user"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:03.06Z","elapsed_s":3.06,"lab":"default","event":"resource_waiting","resource":"role_assignment","name":"openai-user","reason":"PrincipalNotFound: not known everywhere yet","retry_in_s":45.0}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:03.06Z","elapsed_s":3.06,"lab":"default","event":"resource_status","resource":"cluster","name":"myAKSCluster","status":"ProvisioningControlPlane"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:03.06Z","elapsed_s":3.06,"lab":"default","event":"resource_writing","resource":"openai_account","name":"myopenai1a2b3c","create":true,"differences":[]}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:10.08Z","elapsed_s":10.08,"lab":"default","event":"resource_status","resource":"cluster","name":"myAKSCluster","status":"ProvisioningControlPlane"}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:00:10.08Z","elapsed_s":10.08,"lab":"default","event":"resource_failed","resource":"openai_account","name":"myopenai1a2b3c","error":{"code":"InsufficientQuota","message":"This operation require 30 new capacity, which is bigger than the current available capacity 8.","resource":"/subscriptions/11111111-2222-3333-4444-555555550001/deployments/gpt-35-turbo","request_id":"99999999-0000-0000-0000-0000000000aa","hint":"azlab provision --capacity 8","retryable":false}}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:06:40.08Z","elapsed_s":400.08,"lab":"default","event":"resource_finished","resource":"cluster","name":"myAKSCluster","id":"/subscriptions/11111111-2222-3333-4444-555555550001/x/myAKSCluster","action":"created","took_s":399.0}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:06:40.08Z","elapsed_s":400.08,"lab":"default","event":"lab_finished","state":"failed","took_s":400.0,"error":{"code":"InsufficientQuota","message":"This operation require 30 new capacity, which is bigger than the current available capacity 8.","resource":"/subscriptions/11111111-2222-3333-4444-555555550001/deployments/gpt-35-turbo","request_id":"99999999-0000-0000-0000-0000000000aa","hint":"azlab provision --capacity 8","retryable":false}}
        {"schema":"azlab.event/v1","at":"1970-01-01T00:06:40.08Z","elapsed_s":400.08,"event":"run_finished","exit_code":5,"took_s":400.0}
        "#);
}

#[tokio::test(start_paused = true)]
async fn nothing_but_warnings_is_said_without_progress_and_nothing_at_all_if_it_is_to_be_quiet() {
    let options = ReportOptions { progress: Progress::None, ..colorless() };
    let said = lines(&options, |clock, events| one_lab(clock, events, true)).await;
    assert_eq!(said, "warning: gpt-35-turbo retires soon\nsee --model auto\n");
    let quiet = ReportOptions { verbosity: -1, ..options };
    assert_eq!(lines(&quiet, |clock, events| one_lab(clock, events, true)).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_status_that_comes_back_after_another_is_told_again() {
    let text = lines(&colorless(), async |_, events| {
        for word in ["A", "A", "B", "A"] {
            events.emit(status(ResourceGroup, "g", word));
        }
    })
    .await;
    assert_eq!(text.lines().count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_only_looks_tells_what_people_should_know_and_each_check_once() {
    let options = ReportOptions { only_notes: true, progress: Progress::Auto, ..colorless() };
    let text = lines(&options, async |_, events| {
        events.emit(started("status"));
        let warning = EventKind::Check {
            id: "model",
            status: crate::events::CheckStatus::Warn,
            message: "it retires".to_owned(),
        };
        for lab in ["lab-01", "lab-02"] {
            let lab = events.for_lab(lab);
            lab.emit(lab_started());
            lab.emit(creating(Cluster, "c"));
            lab.emit(warning.clone());
        }
        events.note(Level::Warning, "the clock is late");
    })
    .await;
    assert_eq!(text, "check model: warn: it retires\nwarning: the clock is late\n");
}
