import assert from 'node:assert/strict';
import { API, basic, type TokenResponse, WEB } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';
import { LONG } from '../support/long-form.ts';
import { tokenAnswer } from './support/answer.ts';
import { newFamily, refresh, refreshAtOnce, refreshFields } from './support/refresh.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ROUNDS = LONG ? 20 : 1;
const TWO = { id: 'two', secret: 'two-secret-of-more-than-32-characters' };

describe('F: repeated refresh tokens', () => {
  const stage = useStage({
    clients: [
      {
        client_id: TWO.id,
        client_secret: TWO.secret,
        redirect_uris: [WEB.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
  });
  const userinfo = async ({ access_token: value }: TokenResponse) => {
    const headers = { Authorization: `Bearer ${value}` };
    return (await fetch(`${stage.issuer}/userinfo`, { headers })).status;
  };
  const again = (tokens: TokenResponse, more = {}) =>
    tokenAnswer(stage, { ...refreshFields(tokens), ...more });

  row('F04', 'the same request again', 'the same response, byte for byte', async () => {
    const tokens = await newFamily(stage);
    const first = await refresh(stage, tokens);
    for (let time = 0; time < 3; time += 1) assert.deepEqual(await refresh(stage, tokens), first);
    assert.equal(await again(first), '200', 'and what it gave works');
    return 'the same response, byte for byte';
  });
  row('F04', 'fifty at the same instant', 'one response for all, <n> rounds', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const tokens = await newFamily(stage, { scope: 'openid offline_access messages:read', resource: API });
      const answers = await refreshAtOnce(stage, tokens);
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
      const next = JSON.parse(answers[0]?.body as string) as TokenResponse;
      assert.equal(await again(next), '200');
    }
    return `one response for all, ${ROUNDS} rounds`;
  }).timeout(ROUNDS * 10_000);

  row('F04', 'the token from another client', '400 invalid_grant, 200 for its own', async () => {
    const tokens = await newFamily(stage);
    const first = await refresh(stage, tokens);
    const other = await tokenAnswer(stage, refreshFields(tokens), TWO);
    return `${other}, ${await again(first)} for its own`;
  });
  for (const more of [{ scope: 'openid' }, { scope: 'openid offline_access' }]) {
    row('F04', `the same token with ${JSON.stringify(more)}`, '400 invalid_grant, family lives', async () => {
      const tokens = await newFamily(stage);
      const first = await refresh(stage, tokens);
      const seen = await again(tokens, more);
      assert.equal(await again(first), '200');
      return `${seen}, family lives`;
    });
  }
  for (const more of [{}, { scope: 'openid' }]) {
    const what = `after what it gave was used, with ${JSON.stringify(more)}`;
    row('F21', what, '400 invalid_grant, family dead', async () => {
      const tokens = await newFamily(stage, { scope: 'openid offline_access email' });
      const first = await refresh(stage, tokens);
      const second = await refresh(stage, first);
      const seen = await again(tokens, more);
      for (const each of [tokens, first, second]) assert.equal(await again(each), '400 invalid_grant');
      for (const each of [first, second]) assert.equal(await userinfo(each), 401);
      return `${seen}, family dead`;
    });
  }
  row('F21', 'the token of two generations ago', '400 invalid_grant, family dead', async () => {
    const tokens = await newFamily(stage);
    const first = await refresh(stage, tokens);
    const third = await refresh(stage, await refresh(stage, first));
    const seen = await again(tokens);
    assert.equal(await again(third), '400 invalid_grant');
    return `${seen}, family dead`;
  });
  row(
    'F21',
    'a used token after its successor was used, fifty concurrent requests',
    '400 invalid_grant, family dead',
    async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const tokens = await newFamily(stage);
        const second = await refresh(stage, await refresh(stage, tokens));
        const answers = await refreshAtOnce(stage, tokens);
        assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([400]));
        assert.equal(await again(second), '400 invalid_grant');
      }
      return '400 invalid_grant, family dead';
    },
  ).timeout(ROUNDS * 10_000);
  row(
    'F21',
    'a used token while its successor is used',
    'the same response, or the family is dead',
    async () => {
      for (let round = 0; round < ROUNDS * 5; round += 1) {
        const tokens = await newFamily(stage);
        const first = await refresh(stage, tokens);
        const [second, ...replayed] = await Promise.all([
          refresh(stage, first),
          ...Array.from({ length: 5 }, async () => await refresh(stage, tokens)),
        ]);
        const refused = replayed.filter(({ error }) => error === 'invalid_grant');
        for (const each of replayed) if (!refused.includes(each)) assert.deepEqual(each, first);
        const last = second.refresh_token === undefined ? first : second;
        const fate = refused.length > 0 || last === first ? '400 invalid_grant' : '200';
        assert.equal(await again(last), fate, `${refused.length} refused`);
      }
      return 'the same response, or the family is dead';
    },
  ).timeout(ROUNDS * 20_000);
  row('F21', 'a reused token in the audit trail', 'token.reused', async () => {
    const tokens = await newFamily(stage);
    await refresh(stage, await refresh(stage, tokens));
    const since = Date.now();
    await again(tokens);
    const listed = () => stage.store.audit.list({ type: 'token.reused', since, limit: 10 });
    await eventually('the event is written', async () => (await listed()).length > 0);
    const [event, ...others] = await listed();
    assert.deepEqual([event?.clientId, others], [WEB.id, []]);
    return String(event?.type);
  });
  row('F04', 'a used token after its family was revoked', '400 invalid_grant', async () => {
    const tokens = await newFamily(stage);
    const first = await refresh(stage, tokens);
    await fetch(`${stage.issuer}/revoke`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams({ token: first.refresh_token as string }),
    });
    return await again(tokens);
  });
  row('F04', 'a used token at introspection', 'inactive', async () => {
    const tokens = await newFamily(stage);
    await refresh(stage, tokens);
    const response = await fetch(`${stage.issuer}/introspect`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams({ token: tokens.refresh_token as string }),
    });
    return ((await response.json()) as { active: boolean }).active ? 'active' : 'inactive';
  });
  row('F04', 'the stored response', 'sealed', async () => {
    const tokens = await newFamily(stage);
    const first = await refresh(stage, tokens);
    const stored = stage.server.stored();
    for (const value of [tokens.refresh_token, first.refresh_token, first.access_token, first.id_token])
      assert.ok(!stored.includes(value as string));
    return 'sealed';
  });

  row('F06', 'a lost response', 'one live chain', async () => {
    const tokens = await newFamily(stage);
    const socket = stage.dial();
    const body = new URLSearchParams(refreshFields(tokens)).toString();
    socket.write(
      `POST /token HTTP/1.1\r\nHost: ${stage.host}\r\nAuthorization: ${basic(WEB)}\r\nContent-Length: ${body.length}\r\n` +
        `Content-Type: application/x-www-form-urlencoded\r\n\r\n${body}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    socket.resetAndDestroy();
    const first = await refresh(stage, tokens);
    assert.deepEqual(await refresh(stage, tokens), first);
    assert.equal(await again(first), '200');
    return 'one live chain';
  });

  row('F01', 'a used token after the window', '400 invalid_grant, family dead', async () => {
    const tokens = await newFamily(stage);
    const first = await refresh(stage, tokens);
    await stage.advance(11);
    const seen = await again(tokens);
    assert.equal(await again(first), '400 invalid_grant');
    const userinfo = await fetch(`${stage.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${first.access_token}` },
    });
    assert.equal(userinfo.status, 401);
    return `${seen}, family dead`;
  });
});

describe('F: refresh tokens without a replay window', () => {
  const stage = useStage({ lifetimes: { refreshReplayWindow: 0 } });

  row('F03', 'fifty at the same instant', 'exactly one 200, <n> rounds', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await refreshAtOnce(stage, await newFamily(stage));
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      const refused = answers
        .filter(({ status }) => status === 400)
        .map(({ body }) => JSON.parse(body).error);
      assert.deepEqual(refused, Array(49).fill('invalid_grant'));
    }
    return `exactly one 200, ${ROUNDS} rounds`;
  }).timeout(ROUNDS * 10_000);
  row('F01', 'a used token immediately', '400 invalid_grant, family dead', async () => {
    const tokens = await newFamily(stage);
    const first = await refresh(stage, tokens);
    const seen = await tokenAnswer(stage, refreshFields(tokens));
    assert.equal(await tokenAnswer(stage, refreshFields(first)), '400 invalid_grant');
    return `${seen}, family dead`;
  });
});
