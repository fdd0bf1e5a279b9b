import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { type Answer, Authenticator } from '../support/authenticator.ts';
import { burst } from '../support/burst.ts';
import { eventually } from '../support/eventually.ts';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { passkeyForm } from '../support/html-form.ts';
import { addPasskey, PasskeyPage } from '../support/passkeys.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

describe('G: sign-in with a passkey', () => {
  const stage = useStage();
  let people = 0;

  async function person(): Promise<{ id: string; key: Authenticator }> {
    people += 1;
    const { id } = await stage.operator.accounts.add({ username: `g40-${people}` });
    return { id, key: await add(id) };
  }

  const add = (accountId: string, settings: Parameters<typeof addPasskey>[2] = {}) =>
    addPasskey({ config: stage.server.config, store: stage.store }, accountId, settings);

  const open = () => PasskeyPage.open(stage.issuer);

  const use = async (key: Authenticator, told: Answer = {}): Promise<string> =>
    answer(stage, await (await open()).use(key, told));

  /** `expected` when every answer is refused so, and no session was made. */
  async function allRefused(
    key: Authenticator,
    answers: readonly Answer[],
    expected: string,
  ): Promise<string> {
    for (const told of answers) {
      const page = await open();
      assert.equal(await answer(stage, await page.use(key, told)), expected, JSON.stringify(told));
      assert.equal(page.agent.cookie('signet_session'), undefined);
    }
    assert.equal(await use(key), '303 /authorize');
    return expected;
  }

  row(
    'G40',
    'a signature for another origin, another domain, or in a frame of another site',
    '400 page',
    async () => {
      const { key } = await person();
      const wrong = [
        { origin: 'https://evil.example' },
        { origin: `${stage.issuer}.evil.example` },
        { origin: stage.issuer.replace('http:', 'https:') },
        { rpId: 'evil.example' },
        { crossOrigin: true },
        { type: 'webauthn.create' },
      ];
      return await allRefused(key, wrong, '400 page');
    },
  );

  row('G41', 'a passkey that has not verified its user', '400 page', async () => {
    const { key } = await person();
    return await allRefused(key, [{ userVerified: false }], '400 page');
  });

  row('G41', 'a security key without a password', '400 page', async () => {
    const { id } = await person();
    return await use(await add(id, { kind: 'security_key' }));
  });

  row('G42', 'an answer that was accepted, posted again, and to another page', '400 page', async () => {
    const { key } = await person();
    const page = await open();
    const accepted = page.answer(key);
    const other = await open();
    assert.equal(await answer(stage, await other.post(accepted)), '400 page');
    const other2 = page.agent.clone();
    assert.equal(await answer(stage, await page.post(accepted)), '303 /authorize');
    const again = await other2.post(page.url.href.concat('/passkey'), {
      ...passkeyForm(page.html).fields,
      credential: accepted,
    });
    return await answer(stage, again);
  });

  row('G42', 'one answer, posted 20 times at once', '1 × 303, 19 × 400', async () => {
    const { key } = await person();
    const page = await open();
    const { action, fields } = passkeyForm(page.html);
    const body = new URLSearchParams({ ...fields, credential: page.answer(key) });
    const request = {
      path: action,
      host: stage.host,
      headers: { Cookie: page.agent.cookieHeader(new URL(action, page.url)) },
      body: body.toString(),
    };
    const answers = await burst([stage.server.port], request, 20);
    const count = (status: number): number => answers.filter((each) => each.status === status).length;
    return `${count(303)} × 303, ${count(400)} × 400`;
  });

  row(
    'G43',
    'a counter that goes back, and one that stays 0',
    '400 page and audited, 303 /authorize',
    async () => {
      const { id, key } = await person();
      const seen = [];
      for (const counter of [0, 0, 9, 8, 9, 10]) seen.push(await use(key, { counter }));
      const [ok, refused] = ['303 /authorize', '400 page'];
      assert.deepEqual(seen, [ok, ok, ok, refused, refused, ok]);
      const events = () => stage.store.audit.list({ accountId: id, type: 'login.failed', limit: 5 });
      await eventually('both are audited', async () => (await events()).length === 2);
      for (const { detail } of await events())
        assert.deepEqual(detail, { reason: 'counter', method: 'passkey' });
      return `${refused} and audited, ${ok}`;
    },
  );

  row('G44', 'the key of one account, with the user handle of another', '400 page', async () => {
    const [one, other] = [await person(), await person()];
    const handles = [other.id, 'nobody', ''].map((id) => ({
      userHandle: Buffer.from(id).toString('base64url'),
    }));
    return await allRefused(one.key, [...handles, { userHandle: undefined }], '400 page');
  });

  row('G44', 'a credential id of another account, added to one', 'refused', async () => {
    const [one, other] = [await person(), await person()];
    await assert.rejects(add(other.id, { key: one.key }), /the key was not added: taken/);
    return 'refused';
  });

  row('G48', 'a new key with a certificate, whose revocation lists would be fetched', 'refused', async () => {
    const { id } = await person();
    // A map with `x5c`, a list of one certificate.
    const statement = Buffer.concat([Buffer.from('a16378356381', 'hex'), Buffer.from('43010203', 'hex')]);
    for (const format of ['packed', 'android-key', 'fido-u2f', 'tpm', 'apple', 'android-safetynet']) {
      const told = { answer: { format, statement } };
      await assert.rejects(add(id, told), new RegExp(`the attestation is ${format} instead of none`));
    }
    return 'refused';
  });

  row('G48', 'a new key of RSA with 1024 bits', 'refused', async () => {
    const { id } = await person();
    const key = new Authenticator(stage.issuer, { rsaBits: 1024 });
    await assert.rejects(add(id, { key }), /an RSA key of 1024 bits/);
    return 'refused';
  });

  row('M25', 'a new key that no signature can be verified with, or that is weak', 'refused', async () => {
    const { id } = await person();
    const cose = (hex: string, ...coordinates: number[]) =>
      Buffer.concat([Buffer.from(hex, 'hex'), ...coordinates.map((length) => Buffer.alloc(length, 0x7b))]);
    const keys = {
      'no coordinates': cose('a10326'),
      'a point that is on no curve': Buffer.concat([cose('a5010203262001215820', 32), cose('225820', 32)]),
      'the algorithm of another type': cose('a401030326204121214103'),
      'another curve': Buffer.concat([cose('a5010203262002215820', 32), cose('225820', 32)]),
      'a number as modulus': cose('a401030339010020052143010001'),
      'a map as modulus': cose('a401030339010020a02143010001'),
      'an exponent of 1': Buffer.concat([cose('a401030339010020590100', 256), cose('214101')]),
    };
    for (const [what, publicKey] of Object.entries(keys))
      await assert.rejects(add(id, { answer: { publicKey } }), /the key was not added: the public key/, what);
    return 'refused';
  });

  row('G45', 'an unknown key, a wrong signature, a disabled account', 'the same answer', async () => {
    const known = await person();
    const disabled = await person();
    await stage.operator.accounts.disable(disabled.id);
    const removed = await person();
    await stage.operator.accounts.remove(removed.id);
    const seen = new Set<string>();
    for (const [key, told] of [
      [known.key, { rpId: 'evil.example' }],
      [disabled.key, {}],
      [removed.key, {}],
      [known.key, { userHandle: 'bm9ib2R5' }],
    ] satisfies [Authenticator, Answer][]) {
      const response = await (await open()).use(key, told);
      const html = (await response.text())
        .replaceAll(/[A-Za-z0-9_-]{43,}/g, '…')
        .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, '…');
      seen.add(`${response.status} ${html}`);
    }
    assert.equal(seen.size, 1);
    return 'the same answer';
  });

  row('G46', 'a key that was removed, and the challenge of another browser', '400 page', async () => {
    const { id, key } = await person();
    const later = await open();
    const { passkeys } = (await stage.store.accounts.find(id))?.details?.factors ?? {};
    await stage.store.accounts.update(id, () => ({ details: {} }));
    assert.equal(await answer(stage, await later.use(key)), '400 page');
    await stage.store.accounts.update(id, () => ({ details: { factors: { passkeys } } }));
    const [mine, theirs] = [await open(), await open()];
    assert.equal(await answer(stage, await mine.post(theirs.answer(key))), '400 page');
    return await answer(stage, await theirs.post(mine.answer(key)));
  });

  row('G47', 'the form without its token, or from another site', '403 page', async () => {
    const { key } = await person();
    const page = await open();
    const { action } = passkeyForm(page.html);
    const credential = page.answer(key);
    const url = new URL(action, page.url);
    const sent = [
      await page.agent.post(url, { credential }),
      await page.agent.post(url, { credential, csrf: 'x'.repeat(43) }),
      await page.post(credential, { 'Sec-Fetch-Site': 'cross-site' }),
      await page.post(credential, { Origin: 'https://evil.example' }),
    ];
    for (const response of sent) assert.equal(await answer(stage, response), '403 page');
    assert.equal(await answer(stage, await page.post(credential)), '303 /authorize');
    return '403 page';
  });

  row('G47', 'the form in another browser, and at another step', '400 page', async () => {
    const { key } = await person();
    const page = await open();
    const { action, fields } = passkeyForm(page.html);
    const stranger = await new UserAgent().post(new URL(action, page.url), {
      ...fields,
      credential: page.answer(key),
    });
    // To the page of an expired interaction.
    assert.equal(await answer(stage, stranger), '303 /interaction');
    const { agent } = await signIn(stage.issuer, { person: DEMO_ACCOUNT });
    const consent = await agent.follow(authorizationRequest(stage.issuer, { prompt: 'consent' }).url);
    const token = /name="csrf" value="([^"]+)"/.exec(await consent.response.text())?.[1] ?? '';
    const late = await agent.post(`${consent.url.href}/passkey`, {
      csrf: token,
      credential: page.answer(key),
    });
    return await answer(stage, late);
  });

  row('G49', 'a new passkey in a session of a password alone', 'none was added', async () => {
    const agent = new UserAgent();
    const person = { username: 'g49', password: DEMO_ACCOUNT.password };
    const { id } = await stage.operator.accounts.add(person);
    await signIn(stage.issuer, { agent, person });
    const url = `${stage.issuer}/account/passkeys/add`;
    const fields = { kind: 'passkey', name: 'mine', credential: '{}', csrf: '' };
    for (const response of [await agent.get(url), await agent.post(url, fields)]) {
      assert.notEqual(response.status, 200);
      assert.doesNotMatch(await response.text(), /data-options/);
    }
    const { details } = (await stage.store.accounts.find(id)) ?? {};
    return details?.factors === undefined ? 'none was added' : 'added';
  });
});
