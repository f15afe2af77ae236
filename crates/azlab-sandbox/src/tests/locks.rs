use super::*;

const LOCKS: &str = "providers/Microsoft.Authorization/locks";

/// The path of a lock at a scope; an empty scope is the subscription.
fn lock(scope: &str, name: &str) -> String {
    let scope = scope.split('?').next().unwrap();
    format!("{scope}/{LOCKS}/{name}?api-version=2016-09-01")
}

fn level(level: &str) -> Value {
    json!({"properties": {"level": level, "notes": "kept for the exam"}})
}

async fn lab() -> Client {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    azure
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_made_read_listed_and_taken_away() {
    let azure = lab().await;
    let path = lock(ACCOUNT, "keep");
    let made = azure.put(&path, level("CanNotDelete")).await;
    assert_eq!((made.status.as_u16(), &made.body["properties"]["level"]), (201, &json!("CanNotDelete")));
    assert_eq!(azure.put(&path, level("cannotdelete")).await.status, 200);
    assert_eq!(azure.get(&path).await.body["properties"]["notes"], "kept for the exam");
    let names = async |scope: &str| {
        let listed = azure.get(&format!("{scope}/{LOCKS}?api-version=2020-05-01")).await;
        listed.body["value"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["keep"]);
    assert_eq!(names("/resourceGroups/lab").await, ["keep"]);
    assert_eq!(azure.put(&lock("", "all"), level("ReadOnly")).await.status, 201);
    assert_eq!(names("/resourceGroups/lab").await.len(), 2);
    assert_eq!(azure.delete(&lock("", "all")).await.status, 200, "a lock does not hold itself");
    assert_eq!(azure.delete(&lock("", "all")).await.status, 204);
    assert_eq!(azure.get(&lock("", "all")).await.outcome(), (404, "LockNotFound"));
    for none in ["Sometimes", "NotSpecified"] {
        assert_eq!(azure.put(&lock("", "x"), level(none)).await.outcome(), (400, "InvalidRequestContent"), "{none}");
    }
    assert_eq!(azure.put(&lock("/resourceGroups/none", "x"), level("ReadOnly")).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_locked_account_holds_its_group_and_itself_and_nothing_is_half_deleted() {
    let azure = lab().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.put(&lock(ACCOUNT, "keep"), level("CanNotDelete")).await;
    for path in [GROUP, ACCOUNT] {
        let refused = azure.delete(path).await;
        assert_eq!(refused.outcome(), (409, "ScopeLocked"), "{path}");
        let message = refused.body["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("cannot perform delete operation because following scope(s) are locked: '"),
            "{message}"
        );
        assert!(
            message.contains("/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1'"),
            "{message}"
        );
    }
    assert_eq!(azure.get(GROUP).await.body["properties"]["provisioningState"], "Succeeded");
    assert_eq!(azure.delete(IDENTITY).await.status, 200, "what is beside the lock can go");
    assert_eq!(azure.put(ACCOUNT, account()).await.status, 200, "CanNotDelete allows writes");
    azure.wait(20).await;
    assert_eq!(azure.delete(&lock(ACCOUNT, "keep")).await.status, 200);
    assert_eq!(azure.delete(GROUP).await.status, 202);
}

#[tokio::test(start_paused = true)]
async fn a_read_only_lock_refuses_every_write_below_it_and_posts_too() {
    let azure = lab().await;
    azure.put(&lock(GROUP, "frozen"), level("ReadOnly")).await;
    for refused in [
        azure.put(IDENTITY, json!({"location": "westeurope"})).await,
        azure.put(GROUP, json!({"location": "westeurope"})).await,
        azure.send(Method::PATCH, GROUP, Some(json!({"tags": {}}))).await,
        azure.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await,
    ] {
        assert_eq!(refused.outcome(), (409, "ScopeLocked"));
        assert!(refused.body["error"]["message"].as_str().unwrap().contains("cannot perform write operation"));
    }
    assert_eq!(azure.get(ACCOUNT).await.status, 200);
    let other = GROUP.replace("lab", "lab2");
    assert_eq!(azure.put(&other, json!({"location": "westeurope"})).await.status, 201, "a name that begins the same");
}
