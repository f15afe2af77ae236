"""The workshop's lab by the Python management SDKs: made, read, listed, and taken away again.

Started by tests/it/az/sdk.rs with the variables that `azlab sandbox serve` prints. Exits with 0 if everything was as it
should be; its last line of stdout is one JSON object with what it saw.
"""

import json
import os
import sys
import uuid

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.resource.resources import ResourceManagementClient

GROUP, CLUSTER, IDENTITY, CREDENTIAL = "myResourceGroup", "myAKSCluster", "myIdentity", "myFederatedCredential"
ACCOUNT, DEPLOYMENT = "myopenai12345", "gpt-35-turbo"
SUBJECT = "system:serviceaccount:default:ai-service-account"
LOCATION = "westeurope"
ROLE = "Cognitive Services OpenAI User"


def expect(code, action, kind=HttpResponseError):
    """`action` is refused with `code`, as the SDK's own error."""
    try:
        action()
    except kind as refused:
        assert refused.error is not None and refused.error.code == code, (code, refused.error, refused.message)
        assert refused.error.message and code in str(refused), refused
        return refused
    raise AssertionError(f"{code}: it was not refused")


def deployable(models):
    """(name, version, sku) of a model that can be deployed at the sandbox's time; the workshop's before others."""
    now = sys.argv[1]
    found = [
        (entry.model.name, entry.model.version, sku.name)
        for entry in models
        for sku in entry.model.skus
        if entry.kind == "OpenAI"
        and sku.deprecation_date.strftime("%Y-%m-%dT%H:%M:%SZ") > now
        and entry.model.capabilities.get("chatCompletion") == "true"
    ]
    return next((model for model in found if model[0] == "gpt-35-turbo"), found[0])


class Lab:
    def __init__(self):
        endpoint = os.environ["AZLAB_ARM_ENDPOINT"]
        credential = ClientSecretCredential(
            os.environ["AZURE_TENANT_ID"],
            os.environ["AZURE_CLIENT_ID"],
            os.environ["AZURE_CLIENT_SECRET"],
            authority=os.environ["AZURE_AUTHORITY_HOST"],
            disable_instance_discovery=True,
        )
        self.subscription = os.environ["AZURE_SUBSCRIPTION_ID"]
        # The pollers pause for 30 s where the service does not say for how long; the sandbox is quicker.
        common = {
            "credential": credential,
            "subscription_id": self.subscription,
            "base_url": endpoint,
            "credential_scopes": ["https://management.azure.com/.default"],
            "polling_interval": 0.5,
        }
        self.resources = ResourceManagementClient(**common)
        self.clusters = ContainerServiceClient(**common)
        self.identities = ManagedServiceIdentityClient(**common)
        self.cognitive = CognitiveServicesManagementClient(**common)
        self.authorization = AuthorizationManagementClient(**common)

    def make(self):
        group = self.resources.resource_groups.create_or_update(GROUP, {"location": LOCATION, "tags": {"a": "b"}})
        assert (group.name, group.properties.provisioning_state) == (GROUP, "Succeeded"), group
        creation = self.clusters.managed_clusters.begin_create_or_update(
            GROUP,
            CLUSTER,
            {
                "location": LOCATION,
                "identity": {"type": "SystemAssigned"},
                "properties": {
                    "dnsPrefix": "lab",
                    "agentPoolProfiles": [
                        {"name": "nodepool1", "count": 1, "vmSize": "Standard_D2s_v5", "mode": "System"}
                    ],
                    "oidcIssuerProfile": {"enabled": True},
                    "securityProfile": {"workloadIdentity": {"enabled": True}},
                },
            },
        )
        account = self.account()
        identity = self.identities.user_assigned_identities.create_or_update(GROUP, IDENTITY, {"location": LOCATION})
        cluster = creation.result()
        assert creation.done() and creation.status() == "Succeeded", creation.status()
        assert cluster.provisioning_state == "Succeeded", cluster
        issuer = cluster.oidc_issuer_profile.issuer_url
        federated = self.identities.federated_identity_credentials.create_or_update(
            GROUP,
            IDENTITY,
            CREDENTIAL,
            {"properties": {"issuer": issuer, "subject": SUBJECT, "audiences": ["api://AzureADTokenExchange"]}},
        )
        assert federated.subject == SUBJECT, federated
        self.assign(account.id, identity.principal_id)
        return {
            "cluster": cluster.name,
            "oidc_issuer": issuer,
            "identity_client_id": identity.client_id,
            "identity_principal_id": identity.principal_id,
            "openai_account": account.name,
            "openai_endpoint": account.properties.endpoint,
            "openai_deployment": DEPLOYMENT,
        }

    def account(self):
        accounts = self.cognitive.accounts
        creation = accounts.begin_create(
            GROUP,
            ACCOUNT,
            {
                "location": LOCATION,
                "kind": "OpenAI",
                "sku": {"name": "S0"},
                "properties": {"customSubDomainName": ACCOUNT},
            },
        )
        account = creation.result()
        assert account.properties.provisioning_state == "Succeeded", account
        name, version, sku = deployable(self.cognitive.models.list(LOCATION))
        deployed = self.cognitive.deployments.begin_create_or_update(
            GROUP,
            ACCOUNT,
            DEPLOYMENT,
            {
                "sku": {"name": sku, "capacity": 10},
                "properties": {"model": {"format": "OpenAI", "name": name, "version": version}},
            },
        ).result()
        assert (deployed.sku.capacity, deployed.properties.provisioning_state) == (10, "Succeeded"), deployed
        assert len(accounts.list_keys(GROUP, ACCOUNT).key1) == 32
        return account

    def assign(self, scope, principal):
        [role] = self.authorization.role_definitions.list(scope, filter=f"roleName eq '{ROLE}'")
        wanted = {"roleDefinitionId": role.id, "principalId": principal, "principalType": "ServicePrincipal"}
        create = self.authorization.role_assignments.create
        made = create(scope, str(uuid.uuid4()), {"properties": wanted})
        assert (made.principal_id, made.role_definition_id) == (principal, role.id), made
        again = lambda: create(scope, str(uuid.uuid4()), {"properties": wanted})
        expect("RoleAssignmentExists", again, ResourceExistsError)
        at_scope = self.authorization.role_assignments.list_for_scope(scope, filter="atScope()")
        assert [one.name for one in at_scope if one.scope == scope] == [made.name]

    def listed(self):
        """Every list to its end, over pages of one entry each."""
        pages = list(self.resources.resources.list_by_resource_group(GROUP).by_page())
        assert len(pages) == 3, "the pages are not followed"
        names = {
            "groups": [one.name for one in self.resources.resource_groups.list()],
            "tagged": [one.name for one in self.resources.resource_groups.list(filter="tagName eq 'a' and tagValue eq 'b'")],
            "resources": [one.name for one in self.resources.resources.list_by_resource_group(GROUP)],
            "clusters": [one.name for one in self.clusters.managed_clusters.list()],
            "identities": [one.name for one in self.identities.user_assigned_identities.list_by_resource_group(GROUP)],
            "credentials": [one.name for one in self.identities.federated_identity_credentials.list(GROUP, IDENTITY)],
            "accounts": [one.name for one in self.cognitive.accounts.list()],
            "deployments": [one.name for one in self.cognitive.deployments.list(GROUP, ACCOUNT)],
        }
        usage = {one.name.value: one.current_value for one in self.cognitive.usages.list(LOCATION)}
        assert usage["OpenAI.S0.AccountCount"] == 1, usage
        pool = self.clusters.agent_pools.get(GROUP, CLUSTER, "nodepool1")
        assert (pool.count, pool.provisioning_state) == (1, "Succeeded"), pool
        [kubeconfig] = self.clusters.managed_clusters.list_cluster_user_credentials(GROUP, CLUSTER).kubeconfigs
        assert kubeconfig.name == "clusterUser" and b"current-context: myAKSCluster" in kubeconfig.value
        return {kind: sorted(found) for kind, found in names.items()}

    def refused(self):
        expect("ResourceGroupNotFound", lambda: self.resources.resource_groups.get("nope"), ResourceNotFoundError)
        expect("ResourceNotFound", lambda: self.clusters.managed_clusters.get(GROUP, "nope"), ResourceNotFoundError)
        expect(
            "NotFound",
            lambda: self.identities.federated_identity_credentials.get(GROUP, IDENTITY, "nope"),
            ResourceNotFoundError,
        )
        # AKS answers without an `error` around it.
        pools = [{"name": "nodepool1", "count": 1, "vmSize": "Standard_Nope", "mode": "System"}]
        wrong = {
            "location": LOCATION,
            "identity": {"type": "SystemAssigned"},
            "properties": {"dnsPrefix": "x", "agentPoolProfiles": pools},
        }
        create = self.clusters.managed_clusters.begin_create_or_update
        refused = expect("BadRequest", lambda: create(GROUP, "other", wrong))
        assert "Standard_D2s_v5" in refused.error.message, refused
        assert refused.error.target == "agentPoolProfile.vmSize", refused.error
        taken = {
            "location": LOCATION,
            "kind": "OpenAI",
            "sku": {"name": "S0"},
            "properties": {"customSubDomainName": ACCOUNT},
        }
        begin = self.cognitive.accounts.begin_create
        expect("CustomDomainInUse", lambda: begin(GROUP, "other", taken), ResourceExistsError)

    def remove(self):
        self.clusters.managed_clusters.begin_delete(GROUP, CLUSTER).result()
        assert list(self.clusters.managed_clusters.list()) == []
        self.resources.resource_groups.begin_delete(GROUP).result()
        assert not self.resources.resource_groups.check_existence(GROUP)
        deleted = self.cognitive.deleted_accounts
        assert [one.name for one in deleted.list()] == [ACCOUNT]
        assert deleted.get(LOCATION, GROUP, ACCOUNT).properties.scheduled_purge_date
        deleted.begin_purge(LOCATION, GROUP, ACCOUNT).result()
        assert list(deleted.list()) == []


if __name__ == "__main__":
    lab = Lab()
    what = sys.argv[2]
    seen = {}
    if what == "make":
        seen = {"outputs": lab.make(), "names": lab.listed()}
        lab.refused()
    elif what == "list":
        seen = {"names": lab.listed()}
    else:
        lab.remove()
    print(json.dumps(seen))
