import type { Passkeys } from '../accounts/credentials/passkeys.ts';
import { formField } from '../http/form-body.ts';
import type { SecondFactor } from './second-factors.ts';

/** A passkey or security key beside a password: it proves that its owner touches it. */
export function securityKeyFactor(passkeys: Passkeys): SecondFactor {
  return {
    id: 'security_key',
    begin: async (ctx, account) => ({
      options: passkeys.secondFactorOptions(account, ctx.state.pending.signInKey),
    }),
    verify: async (ctx, account) => {
      const { signInKey } = ctx.state.pending;
      const credential = formField(ctx, 'credential') ?? '';
      const verified = await passkeys.verifySecondFactor(account.id, credential, signInKey);
      if (verified.outcome === 'verified') return { outcome: 'passed', amr: verified.amr };
      return { outcome: 'failed', reason: verified.reason, message: 'passkeys.key.refused' };
    },
  };
}
