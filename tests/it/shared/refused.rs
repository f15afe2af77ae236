use std::path::Path;

use azlab::config::Config;
use azlab::outcome::Exit;

use super::{CLASS, quick};

#[test]
fn what_does_not_go_with_a_shared_account_is_told_with_its_line() {
    let shared = "[openai]\nshared = true\n";
    for (rest, says) in [
        ("[openai]\nper_lab = 5\n", &["azlab.toml:3", "per_lab is for an account that labs share"][..]),
        ("[openai]\nshared = true\nper_lab = 0\n", &["azlab.toml:4"]),
        ("[openai]\nshared = true\nper_lab = -1\n", &["azlab.toml:4"]),
        ("[openai]\nshared = true\nper_lab = 2.5\n", &["azlab.toml:4"]),
        ("[openai]\nshared = 'yes'\n", &["azlab.toml:3"]),
        ("[openai]\nshared = true\naccount = 'mine'\n", &["azlab.toml:4", "exclude each other"]),
        (
            &format!("[[labs]]\nname = 'ada'\nopenai = {{ account = 'mine' }}\n{shared}"),
            &["azlab.toml:4", "'ada'", "gives it none"],
        ),
        (
            &format!("[[labs]]\nname = 'ada'\nopenai = {{ shared = false }}\n{shared}"),
            &["azlab.toml:4", "for all labs of the file"],
        ),
        (
            &format!("[[labs]]\nname = 'ada'\n[[labs.deployments]]\nname = 'gpt'\n{shared}"),
            &["azlab.toml:", "'ada'", "gives all labs the same"],
        ),
    ] {
        let file = format!("version = 1\n{rest}");
        let told = Config::parse(Path::new("azlab.toml"), &file).expect_err(rest).to_string();
        for part in says {
            assert!(told.contains(part), "{rest}: {part}: {told}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_is_not_deployed_for_one_lab_onto_what_is_others_too() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    for line in ["deploy-model -l ada --name more --model gpt-4o-mini", "deploy-model -l ada --remove gpt-35-turbo"] {
        for ran in [azure.run_with(CLASS, line).await, azure.run(line).await] {
            let ran = ran.refused(Exit::Usage);
            assert_eq!(ran.error().code, "SharedAccount", "{line}");
            assert!(ran.error().hint.as_ref().unwrap().contains("provision --all"), "{line}");
        }
    }
    let listed = azure.run_with(CLASS, "deploy-model -l ada --list").await;
    assert!(!listed.finished.result.models.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn labs_that_exist_keep_their_accounts_when_the_file_begins_to_share_or_ends_it() {
    let azure = quick();
    let own = CLASS.replace("shared = true\nper_lab = 20\n", "");
    azure.run_with(&own, "provision -l ada").await.ready();
    let mixed = azure.run_with(CLASS, "provision --all").await.ready();
    assert!(
        mixed.told().contains("1 lab keeps an OpenAI account of its own, with which it was made (ada)"),
        "{}",
        mixed.told()
    );
    assert_eq!((azure.all("accounts").len(), azure.roles_on_account()), (2, 1), "ada's own, and one for ben");
    let shared = azure.shared_group();
    assert_eq!(azure.run_with(CLASS, "provision --all").await.ready().writes().len(), 0);
    assert_eq!(azure.run_with(CLASS, "verify --all").await.exit(), Exit::Done);
    // Made again, a lab is as the file says.
    azure.run_with(CLASS, "reset --rebuild -l ada --yes").await.ready();
    assert_eq!((azure.all("accounts").len(), azure.roles_on_account()), (1, 2));
    azure.run_with(CLASS, "provision --all").await.ready();
    assert_eq!(azure.capacities(), [40]);
    // And back: nothing is deleted silently.
    let back = azure.run_with(&own, "provision --all").await.ready();
    let told = back.told();
    assert!(told.contains("2 labs keep the OpenAI account that they share") && told.contains("--rebuild"), "{told}");
    assert_eq!((azure.all("accounts").len(), azure.shared_group()), (1, shared));
    azure.run_with(&own, "reset --rebuild -l ada --yes").await.ready();
    assert_eq!(azure.all("accounts").len(), 2);
    assert_eq!(azure.run_with(&own, "teardown --all --yes").await.exit(), Exit::Done);
    azure.is_empty();
}

#[tokio::test(start_paused = true)]
async fn a_lab_made_again_without_the_file_stays_on_the_account_that_it_shares() {
    let azure = quick();
    azure.run_with(CLASS, "provision --all").await.ready();
    azure.run("reset --rebuild -l ada --yes").await.ready();
    assert_eq!((azure.all("accounts").len(), azure.roles_on_account(), azure.capacities()), (1, 2, vec![40]));
}
