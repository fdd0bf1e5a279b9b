import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import type { ArtifactKind } from '../../src/store/store.ts';

type Write = 'upsert' | 'update';

/**
 * Stops a request at a write of a kind, runs some work, and lets the request go on.
 * @param request starts it
 * @param earlier number of writes of that kind before
 */
export async function holdAtWrite<Result>(
  kind: ArtifactKind,
  request: () => Promise<Result>,
  work: () => Promise<unknown>,
  earlier = 0,
): Promise<Result> {
  const [isHeld, isDone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let held = false;
  let writes = 0;
  const originals = (['upsert', 'update'] as const).map(
    (name) => [name, Reflect.get(SqliteArtifacts.prototype, name)] as const,
  );
  const replace = (name: Write, method: unknown) => Reflect.set(SqliteArtifacts.prototype, name, method);
  for (const [name, original] of originals) {
    replace(name, async function hold(this: SqliteArtifacts, ...call: Parameters<typeof original>) {
      if (call[0] === kind && writes++ === earlier) {
        held = true;
        isHeld.resolve();
        await isDone.promise;
      }
      await Reflect.apply(original, this, call);
    });
  }
  try {
    const result = request();
    await Promise.race([isHeld.promise, result]);
    if (!held) throw new Error(`no write of a ${kind}`);
    await work();
    isDone.resolve();
    return await result;
  } finally {
    isDone.resolve();
    for (const [name, original] of originals) replace(name, original);
  }
}
