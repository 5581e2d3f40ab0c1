/** One entry: attribute names with one or more values. */
export interface Entry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
}

// RFC 2849: anything that is not plainly safe goes as base64, after a second colon.
const line = (name: string, value: string): string =>
  /^[\x21-\x39\x3b\x3d-\x7e][\x20-\x7e]*$/.test(value) && !value.endsWith(' ') ? `${name}: ${value}` : `${name}:: ${Buffer.from(value).toString('base64')}`;

/** Entries as LDIF (RFC 2849), in their order: a parent stands before its children. */
export const ldif = (entries: readonly Entry[]): string =>
  entries
    .map(({ dn, attributes }) =>
      [line('dn', dn), ...Object.entries(attributes).flatMap(([name, values]) => [values].flat().map((value) => line(name, value)))].join('\n'),
    )
    .join('\n\n')
    .concat('\n');
