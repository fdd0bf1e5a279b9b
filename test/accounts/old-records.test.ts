import { openStore } from '../../src/store/open.ts';
import { copyDatabase010 } from '../store/old-data.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { describeOldRecords, readRefreshToken } from './old-records.ts';

describe('Records of 0.1.0 in SQLite', () => {
  const path = temporaryDirectory();
  let opened = 0;
  let at = 0;
  const clock = () => at * 1000;

  describeOldRecords(async () => {
    const file = path(`${opened++}.db`);
    const knowledge = copyDatabase010(file);
    at = knowledge.at + 60;
    const store = await openStore(`sqlite:${file}`, { clock });
    return { store, accountId: knowledge.account.id, refreshToken: readRefreshToken('sqlite') };
  }, clock);
});
