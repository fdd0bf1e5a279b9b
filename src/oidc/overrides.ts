import type { Provider } from 'oidc-provider';
import type { OverriddenMember } from './overridden-members.ts';

/**
 * Replaces a member of one of the engine's classes, on this provider only.
 * @param wrap gets the engine's member and returns what takes its place
 * @throws TypeError at start-up when the engine has no such member
 */
export function override<Member>(
  provider: Provider,
  name: OverriddenMember,
  wrap: (original: Member) => Member,
): void {
  const { owner, member } = resolve(provider, name);
  const original = owner[member] as Member | undefined;
  if (original === undefined) throw missing(name);
  Object.defineProperty(owner, member, { value: wrap(original), configurable: true, writable: true });
}

/**
 * Replaces a member that the engine sets on each of its objects by a pair of functions.
 * @throws TypeError at start-up when the engine has no such class
 */
export function overrideProperty<This, Value>(
  provider: Provider,
  name: OverriddenMember,
  accessor: { get(this: This): Value; set(this: This, value: Value): void },
): void {
  const { owner, member } = resolve(provider, name);
  Object.defineProperty(owner, member, { ...accessor, configurable: true });
}

/**
 * Replaces the constructor of a base class of the engine, for the classes that extend it. `super()` calls the prototype that a class has at
 * the time of the call (ECMA-262, GetSuperConstructor). The prototypes of objects and the inherited static members stay the same.
 * @param subclasses members of the provider: every class that extends the base class directly
 * @param construct sets the members of a new object
 * @throws TypeError at start-up when one of them extends another class
 */
export function overrideConstructor(
  provider: Provider,
  name: 'BaseModel.constructor',
  subclasses: readonly string[],
  construct: (object: object, input: unknown) => void,
): void {
  const { owner: base } = resolve(provider, name);
  // One for each provider. No class: the prototype of a class cannot be set.
  function Base(this: object, input: unknown): void {
    construct(this, input);
  }
  Base.prototype = base.prototype;
  Object.setPrototypeOf(Base, base);
  for (const subclass of subclasses) {
    const { [subclass]: model } = provider as unknown as Owner;
    if (model === undefined || Object.getPrototypeOf(model) !== base) throw missing(name);
    Object.setPrototypeOf(model, Base);
  }
}

type Owner = Record<string, unknown>;

function resolve(provider: Provider, name: OverriddenMember): { owner: Owner; member: string } {
  const path = name.split('.');
  const member = path.pop() as string;
  const owner = path.reduce<Owner | undefined>(
    (object, part) => (INTERNAL_CLASSES[part]?.(provider) ?? object?.[part]) as Owner | undefined,
    provider as unknown as Owner,
  );
  if (owner === undefined) throw missing(name);
  return { owner, member };
}

/** Classes of the engine that are no members of the provider. */
const INTERNAL_CLASSES: Readonly<Record<string, (provider: Provider) => unknown>> = {
  /** The other models extend it. */
  BaseModel: ({ BaseToken }) => Object.getPrototypeOf(BaseToken),
  /** Each client has one. */
  ClientKeyStore: ({ Client }) => {
    const NewClient = Client as unknown as new (metadata: object) => { asymmetricKeyStore?: object };
    const { asymmetricKeyStore } = new NewClient(NO_CLIENT);
    return asymmetricKeyStore?.constructor;
  },
};

const NO_CLIENT = {
  client_id: 'none',
  token_endpoint_auth_method: 'none',
  redirect_uris: [],
  response_types: [],
  grant_types: [],
};

function missing(name: string): TypeError {
  return new TypeError(`this version of oidc-provider has no ${name}, which Signet overrides`);
}
