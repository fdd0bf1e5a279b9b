import { DERIVED_PATHS, interactionPath, PATHS } from '../../http/paths.ts';
import { isSilentRequest, navigationGuard } from '../../http/navigation-guard.ts';
import { grantLifetime } from '../engine/lifetimes.ts';
import type { Feature } from '../feature.ts';
import { grantLoader } from './consent-grant.ts';
import { resumeAnswers } from './engine-answers.ts';
import { requestObjectDecrypter } from './request-object-decryption.ts';
import { readRequestObject } from './request-object-reader.ts';
import { requestUriFetcher } from './request-uri.ts';
import { requestLimits } from './limits.ts';
import { interactionPrompts, promptValues } from './prompts.ts';
import { resumeFromRequestCookie, setRequestCookie } from './request-cookie.ts';
import { restrictResponseModes } from './response-modes.ts';

/**
 * The authorization endpoint. This folder owns authorization requests: their limits, what a person is asked, the grant that results, and
 * how the response gets to the client. The pages of an interaction are in `interactions/`.
 */
export const authorizationEndpoint: Feature = {
  spec: [
    'RFC 6749 §3.1',
    'RFC 9207',
    'OpenID Connect Core 1.0 §3.1.2',
    'OAuth 2.0 Multiple Response Type Encoding Practices',
    'OAuth 2.0 Form Post Response Mode',
  ],
  clientMetadata: [
    'application_type',
    'redirect_uris',
    'loopback_redirect_uris',
    'trust_loopback',
    'response_modes',
    'scope',
    'default_max_age',
    'require_auth_time',
    'first_party',
  ],
  // `consent.withdrawn`: `accounts/consents.ts`.
  auditEvents: ['consent.granted', 'consent.denied', 'consent.withdrawn'],
  configure: ({ config, consent, clock, finishRequest, subjects, findAccount, languages }) => {
    const { lifetimes } = config;
    const prompts = interactionPrompts(subjects, { config, findAccount });
    return {
      discovery: { prompt_values_supported: promptValues(prompts), ui_locales_supported: languages },
      extraParams: requestLimits,
      allowOmittingSingleRegisteredRedirectUri: false,
      loadExistingGrant: grantLoader(
        consent,
        { grant: grantLifetime(lifetimes), refreshTokenFamily: lifetimes.refreshTokenFamily },
        clock,
      ),
      interactions: {
        policy: prompts,
        url: async (ctx, interaction) => {
          await setRequestCookie(ctx, interaction);
          await finishRequest(ctx, 'interaction');
          return interactionPath(ctx, interaction.uid);
        },
      },
    };
  },
  extend(provider) {
    resumeFromRequestCookie(provider);
    restrictResponseModes(provider);
  },
  routes: ({ renderPage, lock, redirectPosts, ...context }) => [
    {
      kind: 'page',
      path: PATHS.authorization,
      name: 'authorization',
      posts: 'anywhere',
      framed: isSilentRequest,
      quota: 'authorizationRequests',
      // Guarded again: whether a large form is a silent request is known when it has been read.
      steps: [
        redirectPosts,
        navigationGuard(isSilentRequest),
        readRequestObject({
          fetchObject: requestUriFetcher(context),
          decrypt: context.decryption && requestObjectDecrypter(context.decryption),
        }),
        lock,
      ],
    },
    {
      kind: 'page',
      path: DERIVED_PATHS.resume,
      name: 'resume',
      steps: [lock, resumeAnswers(renderPage)],
    },
  ],
};
