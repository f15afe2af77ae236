use super::*;

#[tokio::test(start_paused = true)]
async fn a_new_cluster_names_its_issuer_at_once_and_is_ready_after_the_recorded_time() {
    let azure = Client::new();
    azure.group().await;
    let start = azure.sandbox.clock().now();
    let made = azure.put(CLUSTER, cluster()).await;
    assert_eq!(azure.sandbox.clock().since(start).as_secs(), 7);
    assert_eq!(made.status, 201);
    assert_eq!(made.body["properties"]["provisioningState"], "Creating");
    let issuer = made.body["properties"]["oidcIssuerProfile"]["issuerURL"].as_str().unwrap().to_owned();
    assert!(issuer.starts_with("https://westeurope.oic.prod-aks.azure.com/") && issuer.ends_with('/'), "{issuer}");
    assert!(made.body["id"].as_str().unwrap().contains("/resourcegroups/lab/"));
    assert_eq!(made.header("location"), "");
    let poll = made.header("azure-asyncoperation").to_owned();
    let mut seen: Vec<String> = Vec::new();
    loop {
        let status = azure.get(&poll).await;
        assert_eq!(status.status, 200);
        assert_eq!(status.header("retry-after"), "");
        let now = status.body["status"].as_str().unwrap().to_owned();
        if seen.last() != Some(&now) {
            seen.push(now.clone());
        }
        if now == "Succeeded" {
            break;
        }
        azure.wait(2).await;
    }
    let took = azure.sandbox.clock().since(start).as_secs();
    assert!((339..=342).contains(&took), "{took}");
    assert!(seen.len() > 4 && seen[0] == "InProgress", "{seen:?}");
    let ready = azure.get(CLUSTER).await;
    assert_eq!(ready.body["properties"]["provisioningState"], "Succeeded");
    assert_eq!(ready.body["properties"]["oidcIssuerProfile"]["issuerURL"], *issuer);
    assert!(ready.body["properties"]["identityProfile"]["kubeletidentity"]["objectId"].is_string());
    let nodes = azure.get("/resourceGroups/MC_lab_aks_westeurope?api-version=2021-04-01").await;
    assert!(nodes.body["managedBy"].as_str().unwrap().ends_with("/managedClusters/aks"));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_in_progress_takes_no_other_put_and_a_ready_one_updates_even_if_nothing_changes() {
    let azure = Client::new();
    azure.group().await;
    azure.put(CLUSTER, cluster()).await;
    let refused = azure.put(CLUSTER, cluster()).await;
    assert_eq!(refused.outcome(), (409, "OperationNotAllowed"));
    assert!(refused.body.get("error").is_none(), "AKS errors are flat");
    azure.wait(332).await;
    let again = azure.put(CLUSTER, cluster()).await;
    assert_eq!((again.status.as_u16(), &again.body["properties"]["provisioningState"]), (200, &json!("Updating")));
    azure.wait(150).await;
    assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Succeeded");
    let mut off = cluster();
    off["properties"]["oidcIssuerProfile"]["enabled"] = false.into();
    assert_eq!(azure.put(CLUSTER, off).await.status, 400);
    let mut moved = cluster();
    moved["location"] = "eastus".into();
    assert_eq!(azure.put(CLUSTER, moved).await.outcome(), (409, "InvalidResourceLocation"));
}

#[tokio::test(start_paused = true)]
async fn unknown_sizes_versions_and_too_many_cores_are_refused_before_anything_is_made() {
    let azure = Client::new();
    azure.group().await;
    let with = |path: &str, value: Value| {
        let mut body = cluster();
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let size = azure.put(CLUSTER, with("/properties/agentPoolProfiles/0/vmSize", json!("Standard_Nope"))).await;
    assert_eq!(size.outcome(), (400, "BadRequest"));
    assert!(size.body["message"].as_str().unwrap().contains("The available VM sizes are 'Standard_B2s"));
    let mut old = cluster();
    old["properties"]["kubernetesVersion"] = "1.19.0".into();
    assert_eq!(azure.put(CLUSTER, old).await.outcome(), (400, "K8sVersionNotSupported"));
    azure.sandbox.control().set_quota("westeurope", "cores", 3).unwrap();
    let quota = azure.put(CLUSTER, cluster()).await;
    assert_eq!(quota.outcome(), (400, "ErrCode_InsufficientVCPUQuota"));
    assert!(quota.body["message"].as_str().unwrap().contains("left regional vcpu quota 3, requested quota 4"));
    let count = azure.put(CLUSTER, with("/properties/agentPoolProfiles/0/count", json!(-1))).await;
    assert_eq!(count.outcome(), (400, "InvalidParameter"));
    assert_eq!(azure.get(CLUSTER).await.outcome(), (404, "ResourceNotFound"));
    assert_eq!(azure.sandbox.inventory().unwrap().resources.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn deleting_a_cluster_frees_its_cores_and_its_node_group() {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.delete(CLUSTER).await.status, 204);
    azure.put(CLUSTER, cluster()).await;
    azure.wait(332).await;
    let usages = "/providers/Microsoft.Compute/locations/westeurope/usages?api-version=2024-07-01";
    assert_eq!(azure.get(usages).await.body["value"][0]["currentValue"], 4);
    let accepted = azure.delete(CLUSTER).await;
    assert_eq!(accepted.status, 202);
    let (poll, result) = (accepted.header("azure-asyncoperation").to_owned(), accepted.header("location").to_owned());
    assert_eq!(azure.get(&poll).await.body["status"], "InProgress");
    assert_eq!(azure.get(&result).await.status, 202);
    azure.wait(240).await;
    assert_eq!(azure.get(&poll).await.body["status"], "Succeeded");
    assert_eq!(azure.get(CLUSTER).await.outcome(), (404, "NotFound"), "the provider's own");
    assert_eq!(azure.get(CLUSTER).await.outcome(), (404, "ResourceNotFound"), "Resource Manager's");
    assert_eq!(azure.get(usages).await.body["value"][0]["currentValue"], 0);
    assert_eq!(azure.get("/resourceGroups/MC_lab_aks_westeurope?api-version=2021-04-01").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn credentials_are_a_kubeconfig_of_the_cluster() {
    use base64::Engine;
    let azure = Client::new();
    azure.group().await;
    azure.put(CLUSTER, cluster()).await;
    azure.wait(332).await;
    let got = azure.send(Method::POST, &child(CLUSTER, "listClusterUserCredential"), None).await;
    assert_eq!(got.body["kubeconfigs"][0]["name"], "clusterUser");
    let value = got.body["kubeconfigs"][0]["value"].as_str().unwrap();
    let text = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(value).unwrap()).unwrap();
    assert!(text.contains("current-context: aks\n") && text.contains(".hcp.westeurope.azmk8s.io:443"), "{text}");
    assert!(text.contains("- name: clusterUser_lab_aks\n"), "{text}");
    let admin = azure.send(Method::POST, &child(CLUSTER, "listClusterAdminCredential"), None).await;
    assert_eq!(admin.body["kubeconfigs"][0]["name"], "clusterAdmin");
    let value = admin.body["kubeconfigs"][0]["value"].as_str().unwrap();
    let text = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(value).unwrap()).unwrap();
    // It is az, and azlab, that put -admin behind the context's name.
    assert!(text.contains("- name: clusterAdmin_lab_aks\n") && text.contains("current-context: aks\n"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_kubeconfig_has_the_format_that_is_asked_for_and_an_unknown_one_is_refused() {
    use base64::Engine;
    let azure = Client::new();
    azure.group().await;
    let mut managed = cluster();
    managed["properties"]["aadProfile"] = json!({"managed": true});
    azure.put(CLUSTER, managed).await;
    azure.wait(332).await;
    let ask = async |action: &str, format: &str| {
        azure.send(Method::POST, &(child(CLUSTER, action) + "&format=" + format), None).await
    };
    let text = |got: &Got| {
        let value = got.body["kubeconfigs"][0]["value"].as_str().unwrap_or_default();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(value).unwrap()).unwrap()
    };
    let user = "listClusterUserCredential";
    for format in ["", "exec", "EXEC"] {
        let config = text(&ask(user, format).await);
        assert!(config.contains("command: kubelogin\n") && !config.contains("auth-provider"), "{format}: {config}");
    }
    let azure_s = text(&ask(user, "Azure").await);
    assert!(azure_s.contains("    auth-provider:\n") && azure_s.contains("      name: azure\n"), "{azure_s}");
    assert!(!azure_s.contains("kubelogin") && azure_s.contains(crate::ids::TENANT_ID), "{azure_s}");
    for action in [user, "listClusterAdminCredential"] {
        let refused = ask(action, "bogus").await;
        assert_eq!(refused.outcome(), (400, "InvalidParameter"), "{action}: {}", refused.body);
        assert_eq!(refused.body["target"], "format");
        assert!(refused.body["message"].as_str().unwrap().contains("'bogus'"), "{}", refused.body);
        assert!(refused.body.get("kubeconfigs").is_none() && refused.body.get("error").is_none());
    }
    assert_eq!(ask("listClusterAdminCredential", "azure").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_cluster_takes_nothing_but_a_start() {
    let azure = Client::new();
    azure.group().await;
    azure.put(CLUSTER, cluster()).await;
    let post = async |what: &str| azure.send(Method::POST, &child(CLUSTER, what), None).await;
    assert_eq!(post("stop").await.outcome(), (400, "OperationNotAllowed"), "it is still being created");
    azure.wait(332).await;
    assert_eq!(post("start").await.outcome(), (400, "OperationNotAllowed"), "it runs");
    let accepted = post("stop").await;
    assert_eq!(accepted.status, 202);
    assert_eq!(azure.get(accepted.header("location")).await.status, 202);
    assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Stopping");
    azure.wait(200).await;
    assert_eq!(azure.get(accepted.header("azure-asyncoperation")).await.body["status"], "Succeeded");
    let stopped = azure.get(CLUSTER).await.body["properties"].take();
    assert_eq!(
        (&stopped["provisioningState"], &stopped["powerState"]["code"]),
        (&json!("Succeeded"), &json!("Stopped"))
    );
    assert_eq!(stopped["agentPoolProfiles"][0]["powerState"]["code"], "Stopped");
    let refused = azure.put(CLUSTER, cluster()).await;
    assert_eq!(refused.outcome(), (400, "OperationNotAllowed"));
    assert!(refused.body.get("error").is_none(), "AKS errors are flat");
    assert_eq!(post("listClusterUserCredential").await.status, 200);
    assert_eq!(post("start").await.status, 202);
    let starting = azure.get(CLUSTER).await.body["properties"].take();
    assert_eq!(
        (&starting["provisioningState"], &starting["powerState"]["code"]),
        (&json!("Starting"), &json!("Running"))
    );
    azure.wait(200).await;
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_certificates_of_a_kubeconfig_are_what_tls_takes_and_the_same_each_time() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    let azure = Client::new();
    azure.group().await;
    azure.put(CLUSTER, cluster()).await;
    azure.wait(400).await;
    let read = async |action: &str| {
        let answer = azure.send(Method::POST, &CLUSTER.replace('?', &format!("/{action}?")), None).await;
        let text = answer.body["kubeconfigs"][0]["value"].as_str().expect("a kubeconfig").to_owned();
        String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
    };
    let user = read("listClusterUserCredential").await;
    assert_eq!(read("listClusterUserCredential").await, user);
    let field = |kubeconfig: &str, name: &str| {
        let line =
            kubeconfig.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}: ")).map(str::to_owned));
        STANDARD.decode(line.expect("a field")).unwrap()
    };
    for kubeconfig in [&user, &read("listClusterAdminCredential").await] {
        let [authority, client] = ["certificate-authority-data", "client-certificate-data"]
            .map(|name| CertificateDer::from_pem_slice(&field(kubeconfig, name)).expect("a certificate"));
        let key = PrivateKeyDer::from_pem_slice(&field(kubeconfig, "client-key-data")).expect("a key");
        let parse = |der| x509_parser::parse_x509_certificate(der).expect("X.509").1;
        let (issuer, subject) = (parse(&authority), parse(&client));
        assert!(issuer.is_ca() && !subject.is_ca());
        assert_eq!(subject.issuer(), issuer.subject());
        assert_eq!(subject.verify_signature(Some(issuer.public_key())), Ok(()));
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone()).expect("an authority");
        let provider = std::sync::Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        config.with_root_certificates(roots).with_client_auth_cert(vec![client.clone()], key).expect("a key of it");
    }
}
