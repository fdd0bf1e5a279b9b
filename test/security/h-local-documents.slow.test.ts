import { DocumentHost } from '../support/document-host.ts';
import { authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const CALLBACK = 'https://tool.example/callback';

describe('H: metadata documents on this machine, without the switch', () => {
  const host = new DocumentHost();
  const stage = useStage({ registration: { documents: 'open' }, clients: [] });
  before(() => host.start());
  after(() => host.stop());

  row('H68', 'ids with private, loopback and mapped addresses', '12 × 400 page, 0 connections', async () => {
    const { port } = host;
    const seen = await Promise.all(
      [
        `https://127.0.0.1:${port}/c`,
        `https://localhost:${port}/c`,
        `https://[::1]:${port}/c`,
        `https://[::ffff:7f00:1]:${port}/c`,
        `https://[64:ff9b::7f00:1]:${port}/c`,
        `https://0.0.0.0:${port}/c`,
        `https://10.0.0.1:${port}/c`,
        `https://172.16.0.1:${port}/c`,
        `https://192.168.0.1:${port}/c`,
        'https://169.254.169.254/latest/meta-data',
        `https://[fd00::1]:${port}/c`,
        `http://127.0.0.1:${port}/c`,
      ].map((id) => authorizationAnswer(stage, { client_id: id, redirect_uri: CALLBACK })),
    );
    return `${seen.length} × ${[...new Set(seen)].join()}, ${host.connections} connections`;
  });
});
