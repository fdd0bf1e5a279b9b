import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
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
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new ConfigurationError(document.errors.map((error) => `${path}: ${error.message.split('\n')[0]}`));
  }
  const content: unknown = document.toJS();
  if (content === null || content === undefined) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigurationError([`${path}: expected a mapping of keys at the top`]);
  }
  return content as Record<string, unknown>;
}
