/** What a Markdown page says in code: the lines of its fenced blocks, and its code spans. */

const FENCE = /^( *)```(\w*)\n(.*?)^\1```$/gms;

/** @returns the content of every fenced block, by its language, without the indentation of the block */
export function fences(page: string): { language: string; text: string }[] {
  return [...page.matchAll(FENCE)].map(([, indentation = '', language = '', text = '']) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
  }));
}

export function codeLines(page: string): string[] {
  const spans = [...page.replaceAll(FENCE, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...fences(page).flatMap(({ text }) => text.split('\n')), ...spans];
}

/** The rows of a table in a section, each the cells' text. */
export function tableRows(page: string, heading: string): string[][] {
  const section = page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
