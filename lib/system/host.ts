import { hostname } from 'node:os';

/** This machine's host name, which is its cluster name unless corosync.conf says otherwise. */
export const hostName = (): string => hostname();
