import { addClaim, claimNameProblems } from '../../src/clients/claim-form.ts';
import { row } from './support/row.ts';

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

describe('L: names of claims', () => {
  row('L25', 'a client whose id is a claim, with {client_id} as the first name', '0 accepted', async () => {
    const paths = [['{client_id}'], ['{client_id}', 'roles']];
    const accepted = paths.filter(
      (path) => claimNameProblems({ claim_names: { roles: { path } } }).length === 0,
    );
    return `${accepted.length} accepted`;
  });

  row(
    'L26',
    'a path through claims of the account, which is shared by all requests',
    '{"realm":{"level":3,"roles":["staff"]},"team":{"roles":["staff"]},"list":{"roles":["staff"]}}; as before',
    async () => {
      const account = deepFreeze({ realm: { level: 3 }, team: 'tea', list: ['tea'] });
      const before = JSON.stringify(account);
      const claims: Record<string, unknown> = { ...account };
      for (const name of Object.keys(account)) addClaim(claims, ['staff'], { path: [name, 'roles'] }, 'app');
      const open = { realm: { level: 3 } };
      addClaim({ ...open }, ['staff'], { path: ['realm', 'roles'] }, 'app');
      const isKept = JSON.stringify(account) === before && !('roles' in open.realm);
      return `${JSON.stringify(claims)}; ${isKept ? 'as before' : 'changed'}`;
    },
  );
});
