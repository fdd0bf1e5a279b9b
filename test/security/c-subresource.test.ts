import assert from 'node:assert/strict';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer } from './support/answer.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

/** Destinations of subresources (Fetch Metadata, `Sec-Fetch-Dest`). */
const PARTS =
  'audio audioworklet embed fencedframe font image json manifest object paintworklet report script serviceworker sharedworker style track video worker xslt nothing-known'.split(
    ' ',
  );

const part = (destination: string, mode = 'no-cors', site = 'cross-site') => ({
  'Sec-Fetch-Dest': destination,
  'Sec-Fetch-Mode': mode,
  'Sec-Fetch-Site': site,
});

describe('C: pages loaded as subresources of another site', () => {
  const stage = useStage({ limits: { authorizationRequests: 20 } });
  const REFUSED = '403 subresource_request';

  const ask = async (headers: Record<string, string>, parameters: Record<string, string> = {}) =>
    await answer(
      stage,
      await new UserAgent().get(authorizationRequest(stage.issuer, parameters).url, headers),
    );

  const limited = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${stage.server.managementPort}/metrics`);
    const lines = (await response.text()).split('\n');
    return lines.filter((line) => line.startsWith('signet_requests_limited_total{')).join();
  };

  row(
    'C26',
    '/authorize as image, script, …, by fetch() and in a frame',
    `${REFUSED}, nothing stored or counted`,
    async () => {
      const before = await stage.records();
      const headers = [
        ...PARTS.flatMap((destination) => [part(destination), part(destination, 'cors', 'same-site')]),
        { 'Sec-Fetch-Dest': 'image' },
        part('image', 'navigate'),
        part('empty'),
        part('empty', 'cors'),
        part('empty', 'cors', 'same-site'),
        part('iframe', 'navigate'),
        part('frame', 'navigate'),
        { ...part('document', 'navigate'), 'Sec-Purpose': 'prefetch' },
        { ...part('document', 'navigate', 'none'), 'Sec-Purpose': 'prefetch;prerender' },
        { Purpose: 'prefetch' },
      ];
      assert.ok(headers.length > 40);
      for (const each of headers) assert.equal(await ask(each), REFUSED, JSON.stringify(each));
      assert.deepEqual(await stage.recordsSince(before), []);
      assert.equal(await limited(), '');
      assert.equal(await ask(part('document', 'navigate')), '303 /interaction');
      return `${REFUSED}, nothing stored or counted`;
    },
  );

  row(
    'C26',
    'the response to a subresource request',
    'less than 200 bytes, also where HTML is preferred',
    async () => {
      const { url } = authorizationRequest(stage.issuer);
      for (const accept of ['image/avif,image/webp,*/*;q=0.8', 'text/html']) {
        const response = await new UserAgent().get(url, { ...part('image'), Accept: accept });
        assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
        assert.equal(response.headers.get('cache-control'), 'no-store');
        assert.deepEqual(response.headers.getSetCookie(), []);
        assert.ok((await response.text()).length < 200);
      }
      return 'less than 200 bytes, also where HTML is preferred';
    },
  );

  row('C26', 'every other page as a subresource, by GET and by POST', REFUSED, async () => {
    const id = 'x'.repeat(43);
    for (const path of [
      '/',
      '/logout',
      '/logout/success',
      `/authorize/${id}`,
      `/interaction/${id}`,
      ...['login', 'consent', 'abort'].map((step) => `/interaction/${id}/${step}`),
    ]) {
      assert.equal(
        await answer(stage, await new UserAgent().get(stage.issuer + path, part('image'))),
        REFUSED,
        path,
      );
    }
    for (const path of ['/authorize', '/logout', '/logout/confirm', `/interaction/${id}/login`]) {
      const posted = await new UserAgent().post(stage.issuer + path, {}, part('empty', 'cors'));
      assert.equal(await answer(stage, posted), REFUSED, path);
    }
    return REFUSED;
  });

  row('C26', 'navigations, clients without Fetch Metadata, the own origin', '303 /interaction', async () => {
    for (const headers of [
      {},
      { 'Sec-Fetch-Mode': 'cors' },
      part('document', 'navigate'),
      part('document', 'navigate', 'none'),
      part('empty', 'cors', 'same-origin'),
    ]) {
      assert.equal(await ask(headers), '303 /interaction', JSON.stringify(headers));
    }
    // `fetch` sets the mode itself.
    const { pathname, search } = authorizationRequest(stage.issuer).url;
    const line = `GET ${pathname}${search} HTTP/1.1`;
    assert.equal((await requestRaw(stage, line, part('empty', 'navigate'))).status, 303);
    return '303 /interaction';
  });

  row(
    'C26',
    'silent authentication in a frame, with and without a session',
    'R(code), R(login_required)',
    async () => {
      const { agent } = await signIn(stage.issuer);
      const { url } = authorizationRequest(stage.issuer, { prompt: 'none' });
      const seen = await answer(stage, await agent.get(url, part('iframe', 'navigate', 'same-site')));
      return `${seen}, ${await ask(part('iframe', 'navigate'), { prompt: 'none' })}`;
    },
  );

  row(
    'C26',
    'a large form posted to /authorize in a frame',
    `${REFUSED}, unless prompt is none`,
    async () => {
      const post = async (headers: Record<string, string>, parameters: Record<string, string> = {}) => {
        const { searchParams } = authorizationRequest(stage.issuer, parameters).url;
        for (const [name, value] of [
          ['filler', 'x'.repeat(9000)],
          ['signet_again', '1'],
        ] as const) {
          searchParams.set(name, value);
        }
        return await answer(
          stage,
          await new UserAgent().post(`${stage.issuer}/authorize`, searchParams, headers),
        );
      };
      const frame = part('iframe', 'navigate');
      assert.equal(await post(part('document', 'navigate')), '303 /interaction');
      assert.equal(await post(frame, { prompt: 'none' }), 'R(login_required)');
      const before = await stage.records();
      assert.equal(await post(frame), REFUSED);
      assert.deepEqual(await stage.recordsSince(before), []);
      return `${REFUSED}, unless prompt is none`;
    },
  );

  row('C26', 'sign-out in a frame, without a session', '303 /logout', async () => {
    const response = await new UserAgent().get(`${stage.issuer}/logout`, part('iframe', 'navigate'));
    return await answer(stage, response);
  });

  row(
    'G12',
    'silent requests in frames of other sites, beyond the quota',
    '429, and people sign in',
    async () => {
      const seen = new Set<string>();
      for (let index = 0; index < 30; index += 1) {
        seen.add((await ask(part('iframe', 'navigate'), { prompt: 'none' })).slice(0, 3));
      }
      assert.deepEqual([...seen], ['R(l', '429']);
      const counted = [...(await limited()).matchAll(/limit="(\w+)"/g)].map(([, name]) => name);
      assert.deepEqual([...new Set(counted)], ['framed_requests']);
      assert.equal(await ask(part('document', 'navigate')), '303 /interaction');
      return '429, and people sign in';
    },
  );
});
