//! Role assignments.

use azlab::outcome::Action;
use azlab::values::ResourceKind;

use crate::provision::fixture::{Azure, IDENTITY};

/// Entra takes a while to know a new identity everywhere.
#[tokio::test(start_paused = true)]
async fn principal_not_found_right_after_the_identity() {
    for late in [0.0, 42.0, 300.0] {
        let azure = Azure::with(|settings| {
            settings.late_principals_with_type_s = late;
        });
        let ran = azure.provision("").await.ready();
        azure.holds_exactly(1);
        assert_eq!(ran.told().contains("PrincipalNotFound"), late > 30.0, "{late} s late");
        assert!(ran.lab().elapsed_s < 348.0, "the cluster takes longer: {} s", ran.lab().elapsed_s);
    }
}

/// An identity that was made anew is another principal: the old assignment names nobody.
#[tokio::test(start_paused = true)]
async fn a_guid_without_the_principal_in_it_leaves_a_dead_assignment() {
    let azure = Azure::new();
    let before = azure.provision("").await.ready().outputs().identity_principal_id.clone();
    azure.delete(IDENTITY).await;
    azure.pass(5.0).await;
    let ran = azure.provision("").await.ready();
    assert_ne!(ran.outputs().identity_principal_id, before);
    let created = [ResourceKind::Identity, ResourceKind::FederatedCredential, ResourceKind::RoleAssignment];
    assert_eq!(ran.changed(), created.map(|kind| (kind, Action::Created)));
    assert_eq!(azure.census()["roleassignments Succeeded"], 2, "the old one names nobody; it is not ours to delete");
    assert!(azure.provision("").await.ready().writes().is_empty());
}

/// Another tool gave the role under a guid of its own: a second assignment of it is refused.
#[tokio::test(start_paused = true)]
async fn role_assignment_exists_on_the_second_run() {
    let azure = Azure::new();
    azure.made_by_az().await;
    for arguments in ["--adopt", ""] {
        let ran = azure.provision(arguments).await.ready();
        assert_eq!(ran.action(ResourceKind::RoleAssignment), Action::Unchanged, "{arguments}");
        assert!(!ran.writes().iter().any(|one| one.path.contains("/roleAssignments/")), "{:#?}", ran.writes());
    }
}
