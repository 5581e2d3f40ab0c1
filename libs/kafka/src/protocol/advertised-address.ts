import { isIPv6 } from 'node:net';
import type { BrokerAddress } from '../session/cluster-settings.js';

/**
 * I22: a broker's metadata may name any host; tokens go only to hosts that the settings know. `*` stands for exactly one
 * label; a pattern without a port admits every port, with one only that.
 */
export const isAdvertisedAllowed = (host: string, port: number, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => {
    const withPort = /^(.+):(\d+)$/.exec(pattern);
    const [hostPattern, portPattern] = withPort !== null && !isIPv6(pattern) ? [withPort[1] as string, Number(withPort[2])] : [pattern, null];
    return (portPattern === null || portPattern === port) && matchesHost(host.toLowerCase(), hostPattern.toLowerCase().replace(/^\[|\]$/g, ''));
  });

const matchesHost = (host: string, pattern: string): boolean => {
  const labels = host.split('.');
  const wanted = pattern.split('.');
  return labels.length === wanted.length && wanted.every((part, i) => (part === '*' ? labels[i] !== '' : part === labels[i]));
};

export const toAddress = (host: string, port: number): BrokerAddress => `${isIPv6(host) ? `[${host}]` : host}:${port}`;
