import type { Provider } from 'oidc-provider';
import { nowInSeconds, systemClock } from '../../clock.ts';
import { override, overrideConstructor } from '../overrides.ts';

/**
 * Constructs, stores and announces the engine's models with the same result for less processor time. A request handles several models of a
 * dozen members each. The engine copies every member with a property descriptor, so that one called `__proto__` sets no prototype. Here
 * only that name gets a descriptor, and the others are assigned. The name of an event is computed once for each kind of model, instead of
 * by a regular expression with a callback at each event.
 */

interface Model {
  constructor: ModelClass;
  kind: string | undefined;
  jti: string | undefined;
  exp?: number;
  /** Seconds; of tokens only. */
  readonly expiration?: number;
}

interface ModelClass {
  readonly name: string;
  /** The names of the members that are kept. */
  readonly IN_PAYLOAD: readonly string[];
}

type Members = Record<string, unknown>;

/** Every class that extends the engine's BaseModel directly. The other models extend BaseToken. */
const SUBCLASSES = ['BaseToken', 'Interaction', 'PushedAuthorizationRequest', 'ReplayDetection', 'Session'];

export function accelerateModels(provider: Provider): void {
  overrideConstructor(provider, 'BaseModel.constructor', SUBCLASSES, constructModel);
  override<(this: Model) => Promise<{ value: string | undefined; payload: Members }>>(
    provider,
    'BaseModel.prototype.getValueAndPayload',
    () =>
      async function getOpaqueValueAndPayload() {
        return { value: this.jti, payload: payloadOf(this) };
      },
  );
  const emitter: { emit(name: string, model: Model): boolean } = provider;
  override<(this: Model, event: string) => void>(
    provider,
    'BaseModel.prototype.emit',
    () =>
      function emitModelEvent(event) {
        emitter.emit(eventName(this.kind, event), this);
      },
  );
}

function constructModel(object: object, input: unknown = {}): void {
  if (input === null) throw new TypeError('invalid model payload');
  const model = object as Model;
  const members = input as Members;
  const listed = listedMembers(model.constructor);
  let kind: unknown;
  let jti: unknown;
  for (const name of Object.keys(members)) {
    if (!listed.has(name)) continue;
    if (name === 'jti') jti = members.jti;
    else if (name === 'kind') kind = members.kind;
    else setMember(model, name, members[name]);
  }
  const { name } = model.constructor;
  if (kind && kind !== name) throw new TypeError('kind mismatch');
  model.kind = name;
  model.jti = jti as string | undefined;
}

/** What the store gets of an opaque artifact. Access tokens and those of clients have a method of their own in the engine. */
function payloadOf(model: Model): Members {
  const now = nowInSeconds(systemClock);
  const exp = model.exp || now + (model.expiration as number);
  const payload: Members = { iat: now };
  // NaN for a model without a lifetime.
  if (exp) payload.exp = exp;
  const listed = listedMembers(model.constructor);
  const members = model as unknown as Members;
  for (const name of Object.keys(members)) {
    if (!listed.has(name)) continue;
    const value = members[name];
    if (value !== undefined) setMember(payload, name, value);
  }
  return payload;
}

function setMember(target: object, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true });
  } else {
    (target as Members)[name] = value;
  }
}

/** By class, when it is first used: after Signet has extended the lists of some. */
const listedByClass = new WeakMap<ModelClass, ReadonlySet<string>>();

function listedMembers(model: ModelClass): ReadonlySet<string> {
  let listed = listedByClass.get(model);
  if (listed === undefined) {
    listed = new Set(model.IN_PAYLOAD);
    listedByClass.set(model, listed);
  }
  return listed;
}

/** By kind of model and event, of which the engine has a few: `refresh_token.consumed`. */
const eventNames = new Map<string, Map<string, string>>();

function eventName(kind = '', event: string): string {
  let names = eventNames.get(kind);
  if (names === undefined) {
    names = new Map();
    eventNames.set(kind, names);
  }
  let name = names.get(event);
  if (name === undefined) {
    name = `${snakeCase(kind)}.${event}`;
    names.set(event, name);
  }
  return name;
}

/** `RefreshToken` → `refresh_token` */
function snakeCase(kind: string): string {
  return kind.replaceAll(/[A-Z][a-z]/g, (start) => `_${start.toLowerCase()}`).replace(/^_+/, '');
}
