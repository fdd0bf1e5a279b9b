import assert from 'node:assert/strict';
import { freePort } from '../../../support/free-port.ts';
import type { InteropClient } from '../../client.ts';
import type { Program } from '../../support/program.ts';
import { npm } from '../../support/npm.ts';

export const client: InteropClient = {
  name: 'mcp-sdk',
  title: 'Model Context Protocol (TypeScript SDK)',
  about: 'An MCP server that accepts tokens of Signet, and an MCP client that gets them.',
  documentation: 'https://modelcontextprotocol.io/docs/tutorials/security/authorization',
  toolchain: npm('@modelcontextprotocol/sdk', 'express', 'jose'),
  files: [
    { path: 'server.mjs', about: 'The MCP server. Its URL is the audience of the API.' },
    { path: 'client.mjs', about: 'The MCP client, a native app with a redirect URI on a loopback address.' },
  ],
  apis: [
    {
      audience: 'https://app.example.com/mcp',
      name: 'MCP server',
      scopes: { 'mcp:tools': 'Use the tools' },
    },
  ],
  addOptions: ['--scope', 'mcp:tools offline_access'],
  problems: [
    {
      says: '`Incompatible auth server: does not support dynamic client registration`',
      cause:
        'The client has no `client_id` and tries to register itself, and `registration` is `off` in `signet.yaml`.',
      fix: 'Add the client with `signet client add`, and give its `client_id` to the MCP client; or set `registration: open`, with the scopes of the API in `registration.scopes`.',
    },
    {
      says: '`Protected resource … does not match expected …`',
      cause: 'The audience of the API in `signet.yaml` is not the URL of the MCP server.',
      fix: 'Use the same URL for the audience, for `resourceServerUrl`, and in the client.',
    },
  ],
  async run(stage) {
    await stage.step('the server starts, with discovery', () => stage.start('node', ['server.mjs']));
    const CALLBACK_PORT = String(await freePort());
    let program: Program;
    await stage.step(
      'the client finds Signet by the metadata of the server, and a person allows it',
      async () => {
        program = stage.program('node', ['client.mjs'], { CALLBACK_PORT });
        const [, url = ''] = await program.match(/^Open (\S+)\n/m);
        const page = await stage.person().visit(url);
        assert.equal(page.text, 'You can close this window.');
      },
    );
    await stage.step('calls a tool with the token, and refreshes it', async () => {
      const lines = (await program.end()).split('\n').slice(1, 3);
      const expected = { scopes: ['mcp:tools'], sub: stage.sub };
      assert.deepEqual([JSON.parse(lines[0] ?? ''), lines[1]], [expected, 'refreshed']);
    });
    await stage.step('registers itself, and does the same (RFC 7591)', async () => {
      program = stage.program('node', ['client.mjs'], { CALLBACK_PORT, REGISTER: '1' });
      const [, url = ''] = await program.match(/^Open (\S+)\n/m);
      const page = await stage.person().visit(url);
      assert.equal(page.text, 'You can close this window.');
      const lines = (await program.end()).split('\n').slice(1, 3);
      const expected = { scopes: ['mcp:tools'], sub: stage.sub };
      assert.deepEqual([JSON.parse(lines[0] ?? ''), lines[1]], [expected, 'refreshed']);
    });
  },
};
