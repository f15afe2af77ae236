//! Role assignments (Microsoft.Authorization, 2022-04-01).

use azure_core_021::Response;
use azure_mgmt_authorization::package_2022_04_01::models;

use super::adapter::reply;
use super::arm::Reply;
use super::client::{Azure, every_page, optional};
use super::error::Error;
use super::lists::is_right_at;
use crate::values::arm_id::group_in;

pub use models::{
    RoleAssignment, RoleAssignmentCreateParameters, RoleAssignmentProperties, role_assignment_properties,
};

impl Azure {
    /// The role assignments of `principal_id` that hold at `scope` (an ARM id), inherited ones included; none if the
    /// scope does not exist.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn role_assignments(&self, scope: &str, principal_id: &str) -> Result<Vec<RoleAssignment>, Error> {
        if let Some(group) = group_in(scope)
            && let Some(first_look) = self.first_look(group)
            && let Some(found) = Box::pin(first_look.assignments(scope, principal_id)).await
        {
            return Ok(found);
        }
        let filter = format!("principalId eq '{}'", principal_id.replace('\'', "''"));
        let client = self.authorization.role_assignments_client();
        let list = client.list_for_scope(scope.trim_start_matches('/')).filter(filter);
        Ok(optional(every_page!("role assignments", list.into_stream()))?.unwrap_or_default())
    }

    /// The role assignments of `principal_id` in the subscription and above it, as they are now: for several labs that ask, from
    /// one list.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn role_assignments_now(&self, principal_id: &str) -> Result<Vec<RoleAssignment>, Error> {
        if let Some(lists) = self.lists()
            && let Some(found) = Box::pin(lists.assignments_since(principal_id, self.arm().clock().now())).await
        {
            return Ok(found);
        }
        self.role_assignments(&format!("/subscriptions/{}", self.subscription()), principal_id).await
    }

    /// The role assignments of everybody that hold at `scope` (an ARM id), inherited ones included.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub async fn role_assignments_at(&self, scope: &str) -> Result<Vec<RoleAssignment>, Error> {
        let client = self.authorization.role_assignments_client();
        let list = client.list_for_scope(scope.trim_start_matches('/')).filter("atScope()");
        Ok(optional(every_page!("role assignments", list.into_stream()))?.unwrap_or_default())
    }

    /// The role assignments of everybody right at `scope`, a resource group's ARM id.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn role_assignments_right_at(&self, scope: &str) -> Result<Vec<RoleAssignment>, Error> {
        if let Some(group) = group_in(scope)
            && let Some(first_look) = self.first_look(group)
            && let Some(found) = Box::pin(first_look.assignments_right_at(scope)).await
        {
            return Ok(found);
        }
        let mut all = self.role_assignments_at(scope).await?;
        all.retain(|assignment| is_right_at(assignment, scope));
        Ok(all)
    }

    /// How many role assignments the subscription has, those below it included.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn count_role_assignments(&self) -> Result<usize, Error> {
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01",
            self.subscription()
        );
        Ok(self.pages::<serde::de::IgnoredAny>(path).await?.len())
    }

    /// Name and guid of the role of that name, custom roles included; `None` if the subscription has none.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn role_named(&self, name: &str) -> Result<Option<(String, String)>, Error> {
        let filter = format!("roleName eq '{}'", name.replace('\'', "''"));
        let scope = format!("subscriptions/{}", self.subscription());
        let list = self.authorization.role_definitions_client().list(scope).filter(filter);
        let found = every_page!("role definitions", list.into_stream())?.into_iter().next();
        Ok(found.and_then(|role| {
            let called = role.properties.and_then(|properties| properties.role_name);
            Some((called.unwrap_or_else(|| name.to_owned()), role.name?))
        }))
    }

    /// Deletes a role assignment; one that does not exist is as good.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn delete_role_assignment(&self, scope: &str, name: &str) -> Result<(), Error> {
        let client = self.authorization.role_assignments_client();
        let sent = client.delete(scope.trim_start_matches('/'), name).send().await;
        optional(reply(name, sent.map(Response::from)).await).map(drop)
    }

    /// Creates a role assignment: 201, also on a repeat of the same name.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 400 `PrincipalNotFound`; 409 `RoleAssignmentExists`.
    pub async fn put_role_assignment(
        &self,
        scope: &str,
        name: &str,
        assignment: RoleAssignmentCreateParameters,
    ) -> Result<Reply, Error> {
        let client = self.authorization.role_assignments_client();
        let sent = client.create(scope.trim_start_matches('/'), name, assignment).send().await;
        reply(name, sent.map(Response::from)).await
    }
}
