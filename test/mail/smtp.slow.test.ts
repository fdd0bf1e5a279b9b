import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { SMTPServerOptions } from 'smtp-server';
import { makeCertificate } from '../../conformance/serve/certificate.ts';
import type { SmtpServer } from '../../src/config/mail-server.ts';
import { createSmtpClient, SMTP_TIMEOUTS } from '../../src/mail/smtp.ts';
import { answer, MailServer } from './mail-server.ts';

const ENVELOPE = { from: 'login@example.com', to: 'maria@example.com' };
const MESSAGE = Buffer.from('Subject: Hello\r\n\r\n.\r\nText\r\n');
const QUICK = { connect: 200, attempt: 400, least: 200 };
const NO_CREDENTIALS = { user: undefined, password: undefined };

/** The answer that an address asks for. */
function codeOf(stage: string, address: string): Error | undefined {
  const [, asked, code] = /^(rcpt|data)(\d{3})@/.exec(address) ?? [];
  return asked === stage ? answer(Number(code)) : undefined;
}

describe('SMTP', () => {
  const trusted = getCACertificates();
  const { key, certificate: cert } = makeCertificate('localhost', Date.now());
  before(() => setDefaultCACertificates([...trusted, cert]));
  after(() => setDefaultCACertificates(trusted));
  let server: MailServer | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  const connect = async (
    options: SMTPServerOptions,
    settings: Partial<SmtpServer>,
    timeouts = SMTP_TIMEOUTS,
  ) => {
    server = new MailServer(options);
    const port = await server.start();
    const target = {
      kind: 'smtp',
      host: 'localhost',
      port,
      tls: 'none',
      ...NO_CREDENTIALS,
      ...settings,
    } as const;
    return { server, client: createSmtpClient({ server: target, clock: Date.now, timeouts }) };
  };
  const accounts: SMTPServerOptions = {
    key,
    cert,
    disabledCommands: [],
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'signet' && password === 'p:@/ ss' ? done(null, { user: username }) : done(answer(535)),
  };

  for (const [tls, options] of [
    ['implicit', { secure: true }],
    ['starttls', {}],
  ] as const) {
    it(`signs in and sends with ${tls} TLS`, async () => {
      const credentials = { user: 'signet', password: 'p:@/ ss' };
      const { server, client } = await connect({ ...accounts, ...options }, { tls, ...credentials });
      assert.equal(await client.problem(), undefined);
      assert.deepEqual(await client.send(ENVELOPE, MESSAGE, 1), { outcome: 'done' });
      const { message, ...mail } = server.received[0]!;
      assert.deepEqual(mail, { ...ENVELOPE, to: [ENVELOPE.to], secure: true, user: 'signet' });
      assert.equal(message, MESSAGE.toString());
    });
  }

  it('G66 sends nothing, and no password, without the TLS that is required', async () => {
    const commands: string[] = [];
    const plain = createServer((socket) => {
      socket.write('220 ready\r\n');
      socket.on('data', (data) => {
        const [command = ''] = data.toString().trim().split(' ');
        commands.push(command);
        socket.write(command === 'STARTTLS' ? '502 no\r\n' : '250 plain\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    const target = {
      kind: 'smtp',
      host: 'localhost',
      port,
      tls: 'starttls',
      user: 'a',
      password: 'b',
    } as const;
    const client = createSmtpClient({ server: target, clock: Date.now });
    const outcome = await client.send(ENVELOPE, MESSAGE, 1);
    plain.close();
    assert.deepEqual(outcome, { outcome: 'retry', reason: 'no answer: TLS' });
    assert.deepEqual(commands, ['EHLO', 'STARTTLS']);
  });

  it('sends nothing to a server with a certificate for another host, or of no known authority', async () => {
    const other = makeCertificate('mail.example.com', Date.now());
    const { server, client } = await connect(
      { key: other.key, cert: other.certificate, secure: true },
      { tls: 'implicit' },
    );
    assert.deepEqual(await client.send(ENVELOPE, MESSAGE, 1), { outcome: 'retry', reason: 'no answer: TLS' });
    assert.deepEqual(server.received, []);
  });

  it('tries again after a wrong password, which an operator corrects', async () => {
    const { client } = await connect(
      { ...accounts, secure: true },
      { tls: 'implicit', user: 'signet', password: 'wrong' },
    );
    const reason = 'authentication: status 535';
    assert.deepEqual(await client.send(ENVELOPE, MESSAGE, 1), { outcome: 'retry', reason });
    assert.equal(await client.problem(), reason);
  });

  it('tries again after 4xx and 503, and not after another 5xx, for the recipient and the message', async () => {
    const { server, client } = await connect(
      { onRcptTo: ({ address }, _session, done) => done(codeOf('rcpt', address)) },
      {},
    );
    server.onMessage = ({ to: [address = ''] }) => {
      throw codeOf('data', address);
    };
    for (const stage of ['rcpt', 'data']) {
      const outcomes = await Promise.all(
        [450, 503, 550, 554].map((code) =>
          client.send({ ...ENVELOPE, to: `${stage}${code}@example.com` }, MESSAGE, 1),
        ),
      );
      assert.deepEqual(
        outcomes.map((outcome) => [outcome.outcome, 'reason' in outcome && outcome.reason]),
        [
          ['retry', 'status 450'],
          ['retry', 'status 503'],
          ['failed', 'status 550'],
          ['failed', 'status 554'],
        ],
      );
    }
  });

  it('sends to addresses with a domain or a name of other scripts', async () => {
    const { server, client } = await connect({}, {});
    for (const to of ['maria@xn--mller-kva.example', 'märia@example.com'])
      assert.deepEqual(await client.send({ ...ENVELOPE, to }, MESSAGE, 1), { outcome: 'done' });
    assert.deepEqual(
      server.received.map(({ to }) => to[0]),
      ['maria@müller.example', 'märia@example.com'],
    );
  });

  it('gives up on a server that hangs before the message, and other mails do not wait for it', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const target = { kind: 'smtp', host: 'localhost', port, tls: 'none', ...NO_CREDENTIALS } as const;
    const client = createSmtpClient({ server: target, clock: Date.now, timeouts: QUICK });
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => client.send(ENVELOPE, MESSAGE, 1)));
    silent.close();
    for (const socket of sockets) socket.destroy();
    assert.equal(sockets.length, 4);
    const reasons = outcomes.map((outcome) => ('reason' in outcome ? outcome.reason : ''));
    assert.equal(reasons.filter((reason) => reason === 'no answer: timeout').length, 4);
    assert.equal(reasons.filter((reason) => reason === 'no answer: another mail has failed').length, 12);
  });

  it('sends a message that is not answered three times at most', async () => {
    const { server, client } = await connect({}, {}, QUICK);
    server.onMessage = () => new Promise(() => {});
    const reason = 'no answer: timeout, after the message';
    assert.deepEqual(await client.send(ENVELOPE, MESSAGE, 1), { outcome: 'retry', reason, after: 300 });
    assert.deepEqual(await client.send(ENVELOPE, MESSAGE, 3), {
      outcome: 'failed',
      reason: `${reason}: it may have been delivered`,
    });
  });

  it('tries again when there is no server', async () => {
    const { server, client } = await connect({}, {});
    await server.stop();
    const outcome = await client.send(ENVELOPE, MESSAGE, 1);
    assert.deepEqual(outcome, { outcome: 'retry', reason: 'no answer: connection' });
  });
});
