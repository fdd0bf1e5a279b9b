import type { AccountFrame } from '../../src/account-pages/account-frame.ts';
import { SECTIONS } from '../../src/account-pages/sections.ts';

/** What a page of `/account` has around its content, for samples. @param path of the section */
export function accountFrameSample(path: string): AccountFrame {
  return {
    person: { username: 'alice', name: 'Alice Liddell' },
    csrf: 'token',
    sections: SECTIONS.map((section) => ({
      url: section.path,
      title: section.title,
      text: section.text,
      isCurrent: section.path === path,
    })),
    zone: 'Europe/London',
  };
}
