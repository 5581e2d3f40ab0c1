/** Letters that Unicode does not take apart, though collations of directories do. */
const LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', ħ: 'h', ŧ: 't', þ: 'th', ı: 'i' };

/**
 * A typed name as failures are counted by it. Directories match names without case, compatibility forms and runs of blanks;
 * Active Directory without accents and width either, so that "álice" is tried against "alice" and locks her account (Microsoft
 * KB 938447). Two people who differ in an accent alone share a count, which refuses early and admits nobody.
 */
export const normalName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, '')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[ßæœøđðłħŧþı]/g, (letter) => LETTERS[letter] ?? letter)
    .trim()
    .replace(/\s+/g, ' ');
