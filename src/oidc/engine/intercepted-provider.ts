import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider';

/**
 * The engine registers its grant types and response modes in its constructor, and keeps the first of a name. So they are intercepted in a
 * subclass: registering one again later would silently do nothing.
 */
export interface Interceptors {
  /** By grant type: wraps the engine's handler. */
  readonly grantTypes: Readonly<Record<string, (handler: GrantHandler) => GrantHandler>>;
  /** By response mode: takes the place of the engine's handler. */
  readonly responseModes: Readonly<Record<string, ResponseModeHandler>>;
}

export type GrantHandler = (ctx: KoaContextWithOIDC) => Promise<void>;

/** @param redirectUri as the client has registered it */
export type ResponseModeHandler = (
  ctx: KoaContextWithOIDC,
  redirectUri: string,
  parameters: Readonly<Record<string, unknown>>,
) => void;

export function createInterceptedProvider(
  issuer: string,
  configuration: Configuration,
  { grantTypes, responseModes }: Interceptors,
): Provider {
  class InterceptedProvider extends Provider {
    override registerGrantType(name: string, handler: unknown, ...rest: unknown[]): void {
      const intercepted = grantTypes[name]?.(handler as GrantHandler) ?? handler;
      super.registerGrantType(name, intercepted as GrantHandler, ...(rest as []));
    }

    override registerResponseMode(name: string, handler: EngineHandler): void {
      super.registerResponseMode(name, responseModes[name] ?? handler);
    }
  }
  return new InterceptedProvider(issuer, configuration);
}

type EngineHandler = Parameters<Provider['registerResponseMode']>[1];
