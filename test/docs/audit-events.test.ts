import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_EVENTS, type AuditEventKind } from '../../src/audit/events.ts';
import { tableRows } from '../support/markdown.ts';

describe('The page about the audit trail', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
  const rows = tableRows(page, 'The audit trail').map((cells) =>
    cells.map(({ text }) => text.replaceAll('`', '')),
  );

  it('has outcome, actor and target of every type of event', () => {
    const expected = Object.entries<AuditEventKind>(AUDIT_EVENTS).map(
      ([type, { outcome, actor, target }]) => {
        const implied = 'kind' in actor ? actor : undefined;
        const isProven = implied?.id !== undefined || implied?.kind === 'system';
        return [
          type,
          outcome,
          implied && (isProven ? implied.kind : `${implied.kind}, unproven`),
          target.kind,
        ];
      },
    );
    // The actors of a type whose events name them are described in words.
    const named = new Set(expected.flatMap(([type, , actor]) => (actor === undefined ? [type] : [])));
    assert.deepEqual(
      rows.map(([type, outcome, actor, target]) => [
        type,
        outcome,
        named.has(type) ? undefined : actor,
        target,
      ]),
      expected,
    );
  });
});
