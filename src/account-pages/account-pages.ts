import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';
import { activityPage } from './activity.ts';
import { authenticatorPage } from './authenticator.ts';
import { connectedAppsPage } from './connected-apps.ts';
import { dataPage } from './data.ts';
import { deletePage } from './delete.ts';
import { emailPage } from './email.ts';
import { exportPage } from './export.ts';
import { keepPage } from './keep.ts';
import { overviewPage } from './overview.ts';
import { passkeyAddPage } from './passkey-add.ts';
import { passkeyRemovePage, passkeyRenamePage } from './passkey-change.ts';
import { passkeysPage } from './passkey-list.ts';
import { passwordPage } from './password.ts';
import { profilePage } from './profile.ts';
import { recoveryCodesPage } from './recovery-codes.ts';
import { sessionsPage } from './sessions.ts';

/** The handlers of the rows in `account-routes.ts`. */
export type AccountPages = ReturnType<typeof createAccountPages>;

export function createAccountPages(services: AccountServices) {
  return {
    overview: overviewPage(services),
    profile: profilePage(services),
    password: passwordPage(services),
    email: emailPage(services),
    authenticator: authenticatorPage(services),
    recoveryCodes: recoveryCodesPage(services),
    passkeys: passkeysPage(services),
    passkey_add: passkeyAddPage(services),
    passkey_rename: passkeyRenamePage(services),
    passkey_remove: passkeyRemovePage(services),
    sessions: sessionsPage(services),
    apps: connectedAppsPage(services),
    activity: activityPage(services),
    data: dataPage(services),
    export: exportPage(services),
    delete: deletePage(services),
    keep: keepPage(services),
  } satisfies Record<string, AccountPage>;
}
