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
      scopes: { 'mcp:tools': 'Use the tools', 'mcp:write': 'Change things' },
    },
  ],
  addOptions: ['--scope', 'mcp:tools mcp:write offline_access'],
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
      const person = stage.person();
      const allow = async (url = ''): Promise<void> =>
        assert.equal((await person.visit(url)).text, 'You can close this window.');
      let program: Program;
      await stage.step(
        `${way}: the client finds Signet by the metadata of the server, and a person allows it`,
        async () => {
          program = stage.program('node', ['client.mjs'], { CALLBACK_PORT, ...env });
          const [, url] = await program.match(/^Open (\S+)\n/m);
          await allow(url);
        },
      );
      await stage.step('calls a tool with the token, and refreshes it', async () => {
        const [, first = '', second = '', state, url] = await program.match(
          /^Open .+\n(.+)\n(.+)\n(.*refreshed)\nOpen (\S+)\n/m,
        );
        const expected = { scopes: ['mcp:tools'], sub: stage.sub };
        assert.deepEqual([JSON.parse(first), JSON.parse(second), state], [expected, expected, 'refreshed']);
        await allow(url);
      });
      await stage.step('calls a tool that needs another scope, and the person allows it', async () => {
        const last = (await program.end()).trimEnd().split('\n').at(-1) ?? '';
        assert.deepEqual(JSON.parse(last), { scopes: ['mcp:tools', 'mcp:write'], sub: stage.sub });
      });
    }
  },
};
