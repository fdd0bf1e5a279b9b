import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider';

/**
 * The engine registers its grant types and response modes in its constructor, and keeps the first of a name. So they are intercepted in a
 * subclass: registering one again later would silently do nothing.
 */
export interface Interceptors {
  /** Parameters that every grant accepts, beside its own. */
  readonly grantParameters: readonly string[];
  /** Wraps the handler of every grant. */
  readonly wrapGrant: (grantType: string, handler: GrantHandler) => GrantHandler;
  /** By response mode: takes the place of the engine's handler. */
  readonly responseModes: Readonly<Record<string, ResponseModeHandler>>;
  /** Adds parameters to an authorization response, also to one that is an error. Absent: there is nothing to add. */
  readonly addToResponse?: AddToResponse | undefined;
  /** Answers an error in place of its response mode. Absent: none is withheld. */
  readonly withholdError?: WithholdError | undefined;
  /** Runs before a response that is no error. When it throws, the engine answers with its error. */
  readonly beforeResponse: (ctx: KoaContextWithOIDC, parameters: ResponseParameters) => Promise<void>;
}

export type GrantHandler = (ctx: KoaContextWithOIDC) => Promise<void>;

/** @returns the parameters of the response with those that are added */
export type AddToResponse = (
  ctx: KoaContextWithOIDC,
  redirectUri: string,
  parameters: ResponseParameters,
) => ResponseParameters;

/** @param redirectUri as the client has registered it */
export type ResponseModeHandler = (
  ctx: KoaContextWithOIDC,
  redirectUri: string,
  parameters: ResponseParameters,
) => void;

/** Of an authorization response. */
export type ResponseParameters = Readonly<Record<string, unknown>>;

/** @returns false for an error that gets to the client by its response mode */
export type WithholdError = (
  ctx: KoaContextWithOIDC,
  mode: string,
  redirectUri: string,
  parameters: ResponseParameters,
) => boolean;

export function createInterceptedProvider(
  issuer: string,
  configuration: Configuration,
  { grantParameters, wrapGrant, responseModes, addToResponse, withholdError, beforeResponse }: Interceptors,
): Provider {
  class InterceptedProvider extends Provider {
    override registerGrantType(
      name: string,
      handler: unknown,
      parameters: ParameterNames = [],
      repeatable?: ParameterNames,
    ): void {
      const own = typeof parameters === 'string' ? [parameters] : parameters;
      const wrapped = wrapGrant(name, handler as GrantHandler);
      super.registerGrantType(name, wrapped, [...own, ...grantParameters], repeatable);
    }

    override registerResponseMode(name: string, handler: EngineHandler): void {
      const respond = responseModes[name] ?? handler;
      const respondAfter: EngineHandler = async (ctx, redirectUri, parameters) => {
        if (!('error' in parameters)) await beforeResponse(ctx, parameters);
        const complete = addToResponse?.(ctx, redirectUri, parameters) ?? parameters;
        if ('error' in complete && withholdError?.(ctx, name, redirectUri, complete) === true) return;
        // Some of the engine's handlers are asynchronous, which its types leave out.
        await (respond.call(this, ctx, redirectUri, complete) as unknown);
      };
      super.registerResponseMode(name, respondAfter);
    }
  }
  return new InterceptedProvider(issuer, configuration);
}

type ParameterNames = Parameters<Provider['registerGrantType']>[2];
type EngineHandler = Parameters<Provider['registerResponseMode']>[1];
