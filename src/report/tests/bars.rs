//! The live display, as a terminal of several widths shows it.

use std::time::Duration;

use indicatif::{InMemoryTerm, ProgressDrawTarget, TermLike as _};

use super::script::{creating, finished, lab_started, no_quota, one_lab, options, started, status, waiting};
use crate::events::{EventKind, Events};
use crate::outcome::{Action, LabState};
use crate::report::Reporter;
use crate::report::bars::Screen;
use crate::report::sink::LineSink;
use crate::values::ResourceKind::Cluster;
use crate::values::{ColorChoice, ReportOptions, TerminalEnvironment};
use azlab_clock::Clock;

/// Plays `script` on a terminal of 24 rows and `width` columns; gives what it shows after each of `looks` (service
/// seconds from the beginning) and at the end.
async fn screens<F: Future<Output = ()>>(
    options: &ReportOptions,
    width: u16,
    looks: &[u64],
    script: impl FnOnce(Clock, Events) -> F,
) -> Vec<String> {
    let terminal = InMemoryTerm::new(24, width);
    let screen = || Screen {
        target: ProgressDrawTarget::term_like(Box::new(terminal.clone())),
        terminal: Box::new(terminal.clone()),
    };
    let clock = super::script::clock();
    let reporter = Reporter::with(options, clock, LineSink::new(Box::new(std::io::sink())), screen).unwrap();
    let (events, receiver) = Events::channel(clock);
    let look = async {
        let mut seen = Vec::new();
        let mut before = 0;
        for at in looks {
            clock.sleep(Duration::from_secs(at - before)).await;
            before = *at;
            seen.push(terminal.contents());
        }
        seen
    };
    let (mut seen, (), ()) = tokio::join!(look, reporter.run(receiver), script(clock, events));
    seen.push(terminal.contents());
    seen
}

fn plain_colors() -> ReportOptions {
    ReportOptions { color: ColorChoice::Never, ..options() }
}

#[tokio::test(start_paused = true)]
async fn eighty_columns_show_one_row_a_resource() {
    // 24 s: while the role assignment waits; the spinner depends only on the number of frames.
    let seen = screens(&plain_colors(), 80, &[24], |clock, events| one_lab(clock, events, false)).await;
    insta::assert_snapshot!(seen.join("\n=====\n"), @r#"
        provision in the sandbox, at 60x speed
        warning: gpt-35-turbo retires soon
        see --model auto
        ✓ resource group  myResourceGroup unchanged                                1.0s
        ⠼ cluster         myAKSCluster    ProvisioningControlPlane                  17s
        ✓ identity        myIdentity      created                                  2.0s
        ✗ OpenAI account  myopenai1a2b3c  InsufficientQuota                        7.0s
        ⠼ role assignment openai-user     retry in 31s: PrincipalNotFound: not…     15s
        =====
        provision in the sandbox, at 60x speed
        warning: gpt-35-turbo retires soon
        see --model auto
        ✓ resource group  myResourceGroup unchanged                                1.0s
        ✓ cluster         myAKSCluster    created                                6m 39s
        ✓ identity        myIdentity      created                                  2.0s
        ✗ OpenAI account  myopenai1a2b3c  InsufficientQuota                        7.0s
        · role assignment openai-user     left: PrincipalNotFound: not known e…  6m 37s
        "#);
}

#[tokio::test(start_paused = true)]
async fn narrow_terminals_cut_and_do_not_wrap_and_wide_ones_have_room_for_reasons() {
    let mut seen = Vec::new();
    for width in [40, 120] {
        seen.extend(screens(&plain_colors(), width, &[24], |clock, events| one_lab(clock, events, false)).await);
        seen.pop();
    }
    insta::assert_snapshot!(seen.join("\n=====\n"), @r#"
        provision in the sandbox, at 60x speed
        warning: gpt-35-turbo retires soon
        see --model auto
        ✓ resource gro… unchanged          1.0s
        ⠼ cluster       ProvisioningCo…     17s
        ✓ identity      created            2.0s
        ✗ OpenAI accou… InsufficientQu…    7.0s
        ⠼ role assignm… retry in 31s: …     15s
        =====
        provision in the sandbox, at 60x speed
        warning: gpt-35-turbo retires soon
        see --model auto
        ✓ resource group  myResourceGroup unchanged                                                                        1.0s
        ⠼ cluster         myAKSCluster    ProvisioningControlPlane                                                          17s
        ✓ identity        myIdentity      created                                                                          2.0s
        ✗ OpenAI account  myopenai1a2b3c  InsufficientQuota                                                                7.0s
        ⠼ role assignment openai-user     retry in 31s: PrincipalNotFound: not known everywhere yet                         15s
        "#);
}

#[tokio::test(start_paused = true)]
async fn what_the_terminal_echoes_leaves_no_trace_in_the_rows() {
    let terminal = InMemoryTerm::new(24, 60);
    let screen = || Screen {
        target: ProgressDrawTarget::term_like(Box::new(terminal.clone())),
        terminal: Box::new(terminal.clone()),
    };
    let clock = super::script::clock();
    let options = plain_colors();
    let reporter = Reporter::with(&options, clock, LineSink::new(Box::new(std::io::sink())), screen).unwrap();
    let (events, receiver) = Events::channel(clock);
    let ctrl_c = async {
        clock.sleep(Duration::from_secs(24)).await;
        terminal.write_str("^C").unwrap();
    };
    tokio::join!(ctrl_c, reporter.run(receiver), one_lab(clock, events, false));
    let end = terminal.contents();
    assert!(!end.contains("^C"), "{end}");
    assert_eq!(end.matches("cluster").count(), 1, "{end}");
    assert_eq!(end.matches("resource group").count(), 1, "{end}");
}

#[tokio::test(start_paused = true)]
async fn other_locales_get_ascii() {
    let options = ReportOptions { environment: TerminalEnvironment::default(), ..plain_colors() };
    let seen = screens(&options, 40, &[24], |clock, events| one_lab(clock, events, false)).await;
    assert!(seen.iter().all(|screen| screen.is_ascii()), "{seen:?}");
    assert!(seen[1].contains("+ cluster"), "{}", seen[1]);
}

#[tokio::test(start_paused = true)]
async fn ids_are_masked_before_they_are_cut() {
    let options = ReportOptions { hide_ids: true, ..plain_colors() };
    let seen = screens(&options, 50, &[24], async |clock, events| {
        events.emit(creating(Cluster, "11111111-2222-3333-4444-555555550001"));
        clock.sleep(Duration::from_secs(30)).await;
    })
    .await;
    assert!(seen.iter().all(|screen| !screen.contains("1111")), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn several_labs_have_a_row_each_and_those_that_ended_stand_above() {
    let seen = screens(&plain_colors(), 60, &[30], async |clock, events| {
        events.emit(started("provision"));
        let labs = ["lab-01", "lab-02", "lab-03"].map(|name| events.for_lab(name));
        for lab in &labs {
            lab.emit(lab_started());
            lab.emit(creating(Cluster, "c"));
        }
        clock.sleep(Duration::from_secs(10)).await;
        labs[0].emit(status(Cluster, "c", "ProvisioningControlPlane"));
        labs[1].emit(finished(Cluster, "c", Action::Created, 10.0));
        labs[1].emit(EventKind::LabFinished { state: LabState::Ready, elapsed_s: 10.0, error: None });
        clock.sleep(Duration::from_secs(30)).await;
        labs[0].emit(EventKind::LabFinished { state: LabState::Interrupted, elapsed_s: 40.0, error: None });
    })
    .await;
    insta::assert_snapshot!(seen.join("\n=====\n"), @r#"
        provision in the sandbox, at 60x speed
        lab-02: ready after 10.0s
          labs   2 working, 1 done, 0 not done                  24s
        ⠴ lab-01 cluster: ProvisioningControlPlane              24s
        ⠴ lab-03 cluster: creating                              24s
        =====
        provision in the sandbox, at 60x speed
        lab-02: ready after 10.0s
        lab-01: interrupted after 40.0s
          labs   1 working, 1 done, 1 not done                  40s
        · lab-03 left                                           40s
        "#);
}

#[tokio::test(start_paused = true)]
async fn what_was_under_way_at_the_end_is_shown_as_left() {
    let seen = screens(&plain_colors(), 60, &[], async |clock, events| {
        events.emit(creating(Cluster, "myAKSCluster"));
        clock.sleep(Duration::from_secs(90)).await;
        events.emit(EventKind::Interrupted { continuing: Vec::new(), resume: "azlab provision".to_owned() });
    })
    .await;
    insta::assert_snapshot!(seen[0], @r#"
        interrupted: nothing new is started
        nothing is still running in Azure
        to continue: azlab provision
        · cluster myAKSCluster left: creating                1m 30s
        "#);
}

#[tokio::test(start_paused = true)]
async fn a_run_without_events_leaves_the_screen_alone() {
    assert_eq!(screens(&plain_colors(), 60, &[], async |_, _| {}).await, [""]);
}

/// 80x24, 1,000 labs: how many do what, why some failed, and which are the slowest.
#[tokio::test(start_paused = true)]
async fn a_class_that_does_not_fit_on_the_screen_is_told_by_what_its_labs_have_in_common() {
    let seen = screens(&plain_colors(), 80, &[100], |clock, events| async move {
        let labs: Vec<Events> = (1..=1000).map(|number| events.for_lab(&format!("lab-{number:04}"))).collect();
        labs.iter().for_each(|lab| lab.emit(lab_started()));
        events.emit(EventKind::RunPlanned { bound_s: 381.0 });
        for (index, lab) in labs.iter().enumerate().take(950) {
            lab.emit(creating(Cluster, "myAKSCluster"));
            if index % 50 == 0 {
                clock.sleep(Duration::from_secs(1)).await;
            }
            lab.emit(status(Cluster, "myAKSCluster", "ProvisioningControlPlane"));
        }
        for lab in labs.iter().take(200) {
            lab.emit(finished(Cluster, "myAKSCluster", Action::Created, 10.0));
            lab.emit(EventKind::LabFinished { state: LabState::Ready, elapsed_s: 20.0, error: None });
        }
        for lab in labs.iter().skip(200).take(12) {
            lab.emit(EventKind::ResourceFailed {
                resource: Cluster,
                name: "myAKSCluster".to_owned(),
                error: no_quota(),
                limits: Vec::new(),
            });
            lab.emit(EventKind::LabFinished { state: LabState::Failed, elapsed_s: 20.0, error: Some(no_quota()) });
        }
        for lab in labs.iter().skip(212).take(8) {
            lab.emit(waiting(Cluster, "myAKSCluster", "RequestConflict: another operation", 300.0));
        }
        clock.sleep(Duration::from_secs(200)).await;
    })
    .await;
    insta::assert_snapshot!(seen[0], @r#"
        lab-0201: cluster myAKSCluster: failed: InsufficientQuota: This operation
          require 30 new capacity, which is bigger than the current available capacity
          8.
          labs     788 working, 200 done, 12 not done; at least 4m 45s left      1m 36s
        ⠧ 730 labs cluster: ProvisioningControlPlane                             1m 31s
        ⠧ 8 labs   cluster: waiting: RequestConflict                             1m 31s
          50 labs  not begun
        ✗ 12 labs  InsufficientQuota: lab-0201, lab-0202, lab-0203, lab-0204, …
          slowest  the longest at one step:
        ⠧ lab-0213 cluster: waiting: RequestConflict                             1m 31s
        ⠧ lab-0214 cluster: waiting: RequestConflict                             1m 31s
        ⠧ lab-0215 cluster: waiting: RequestConflict                             1m 31s
        ⠧ lab-0216 cluster: waiting: RequestConflict                             1m 31s
        ⠧ lab-0217 cluster: waiting: RequestConflict                             1m 31s
        ⠧ lab-0218 cluster: waiting: RequestConflict                             1m 31s
        ⠧ lab-0219 cluster: waiting: RequestConflict                             1m 31s
        ⠧ lab-0220 cluster: waiting: RequestConflict                             1m 31s
        "#);
    assert!(seen.iter().all(|screen| screen.lines().count() <= 24), "{seen:?}");
    assert!(!seen[1].contains("between") && !seen[1].contains("at least"), "{}", seen[1]);
}

#[tokio::test(start_paused = true)]
async fn what_stands_above_the_rows_wraps_between_words_and_its_commands_stay_whole() {
    let command = "to continue: azlab provision --all --yes --sandbox --sandbox-dir /a/folder --progress bar";
    let seen = screens(&plain_colors(), 60, &[], async |_, events| {
        events.note(
            crate::events::Level::Info,
            "  westeurope: 30 new labs; no more: OpenAI accounts (OpenAI.S0.AccountCount: 0 of 30 left)",
        );
        events.emit(EventKind::Interrupted {
            continuing: Vec::new(),
            resume: command.trim_start_matches("to continue: ").to_owned(),
        });
    })
    .await;
    let shown = &seen[0];
    assert!(
        shown.contains("westeurope: 30 new labs; no more: OpenAI accounts\n    (OpenAI.S0.AccountCount: 0 of 30 left)"),
        "{shown}"
    );
    // The terminal itself breaks the command, so that it is pasted as one line.
    assert!(shown.replace('\n', "").contains(command), "{shown}");
    assert!(shown.lines().any(|line| line.len() == 60), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn what_many_labs_still_have_running_is_told_in_a_line() {
    let continuing: Vec<String> =
        (1..=40).map(|number| format!("seat-{number:02}: cluster myAKSCluster: Creating")).collect();
    let odd = "seat-41: OpenAI account a: Accepted".to_owned();
    let seen = screens(&plain_colors(), 100, &[], async |_, events| {
        let continuing = continuing.into_iter().chain([odd.clone()]).collect();
        events.emit(EventKind::Interrupted { continuing, resume: "azlab provision --all".to_owned() });
    })
    .await;
    insta::assert_snapshot!(seen[0], @r#"
        interrupted: nothing new is started
        still running in Azure: 40 labs (seat-01, seat-02, seat-03, seat-04, seat-05 and 35 more): cluster
          myAKSCluster: Creating
        still running in Azure: seat-41: OpenAI account a: Accepted
        to continue: azlab provision --all
        "#);
}

#[tokio::test(start_paused = true)]
async fn labs_that_the_checks_refused_are_not_done_and_those_that_are_absent_to_a_teardown_are() {
    for (command, says) in
        [("provision", "0 working, 0 done, 2 not done"), ("teardown", "0 working, 2 done, 0 not done")]
    {
        let seen = screens(&plain_colors(), 60, &[], async |_, events| {
            events.emit(started(command));
            for lab in ["a", "b"].map(|name| events.for_lab(name)) {
                lab.emit(lab_started());
                lab.emit(EventKind::LabFinished { state: LabState::Absent, elapsed_s: 1.0, error: None });
            }
        })
        .await;
        assert!(seen[0].contains(says), "{command}: {}", seen[0]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_column_of_what_stands_above_the_rows_stays_free() {
    let seen = screens(&plain_colors(), 20, &[], async |_, events| {
        events.note(crate::events::Level::Info, "aaaa bbbb cccc ddddd");
    })
    .await;
    assert_eq!(seen[0].trim_end(), "aaaa bbbb cccc\n  ddddd");
}

#[tokio::test(start_paused = true)]
async fn more_rows_than_the_screen_holds_are_counted_and_its_last_line_stays_free() {
    let seen = screens(&plain_colors(), 60, &[60], async |clock, events| {
        for number in 1..=30 {
            events.emit(creating(Cluster, &format!("c{number:02}")));
        }
        clock.sleep(Duration::from_secs(90)).await;
    })
    .await;
    let rows: Vec<&str> = seen[0].trim_end().lines().collect();
    assert_eq!((rows.len(), rows.last().map(|row| row.trim())), (23, Some("and 8 more")), "{}", seen[0]);
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_ended_before_the_second_began_is_told_above_the_rows() {
    let seen = screens(&plain_colors(), 60, &[], async |_, events| {
        let (first, second) = (events.for_lab("lab-01"), events.for_lab("lab-02"));
        first.emit(lab_started());
        first.emit(EventKind::LabFinished { state: LabState::Ready, elapsed_s: 1.0, error: None });
        second.emit(lab_started());
        second.emit(creating(Cluster, "c"));
    })
    .await;
    assert!(seen[0].contains("lab-01: ready\n"), "{}", seen[0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_printed_after_the_display_begins_a_line_of_its_own() {
    let terminal = InMemoryTerm::new(24, 60);
    let screen = || Screen {
        target: ProgressDrawTarget::term_like(Box::new(terminal.clone())),
        terminal: Box::new(terminal.clone()),
    };
    let clock = super::script::clock();
    let reporter = Reporter::with(&plain_colors(), clock, LineSink::new(Box::new(std::io::sink())), screen).unwrap();
    let (events, receiver) = Events::channel(clock);
    tokio::join!(reporter.run(receiver), one_lab(clock, events, false));
    terminal.write_str("\rthe result").unwrap();
    assert!(terminal.contents().trim_end().ends_with("\nthe result"), "{}", terminal.contents());
}

#[tokio::test(start_paused = true)]
async fn a_lab_on_which_no_work_has_begun_has_no_row() {
    let seen = screens(&plain_colors(), 60, &[30], async |clock, events| {
        let labs = ["lab-01", "lab-02"].map(|name| events.for_lab(name));
        labs.iter().for_each(|lab| lab.emit(lab_started()));
        labs[0].emit(creating(Cluster, "c"));
        clock.sleep(Duration::from_secs(60)).await;
    })
    .await;
    assert!(seen[0].contains("lab-01 cluster: creating") && !seen[0].contains("lab-02"), "{}", seen[0]);
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_is_drawn_where_nothing_moves_any_more() {
    let seen = screens(&plain_colors(), 60, &[60], async |clock, events| {
        events.emit(finished(Cluster, "c", Action::Created, 10.0));
        clock.sleep(Duration::from_secs(120)).await;
    })
    .await;
    assert!(seen[0].contains("✓ cluster c created"), "{}", seen[0]);
}
