import assert from 'node:assert/strict';
import { readEvents } from '../../src/account-pages/activity-events.ts';
import type { AuditEvent } from '../../src/store/store.ts';

/** Newest first, `perMillisecond` at the same time. */
function events(count: number, perMillisecond: number, isShown: (index: number) => boolean): AuditEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    at: 1_000_000 - Math.floor(index / perMillisecond),
    type: isShown(index) ? 'login.succeeded' : 'token.issued',
    traceId: String(index),
  }));
}

async function readAll(all: readonly AuditEvent[]) {
  const audit = {
    list: ({ until = Infinity, limit }: { until?: number | undefined; limit: number }) =>
      Promise.resolve(all.filter(({ at }) => at < until).slice(0, limit)),
  };
  const pages: (readonly AuditEvent[])[] = [];
  let before: number | undefined;
  do {
    const page = await readEvents(audit, 'alice', before);
    pages.push(page.events);
    before = page.before;
  } while (before !== undefined);
  return pages;
}

const idsOf = (found: readonly AuditEvent[]) => found.map(({ traceId }) => traceId);

describe('the events of the activity', () => {
  it('are each on one page, however many have the same time and however many are not shown', async () => {
    for (const [count, perMillisecond, every] of [
      [0, 1, 1],
      [25, 1, 1],
      [26, 1, 1],
      [300, 7, 1],
      [1000, 13, 3],
      [9000, 4, 500],
    ] as const) {
      const all = events(count, perMillisecond, (index) => index % every === 0);
      const pages = await readAll(all);
      const shown = all.filter(({ type }) => type === 'login.succeeded');
      assert.deepEqual(idsOf(pages.flat()), idsOf(shown), `${count} ${perMillisecond} ${every}`);
      assert.ok(pages.every(({ length }) => length <= 25));
    }
  });

  it('are read a limited number at a time: a page may have none', async () => {
    const pages = await readAll(events(5000, 1, (index) => index > 4990));
    assert.deepEqual(
      pages.map(({ length }) => length),
      [0, 0, 9],
    );
  });
});
