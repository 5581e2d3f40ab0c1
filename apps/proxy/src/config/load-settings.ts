import { dirname, resolve } from 'node:path';
import { noteRead, readRegularFile } from '@postern/auth-plugins';
import type { z } from 'zod';
import { readYaml } from './read-yaml.js';
import { SettingsError } from './settings-error.js';
import { settingsSchema, type Settings } from './settings.schema.js';

/** Settings with the folder that relative paths start from. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly pathOf: (relative: string) => string;
}

const problemsOf = (prefix: string, error: z.ZodError): string[] =>
  error.issues.flatMap((issue) => {
    const at = [prefix, ...issue.path.map(String)].filter((step) => step !== '').join('.');
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${at === '' ? key : `${at}.${key}`}: unknown key`);
    return [`${at === '' ? '(root)' : at}: ${issue.message.endsWith('received undefined') ? 'is required' : issue.message}`];
  });

/** Parses one block by its owner's schema; problems carry the block's path. */
export const parseBlock = <S extends z.ZodType>(at: string, schema: S, value: unknown): z.output<S> => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new SettingsError(problemsOf(at, parsed.error));
  return parsed.data;
};

/**
 * Reads and checks the settings once (design, house rule 5).
 * @throws SettingsError naming every bad key with its path
 */
export const loadSettings = (file: string, environment: Readonly<Record<string, string | undefined>>): LoadedSettings => {
  const text = readText(file);
  const settings = parseBlock('', settingsSchema, readYaml(text, environment));
  const problems = [...duplicates('listeners', settings.listeners.map((l) => l.name)), ...duplicates('clusters', settings.clusters.map((c) => c.id)), ...duplicates('plugins', settings.plugins.map((p) => p.id))];
  if (settings.clusters.filter((c) => c.default).length !== 1) problems.push('clusters: exactly one must have default: true');
  if (problems.length > 0) throw new SettingsError(problems);
  const base = resolve(environment['POSTERN_BASE_DIR'] ?? dirname(file));
  return { settings, pathOf: (relative) => resolve(base, relative) };
};

const duplicates = (at: string, names: readonly string[]): string[] => names.filter((name, i) => names.indexOf(name) !== i).map((name) => `${at}: "${name}" stands twice`);

/** The parser takes about a second for each MiB, and requests wait for it (tried: 300 MB stopped the process for minutes). */
const MOST_BYTES = 1024 * 1024;

const readText = (file: string): string => {
  try {
    const text = readRegularFile(file, { mostBytes: MOST_BYTES }).toString('utf8');
    noteRead(file, text);
    return text;
  } catch (error) {
    throw new SettingsError([`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`]);
  }
};
