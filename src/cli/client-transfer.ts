import type { Command } from 'commander';
import { dump } from 'js-yaml';
import { declaredEntry } from '../clients/declared-entry.ts';
import { withContext } from './context.ts';
import { printLine, visibleLines } from './output.ts';

/** `signet client accept`, `declare` and `release`: a client moves from its own registration to the command line and the configuration file. */

export function registerTransfer(client: Command): void {
  client
    .command('accept')
    .description(
      'Makes a client that registered itself one that was added by `signet client add`: pages no longer warn of it, and it can no longer\n' +
        'change its registration. Secrets, consents and tokens stay.',
    )
    .argument('<client_id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      await withContext(command, async ({ clients }) => {
        await clients.accept(id);
        printLine(`accepted ${id}`);
      });
    });
  client
    .command('declare')
    .description(
      'Prints the entry of signet.yaml for a client that was added by `signet client add`. The next start with it adopts the client:\n' +
        'secrets, consents and tokens stay. Writes nothing.',
    )
    .argument('<client_id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      await withContext(command, async ({ clients }) => {
        const found = await clients.find(id);
        if (found === undefined) throw new Error(`there is no client ${id}`);
        if (found.source === 'declared') throw new Error(`${id} is declared already`);
        if (found.source === 'registered')
          throw new Error(`${id} registered itself: run \`signet client accept ${id}\` first`);
        const entry = dump({ clients: [declaredEntry(found)] }, { lineWidth: -1 });
        process.stdout.write(visibleLines(entry));
      });
    });
  client
    .command('release')
    .description(
      'Keeps a declared client whose entry has left signet.yaml, as one that was added by `signet client add`: secrets, consents and\n' +
        'tokens stay. Run it before the next start, which would remove the client. Instead, an entry with `release: true` has the\n' +
        'same effect at a start.',
    )
    .argument('<client_id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      await withContext(command, async ({ clients }) => {
        await clients.release(id);
        printLine(`released ${id}: it is no longer declared`);
      });
    });
}
