import { CORE_SCHEMA, loadAll, mergeTag, YAMLException } from 'js-yaml';
import { ConfigurationError } from './errors.ts';
import { readNamedFile } from './read-file.ts';

/**
 * Reads `signet.yaml`.
 * @param path the file
 * @param required false when the path is the default one, which may be missing
 * @returns the content as plain values, `{}` for a missing or empty file
 * @throws ConfigurationError naming the file and line
 */
export function readConfigFile(path: string, required: boolean): Record<string, unknown> {
  let text: string;
  try {
    text = readNamedFile(path).toString('utf8');
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigurationError([
      `cannot read the configuration file ${path} (${(error as NodeJS.ErrnoException).code})`,
    ]);
  }
  const [content, ...more] = parse(path, text);
  if (more.length > 0) throw new ConfigurationError([`${path}: expected one YAML document, got several`]);
  if (content === null || content === undefined) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigurationError([`${path}: expected a mapping of keys at the top`]);
  }
  return content as Record<string, unknown>;
}

function parse(path: string, text: string): unknown[] {
  try {
    return loadAll(text, { schema: SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark, reason } = error;
    const place = mark ? ` at line ${mark.line + 1}, column ${mark.column + 1}` : '';
    throw new ConfigurationError([`${path}: ${describe(reason)}${place}`]);
  }
}

/** YAML 1.2, and from 1.1 the merge keys (`<<: *base`) that Compose files and CI have made common. */
const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

/** What the parser says, without what it quotes of the file: a secret that begins with * or ! and is not in quotes is an alias or a tag. */
function describe(reason: string): string {
  if (reason.includes('alias'))
    return 'an alias that is not defined before; put text that begins with * in quotes';
  if (/\btag\b/.test(reason)) return 'a tag that is not known; put text that begins with ! in quotes';
  return reason.replaceAll(/"[^"]*"/g, 'a value');
}
