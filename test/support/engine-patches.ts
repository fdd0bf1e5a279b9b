import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { isNode, type Node, walk } from './source-tree.ts';

/** A member of the engine that a file replaces without the register (`src/oidc/overridden-members.ts`), read from the source. */
export interface EnginePatch {
  /** `Class.member`; `prototype` is left out. */
  member: string;
  /** File name, in any folder of `src/oidc`. */
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
 * Finds functions that are assigned to members (`model.find = …`), and properties that are defined on models. A model is a member
 * of the provider, by its name or by that of the variable that holds it.
 */
export function patchesIn(text: string): string[] {
  const { program } = parseSync('file.ts', text);
  const models = new Map<string, string>();
  const definers = definersIn(program);
  const modelOf = (node: unknown): string | undefined => {
    const path = memberPath(node);
    return modelOfProvider(path) ?? models.get(path?.filter((name) => name !== 'prototype').join('.') ?? '');
  };
  const found: string[] = [];
  walk(program, (node) => {
    if (node.type === 'VariableDeclarator') {
      const model = modelOfProvider(memberPath(node.init));
      const name = memberPath(node.id)?.join('.');
      if (model !== undefined && name !== undefined) models.set(name, model);
    }
    if (node.type === 'CallExpression') found.push(...definedBy(node, definers, modelOf));
    if (node.type === 'AssignmentExpression') found.push(...assignedBy(node, modelOf));
  });
  return found.toSorted();
}

/** `Object.defineProperty(model, 'P', …)`, and the call of a function that does so with its argument. */
function definedBy(
  call: Node,
  definers: ReadonlyMap<string, string>,
  modelOf: (node: unknown) => string | undefined,
): string[] {
  const [target, property] = argumentsOf(call);
  const callee = memberPath(call.callee)?.join('.') ?? '';
  const name = callee === 'Object.defineProperty' ? stringOf(property) : definers.get(callee);
  const model = modelOf(target);
  return model === undefined || name === undefined ? [] : [`${model}.${name}`];
}

/** `model.member = function …`; what is set on `ctx` and `this` is no engine member. */
function assignedBy({ left, right }: Node, modelOf: (node: unknown) => string | undefined): string[] {
  if (!isNode(left) || !isNode(right)) return [];
  if (left.type !== 'MemberExpression' || !/Function/.test(right.type)) return [];
  const owner = modelOf(left.object) ?? memberPath(left.object)?.join('.') ?? '(computed)';
  const member = isNode(left.property) ? String(left.property.name ?? left.property.value) : '';
  return /^(?:ctx|this)(?:\.|$)/.test(owner) ? [] : [`${owner}.${member}`];
}

/** Function → the property that it defines on its argument with `Object.defineProperty`. */
function definersIn(program: unknown): Map<string, string> {
  const found = new Map<string, string>();
  walk(program, (declaration) => {
    if (declaration.type !== 'FunctionDeclaration' || !isNode(declaration.id)) return;
    const name = String(declaration.id.name);
    walk(declaration, (node) => {
      if (node.type !== 'CallExpression' || memberPath(node.callee)?.at(-1) !== 'defineProperty') return;
      const property = stringOf(argumentsOf(node)[1]);
      if (property !== undefined) found.set(name, property);
    });
  });
  return found;
}

/** `provider.Client.prototype` → `['provider', 'Client', 'prototype']`, also through a cast; undefined for anything else. */
function memberPath(node: unknown): string[] | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return [String(node.name)];
  if (node.type === 'ThisExpression') return ['this'];
  if (node.type !== 'MemberExpression') return memberPath(node.expression);
  const owner = memberPath(node.object);
  const property = memberPath(node.property) ?? [stringOf(node.property) ?? '(computed)'];
  return owner === undefined ? undefined : [...owner, ...property];
}

/** The class after `provider` in a path. */
function modelOfProvider(path: readonly string[] | undefined): string | undefined {
  const model = path?.[path.indexOf('provider') + 1];
  return path?.includes('provider') === true && /^[A-Z]/.test(model ?? '') ? model : undefined;
}

function stringOf(node: unknown): string | undefined {
  return isNode(node) && typeof node.value === 'string' ? node.value : undefined;
}

function argumentsOf(node: Node): unknown[] {
  return Array.isArray(node.arguments) ? node.arguments : [];
}
