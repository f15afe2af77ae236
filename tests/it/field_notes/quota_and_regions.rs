//! Quota and regions.

use azlab::events::CheckStatus;
use azlab::outcome::{CheckReport, Exit};
use azlab_sandbox::scenario::Scenario;
use http::Method;

use crate::provision::fixture::{Azure, refusal};

/// The service counts an unchanged deployment against the quota anew when it is PUT again.
#[tokio::test(start_paused = true)]
async fn re_put_of_an_unchanged_model_deployment_returns_insufficient_quota() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().set_quota("*", "OpenAI.Standard.gpt-35-turbo", 0).expect("quota");
    azure.fault(Method::PUT, "/deployments/", usize::MAX, refusal(400, "InsufficientQuota"));
    assert!(azure.provision("").await.ready().writes().is_empty());
    assert!(azure.provision("--capacity 10 --model-sku standard").await.ready().writes().is_empty());
}

/// A quota that is raised is of no use while another of the same labs is as small as before.
#[tokio::test(start_paused = true)]
async fn quotas_that_are_needed_together_are_told_so() {
    let azure = Azure::new();
    for (usage, limit) in [("ManagedClusters", 4), ("cores", 9), ("OpenAI.S0.AccountCount", 3)] {
        azure.sandbox.control().set_quota("*", usage, limit).expect("quota");
    }
    let labs = "[[labs]]\nname = 'seat-{n}'\ncount = 8\n";
    let of_place = "[[placement]]\nlocations = ['westeurope']\n";
    for (file, commands) in [
        (format!("version = 1\nlocation = 'westeurope'\n{labs}"), ["doctor --all", "provision --all"]),
        (format!("version = 1\n{labs}{of_place}"), ["doctor --all", "provision --all"]),
    ] {
        for command in commands {
            let ran = azure.run_with(&file, command).await.refused(Exit::Preflight);
            let result = &ran.finished.result;
            let of_checks = result.checks.iter().flatten().filter_map(|check| check.hint.clone());
            let of_error = result.error.iter().filter_map(|error| error.hint.clone());
            let of_labs = result.labs.iter().flatten().filter_map(|lab| lab.error.as_ref()?.hint.clone());
            let told: Vec<String> = of_checks.chain(of_error).chain(of_labs).collect();
            let asks = |hint: &&String| hint.contains("ask for a quota");
            let hint = told.iter().find(asks).unwrap_or_else(|| panic!("{command}: {result:?}"));
            assert!(hint.contains("do all 3 of these, for each is needed:\n  ask for a quota "), "{command}: {hint}");
            for usage in ["ManagedClusters of ", "cores of ", "OpenAI.S0.AccountCount of "] {
                assert!(hint.contains(&format!("\n  ask for a quota {usage}")), "{command}: {hint}");
            }
            assert!(!told.iter().any(|hint| hint.contains("or ask for")), "{command}: {told:?}");
        }
    }
}

/// Less of a model is of no use to a lab that has no vCPUs, and another region of none to one that may have no group.
#[tokio::test(start_paused = true)]
async fn less_of_a_model_or_another_region_is_told_as_a_way_out_only_where_it_is_one() {
    async fn hint(azure: &Azure) -> String {
        let ran = azure.run("provision --lab a b c d e").await.refused(Exit::Preflight);
        ran.finished.result.error.and_then(|error| error.hint).expect("a hint")
    }
    let azure = Azure::new();
    let quota = |usage: &str, limit| azure.sandbox.control().set_quota("westeurope", usage, limit).expect("quota");
    quota("OpenAI.Standard.gpt-35-turbo", 45);
    let told = hint(&azure).await;
    assert!(told.starts_with("give each lab less (--capacity 9 fits all of them here), or\nsplit the class"), "{told}");
    quota("cores", 9);
    let told = hint(&azure).await;
    assert!(!told.contains("fits all of them here), or\n"), "{told}");
    for says in [
        "do both of these, for each is needed:\n  ask for a quota cores of 20",
        "\n  give each lab less (--capacity 9 fits all of them here), or ask for a quota OpenAI.Standard.gpt-35-turbo of 50",
    ] {
        assert!(told.contains(says), "{told}");
    }
    let azure = Azure::new();
    azure.sandbox.play(&Scenario::load("group-limit").expect("a scenario")).expect("in force");
    azure.sandbox.control().set_quota("westeurope", "cores", 9).expect("quota");
    let told = hint(&azure).await;
    assert!(!told.contains("split the class") && told.contains("the limit cannot be raised"), "{told}");
    assert!(told.contains("helps only beside what is told of the resource groups"), "{told}");
}

/// Nobody pastes 150 names; few are told by name, as options.
#[tokio::test(start_paused = true)]
async fn a_class_that_does_not_fit_is_told_by_counts_and_by_the_lines_of_its_file() {
    let azure = Azure::new();
    for (count, by_name) in [(150, false), (12, true)] {
        azure.sandbox.control().set_quota("westeurope", "OpenAI.S0.AccountCount", 7).expect("quota");
        let file = format!(
            "version = 1\nlocation = 'westeurope'\n[[labs]]\nname = 'seat-{{n:03}}'\ncount = {count}\n\
             [[deployments]]\nname = 'gpt-35-turbo'\nmodel = 'auto'\ncapacity = 1\n"
        );
        let ran = azure.run_with(&file, "doctor --all").await.refused(Exit::Preflight);
        let checks = ran.finished.result.checks.as_deref().expect("checks");
        let failed = |check: &&CheckReport| check.id == "account_count" && check.status == CheckStatus::Fail;
        let hint = checks.iter().find(failed).and_then(|check| check.hint.clone()).expect("a hint");
        assert!(hint.contains("[[placement]]") && hint.contains("locations = [\"westeurope\", "), "{hint}");
        assert_eq!(hint.contains("--lab seat-001 "), by_name, "{hint}");
        if !by_name {
            assert!(hint.contains("7 labs in westeurope") && !hint.contains("seat-"), "{hint}");
            assert!(hint.lines().all(|line| line.len() < 120 || line.contains("https://")), "{hint}");
        }
    }
}
