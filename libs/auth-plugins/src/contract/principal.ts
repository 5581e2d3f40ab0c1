/** What everyone may know of a principal. Making one stays in `principal.maker.ts`, out of reach of all but the runner (I6). */
export { isVerifiedPrincipal } from './principal.maker.js';
export type { Groups, VerifiedFacts, VerifiedPrincipal } from './principal.maker.js';
