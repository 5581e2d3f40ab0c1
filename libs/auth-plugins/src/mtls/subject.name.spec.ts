import { beforeAll, describe, expect, it } from 'vitest';
import { createTestCa, type LeafOptions, type SubjectAttribute, type TestCa } from '../../testing/certificate-maker.js';
import { applyNameRule, readSubject } from './subject.name.js';

const CN = '2.5.4.3';
const OU = '2.5.4.11';
const UID = '0.9.2342.19200300.100.1.1';
const utf8 = (type: string, utf8String: string): SubjectAttribute => ({ type, value: { utf8String } });

let ca: TestCa;
beforeAll(async () => {
  ca = await createTestCa('names');
});

const read = async (options: LeafOptions, subject: Parameters<typeof readSubject>[1]) => {
  const reading = readSubject((await ca.issue(options)).der, subject);
  return reading.kind === 'name' ? reading.name : `(${reading.kind})`;
};

describe('the name in a certificate', () => {
  it.each<[string, readonly (readonly SubjectAttribute[])[], string]>([
    ['is the one CN', [[utf8(OU, 'apps')], [utf8(CN, 'orders')]], 'orders'],
    ['is found wherever the CN stands', [[utf8(CN, 'orders')], [utf8(OU, 'apps')]], 'orders'],
    ['is found in a relative name of several attributes', [[utf8(UID, '7'), utf8(CN, 'orders')]], 'orders'],
    ['is not the CN that another value spells', [[utf8(OU, 'x,CN=admin')], [utf8(CN, 'orders')]], 'orders'],
    ['is not the CN that another value spells after an escaped plus', [[utf8(OU, String.raw`x\+CN=admin`)], [utf8(CN, 'orders')]], 'orders'],
    ['is taken with its commas and signs, for the rule of Kafka names to refuse', [[utf8(CN, 'orders,O=bank+x')]], 'orders,O=bank+x'],
    ['is not there without a CN', [[utf8(OU, 'CN=orders')]], '(none)'],
    ['is not there in an empty subject', [], '(none)'],
    ['is nobody\'s when two relative names have a CN', [[utf8(CN, 'orders')], [utf8(CN, 'admin')]], '(several)'],
    ['is nobody\'s when one relative name has two CNs', [[utf8(CN, 'orders'), utf8(CN, 'admin')]], '(several)'],
    ['is nobody\'s when the same CN stands twice', [[utf8(CN, 'orders')], [utf8(CN, 'orders')]], '(several)'],
    ['keeps a NUL, for the runner to refuse', [[utf8(CN, 'orders\0.evil')]], 'orders\0.evil'],
    ['keeps trailing blanks, for the runner to refuse', [[utf8(CN, 'orders ')]], 'orders '],
    ['may be a PrintableString', [[{ type: CN, value: { printableString: 'orders' } }]], 'orders'],
    ['may be a BMPString', [[{ type: CN, value: { bmpString: 'órders' } }]], 'órders'],
    ['may be a UTF8String beyond ASCII', [[utf8(CN, 'bestellungen-größe')]], 'bestellungen-größe'],
    ['is unreadable as a TeletexString, which has no one meaning', [[{ type: CN, value: { teletexString: 'orders' } }]], '(unreadable)'],
    ['is unreadable when it is no string', [[{ type: CN, value: { anyValue: new Uint8Array([2, 1, 5]).buffer } }]], '(unreadable)'],
  ])('%s', async (_, subject, expected) => {
    expect(await read({ subject }, { rdn: 'CN' })).toBe(expected);
  });

  it.each<[string, LeafOptions, Parameters<typeof readSubject>[1], string]>([
    ['may be another attribute by its name', { subject: [[utf8(CN, 'x')], [utf8(UID, 'svc-7')]] }, { rdn: 'UID' }, 'svc-7'],
    ['may be another attribute by its OID', { subject: [[utf8(CN, 'x')], [utf8('1.2.3.4', 'svc-7')]] }, { rdn: '1.2.3.4' }, 'svc-7'],
    ['may be a URI of subjectAltName', { san: [{ type: 'dns', value: 'a.test' }, { type: 'url', value: 'spiffe://bank/orders' }] }, { san: 'uri' }, 'spiffe://bank/orders'],
    ['may be a DNS name', { san: [{ type: 'dns', value: 'orders.apps.test' }] }, { san: 'dns' }, 'orders.apps.test'],
    ['may be a mail address', { san: [{ type: 'email', value: 'orders@bank.test' }] }, { san: 'email' }, 'orders@bank.test'],
    ['is nobody\'s when two URIs stand there', { san: [{ type: 'url', value: 'spiffe://a' }, { type: 'url', value: 'spiffe://b' }] }, { san: 'uri' }, '(several)'],
    ['is never the CN when subjectAltName was asked for', { subject: 'orders' }, { san: 'dns' }, '(none)'],
  ])('%s', async (_, options, subject, expected) => {
    expect(await read(options, subject)).toBe(expected);
  });

  it('is unreadable in what is no certificate', () => {
    expect(readSubject(Buffer.from('30820000', 'hex'), { rdn: 'CN' })).toEqual({ kind: 'unreadable' });
  });

  it.each([
    ['spiffe://bank/orders', { after: 'spiffe://bank/', before: '', case: 'as-is' }, 'orders'],
    ['orders.apps.test', { after: '', before: '.apps.test', case: 'as-is' }, 'orders'],
    ['Orders', { after: '', before: '', case: 'lower' }, 'orders'],
    ['orders', { after: '', before: '', case: 'upper' }, 'ORDERS'],
    ['spiffe://evil/orders', { after: 'spiffe://bank/', before: '', case: 'as-is' }, null],
    ['spiffe://bank/', { after: 'spiffe://bank/', before: '', case: 'as-is' }, null],
  ] as const)('%s by the rule %o is %s', (text, rule, expected) => {
    expect(applyNameRule(text, rule)).toBe(expected);
  });
});
