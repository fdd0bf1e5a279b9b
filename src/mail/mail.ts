import type { MessageValues } from '../messages/messages.ts';
export interface Mail {
  readonly isEnabled: boolean;
  send(
    name: string,
    options: {
      to: string;
      accountId?: string | undefined;
      language?: string | undefined;
      values?: MessageValues;
      url?: string;
      code?: string;
      lifetime?: number;
      decoy?: boolean;
    },
  ): Promise<void>;
  notice(
    account: { id: string; claims: Record<string, unknown> },
    name: string,
    values?: MessageValues,
    options?: { to?: string; url?: string },
  ): Promise<void>;
}
