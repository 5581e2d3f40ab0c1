import { parse } from 'yaml';
import { SettingsError } from './settings-error.js';

const PREFIX = 'POSTERN__';

type Tree = Record<string, unknown> | unknown[];

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

const setAt = (root: Tree, path: readonly string[], value: unknown, variable: string): void => {
  let at: Tree = root;
  for (const [i, step] of path.entries()) {
    if (Array.isArray(at) && !/^\d+$/.test(step)) throw new SettingsError([`${variable}: "${step}" must be an index`]);
    const holder = at as Record<string, unknown>;
    if (i === path.length - 1) {
      // defineProperty, so that a step named __proto__ is an ordinary (and then unknown) key.
      Object.defineProperty(holder, step, { value, enumerable: true, configurable: true, writable: true });
      return;
    }
    const next = Object.hasOwn(holder, step) ? holder[step] : undefined;
    if (!isTree(next)) {
      const made: Tree = /^\d+$/.test(path[i + 1] ?? '') ? [] : {};
      Object.defineProperty(holder, step, { value: made, enumerable: true, configurable: true, writable: true });
      at = made;
    } else {
      at = next;
    }
  }
};

/**
 * The settings file as a tree, with overrides from the environment laid over it: `POSTERN__a__0__b=value`, the value read
 * as YAML. Nothing is checked here beyond the syntax.
 * @throws SettingsError for a file that is no YAML mapping or an override that fits no list
 */
export const readYaml = (text: string, environment: Readonly<Record<string, string | undefined>>): unknown => {
  const root = parseYaml('the settings file', text);
  if (!isTree(root) || Array.isArray(root)) throw new SettingsError(['the settings file must be a mapping']);
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    // POSTERN_limits_bodyBytes would do nothing in silence: a setting takes two underscores between its steps.
    if (/^POSTERN_[a-z]/.test(variable)) throw new SettingsError([`${variable}: write ${variable.replace(/_+/g, '__')}`]);
    if (!variable.startsWith(PREFIX)) continue;
    setAt(root, variable.slice(PREFIX.length).split('__'), parseYaml(variable, value), variable);
  }
  return root;
};

const parseYaml = (what: string, text: string): unknown => {
  try {
    return parse(text, { uniqueKeys: true, maxAliasCount: 0 });
  } catch (error) {
    // The parser's text quotes the line; an override may hold a secret by mistake, so only its code and the place are told.
    const { code, linePos } = error as { code?: string; linePos?: readonly { line: number }[] };
    const told = [...(code === undefined ? [] : [code.toLowerCase().replaceAll('_', ' ')]), ...(linePos?.[0] === undefined ? [] : [`line ${linePos[0].line}`])].join(', ');
    throw new SettingsError([`${what} is not valid YAML${told === '' ? '' : ` (${told})`}`]);
  }
};
