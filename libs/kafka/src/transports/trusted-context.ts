import { createSecureContext, type SecureContext } from 'node:tls';

/** A CA that was replaced is soon no longer asked for; a handful of clusters and listeners is the rule. */
const MOST = 50;
const contexts = new Map<string, SecureContext>();

/** One context for each CA: parsing the CA for every connection is about a tenth of what its handshake costs this process. */
export const trustedContext = (ca: string): SecureContext => {
  let context = contexts.get(ca);
  if (context === undefined) {
    context = createSecureContext({ ca });
    contexts.set(ca, context);
    const [oldest] = contexts.keys();
    if (contexts.size > MOST && oldest !== undefined) contexts.delete(oldest);
  }
  return context;
};
