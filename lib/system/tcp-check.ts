import { createConnection } from 'node:net';
import { type Deadline, onExpiry } from './clock.ts';

export type TcpAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Whether somebody takes connections there. Nothing is said over it. */
export const checkPort = (address: string, port: number, deadline: Deadline): Promise<TcpAnswer> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: address, port });
    const end = (answer: TcpAnswer): void => {
      cancel();
      socket.destroy();
      resolve(answer);
    };
    const cancel = onExpiry(deadline, () => end({ ok: false, reason: 'no answer in time' }));
    socket.once('connect', () => end({ ok: true }));
    socket.once('error', (error) =>
      end({ ok: false, reason: 'code' in error ? String(error.code) : error.message }),
    );
  });
