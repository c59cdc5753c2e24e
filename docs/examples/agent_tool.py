"""An agent of your own that has plans made: the openai SDK's tool calls, and `replplan.as_tool`."""

from openai import OpenAI

from replplan import Limits, as_tool

MODEL = "gpt-5-mini"

client = OpenAI()
plan = as_tool(files=["sales.csv"], model=MODEL, limits=Limits(seconds=120, cost=0.10))
messages = [{"role": "user", "content": "What do the sales in sales.csv add up to?"}]
while True:
    reply = client.chat.completions.create(model=MODEL, messages=messages, tools=[plan.schema])
    message = reply.choices[0].message
    if not message.tool_calls:
        break
    messages.append(message)
    for call in message.tool_calls:
        content = plan(call.function.arguments)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": content})
print(message.content)
