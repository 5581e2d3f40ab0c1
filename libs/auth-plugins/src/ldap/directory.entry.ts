import { canonicalGroupId } from '../authority/group-id.js';
import type { Groups } from '../contract/principal.js';
import type { DirectoryEntry } from './directory.driver.js';

export interface EntryAttributes {
  readonly nameAttribute: string;
  readonly idAttribute: string;
  readonly groupsAttribute: string;
}

/** A person or service as its directory entry says, or why the entry cannot be used. */
export type EntryReading =
  | { readonly kind: 'identity'; readonly id: string; readonly name: string; readonly groups: Groups }
  /** More than one name: which of them ACLs mean would be a guess (I9). */
  | { readonly kind: 'ambiguous-name' }
  /** The directory is not set up as the settings say. */
  | { readonly kind: 'no-id' }
  | { readonly kind: 'no-name' };

export const readEntry = (entry: DirectoryEntry, attributes: EntryAttributes): EntryReading => {
  const values = (attribute: string): readonly Buffer[] => entry.attributes.get(attribute.toLowerCase()) ?? [];
  const [id, ...otherIds] = values(attributes.idAttribute);
  if (id === undefined || otherIds.length > 0) return { kind: 'no-id' };
  const [name, ...otherNames] = values(attributes.nameAttribute);
  if (name === undefined) return { kind: 'no-name' };
  if (otherNames.length > 0) return { kind: 'ambiguous-name' };
  return {
    kind: 'identity',
    id: attributes.idAttribute.toLowerCase() === 'objectguid' ? guidOf(id) : id.toString('utf8').toLowerCase(),
    name: name.toString('utf8'),
    groups: readGroups(entry, attributes.groupsAttribute.toLowerCase()),
  };
};

/** Active Directory's sixteen bytes: the first three fields are little-endian (MS-DTYP 2.3.4). */
export const guidOf = (bytes: Buffer): string => {
  if (bytes.length !== 16) return bytes.toString('hex');
  const field = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const rest = bytes.toString('hex', 8);
  return `${field(bytes.readUInt32LE(0), 8)}-${field(bytes.readUInt16LE(4), 4)}-${field(bytes.readUInt16LE(6), 4)}-${rest.slice(0, 4)}-${rest.slice(4)}`;
};

/** Some of the groups (a range of Active Directory's, or a value that is no DN) is not all: unknown. */
const readGroups = (entry: DirectoryEntry, attribute: string): Groups => {
  if ([...entry.attributes.keys()].some((name) => name.startsWith(`${attribute};`))) return { kind: 'unknown' };
  const ids: string[] = [];
  for (const value of entry.attributes.get(attribute) ?? []) {
    const id = canonicalGroupId(value.toString('utf8'));
    if (id === null) return { kind: 'unknown' };
    ids.push(id);
  }
  return { kind: 'known', ids };
};
