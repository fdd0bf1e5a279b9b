import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import type { ArtifactKind, ArtifactUnit } from '../../src/store/store.ts';

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
  const hold = async (written: ArtifactKind) => {
    if (written !== kind || writes++ !== earlier) return;
    held = true;
    isHeld.resolve();
    await isDone.promise;
  };
  const kindsIn: Record<string, (...call: never[]) => readonly ArtifactKind[]> = {
    upsert: (written: ArtifactKind) => [written],
    update: (written: ArtifactKind) => [written],
    commit: ({ writes: all = [] }: ArtifactUnit) => all.map((write) => write.kind),
  };
  const originals = new Map<string, unknown>();
  for (const [name, kindsOf] of Object.entries(kindsIn)) {
    const original = Reflect.get(SqliteArtifacts.prototype, name) as (...call: never[]) => Promise<unknown>;
    originals.set(name, original);
    Reflect.set(
      SqliteArtifacts.prototype,
      name,
      async function heldWrite(this: SqliteArtifacts, ...call: never[]) {
        for (const written of kindsOf(...call)) await hold(written);
        return await original.apply(this, call);
      },
    );
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
    for (const [name, original] of originals) Reflect.set(SqliteArtifacts.prototype, name, original);
  }
}
