import { userInfo } from 'node:os';
import type { AuditActor } from '../store/store.ts';

/**
 * Who runs this command, for the audit trail: the name of the operating system's user, or of the user who called sudo. It documents and proves
 * nothing: a user who can write the store can write any name.
 */
export function commandOperator(env: NodeJS.ProcessEnv = process.env): AuditActor {
  return { kind: 'operator', id: env.SUDO_USER || userName(), via: 'command' };
}

/** A container may run as a user id without a name. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return process.getuid?.().toString();
  }
}
