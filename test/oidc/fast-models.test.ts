import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Provider } from 'oidc-provider';
import { parseConfig } from '../../src/config/config.ts';
import { accelerateModels } from '../../src/oidc/engine/fast-models.ts';
import { openStore } from '../../src/store/open.ts';
import { engineOn } from '../flows/engine-on-store.ts';
import { withClock } from '../support/clock.ts';

interface Model {
  save(ttl?: number): Promise<unknown>;
  emit(event: string): void;
  consume?(): Promise<void>;
  destroy(): Promise<void>;
  getValueAndPayload(): Promise<{ value: unknown; payload?: object }>;
}

interface ModelClass {
  readonly IN_PAYLOAD: readonly string[];
  new (...input: unknown[]): Model;
  instantiate(...input: unknown[]): Model;
}

const KINDS = [
  'AccessToken',
  'AuthorizationCode',
  'BackchannelAuthenticationRequest',
  'ClientCredentials',
  'DeviceCode',
  'Grant',
  'InitialAccessToken',
  'Interaction',
  'PreAuthorizedCode',
  'PushedAuthorizationRequest',
  'RefreshToken',
  'RegistrationAccessToken',
  'ReplayDetection',
  'Session',
];

/** Classes whose lists get more members, as in Signet; one is a name that every object inherits. */
const EXTENDED = ['Grant', 'Session'];

const NOW = Math.floor(Date.now() / 1000);

/** Makes the arguments of a constructor. */
type Input = (listed: readonly string[], kind: string) => unknown;

const INPUTS: Readonly<Record<string, Input>> = {
  undefined: () => undefined,
  null: () => null,
  'a string': () => 'text',
  'no members': () => ({}),
  'every listed member, in another order': (listed, kind) => {
    const members = Object.fromEntries(listed.toReversed().map((name) => [name, { of: name }]));
    return { ...members, iat: NOW - 10, exp: NOW + 100, jti: 'id', kind };
  },
  'null for every listed member': (listed) => filled(listed, null),
  'undefined for every listed member': (listed) => filled(listed, undefined),
  'false for every listed member': (listed) => filled(listed, false),
  'members that no class lists': () => ({ jti: 'id', unknown: 1, id: 'other', expiration: 5, scopes: 'a b' }),
  'an own member __proto__': () => JSON.parse('{"jti":"id","__proto__":{"exp":1},"scope":"a"}') as object,
  'inherited, hidden and computed members': () => {
    const computed = { enumerable: true, get: () => 'computed' };
    const hidden = { value: 'hidden' };
    return Object.create({ accountId: 'inherited' }, { scope: hidden, sid: computed }) as object;
  },
  'zero as its times': () => ({ jti: 'id', iat: 0, exp: 0 }),
  'an end in the past': () => ({ jti: 'id', iat: NOW - 60, exp: NOW - 30, consumed: NOW - 40 }),
  'its kind': (_listed, kind) => ({ kind, jti: 'id', exp: NOW + 60 }),
  'an empty kind': () => ({ kind: '', jti: 'id', exp: NOW + 60 }),
  'another kind': (_listed, kind) => ({ jti: 'id', kind: `${kind}s`, exp: NOW + 60 }),
  'a client': () => ({ client: { clientId: 'web' }, expiresIn: 30, extra: { own: true }, scope: 'openid' }),
  'an API': () => ({ resourceServer: { audience: 'api', accessTokenFormat: 'opaque' }, exp: NOW + 60 }),
};

function filled(listed: readonly string[], value: unknown): object {
  return Object.fromEntries(listed.map((name) => [name, value]));
}

describe('The models of the engine', () => {
  const original = createEngine();
  const replaced = createEngine();
  const base: unknown = Object.getPrototypeOf(replaced.provider.BaseToken);
  accelerateModels(replaced.provider);

  it('are all compared here', () => {
    const names = Object.entries(Object.getOwnPropertyDescriptors(Provider.prototype))
      .filter(([name, member]) => /^[A-Z]/.test(name) && member.get !== undefined)
      .map(([name]) => name);
    const models = names.filter((name) => 'getValueAndPayload' in (classOf(original, name).prototype ?? {}));
    assert.deepEqual(models.toSorted(), ['BaseToken', ...KINDS].toSorted());
  });

  for (const kind of KINDS) {
    it(`of the kind ${kind} have the same members, payload, writes and events`, () =>
      withClock(async () => {
        for (const make of [construct, instantiate]) {
          const expected = await outcomes(original, kind, make);
          assert.deepEqual(await outcomes(replaced, kind, make), expected);
        }
      }));
  }

  it('inherit from their own engine, also when the process has another one', () => {
    accelerateModels(createEngine().provider);
    for (const kind of KINDS) {
      let root: object = classOf(replaced, kind);
      for (let next = root; next !== Function.prototype; next = Object.getPrototypeOf(next) as object)
        root = next;
      assert.equal(root, base, kind);
    }
  });

  it('assign members, and define none', async () => {
    assert.equal(await definitions(replaced), 0);
    // When the engine defines none either, the replacement is no longer needed.
    assert.ok((await definitions(original)) > 0);
  });

  it('compute the name of an event once', () => {
    assert.equal(replacements(replaced), 0);
    assert.ok(replacements(original) > 0);
  });

  it('are replaced in Signet', async () => {
    const store = await openStore('sqlite::memory:', { clock: Date.now });
    const { provider } = await engineOn(parseConfig({ store: 'sqlite::memory:' }), store);
    const engine = { provider, effects: [] };
    assert.equal(await definitions(engine), 0);
    assert.equal(replacements(engine), 0);
    await store.close();
  });
});

interface Engine {
  provider: Provider;
  /** Writes and events. */
  effects: unknown[];
}

function createEngine(): Engine {
  const effects: unknown[] = [];
  const adapter = (kind: string) => ({
    upsert: async (id: string, payload: object, ttl: number) => {
      effects.push({ kind, id: withoutRandom(id), payload: membersOf(payload), ttl });
    },
    destroy: async (id: string) => void effects.push({ kind, destroyed: withoutRandom(id) }),
    consume: async (id: string) => void effects.push({ kind, consumed: withoutRandom(id) }),
  });
  const provider = new Provider('http://localhost', {
    adapter: adapter as never,
    extraTokenClaims: (_ctx, { kind }) => ({ of: kind }),
    ttl: Object.fromEntries(KINDS.map((kind) => [kind, 60])),
  });
  const emit = (event: string, model: object) => effects.push({ event, members: membersOf(model) });
  Object.assign(provider, { emit });
  const engine = { provider, effects };
  for (const kind of EXTENDED) {
    const model = classOf(engine, kind);
    const value = [...model.IN_PAYLOAD, 'generation', '__proto__'];
    Object.defineProperty(model, 'IN_PAYLOAD', { value });
  }
  return engine;
}

function classOf({ provider }: Engine, kind: string): ModelClass {
  return (provider as unknown as Record<string, ModelClass>)[kind] as ModelClass;
}

type Make = (model: ModelClass, input: unknown) => Model;

const construct: Make = (model, input) => {
  if (model.name === 'Interaction') return new model('id', input);
  return input === undefined ? new model() : new model(input);
};

const instantiate: Make = (model, input) => model.instantiate(input);

/** Of each input. */
async function outcomes(engine: Engine, kind: string, make: Make): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, input] of Object.entries(INPUTS)) found[name] = await outcome(engine, kind, make, input);
  return found;
}

/** All that can be seen of a new model, of what is stored of it, and of its events. */
async function outcome(engine: Engine, kind: string, make: Make, input: Input): Promise<unknown> {
  const { effects } = engine;
  effects.length = 0;
  const modelClass = classOf(engine, kind);
  let model: Model;
  try {
    model = make(modelClass, input(modelClass.IN_PAYLOAD, kind));
  } catch (error) {
    return error;
  }
  assert.equal(Object.getPrototypeOf(model), modelClass.prototype);
  // The engine has the session of a request in a Proxy.
  const seen = kind === 'Session' ? new Proxy(model, {}) : model;
  const results = [
    membersOf(model),
    await orError(async () => {
      const { value, payload } = await seen.getValueAndPayload();
      return [withoutRandom(value), payload && membersOf(payload)];
    }),
    membersOf(model),
    await orError(async () => withoutRandom(await model.save(60))),
    membersOf(model),
    await orError(() => model.consume?.()),
    await orError(() => model.destroy()),
  ];
  return { results, effects: [...effects] };
}

async function orError(step: () => unknown): Promise<unknown> {
  try {
    return await step();
  } catch (error) {
    return error;
  }
}

/** With their descriptors, in order. */
function membersOf(object: object): unknown[] {
  return Reflect.ownKeys(object).map((key) => {
    const { value, ...rest } = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
    return [key, withoutRandom(value), rest];
  });
}

/** Ids of the engine are random. */
function withoutRandom(value: unknown): unknown {
  return typeof value === 'string' && /^[\w-]{21,}$/.test(value) ? 'random' : value;
}

const CODE = {
  jti: 'id',
  exp: NOW + 60,
  accountId: 'a',
  clientId: 'b',
  grantId: 'c',
  scope: 'd',
  nonce: 'e',
};

/** How many members are defined by descriptor when a model is constructed and stored. */
async function definitions(engine: Engine): Promise<number> {
  const spy = mock.method(Object, 'defineProperty');
  const model = construct(classOf(engine, 'AuthorizationCode'), CODE);
  const stored = model.getValueAndPayload();
  const count = spy.mock.callCount();
  spy.mock.restore();
  await stored;
  return count;
}

/** How often the text of a name is replaced for an event that was emitted before. */
function replacements(engine: Engine): number {
  const model = construct(classOf(engine, 'AuthorizationCode'), CODE);
  model.emit('saved');
  const spies = [mock.method(String.prototype, 'replace'), mock.method(String.prototype, 'replaceAll')];
  model.emit('saved');
  const count = spies.reduce((sum, spy) => sum + spy.mock.callCount(), 0);
  for (const spy of spies) spy.mock.restore();
  return count;
}
