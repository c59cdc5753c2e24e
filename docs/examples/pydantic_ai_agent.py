"""An agent of pydantic-ai that has plans made (`pip install "pydantic-ai-slim[openai]"`)."""

import asyncio

from pydantic_ai import Agent, Tool
from pydantic_ai.models.openai import OpenAIChatModel

from replplan import Limits, as_tool

MODEL = "gpt-5-mini"


async def main() -> None:
    """Ask the agent, which hands the file to a plan."""
    plan = as_tool(files=["sales.csv"], model=MODEL, limits=Limits(seconds=120, cost=0.10))
    tool = Tool.from_schema(plan.call, plan.name, plan.description, plan.parameters)
    async with Agent(OpenAIChatModel(MODEL), tools=[tool]) as agent:
        result = await agent.run("What do the sales in sales.csv add up to?")
    print(result.output)


asyncio.run(main())
