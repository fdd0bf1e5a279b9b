import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { describeSignUp } from './sign-up-cases.ts';

describe('Sign-up and invitations on SQLite', () => {
  const directory = makeMemoryDirectory('signet-sign-up');
  let number = 0;
  after(() => rmSync(directory, { recursive: true }));

  describeSignUp(async (clock) => {
    number += 1;
    const address = `sqlite:${join(directory, `${number}.db`)}`;
    return [await openStore(address, { clock }), await openStore(address, { clock })];
  });
});
