#[path = "../../examples/served.rs"]
mod served;

const README: &str = include_str!("../../README.md");

#[track_caller]
fn shows(code: &str) {
    assert!(README.contains(&format!("```rust\n{code}```\n")), "the README does not have this text:\n{code}");
}

#[test]
fn the_test_that_the_readme_shows_is_one_that_runs() {
    shows(include_str!("in_process.rs"));
    shows(include_str!("models.rs"));
}

#[test]
fn the_server_that_the_readme_shows_is_the_example_that_runs() {
    // Before it stands what the example is, for people who open it alone, and after it the test that runs it, in here.
    let (_, code) = include_str!("../../examples/served.rs").split_once("\n\n").unwrap();
    shows(code.split_once("\n#[cfg(test)]").unwrap().0);
}

#[test]
fn the_readme_names_what_scripts_may_rely_on_as_it_is() {
    let client = azlab_sandbox::signin::DEFAULT_CLIENT_ID.to_string();
    for name in [
        azlab_sandbox::SUBSCRIPTION_ID,
        azlab_sandbox::TENANT_ID,
        azlab_sandbox::SIGNED_IN_OBJECT_ID,
        azlab_sandbox::ARM_AUDIENCE,
        azlab_sandbox::signin::CLOUD_NAME,
        &client,
    ] {
        assert!(README.contains(&format!("`{name}`")), "{name}");
    }
}
