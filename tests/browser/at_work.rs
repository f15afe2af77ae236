//! The board of a class of 300 while it is made, as azlab writes it: on a clock that does not wait.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use azlab::outcome::Exit;
use azlab_sandbox::{Fault, FaultKind, OperationEnd, OperationFault};
use azlab_simulation::large::{Class, simulated};
use azlab_simulation::process::Process;
use http::Method;
use serde_json::json;

use crate::made::Home;

const CLASS: &str =
    "version = 1\nworkshop = \"azure-friday\"\nttl = \"8h\"\n[[labs]]\nname = \"seat-{n:03}\"\ncount = 300\n";
/// Not 1: a page on the wall's clock goes on counting after it was written, and this class is in April.
const SPEED: f64 = 2.0;

/// Seats that come to grief: what is asked for when it does, how many of such requests go well before, and why it fails.
const FAILING: [(usize, &str, usize, &str); 3] = [
    (17, "Microsoft.ContainerService/managedClusters/", 0, "ReconcileVMSSAgentPoolFailed"),
    (142, "Microsoft.ContainerService/managedClusters/", 0, "VMExtensionProvisioningTimeout"),
    (233, "Microsoft.CognitiveServices/accounts/", 1, "InternalServerError"),
];
/// Its account is closed to the public network: it is as azlab made it, and verify fails.
const CLOSED: usize = 88;
/// Its model is taken away.
const WITHOUT_MODEL: usize = 201;
/// So many are made first.
const FIRST: usize = 264;
/// The last of those that are made then; the rest is absent.
const THEN: usize = 291;

/// The page of the board, written while the last labs are created.
pub(crate) fn board_of_300_at_work(home: &Home) -> PathBuf {
    static PAGE: OnceLock<String> = OnceLock::new();
    let page = PAGE.get_or_init(|| {
        let file = home.file("at-work.html");
        let out = file.clone();
        // On a thread of its own: a test's has a runtime already.
        std::thread::spawn(move || simulated(async { write(&out).await })).join().unwrap();
        std::fs::read_to_string(file).unwrap()
    });
    home.write("board.html", page)
}

fn seats(numbers: impl Iterator<Item = usize>) -> String {
    numbers.map(|number| format!(" seat-{number:03}")).collect()
}

fn group(number: usize) -> String {
    format!("/resourceGroups/myResourceGroup-seat-{number:03}/providers/")
}

async fn write(out: &Path) {
    let class = Class::described(CLASS, SPEED);
    for (number, kind, skip, code) in FAILING {
        let fails = OperationFault {
            ends: OperationEnd::Failed,
            at: 0.7,
            code: code.to_owned(),
            message: "The operation failed.".to_owned(),
        };
        class.sandbox.control().inject(Fault {
            method: Some(Method::PUT),
            path_contains: group(number) + kind,
            skip,
            times: 10,
            kind: FaultKind::Operation(fails),
        });
    }
    let (first, _) = class.run_heard(&format!("provision -l{}", seats(1..=FIRST))).await;
    assert_eq!(first.exit, Exit::LabFailed, "{:?}", first.result.error);
    let (removed, _) = class.run_heard(&format!("deploy-model -l seat-{WITHOUT_MODEL:03} --remove gpt-35-turbo")).await;
    assert_eq!(removed.exit, Exit::Done, "{:?}", removed.result.error);
    close_account(&class).await;
    let (process, other) = (Process::start(1), Process::start(2));
    let line = format!("provision -l{}", seats(FIRST + 1..=THEN));
    tokio::select! {
        _ = class.run_by(Some(process.writer("laptop")), &line) => panic!("it ends before the board is written"),
        () = async {
            // Two minutes and a half of the service's time: their clusters are being created.
            class.sandbox.clock().sleep(Duration::from_secs(150)).await;
            let (written, _) = class.run_by(Some(other.writer("projector")), &format!("board --all --out {}", out.display())).await;
            assert_eq!(written.exit, Exit::Done, "{:?}", written.result.error);
        } => {}
    }
}

async fn close_account(class: &Class) {
    let path = group(CLOSED) + "Microsoft.CognitiveServices/accounts?api-version=2024-10-01";
    let accounts = class.sandbox.send(Method::GET, &path, None).await.unwrap();
    let id = accounts.body["value"][0]["id"].as_str().unwrap().to_owned();
    let closed = json!({"properties": {"publicNetworkAccess": "Disabled"}});
    let answer =
        class.sandbox.send(Method::PATCH, &format!("{id}?api-version=2024-10-01"), Some(closed)).await.unwrap();
    assert!(answer.status.is_success(), "{}", answer.body);
}
