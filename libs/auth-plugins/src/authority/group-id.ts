import { canonicalDirectoryName } from './directory-name.js';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isGuid = (text: string): boolean => GUID.test(text);

/** A group as rules and principals compare it (I10): a GUID in lower case, or a full DN in canonical form; null for any other text. */
export const canonicalGroupId = (text: string): string | null => (isGuid(text) ? text.toLowerCase() : canonicalDirectoryName(text));
