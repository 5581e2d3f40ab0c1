/** Addresses of MDS nodes: what may be configured, and what `activenodes` may add (I22). */

/** @returns `https://host:port` in one form, or null for anything but a bare https origin */
export const nodeOrigin = (text: string): string | null => {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'https:' || url.hostname === '' || url.username !== '' || url.password !== '') return null;
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return null;
  return `https://${url.hostname}:${url.port === '' ? 443 : url.port}`;
};

/** `host:port`; a label of `*` stands for exactly one label, as in a certificate's name. */
export const HOST_PATTERN = /^(\*|[a-z0-9-]+|\[[0-9a-f:]+\])(\.(\*|[a-z0-9-]+))*:\d{1,5}$/;

/** @param origin as `nodeOrigin` gives it */
export const isAllowedNode = (origin: string, patterns: readonly string[]): boolean => {
  const [host = '', port = ''] = splitPort(origin.slice('https://'.length));
  return patterns.some((pattern) => {
    const [hostPattern = '', portPattern = ''] = splitPort(pattern);
    return port === portPattern && matches(host.split('.'), hostPattern.split('.'));
  });
};

const splitPort = (text: string): readonly string[] => [text.slice(0, text.lastIndexOf(':')), text.slice(text.lastIndexOf(':') + 1)];

const matches = (labels: readonly string[], wanted: readonly string[]): boolean =>
  labels.length === wanted.length && wanted.every((part, i) => (part === '*' ? labels[i] !== '' : part === labels[i]));
