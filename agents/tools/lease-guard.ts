import { watchLease } from '../../lib/distlock/guard/watch.ts';

const [orders = '', lifeSign = ''] = process.argv.slice(2);
void watchLease({ orders, lifeSign });
