/** Which file a part of the configuration is from, for the sentences about it. */

type List = 'apis' | 'clients';

interface Entry {
  file: string;
  /** In the list of its file. */
  index: number;
  /** `client_id` or `audience`. */
  id: unknown;
}

const ID = { apis: 'audience', clients: 'client_id' } as const;

export class SourceFiles {
  readonly #keys = new Map<string, string>();
  readonly #files = new Set<string>();
  readonly #entries: Record<List, Entry[]> = { apis: [], clients: [] };

  addFile(file: string): void {
    this.#files.add(file);
  }

  addKey(key: string, file: string): void {
    this.#keys.set(key, file);
  }

  addEntries(list: List, file: string, entries: readonly unknown[]): void {
    const described = entries.map((entry, index) => ({
      file,
      index,
      id: Object(entry)[ID[list]] as unknown,
    }));
    this.#entries[list].push(...described);
  }

  /** The file of a key that is in one file. */
  fileOf(key: string): string | undefined {
    return this.#keys.get(key);
  }

  /** The file that declares a client, the first one. */
  fileOfClient(id: string): string | undefined {
    return this.#entries.clients.find((entry) => entry.id === id)?.file;
  }

  /**
   * Adds the file to a sentence that begins with a key, when the configuration has several files. An index becomes that of the list in the
   * file.
   */
  withFile(sentence: string): string {
    if (this.#files.size < 2) return sentence;
    const [, path = '', list = '', rest = ''] =
      /^((apis|clients|[^\s.:]+)[^\s:]*)(: .*)$/s.exec(sentence) ?? [];
    if (list !== 'apis' && list !== 'clients') {
      const file = this.#keys.get(list);
      return file === undefined ? sentence : `${path} (${file})${rest}`;
    }
    return this.#ofEntry(list, sentence) ?? this.#ofEntries(list, sentence);
  }

  /** `clients.3.scope: …` and `clients.shop.scope: …` */
  #ofEntry(list: List, sentence: string): string | undefined {
    const below = sentence.slice(list.length + 1);
    if (sentence[list.length] !== '.') return undefined;
    const number = /^\d+(?=[.:])/.exec(below)?.[0];
    const entry =
      this.#entries[list].find(({ id }) => typeof id === 'string' && startsWithName(below, id)) ??
      (number === undefined ? undefined : this.#entries[list][Number(number)]);
    if (entry === undefined) return undefined;
    const { file, index, id } = entry;
    const isNamed = typeof id === 'string' && startsWithName(below, id);
    const name = isNamed ? id : String(number);
    const [member = ''] = /^[^\s:]*/.exec(below.slice(name.length)) ?? [];
    return `${list}.${isNamed ? name : index}${member} (${file})${below.slice(name.length + member.length)}`;
  }

  /** `clients: shop is declared twice` */
  #ofEntries(list: List, sentence: string): string {
    const words = new Set(sentence.split(/[\s,;]+/));
    const files = this.#entries[list]
      .filter(({ id }) => typeof id === 'string' && words.has(id))
      .map(({ file }) => file);
    const named = [...new Set(files)].join(', ');
    return named === '' ? sentence : `${sentence} (${named})`;
  }
}

function startsWithName(text: string, name: string): boolean {
  return text.startsWith(name) && /^[.:]/.test(text.slice(name.length));
}
