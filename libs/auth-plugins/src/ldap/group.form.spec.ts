import { describe, expect, it } from 'vitest';
import { assertGroupForm } from './group.form.js';
import { groupSearchSchema } from './group.settings.js';

const DN = 'cn=kafka-users,ou=groups,dc=example,dc=test';
const GUID = '00112233-4455-6677-8899-aabbccddeeff';
const by = (idAttribute: string) => ({ groupSearch: groupSearchSchema.parse({ base: 'ou=groups', idAttribute }) });

describe('groups in rules', () => {
  it.each<readonly [string, Parameters<typeof assertGroupForm>[1], readonly string[], RegExp | null]>([
    ['DNs where an attribute tells DNs', { groupSearch: undefined }, [DN], null],
    ['DNs where the search tells DNs', by('dn'), [DN], null],
    ['ids where the search tells ids', by('objectGUID'), [GUID], null],
    ['none at all', by('objectGUID'), [], null],
    ['an id where an attribute tells DNs', { groupSearch: undefined }, [DN, GUID], /by its id, but plugins\.l tells groups by their full DN/],
    ['a DN where the search tells ids', by('objectGUID'), [DN], /by its DN, but plugins\.l\.groupSearch\.idAttribute is objectGUID/],
  ])('may be %s, or stop the start', (_sentence, settings, named, message) => {
    const assert = () => assertGroupForm('plugins.l', settings, named);
    if (message === null) expect(assert).not.toThrow();
    else expect(assert).toThrow(message);
  });
});
