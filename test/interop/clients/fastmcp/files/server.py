import os

from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token

issuer = 'https://login.example.com'

verifier = JWTVerifier(
    jwks_uri=f'{issuer}/jwks',
    issuer=issuer,
    audience='https://app.example.com/mcp',
    required_scopes=['notes:read'],
)
auth = RemoteAuthProvider(
    token_verifier=verifier,
    authorization_servers=[issuer],
    base_url='https://app.example.com',
)
mcp = FastMCP('example', auth=auth)


@mcp.tool
def whoami() -> dict:
    """Tells who calls it."""
    token = get_access_token()
    return {'scopes': token.scopes, 'sub': token.claims['sub']}


mcp.run(transport='http', host='localhost', port=int(os.environ.get('PORT', 8080)))
