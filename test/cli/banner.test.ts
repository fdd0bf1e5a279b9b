import assert from 'node:assert/strict';
import { banner } from '../../src/cli/banner.ts';
import { parseConfig } from '../../src/config/config.ts';

const linesOf = (mail: object = {}) => banner(parseConfig({ issuer: 'http://localhost:3700/auth', mail }));

describe('The banner of signet dev', () => {
  it('names the inbox where mails are files', () => {
    assert.match(linesOf(), /^ {2}Mails {18}http:\/\/localhost:3700\/auth\/dev\/mail$/m);
    const smtp = { server: 'smtp://localhost:25', from: 'login@example.com' };
    assert.doesNotMatch(linesOf(smtp), /Mails/);
  });
});
