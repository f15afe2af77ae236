//! az and azd as people have them: with noise around the token, and failing for reasons of their own.

use azlab::azure::credential::{SignInError, SignInFailure as F, sign_in};
use azlab::values::AuthMode;

use crate::signin_az::{Bench, SCOPE};

const TENANT: &str = "99999999-2222-3333-4444-555555555555";

/// What az prints with a token, as an argument of printf.
const TOKEN: &str =
    r#"{"accessToken":"the-token","expires_on":4102444800,"subscription":"s","tenant":"t","tokenType":"Bearer"}"#;

/// A script that prints `text` as it is and ends with `code`, to stdout or stderr.
fn prints(text: &str, to: &str, code: u8) -> String {
    format!("cat >&{to} <<'END'\n{text}\nEND\nexit {code}")
}

async fn failure(program: &str, mode: AuthMode, script: &str) -> SignInError {
    let bench = Bench::new().with(program, script);
    let mut options = bench.options(mode);
    options.tenant = Some(TENANT.to_owned());
    sign_in(options).unwrap().token(SCOPE).await.unwrap_err()
}

#[tokio::test]
async fn the_token_is_found_in_whatever_az_prints_around_it() {
    let escape = '\u{1b}';
    for noise in [
        String::new(),
        "WARNING: A new version is available {2.99}.".to_owned(),
        format!("{escape}[33mThe command requires the extension x.{escape}[0m"),
        "{\"notice\": {\"accessToken\": 1".to_owned(),
        format!("{escape}]0;title\u{7}"),
    ] {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}{noise}\n{escape}[0m{TOKEN}{escape}[0m\n{noise}");
            let bench = Bench::new().with("az", &prints(&text, "1", 0));
            let token = bench.cli().token(SCOPE).await.unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(token.secret(), "the-token");
        }
    }
    let azd = format!(
        "Updating...\n{escape}[1m{{\"token\":\"azd\",\"expiresOn\":\"2999-01-01T00:00:00Z\"}}{escape}[0m\ndone"
    );
    let bench = Bench::new().with("azd", &prints(&azd, "1", 0));
    assert_eq!(sign_in(bench.options(AuthMode::Azd)).unwrap().token(SCOPE).await.unwrap().secret(), "azd");
}

#[tokio::test]
async fn what_az_fails_with_leads_to_what_cures_it() {
    let barred = "Conditional Access";
    let login = "az login --tenant 99999999-2222-3333-4444-555555555555";
    let cases = [
        ("AADSTS53003: Access has been blocked by Conditional Access policies.", F::Refused, barred),
        ("AADSTS530003: Your device is required to be managed to access this resource.", F::Refused, barred),
        ("AADSTS53000: Device is not in required device state: compliant.", F::Refused, barred),
        ("AADSTS50105: The signed in user is not assigned to a role.", F::Refused, barred),
        ("AADSTS50076: Due to a configuration change you must use multi-factor authentication.", F::Expired, login),
        ("AADSTS50079: You must enroll in multi-factor authentication.", F::Expired, login),
        ("AADSTS50158: External security challenge not satisfied.", F::Expired, login),
        ("AADSTS530084: Access has been blocked by token protection.", F::Refused, barred),
        ("AADSTS135011: Device used during the authentication is disabled.", F::Refused, barred),
        ("Can't find token from MSAL cache.", F::NotSignedIn, "az account clear"),
        ("AADSTS53012: x", F::Refused, barred),
        ("AADSTS700003: Device object was not found in the tenant.", F::Refused, barred),
        ("AADSTS70044: The session has expired due to sign-in frequency checks.", F::Expired, login),
        ("AADSTS70000: Provided grant is invalid or malformed.", F::Expired, login),
        ("AADSTS50057: The user account is disabled.", F::Refused, "disabled"),
        ("AADSTS65001: The user has not consented to use the application.", F::Refused, "administrator"),
        ("AADSTS700024: Client assertion is not within its valid time range.", F::Refused, "clock"),
        ("AADSTS7000222: The provided client secret keys are expired.", F::Refused, "error?code=7000222"),
        ("AADSTS50013: Assertion failed signature validation.", F::Refused, login),
        ("AADSTS90033: A transient error has occurred. Please try again.", F::Other, "wait some minutes"),
        ("'get-access-token' is misspelled or not recognized by the system.", F::Other, "az upgrade"),
        ("unrecognized arguments: --scope x", F::Other, "az upgrade"),
        ("Expecting value: line 1 column 1 (char 0)", F::NotSignedIn, "az account clear"),
        ("No subscription found. Run 'az account set' to select a subscription.", F::NotSignedIn, "az account list"),
        ("Failed to connect to MSI. Please make sure MSI is configured correctly.", F::NotSignedIn, "Cloud Shell"),
        (
            "(pii). Status: Response_Status.Status_Unexpected, Error code: 0, Tag: 508634112",
            F::NotSignedIn,
            "core.enable_broker_on_windows=false",
        ),
        (
            "HTTPConnectionPool(host='169.254.169.254', port=80): Max retries exceeded with url: /metadata/identity/oauth2/token",
            F::NotSignedIn,
            "managed identity",
        ),
        (
            "Max retries exceeded (Caused by ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 503 Service Unavailable')))",
            F::Network,
            "does not come through",
        ),
        (
            "Max retries exceeded (Caused by ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 403 Forbidden')))",
            F::Network,
            "ask who runs it to allow that",
        ),
        (
            "Max retries exceeded (Caused by ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 407 Proxy Authentication Required')))",
            F::Network,
            "user and password",
        ),
        ("SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:997)')", F::Network, "HTTPS_PROXY"),
        ("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0", F::NotSignedIn, "az account clear"),
        ("configparser.MissingSectionHeaderError: File contains no section headers.", F::Other, "~/.azure/config"),
        (
            "AADSTS700027: The certificate used to sign the client assertion is expired.",
            F::Refused,
            "--service-principal",
        ),
        ("The subscription of 'x' doesn't exist in cloud 'AzureCloud'.", F::WrongCloud, "correct --subscription"),
        ("portalocker.exceptions.LockException: [Errno 11]", F::Other, "run the same command again"),
        ("Timeout acquiring lock on msal_token_cache.json", F::Other, "run the same command again"),
        ("AADSTS7000215: Invalid client secret provided.", F::Refused, "az login --service-principal"),
        ("HTTPSConnectionPool(host='x', port=443): Read timed out.", F::Network, "network"),
        ("AADSTS50034: The user account does not exist in the directory.", F::WrongTenant, login),
        ("The subscription of 'x' doesn't exist in cloud 'AzureUSGovernment'.", F::WrongCloud, "AzureUSGovernment"),
        (
            "HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded (Caused by SSLError(\
             SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed')))",
            F::Network,
            "REQUESTS_CA_BUNDLE",
        ),
        ("Max retries exceeded (Caused by ProxyError('Cannot connect to proxy.'))", F::Network, "HTTPS_PROXY"),
        ("Failed to establish a new connection: [Errno -2] Name or service not known", F::Network, "network"),
        (
            "Decryption failed: [WinError -2146893813]. App developer may consider this guidance: https://x. To sign in, run az login.",
            F::NotSignedIn,
            "az account clear",
        ),
        ("PermissionError: [Errno 13] Permission denied: '/home/u/.azure/az.sess'", F::Other, "~/.azure"),
        ("OSError: [Errno 30] Read-only file system: '/root/.azure/commands'", F::Other, "AZURE_CONFIG_DIR"),
        ("OSError: [Errno 28] No space left on device", F::Other, "disk has space"),
        ("/opt/az/bin/python3: No module named azure.cli", F::Other, "install it again"),
    ];
    for (message, failure_of_it, cure) in cases {
        for text in [format!("ERROR: {message}"), format!("WARNING: old version\n\u{1b}[31mERROR: {message}\u{1b}[0m")]
        {
            let error = failure("az", AuthMode::Cli, &prints(&text, "2", 1)).await;
            assert_eq!(error.failure, failure_of_it, "{text}: {error}");
            assert!(error.hint.contains(cure), "{text}: {error}");
            assert!(!error.message.contains('\u{1b}') && !error.message.contains("WARNING"), "{error}");
            let passes = ["new connection", "AADSTS90033", "portalocker", "acquiring lock", "timed out", "failed: 503"];
            assert_eq!(error.may_pass, passes.iter().any(|word| message.contains(word)), "{error}");
        }
    }
}

#[tokio::test]
async fn az_that_is_there_and_does_not_start_is_not_told_as_missing() {
    for script in [
        "exec /opt/az/bin/no-such-python \"$@\"",
        "echo 'python3: not found' >&2; exit 127",
        "echo '/opt/az/bin/python3: Permission denied' >&2; exit 126",
    ] {
        let error = failure("az", AuthMode::Cli, script).await;
        assert_eq!(error.failure, F::Other, "{error}");
        assert!(error.message.contains("could not start") && error.hint.contains("install it again"), "{error}");
    }
    // Whoever ended it, it has said nothing.
    for script in ["kill -9 $$", "exit 137", "kill -TERM $$"] {
        let error = failure("az", AuthMode::Cli, script).await;
        assert!(error.message.contains("was ended by signal") && error.hint.contains("memory"), "{script}: {error}");
        assert!(error.may_pass, "{error}");
    }
    let error = failure("azd", AuthMode::Azd, "exit 127").await;
    assert!(error.message.contains("azd") && error.hint.contains("azd itself does not run"), "{error}");
}

#[tokio::test]
async fn az_that_prints_nothing_or_something_else_is_told_so_without_what_it_printed() {
    for (script, says) in
        [("exit 0", "printed nothing"), ("printf '\\n \\n'", "printed nothing"), ("echo eyJ.secret", "something else")]
    {
        let error = failure("az", AuthMode::Cli, script).await;
        assert_eq!(error.failure, F::Other, "{error}");
        assert!(error.message.contains(says) && error.hint.contains("az account get-access-token"), "{error}");
        assert!(!error.to_string().contains("eyJ.secret"), "{error}");
        let error = failure("azd", AuthMode::Azd, script).await;
        assert!(error.message.contains(says) && error.hint.contains("azd auth login --check-status"), "{error}");
    }
}

#[tokio::test]
async fn what_az_gives_and_no_service_takes_for_a_token_is_not_sent() {
    for (token, says) in [
        ("", "it is empty"),
        (" ", "it is empty"),
        (r"\n", "it is empty"),
        (" eyJ.secret", "blanks or line breaks"),
        (r"eyJ.secret\n", "blanks or line breaks"),
        (r"eyJ.\r\nsecret", "blanks or line breaks"),
        (r"eyJ.\tsecret", "blanks or line breaks"),
        (r"eyJ.secret\u00a0", "blanks or line breaks"),
        (r"eyJ.s\u0000ecret", "characters that no token has"),
        (r#"\"eyJ.secret\""#, "characters that no token has"),
        ("eyJ.secr\u{e9}t", "characters that no token has"),
    ] {
        let az = format!(r#"{{"accessToken":"{token}","expires_on":4102444800,"tokenType":"Bearer"}}"#);
        let error = failure("az", AuthMode::Cli, &prints(&az, "1", 0)).await;
        assert!(error.message.starts_with("az gave no usable token (it ") && error.message.contains(says), "{error}");
        assert!(error.hint.contains(&format!("az login --tenant {TENANT}")) && !error.may_pass, "{error}");
        assert!(!error.to_string().contains("ecr"), "{error}");
        let azd = format!(r#"{{"token":"{token}","expiresOn":"2999-01-01T00:00:00Z"}}"#);
        let error = failure("azd", AuthMode::Azd, &prints(&azd, "1", 0)).await;
        assert!(error.message.contains(says) && error.hint.contains("azd auth login"), "{error}");
    }
    for token in ["null", "5", "{}", "true"] {
        let az = format!(r#"{{"accessToken":{token},"expires_on":4102444800,"tokenType":"Bearer"}}"#);
        let error = failure("az", AuthMode::Cli, &prints(&az, "1", 0)).await;
        assert!(error.message == "az gave no usable token" && error.hint.contains("`az login`"), "{error}");
    }
    // What else a token may be made of.
    for token in ["EwBo+/a_b~c-d.e==", "eyJ.a.b"] {
        let az = format!(r#"{{"accessToken":"{token}","expires_on":4102444800,"tokenType":"Bearer"}}"#);
        let bench = Bench::new().with("az", &prints(&az, "1", 0));
        assert_eq!(bench.cli().token(SCOPE).await.unwrap().secret(), token);
    }
}

#[tokio::test]
async fn what_azd_fails_with_leads_to_what_cures_it() {
    let json = |message: &str| {
        format!(
            "WARNING: your version of azd is out of date\n{{\"type\":\"consoleMessage\",\"data\":{{\"message\":\"{message}\"}}}}"
        )
    };
    let cases = [
        (json("AADSTS53003: blocked"), F::Refused, "Conditional Access"),
        (json("AADSTS50079: enroll"), F::Expired, "azd auth login --tenant-id 99999999"),
        (json("not logged in, run `azd auth login` to login"), F::NotSignedIn, "azd auth login"),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority".to_owned(),
            F::Network,
            "SSL_CERT_FILE",
        ),
        ("dial tcp: lookup login.microsoftonline.com: no such host".to_owned(), F::Network, "network"),
        ("open /home/u/.azd/config.json: permission denied".to_owned(), F::Other, "~/.azd"),
    ];
    for (text, failure_of_it, cure) in cases {
        let error = failure("azd", AuthMode::Azd, &prints(&text, "2", 1)).await;
        assert_eq!(error.failure, failure_of_it, "{text}: {error}");
        assert!(error.hint.contains(cure), "{text}: {error}");
        assert!(!error.message.contains("consoleMessage"), "{error}");
    }
}

#[tokio::test]
async fn a_tenant_by_its_domain_name_is_given_to_az_and_azd() {
    let keep = r#"echo "$@" > "$BENCH/asked"; exit 1"#;
    for (program, mode, asked) in [
        ("az", AuthMode::Cli, "--tenant contoso.onmicrosoft.com"),
        ("azd", AuthMode::Azd, "--tenant-id contoso.onmicrosoft.com"),
    ] {
        let bench = Bench::new().with(program, keep);
        let mut options = bench.options(mode);
        options.tenant = Some("contoso.onmicrosoft.com".to_owned());
        sign_in(options).unwrap().token(SCOPE).await.unwrap_err();
        let got = std::fs::read_to_string(bench.path().join("asked")).unwrap();
        assert!(got.contains(asked), "{got}");
    }
}

#[tokio::test]
async fn auto_tells_what_is_in_the_way_of_whoever_is_signed_in() {
    let nobody = prints("ERROR: Please run 'az login' to setup account.", "2", 1);
    for (az, cure) in [
        (prints("ERROR: AADSTS53003: Access has been blocked.", "2", 1), "Conditional Access"),
        (prints("[SSL: CERTIFICATE_VERIFY_FAILED]", "2", 1), "REQUESTS_CA_BUNDLE"),
        (prints("ERROR: Decryption failed: run az login", "2", 1), "az account clear"),
        (nobody, "Run `az login`, or choose a sign-in with --auth"),
    ] {
        let error = Bench::new().with("az", &az).failure(AuthMode::Auto).await;
        assert_eq!(error.failure, F::NothingWorked);
        assert!(error.hint.contains(cure), "{error}");
    }
}
