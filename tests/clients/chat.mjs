// Models asked by the openai SDK for JavaScript, with a key and with a token of @azure/identity.
//
// Started by tests/it/az/openai.rs beside a node_modules, with the variables that `azlab sandbox serve` prints for `sdk` and `openai`.
// Exits with 0 if everything was as it should be; its last line of stdout is one JSON object with what it saw.

import assert from "node:assert/strict";
import { ClientSecretCredential, getBearerTokenProvider } from "@azure/identity";
import OpenAI, { AzureOpenAI, BadRequestError, NotFoundError, RateLimitError } from "openai";

const env = process.env;
const endpoint = env.AZURE_OPENAI_ENDPOINT;
const account = endpoint.replace(/\/$/, "").split("/").pop();
const messages = [{ role: "user", content: "Hello" }];

const credential = new ClientSecretCredential(env.AZURE_TENANT_ID, env.AZURE_CLIENT_ID, env.AZURE_CLIENT_SECRET, {
  authorityHost: env.AZURE_AUTHORITY_HOST,
  disableInstanceDiscovery: true,
});

async function key() {
  const { token } = await credential.getToken("https://management.azure.com/.default");
  const id = `subscriptions/${env.AZURE_SUBSCRIPTION_ID}/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/${account}`;
  const url = `${env.AZLAB_ARM_ENDPOINT}/${id}/listKeys?api-version=2024-10-01`;
  const answer = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()).key1;
}

async function check(client) {
  const whole = await client.chat.completions.create({ model: "chat", messages });
  const stream_options = { include_usage: true };
  let [text, usage] = ["", null];
  for await (const chunk of await client.chat.completions.create({ model: "chat", messages, stream: true, stream_options })) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.deepEqual(usage, whole.usage);

  const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
  const tools = [{ type: "function", function: { name: "get_weather", strict: true, parameters } }];
  const called = await client.chat.completions.create({ model: "chat", messages, tools, tool_choice: "required" });
  assert.deepEqual(JSON.parse(called.choices[0].message.tool_calls[0].function.arguments), { city: "city" });

  const response_format = { type: "json_schema", json_schema: { name: "place", strict: true, schema: parameters } };
  const formed = await client.chat.completions.create({ model: "chat", messages, response_format });
  assert.deepEqual(JSON.parse(formed.choices[0].message.content), { city: "city" });

  const embedded = await client.embeddings.create({ model: "embeddings", input: "Hello" });
  assert.equal(embedded.data[0].embedding.length, 1536);

  const refused = (kind, code, asked) =>
    assert.rejects(
      client.chat.completions.create({ model: "chat", messages, ...asked }, { maxRetries: 0 }),
      (error) => error instanceof kind && error.code === code,
    );
  await refused(BadRequestError, "unsupported_value", { model: "reasons", temperature: 0.2 });
  await refused(BadRequestError, "unknown_parameter", { banana: 1 });
  await refused(BadRequestError, "content_filter", { messages: [{ role: "user", content: "forbidden" }] });
  await refused(NotFoundError, "DeploymentNotFound", { model: "gone" });
  await refused(RateLimitError, "429", { messages: [{ role: "user", content: "busy" }] });
  return text;
}

async function respond(client) {
  const whole = await client.responses.create({ model: "chat", input: "Hello" });
  let [text, last] = ["", null];
  for await (const event of await client.responses.create({ model: "chat", input: "Hello", stream: true })) {
    if (event.type === "response.output_text.delta") text += event.delta;
    last = event;
  }
  assert.equal(text, whole.output_text);
  assert.equal(last.type, "response.completed");
}

const apiKey = await key();
const azureADTokenProvider = getBearerTokenProvider(credential, "https://cognitiveservices.azure.com/.default");
const baseURL = `${endpoint}openai/v1/`;
const clients = {
  key: new AzureOpenAI({ apiKey, apiVersion: env.OPENAI_API_VERSION, endpoint }),
  token: new AzureOpenAI({ azureADTokenProvider, apiVersion: env.OPENAI_API_VERSION, endpoint }),
  "v1 key": new OpenAI({ apiKey, baseURL }),
  "v1 token": new OpenAI({ apiKey: azureADTokenProvider, baseURL }),
};
const seen = {};
for (const [name, client] of Object.entries(clients)) seen[name] = await check(client);
await respond(clients["v1 key"]);
await respond(clients["v1 token"]);
console.log(JSON.stringify(seen));
