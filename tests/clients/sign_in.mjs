// Sign-in with @azure/identity (MSAL for JavaScript), with nothing but what `azlab sandbox serve` prints for `sdk` and, for the pod,
// for `identity`.
//
// Started by tests/it/az/sign_in.rs beside a node_modules. Exits with 0 if everything was as it should be; its last line of stdout
// is one JSON object with what it saw.

import assert from "node:assert/strict";
import { ClientSecretCredential, DefaultAzureCredential, WorkloadIdentityCredential } from "@azure/identity";

const env = process.env;
const kind = process.argv[2];
const options = { disableInstanceDiscovery: true };
const scope = "https://management.azure.com/.default";

async function groups(credential) {
  const { token } = await credential.getToken(scope);
  const url = `${env.AZLAB_ARM_ENDPOINT}/subscriptions/${env.AZURE_SUBSCRIPTION_ID}/resourcegroups?api-version=2021-04-01`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  return (await answer.json()).value.map((group) => group.name);
}

const seen = { kind };
if (kind === "wrong-secret") {
  const wrong = new ClientSecretCredential(env.AZURE_TENANT_ID, env.AZURE_CLIENT_ID, "wrong", options);
  await assert.rejects(wrong.getToken(scope), /AADSTS7000215/);
} else {
  seen.groups = await groups(kind === "pod" ? new WorkloadIdentityCredential(options) : new DefaultAzureCredential(options));
}
console.log(JSON.stringify(seen));
