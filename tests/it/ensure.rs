//! The loop that makes a resource be as it should: each way it can go, against a service of a few lines.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use azlab::azure::code::Code;
use azlab::azure::error::Error as AzureError;
use azlab::azure::transport::TransportError;
use azlab::events::EventKind;
use azlab::outcome::Action;
use azlab::recipe::context::ParentLocks;
use azlab::recipe::ensure::ensure;
use azlab::recipe::error::Error;
use azlab::recipe::waits::wait_for;
use http::Method;
use serde_json::json as body;

use crate::support::thing::{Thing, absent, context, in_state, is, run, service, taken};
use crate::support::{IN_PROGRESS, LATENCY, Say, World, broken, error, in_progress, json, seconds, status};

#[tokio::test(start_paused = true)]
async fn every_way_to_what_should_be() {
    type Case = (&'static str, Vec<Say>, Vec<Say>, Action, usize);
    let cases: Vec<Case> = vec![
        ("created", vec![absent(), is(2)], vec![taken()], Action::Created, 1),
        ("unchanged", vec![is(2)], vec![status(500)], Action::Unchanged, 0),
        ("updated in place", vec![is(1), is(2)], vec![taken()], Action::Updated, 1),
        ("busy is waited for", vec![in_state("Updating"), in_state("Updating"), is(2)], vec![], Action::Unchanged, 0),
        ("busy, then changed", vec![in_state("Updating"), is(1), is(2)], vec![taken()], Action::Updated, 1),
        ("broken is repaired", vec![in_state("Failed"), is(2)], vec![taken()], Action::Updated, 1),
        ("shows late", vec![absent(), absent(), absent(), absent(), is(2)], vec![taken()], Action::Created, 1),
        ("changes late", vec![is(1), is(1), is(1), is(2)], vec![taken()], Action::Updated, 1),
        ("in two steps", vec![is(0), is(1), is(2)], vec![taken()], Action::Updated, 2),
        (
            "there already",
            vec![absent(), absent(), is(2)],
            vec![error(409, "RoleAssignmentExists")],
            Action::Unchanged,
            1,
        ),
    ];
    for (what, looks, writes, action, puts) in cases {
        let ran = run(service(looks, writes.into_iter().chain([taken()]))).await;
        ran.result.as_ref().unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((ran.action, ran.puts), (Some(action), puts), "{what}");
        assert_eq!(ran.ctx.ledger.continuing(), Vec::<String>::new(), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_of_minutes_is_waited_for_and_told() {
    let poll = "https://management.azure.com/subscriptions/s/operations/1";
    let begin = json(201, &body!({"properties": {"provisioningState": "Creating"}})).with("azure-asyncoperation", poll);
    let mut polls = ["InProgress", "ReconcilingDNS", "Succeeded"].iter();
    let mut there = false;
    let mut world = World::new(move |seen| match (&seen.method, seen.path.ends_with("/1")) {
        (&Method::GET, true) => {
            let word = *polls.next().expect("a poll");
            there |= word == "Succeeded";
            json(200, &body!({"status": word}))
        }
        (&Method::GET, false) if there => is(2),
        (&Method::GET, false) => absent(),
        _ => begin.clone(),
    });
    let ctx = context(&world, &ParentLocks::default());
    ensure(&ctx, &Thing::new("t")).await.expect("made");
    assert_eq!(world.count(&Method::PUT), 1);
    let mut told = Vec::new();
    while let Ok(event) = world.told.try_recv() {
        if let EventKind::ResourceStatus { status, .. } = event.kind {
            told.push(status);
        }
    }
    assert_eq!(told, ["InProgress", "ReconcilingDNS"]);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_fails_gives_its_own_error_and_is_not_repeated() {
    for code in ["QuotaExceeded", "OperationNotAllowed", "RequestConflict"] {
        let poll = "https://management.azure.com/subscriptions/s/operations/1";
        let world = World::new(move |seen| match (&seen.method, seen.path.ends_with("/1")) {
            (&Method::GET, true) => {
                json(200, &body!({"status": "Failed", "error": {"code": code, "message": "exceeds the quota"}}))
            }
            (&Method::GET, false) => absent(),
            _ => status(202).with("azure-asyncoperation", poll),
        });
        let ran = run(world).await;
        assert_eq!((ran.code().as_deref(), ran.puts), (Some(code), 1));
        assert!(ran.ctx.ledger.continuing().is_empty(), "it failed: nothing goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_changed_is_an_error_without_a_write() {
    let ran = run(service([json(200, &body!({"size": 2, "location": "elsewhere"}))], [taken()])).await;
    let Err(Error::Fixed { differences, .. }) = &ran.result else { panic!("{:?}", ran.result) };
    assert_eq!((differences[0].field, ran.puts), ("location", 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_and_not_kept_ends_after_four_writes() {
    for (look, write) in [(is(1), taken()), (absent(), taken())] {
        let ran = run(service([look], [write])).await;
        let Err(Error::DoesNotConverge { differences, .. }) = &ran.result else { panic!("{:?}", ran.result) };
        assert_eq!((differences.len(), ran.puts), (1, 4));
        let puts: Vec<_> = ran.world.seen().into_iter().filter(|one| one.method == Method::PUT).collect();
        assert!(puts.windows(2).all(|two| two[1].at - two[0].at >= seconds(120.0)), "each is given time to show");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_to_exist_and_never_shows_is_told_in_the_services_words() {
    let ran = run(service([absent()], [error(409, "RoleAssignmentExists")])).await;
    assert_eq!((ran.code().as_deref(), ran.puts), (Some("RoleAssignmentExists"), 2));
}

#[tokio::test(start_paused = true)]
async fn a_create_with_a_lost_answer_is_looked_behind_and_not_sent_twice() {
    let losses = [
        broken(),
        Say::Hang,
        Say::Fail(TransportError::NoAnswer(seconds(120.0))),
        error(500, "InternalServerError"),
        error(502, "X"),
        error(503, "X"),
        error(504, "GatewayTimeout"),
        error(408, "X"),
    ];
    for loss in losses {
        // It takes effect, and shows 12 s after the answer was lost.
        let (what, mut sent) = (format!("{loss:?}"), None);
        let world = World::new(move |seen| match (&seen.method, sent) {
            (&Method::PUT, None) => {
                sent = Some(seen.at);
                loss.clone()
            }
            (&Method::GET, Some(sent)) if seen.at > sent + seconds(12.0) && !matches!(loss, Say::Hang) => is(2),
            (&Method::GET, Some(sent)) if seen.at > sent + seconds(132.0) => is(2),
            (&Method::GET, _) => absent(),
            _ => error(409, "AlreadyThere"),
        });
        let ran = run(world).await;
        ran.result.as_ref().unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((ran.puts, ran.action), (1, Some(Action::Created)), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_got_lost_on_the_way_is_sent_again_until_it_is_clear_that_it_never_arrives() {
    let ran =
        run(service([absent(), absent(), absent(), absent(), absent(), absent(), is(2)], [broken(), taken()])).await;
    assert_eq!((ran.puts, ran.action), (1, Some(Action::Created)), "six looks take less than the time to settle");
    let mut puts = 0;
    let world = World::new(move |seen| match seen.method {
        Method::PUT => {
            puts += 1;
            if puts > 3 { taken() } else { error(503, "X").with("retry-after", "60") }
        }
        _ if puts > 3 => is(2),
        _ => absent(),
    });
    let ran = run(world).await;
    assert_eq!((ran.puts, ran.action), (4, Some(Action::Created)));
    let at: Vec<_> = ran.world.seen().into_iter().filter(|one| one.method == Method::PUT).map(|one| one.at).collect();
    assert!(at.windows(2).all(|two| two[1] - two[0] >= seconds(60.0)), "as long as the service asked: {at:?}");

    let ran = run(service([absent()], [broken()])).await;
    assert!(matches!(&ran.result, Err(Error::Azure { source: AzureError::Transport { .. }, .. })), "{:?}", ran.result);
    assert!(ran.took >= seconds(600.0) && ran.took < seconds(700.0), "{:?}", ran.took);
    assert!(ran.puts <= 21, "{} writes", ran.puts);
}

#[tokio::test(start_paused = true)]
async fn refusals_that_pass_are_waited_out_up_to_their_limit() {
    let codes: Vec<_> = Code::KNOWN.iter().filter_map(|code| Some((code.clone(), wait_for(code)?))).collect();
    assert_eq!(codes.len(), 11);
    for (code, wait) in codes {
        for envelope in [
            body!({"code": code.as_str(), "message": IN_PROGRESS}),
            body!({"error": {"code": "Outer", "message": "m",
            "details": [{"code": code.as_str(), "message": IN_PROGRESS}]}}),
        ] {
            let refused = json(409, &envelope);
            // Passed after nine tenths of the limit.
            let passes = wait.limit.mul_f64(0.9);
            let (mut made, again) = (false, refused.clone());
            let ran = run(World::new(move |seen| match seen.method {
                Method::PUT if seen.at < passes => again.clone(),
                Method::PUT => {
                    made = true;
                    taken()
                }
                _ if made => is(2),
                _ => absent(),
            }))
            .await;
            ran.result.as_ref().unwrap_or_else(|error| panic!("{code}: {error}"));
            assert!(ran.took <= passes + seconds(16.0), "{code}: noticed after {:?}", ran.took);
            // Never passes: the service's error, soon after the limit.
            let ran = run(service([absent()], [refused])).await;
            assert!(
                ran.code().is_some_and(|found| found == code.as_str() || found == "Outer"),
                "{code}: {:?}",
                ran.result
            );
            assert!(ran.took >= wait.limit && ran.took <= wait.limit + seconds(20.0), "{code}: {:?}", ran.took);
            let ledger = &ran.ctx.ledger;
            assert!(
                ledger.continuing().is_empty() && ledger.unanswered().is_empty(),
                "{code}: refused is not under way"
            );
        }
    }
    // What does not pass is told at once.
    for code in ["InsufficientQuota", "AuthorizationFailed", "Surprise"] {
        let ran = run(service([absent()], [error(400, code)])).await;
        assert_eq!((ran.code().as_deref(), ran.puts), (Some(code), 1));
        assert!(ran.took < seconds(1.0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_a_later_one_took_the_place_of_is_begun_again_and_one_that_a_deletion_ended_is_not() {
    let poll = "https://management.azure.com/subscriptions/s/operations/1";
    let run_with = async |code: &'static str| {
        let (mut polled, mut sent) = (0, 0);
        let world = World::new(move |seen| match (&seen.method, seen.path.ends_with("/1")) {
            (&Method::GET, true) => {
                polled += 1;
                let ended = body!({"status": "Failed", "error": {"code": code, "message": "preempted"}});
                json(200, &if polled > 1 { body!({"status": "Succeeded"}) } else { ended })
            }
            (&Method::GET, false) if sent > 1 => is(2),
            (&Method::GET, false) => absent(),
            _ => {
                sent += 1;
                status(202).with("azure-asyncoperation", poll)
            }
        });
        run(world).await
    };
    for code in ["AKSOperationPreempted", "OperationPreempted"] {
        let ran = run_with(code).await;
        ran.result.as_ref().unwrap_or_else(|error| panic!("{code}: {error}"));
        assert_eq!(ran.puts, 2, "{code}");
    }
    let ran = run_with("AKSOperationPreemptedByDelete").await;
    assert_eq!((ran.code().as_deref(), ran.puts), (Some("AKSOperationPreemptedByDelete"), 1));
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_own_time() {
    // 600 s of one, then 100 s of another that is waited for 120 s.
    let mut made = false;
    let ran = run(World::new(move |seen| match seen.method {
        Method::PUT if seen.at < seconds(600.0) => error(400, "PrincipalNotFound"),
        Method::PUT if seen.at < seconds(700.0) => in_progress(409, "Conflict"),
        Method::PUT => {
            made = true;
            taken()
        }
        _ if made => is(2),
        _ => absent(),
    }))
    .await;
    ran.result.expect("made");
    // The service's own Retry-After is heeded where it is the longer one.
    let ran =
        run(service([absent(), absent(), is(2)], [in_progress(409, "Conflict").with("retry-after", "50"), taken()]))
            .await;
    assert!(ran.took >= seconds(50.0), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn one_that_stays_busy_is_timed_out() {
    let ran = run(service([in_state("Updating")], [])).await;
    let Err(Error::Azure { source: AzureError::TimedOut { .. }, .. }) = &ran.result else { panic!("{:?}", ran.result) };
    assert!(ran.took >= seconds(900.0) && ran.took < seconds(910.0), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_every_wait_and_begins_no_write() {
    let poll = "https://management.azure.com/subscriptions/s/operations/1";
    let begun = || status(202).with("azure-asyncoperation", poll);
    let running = || json(200, &body!({"status": "InProgress", "state": "Creating"}));
    let cases: Vec<(&str, Vec<Say>, Vec<Say>, bool)> = vec![
        ("operation", vec![absent(), running()], vec![begun()], true),
        ("busy", vec![in_state("Updating")], vec![status(500)], true),
        ("refused", vec![absent()], vec![error(400, "PrincipalNotFound")], false),
        ("unclear", vec![absent()], vec![broken()], false),
        ("late", vec![absent()], vec![taken()], true),
    ];
    for (what, looks, writes, goes_on) in cases {
        let world = service(looks, writes);
        world.stop_after(seconds(7.77));
        let ran = run(world).await;
        assert!(matches!(ran.result, Err(Error::Interrupted)), "{what}: {:?}", ran.result);
        // At most the read that was under way.
        assert!(ran.took <= seconds(7.77) + LATENCY, "{what}: {:?}", ran.took);
        assert!(ran.world.seen().iter().all(|one| one.method == Method::GET || one.at < seconds(7.77)), "{what}");
        let (taken, unanswered) = (ran.ctx.ledger.continuing(), ran.ctx.ledger.unanswered());
        assert_eq!(!taken.is_empty(), goes_on, "{what}: {taken:?}");
        assert_eq!(!unanswered.is_empty(), what == "unclear", "{what}: {unanswered:?}");
    }
    // Stopped while it is looked at: nothing is begun, and nothing is said to go on.
    let world = service([absent()], [taken()]);
    world.stop_after(LATENCY + LATENCY / 2);
    let mut ran = run(world).await;
    assert!(matches!(ran.result, Err(Error::Interrupted)));
    while let Ok(event) = ran.world.told.try_recv() {
        assert!(!matches!(event.kind, EventKind::ResourceWriting { .. }), "told as being written");
    }
    assert_eq!((ran.puts, ran.ctx.ledger.continuing().len(), ran.ctx.ledger.unanswered().len()), (0, 0, 0));
}

/// Two labs that write below one parent: never two writes in progress, and what one has made the other does not write again.
#[tokio::test(start_paused = true)]
async fn one_writer_a_parent_across_labs() {
    let under_way = Arc::new(AtomicI64::new(0));
    let most = Arc::new(AtomicI64::new(0));
    let polled = Arc::new(AtomicUsize::new(0));
    let made = Arc::new(Mutex::new(VecDeque::<String>::new()));
    let world = {
        let (under_way, most, polled, made) = (under_way.clone(), most.clone(), polled.clone(), made.clone());
        World::new(move |seen| match (&seen.method, seen.path.rsplit_once("/operations/")) {
            // Each write takes three polls.
            (&Method::GET, Some((_, name))) => {
                if !polled.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) {
                    return json(200, &body!({"status": "Creating"}));
                }
                under_way.fetch_sub(1, Ordering::SeqCst);
                made.lock().expect("the list").push_back(name.to_owned());
                json(200, &body!({"status": "Succeeded"}))
            }
            (&Method::GET, None) => {
                let name = seen.path.rsplit('/').next().unwrap_or_default().to_owned();
                if made.lock().expect("the list").contains(&name) { is(2) } else { absent() }
            }
            _ => {
                most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let name = seen.path.rsplit('/').next().unwrap_or_default();
                let poll = format!("https://management.azure.com/subscriptions/s/operations/{name}");
                status(202).with("azure-asyncoperation", &poll)
            }
        })
    };
    polled.store(1, Ordering::SeqCst);
    let locks = ParentLocks::default();
    let (first, second) = (context(&world, &locks), context(&world, &locks));
    let below = |name: &str, parent: &str| Thing::new(name).below(parent);
    let (a, b, shared, again) = (below("a", "/p"), below("b", "/P"), below("c", "/p"), below("c", "/P"));
    let (one, two, three, four) =
        tokio::join!(ensure(&first, &a), ensure(&second, &b), ensure(&first, &shared), ensure(&second, &again));
    for made in [one, two, three, four] {
        made.expect("made");
    }
    assert_eq!(most.load(Ordering::SeqCst), 1, "writes in progress at once");
    assert_eq!(world.count(&Method::PUT), 3, "what both want is written once");
    let actions: Vec<_> = [first, second].iter().flat_map(|ctx| ctx.ledger.changes()).map(|one| one.action).collect();
    assert_eq!(actions.iter().filter(|action| **action == Action::Unchanged).count(), 1, "{actions:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_the_parent() {
    let world = service([absent()], [Say::Hang]);
    let locks = ParentLocks::default();
    let held = locks.lock("/p").await;
    world.stop_after(seconds(5.0));
    let (ctx, thing) = (context(&world, &locks), Thing::new("t").below("/p"));
    let result = crate::ends("the wait for the parent", ensure(&ctx, &thing)).await;
    assert!(matches!(result, Err(Error::Interrupted)));
    assert_eq!((world.elapsed(), world.count(&Method::PUT)), (seconds(5.0), 0));
    drop(held);
}
