import { decodeJwt } from 'jose';
import { mayUseClient, rolesOf } from '../../src/clients/group-access.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { trustProblems } from '../../src/clients/trust.ts';
import { parseConfig } from '../../src/config/config.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { signIn, token, WEB } from '../support/flow.ts';
import { APP, register } from '../registration/client.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const CONTEXT = metadataContext(parseConfig({}));
const REDIRECTS = { redirect_uris: [WEB.redirectUri] };

const problemsOf = (metadata: object): string[] =>
  checkMetadata({ ...REDIRECTS, ...metadata }, CONTEXT).problems;

describe('K: groups and roles', () => {
  const stage = useStage({
    registration: 'open',
    clients: [
      { ...REDIRECTS, client_id: 'plain', client_secret: SECRET, first_party: true },
      {
        ...REDIRECTS,
        client_id: 'worker',
        client_secret: SECRET,
        grant_types: ['client_credentials', 'authorization_code'],
        scope: 'openid messages:read',
        roles: { admin: ['staff'] },
        allowed_groups: ['staff'],
      },
    ],
  });

  row(
    'K03',
    'a client registers allowed_groups, roles and claim_names for itself',
    '201 without them',
    async () => {
      const roles = { admin: ['staff'] };
      const members = { allowed_groups: ['staff'], roles, claim_names: { groups: 'sub' } };
      const { status, body } = await register(stage.issuer, { ...APP, ...members });
      const kept = Object.keys(members).filter((name) => name in body);
      const { metadata } = checkMetadata({ ...REDIRECTS, allowed_groups: ['staff'], roles }, CONTEXT);
      const refused = trustProblems({ id: 'app', source: 'registered' } as never, metadata);
      return refused.length === 2 ? `${status} with${kept.join() || 'out them'}` : refused.join();
    },
  );

  const NAMES = [
    'sub',
    'aud',
    'iss',
    'email',
    'email_verified',
    'preferred_username',
    'scope',
    'client_id',
    '__proto__',
  ];
  row('K04', 'claim_names that stand for other claims, at the top and inside', '0 accepted', async () => {
    const forms = NAMES.flatMap((name) => [name, { name, shape: 'text' }, { path: [name, 'x'] }]);
    const inside = [{ path: ['x', '__proto__', 'y'] }, { path: [] }, { path: ['groups'] }];
    const accepted = [...forms, ...inside].filter(
      (roles) => problemsOf({ claim_names: { roles } }).length === 0,
    );
    return `${accepted.length} accepted`;
  });

  row('K05', 'groups and roles with the names of inherited properties', 'no role, no access', async () => {
    const roles = JSON.parse('{"__proto__": ["staff"], "constructor": ["toString"]}') as Record<
      string,
      string[]
    >;
    const has = rolesOf(roles, ['hasOwnProperty', 'valueOf', '0', 'length']);
    const allowed = mayUseClient(['staff'], { claims: { groups: ['__proto__', 'constructor'] } });
    const odd = mayUseClient(['staff'], { claims: { groups: 'staff' } });
    return `${has.length === 0 ? 'no role' : has.join()}, ${allowed || odd ? 'access' : 'no access'}`;
  });

  row('K08', 'a machine token of a client with roles and allowed_groups', '200, no roles', async () => {
    const request = { grant_type: 'client_credentials', scope: 'messages:read' };
    const { response, body } = await token(stage.issuer, request, { id: 'worker', secret: SECRET });
    const { roles } = decodeJwt(body.access_token);
    return `${response.status}, ${roles === undefined ? 'no roles' : 'roles'}`;
  });

  row(
    'K09',
    'roles and groups asked for by the claims parameter, by a client without roles and scope',
    'sub',
    async () => {
      const alice = (await stage.operator.accounts.findByUsername('alice'))!;
      await stage.operator.accounts.changeClaims(alice.id, { groups: ['staff'], roles: ['made-up'] });
      const wanted = { groups: null, roles: { essential: true } };
      const claims = JSON.stringify({ id_token: wanted, userinfo: wanted });
      const client = { id: 'plain', secret: SECRET, redirectUri: WEB.redirectUri };
      const { tokens } = await signIn(stage.issuer, { client, parameters: { scope: 'openid', claims } });
      const headers = { Authorization: `Bearer ${tokens.access_token}` };
      const response = await fetch(`${stage.issuer}/userinfo`, { headers });
      return Object.keys((await response.json()) as object).join();
    },
  );
});
