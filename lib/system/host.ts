import { hostname, networkInterfaces } from 'node:os';
import { lookUpAddresses } from './ip-address.ts';

/** This machine's host name, which is its cluster name unless corosync.conf says otherwise. */
export const hostName = (): string => hostname();

const isOwnAddress = (address: string): boolean =>
  /^127\.|^::1$/.test(address) ||
  Object.values(networkInterfaces()).some((each) => each?.some((own) => own.address === address));

/** Whether a name is this machine's own, or stands for one of its addresses. */
export const isThisMachine = async (name: string): Promise<boolean> => {
  if (name === hostName()) return true;
  return (await lookUpAddresses(name)).some(isOwnAddress);
};
