import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { type Config, loadConfig, parseConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import { parseMailServer } from '../../src/config/mail-server.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { ACR } from '../../src/config/authentication-context.ts';
import { reachableAcrValues } from '../../src/config/reachable-acr.ts';
import { mailWarnings } from '../../src/cli/mail-warnings.ts';

const ISSUER = 'https://login.example.com';
const FROM = 'login@example.com';

const configure = (mail: ConfigInput['mail'], issuer = ISSUER): Config =>
  parseConfig({ issuer, mail: { from: FROM, ...mail } });

function problemsOf(mail: ConfigInput['mail']): readonly string[] {
  try {
    configure(mail);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('The mail server of the configuration', () => {
  it('is none in production, and a directory beside the database in development', () => {
    assert.equal(parseConfig({ issuer: ISSUER }).mail.server, undefined);
    const directory = (store: string) => parseMailServer(parseConfig({ store }).mail);
    assert.deepEqual(directory('sqlite:/var/lib/signet/signet.db'), {
      kind: 'file',
      directory: '/var/lib/signet/mail',
    });
    const byDefault = { kind: 'file', directory: resolve(join('data', 'mail')) };
    for (const store of ['sqlite:./data/signet.db', 'sqlite::memory:', 'redis://localhost'])
      assert.deepEqual(directory(store), byDefault);
    assert.equal(parseConfig({}).mail.from, 'signet@localhost');
  });

  it('makes a sign-in by mail the weakest acr that can be reached', () => {
    const reachable = (emailSignIn: 'off' | 'link', mail?: ConfigInput['mail']) =>
      reachableAcrValues(parseConfig({ issuer: ISSUER, emailSignIn, ...(mail && { mail }) }));
    const server = { server: 'smtps://mail.example.com', from: FROM };
    assert.equal(reachable('link', server)[0], ACR.email);
    assert.deepEqual(reachable('off', server), reachable('link', server).slice(1));
  });

  const smtp = (server: string, mail: ConfigInput['mail'] = {}) => {
    const { host, port, tls, user, password } = parseMailServer(configure({ server, ...mail }).mail) as never;
    return [host, port, tls, user, password].join(' ').trimEnd();
  };

  it('has TLS, but on loopback or by an explicit switch', () => {
    assert.equal(smtp('smtps://mail.example.com'), 'mail.example.com 465 implicit');
    assert.equal(smtp('smtp://mail.example.com'), 'mail.example.com 587 starttls');
    assert.equal(smtp('smtp://mail.example.com:25', { plain: true }), 'mail.example.com 25 none');
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])
      assert.match(smtp(`smtp://${host}:25`), /25 none$/);
    for (const host of ['localhost.example.com', '10.0.0.1', '[::2]'])
      assert.match(smtp(`smtp://${host}:25`), /25 starttls$/);
  });

  it('has the password in the address, in a key, or in a file', () => {
    assert.match(smtp('smtps://me%40here:p%3A%2F@mail.example.com'), /me@here p:\/$/);
    assert.match(smtp('smtps://me@mail.example.com', { password: 'secret' }), /me secret$/);
  });

  for (const [problem, mail] of [
    ['expected smtps://HOST, smtp://HOST or file:DIRECTORY', { server: 'mail.example.com' }],
    ['expected smtps://HOST, smtp://HOST or file:DIRECTORY', { server: 'https://mail.example.com' }],
    ['names no directory', { server: 'file:' }],
    ['has user, host and port only', { server: 'smtps://mail.example.com/?tls.rejectUnauthorized=false' }],
    [
      'has a user without a password; set SIGNET_MAIL_PASSWORD_FILE',
      { server: 'smtps://me@mail.example.com' },
    ],
    [
      'has a password, and mail.password is set too; keep one of them',
      { server: 'smtps://a:b@mail.example.com', password: 'c' },
    ],
    [
      'has no user for the password: smtps://USER@HOST',
      { server: 'smtps://mail.example.com', password: 'c' },
    ],
  ] as const) {
    it(`is refused when it ${problem}`, () => {
      assert.deepEqual(problemsOf(mail), [`mail.server: ${problem}`]);
    });
  }

  it('is needed for a sign-in by mail', () => {
    assert.throws(
      () => parseConfig({ issuer: ISSUER, emailSignIn: 'link' }),
      /emailSignIn: link needs mail\.server/,
    );
    assert.equal(parseConfig({ emailSignIn: 'link' }).emailSignIn, 'link');
  });

  it('needs a sender, which is one address', () => {
    const server = 'smtps://mail.example.com';
    assert.deepEqual(problemsOf({ server, from: undefined }), [
      'mail.from: mails need a sender; set SIGNET_MAIL_FROM',
    ]);
    const problem = 'mail.from: expected an address such as login@example.com, without a name';
    for (const from of ['Signet <a@example.com>', 'a@example.com, b@example.com', 'a@example.com\nBcc: b'])
      assert.deepEqual(problemsOf({ server, from }), [problem]);
    assert.deepEqual(problemsOf({ password: 'secret' }), [
      'mail.password: is for mail.server, which is not set',
    ]);
  });

  it('comes from variables', () => {
    const env = { SIGNET_ISSUER: ISSUER, SIGNET_MAIL_SERVER: 'smtps://me@host', SIGNET_MAIL_FROM: FROM };
    const { mail } = loadConfig({ env: { ...env, SIGNET_MAIL_PASSWORD: 'secret' } });
    assert.deepEqual([mail.server, mail.password, mail.from], ['smtps://me@host', 'secret', FROM]);
  });

  it('is warned about where mails are not private', () => {
    assert.deepEqual(mailWarnings(configure({ server: 'smtps://mail.example.com' })), []);
    assert.deepEqual(mailWarnings(parseConfig({})), []);
    assert.match(
      mailWarnings(configure({ server: 'file:mails' })).join(),
      /mails, with their links and codes, and not sent$/,
    );
    assert.match(
      mailWarnings(configure({ server: 'smtp://host', plain: true })).join(),
      /^mail\.plain is on/,
    );
  });
});
