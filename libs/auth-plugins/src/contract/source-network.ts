import { isIPv6 } from 'node:net';

/**
 * One source: an IPv4 address, also where it is written as IPv6 (RFC 4291 section 2.5.5.2), or the /64 of an IPv6 address,
 * because one machine owns a whole /64 and could count from zero 2^64 times. Two spellings of an address are one source.
 * @param address as a socket tells it, or a source; whatever is no address comes back as it is
 */
export const sourceNetworkOf = (address: string): string => {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return isMapped ? groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]).join('.') : `${groups.slice(0, 4).map((group) => group.toString(16)).join(':')}::/64`;
};

/** The eight numbers of an IPv6 address, its zone left out. */
const groupsOf = (address: string): readonly number[] => {
  const [front = [], back] = (address.split('%', 1)[0] ?? '').split('::').map(sideOf);
  return back === undefined ? front : [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
};

const sideOf = (text: string): readonly number[] => (text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? pairsOf(group) : [Number.parseInt(group, 16)])));

/** The last two groups may be written as an IPv4 address. */
const pairsOf = (dotted: string): readonly number[] => {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
};
