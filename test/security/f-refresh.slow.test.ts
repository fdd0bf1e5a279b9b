import assert from 'node:assert/strict';
import { newFamily, refresh } from './support/refresh.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

describe('F: refresh interrupted by a crash', () => {
  const stage = useStage();

  /** The state after a process of version 0.1 was killed between two writes. */
  const useWithoutAnswer = (refreshToken: string | undefined) =>
    stage.store.artifacts.consume('RefreshToken', refreshToken as string);

  row('F06', 'a crash between consumption and response', 'one live chain', async () => {
    const tokens = await newFamily(stage);
    assert.equal(await useWithoutAnswer(tokens.refresh_token), true);
    const [first, ...others] = await Promise.all(
      Array.from({ length: 5 }, async () => await refresh(stage, tokens)),
    );
    assert.ok(first?.refresh_token !== undefined, JSON.stringify(first));
    for (const other of others) assert.deepEqual(other, first);
    const next = await refresh(stage, first);
    assert.ok(next.refresh_token !== undefined);
    return 'one live chain';
  });
  row('F06', 'a process of version 0.1 that has used the token', 'its response, one live chain', async () => {
    const tokens = await newFamily(stage);
    assert.equal(await useWithoutAnswer(tokens.refresh_token), true);
    const answer = await newFamily(stage);
    const payload = { request: '[null,null]', answer };
    const write = { payload, expiresAt: Math.ceil(Date.now() / 1000) + 11 };
    await stage.store.artifacts.create('RefreshAnswer', tokens.refresh_token as string, write);
    const before = await stage.records();
    assert.deepEqual(await refresh(stage, tokens), answer);
    // No unknown token is left.
    assert.deepEqual(await stage.recordsSince(before), []);
    return 'its response, one live chain';
  });
  row('F06', 'no retry within the window', 'invalid_grant', async () => {
    const tokens = await newFamily(stage);
    await useWithoutAnswer(tokens.refresh_token);
    await stage.advance(11);
    return String((await refresh(stage, tokens)).error);
  });
});
