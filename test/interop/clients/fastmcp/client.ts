import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { pypi } from '../../support/pypi.ts';
import type { Program } from '../../support/program.ts';

export const client: InteropClient = {
  name: 'fastmcp',
  title: 'FastMCP (Python)',
  about:
    'An MCP server that accepts tokens of Signet, and an MCP client that gets them: `pip install fastmcp`.',
  documentation: 'https://gofastmcp.com/servers/auth/remote-oauth',
  toolchain: pypi('fastmcp', 'fastmcp', 'mcp'),
  files: [
    { path: 'server.py', about: 'The MCP server. Its URL is the audience of the API.' },
    { path: 'client.py', about: 'The MCP client. It opens the browser, and listens on a loopback address.' },
  ],
  apis: [
    {
      audience: 'https://app.example.com/mcp',
      name: 'Notes by MCP',
      scopes: { 'notes:read': 'See your notes' },
    },
  ],
  addOptions: ['--scope', 'notes:read offline_access'],
  problems: [
    {
      says: '`OAuth client not found - cached credentials may be stale`',
      cause: 'Signet does not know the `client_id`, or cannot use the metadata document; the log says why.',
      fix: 'Correct the id; or set `documents` or `mode` of `registration`, with the scopes of the API in `registration.scopes`.',
    },
  ],
  async run(stage) {
    await stage.step('the server starts', () => stage.start('python', ['server.py']));
    const document = stage.documents.publish({
      client_name: 'Example',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    });
    const ways: [string, Record<string, string>][] = [
      ['its id is that of `signet client add`', {}],
      ['its id is the address of its metadata document', { CLIENT_METADATA_URL: document }],
      ['it registers itself (RFC 7591)', { REGISTER: '1' }],
    ];
    for (const [way, env] of ways) {
      let program: Program;
      await stage.step(
        `${way}: the client finds Signet by the metadata of the server, and a person allows it`,
        async () => {
          // Instead of a browser.
          program = stage.program('python', ['client.py'], { BROWSER: 'echo Open %s', ...env });
          const [, url = ''] = await program.match(/^Open (\S+)\n/m);
          const page = await stage.person().visit(url);
          assert.equal(page.status, 200, page.text);
        },
      );
      await stage.step('calls a tool with the token', async () => {
        const [, answer = ''] = await program.match(/^(\{.+\})\n/m);
        assert.deepEqual(JSON.parse(answer), { scopes: ['notes:read'], sub: stage.sub });
        await program.end();
      });
    }
  },
};
