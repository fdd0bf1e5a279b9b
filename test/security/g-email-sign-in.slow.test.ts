import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { openPage, submit } from '../support/agent-pages.ts';
import { authorizationRequest, redeem } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { linkIn, nextMail, WITH_MAIL } from './support/mail-box.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const PASSWORD = 'wonderland-tea-party';

describe('G: a sign-in by mail', () => {
  const stage = useStage({ ...WITH_MAIL, emailSignIn: 'link' });
  const addressOf = (username: string) => `${username}@example.com`;
  const add = (username: string) =>
    stage.operator.accounts.add({
      username,
      password: PASSWORD,
      skipPasswordRules: true,
      claims: { email: addressOf(username), email_verified: true },
    });

  /** Asks for a mail in a new browser. */
  async function ask(name: string) {
    const agent = new UserAgent();
    const request = authorizationRequest(stage.issuer, { claims: '{"id_token":{"acr":null,"amr":null}}' });
    const { url } = await agent.follow(request.url);
    const form = new URL(`${url.pathname}/email`, url);
    const page = { url: form, html: await (await agent.get(form)).text() };
    return { agent, request, page: await submit(agent, page, { name }) };
  }
  const codeOn = (html: string) => /id="code">([\d ]+)</.exec(html)?.[1] ?? '';

  row(
    'G89',
    'the link opened by a scanner and in another browser, then in the browser that asked; acr and amr',
    'another browser: a code, no session; here: signed in, acr unspecified, amr email; again: 400',
    async () => {
      await add('g89-mail');
      const { agent, request } = await ask('g89-mail');
      const link = linkIn(await nextMail(stage, addressOf('g89-mail')));
      await fetch(link);
      const thief = new UserAgent();
      const elsewhere = await openPage(thief, link);
      const shown = /^\d{4} \d{4}$/.test(codeOn(elsewhere.html)) ? 'a code' : 'no code';
      const session = thief.cookies.some(({ key }) => key.includes('session')) ? 'a session' : 'no session';
      const here = await openPage(agent, link);
      let after = await submit(agent, here, {});
      if (!after.url.searchParams.has('code')) after = await submit(agent, after, {});
      const code = after.url.searchParams.get('code') ?? '';
      const { body } = await redeem(stage.issuer, code, request);
      const { acr, amr } = decodeJwt(body.id_token ?? '');
      const again = await submit(agent, here, {});
      return `another browser: ${shown}, ${session}; here: ${code === '' ? 'refused' : 'signed in'}, acr ${String(acr).split(':').at(-1)}, amr ${[amr].flat().join(' ')}; again: ${again.status}`;
    },
  );

  row(
    'G89',
    'known, unknown and disabled names; the code in another sign-in; five wrong codes, then the right one',
    'one response: 200; in another sign-in: 400; after wrong ones: 400',
    async () => {
      await add('g89-code');
      const { id } = await add('g89-off');
      await stage.operator.accounts.disable(id);
      const answers = new Set<string>();
      for (const name of ['g89-code', 'g89-nobody', 'g89-off', '']) {
        const { page } = await ask(name);
        answers.add(`${page.status} ${page.html.replaceAll(/[\w-]{43}/g, 'RANDOM')}`);
      }
      const first = await ask('g89-code');
      const link = linkIn(await nextMail(stage, addressOf('g89-code'), 1));
      const code = codeOn((await openPage(new UserAgent(), link)).html);
      const other = await ask('g89-code');
      const elsewhere = await submit(other.agent, other.page, { code });
      for (const wrong of ['1', '2', '3', '4', '5']) await submit(first.agent, first.page, { code: wrong });
      const right = await submit(first.agent, first.page, { code });
      assert.equal(answers.size, 1);
      return `one response: ${[...answers][0]?.slice(0, 3)}; in another sign-in: ${elsewhere.status}; after wrong ones: ${right.status}`;
    },
  );
});
