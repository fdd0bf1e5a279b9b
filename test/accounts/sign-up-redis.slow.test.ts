import { openStore } from '../../src/store/open.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { describeSignUp } from './sign-up-cases.ts';

describe('Sign-up and invitations on Redis', function () {
  this.timeout(60_000);
  let server: RedisServer;
  before(async function () {
    await needRedis(this);
    server = await startRedis();
  });
  after(() => server?.stop());

  describeSignUp(async (clock) => {
    await server.command('FLUSHALL');
    const address = `redis://127.0.0.1:${server.port}`;
    const open = () => openStore(address, { clock, production: false });
    return [await open(), await open()];
  });
});
