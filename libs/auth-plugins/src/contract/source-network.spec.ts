import { describe, expect, it } from 'vitest';
import { sourceNetworkOf } from './source-network.js';

const rows: readonly (readonly [string, string, string])[] = [
  ['an IPv4 address', '10.1.2.3', '10.1.2.3'],
  ['an IPv4 address in IPv6 clothes', '::ffff:10.1.2.3', '10.1.2.3'],
  ['one in upper case', '::FFFF:10.1.2.3', '10.1.2.3'],
  ['one in hexadecimal', '::ffff:0a01:203', '10.1.2.3'],
  ['one that is written out', '0000:0:0:0:0:ffff:10.1.2.3', '10.1.2.3'],
  ['one with a zone', '::ffff:10.1.2.3%eth0', '10.1.2.3'],
  ['one of all ones', '::ffff:255.255.255.255', '255.255.255.255'],
  ['no address', '::', '0:0:0:0::/64'],
  ['loopback', '::1', '0:0:0:0::/64'],
  ['an IPv4-compatible address, which is none of IPv4', '::10.1.2.3', '0:0:0:0::/64'],
  ['a translated IPv4 address, which is IPv6', '64:ff9b::10.1.2.3', '64:ff9b:0:0::/64'],
  ['a mapped one with another group before it', '1::ffff:10.1.2.3', '1:0:0:0::/64'],
  ['a link-local address with its zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['a link-local address without', 'fe80::1', 'fe80:0:0:0::/64'],
  ['a zone that holds colons', 'fe80::1%a::b', 'fe80:0:0:0::/64'],
  ['an address that is written out', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['one that ends in an IPv4 address', '2001:db8:1:2:3:4:10.1.2.3', '2001:db8:1:2::/64'],
  ['a shortened address', '2001:db8::1', '2001:db8:0:0::/64'],
  ['one that is shortened in front', '::2:3:4:5:6', '0:0:0:2::/64'],
  ['one that is shortened in front by one group', '::db8:1:2:3:4:5:6', '0:db8:1:2::/64'],
  ['one that is shortened in the middle of its network', '2001::2:3:4:5:6', '2001:0:0:2::/64'],
  ['one that is shortened after its network', '2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['one that is shortened at the end', '2001:db8:1::', '2001:db8:1:0::/64'],
  ['one that is shortened at the end by one group', '2001:db8:1:2:3:4:5::', '2001:db8:1:2::/64'],
  ['leading zeros', '2001:0db8:0000:0002:ffff::1', '2001:db8:0:2::/64'],
  ['upper case', '2001:DB8:ABCD:EF::1', '2001:db8:abcd:ef::/64'],
  ['a source, which stays that source', '2001:db8:1:2::/64', '2001:db8:1:2::/64'],
  ['nothing', '', ''],
  ['a word', 'unknown', 'unknown'],
  ['three groups', '1:2:3', '1:2:3'],
  ['two gaps', '1::2::3', '1::2::3'],
  ['no hexadecimal', 'x::y', 'x::y'],
  ['an address in brackets', '[::1]', '[::1]'],
  ['an address with nothing for a zone', 'fe80::1%', 'fe80::1%'],
  ['a mapped address that is none', '::ffff:10.1.2.256', '::ffff:10.1.2.256'],
];

describe('the source of an address', () => {
  it.each(rows)('is for %s (%s) %s', (_sentence, address, source) => expect(sourceNetworkOf(address)).toBe(source));
  it.each(rows)('is its own source: %s (%s)', (_sentence, _address, source) => expect(sourceNetworkOf(source)).toBe(source));
});
