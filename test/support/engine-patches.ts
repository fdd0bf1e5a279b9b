import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { isNode, type Node, walk } from './source-tree.ts';

/** A member of the engine that a file replaces without the register (`src/oidc/overrides.ts`), read from the source. */
export interface EnginePatch {
  /** `Class.member`; `prototype` is left out. */
  member: string;
  /** File name in `src/oidc`. */
  file: string;
}

/** @param root of the repository */
export function enginePatches(root: string): EnginePatch[] {
  return globSync('src/oidc/**/*.ts', { cwd: root }).flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return patchesIn(text).map((member) => ({ member, file: basename(path) }));
  });
}

/**
 * Finds functions that are assigned to members (`model.find = …`), and properties that are defined on models. A model is a member of the
 * provider, by its name or by that of the variable that holds it.
 */
export function patchesIn(text: string): string[] {
  const { program } = parseSync('file.ts', text);
  const models = new Map<string, string>();
  const found: string[] = [];
  const source = (node: unknown): string =>
    isNode(node) ? text.slice(Number(node.start), Number(node.end)) : '';
  const modelOf = (expression: string): string | undefined =>
    /\bprovider\.([A-Z]\w*)/.exec(expression)?.[1] ?? models.get(expression.replace(/\.prototype$/, ''));
  walk(program, (node) => {
    if (node.type === 'VariableDeclarator') {
      const model = modelOf(source(node.init));
      if (model !== undefined && !/\.(?!prototype\b)\w+(?:\.\w+)*\(/.test(source(node.init)))
        models.set(source(node.id), model);
    }
    if (node.type === 'CallExpression' && source(node.callee) === 'Object.defineProperty') {
      const [target, property] = argumentsOf(node);
      const model = /\bprovider\.([A-Z]\w*)/.exec(source(target))?.[1];
      if (model !== undefined && isNode(property)) found.push(`${model}.${String(property.value)}`);
    }
    // A function that changes whichever model it is given: where it is called.
    if (node.type === 'CallExpression' && definesProperty(program, source(node.callee))) {
      const model = modelOf(source(argumentsOf(node)[0]));
      if (model !== undefined) found.push(`${model}.${definesProperty(program, source(node.callee))}`);
    }
    if (node.type !== 'AssignmentExpression' || !isNode(node.left) || !isNode(node.right)) return;
    if (node.left.type !== 'MemberExpression' || !/Function/.test(node.right.type)) return;
    const model = modelOf(source(node.left.object)) ?? source(node.left.object);
    if (!/^(?:ctx|this)\b/.test(model)) found.push(`${model}.${source(node.left.property)}`);
  });
  return found.toSorted();
}

/** @returns the property that a function with this name defines on its argument, undefined where there is no such function */
function definesProperty(program: unknown, name: string): string | undefined {
  let defined: string | undefined;
  walk(program, (node) => {
    if (node.type !== 'FunctionDeclaration' || !isNode(node.id) || node.id.name !== name) return;
    walk(node, (inner) => {
      const [, property] = argumentsOf(inner);
      if (inner.type === 'CallExpression' && isNode(inner.callee) && isNode(inner.callee.property)) {
        if (inner.callee.property.name === 'defineProperty' && isNode(property))
          defined = String(property.value);
      }
    });
  });
  return defined;
}

function argumentsOf(node: Node): unknown[] {
  return Array.isArray(node.arguments) ? node.arguments : [];
}
