/**
 * A distinguished name parsed by RFC 4514 and printed in one canonical form, so that equal names compare equal:
 * lower-case types, case-folded values, single inner blanks, sorted multi-valued RDNs, one way of escaping.
 */

type Attribute = readonly [type: string, value: string];
type Rdn = readonly Attribute[];

/** Types that RFC 4514 section 3 prints by name and a directory may print by number. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  '2.5.4.6': 'c',
  '2.5.4.7': 'l',
  '2.5.4.8': 'st',
  '2.5.4.9': 'street',
  '2.5.4.10': 'o',
  '2.5.4.11': 'ou',
  '0.9.2342.19200300.100.1.1': 'uid',
  '0.9.2342.19200300.100.1.25': 'dc',
};

const TYPE = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/;
const HEX_PAIR = /^[0-9A-Fa-f]{2}$/;
const ESCAPABLE = ' "#+,;<=>\\';

/** @returns the canonical text, or null for what is no distinguished name */
export const canonicalDirectoryName = (text: string): string | null => {
  if (text.trim() === '') return null;
  const rdns = parse(text);
  return rdns === null ? null : rdns.map(print).join(',');
};

const parse = (text: string): Rdn[] | null => {
  const rdns: Rdn[] = [];
  let rdn: Attribute[] = [];
  let at = 0;
  for (;;) {
    const equals = text.indexOf('=', at);
    const type = equals < 0 ? '' : text.slice(at, equals).trim();
    if (!TYPE.test(type)) return null;
    const value = readValue(text, equals + 1);
    if (value === null) return null;
    rdn.push([TYPE_NAMES[type] ?? type.toLowerCase(), fold(value.text)]);
    const separator = text[value.end];
    if (separator !== '+') {
      rdns.push(rdn);
      rdn = [];
    }
    if (separator === undefined) return rdns;
    at = value.end + 1;
  }
};

/** Reads to the next unescaped separator. Escapes are bytes, so that `\C3\A9` and `é` are one value. */
const readValue = (text: string, start: number): { readonly text: string; readonly end: number } | null => {
  const bytes: Buffer[] = [];
  let at = start;
  while (text[at] === ' ') at += 1;
  for (; at < text.length && !',;+'.includes(text[at] ?? ''); at += 1) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (character === '"' || character === '<' || character === '>') return null;
    if (character === '\\') {
      const pair = text.slice(at + 1, at + 3);
      const next = text[at + 1];
      if (HEX_PAIR.test(pair)) {
        bytes.push(Buffer.from(pair, 'hex'));
        at += 2;
      } else if (next !== undefined && ESCAPABLE.includes(next)) {
        bytes.push(Buffer.from(next));
        at += 1;
      } else return null;
      continue;
    }
    bytes.push(Buffer.from(character));
    at += character.length - 1;
  }
  try {
    const value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes));
    return value.trim() === '' ? null : { text: value, end: at };
  } catch {
    return null;
  }
};

/** caseIgnoreMatch's preparation (RFC 4518), near enough: compatibility form, case, blanks. */
const fold = (value: string): string => value.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC').trim().replace(/\s+/g, ' ');

const print = (rdn: Rdn): string =>
  rdn
    .map(([type, value]) => `${type}=${value.replace(/[,;+"\\<>=#]/g, String.raw`\$&`)}`)
    .toSorted()
    .join('+');
