"""The asynchronous clients of the Python management SDKs: several resources at the same time.

Started like lab.py. Its last line of stdout is one JSON object with what it saw.
"""

import asyncio
import json
import os

from azure.core.exceptions import HttpResponseError
from azure.identity.aio import ClientSecretCredential
from azure.mgmt.cognitiveservices.aio import CognitiveServicesManagementClient
from azure.mgmt.containerservice.aio import ContainerServiceClient
from azure.mgmt.msi.aio import ManagedServiceIdentityClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient

GROUP, LOCATION, COUNT = "async", "westeurope", 4


async def refused(code, action):
    try:
        await action
    except HttpResponseError as error:
        assert error.error is not None and error.error.code == code, (code, error)
    else:
        raise AssertionError(f"{code}: it was not refused")


async def run(resources, clusters, identities, cognitive):
    await resources.resource_groups.create_or_update(GROUP, {"location": LOCATION})
    await asyncio.gather(
        *(
            identities.user_assigned_identities.create_or_update(GROUP, f"ident{n}", {"location": LOCATION})
            for n in range(COUNT)
        )
    )

    async def account(name):
        body = {"location": LOCATION, "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {"customSubDomainName": name}}
        poller = await cognitive.accounts.begin_create(GROUP, name, body)
        return await poller.result()

    accounts = await asyncio.gather(*(account(f"openai-async-{n}") for n in range(COUNT)))
    assert all(one.properties.provisioning_state == "Succeeded" for one in accounts), accounts
    pool = {"name": "nodepool1", "count": 1, "vmSize": "Standard_D2s_v5", "mode": "System"}
    body = {
        "location": LOCATION,
        "identity": {"type": "SystemAssigned"},
        "properties": {"dnsPrefix": "lab", "agentPoolProfiles": [pool]},
    }
    creation = await clusters.managed_clusters.begin_create_or_update(GROUP, "aks", body)
    await refused("ResourceGroupNotFound", clusters.managed_clusters.begin_create_or_update("nope", "aks", body))
    assert (await creation.result()).provisioning_state == "Succeeded"
    await refused("ResourceNotFound", clusters.managed_clusters.get(GROUP, "nope"))
    seen = {
        "identities": sorted([one.name async for one in identities.user_assigned_identities.list_by_resource_group(GROUP)]),
        "accounts": sorted([one.name async for one in cognitive.accounts.list_by_resource_group(GROUP)]),
        "resources": len([one async for one in resources.resources.list()]),
    }
    deletion = await resources.resource_groups.begin_delete(GROUP)
    await deletion.result()
    assert not await resources.resource_groups.check_existence(GROUP)
    purges = [
        await cognitive.deleted_accounts.begin_purge(LOCATION, GROUP, one.name)
        async for one in cognitive.deleted_accounts.list()
    ]
    await asyncio.gather(*(purge.result() for purge in purges))
    assert [one async for one in cognitive.deleted_accounts.list()] == []
    return seen


async def main():
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )
    common = {
        "credential": credential,
        "subscription_id": os.environ["AZURE_SUBSCRIPTION_ID"],
        "base_url": os.environ["AZLAB_ARM_ENDPOINT"],
        "credential_scopes": ["https://management.azure.com/.default"],
        "polling_interval": 0.5,
    }
    async with (
        credential,
        ResourceManagementClient(**common) as resources,
        ContainerServiceClient(**common) as clusters,
        ManagedServiceIdentityClient(**common) as identities,
        CognitiveServicesManagementClient(**common) as cognitive,
    ):
        print(json.dumps(await run(resources, clusters, identities, cognitive)))


asyncio.run(main())
