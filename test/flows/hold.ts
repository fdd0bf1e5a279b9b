import type { ArtifactKind, ArtifactStore, ArtifactUnit } from '../../src/store/store.ts';

/** An implementation of the store port, of which every server in this process has an object. */
export interface ArtifactsClass {
  prototype: ArtifactStore;
}

/**
 * Stops a request at a write of a kind, runs some work, and lets the request go on.
 * @param request starts it
 * @param earlier number of writes of that kind before
 */
export async function holdAtWrite<Result>(
  { prototype }: ArtifactsClass,
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
    const original = Reflect.get(prototype, name) as (...call: never[]) => Promise<unknown>;
    originals.set(name, original);
    Reflect.set(prototype, name, async function heldWrite(this: ArtifactStore, ...call: never[]) {
      for (const written of kindsOf(...call)) await hold(written);
      return await original.apply(this, call);
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
    for (const [name, original] of originals) Reflect.set(prototype, name, original);
  }
}
