//! `azlab status --watch` of a class: what it reads at each look.
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use azlab::cli::{Cli, Command};
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::commands::status;
use azlab::config::Config;
use azlab::outcome::{Exit, LabState};
use azlab::settings::{LabSource, StatusSettings};
use azlab_sandbox::LoggedRequest;
use tokio_util::sync::CancellationToken;

use crate::provision::fixture::Azure;

const LABS: usize = 12;
const CLASS: &str = "version = 1\nttl = '8h'\n[[labs]]\nname = 'seat-{n:02}'\ncount = 12\n";
/// Looks that are counted.
const LOOKS: usize = 30;

/// How many requests the service had seen when a look was shown, and the states that it showed; look by look.
type Shown = Vec<(usize, Vec<LabState>)>;

/// What a watch of the class saw: what each look read, and the states that it showed.
struct Watched {
    reads: Vec<Vec<LoggedRequest>>,
    states: Vec<Vec<LabState>>,
    /// Looks before somebody did something.
    acted: usize,
}

/// Watches the class for `LOOKS` looks, a second apart; after ten seconds somebody `does` something to it.
async fn watched(azure: &Azure, does: impl AsyncFnOnce()) -> Watched {
    let words = ["azlab", "status", "--all", "--watch", "--interval", "1s"];
    let cli = Cli::read_from(words).unwrap();
    let file = Arc::new(Config::parse(Path::new("azlab.toml"), CLASS).unwrap());
    let labs = LabSource::resolve(&cli.global, Some(file)).unwrap();
    let Command::Status(args) = &cli.command else { panic!("{words:?}") };
    let settings = StatusSettings::resolve(args, &labs).unwrap();
    let stop = CancellationToken::new();
    let (session, _events) = Prepared::sandbox(&azure.sandbox).unwrap().begin(stop.clone()).unwrap();
    let seen: Arc<Mutex<Shown>> = Arc::default();
    let (looks, sandbox, ends) = (Arc::new(AtomicUsize::new(0)), azure.sandbox.clone(), stop.clone());
    let show = {
        let (seen, looks) = (Arc::clone(&seen), Arc::clone(&looks));
        Arc::new(move |finished: &azlab::commands::finished::Finished| {
            let states = finished.result.labs.iter().flatten().map(|lab| lab.state).collect();
            seen.lock().unwrap().push((sandbox.request_log().len(), states));
            if looks.fetch_add(1, Ordering::Relaxed) + 1 == LOOKS {
                ends.cancel();
            }
            Ok(())
        })
    };
    let options = RunOptions { show: Some(show), ..RunOptions::default() };
    let from = azure.sandbox.request_log().len();
    let acts = async {
        azure.pass(10.0).await;
        let acted = looks.load(Ordering::Relaxed);
        does().await;
        acted
    };
    let (finished, acted) = tokio::join!(status::run(&session, &settings, &options), acts);
    assert_eq!(finished.exit, Exit::Interrupted);
    let (log, seen) = (azure.sandbox.request_log(), seen.lock().unwrap().clone());
    let starts = std::iter::once(from).chain(seen.iter().map(|(end, _)| *end));
    let reads = starts.zip(&seen).map(|(start, (end, _))| log[start..*end].to_vec()).collect();
    Watched { reads, states: seen.into_iter().map(|(_, states)| states).collect(), acted }
}

fn of_single_labs(reads: &[LoggedRequest]) -> usize {
    reads.iter().filter(|one| one.path.contains("/resourceGroups/")).count()
}

#[tokio::test(start_paused = true)]
async fn a_watch_reads_lists_at_each_look_and_single_labs_in_turn() {
    let azure = Azure::new();
    azure.run_with(CLASS, "provision --all").await.ready();
    let watched = watched(&azure, async || {}).await;
    let single: Vec<usize> = watched.reads.iter().map(|reads| of_single_labs(reads)).collect();
    assert_eq!(single[0], 2 * LABS, "the first look reads each deployment and each credential");
    // A second has room for one lab (src/commands/turns.rs): its deployment and its credential.
    assert!(single[1..].iter().all(|count| *count == 2), "{single:?}");
    let most = watched.reads[1..].iter().map(Vec::len).max().unwrap();
    assert!(most <= 10, "{most} reads in a look at {LABS} labs");
    assert!(watched.states.iter().flatten().all(|state| *state == LabState::Ready), "{:?}", watched.states);
}

#[tokio::test(start_paused = true)]
async fn what_changes_while_a_class_is_watched_is_shown_at_once_by_lists_and_else_within_a_turn() {
    let azure = Azure::new();
    azure.run_with(CLASS, "provision --all").await.ready();
    let watched = watched(&azure, async || {
        // A cluster has a list; a deployment has none.
        azure.delete("/resourceGroups/myResourceGroup-seat-03/providers/Microsoft.ContainerService/managedClusters/myAKSCluster?api-version=2025-08-01").await;
        azure.break_lab("myResourceGroup-seat-09").await;
    })
    .await;
    let first = |lab: usize| watched.states.iter().position(|states| states[lab] == LabState::Incomplete).unwrap();
    let acted = watched.acted;
    assert!((acted..=acted + 1).contains(&first(2)), "the cluster of seat-03 at look {} after {acted}", first(2));
    assert!(
        (acted..=acted + LABS + 1).contains(&first(8)),
        "the deployment of seat-09 at look {} after {acted}",
        first(8)
    );
}
