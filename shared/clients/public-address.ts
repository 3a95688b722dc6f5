/** Which addresses belong to the public Internet. The owner of a host name decides to which address it leads. */

// A static `import` of `node:net` costs more at the cold start than asking for it here (see https-transport.ts).
const net = process.getBuiltinModule('node:net');

/** IANA's special-purpose registries (RFC 6890 and its updates): not reachable from everywhere, or not one host. */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** Global unicast is 2000::/3; some ranges in it lead to IPv4 addresses or are not in use. */
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

function listOf(subnets: readonly string[], family: 'ipv4' | 'ipv6') {
  const list = new net.BlockList();
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/');
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

const notPublic4 = listOf(special4, 'ipv4');
const notPublic6 = listOf(special6, 'ipv6');
const global6 = listOf(['2000::/3'], 'ipv6');

/** Whether `address` (IPv4 or IPv6, as a resolver gives it) is a host of the public Internet. */
export function isPublicAddress(address: string): boolean {
  if (net.isIPv4(address)) return !notPublic4.check(address, 'ipv4');
  return net.isIPv6(address) && global6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
}

/** Whether `address` is this machine's own. */
export const isLoopbackAddress = (address: string): boolean =>
  address === '::1' || (net.isIPv4(address) && address.startsWith('127.'));
