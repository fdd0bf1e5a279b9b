import asyncio
import json
import os

from fastmcp import Client
from fastmcp.client.auth import OAuth

# The id of `signet client add`. Without it, FastMCP uses the metadata document, or registers itself.
client = {'client_id': 'my-client-id'}
if url := os.environ.get('CLIENT_METADATA_URL'):
    client = {'client_metadata_url': url}
elif os.environ.get('REGISTER'):
    client = {}

auth = OAuth(callback_host='127.0.0.1', **client)


async def main():
    async with Client('https://app.example.com/mcp', auth=auth) as mcp:
        result = await mcp.call_tool('whoami')
        print(json.dumps(result.data), flush=True)


asyncio.run(main())
