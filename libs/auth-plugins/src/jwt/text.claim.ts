/** At most 1,024 characters without control, format (bidi, zero-width), lone-surrogate or line characters, and no blank at either end. */
const PLAIN = /^(?!\s)[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,1024}(?<!\s)$/u;

/**
 * Whether a claim can name somebody: what two programs could read as two names is none (attack 18; Java trims the subject
 * that it reads, and directories ignore blanks around a value).
 */
export const isNamingText = (value: unknown): value is string => typeof value === 'string' && PLAIN.test(value);
