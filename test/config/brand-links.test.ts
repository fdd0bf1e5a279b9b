import assert from 'node:assert/strict';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';

describe('brand.links', () => {
  const problems = (links: { label: string; url: string }[]): readonly string[] => {
    try {
      parseConfig({ brand: { links } });
      return [];
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems;
      throw error;
    }
  };

  it('are https or mailto addresses with a label, in the configured order', () => {
    const links = [
      { label: 'Help', url: 'mailto:help@example.com?subject=Sign-in' },
      { label: 'Imprint', url: 'https://example.com/imprint' },
    ];
    assert.deepEqual(parseConfig({ brand: { links } }).brand.links, links);
    assert.deepEqual(parseConfig({}).brand.links, []);
  });

  for (const url of ['http://example.com/', 'javascript:alert(1)', 'data:text/html,x', '/help', 'tel:112']) {
    it(`reject ${url}`, () => {
      assert.deepEqual(problems([{ label: 'Help', url }]), [
        'brand.links.0.url: must be an https or mailto address',
      ]);
    });
  }

  it('report only the type for a value that is not a list', () => {
    for (const links of ['https://example.com/help', { label: 'Help' }] as unknown[]) {
      assert.deepEqual(problems(links as []), ['brand.links: expected a list: [one, two]']);
    }
  });

  it('need a label, and are at most eight', () => {
    const url = 'https://example.com/';
    assert.equal(problems([{ label: '', url }]).length, 1);
    assert.equal(problems([{ label: 'x'.repeat(41), url }]).length, 1);
    assert.deepEqual(problems(Array.from({ length: 9 }, () => ({ label: 'Help', url }))), [
      'brand.links: has more than 8 entries',
    ]);
  });
});
