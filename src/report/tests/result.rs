//! The result on stdout.

use std::io::{self, Write};

use super::script::{Caught, SUBSCRIPTION, no_quota, options};
use crate::outcome::plan::{PlannedAction, PlannedChange};
use crate::outcome::{Action, Change, CommandResult, Details, LabOutcome, LabState, Outputs, RequestCounts, SCHEMA};
use crate::outcome::{CheckReport, ErrorReport, NextStep};
use crate::report::write_result;
use crate::values::{CheckStatus, Output, Progress, ReportOptions, ResourceKind};

fn lab(name: &str) -> LabOutcome {
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup");
    let change =
        |resource, id: &str, action, elapsed_s| Change { resource, id: format!("{group}{id}"), action, elapsed_s };
    LabOutcome {
        name: name.to_owned(),
        subscription: None,
        resource_group: "myResourceGroup".to_owned(),
        location: "westeurope".to_owned(),
        state: LabState::Ready,
        elapsed_s: 341.0,
        changes: vec![
            change(ResourceKind::ResourceGroup, "", Action::Unchanged, 0.4),
            change(ResourceKind::Cluster, "/providers/x/managedClusters/myAKSCluster", Action::Created, 339.0),
            change(ResourceKind::Identity, "/providers/x/userAssignedIdentities/myIdentity", Action::Created, 1.04),
        ],
        outputs: Outputs {
            cluster: Some("myAKSCluster".to_owned()),
            oidc_issuer: Some(format!("https://westeurope.oic.prod-aks.azure.com/{SUBSCRIPTION}/")),
            ..Outputs::default()
        },
        error: None,
        details: Details::default(),
    }
}

fn result(labs: Vec<LabOutcome>) -> CommandResult {
    CommandResult {
        schema: SCHEMA,
        command: "provision",
        sandbox: Some(true),
        subscription: Some(SUBSCRIPTION.to_owned()),
        bound_s: None,
        elapsed_s: Some(341.0),
        labs: Some(labs),
        models: None,
        checks: None,
        cost: None,
        placement: None,
        shared: None,
        warnings: Vec::new(),
        requests: Some(RequestCounts { reads: 12, writes: 7, deletes: 0, retried: 0, throttled: 0 }),
        error: None,
    }
}

fn next() -> Vec<NextStep> {
    let step = |command: &str, why: &str| NextStep { command: command.to_owned(), why: why.to_owned() };
    vec![step("azlab env", "the workshop's variables"), step("azlab kubeconfig", "kubectl for the cluster")]
}

/// What goes to stdout and to stderr.
fn written(result: &CommandResult, output: Output, options: &ReportOptions) -> (String, String) {
    let (stdout, stderr) = (Caught::default(), Caught::default());
    write_result(result, &next(), output, options, &mut stdout.clone(), &mut stderr.clone()).unwrap();
    (stdout.text(), stderr.text())
}

fn colorless() -> ReportOptions {
    ReportOptions { color: crate::values::ColorChoice::Never, ..options() }
}

#[test]
fn a_lab_is_told_with_what_was_made_and_what_comes_next() {
    let (stdout, stderr) =
        written(&result(vec![lab("default")]), Output::Text, &ReportOptions { verbosity: 1, ..colorless() });
    assert_eq!(stderr, "");
    insta::assert_snapshot!(stdout, @r#"
        lab default is ready after 5m 41s (myResourceGroup, westeurope, sandbox)
          unchanged  0.4s    resource group  myResourceGroup
          created    5m 39s  cluster         myAKSCluster
          created    1.0s    identity        myIdentity

        outputs:
          cluster      myAKSCluster
          OIDC issuer  https://westeurope.oic.prod-aks.azure.com/11111111-2222-3333-4444-555555550001/

        requests: 12 reads, 7 writes, 0 deletes (0 retried, 0 throttled)

        next:
          azlab env         the workshop's variables
          azlab kubeconfig  kubectl for the cluster
        "#);
}

#[test]
fn a_lab_that_fits_already_is_told_in_a_line() {
    let mut lab = lab("default");
    lab.changes.iter_mut().for_each(|change| change.action = Action::Unchanged);
    lab.outputs = Outputs::default();
    let (stdout, _) = written(&result(vec![lab]), Output::Text, &ReportOptions { verbosity: -1, ..colorless() });
    insta::assert_snapshot!(stdout, @r#"
        lab default is ready after 5m 41s (myResourceGroup, westeurope, sandbox)
        nothing to change: 3 resources are as they should be
        "#);
}

#[test]
fn failed_labs_are_told_on_stderr_with_all_that_helps() {
    let mut failed = lab("lab-02");
    failed.state = LabState::Failed;
    failed.error = Some(no_quota());
    let (stdout, stderr) = written(&result(vec![lab("lab-01"), failed]), Output::Text, &colorless());
    insta::assert_snapshot!(format!("{stdout}-----\n{stderr}"), @r#"
          ready   5m 41s  lab-01  myResourceGroup, westeurope
          failed  5m 41s  lab-02  myResourceGroup, westeurope  InsufficientQuota

        next:
          azlab env         the workshop's variables
          azlab kubeconfig  kubectl for the cluster
        -----
        lab-02: error[InsufficientQuota]: This operation require 30 new capacity, which is bigger than the current available capacity 8.
          resource: /subscriptions/11111111-2222-3333-4444-555555550001/deployments/gpt-35-turbo
          request id: 99999999-0000-0000-0000-0000000000aa
          hint: azlab provision --capacity 8
        "#);
}

#[test]
fn what_many_labs_failed_with_alike_is_told_once_with_their_number() {
    let failed = |number: u32, message: &str| {
        let mut lab = lab(&format!("lab-{number:02}"));
        let error = ErrorReport { message: message.to_owned(), ..no_quota() };
        let (resource, request_id) = (Some(format!("/of/{number}")), Some(format!("{number}")));
        lab.error = Some(ErrorReport { resource, request_id, ..error });
        lab
    };
    let labs = (1..=20).map(|number| failed(number, "no quota")).chain([failed(21, "something else")]);
    let (_, stderr) = written(&result(labs.collect()), Output::Text, &colorless());
    insta::assert_snapshot!(stderr, @r#"
        20 labs (lab-01, lab-02, lab-03, lab-04, lab-05 and 15 more): error[InsufficientQuota]: no quota
          hint: azlab provision --capacity 8
        lab-21: error[InsufficientQuota]: something else
          resource: /of/21
          request id: 21
          hint: azlab provision --capacity 8
        "#);
}

#[test]
fn a_lab_whose_tag_has_a_line_break_has_a_name_of_one_line() {
    for output in [Output::Text, Output::Json] {
        let (shown, _) = written(&result(vec![lab("ada\nlab ben is ready\u{1b}[31m")]), output, &colorless());
        assert!(shown.contains("ada?lab ben is ready?[31m"), "{shown}");
    }
}

#[test]
fn json_lines_on_stderr_are_not_mixed_with_text() {
    let failed = CommandResult { labs: None, error: Some(no_quota()), ..result(Vec::new()) };
    let (stdout, stderr) = written(&failed, Output::Text, &ReportOptions { progress: Progress::Json, ..colorless() });
    let object: serde_json::Value = serde_json::from_str(&stderr).unwrap_or_else(|_| panic!("one JSON line: {stderr}"));
    assert_eq!((stderr.lines().count(), &object["error"]["code"]), (1, &"InsufficientQuota".into()));
    assert!(stdout.starts_with("error[InsufficientQuota]: "), "{stdout}");
}

#[test]
fn json_is_one_object_with_ids_masked_if_asked() {
    let (shown, stderr) = written(&result(vec![lab("default")]), Output::Json, &options());
    assert_eq!((shown.lines().count(), stderr.as_str()), (1, ""));
    let object: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(object["labs"][0]["changes"][1]["resource"], "cluster");
    assert!(shown.contains(SUBSCRIPTION));
    let hidden = ReportOptions { hide_ids: true, ..options() };
    for output in [Output::Json, Output::Text] {
        let (hidden, _) = written(&result(vec![lab("default")]), output, &hidden);
        assert!(!hidden.contains(SUBSCRIPTION) && hidden.contains("xxxxxxxx0001"), "{hidden}");
    }
}

#[test]
fn on_a_narrow_terminal_the_result_wraps_between_words_but_for_its_commands() {
    let (stdout, stderr) = (Caught::default(), Caught::default());
    let (result, options) = (result(vec![lab("default")]), colorless());
    let to = (&mut stdout.clone(), &mut stderr.clone());
    crate::report::summary::write(&result, &next(), Output::Text, (&options, Some(40)), to.0, to.1).unwrap();
    let text = stdout.text();
    assert!(
        text.lines().all(|line| line.len() <= 40 || line.contains("azlab ") || line.trim().contains("://")),
        "{text}"
    );
    assert!(text.contains("  azlab kubeconfig  kubectl for the cluster\n"), "{text}");
}

#[test]
fn a_broken_stdout_is_quiet_and_a_full_one_is_not() {
    struct Broken(io::ErrorKind);
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let result = result(vec![lab("default")]);
    for output in [Output::Json, Output::Text] {
        let write = |kind| write_result(&result, &[], output, &options(), &mut Broken(kind), &mut Broken(kind));
        assert!(write(io::ErrorKind::BrokenPipe).is_ok());
        assert_eq!(write(io::ErrorKind::StorageFull).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}

/// Three hundred labs, 250 of them ready and 50 in trouble.
fn class() -> Vec<LabOutcome> {
    let of = |number: usize| {
        let mut lab = LabOutcome { elapsed_s: 340.0 + number as f64 / 10.0, ..lab(&format!("lab-{number:03}")) };
        lab.error = None;
        lab.state = LabState::Ready;
        if number.is_multiple_of(6) {
            lab.state = LabState::Failed;
            lab.error = Some(no_quota());
        }
        if number.is_multiple_of(2) {
            lab.location = "swedencentral".to_owned();
        }
        lab
    };
    (1..=300).map(of).collect()
}

#[test]
fn a_class_is_told_on_a_page_and_each_lab_of_it_when_asked() {
    let (stdout, stderr) = written(&result(class()), Output::Text, &colorless());
    assert!(stdout.lines().count() <= 12 && stderr.lines().count() <= 8, "{stdout}\n{stderr}");
    for told in
        ["300 labs", "ready", "250 labs", "50 labs", "InsufficientQuota", "150 labs in swedencentral", "each lab: -v"]
    {
        assert!(stdout.contains(told), "{told}: {stdout}");
    }
    let verbose = ReportOptions { verbosity: 1, ..colorless() };
    let (stdout, _) = written(&result(class()), Output::Text, &verbose);
    assert!((1..=300).all(|number| stdout.contains(&format!("lab-{number:03} "))), "{stdout}");
}

#[test]
fn what_is_planned_alike_for_many_labs_is_told_by_one_of_them() {
    let change = |action| PlannedChange {
        resource: ResourceKind::Cluster,
        name: "myAKSCluster".to_owned(),
        id: "/c".to_owned(),
        action,
        fields: Vec::new(),
        contents: Vec::new(),
    };
    let mut labs = class();
    for (index, lab) in labs.iter_mut().enumerate() {
        lab.error = None;
        lab.details.plan = Some(vec![change(if index < 100 { PlannedAction::Keep } else { PlannedAction::Create })]);
    }
    let (stdout, _) = written(&result(labs), Output::Text, &colorless());
    assert!(stdout.contains("lab lab-001: nothing to do") && stdout.contains("lab lab-101: 1 to create"), "{stdout}");
    assert!(stdout.contains("and likewise 99 labs") && stdout.contains("and likewise 199 labs"), "{stdout}");
    assert!(stdout.lines().count() <= 12, "{stdout}");
}

#[test]
fn a_check_that_fails_for_many_labs_is_told_once_with_their_number() {
    let mut labs = class();
    for (index, lab) in labs.iter_mut().enumerate() {
        lab.error = None;
        let is_well = index % 10 > 0;
        let status = if is_well { CheckStatus::Pass } else { CheckStatus::Fail };
        lab.details.checks = Some(vec![CheckReport {
            id: "role_assignment",
            lab: None,
            status,
            message: format!("the role of {}", lab.name),
            code: None,
            hint: (!is_well).then(|| format!("azlab reset -l {}", lab.name)),
        }]);
    }
    let (stdout, _) = written(&result(labs), Output::Text, &colorless());
    assert!(stdout.contains("300 labs: 270 passed all that was checked, 30 did not"), "{stdout}");
    assert_eq!(stdout.matches("FAIL").count(), 1, "{stdout}");
    assert!(stdout.contains("30 labs: lab-001, lab-011, lab-021, lab-031, lab-041 and 25 more"), "{stdout}");
}
