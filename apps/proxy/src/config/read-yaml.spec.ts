import { describe, expect, it } from 'vitest';
import { readYaml } from './read-yaml.js';
import { SettingsError } from './settings-error.js';

describe('settings text and environment become one tree', () => {
  it('lays overrides over the file, read as YAML', () => {
    expect(readYaml('listeners:\n  - port: 1\n    host: a\n', { POSTERN__listeners__0__port: '8443', POSTERN__a__b: '[x, 2]', OTHER: 'z' })).toEqual({ listeners: [{ port: 8443, host: 'a' }], a: { b: ['x', 2] } });
  });

  it('makes a list where the next step is an index', () => {
    expect(readYaml('a: {}', { POSTERN__a__l__0__x: '1' })).toEqual({ a: { l: [{ x: 1 }] } });
  });

  it('takes __proto__ as an ordinary key', () => {
    const tree = readYaml('a: 1', { POSTERN____proto____polluted: 'yes' });
    expect(Object.keys(tree as object)).toContain('');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['text that is no YAML', 'a: [', {}],
    ['a list instead of a mapping', '- a', {}],
    ['a key twice', 'a: 1\na: 2', {}],
    ['aliases, which could swell', 'a: &x [1]\nb: *x', {}],
    ['a name where an index belongs', 'l: [1]', { POSTERN__l__x: '1' }],
    ['an override with one underscore, which would do nothing', 'a: 1', { POSTERN_limits_bodyBytes: '1' }],
    ['an override that is no YAML', 'a: 1', { POSTERN__a: '[' }],
  ])('refuses %s', (_, text, environment) => {
    expect(() => readYaml(text, environment)).toThrow(SettingsError);
  });

  it.each([
    ['a tab', 'a:\n\tb: 1', 'tab as indent, line 2'],
    ['a key that stands twice', 'a: 1\na: 2', 'duplicate key, line 2'],
  ])('says what is wrong and where: %s', (_, text, told) => {
    expect(() => readYaml(text, {})).toThrow(`the settings file is not valid YAML (${told})`);
  });

  it('does not repeat the text of a bad override, which may be a secret', () => {
    expect(() => readYaml('a: 1', { POSTERN__a: '{hunter2' })).toThrow(/^(?!.*hunter2).*POSTERN__a is not valid YAML/s);
  });
});
