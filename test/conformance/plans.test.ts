import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { browserScript, type Script, scriptsOfModules } from '../../conformance/plans/browser-script.ts';
import { choosePlans, PLANS } from '../../conformance/plans/plans.ts';
import { PAGE_FILE, readResults } from '../../conformance/report/record.ts';
import { resultsPage } from '../../conformance/report/results-page.ts';
import { readExpectations } from '../../conformance/suite/expectations.ts';

const context = {
  issuer: 'https://op.test',
  suite: 'https://suite.test',
  person: { username: 'ada', password: 'secret' },
};

describe('The plans of the conformance suite', () => {
  it('have names of their own', () => {
    assert.equal(new Set(PLANS.map(({ name }) => name)).size, PLANS.length);
  });

  it('are chosen by name, by the beginning of a name, or all', () => {
    assert.deepEqual(
      choosePlans(['config', 'dynamic-code-*', 'config']).map(({ name }) => name),
      ['config', 'dynamic-code-id-token', 'dynamic-code-token', 'dynamic-code-id-token-token'],
    );
    assert.equal(choosePlans([]), PLANS);
    assert.throws(
      () => choosePlans(['nothing']),
      /there is no plan "nothing"; there are config, basic-static/,
    );
  });
});

describe('The pictures that a person reviews', () => {
  const scripts = scriptsOfModules(context);
  const picturesIn = (browser: readonly Script[]): number =>
    JSON.stringify(browser).split('update-image-placeholder').length - 1;

  it('are taken by a script for each module that ends in a review, and by no other', () => {
    const reviewed = readExpectations().filter(({ result }) => result === 'REVIEW');
    assert.deepEqual(new Set(Object.keys(scripts)), new Set(reviewed.map(({ module }) => module)));
    assert.equal(picturesIn(browserScript(context)), 0);
  });

  for (const [module, { browser }] of Object.entries(scripts)) {
    it(`${module}: one`, () => {
      assert.equal(picturesIn(browser), 1);
    });
  }
});

describe('docs/conformance.md', () => {
  it('has the recorded results and the exceptions', () => {
    const page = readFileSync(PAGE_FILE, 'utf8');
    assert.equal(page, resultsPage(page, readResults(), readExpectations()));
  });
});
