import { randomBytes } from 'node:crypto';
import { HOTP, Secret } from 'otpauth';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { sampleOf } from '../../src/accounts/credentials/foreign-hash.ts';
import { createEnrolledFactors } from '../../src/accounts/enrolled-factors.ts';
import { planImport } from '../../src/accounts/imports/account-import.ts';
import { readEntries } from '../../src/accounts/imports/file-entries.ts';
import { writeImport } from '../../src/accounts/imports/import-writing.ts';
import { createRefusalTime } from '../../src/accounts/refusal-time.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { KEYCLOAK_OTP } from '../accounts/foreign-hashes.ts';
import { type AccountsFixture, openAccounts, SETTINGS } from '../accounts/fixture.ts';
import { row } from './support/row.ts';

const sealer = createSealer({ keys: 'store', masterKey: randomBytes(32).toString('base64') });

const SALT = 'AAAAAAAAAAAAAAAA';
/** 24 bytes. */
const HASH = 'A'.repeat(32);

/** Each would accept every password, fail at a sign-in, or take a core for ten seconds and more. */
const HOSTILE = {
  'no byte': [
    `$pbkdf2-sha256$i=1$${SALT}$A`,
    `$scrypt$ln=4,r=8,p=1$${SALT}$A`,
    `$firebase-scrypt$ln=4,r=8,p=1$${SALT}$A`,
    'pbkdf2_sha256$1$salt$A===',
  ],
  'one byte': [`$pbkdf2-sha256$i=1$${SALT}$AA`, `$scrypt$ln=4,r=8,p=1$${SALT}$AA`],
  'four bytes': [`$argon2id$v=19$m=64,t=1,p=1$${SALT}$AAAAAA`],
  invalid: [
    `$scrypt$ln=0,r=8,p=1$${SALT}$${HASH}`,
    `$scrypt$ln=16,r=1,p=1$${SALT}$${HASH}`,
    `$argon2id$v=19$m=1,t=1,p=16$${SALT}$${HASH}`,
  ],
  costly: [
    `$scrypt$ln=14,r=128,p=16$${SALT}$${HASH}`,
    `$scrypt$ln=30,r=8,p=1$${SALT}$${HASH}`,
    `$scrypt$ln=1,r=999999999,p=1$${SALT}$${HASH}`,
    `$pbkdf2-sha1$i=1000000$${SALT}$${'A'.repeat(600)}`,
    `$pbkdf2-sha1$i=100000$${SALT}$${'A'.repeat(1_000_000)}`,
    `$pbkdf2-sha256$i=999999999$${SALT}$${HASH}`,
    `$2b$31$${'C'.repeat(53)}`,
    `$argon2id$v=19$m=999999999,t=1,p=1$${SALT}$${HASH}`,
    `$argon2id$v=19$m=8,t=999999999,p=1$${SALT}$${HASH}`,
  ],
};

describe('L: files of accounts from elsewhere', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => void (fixture = await openAccounts()));
  afterEach(() => fixture.close());

  const plan = (value: Record<string, unknown>, options: { dropFactors?: boolean } = {}) =>
    planImport([{ where: 'line 1', value }], {
      store: fixture.store,
      clock: () => fixture.now * 1000,
      sealer,
      uniqueEmail: false,
      keepIds: true,
      skipExisting: false,
      dropFactors: options.dropFactors === true,
    });
  const write = (plans: Pick<Awaited<ReturnType<typeof plan>>, 'records' | 'apps'>) => {
    const { store, recorded, now } = fixture;
    const audit = { record: (entry: (typeof recorded)[number]) => void recorded.push(entry) };
    return writeImport(plans, { store, audit, sealer, clock: () => now * 1000, passwords: SETTINGS });
  };

  row('L20', 'hashes that accept any password, or block sign-ins', '0 accepted', async () => {
    const hashes = Object.values(HOSTILE).flat();
    const plans = await Promise.all(
      hashes.map((hash, index) => plan({ username: `p${index}`, password_hash: hash })),
    );
    return `${plans.filter(({ records }) => records.length > 0).length} accepted`;
  });

  row(
    'L21',
    'the same in the store: the password, and the time of refusals',
    '0 valid, 1 reading',
    async () => {
      const passwords = createPasswords(SETTINGS);
      const hashes = Object.values(HOSTILE).flat();
      const results = await Promise.all(hashes.map((hash) => passwords.verify(hash, 'any password')));
      let reads = 0;
      const artifacts = {
        find: () => {
          reads += 1;
          return Promise.resolve({ samples: hashes.slice(0, 10).map(sampleOf) });
        },
      };
      const time = createRefusalTime({ artifacts, passwords, wait: () => Promise.resolve() });
      for (let attempt = 0; attempt < 3; attempt += 1) await time.reached(performance.now());
      return `${results.filter(({ valid }) => valid).length} valid, ${reads} reading`;
    },
  );

  row('L22', 'an encoding that does not exist', 'refused', async () => {
    const hash = (encoding: unknown) => ({
      user_id: 'a',
      username: 'ann',
      custom_password_hash: { algorithm: 'scrypt', hash: { value: HASH, encoding }, salt: { value: SALT } },
    });
    const plans = await Promise.all(['rot13', 16, {}].map((encoding) => plan(hash(encoding))));
    return plans.every(({ records, refused }) => records.length === 0 && refused.length === 1)
      ? 'refused'
      : 'accepted';
  });

  row('L23', 'the sub of a removed account, for another username', 'refused, 1 for its person', async () => {
    const { id } = await fixture.accounts.add({ username: 'alice' });
    await fixture.accounts.remove(id);
    const other = await plan({ id, username: 'mallory', claims: {} });
    const same = await plan({ id, username: 'Alice', claims: {} });
    return `${other.records.length === 0 ? 'refused' : 'accepted'}, ${same.records.length} for its person`;
  });

  row('L24', 'ids with the names of inherited properties', '0 accepted', async () => {
    const ids = ['__proto__', 'constructor', 'hasOwnProperty', 'a b', '', '../x', 'a'.repeat(129)];
    const plans = await Promise.all(
      ids.filter((id) => id !== '').map((id, index) => plan({ id, username: `p${index}`, claims: {} })),
    );
    return `${plans.filter(({ records }) => records.length > 0).length} accepted`;
  });

  row(
    'L33',
    'nesting without end, objects in place of text, times before all times',
    '3 refused, 2 written, 2 listed since 1970',
    async () => {
      const credential = { type: 'password', secretData: '{}', credentialData: '{}' };
      const odd = { toString: 1, valueOf: 1 };
      let deep: unknown = [];
      for (let level = 0; level < 20_000; level += 1) deep = [deep];
      const plans = await Promise.all(
        [
          { username: 'deep', x: deep },
          { username: 'odd', credentials: [], groups: [odd] },
          {
            username: 'text',
            credentials: [{ ...credential, credentialData: { algorithm: 'pbkdf2', hashIterations: odd } }],
          },
          { username: 'early', created_at: -1e300 },
          { username: 'late', created_at: 1e300 },
        ].map((value) => plan(value)),
      );
      const records = plans.flatMap((each) => each.records);
      const written = await write({ records, apps: new Map() });
      const listed = await fixture.accounts.list({ limit: 9 });
      const refused = plans.flatMap((each) => each.refused).length;
      const since = listed.filter(({ createdAt }) => createdAt >= 0 && createdAt < 2 ** 33).length;
      return `${refused} refused, ${written.added} written, ${since} listed since 1970`;
    },
  );

  row(
    'M27',
    'a quoted cell of 10 MB, and a column twice, of which a reader sees the first and a program takes the last',
    'refused: the claims are larger than 16384 bytes; the first line has a column twice',
    async () => {
      const [entry] = readEntries(`username,name\nbob,"${'x'.repeat(10_000_000)}"`);
      const { refused } = await plan(entry?.value ?? {});
      const twice = () => readEntries('username,email_verified,name,email_verified\nbob,false,Bob,true');
      return `refused: ${refused[0]?.reasons.join()}; ${messageOf(twice)}`;
    },
  );

  row(
    'M70',
    'a name twice in one JSON object, also in a long line, of which a reader sees the first and a program takes the last',
    'refused: it has the name "email" twice in one object; email: is in claims and beside it',
    async () => {
      const note = String.raw`\n`.repeat(1_000_000);
      const [entry] = readEntries(
        `{"username":"bob","note":"${note}","email":"a@example.com","email":"b@example.com"}`,
      );
      const { refused } = await plan(entry?.value ?? {});
      const other = await plan({
        username: 'bob',
        claims: { email: 'a@example.com' },
        email: 'b@example.com',
      });
      return `refused: ${[...refused, ...other.refused].map(({ reasons }) => reasons.join()).join('; ')}`;
    },
  );

  const keycloak = (...credentials: Record<string, unknown>[]) => ({
    username: 'ann',
    enabled: true,
    credentials,
  });

  row(
    'M40',
    'an authenticator app: at rest, a code of the time before, its next code twice',
    'sealed, refused, accepted, refused',
    async () => {
      const { value } = JSON.parse(KEYCLOAK_OTP.secretData) as { value: string };
      await write(await plan(keycloak(KEYCLOAK_OTP)));
      const { accounts } = fixture.store;
      const record = await accounts.findByUsername('ann');
      const text = JSON.stringify(record);
      const isBare = [value, Buffer.from(value).toString('base64'), Secret.fromUTF8(value).base32].some(
        (form) => text.includes(form),
      );
      const factors = createEnrolledFactors({ accounts, sealer, clock: () => fixture.now * 1000 });
      const step = Math.floor(fixture.now / 30);
      const secret = Secret.fromUTF8(value);
      const results: string[] = [];
      for (const counter of [step, step + 1, step + 1]) {
        const code = HOTP.generate({ secret, counter });
        const result = await factors.verifyTotp(record?.id ?? '', code);
        results.push(result === undefined ? 'refused' : 'accepted');
      }
      return [isBare ? 'in clear' : 'sealed', ...results].join(', ');
    },
  );

  row('M41', 'a second factor that cannot be imported', 'refused; added without when asked to', async () => {
    const entry = keycloak({ type: 'webauthn', secretData: '{}', credentialData: '{}' });
    const [first, second] = [await plan(entry), await plan(entry, { dropFactors: true })];
    const refusal = first.records.length === 0 && /security key/.test(first.refused[0]?.reasons[0] ?? '');
    return `${refusal ? 'refused' : 'added'}; ${second.records.length === 1 ? 'added without when asked to' : 'refused'}`;
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
}
