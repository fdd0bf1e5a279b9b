import { hasInbox, INBOX_PATH } from '../account-pages/development-inbox.ts';
import type { Config } from '../config/config.ts';
import { issuerPath } from '../config/issuer.ts';
import { createMessages, type Messages } from '../messages/messages.ts';
import { pageLanguage } from '../http/languages.ts';
import { type Assets, createAssets } from '../pages/assets.ts';
import { createPageHeaders, type PageHeaders } from '../pages/csp.ts';
import { createPages } from '../pages/views.ts';
import { createRenderer, type RenderPage } from '../pages/render.ts';
import { createHeadersTooLarge, type HeadersTooLarge } from '../http/headers-too-large.ts';

/** What all pages share: brand, files and headers. */
export interface Site {
  assets: Assets;
  pageHeaders: PageHeaders;
  renderPage: RenderPage;
  /** Of pages and mails. */
  messages: Messages;
  tooLarge: HeadersTooLarge;
}

/** @throws ConfigurationError when the logo cannot be used */
export function createSite({
  brand,
  issuer,
  mode,
  profile,
  mail,
}: Pick<Config, 'brand' | 'issuer' | 'mode' | 'profile' | 'mail'>): Site {
  const mountPath = issuerPath(issuer);
  const assets = createAssets(brand, mountPath);
  const pageHeaders = createPageHeaders(issuer);
  const messages = createMessages();
  const pages = createPages({
    brand,
    development: mode === 'development',
    profile,
    assets,
    messages,
    mountPath,
    inboxPath: hasInbox({ mode, mail }) ? INBOX_PATH : undefined,
  });
  return {
    assets,
    pageHeaders,
    messages,
    renderPage: createRenderer(pages, pageHeaders, pageLanguage(messages.languages)),
    tooLarge: createHeadersTooLarge(issuer, pages, pageHeaders, messages.languages),
  };
}
