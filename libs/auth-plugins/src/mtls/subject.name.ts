import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, id_ce_subjectAltName, SubjectAlternativeName, type AttributeTypeAndValue, type GeneralName } from '@peculiar/asn1-x509';
import { ATTRIBUTES, type NameSettings, type SubjectSettings } from './mtls.settings.js';

/** The one text that the settings point at, or why there is none. */
export type SubjectReading = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'none' } | { readonly kind: 'several' } | { readonly kind: 'unreadable' };

/**
 * Reads a certificate's name from its DER structure (RFC 5280 section 4.1.2.6), never from a printed DN: in that, one
 * value can look like two attributes. Two values of the wanted kind are nobody's name, wherever they stand.
 */
export const readSubject = (der: Buffer, subject: SubjectSettings): SubjectReading => {
  try {
    const { tbsCertificate } = AsnConvert.parse(der, Certificate);
    if ('rdn' in subject) {
      const type = ATTRIBUTES[subject.rdn] ?? subject.rdn;
      // A relative name may hold several attributes.
      const attributes = [...tbsCertificate.subject].flatMap((rdn) => [...rdn]).filter((each) => each.type === type);
      return oneOf(attributes.map(textOf));
    }
    const extension = tbsCertificate.extensions?.find(({ extnID }) => extnID === id_ce_subjectAltName);
    if (extension === undefined) return { kind: 'none' };
    return oneOf([...AsnConvert.parse(extension.extnValue, SubjectAlternativeName)].flatMap((entry) => altNameOf(entry, subject.san) ?? []));
  } catch {
    return { kind: 'unreadable' };
  }
};

const oneOf = (texts: readonly (string | null)[]): SubjectReading => {
  const [text, ...others] = texts;
  if (text === undefined) return { kind: 'none' };
  if (others.length > 0) return { kind: 'several' };
  return text === null ? { kind: 'unreadable' } : { kind: 'name', name: text };
};

/** TeletexString has no one meaning, and what is no string at all has none: null. */
const textOf = ({ value }: AttributeTypeAndValue): string | null => value.utf8String ?? value.printableString ?? value.bmpString ?? value.universalString ?? value.ia5String ?? null;

const altNameOf = (entry: GeneralName, kind: 'uri' | 'dns' | 'email'): string | undefined => {
  switch (kind) {
    case 'uri':
      return entry.uniformResourceIdentifier;
    case 'dns':
      return entry.dNSName;
    case 'email':
      return entry.rfc822Name;
  }
};

/** @returns the principal's name, or null for a text that lacks the fixed ends. Blanks and the like are refused later, never trimmed. */
export const applyNameRule = (text: string, { after, before, case: folding }: NameSettings): string | null => {
  if (text.length <= after.length + before.length || !text.startsWith(after) || !text.endsWith(before)) return null;
  const name = text.slice(after.length, text.length - before.length);
  switch (folding) {
    case 'as-is':
      return name;
    case 'lower':
      return name.toLowerCase();
    case 'upper':
      return name.toUpperCase();
  }
};
