//! What the service says, in whichever letters, and what people are told to do about it.
use serde_json::{Value, json};

use super::Ended;
use super::endpoints::text;
use super::endpoints::with_az::{az, listen};

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
const TENANT: &str = "99999999-2222-3333-4444-555555555555";

/// az that is signed in to [`TENANT`]: the token says so.
const SIGNED_IN: &str = r#"printf '{"accessToken":"e30.eyJ0aWQiOiI5OTk5OTk5OS0yMjIyLTMzMzMtNDQ0NC01NTU1NTU1NTU1NTUifQ.x","expires_on":%s,"tokenType":"Bearer"}' "$(($(date +%s) + 3600))""#;

/// The error that `command` ends with where each request is answered so.
#[track_caller]
fn error(command: &str, status: &str, headers: &str, body: &Value, exit: i32) -> Value {
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let endpoint = listen(answer.leak());
    let world = az(SIGNED_IN);
    let mut azlab = world.azlab(&[command, "-o", "json", "--subscription", SUBSCRIPTION, "--auth", "cli"]);
    azlab.args(["--arm-endpoint", &endpoint]);
    azlab.env("PATH", format!("{}:/usr/bin:/bin", world.path().join("programs").display()));
    let object = Ended::of(azlab.output().unwrap()).exit(exit).json();
    object.get("error").unwrap_or_else(|| &object["labs"][0]["error"]).clone()
}

#[test]
fn a_claims_challenge_is_answered_by_an_az_login_line_and_is_no_policy() {
    const CLAIMS: &str = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlcyI6WyJwMSJdfX19";
    let header = format!(
        "www-authenticate: Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
         error=\"insufficient_claims\", claims=\"{CLAIMS}\"\r\n"
    );
    let policy = json!({"policyAssignmentId": "/providers/Microsoft.Authorization/policyAssignments/mfa",
        "policyAssignmentName": "mfa", "policyDefinitionDisplayName": "MFA for writes"});
    for body in [
        json!({"error": {"code": "RequestDisallowedByPolicy", "message": "Not without a second factor.",
            "additionalInfo": [{"type": "PolicyViolation", "info": policy}]}}),
        json!({"error": {"code": "InvalidAuthenticationToken", "message": "More is needed."}}),
        json!({}),
    ] {
        for command in ["status", "provision"] {
            let error = error(command, "401 Unauthorized", &header, &body, 3);
            let hint = text(&error, "hint");
            assert!(hint.contains(&format!("az login --tenant \"{TENANT}\"")), "{error}");
            assert!(hint.contains(&format!("--claims-challenge \"{CLAIMS}\"")), "{error}");
            assert!(!hint.contains("exemption") && !hint.contains("policy"), "{error}");
        }
    }
}

#[test]
fn errors_in_capital_letters_keep_their_causes() {
    let inner =
        json!({"Error": {"Code": "SubnetInUse", "Message": "the subnet is held by a scale set", "Target": "subnet"}});
    let nested = json!({"Code": "Conflict", "Message": inner.to_string()});
    for body in [
        json!({"Error": {"Code": "CannotDelete", "Message": "It cannot go.", "Details": [nested]}}),
        json!({"Code": "CannotDelete", "Message": "It cannot go.", "Details": [nested]}),
        json!({"ERROR": {"CODE": "CannotDelete", "MESSAGE": "It cannot go.", "DETAILS": nested}}),
        json!({"error": {"code": "CannotDelete", "message": format!("It cannot go. {nested}")}}),
        json!({"error": {"code": "CannotDelete", "message": "It cannot go.", "InnerError": nested}}),
    ] {
        let error = error("status", "409 Conflict", "", &body, 5);
        assert_eq!(error["code"], "CannotDelete", "{body}: {error}");
        assert!(text(&error, "message").contains("the subnet is held by a scale set"), "{body}: {error}");
    }
}
