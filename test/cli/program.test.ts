import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { COMMAND_GROUPS, createProgram } from '../../src/main.ts';

describe('The signet command', () => {
  for (const { name, summary } of COMMAND_GROUPS) {
    it(`lists ${name} with its own summary`, async () => {
      const program = await createProgram(name);
      const group = program.commands.find((command) => command.name() === name);
      assert.equal(group?.summary(), summary);
      assert.notEqual(group?.description(), '');
    });

    it(`describes every command and option of ${name}`, async () => {
      const program = await createProgram(name);
      for (const command of leaves(program.commands.find((candidate) => candidate.name() === name))) {
        assert.notEqual(command.description(), '', command.name());
        for (const option of command.options) assert.notEqual(option.description, '', option.flags);
      }
    });

    it(`has --json for every list and show command of ${name}`, async () => {
      const program = await createProgram(name);
      for (const command of leaves(program.commands.find((candidate) => candidate.name() === name))) {
        if (!['list', 'show'].includes(command.name())) continue;
        assert.ok(
          command.options.some((option) => option.long === '--json'),
          command.name(),
        );
      }
    });
  }

  it('lists every group when none is called', async () => {
    const names = (await createProgram(undefined)).commands.map((command) => command.name());
    assert.deepEqual(
      names,
      COMMAND_GROUPS.map(({ name }) => name),
    );
  });
});

function leaves(command: Command | undefined): Command[] {
  if (command === undefined) return [];
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}
