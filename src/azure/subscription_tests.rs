use tempfile::TempDir;

use super::*;

const ID: &str = "11111111-2222-3333-4444-555555555555";
const TENANT: &str = "99999999-2222-3333-4444-555555555555";

fn profile(content: &[u8]) -> (TempDir, Environment) {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("azureProfile.json"), content).unwrap();
    let environment = Environment::from_pairs([("AZURE_CONFIG_DIR", directory.path())]);
    (directory, environment)
}

fn one(state: &str, default: bool) -> Vec<u8> {
    format!(
        r#"{{"installationId":"x","subscriptions":[
            {{"id":"00000000-0000-0000-0000-000000000001","name":"other","state":"Enabled","tenantId":"{TENANT}","isDefault":false}},
            {{"id":"{ID}","name":"Class","state":"{state}","tenantId":"{TENANT}","isDefault":{default},"user":{{"name":"a"}}}}]}}"#
    )
    .into_bytes()
}

#[test]
fn az_s_default_with_its_tenant() {
    let (_directory, environment) = profile(&one("Enabled", true));
    let found = resolve(None, None, &environment).unwrap();
    assert_eq!(found.id.to_string(), ID);
    assert_eq!(found.tenant.unwrap().to_string(), TENANT);
    assert_eq!(found.name.as_deref(), Some("Class"));
}

#[test]
fn a_default_that_is_past_due_is_still_active_and_one_that_is_not_can_be_named() {
    for state in ["PastDue", "enabled"] {
        let (_directory, environment) = profile(&one(state, true));
        assert_eq!(resolve(None, None, &environment).unwrap().id.to_string(), ID, "{state}");
    }
    let (_directory, environment) = profile(&one("Warned", true));
    let error = resolve(None, None, &environment).unwrap_err().to_string();
    assert!(error.ends_with(&format!("--subscription {ID}")), "{error}");
    assert_eq!(resolve(Some(ID), None, &environment).unwrap().id.to_string(), ID);
}

#[test]
fn a_byte_order_mark_is_no_part_of_it() {
    let (_directory, environment) = profile(&[b"\xEF\xBB\xBF".to_vec(), one("Enabled", true)].concat());
    assert_eq!(resolve(None, None, &environment).unwrap().id.to_string(), ID);
}

#[test]
fn what_is_given_goes_first_and_needs_no_profile() {
    let (_directory, environment) = profile(b"{ not json");
    let given = "00000000-0000-0000-0000-00000000000A";
    let found = resolve(Some(given), None, &environment).unwrap();
    assert_eq!(found, Subscription { id: given.parse().unwrap(), tenant: None, name: None, cloud: None });
    let nothing = Environment::default();
    assert_eq!(resolve(Some(given), Some(TENANT), &nothing).unwrap().tenant.unwrap().to_string(), TENANT);

    let (_directory, environment) = profile(&one("Disabled", true));
    let found = resolve(Some(ID), None, &environment).unwrap();
    assert_eq!(found.tenant.unwrap().to_string(), TENANT, "the profile knows the tenant of a subscription given");
}

#[test]
fn each_way_to_have_none_says_what_to_do() {
    let directory = TempDir::new().unwrap();
    let empty = Environment::from_pairs([("AZURE_CONFIG_DIR", directory.path())]);
    let home = Environment::from_pairs([("HOME", directory.path())]);
    let cases: Vec<(Environment, &str)> = vec![
        (Environment::default(), "--subscription"),
        (empty, "az login"),
        (home, ".azure/azureProfile.json"),
        (profile(&one("Enabled", false)).1, "az login"),
    ];
    for (environment, expected) in cases {
        let error = resolve(None, None, &environment).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    for (content, expected) in [
        (one("Enabled", false), "az account set"),
        (one("Disabled", true), "`Class` (11111111-2222-3333-4444-555555555555) is disabled"),
        (one("Warned", true), "warned"),
        (b"{}".to_vec(), "no default"),
        (b"[1, 2".to_vec(), "cannot be read"),
        (b"\xFF\xFE".to_vec(), "cannot be read"),
        (br#"{"subscriptions":[{"id":"nonsense","isDefault":true}]}"#.to_vec(), "nonsense"),
        (
            format!(r#"{{"subscriptions":[{{"id":"{ID}","tenantId":"{ID}","isDefault":true}}]}}"#).into_bytes(),
            "no default",
        ),
    ] {
        let (directory, environment) = profile(&content);
        let error = resolve(None, None, &environment).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        let names_file = error.contains(directory.path().to_str().unwrap());
        assert!(names_file || error.contains("Class"), "names the file or the subscription: {error}");
    }
}

#[test]
fn ids_are_checked() {
    for bad in
        ["", "x", "11111111222233334444555555555555", "{11111111-2222-3333-4444-555555555555}", "my subscription"]
    {
        let error = resolve(Some(bad), None, &Environment::default()).unwrap_err().to_string();
        assert!(error.contains(&format!("`{bad}` is not a subscription id")), "{error}");
        assert!(resolve(Some(ID), Some(bad), &Environment::default()).is_err());
    }
}

#[test]
fn a_domain_name_is_a_tenant_and_the_profile_may_know_its_id() {
    let nothing = Environment::default();
    let tenant =
        |text: &str, environment: &Environment| resolve(Some(ID), Some(text), environment).unwrap().tenant.unwrap();
    assert_eq!(tenant(" Contoso.OnMicrosoft.com ", &nothing), "contoso.onmicrosoft.com");
    assert_eq!(tenant(&TENANT.to_uppercase(), &nothing), TENANT);
    let known = String::from_utf8(one("Enabled", true)).unwrap();
    let known = known.replace("\"user\"", "\"tenantDefaultDomain\":\"contoso.com\",\"user\"");
    let (_directory, environment) = profile(known.as_bytes());
    assert_eq!(tenant("CONTOSO.com", &environment), TENANT);
    assert_eq!(tenant("fabrikam.com", &environment), "fabrikam.com");
}
