import { CORE_SCHEMA, loadAll, mergeTag, YAMLException } from 'js-yaml';
import { ConfigurationError } from './errors.ts';
import { readNamedFile } from './read-file.ts';

/**
 * Reads `signet.yaml`.
 * @param path the file
 * @param required false when the path is the default one, which may be missing
 * @returns plain values; `{}` for a missing or empty file
 * @throws ConfigurationError with the file and the line
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

/** YAML 1.2 with the merge keys of YAML 1.1 (`<<: *base`), which are common in Compose and CI files. */
const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

/** The message of the parser without its quotes from the file: an unquoted secret that begins with * or ! is an alias or a tag in YAML. */
function describe(reason: string): string {
  if (reason.includes('alias')) return 'an undefined alias; put text that begins with * in quotes';
  if (/\btag\b/.test(reason)) return 'an unknown tag; put text that begins with ! in quotes';
  return reason.replaceAll(/"[^"]*"/g, 'a value');
}
