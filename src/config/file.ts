import { readFileSync } from 'node:fs';
import { loadAll, YAMLException } from 'js-yaml';
import { ConfigurationError } from './errors.ts';

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
    text = readFileSync(path, 'utf8');
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
    return loadAll(text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark, reason } = error;
    const place = mark ? ` at line ${mark.line + 1}, column ${mark.column + 1}` : '';
    throw new ConfigurationError([`${path}: ${reason}${place}`]);
  }
}
