//! What stops a run before its first write, with a fix that works.

use azlab::events::CheckStatus;
use azlab::outcome::{Exit, LabState};
use http::Method;

use super::fixture::{Azure, refusal};

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made_here_stops_before_the_first_write() {
    type Prepare = fn(&Azure);
    let cases: [(&str, Prepare, &str, &str, &str); 9] = [
        (
            "--location westeurop",
            |_| (),
            "LocationNotAvailableForResourceGroup",
            "'westeurop' is not known",
            "--location westeurope",
        ),
        (
            "--location atlantis",
            |_| (),
            "LocationNotAvailableForResourceGroup",
            "'atlantis' is not known",
            "--location: ",
        ),
        // A region without Azure OpenAI has no models.
        ("--location koreasouth", |_| (), "DeploymentModelNotSupported", "koreasouth", "another --location"),
        (
            "--node-vm-size Standard_D2_v5s",
            |_| (),
            "VMSizeNotSupported",
            "'Standard_D2_v5s' is not known",
            "Standard_D2s_v5",
        ),
        (
            "--node-vm-size Standard_NC6s_v3",
            |_| (),
            "VMSizeNotSupported",
            "NotAvailableForSubscription",
            "az vm list-sizes -l westeurope",
        ),
        (
            "",
            |azure| azure.sandbox.control().set_quota("*", "cores", 3).expect("quota"),
            "ErrCode_InsufficientVCPUQuota",
            "has 3 left of 3",
            "--node-count",
        ),
        (
            "--node-count 5",
            |azure| azure.sandbox.control().set_quota("*", "standardDSv5Family", 8).expect("quota"),
            "ErrCode_InsufficientVCPUQuota",
            "need 10 vCPUs",
            "--node-vm-size",
        ),
        (
            "",
            |azure| azure.sandbox.control().unregister_provider("Microsoft.ContainerService").expect("unregistered"),
            "MissingSubscriptionRegistration",
            "Microsoft.ContainerService",
            "az provider register --namespace Microsoft.ContainerService --wait",
        ),
        (
            "",
            |azure| azure.sandbox.control().unregister_provider("Microsoft.CognitiveServices").expect("unregistered"),
            "MissingSubscriptionRegistration",
            "Microsoft.CognitiveServices",
            "az provider register --namespace Microsoft.CognitiveServices --wait",
        ),
    ];
    for (arguments, prepare, code, says, hint) in cases {
        let azure = Azure::new();
        prepare(&azure);
        let ran = azure.provision(arguments).await.refused(Exit::Preflight);
        let error = ran.error();
        assert_eq!((error.code.as_str(), ran.lab().state), (code, LabState::Failed), "{arguments}: {error:#?}");
        assert!(error.message.contains(says), "{arguments}: {}", error.message);
        assert!(error.hint.as_deref().is_some_and(|text| text.contains(hint)), "{arguments}: {:?}", error.hint);
        assert!(!ran.checks(CheckStatus::Fail).is_empty(), "{arguments}: the check is told");
        assert!(azure.census().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn all_that_is_wrong_is_told_at_once() {
    let azure = Azure::new();
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    azure.sandbox.control().set_quota("*", "cores", 2).expect("quota");
    azure.sandbox.control().set_quota("*", "OpenAI.S0.AccountCount", 0).expect("quota");
    let ran = azure.provision("--model gpt-35-turbo").await.refused(Exit::Preflight);
    let mut failed: Vec<_> = ran.checks(CheckStatus::Fail).into_iter().map(|(id, _)| id).collect();
    failed.sort_unstable();
    assert_eq!(failed, ["account_count", "model", "vcpu_quota"]);
}

#[tokio::test(start_paused = true)]
async fn no_room_for_an_upgrades_node_is_a_warning() {
    let azure = Azure::new();
    azure.sandbox.control().set_quota("*", "cores", 5).expect("quota");
    let ran = azure.provision("").await.ready();
    let warned = ran.checks(CheckStatus::Warn);
    assert!(warned.iter().any(|(id, says)| *id == "vcpu_quota" && says.contains("upgrade")), "{warned:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lab_that_exists_is_not_measured_against_quota_again() {
    let azure = Azure::with_lab().await;
    for usage in ["cores", "OpenAI.S0.AccountCount", "OpenAI.Standard.gpt-35-turbo"] {
        azure.sandbox.control().set_quota("*", usage, 0).expect("quota");
    }
    azure.sandbox.control().unregister_provider("Microsoft.ContainerService").expect("unregistered");
    assert!(azure.provision("").await.ready().writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn checks_that_cannot_be_made_are_told_and_do_not_stop() {
    for (path, id) in [
        ("/providers/microsoft.compute/skus", "vm_size"),
        ("/microsoft.compute/locations/westeurope/usages", "vcpu_quota"),
        ("/deletedaccounts", "account_name"),
        ("/providers/microsoft.containerservice?", "providers"),
    ] {
        let azure = Azure::new();
        azure.fault(Method::GET, path, 1, refusal(403, "AuthorizationFailed"));
        let ran = azure.provision("").await.ready();
        let skipped = ran.checks(CheckStatus::Skip);
        assert!(
            skipped.iter().any(|(skipped, says)| *skipped == id && says.contains("AuthorizationFailed")),
            "{id}: {}",
            ran.told()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn passing_over_the_checks_the_services_own_refusals_are_told() {
    let azure = Azure::new();
    azure.sandbox.control().set_quota("*", "cores", 3).expect("quota");
    let ran = azure.provision("--skip-preflight").await;
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::LabFailed, "ErrCode_InsufficientVCPUQuota"));
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--node-count")));

    let azure = Azure::new();
    azure.sandbox.control().unregister_provider("Microsoft.ManagedIdentity").expect("unregistered");
    let ran = azure.provision("--skip-preflight").await;
    assert_eq!(ran.error().code, "MissingSubscriptionRegistration");
    assert!(
        ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--namespace Microsoft.ManagedIdentity --wait"))
    );
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_look_nothing_is_written() {
    let azure = Azure::new();
    azure.fault(Method::GET, "/resourcegroups/", usize::MAX, refusal(403, "AuthorizationFailed"));
    let ran = azure.provision("").await.refused(Exit::LabFailed);
    assert_eq!(ran.error().code, "AuthorizationFailed");
}
