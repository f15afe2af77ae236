//! `--timeout` against a service that stops answering: no command goes on after its limit, wherever it was.

use azlab::outcome::Exit;
use azlab_sandbox::{Fault, FaultKind};

use super::fixture::Azure;

/// Every command that asks Azure of a lab.
const COMMANDS: [&str; 11] = [
    "provision",
    "deploy-model --capacity 2",
    "teardown --yes",
    "status",
    "verify",
    "reset --yes",
    "doctor",
    "env",
    "kubeconfig --file -",
    "extend --ttl 3h",
    "sweep --expired --yes",
];

#[tokio::test(start_paused = true)]
async fn a_limit_holds_for_every_command_from_whichever_request_on_nobody_answers() {
    for command in COMMANDS {
        let mut cut = 0;
        for answered in [0, 1, 2, 3, 5, 8, 13] {
            let azure = Azure::with_lab().await;
            // Something to do for a sweep, and for a repair.
            if command.starts_with("sweep") {
                azure.run("extend --ttl 1h").await.ready();
                azure.pass(7_200.0).await;
            }
            azure.sandbox.control().inject(Fault {
                method: None,
                path_contains: String::new(),
                skip: answered,
                times: usize::MAX,
                kind: FaultKind::Delay(1e6),
            });
            let began = azure.now();
            let ran = azure.run(&format!("{command} --timeout 60s")).await;
            let took = (azure.now() - began).as_seconds_f64();
            assert!(took < 62.0, "{command}, {answered} answered: {took} s");
            if ran.exit() == Exit::TimedOut {
                cut += 1;
                let result = &ran.finished.result;
                let error =
                    result.error.as_ref().or_else(|| result.labs.iter().flatten().find_map(|lab| lab.error.as_ref()));
                let error = error.unwrap_or_else(|| panic!("{command}: no error: {result:#?}"));
                assert!(error.code == "TimedOut" && error.hint.is_some(), "{command}: {error:?}");
            } else {
                assert!(took < 60.0, "{command}, {answered} answered: {:?} after {took} s", ran.exit());
            }
        }
        assert!(cut > 0, "{command} was never out of time");
    }
}
