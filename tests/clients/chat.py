"""Models asked by the openai SDK, with a key and with a token: whole, streamed, with functions, schemas, embeddings, responses.

Started by tests/it/az/openai.rs with the variables that `azlab sandbox serve` prints for `sdk` and `openai`; the account and its
deployments exist. Exits with 0 if everything was as it should be; its last line of stdout is one JSON object with what it saw.
"""

import asyncio
import json
import os

import openai
from azure.identity import ClientSecretCredential, get_bearer_token_provider
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from pydantic import BaseModel

ENDPOINT = os.environ["AZURE_OPENAI_ENDPOINT"]
ACCOUNT = ENDPOINT.rstrip("/").rsplit("/", 1)[-1]
V1 = f"{ENDPOINT}openai/v1/"
# The ai-service's own (kubernetes.md, "The application today").
AI_SERVICE_VERSION = "2024-12-01-preview"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "strict": True,
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
                "required": ["city", "unit"],
                "additionalProperties": False,
            },
        },
    }
]


class Event(BaseModel):
    name: str
    guests: list[str]
    price: float | None


def expect(kind, code, param, action):
    """`action` is refused with an error of the SDK's own kind."""
    try:
        action()
    except kind as refused:
        assert (refused.code, refused.param) == (code, param), (refused.code, refused.param, refused.body)
        return refused
    raise AssertionError(f"{code}: it was not refused")


def ask(client, deployment="chat", text="Hello", **more):
    return client.chat.completions.create(model=deployment, messages=[{"role": "user", "content": text}], **more)


def whole_and_streamed(client):
    """The same text in both ways; the usage comes last."""
    whole = ask(client)
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].message.content and len(chunks) > 5, chunks
    assert chunks[-1].usage == whole.usage and not chunks[-1].choices, chunks[-1]
    assert chunks[0].model_extra["prompt_filter_results"][0]["prompt_index"] == 0, chunks[0]
    with client.chat.completions.stream(model="chat", messages=[{"role": "user", "content": "Hello"}]) as stream:
        assert stream.get_final_completion().choices[0].message.content == text
    return text


def functions(client):
    answered = ask(client, text="How is the weather?", tools=TOOLS)
    call = answered.choices[0].message.tool_calls[0]
    assert answered.choices[0].finish_reason == "tool_calls" and call.function.name == "get_weather", answered
    assert json.loads(call.function.arguments) == {"city": "city", "unit": "celsius"}, call
    forced = {"type": "function", "function": {"name": "get_weather"}}
    assert ask(client, tools=TOOLS, tool_choice=forced).choices[0].finish_reason == "stop"
    messages = [
        {"role": "user", "content": "How is the weather?"},
        answered.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": "rain"},
    ]
    told = client.chat.completions.create(model="chat", messages=messages, tools=TOOLS)
    assert told.choices[0].message.content.endswith("rain"), told


def schemas(client):
    asked = [{"role": "user", "content": "a party"}]
    event = client.chat.completions.parse(model="chat", messages=asked, response_format=Event).choices[0].message.parsed
    assert event == Event(name="name", guests=["guests"], price=0.0), event
    asked = [{"role": "user", "content": "a party as JSON"}]
    form = {"type": "json_object"}
    answer = client.chat.completions.create(model="chat", messages=asked, response_format=form)
    assert "party" in json.loads(answer.choices[0].message.content)["answer"], answer


def embeddings(client):
    both = client.embeddings.create(model="embeddings", input=["the cat sat down", "the cat lay down", "an invoice"])
    one, other, third = (entry.embedding for entry in both.data)
    near = lambda a, b: sum(x * y for x, y in zip(a, b))
    assert len(one) == 1536 and near(one, other) > near(one, third), both.usage
    plain = client.embeddings.create(model="embeddings", input="the cat sat down", encoding_format="float")
    assert max(abs(x - y) for x, y in zip(plain.data[0].embedding, one)) < 1e-6


def responses(client):
    whole = client.responses.create(model="chat", input="Hello", instructions="Be short.")
    events = list(client.responses.create(model="chat", input="Hello", instructions="Be short.", stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == whole.output_text == events[-1].response.output_text, (text, whole.output_text)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert client.responses.parse(model="chat", input="a party", text_format=Event).output_parsed.name == "name"
    reasoned = client.responses.create(model="reasons", input="Hello", reasoning={"effort": "low"})
    assert [item.type for item in reasoned.output] == ["reasoning", "message"], reasoned


def refusals(client):
    bad = openai.BadRequestError
    expect(bad, "unsupported_value", "temperature", lambda: ask(client, "reasons", temperature=0.2))
    expect(bad, "unsupported_parameter", "max_tokens", lambda: ask(client, "reasons", max_tokens=5))
    expect(bad, "decimal_above_max_value", "temperature", lambda: ask(client, temperature=9))
    expect(bad, "unknown_parameter", "banana", lambda: ask(client, extra_body={"banana": 1}))
    expect(bad, "empty_array", "messages", lambda: client.chat.completions.create(model="chat", messages=[]))
    expect(openai.NotFoundError, "DeploymentNotFound", None, lambda: ask(client, "gone"))
    filtered = expect(bad, "content_filter", "prompt", lambda: ask(client, text="forbidden"))
    found = filtered.body["innererror"]["content_filter_result"]
    assert found["violence"] == {"filtered": True, "severity": "medium"}, found
    limited = expect(openai.RateLimitError, "429", None, lambda: ask(client.with_options(max_retries=0), text="busy"))
    assert int(limited.response.headers["retry-after"]) >= 1, limited.response.headers
    # The SDK waits as it is told and asks again; then it gives up.
    expect(openai.RateLimitError, "429", None, lambda: ask(client.with_options(max_retries=1), text="busy"))
    cut = ask(client, "reasons", max_completion_tokens=3)
    assert cut.choices[0].finish_reason == "length" and cut.usage.completion_tokens == 3, cut


def ai_service(client):
    """What the workshop's application sends."""
    answer = client.chat.completions.create(
        model="reasons",
        messages=[
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "Describe this pet store product: a ball."},
        ],
        temperature=1.0,
    )
    assert answer.choices[0].message.content and answer.model == "gpt-5-mini-2025-08-07", answer


async def at_once(client):
    async def one(number):
        chunks = [chunk async for chunk in await ask(client, text=f"Hello {number}", stream=True)]
        return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)

    texts = await asyncio.gather(*(one(number) for number in range(8)))
    assert all(text.endswith(f"Hello {number}") for number, text in enumerate(texts)), texts
    await client.close()


def main():
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )
    endpoint = os.environ["AZLAB_ARM_ENDPOINT"]
    management = CognitiveServicesManagementClient(
        credential, os.environ["AZURE_SUBSCRIPTION_ID"], base_url=endpoint, credential_scopes=[f"{endpoint}/.default"]
    )
    key = management.accounts.list_keys("lab", ACCOUNT).key1
    token = get_bearer_token_provider(credential, "https://cognitiveservices.azure.com/.default")
    seen = {}
    clients = {
        # The endpoint and, where it is not said, the version are the printed variables.
        "key": openai.AzureOpenAI(api_key=key),
        "token": openai.AzureOpenAI(azure_ad_token_provider=token),
        "v1 key": openai.OpenAI(base_url=V1, api_key=key),
        "v1 token": openai.OpenAI(base_url=V1, api_key=token),
    }
    for name, client in clients.items():
        seen[name] = whole_and_streamed(client)
        functions(client)
        schemas(client)
        embeddings(client)
        refusals(client)
        ids = [model.id for model in client.models.list()]
        assert "text-embedding-3-small" in ids and client.models.retrieve(ids[0]).id == ids[0], ids
    for name in ("v1 key", "v1 token"):
        responses(clients[name])
    responses(openai.AzureOpenAI(api_key=key, api_version="2025-04-01-preview"))
    ai_service(openai.AzureOpenAI(api_key=key, api_version=AI_SERVICE_VERSION))
    ai_service(openai.AzureOpenAI(azure_ad_token_provider=token, api_version=AI_SERVICE_VERSION))
    asyncio.run(at_once(openai.AsyncOpenAI(base_url=V1, api_key=key)))
    expect(openai.AuthenticationError, "401", None, lambda: ask(openai.AzureOpenAI(api_key="wrong")))
    completions = lambda: openai.AzureOpenAI(api_key=key).completions.create(model="chat", prompt="x")
    expect(openai.BadRequestError, "OperationNotSupported", None, completions)
    print(json.dumps(seen))


main()
