import { openStore } from '../../src/store/open.ts';
import { LONG } from '../support/long-form.ts';
import { describeStoreContract } from './contract.ts';
import { artifactContract } from './contract-artifacts.ts';
import { lifecycleContract } from './contract-lifecycle.ts';
import { type OpenStore, storeTests } from './store-test.ts';

describe('SQLite store in memory', () => {
  const open: OpenStore = (clock) => openStore('sqlite::memory:', { clock });
  if (LONG) {
    describeStoreContract('SQLite in memory', open);
  } else {
    // It has the statements of a database in a file, for which the short form has the whole contract.
    const it = storeTests(open);
    describe('artifacts', () => artifactContract(it));
    describe('life cycle', () => lifecycleContract(it));
  }
});
