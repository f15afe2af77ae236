//! Federated assertions: a cluster's service account signs in as the identity whose federated credential names it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Digest as _;

use super::*;
use crate::ids::TENANT_ID;
use crate::{ClusterChoice, ServiceAccount, ServiceAccountTokenError};

const AUDIENCE: &str = "api://AzureADTokenExchange";
const SUBJECT: &str = "system:serviceaccount:default:ai-service-account";
const ARM: &str = "https://management.azure.com";
const OPENAI: &str = "https://cognitiveservices.azure.com";

/// A client with a cluster, an identity and, if asked for, a federated credential between them.
struct Pod {
    azure: Client,
    issuer: String,
    client_id: String,
    principal_id: String,
}

impl Pod {
    async fn new() -> Self {
        let azure = Client::new();
        azure.group().await;
        let made = azure.put(CLUSTER, cluster()).await;
        let issuer = made.body["properties"]["oidcIssuerProfile"]["issuerURL"].as_str().unwrap().to_owned();
        let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
        let id = |name: &str| made.body["properties"][name].as_str().unwrap().to_owned();
        let (client_id, principal_id) = (id("clientId"), id("principalId"));
        azure.wait(350).await;
        Self { azure, issuer, client_id, principal_id }
    }

    async fn federated() -> Self {
        let pod = Self::new().await;
        pod.credential(&pod.issuer, SUBJECT, AUDIENCE).await;
        pod.azure.wait(10).await;
        pod
    }

    async fn credential(&self, issuer: &str, subject: &str, audience: &str) {
        let path = child(IDENTITY, "federatedIdentityCredentials/cred");
        let body = json!({"properties": {"issuer": issuer, "subject": subject, "audiences": [audience]}});
        assert!(self.azure.put(&path, body).await.status.is_success());
    }

    fn assertion(&self, account: &str, audience: &str) -> String {
        let account: ServiceAccount = account.parse().unwrap();
        let made = self.azure.sandbox.service_account_token(
            &ClusterChoice::Only,
            &account,
            audience,
            Duration::from_secs(3600),
        );
        made.unwrap().token.to_string()
    }

    async fn sign_in(&self, assertion: &str, audience: &str) -> Got {
        self.exchange(&[
            ("client_id", &self.client_id),
            ("client_assertion", assertion),
            ("scope", &format!("{audience}/.default")),
        ])
        .await
    }

    async fn exchange(&self, fields: &[(&str, &str)]) -> Got {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        form.extend_pairs(fields);
        self.azure.served(Method::POST, &format!("/{TENANT_ID}/oauth2/v2.0/token"), "", form.finish()).await
    }

    /// The access token of the pod.
    async fn token(&self, audience: &str) -> String {
        let got = self.sign_in(&self.assertion("default/ai-service-account", AUDIENCE), audience).await;
        assert_eq!(got.status, 200, "{}", got.body);
        got.body["access_token"].as_str().unwrap().to_owned()
    }

    async fn with(&self, token: &str, method: Method, path: &str) -> Got {
        let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}");
        let request =
            http::Request::builder().method(method).uri(url).header("authorization", format!("Bearer {token}"));
        got(self.azure.sandbox.handle(request.body(Bytes::new()).unwrap()).await)
    }
}

/// The AADSTS code of a refusal.
fn code(got: &Got) -> u64 {
    assert!(got.status.is_client_error(), "{} {}", got.status, got.body);
    got.body["error_codes"][0].as_u64().unwrap()
}

fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_pod_signs_in_as_its_identity_and_may_do_what_that_may() {
    let pod = Pod::federated().await;
    pod.azure.account().await;
    let model = deployment("gpt-35-turbo", "0125", json!(1));
    assert_eq!(pod.azure.put(&child(ACCOUNT, "deployments/chat"), model).await.status, 201);
    pod.azure.wait(5).await;
    let token = pod.token(ARM).await;
    let said = claims(&token);
    assert_eq!((&said["oid"], &said["appid"]), (&json!(pod.principal_id), &json!(pod.client_id)));
    assert_eq!((&said["appidacr"], &said["idtyp"]), (&json!("2"), &json!("app")));
    assert!(said["xms_mirid"].as_str().unwrap().ends_with("/userAssignedIdentities/ident"), "{said}");

    let denied = pod.with(&token, Method::GET, GROUP).await;
    assert_eq!(denied.outcome(), (403, "AuthorizationFailed"));
    assert!(denied.body["error"]["message"].as_str().unwrap().contains(&pod.principal_id), "{}", denied.body);
    assert_eq!(pod.with(&token, Method::GET, "?api-version=2021-04-01").await.status, 403, "not even the subscription");
    let ask = async |token: &str| {
        let url = "https://openai1.openai.azure.com/openai/deployments/chat/chat/completions?api-version=2024-10-21";
        let request = http::Request::post(url).header("authorization", format!("Bearer {token}"));
        let body = Bytes::from_static(b"{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}");
        got(pod.azure.sandbox.handle(request.body(body).unwrap()).await)
    };
    let data = pod.token(OPENAI).await;
    assert_eq!(ask(&data).await.outcome(), (401, "PermissionDenied"));

    let role = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/\
         5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
    );
    let path = child(ACCOUNT, "providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555");
    let body = json!({"properties": {"principalId": pod.principal_id, "roleDefinitionId": role,
        "principalType": "ServicePrincipal"}});
    assert_eq!(pod.azure.put(&path.replace("2024-10-01", "2022-04-01"), body).await.status, 201);
    assert_eq!(ask(&data).await.status, 200);
    assert_eq!(ask(&token).await.status, 401, "a token for Resource Manager is none for the data");
    assert_eq!(pod.with(&token, Method::GET, ACCOUNT).await.status, 200, "the role reads its account");
    for (method, path) in [
        (Method::GET, GROUP.to_owned()),
        (Method::GET, CLUSTER.to_owned()),
        (Method::DELETE, ACCOUNT.to_owned()),
        (Method::POST, child(ACCOUNT, "listKeys")),
        (Method::PUT, child(ACCOUNT, "deployments/more")),
    ] {
        assert_eq!(pod.with(&token, method, &path).await.outcome(), (403, "AuthorizationFailed"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_no_role_sees_no_subscription() {
    let pod = Pod::federated().await;
    let list = async |token: &str| {
        let url = "https://management.azure.com/subscriptions?api-version=2022-12-01";
        let request = http::Request::get(url).header("authorization", format!("Bearer {token}"));
        let got = got(pod.azure.sandbox.handle(request.body(Bytes::new()).unwrap()).await);
        (got.body["value"].as_array().unwrap().len(), got.body["count"]["value"].as_u64())
    };
    assert_eq!(list(&pod.token(ARM).await).await, (0, Some(0)));
    assert_eq!(list(pod.azure.bearer().trim_start_matches("Bearer ")).await, (1, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn issuer_subject_and_audience_must_each_be_those_of_the_credential() {
    let pod = Pod::federated().await;
    let good = pod.assertion("default/ai-service-account", AUDIENCE);
    assert_eq!(pod.sign_in(&good, ARM).await.status, 200);
    let cases = [
        (pod.issuer.trim_end_matches('/').to_owned(), SUBJECT, AUDIENCE, 700_211),
        (pod.issuer.clone(), "system:serviceaccount:default:other", AUDIENCE, 700_213),
        (pod.issuer.clone(), "system:serviceaccount:default:AI-service-account", AUDIENCE, 7_002_138),
        (pod.issuer.clone(), SUBJECT, "api://AzureADTokenExchangeChina", 700_212),
    ];
    for (issuer, subject, audience, expected) in cases {
        pod.credential(&issuer, subject, audience).await;
        pod.azure.wait(10).await;
        let refused = pod.sign_in(&good, ARM).await;
        assert_eq!((code(&refused), refused.status.as_u16()), (expected, 401), "{issuer} {subject} {audience}");
        let text = refused.body["error_description"].as_str().unwrap();
        assert!(text.starts_with(&format!("AADSTS{expected}: No matching federated identity record found")), "{text}");
    }
    // The other way round: the token differs.
    pod.credential(&pod.issuer, SUBJECT, AUDIENCE).await;
    pod.azure.wait(10).await;
    assert_eq!(code(&pod.sign_in(&pod.assertion("kube-system/ai-service-account", AUDIENCE), ARM).await), 700_213);
    assert_eq!(code(&pod.sign_in(&pod.assertion("default/ai-service-account", "other"), ARM).await), 700_212);
    assert_eq!(pod.sign_in(&good, ARM).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_new_credential_works_after_some_seconds_and_an_unchanged_write_does_not_begin_anew() {
    let pod = Pod::new().await;
    let good = pod.assertion("default/ai-service-account", AUDIENCE);
    assert_eq!(code(&pod.sign_in(&good, ARM).await), 700_211, "there is none yet");
    pod.credential(&pod.issuer, SUBJECT, AUDIENCE).await;
    let young = pod.sign_in(&good, ARM).await;
    assert_eq!((code(&young), &young.body["error"]), (70_021, &json!("invalid_request")));
    pod.azure.wait(5).await;
    assert_eq!(pod.sign_in(&good, ARM).await.status, 200);
    pod.credential(&pod.issuer, SUBJECT, AUDIENCE).await;
    assert_eq!(pod.sign_in(&good, ARM).await.status, 200);
    pod.azure.sandbox.control().change_settings(|settings| settings.late_federated_credentials_s = 600.0).unwrap();
    assert_eq!(code(&pod.sign_in(&good, ARM).await), 70_021);
    pod.azure.wait(700).await;
    pod.credential(&pod.issuer, "system:serviceaccount:default:other", AUDIENCE).await;
    let other = pod.assertion("default/other", AUDIENCE);
    assert_eq!(code(&pod.sign_in(&other, ARM).await), 70_021, "what changes one is late again");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_changed_or_signed_by_another_is_refused() {
    let pod = Pod::federated().await;
    let good = pod.assertion("default/ai-service-account", AUDIENCE);
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let kid = serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()["kid"].clone();
    let mut longer = claims(&good);
    longer["exp"] = json!(longer["exp"].as_i64().unwrap() + 1);
    let forged = [
        format!("{header}.{}.{signature}", encode(longer)),
        format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([7; 256])),
        format!("{header}.{payload}."),
        format!("{}.{payload}.", encode(json!({"alg": "none", "kid": kid}))),
        format!("{}.{payload}.{signature}", encode(json!({"alg": "HS256", "kid": kid}))),
        format!("{}.{payload}.{signature}", encode(json!({"alg": "RS256", "kid": "other"}))),
        format!("{}.{payload}.{signature}", encode(json!({"alg": "RS256"}))),
    ];
    for token in forged {
        let refused = pod.sign_in(&token, ARM).await;
        assert_eq!((code(&refused), refused.status.as_u16()), (50_013, 400), "{}", refused.body);
    }
    for token in ["x", "a.b.c", "..", &format!("{header}.{}.{signature}", encode(json!({"iss": 1})))] {
        assert_eq!(code(&pod.sign_in(token, ARM).await), 50_027, "{token}");
    }
    let mut timeless = claims(&good);
    timeless["exp"] = json!(i64::MAX);
    assert_eq!(code(&pod.sign_in(&format!("{header}.{}.{signature}", encode(timeless)), ARM).await), 50_013);
}

#[tokio::test(start_paused = true)]
async fn tokens_of_issuers_outside_are_refused_with_what_to_do() {
    let pod = Pod::new().await;
    let github = "https://token.actions.githubusercontent.com";
    let subject = "repo:me/mine:ref:refs/heads/main";
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = |issuer: &str| {
        let claims = json!({"iss": issuer, "sub": subject, "aud": AUDIENCE, "exp": 4_000_000_000_i64});
        format!("{}.{}.AAAA", encode(json!({"alg": "RS256", "kid": "k"})), encode(claims))
    };
    let unlisted = pod.sign_in(&token(github), ARM).await;
    assert_eq!(code(&unlisted), 700_211);
    pod.credential(github, subject, AUDIENCE).await;
    pod.azure.wait(10).await;
    let listed = pod.sign_in(&token(github), ARM).await;
    assert_eq!(code(&listed), 50_166);
    for refused in [unlisted, listed] {
        let text = refused.body["error_description"].as_str().unwrap();
        assert!(text.contains(github) && text.contains("`sandbox token`"), "{text}");
    }
    let own = format!("https://sts.windows.net/{TENANT_ID}/");
    assert_eq!(code(&pod.sign_in(&token(&own), ARM).await), 700_222);
}

#[tokio::test(start_paused = true)]
async fn assertions_expire_and_end_with_their_cluster() {
    let pod = Pod::federated().await;
    let good = pod.assertion("default/ai-service-account", AUDIENCE);
    pod.azure.wait(3599).await;
    assert_eq!(pod.sign_in(&good, ARM).await.status, 200);
    pod.azure.wait(1).await;
    let late = pod.sign_in(&good, ARM).await;
    assert_eq!((code(&late), late.status.as_u16()), (700_024, 401));
    let fresh = pod.assertion("default/ai-service-account", AUDIENCE);
    pod.azure.delete(CLUSTER).await;
    pod.azure.wait(300).await;
    assert_eq!(code(&pod.sign_in(&fresh, ARM).await), 50_166);
}

#[tokio::test(start_paused = true)]
async fn the_client_must_exist_and_say_how_it_proves_itself() {
    let pod = Pod::federated().await;
    let good = pod.assertion("default/ai-service-account", AUDIENCE);
    let scope = ("scope", "https://management.azure.com/.default");
    let assertion = ("client_assertion", good.as_str());
    let client = ("client_id", pod.client_id.as_str());
    let stranger = ("client_id", "00000000-1111-2222-3333-444444444444");
    assert_eq!(code(&pod.exchange(&[stranger, assertion, scope]).await), 700_016);
    assert_eq!(code(&pod.exchange(&[client, scope]).await), 7_000_218);
    assert_eq!(code(&pod.exchange(&[client, ("client_secret", "guess"), scope]).await), 7_000_215);
    let application = ("client_id", &*DEFAULT_CLIENT_ID.to_string());
    assert_eq!(code(&pod.exchange(&[application, assertion, scope]).await), 700_211);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_assertion={good}&client_assertion_type=saml&scope=x/.default",
        pod.client_id
    );
    let other = pod.azure.served(Method::POST, &format!("/{TENANT_ID}/oauth2/v2.0/token"), "", form).await;
    assert_eq!(code(&other), 50_027);
    pod.azure.delete(IDENTITY).await;
    assert_eq!(code(&pod.sign_in(&good, ARM).await), 700_016);
}

#[tokio::test(start_paused = true)]
async fn the_issuer_publishes_the_key_that_its_tokens_are_signed_with() {
    let pod = Pod::new().await;
    let path = pod.issuer.strip_prefix("https://westeurope.oic.prod-aks.azure.com/").unwrap().to_owned();
    let at = async |host: &str, tail: &str| {
        let request = http::Request::get(format!("/{path}{tail}")).header("host", host);
        pod.azure.served_raw(request.body(axum::body::Body::empty()).unwrap()).await
    };
    let well_known = ".well-known/openid-configuration";
    let own = at("westeurope.oic.prod-aks.azure.com", well_known).await;
    assert_eq!(own.body["issuer"], pod.issuer);
    assert_eq!(own.body["jwks_uri"], format!("{}openid/v1/jwks", pod.issuer));
    let served = at("localhost:8443", well_known).await;
    assert_eq!((&served.body["issuer"], served.status.as_u16()), (&json!(pod.issuer), 200));
    assert_eq!(served.body["jwks_uri"], format!("https://localhost:8443/{path}openid/v1/jwks"));

    let before = at("localhost:8443", "openid/v1/jwks").await.body;
    let token = pod.assertion("default/ai-service-account", AUDIENCE);
    let keys = at("localhost:8443", "openid/v1/jwks").await.body;
    assert_eq!(before, keys, "a published key stays");
    let key: jsonwebtoken::jwk::Jwk = serde_json::from_value(keys["keys"][0].clone()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[&pod.issuer]);
    // The token is of April 2026, this machine's time another.
    validation.validate_exp = false;
    let decoding = jsonwebtoken::DecodingKey::from_jwk(&key).unwrap();
    let read = jsonwebtoken::decode::<Value>(&token, &decoding, &validation).unwrap();
    assert_eq!(read.header.kid.as_deref(), keys["keys"][0]["kid"].as_str());
    // As kube-apiserver names a key: SHA-256 of its SubjectPublicKeyInfo, here put together byte by byte (RFC 5280, RFC 8017).
    let modulus = URL_SAFE_NO_PAD.decode(keys["keys"][0]["n"].as_str().unwrap()).unwrap();
    let head = b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x01\x0f\x00\
        \x30\x82\x01\x0a\x02\x82\x01\x01\x00";
    let spki = [head.as_slice(), &modulus, b"\x02\x03\x01\x00\x01"].concat();
    assert_eq!(read.header.kid, Some(URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(&spki))));
    assert_eq!(read.claims["sub"], SUBJECT);
    assert_eq!(read.claims["kubernetes.io"]["serviceaccount"]["name"], "ai-service-account");

    let nobody = format!("/{TENANT_ID}/{}/{well_known}", uuid::Uuid::nil());
    assert_eq!(pod.azure.served(Method::GET, &nobody, "", "").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn only_a_running_cluster_makes_tokens() {
    let azure = Client::new();
    let account: ServiceAccount = "ai-service-account".parse().unwrap();
    let token = |choice: ClusterChoice| {
        azure
            .sandbox
            .service_account_token(&choice, &account, AUDIENCE, Duration::from_secs(60))
            .map(|made| made.subject)
    };
    assert!(matches!(token(ClusterChoice::Only), Err(ServiceAccountTokenError::NoCluster(_))));
    azure.group().await;
    azure.put(CLUSTER, cluster()).await;
    let creating = token(ClusterChoice::Only).unwrap_err().to_string();
    assert!(creating.contains("aks") && creating.contains("creating"), "{creating}");
    azure.wait(350).await;
    assert_eq!(token(ClusterChoice::Only).unwrap(), SUBJECT);
    let named = |group: Option<&str>, name: Option<&str>| {
        token(ClusterChoice::Named { group: group.map(str::to_owned), name: name.map(str::to_owned) })
    };
    assert!(
        named(Some("LAB"), Some("AKS")).is_ok() && named(None, Some("aks")).is_ok() && named(Some("lab"), None).is_ok()
    );
    assert!(matches!(named(Some("other"), None), Err(ServiceAccountTokenError::NoCluster(_))));
    let id = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks"
    );
    assert!(token(ClusterChoice::Id(id.clone())).is_ok());
    let identity = id.replace("ContainerService/managedClusters", "ManagedIdentity/userAssignedIdentities");
    assert!(matches!(token(ClusterChoice::Id(identity)), Err(ServiceAccountTokenError::NoCluster(_))));
    azure.send(Method::POST, &child(CLUSTER, "stop"), None).await;
    azure.wait(200).await;
    assert!(token(ClusterChoice::Only).unwrap_err().to_string().contains("az aks start"));
    azure.put(&CLUSTER.replace("aks?", "two?"), cluster()).await;
    azure.wait(350).await;
    assert!(matches!(token(ClusterChoice::Only), Err(ServiceAccountTokenError::Several(ids)) if ids.len() == 2));
    for text in ["", "/", "a/b/c", "Default/x", "default/x_y", "-a", "a.b/c"] {
        assert!(text.parse::<ServiceAccount>().is_err(), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_of_clusters_that_are_gone_are_forgotten_and_those_of_others_kept() {
    let azure = Client::new();
    azure.group().await;
    let account: ServiceAccount = "ai-service-account".parse().unwrap();
    let keys = || {
        let count = "SELECT COUNT(*) FROM meta WHERE name LIKE 'issuer_key/%'";
        azure.sandbox.connection().query_row(count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    for (name, expected) in [("aks", 1), ("aks2", 2), ("aks3", 2)] {
        azure.put(&CLUSTER.replace("/aks?", &format!("/{name}?")), cluster()).await;
        azure.wait(350).await;
        let choice = ClusterChoice::Named { group: None, name: Some(name.to_owned()) };
        azure.sandbox.service_account_token(&choice, &account, AUDIENCE, Duration::from_secs(60)).unwrap();
        assert_eq!(keys(), expected, "{name}");
        if name == "aks2" {
            azure.delete(CLUSTER).await;
            azure.wait(3600).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_rotation_new_tokens_have_a_new_key_and_those_of_the_one_before_hold_for_a_day() {
    let pod = Pod::federated().await;
    pod.azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    let path = pod.issuer.split('/').skip(3).collect::<Vec<_>>().join("/");
    let keys = async || {
        let found = pod.azure.served(Method::GET, &format!("/{path}openid/v1/jwks"), "", "").await.body;
        found["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = keys().await;
    let old = pod.assertion("default/ai-service-account", AUDIENCE);
    let rotate = child(CLUSTER, "rotateServiceAccountSigningKeys");
    let rotated = pod.azure.send(Method::POST, &rotate, None).await;
    assert_eq!(rotated.status, 202);
    pod.azure.wait(400).await;
    let after = keys().await;
    assert!(before.len() == 1 && after.len() == 2 && after[1] == before[0] && after[0] != before[0], "{after:?}");
    let new = pod.assertion("default/ai-service-account", AUDIENCE);
    assert_eq!(pod.sign_in(&old, ARM).await.status, 200, "it holds for a day");
    assert_eq!(pod.sign_in(&new, ARM).await.status, 200);
    // Twice within the day ends the first at once.
    assert_eq!(pod.azure.send(Method::POST, &rotate, None).await.status, 202);
    pod.azure.wait(400).await;
    assert!(!keys().await.contains(&before[0]));
    assert_eq!(pod.sign_in(&old, ARM).await.status, 400);
    pod.azure.wait(24 * 3600).await;
    assert_eq!(keys().await.len(), 1);
}
