import type { Route } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import { DEMO_ACCOUNT, DEMO_CLIENTS } from '../config/demo.ts';
import { issuerUrl } from '../config/issuer.ts';
import { preferredLanguages } from '../http/languages.ts';
import { DISCOVERY_PATHS, PATHS } from '../http/paths.ts';
import type { HomePage } from '../pages/page-data.ts';
import { hasInbox, INBOX_PATH } from './development-inbox.ts';
import { appsOf } from './apps.ts';
import { logoPath } from './client-appearance.ts';
import { personOf } from '../pages/person.ts';

type HomeServices = Pick<Services, 'config' | 'store' | 'logos' | 'signedIn' | 'renderPage'>;

/** The front page at the issuer: what this server is, which account is signed in, and the applications of that. */
export function homeRoute({ config, store, logos, signedIn, renderPage }: HomeServices): Route {
  const { issuer, demo, samples } = config;
  const data: HomePage = {
    issuer,
    documents: [
      { label: { key: 'home.discovery' }, url: issuerUrl(issuer, DISCOVERY_PATHS[0]) },
      { label: { key: 'home.keys' }, url: issuerUrl(issuer, PATHS.jwks) },
      ...(hasInbox(config) ? [{ label: { key: 'home.mails' }, url: issuerUrl(issuer, INBOX_PATH) }] : []),
    ],
    ...(demo && { sampleApp: `${samples.app}/`, demo: demoCredentials() }),
  };
  return {
    kind: 'page',
    path: '/',
    name: 'home',
    show: async (ctx) => {
      const account = (await signedIn(ctx))?.account;
      const signed = account && {
        person: personOf(account),
        apps: await appsOf(account, {
          store,
          issuer,
          languages: preferredLanguages(ctx),
          logoPath: (client) => logoPath(ctx, logos, client),
        }),
      };
      renderPage(ctx, 'home', { ...data, ...signed });
    },
  };
}

function demoCredentials(): HomePage['demo'] {
  return [
    { label: { key: 'home.account' }, name: DEMO_ACCOUNT.username, secret: DEMO_ACCOUNT.password },
    ...DEMO_CLIENTS.map(({ client_id, client_name, client_secret }) => ({
      label: String(client_name),
      name: client_id,
      secret: client_secret ?? '',
    })),
  ];
}
